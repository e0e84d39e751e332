"""Whole records: valid ones, and one broken for each check."""

import copy
import os
import tempfile
import unittest

import setup_path  # noqa: F401
import board
import verify
from encoding import Object
from make_record import END, Maker
from ristretto import G, H, ZERO


def verdict(files, jobs=1):
    """The election and the report on files that are written to a folder."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        return verify.verify(folder, jobs)


_cache, _before = {}, {}
SMALL = {"ballots_cast": 9, "min_group": 3}
STAGE_OF = [
    ("manifest", "manifest"), ("options", "manifest"), ("roll", "roll"),
    ("registrar half", "credentials"), ("server half", "credentials"),
    ("credential mix", "mixes"), ("lists", "mixes"),
    ("ceremony", "keys"), ("keygen", "keys"), ("certificates", "keys"), ("trial", "keys"),
    ("seal", "seal"), ("ballot", "ballots"), ("signed ballot", "ballots"), ("epochs", "board"),
    ("note", "board"), ("participation", "participation"), ("aggregates", "tally"),
    ("partial", "tally"), ("results", "tally"), ("acta", "actas"), ("receipts", "receipts")]


def base(**options):
    """A valid record; made once for each choice of options."""
    key = tuple(sorted(options.items()))
    if key not in _cache:
        _cache[key] = Maker(**{**SMALL, **options}).make()
    return _cache[key]


def maker_before(stage):
    """A maker that has made the valid record up to a stage."""
    if not _before:
        maker = Maker(**SMALL)
        for name in Maker.STAGES:
            _before[name] = copy.deepcopy(maker)
            maker.make([name])
    return copy.deepcopy(_before[stage])


def broken(stage, hook):
    """The files of a record whose maker follows the protocol except in one place.

    Only the files of that stage are made anew (for ballots, the board's too): what
    comes before and after is of the valid record, and the checks of the stage come
    before those of later files. A maker may stumble over what it broke.
    """
    first = next(name for prefix, name in STAGE_OF if stage.startswith(prefix))
    maker = maker_before(first)
    maker.hooks = {stage: hook}
    try:
        maker.make([first, "board"] if first == "ballots" else [first])
    except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        pass
    return resummed({**base().files, **maker.files})


def resummed(files):
    """The files with check sums that fit, so that only the change itself shows."""
    maker = Maker()
    maker.files = dict(files)
    maker.make_sums()
    return maker.files


class Valid(unittest.TestCase):
    def check(self, maker, jobs=1):
        election, report = verdict(maker.files, jobs)
        self.assertIsNone(report.first_failure, list(report.answers.items())[-1])
        self.assertEqual(election.id, maker.id)
        self.assertEqual(len(report.answers), len(verify.CHECKS))
        return election

    def test_simple(self):
        election = self.check(base())
        self.assertEqual(sum(election.results[0]), 9)
        self.assertEqual(len(election.checkpoints), 3)

    def test_two_contests_and_each_exclusion(self):
        for variant in ("absent", "bad share", "false complaint"):
            with self.subTest(variant):
                election = self.check(base(contests=2, excluded=variant))
                self.assertEqual(election.qualified, [1, 2])

    def test_one_of_one_and_no_merging(self):
        maker = base(custodians=1, threshold=1, min_group=1)
        election = self.check(maker)
        self.assertEqual([group.unit for group in election.groups], [0, 1])
        self.assertEqual([group.units for group in election.groups], [[0, 2], [1]])

    def test_processes(self):
        self.check(base(ballots_cast=40), jobs=2)

    def test_no_ballots(self):
        maker = Maker(hooks={"ballots": list.clear, "note 0": lambda note: setattr(
            note, "time", END)}).make()
        self.assertEqual(len(self.check(maker).checkpoints), 1)

    def test_the_seed_decides(self):
        self.assertEqual(Maker(**SMALL).make().files, base().files)


class EveryFile(unittest.TestCase):
    """One changed byte, a missing file, a byte too many, a file too many."""

    def test_each_file_changed(self):
        maker = base()
        for name, data in maker.files.items():
            changed = bytearray(data)
            changed[len(data) // 3] ^= 4
            with self.subTest(name=name):
                files = {**maker.files, name: bytes(changed)}
                if name != "SHA256SUMS":
                    files = resummed(files)
                self.assertIsNotNone(verdict(files)[1].first_failure)

    def test_each_file_longer_and_shorter(self):
        maker = base()
        for name, data in maker.files.items():
            for changed in (data + b"\0", data[:-1]):
                with self.subTest(name=name, length=len(changed)):
                    files = {**maker.files, name: changed}
                    if name != "SHA256SUMS":
                        files = resummed(files)
                    self.assertIsNotNone(verdict(files)[1].first_failure)

    def test_each_file_missing(self):
        maker = base()
        expected = {"board/checkpoints/000000": "B1.1", "board/checkpoints/000001": "B1.1",
                    "board/checkpoints/000002": "B1.2", "acta/contest-000.bin": "A1.1",
                    "board/tile/entries/000.p/9": "B1.2",
                    "credentials/mix-01.bin": "C4.1", "credentials/mix-02.bin": "C4.1"}
        for name in maker.files:
            files = resummed({n: d for n, d in maker.files.items() if n != name})
            if name == "SHA256SUMS":
                del files[name]
            first = verdict(files)[1].first_failure
            with self.subTest(name=name):
                if name.startswith("tally/partial"):
                    continue  # two of three are enough
                self.assertEqual(first, expected.get(name, "R1.1"))

    def test_too_few_partials(self):
        maker = base()
        files = {n: d for n, d in maker.files.items()
                 if n not in ("tally/partial-01.bin", "tally/partial-03.bin")}
        self.assertEqual(verdict(resummed(files))[1].first_failure, "T2.4")

    def test_names(self):
        maker = base()
        for name, code in (("notes.txt", "R1.1"), ("tally/partial-4.bin", "R1.1"),
                           ("acta/contest-000.bin~", "R1.1"), ("board/tile/0/000", "R1.1"),
                           ("acta/contest-001.bin", "A1.1"), ("tally/partial-04.bin", "T2.1"),
                           ("credentials/mix-03.bin", "C4.1"), ("credentials/mix-1.bin", "R1.1"),
                           ("writein/mix-000-1.bin", "R1.1"), ("writein/a.bin", "R1.1"),
                           ("writein/order-0000.bin", "R1.1"),
                           ("board/tile/entries/001", "B1.2"),
                           ("board/tile/entries/any/thing", "B1.2"),
                           ("board/checkpoints/000003", "B1.1")):
            files = resummed({**maker.files, name: b""})
            with self.subTest(name=name):
                self.assertEqual(verdict(files)[1].first_failure, code)

    def test_links_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            base().write(folder)
            os.makedirs(os.path.join(folder, "empty"))
            self.assertIsNone(verify.verify(folder)[1].first_failure)
            path = os.path.join(folder, "roll.bin")
            os.rename(path, path + ".moved")
            os.symlink(path + ".moved", path)
            self.assertEqual(verify.verify(folder)[1].first_failure, "R1.1")

    def test_check_sums(self):
        maker = base()
        sums = maker.files["SHA256SUMS"]
        lines = sums.splitlines(keepends=True)
        for bad in (sums.upper(), b"".join(reversed(lines)), b"".join(lines[1:]),
                    sums.replace(b"  ", b" *")):
            self.assertEqual(verdict({**maker.files, "SHA256SUMS": bad})[1].first_failure, "S1.1")


def set_to(**changes):
    """A hook that sets attributes."""
    def hook(value):
        for name, new in changes.items():
            setattr(value, name, new)
    return hook


def change(get, alter):
    """A hook that alters what `get` finds in the object."""
    return lambda value: alter(get(value))


def flipped(data):
    return bytes([data[0] ^ 1]) + data[1:]


class OnlyOnce:
    """Applies a hook to the n-th object of a stage only."""

    def __init__(self, n, hook):
        self.left, self.hook = n, hook

    def __call__(self, value):
        if self.left == 0:
            self.hook(value)
        self.left -= 1


def swap_first(items):
    items[0], items[1] = items[1], items[0]


def bump(attribute, by=1):
    return lambda value: setattr(value, attribute, getattr(value, attribute) + by)


def bump_item(items, place=0, by=1):
    items[place] += by


def bump_proof(name, by=1):
    def hook(ballot):
        setattr(ballot.proof, name, getattr(ballot.proof, name) + by)
    return hook


def bump_proof_point(name):
    def hook(ballot):
        setattr(ballot.proof, name, getattr(ballot.proof, name) + H)
    return hook


def no_ballots_above(epochs):
    """One early epoch with the highest hashes: too few are left waiting."""
    entries = sorted((e for epoch in epochs for e in epoch), key=board.leaf_hash)
    epochs[:] = [entries[1:], entries[:1]]


def accused(by, dealer, *excluded):
    """A complaint without a good proof; `excluded` is what the ceremony then lists."""
    def hook(ceremony):
        proof = Object(R1=G, R2=G, z=1)
        verdict = ceremony.verdicts[by - 1]
        verdict.complaints = [Object(dealer=dealer, shared=G, proof=proof)]
        ceremony.excluded = [Object(index=index, reason=reason) for index, reason in excluded]
    return hook


def accused_without_opening(ceremony):
    accused(1, 3, (1, 4), (3, 1))(ceremony)
    ceremony.round2.pop()


# A stage, how it is broken, and the first check that must say so.
BROKEN = [
    ("manifest", set_to(title=""), "M1.2"),
    ("manifest", set_to(threshold=0), "M1.2"),
    ("manifest", set_to(threshold=4), "M1.2"),
    ("manifest", set_to(witness_quorum=1), "M1.2"),
    ("manifest", set_to(witness_quorum=3), "M1.2"),
    ("manifest", set_to(binding=True), "M1.2"),
    ("manifest", set_to(credential_mixes=1), "M1.2"),
    ("manifest", set_to(credential_mixes=4, few_mixes=True), "M1.2"),
    ("manifest", change(lambda m: m.units, lambda u: setattr(u[1], "merge_into", 1)), "M1.2"),
    ("manifest", change(lambda m: m.units, lambda u: setattr(u[0], "merge_into", 0)), "M1.2"),
    ("manifest", change(lambda m: m.policies, lambda p: bump_item(p, 10)), "M1.2"),
    ("manifest", change(lambda m: m.calendar, lambda c: bump_item(c, 14)), "M1.2"),
    ("manifest", change(lambda m: m.lists, swap_first), "M1.2"),
    ("manifest", change(lambda m: m.contests[0].coalitions[0].combinations, swap_first), "M1.2"),
    ("manifest", change(lambda m: m.contests[0].candidacies, swap_first), "M1.2"),
    ("manifest", change(lambda m: m.custodians, lambda c: setattr(c[0], "key", c[1].key)),
     "M1.2"),
    ("manifest", change(lambda m: m.custodians, lambda c: setattr(c[0], "key", bytes(32))),
     "M1.1"),
    ("manifest", change(lambda m: m.log, set_to(name="a b")), "M1.2"),
    ("manifest", change(lambda m: m.log, set_to(name="a\u2003b")), "M1.2"),
    ("options", change(lambda m: m.contests[0].options, swap_first), "M1.3"),
    ("options", change(lambda m: m.contests[0].options, lambda o: o.pop(6)), "M1.3"),
    ("roll", set_to(manifest_hash=bytes(32)), "L1.2"),
    ("roll", change(lambda r: r.versions[1], set_to(chain=bytes(32))), "L1.3"),
    ("roll", change(lambda r: r.counts, lambda c: bump_item(c, 0)), "L1.3"),
    ("registrar half before proof", set_to(role=1), "C1.2"),
    ("registrar half before proof", change(lambda h: h.lists[0], list.pop), "C1.2"),
    ("registrar half", change(lambda h: h.possession, bump("z")), "C1.3"),
    ("registrar half", change(lambda h: h.lists[0], swap_first), "C1.3"),
    ("server half", change(lambda h: h.possession, bump("z")), "C2.3"),
    ("lists", set_to(mixes=1), "C5.1"),
    ("lists", set_to(roll_id=bytes(32)), "C5.1"),
    ("lists", change(lambda l: l.lists, list.pop), "C5.1"),
    ("lists", change(lambda l: l.lists[0], set_to(base=H)), "C5.2"),
    ("lists", change(lambda l: l.lists[0].keys, list.pop), "C5.2"),
    ("lists", change(lambda l: l.lists[0].keys, swap_first), "C5.1"),
    ("ceremony", change(lambda c: c.round1[0].possession, bump("z")), "K1.4"),
    ("ceremony signed", change(lambda c: c.round1[0], set_to(signature=bytes(64))), "K1.3"),
    ("ceremony signed", change(lambda c: c.round2[0], set_to(signature=bytes(64))), "K2.1"),
    ("ceremony signed", change(lambda c: c.verdicts[2], set_to(signature=bytes(64))), "K2.1"),
    ("keygen-round2", OnlyOnce(1, set_to(table=bytes(32))), "K2.1"),
    ("keygen-verdict", OnlyOnce(1, set_to(table=bytes(32))), "K2.1"),
    ("ceremony", change(lambda c: c.round2[2].possession, bump("z")), "K2.2"),
    ("ceremony", change(lambda c: c.round2[2].commitments, swap_first), "K2.2"),
    ("ceremony", change(lambda c: c.round2[2].shares, swap_first), "K2.2"),
    ("ceremony", change(lambda c: c.verdicts, list.pop), "K2.2"),
    ("ceremony", set_to(excluded=[Object(index=3, reason=5)]), "K2.2"),
    ("ceremony signed", change(lambda c: c.excluded, lambda e: e.append(
        Object(index=9, reason=0))), "K1.1"),
    ("ceremony", set_to(verdicts=[], excluded=[Object(index=i, reason=5) for i in (1, 2, 3)]),
     "K2.3"),
    ("ceremony signed", set_to(excluded=[Object(index=3, reason=6)]), "K1.1"),
    # A false complaint excludes its author; E1.2 says that all checks of K hold.
    ("ceremony", accused(2, 1, (2, 4)), "E1.2"),
    ("ceremony", accused(2, 1), "K2.2"),
    ("ceremony", accused(2, 1, (1, 3)), "K2.2"),
    ("ceremony", accused(2, 9, (2, 4)), "E1.2"),
    ("ceremony", accused(2, 0, (2, 4)), "E1.2"),
    ("ceremony", accused(2, 2, (2, 4)), "K1.1"),
    ("ceremony", accused_without_opening, "K2.3"),
    ("certificates", change(lambda c: c.certificates, list.pop), "K3.1"),
    ("certificates", change(lambda c: c.certificates[1], set_to(signature=bytes(64))), "K3.1"),
    ("certificates", change(lambda c: c.certificates, swap_first), "K1.1"),
    ("trial", set_to(setup_id=bytes(32)), "K4.1"),
    ("trial", change(lambda t: t.partials, list.pop), "K4.1"),
    ("trial", change(lambda t: t.partials[1].proof, bump("z")), "K4.2"),
    ("trial", change(lambda t: t.partials[1].decrypted, swap_first), "K4.2"),
    ("seal", set_to(roll_id=bytes(32)), "E1.2"),
    ("seal", set_to(trial=bytes(32)), "E1.2"),
    ("seal", change(lambda s: s.mixes, list.pop), "E1.2"),
    ("seal", change(lambda s: s.mixes, swap_first), "E1.2"),
    ("note 0", set_to(size=1), "B1.1"),
    ("note 1", set_to(root=bytes(32)), "B2.1"),
    ("note 0", set_to(root=bytes(32)), "B2.1"),
    ("note 1", set_to(size=0), "B2.1"),
    ("note 2", set_to(size=10), "B1.2"),
    ("note 2", set_to(size=5), "B1.2"),
    ("note 2", set_to(witnesses=0), "B2.3"),
    ("note 0", set_to(witnesses=0), "B2.3"),
    ("note 1", set_to(witnesses=0), None),
    ("note 1", set_to(time=END - 1), None),
    ("note 1", set_to(time=END), "B2.3"),
    ("note 0", set_to(time=END), "B2.3"),
    ("note 2", set_to(time=END - 1), "B2.3"),
    ("ballot before proof", OnlyOnce(2, set_to(election_id=bytes(32))), "V1.2"),
    ("ballot before proof", OnlyOnce(2, set_to(unit=7)), "V1.2"),
    ("ballot before proof", OnlyOnce(2, set_to(unit=2)), "V1.3"),
    ("ballot before proof", OnlyOnce(2, set_to(u=bytes(32))), "V1.5"),
    ("ballot", OnlyOnce(2, change(lambda b: b, set_to(salt=bytes(32)))), "V1.5"),
    ("signed ballot", OnlyOnce(2, change(lambda b: b.signature, bump("z"))), "V1.6"),
    ("signed ballot", OnlyOnce(2, change(lambda b: b.signature, set_to(R=G))), "V1.6"),
    ("ballot", OnlyOnce(2, set_to(A=ZERO)), "V1.1"),
    ("ballot", OnlyOnce(2, set_to(T=[G, ZERO, ZERO])), "V1.7"),
    ("ballot", OnlyOnce(2, change(lambda b: b.B, swap_first)), "V1.7"),
    *(("ballot", OnlyOnce(2, bump_proof(name)), "V1.7") for name in ("z1", "zt", "z", "zq")),
    *(("ballot", OnlyOnce(2, bump_proof_point(name)), "V1.7")
      for name in ("M1", "M2", "E", "Ed", "RA", "RB", "R1", "R2")),
    ("ballot", OnlyOnce(2, change(lambda b: b.proof.f, bump_item)), "V1.7"),
    ("ballot", OnlyOnce(2, change(lambda b: b.proof.w, bump_item)), "V1.7"),
    ("epochs", lambda epochs: epochs[0].reverse(), "B2.2"),
    ("epochs", lambda epochs: epochs.__setitem__(slice(None), [epochs[0][:2], sorted(
        epochs[0][2:] + epochs[1], key=board.leaf_hash)]), "B2.2"),
    ("epochs", no_ballots_above, "B2.2"),
    ("participation", set_to(election_id=bytes(32)), "N1.1"),
    ("participation", change(lambda p: p.marked, list.pop), "N1.1"),
    ("participation", change(lambda p: p.marked, swap_first), "N1.1"),
    ("participation", set_to(closed_at=END - 1), "N1.3"),
    ("participation", change(lambda p: p.marked[0], bump("voters")), "N1.3"),
    ("aggregates", set_to(election_id=bytes(32)), "T1.1"),
    ("aggregates", change(lambda a: a.groups[0], bump("ballots")), "T1.2"),
    ("aggregates", change(lambda a: a.groups[0].B, swap_first), "T1.2"),
    ("aggregates", change(lambda a: a.groups[0].units, list.reverse), "T1.1"),
    ("aggregates", change(lambda a: a.groups[0].units, list.pop), "T1.2"),
    ("partial 1", set_to(election_id=bytes(32)), "T2.1"),
    ("partial 1", change(lambda p: p.groups, list.clear), "T2.1"),
    ("partial 1", set_to(index=2), "T2.1"),
    ("partial 3", change(lambda p: p.groups[0].proof, bump("z")), "T2.3"),
    ("partial 3", change(lambda p: p.groups[0].decrypted, swap_first), "T2.3"),
    ("results", set_to(election_id=bytes(32)), "T3.1"),
    ("results", change(lambda r: r.groups[0], list.pop), "T3.1"),
    ("results", change(lambda r: r.groups[0], lambda g: bump_item(g, by=100)), "T3.1"),
    ("results", change(lambda r: r.groups[0], bump_item), "T3.2"),
    ("acta", set_to(contest=1), "A1.1"),
    ("acta", set_to(results=bytes(32)), "A1.1"),
    ("acta", bump("total"), "A1.2"),
    ("acta", bump("voters_marked"), "A1.2"),
    ("acta", change(lambda a: a.votes, bump_item), "A1.2"),
    ("acta", set_to(generated_at=END - 1), "A1.3"),
    ("acta signed", change(lambda a: a.signatures[0], set_to(signature=bytes(64))), "A1.3"),
    ("acta signed", change(lambda a: a, lambda a: setattr(a, "signatures", a.signatures[:1])),
     "A1.3"),
    ("acta signed", change(lambda a: a.signatures[2], set_to(index=4)), "A1.3"),
    ("acta signed", change(lambda a: a.signatures[2], set_to(index=17)), "A1.1"),
    ("acta signed", change(lambda a: a.signatures[0], set_to(index=0)), "A1.1"),
    ("acta signed", change(lambda a: a.signatures, swap_first), "A1.1"),
    ("acta", set_to(incidents=["x" * 8192]), None),
    ("acta", set_to(incidents=["x" * 8193]), "A1.1"),
    ("acta", set_to(place="x" * 1025), "A1.1"),
    ("acta", change(lambda a: a.protests[0], set_to(party="x" * 1025)), "A1.1"),
    ("acta", change(lambda a: a.protests[0], set_to(reason="x" * 8192)), None),
    ("acta", set_to(place="a\u0085b"), "A1.1"),
    ("receipts", list.pop, "X1.1"),
    ("receipts", swap_first, "X1.1"),
]


class Broken(unittest.TestCase):
    """One deviation, and the check that must report it first."""

    def test_first_failure(self):
        for number, (stage, hook, code) in enumerate(BROKEN):
            with self.subTest(number=number, stage=stage, code=code):
                self.assertEqual(verdict(broken(stage, hook))[1].first_failure, code)

    def dishonest(self, change, code):
        """Ballots that a dishonest device makes with every tool that it has."""
        maker = maker_before("ballots")
        maker.hooks = {"ballots": lambda ballots: change(maker, ballots)}
        maker.make(["ballots", "board"])
        report = verdict({**base().files, **maker.files})[1]
        self.assertEqual(report.first_failure, code)
        return report.answers[code][0]

    def test_second_ballot_of_a_key(self):
        def change(maker, ballots):
            ballots[1] = maker.cast(0, 0, 0, 3)
        self.assertEqual(len(self.dishonest(change, "V1.4")), 1)

    def test_randomness_used_twice(self):
        def change(maker, ballots):
            state = maker.source.random.getstate()
            ballots[1] = maker.cast(0, 0, 1, 3)
            maker.source.random.setstate(state)
            ballots[2] = maker.cast(0, 0, 2, 4)
            self.assertTrue(ballots[1].A == ballots[2].A)
        self.dishonest(change, "V1.8")

    def test_copied_ballot(self):
        def change(maker, ballots):
            copied = copy.deepcopy(ballots[0])
            copied.C, copied.salt = ballots[1].C, ballots[1].salt
            maker.finish(copied, maker.voters[0][1])
            ballots[1] = copied
        self.dishonest(change, "V1.5")

    def test_rebound_copy(self):
        def change(maker, ballots):
            copied = copy.deepcopy(ballots[0])
            copied.C, copied.salt, copied.u = ballots[1].C, ballots[1].salt, ballots[1].u
            maker.finish(copied, maker.voters[0][1])
            ballots[1] = copied
        self.dishonest(change, "V1.7")

    def test_wrong_marks(self):
        for first in ([1, 1], [1, 2], [1, -1, 1], [1] + [0] * 11 + [1], [1, 5, -5]):
            def change(maker, ballots):
                marks = first + [0] * (13 - len(first))
                ballots[1] = maker.cast(0, 0, 1, marks)
            with self.subTest(marks=first):
                self.dishonest(change, "V1.7")

    def test_several_bad_ballots_are_all_named(self):
        def change(maker, ballots):
            for voter in (1, 4, 5):
                ballots[voter] = maker.cast(0, 0, voter, [1, 1] + [0] * 11)
        self.assertEqual(len(self.dishonest(change, "V1.7")), 3)

    def test_text_without_its_mark(self):
        self.dishonest(lambda maker, ballots: ballots.__setitem__(
            1, maker.cast(0, 0, 1, 2, "texto")), "V1.7")

    def test_component_along_an_auxiliary_generator(self):
        def change(maker, ballots):
            maker.hooks = {"ballot": lambda b: b.B.__setitem__(3, b.B[3] + H)}
            ballots[1] = maker.cast(0, 0, 1, 2)
        self.dishonest(change, "V1.7")


if __name__ == "__main__":
    unittest.main()
