"""Who can tell which place of the roll a key of the mixed list belongs to."""

from collections import Counter
from itertools import product

from toy import LARGE, Group, seeded

PLACES = 6


class Chain:
    """A list from both halves to the last mix, with everything that anybody knew."""

    def __init__(self, rng, group, mixes):
        q, G = group.q, group.G
        self.group = group
        self.s1 = [rng.randrange(1, q) for _ in range(PLACES)]
        self.s2 = [rng.randrange(1, q) for _ in range(PLACES)]
        self.S1, self.S2 = [s * G for s in self.s1], [s * G for s in self.s2]
        self.pool = [a + b for a, b in zip(self.S1, self.S2)]
        self.powers = [rng.randrange(2, q) for _ in range(mixes)]
        self.base, self.keys = G, sorted(self.pool, key=lambda P: P.value)
        for g in self.powers:
            self.base = g * self.base
            self.keys = sorted((g * P for P in self.keys), key=lambda P: P.value)

    def key_of(self, place):
        """The truth, which only the voter of the place knows."""
        return (self.s1[place] + self.s2[place]) * self.base


def by_halves(chain, s1, s2):
    """Registrar and server look for [s1 + s2]base."""
    return [chain.keys.index((a + b) * chain.base) for a, b in zip(s1, s2)]


def by_powers(chain, powers):
    """All mixers raise the public sums to the product of their powers."""
    total = 1
    for g in powers:
        total = total * g % chain.group.q
    return [chain.keys.index(total * P) if total * P in chain.keys else None for P in chain.pool]


def truth(chain):
    return [chain.keys.index(chain.key_of(i)) for i in range(PLACES)]


def check_both_halves_link_whatever_is_mixed():
    """Registrar and server together, five honest mixers: every key is found."""
    rng, group = seeded("halves-link"), Group(LARGE)
    for mixes in (0, 1, 5):
        chain = Chain(rng, group, mixes)
        assert by_halves(chain, chain.s1, chain.s2) == truth(chain)
    chain, other = Chain(rng, group, 3), Chain(rng, group, 3)
    missing = [(a + b) * chain.base in chain.keys for a, b in zip(other.s1, chain.s2)]
    assert not any(missing), "one half with a guess of the other finds nothing"
    return "0, 1 and 5 mixes: both halves find all keys, one half finds none"


def check_all_powers_link_without_halves():
    """The sums of the halves are public: destroying the halves does not hide the place."""
    rng, group = seeded("powers-link"), Group(LARGE)
    chain = Chain(rng, group, 3)
    assert by_powers(chain, chain.powers) == truth(chain)
    for left_out in range(3):
        rest = chain.powers[:left_out] + chain.powers[left_out + 1:]
        assert by_powers(chain, rest) == [None] * PLACES
    return "three powers of three find all places, two find none"


def guess(chain, place, powers, s2):
    """The best that is known without a logarithm: strip what is known, then look for small
    relations between a key, the base, and what was published at the place."""
    known = 1
    for g in powers:
        known = known * g % chain.group.q
    strip = chain.group.inverse(known)
    base, keys = strip * chain.base, [strip * C for C in chain.keys]
    half = [C - s2[place] * base for C in keys]
    small = {}
    for a, b, c in product(range(-2, 3), repeat=3):
        point = a * chain.pool[place] + b * chain.S1[place] + c * chain.group.G
        small.setdefault(point.value, 0)
        small[point.value] += (a, b, c) != (0, 0, 0)
    hits = [sum((k * C + l * H + e * base).value in small
                for k, l, e in product(range(-1, 2), repeat=3) if (k, l) != (0, 0))
            for C, H in zip(keys, half)]
    best = max(hits)
    return [j for j, h in enumerate(hits) if h == best]


def check_one_honest_power_leaves_a_guess():
    """A search for relations, not a proof: with all powers but one and all halves of the
    server it does no better than chance; with the last power it is always right."""
    rng, group = seeded("one-honest"), Group(LARGE)
    trials, right, sure = 240, 0, 0
    for trial in range(trials):
        chain = Chain(rng, group, 3)
        place = trial % PLACES
        honest = trial % 3
        rest = chain.powers[:honest] + chain.powers[honest + 1:]
        right += rng.choice(guess(chain, place, rest, chain.s2)) == truth(chain)[place]
        sure += guess(chain, place, chain.powers, chain.s2) == [truth(chain)[place]]
    assert sure == trials, "the search is able to find a link"
    mean, deviation = trials / PLACES, (trials * (PLACES - 1)) ** 0.5 / PLACES
    assert abs(right - mean) < 4 * deviation, f"{right} of {trials}"
    return f"{right} of {trials} against {mean:.0f} by chance; {sure} with the last power"


def views(q, ddh, swapped):
    """The reduction of the theorem of unlinkability, over all coins, in logarithms.

    Two honest places; the halves of the server are known (1 and 2), those of the registrar
    are alpha y + beta. The honest mixer's power is x. The tuple is (x, y, x y + d); d = 0 is
    the scheme. One of the two voters votes: the first, or if `swapped` the second.
    """
    s2, seen = (1, 2), Counter()
    for x, y, a0, a1, b0, b1 in product(range(q), repeat=6):
        if x == 0:
            continue
        s1 = (a0 * y + b0) % q, (a1 * y + b1) % q
        for d in (0,) if ddh else range(1, q):
            z = x * y + d
            keys = [(a * z + b * x + h * x) % q for a, b, h in ((a0, b0, s2[0]), (a1, b1, s2[1]))]
            seen[s1, x, keys[swapped], keys[1 - swapped]] += 1
    return seen


def check_the_reduction_hides_the_place():
    q = 3
    scheme = views(q, True, 0)
    for (s1, x, first, second) in scheme:
        assert (first, second) == tuple(x * (s + h) % q for s, h in zip(s1, (1, 2)))
    assert scheme != views(q, True, 1), "without DDH the two worlds differ"
    assert views(q, False, 0) == views(q, False, 1)
    return f"{sum(views(q, False, 0).values())} coins: no tuple, no link; a tuple, the scheme"


CHECKS = [
    check_both_halves_link_whatever_is_mixed,
    check_all_powers_link_without_halves,
    check_one_honest_power_leaves_a_guess,
    check_the_reduction_hides_the_place,
]
