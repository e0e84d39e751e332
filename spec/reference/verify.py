#!/usr/bin/env python3
"""Verifies a record: every check of verification.md, in its order.

    python3 spec/reference/verify.py RECORD [--json] [--jobs N]
    python3 spec/reference/verify.py --vectors spec/vectors

Written from the specification alone, in plain Python, to be read beside it. It
stops after the first phase with a failure; what it then leaves unanswered counts
as failed ("not run"). Exit code: 0 valid, 1 invalid, 2 could not run.
"""

import argparse
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import ballots
import board
import credentials
import keygen
import manifest
import record
import tally
import vectors
import writeins
from encoding import DecodeError

CHECKS = {
    "R1.1": ("the files of a record", "publisher"),
    "M1.1": ("the manifest decodes", "authority"),
    "M1.2": ("the rules of a valid manifest", "authority"),
    "M1.3": ("the option lists", "authority"),
    "L1.1": ("the roll record decodes", "registrar"),
    "L1.2": ("the roll is of this manifest", "registrar"),
    "L1.3": ("versions and counts of the roll", "registrar"),
    "L1.4": ("signature of the roll", "registrar"),
    "C1.1": ("the registrar's halves decode", "registrar"),
    "C1.2": ("the registrar's halves are of this roll", "registrar"),
    "C1.3": ("the registrar knows its halves", "registrar"),
    "C1.4": ("signature of the registrar's halves", "registrar"),
    "C2.1": ("the server's halves decode", "server"),
    "C2.2": ("the server's halves are of this roll", "server"),
    "C2.3": ("the server knows its halves", "server"),
    "C2.4": ("signature of the server's halves", "server"),
    "C3.1": ("pooled keys are distinct", "registrar and server"),
    "C4.1": ("the credential mixes are all there and of this roll", "custodian"),
    "C4.2": ("signatures of the credential mixes", "custodian"),
    "C4.3": ("bases and shuffle proofs of the credential mixes", "custodian"),
    "C5.1": ("the credential lists decode and are of this roll", "publisher"),
    "C5.2": ("the credential lists are those of the last mix", "publisher"),
    "K1.1": ("the ceremony decodes", "publisher"),
    "K1.2": ("the ceremony is of this manifest", "publisher"),
    "K1.3": ("signatures of round 1", "custodian"),
    "K1.4": ("possession of the ephemeral keys", "custodian"),
    "K2.1": ("signatures of rounds 2 and 3, and their tables", "custodian"),
    "K2.2": ("the excluded custodians", "publisher"),
    "K2.3": ("enough custodians, no slot key the identity", "ceremony"),
    "K3.1": ("certificates of the ceremony", "custodian"),
    "K4.1": ("the trial decodes", "publisher"),
    "K4.2": ("partials of the trial", "custodian"),
    "K4.3": ("the trial opens", "ceremony"),
    "E1.1": ("the seal decodes", "publisher"),
    "E1.2": ("the seal binds roll, keys and lists", "publisher"),
    "B1.1": ("checkpoints and their signatures", "log"),
    "B1.2": ("entry bundles", "log"),
    "V1.1": ("ballots decode", "entry"),
    "V1.2": ("ballots are of this election, of a style and unit", "entry"),
    "V1.3": ("the ballot's key is listed", "entry"),
    "V1.4": ("one ballot per key and contest", "entry"),
    "V1.5": ("the ballot is bound to its key", "entry"),
    "V1.6": ("signatures of the ballots", "entry"),
    "V1.7": ("validity proofs of the ballots", "entry"),
    "V1.8": ("no randomness is used twice", "entry"),
    "B2.1": ("roots of the checkpoints", "log"),
    "B2.2": ("epochs", "log"),
    "B2.3": ("witnesses of the first and the last checkpoint", "witnesses"),
    "N1.1": ("participation decodes", "server"),
    "N1.2": ("signature of the participation", "server"),
    "N1.3": ("voters marked equal ballots", "server"),
    "T1.1": ("the aggregates decode", "publisher"),
    "T1.2": ("groups and sums", "publisher"),
    "T2.1": ("partial decryptions decode", "custodian"),
    "T2.2": ("signatures of the partials", "custodian"),
    "T2.3": ("proofs of the partials", "custodian"),
    "T2.4": ("enough partials", "custodians"),
    "T3.1": ("the results decode", "publisher"),
    "T3.2": ("the results are what the partials open", "publisher"),
    "T3.3": ("the results add up to the ballots", "publisher"),
    "W1.1": ("the files of write-ins are those that the policies give", "publisher"),
    "W1.2": ("orders to open texts", "custodians"),
    "W2.1": ("mixes of texts", "custodian"),
    "W2.2": ("signatures of the mixes of texts", "custodian"),
    "W2.3": ("every mix of texts re-encrypted", "custodian"),
    "W2.4": ("shuffle proofs of the mixes of texts", "custodian"),
    "W3.1": ("partial decryptions of texts", "custodian"),
    "W3.2": ("signatures of the partials of texts", "custodian"),
    "W3.3": ("proofs of the partials of texts", "custodian"),
    "W4.1": ("the reports of texts decode", "publisher"),
    "W4.2": ("no more texts than votes", "ceremony"),
    "W4.3": ("numbers and names of the reports of texts", "publisher"),
    "A1.1": ("one acta per contest", "board of the count"),
    "A1.2": ("votes of the actas", "board of the count"),
    "A1.3": ("signatures of the actas", "board of the count"),
    "X1.1": ("receipts are the board's tracking codes", "publisher"),
    "S1.1": ("check sums", "publisher"),
}


