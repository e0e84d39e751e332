"""Vectors of objects, split by field."""

import credentials
import keygen
import manifest
import tally
import writeins
import writeins
from encoding import DecodeError
from vectors_answer import Answer, Refused, require
from vectors_record import changed

# Path: the check that decodes it, its structure, what it is read with.
OBJECTS = {
    "manifest.bin": ("M1.1", manifest.MANIFEST, None),
    "roll.bin": ("L1.1", credentials.ROLL, None),
    "credentials/registrar.bin": ("C1.1", credentials.HALF_LIST, None),
    "credentials/server.bin": ("C2.1", credentials.HALF_LIST, None),
    "credentials/mix-01.bin": ("C4.1", credentials.CREDENTIAL_MIX, None),
    "credentials/lists.bin": ("C5.1", credentials.CREDENTIAL_LISTS, None),
    "key/transcript.bin": ("K1.1", keygen.TRANSCRIPT, None),
    "key/trial.bin": ("K4.1", keygen.TRIAL, "manifest"),
    "seal.bin": ("E1.1", keygen.SEAL, None),
    "participation.bin": ("N1.1", tally.PARTICIPATION, None),
    "tally/aggregates.bin": ("T1.1", tally.AGGREGATES, "manifest"),
    "tally/partial-01.bin": ("T2.1", tally.PARTIAL, "groups"),
    "tally/results.bin": ("T3.1", tally.RESULTS, None),
    "writein/order-000.bin": ("W1.2", writeins.ORDER, None),
    "writein/mix-001-01.bin": ("W2.1", writeins.TEXT_MIX, "texts"),
    "writein/partial-001-01.bin": ("W3.1", writeins.TEXT_PARTIAL, "texts"),
    "writein/texts-001.bin": ("W4.1", writeins.TEXTS, None),
    "writein/order-000.bin": ("W1.2", writeins.ORDER, None),
    "writein/mix-000-01.bin": ("W2.1", writeins.TEXT_MIX, "points"),
    "writein/partial-000-01.bin": ("W3.1", writeins.TEXT_PARTIAL, "points"),
    "writein/texts-000.bin": ("W4.1", writeins.TEXTS, None),
}


def _environment(given, needed):
    if needed is None:
        return None
    election = manifest.Manifest(bytes.fromhex(given["files"]["manifest.bin"]))
    if needed == "manifest":
        return election
    if needed == "texts":
        return election.shape(1).m
    if needed == "points":
        return election.shape(0).m
    data = bytes.fromhex(given["files"]["tally/aggregates.bin"])
    return tally.AGGREGATES.decode(data, election).groups


def _ballots(entries, contest):
    """How many entries are ballots of a contest."""
    data, number = bytes.fromhex(entries), 0
    while data:
        length = int.from_bytes(data[:2], "big")
        number += int.from_bytes(data[42:46], "little") == contest
        data = data[2 + length:]
    return number


def an_object(given):
    path = given["path"]
    code, struct, needed = OBJECTS[path]
    files = changed({path: bytes.fromhex(given["files"][path])}, given["changes"])
    try:
        value = struct.decode(files[path], _environment(given, needed))
    except DecodeError:
        raise Refused(code) from None
    if needed == "texts":
        # The board says how many rows there are.
        entries = (data for name, data in given["files"].items()
                   if name.startswith("board/tile/entries/"))
        listed = value.rows if hasattr(value, "rows") else value.decrypted
        require(len(listed) == _ballots("".join(entries), 1), code)
    fields = {name: field.write(getattr(value, name)).hex()
              for name, field in struct.fields.items()}
    return Answer(header=files[path][:8].hex(), fields=fields)


KINDS = {"object": an_object}
