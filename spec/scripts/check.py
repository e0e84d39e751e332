#!/usr/bin/env python3
"""Runs every check of the arguments in `spec/`. Exit status 1 if one fails.

    python3 spec/scripts/check.py            all
    python3 spec/scripts/check.py merges     the checks of one file
"""

import importlib
import sys
import time
import traceback

FILES = ["completeness", "equations", "soundness", "zero_knowledge", "merges", "fiat_shamir",
         "batches", "keys", "ceremony", "tally", "shuffle_proof",
         "shuffle_attacks", "composed", "linking", "documents"]


def main(wanted):
    unknown = [name for name in wanted if name not in FILES]
    if unknown:
        print(f"no such file of checks: {', '.join(unknown)}", file=sys.stderr)
        return 2
    failed, total, start = 0, 0, time.monotonic()
    for name in wanted or FILES:
        for check in importlib.import_module(name).CHECKS:
            total += 1
            begin = time.monotonic()
            title = f"{name}.{check.__name__.removeprefix('check_')}"
            try:
                figure = check()
            except Exception:
                failed += 1
                print(f"FAIL {title}")
                traceback.print_exc()
                continue
            print(f"ok   {title}: {figure} ({time.monotonic() - begin:.1f} s)")
    print(f"{total - failed} of {total} hold, {time.monotonic() - start:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    if not __debug__:
        # Under -O the assertions vanish and every check would hold.
        sys.exit("run without -O: the checks are assertions")
    sys.exit(main(sys.argv[1:]))
