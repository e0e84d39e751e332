"""ChaCha20-Poly1305 (RFC 8439)."""

import hmac
import struct

_MASK = 2**32 - 1


def _quarter(s, a, b, c, d):
    s[a] = (s[a] + s[b]) & _MASK
    s[d] ^= s[a]
    s[d] = (s[d] << 16 | s[d] >> 16) & _MASK
    s[c] = (s[c] + s[d]) & _MASK
    s[b] ^= s[c]
    s[b] = (s[b] << 12 | s[b] >> 20) & _MASK
    s[a] = (s[a] + s[b]) & _MASK
    s[d] ^= s[a]
    s[d] = (s[d] << 8 | s[d] >> 24) & _MASK
    s[c] = (s[c] + s[d]) & _MASK
    s[b] ^= s[c]
    s[b] = (s[b] << 7 | s[b] >> 25) & _MASK


def block(key, counter, nonce):
    start = list(struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key)
                 + (counter,) + struct.unpack("<3I", nonce))
    s = start[:]
    for _ in range(10):
        for column in range(4):
            _quarter(s, column, 4 + column, 8 + column, 12 + column)
        for diagonal in range(4):
            _quarter(s, diagonal, 4 + (diagonal + 1) % 4, 8 + (diagonal + 2) % 4,
                     12 + (diagonal + 3) % 4)
    return struct.pack("<16I", *((a + b) & _MASK for a, b in zip(s, start)))


def _stream(key, nonce, data):
    out = bytearray()
    for start in range(0, len(data), 64):
        pad = block(key, 1 + start // 64, nonce)
        out += bytes(a ^ b for a, b in zip(data[start:start + 64], pad))
    return bytes(out)


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for start in range(0, len(message), 16):
        total += int.from_bytes(message[start:start + 16] + b"\1", "little")
        total = total * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def _tag(key, nonce, data, ciphertext):
    def padded(b):
        return b + bytes(-len(b) % 16)
    message = padded(data) + padded(ciphertext) + struct.pack("<QQ", len(data), len(ciphertext))
    return poly1305(block(key, 0, nonce)[:32], message)


def seal(key, nonce, data, plaintext):
    ciphertext = _stream(key, nonce, plaintext)
    return ciphertext + _tag(key, nonce, data, ciphertext)


def open_sealed(key, nonce, data, sealed):
    """The plaintext, or None if the tag is wrong."""
    if len(sealed) < 16:
        return None
    ciphertext, tag = sealed[:-16], sealed[-16:]
    if not hmac.compare_digest(tag, _tag(key, nonce, data, ciphertext)):
        return None
    return _stream(key, nonce, ciphertext)
