"""Aggregates, partial decryptions, results, participation, actas (tally.md)."""

import merlin
from encoding import (
    CUSTODIANS, EQUALITY, GROUPS, HASH, I64, INCIDENTS, INDEX, LONG_STRING, MARKED, OPTIONS, POINT,
    SIGNATURE, U32, U64, UNITS, Array, DecodeError, List, Object, String, Struct, by_index,
    signed_by, th, weights)
from equations import failing
from record import ACTA as ACTA_NAME, PARTIAL as PARTIAL_NAME
from ristretto import G, Q, total


def _options(manifest, group):
    if group.contest >= len(manifest.contests):
        raise DecodeError("no such contest")
    return manifest.shape(group.contest).N


GROUP = Struct(contest=U32, unit=U32, units=List(U32, UNITS, order=int), ballots=U64, A=POINT,
               B=Array(POINT, _options))
AGGREGATES = Struct("EAGG", election_id=HASH, groups=List(GROUP, GROUPS))


class _GroupPartials(List):
    """One part per group, each as long as the group has options."""

    def read(self, reader, env, so_far):
        if self.length(reader) != len(env):
            raise DecodeError("not one part per group")
        return [self.item.read(reader, len(group.B), so_far) for group in env]


GROUP_PARTIAL = Struct(decrypted=Array(POINT, lambda number, _: number), proof=EQUALITY)
PARTIAL = Struct("EDEC", election_id=HASH, index=INDEX,
                 groups=_GroupPartials(GROUP_PARTIAL, GROUPS), signature=SIGNATURE)
RESULTS = Struct("ERES", election_id=HASH, groups=List(List(U64, OPTIONS), GROUPS))
MARKED_LINE = Struct(contest=U32, list=U32, voters=U64)
PARTICIPATION = Struct("EPAR", election_id=HASH, closed_at=I64,
                       marked=List(MARKED_LINE, MARKED, order=lambda m: (m.contest, m.list)),
                       voters_list=HASH, signature=SIGNATURE)
PROTEST = Struct(party=String(), person=String(), reason=String(LONG_STRING))
ACTA_SIGNATURE = Struct(index=INDEX, signature=SIGNATURE)
ACTA = Struct("EACT", election_id=HASH, contest=U32, results=HASH, place=String(),
              generated_at=I64, votes=List(U64, OPTIONS), total=U64, voters_marked=U64,
              incidents=List(String(LONG_STRING), INCIDENTS), protests=List(PROTEST, INCIDENTS),
              signatures=List(ACTA_SIGNATURE, CUSTODIANS, by_index))


# Participation

def check_participation(election, report):
    manifest, file = election.manifest, "participation.bin"
    data = election.record.read(file)
    expected = sorted((contest, l) for l, key in enumerate(manifest.lists)
                      for contest in manifest.styles[key.style].contests)
    value = report.decode("N1.1", file, "server", PARTICIPATION, data, more=lambda v: (
        v.election_id == election.id
        and [(line.contest, line.list) for line in v.marked] == expected))
    good = signed_by(manifest.server.key, "participation", data[:-64], data[-64:])
    report.answer("N1.2", [] if good else [f"{file}: server"], "1 signature")
    cast = {key: 0 for key in expected}
    for ballot in election.ballots:
        cast[ballot.contest, ballot.list] += 1
    problems = [f"{file}, contest {line.contest}, list {line.list}: server"
                for line in value.marked if line.voters != cast[line.contest, line.list]]
    if value.closed_at < manifest.time("reception_end"):
        problems.append(f"{file}, closed_at: server")
    report.answer("N1.3", problems, f"{sum(line.voters for line in value.marked)} marks")
    election.marked = {contest: sum(line.voters for line in value.marked
                                    if line.contest == contest)
                       for contest in range(len(manifest.contests))}


# Aggregates

