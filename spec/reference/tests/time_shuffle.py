#!/usr/bin/env python3
"""How long mixes of a given size take to verify, from their bytes to the last equation.

    python3 spec/reference/tests/time_shuffle.py [--keys 551] [--rows 500] [--points 3] [--mixes 3]
"""

import argparse
import time

import setup_path  # noqa: F401
import credentials
import prover
import prover_shuffle
import shuffle
import writeins
from encoding import Object
from equations import failing
from ristretto import G

CONTEXT, LIST = bytes(32), Object(style=0, unit=0)


def timed(text, function):
    start = time.perf_counter()
    result = function()
    print(f"{text}: {time.perf_counter() - start:.1f} s")
    return result


def fresh(point):
    """The same point, as a verifier gets it."""
    return type(point).decode(point.encode())


def keys(source, n, mixes):
    chain = [Object(base=G, keys=[source.scalar() * G for _ in range(n)])]
    for number in range(1, mixes + 1):
        mix = prover_shuffle.credential_mix(source, Object(lists=[LIST]), CONTEXT, number, number,
                                            [chain[-1].base], [chain[-1].keys])
        chain.append(mix.lists[0])
    written = [credentials.MIXED_LIST.write(one) for one in chain[1:]]
    first = Object(base=G, keys=[fresh(key) for key in chain[0].keys])

    def verify():
        read = [first] + [credentials.MIXED_LIST.decode(data) for data in written]
        return failing([(number, credentials.mix_equations(
            CONTEXT, LIST, Object(number=number, index=number), *pair))
            for number, pair in enumerate(zip(read, read[1:]), 1)])
    assert timed(f"{mixes} mixes of {n} keys", verify) == []


def rows(source, n, m, mixes):
    slots = [source.scalar() * G for _ in range(m)]
    first = [[source.scalar() * G for _ in range(m + 1)] for _ in range(n)]
    before, written = first, []
    for number in range(1, mixes + 1):
        mix = prover_shuffle.text_mix(source, CONTEXT, 0, number, number, slots, before)
        mix.signature, before = bytes(64), writeins.rows_of(mix)
        written.append(writeins.TEXT_MIX.write(mix))
    first = [[fresh(point) for point in row] for row in first]

    def verify():
        before, items, clean = first, [], True
        for data in written:
            mix = writeins.TEXT_MIX.decode(data, m)
            after = writeins.rows_of(mix)
            clean &= not writeins.traces(before) & writeins.traces(after)
            items.append((mix.number, writeins.mix_equations(slots, mix, before)))
            before = after
        return clean and failing(items)
    assert timed(f"{mixes} mixes of {n} rows of {m + 1} points", verify) == []


def main():
    parser = argparse.ArgumentParser(description="Times the verification of mixes.")
    for name, value in (("keys", 551), ("rows", 500), ("points", 3), ("mixes", 3)):
        parser.add_argument(f"--{name}", type=int, default=value)
    sizes, source = parser.parse_args(), prover.Source("time")
    timed("generators", lambda: shuffle.generators_hash(max(sizes.keys, sizes.rows)))
    keys(source, sizes.keys, sizes.mixes)
    rows(source, sizes.rows, sizes.points, sizes.mixes)


if __name__ == "__main__":
    main()
