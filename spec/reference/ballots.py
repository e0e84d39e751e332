"""Ballots: encoding, validity proof, signature (ballots.md) and their checks (V1)."""

import multiprocessing

import merlin
from encoding import (
    HASH, POINT, POINT_STAR, SCALAR, U32, Array, DecodeError, Struct, header, th)
from equations import failing, hold
from ristretto import G, GK, H, Q

NONE = 0xFFFFFFFF


class _IfTexts:
    """A field that exists only if m > 0."""

    def __init__(self, item):
        self.item = item

    def read(self, reader, env, so_far):
        return self.item.read(reader, env, so_far) if env.m else None

    def write(self, value):
        return b"" if value is None else self.item.write(value)


_PER_BIT = Array(SCALAR, lambda shape, _: shape.nu)
PROOF = Struct(
    M1=POINT, M2=POINT, E=POINT, f=_PER_BIT, z1=SCALAR, Ed=POINT, RA=POINT, RB=POINT,
    R1=_IfTexts(POINT), R2=_IfTexts(POINT), w=_PER_BIT, zt=SCALAR, z=SCALAR,
    zq=_IfTexts(SCALAR))
_BODY = dict(
    election_id=HASH, contest=U32, style=U32, unit=U32, u=HASH, A=POINT_STAR,
    B=Array(POINT, lambda shape, _: shape.N), T=Array(POINT, lambda shape, _: shape.m),
    proof=PROOF)
BODY = Struct("EBAL", **_BODY)
CAST = Struct("EBAL", **_BODY, C=POINT_STAR, salt=HASH,
              signature=Struct(R=POINT, z=SCALAR))
TAIL = 128


def cast_length(shape):
    return (84 + 32 * (1 + shape.N + shape.m) + 32 * (6 + 2 * shape.nu + 3)
            + (96 if shape.m else 0) + TAIL)


def decode_cast(manifest, data):
    """A Cast, with its shape, code and u; the contest decides the length."""
    if data[:8] != header("EBAL"):
        raise DecodeError("the header is not that of EBAL")
    contest = int.from_bytes(data[40:44], "little")
    if len(data) < 44 or contest >= len(manifest.contests):
        raise DecodeError("no such contest")
    shape = manifest.shape(contest)
    if len(data) != cast_length(shape):
        raise DecodeError("not the length of a ballot of this contest")
    cast = CAST.decode(data, shape)
    cast.shape = shape
    cast.code = th("tracking-code", data[:-TAIL])
    return cast


def credential_hash(key, salt):
    return th("ballot-u", key.encode() + salt)


# The validity proof

def validity_transcript(ballot, shape, slot_keys, text_keys):
    transcript = merlin.proof("ballot-validity", ballot.election_id, ballot.contest,
                              ballot.style, ballot.unit)
    transcript.u32("N", shape.N)
    transcript.u32("m", shape.m)
    transcript.u32("omega", NONE if shape.omega is None else shape.omega)
    transcript.points("K", slot_keys)
    transcript.points("L", text_keys)
    transcript.append("u", ballot.u)
    transcript.point("A", ballot.A)
    transcript.points("B", ballot.B)
    transcript.points("T", ballot.T)
    return transcript


def append_commitments(transcript, proof):
    transcript.point("M1", proof.M1)
    transcript.point("M2", proof.M2)
    transcript.point("E", proof.E)


def append_answers(transcript, proof, shape):
    transcript.scalars("f", proof.f)
    transcript.scalars("z1", [proof.z1])
    transcript.point("Ed", proof.Ed)
    transcript.point("RA", proof.RA)
    transcript.point("RB", proof.RB)
    if shape.m:
        transcript.point("R1", proof.R1)
        transcript.point("R2", proof.R2)


def signature_transcript(ballot, base):
    transcript = merlin.proof("cast-signature", ballot.election_id, ballot.contest,
                              ballot.style, ballot.unit)
    transcript.point("base", base)
    transcript.point("C", ballot.C)
    transcript.append("code", ballot.code)
    transcript.point("R", ballot.signature.R)
    return transcript


def signature_equation(election, ballot):
    base = election.lists[ballot.list].base
    c = signature_transcript(ballot, base).challenge()
    return [(ballot.signature.z, base), (-1, ballot.signature.R), (-c, ballot.C)]


