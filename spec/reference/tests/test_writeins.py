"""Write-ins: orders, mixes, partials, reports; one deviation each, and the check that must
report it first."""

import copy
import unittest

import setup_path  # noqa: F401
import prover_shuffle
import verify
import writeins
from encoding import Object
from make_record import END, Maker
from manifest import COUNT_ONLY, DISCLOSE, SEALED
from phases import Before
from ristretto import G, H, ZERO

WRITTEN = ("Juana Inés", "juana ines", None, [5 * G, ZERO, ZERO], "JUANA INES")
UNTIL = Maker.STAGES[:Maker.STAGES.index("actas")]
_before = {}


def before(**options):
    """A valid record up to its write-ins; made once for each choice of options."""
    key = tuple(sorted(options.items()))
    if key not in _before:
        maker = Maker(**{**dict(ballots_cast=7, min_group=3, mixes=0, write_in=DISCLOSE,
                                written=WRITTEN), **options})
        _before[key] = Before(maker.make(UNTIL), writeins.check_writeins)
    return _before[key]


def others(files):
    """All files that are not of write-ins."""
    return {name: data for name, data in files.items() if not name.startswith("writein/")}


class Remade(unittest.TestCase):
    """The write-ins made anew, with hooks or with mixes of the test's own."""

    OPTIONS = {}

    def maker(self, hooks=None, files=None):
        """A maker with these files, or with none of write-ins."""
        valid = before(**self.OPTIONS).maker
        maker = copy.copy(valid)
        maker.source, maker.hooks = copy.deepcopy(valid.source), hooks or {}
        maker.files = others(valid.files) if files is None else dict(files)
        return maker

    def answer(self, maker, change=None):
        return before(**self.OPTIONS).first_failure(maker.files, change)

    def hooked(self, stage, hook):
        """The first failure when what `stage` makes is altered, and what follows is not."""
        maker = self.maker({stage: hook}, before(**self.OPTIONS).maker.files)
        self.make_again(maker, stage)
        return self.answer(maker)

    def make_again(self, maker, stage):
        maker.make(["texts"])

    def check(self, cases):
        for number, (stage, hook, code) in enumerate(cases):
            with self.subTest(number=number, stage=stage, code=code):
                self.assertEqual(self.hooked(stage, hook), code)


class Valid(unittest.TestCase):
    def test_words(self):
        for options, word in (
                ({}, "disclosed"), ({"write_in": SEALED}, "sealed"),
                ({"write_in": COUNT_ONLY}, "count_only"), ({"write_in": 0}, "none"),
                ({"write_in": SEALED, "order": ""}, "disclosed"),
                ({"write_in": SEALED, "order": "Tribunal"}, "reserved")):
            valid = before(**options)
            self.assertIsNone(valid.first_failure(valid.maker.files))
            self.assertEqual(valid.last[0].texts, [word])

    def test_report(self):
        value = writeins.TEXTS.decode(before().maker.files["writein/texts-000.bin"])
        self.assertEqual((value.marked, value.texts, value.illegible, value.few_names), (5, 4, 1, 0))
        self.assertEqual([(n.name, n.votes) for n in value.names], [("JUANA INES", 3)])

    def test_more_mixes_and_partials_than_needed(self):
        valid = before(threshold=1)
        self.assertEqual([n for n in sorted(valid.maker.files) if n.startswith("writein/")], [
            "writein/mix-000-01.bin", "writein/partial-000-01.bin", "writein/partial-000-02.bin",
            "writein/partial-000-03.bin", "writein/texts-000.bin"])
        self.assertIsNone(valid.first_failure(valid.maker.files))

    def test_no_ballots(self):
        maker = Maker(write_in=DISCLOSE, mixes=0, hooks={
            "ballots": list.clear, "note 0": lambda note: setattr(note, "time", END)})
        valid = Before(maker.make(UNTIL), writeins.check_writeins)
        self.assertIsNone(valid.first_failure(maker.files))

    def test_second_contest_without_texts(self):
        valid = before(contests=2)
        self.assertIsNone(valid.first_failure(valid.maker.files))
        self.assertEqual(valid.last[0].texts, ["disclosed", "none"])

    def test_what_recipients_get(self):
        """The record with the texts verifies by the same rules."""
        maker = copy.copy(before(write_in=SEALED, order="Tribunal").maker)
        maker.files, maker.hooks = dict(maker.files), {}
        maker.make_texts_of(0)
        valid = before(write_in=SEALED, order="Tribunal")
        self.assertIsNone(valid.first_failure(maker.files))
        self.assertEqual(valid.last[0].texts, ["disclosed"])
        for name in [name for name in maker.files if name.startswith("writein/partial")]:
            del maker.files[name]
        self.assertEqual(valid.first_failure(maker.files), "W1.1")

    def test_the_text_for_people(self):
        valid = before(write_in=SEALED, order="Tribunal")
        valid.first_failure(valid.maker.files)
        result = verify.as_json(*valid.last)
        self.assertEqual(result["texts"], ["reserved"])
        self.assertIn("not checked", list(verify.remarks(valid.last[0], result))[-1])
        self.assertIn("can tie", list(verify.remarks(valid.last[0], result))[0])


