"""Roll, half credentials, credential lists (credentials.md)."""

import merlin
from encoding import (
    HASH, I64, KEYS, KNOWLEDGE, LISTS, POINT_STAR, ROLL_VERSIONS, SIGNATURE, U32, List, String,
    Struct, signed_by, th, weights)
from ristretto import G, combine

ROLL_VERSION = Struct(kind=U32, document=String(), file=HASH, entries=U32, at=I64, chain=HASH)
ROLL = Struct("EROL", manifest_hash=HASH, versions=List(ROLL_VERSION, ROLL_VERSIONS),
              counts=List(U32, LISTS), root=HASH, signature=SIGNATURE)
HALF_KEYS = List(List(POINT_STAR, KEYS), LISTS)
HALF_LIST = Struct("EHLF", roll_id=HASH, role=U32, lists=HALF_KEYS, possession=KNOWLEDGE,
                   signature=SIGNATURE)
CREDENTIAL_LIST = Struct(base=POINT_STAR, keys=List(
    POINT_STAR, KEYS, order=lambda key: key.encode()))
CREDENTIAL_LISTS = Struct("ELST", roll_id=HASH, mixes=U32, lists=List(CREDENTIAL_LIST, LISTS))


def chain(previous, version):
    return th("roll-version", previous + ROLL_VERSION.write(version, before="chain"))


def roll_id(manifest_hash, roll_data):
    return th("roll-id", manifest_hash + th("roll-commitment", roll_data[:-64]))


def check_roll(election, report):
    manifest = election.manifest
    data = election.record.read("roll.bin")
    roll = report.decode("L1.1", "roll.bin", "registrar", ROLL, data)
    place = "roll.bin: registrar"
    report.answer("L1.2", [place] * (roll.manifest_hash != manifest.hash), manifest.hash.hex())
    problems = roll_problems(manifest, roll)
    report.answer("L1.3", [f"roll.bin: {p}: registrar" for p in problems],
                  f"{sum(roll.counts)} entries in {len(roll.counts)} lists")
    good = signed_by(manifest.registrar.key, "roll", data[:-64], data[-64:])
    report.answer("L1.4", [] if good else [place], "1 signature")
    election.roll = roll
    election.roll_id = roll_id(manifest.hash, data)


def roll_problems(manifest, roll):
    if [v.kind for v in roll.versions] != [0] + [1] * (len(roll.versions) - 1):
        yield "kinds of the versions"
    previous = manifest.hash
    for i, version in enumerate(roll.versions):
        if version.chain != chain(previous, version):
            yield f"chain of version {i}"
        previous = version.chain
    total = sum(roll.counts)
    if sum(v.entries for v in roll.versions) != total or not 1 <= total <= manifest.max_voters:
        yield "number of entries"
    if len(roll.counts) != len(manifest.lists):
        yield "number of counts"
    for i, (count, key) in enumerate(zip(roll.counts, manifest.lists)):
        if count < manifest.min_group and not key.small_exception:
            yield f"list {i} is too small"


def possession_holds(half):
    """The proof that whoever published a half list knows all its secrets."""
    transcript = merlin.proof("half-possession", half.roll_id, role=half.role)
    transcript.append("lists", th("half-lists", HALF_KEYS.write(half.lists)))
    keys = [key for keys in half.lists for key in keys]
    w = weights(transcript.seed(), len(keys))
    proof = half.possession
    transcript.point("R", proof.R)
    c = transcript.challenge()
    left = combine([proof.z] + [-c * wi for wi in w], [G] + keys)
    return left == proof.R


def check_half(election, report, role):
    phase, name, party = (("C1", "registrar", election.manifest.registrar),
                          ("C2", "server", election.manifest.server))[role]
    file = f"credentials/{name}.bin"
    data = election.record.read(file)
    half = report.decode(f"{phase}.1", file, name, HALF_LIST, data)
    place = [f"{file}: {name}"]
    lengths = [len(keys) for keys in half.lists]
    good = (half.roll_id, half.role, lengths) == (election.roll_id, role, election.roll.counts)
    report.answer(f"{phase}.2", [] if good else place, f"{sum(lengths)} keys")
    report.answer(f"{phase}.3", [] if possession_holds(half) else place, "1 proof")
    good = signed_by(party.key, "half-list", data[:-64], data[-64:])
    report.answer(f"{phase}.4", [] if good else place, "1 signature")
    return half, data


def check_credentials(election, report):
    registrar, registrar_data = check_half(election, report, 0)
    server, server_data = check_half(election, report, 1)
    report.stop_if_failed()

    pooled, places, problems = [], {}, []
    for l, (first, second) in enumerate(zip(registrar.lists, server.lists)):
        keys = [a + b for a, b in zip(first, second)]
        for i, key in enumerate(keys):
            where = f"list {l}, place {i}"
            if key.is_identity():
                problems.append(f"{where} is the identity: registrar and server")
            same = places.setdefault(key.encode(), where)
            if same != where:
                problems.append(f"{where} equals {same}: registrar and server")
        pooled.append(sorted(key.encode() for key in keys))
    report.answer("C3.1", problems, f"{len(places)} keys")

    file = "credentials/lists.bin"
    data = election.record.read(file)
    lists = report.decode("C3.2", file, "publisher", CREDENTIAL_LISTS, data, more=lambda v: (
        v.roll_id == election.roll_id and v.mixes == 0
        and len(v.lists) == len(election.manifest.lists)))
    problems = [
        f"{file}, list {i}: publisher" for i, (one, keys) in enumerate(zip(lists.lists, pooled))
        if one.base != G or [k.encode() for k in one.keys] != keys]
    report.answer("C3.3", problems, f"{len(pooled)} lists")
    election.lists = lists.lists
    election.keys = [set(keys) for keys in pooled]
    election.half_data = registrar_data, server_data
    election.lists_data = data