def proof_equations(election, ballot):
    """Equations (1) to (6), as lists of terms that add up to zero."""
    shape, p = ballot.shape, ballot.proof
    text_start = election.manifest.option_slots
    slot_keys = election.slot_keys[:shape.N]
    text_keys = election.slot_keys[text_start:text_start + shape.m]
    transcript = validity_transcript(ballot, shape, slot_keys, text_keys)
    y = transcript.challenge("y")
    tau = transcript.challenge("tau") if shape.m else 0
    append_commitments(transcript, p)
    x = transcript.challenge("x")
    append_answers(transcript, p, shape)
    c = transcript.challenge("c")

    powers_y = [pow(y, j, Q) for j in range(shape.N)]
    powers_x = [pow(x, k, Q) for k in range(shape.nu + 1)]
    value = 1
    for k, f in enumerate(p.f):
        value = value * (x + f * (pow(y, 2**k, Q) - 1)) % Q
    w0 = (c * value - sum(wk * xk for wk, xk in zip(p.w, powers_x[1:]))) % Q
    w, last = [w0] + p.w, p.w[-1]

    equations = [
        [(x, p.M1), (1, p.M2), (-p.z1, H)] + [(-f, g) for f, g in zip(p.f, GK)]
        + [(-f * (x - f), g) for f, g in zip(p.f, GK[8:])],
        [(c, p.E), (1, p.Ed), (-p.zt, H)] + [(-wk, g) for wk, g in zip(w, GK)],
        [(c, ballot.A), (1, p.RA), (-p.z, G)],
        [(c * yj, b) for yj, b in zip(powers_y, ballot.B)] + [(1, p.RB), (-last, G)]
        + [(-p.z * yj, key) for yj, key in zip(powers_y, slot_keys)]]
    if shape.m:
        powers_tau = [pow(tau, k, Q) for k in range(shape.m)]
        gap = last - c * pow(y, shape.omega, Q)
        equations += [
            [(gap, ballot.A), (-p.zq, G), (-1, p.R1)],
            [(gap * t, point) for t, point in zip(powers_tau, ballot.T)]
            + [(-p.zq * t, key) for t, key in zip(powers_tau, text_keys)] + [(-1, p.R2)]]
    return equations


# Checks

class Ballot:
    """What the other phases need of an entry, and the checks that it failed."""

    def __init__(self, place):
        self.place, self.failed, self.cast = place, set(), None


def _style_and_unit(election, ballot):
    """The number of the ballot's credential list; None if it has none."""
    manifest = election.manifest
    number = manifest.list_index(ballot.style, ballot.unit)
    if ballot.election_id != election.id or number is None:
        return None
    return number if manifest.holds(ballot.style, ballot.contest) else None


def examine(election, numbered):
    """The checks that concern one entry alone: V1.1, V1.2, V1.5, V1.6, V1.7."""
    ballots, signatures, proofs = [], [], []
    for place, data in numbered:
        ballot = Ballot(place)
        ballots.append(ballot)
        try:
            cast = decode_cast(election.manifest, data)
        except DecodeError:
            ballot.failed.add("V1.1")
            continue
        ballot.cast = cast
        cast.list = _style_and_unit(election, cast)
        if cast.list is None:
            ballot.failed.add("V1.2")
            continue
        if cast.u != credential_hash(cast.C, cast.salt):
            ballot.failed.add("V1.5")
        signatures.append((ballot, [signature_equation(election, cast)]))
        proofs.append((ballot, proof_equations(election, cast)))
    if not hold([e for _, equations in signatures + proofs for e in equations]):
        for code, items in (("V1.6", signatures), ("V1.7", proofs)):
            for ballot in failing(items):
                ballot.failed.add(code)
    return ballots


_shared_election = None


def _examine_shared(numbered):
    return examine(_shared_election, numbered)


def examine_all(election, entries, jobs):
    """`examine` over all entries, in processes if more than one job is asked for."""
    global _shared_election
    numbered = list(enumerate(entries))
    if jobs < 2 or len(numbered) < 32 or "fork" not in multiprocessing.get_all_start_methods():
        return examine(election, numbered)
    size = -(-len(numbered) // jobs)
    parts = [numbered[i:i + size] for i in range(0, len(numbered), size)]
    _shared_election = election
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        return [ballot for part in pool.map(_examine_shared, parts) for ballot in part]


def check_ballots(election, report):
    ballots = examine_all(election, election.entries, election.jobs)
    together(election, ballots)
    figure = f"{len(ballots)} entries"
    for number in range(1, 9):
        code = f"V1.{number}"
        report.answer(code, [f"entry {b.place}: entry" for b in ballots if code in b.failed],
                      figure)
    election.ballots = [ballot.cast for ballot in ballots]


def together(election, ballots):
    """The checks that need the lists or the other entries: V1.3, V1.4, V1.8."""
    signed, seen = set(), set()
    for ballot in ballots:
        if ballot.failed & {"V1.1", "V1.2"}:
            continue
        cast = ballot.cast
        first = cast.A.encode()
        if first in seen:
            ballot.failed.add("V1.8")
        seen.add(first)
        key = cast.C.encode()
        if key not in election.keys[cast.list]:
            ballot.failed.add("V1.3")
            continue
        if (cast.contest, key) in signed:
            ballot.failed.add("V1.4")
        signed.add((cast.contest, key))
