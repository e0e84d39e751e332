"""The shuffle proof of `shuffle.md`, equation by equation, for both relations.

The prover here takes any matrix in the place of the permutation, and any chain; with
the matrix of a permutation it is the honest prover. `without` names parts of the
verification that a careless verifier leaves out: "sum", "product" and "chain" of (1),
the equations 2 and 3, "image" (the equation of the base) and "identity".
"""

import copy
import hashlib
from dataclasses import dataclass, replace

from toy import Fixed, Point, Transcript


@dataclass
class Statement:
    group: object
    Q: list
    E: list  # rows that go in: lists of w points
    F: list  # rows that come out
    base: object = None  # keys only
    image: object = None
    L: object = None  # texts only
    secrets: object = None  # the logarithms of L, for those who judge a toy

    @property
    def n(self):
        return len(self.E)

    @property
    def keys(self):
        return self.L is None

    @property
    def Y(self):
        return [self.group.G] + self.L


@dataclass
class Proof:
    C: list
    D: list
    RG: Point
    RQ: Point
    RE: list
    RB: object
    z: list
    zG: int
    zQ: int
    zE: int

    def key(self):
        """All of it, as something that can be counted."""
        return (tuple(self.C), tuple(self.D), self.RG, self.RQ, tuple(self.RE), self.RB,
                tuple(self.z), self.zG, self.zQ, self.zE)


@dataclass
class Claim:
    """What a prover works with. Only `M` and `power` are an honest one's."""

    M: object  # n rows of n scalars; a function of u for a prover that knows u first
    power: object  # u -> the scalar of equation (3): g, or sum_j u_j e_j
    permuted: object = None  # u -> u', if it is not M u
    chain: object = None  # (u', u, rho) -> coefficients of H in D, if not the products
    h: int = 0  # logarithm of H, if known
    q: object = None  # logarithms of the Q_i, if known
    nudge: bool = False  # add G to the last commitment of (3)


@dataclass
class Coins:
    r: list
    R: list
    k: list
    kG: int
    kQ: int
    kE: int

    @staticmethod
    def draw(st, rng):
        one = lambda: rng.randrange(st.group.q)
        many = lambda: [one() for _ in range(st.n)]
        return Coins(many(), many(), many(), one(), one(), one())


def generators(group, n, logs=None):
    return [2 * (logs[i] * group.G if logs else group.hashed(f"Q{i}")) for i in range(n)]


def order(row):
    return row[0].value


def matrix(pi):
    return [[1 if j == p else 0 for j in range(len(pi))] for p in pi]


def times(q, M, u):
    return [sum(m * x for m, x in zip(row, u)) % q for row in M]


def products(q, values):
    made, last = [], 1
    for value in values:
        last = last * value % q
        made.append(last)
    return made


def mix_keys(group, E, base, g):
    """An honest mix of keys: the statement and what its prover knows."""
    E = [row if isinstance(row, list) else [row] for row in E]
    pi = sorted(range(len(E)), key=lambda j: order([g * E[j][0]]))
    st = Statement(group, generators(group, len(E)), E, [[g * E[j][0]] for j in pi], base, g * base)
    return st, Claim(matrix(pi), lambda u: g)


def encryption(group, L, M, r):
    return [r * group.G] + [m + r * key for m, key in zip(M, L)]


def decryption(secrets, row):
    return [T - s * row[0] for s, T in zip(secrets, row[1:])]


def mix_texts(group, E, L, e):
    Y = [group.G] + L
    out = [[P + factor * key for P, key in zip(row, Y)] for row, factor in zip(E, e)]
    pi = sorted(range(len(E)), key=lambda j: order(out[j]))
    st = Statement(group, generators(group, len(E)), E, [out[j] for j in pi], L=L)
    return st, Claim(matrix(pi), lambda u: sum(a * b for a, b in zip(u, e)))


def transcript(st, skip=(), context="election"):
    return Transcript(st.group, "shuffle-keys" if st.keys else "shuffle-texts", context, skip)


def append_statement(st, ch):
    ch.append("n", st.n)
    ch.append("w", 1 if st.keys else len(st.L) + 1)
    ch.append("generators", *st.Q)
    if st.keys:
        ch.append("base", st.base)
        ch.append("image", st.image)
    else:
        ch.append("keys", *st.L)
    ch.append("input", *[P for row in st.E for P in row])
    ch.append("output", *[P for row in st.F for P in row])


def vector(ch, n):
    """u_0..u_{n-1} from one seed, or as they are given."""
    if isinstance(ch, Fixed):
        return ch.challenges["u"]
    seed, q = ch.challenge("s"), ch.group.q
    return [int.from_bytes(hashlib.sha512(f"{seed}/{j}".encode()).digest(), "little") % q
            for j in range(n)]


def combined(st, u):
    """What z E stands next to in (3), and what c stands next to."""
    width = len(st.E[0]) if st.E else (1 if st.keys else len(st.L) + 1)
    sums = [st.group.sum(uj * row[k] for uj, row in zip(u, st.E)) for k in range(width)]
    return (sums, [st.group.identity()]) if st.keys else (st.Y, sums)


def append_commitments(ch, RG, RQ, RE, RB):
    ch.append("RG", RG)
    ch.append("RQ", RQ)
    ch.append("RE", *RE)
    if RB is not None:
        ch.append("RB", RB)


