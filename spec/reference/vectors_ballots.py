"""Vectors of ballots.md: validity proofs and openings."""

from types import SimpleNamespace

import ballots
from encoding import Bytes, DecodeError, SCALAR, Struct, U32, th
from manifest import Shape
from equations import hold
from ristretto import G, Point, Q, ZERO, combine, lizard_encode
from texts import legible
from vectors_answer import Answer, Refused, point_hex, require, scalar_hex, unhex

OPENING = Struct("EOPN", body=Bytes(1 << 16), option=U32, text=Bytes(128), r=SCALAR)


def _points(texts):
    return [Point.decode(bytes.fromhex(text)) for text in texts]


def _election(given):
    """As much of an election as the equations of one contest need."""
    slot_keys = _points(given["K"]) + _points(given["L"])
    return SimpleNamespace(manifest=SimpleNamespace(option_slots=given["N"]),
                           slot_keys=slot_keys)


def _body(given, data):
    try:
        body = ballots.BODY.decode(data, Shape(given["N"], given["m"], given.get("omega")))
    except DecodeError:
        raise Refused("V1.1") from None
    body.shape = Shape(given["N"], given["m"], given.get("omega"))
    body.code = th("tracking-code", data)
    return body


def _in_place(given, body):
    return (body.election_id, body.contest) == (unhex(given, "electionId"), given["contest"])


def _challenges(given, body):
    p, shape = body.proof, body.shape
    transcript = ballots.validity_transcript(body, shape, _points(given["K"]), _points(given["L"]))
    y = transcript.challenge("y")
    tau = transcript.challenge("tau") if shape.m else None
    ballots.append_commitments(transcript, p)
    x = transcript.challenge("x")
    ballots.append_answers(transcript, p, shape)
    return y, tau, x, transcript.challenge("c")


def ballot_proof(given):
    body = _body(given, unhex(given, "body"))
    shape, p = body.shape, body.proof
    y, tau, x, c = _challenges(given, body)
    powers_y = [pow(y, j, Q) for j in range(shape.N)]
    value = 1
    for k, f in enumerate(p.f):
        value = value * (x + f * (pow(y, 2**k, Q) - 1)) % Q
    w0 = (c * value - sum(w * pow(x, k, Q) for k, w in enumerate(p.w, 1))) % Q
    steps = {"y": scalar_hex(y), "x": scalar_hex(x), "c": scalar_hex(c),
             "B'": point_hex(combine(powers_y, body.B)),
             "K'": point_hex(combine(powers_y, _points(given["K"]))),
             "P(x)": scalar_hex(value), "w_0": scalar_hex(w0)}
    if shape.m:
        powers_tau = [pow(tau, k, Q) for k in range(shape.m)]
        steps |= {"tau": scalar_hex(tau), "T'": point_hex(combine(powers_tau, body.T)),
                  "L'": point_hex(combine(powers_tau, _points(given["L"])))}
    equations = ballots.proof_equations(_election(given), body)
    steps["failing"] = [number for number, equation in enumerate(equations, 1)
                        if not hold([equation])]
    answer = Answer({"code": body.code.hex()}, **steps)
    require(_in_place(given, body) and not steps["failing"], "V1.7", answer)
    return answer


def ballot_batch(given):
    equations = []
    for data in given["bodies"]:
        equations += ballots.proof_equations(_election(given), _body(given, bytes.fromhex(data)))
    require(hold(equations), "V1.7")
    return Answer()


def ballot_opening(given):
    """The auditor encrypts the opened choice again and verifies the proof."""
    try:
        opening = OPENING.decode(unhex(given, "opening"))
    except DecodeError:
        raise Refused("opening") from None
    body = _body(given, opening.body)
    shape, r, text = body.shape, opening.r, opening.text
    require(_in_place(given, body) and opening.option < shape.N, "opening")
    require(not text or (shape.m and opening.option == shape.omega
                         and len(text) == 16 * shape.m), "opening")
    blocks = [lizard_encode(text[i:i + 16]) for i in range(0, len(text), 16)] or [ZERO] * shape.m
    slot_keys, text_keys = _points(given["K"]), _points(given["L"])
    marks = [(j == opening.option) * G + r * key for j, key in enumerate(slot_keys)]
    texts = [block + r * key for block, key in zip(blocks, text_keys)]
    require(r * G == body.A and marks == body.B and texts == body.T, "opening")
    require(hold(ballots.proof_equations(_election(given), body)), "opening")
    require(not text or legible(text), "opening")
    return Answer({"option": opening.option, "code": body.code.hex()})


KINDS = {"ballot-proof": ballot_proof, "ballot-batch": ballot_batch,
         "ballot-opening": ballot_opening}