class Placement(unittest.TestCase):
    """W1.1: which files may be there."""

    def files(self, *kinds):
        return writeins.Files([{"order": "writein/order-000.bin", "texts": "writein/texts-000.bin",
                                "mix": "writein/mix-000-01.bin",
                                "partial": "writein/partial-000-01.bin"}[k] for k in kinds], 0)

    def test_policies(self):
        everything, named = ("mix", "partial", "texts"), Object(recipients="Tribunal")
        ordered = ("order", *everything)
        publish = Object(recipients="")
        for policy, kinds, order, good in (
                (DISCLOSE, everything, None, True), (DISCLOSE, (), None, False),
                (DISCLOSE, ordered, publish, False), (DISCLOSE, ("mix", "partial"), None, False),
                (DISCLOSE, ("mix", "texts"), None, False),
                (DISCLOSE, ("partial", "texts"), None, False), (DISCLOSE, ("texts",), None, False),
                (SEALED, (), None, True), (SEALED, everything, None, False),
                (SEALED, ordered, publish, True), (SEALED, ("order",), publish, False),
                (SEALED, ordered, named, True), (SEALED, ("order",), named, True),
                (SEALED, ("order", "mix"), named, False), (SEALED, ("mix",), None, False),
                (SEALED, ("order", "partial"), named, False),
                (SEALED, ("order", "texts"), named, False),
                (SEALED, ("order",), None, True), (SEALED, ordered, None, True),
                (COUNT_ONLY, (), None, True), (COUNT_ONLY, everything, None, False),
                (COUNT_ONLY, ("order",), publish, False), (COUNT_ONLY, ("order",), None, False),
                (0, (), None, True), (0, ("mix",), None, False), (0, ("texts",), None, False)):
            with self.subTest(policy=policy, kinds=kinds):
                problem = writeins.placement(policy, self.files(*kinds), order)
                self.assertEqual(problem is None, good, problem)

    def test_records(self):
        disclosed, sealed = before(), before(write_in=SEALED)
        ordered, counted = before(write_in=SEALED, order=""), before(write_in=COUNT_ONLY)
        files = {name: data for name, data in disclosed.maker.files.items()
                 if name.startswith("writein/")}
        order = ordered.maker.files["writein/order-000.bin"]

        def without(valid, name):
            return {n: d for n, d in valid.maker.files.items() if not n.startswith(name)}

        for valid, changed in (
                (counted, {**counted.maker.files, **files}),
                (sealed, {**sealed.maker.files, **files}),
                (ordered, without(ordered, "writein/order")),
                (ordered, without(ordered, "writein/texts")),
                (ordered, without(ordered, "writein/mix")),
                (ordered, {**others(ordered.maker.files), "writein/order-000.bin": order}),
                (disclosed, without(disclosed, "writein/")),
                (disclosed, without(disclosed, "writein/partial")),
                (disclosed, {**disclosed.maker.files, "writein/order-000.bin": order}),
                (disclosed, {**disclosed.maker.files, "writein/texts-001.bin": b""}),
                (disclosed, {**disclosed.maker.files, "writein/partial-007-01.bin": b""})):
            self.assertEqual(valid.first_failure(changed), "W1.1")

    def test_an_order_that_does_not_decode(self):
        for valid in (before(write_in=SEALED, order=""),
                      before(write_in=SEALED, order="Tribunal")):
            files = {**valid.maker.files, "writein/order-000.bin": b"EORD"}
            self.assertEqual(valid.first_failure(files), "W1.2")


