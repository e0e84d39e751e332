"""The folder of a record and its check sums (record.md)."""

import hashlib
import os
import re

OBLIGATORY = [
    "manifest.bin", "roll.bin", "credentials/registrar.bin", "credentials/server.bin",
    "credentials/lists.bin", "key/transcript.bin", "key/trial.bin", "seal.bin",
    "participation.bin", "tally/aggregates.bin", "tally/results.bin", "receipts.txt",
    "SHA256SUMS"]
CHECKPOINT = re.compile(r"board/checkpoints/[0-9]{6}")
BUNDLE = re.compile(r"board/tile/entries/.+", re.DOTALL)
CREDENTIAL_MIX = re.compile(r"credentials/mix-[0-9]{2}\.bin")
PARTIAL = re.compile(r"tally/partial-[0-9]{2}\.bin")
WRITE_IN = re.compile(r"writein/(?:(?:order|texts)-[0-9]{3}|(?:mix|partial)-[0-9]{3}-[0-9]{2})\.bin")
ACTA = re.compile(r"acta/contest-[0-9]{3}\.bin")
MANY = (CHECKPOINT, BUNDLE, CREDENTIAL_MIX, PARTIAL, WRITE_IN, ACTA)


class Record:
    """The files of a folder; only regular files count, links are refused."""

    def __init__(self, folder):
        self.folder = folder
        self.names, self.strange = [], []
        if not os.path.isdir(folder):
            raise OSError(f"{folder}: no such folder")
        self._walk("")
        self.names.sort()

    def _walk(self, below):
        with os.scandir(os.path.join(self.folder, below)) as entries:
            for entry in entries:
                name = below + entry.name
                if entry.is_symlink():
                    self.strange.append(name)
                elif entry.is_dir():
                    self._walk(name + "/")
                elif entry.is_file():
                    self.names.append(name)
                else:
                    self.strange.append(name)

    def read(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()

    def matching(self, pattern):
        return [name for name in self.names if pattern.fullmatch(name)]


def check_names(election, report):
    record = election.record
    problems = [f"{name!r}: publisher" for name in record.strange]
    problems += [f"{name} is absent: publisher" for name in OBLIGATORY
                 if name not in record.names]
    problems += [f"{name!r} does not belong to a record: publisher" for name in record.names
                 if name not in OBLIGATORY and not any(p.fullmatch(name) for p in MANY)]
    report.answer("R1.1", problems, f"{len(record.names)} files")


def check_sums(election, report):
    record = election.record
    lines = []
    for name in sorted(record.names, key=lambda n: n.encode()):
        if name != "SHA256SUMS":
            lines.append(f"{hashlib.sha256(record.read(name)).hexdigest()}  {name}\n")
    expected = "".join(lines).encode()
    problems = []
    if record.read("SHA256SUMS") != expected:
        problems = ["SHA256SUMS: publisher"]
    report.answer("S1.1", problems, f"{len(lines)} hashes")
