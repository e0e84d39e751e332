"""Keccak-f[1600] (FIPS 202), the permutation under merlin.

One round is written out with a variable for every lane: in Python that is several
times faster than loops over a list. `a`..`y` are the lanes (x, y) with x fastest.
"""

import struct

_M = 2**64 - 1


def _round_constants():
    """FIPS 202 section 3.2.5: bits of a linear feedback shift register."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if register & 1:
                constant |= 1 << (2**j - 1)
            register <<= 1
            if register & 0x100:
                register ^= 0x171
        constants.append(constant)
    return constants


_ROUNDS = _round_constants()
_LANES = struct.Struct("<25Q")


def permute(state):
    """Applies the permutation to a bytearray of 200 bytes in place."""
    (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y
     ) = _LANES.unpack(state)
    for constant in _ROUNDS:
        p0 = a ^ f ^ k ^ p ^ u
        p1 = b ^ g ^ l ^ q ^ v
        p2 = c ^ h ^ m ^ r ^ w
        p3 = d ^ i ^ n ^ s ^ x
        p4 = e ^ j ^ o ^ t ^ y
        q0 = p4 ^ (p1 << 1 | p1 >> 63) & _M
        q1 = p0 ^ (p2 << 1 | p2 >> 63) & _M
        q2 = p1 ^ (p3 << 1 | p3 >> 63) & _M
        q3 = p2 ^ (p4 << 1 | p4 >> 63) & _M
        q4 = p3 ^ (p0 << 1 | p0 >> 63) & _M
        b00 = a ^ q0
        z = b ^ q1
        b02 = (z << 1 | z >> 63) & _M
        z = c ^ q2
        b04 = (z << 62 | z >> 2) & _M
        z = d ^ q3
        b01 = (z << 28 | z >> 36) & _M
        z = e ^ q4
        b03 = (z << 27 | z >> 37) & _M
        z = f ^ q0
        b13 = (z << 36 | z >> 28) & _M
        z = g ^ q1
        b10 = (z << 44 | z >> 20) & _M
        z = h ^ q2
        b12 = (z << 6 | z >> 58) & _M
        z = i ^ q3
        b14 = (z << 55 | z >> 9) & _M
        z = j ^ q4
        b11 = (z << 20 | z >> 44) & _M
        z = k ^ q0
        b21 = (z << 3 | z >> 61) & _M
        z = l ^ q1
        b23 = (z << 10 | z >> 54) & _M
        z = m ^ q2
        b20 = (z << 43 | z >> 21) & _M
        z = n ^ q3
        b22 = (z << 25 | z >> 39) & _M
        z = o ^ q4
        b24 = (z << 39 | z >> 25) & _M
        z = p ^ q0
        b34 = (z << 41 | z >> 23) & _M
        z = q ^ q1
        b31 = (z << 45 | z >> 19) & _M
        z = r ^ q2
        b33 = (z << 15 | z >> 49) & _M
        z = s ^ q3
        b30 = (z << 21 | z >> 43) & _M
        z = t ^ q4
        b32 = (z << 8 | z >> 56) & _M
        z = u ^ q0
        b42 = (z << 18 | z >> 46) & _M
        z = v ^ q1
        b44 = (z << 2 | z >> 62) & _M
        z = w ^ q2
        b41 = (z << 61 | z >> 3) & _M
        z = x ^ q3
        b43 = (z << 56 | z >> 8) & _M
        z = y ^ q4
        b40 = (z << 14 | z >> 50) & _M
        a = b00 ^ (b10 ^ _M) & b20 ^ constant
        b = b10 ^ (b20 ^ _M) & b30
        c = b20 ^ (b30 ^ _M) & b40
        d = b30 ^ (b40 ^ _M) & b00
        e = b40 ^ (b00 ^ _M) & b10
        f = b01 ^ (b11 ^ _M) & b21
        g = b11 ^ (b21 ^ _M) & b31
        h = b21 ^ (b31 ^ _M) & b41
        i = b31 ^ (b41 ^ _M) & b01
        j = b41 ^ (b01 ^ _M) & b11
        k = b02 ^ (b12 ^ _M) & b22
        l = b12 ^ (b22 ^ _M) & b32
        m = b22 ^ (b32 ^ _M) & b42
        n = b32 ^ (b42 ^ _M) & b02
        o = b42 ^ (b02 ^ _M) & b12
        p = b03 ^ (b13 ^ _M) & b23
        q = b13 ^ (b23 ^ _M) & b33
        r = b23 ^ (b33 ^ _M) & b43
        s = b33 ^ (b43 ^ _M) & b03
        t = b43 ^ (b03 ^ _M) & b13
        u = b04 ^ (b14 ^ _M) & b24
        v = b14 ^ (b24 ^ _M) & b34
        w = b24 ^ (b34 ^ _M) & b44
        x = b34 ^ (b44 ^ _M) & b04
        y = b44 ^ (b04 ^ _M) & b14
    _LANES.pack_into(state, 0, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v,
                     w, x, y)
