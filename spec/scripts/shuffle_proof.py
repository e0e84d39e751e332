"""The shuffle proof: completeness, the extractor, exact counts, the simulator."""

import itertools
from collections import Counter

from shuffle import (Claim, Coins, Statement, encryption, failing, generators, matrix, mix_keys,
                     mix_texts, order, products, prove, simulate, tampered, times, transcript,
                     unequal)
from toy import LARGE, Fixed, Group, Point, seeded


class Relation(Exception):
    """Coefficients over (G, H, Q_0, Q_1, ..) of a sum that is the identity."""

    def __init__(self, vector):
        super().__init__("two openings")
        self.vector = vector


def some_keys(group, n, rng, g=None):
    g = g or rng.randrange(2, group.q)
    P = [rng.randrange(1, group.q) * group.G for _ in range(n)]
    return mix_keys(group, P, rng.randrange(1, group.q) * group.G, g)


def some_texts(group, n, m, rng, logs=None):
    one = lambda: rng.randrange(1, group.q)
    L = [(logs[k] if logs else one()) * group.G for k in range(m)]
    E = [encryption(group, L, [one() * group.G for _ in L], one()) for _ in range(n)]
    return mix_texts(group, E, L, [one() for _ in range(n)])


def cases(group, rng, sizes=(0, 1, 2, 3, 8)):
    for n in sizes:
        yield some_keys(group, n, rng)
        yield some_texts(group, n, 1, rng)
        yield some_texts(group, n, 3, rng)


def check_honest_proofs_verify():
    rng, group, count = seeded("shuffle"), Group(LARGE), 0
    for st, claim in cases(group, rng):
        proof = prove(st, claim, transcript(st), Coins.draw(st, rng))
        assert failing(st, proof, transcript(st)) == set()
        if st.n or st.keys:  # no rows of texts: nothing is claimed, no equation holds c
            assert failing(st, proof, transcript(st, context="other")) != set()
        count += 1
    return f"{count} proofs, of 0 to 8 rows"


def check_zero_challenges_are_complete():
    rng, group, count = seeded("shuffle-zero"), Group(101), 0
    for st, claim in cases(group, rng, (0, 1, 2)):
        for u in itertools.product((0, 1, 9), repeat=st.n):
            for rho, c in itertools.product((0, 1, 9), repeat=2):
                proof = prove(st, claim, Fixed(u=list(u), rho=rho, c=c), Coins.draw(st, rng))
                assert unequal(st, proof, list(u), rho, c) == set()
                count += 1
    return f"{count} challenge tuples"


def check_every_changed_field_is_refused():
    rng, group, count = seeded("shuffle-fields"), Group(LARGE), 0
    bump = lambda v: v + group.G if isinstance(v, Point) else (v + 1) % group.q
    at = lambda values, i: values[:i] + [bump(values[i])] + values[i + 1:]
    for st, claim in (some_keys(group, 3, rng), some_texts(group, 3, 2, rng)):
        proof = prove(st, claim, transcript(st), Coins.draw(st, rng))
        variants = [(st, tampered(proof, **{f: bump(getattr(proof, f))}))
                    for f in ("RG", "RQ", "RB", "zG", "zQ", "zE") if getattr(proof, f) is not None]
        variants += [(st, tampered(proof, **{f: at(getattr(proof, f), i)}))
                     for f in ("C", "D", "RE", "z") for i in range(len(getattr(proof, f)))]
        for f in ("E", "F"):
            for i in range(3):
                for k in range(len(st.E[0])):
                    rows = [list(row) for row in getattr(st, f)]
                    rows[i] = at(rows[i], k)
                    variants.append((tampered(st, **{f: rows}), proof))
        variants += [(tampered(st, **{f: bump(getattr(st, f))}), proof)
                     for f in ("base", "image") if st.keys]
        variants += [(tampered(st, L=at(st.L, k)), proof) for k in range(len(st.L or []))]
        variants += [(tampered(st, F=[st.F[1], st.F[0], st.F[2]]), proof),
                     (tampered(st, E=[st.E[1], st.E[0], st.E[2]]), proof)]
        for changed, other in variants:
            assert failing(changed, other, transcript(changed)) != set()
            count += 1
    return f"{count} changes"