class CannotGoOn(Exception):
    """What comes next needs something that failed; the failure is in the report."""


class Report:
    """The answers, given in the order of CHECKS."""

    def __init__(self):
        self.answers = {}

    @property
    def failed(self):
        return any(problems for problems, _ in self.answers.values())

    def answer(self, code, problems, figure=""):
        """`problems` name place and culprit; none means that the check holds."""
        expected = list(CHECKS)[len(self.answers)]
        if code != expected:
            raise AssertionError(f"{code} answered before {expected}")
        self.answers[code] = list(problems), figure

    def decode(self, code, file, culprit, struct, data, env=None, more=lambda value: True):
        """Answers a check that is about one file; what follows needs its value."""
        problem = None
        try:
            value = struct.decode(data, env)
            if not more(value):
                problem = "not that of this election"
        except DecodeError as error:
            problem = str(error)
        self.answer(code, [f"{file}: {problem}: {culprit}"] if problem else [],
                    f"{len(data)} bytes")
        if problem:
            raise CannotGoOn
        return value

    def stop_if_failed(self):
        if self.failed:
            raise CannotGoOn

    @property
    def first_failure(self):
        for code in CHECKS:
            if code not in self.answers or self.answers[code][0]:
                return code
        return None

    def holds(self, code):
        return code in self.answers and not self.answers[code][0]

    def checks(self):
        for code, (what, culprit) in CHECKS.items():
            if code not in self.answers:
                yield {"code": code, "ok": False, "what": what, "figure": "not run",
                       "culprit": culprit}
                continue
            problems, figure = self.answers[code]
            yield {"code": code, "ok": not problems, "what": what, "figure": figure,
                   "culprit": "; ".join(problems[:8]) or None}


class Election:
    """What the phases hand on to each other."""

    def __init__(self, folder, jobs=1):
        self.record, self.jobs = record.Record(folder), jobs
        self.manifest = self.id = None
        self.mixes, self.texts = 0, []