def partition(manifest, contest, ballots_of_unit):
    """The groups of a contest, as {number: sorted units}."""
    counting = {key.unit for key in manifest.lists if manifest.holds(key.style, contest)}
    groups = {unit: [unit] for unit in counting}

    def size(number):
        return sum(ballots_of_unit.get(unit, 0) for unit in groups[number])

    for number in range(len(manifest.units) - 1, 0, -1):
        if number in groups and size(number) < manifest.min_group:
            target = manifest.units[number].merge_into
            groups[target] = groups.get(target, []) + groups.pop(number)
    if 0 in groups and len(groups) > 1 and size(0) < manifest.min_group:
        lowest = min(number for number in groups if number)
        groups[lowest] += groups.pop(0)
    return {number: sorted(groups[number]) for number in sorted(groups)}


def aggregate(manifest, ballots):
    """All groups with their sums."""
    groups = []
    for contest in range(len(manifest.contests)):
        of_contest = [ballot for ballot in ballots if ballot.contest == contest]
        count = {}
        for ballot in of_contest:
            count[ballot.unit] = count.get(ballot.unit, 0) + 1
        for number, units in partition(manifest, contest, count).items():
            members = [ballot for ballot in of_contest if ballot.unit in units]
            groups.append(Object(
                contest=contest, unit=number, units=units, ballots=len(members),
                A=total(ballot.A for ballot in members),
                B=[total(ballot.B[j] for ballot in members)
                   for j in range(manifest.shape(contest).N)]))
    return groups


def check_aggregates(election, report):
    manifest, file = election.manifest, "tally/aggregates.bin"
    data = election.record.read(file)
    value = report.decode("T1.1", file, "publisher", AGGREGATES, data, env=manifest,
                          more=lambda v: v.election_id == election.id)
    groups = aggregate(manifest, election.ballots)
    problems = [f"{file}, group {i}: publisher"
                for i, (found, group) in enumerate(zip(value.groups, groups))
                if GROUP.write(found) != GROUP.write(group)]
    if len(value.groups) != len(groups):
        problems.append(f"{file}, number of groups: publisher")
    report.answer("T1.2", problems, f"{len(groups)} groups")
    election.groups = groups


# Partial decryptions

def decryption_transcript(context, place, group_hash, a, decrypted, shares):
    transcript = merlin.proof("decryption", context, **place)
    transcript.append("group", group_hash)
    transcript.point("A", a)
    transcript.points("D", decrypted)
    transcript.points("X", shares)
    return transcript


def decryption_equations(context, place, group_hash, a, decrypted, shares, proof):
    transcript = decryption_transcript(context, place, group_hash, a, decrypted, shares)
    w = weights(transcript.seed(), len(decrypted))
    transcript.point("R1", proof.R1)
    transcript.point("R2", proof.R2)
    c = transcript.challenge()
    return [[(proof.z, base), (-1, commitment)] + [(-c * wj, p) for wj, p in zip(w, points)]
            for base, points, commitment in ((G, shares, proof.R1), (a, decrypted, proof.R2))]


def lagrange(indices):
    """The coefficients at 0, by index."""
    result = {}
    for l in indices:
        value = 1
        for i in indices:
            if i != l:
                value = value * i * pow(i - l, -1, Q) % Q
        result[l] = value
    return result


def opening_equation(b, j, decrypted, value):
    """B_j - sum [lambda_l]D_{l,j} = [value]G; `decrypted` is {l: [D_l0, ..]}."""
    factors = lagrange(list(decrypted))
    return [(1, b), (-value, G)] + [(-f, decrypted[l][j]) for l, f in factors.items()]


def check_partials(election, report):
    manifest, record = election.manifest, election.record
    names = record.matching(PARTIAL_NAME)
    partials, problems = [], []
    for name in names:
        data = record.read(name)
        try:
            partial = PARTIAL.decode(data, election.groups)
        except DecodeError as error:
            problems.append(f"{name}: {error}: custodian")
            continue
        if (partial.election_id != election.id or partial.index not in election.qualified
                or name != f"tally/partial-{partial.index:02}.bin"):
            problems.append(f"{name}: not that of a custodian: custodian")
            continue
        partials.append((name, data, partial))
    report.answer("T2.1", problems, f"{len(names)} partials")

    report.answer("T2.2", [
        f"{name}: custodian {partial.index}" for name, data, partial in partials
        if not signed_by(manifest.custodians[partial.index - 1].key, "partial", data[:-64],
                         data[-64:])], f"{len(partials)} signatures")

    proofs = []
    for name, _, partial in partials:
        shares = election.shares[partial.index]
        for i, (group, part) in enumerate(zip(election.groups, partial.groups)):
            place = {"contest": group.contest, "unit": group.unit, "role": 0,
                     "index": partial.index}
            proofs.append((f"{name}, group {i}: custodian {partial.index}", decryption_equations(
                election.id, place, th("group", GROUP.write(group)), group.A, part.decrypted,
                shares[:len(group.B)], part.proof)))
    report.answer("T2.3", failing(proofs), f"{len(partials) * len(election.groups)} proofs")
    enough = len(partials) >= manifest.threshold
    report.answer("T2.4", [] if enough else ["too few partials: custodians"],
                  f"{len(partials)} of {manifest.threshold}")
    report.stop_if_failed()
    election.partials = [p for _, _, p in sorted(partials, key=lambda item: item[2].index)]