# The extractor.


def solved(q, rows):
    """Gauss-Jordan modulo q on rows [A | B]: the X of A X = B."""
    rows, n = [list(row) for row in rows], len(rows)
    for col in range(n):
        pivot = next(i for i in range(col, n) if rows[i][col] % q)
        rows[col], rows[pivot] = rows[pivot], rows[col]
        inverse = pow(rows[col][col], -1, q)
        rows[col] = [v * inverse % q for v in rows[col]]
        for i in range(n):
            if i != col and rows[i][col]:
                factor = rows[i][col]
                rows[i] = [(a - factor * b) % q for a, b in zip(rows[i], rows[col])]
    return [row[n:] for row in rows]


def fork(st, u, rho, one, two):
    """Two c: u', and the scalars of (1), (2) and (3)."""
    (c0, p0), (c1, p1) = one, two
    assert unequal(st, p0, u, rho, c0) == unequal(st, p1, u, rho, c1) == set()
    inverse, q = st.group.inverse(c0 - c1), st.group.q
    slope = lambda a, b: (a - b) * inverse % q
    return ([slope(a, b) for a, b in zip(p0.z, p1.z)], slope(p0.zG, p1.zG),
            slope(p0.zQ, p1.zQ), slope(p0.zE, p1.zE))


def same(q, vector):
    if any(v % q for v in vector):
        raise Relation([v % q for v in vector])


def extract(st, first, others):
    """first: (u, n + 2 times (rho, fork)); others: n times (u, rho, fork).

    Returns pi and g, or pi and the e_j; raises the relation that the prover used. Follows
    `shuffle-security.md` section 3 step by step.
    """
    group, q, n, G = st.group, st.group.q, st.n, st.group.G
    some = others[0][2][0][1] if others else first[1][0][1][0][1]
    C, D = some.C, first[1][0][1][0][1].D
    forks = [(u, *fork(st, u, rho, *pair)) for u, rho, pair in others]
    # n independent u: openings of every C_j.
    openings = solved(q, [u + [opening] + mine for u, mine, _, opening, _ in forks])
    a, M = [row[0] for row in openings], [[row[1 + i] for row in openings] for i in range(n)]
    for j in range(n):
        assert C[j] == a[j] * G + group.sum(M[i][j] * st.Q[i] for i in range(n))
    # A fresh u: its openings agree with these, for every rho, or there is a relation.
    u0, tree = first
    mine, rows, power0 = times(q, M, u0), [], None
    for rho, pair in tree:
        found, multiple, opening, power0 = fork(st, u0, rho, *pair)
        same(q, [opening - sum(x * y for x, y in zip(u0, a)), 0]
             + [x - y for x, y in zip(found, mine)])
        rows.append([pow(rho, k, q) for k in range(n + 2)] + [multiple])
    # n + 2 values of rho: everything that (1) adds up.
    v1, v2, *d = [row[0] for row in solved(q, rows)]
    assert group.sum(C) - group.sum(st.Q) == v1 * G
    product, last, x = (products(q, u0) or [1])[-1], group.H, 0
    for i in range(n):
        assert D[i] == d[i] * G + mine[i] * last
        last, x = D[i], (d[i] + mine[i] * x) % q
    assert last - product * group.H == v2 * G
    same(q, [sum(a) - v1, 0] + [sum(row) - 1 for row in M])
    same(q, [x - v2, (products(q, mine) or [1])[-1] - product] + [0] * n)
    # M 1 = 1 and the product at a fresh u: a permutation, but for an accident of 1/q.
    pi = [next(j for j in range(n) if row[j]) for row in M]
    assert M == matrix(pi) and sorted(pi) == list(range(n))
    if st.keys:
        powers = {power0} | {f[4] for f in forks}
        assert len(powers) == 1 and st.image == power0 * st.base
        assert all(F == [power0 * P for P in st.E[p]] for F, p in zip(st.F, pi))
        return pi, power0
    e = [row[0] for row in solved(q, [u + [power] for u, _, _, _, power in forks])]
    for F, p in zip(st.F, pi):
        assert F == [P + e[p] * Y for P, Y in zip(st.E[p], st.Y)]
    return pi, e


