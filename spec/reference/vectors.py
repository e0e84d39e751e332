"""Checks JSON test vectors.

A file is `{"kind": name, "groups": [{"tests": [{"tcId": number, ...}, ..]}, ..]}`.
`KINDS` maps each kind to a function that takes a test and says whether the
reference agrees with it. A file of an unknown kind is an error: vectors that
nobody checks must not look checked.
"""

import json
import os

from encoding import hash_to_scalar, th, tracking_code_bytes, tracking_code_text, weights
from ristretto import NotAPoint, Point, from_uniform_bytes, generator, lizard_encode


def _hex(test, name):
    return bytes.fromhex(test[name])


def _decodes(data):
    try:
        return Point.decode(data).encode() == data
    except NotAPoint:
        return False


KINDS = {
    "point": lambda t: _decodes(_hex(t, "bytes")) == (t["result"] == "valid"),
    "element-derivation": lambda t: from_uniform_bytes(_hex(t, "bytes")).encode()
    == _hex(t, "point"),
    "generator": lambda t: generator(_hex(t, "name")).encode() == _hex(t, "point"),
    "lizard": lambda t: lizard_encode(_hex(t, "bytes")).encode() == _hex(t, "point"),
    "hash": lambda t: th(t["label"], _hex(t, "data")) == _hex(t, "hash"),
    "hash-to-scalar": lambda t: hash_to_scalar(t["label"], _hex(t, "data")).to_bytes(32, "little")
    == _hex(t, "scalar"),
    "weights": lambda t: [w.to_bytes(16, "little").hex() for w in
                          weights(_hex(t, "seed"), len(t["weights"]))] == t["weights"],
    "tracking-code": lambda t: tracking_code_text(_hex(t, "code")) == t["text"]
    and tracking_code_bytes(t["text"]) == _hex(t, "code"),
}


def check_folder(folder):
    """The exit code: 0 if the reference agrees with every vector, 1 if not."""
    bad = 0
    names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            content = json.load(file)
        check = KINDS.get(content.get("kind"))
        if check is None:
            print(f"FAIL {name}: unknown kind {content.get('kind')!r}")
            bad += 1
            continue
        tests = [test for group in content["groups"] for test in group["tests"]]
        failed = [test["tcId"] for test in tests if not check(test)]
        bad += len(failed)
        print(f"{'FAIL' if failed else 'ok  '} {name}: {len(tests)} tests", *failed)
    if not names:
        print(f"FAIL {folder}: no vectors")
    return 1 if bad or not names else 0