def check_manifest(election, report):
    data = election.record.read("manifest.bin")
    try:
        value = manifest.Manifest(data)
    except DecodeError as error:
        report.answer("M1.1", [f"manifest.bin: {error}: authority"])
        raise CannotGoOn from None
    report.answer("M1.1", [], f"{len(data)} bytes")
    election.manifest = value
    problems = manifest.rule_problems(value)
    report.answer("M1.2", [f"manifest.bin: {p}: authority" for p in problems],
                  f"20 rules; {value.threshold} of {len(value.custodians)} custodians, "
                  f"{value.witness_quorum} witnesses, groups of {value.min_group}, "
                  f"{value.credential_mixes} mixes")
    report.stop_if_failed()
    problems = [f"manifest.bin, contest {i}: authority"
                for i, contest in enumerate(value.contests)
                if contest.options != manifest.derived_options(value, contest)]
    report.answer("M1.3", problems, f"{len(value.contests)} contests")


PHASES = [
    record.check_names, check_manifest, credentials.check_roll, credentials.check_credentials,
    keygen.check_ceremony, keygen.check_seal, board.check_files, ballots.check_ballots,
    board.check_log, tally.check_participation, tally.check_tally,
    writeins.check_writeins, tally.check_actas, board.check_receipts, record.check_sums]


def verify(folder, jobs=1):
    """The report on a record; OSError if it cannot be read."""
    election, report = Election(folder, jobs), Report()
    for phase in PHASES:
        try:
            phase(election, report)
        except CannotGoOn:
            break
        if report.failed:
            break
    return election, report


def as_json(election, report):
    first = report.first_failure
    return {
        "verdict": "invalid" if first else "valid",
        "election": election.id.hex() if election.id else None,
        "manifest": election.manifest.hash.hex() if election.manifest else None,
        "first_failure": first,
        "mixes": election.mixes if report.holds("C5.2") else 0,
        "texts": election.texts if report.holds("W4.3") else [],
        "checks": list(report.checks())}


def remarks(election, result):
    """What a reader must know beside the verdict."""
    mixes, threshold = result["mixes"], election.manifest.threshold if election.manifest else 0
    if mixes == 0:
        yield "mixes 0: whoever holds the roll can tie a ballot to its roll entry"
    elif mixes < threshold:
        yield f"mixes {mixes}: so many custodians together can tie a ballot to its roll entry"
    else:
        yield f"mixes {mixes}"
    for contest, word in enumerate(result["texts"]):
        more = ": its names are for named recipients and were not checked"
        yield f"texts of contest {contest}: {word}{more if word == 'reserved' else ''}"


def print_text(election, result):
    for check in result["checks"]:
        run = check["figure"] != "not run"
        mark = "ok  " if check["ok"] else "FAIL" if run else "--  "
        print(f"{mark} {check['code']} {check['what']} ({check['figure']})")
        if check["culprit"] and run:
            print(f"          {check['culprit']}")
    print(f"manifest {result['manifest']}")
    print(f"election {result['election']}")
    for line in remarks(election, result):
        print(line)
    print(f"verdict  {result['verdict']}", end="")
    print(f", first failure {result['first_failure']}" if result["first_failure"] else "")


def main():
    parser = argparse.ArgumentParser(description="Verifies the record of an election.")
    parser.add_argument("record", nargs="?", help="the folder of the record")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--jobs", type=int, default=1, help="processes for the ballots")
    parser.add_argument("--vectors", metavar="DIR", help="check JSON test vectors instead")
    arguments = parser.parse_args()
    if (arguments.record is None) == (arguments.vectors is None):
        parser.error("give either a record or --vectors")
    try:
        if arguments.vectors is not None:
            return vectors.check_folder(arguments.vectors)
        election, report = verify(arguments.record, arguments.jobs)
    except OSError as error:
        print(f"cannot run: {error}", file=sys.stderr)
        return 2
    result = as_json(election, report)
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        print_text(election, result)
    return 0 if result["verdict"] == "valid" else 1


if __name__ == "__main__":
    sys.exit(main())
