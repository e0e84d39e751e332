"""Credential mixes: one deviation each, and the check that must report it first."""

import copy
import unittest

import setup_path  # noqa: F401
import credentials
import prover_shuffle
from encoding import Object
from make_record import Maker
from phases import Before
from ristretto import G, H, ZERO

_before = {}


def before(mixes=2):
    """A valid record up to its credentials; made once for each number of mixes."""
    if mixes not in _before:
        maker = Maker(ballots_cast=4, min_group=2, mixes=mixes)
        _before[mixes] = Before(maker.make(["manifest", "roll", "credentials", "mixes"]),
                                credentials.check_credentials)
    return _before[mixes]


class Chain(unittest.TestCase):
    """The chain made anew, with hooks or with mixes of the test's own."""

    def remade(self, hooks=None, mixes=2, chain=None):
        valid = before(mixes)
        maker = copy.copy(valid.maker)
        maker.source = copy.deepcopy(valid.maker.source)
        maker.files = {name: data for name, data in valid.maker.files.items()
                       if not name.startswith("credentials/mix-")}
        maker.hooks, maker.lists = hooks or {}, self.pools()
        if chain:
            maker.mixes = 0
            for mix in chain(maker):
                maker.add_mix(mix)
            maker.mixes = 2
            value = Object(roll_id=maker.roll_id, mixes=2, lists=maker.lists)
            maker.files["credentials/lists.bin"] = credentials.CREDENTIAL_LISTS.write(value)
        else:
            maker.make_mixes()
        return maker

    @staticmethod
    def pools():
        halves = [credentials.HALF_LIST.decode(before().maker.files[f"credentials/{name}.bin"])
                  for name in ("registrar", "server")]
        return [Object(base=G, keys=sorted((a + b for a, b in zip(*pair)),
                                           key=lambda key: key.encode()))
                for pair in zip(*(half.lists for half in halves))]

    def verdict(self, *arguments, **options):
        return before().first_failure(self.remade(*arguments, **options).files)

    def test_valid(self):
        for mixes in range(4):
            valid = before(mixes)
            self.assertIsNone(valid.first_failure(valid.maker.files))
            self.assertEqual(valid.last[0].mixes, mixes)
        self.assertIsNone(self.verdict())

    def test_hooks(self):
        for stage, hook, code in HOOKS:
            with self.subTest(stage=stage, code=code):
                self.assertEqual(self.verdict({f"credential mix {stage}": hook}), code)

    def test_number_of_files(self):
        files = before().maker.files
        names = [f"credentials/mix-{i:02}.bin" for i in (1, 2)]
        for changed in (
                {n: d for n, d in files.items() if n != names[0]},
                {n: d for n, d in files.items() if n != names[1]},
                {**files, "credentials/mix-03.bin": files[names[1]]},
                {**files, "credentials/mix-00.bin": files[names[0]]},
                {**files, names[0]: files[names[1]], names[1]: files[names[0]]},
                {**files, names[1]: files[names[0]]}):
            self.assertEqual(before().first_failure(changed), "C4.1")

    def chain(self, second):
        """A good first mix, then `second(maker, lists)`."""
        def made(maker):
            first = self.mix(maker, 1, 1, maker.lists)
            return [first, second(maker, first.lists)]
        return self.verdict(chain=made)

    @staticmethod
    def mix(maker, number, index, lists, powers=None, manifest=None, roll_id=None):
        return prover_shuffle.credential_mix(
            maker.source, manifest or maker.manifest, roll_id or maker.roll_id, number, index,
            [one.base for one in lists], [one.keys for one in lists], powers)

    def test_the_same_custodian_twice(self):
        self.assertEqual(self.chain(lambda m, l: self.mix(m, 2, 1, l)), "C4.1")
        self.assertIsNone(self.chain(lambda m, l: self.mix(m, 2, 3, l)))

    def test_a_power_of_one(self):
        for powers in ([1, 1, 1], [5, 1, 7]):
            self.assertEqual(self.chain(lambda m, l: self.mix(m, 2, 2, l, powers)), "C4.3")

    def test_proof_made_for_another_place(self):
        def other(number=2, index=2, **options):
            def second(maker, lists):
                mix = self.mix(maker, number, index, lists, **options)
                mix.number, mix.index, mix.roll_id = 2, 2, maker.roll_id
                return mix
            return self.chain(second)
        self.assertIsNone(other())
        self.assertEqual(other(number=1), "C4.3")
        self.assertEqual(other(index=3), "C4.3")
        self.assertEqual(other(roll_id=bytes(32)), "C4.3")
        keys = before().maker.manifest.lists
        self.assertEqual(other(manifest=Object(lists=keys[::-1])), "C4.3")

    def test_input_that_is_not_the_mix_before(self):
        self.assertEqual(self.chain(lambda m, _: self.mix(m, 2, 2, self.pools())), "C4.3")

    def dishonest(self, change):
        """A second mix whose rows `change` alters; the prover then tries its best."""
        def second(maker, lists):
            mix = self.mix(maker, 2, 2, lists)
            power = maker.source.scalar()
            before, key = lists[0], maker.manifest.lists[0]
            rows = [[power * point] for point in before.keys]
            image = change(rows, before, power) or power * before.base
            permutation = prover_shuffle.by_first_point(rows)
            output = [rows[j][0] for j in permutation]
            statement = prover_shuffle.shuffle.of_keys(
                before.base, before.keys, image, output)
            proof = prover_shuffle.prove(
                maker.source, statement, permutation, power,
                credentials.mix_transcript(maker.roll_id, key, 2, 2))
            mix.lists[0] = Object(base=image, keys=output, proof=proof)
            return mix
        return self.chain(second)

    def test_dishonest_rows(self):
        def replaced(rows, before, power):
            rows[1] = [7 * G]

        def doubled(rows, before, power):
            rows[1] = [2 * rows[0][0]]  # the same key would not stand in order

        def other_power(rows, before, power):
            rows[0] = [(power + 1) * before.keys[0]]

        def other_base(rows, before, power):
            return (power + 1) * before.base

        def exchanged(rows, before, power):
            rows[0][0], rows[1][0] = rows[0][0] + H, rows[1][0] - H

        self.assertIsNone(self.dishonest(lambda *_: None))
        for change in (replaced, doubled, other_power, other_base, exchanged):
            with self.subTest(change.__name__):
                self.assertEqual(self.dishonest(change), "C4.3")

    def test_lists_of_another_mix(self):
        valid = before()
        for name in ("credentials/mix-01.bin", None):
            lists = (credentials.CREDENTIAL_MIX.decode(valid.maker.files[name]).lists if name
                     else self.pools())
            value = Object(roll_id=valid.maker.roll_id, mixes=2, lists=lists)
            data = credentials.CREDENTIAL_LISTS.write(value)
            files = {**valid.maker.files, "credentials/lists.bin": data}
            self.assertEqual(valid.first_failure(files), "C5.2")

    def test_powers_that_make_two_keys_equal(self):
        """A mixer who knows the secrets of two places can; C4.3 has nothing against it."""
        (first, *_), (second, *_), _ = before().maker.voters
        maker = self.remade(chain=lambda m: [
            one := self.mix(m, 1, 1, m.lists, [second, first, 7]),
            self.mix(m, 2, 2, one.lists, [5, 5, 5])])
        self.assertEqual(before().first_failure(maker.files), "C5.2")

    def test_lists_without_mixes(self):
        valid = before(0)
        value = credentials.CREDENTIAL_LISTS.decode(valid.maker.files["credentials/lists.bin"])
        value.lists[0].base = H
        data = credentials.CREDENTIAL_LISTS.write(value)
        files = {**valid.maker.files, "credentials/lists.bin": data}
        self.assertEqual(valid.first_failure(files), "C5.2")

    def test_every_byte_counts(self):
        valid, name = before(), "credentials/mix-02.bin"
        data = valid.maker.files[name]
        for at in range(0, len(data), 61):
            changed = bytearray(data)
            changed[at] ^= 1 << at % 8
            self.assertIsNotNone(
                valid.first_failure({**valid.maker.files, name: bytes(changed)}))