class Orders(Remade):
    OPTIONS = {"write_in": SEALED, "order": ""}

    def make_again(self, maker, stage):
        maker.make_order()

    def test_hooks(self):
        def added(order):
            order.signatures.append(Object(index=3, signature=bytes(64)))

        self.check([
            ("order", lambda o: setattr(o, "election_id", bytes(32)), "W1.2"),
            ("order", lambda o: setattr(o, "contest", 1), "W1.2"),
            ("order", lambda o: setattr(o, "at", END - 1), "W1.2"),
            ("order", lambda o: setattr(o, "at", END), None),
            ("order signed", lambda o: o.signatures.pop(), "W1.2"),
            ("order signed", lambda o: o.signatures.clear(), "W1.2"),
            ("order signed", added, "W1.2"),
            ("order signed", lambda o: o.signatures.reverse(), "W1.2"),
            ("order signed", lambda o: setattr(o.signatures[0], "index", 3), "W1.2"),
            ("order signed", lambda o: setattr(o.signatures[0], "signature", bytes(64)), "W1.2"),
            ("order signed", lambda o: setattr(o, "document", "otra"), "W1.2"),
            ("order signed", lambda o: setattr(o, "authority", "x" * 1025), "W1.2"),
            # A published order that names recipients afterwards.
            ("order signed", lambda o: setattr(o, "recipients", "Tribunal"), "W1.2")])

    def test_signed_by_an_excluded_custodian(self):
        valid = before(write_in=SEALED, order="Tribunal", excluded="absent")
        self.assertIsNone(valid.first_failure(valid.maker.files))
        maker = copy.copy(valid.maker)
        maker.files, maker.qualified = dict(maker.files), [2, 3]
        maker.make_order()
        self.assertEqual(valid.first_failure(maker.files), "W1.2")


