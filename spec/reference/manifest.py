"""The manifest: encoding, rules of a valid manifest, options, slots (manifest.md)."""

from encoding import (
    ANSWERS, CANDIDACIES, COALITIONS, COMBINATIONS, COMMONS, CONTESTS, CUSTODIANS, FORMULAS,
    HASH, I64, INDEPENDENTS, KEY, LISTS, OPTIONS, PARTIES, STYLES, U8, U32, UNITS, WITNESSES,
    Array, Bool, Enum, List, Object, Option, String, Struct, strictly_increasing, th)

S = String()

ZONE = Struct(name=S, offset_minutes=I64)
PARTY = Struct(short=S, name=S, colour=Array(U8, 3), emblem=Option(HASH), scope=U32)
STYLE = Struct(name=S, contests=List(U32, CONTESTS))
UNIT = Struct(name=S, entity=S, merge_into=Option(U32))
LIST_KEY = Struct(style=U32, unit=U32, small_exception=Bool())
CUSTODIAN = Struct(name=S, designation=S, key=KEY)
OFFICIAL = Struct(name=S, key=KEY)
COALITION = Struct(name=S, parties=List(U32, PARTIES),
                   combinations=List(List(U32, PARTIES), COMBINATIONS))
COMMON = Struct(name=S, parties=List(U32, PARTIES))
HOLDER = Enum(("Party", U32), ("Coalition", U32), ("Common", U32), ("Independent", U32))
FORMULA = Struct(owner=S, substitute=S)
CANDIDACY = Struct(holder=HOLDER, formulas=List(FORMULA, FORMULAS))
OPTION = Enum(("Party", U32), ("Combination", U32, List(U32, PARTIES)), ("Common", U32),
              ("Independent", U32), ("WriteIn",), ("Blank",), ("Null",), ("Answer", U32))
CONTEST = Struct(
    name=S, kind=U32, scope=U32, entity=S, office=S, legend=S, offer_source=S, write_in=U32,
    parties=List(U32, PARTIES), coalitions=List(COALITION, COALITIONS),
    commons=List(COMMON, COMMONS), independents=List(S, INDEPENDENTS), answers=List(S, ANSWERS),
    candidacies=List(CANDIDACY, CANDIDACIES), options=List(OPTION, OPTIONS))
MANIFEST = Struct(
    "EMAN", process=S, title=S, authority=S, template=S, binding=Bool(), pilot=Bool(),
    test=Bool(), max_voters=U32, official_zone=ZONE, governing_zone=ZONE,
    calendar=Array(I64, 15), sites=Array(S, 2), policies=Array(U32, 12), min_group=U32,
    text_points=U32, parties=List(PARTY, PARTIES), contests=List(CONTEST, CONTESTS),
    styles=List(STYLE, STYLES), units=List(UNIT, UNITS), lists=List(LIST_KEY, LISTS),
    threshold=U32, minimum_custodians=U32, credential_mixes=U32, few_mixes=Bool(),
    custodians=List(CUSTODIAN, CUSTODIANS), registrar=OFFICIAL, server=OFFICIAL, log=OFFICIAL,
    witnesses=List(OFFICIAL, WITNESSES), witness_quorum=U32, client_hash=Option(HASH))

CALENDAR = ("simulacro_start simulacro_end formats_approved custodians_designated "
            "roll_delivered offer_ratified roll_loaded addenda accounts_sent preparation "
            "contact_updates_until voting_start board_installed voting_close "
            "reception_end").split()
POLICIES = [(0, 2), (0, 1), (0, 1), (0, 240), (1, 240), (0, 2), (0, 1), (0, 2), (0, 1), (0, 2),
            (0, 0), (0, 2)]
BLANK_VOTE, INVALID_COMBINATION, CLOSE_MODE, GRACE_MINUTES = range(4)
OWN_LINE, IMMEDIATE, CONSULTATION = 2, 1, 3
COUNT_ONLY, SEALED, DISCLOSE = 1, 2, 3  # of write_in; 0 is none


class Shape:
    """What the length of a ballot depends on."""

    def __init__(self, options, text_points, omega):
        self.N, self.m, self.omega = options, text_points, omega
        self.nu = (options - 1).bit_length()


class Manifest(Object):
    """A decoded manifest and what follows from it."""

    def __init__(self, data):
        super().__init__(**vars(MANIFEST.decode(data)))
        self.hash = th("manifest", data)

    def time(self, name):
        return self.calendar[CALENDAR.index(name)]

    @property
    def option_slots(self):
        return max(len(contest.options) for contest in self.contests)

    @property
    def text_slots(self):
        return self.text_points if any(c.write_in >= SEALED for c in self.contests) else 0

    @property
    def slots(self):
        return self.option_slots + self.text_slots

    def shape(self, contest):
        options = self.contests[contest].options
        sealed = self.contests[contest].write_in >= SEALED
        omega = options.index(("WriteIn",)) if ("WriteIn",) in options else None
        return Shape(len(options), self.text_slots if sealed else 0, omega)

    def list_index(self, style, unit):
        for i, key in enumerate(self.lists):
            if (key.style, key.unit) == (style, unit):
                return i
        return None

    def holds(self, style, contest):
        return contest in self.styles[style].contests


