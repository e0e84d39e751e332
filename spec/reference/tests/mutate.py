#!/usr/bin/env python3
"""Changes a valid record at random places and expects every change to be refused.

    python3 spec/reference/tests/mutate.py RECORD [--count N] [--seed TEXT] [--compare PROGRAM]

A change is a flipped bit, a byte set to 0 or 255, two exchanged runs of 32 bytes, a
run copied from another file, a removed or doubled run, or a line or entry removed.
`SHA256SUMS` is made anew, so that it hides no hole. Prints the number of changes
by the check that met them first; exit code 1 if one was accepted. With `--compare`
another verifier, run as `PROGRAM FOLDER --json`, must name the same first check.
"""

import argparse
import collections
import json
import random
import subprocess
import sys
import tempfile

import setup_path  # noqa: F401
import verify
from make_record import Maker
from record import Record


def mutate(draw, files):
    """The name of a file and its changed bytes."""
    name = draw.choice(sorted(n for n in files if n != "SHA256SUMS"))
    data = bytearray(files[name])
    at = draw.randrange(len(data))
    kind = draw.randrange(7)
    if kind < 2:
        data[at] ^= 1 << draw.randrange(8)
    elif kind == 2:
        data[at] = draw.choice([0, 255])
    elif kind == 3:
        other = draw.randrange(len(data))
        first, second = data[at:at + 32], data[other:other + 32]
        if len(first) == len(second) and abs(at - other) >= 32:
            data[at:at + 32], data[other:other + 32] = second, first
    elif kind == 4:
        source = files[draw.choice(sorted(files))]
        start = draw.randrange(max(1, len(source) - 32))
        run = source[start:start + 32]
        data[at:at + len(run)] = run
    elif kind == 5:
        del data[at:at + draw.choice([1, 4, 8, 32, 64])]
    else:
        data[at:at] = data[at:at + draw.choice([1, 4, 8, 32, 64])]
    return name, bytes(data)


def first_failures(files, program=None):
    """The first failing check, by the reference and by the other verifier."""
    maker = Maker()
    maker.files = dict(files)
    maker.make_sums()
    with tempfile.TemporaryDirectory() as folder:
        maker.write(folder)
        ours = verify.verify(folder)[1].first_failure
        if program is None:
            return ours, ours
        output = subprocess.run([program, folder, "--json"], capture_output=True).stdout
        try:
            return ours, json.loads(output)["first_failure"]
        except ValueError:
            return ours, "no answer"


def main():
    parser = argparse.ArgumentParser(description="Expects changed records to be refused.")
    parser.add_argument("record")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", default="mutate")
    parser.add_argument("--compare", metavar="PROGRAM")
    arguments = parser.parse_args()
    folder = Record(arguments.record)
    files = {name: folder.read(name) for name in folder.names}
    if first_failures(files, arguments.compare) != (None, None):
        print("the record itself is not valid")
        return 2
    draw, met, bad = random.Random(arguments.seed), collections.Counter(), 0
    while sum(met.values()) < arguments.count:
        name, data = mutate(draw, files)
        if data == files[name]:
            continue
        code, other = first_failures({**files, name: data}, arguments.compare)
        met[code] += 1
        if code is None or code != other:
            bad += 1
            print(f"change {sum(met.values())} of {name}: {code or 'accepted'}"
                  + (f", the other verifier {other or 'accepted'}" if code != other else ""))
    for code, number in sorted(met.items(), key=str):
        print(f"{code}: {number}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