class Mixes(Remade):
    def mixed(self, chain, change=None):
        """The first failure with the mixes that `chain(maker, rows)` gives."""
        maker = self.maker()
        for mix in chain(maker, maker.text_rows(0)):
            maker.add_text_mix(mix)
        partials = [maker.text_partial(0, index, mix.rows) for index in maker.qualified]
        maker.add_texts(0, mix.rows, partials)
        return self.answer(maker, change)

    @staticmethod
    def mix(maker, number, index, rows, coins=None, contest=0, election_id=None):
        return prover_shuffle.text_mix(
            maker.source, election_id or maker.id, contest, number, index,
            maker.slot_keys[maker.text_slots(0)], rows, coins)

    def second(self, make):
        """A good first mix, then `make(maker, rows)`."""
        def chain(maker, rows):
            first = self.mix(maker, 1, 1, rows)
            return [first, make(maker, writeins.rows_of(first))]
        return self.mixed(chain)

    def test_valid(self):
        self.assertIsNone(self.second(lambda m, rows: self.mix(m, 2, 2, rows)))
        self.assertIsNone(self.mixed(lambda m, rows: [
            first := self.mix(m, 1, 3, rows),
            second := self.mix(m, 2, 1, writeins.rows_of(first)),
            self.mix(m, 3, 2, writeins.rows_of(second))]))

    def test_hooks(self):
        def swap(rows):
            rows[0], rows[1] = rows[1], rows[0]

        def at_A(mix):
            mix.rows[0].A = ZERO

        self.check([
            ("text mix 1", lambda x: setattr(x, "election_id", bytes(32)), "W2.1"),
            ("text mix 1", lambda x: setattr(x, "contest", 1), "W2.1"),
            ("text mix 2", lambda x: setattr(x, "number", 3), "W2.1"),
            ("text mix 2", lambda x: setattr(x, "index", 1), "W2.1"),
            ("text mix 2 signed", lambda x: setattr(x, "index", 4), "W2.1"),
            ("text mix 2", lambda x: swap(x.rows), "W2.1"),
            ("text mix 2", at_A, "W2.1"),
            ("text mix 2", lambda x: x.rows.pop(), "W2.1"),
            ("text mix 2", lambda x: x.proof.C.pop(), "W2.1"),
            ("text mix 2", lambda x: x.proof.RE.pop(), "W2.1"),
            ("text mix 2 signed", lambda x: setattr(x, "signature", bytes(64)), "W2.2"),
            ("text mix 2 signed", lambda x: setattr(x, "index", 3), "W2.2"),
            ("text mix 2", lambda x: setattr(x, "index", 3), "W2.4"),
            ("text mix 2", lambda x: setattr(x.proof, "RG", ZERO), "W2.4"),
            ("text mix 2", lambda x: setattr(x.rows[0], "T", [G, H, G]), "W2.4")])

    def test_number_of_mixes(self):
        files = before().maker.files
        name = "writein/mix-000-0{}.bin"
        without = {n: d for n, d in files.items() if n != name.format(1)}
        self.assertEqual(before().first_failure(without), "W2.1")
        for number in (0, 3, 4):
            self.assertEqual(before().first_failure(
                {**files, name.format(number): files[name.format(2)]}), "W2.1")
        # One mix, with all that follows from it, is fewer than t.
        self.assertEqual(self.mixed(lambda m, rows: [self.mix(m, 1, 1, rows)]), "W2.1")

    def test_the_same_custodian_twice(self):
        self.assertEqual(self.second(lambda m, rows: self.mix(m, 2, 1, rows)), "W2.1")

    def test_an_excluded_custodian(self):
        valid = before(excluded="absent")
        maker = copy.copy(valid.maker)
        maker.files = dict(maker.files)
        maker.add_text_mix(self.mix(maker, 2, 3, maker.text_rows(0)))
        self.assertEqual(valid.first_failure(maker.files), "W2.1")

    def test_not_re_encrypted(self):
        n = 7
        for coins in ([0] * n, [9, 0, 8, 7, 6, 5, 4]):
            self.assertEqual(self.second(
                lambda m, rows: self.mix(m, 2, 2, rows, list(coins))), "W2.3")
            self.assertEqual(self.mixed(lambda m, rows: [
                first := self.mix(m, 1, 1, rows, list(coins)),
                self.mix(m, 2, 2, writeins.rows_of(first))]), "W2.3")

    def dishonest(self, change):
        """A second mix of rows that `change` alters; the prover then tries its best."""
        def make(maker, rows):
            mix = self.mix(maker, 2, 2, rows)
            keys = maker.slot_keys[maker.text_slots(0)]
            coins = [maker.source.scalar() for _ in rows]
            mixed = [[point + e * key for point, key in zip(row, [G, *keys])]
                     for row, e in zip(rows, coins)]
            change(mixed, rows, keys)
            permutation = prover_shuffle.by_first_point(mixed)
            output = [mixed[j] for j in permutation]
            mix.rows = [Object(A=row[0], T=row[1:]) for row in output]
            mix.proof = prover_shuffle.prove(
                maker.source, prover_shuffle.shuffle.of_texts(keys, rows, output), permutation,
                coins, writeins.mix_transcript(maker.id, 0, 2, 2))
            return mix
        return self.second(make)

    def test_rows_that_show_their_origin(self):
        def all_moved(rows, inputs, keys):
            rows[:] = [[point + H for point in row] for row in inputs]

        def one_component_kept(rows, inputs, keys):
            rows[0][2] = inputs[4][2]

        def one_difference_kept(rows, inputs, keys):
            rows[0][3] = rows[0][1] + inputs[2][3] - inputs[2][1]

        for change in (all_moved, one_component_kept, one_difference_kept):
            with self.subTest(change.__name__):
                self.assertEqual(self.dishonest(change), "W2.3")

    def test_dishonest_rows(self):
        def replaced(rows, inputs, keys):
            rows[1] = [7 * G, 8 * G, 9 * G, 11 * G]

        def doubled(rows, inputs, keys):
            rows[1] = [a + 5 * y for a, y in zip(rows[0], [G, *keys])]

        def other_text(rows, inputs, keys):
            rows[1][2] = rows[1][2] + H

        def exchanged(rows, inputs, keys):
            rows[0][1], rows[1][1] = rows[1][1], rows[0][1]

        self.assertIsNone(self.dishonest(lambda *_: None))
        for change in (replaced, doubled, other_text, exchanged):
            with self.subTest(change.__name__):
                self.assertEqual(self.dishonest(change), "W2.4")

    def test_a_row_dropped(self):
        self.assertEqual(self.second(lambda m, rows: self.mix(m, 2, 2, rows[1:])), "W2.1")

    def test_proof_made_for_another_place(self):
        def other(number=2, index=2, **options):
            def make(maker, rows):
                mix = self.mix(maker, number, index, rows, **options)
                mix.number, mix.index, mix.contest, mix.election_id = 2, 2, 0, maker.id
                return mix
            return self.second(make)
        for options in ({"number": 1}, {"index": 1}, {"contest": 1}, {"election_id": bytes(32)}):
            self.assertEqual(other(**options), "W2.4")

    def test_rows_of_other_ballots(self):
        other = before(seed="other").maker.text_rows(0)
        chain = lambda rows: lambda m, _: [
            first := self.mix(m, 1, 1, rows), self.mix(m, 2, 2, writeins.rows_of(first))]
        self.assertEqual(self.mixed(chain(other)), "W2.4")
        rows = self.maker().text_rows(0)
        self.assertEqual(self.mixed(chain(rows[1:] + rows[:1])), "W2.4")
        self.assertEqual(self.mixed(chain(rows[:-1] + other[:1])), "W2.4")
        self.assertIsNone(self.mixed(chain(rows)))

    def test_a_mix_left_out(self):
        self.assertEqual(self.mixed(lambda m, rows: [
            self.mix(m, 1, 1, rows), self.mix(m, 2, 2, rows)]), "W2.4")


