"""Roll, half credentials, their mixes, credential lists (credentials.md)."""

import merlin
import shuffle
from encoding import (
    HASH, I64, INDEX, KEYS, KNOWLEDGE, LISTS, POINT_STAR, ROLL_VERSIONS, SIGNATURE, U32,
    DecodeError, List, Object, String, Struct, by_bytes, signed_by, th, weights)
from equations import failing
from record import CREDENTIAL_MIX as MIX_NAME
from ristretto import G, combine

ROLL_VERSION = Struct(kind=U32, document=String(), file=HASH, entries=U32, at=I64, chain=HASH)
ROLL = Struct("EROL", manifest_hash=HASH, versions=List(ROLL_VERSION, ROLL_VERSIONS),
              counts=List(U32, LISTS), root=HASH, signature=SIGNATURE)
HALF_KEYS = List(List(POINT_STAR, KEYS), LISTS)
HALF_LIST = Struct("EHLF", roll_id=HASH, role=U32, lists=HALF_KEYS, possession=KNOWLEDGE,
                   signature=SIGNATURE)
SORTED_KEYS = List(POINT_STAR, KEYS, order=by_bytes)
MIXED_LIST = Struct(base=POINT_STAR, keys=SORTED_KEYS, proof=shuffle.Proof(
    shuffle.KEYS_PROOF, lambda _, so_far: (len(so_far.keys), 1)))
CREDENTIAL_MIX = Struct("EMIX", roll_id=HASH, number=U32, index=INDEX,
                        lists=List(MIXED_LIST, LISTS), signature=SIGNATURE)
CREDENTIAL_LIST = Struct(base=POINT_STAR, keys=SORTED_KEYS)
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

    pools = pool(registrar, server, report)
    mixes, last = check_mixes(election, pools, report)
    file = "credentials/lists.bin"
    data = election.record.read(file)
    lists = report.decode("C5.1", file, "publisher", CREDENTIAL_LISTS, data, more=lambda v: (
        v.roll_id == election.roll_id and v.mixes == election.manifest.credential_mixes
        and len(v.lists) == len(election.manifest.lists)))
    problems = [
        f"{file}, list {i}: publisher" for i, (one, expected) in enumerate(zip(lists.lists, last))
        if CREDENTIAL_LIST.write(one) != CREDENTIAL_LIST.write(expected)]
    keys = [key.encode() for one in lists.lists for key in one.keys]
    if len(set(keys)) < len(keys):
        problems.append(f"{file}: two keys are equal: mixers")
    report.answer("C5.2", problems, f"{len(last)} lists")
    election.mixes = lists.mixes
    election.lists = lists.lists
    election.keys = [{key.encode() for key in one.keys} for one in lists.lists]
    election.half_data, election.mix_data = (registrar_data, server_data), mixes
    election.lists_data = data


def pool(registrar, server, report):
    """C3.1: the pools, each with the base G, as the first mix takes them."""
    pools, places, problems = [], {}, []
    for l, (first, second) in enumerate(zip(registrar.lists, server.lists)):
        keys = [a + b for a, b in zip(first, second)]
        for i, key in enumerate(keys):
            where = f"list {l}, place {i}"
            if key.is_identity():
                problems.append(f"{where} is the identity: registrar and server")
            same = places.setdefault(key.encode(), where)
            if same != where:
                problems.append(f"{where} equals {same}: registrar and server")
        pools.append(Object(base=G, keys=sorted(keys, key=by_bytes)))
    report.answer("C3.1", problems, f"{len(places)} keys")
    return pools


# Mixes

def mix_transcript(roll_id, key, number, index):
    """`key` is the style and unit of the list."""
    return merlin.proof("shuffle-keys", roll_id, style=key.style, unit=key.unit, role=number,
                        index=index)


def mix_equations(roll_id, key, mix, before, after):
    statement = shuffle.of_keys(before.base, before.keys, after.base, after.keys)
    transcript = mix_transcript(roll_id, key, mix.number, mix.index)
    return shuffle.equations(statement, after.proof, transcript)


def check_mixes(election, pools, report):
    """C4.1 to C4.3: the files of the mixes, and the lists that come out of the last."""
    manifest, record = election.manifest, election.record
    names = record.matching(MIX_NAME)
    expected = [f"credentials/mix-{i:02}.bin" for i in range(1, manifest.credential_mixes + 1)]
    sizes = [len(one.keys) for one in pools]
    mixes, problems, mixers = [], [], set()
    if names != expected:
        problems.append(f"credentials: {len(names)} mixes, not numbered 1 to {len(expected)}: "
                        "custodian")
    for number, name in enumerate(names, 1):
        data = record.read(name)
        try:
            mix = CREDENTIAL_MIX.decode(data)
        except DecodeError as error:
            problems.append(f"{name}: {error}: custodian")
            continue
        if (mix.roll_id != election.roll_id or mix.number != number
                or mix.index > len(manifest.custodians) or mix.index in mixers
                or [len(one.keys) for one in mix.lists] != sizes):
            problems.append(f"{name}: not that of a custodian: custodian {mix.index}")
        mixers.add(mix.index)
        mixes.append((name, data, mix))
    report.answer("C4.1", problems, f"{len(names)} mixes")
    # A chain with a gap has no proofs to check.
    report.stop_if_failed()

    report.answer("C4.2", [
        f"{name}: custodian {mix.index}" for name, data, mix in mixes
        if not signed_by(manifest.custodians[mix.index - 1].key, "credential-mix", data[:-64],
                         data[-64:])], f"{len(mixes)} signatures")

    problems, proofs, last = [], [], pools
    for name, _, mix in mixes:
        for l, (before, after) in enumerate(zip(last, mix.lists)):
            place = f"{name}, list {l}: custodian {mix.index}"
            if after.base == before.base:
                problems.append(place)
            proofs.append((place, mix_equations(
                election.roll_id, manifest.lists[l], mix, before, after)))
        last = mix.lists
    report.answer("C4.3", problems + failing(proofs), f"{len(proofs)} proofs")
    return [data for _, data, _ in mixes], last