def trees(st, claim, rng):
    """What rewinding a prover with fixed coins gives: 4 (n + 1) transcripts."""
    q, n, coins = st.group.q, st.n, Coins.draw(st, rng)
    draw = lambda: [rng.randrange(q) for _ in range(n)]

    def pair(u, rho):
        return [(c, prove(st, claim, Fixed(u=u, rho=rho, c=c), coins)) for c in rng.sample(range(q), 2)]

    u0 = draw()
    first = u0, [(rho, pair(u0, rho)) for rho in rng.sample(range(q), n + 2)]
    others = []
    for _ in range(n):
        u, rho = draw(), rng.randrange(q)
        others.append((u, rho, pair(u, rho)))
    return first, others


def check_extraction_from_honest_provers():
    rng, group, count = seeded("shuffle-extract"), Group(LARGE), 0
    for n in (0, 1, 2, 3, 5):
        for _ in range(3):
            st, claim = some_keys(group, n, rng, g=4242)
            pi, g = extract(st, *trees(st, claim, rng))
            assert g == 4242 and matrix(pi) == claim.M
            st, claim = some_texts(group, n, 2, rng)
            pi, e = extract(st, *trees(st, claim, rng))
            assert matrix(pi) == claim.M and len(e) == n
            u = [rng.randrange(group.q) for _ in range(n)]
            assert sum(x * y for x, y in zip(u, e)) % group.q == claim.power(u) % group.q
            count += 2
    return f"{count} witnesses, each from 4 (n + 1) transcripts"


def unmixed(q, M, rows, g):
    """The F with sum_i (M u)_i F_i = [g] sum_j u_j E_j for every u."""
    n, group = len(M), rows[0][0].group
    identity = [[1 if i == j else 0 for j in range(n)] for i in range(n)]
    inverse = solved(q, [[M[i][j] for i in range(n)] + identity[j] for j in range(n)])
    return [[g * group.sum(inverse[i][j] * rows[j][0] for j in range(n))] for i in range(n)]


def sorted_rows(M, F):
    """Both in the order that the rows must have."""
    pairs = sorted(zip(M, F), key=lambda pair: order(pair[1]))
    return [row for row, _ in pairs], [row for _, row in pairs]


def forged_with_H(group, rng, h):
    """Row sums 1, product wrong: rows are added to each other; G and H must be related."""
    M = [[2, -1, 0], [0, 1, 0], [0, 0, 1]]
    st, _ = some_keys(group, 3, rng, g=77)
    M, F = sorted_rows(M, unmixed(group.q, M, st.E, 77))
    return tampered(st, F=F), Claim(M, lambda u: 77, h=h)


