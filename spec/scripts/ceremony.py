"""The key ceremony: judging, what a complaint reveals, and what the commitments are for.

A toy of `keygen.md` with its three rounds. Signatures and proofs of possession are
left out (a message is by whom it says; `keys.py` has the proofs); what a custodian
saw, the ciphertexts of shares and the complaints are as specified.
"""

import hashlib
import itertools
import random

from toy import LARGE, Group, Point, Transcript, seeded

N, T, SLOTS = 5, 3, 2
GROUP = Group(LARGE)
Q = GROUP.q


def digest(*parts):
    def flat(value):
        if isinstance(value, Point):
            return value.value
        if isinstance(value, dict):
            return [(k, flat(v)) for k, v in sorted(value.items())]
        if isinstance(value, (list, tuple)):
            return [flat(v) for v in value]
        return value
    return hashlib.sha256(repr(flat(parts)).encode()).hexdigest()


def pad(key, count):
    return [int(digest("pad", key, j), 16) % Q for j in range(count)]


def seal(key, values):
    return [(v + p) % Q for v, p in zip(values, pad(key, len(values)))], digest("tag", key, values)


def open_sealed(key, sealed):
    values = [(v - p) % Q for v, p in zip(sealed[0], pad(key, len(sealed[0])))]
    return values if digest("tag", key, values) == sealed[1] else None


def pair_key(i, l, Ei, El, Z):
    return digest("pair", i, l, Ei, El, Z)


def complaint_challenge(l, i, El, Ei, Z, R1, R2):
    ch = Transcript(GROUP, "complaint", f"setup/{l}/{i}")
    for label, point in (("A", El), ("D", Ei), ("Z", Z), ("R1", R1), ("R2", R2)):
        ch.append(label, point)
    return ch.challenge("c")


def good_share(commitments, l, values):
    return values is not None and len(values) == SLOTS and all(
        v * GROUP.G == GROUP.sum(pow(l, c, Q) * F for c, F in enumerate(slot))
        for v, slot in zip(values, commitments))


class Custodian:
    def __init__(self, index, rng):
        self.index, self.rng = index, rng
        self.e = rng.randrange(1, Q)
        self.f = [[rng.randrange(1, Q) for _ in range(T)] for _ in range(SLOTS)]
        self.F = [[a * GROUP.G for a in slot] for slot in self.f]

    def share(self, l):
        return [sum(a * pow(l, c, Q) for c, a in enumerate(slot)) % Q for slot in self.f]

    def round1(self):
        return {"E": self.e * GROUP.G, "opening": digest(self.index, self.F)}

    def round2(self, table1):
        E, shares = self.e * GROUP.G, {}
        for l, message in table1.items():
            if l != self.index:
                key = pair_key(self.index, l, E, message["E"], self.e * message["E"])
                shares[l] = seal(key, self.share(l))
        return {"table": digest(table1), "F": self.F, "shares": shares}

    def complain(self, i, Ei):
        Z, k = self.e * Ei, self.rng.randrange(Q)
        R1, R2 = k * GROUP.G, k * Ei
        c = complaint_challenge(self.index, i, self.e * GROUP.G, Ei, Z, R1, R2)
        return {"Z": Z, "proof": (R1, R2, (k + c * self.e) % Q)}

    def verdict(self, table1, table2):
        complaints, E = {}, self.e * GROUP.G
        for i, message in table2.items():
            if i == self.index or i not in table1 or not good_opening(i, table1, message):
                continue
            Ei = table1[i]["E"]
            key = pair_key(i, self.index, Ei, E, self.e * Ei)
            if not good_share(message["F"], self.index, open_sealed(key, message["shares"][self.index])):
                complaints[i] = self.complain(i, Ei)
        return {"table": digest(table1, table2), "complaints": complaints}


def good_opening(i, round1, message):
    return (digest(i, message["F"]) == round1[i]["opening"]
            and [len(slot) for slot in message["F"]] == [T] * SLOTS
            and set(message["shares"]) == set(round1) - {i})


def upheld(l, i, complaint, round1, round2):
    El, Ei, Z = round1[l]["E"], round1[i]["E"], complaint["Z"]
    R1, R2, z = complaint["proof"]
    c = complaint_challenge(l, i, El, Ei, Z, R1, R2)
    if z * GROUP.G != R1 + c * El or z * Ei != R2 + c * Z:
        return False
    opened = open_sealed(pair_key(i, l, Ei, El, Z), round2[i]["shares"][l])
    return not good_share(round2[i]["F"], l, opened)


