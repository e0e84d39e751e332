"""Special soundness: the extractor of `ballots-security.md`, and its failures.

The extractor takes a tree of accepting transcripts with one (y, tau), several x
and two c under each x. It gives a witness, or two openings of one commitment:
a relation among H and the G_k. Both outcomes are shown, and counted exactly:
how many (y, tau) let a false statement through.
"""

import itertools

from toy import LARGE, Fixed, Group, seeded
from validity import (Coins, Combined, encrypt, failing, finish, polynomial, product, prove,
                      residuals, unit)


class Relation(Exception):
    """A vector of coefficients over (H, G_0, G_1, ...) that sums to the identity."""

    def __init__(self, vector):
        super().__init__("two openings of one commitment")
        self.vector = vector


def same_opening(group, one, other):
    """Openings are (blind, values over G_0..): equal, or they are a relation."""
    if one != other:
        width = max(len(one[1]), len(other[1]))
        pad = lambda v: list(v) + [0] * (width - len(v))
        raise Relation([(one[0] - other[0]) % group.q]
                       + [(a - b) % group.q for a, b in zip(pad(one[1]), pad(other[1]))])
    return one


def extract(st, y, tau, tree):
    """tree: list of (x, c, proof, c', proof'), everything before c in common.

    Returns index, r and v. Follows the proof of special soundness step by step.
    """
    group, q = st.group, st.group.q
    comb = Combined(st, y, tau)
    opening_E, linear, r_found, v_found = None, [], None, None
    for x, c0, one, c1, two in tree:
        for c, proof in ((c0, one), (c1, two)):
            bad = {n for n, R in residuals(st, proof, comb, x, c).items() if not R.is_identity()}
            assert not bad, f"not an accepting transcript: {bad}"
        inv = group.inverse(c0 - c1)
        slope = lambda a, b: (a - b) * inv % q
        # Two c: the linear part.
        r = slope(one.z, two.z)
        assert r * group.G == st.A
        P = product(q, comb.g, one.f, x)
        upper = [slope(a, b) for a, b in zip(one.w, two.w)]
        p0 = (P - sum(pk * pow(x, k + 1, q) for k, pk in enumerate(upper))) % q
        v, p = upper[-1], [p0] + upper
        assert comb.B == v * group.G + r * comb.K
        t = slope(one.zt, two.zt)
        assert one.E == group.com(p, t)
        if st.m:
            qt = slope(one.zq, two.zq)
            assert (v - comb.mark) * st.A == qt * group.G
            assert (v - comb.mark) * comb.T == qt * comb.L
            if v != comb.mark:
                assert comb.T == r * comb.L
        opening = (t, p)
        opening_E = opening if opening_E is None else same_opening(group, opening_E, opening)
        r_found, v_found = r, v  # determined by A and B' alone
        f = [fk % q for fk in one.f]
        linear.append((x, f, [fk * (x - fk) % q for fk in f], one.z1))
    # Two x: openings of M1 and M2.
    (x0, f0, h0, s0), (x1, f1, h1, s1) = linear[:2]
    inv = group.inverse(x0 - x1)
    slope = lambda a, b: [(u - v) * inv % q for u, v in zip(a, b)]
    beta, gamma, blind = slope(f0, f1), slope(h0, h1), (s0 - s1) * inv % q
    alpha = [(u - b * x0) % q for u, b in zip(f0, beta)]
    delta = [(u - g * x0) % q for u, g in zip(h0, gamma)]
    blind2 = (s0 - blind * x0) % q
    # Every further x: the same line, or a relation.
    for x, f, h, s in linear[2:]:
        wide = lambda a, b: list(a) + [0] * (8 - len(a)) + list(b)
        expected = ([(b * x + a) % q for a, b in zip(alpha, beta)],
                    [(g * x + d) % q for g, d in zip(gamma, delta)])
        same_opening(group, ((blind * x + blind2) % q, wide(*expected)), (s, wide(f, h)))
    # Three x: a quadratic polynomial with three roots vanishes, so b (1 - b) = 0.
    for b in beta:
        assert b in (0, 1), "three x must force bits"
    # nu + 1 x: P equals the committed polynomial.
    p = polynomial(q, comb.g, beta, alpha)
    assert p == opening_E[1], "nu + 1 x must force the polynomial"
    index = sum(b << k for k, b in enumerate(beta))
    assert v_found == pow(y, index, q)
    return index, r_found, v_found


def tree_of(st, y, tau, branch, rng):
    """max(nu+1, 3) values of x, two of c under each; `branch(x, c)` gives proofs."""
    q, tree = st.group.q, []
    for x in rng.sample(range(1, q), max(st.nu + 1, 3)):
        c0, c1 = rng.sample(range(1, q), 2)
        tree.append((x, c0, branch(x, c0), c1, branch(x, c1)))
    return tree


