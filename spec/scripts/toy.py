"""A toy group with the interface of the real one.

The subgroup of prime order q of the integers modulo p = k q + 1, written
additively as in `notation.md`. Discrete logarithms in it are easy; nothing here
is secret. What the scripts show is algebra, and algebra does not know the size
of q. Where a claim holds up to an error of about 1/q, q is 2^31 - 1, so that an
accident is not expected; where a claim is exact, q is small enough to try every
case.
"""

import hashlib
import random


def is_prime(n):
    if n < 2:
        return False
    for small in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        if n % small == 0:
            return n == small
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    # These bases decide every n below 3.3 * 10^24.
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41):
        x = pow(base, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


class Point:
    """An element of the group; `s * P`, `P + Q`, `P - Q`, `-P`."""

    __slots__ = ("group", "value")

    def __init__(self, group, value):
        self.group, self.value = group, value

    def __add__(self, other):
        return Point(self.group, self.value * other.value % self.group.p)

    def __neg__(self):
        return Point(self.group, pow(self.value, -1, self.group.p))

    def __sub__(self, other):
        return self + (-other)

    def __rmul__(self, scalar):
        return Point(self.group, pow(self.value, scalar % self.group.q, self.group.p))

    def __eq__(self, other):
        return self.value == other.value

    def __hash__(self):
        return hash(self.value)

    def __repr__(self):
        return f"Point({self.value})"

    def is_identity(self):
        return self.value == 1


class Group:
    """The group of order q, the generator G, and the commitment generators.

    `trapdoors` maps the name of a generator to its discrete logarithm. It is for
    provers that cheat by knowing a relation; an honest set-up has none.
    """

    def __init__(self, q, trapdoors=None):
        assert is_prime(q)
        self.q = q
        k = 2
        while not is_prime(k * q + 1):
            k += 1
        self.p, self.k = k * q + 1, k
        self.G = self.hashed("base")
        trapdoors = trapdoors or {}

        def generator(name):
            return trapdoors[name] * self.G if name in trapdoors else self.hashed(name)

        self.H = generator("H")
        self.Gs = [generator(f"G{i}") for i in range(16)]

    def hashed(self, name):
        for count in range(1000):
            digest = hashlib.sha512(f"{self.q}/{name}/{count}".encode()).digest()
            value = pow(int.from_bytes(digest, "little") % self.p, self.k, self.p)
            if value > 1:
                return Point(self, value)
        raise ValueError("no element found")

    def identity(self):
        return Point(self, 1)

    def sum(self, points):
        total = self.identity()
        for point in points:
            total = total + point
        return total

    def inverse(self, scalar):
        return pow(scalar % self.q, -1, self.q)

    def com(self, values, blind):
        """Com(values; blind)."""
        return blind * self.H + self.sum(v * g for v, g in zip(values, self.Gs))

    def com2(self, first, second, blind):
        """Com2(first, second; blind): the second vector on the generators from 8."""
        return self.com(first, blind) + self.sum(v * g for v, g in zip(second, self.Gs[8:]))


class Transcript:
    """A Fiat-Shamir transcript: the shape of merlin, with SHA-512 inside.

    `skip` names messages that a careless protocol leaves out of its challenges.
    """

    def __init__(self, group, name, context, skip=()):
        self.group, self.skip = group, frozenset(skip)
        self.state = hashlib.sha512(f"{name}/{context}".encode()).digest()

    def append(self, label, *values):
        if label in self.skip:
            return
        flat = [v.value if isinstance(v, Point) else v for v in values]
        self.state = hashlib.sha512(self.state + f"{label}:{flat}".encode()).digest()

    def challenge(self, label):
        self.state = hashlib.sha512(self.state + f"?{label}".encode()).digest()
        return int.from_bytes(self.state, "little") % self.group.q

    def weights(self, count, bits=16):
        """`count` weights from one seed; the seed is a challenge."""
        seed = self.challenge("s")
        return [
            int.from_bytes(hashlib.sha256(f"{seed}/{i}".encode()).digest(), "little") % 2**bits
            for i in range(count)
        ]


class Fixed:
    """Challenges given from outside: the interactive protocol, or a rewound one."""

    def __init__(self, **challenges):
        self.challenges = challenges

    def append(self, label, *values):
        pass

    def challenge(self, label):
        return self.challenges[label]


LARGE = 2**31 - 1


def seeded(name):
    """A generator that gives every run of a script the same numbers."""
    return random.Random(f"escrutinio/{name}")
