"""The group ristretto255 (RFC 9496) and what notation.md builds on it."""

import hashlib

from curve import D, P, SQRT_M1, IDENTITY, add, multiply, negate, sqrt_ratio_m1

Q = 2**252 + 27742317777372353535851937790883648493

INVSQRT_A_MINUS_D = 54469307008909316920995813868745141605393597292927456921205312896311721017578
SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235
ONE_MINUS_D_SQ = (1 - D * D) % P
D_MINUS_ONE_SQ = (D - 1) ** 2 % P


class NotAPoint(ValueError):
    """Bytes that RFC 9496 section 4.3.1 refuses."""


class Point:
    """An element of the group; keeps its encoding once it is known."""

    __slots__ = ("xyzt", "_bytes")

    def __init__(self, xyzt, encoded=None):
        self.xyzt = xyzt
        self._bytes = encoded

    @classmethod
    def decode(cls, data):
        return cls(_decode(data), bytes(data))

    def encode(self):
        if self._bytes is None:
            self._bytes = _encode(self.xyzt)
        return self._bytes

    def is_identity(self):
        x, y, _, _ = self.xyzt
        return x % P == 0 or y % P == 0

    def __eq__(self, other):
        x1, y1, _, _ = self.xyzt
        x2, y2, _, _ = other.xyzt
        return (x1 * y2 - y1 * x2) % P == 0 or (y1 * y2 - x1 * x2) % P == 0

    __hash__ = None

    def __add__(self, other):
        return Point(add(self.xyzt, other.xyzt))

    def __neg__(self):
        return Point(negate(self.xyzt))

    def __sub__(self, other):
        return self + -other

    def __rmul__(self, scalar):
        return Point(multiply([scalar % Q], [self.xyzt]))

    def __repr__(self):
        return f"Point({self.encode().hex()})"


def _decode(data):
    s = int.from_bytes(data, "little")
    if len(data) != 32 or s >= P or s & 1:
        raise NotAPoint("not a canonical field element, or an odd one")
    ss = s * s % P
    u1, u2 = 1 - ss, 1 + ss
    u2_sq = u2 * u2 % P
    v = (-(D * u1 % P * u1) - u2_sq) % P
    square, inverse = sqrt_ratio_m1(1, v * u2_sq % P)
    den_x = inverse * u2 % P
    den_y = inverse * den_x % P * v % P
    x = 2 * s * den_x % P
    if x & 1:
        x = P - x
    y = u1 * den_y % P
    t = x * y % P
    if not square or t & 1 or y == 0:
        raise NotAPoint("not the encoding of a point")
    return x, y, 1, t


def _encode(xyzt):
    x, y, z, t = xyzt
    u1 = (z + y) * (z - y) % P
    u2 = x * y % P
    _, inverse = sqrt_ratio_m1(1, u1 * u2 % P * u2 % P)
    den1, den2 = inverse * u1 % P, inverse * u2 % P
    z_inv = den1 * den2 % P * t % P
    if t * z_inv % P & 1:
        x, y = y * SQRT_M1 % P, x * SQRT_M1 % P
        den = den1 * INVSQRT_A_MINUS_D % P
    else:
        den = den2
    if x * z_inv % P & 1:
        y = -y
    s = den * (z - y) % P
    return (P - s if s & 1 else s).to_bytes(32, "little")


def map_to_point(t):
    """MAP of RFC 9496 section 4.3.4 for a field element."""
    r = SQRT_M1 * t % P * t % P
    u = (r + 1) * ONE_MINUS_D_SQ % P
    v = (-1 - r * D) * (r + D) % P
    square, s = sqrt_ratio_m1(u, v)
    c = P - 1
    if not square:
        s = s * t % P
        if not s & 1:
            s = -s % P
        c = r
    n = (c * (r - 1) % P * D_MINUS_ONE_SQ - v) % P
    w0, w1 = 2 * s * v % P, n * SQRT_AD_MINUS_ONE % P
    w2, w3 = (1 - s * s) % P, (1 + s * s) % P
    return Point((w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P))


def from_uniform_bytes(data):
    """The element derivation of RFC 9496: 64 bytes to a point."""
    mask = 2**255 - 1
    low = int.from_bytes(data[:32], "little") & mask
    high = int.from_bytes(data[32:64], "little") & mask
    return map_to_point(low % P) + map_to_point(high % P)


def lizard_encode(data):
    """The point that carries 16 bytes (ballots.md)."""
    field = bytearray(hashlib.sha256(data).digest())
    field[8:24] = data
    field[0] &= 0xFE
    field[31] &= 0x3F
    return map_to_point(int.from_bytes(field, "little"))


def generator(name):
    return from_uniform_bytes(hashlib.sha512(b"escrutinio/v1/generator\0" + name).digest())


def scalar64(data):
    return int.from_bytes(data, "little") % Q


def combine(scalars, points):
    """sum [scalar]point over the group."""
    return Point(multiply([s % Q for s in scalars], [p.xyzt for p in points]))


def total(points):
    result = IDENTITY
    for point in points:
        result = add(result, point.xyzt)
    return Point(result)


ZERO = Point(IDENTITY, bytes(32))
G = Point.decode(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))
H = generator(b"H")
GK = [generator(b"G" + k.to_bytes(4, "little")) for k in range(16)]