def in_list(change, number=0):
    return lambda mix: change(mix.lists[number])


def swap(items):
    items[0], items[1] = items[1], items[0]


# Mix and moment, how it is broken, and the first check that must say so.
HOOKS = [
    ("1", lambda mix: setattr(mix, "roll_id", bytes(32)), "C4.1"),
    ("1 signed", lambda mix: setattr(mix, "index", 4), "C4.1"),
    ("1 signed", lambda mix: setattr(mix, "index", 17), "C4.1"),
    ("1 signed", lambda mix: setattr(mix, "number", 2), "C4.1"),
    ("2", lambda mix: setattr(mix, "index", 1), "C4.1"),
    ("1 signed", lambda mix: setattr(mix, "signature", bytes(64)), "C4.2"),
    ("2 signed", lambda mix: setattr(mix, "index", 3), "C4.2"),
    ("2", lambda mix: setattr(mix, "index", 3), "C4.3"),
    ("2", lambda mix: mix.lists.pop(), "C4.1"),
    ("2", in_list(lambda one: one.keys.pop()), "C4.1"),
    ("2", in_list(lambda one: swap(one.keys)), "C4.1"),
    ("2", in_list(lambda one: setattr(one, "base", ZERO)), "C4.1"),
    ("2", in_list(lambda one: one.proof.C.pop()), "C4.1"),
    ("2", in_list(lambda one: one.proof.z.append(1)), "C4.1"),
    ("2", in_list(lambda one: setattr(one, "base", H)), "C4.3"),
    ("2", in_list(lambda one: setattr(one.proof, "RB", ZERO)), "C4.3"),
    ("2", in_list(lambda one: setattr(one.proof, "zE", 0), 2), "C4.3"),
    ("2", in_list(lambda one: swap(one.proof.D)), "C4.3"),
]


if __name__ == "__main__":
    unittest.main()
