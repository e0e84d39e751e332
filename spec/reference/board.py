"""The board: notes, bundles, tree, epochs, receipts (board.md)."""

import base64
import binascii
import hashlib
import re

import ed25519
from encoding import strictly_increasing, tracking_code_bytes
from record import BUNDLE, CHECKPOINT

LOG_KEY, WITNESS_KEY = 1, 4
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_LARGEST = 2**63 - 1


# Tree

def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()


def tree_root(hashes):
    """RFC 6962 section 2.1 over leaf hashes."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(
        b"\1" + tree_root(hashes[:split]) + tree_root(hashes[split:])).digest()


# Notes

class BadNote(ValueError):
    pass


class Checkpoint:
    def __init__(self, size, root, cosignatures):
        self.size, self.root = size, root
        self.cosignatures = cosignatures  # (place of the witness, timestamp)


def key_id(name, kind, key):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def cosigned_message(body, timestamp):
    return f"cosignature/v1\ntime {timestamp}\n".encode() + body


def origin(manifest, election_id):
    return f"{manifest.log.name}/{election_id.hex()}"


def _canonical_base64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("not base64") from None
    if base64.b64encode(data).decode() != text:
        raise BadNote("not canonical base64")
    return data


def read_checkpoint(manifest, election_id, data):
    """A checkpoint whose every line has been checked."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadNote("not UTF-8") from None
    lines = text.split("\n")
    name = origin(manifest, election_id)
    if len(lines) < 6 or lines[-1] or lines[3] or lines[0] != name:
        raise BadNote("not a checkpoint of this election")
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) > _LARGEST:
        raise BadNote("size")
    root = _canonical_base64(lines[2])
    if len(root) != 32:
        raise BadNote("root")
    body = "\n".join(lines[:3]).encode() + b"\n"

    signatures = [_signature_line(line) for line in lines[4:-1]]
    signer, blob = signatures[0]
    key = manifest.log.key
    if (signer != name or blob[:4] != key_id(name, LOG_KEY, key)
            or not ed25519.verify(key, body, blob[4:])):
        raise BadNote("signature of the log")
    places = {witness.name: i for i, witness in enumerate(manifest.witnesses)}
    cosignatures = []
    for signer, blob in signatures[1:]:
        if signer not in places:
            raise BadNote("a line of nobody")
        key = manifest.witnesses[places[signer]].key
        timestamp = int.from_bytes(blob[4:12], "big")
        if (len(blob) != 76 or timestamp > _LARGEST
                or blob[:4] != key_id(signer, WITNESS_KEY, key)
                or not ed25519.verify(key, cosigned_message(body, timestamp), blob[12:])):
            raise BadNote(f"cosignature of {signer}")
        cosignatures.append((places[signer], timestamp))
    if not strictly_increasing([place for place, _ in cosignatures]):
        raise BadNote("order of the witnesses")
    return Checkpoint(int(lines[1]), root, cosignatures)


def _signature_line(line):
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\u2014":
        raise BadNote("signature line")
    return parts[1], _canonical_base64(parts[2])


# Bundles

def bundle_path(number, width=256):
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i:i + 3] for i in range(0, len(digits), 3)]
    path = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    partial = "" if width == 256 else f".p/{width}"
    return f"board/tile/entries/{path}{partial}"


def bundle_entries(data, width):
    """The entries of a bundle; None if it is not well framed."""
    entries, position = [], 0
    while position < len(data):
        length = int.from_bytes(data[position:position + 2], "big")
        end = position + 2 + length
        if position + 2 > len(data) or end > len(data):
            return None
        entries.append(data[position + 2:end])
        position = end
    return entries if len(entries) == width else None


# Checks

