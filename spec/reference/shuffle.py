"""The verifiable shuffle (shuffle.md), of keys and of texts.

`equations` gives the equations as terms of one weighted sum, which is how a record is
verified; `sides` writes them out one by one in the letters of the specification, to be
read beside it. The tests ask both.
"""

from functools import lru_cache

from encoding import POINT, SCALAR, U32, U64, Array, Object, Struct, hash_to_scalar, th
from ristretto import G, H, Q, generator, total


# Generators

_generators = []


def generators(n):
    """Q_0 .. Q_{n-1}."""
    while len(_generators) < n:
        _generators.append(2 * generator(b"Q" + U32.write(len(_generators))))
    return _generators[:n]


@lru_cache(maxsize=None)
def generators_hash(n):
    return _hash("generators", generators(n))


def _hash(name, points):
    return th(f"shuffle-{name}", b"".join(point.encode() for point in points))


# Encoding

_PER_ROW = Array(POINT, lambda size, _: size.n)
_BEFORE = dict(C=_PER_ROW, D=_PER_ROW, RG=POINT, RQ=POINT, RE=Array(POINT, lambda size, _: size.w))
_AFTER = dict(z=Array(SCALAR, lambda size, _: size.n), zG=SCALAR, zQ=SCALAR, zE=SCALAR)
KEYS_PROOF = Struct(**_BEFORE, RB=POINT, **_AFTER)
TEXTS_PROOF = Struct(**_BEFORE, **_AFTER)


class Proof:
    """A ShuffleProof as a field: `size` gives n and w from what was read before."""

    def __init__(self, struct, size):
        self.struct, self.size = struct, size

    def read(self, reader, env, so_far):
        n, w = self.size(env, so_far)
        return self.struct.read(reader, Object(n=n, w=w))

    def write(self, value):
        return self.struct.write(value)


# Statement

class Statement:
    """What is said of the rows that go in and come out; a row is a list of w points."""

    def __init__(self, input, output, base=None, image=None, keys=None):
        self.input, self.output = input, output
        self.base, self.image, self.keys = base, image, keys
        self.n, self.w = len(output), 1 if keys is None else 1 + len(keys)

    @property
    def of_keys(self):
        return self.keys is None

    def bind(self, transcript):
        transcript.u32("n", self.n)
        transcript.u32("w", self.w)
        transcript.append("generators", generators_hash(self.n))
        if self.of_keys:
            transcript.point("base", self.base)
            transcript.point("image", self.image)
        else:
            transcript.points("keys", self.keys)
        transcript.append("input", _hash("input", flat(self.input)))
        transcript.append("output", _hash("output", flat(self.output)))


def of_keys(base, keys, image, mixed):
    return Statement([[key] for key in keys], [[key] for key in mixed], base, image)


def of_texts(keys, input, output):
    return Statement(input, output, keys=keys)


def flat(rows):
    return [point for row in rows for point in row]


# Challenges

def first_challenge(statement, commitments, transcript):
    """u_0 .. u_{n-1}, once C is fixed."""
    statement.bind(transcript)
    transcript.append("commitments", _hash("commitments", commitments))
    seed = transcript.seed()
    return [hash_to_scalar("shuffle-challenge", seed + U64.write(j)) for j in range(statement.n)]


def second_challenge(chain, transcript):
    transcript.append("chain", _hash("chain", chain))
    return transcript.challenge("rho")


def third_challenge(statement, proof, transcript):
    transcript.point("RG", proof.RG)
    transcript.point("RQ", proof.RQ)
    transcript.points("RE", proof.RE)
    if statement.of_keys:
        transcript.point("RB", proof.RB)
    return transcript.challenge("c")


def challenges(statement, proof, transcript):
    u = first_challenge(statement, proof.C, transcript)
    rho = second_challenge(proof.D, transcript)
    return u, rho, third_challenge(statement, proof, transcript)


def powers(rho, n):
    """rho^2 .. rho^(n+1)."""
    result, power = [], rho
    for _ in range(n):
        power = power * rho % Q
        result.append(power)
    return result


def product(factors):
    result = 1
    for factor in factors:
        result = result * factor % Q
    return result


# Verification

def equations(statement, proof, transcript):
    """Equations (1) to (3), as lists of terms that add up to zero."""
    s, p, n = statement, proof, statement.n
    u, rho, c = challenges(s, p, transcript)
    q, power = generators(n), powers(rho, n)
    before = [H, *p.D]  # D_{i-1}; the last is D_{n-1}

    first = [(p.zG, G), (-1, p.RG), (-c * rho, before[n]), (c * rho * product(u), H)]
    first += [(power[i] * p.z[i], before[i]) for i in range(n)]
    first += [(-c * power[i], p.D[i]) for i in range(n)]
    first += [(-c, point) for point in p.C] + [(c, point) for point in q]

    second = [(p.zQ, G), (-1, p.RQ)]
    second += [(p.z[i], q[i]) for i in range(n)]
    second += [(-c * u[j], p.C[j]) for j in range(n)]

    third = [[(z, row[k]) for z, row in zip(p.z, s.output)] + [(-1, p.RE[k])]
             for k in range(s.w)]
    if s.of_keys:
        third[0] += [(-p.zE * uj, row[0]) for uj, row in zip(u, s.input)]
        third.append([(p.zE, s.base), (-1, p.RB), (-c, s.image)])
    else:
        for k, y in enumerate([G, *s.keys]):
            third[k].append((-p.zE, y))
            third[k] += [(-c * uj, row[k]) for uj, row in zip(u, s.input)]
    return [first, second, *third]


def sides(statement, proof, transcript):
    """The same equations as (name, left side, right side), as shuffle.md writes them."""
    u_j, rho, c = challenges(statement, proof, transcript)
    n, w, E, F = statement.n, statement.w, statement.input, statement.output
    Q_i, C, z = generators(n), proof.C, proof.z
    zG, zQ, zE = proof.zG, proof.zQ, proof.zE
    RG, RQ, RE = proof.RG, proof.RQ, proof.RE
    D = {-1: H, **dict(enumerate(proof.D))}
    u = product(u_j)
    V = total(C) - total(Q_i) + rho * (D[n - 1] - u * H)

    yield ("(1)", zG * G + total(pow(rho, i + 2, Q) * z[i] * D[i - 1] for i in range(n)),
           RG + c * (V + total(pow(rho, i + 2, Q) * D[i] for i in range(n))))
    yield ("(2)", zQ * G + total(z[i] * Q_i[i] for i in range(n)),
           RQ + c * total(u_j[j] * C[j] for j in range(n)))
    if statement.of_keys:
        W = total(u_j[j] * E[j][0] for j in range(n))
        yield "(3)", total(z[i] * F[i][0] for i in range(n)) - zE * W, RE[0]
        yield "(3) base", zE * statement.base, proof.RB + c * statement.image
    else:
        Y = [G, *statement.keys]
        for k in range(w):
            yield (f"(3) component {k}", total(z[i] * F[i][k] for i in range(n)) - zE * Y[k],
                   RE[k] + c * total(u_j[j] * E[j][k] for j in range(n)))
