"""Checks JSON test vectors.

A file is `{"schema", "suite", "note", "seed", "notes": {flag: {..}}, "groups": [..]}`. A
group is `{"kind", "comment", "setting": {..}, "tests": [..]}`, a test `{"tcId", "comment",
"flags", "input", "intermediates", "output", "result", "code"}`.

For every kind there is a function that takes the input, with what the group shares,
and gives an `Answer`, computed anew. The answer must equal the test in every field:
vectors that nobody checks must not look checked, so an unknown kind is an error, and so
is an intermediate value that the reference does not compute.
"""

import json
import os

import vectors_ballots
import vectors_encoding
import vectors_judging
import vectors_manifest
import vectors_primitives
import vectors_protocol
import vectors_record
import vectors_shuffle
import vectors_writeins
from encoding import DecodeError
from vectors_answer import Refused

KINDS = {**vectors_primitives.KINDS, **vectors_ballots.KINDS, **vectors_record.KINDS,
         **vectors_protocol.KINDS, **vectors_encoding.KINDS, **vectors_manifest.KINDS,
         **vectors_judging.KINDS, **vectors_shuffle.KINDS,
         **vectors_writeins.KINDS}
SCHEMA, SUITE = "escrutinio/vectors/v1", 1


def differences(check, test, setting):
    """The names of the fields in which the reference does not agree."""
    try:
        answer, result, code = check({**setting, **test["input"]}), "valid", None
    except Refused as refused:
        answer, result, code = refused.answer, "invalid", refused.code
    except DecodeError as error:
        return [f"what the case builds on does not decode: {error}"]
    computed = {("result",): result, ("code",): code}
    stated = {("result",): test["result"], ("code",): test.get("code")}
    for part in ("intermediates", "output"):
        computed |= {(part, name): value for name, value in getattr(answer, part).items()}
        stated |= {(part, name): value for name, value in test.get(part, {}).items()}
    return [" ".join(name) for name in computed | stated
            if computed.get(name) != stated.get(name)]


def with_record(setting, folder):
    """A setting that names a file of vectors of a record gets the files of that record."""
    if "record" not in setting:
        return setting
    with open(os.path.join(folder, setting["record"]), encoding="utf-8") as file:
        return {**setting, **json.load(file)["groups"][0]["setting"]}


def check_file(content, folder):
    """The number of tests, and a line for each that the reference does not agree with."""
    if (content.get("schema"), content.get("suite")) != (SCHEMA, SUITE):
        return 0, ["another schema or suite"]
    problems, number, used = [], 0, set()
    for group in content["groups"]:
        if group["kind"] not in KINDS:
            problems.append(f"unknown kind {group['kind']!r}")
            continue
        setting = with_record(group.get("setting", {}), folder)
        for test in group["tests"]:
            number += 1
            used |= set(test["flags"])
            if test["tcId"] != number:
                problems.append(f"{test['tcId']}: not the next number")
            fields = differences(KINDS[group["kind"]], test, setting)
            if fields:
                problems.append(f"{test['tcId']} ({test['comment']}): {', '.join(fields)}")
    if used != set(content["notes"]):
        problems.append(f"flags and notes differ: {sorted(used ^ set(content['notes']))}")
    return number, problems if number else problems + ["no tests"]


def check_folder(folder):
    """The exit code: 0 if the reference agrees with every vector, 1 if not."""
    bad = total = 0
    names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            number, problems = check_file(json.load(file), folder)
        bad, total = bad + len(problems), total + number
        print(f"{'FAIL' if problems else 'ok  '} {name}: {number} tests")
        for problem in problems:
            print(f"          {problem}")
    if not names:
        print(f"FAIL {folder}: no vectors")
    print(f"{total} tests, {bad} disagreements")
    return 1 if bad or not names else 0