def check_files(election, report):
    record, manifest = election.record, election.manifest
    checkpoints, problems = [], []
    names = record.matching(CHECKPOINT)
    for number, name in enumerate(names):
        if name != f"board/checkpoints/{number:06}":
            problems.append(f"{name}: a gap in the numbers: log")
        try:
            checkpoints.append(read_checkpoint(manifest, election.id, record.read(name)))
        except BadNote as error:
            problems.append(f"{name}: {error}: log")
    if not names:
        problems.append("no checkpoint: log")
    elif checkpoints and not problems and checkpoints[0].size != 0:
        problems.append(f"{names[0]}: its size is not 0: log")
    report.answer("B1.1", problems, f"{len(names)} checkpoints")
    report.stop_if_failed()

    size = checkpoints[-1].size
    full, rest = divmod(size, 256)
    present = record.matching(BUNDLE)
    problems, entries = [], []
    if len(present) != full + (rest > 0):
        problems.append("board/tile/entries: number of bundles: log")
    else:
        widths = [256] * full + [rest] * (rest > 0)
        for number, width in enumerate(widths):
            name = bundle_path(number, width)
            found = bundle_entries(record.read(name), width) if name in present else None
            if found is None:
                problems.append(f"{name}: log")
            else:
                entries += found
    report.answer("B1.2", problems, f"{size} entries")
    election.checkpoints, election.entries = checkpoints, entries


def check_log(election, report):
    manifest, checkpoints = election.manifest, election.checkpoints
    hashes = [leaf_hash(entry) for entry in election.entries]
    sizes = [checkpoint.size for checkpoint in checkpoints]
    problems = []
    if not strictly_increasing(sizes):
        problems.append("board/checkpoints: sizes: log")
    for number, checkpoint in enumerate(checkpoints):
        if checkpoint.root != tree_root(hashes[:checkpoint.size]):
            problems.append(f"board/checkpoints/{number:06}: root: log")
    report.answer("B2.1", problems, f"{len(checkpoints)} roots")

    problems = []
    for number, (start, end) in enumerate(zip(sizes, sizes[1:]), 1):
        if end - start < manifest.min_group and number < len(sizes) - 1:
            problems.append(f"epoch {number} is too small: log")
        if not strictly_increasing(hashes[start:end]):
            problems.append(f"epoch {number} is not sorted: log")
        # An epoch without entries has failed B2.1; here it is only not to be in the way.
        highest = max(hashes[start:end], default=b"")
        higher = sum(later > highest for later in hashes[end:])
        if number < len(sizes) - 1 and higher < manifest.min_group:
            problems.append(f"epoch {number} left too few waiting: log")
    report.answer("B2.2", problems, f"{len(sizes) - 1} epochs")

    first, last = checkpoints[0].cosignatures, checkpoints[-1].cosignatures
    problems, end = [], manifest.time("reception_end")
    for number, checkpoint in enumerate(checkpoints):
        closing = number == len(checkpoints) - 1
        problems += [
            f"board/checkpoints/{number:06}: {manifest.witnesses[place].name} signed "
            f"{'before' if closing else 'after'} the end of reception: witnesses"
            for place, time in checkpoint.cosignatures
            if len(checkpoints) > 1 and closing != (time >= end)]
    for name, cosignatures in (("first", first), ("last", last)):
        if len(cosignatures) < manifest.witness_quorum:
            problems.append(f"too few cosignatures on the {name} checkpoint: witnesses")
    report.answer("B2.3", problems, f"{len(last)} cosignatures")


def check_receipts(election, report):
    lines = ["escrutinio/receipts/v1", election.id.hex()]
    try:
        found = election.record.read("receipts.txt").decode("ascii").split("\n")
    except UnicodeDecodeError:
        found = []
    codes = [tracking_code_bytes(line) for line in found[2:-1]]
    good = (found[:2] == lines and found[-1:] == [""] and None not in codes
            and codes == sorted(ballot.code for ballot in election.ballots)
            and strictly_increasing(codes))
    report.answer("X1.1", [] if good else ["receipts.txt: publisher"], f"{len(codes)} codes")
