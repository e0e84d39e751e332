"""Ed25519 (RFC 8032), verified strictly as notation.md says."""

import hashlib

from curve import D, P, double, multiply, negate, sqrt_ratio_m1
from ristretto import Q


def decode(data):
    """A point of the curve from its canonical encoding, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if len(data) != 32 or y >= P:
        return None
    square, x = sqrt_ratio_m1(y * y - 1, D * y % P * y + 1)
    if not square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encode(point):
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def is_small_order(point):
    x, y, z, _ = double(double(double(point)))
    return x % P == 0 and (y - z) % P == 0


def is_good_key(data):
    point = decode(data)
    return point is not None and not is_small_order(point)


BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def verify(key, message, signature):
    """True if and only if the signature is good."""
    if len(signature) != 64:
        return False
    a, r = decode(key), decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= Q or is_small_order(a) or is_small_order(r):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % Q
    return encode(multiply([s, k], [BASE, negate(a)])) == signature[:32]


def _expand(seed):
    digest = hashlib.sha512(seed).digest()
    secret = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
    return secret, digest[32:]


def public_key(seed):
    secret, _ = _expand(seed)
    return encode(multiply([secret], [BASE]))


def sign(seed, message):
    """For tests and vectors: the verifier signs nothing."""
    secret, prefix = _expand(seed)
    key = encode(multiply([secret], [BASE]))
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % Q
    commitment = encode(multiply([r], [BASE]))
    k = int.from_bytes(hashlib.sha512(commitment + key + message).digest(), "little") % Q
    return commitment + ((r + k * secret) % Q).to_bytes(32, "little")
