"""The codec of encoding.md: every object has exactly one encoding.

An object is described once, as a tree of types; the tree reads and writes. The
descriptions stand with the objects (manifest.py, credentials.py, ...).
"""

import hashlib
import re

import ed25519
from ristretto import NotAPoint, Point, Q

# Limits of encoding.md.
STRING, LONG_STRING = 1024, 8192
PARTIES = COALITIONS = COMMONS = INDEPENDENTS = CONTESTS = CANDIDACIES = FORMULAS = 64
COMBINATIONS = OPTIONS = ANSWERS = 255
STYLES = UNITS = 256
LISTS = 4096
CUSTODIANS = WITNESSES = MIXES = 16
TEXT_POINTS = 8
ROLL_VERSIONS = 64
KEYS = 16_777_216
INCIDENTS = 256
SLOTS = OPTIONS + TEXT_POINTS
COMMITMENTS = SLOTS * CUSTODIANS
CIPHERTEXT = 32 * SLOTS + 16
GROUPS = CONTESTS * UNITS
MARKED = CONTESTS * LISTS
ROWS = NAMES = 16_777_216

_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f]")


class DecodeError(ValueError):
    """Bytes that are not the encoding of the object; knows the field."""

    def __init__(self, message, place=""):
        super().__init__(message)
        self.message, self.place = message, place

    def within(self, name):
        separator = "" if self.place.startswith("[") or not self.place else "."
        return DecodeError(self.message, name + separator + self.place)

    def __str__(self):
        return f"{self.place}: {self.message}" if self.place else self.message


class Reader:
    def __init__(self, data):
        self.data, self.position = data, 0

    def take(self, length):
        end = self.position + length
        if end > len(self.data):
            raise DecodeError("truncated")
        part = self.data[self.position:end]
        self.position = end
        return part


class Integer:
    def __init__(self, size, signed=False):
        self.size, self.signed = size, signed

    def read(self, reader, env, so_far):
        return int.from_bytes(reader.take(self.size), "little", signed=self.signed)

    def write(self, value):
        return value.to_bytes(self.size, "little", signed=self.signed)


class Index(Integer):
    """The index of a custodian."""

    def read(self, reader, env, so_far):
        index = super().read(reader, env, so_far)
        if not 1 <= index <= CUSTODIANS:
            raise DecodeError(f"{index} is no custodian's index")
        return index


U8, U16, U32, U64 = Integer(1), Integer(2), Integer(4), Integer(8)
I64, INDEX = Integer(8, signed=True), Index(4)


class Bool:
    def read(self, reader, env, so_far):
        byte = reader.take(1)[0]
        if byte > 1:
            raise DecodeError("not 0 or 1")
        return byte == 1

    def write(self, value):
        return bytes([value])


class Fixed:
    """Bytes of a fixed number, any value."""

    def __init__(self, size):
        self.size = size

    def read(self, reader, env, so_far):
        return reader.take(self.size)

    def write(self, value):
        assert len(value) == self.size
        return bytes(value)


class Key(Fixed):
    def read(self, reader, env, so_far):
        data = reader.take(32)
        if not ed25519.is_good_key(data):
            raise DecodeError("not a good Ed25519 key")
        return data


class PointType:
    def __init__(self, identity_allowed):
        self.identity_allowed = identity_allowed

    def read(self, reader, env, so_far):
        data = reader.take(32)
        try:
            point = Point.decode(data)
        except NotAPoint as error:
            raise DecodeError(str(error)) from None
        if not self.identity_allowed and point.is_identity():
            raise DecodeError("the identity")
        return point

    def write(self, value):
        return value.encode()


class Scalar:
    def read(self, reader, env, so_far):
        value = int.from_bytes(reader.take(32), "little")
        if value >= Q:
            raise DecodeError("not a canonical scalar")
        return value

    def write(self, value):
        return value.to_bytes(32, "little")


class Sized:
    """Shared by everything that begins with a u64 length."""

    def __init__(self, limit):
        self.limit = limit

    def length(self, reader):
        length = U64.read(reader, None, None)
        if length > self.limit:
            raise DecodeError(f"length {length} is above {self.limit}")
        return length


class Bytes(Sized):
    def read(self, reader, env, so_far):
        return reader.take(self.length(reader))

    def write(self, value):
        return U64.write(len(value)) + bytes(value)


class String(Sized):
    def __init__(self, limit=STRING):
        super().__init__(limit)

    def read(self, reader, env, so_far):
        data = reader.take(self.length(reader))
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise DecodeError("not UTF-8") from None
        if _FORBIDDEN.search(text):
            raise DecodeError("a control character")
        return text

    def write(self, value):
        data = value.encode("utf-8")
        return U64.write(len(data)) + data


class List(Sized):
    """`order` gives the key by which items must strictly increase, where they must."""

    def __init__(self, item, limit, order=None):
        super().__init__(limit)
        self.item, self.order = item, order

    def read(self, reader, env, so_far):
        items = _items(self.item, self.length(reader), reader, env, so_far)
        if self.order and not strictly_increasing(list(map(self.order, items))):
            raise DecodeError("not strictly increasing")
        return items

    def write(self, value):
        return U64.write(len(value)) + b"".join(map(self.item.write, value))


