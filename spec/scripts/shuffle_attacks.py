"""The shuffle with a step left out: one forgery for each.

Every forger convinces a verifier that leaves out the same step of a false statement.
The verifier of `shuffle.md` refuses that proof, and refuses the forger when it runs
against the full protocol. Knowing a relation among the generators is in
`shuffle_proof.py`: there the full verifier is deceived.
"""

import itertools
from collections import Counter

from keys import possess, possessed
from shuffle import (Claim, Coins, challenges, commitments, decryption, encryption, failing,
                     matrix, mix_keys, mix_texts, order, products, prove, tampered, times,
                     transcript)
from shuffle_proof import some_keys, sorted_rows, unmixed
from toy import LARGE, Group, seeded

GROUP = Group(LARGE)
q, G = GROUP.q, GROUP.G
POWER = 4242
DOUBLED = [[2, 0, 0], [0, (q + 1) // 2, 0], [0, 0, 1]]  # keeps the product, not the sum
ADDED = [[2, -1, 0], [0, 1, 0], [0, 0, 1]]  # keeps the sum, not the product
COPIED = [[1, 0, 0], [0, 1, 0], [0, 1, 0]]  # keeps the sum; two of its rows are one


def true(st):
    """Whether a toy statement is true: all to POWER, or the same texts."""
    if st.keys:
        powers = sorted(order([POWER * row[0]]) for row in st.E)
        return st.image == POWER * st.base and [order(row) for row in st.F] == powers
    opened = lambda rows: sorted([P.value for P in decryption(st.secrets, row)] for row in rows)
    return opened(st.E) == opened(st.F)


def verdict(forge, skip=(), without=()):
    """`forge(skip, without)` gives a statement and a proof for that weakened verifier."""
    st, proof = forge(skip, without)
    assert not true(st), "nothing was forged"
    assert failing(st, proof, transcript(st, skip), without) == set(), "the forgery must work"
    assert failing(st, proof, transcript(st)) != set(), "the real verifier must refuse"
    st, proof = forge((), ())
    assert failing(st, proof, transcript(st)) != set(), "the forger must fail against it"


def finished(st, claim, rng, skip, without=()):
    return st, prove(st, claim, transcript(st, skip), Coins.draw(st, rng), without)


def combined_keys(name, M, skip, without, held=False, **more):
    """Keys combined by M^-T instead of permuted. `held`: the commitments say otherwise."""
    rng = seeded(f"shuffle/{name}")
    st, _ = some_keys(GROUP, 3, rng, g=POWER)
    rows, F = sorted_rows(M, unmixed(q, M, st.E, POWER))
    permuted = (lambda u: times(q, rows, u)) if held else None
    claim = Claim(matrix([0, 1, 2]) if held else rows, lambda u: POWER, permuted, **more)
    return finished(tampered(st, F=F), claim, rng, skip, without)


def doubled_text(name, skip, without, **more):
    """One voter's text twice, and once negative; two empty ballots of the mixer vanish."""
    rng = seeded(f"shuffle/{name}")
    secrets = [rng.randrange(1, q) for _ in range(2)]
    L = [s * G for s in secrets]
    text, empty = [31 * G, 41 * G], [GROUP.identity()] * 2
    r = [rng.randrange(1, q) for _ in range(2)]
    first = encryption(GROUP, L, text, rng.randrange(1, q))
    E = [first] + [encryption(GROUP, L, empty, x) for x in r]
    made = []
    for sign, row in zip((1, 1, -1), COPIED):
        e = rng.randrange(1, q)
        made.append((order([sign * first[0] + e * G]), e, row,
                     [sign * P + e * Y for P, Y in zip(first, [G] + L)]))
    made.sort(key=lambda entry: entry[0])
    rows = [entry[2] for entry in made]
    # sum_i u'_i F_i - sum_j u_j E_j: what is of the voter cancels, the rest is known.
    power = lambda u: (sum(x * entry[1] for x, entry in zip(times(q, rows, u), made))
                       - u[1] * r[0] - u[2] * r[1])
    st = tampered(mix_texts(GROUP, E, L, [1, 1, 1])[0], F=[entry[3] for entry in made],
                  secrets=secrets)
    return finished(st, Claim(rows, power, **more), rng, skip, without)


def check_without_chain():
    """Nothing compares products: a text is there twice."""
    verdict(lambda skip, without: doubled_text(
        "chain", skip, without, chain=lambda mine, u, rho: products(q, u)), without=("chain",))
    return "a text twice, two empty ballots used up"


def check_without_product():
    """The chain runs, nobody looks where it ends."""
    verdict(lambda *weak: doubled_text("product", *weak), without=("product",))
    verdict(lambda *weak: combined_keys("product", ADDED, *weak), without=("product",))
    return "a text twice; one key added to another"


def check_without_sum():
    """V without sum C - sum Q: each row may have a factor, if their product is 1."""
    verdict(lambda *weak: combined_keys("sum", DOUBLED, *weak), without=("sum",))
    return "one key doubled, one halved"


def check_without_equation_2():
    """Nothing ties u' to the commitments."""
    verdict(lambda *weak: combined_keys("2", DOUBLED, *weak, held=True), without=(2,))
    return "one key doubled, one halved"


def own_keys(skip, without):
    rng = seeded("shuffle/own")
    st, claim = some_keys(GROUP, 3, rng, g=POWER)
    own = sorted(([rng.randrange(1, q) * G] for _ in range(3)), key=order)
    return finished(tampered(st, F=own), claim, rng, skip)


def other_image(skip, without):
    rng = seeded("shuffle/image")
    st, claim = some_keys(GROUP, 3, rng, g=POWER)
    return finished(tampered(st, image=(POWER + 1) * st.base), claim, rng, skip)


def check_without_equation_3():
    verdict(own_keys, without=(3,))
    return "three keys of the mixer's own"


def check_without_image():
    """No equation for the base: keys and base to different powers, and nobody can sign."""
    verdict(other_image, without=("image",))
    return "keys and base to different powers"


def check_identity_as_base():
    """Every multiple of the identity is the identity: the power may be chosen after u, and
    where logarithms are known any keys come out."""

    def forge(skip, without):
        rng = seeded("shuffle/identity")
        e, f = ([rng.randrange(1, q) for _ in range(3)] for _ in range(2))
        f.sort(key=lambda x: order([x * G]))
        st, _ = mix_keys(GROUP, [x * G for x in e], GROUP.identity() if without else G, POWER)
        power = lambda u: (sum(a * b for a, b in zip(u, f))
                           * GROUP.inverse(sum(a * b for a, b in zip(u, e))))
        st = tampered(st, F=[[x * G] for x in f])
        return finished(st, Claim(matrix([0, 1, 2]), power), rng, skip)

    verdict(forge, without=("identity",))
    return "three keys exchanged for others"


# Something is left out of a challenge.


def check_u_before_commitments():
    """u known before C: a matrix with row sums 1 that is right for this u alone."""

    def forge(skip, without):
        rng = seeded("shuffle/commitments")
        st, _ = some_keys(GROUP, 3, rng, g=POWER)
        rows, F = sorted_rows(DOUBLED, unmixed(q, DOUBLED, st.E, POWER))

        def fitted(u):
            inverse = GROUP.inverse(u[0] - u[1])
            first = [(x - u[1]) * inverse % q for x in times(q, rows, u)]
            return [[a, 1 - a, 0] for a in first]

        claim = Claim(fitted, lambda u: POWER, lambda u: times(q, rows, u))
        return finished(tampered(st, F=F), claim, rng, skip)

    verdict(forge, skip=("commitments",))
    return "one key doubled, one halved"


def cancelling(mine, u, rho):
    """Coefficients of H in D with which all of (1) vanishes at this rho."""
    n, y = len(u), [1]
    for i in range(n - 1):
        y.append((y[-1] * mine[i] + 7 + i) % q)
    wrong = sum(pow(rho, i + 2, q) * (y[i + 1] - mine[i] * y[i]) for i in range(n - 1))
    last = rho * products(q, u)[-1] - wrong + pow(rho, n + 1, q) * mine[-1] * y[-1]
    return y[1:] + [last * GROUP.inverse(rho + pow(rho, n + 1, q)) % q]


def check_rho_before_chain():
    """rho known before D: errors in the chain and at its end are made to cancel."""
    verdict(lambda *weak: doubled_text("rho", *weak, chain=cancelling), skip=("chain",))
    verdict(lambda *weak: combined_keys("rho", ADDED, *weak, chain=cancelling), skip=("chain",))
    return "a text twice; one key added to another"


def check_u_before_rows():
    """u known before E or F: what one row has too much another has too little."""

    def forge(name, skip):
        for attempt in range(64):
            rng = seeded(f"shuffle/{name}/{attempt}")
            st, claim = some_keys(GROUP, 3, rng, g=POWER)
            coins, extra = Coins.draw(st, rng), rng.randrange(1, q) * G
            proof = prove(st, claim, transcript(st, skip), coins)
            u = challenges(st, proof, transcript(st, skip))[0]
            if name == "F":
                u = times(q, claim.M, u)
            rows = list(getattr(st, name))
            rows[0] = [rows[0][0] + extra]
            rows[1] = [rows[1][0] - u[0] * GROUP.inverse(u[1]) * extra]
            st = tampered(st, **{name: rows})
            firsts = [order(row) for row in st.F]
            if firsts == sorted(firsts):
                return st, prove(st, claim, transcript(st, skip), coins)
        raise AssertionError("no rows in order were found")

    verdict(lambda skip, without: forge("E", skip), skip=("input",))
    verdict(lambda skip, without: forge("F", skip), skip=("output",))
    return "two rows changed, in or out"


def check_c_before_commitments():
    """RG, RQ, RE or RB made up after c: the equation that it stands in says nothing."""
    for place, (name, false) in enumerate((
            ("RG", lambda skip: combined_keys("RG", ADDED, skip, ())),
            ("RQ", lambda skip: combined_keys("RQ", DOUBLED, skip, (), held=True)),
            ("RE", lambda skip: own_keys(skip, ())),
            ("RB", lambda skip: other_image(skip, ())))):

        def forge(skip, without):
            st, proof = false(skip)
            asked = commitments(st, *challenges(st, proof, transcript(st, skip)), proof.C, proof.D,
                                proof.z, proof.zG, proof.zQ, proof.zE)
            return st, tampered(proof, **{name: asked[place]})

        verdict(forge, skip=(name,))
    return "RG, RQ, RE, RB"


def check_c_before_statement():
    """Base, image or a key of the texts chosen after c: the statement is made for the proof."""

    def forge(name, skip):
        rng = seeded(f"shuffle/{name}")
        if name == "keys":
            secret = rng.randrange(1, q)
            E = [encryption(GROUP, [secret * G], [x * G], rng.randrange(1, q)) for x in (8, 9)]
            st, claim = mix_texts(GROUP, E, [secret * G], [51, 52])
        else:
            st, claim = some_keys(GROUP, 3, rng, g=POWER)
        claim.nudge = True
        proof = prove(st, claim, transcript(st, skip), Coins.draw(st, rng))
        c, inverse = challenges(st, proof, transcript(st, skip))[2], GROUP.inverse
        if name == "image":
            return tampered(st, image=inverse(c) * (proof.zE * st.base - proof.RB)), proof
        if name == "base":
            return tampered(st, base=inverse(proof.zE) * (proof.RB + c * st.image)), proof
        moved = (secret - inverse(proof.zE)) % q
        return tampered(st, L=[moved * G], secrets=[moved]), proof

    for name in ("base", "image", "keys"):
        verdict(lambda skip, without: forge(name, skip), skip=(name,))
    return "base, image, L"


# What is true, and still links.


def linked(E, F, difference):
    """Pairs of rows that a difference of components joins."""
    places = {difference(row).value: i for i, row in enumerate(F)}
    return [places.get(difference(row).value) for row in E]


def check_equal_keys_link():
    """One factor e_j for all components: under equal keys differences stay as they were."""
    rng = seeded("shuffle/equal-keys")
    n, one = 50, rng.randrange(1, q) * G
    joined = []
    for L in ([one, one], [one, rng.randrange(1, q) * G]):
        E = [encryption(GROUP, L, [rng.randrange(q) * G for _ in L], rng.randrange(1, q))
             for _ in range(n)]
        st, claim = mix_texts(GROUP, E, L, [rng.randrange(1, q) for _ in range(n)])
        found = linked(st.E, st.F, lambda row: row[1] - row[2])
        joined.append(sum(1 for j, i in enumerate(found) if i is not None and claim.M[i][j]))
    assert joined == [n, 0]
    return f"equal keys: {joined[0]} of {n} rows linked; independent keys: {joined[1]}"


def check_tagged_half_links():
    """P_j = 2 P_i comes out as a pair (X, 2 X). Whoever made P_j knows no logarithm of
    the half, so it has no proof of possession; nor has a mixer a proof for such a list.
    A mixer that looks at neither before it mixes gives the pair away for good."""
    rng = seeded("shuffle/tag")
    n, victim, tagged = 20, 3, 11
    one = [rng.randrange(1, q) * G for _ in range(n)]
    s2 = [rng.randrange(1, q) for _ in range(n)]
    two = [s * G for s in s2]
    two[tagged] = 2 * (one[victim] + two[victim]) - one[tagged]
    st, claim = mix_keys(GROUP, [a + b for a, b in zip(one, two)], G, rng.randrange(2, q))
    points = {order(row): i for i, row in enumerate(st.F)}
    pairs = [(i, points[order([2 * row[0]])]) for i, row in enumerate(st.F)
             if order([2 * row[0]]) in points]
    assert len(pairs) == 1 and claim.M[pairs[0][0]][victim] and claim.M[pairs[0][1]][tagged]
    proof = possess(GROUP, "half-possession", "roll/1", two, s2, 5)
    assert not possessed(GROUP, "half-possession", "roll/1", two, proof)
    # The same by a corrupt mixer: its list is refused, if somebody looks in time.
    honest, made = mix_keys(GROUP, [s * G for s in s2], G, POWER)
    F = sorted(honest.F[:-1] + [[2 * honest.F[0][0]]], key=order)
    st = tampered(honest, F=F)
    assert failing(st, prove(st, made, transcript(st), Coins.draw(st, rng)), transcript(st))
    return "the pair is found among 20; neither has a proof"


def check_one_power_for_two_lists_links():
    """A power that is used twice answers for any list that is handed in."""
    rng = seeded("shuffle/oracle")
    P = [rng.randrange(1, q) * G for _ in range(20)]
    found = []
    for again in (POWER, POWER + 1):
        st, claim = mix_keys(GROUP, P, G, POWER)
        short, _ = mix_keys(GROUP, P[7:8], G, again)
        found.append([i for i, row in enumerate(st.F) if row == short.F[0] and claim.M[i][7]])
    assert len(found[0]) == 1 and found[1] == []
    return "linked by the same power, not by a fresh one"


def check_order_says_nothing():
    """All factors of 3 rows in a group of 7: whatever list of different points comes out,
    every permutation has led to it equally often."""
    group = Group(7)
    E, seen = [[s * group.G] for s in (1, 2, 4)], Counter()
    for e in itertools.product(range(7), repeat=3):
        st, claim = mix_texts(group, E, [], list(e))
        firsts = tuple(order(row) for row in st.F)
        if len(set(firsts)) == 3:
            seen[firsts, tuple(map(tuple, claim.M))] += 1
    assert len(seen) == 35 * 6 and len(set(seen.values())) == 1
    return "35 lists, each from all 6 permutations"


CHECKS = [check_without_chain, check_without_product, check_without_sum, check_without_equation_2,
          check_without_equation_3, check_without_image, check_identity_as_base,
          check_u_before_commitments, check_rho_before_chain, check_u_before_rows,
          check_c_before_commitments, check_c_before_statement, check_equal_keys_link,
          check_tagged_half_links, check_one_power_for_two_lists_links, check_order_says_nothing]