class Partials(Remade):
    def make_again(self, maker, stage):
        maker.text_partial(0, int(stage.split()[2]), self.last_mix(maker).rows)

    @staticmethod
    def last_mix(maker):
        return writeins.TEXT_MIX.decode(maker.files["writein/mix-000-02.bin"], 3)

    def test_hooks(self):
        def swap(items):
            items[0], items[1] = items[1], items[0]

        self.check([
            ("text partial 1", lambda p: setattr(p, "election_id", bytes(32)), "W3.1"),
            ("text partial 1", lambda p: setattr(p, "contest", 1), "W3.1"),
            ("text partial 1 signed", lambda p: setattr(p, "index", 2), "W3.1"),
            ("text partial 3", lambda p: p.decrypted.pop(), "W3.1"),
            ("text partial 1", lambda p: p.R1.pop(), "W3.1"),
            ("text partial 1", lambda p: p.z.append(1), "W3.1"),
            ("text partial 1 signed", lambda p: setattr(p, "signature", bytes(64)), "W3.2"),
            ("text partial 3", lambda p: setattr(p, "R2", ZERO), "W3.3"),
            ("text partial 3", lambda p: swap(p.decrypted), "W3.3"),
            ("text partial 3", lambda p: swap(p.decrypted[0]), "W3.3"),
            ("text partial 3", lambda p: swap(p.R1), "W3.3"),
            *(("text partial 3", lambda p, k=k: p.z.__setitem__(k, 0), "W3.3") for k in range(3)),
            ("text partial 3", lambda p: p.decrypted[6].__setitem__(2, ZERO), "W3.3")])

    def partial(self, **options):
        """Custodian 1's partial made with something else, and put in its place."""
        maker = self.maker(files=before().maker.files)
        slots = maker.text_slots(0)
        values = dict(election_id=maker.id, contest=0, index=1, rows=self.last_mix(maker).rows,
                      secrets=maker.secret_shares[1][slots], shares=maker.shares[1][slots])
        partial = prover_shuffle.text_partial(maker.source, **{**values, **options})
        partial.election_id, partial.contest, partial.index = maker.id, 0, 1
        partial.signature = maker.sign("custodian 1", "text-partial", writeins.TEXT_PARTIAL.write(
            partial, before="signature"))
        maker.files["writein/partial-000-01.bin"] = writeins.TEXT_PARTIAL.write(partial)
        return self.answer(maker)

    def test_proof_made_for_something_else(self):
        maker, slots = before().maker, before().maker.text_slots(0)
        earlier = writeins.TEXT_MIX.decode(maker.files["writein/mix-000-01.bin"], 3)
        ballots = [Object(A=row[0], T=row[1:]) for row in maker.text_rows(0)]
        ballots.sort(key=lambda row: row.A.encode())
        self.assertIsNone(self.partial())
        for options in (
                {"contest": 1}, {"index": 2}, {"election_id": bytes(32)},
                {"rows": earlier.rows}, {"rows": ballots},
                {"secrets": maker.secret_shares[2][slots], "shares": maker.shares[2][slots]},
                {"secrets": maker.secret_shares[2][slots]},
                {"secrets": maker.secret_shares[1][:3], "shares": maker.shares[1][:3]}):
            self.assertEqual(self.partial(**options), "W3.3")

    def test_number_of_partials(self):
        files, name = before().maker.files, "writein/partial-000-0{}.bin"
        for away, code in (((1,), None), ((3,), None), ((1, 2), "W3.1"), ((2, 3), "W3.1")):
            kept = {n: d for n, d in files.items() if n not in map(name.format, away)}
            self.assertEqual(before().first_failure(kept), code)
        for number in (0, 4, 9):
            self.assertEqual(before().first_failure(
                {**files, name.format(number): files[name.format(1)]}), "W3.1")


