"""Options, marks and groups of units."""

import unittest

import setup_path  # noqa: F401
import manifest as manifests
import tally
from encoding import Object
from make_record import Maker

NULL, BLANK, WRITE_IN = ("Null",), ("Blank",), ("WriteIn",)


def made(**hooks):
    maker = Maker(hooks=hooks)
    maker.make(["manifest"])
    return maker.manifest


class Options(unittest.TestCase):
    def test_order(self):
        options = made().contests[0].options
        self.assertEqual(options, [("Party", p) for p in range(6)] + [
            ("Combination", 0, (0, 1, 2)), ("Combination", 0, (0, 1)),
            ("Combination", 0, (0, 2)), ("Combination", 0, (1, 2)),
            ("Independent", 0), WRITE_IN, NULL])

    def test_common_stands_in_the_place_of_its_first_party(self):
        def change(manifest):
            contest = manifest.contests[0]
            contest.coalitions = []
            contest.commons = [Object(name="Común", parties=[1, 4])]
            manifest.policies[0] = 2
        options = made(manifest=change).contests[0].options
        self.assertEqual(options, [
            ("Party", 0), ("Common", 0), ("Party", 2), ("Party", 3), ("Party", 5),
            ("Independent", 0), WRITE_IN, BLANK, NULL])

    def test_shape(self):
        manifest = made()
        shape = manifest.shape(0)
        self.assertEqual((shape.N, shape.m, shape.omega, shape.nu), (13, 3, 11, 4))
        self.assertEqual(manifest.slots, 16)
        for options, bits in ((2, 1), (3, 2), (4, 2), (5, 3), (17, 5), (255, 8)):
            self.assertEqual(manifests.Shape(options, 0, None).nu, bits)


class Marks(unittest.TestCase):
    def test_resolve(self):
        manifest = made()
        contest = manifest.contests[0]
        party = [("Party", p) for p in range(6)]
        cases = [
            ([], manifests.REFUSED), ([party[3]], party[3]), ([WRITE_IN], WRITE_IN),
            ([NULL], NULL), ([party[0], party[2]], ("Combination", 0, (0, 2))),
            ([party[2], party[1], party[0]], ("Combination", 0, (0, 1, 2))),
            ([party[0], party[3]], manifests.REFUSED), ([party[0], NULL], manifests.REFUSED),
            ([("Combination", 0, (0, 1))], manifests.REFUSED),
            ([("Party", 9)], manifests.REFUSED), ([("Party", 9), party[0]], manifests.REFUSED)]
        for marks, expected in cases:
            with self.subTest(marks=marks):
                self.assertEqual(manifests.resolve(manifest, contest, marks), expected)

    def test_policies(self):
        def change(manifest):
            manifest.policies[0], manifest.policies[1] = 2, 1
        manifest = made(manifest=change)
        contest = manifest.contests[0]
        wrong = [("Party", 0), ("Party", 3)]
        for marks, confirmed, expected in (
                ([], False, manifests.REFUSED), ([], True, BLANK),
                (wrong, False, manifests.REFUSED), (wrong, True, NULL)):
            self.assertEqual(manifests.resolve(manifest, contest, marks, confirmed), expected)


class Groups(unittest.TestCase):
    def partition(self, ballots, counting, merge, minimum=10):
        manifest = Object(
            lists=[Object(style=0, unit=unit) for unit in counting], min_group=minimum,
            units=[Object(merge_into=target) for target in merge],
            holds=lambda style, contest: True)
        return tally.partition(manifest, 0, ballots)

    def test_merging(self):
        tree = [None, 0, 1, 1]
        cases = [
            ({0: 10, 1: 10, 2: 10, 3: 10}, [0, 1, 2, 3], {0: [0], 1: [1], 2: [2], 3: [3]}),
            ({0: 10, 1: 10, 2: 9, 3: 10}, [0, 1, 2, 3], {0: [0], 1: [1, 2], 3: [3]}),
            ({0: 10, 1: 1, 2: 9, 3: 0}, [0, 1, 2, 3], {0: [0], 1: [1, 2, 3]}),
            ({0: 9, 1: 10, 2: 10}, [0, 1, 2], {1: [0, 1], 2: [2]}),
            ({2: 5, 3: 5}, [2, 3], {1: [2, 3]}),
            ({2: 4, 3: 5}, [2, 3], {0: [2, 3]}),
            ({2: 4, 3: 50}, [2, 3], {3: [2, 3]}),
            ({}, [0, 1], {0: [0, 1]}), ({3: 2}, [3], {0: [3]})]
        for ballots, counting, expected in cases:
            with self.subTest(ballots=ballots):
                self.assertEqual(self.partition(ballots, counting, tree), expected)


if __name__ == "__main__":
    unittest.main()
