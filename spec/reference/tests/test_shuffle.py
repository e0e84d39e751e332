"""The shuffle proof: both relations, the equations one by one and as one sum."""

import copy
import unittest

import setup_path  # noqa: F401
import merlin
import prover
import prover_shuffle
import shuffle
from encoding import Object
from equations import hold
from ristretto import G, H, Q, ZERO


def transcript(name="shuffle-keys", context=b"\1" * 32, **place):
    return merlin.proof(name, context, **{"role": 1, "index": 2, **place})


def verified(statement, proof, start=transcript):
    """The answer of the one sum, which must be that of the equations one by one."""
    together = hold(shuffle.equations(statement, proof, start()))
    sides = list(shuffle.sides(statement, proof, start()))
    bad = [name for name, left, right in sides if not left == right]
    assert together == (not bad), f"the sum says {together}, but {bad} do not hold"
    return together


def bad_equations(statement, proof, start=transcript):
    return {name for name, left, right in shuffle.sides(statement, proof, start())
            if not left == right}


class Keys:
    """A mix of keys with all that its maker knows."""

    start = staticmethod(transcript)
    struct = shuffle.KEYS_PROOF

    def __init__(self, n, seed="keys"):
        source = self.source = prover.Source(f"{seed} {n}")
        self.base, self.power = source.scalar() * G, source.scalar()
        keys = [source.scalar() * G for _ in range(n)]
        self.input = [[key] for key in keys]
        self.output = [[self.power * key] for key in keys]
        self.order()

    def order(self):
        self.permutation = prover_shuffle.by_first_point(self.output)
        self.output = [self.output[j] for j in self.permutation]

    def statement(self, **changes):
        fields = dict(input=self.input, output=self.output, base=self.base,
                      image=self.power * self.base)
        return shuffle.Statement(**{**fields, **changes})

    @property
    def witness(self):
        return self.power

    def prove(self, statement):
        return prover_shuffle.prove(self.source, statement, self.permutation, self.witness,
                                    self.start())


class Texts(Keys):
    """A mix of texts of m points."""

    struct = shuffle.TEXTS_PROOF

    def __init__(self, n, m=2, seed="texts"):
        source = self.source = prover.Source(f"{seed} {n} {m}")
        self.keys = [source.scalar() * G for _ in range(m)]
        self.input = [[source.scalar() * G for _ in range(m + 1)] for _ in range(n)]
        self.coins = [source.scalar() for _ in range(n)]
        self.output = [[point + e * key for point, key in zip(row, [G, *self.keys])]
                       for row, e in zip(self.input, self.coins)]
        self.order()

    @staticmethod
    def start():
        return transcript("shuffle-texts")

    def statement(self, **changes):
        fields = dict(input=self.input, output=self.output, keys=self.keys)
        return shuffle.Statement(**{**fields, **changes})

    @property
    def witness(self):
        return self.coins


class Complete(unittest.TestCase):
    def test_every_number_of_rows(self):
        for kind in (Keys, Texts):
            for n in (0, 1, 2, 3, 8):
                mix = kind(n)
                with self.subTest(kind=kind.__name__, n=n):
                    statement = mix.statement()
                    self.assertTrue(verified(statement, mix.prove(statement), mix.start))

    def test_every_number_of_points(self):
        for m in (1, 3, 8):
            mix = Texts(3, m)
            statement = mix.statement()
            self.assertTrue(verified(statement, mix.prove(statement), mix.start))

    def test_any_order_proves_and_the_statement_has_the_sorted_one(self):
        mix = Keys(4)
        mix.output.reverse()
        mix.permutation.reverse()
        statement = mix.statement()
        self.assertTrue(verified(statement, mix.prove(statement)))

    def test_repeated_rows(self):
        mix = Keys(3)
        mix.input[1] = mix.input[0]
        mix.output = [[mix.power * row[0]] for row in mix.input]
        mix.order()
        statement = mix.statement()
        self.assertTrue(verified(statement, mix.prove(statement)))

    def test_length(self):
        for n in (0, 1, 5):
            size = lambda mix: len(mix.struct.write(mix.prove(mix.statement())))
            self.assertEqual(size(Keys(n)), 96 * n + 224)
            for m in (1, 3):
                self.assertEqual(size(Texts(n, m)), 96 * n + 160 + 32 * (m + 1))

    def test_codec(self):
        for mix in (Keys(3), Texts(3)):
            statement = mix.statement()
            proof = mix.prove(statement)
            data = mix.struct.write(proof)
            again = mix.struct.decode(data, Object(n=statement.n, w=statement.w))
            self.assertEqual(mix.struct.write(again), data)
            self.assertTrue(verified(statement, again, mix.start))

    def test_generators(self):
        encoded = {point.encode() for point in shuffle.generators(20)}
        self.assertEqual(len(encoded | {G.encode(), H.encode()}), 22)