def setup(q, N, m, rng, trapdoors=None):
    group = Group(q, trapdoors)
    K = [rng.randrange(1, q) * group.G for _ in range(N)]
    L = [rng.randrange(1, q) * group.G for _ in range(m)]
    return group, K, L


def check_extraction_from_honest_provers():
    rng, count = seeded("extraction"), 0
    for N, m, omega in ((2, 0, None), (2, 2, 1), (3, 1, 2), (5, 3, 3), (17, 3, 15), (200, 1, 198)):
        group, K, L = setup(LARGE, N, m, rng)
        for index in {0, N // 2, N - 1, omega if omega is not None else 0}:
            M = [(rng.randrange(group.q) if index == omega else 0) * group.G for _ in L]
            r = rng.randrange(1, group.q)
            st = encrypt(group, K, L, unit(N, index), M, r, omega)
            y, tau = rng.randrange(group.q), rng.randrange(group.q)
            coins = Coins.draw(st, rng)
            branch = lambda x, c: prove(st, index, r, Fixed(y=y, tau=tau, x=x, c=c), coins)
            found = extract(st, y, tau, tree_of(st, y, tau, branch, rng))
            assert found == (index, r, pow(y, index, group.q))
            count += 1
    return f"{count} witnesses extracted"


def check_plaintext_from_one_fork_on_c():
    """Two c under one x give r, hence every e_j and M_k."""
    rng = seeded("fork")
    group, K, L = setup(LARGE, 5, 2, rng)
    r, M = rng.randrange(1, group.q), [11 * group.G, 13 * group.G]
    st = encrypt(group, K, L, unit(5, 4), M, r, omega=4)
    coins, chal = Coins.draw(st, rng), dict(y=5, tau=6, x=7)
    one = prove(st, 4, r, Fixed(c=1, **chal), coins)
    two = prove(st, 4, r, Fixed(c=2, **chal), coins)
    found = (two.z - one.z) % group.q
    opened = [B - found * Kj for B, Kj in zip(st.B, K)]
    assert opened == [e * group.G for e in unit(5, 4)]
    assert [T - found * Lk for T, Lk in zip(st.T, L)] == M
    return "vote and text recovered"


def check_trapdoor_in_E_is_found():
    """G_0 = theta H: the polynomial can be re-opened at every x; the extractor says so."""
    rng, theta = seeded("trapdoor-E"), 12345
    probe = Group(LARGE)
    group, K, L = setup(LARGE, 5, 0, rng, {"H": 7, "G0": 7 * theta % probe.q})
    r = rng.randrange(1, group.q)
    e = [2, group.q - 1, 0, 0, 0]
    st = encrypt(group, K, L, e, [], r)
    y, tau, q = rng.randrange(group.q), 0, group.q
    comb, coins = Combined(st, y, tau), Coins.draw(st, rng)
    v = sum(ej * pow(y, j, q) for j, ej in enumerate(e)) % q  # not a power of y
    p = polynomial(q, comb.g, [0] * st.nu, coins.a)[:-1] + [v]
    E = group.com(p, coins.t)
    M1 = group.com2([0] * st.nu, coins.a, coins.s1)
    M2 = group.com2(coins.a, [-a * a for a in coins.a], coins.s2)

    def branch(x, c):
        f, z1 = list(coins.a), (x * coins.s1 + coins.s2) % q
        target = product(q, comb.g, f, x)
        p0 = (target - sum(pk * pow(x, k, q) for k, pk in enumerate(p) if k)) % q
        t = (coins.t + theta * (p[0] - p0)) % q
        return finish(st, comb, Fixed(c=c), x, M1, M2, E, f, z1, [p0] + p[1:], t, r, coins)

    return relation_of(st, y, tau, branch, rng, theta)


def check_trapdoor_in_M_is_found():
    """G_8 = theta H: "bits" that are not bits verify; the extractor says so."""
    rng, theta = seeded("trapdoor-M"), 54321
    probe = Group(LARGE)
    group, K, L = setup(LARGE, 3, 0, rng, {"H": 7, "G8": 7 * theta % probe.q})
    q, r = group.q, rng.randrange(1, group.q)
    st = encrypt(group, K, L, [q - 1, 2, 0], [], r)  # 2 y - 1 = 1 + 2 (y - 1)
    y, tau = rng.randrange(q), 0
    comb, coins = Combined(st, y, tau), Coins.draw(st, rng)
    b = [2, 0]
    p = polynomial(q, comb.g, b, coins.a)
    E = group.com(p, coins.t)
    M1 = group.com2(b, [0, coins.a[1]], coins.s1)
    M2 = group.com2(coins.a, [0, -coins.a[1] ** 2], coins.s2)

    def branch(x, c):
        f = [(bk * x + ak) % q for bk, ak in zip(b, coins.a)]
        # The missing G_8 component f_0 (x - f_0) is paid in H.
        z1 = (x * coins.s1 + coins.s2 - theta * f[0] * (x - f[0])) % q
        return finish(st, comb, Fixed(c=c), x, M1, M2, E, f, z1, p, coins.t, r, coins)

    return relation_of(st, y, tau, branch, rng, theta)


def relation_of(st, y, tau, branch, rng, theta):
    group = st.group
    try:
        extract(st, y, tau, tree_of(st, y, tau, branch, rng))
    except Relation as found:
        vector = found.vector
    else:
        raise AssertionError("a false statement was extracted as true")
    assert any(vector), "the relation is trivial"
    total = vector[0] * group.H + group.sum(c * g for c, g in zip(vector[1:], group.Gs))
    assert total.is_identity(), "not a relation"
    index = next(i for i, c in enumerate(vector[1:]) if c)
    assert -vector[0] * group.inverse(vector[1 + index]) % group.q == theta
    return "the relation that the prover used"


def check_bad_y_counted():
    """All y, for all vectors e over a small field: the bound 2^nu (2^nu - 1)."""
    figures = []
    for q, N in ((31, 2), (31, 3), (11, 4)):
        nu = (N - 1).bit_length()
        powers = [[pow(y, j, q) for j in range(2**nu)] for y in range(q)]
        units, worst = {tuple(unit(N, i)) for i in range(N)}, 0
        for e in itertools.product(range(q), repeat=N):
            if e in units:
                continue
            bad = sum(1 for row in powers
                      if sum(a * b for a, b in zip(e, row)) % q in row)
            worst = max(worst, bad)
        assert worst <= 2**nu * (2**nu - 1)
        assert worst >= 1, "the bound says nothing if no y is ever bad"
        figures.append(f"N={N} q={q}: at most {worst} of bound {2**nu * (2**nu - 1)}")
    return "; ".join(figures)


def check_bad_y_is_exactly_what_convinces():
    """For a false e, the honest algorithm convinces at a bad y and at no other."""
    rng, q = seeded("bad-y"), 101
    group, K, _ = setup(q, 3, 0, rng)
    seen = set()
    for e in ([2, q - 1, 0], [1, 1, 0], [0, 0, 0], [3, 5, q - 7], [0, 0, 1, ]):
        st = encrypt(group, K, [], e, [], 17)
        for y in range(q):
            value = sum(ej * pow(y, j, q) for j, ej in enumerate(e)) % q
            matching = [i for i in range(4) if pow(y, i, q) == value]
            for i in range(4):
                chal = dict(y=y, tau=0, x=5, c=6)
                proof = prove(st, i, 17, Fixed(**chal), Coins.draw(st, rng))
                accepted = failing(st, proof, Fixed(**chal)) == set()
                assert accepted == (i in matching), (e, y, i)
                seen.add((e == unit(3, 2), accepted))
    assert len(seen) == 4
    return f"5 vectors, all {q} y, all 4 indices (index 3 is beyond N)"


def check_bad_tau_counted():
    """Text without its mark: at most m - 1 values of tau, and y with y^i = y^omega."""
    q, figures = 31, []
    for m in (1, 2, 3):
        worst = 0
        for M in itertools.product(range(q), repeat=m):
            if any(M):
                worst = max(worst, sum(
                    1 for tau in range(q)
                    if sum(a * pow(tau, k, q) for k, a in enumerate(M)) % q == 0))
        assert worst == m - 1
        figures.append(f"m={m}: {worst}")
    N, omega, worst = 5, 4, 0
    for index in range(N - 1):
        same = sum(1 for y in range(q) if pow(y, index, q) == pow(y, omega, q))
        assert same <= N - 1
        worst = max(worst, same)
    return f"bad tau {', '.join(figures)}; y^i = y^omega at most {worst} of {N - 1}"


def check_text_needs_its_mark():
    """All (y, tau) of a small field: acceptance exactly where the argument says."""
    rng, q = seeded("text"), 23
    group, K, L = setup(q, 3, 2, rng)
    st = encrypt(group, K, L, unit(3, 0), [5 * group.G, 9 * group.G], 4, omega=2)
    accepted = 0
    for y in range(q):
        for tau in range(q):
            chal = dict(y=y, tau=tau, x=5, c=6)
            proof = prove(st, 0, 4, Fixed(**chal), Coins.draw(st, rng))
            good = failing(st, proof, Fixed(**chal)) == set()
            assert good == ((5 + 9 * tau) % q == 0 or pow(y, 2, q) == 1)
            accepted += good
    bound = (2 ** (2 * st.nu) + st.m) * q
    assert 0 < accepted <= bound
    return f"{accepted} of {q * q} pairs convince, bound {bound}"


CHECKS = [check_extraction_from_honest_provers, check_plaintext_from_one_fork_on_c,
          check_trapdoor_in_E_is_found, check_trapdoor_in_M_is_found, check_bad_y_counted,
          check_bad_y_is_exactly_what_convinces, check_bad_tau_counted, check_text_needs_its_mark]