class Texts(Remade):
    def make_again(self, maker, stage):
        name = "writein/texts-000.bin"
        value = maker.hook(stage, writeins.TEXTS.decode(maker.files[name]))
        maker.files[name] = writeins.TEXTS.write(value)

    def test_hooks(self):
        def name(**changes):
            return lambda value: vars(value.names[0]).update(changes)

        self.check([
            ("texts", lambda v: setattr(v, "election_id", bytes(32)), "W4.1"),
            ("texts", lambda v: setattr(v, "contest", 1), "W4.1"),
            ("texts", name(name="x" * 1025), "W4.1"), ("texts", name(name="a\u0085"), "W4.1"),
            *(("texts", lambda v, f=f: setattr(v, f, getattr(v, f) + 1), "W4.3")
              for f in ("marked", "texts", "illegible", "few_names", "few_votes")),
            ("texts", name(votes=2), "W4.3"), ("texts", name(name="Juana Inés"), "W4.3"),
            ("texts", lambda v: v.names.pop(), "W4.3"),
            ("texts", lambda v: v.names.append(Object(name="Pedro", votes=0)), "W4.3"),
            # What the file says of itself is W4.3's affair, not W4.2's.
            ("texts", lambda v: setattr(v, "marked", 0), "W4.3")])

    def test_more_texts_than_votes(self):
        for texts, marked, good in ((0, 0, True), (3, 3, True), (2, 3, True), (4, 3, False)):
            value = Object(texts=texts, marked=marked)
            self.assertEqual(writeins.no_more_texts_than_votes(value), good)

        def fewer_votes(election):
            omega = election.manifest.shape(0).omega
            election.results = [list(counts) for counts in election.results]
            for counts in election.results:
                counts[omega] = 0
        self.assertEqual(before().first_failure(before().maker.files, fewer_votes), "W4.2")

    def test_every_byte_counts(self):
        files = before(write_in=SEALED, order="").maker.files
        for name, data in files.items():
            if name.startswith("writein/"):
                for at in range(1, len(data), max(37, len(data) // 6)):
                    changed = bytearray(data)
                    changed[at] ^= 1 << at % 8
                    with self.subTest(name=name, at=at):
                        self.assertIsNotNone(before(write_in=SEALED, order="").first_failure(
                            {**files, name: bytes(changed)}))


if __name__ == "__main__":
    unittest.main()
