"""Decryption proofs, threshold combination, and the groups of units."""

import itertools

from toy import LARGE, Group, Transcript, seeded


def bind(group, A, D, X, skip):
    ch = Transcript(group, "decryption", "election/unit/custodian", skip)
    ch.append("A", A)
    ch.append("D", *D)
    ch.append("X", *X)
    return ch, ch.weights(len(D))


def decrypt(group, A, D, X, x, k, skip=()):
    """The honest algorithm; D may be anything, to let a liar use it."""
    ch, w = bind(group, A, D, X, skip)
    R1, R2 = k * group.G, k * A
    ch.append("R1", R1)
    ch.append("R2", R2)
    return R1, R2, (k + ch.challenge("c") * sum(a * b for a, b in zip(w, x))) % group.q


def decrypted(group, A, D, X, proof, skip=(), weights=None):
    ch, w = bind(group, A, D, X, skip)
    w = weights or w
    R1, R2, z = proof
    ch.append("R1", R1)
    ch.append("R2", R2)
    c = ch.challenge("c")
    return (z * group.G == R1 + c * group.sum(a * P for a, P in zip(w, X))
            and z * A == R2 + c * group.sum(a * P for a, P in zip(w, D)))


def custodian(rng, group, N):
    x = [rng.randrange(1, group.q) for _ in range(N)]
    A = rng.randrange(1, group.q) * group.G
    return x, [s * group.G for s in x], A, [s * A for s in x]


def check_decryption_proof():
    rng, group = seeded("decryption"), Group(LARGE)
    x, X, A, D = custodian(rng, group, 5)
    proof = decrypt(group, A, D, X, x, 9)
    assert decrypted(group, A, D, X, proof)
    for j in range(5):
        lie = D[:j] + [D[j] + group.G] + D[j + 1:]
        assert not decrypted(group, A, lie, X, proof)
        assert not decrypted(group, A, lie, X, decrypt(group, A, lie, X, x, 9))
    assert not decrypted(group, A, [D[1], D[0]] + D[2:], X, proof), "two options exchanged"
    assert not decrypted(group, A + group.G, D, X, proof), "another aggregate"
    identity = group.identity()
    empty = decrypt(group, identity, [identity] * 5, X, x, 9)
    assert decrypted(group, identity, [identity] * 5, X, empty), "an empty unit must not block"
    return "every slot bound, identity accepted"


def check_decryption_weights():
    """Votes moved from one option to another: weights 1, and weights that omit D."""
    rng, group = seeded("decryption-weights"), Group(LARGE)
    x, X, A, D = custodian(rng, group, 3)
    moved = [D[0] + 100 * group.G, D[1] - 100 * group.G, D[2]]
    ch, _ = bind(group, A, moved, X, ())
    ch.append("R1", 9 * group.G)
    ch.append("R2", 9 * A)
    proof = (9 * group.G, 9 * A, (9 + ch.challenge("c") * sum(x)) % group.q)
    assert decrypted(group, A, moved, X, proof, weights=[1, 1, 1])
    assert not decrypted(group, A, moved, X, proof)
    skip = ("D",)
    _, w = bind(group, A, D, X, skip)
    moved = [D[0] + 100 * group.G, D[1] - (100 * w[0] * group.inverse(w[1])) * group.G, D[2]]
    assert decrypted(group, A, moved, X, decrypt(group, A, moved, X, x, 9, skip), skip)
    assert not decrypted(group, A, moved, X, decrypt(group, A, moved, X, x, 9))
    return "both forged, both refused by the proof of the specification"


def lagrange(L, q):
    out = {}
    for l in L:
        weight = 1
        for i in L:
            if i != l:
                weight = weight * i * pow(i - l, -1, q) % q
        out[l] = weight
    return out


def check_any_threshold_gives_the_same():
    rng, group, n, t = seeded("lagrange"), Group(LARGE), 5, 3
    q = group.q
    f = [rng.randrange(1, q) for _ in range(t)]
    share = lambda l: sum(a * pow(l, c, q) for c, a in enumerate(f)) % q
    r, count = rng.randrange(1, q), 321
    A, B = r * group.G, count * group.G + (r * f[0]) * group.G

    def combine(L):
        return B - group.sum(w * (share(l) * A) for l, w in lagrange(L, q).items())

    for L in itertools.combinations(range(1, n + 1), t):
        assert combine(L) == count * group.G
    for L in itertools.combinations(range(1, n + 1), t - 1):
        assert combine(L) != count * group.G
    return "all 10 triples agree, no pair does"


def check_two_closings():
    """Why all honest custodians must decrypt one list. A board of s ballots is shown to some
    of them, one of s + 1 to others; each keeps the duty to decrypt one list only. With b
    corrupt members in both quorums the difference of the totals is the last ballot."""
    rng, group, n, t, b = seeded("two-closings"), Group(LARGE), 5, 3, 1
    q = group.q
    f = [rng.randrange(1, q) for _ in range(t)]
    share = {l: sum(a * pow(l, c, q) for c, a in enumerate(f)) % q for l in range(1, n + 1)}
    votes, K = [1, 0, 0, 1, 1], f[0] * group.G
    ballots = [(r * group.G, v * group.G + r * K) for v, r in ((v, rng.randrange(1, q)) for v in votes)]
    corrupt, honest, done = [1], [2, 3, 4, 5], {}

    def total(size, chosen):
        A = group.sum(a for a, _ in ballots[:size])
        B = group.sum(c for _, c in ballots[:size])
        L = corrupt + chosen
        for l in chosen:
            assert done.setdefault(l, size) == size, "an honest custodian decrypts one list"
        opened = B - group.sum(w * (share[l] * A) for l, w in lagrange(L, q).items())
        return next(c for c in range(size + 1) if opened == c * group.G)

    assert total(5, honest[:2]) - total(4, honest[2:]) == votes[4]
    possible = 2 * (t - b) <= n - b
    assert possible and not 2 * t <= n, "with one corrupt custodian, not with none"
    return "3 of 5, one corrupt: the last vote is open"


def groups_of(ballots, merge_into, min_group):
    """The merging of `tally.md`: number -> set of units."""
    groups = {u: {u} for u in ballots}
    size = lambda g: sum(ballots[u] for u in groups[g])
    for u in range(len(merge_into) - 1, 0, -1):
        if u in groups and size(u) < min_group:
            groups.setdefault(merge_into[u], set()).update(groups.pop(u))
    if 0 in groups and size(0) < min_group and len(groups) > 1:
        small = groups.pop(0)
        groups[min(groups)] |= small
    return groups


def check_groups_exhaustively():
    """All merge trees on 5 units, all subsets that count, all sizes 0..3: a partition, and
    nothing small unless there is only one group."""
    cases, lone = 0, 0
    for tree in itertools.product(*(range(u) for u in range(1, 5))):
        merge_into = (None,) + tree
        for sizes in itertools.product((None, 0, 1, 3), repeat=5):
            ballots = {u: s for u, s in enumerate(sizes) if s is not None}
            if not ballots:
                continue
            for min_group in (1, 3, 4):
                groups = groups_of(ballots, merge_into, min_group)
                assert sorted(u for g in groups.values() for u in g) == sorted(ballots)
                small = [g for g in groups.values() if sum(ballots[u] for u in g) < min_group]
                assert not small or len(groups) == 1
                cases, lone = cases + 1, lone + bool(small)
    assert lone, "the exception of the only group must have been met"
    return f"{cases} cases, {lone} with one small group"


CHECKS = [check_decryption_proof, check_decryption_weights, check_any_threshold_gives_the_same,
          check_two_closings, check_groups_exhaustively]