# Rules (check M1.2)

def rule_problems(m):
    """The numbers and texts of the rules that a manifest breaks."""
    rules = [_not_empty, _kinds, _numbers, _zones, _calendar, _policies, _parties, _contests,
             _styles, _units, _lists, _custodians, _keys, _log_names]
    return [problem for rule in rules for problem in rule(m)]


def _broken(number, text, good):
    return [] if good else [f"rule {number}: {text}"]


def _not_empty(m):
    texts = [m.process, m.title, m.authority, m.template, *m.sites, m.official_zone.name,
             m.governing_zone.name]
    texts += [text for p in m.parties for text in (p.short, p.name)]
    for c in m.contests:
        texts += [c.name, c.entity, c.office, c.legend, c.offer_source, *c.independents,
                  *c.answers]
        texts += [group.name for group in c.coalitions + c.commons]
        texts += [f.owner for candidacy in c.candidacies for f in candidacy.formulas]
    texts += [style.name for style in m.styles]
    texts += [text for unit in m.units for text in (unit.name, unit.entity)]
    texts += [o.name for o in [*m.custodians, m.registrar, m.server, m.log, *m.witnesses]]
    return _broken(1, "a text is empty", all(texts))


def _kinds(m):
    return _broken(2, "both test and binding", not (m.test and m.binding))


def _numbers(m):
    return _broken(3, "max_voters, min_group or text_points",
                   1 <= m.max_voters <= 16_777_216 and m.min_group >= 1 and m.text_points <= 8)


def _zones(m):
    zones = (m.official_zone, m.governing_zone)
    return _broken(4, "zone offset", all(-840 <= z.offset_minutes <= 840 for z in zones))


def _calendar(m):
    t = dict(zip(CALENDAR, m.calendar))
    ordered = [
        ("simulacro_start", "simulacro_end"), ("simulacro_end", "preparation"),
        ("formats_approved", "preparation"), ("custodians_designated", "preparation"),
        ("offer_ratified", "preparation"), ("roll_delivered", "roll_loaded"),
        ("roll_loaded", "addenda"), ("addenda", "preparation"),
        ("accounts_sent", "voting_start"), ("preparation", "voting_start"),
        ("voting_close", "reception_end"), ("contact_updates_until", "voting_close"),
        ("board_installed", "reception_end")]
    problems = [p for a, b in ordered for p in _broken(5, f"{a} after {b}", t[a] <= t[b])]
    problems += _broken(5, "voting is not a span of time", t["voting_start"] < t["voting_close"])
    grace = 0 if m.policies[CLOSE_MODE] == IMMEDIATE else 60 * m.policies[GRACE_MINUTES]
    return problems + _broken(5, "reception ends too late",
                              t["reception_end"] - t["voting_close"] <= grace)


def _policies(m):
    good = all(low <= value <= high for value, (low, high) in zip(m.policies, POLICIES))
    return _broken(6, "a policy is out of range", good)


def _distinct(items):
    return len(set(items)) == len(items)


def _parties(m):
    good = (_distinct([p.short for p in m.parties]) and _distinct([p.name for p in m.parties])
            and all(p.scope <= 1 for p in m.parties))
    local = all(m.parties[p].scope == 0 or c.scope == 1
                for c in m.contests for p in c.parties if p < len(m.parties))
    return (_broken(7, "parties not distinct, or scope", good)
            + _broken(7, "a local party in a federal contest", local))


def _contests(m):
    good = 1 <= len(m.contests) and _distinct([c.name for c in m.contests])
    problems = _broken(8, "no contest, or names not distinct", good)
    for number, c in enumerate(m.contests):
        problems += [f"contest {number}: {p}" for p in _contest(m, c)]
    return problems


def _contest(m, c):
    problems = _broken(8, "kind, scope or write_in",
                       c.kind <= 4 and c.scope <= 1 and c.write_in <= 3)
    problems += _broken(8, "no text points", c.write_in < SEALED or m.text_points >= 1)
    problems += _broken(9, "parties", strictly_increasing(c.parties)
                        and all(p < len(m.parties) for p in c.parties))
    if c.kind == CONSULTATION:
        none = not (c.parties or c.coalitions or c.commons or c.independents or c.candidacies)
        problems += _broken(9, "consultation", none and c.write_in == 0
                            and len(c.answers) >= 1 and _distinct(c.answers))
    else:
        problems += _broken(9, "answers", not c.answers)
    problems += _groups(10, c, c.coalitions)
    for coalition in c.coalitions:
        problems += _broken(10, "combinations", _good_combinations(coalition))
    problems += _groups(11, c, c.commons)
    joined = [p for group in c.coalitions + c.commons for p in group.parties]
    problems += _broken(10, "a party in two groups", _distinct(joined))
    problems += _broken(12, "independents not distinct", _distinct(c.independents))
    holders = [("Party", p) for p in c.parties if p not in joined]
    holders += [("Coalition", i) for i in range(len(c.coalitions))]
    holders += [("Common", i) for i in range(len(c.commons))]
    holders += [("Independent", i) for i in range(len(c.independents))]
    problems += _broken(13, "candidacies", [k.holder for k in c.candidacies] == holders
                        and all(k.formulas for k in c.candidacies))
    return problems + _broken(14, "number of options", 2 <= len(c.options) <= 255)


