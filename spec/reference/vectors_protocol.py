"""Vectors of what is computed on the way through a record.

The record is given as `files`; a case names a part of it, and everything that belongs to
the part is computed from the bytes.
"""

from types import SimpleNamespace

import ballots
import board
import credentials
import keygen
import merlin
import tally
from encoding import th, weights
from manifest import Manifest
from ristretto import G, Q, combine
from vectors_answer import Answer, point_hex, require, scalar_hex


class _Files:
    """The objects of a record, read when they are asked for."""

    def __init__(self, given):
        self.data = {path: bytes.fromhex(data) for path, data in given["files"].items()}
        self.manifest = Manifest(self.data["manifest.bin"])
        self.id = th("election-id", self.data["seal.bin"])

    def key(self):
        return keygen.TRANSCRIPT.decode(self.data["key/transcript.bin"])

    def ceremony(self):
        return keygen.Ceremony(self.manifest, self.key())

    def keys(self):
        ceremony = self.ceremony()
        excluded = ceremony.judge()
        qualified = [i for i in ceremony.everyone if i not in excluded]
        return (qualified, *ceremony.keys(qualified))

    def half(self, role):
        path = ("credentials/registrar.bin", "credentials/server.bin")[role]
        return credentials.HALF_LIST.decode(self.data[path])

    def entries(self):
        data = b"".join(data for path, data in sorted(self.data.items())
                        if path.startswith("board/tile/entries/"))
        entries = []
        while data:
            length = int.from_bytes(data[:2], "big")
            entries.append(data[2:2 + length])
            data = data[2 + length:]
        return entries

    def groups(self):
        casts = [ballots.decode_cast(self.manifest, entry) for entry in self.entries()]
        return tally.aggregate(self.manifest, casts)

    def partial(self, index, groups):
        return tally.PARTIAL.decode(self.data[f"tally/partial-{index:02}.bin"], groups)


def roll(given):
    files = _Files(given)
    data = files.data["roll.bin"]
    value = credentials.ROLL.decode(data)
    chains, previous = [], files.manifest.hash
    for version in value.versions:
        previous = credentials.chain(previous, version)
        chains.append(previous.hex())
    return Answer({"rollId": credentials.roll_id(files.manifest.hash, data).hex()},
                  commitment=th("roll-commitment", data[:-64]).hex(), chains=chains)


def half_possession(given):
    half = _Files(given).half(given["role"])
    lists = th("half-lists", credentials.HALF_KEYS.write(half.lists))
    transcript = merlin.proof("half-possession", half.roll_id, role=half.role)
    transcript.append("lists", lists)
    seed = transcript.seed()
    keys = [key for keys in half.lists for key in keys]
    total = combine(weights(seed, len(keys)), keys)
    transcript.point("R", half.possession.R)
    c = transcript.challenge()
    holds = combine([half.possession.z, -c], [G, total]) == half.possession.R
    require(holds, "C1.3")
    return Answer(lists=lists.hex(), s=seed.hex(), P=point_hex(total), c=scalar_hex(c))


def pooled_lists(given):
    files = _Files(given)
    pairs = zip(files.half(0).lists, files.half(1).lists)
    return Answer({"lists": [sorted(point_hex(a + b) for a, b in zip(*pair)) for pair in pairs]})


def key_messages(given):
    ceremony = _Files(given).ceremony()
    index, setup = given["index"], ceremony.setup
    first, second = ceremony.round1[index], ceremony.round2[index]
    ephemeral = keygen.ephemeral_transcript(setup, index, first.ephemeral)
    ephemeral.point("R", first.possession.R)
    possession = keygen.key_transcript(setup, index, second.commitments)
    seed = possession.seed()
    constants = second.commitments[::ceremony.threshold]
    total = combine(weights(seed, ceremony.slots), constants)
    possession.point("R", second.possession.R)
    c = possession.challenge()
    require(combine([second.possession.z, -c], [G, total]) == second.possession.R, "K2.2")
    return Answer({"opening": keygen.opening_hash(setup, second).hex()},
                  **{"ephemeral c": scalar_hex(ephemeral.challenge()), "s": seed.hex(),
                     "P": point_hex(total), "c": scalar_hex(c)})


def key_ceremony(given):
    files = _Files(given)
    key, ceremony = files.key(), files.ceremony()
    qualified, slot_keys, shares = files.keys()
    setup = ceremony.setup
    written = keygen.TRANSCRIPT.write(key, before="certificates")
    return Answer({
        "setupId": setup.hex(), "table1": keygen.first_table(setup, key.round1).hex(),
        "table2": keygen.second_table(setup, key.round1, key.round2).hex(),
        "transcriptHash": th("keygen-transcript", written).hex(),
        "keyRecord": th("key-record", files.data["key/transcript.bin"]).hex(),
        "qualified": qualified, "slotKeys": [point_hex(k) for k in slot_keys],
        "verificationShares": [[point_hex(x) for x in shares[i]] for i in qualified]})


