"""Batched proofs of possession, and the casting signature."""

from toy import LARGE, Group, Transcript, seeded


def bind(group, name, context, points, skip=()):
    ch = Transcript(group, name, context, skip)
    ch.append("F", *points)
    return ch, ch.weights(len(points))


def possess(group, name, context, points, secrets, k, skip=()):
    """One proof for many keys: knowledge of the weighted sum of their secrets."""
    ch, w = bind(group, name, context, points, skip)
    R = k * group.G
    ch.append("R", R)
    return R, (k + ch.challenge("c") * sum(a * b for a, b in zip(w, secrets))) % group.q


def possessed(group, name, context, points, proof, skip=(), weights=None):
    ch, w = bind(group, name, context, points, skip)
    w = weights or w
    P = group.sum(a * F for a, F in zip(w, points))
    R, z = proof
    ch.append("R", R)
    return z * group.G == R + ch.challenge("c") * P


def check_possession_is_complete_and_bound():
    rng, group = seeded("possession"), Group(LARGE)
    secrets = [rng.randrange(1, group.q) for _ in range(20)]
    points = [s * group.G for s in secrets]
    proof = possess(group, "key-possession", "setup/3", points, secrets, 77)
    assert possessed(group, "key-possession", "setup/3", points, proof)
    assert not possessed(group, "key-possession", "setup/4", points, proof), "another custodian"
    assert not possessed(group, "half-possession", "setup/3", points, proof), "another proof"
    swapped = [points[1], points[0]] + points[2:]
    assert not possessed(group, "key-possession", "setup/3", swapped, proof)
    return "20 keys, one proof"


def check_unweighted_possession_is_forged():
    """With weights 1, two rogue keys whose unknown parts cancel have a proof."""
    rng, group = seeded("rogue-sum"), Group(LARGE)
    V = rng.randrange(1, group.q) * group.G  # the others' key: logarithm not used
    a, b, k = 5, 6, 9
    rogue = [a * group.G - V, b * group.G + V]
    ch, _ = bind(group, "key-possession", "setup/1", rogue)
    ch.append("R", k * group.G)
    proof = (k * group.G, (k + ch.challenge("c") * (a + b)) % group.q)
    assert possessed(group, "key-possession", "setup/1", rogue, proof, weights=[1, 1])
    assert not possessed(group, "key-possession", "setup/1", rogue, proof)
    assert rogue[0] + V == a * group.G, "slot 0 would be in one hand"
    return "forged under weights 1, refused under hashed weights"


def check_predictable_weights_are_forged():
    """Weights that do not depend on the keys: the keys are made to fit."""
    rng, group = seeded("rogue-weights"), Group(LARGE)
    V = rng.randrange(1, group.q) * group.G
    skip, a, b, k = ("F",), 5, 6, 9
    _, w = bind(group, "key-possession", "setup/1", [V, V], skip)
    rogue = [a * group.G - V, b * group.G + (w[0] * group.inverse(w[1])) * V]
    proof = possess(group, "key-possession", "setup/1", rogue, [a, b], k, skip)
    assert possessed(group, "key-possession", "setup/1", rogue, proof, skip)
    proof = possess(group, "key-possession", "setup/1", rogue, [a, b], k)
    assert not possessed(group, "key-possession", "setup/1", rogue, proof)
    return "forged without F in the seed, refused with it"


def check_all_secrets_are_extracted():
    """n independent weight vectors, two challenges each: a linear system for all secrets."""
    rng, group, n = seeded("possession-extract"), Group(LARGE), 8
    q = group.q
    secrets = [rng.randrange(1, q) for _ in range(n)]
    rows = []
    for _ in range(n):
        w = [rng.randrange(2**16) for _ in range(n)]
        p, k, c0, c1 = sum(a * b for a, b in zip(w, secrets)) % q, rng.randrange(q), 3, 8
        z0, z1 = (k + c0 * p) % q, (k + c1 * p) % q
        rows.append(w + [(z0 - z1) * pow(c0 - c1, -1, q) % q])
    for col in range(n):
        pivot = next(i for i in range(col, n) if rows[i][col] % q)
        rows[col], rows[pivot] = rows[pivot], rows[col]
        inv = group.inverse(rows[col][col])
        rows[col] = [v * inv % q for v in rows[col]]
        for i in range(n):
            if i != col:
                factor = rows[i][col]
                rows[i] = [(u - factor * v) % q for u, v in zip(rows[i], rows[col])]
    assert [row[-1] for row in rows] == secrets
    return f"{n} secrets from {n} seeds"


def check_rogue_half_gives_the_server_the_key():
    """S2 = [s]G - S1: the pooled key is in the server's hand alone, and only the missing
    proof of possession shows it."""
    rng, group = seeded("rogue-half"), Group(LARGE)
    S1 = rng.randrange(1, group.q) * group.G
    s = rng.randrange(1, group.q)
    S2 = s * group.G - S1
    C = S1 + S2
    assert verified(group, group.G, C, "code", sign(group, group.G, s, C, "code", 4))
    proof = possess(group, "half-possession", "roll/1", [S2], [s], 5)
    assert not possessed(group, "half-possession", "roll/1", [S2], proof)
    return "signs with the pooled key, cannot prove the half"


def signing(group, base, C, code, R, skip=()):
    ch = Transcript(group, "cast-signature", "election", skip)
    ch.append("base", base)
    ch.append("C", C)
    ch.append("code", code)
    ch.append("R", R)
    return ch.challenge("c")


def sign(group, base, s, C, code, k, skip=()):
    R = k * base
    return R, (k + signing(group, base, C, code, R, skip) * s) % group.q


def verified(group, base, C, code, signature, skip=()):
    R, z = signature
    return z * base == R + signing(group, base, C, code, R, skip) * C


def check_signature_binds_its_key():
    """The two halves are related keys. With C in the challenge a signature under C gives
    none under C + [delta]base; without it, it does."""
    rng, group = seeded("related-key"), Group(LARGE)
    s, delta = rng.randrange(1, group.q), 4242
    C = s * group.G
    for skip, forged in ((("C",), True), ((), False)):
        R, z = sign(group, group.G, s, C, "code", 31, skip)
        assert verified(group, group.G, C, "code", (R, z), skip)
        shifted = C + delta * group.G
        moved = (R, (z + signing(group, group.G, shifted, "code", R, skip) * delta) % group.q)
        assert verified(group, group.G, shifted, "code", moved, skip) == forged
    R, z = sign(group, group.G, s, C, "code", 31)
    assert not verified(group, group.G, C, "other code", (R, z))
    return "moved to another key without C, refused with it"


CHECKS = [check_possession_is_complete_and_bound, check_unweighted_possession_is_forged,
          check_predictable_weights_are_forged, check_all_secrets_are_extracted,
          check_rogue_half_gives_the_server_the_key, check_signature_binds_its_key]
