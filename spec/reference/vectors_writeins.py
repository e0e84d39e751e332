"""Vectors of writeins.md: names, texts, reports, proofs of decryption."""

import texts
import writeins
from encoding import DecodeError, Object, th, weights
from equations import hold
from ristretto import Point, combine
from vectors_answer import Answer, Refused, point_hex, require, scalar_hex, unhex


def _points(strings):
    return [Point.decode(bytes.fromhex(string)) for string in strings]


def folding(given):
    return Answer({"folded": texts.fold(given["name"])})


def characters(_):
    found = [chr(c) for c in [*range(0xD800), *range(0xE000, 0x110000)]]
    found = [c for c in found if texts.legible(f"a{c}a".encode())]
    folds = "".join(texts.fold(f"a{c}a") + "\n" for c in found)
    return Answer({"characters": len(found), "folds": th("vector-folds", folds.encode()).hex()})


def text(given):
    name = texts.read(_points(given["points"]))
    require(name is not None, "text")
    return Answer({"name": name})


def report(given):
    rows = [_points(row) for row in given["rows"]]
    counted = texts.count(rows, given["marked"], given["minGroup"])
    place = {"election_id": unhex(given, "electionId"), "contest": given["contest"]}
    return Answer({"texts": writeins.TEXTS.write(Object(**place, **vars(counted))).hex()})


def text_decryption(given):
    shares = _points(given["X"])
    m = len(shares)
    rows = [Object(A=row[0], T=row[1:]) for row in map(_points, given["rows"])]
    place = unhex(given, "electionId"), given["contest"], given["index"]
    try:
        partial = writeins.TEXT_PARTIAL.decode(unhex(given, "partial"), m)
    except DecodeError:
        raise Refused("W3.1") from None
    require((partial.election_id, partial.contest, partial.index) == place
            and len(partial.decrypted) == len(rows), "W3.1")
    transcript = writeins.decryption_transcript(
        partial.election_id, partial.contest, partial.index, rows, partial.decrypted, shares)
    seed = transcript.seed()
    w = weights(seed, len(rows) * m)
    transcript.points("R1", partial.R1)
    transcript.point("R2", partial.R2)
    flat = [point for row in partial.decrypted for point in row]
    equations = writeins.decryption_equations(partial.election_id, rows, partial, shares)
    failing = [k for k, equation in enumerate(equations) if not hold([equation])]
    answer = Answer(**{
        "rowsHash": th("text-rows", writeins.ROW_LIST.write(rows)).hex(), "s": seed.hex(),
        "W": [point_hex(point) for point in writeins.weighted_rows(rows, w, m)],
        "D*": point_hex(combine(w, flat)), "c": scalar_hex(transcript.challenge()),
        "failing": failing})
    require(not failing, "W3.3", answer)
    return answer


KINDS = {"fold": folding, "characters": characters, "text": text, "report": report,
         "text-decryption": text_decryption}
