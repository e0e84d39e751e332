"""Vectors of manifest.md: identifiers, rules, marks."""

import keygen
import manifest
from vectors_answer import Answer, Refused, require
from vectors_record import changed

PATH = "manifest.bin"


def _manifest(given):
    files = changed({PATH: bytes.fromhex(given["files"][PATH])}, given.get("changes", []))
    return manifest.Manifest(files[PATH])


def whole(given):
    value = _manifest(given)
    broken = {int(problem.split("rule ")[1].split(":")[0])
              for problem in manifest.rule_problems(value)}
    if broken:
        raise Refused("M1.2", Answer(rules=sorted(broken)))
    derived = all(contest.options == manifest.derived_options(value, contest)
                  for contest in value.contests)
    require(derived, "M1.3", Answer(rules=[]))
    shapes = [value.shape(i) for i in range(len(value.contests))]
    return Answer({
        "manifestHash": value.hash.hex(), "setupId": keygen.setup_id(value.hash, 0).hex(),
        "secondSetupId": keygen.setup_id(value.hash, 1).hex(),
        "optionSlots": value.option_slots, "textSlots": value.text_slots,
        "N": [shape.N for shape in shapes], "m": [shape.m for shape in shapes],
        "nu": [shape.nu for shape in shapes]})


def resolve(given):
    value = _manifest(given)
    marks = [tuple(mark) for mark in given["marks"]]
    contest = value.contests[given["contest"]]
    option = manifest.resolve(value, contest, marks, given["confirmed"])
    require(option != manifest.REFUSED, "resolve")
    return Answer({"option": contest.options.index(option)})


KINDS = {"manifest": whole, "resolve": resolve}