def trial(given):
    files = _Files(given)
    setup = files.ceremony().setup
    r, a, b = keygen.trial_statement(setup, files.keys()[1])
    return Answer({"group": th("trial-group", setup).hex()}, r=scalar_hex(r), A=point_hex(a),
                  B=[point_hex(point) for point in b])


def cast(given):
    files = _Files(given)
    entry = files.entries()[given["entry"]]
    ballot = ballots.decode_cast(files.manifest, entry)
    number = files.manifest.list_index(ballot.style, ballot.unit)
    lists = credentials.CREDENTIAL_LISTS.decode(files.data["credentials/lists.bin"]).lists
    base = lists[number].base
    c = ballots.signature_transcript(ballot, base).challenge()
    holds = combine([ballot.signature.z, -c], [base, ballot.C]) == ballot.signature.R
    require(holds, "V1.6")
    u = ballots.credential_hash(ballot.C, ballot.salt)
    require(u == ballot.u, "V1.5")
    return Answer({"list": number, "u": u.hex(), "code": ballot.code.hex(),
                   "leaf": board.leaf_hash(entry).hex()}, c=scalar_hex(c))


def partition(given):
    units = [SimpleNamespace(merge_into=into) for into in [None, *given["mergeInto"]]]
    everywhere = SimpleNamespace(
        units=units, min_group=given["minGroup"], holds=lambda style, contest: True,
        lists=[SimpleNamespace(style=0, unit=unit) for unit in range(len(units))])
    groups = tally.partition(everywhere, 0, dict(enumerate(given["ballots"])))
    return Answer({"groups": [{"unit": unit, "units": units} for unit, units in groups.items()]})


def aggregate(given):
    group = _Files(given).groups()[given["group"]]
    return Answer({
        "contest": group.contest, "unit": group.unit, "units": group.units,
        "ballots": group.ballots, "A": point_hex(group.A), "B": [point_hex(b) for b in group.B],
        "hash": th("group", tally.GROUP.write(group)).hex()})


def partial(given):
    files = _Files(given)
    groups = files.groups()
    index, group = given["index"], groups[given["group"]]
    part = files.partial(index, groups).groups[given["group"]]
    _, _, shares = files.keys()
    mine = shares[index][:len(part.decrypted)]
    place = {"contest": group.contest, "unit": group.unit, "role": 0, "index": index}
    transcript = tally.decryption_transcript(
        files.id, place, th("group", tally.GROUP.write(group)), group.A, part.decrypted, mine)
    seed = transcript.seed()
    w = weights(seed, len(mine))
    transcript.point("R1", part.proof.R1)
    transcript.point("R2", part.proof.R2)
    c = transcript.challenge()
    decrypted, public = combine(w, part.decrypted), combine(w, mine)
    require(combine([part.proof.z, -c], [G, public]) == part.proof.R1
            and combine([part.proof.z, -c], [group.A, decrypted]) == part.proof.R2, "T2.3")
    return Answer(**{"s": seed.hex(), "D*": point_hex(decrypted), "X*": point_hex(public),
                     "c": scalar_hex(c)})


def combination(given):
    files = _Files(given)
    groups = files.groups()
    group = groups[given["group"]]
    indices = sorted(int(path[-6:-4]) for path in files.data if path.startswith("tally/partial-"))
    indices = indices[:files.manifest.threshold]
    factors = tally.lagrange(indices)
    parts = {l: files.partial(l, groups).groups[given["group"]].decrypted for l in indices}
    counts = []
    for j, b in enumerate(group.B):
        opened = combine([1] + [Q - factors[l] for l in indices],
                         [b] + [parts[l][j] for l in indices])
        counts += [count for count in range(group.ballots + 1) if count * G == opened]
    return Answer({"counts": counts}, **{"lambda": [scalar_hex(factors[l]) for l in indices]})


def checkpoint(given):
    files = _Files(given)
    data = files.data[f"board/checkpoints/{given['number']:06}"]
    found = board.read_checkpoint(files.manifest, files.id, data)
    leaves = [board.leaf_hash(entry) for entry in files.entries()[:found.size]]
    require(board.tree_root(leaves) == found.root, "B2.1")
    return Answer({"origin": board.origin(files.manifest, files.id), "size": found.size,
                   "root": found.root.hex()})


def bundle_path(given):
    full, rest = divmod(given["size"], 256)
    paths = [board.bundle_path(full - 1)] if full else []
    return Answer({"paths": paths + [board.bundle_path(full, rest)] * (rest > 0)})


KINDS = {
    "roll": roll, "half-possession": half_possession, "pooled-lists": pooled_lists,
    "key-messages": key_messages, "key-ceremony": key_ceremony, "trial": trial, "cast": cast,
    "partition": partition, "aggregate": aggregate, "partial": partial,
    "combination": combination, "checkpoint": checkpoint, "bundle-path": bundle_path,
}