# Results

def check_results(election, report):
    file, groups = "tally/results.bin", election.groups
    data = election.record.read(file)
    value = report.decode("T3.1", file, "publisher", RESULTS, data, more=lambda v: (
        v.election_id == election.id
        and [len(counts) for counts in v.groups] == [len(group.B) for group in groups]
        and all(count <= group.ballots
                for counts, group in zip(v.groups, groups) for count in counts)))
    chosen = election.partials[:election.manifest.threshold]
    openings = []
    for i, (group, counts) in enumerate(zip(groups, value.groups)):
        decrypted = {p.index: p.groups[i].decrypted for p in chosen}
        openings += [(f"{file}, group {i}, option {j}: publisher",
                      [opening_equation(group.B[j], j, decrypted, count)])
                     for j, count in enumerate(counts)]
    report.answer("T3.2", failing(openings), f"{len(openings)} counts")
    report.answer("T3.3", [
        f"{file}, group {i}: publisher"
        for i, (group, counts) in enumerate(zip(groups, value.groups))
        if sum(counts) != group.ballots], f"{sum(group.ballots for group in groups)} ballots")
    election.results, election.results_data = value.groups, data


def check_tally(election, report):
    check_aggregates(election, report)
    report.stop_if_failed()
    check_partials(election, report)
    check_results(election, report)


# Actas

def check_actas(election, report):
    manifest, record = election.manifest, election.record
    party = "board of the count"
    names = record.matching(ACTA_NAME)
    expected = [f"acta/contest-{i:03}.bin" for i in range(len(manifest.contests))]
    results_hash = th("results", election.results_data)
    actas, problems = {}, []
    for name in names:
        try:
            acta = ACTA.decode(record.read(name))
        except DecodeError as error:
            problems.append(f"{name}: {error}: {party}")
            continue
        if (name not in expected or acta.contest != expected.index(name)
                or acta.election_id != election.id or acta.results != results_hash):
            problems.append(f"{name}: {party}")
            continue
        actas[name] = acta
    problems += [f"{name} is absent: {party}" for name in expected if name not in names]
    report.answer("A1.1", problems, f"{len(names)} actas")

    problems = []
    for name, acta in actas.items():
        votes = [0] * manifest.shape(acta.contest).N
        ballots = 0
        for group, counts in zip(election.groups, election.results):
            if group.contest == acta.contest:
                votes = [a + b for a, b in zip(votes, counts)]
                ballots += group.ballots
        totals = {sum(votes), ballots, acta.total, acta.voters_marked,
                  election.marked[acta.contest]}
        if acta.votes != votes or len(totals) != 1:
            problems.append(f"{name}: {party}")
    report.answer("A1.2", problems, f"{sum(acta.total for acta in actas.values())} votes")

    problems = []
    for name, acta in actas.items():
        message = ACTA.write(acta, before="signatures")
        if (acta.generated_at < manifest.time("reception_end")
                or len(acta.signatures) < manifest.threshold
                or not all(s.index in election.qualified and signed_by(
                    manifest.custodians[s.index - 1].key, "acta", message, s.signature)
                    for s in acta.signatures)):
            problems.append(f"{name}: {party}")
    report.answer("A1.3", problems,
                  f"{sum(len(acta.signatures) for acta in actas.values())} signatures")
