"""The equations must not be merged: each of three merges, forged.

A merge adds two equations with the coefficient 1 and sends the sum of their
commitments: one point less on the wire. Every forgery here convinces the merged
verifier of a false statement and is refused by the verifier of `ballots.md`.
"""

from toy import LARGE, Group, seeded
from validity import (Coins, append_step2, combine, encrypt, failing, failing_merged, finish,
                      polynomial, prove, transcript, unit)


def first_steps(st, coins, shift_E=None):
    """Steps 1 to 3 for index 0, done honestly but for what is added to E."""
    group, q = st.group, st.group.q
    ch = transcript(st)
    comb = combine(st, ch)
    p = polynomial(q, comb.g, [0] * st.nu, coins.a)
    M1 = group.com2([0] * st.nu, coins.a, coins.s1)
    M2 = group.com2(coins.a, [-a * a for a in coins.a], coins.s2)
    E = group.com(p, coins.t)
    if shift_E is not None:
        E = E + shift_E(comb)
    append_step2(ch, M1, M2, E)
    x = ch.challenge("x")
    return ch, comb, p, x, M1, M2, E, list(coins.a), (x * coins.s1 + coins.s2) % q


def verdict(st, proof, merged, wrong):
    """The merged verifier accepts; the real one names exactly the equations `wrong`."""
    assert failing_merged(st, proof, transcript(st), merged) == set(), "the forgery must work"
    assert failing(st, proof, transcript(st)) == wrong, failing(st, proof, transcript(st))


def check_honest_proofs_pass_every_merge():
    """Control: the merged verifiers are complete, so acceptance means something."""
    rng, group = seeded("merge-honest"), Group(LARGE)
    K = [rng.randrange(1, group.q) * group.G for _ in range(5)]
    L = [rng.randrange(1, group.q) * group.G for _ in range(2)]
    for index in range(5):
        r = rng.randrange(1, group.q)
        st = encrypt(group, K, L, unit(5, index), [group.identity()] * 2, r, omega=4)
        proof = prove(st, index, r, transcript(st), Coins.draw(st, rng))
        for merged in ((2, 4), (3, 4), (5, 6)):
            assert failing_merged(st, proof, transcript(st), merged) == set()
            bad = encrypt(group, K, L, [2] + [0] * 4, [group.identity()] * 2, r, omega=4)
            wrong = prove(bad, 0, r, transcript(bad), Coins.draw(bad, rng))
            assert failing_merged(bad, wrong, transcript(bad), merged) != set()
    return "5 ballots under 3 merges"


def check_merging_E_with_B():
    """(2)+(4): a ciphertext with a component along H verifies. No trapdoor is needed,
    and its sum has no small logarithm: one such ballot blocks the tally of its unit."""
    rng, group = seeded("merge-24"), Group(LARGE)
    q = group.q
    secret = [rng.randrange(1, q) for _ in range(5)]
    K, L = [s * group.G for s in secret], [rng.randrange(1, q) * group.G for _ in range(2)]
    for target in range(5):
        r, h = rng.randrange(1, q), rng.randrange(1, q)
        st = encrypt(group, K, L, unit(5, 0), [group.identity()] * 2, r, omega=4)
        st.B[target] = st.B[target] + h * group.H
        coins = Coins.draw(st, rng)
        ch, comb, p, x, M1, M2, E, f, z1 = first_steps(
            st, coins, lambda comb: -(h * pow(comb.y, target, q)) * group.H)
        proof = finish(st, comb, ch, x, M1, M2, E, f, z1, p, coins.t, r, coins)
        verdict(st, proof, (2, 4), {2, 4})
        opened = st.B[target] - secret[target] * st.A
        assert all(opened != count * group.G for count in range(1000)), "the tally would finish"
    return "a component along H in each of 5 slots"


def check_merging_A_with_B():
    """(3)+(4): whoever knows the logarithms of the K_j casts any vector."""
    rng, group = seeded("merge-34"), Group(LARGE)
    q = group.q
    secret = [rng.randrange(1, q) for _ in range(5)]
    K = [s * group.G for s in secret]
    for m in (0, 2):
        L = [rng.randrange(1, q) * group.G for _ in range(m)]  # logarithms not used
        e, a = [1000, q - 999, 0, 0, 0], rng.randrange(1, q)
        st = encrypt(group, K, L, e, [group.identity()] * m, a, omega=4 if m else None)
        coins = Coins.draw(st, rng)
        ch, comb, p, x, M1, M2, E, f, z1 = first_steps(st, coins)
        v = p[-1]
        log_B = sum(pow(comb.y, j, q) * (ej + a * kj) for j, (ej, kj) in enumerate(zip(e, secret)))
        log_K = sum(pow(comb.y, j, q) * kj for j, kj in enumerate(secret))
        fake_r = (a + log_B - v) * group.inverse(1 + log_K) % q
        q_text = (v - comb.mark) * a % q if m else None
        proof = finish(st, comb, ch, x, M1, M2, E, f, z1, p, coins.t, fake_r, coins, q_text)
        verdict(st, proof, (3, 4), {3, 4})
        opened = [B - kj * st.A for B, kj in zip(st.B, secret)]
        assert opened[0] == 1000 * group.G
    return "1000 votes in one ballot, with and without text slots"


def check_merging_the_text_equations():
    """(5)+(6): whoever knows the logarithms of the L_k hides a text under another mark."""
    rng, group = seeded("merge-56"), Group(LARGE)
    q = group.q
    secret = [rng.randrange(1, q) for _ in range(3)]
    K, L = [rng.randrange(1, q) * group.G for _ in range(5)], [s * group.G for s in secret]
    r, mu = rng.randrange(1, q), [41, 42, 43]
    st = encrypt(group, K, L, unit(5, 0), [u * group.G for u in mu], r, omega=4)
    coins = Coins.draw(st, rng)
    ch, comb, p, x, M1, M2, E, f, z1 = first_steps(st, coins)
    v = p[-1]
    at = lambda values: sum(pow(comb.tau, k, q) * u for k, u in enumerate(values)) % q
    q_text = (v - comb.mark) * (r + at(mu) + r * at(secret)) * group.inverse(1 + at(secret)) % q
    proof = finish(st, comb, ch, x, M1, M2, E, f, z1, p, coins.t, r, coins, q_text)
    verdict(st, proof, (5, 6), {5, 6})
    assert [T - s * st.A for T, s in zip(st.T, secret)] == [u * group.G for u in mu]
    return "three points of text under a party's mark"


CHECKS = [check_honest_proofs_pass_every_merge, check_merging_E_with_B, check_merging_A_with_B,
          check_merging_the_text_equations]