def prove(st, claim, ch, coins, without=()):
    group, q, n = st.group, st.group.q, st.n
    G, H = group.G, group.H
    append_statement(st, ch)
    M = claim.M(vector(copy.copy(ch), n)) if callable(claim.M) else claim.M
    C = [coins.r[j] * G + group.sum(M[i][j] * st.Q[i] for i in range(n)) for j in range(n)]
    ch.append("commitments", *C)
    u = vector(ch, n)
    mine = claim.permuted(u) if claim.permuted else times(q, M, u)
    y = claim.chain(mine, u, copy.copy(ch).challenge("rho")) if claim.chain else products(q, mine)
    D = [R * G + factor * H for R, factor in zip(coins.R, y)]
    ch.append("chain", *D)
    rho = ch.challenge("rho")
    power, before = [pow(rho, i + 2, q) for i in range(n)], ([H] + D)[:n]
    base, _ = combined(st, u)
    RG = coins.kG * G
    if "chain" not in without:
        RG = RG + group.sum(p * k * P for p, k, P in zip(power, coins.k, before))
    RQ = coins.kQ * G + group.sum(k * P for k, P in zip(coins.k, st.Q))
    RE = [group.sum(k * row[column] for k, row in zip(coins.k, st.F)) - coins.kE * P
          for column, P in enumerate(base)]
    RB = coins.kE * st.base if st.keys else None
    if claim.nudge:
        RE, RB = (RE, RB + G) if st.keys else (RE[:-1] + [RE[-1] + G], None)
    append_commitments(ch, RG, RQ, RE, RB)
    c = ch.challenge("c")
    # The logarithm of what (1) says is a multiple of G, and of the rest of (2).
    total = sum(y[-1:] or [1])
    of_G, of_H = 0, 0
    if "sum" not in without:
        of_G += sum(coins.r)
        if claim.q:
            of_G += sum((sum(row) - 1) * log for row, log in zip(M, claim.q))
    if "product" not in without:
        of_G += rho * (coins.R[-1] if n else 0)
        of_H += rho * (total - (products(q, u) or [1])[-1])
    if "chain" not in without:
        for i, p in enumerate(power):
            of_G += p * (coins.R[i] - mine[i] * (coins.R[i - 1] if i else 0))
            of_H += p * (y[i] - mine[i] * (y[i - 1] if i else 1))
    opening = sum(a * b for a, b in zip(u, coins.r))
    if claim.q:
        opening += sum((a - b) * log for a, b, log in zip(times(q, M, u), mine, claim.q))
    return Proof(C, D, RG, RQ, RE, RB, [(k + c * x) % q for k, x in zip(coins.k, mine)],
                 (coins.kG + c * (of_G + claim.h * of_H)) % q, (coins.kQ + c * opening) % q,
                 (coins.kE + c * claim.power(u)) % q)


def challenges(st, proof, ch):
    append_statement(st, ch)
    ch.append("commitments", *proof.C)
    u = vector(ch, st.n)
    ch.append("chain", *proof.D)
    rho = ch.challenge("rho")
    append_commitments(ch, proof.RG, proof.RQ, proof.RE, proof.RB)
    return u, rho, ch.challenge("c")


def commitments(st, u, rho, c, C, D, z, zG, zQ, zE, without=()):
    """RG, RQ, RE, RB as the equations determine them: the verifier's, and the simulator's."""
    group, q, n = st.group, st.group.q, st.n
    power, before = [pow(rho, i + 2, q) for i in range(n)], ([group.H] + D)[:n]
    V, chain = group.identity(), group.identity()
    if "sum" not in without:
        V = V + group.sum(C) - group.sum(st.Q)
    if "product" not in without:
        V = V + rho * (([group.H] + D)[-1] - (products(q, u) or [1])[-1] * group.H)
    if "chain" not in without:
        V = V + group.sum(p * P for p, P in zip(power, D))
        chain = group.sum(p * s * P for p, s, P in zip(power, z, before))
    base, sums = combined(st, u)
    RG = zG * group.G + chain - c * V
    RQ = zQ * group.G + group.sum(s * P for s, P in zip(z, st.Q)) - c * group.sum(
        a * P for a, P in zip(u, C))
    RE = [group.sum(s * row[k] for s, row in zip(z, st.F)) - zE * P - c * S
          for k, (P, S) in enumerate(zip(base, sums))]
    return RG, RQ, RE, zE * st.base - c * st.image if st.keys else None


def unequal(st, proof, u, rho, c, without=()):
    """The equations that do not hold: 1, 2, 3, and "image" for the base's."""
    RG, RQ, RE, RB = commitments(st, u, rho, c, proof.C, proof.D, proof.z, proof.zG, proof.zQ,
                                 proof.zE, without)
    wrong = {1: RG != proof.RG, 2: RQ != proof.RQ, 3: RE != proof.RE, "image": RB != proof.RB}
    return {name for name, is_wrong in wrong.items() if is_wrong and name not in without}


def failing(st, proof, ch, without=()):
    """Everything that is wrong. Empty: accepted."""
    if not len(st.F) == len(proof.C) == len(proof.D) == len(proof.z) == st.n:
        return {"shape"}
    wrong = unequal(st, proof, *challenges(st, proof, ch), without)
    firsts = [order(row) for row in st.F]
    if any(a >= b for a, b in zip(firsts, firsts[1:])):
        wrong.add("order")
    if st.keys and "identity" not in without and (st.base.is_identity() or st.image.is_identity()):
        wrong.add("identity")
    return wrong


def simulate(st, u, rho, c, C, D, z, zG, zQ, zE):
    """The simulator of `shuffle-security.md`: no witness, challenges given."""
    return Proof(C, D, *commitments(st, u, rho, c, C, D, z, zG, zQ, zE), z, zG, zQ, zE)


def tampered(proof, **changes):
    return replace(proof, **changes)