def forged_with_Q(group, rng, logs):
    """Keys with known logarithms replaced by any others: u' is chosen after u."""
    q, n, g = group.q, 3, 77
    e = [rng.randrange(1, q) for _ in range(n)]
    st, _ = mix_keys(group, [x * group.G for x in e], group.G, g)
    f = [rng.randrange(1, q) for _ in range(n)]
    f.sort(key=lambda x: (x * group.G).value)

    def permuted(u):
        # Two conditions: the product, and sum_i u'_i f_i = g sum_j u_j e_j.
        product, target = (products(q, u))[-1], g * sum(x * y for x, y in zip(u, e))
        for first in range(1, q):
            rest, left = product * pow(first, -1, q) % q, (target - first * f[0]) % q
            # f1 x + f2 rest / x = left
            disc = (left * left - 4 * f[1] * f[2] * rest) % q
            root = pow(disc, (q + 1) // 4, q)
            if root * root % q == disc:
                x = (left + root) * pow(2 * f[1], -1, q) % q
                if x:
                    return [first, x, rest * pow(x, -1, q) % q]

    Q = generators(group, n, logs)
    st = tampered(st, F=[[x * group.G] for x in f], Q=Q)
    return st, Claim(matrix([0, 1, 2]), lambda u: g, permuted, q=[2 * x for x in logs])


def check_a_known_relation_forges_and_is_extracted():
    """With a trapdoor in H, or in the Q_i, a false shuffle verifies; the extractor returns
    the relation. With hashed generators the same provers fail."""
    rng, logs = seeded("shuffle-trapdoor"), [5, 6, 7]
    trapped, hashed = Group(LARGE, {"H": 99}), Group(LARGE)
    forgeries = [(forged_with_H(trapped, rng, 99), forged_with_H(hashed, rng, 99)),
                 (forged_with_Q(trapped, rng, logs), forged_with_Q(hashed, rng, logs))]
    forgeries[1][1][0].Q = generators(hashed, 3)
    for (st, claim), (fair, same_claim) in forgeries:
        assert {(77 * P).value for row in st.E for P in row} != {order(row) for row in st.F}
        proof = prove(st, claim, transcript(st), Coins.draw(st, rng))
        assert failing(st, proof, transcript(st)) == set(), "the forgery must work"
        try:
            extract(st, *trees(st, claim, rng))
            raise AssertionError("a witness of a false statement")
        except Relation as relation:
            points = [st.group.G, st.group.H] + st.Q
            assert any(relation.vector)
            assert st.group.sum(a * P for a, P in zip(relation.vector, points)).is_identity()
        proof = prove(fair, same_claim, transcript(fair), Coins.draw(fair, rng))
        assert failing(fair, proof, transcript(fair)) & {1, 2}
    return "H: rows added to each other; Q: three keys exchanged for others; both relations found"


# Exact counts.


def check_bad_u_counted():
    """Over small fields: of all matrices with row sums 1 exactly the permutations keep the
    product for every u; every other keeps it for at most n q^(n-1) of the q^n vectors."""
    count, worst = 0, 0
    for n, q in ((2, 3), (2, 5), (2, 7), (3, 5)):
        vectors = list(itertools.product(range(q), repeat=n))
        rows = [row for row in itertools.product(range(q), repeat=n) if sum(row) % q == 1]
        values = {row: [sum(a * b for a, b in zip(row, u)) % q for u in vectors] for row in rows}
        target = [products(q, u)[-1] for u in vectors]
        permutations = {tuple(map(tuple, matrix(pi))) for pi in itertools.permutations(range(n))}
        # The order of the rows does not matter to the product.
        for M in itertools.combinations_with_replacement(rows, n):
            if n == 2:
                kept = sum(1 for a, b, t in zip(*(values[r] for r in M), target) if a * b % q == t)
            else:
                kept = sum(1 for a, b, d, t in zip(*(values[r] for r in M), target)
                           if a * b * d % q == t)
            if any(tuple(M[i] for i in p) in permutations
                   for p in itertools.permutations(range(n))):
                assert kept == len(vectors)
            else:
                assert kept <= n * q ** (n - 1)
                worst = max(worst, kept / (n * q ** (n - 1)))
            count += 1
    return f"{count} matrices, at most {worst:.2f} of the bound"


def check_bad_rho_counted():
    """A false chain under every rho of a small field: it passes at the roots of one
    polynomial of degree n + 1 and nowhere else."""
    rng, group = seeded("shuffle-rho"), Group(101)
    q, n, hits = group.q, 3, 0
    for _ in range(10):
        st, claim = some_keys(group, n, rng)
        u = [rng.randrange(1, q) for _ in range(n)]
        y = [rng.randrange(q) for _ in range(n)]
        claim = Claim(claim.M, claim.power, chain=lambda mine, u, rho: y)
        mine, before = times(q, claim.M, u), [1] + y[:-1]
        coefficients = [0, y[-1] - products(q, u)[-1]] + [
            a - b * x for a, b, x in zip(y, mine, before)]
        roots = {rho for rho in range(q)
                 if sum(a * pow(rho, k, q) for k, a in enumerate(coefficients)) % q == 0}
        coins, passed = Coins.draw(st, rng), set()
        for rho in range(q):
            if unequal(st, prove(st, claim, Fixed(u=u, rho=rho, c=5), coins), u, rho, 5) == set():
                passed.add(rho)
        assert passed == roots and len(roots) <= n + 1
        hits += len(roots)
    return f"10 false chains under 101 rho, {hits} roots"


# Zero knowledge.

TUPLES = [(1, 2, 1), (2, 1, 2), (0, 0, 0), (1, 0, 2), (2, 2, 0)]


def small(n, texts):
    """Statements over a field of 3 elements, with what the prover knows."""
    group = Group(3)
    if texts:
        L = [2 * group.G]
        E = [encryption(group, L, [group.G], 1 + j) for j in range(n)]
        return mix_texts(group, E, L, [1, 2][:n])
    return mix_keys(group, [(1 + j) * group.G for j in range(n)], group.G, 2)


def real(st, claim, u, rho, c, leak=None):
    seen, n = Counter(), st.n
    for values in itertools.product(range(3), repeat=3 * n + 3):
        coins = Coins(list(values[:n]), list(values[n:2 * n]), list(values[2 * n:3 * n]),
                      *values[3 * n:])
        if leak:
            setattr(coins, leak, [0] * n if leak in ("r", "R", "k") else 0)
        seen[prove(st, claim, Fixed(u=u, rho=rho, c=c), coins).key()] += 1
    return seen


def simulated(st, u, rho, c):
    seen, n = Counter(), st.n
    points = [s * st.group.G for s in range(3)]
    for CD in itertools.product(points, repeat=2 * n):
        for values in itertools.product(range(3), repeat=n + 3):
            seen[simulate(st, u, rho, c, list(CD[:n]), list(CD[n:]), list(values[:n]),
                          *values[n:]).key()] += 1
    return seen


def check_simulator_has_the_provers_distribution():
    """All 3^6 or 3^9 coins of the prover, all of the simulator: equal as multisets."""
    count = 0
    for texts in (False, True):
        for n, tuples in ((1, TUPLES), (2, TUPLES[:1])):
            st, claim = small(n, texts)
            for u, rho, c in tuples:
                u = [u, 2, 1][:n]
                one = real(st, claim, u, rho, c)
                assert one == simulated(st, u, rho, c)
                assert all(times == 1 for times in one.values()), "and uniform"
                count += sum(one.values())
    return f"{count} runs of the prover, as many of the simulator"


def check_a_forgotten_mask_is_noticed():
    """Control: the comparison fails for a prover that forgets a mask."""
    st, claim = small(1, True)
    expected = simulated(st, [1], 2, 1)
    leaks = [leak for leak in ("r", "R", "k", "kG", "kQ", "kE")
             if real(st, claim, [1], 2, 1, leak) != expected]
    assert leaks == ["r", "R", "k", "kG", "kQ", "kE"]
    return f"{len(leaks)} of 6 masks"


def check_simulator_is_accepted_on_any_statement():
    rng, group = seeded("shuffle-simulator"), Group(LARGE)
    one = lambda: rng.randrange(group.q)
    many = lambda n: [one() for _ in range(n)]
    for n in (0, 1, 2, 5):
        for _ in range(5):
            rows = lambda w: [[one() * group.G for _ in range(w)] for _ in range(n)]
            for st in (Statement(group, generators(group, n), rows(1), rows(1), group.G, group.H),
                       Statement(group, generators(group, n), rows(3), rows(3),
                                 L=[one() * group.G for _ in range(2)])):
                u, rho, c = many(n), one(), one()
                points = [[one() * group.G for _ in range(n)] for _ in range(2)]
                proof = simulate(st, u, rho, c, *points, many(n), one(), one(), one())
                assert unequal(st, proof, u, rho, c) == set()
    return "40 statements, false ones"


CHECKS = [check_honest_proofs_verify, check_zero_challenges_are_complete,
          check_every_changed_field_is_refused, check_extraction_from_honest_provers,
          check_a_known_relation_forges_and_is_extracted, check_bad_u_counted,
          check_bad_rho_counted, check_simulator_has_the_provers_distribution,
          check_a_forgotten_mask_is_noticed, check_simulator_is_accepted_on_any_statement]
