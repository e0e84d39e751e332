"""Write-ins: orders, mixes of texts, their decryption, the report (writeins.md)."""

import merlin
import shuffle
import texts
from encoding import (
    CUSTODIANS, HASH, I64, INDEX, POINT, POINT_STAR, ROWS, SCALAR, SIGNATURE, U32, Array,
    DecodeError, List, Object, String, Struct, by_index, signed_by, th, weights)
from equations import failing
from manifest import COUNT_ONLY, DISCLOSE, SEALED
from record import WRITE_IN
from ristretto import G, combine
from tally import ACTA_SIGNATURE, lagrange

ORDER = Struct("EORD", election_id=HASH, contest=U32, authority=String(), document=String(),
               recipients=String(), at=I64,
               signatures=List(ACTA_SIGNATURE, CUSTODIANS, by_index))

# What follows is read with m, the number of text points.
_PER_TEXT = Array(POINT, lambda m, _: m)
ROW = Struct(A=POINT_STAR, T=_PER_TEXT)
ROW_LIST = List(ROW, ROWS, order=lambda row: row.A.encode())
TEXT_MIX = Struct(
    "ETMX", election_id=HASH, contest=U32, number=U32, index=INDEX, rows=ROW_LIST,
    proof=shuffle.Proof(shuffle.TEXTS_PROOF, lambda m, so_far: (len(so_far.rows), m + 1)),
    signature=SIGNATURE)
TEXT_PARTIAL = Struct(
    "ETDC", election_id=HASH, contest=U32, index=INDEX, decrypted=List(_PER_TEXT, ROWS),
    R1=_PER_TEXT, R2=POINT, z=Array(SCALAR, lambda m, _: m), signature=SIGNATURE)
TEXTS = Struct("ETXT", election_id=HASH, contest=U32, **texts.REPORT)


# Files

class Files:
    """The names of the files of one contest."""

    def __init__(self, names, contest):
        def of(kind):
            return [name for name in names if name.startswith(f"writein/{kind}-{contest:03}")]
        self.contest = contest
        self.order, self.texts = of("order"), of("texts")
        self.mixes, self.partials = of("mix"), of("partial")

    def any(self):
        return self.order or self.texts or self.mixes or self.partials


def read_order(record, files):
    """The order of a contest, or None; DecodeError if it cannot be read."""
    return ORDER.decode(record.read(files.order[0])) if files.order else None


def placement(policy, files, order):
    """What is wrong with the presence of files, check W1.1; None if nothing is.

    `order` is None where there is none, or none that decodes: that is W1.2's affair.
    """
    if files.texts and not (files.mixes and files.partials):
        return "texts without mixes or without partials"
    if not files.texts and (files.mixes or files.partials):
        return "mixes or partials without texts"
    if policy == DISCLOSE:
        if files.order:
            return "an order where none is needed"
        return None if files.texts else "no texts"
    if policy != SEALED:
        return "files of a contest without texts" if files.any() else None
    if not files.order:
        return "texts without an order" if files.texts else None
    if order and not order.recipients and not files.texts:
        return "an order without its texts"
    return None


def check_placement(election, report):
    """W1.1 and W1.2: every contest's files, and the orders."""
    manifest, record = election.manifest, election.record
    names = record.matching(WRITE_IN)
    contests = [Files(names, i) for i in range(len(manifest.contests))]
    orders, undecoded = {}, []
    for files in contests:
        try:
            orders[files.contest] = read_order(record, files)
        except DecodeError as error:
            undecoded.append(f"{files.order[0]}: {error}: custodians")
    problems = [f"{name}: no such contest: publisher" for name in names
                if int(name.split("-")[1][:3]) >= len(contests)]
    for files, contest in zip(contests, manifest.contests):
        problem = placement(contest.write_in, files, orders.get(files.contest))
        if problem:
            problems.append(f"writein, contest {files.contest}: {problem}: publisher")
    report.answer("W1.1", problems, f"{len(names)} files")

    given = {contest: order for contest, order in orders.items() if order}
    report.answer("W1.2", undecoded + [
        f"writein/order-{contest:03}.bin: custodians" for contest, order in given.items()
        if not order_holds(election, contest, order)], f"{len(given)} orders")
    report.stop_if_failed()
    return contests


def order_holds(election, contest, order):
    manifest = election.manifest
    message = ORDER.write(order, before="signatures")
    return ((order.election_id, order.contest) == (election.id, contest)
            and order.at >= manifest.time("reception_end")
            and len(order.signatures) >= manifest.threshold
            and all(s.index in election.qualified and signed_by(
                manifest.custodians[s.index - 1].key, "text-order", message, s.signature)
                for s in order.signatures))


