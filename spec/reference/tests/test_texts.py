"""Normal form, folding, the report of the names."""

import unittest

import setup_path  # noqa: F401
import texts
from lizard import lizard_decode
from prover import text_points
from ristretto import G, ZERO

M = 2


def padded(text):
    return text.encode().ljust(16 * M, b"\0")


class NormalForm(unittest.TestCase):
    def test_legible(self):
        for text in ("Juana", "Ñuñez", "a b", "x" * 32, "Ꞌñuu", "O’Higgins", "¿?"):
            self.assertEqual(texts.legible(padded(text)), text)

    def test_illegible(self):
        for text in ("", " a", "a ", "a  b", "a\u00a0b", "a\u2003b", "n\u0303", "a\u200bb",
                     "\u202ea", "a\tb", "a\x7f", "a\x00b", "\ufeffa", "a\u0085b", "\u1100\u1161", "日本語", "Аna", "\u034f",
                     "\u0897\u0316", "\U00013439", "\U000105d2\u0307"):
            with self.subTest(text=text):
                self.assertIsNone(texts.legible(padded(text)))
        for data in (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\0a", b"\xc0\x80"):
            self.assertIsNone(texts.legible(data.ljust(32, b"\0")))

    def test_points(self):
        self.assertEqual(texts.read(text_points("Sor Juana Inés", M)), "Sor Juana Inés")
        first, second = text_points("Sor Juana Inés de la", M)
        self.assertIsNone(lizard_decode(5 * G))
        for points in ([first, 5 * G], [5 * G, second], [second, first], [first, ZERO],
                       [ZERO, second]):
            self.assertIsNone(texts.read(points))


class Folding(unittest.TestCase):
    def test_fold(self):
        for name, folded in (
                ("José Núñez", "JOSE NUÑEZ"), ("jose nuñez", "JOSE NUÑEZ"), ("Müller", "MULLER"),
                ("MULLER", "MULLER"), ("à ê ë", "A E E"), ("ǘ", "U"), ("ẽ", "Ẽ"), ("ã", "Ã"),
                ("ç", "Ç"), ("ø", "ø"), ("ß", "ß"), ("э", "э"), ("nunez", "NUNEZ"),
                ("\u1e69", "\u1e68"), ("q\u0301", "Q")):
            with self.subTest(name=name):
                self.assertEqual(texts.fold(name), folded)


def report(names, min_group=1, marked=99):
    """Names as text, None for no text, and points."""
    rows = [[ZERO] * M if name is None else
            text_points(name, M) if isinstance(name, str) else name for name in names]
    return texts.count(rows, marked, min_group)


def listed(value):
    return [(item.name, item.votes) for item in value.names]


class Report(unittest.TestCase):
    def test_nothing(self):
        value = report([None, None])
        self.assertEqual((value.marked, value.texts, value.illegible, value.names,
                          value.few_names, value.few_votes), (99, 0, 0, [], 0, 0))

    def test_numbers(self):
        value = report(["a", "A", "á", "b", "b", "c", None, [G, ZERO], [ZERO, G]], 2)
        self.assertEqual(listed(value), [("A", 3), ("b", 2)])
        self.assertEqual((value.texts, value.illegible, value.few_names, value.few_votes),
                         (8, 2, 1, 1))

    def test_the_most_frequent_spelling(self):
        self.assertEqual(listed(report(["ana", "Ana", "ana", "ANA"])), [("ana", 4)])
        self.assertEqual(listed(report(["ána", "ana", "Ana", "ANA"])), [("ANA", 4)])

    def test_order(self):
        names = ["b", "ñ", "n", "z", "z", "o", "Z", "ø"]
        self.assertEqual(listed(report(names)), [
            ("z", 3), ("b", 1), ("n", 1), ("o", 1), ("ñ", 1), ("ø", 1)])

    def test_few(self):
        value = report(["a", "a", "b", "c", "c"], 2)
        self.assertEqual((listed(value), value.few_names, value.few_votes),
                         ([("a", 2), ("c", 2)], 1, 1))
        value = report(["a", "a", "b"], 3)
        self.assertEqual((listed(value), value.few_names, value.few_votes), ([], 2, 3))


if __name__ == "__main__":
    unittest.main()