def _groups(number, c, groups):
    good = all(len(g.parties) >= 2 and strictly_increasing(g.parties)
               and all(p in c.parties for p in g.parties) for g in groups)
    firsts = [g.parties[0] for g in groups if g.parties]
    return _broken(number, "parties of a group", good and strictly_increasing(firsts))


def _good_combinations(coalition):
    sets = coalition.combinations
    return strictly_increasing([(-len(s), s) for s in sets]) and all(
        len(s) >= 2 and strictly_increasing(s) and set(s) <= set(coalition.parties)
        for s in sets)


def _styles(m):
    good = len(m.styles) >= 1 and _distinct([s.name for s in m.styles]) and all(
        s.contests and strictly_increasing(s.contests) and s.contests[-1] < len(m.contests)
        for s in m.styles)
    held = {c for s in m.styles for c in s.contests}
    listed = {key.style for key in m.lists}
    return (_broken(15, "styles", good)
            + _broken(15, "a contest in no style", held >= set(range(len(m.contests))))
            + _broken(15, "a style in no list", listed >= set(range(len(m.styles)))))


def _units(m):
    good = len(m.units) >= 1 and _distinct([u.name for u in m.units]) and all(
        (u.merge_into is None) if i == 0 else (u.merge_into is not None and u.merge_into < i)
        for i, u in enumerate(m.units))
    return _broken(16, "units", good)


def _lists(m):
    keys = [(k.style, k.unit) for k in m.lists]
    good = len(keys) >= 1 and strictly_increasing(keys) and all(
        style < len(m.styles) and unit < len(m.units) for style, unit in keys)
    return _broken(17, "lists", good)


def _custodians(m):
    good = 1 <= m.threshold <= m.minimum_custodians <= len(m.custodians) <= 16
    mixes = m.credential_mixes
    return (_broken(18, "threshold, minimum or number of custodians", good)
            + _broken(18, "more mixes than custodians", mixes <= len(m.custodians))
            + _broken(18, "fewer mixes than t", mixes >= m.threshold or m.few_mixes))


def _keys(m):
    keys = [o.key for o in [*m.custodians, m.registrar, m.server, m.log, *m.witnesses]]
    good = (_distinct(keys) and _distinct([c.name for c in m.custodians])
            and _distinct([w.name for w in m.witnesses])
            and (m.witness_quorum == 0
                 or len(m.witnesses) < 2 * m.witness_quorum <= 2 * len(m.witnesses)))
    return _broken(19, "keys, names or quorum", good)


def _log_names(m):
    names = [o.name for o in [m.log, *m.witnesses]]
    good = all(n and "+" not in n and not any(c.isspace() for c in n) for n in names)
    return _broken(20, "a name of the log or of a witness", good)


# Options (check M1.3)

def derived_options(m, contest):
    """The list that `Contest.options` must equal."""
    first_of_common = {common.parties[0]: i for i, common in enumerate(contest.commons)}
    in_common = {p for common in contest.commons for p in common.parties}
    options = []
    for party in contest.parties:
        if party not in in_common:
            options.append(("Party", party))
        elif party in first_of_common:
            options.append(("Common", first_of_common[party]))
    for i, coalition in enumerate(contest.coalitions):
        sets = sorted(coalition.combinations, key=lambda s: (-len(s), s))
        options += [("Combination", i, tuple(s)) for s in sets]
    options += [("Independent", i) for i in range(len(contest.independents))]
    options += [("Answer", i) for i in range(len(contest.answers))]
    options += [("WriteIn",)] * (contest.write_in != 0)
    options += [("Blank",)] * (m.policies[BLANK_VOTE] == OWN_LINE)
    return options + [("Null",)]


REFUSED = "refused"


def resolve(m, contest, marks, confirmed=False):
    """The option that a set of marked spaces gives, or REFUSED.

    A space is written as the option that it gives alone.
    """
    marks = set(marks)
    if not all(mark in contest.options and mark[0] not in ("Combination", "Blank")
               for mark in marks):
        return REFUSED
    if not marks:
        blank = m.policies[BLANK_VOTE]
        return (REFUSED, ("Null",), ("Blank",))[blank if confirmed else 0]
    if len(marks) == 1:
        return marks.pop()
    if all(mark[0] == "Party" for mark in marks):
        wanted = tuple(sorted(mark[1] for mark in marks))
        for option in contest.options:
            if option[0] == "Combination" and option[2] == wanted:
                return option
    allowed = m.policies[INVALID_COMBINATION] == 1 and confirmed
    return ("Null",) if allowed else REFUSED