# What is known of a contest whose texts are in the record.

class Opening:
    def __init__(self, election, files):
        manifest, start = election.manifest, election.manifest.option_slots
        self.files, self.contest = files, files.contest
        self.shape = manifest.shape(files.contest)
        self.slots = slice(start, start + self.shape.m)
        self.keys = election.slot_keys[self.slots]
        self.ballots = [b for b in election.ballots if b.contest == files.contest]
        self.input = [[b.A, *b.T] for b in self.ballots]
        self.mixes, self.partials = [], []


# Mixes

def mix_transcript(election_id, contest, number, index):
    return merlin.proof("shuffle-texts", election_id, contest=contest, role=number, index=index)


def mix_equations(keys, mix, before):
    statement = shuffle.of_texts(keys, before, rows_of(mix))
    transcript = mix_transcript(mix.election_id, mix.contest, mix.number, mix.index)
    return shuffle.equations(statement, mix.proof, transcript)


def rows_of(mix):
    return [[row.A, *row.T] for row in mix.rows]


def traces(rows):
    """Every component, and every difference of two, with its place."""
    found = set()
    for row in rows:
        for k, point in enumerate(row):
            found.add((k, point.encode()))
            found |= {(k, l, (point - row[l]).encode()) for l in range(k + 1, len(row))}
    return found


def read_mixes(election, opening):
    """The problems of W2.1 for one contest."""
    manifest, party, mixers = election.manifest, "custodian", set()
    for number, name in enumerate(opening.files.mixes, 1):
        data = election.record.read(name)
        try:
            mix = TEXT_MIX.decode(data, opening.shape.m)
        except DecodeError as error:
            yield f"{name}: {error}: {party}"
            continue
        if (name != f"writein/mix-{opening.contest:03}-{number:02}.bin"
                or (mix.election_id, mix.contest, mix.number)
                != (election.id, opening.contest, number)
                or mix.index not in election.qualified or mix.index in mixers
                or len(mix.rows) != len(opening.input)):
            yield f"{name}: not that of a custodian: {party} {mix.index}"
        mixers.add(mix.index)
        opening.mixes.append((name, data, mix))
    if len(opening.files.mixes) < manifest.threshold:
        yield f"writein, contest {opening.contest}: too few mixes: {party}"


def check_mixes(election, openings, report):
    problems = [p for opening in openings for p in read_mixes(election, opening)]
    mixes = [(opening, *item) for opening in openings for item in opening.mixes]
    report.answer("W2.1", problems, figure(openings, f"{len(mixes)} mixes"))
    # A chain with a gap has no proofs to check.
    report.stop_if_failed()
    report.answer("W2.2", unsigned(election, "text-mix", mixes),
                  figure(openings, f"{len(mixes)} signatures"))

    problems, proofs, rows = [], [], 0
    for opening in openings:
        before, known = opening.input, traces(opening.input)
        for name, _, mix in opening.mixes:
            place = f"{name}: custodian {mix.index}"
            after = rows_of(mix)
            fresh = traces(after)
            if known & fresh:
                problems.append(place)
            proofs.append((place, mix_equations(opening.keys, mix, before)))
            before, known, rows = after, fresh, rows + len(after)
    report.answer("W2.3", problems, figure(openings, f"{rows} rows"))
    report.answer("W2.4", failing(proofs), figure(openings, f"{len(proofs)} proofs"))


def unsigned(election, label, items):
    return [f"{name}: custodian {value.index}" for _, name, data, value in items
            if not signed_by(election.manifest.custodians[value.index - 1].key, label,
                             data[:-64], data[-64:])]


def figure(openings, text):
    return text if openings else "no texts in the record"


# Decryption

def decryption_transcript(election_id, contest, index, rows, decrypted, shares):
    transcript = merlin.proof("text-decryption", election_id, contest=contest, index=index)
    transcript.append("rows", th("text-rows", ROW_LIST.write(rows)))
    transcript.append("D", th("text-decrypted", b"".join(
        point.encode() for row in decrypted for point in row)))
    transcript.points("X", shares)
    return transcript


def weighted_rows(rows, w, m):
    """W_k = sum_b [w_{bm+k}]A_b."""
    points = [row.A for row in rows]
    return [combine(w[k::m], points) for k in range(m)]


def decryption_equations(election_id, rows, partial, shares):
    m = len(shares)
    transcript = decryption_transcript(
        election_id, partial.contest, partial.index, rows, partial.decrypted, shares)
    w = weights(transcript.seed(), len(rows) * m)
    transcript.points("R1", partial.R1)
    transcript.point("R2", partial.R2)
    c = transcript.challenge()
    equations = [[(z, G), (-1, r), (-c, x)] for z, r, x in zip(partial.z, partial.R1, shares)]
    last = [(-1, partial.R2)]
    for b, (row, decrypted) in enumerate(zip(rows, partial.decrypted)):
        of_row = w[b * m:(b + 1) * m]
        last.append((sum(z * wk for z, wk in zip(partial.z, of_row)), row.A))
        last += [(-c * wk, d) for wk, d in zip(of_row, decrypted)]
    return equations + [last]