def judge(round1, round2, verdicts, tables=True):
    """index -> reason. `tables=False` is a ceremony whose messages name no table."""
    if tables:
        round2 = {i: m for i, m in round2.items() if m["table"] == digest(round1)}
        verdicts = {l: m for l, m in verdicts.items() if m["table"] == digest(round1, round2)}
    opened = {i for i in round2 if i in round1 and good_opening(i, round1, round2[i])}
    convicted, liars = set(), set()
    for l, message in verdicts.items():
        for i, complaint in message["complaints"].items():
            if l in opened and i in opened and upheld(l, i, complaint, round1, round2):
                convicted.add(i)
            else:
                liars.add(l)
    out = {}
    for i in range(1, N + 1):
        for reason, applies in enumerate((i not in round1, i not in round2, i not in opened,
                                          i in convicted, i in liars, i not in verdicts)):
            if applies:
                out[i] = reason
                break
    return out


def people(rng):
    return {i: Custodian(i, rng) for i in range(1, N + 1)}


def run(custodians):
    round1 = {i: c.round1() for i, c in custodians.items()}
    round2 = {i: c.round2(round1) for i, c in custodians.items()}
    verdicts = {i: c.verdict(round1, round2) for i, c in custodians.items()}
    return round1, round2, verdicts


def check_honest_ceremony():
    custodians = people(seeded("ceremony"))
    assert judge(*run(custodians)) == {}
    for j in range(SLOTS):
        K = GROUP.sum(c.F[j][0] for c in custodians.values())
        x = {l: sum(c.share(l)[j] for c in custodians.values()) % Q for l in custodians}
        for l in custodians:
            assert x[l] * GROUP.G == GROUP.sum(
                pow(l, c, Q) * F for i in custodians for c, F in enumerate(custodians[i].F[j]))
        for L in itertools.combinations(custodians, T):
            secret = 0
            for l in L:
                weight = x[l]
                for i in L:
                    if i != l:
                        weight = weight * i * GROUP.inverse(i - l) % Q
                secret += weight
            assert secret * GROUP.G == K
    return "nobody excluded, every triple has the key of every slot"


def check_judging():
    """Each reason, by one who earns it."""
    seen = {}
    for reason in range(6):
        custodians = people(seeded(f"judge/{reason}"))
        round1 = {i: c.round1() for i, c in custodians.items()}
        if reason == 0:
            del round1[2]
            custodians.pop(2)
        if reason == 2:
            round1[2]["opening"] = digest("something else")
        round2 = {i: c.round2(round1) for i, c in custodians.items()}
        if reason == 1:
            del round2[2]
        if reason == 3:
            key = pair_key(2, 4, round1[2]["E"], round1[4]["E"], custodians[2].e * round1[4]["E"])
            round2[2]["shares"][4] = seal(key, [v + 1 for v in custodians[2].share(4)])
        verdicts = {i: c.verdict(round1, round2) for i, c in custodians.items()}
        if reason == 4:
            verdicts[2]["complaints"][1] = custodians[2].complain(1, round1[1]["E"])
        if reason == 5:
            del verdicts[2]
        seen[reason] = judge(round1, round2, verdicts)
        assert seen[reason] == {2: reason}, seen[reason]
    # A complaint whose Z is not the right one convicts the accuser, whatever it opens to.
    custodians = people(seeded("judge/forged"))
    round1, round2, verdicts = run(custodians)
    accuser, Ei, k = custodians[2], round1[1]["E"], 99
    El, wrong, R1, R2 = accuser.e * GROUP.G, accuser.e * Ei + GROUP.G, k * GROUP.G, k * Ei
    c = complaint_challenge(2, 1, El, Ei, wrong, R1, R2)
    proof = (R1, R2, (k + c * accuser.e) % Q)  # right for the accuser's own key, not for Z
    verdicts[2]["complaints"][1] = {"Z": wrong, "proof": proof}
    assert judge(round1, round2, verdicts) == {2: 4}
    return "reasons 0 to 5, and a forged key"


def check_equivocation_convicts_the_honest_without_tables():
    """Why Round2 and Verdict name the table that their author saw."""
    figures = []
    for name, honest, culprit in (("two round-1 messages", 1, 5), ("two round-2 messages", 1, 5),
                                  ("a late round-1 message", 1, 5)):
        custodians = people(seeded("equivocation"))
        round1 = {i: c.round1() for i, c in custodians.items()}
        shown1 = dict(round1)  # what the honest one is shown in round 1
        if name == "two round-1 messages":
            shown1[culprit] = Custodian(culprit, seeded("other self")).round1()
        if name == "a late round-1 message":
            del shown1[culprit]
        round2 = {i: c.round2(shown1 if i == honest else round1) for i, c in custodians.items()}
        shown2 = dict(round2)
        if name == "two round-2 messages":
            other = dict(round2[culprit]["shares"])
            other[honest] = seal("no key", [1, 2])
            shown2[culprit] = dict(round2[culprit], shares=other)
        verdicts = {i: c.verdict(shown1 if i == honest else round1,
                                 shown2 if i == honest else round2) for i, c in custodians.items()}
        without, with_tables = (judge(round1, round2, verdicts, tables) for tables in (False, True))
        assert without.get(honest) in (2, 3, 4), "the attack must work"
        assert with_tables.get(honest) in (1, 5), "absence, not fault"
        figures.append(f"{name}: reason {without[honest]}, with tables {with_tables[honest]}")
    return "; ".join(figures)


