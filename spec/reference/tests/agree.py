#!/usr/bin/env python3
"""Verifies records of which somebody else says which check fails first.

    ESCRUTINIO_BROKEN_RECORDS=FOLDER cargo test -p escrutinio-core --test checks
    python3 spec/reference/tests/agree.py FOLDER

The name of every record in the folder begins with the code of that check, or with
`valid` if there is none, and `-`.
Prints the records on which the two disagree; exit code 1 if there are any.
"""

import pathlib
import sys

import setup_path  # noqa: F401
import verify


def main():
    records = sorted(path for path in pathlib.Path(sys.argv[1]).iterdir() if path.is_dir())
    different = 0
    for path in records:
        expected = path.name.split("-")[0]
        found = verify.verify(path)[1].first_failure or "valid"
        if found != expected:
            different += 1
            print(f"{path.name}: {found}")
    print(f"{len(records)} records, {different} with another first failure")
    return 1 if different or not records else 0


if __name__ == "__main__":
    sys.exit(main())