def read_partials(election, opening):
    """The problems of W3.1 for one contest."""
    for name in opening.files.partials:
        data = election.record.read(name)
        try:
            partial = TEXT_PARTIAL.decode(data, opening.shape.m)
        except DecodeError as error:
            yield f"{name}: {error}: custodian"
            continue
        if ((partial.election_id, partial.contest) != (election.id, opening.contest)
                or name != f"writein/partial-{opening.contest:03}-{partial.index:02}.bin"
                or partial.index not in election.qualified
                or len(partial.decrypted) != len(opening.input)):
            yield f"{name}: not that of a custodian: custodian {partial.index}"
        opening.partials.append((name, data, partial))
    if len(opening.files.partials) < election.manifest.threshold:
        yield f"writein, contest {opening.contest}: too few partials: custodian"


def check_partials(election, openings, report):
    problems = [p for opening in openings for p in read_partials(election, opening)]
    partials = [(opening, *item) for opening in openings for item in opening.partials]
    report.answer("W3.1", problems, figure(openings, f"{len(partials)} partials"))
    report.stop_if_failed()
    report.answer("W3.2", unsigned(election, "text-partial", partials),
                  figure(openings, f"{len(partials)} signatures"))
    proofs = [(f"{name}: custodian {partial.index}", decryption_equations(
        election.id, opening.mixes[-1][2].rows, partial,
        election.shares[partial.index][opening.slots]))
        for opening, name, _, partial in partials]
    report.answer("W3.3", failing(proofs), figure(openings, f"{len(proofs)} proofs"))


def opened(rows, partials, m):
    """M_{b,k} of every row; the partials are those of t custodians."""
    factors = lagrange([partial.index for partial in partials])
    scalars = [1] + [-factors[partial.index] for partial in partials]
    return [[combine(scalars, [row.T[k]] + [p.decrypted[b][k] for p in partials])
             for k in range(m)] for b, row in enumerate(rows)]


# Texts

def recomputed(election, opening):
    """The report that the record gives."""
    t, omega = election.manifest.threshold, opening.shape.omega
    partials = [partial for _, _, partial in opening.partials][:t]
    marked = sum(counts[omega] for group, counts in zip(election.groups, election.results)
                 if group.contest == opening.contest)
    rows = opened(opening.mixes[-1][2].rows, partials, opening.shape.m)
    return Object(election_id=election.id, contest=opening.contest,
                  **vars(texts.count(rows, marked, election.manifest.min_group)))


def no_more_texts_than_votes(value):
    """Check W4.2."""
    return value.texts <= value.marked


def check_texts(election, openings, report):
    found, problems = [], []
    for opening in openings:
        name = opening.files.texts[0]
        try:
            value = TEXTS.decode(election.record.read(name))
        except DecodeError as error:
            problems.append(f"{name}: {error}: publisher")
            continue
        if (value.election_id, value.contest) != (election.id, opening.contest):
            problems.append(f"{name}: not of this contest: publisher")
        found.append((name, value))
    report.answer("W4.1", problems, figure(openings, f"{len(openings)} reports"))
    report.stop_if_failed()

    expected = [recomputed(election, opening) for opening in openings]
    report.answer("W4.2", [
        f"{name}: ceremony" for (name, _), value in zip(found, expected)
        if not no_more_texts_than_votes(value)],
        figure(openings, f"{sum(value.texts for value in expected)} texts"))
    report.answer("W4.3", [
        f"{name}: publisher" for (name, stated), value in zip(found, expected)
        if TEXTS.write(stated) != TEXTS.write(value)],
        figure(openings, f"{sum(len(value.names) for value in expected)} names"))


def check_writeins(election, report):
    contests = check_placement(election, report)
    openings = [Opening(election, files) for files in contests if files.texts]
    check_mixes(election, openings, report)
    report.stop_if_failed()
    check_partials(election, openings, report)
    report.stop_if_failed()
    check_texts(election, openings, report)
    election.texts = [word(contest.write_in, files)
                      for contest, files in zip(election.manifest.contests, contests)]


def word(policy, files):
    """What the report of a verification says of a contest."""
    if files.texts:
        return "disclosed"
    if policy == SEALED:
        return "reserved" if files.order else "sealed"
    return "count_only" if policy == COUNT_ONLY else "none"
