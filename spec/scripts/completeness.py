"""Honest proofs verify; every changed field is refused."""

from toy import LARGE, Group, Point, seeded
from validity import Coins, encrypt, failing, prove, tampered, transcript, unit


def keys(group, count, rng):
    return [rng.randrange(1, group.q) * group.G for _ in range(count)]


def ballot(group, N, m, index, omega, text, rng):
    K, L = keys(group, N, rng), keys(group, m, rng)
    r = rng.randrange(1, group.q)
    M = [rng.randrange(1, group.q) * group.G if text else group.identity() for _ in range(m)]
    return encrypt(group, K, L, unit(N, index), M, r, omega), r


SHAPES = [(2, 0, None), (2, 1, 1), (3, 0, None), (3, 3, 1), (5, 2, 4), (13, 3, 11), (17, 3, 15), (255, 1, 253)]


def check_honest_proofs_verify():
    rng, group, count = seeded("completeness"), Group(LARGE), 0
    for N, m, omega in SHAPES:
        for index in sorted({0, 1, N // 2, N - 1} | ({omega} if omega else set())):
            for text in (False, True) if index == omega else (False,):
                st, r = ballot(group, N, m, index, omega, text, rng)
                proof = prove(st, index, r, transcript(st), Coins.draw(st, rng))
                assert failing(st, proof, transcript(st)) == set(), (N, m, index, text)
                count += 1
    return f"{count} proofs"


def check_zero_challenges_are_complete():
    """No challenge value is an exception: the equations hold at 0 and 1 too."""
    from toy import Fixed
    rng, group, count = seeded("zero"), Group(101), 0
    for index in range(5):
        st, r = ballot(group, 5, 2, index, 3, index == 3, rng)
        for y in (0, 1, 7):
            for tau in (0, 5):
                for x in (0, 1, 9):
                    for c in (0, 1, 9):
                        chal = dict(y=y, tau=tau, x=x, c=c)
                        proof = prove(st, index, r, Fixed(**chal), Coins.draw(st, rng))
                        assert failing(st, proof, Fixed(**chal)) == set(), chal
                        count += 1
    return f"{count} challenge tuples"


def check_every_changed_field_is_refused():
    rng, group, count = seeded("fields"), Group(LARGE), 0
    st, r = ballot(group, 5, 2, 4, 4, True, rng)
    proof = prove(st, 4, r, transcript(st), Coins.draw(st, rng))

    def bump(value):
        return value + group.G if isinstance(value, Point) else (value + 1) % group.q

    variants = []
    for field in ("M1", "M2", "E", "z1", "Ed", "RA", "RB", "R1", "R2", "zt", "z", "zq"):
        variants.append((st, tampered(proof, **{field: bump(getattr(proof, field))})))
    for field in ("f", "w"):
        for i in range(st.nu):
            values = list(getattr(proof, field))
            values[i] = bump(values[i])
            variants.append((st, tampered(proof, **{field: values})))
        variants.append((st, tampered(proof, **{field: getattr(proof, field)[:-1]})))
    for field in ("K", "L", "B", "T"):
        for i in range(len(getattr(st, field))):
            values = list(getattr(st, field))
            values[i] = bump(values[i])
            variants.append((tampered(st, **{field: values}), proof))
    variants.append((tampered(st, A=bump(st.A)), proof))
    variants.append((tampered(st, u=st.u + 1), proof))
    variants.append((tampered(st, omega=3), proof))
    for other, changed in variants:
        assert failing(other, changed, transcript(other)) != set()
        count += 1
    assert failing(st, proof, transcript(st, context="another election")) != set()
    return f"{count + 1} variants"


def check_false_statements_with_honest_prover_fail():
    """Two marks, no mark, -1 and 2, a mark beyond N, a text without its mark."""
    rng, group, count = seeded("false"), Group(LARGE), 0
    K, L = keys(group, 5, rng), keys(group, 2, rng)
    none = [group.identity()] * 2
    text = [3 * group.G, group.identity()]
    last = [group.identity(), 3 * group.G]
    for e, M in (([1, 1, 0, 0, 0], none), ([0] * 5, none), ([2, -1, 0, 0, 0], none),
                 ([0, 0, 0, 0, 2], none), (unit(5, 1), text), (unit(5, 1), last)):
        r = rng.randrange(1, group.q)
        st = encrypt(group, K, L, e, M, r, omega=4)
        for index in range(8):  # 5, 6 and 7 are beyond N
            proof = prove(st, index, r, transcript(st), Coins.draw(st, rng))
            assert failing(st, proof, transcript(st)) != set(), (e, index)
            count += 1
    return f"{count} attempts"


CHECKS = [check_honest_proofs_verify, check_zero_challenges_are_complete,
          check_every_changed_field_is_refused, check_false_statements_with_honest_prover_fail]