class Sound(unittest.TestCase):
    def test_each_changed_value_of_the_proof(self):
        for mix in (Keys(2), Texts(2)):
            statement = mix.statement()
            proof = mix.prove(statement)
            for name, value in vars(proof).items():
                places = range(len(value)) if isinstance(value, list) else [None]
                for place in places:
                    changed = copy.deepcopy(proof)
                    old = value if place is None else value[place]
                    new = (old + 1) % Q if isinstance(old, int) else old + H
                    if place is None:
                        setattr(changed, name, new)
                    else:
                        getattr(changed, name)[place] = new
                    with self.subTest(kind=type(mix).__name__, name=name, place=place):
                        self.assertFalse(verified(statement, changed, mix.start))

    def test_every_equation_is_needed(self):
        """A response of its own in each equation: the others go on holding."""
        keys, texts = Keys(3), Texts(3)
        for mix, name, broken in (
                (keys, "zG", {"(1)"}), (keys, "zQ", {"(2)"}), (keys, "zE", {"(3)", "(3) base"}),
                (texts, "zG", {"(1)"}), (texts, "zQ", {"(2)"}),
                (texts, "zE", {f"(3) component {k}" for k in range(3)})):
            statement = mix.statement()
            proof = mix.prove(statement)
            setattr(proof, name, (getattr(proof, name) + 1) % Q)
            self.assertEqual(bad_equations(statement, proof, mix.start), broken)

    def test_each_changed_part_of_the_statement(self):
        for mix in (Keys(2), Texts(2)):
            statement = mix.statement()
            proof = mix.prove(statement)
            for rows in ("input", "output"):
                for i in range(2):
                    for k in range(statement.w):
                        changed = mix.statement()
                        altered = [list(row) for row in getattr(changed, rows)]
                        altered[i][k] = altered[i][k] + H
                        setattr(changed, rows, altered)
                        self.assertFalse(verified(changed, proof, mix.start))
        keys, texts = Keys(2), Texts(2)
        for mix, changes in ((keys, {"base": H}), (keys, {"image": H}),
                             (texts, {"keys": [H, texts.keys[1]]}),
                             (texts, {"keys": texts.keys[::-1]})):
            proof = mix.prove(mix.statement())
            self.assertFalse(verified(mix.statement(**changes), proof, mix.start))

    def test_replay_in_another_place(self):
        for mix, name in ((Keys(2), "shuffle-keys"), (Texts(2), "shuffle-texts")):
            statement = mix.statement()
            proof = mix.prove(statement)
            for change in ({"role": 2}, {"index": 1}, {"style": 0}, {"unit": 0}, {"contest": 0},
                           {"context": bytes(32)}):
                self.assertFalse(
                    verified(statement, proof, lambda: transcript(name, **change)))
            other = "shuffle-texts" if name == "shuffle-keys" else "shuffle-keys"
            self.assertFalse(verified(statement, proof, lambda: transcript(other)))

    def cheat(self, mix, statement=None):
        statement = statement or mix.statement()
        self.assertFalse(verified(statement, mix.prove(statement), mix.start))

    def test_replaced_row(self):
        for mix in (Keys(3), Texts(3)):
            mix.output[1] = [mix.source.scalar() * G for _ in mix.output[1]]
            self.cheat(mix)

    def test_doubled_and_dropped_row(self):
        for mix in (Keys(3), Texts(3)):
            mix.output[1] = mix.output[0]
            self.cheat(mix)

    def test_doubled_row_with_the_permutation_that_fits(self):
        """The same input twice: the commitments are then those of no permutation."""
        for mix in (Keys(3), Texts(3)):
            mix.output[1] = mix.output[0]
            mix.permutation[1] = mix.permutation[0]
            self.cheat(mix)

    def test_powers_that_differ(self):
        mix = Keys(3)
        mix.output[1] = [2 * mix.output[1][0]]
        self.cheat(mix)

    def test_another_power_for_the_base(self):
        mix = Keys(3)
        self.cheat(mix, mix.statement(image=mix.source.scalar() * mix.base))

    def test_base_left_as_it_was(self):
        mix = Keys(3)
        self.cheat(mix, mix.statement(image=mix.base))

    def test_coins_that_differ_between_components(self):
        mix = Texts(3)
        mix.output[1][2] = mix.output[1][2] + mix.keys[1]
        self.cheat(mix)

    def test_components_of_two_rows_exchanged(self):
        mix = Texts(3)
        first, second = mix.output[0], mix.output[1]
        first[1], second[1] = second[1], first[1]
        self.cheat(mix)

    def test_rows_moved_by_amounts_that_cancel(self):
        for mix in (Keys(3), Texts(3)):
            mix.output[0][0], mix.output[1][0] = mix.output[0][0] + H, mix.output[1][0] - H
            self.cheat(mix)

    def test_no_rows_and_points_of_nowhere(self):
        mix = Keys(0)
        statement = mix.statement()
        proof = mix.prove(statement)
        for name in ("RG", "RQ", "RB"):
            changed = copy.deepcopy(proof)
            setattr(changed, name, ZERO)
            self.assertFalse(verified(statement, changed))


if __name__ == "__main__":
    unittest.main()
