"""Vectors of shuffle.md: generators, shuffles, what a mixer makes of rows."""

import credentials
import merlin
import ristretto
import shuffle
import writeins
from encoding import POINT_STAR, U32, DecodeError, Object, Reader
from equations import hold
from ristretto import G, Point, combine, total
from vectors_answer import Answer, Refused, point_hex, require, scalar_hex, unhex


def _points(texts):
    return [Point.decode(bytes.fromhex(text)) for text in texts]


def _all(points):
    return [point_hex(point) for point in points]


def _read(code, kind, data, env=None):
    reader = Reader(data)
    try:
        value = kind.read(reader, env, None)
    except DecodeError:
        raise Refused(code) from None
    require(reader.position == len(data), code)
    return value


def _scalar(text):
    return int.from_bytes(bytes.fromhex(text), "little")


def generator(given):
    return Answer({"point": point_hex(2 * ristretto.generator(b"Q" + U32.write(given["i"])))})


def _joined(texts):
    return len(texts).to_bytes(8, "little") + bytes.fromhex("".join(texts))


def _steps(statement, proof, given):
    """What a verifier computes, and the names of the equations that do not hold."""
    def transcript():
        return merlin.proof(given["proofName"], unhex(given, "context"), **given["position"])
    hashed = {"generators": shuffle.generators(statement.n), "input": shuffle.flat(statement.input),
              "output": shuffle.flat(statement.output), "commitments": proof.C, "chain": proof.D}
    steps = {name + "Hash": shuffle._hash(name, points).hex() for name, points in hashed.items()}
    bound = transcript()
    statement.bind(bound)
    bound.append("commitments", shuffle._hash("commitments", proof.C))
    u, rho, c = shuffle.challenges(statement, proof, transcript())
    end = ([shuffle.H] + proof.D)[-1]
    steps |= {"s": bound.seed().hex(), "u": [scalar_hex(x) for x in u], "rho": scalar_hex(rho),
              "c": scalar_hex(c),
              "V": point_hex(total(proof.C) - total(shuffle.generators(statement.n))
                             + rho * (end - shuffle.product(u) * shuffle.H)),
              "sum [u_j]C_j": point_hex(combine(u, proof.C))}
    names = ["(1)", "(2)"]
    names += ["(3)", "(3) base"] if statement.of_keys else [
        f"(3) component {k}" for k in range(statement.w)]
    equations = shuffle.equations(statement, proof, transcript())
    steps["failing"] = [name for name, equation in zip(names, equations) if not hold([equation])]
    return steps


def keys(given):
    before, base = _points(given["keys"]), Point.decode(unhex(given, "base"))
    image = _read("C4.1", POINT_STAR, unhex(given, "image"))
    after = _read("C4.1", credentials.SORTED_KEYS, _joined(given["mixed"]))
    require(len(after) == len(before), "C4.1")
    proof = _read("C4.1", shuffle.KEYS_PROOF, unhex(given, "proof"), Object(n=len(after), w=1))
    statement = shuffle.of_keys(base, before, image, after)
    answer = Answer(**_steps(statement, proof, given | {"proofName": "shuffle-keys"}))
    require(image != base and not answer.intermediates["failing"], "C4.3", answer)
    return answer


def texts(given):
    m, before = len(given["L"]), [_points(row) for row in given["rows"]]
    data = len(given["mixed"]).to_bytes(8, "little")
    data += b"".join(bytes.fromhex("".join(row)) for row in given["mixed"])
    rows = _read("W2.1", writeins.ROW_LIST, data, m)
    require(len(rows) == len(before), "W2.1")
    size = Object(n=len(rows), w=m + 1)
    proof = _read("W2.1", shuffle.TEXTS_PROOF, unhex(given, "proof"), size)
    after = [[row.A, *row.T] for row in rows]
    statement = shuffle.of_texts(_points(given["L"]), before, after)
    answer = Answer(**_steps(statement, proof, given | {"proofName": "shuffle-texts"}))
    require(not writeins.traces(before) & writeins.traces(after), "W2.3", answer)
    require(not answer.intermediates["failing"], "W2.4", answer)
    return answer


def _sorted(rows):
    places = sorted(range(len(rows)), key=lambda j: rows[j][0].encode())
    return places, [rows[j] for j in places]


def mix_keys(given):
    g = _scalar(given["g"])
    places, rows = _sorted([[g * key] for key in _points(given["keys"])])
    return Answer({"image": point_hex(g * Point.decode(unhex(given, "base"))), "pi": places,
                   "mixed": _all(row[0] for row in rows)})


def mix_texts(given):
    masks = [G, *_points(given["L"])]
    nonces = [_scalar(text) for text in given["e"]]
    rows = [[point + e * y for point, y in zip(_points(row), masks)]
            for row, e in zip(given["rows"], nonces)]
    places, rows = _sorted(rows)
    return Answer({"mixed": [_all(row) for row in rows], "pi": places})


KINDS = {"shuffle-generator": generator, "shuffle-keys": keys, "shuffle-texts": texts,
         "mix-keys": mix_keys, "mix-texts": mix_texts}