def check_no_honest_custodian_is_convicted():
    """Random liars, who also choose what each honest custodian is shown: with tables, an
    honest custodian is at worst absent, and those that stay hold shares that fit."""
    rng, excluded, absent = seeded("liars"), 0, 0
    for _ in range(150):
        custodians = people(rng)
        liars = set(rng.sample(range(1, N + 1), rng.choice((1, 2))))
        honest = set(custodians) - liars
        alias = {i: Custodian(i, rng) for i in liars}
        round1 = {i: c.round1() for i, c in custodians.items()}
        views1 = {}
        for l in custodians:
            views1[l] = dict(round1)
            for i in liars:
                if rng.random() < 0.1:
                    views1[l][i] = alias[i].round1()
        round2 = {i: c.round2(views1[i] if i in honest else round1) for i, c in custodians.items()}
        for i in liars:
            for l in set(custodians) - {i}:
                if rng.random() < 0.2:
                    round2[i]["shares"][l] = seal(
                        pair_key(i, l, round1[i]["E"], round1[l]["E"], custodians[i].e * round1[l]["E"]),
                        [rng.randrange(Q) for _ in range(SLOTS)])
            if rng.random() < 0.1:
                round2[i]["F"] = alias[i].F
        verdicts = {}
        for l, c in custodians.items():
            view = {i: m for i, m in round2.items() if m["table"] == digest(views1[l])}
            verdicts[l] = c.verdict(views1[l], view)
        for l in liars:
            for i in set(custodians) - {l}:
                if rng.random() < 0.3:
                    verdicts[l]["complaints"][i] = rng.choice((custodians, alias))[l].complain(i, round1[i]["E"])
        out = judge(round1, round2, verdicts)
        assert all(out[i] in (1, 5) for i in honest & set(out)), out
        excluded += len(liars & set(out))
        absent += len(honest & set(out))
        taken = set(custodians) - set(out)
        for l in honest & taken:
            for i in taken - {l}:
                opened = open_sealed(pair_key(i, l, round1[i]["E"], round1[l]["E"],
                                              custodians[l].e * round1[i]["E"]), round2[i]["shares"][l])
                assert good_share(round2[i]["F"], l, opened)
    assert excluded > 50, "the liars must have lied"
    return f"150 ceremonies: {excluded} liars excluded, {absent} honest absent, none convicted"


def check_what_a_complaint_reveals():
    """The opened pairwise key opens the two ciphertexts between the two, and no other."""
    custodians = people(seeded("reveal"))
    round1, round2, _ = run(custodians)
    Z = custodians[4].complain(2, round1[2]["E"])["Z"]
    opened = set()
    for i in round2:
        for l, sealed in round2[i]["shares"].items():
            for Ei, El in itertools.permutations([m["E"] for m in round1.values()], 2):
                if open_sealed(pair_key(i, l, Ei, El, Z), sealed) is not None:
                    opened.add((i, l))
    assert opened == {(2, 4), (4, 2)}
    return "2 of 20 ciphertexts"


def check_few_shares_say_nothing():
    """Every t-1 shares occur equally often with every secret (all polynomials counted)."""
    q, t, count = 7, 3, {}
    for f in itertools.product(range(q), repeat=t):
        shares = tuple(sum(a * l**c for c, a in enumerate(f)) % q for l in (2, 5))
        count.setdefault(shares, {}).setdefault(f[0], 0)
        count[shares][f[0]] += 1
    assert len(count) == q ** (t - 1)
    assert all(set(by.values()) == {1} and len(by) == q for by in count.values())
    return f"{q**t} polynomials"


def check_last_speaker():
    """Without the commitment the last speaker chooses the key (here: its last byte); with
    it, b custodians choose among at most 2^b."""
    rng = random.Random(1)
    others = GROUP.sum(rng.randrange(Q) * GROUP.G for _ in range(4))
    tries = next(a for a in range(1, 100000) if (others + a * GROUP.G).value % 256 == 0)
    assert (others + tries * GROUP.G).value % 256 == 0
    fixed = [rng.randrange(Q) * GROUP.G for _ in range(2)]
    keys = {(others + GROUP.sum(kept)).value
            for size in range(3) for kept in itertools.combinations(fixed, size)}
    assert len(keys) <= 2 ** len(fixed)
    return f"without: any key, after {tries} tries; with: {len(keys)} keys for b = 2"


CHECKS = [check_honest_ceremony, check_judging, check_equivocation_convicts_the_honest_without_tables,
          check_no_honest_custodian_is_convicted, check_what_a_complaint_reveals,
          check_few_shares_say_nothing, check_last_speaker]
