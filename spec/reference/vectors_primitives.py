"""Vectors of notation.md, of tracking codes and of transcripts."""

import ed25519
import merlin
from encoding import (
    DecodeError, KEY, Reader, SCALAR, hash_to_scalar, signed_by, th, tracking_code_bytes,
    tracking_code_text, weights)
from lizard import lizard_decode
from ristretto import G, NotAPoint, Point, from_uniform_bytes, generator, lizard_encode
from vectors_answer import Answer, Refused, point_hex, require, scalar_hex, unhex


def multiple(given):
    return Answer({"point": point_hex(given["k"] * G)})


def point(given):
    try:
        decoded = Point.decode(unhex(given, "bytes"))
    except NotAPoint:
        raise Refused("group") from None
    # Encoded anew, not from the bytes that were kept.
    require(Point(decoded.xyzt).encode() == unhex(given, "bytes"), "group")
    return Answer()


def scalar(given):
    try:
        SCALAR.read(Reader(unhex(given, "bytes")), None, None)
    except DecodeError:
        raise Refused("group") from None
    return Answer()


def element_derivation(given):
    return Answer({"point": point_hex(from_uniform_bytes(unhex(given, "bytes")))})


def named_generator(given):
    return Answer({"point": point_hex(generator(unhex(given, "name")))})


def lizard(given):
    return Answer({"point": point_hex(lizard_encode(unhex(given, "bytes")))})


def lizard_back(given):
    found = lizard_decode(Point.decode(unhex(given, "point")))
    require(found is not None, "group")
    return Answer({"bytes": found.hex()})


def tagged_hash(given):
    return Answer({"hash": th(given["label"], unhex(given, "data")).hex()})


def hashed_scalar(given):
    return Answer({"scalar": scalar_hex(hash_to_scalar(given["label"], unhex(given, "data")))})


def all_weights(given):
    return Answer({"weights": [w.to_bytes(16, "little").hex()
                               for w in weights(unhex(given, "seed"), given["n"])]})


# Tracking codes

def code_text(given):
    return Answer({"text": tracking_code_text(unhex(given, "code"))})


def code_typed(given):
    """What people type is brought to the form of files; a check symbol is not confused."""
    symbols = given["text"].replace("-", "").replace(" ", "").upper()
    symbols = symbols.translate(str.maketrans("OIL", "011"))
    require(len(symbols) == 53, "encoding")
    groups = [symbols[i:i + 4] for i in range(0, 53, 4)]
    code = tracking_code_bytes("-".join(groups))
    require(code is not None, "encoding")
    return Answer({"code": code.hex()})


def code_in_file(given):
    code = tracking_code_bytes(given["text"])
    require(code is not None, "encoding")
    return Answer({"code": code.hex()})


# Transcripts

def merlin_challenge(given):
    transcript = merlin.Transcript(given["protocol"].encode())
    for operation in given["operations"]:
        transcript.append(operation["append"], unhex(operation, "data"))
    for _ in range(given.get("rounds", 1) - 1):
        challenge = transcript.challenge_bytes(given["label"], 32)
        transcript.append("bigdata", bytes([0x63]) * 1024)
        transcript.append("challengedata", challenge)
    return Answer({"challenge": transcript.challenge_bytes(given["label"], 32).hex()})


def proof_header(given):
    transcript = merlin.proof(given["proof"], unhex(given, "context"), **given["position"])
    for operation in given["operations"]:
        transcript.append(operation["append"], unhex(operation, "data"))
    c = transcript.challenge()
    return Answer({"c": scalar_hex(c), "s": transcript.seed().hex()})


# Ed25519

def ed25519_sign(given):
    seed = unhex(given, "seed")
    return Answer({"key": ed25519.public_key(seed).hex(),
                   "signature": ed25519.sign(seed, unhex(given, "message")).hex()})


def ed25519_key(given):
    try:
        KEY.read(Reader(unhex(given, "key")), None, None)
    except DecodeError:
        raise Refused("encoding") from None
    return Answer()


def ed25519_verify(given):
    holds = ed25519.verify(unhex(given, "key"), unhex(given, "message"), unhex(given, "signature"))
    require(holds, "signature")
    return Answer()


def labelled_signature(given):
    require(signed_by(unhex(given, "key"), given["label"], unhex(given, "data"),
                      unhex(given, "signature")), "signature")
    return Answer()


KINDS = {
    "multiple": multiple, "point": point, "scalar": scalar,
    "element-derivation": element_derivation, "generator": named_generator,
    "lizard-encode": lizard, "lizard-decode": lizard_back,
    "tagged-hash": tagged_hash, "hash-to-scalar": hashed_scalar, "weights": all_weights,
    "tracking-code": code_text, "tracking-code-typed": code_typed,
    "tracking-code-file": code_in_file,
    "merlin": merlin_challenge, "proof-header": proof_header,
    "ed25519-sign": ed25519_sign, "ed25519-key": ed25519_key,
    "ed25519-verify": ed25519_verify, "labelled-signature": labelled_signature,
}
