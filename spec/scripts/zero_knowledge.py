"""Perfect honest-verifier zero knowledge, by counting every run.

In a group of order 3 all q^8 choices of the prover's coins and all q^8 choices of
the simulator's can be run. For fixed challenges the two lists of transcripts must
be equal as multisets: the distributions are identical, not merely close.
"""

import itertools
from collections import Counter

from toy import LARGE, Fixed, Group, seeded
from validity import Coins, encrypt, failing, prove, simulate, unit

TUPLES = [dict(y=y, tau=tau, x=x, c=c)
          for y, tau, x, c in ((2, 2, 1, 2), (2, 1, 2, 1), (0, 0, 0, 0), (1, 1, 2, 0),
                               (2, 2, 0, 1), (1, 2, 1, 1))]


def real(st, index, r, chal, leak=None):
    """All transcripts of the prover; `leak` names a mask that it forgets."""
    q, seen = st.group.q, Counter()
    spare = range(q) if st.m else (0,)  # q' exists only with text slots
    for a, s1, s2, t, d, td, rd, qd in itertools.product(*[range(q)] * 7, spare):
        coins = Coins([a], s1, s2, t, [d], td, rd, qd)
        if leak:
            setattr(coins, leak, [0] if leak in ("a", "d") else 0)
        seen[prove(st, index, r, Fixed(**chal), coins).key()] += 1
    return seen


def simulated(st, chal):
    group, q, seen = st.group, st.group.q, Counter()
    points = [s * group.G for s in range(q)]
    for M1, E in itertools.product(points, repeat=2):
        for f, z1, w, zt, z in itertools.product(range(q), repeat=5):
            for zq in range(q) if st.m else (0,):
                proof = simulate(st, chal, (M1, E, [f], z1, [w], zt, z, zq))
                seen[proof.key()] += 1
    return seen


def statement(q, m, index, text):
    group = Group(q)
    K = [(j + 1) * group.G for j in range(2)]
    L = [2 * group.G] * m
    M = [text * group.G] * m
    return encrypt(group, K, L, unit(2, index), M, 1, omega=1 if m else None)


def check_distributions_are_equal():
    count = 0
    for m, index, text in ((1, 0, 0), (1, 1, 1), (0, 0, 0), (0, 1, 0)):
        st = statement(3, m, index, text)
        for chal in TUPLES:
            one, two = real(st, index, 1, chal), simulated(st, chal)
            assert one == two, (m, index, chal)
            count += sum(one.values())
    return f"{count} runs of the prover, as many of the simulator"


def check_what_is_sent_first_does_not_depend_on_the_vote():
    """M1, M2, E and f have one distribution for every option, with or without a text."""
    chal, seen = TUPLES[0], []
    for index, text in ((0, 0), (1, 0), (1, 1)):
        runs = real(statement(3, 1, index, text), index, 1, chal)
        first = Counter()
        for key, count in runs.items():
            first[key[:4]] += count
        seen.append(first)
    assert seen[0] == seen[1] == seen[2]
    assert len(set(seen[0].values())) == 1, "and it is uniform on the accepting ones"
    return f"{len(seen[0])} values, all equally often"


def check_a_forgotten_mask_is_noticed():
    """Control: the comparison above does fail for a prover that forgets a mask."""
    st = statement(3, 1, 0, 0)
    noticed = []
    for leak in ("a", "s1", "s2", "t", "d", "td", "rd", "qd"):
        if any(real(st, 0, 1, chal, leak) != simulated(st, chal) for chal in TUPLES[:1]):
            noticed.append(leak)
    assert noticed == ["a", "s1", "s2", "t", "d", "td", "rd", "qd"]
    return f"{len(noticed)} of 8 masks"


def check_simulator_is_accepted_on_any_statement():
    """With given challenges it convinces even of false statements, as it must."""
    rng, group = seeded("simulator"), Group(LARGE)
    q, count = group.q, 0
    for _ in range(20):
        K = [rng.randrange(1, q) * group.G for _ in range(5)]
        L = [rng.randrange(1, q) * group.G for _ in range(2)]
        st = encrypt(group, K, L, [rng.randrange(q) for _ in range(5)],
                     [rng.randrange(q) * group.G for _ in range(2)], rng.randrange(1, q), omega=3)
        chal = {n: rng.randrange(q) for n in ("y", "tau", "x", "c")}
        one = lambda: rng.randrange(q)
        proof = simulate(st, chal, (one() * group.G, one() * group.G, [one() for _ in range(3)],
                                    one(), [one() for _ in range(3)], one(), one(), one()))
        assert failing(st, proof, Fixed(**chal)) == set()
        count += 1
    return f"{count} statements"


CHECKS = [check_distributions_are_equal, check_what_is_sent_first_does_not_depend_on_the_vote,
          check_a_forgotten_mask_is_noticed, check_simulator_is_accepted_on_any_statement]
