"""The prover's side of every proof, for tests: seeded, not constant time, not for use."""

import random

import setup_path  # noqa: F401
import ballots
import keygen
import merlin
import tally
from credentials import HALF_KEYS
from encoding import Object, th, weights
from ristretto import G, GK, H, Q, ZERO, combine, lizard_encode


class Source:
    """Seeded randomness."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def scalar(self):
        return self.random.randrange(1, Q)

    def bytes(self, length):
        return self.random.getrandbits(8 * length).to_bytes(length, "little")


def knowledge(source, transcript, secret, base=G):
    k = source.scalar()
    commitment = k * base
    transcript.point("R", commitment)
    c = transcript.challenge()
    return Object(R=commitment, z=(k + c * secret) % Q)


def equality(source, transcript, secret, base):
    k = source.scalar()
    first, second = k * G, k * base
    transcript.point("R1", first)
    transcript.point("R2", second)
    c = transcript.challenge()
    return Object(R1=first, R2=second, z=(k + c * secret) % Q)


def weighted(transcript, secrets):
    w = weights(transcript.seed(), len(secrets))
    return sum(a * b for a, b in zip(w, secrets)) % Q


def half_possession(source, roll_id, role, lists, secrets):
    transcript = merlin.proof("half-possession", roll_id, role=role)
    transcript.append("lists", th("half-lists", HALF_KEYS.write(lists)))
    return knowledge(source, transcript, weighted(transcript, secrets))


def key_possession(source, setup, index, commitments, constants):
    transcript = keygen.key_transcript(setup, index, commitments)
    return knowledge(source, transcript, weighted(transcript, constants))


def decryption(source, context, place, group_hash, a, decrypted, shares, secrets):
    transcript = tally.decryption_transcript(context, place, group_hash, a, decrypted, shares)
    return equality(source, transcript, weighted(transcript, secrets), a)


# The ballot

def com(values, blind):
    return combine([blind] + list(values), [H] + GK[:len(values)])


def com2(first, second, blind):
    n = len(first)
    return combine([blind] + list(first) + list(second), [H] + GK[:n] + GK[8:8 + n])


def times_linear(polynomial, constant, slope):
    """polynomial * (constant + slope X), lowest coefficient first."""
    result = [0] * (len(polynomial) + 1)
    for i, value in enumerate(polynomial):
        result[i] = (result[i] + value * constant) % Q
        result[i + 1] = (result[i + 1] + value * slope) % Q
    return result


def text_points(text, m):
    data = text.encode().ljust(16 * m, b"\0")
    return [lizard_encode(data[16 * k:16 * k + 16]) for k in range(m)]


def encrypt(source, election, ballot, choice, text=None):
    """Fills A, B, T and the proof of a ballot that has its places, u and shape.

    `choice` may be a list of any marks; the proof is then made as for its first. `text`
    may be a list of any points, instead of those that carry a text.
    """
    shape = ballot.shape
    start = election.manifest.option_slots
    keys = election.slot_keys[:shape.N]
    text_keys = election.slot_keys[start:start + shape.m]
    marks = choice if isinstance(choice, list) else [int(j == choice) for j in range(shape.N)]
    index = marks.index(1) if isinstance(choice, list) else choice
    r = source.scalar()
    ballot.A = r * G
    ballot.B = [combine([e, r], [G, key]) for e, key in zip(marks, keys)]
    if isinstance(text, str):
        text = text_points(text, shape.m)
    messages = text or [ZERO] * shape.m
    ballot.T = [message + r * key for message, key in zip(messages, text_keys)]
    ballot.proof = _prove(source, ballot, shape, keys, text_keys, index, r)


def _prove(source, ballot, shape, keys, text_keys, index, r):
    draw, nu = source.scalar, shape.nu
    transcript = ballots.validity_transcript(ballot, shape, keys, text_keys)
    y = transcript.challenge("y")
    tau = transcript.challenge("tau") if shape.m else 0
    bits = [index >> k & 1 for k in range(nu)]
    g = [pow(y, 2**k, Q) for k in range(nu)]
    a, s1, s2, t = [draw() for _ in bits], draw(), draw(), draw()
    polynomial = [1]
    for bit, mask, gk in zip(bits, a, g):
        polynomial = times_linear(polynomial, mask * (gk - 1), 1 + bit * (gk - 1))
    proof = Object(R1=None, R2=None, zq=None)
    proof.M1 = com2(bits, [mask * (1 - 2 * bit) for mask, bit in zip(a, bits)], s1)
    proof.M2 = com2(a, [-mask * mask for mask in a], s2)
    proof.E = com(polynomial, t)
    ballots.append_commitments(transcript, proof)

    x = transcript.challenge("x")
    proof.f = [(bit * x + mask) % Q for bit, mask in zip(bits, a)]
    proof.z1 = (x * s1 + s2) % Q
    d = [draw() for _ in range(nu)]
    d = [-sum(dk * pow(x, k, Q) for k, dk in enumerate(d, 1)) % Q] + d
    t1, r1, q1 = draw(), draw(), draw()
    proof.Ed = com(d, t1)
    proof.RA = r1 * G
    powers = [pow(y, j, Q) for j in range(shape.N)]
    proof.RB = combine([d[-1]] + [r1 * p for p in powers], [G] + keys)
    if shape.m:
        taus = [pow(tau, k, Q) for k in range(shape.m)]
        proof.R1 = combine([d[-1], -q1], [ballot.A, G])
        proof.R2 = combine([d[-1] * p for p in taus] + [-q1 * p for p in taus],
                           ballot.T + text_keys)
    ballots.append_answers(transcript, proof, shape)

    c = transcript.challenge("c")
    proof.w = [(c * p + dk) % Q for p, dk in zip(polynomial[1:], d[1:])]
    proof.zt, proof.z = (c * t + t1) % Q, (c * r + r1) % Q
    if shape.m:
        proof.zq = (c * (polynomial[-1] - pow(y, shape.omega, Q)) * r + q1) % Q
    return proof


def sign_cast(source, ballot, base, secret):
    k = source.scalar()
    ballot.signature = Object(R=k * base, z=0)
    c = ballots.signature_transcript(ballot, base).challenge()
    ballot.signature.z = (k + c * secret) % Q


def complaint(source, setup, accuser, secret, accuser_key, dealer, dealer_key):
    shared = secret * dealer_key
    transcript = keygen.complaint_transcript(
        setup, accuser, dealer, accuser_key, dealer_key, shared)
    return Object(dealer=dealer, shared=shared,
                  proof=equality(source, transcript, secret, dealer_key))


