"""What a text says: normal form, names that count as one, the report (writeins.md)."""

import unicodedata

from encoding import U64, List, NAMES, Object, String, Struct
from lizard import lizard_decode

NAME = Struct(name=String(), votes=U64)
REPORT = dict(marked=U64, texts=U64, illegible=U64, names=List(NAME, NAMES), few_names=U64,
              few_votes=U64)
CHARACTERS = [(0x20, 0x7E), (0xA1, 0xAC), (0xAE, 0x34E), (0x350, 0x36F), (0x1E00, 0x1EFF),
              (0x2010, 0x2027), (0x2030, 0x205E), (0xA78B, 0xA78C)]
ACCENTS = "\u0300\u0301\u0302\u0308"


def normal(text):
    """NFC, trimmed, every run of white space one space (ballots.md)."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def legible(data):
    """The text that padded bytes carry; None if they are not those of a normal text."""
    try:
        text = data.rstrip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        return None
    good = text and all(any(first <= ord(c) <= last for first, last in CHARACTERS) for c in text) \
        and text == normal(text)
    return text if good else None


def read(points):
    """The name that the points of a text carry; None if the text is illegible."""
    parts = []
    for point in points:
        part = lizard_decode(point)
        if part is None:
            return None
        parts.append(part)
    return legible(b"".join(parts))


def fold(name):
    """Names that fold to the same count as one."""
    plain = "".join(c for c in unicodedata.normalize("NFD", name) if c not in ACCENTS)
    upper = "".join(c.upper() if "a" <= c <= "z" else c for c in plain)
    return unicodedata.normalize("NFC", upper)


def count(rows, marked, min_group):
    """The numbers and names of a report; `rows` are the opened points of every row."""
    opened = [row for row in rows if not all(point.is_identity() for point in row)]
    spellings, illegible = {}, 0
    for row in opened:
        name = read(row)
        if name is None:
            illegible += 1
            continue
        of_name = spellings.setdefault(fold(name), {})
        of_name[name] = of_name.get(name, 0) + 1
    votes = {folded: sum(found.values()) for folded, found in spellings.items()}
    many = sorted((folded for folded in votes if votes[folded] >= min_group),
                  key=lambda folded: (-votes[folded], folded.encode()))
    few = [number for number in votes.values() if number < min_group]
    return Object(
        marked=marked, texts=len(opened), illegible=illegible,
        names=[Object(name=shown(spellings[folded]), votes=votes[folded]) for folded in many],
        few_names=len(few), few_votes=sum(few))


def shown(spellings):
    """The most frequent spelling; of equally frequent ones the first by its bytes."""
    return min(spellings, key=lambda name: (-spellings[name], name.encode()))