class Array:
    """`T[n]`: n is a number, or follows from the environment and what was read."""

    def __init__(self, item, number):
        self.item, self.number = item, number

    def read(self, reader, env, so_far):
        number = self.number
        if callable(number):
            number = number(env, so_far)
        return _items(self.item, number, reader, env, so_far)

    def write(self, value):
        return b"".join(map(self.item.write, value))


def _items(item, number, reader, env, so_far):
    items = []
    for i in range(number):
        try:
            items.append(item.read(reader, env, so_far))
        except DecodeError as error:
            raise error.within(f"[{i}]") from None
    return items


class Option:
    def __init__(self, item):
        self.item = item

    def read(self, reader, env, so_far):
        return self.item.read(reader, env, so_far) if Bool().read(reader, env, so_far) else None

    def write(self, value):
        return b"\0" if value is None else b"\1" + self.item.write(value)


class Enum:
    """Reads as a tuple: the name of the variant, then its fields."""

    def __init__(self, *variants):
        self.variants = variants

    def read(self, reader, env, so_far):
        tag = U32.read(reader, env, so_far)
        if tag >= len(self.variants):
            raise DecodeError(f"unknown tag {tag}")
        name, *fields = self.variants[tag]
        values = []
        for field in fields:
            value = field.read(reader, env, so_far)
            values.append(tuple(value) if isinstance(value, list) else value)
        return (name, *values)

    def write(self, value):
        for tag, (name, *fields) in enumerate(self.variants):
            if name == value[0]:
                return U32.write(tag) + b"".join(
                    field.write(v) for field, v in zip(fields, value[1:]))
        raise ValueError(value)

    def tag(self, value):
        return [variant[0] for variant in self.variants].index(value[0])


class Object:
    """A decoded structure: its fields are attributes."""

    def __init__(self, **fields):
        self.__dict__.update(fields)

    def __repr__(self):
        return f"Object({self.__dict__})"


class Struct:
    def __init__(self, magic=None, **fields):
        self.magic, self.fields = magic, fields

    def read(self, reader, env=None, so_far=None):
        if self.magic and reader.take(8) != header(self.magic):
            raise DecodeError(f"the header is not that of {self.magic}")
        value = Object()
        for name, field in self.fields.items():
            try:
                setattr(value, name, field.read(reader, env, value))
            except DecodeError as error:
                raise error.within(name) from None
        return value

    def write(self, value, before=None):
        """The encoding, or that of all fields before the one named."""
        parts = [header(self.magic)] if self.magic else []
        for name, field in self.fields.items():
            if name == before:
                break
            parts.append(field.write(getattr(value, name)))
        return b"".join(parts)

    def decode(self, data, env=None):
        reader = Reader(data)
        value = self.read(reader, env)
        if reader.position != len(data):
            raise DecodeError("bytes after the last field")
        return value


def header(magic):
    return magic.encode() + U16.write(1) + U16.write(1)


def by_index(item):
    return item.index


def by_bytes(point):
    return point.encode()


HASH, SIGNATURE, KEY = Fixed(32), Fixed(64), Key(32)
POINT, POINT_STAR, SCALAR = PointType(True), PointType(False), Scalar()
KNOWLEDGE = Struct(R=POINT, z=SCALAR)
EQUALITY = Struct(R1=POINT, R2=POINT, z=SCALAR)


# Hashes of notation.md.

def th(label, data):
    return hashlib.sha256(b"escrutinio/v1/" + label.encode() + b"\0" + data).digest()


def hash_to_scalar(label, data):
    wide = hashlib.sha512(b"escrutinio/v1/" + label.encode() + b"\0" + data).digest()
    return int.from_bytes(wide, "little") % Q


def weights(seed, number):
    return [int.from_bytes(th("weight", seed + U64.write(i))[:16], "little")
            for i in range(number)]


def signed_by(key, label, data, signature):
    return ed25519.verify(key, th(label, data), signature)


# Tracking codes.

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def tracking_code_text(code):
    value = int.from_bytes(code, "big")
    bits = value << 4
    symbols = "".join(_CROCKFORD[bits >> 5 * i & 31] for i in range(51, -1, -1))
    groups = [symbols[i:i + 4] for i in range(0, 52, 4)]
    return "-".join(groups + [(_CROCKFORD + "*~$=U")[value % 37]])


def tracking_code_bytes(text):
    """Reads the form that files hold; None for anything else."""
    symbols = text.replace("-", "")[:-1]
    if len(symbols) != 52 or any(s not in _CROCKFORD for s in symbols):
        return None
    value = 0
    for symbol in symbols:
        value = value << 5 | _CROCKFORD.index(symbol)
    code = (value >> 4).to_bytes(32, "big")
    return code if tracking_code_text(code) == text else None


def strictly_increasing(items):
    return all(a < b for a, b in zip(items, items[1:]))
