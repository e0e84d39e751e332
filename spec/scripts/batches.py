"""Batch verification: random weights, and what goes wrong without them."""

import hashlib
import itertools

from toy import LARGE, Group, seeded
from validity import Coins, challenges, encrypt, failing, prove, residuals, tampered, transcript, unit


def ballots(count, rng, group):
    K = [rng.randrange(1, group.q) * group.G for _ in range(3)]
    made = []
    for i in range(count):
        r = rng.randrange(1, group.q)
        st = encrypt(group, K, [], unit(3, i % 3), [], r, u=i)
        made.append((st, prove(st, i % 3, r, transcript(st), Coins.draw(st, rng))))
    return made


def batch_holds(batch, weight):
    """One sum of all equations of all ballots; `weight(i, n)` for ballot i, equation n."""
    total = batch[0][0].group.identity()
    for i, (st, proof) in enumerate(batch):
        comb, x, c = challenges(st, proof, transcript(st))
        for n, res in residuals(st, proof, comb, x, c).items():
            total = total + weight(i, n) * res
    return total.is_identity()


def drawn(rng):
    memory = {}
    return lambda i, n: memory.setdefault((i, n), rng.randrange(2**16))


def bad_ones(batch, start, rng):
    """Bisection: the places of the ballots that do not verify."""
    if batch_holds(batch, drawn(rng)):
        return []
    if len(batch) == 1:
        return [start]
    half = len(batch) // 2
    return bad_ones(batch[:half], start, rng) + bad_ones(batch[half:], start + half, rng)


def check_error_counted():
    """False equations survive at most a 1/W part of all weight vectors from [0, W)."""
    q, W, worst = 31, 16, 0
    for size in (1, 2):
        for res in itertools.product(range(q), repeat=size):
            if any(res):
                passed = sum(1 for w in itertools.product(range(W), repeat=size)
                             if sum(a * b for a, b in zip(res, w)) % q == 0)
                assert passed <= W ** (size - 1)
                worst = max(worst, passed / W**size)
    rng = seeded("batch-count")
    for _ in range(100):
        res = [rng.randrange(q), rng.randrange(q), rng.randrange(1, q)]
        passed = sum(1 for w in itertools.product(range(W), repeat=3)
                     if sum(a * b for a, b in zip(res, w)) % q == 0)
        assert passed <= W**2
    return f"worst {worst:.4f}, bound {1 / W:.4f}"


def check_bisection_names_the_bad():
    rng, group = seeded("bisect"), Group(LARGE)
    batch = ballots(16, rng, group)
    assert bad_ones(batch, 0, rng) == []
    for places in ([0], [15], [3, 4], [0, 7, 8, 15]):
        spoilt = list(batch)
        for place in places:
            st, proof = spoilt[place]
            spoilt[place] = (st, tampered(proof, zt=(proof.zt + 1) % group.q))
        assert bad_ones(spoilt, 0, rng) == places
    return "16 ballots, up to 4 bad"


def check_unit_weights_cancel():
    """Without weights two bad ballots make a good batch."""
    rng, group = seeded("cancel"), Group(LARGE)
    batch = ballots(2, rng, group)
    (s0, p0), (s1, p1) = batch
    bad = [(s0, tampered(p0, zt=(p0.zt + 1) % group.q)), (s1, tampered(p1, zt=(p1.zt - 1) % group.q))]
    assert all(failing(st, proof, transcript(st)) == {2} for st, proof in bad)
    assert batch_holds(bad, lambda i, n: 1)
    assert not batch_holds(bad, drawn(rng))
    return "two errors that cancel pass, weighted they do not"


def check_weights_must_depend_on_responses():
    """Weights hashed from everything but the responses can be solved for."""
    rng, group = seeded("predict"), Group(LARGE)
    batch = ballots(2, rng, group)
    (s0, p0), (s1, p1) = batch

    def hashed(batch, responses):
        seen = [(st.u, st.A.value, [B.value for B in st.B], p.M1.value, p.M2.value, p.E.value,
                 p.Ed.value, p.RA.value, p.RB.value) + ((p.f, p.z1, p.w, p.zt, p.z) if responses else ())
                for st, p in batch]
        return lambda i, n: 1 + int.from_bytes(
            hashlib.sha256(f"{seen}/{i}/{n}".encode()).digest()[:2], "little")

    weight = hashed(batch, responses=False)
    shift = -weight(0, 2) * group.inverse(weight(1, 2)) % group.q
    bad = [(s0, tampered(p0, zt=(p0.zt + 1) % group.q)), (s1, tampered(p1, zt=(p1.zt + shift) % group.q))]
    assert batch_holds(bad, hashed(bad, responses=False))
    assert not batch_holds(bad, hashed(bad, responses=True))
    assert batch_holds(batch, hashed(batch, responses=True))
    return "predictable weights forged, complete ones not"


CHECKS = [check_error_counted, check_bisection_names_the_bad, check_unit_weights_cancel,
          check_weights_must_depend_on_responses]
