"""The key ceremony, its certificate, the trial and the seal (keygen.md)."""

import chacha
import merlin
import tally
from encoding import (
    CIPHERTEXT, COMMITMENTS, CUSTODIANS, EQUALITY, HASH, INDEX, KNOWLEDGE, MIXES, POINT,
    POINT_STAR, SIGNATURE, U32, Array, Bytes, List, Struct, by_index, hash_to_scalar, signed_by,
    th, weights)
from equations import failing
from ristretto import G, Q, combine, total

ROUND1 = Struct(index=INDEX, ephemeral=POINT_STAR, possession=KNOWLEDGE, opening=HASH,
                signature=SIGNATURE)
SHARE = Struct(recipient=U32, ciphertext=Bytes(CIPHERTEXT))
FELDMAN = List(POINT, COMMITMENTS)
ROUND2 = Struct(index=INDEX, table=HASH, commitments=FELDMAN, possession=KNOWLEDGE,
                shares=List(SHARE, CUSTODIANS), signature=SIGNATURE)
COMPLAINT = Struct(dealer=U32, shared=POINT, proof=EQUALITY)
VERDICT = Struct(index=INDEX, table=HASH,
                 complaints=List(COMPLAINT, CUSTODIANS, order=lambda c: c.dealer),
                 signature=SIGNATURE)
EXCLUSION = Struct(index=INDEX, reason=U32)
CERTIFICATE = Struct(index=INDEX, signature=SIGNATURE)
TRANSCRIPT = Struct(
    "EKEY", manifest_hash=HASH, ceremony=U32, round1=List(ROUND1, CUSTODIANS, by_index),
    round2=List(ROUND2, CUSTODIANS, by_index), verdicts=List(VERDICT, CUSTODIANS, by_index),
    excluded=List(EXCLUSION, CUSTODIANS, by_index),
    certificates=List(CERTIFICATE, CUSTODIANS, by_index))
TRIAL_PARTIAL = Struct(index=INDEX, decrypted=Array(POINT, lambda env, _: env.slots),
                       proof=EQUALITY)
TRIAL = Struct("ETRL", setup_id=HASH, partials=List(TRIAL_PARTIAL, CUSTODIANS, by_index))
SEAL = Struct("ESEA", manifest_hash=HASH, roll_id=HASH, setup_id=HASH, key_record=HASH,
              trial=HASH, registrar_halves=HASH, server_halves=HASH,
              mixes=List(HASH, MIXES), lists=HASH)

(NO_COMMITMENT, NO_OPENING, BAD_OPENING, BAD_SHARE, FALSE_COMPLAINT, NO_VERDICT) = range(6)


def setup_id(manifest_hash, ceremony):
    return th("setup-id", manifest_hash + U32.write(ceremony))


# Statements that custodians prove or sign.

def ephemeral_transcript(setup, index, ephemeral):
    transcript = merlin.proof("ephemeral-possession", setup, index=index)
    transcript.point("E", ephemeral)
    return transcript


def ephemeral_possession_holds(setup, message):
    transcript = ephemeral_transcript(setup, message.index, message.ephemeral)
    proof = message.possession
    transcript.point("R", proof.R)
    c = transcript.challenge()
    return combine([proof.z, -c], [G, message.ephemeral]) == proof.R


def key_transcript(setup, index, commitments):
    transcript = merlin.proof("key-possession", setup, index=index)
    transcript.points("F", commitments)
    return transcript


def key_possession_holds(setup, message, slots):
    transcript = key_transcript(setup, message.index, message.commitments)
    w = weights(transcript.seed(), slots)
    transcript.point("R", message.possession.R)
    c = transcript.challenge()
    threshold = len(message.commitments) // slots
    constants = message.commitments[::threshold]
    left = combine([message.possession.z] + [-c * wj for wj in w], [G] + constants)
    return left == message.possession.R


def opening_hash(setup, message):
    return th("keygen-opening", setup + U32.write(message.index)
              + FELDMAN.write(message.commitments) + KNOWLEDGE.write(message.possession))


def pair_key(setup, dealer, recipient, dealer_key, recipient_key, shared):
    return th("keygen-pair-key", setup + U32.write(dealer) + U32.write(recipient)
              + dealer_key.encode() + recipient_key.encode() + shared.encode())


def complaint_transcript(setup, accuser, dealer, accuser_key, dealer_key, shared):
    transcript = merlin.proof("complaint", setup, role=accuser, index=dealer)
    transcript.point("E_accuser", accuser_key)
    transcript.point("E_dealer", dealer_key)
    transcript.point("Z", shared)
    return transcript


def first_table(setup, round1):
    """What everyone must have seen before the openings."""
    return th("keygen-table-1", setup + List(ROUND1, CUSTODIANS).write(round1))


def second_table(setup, round1, round2):
    return th("keygen-table-2", setup + List(ROUND1, CUSTODIANS).write(round1)
              + List(ROUND2, CUSTODIANS).write(round2))


def signed_part(struct, setup, message):
    return setup + struct.write(message, before="signature")


def at(index, commitments):
    """sum_c [index^c] commitments_c, by Horner's rule."""
    result = commitments[-1]
    for commitment in reversed(commitments[:-1]):
        result = index * result + commitment
    return result


# Judging

class Ceremony:
    """What a transcript shows; indices are those of custodians."""

    def __init__(self, manifest, value):
        self.threshold, self.slots = manifest.threshold, manifest.slots
        self.setup = setup_id(value.manifest_hash, value.ceremony)
        self.everyone = range(1, len(manifest.custodians) + 1)
        self.round1 = {message.index: message for message in value.round1}
        self.round2 = {message.index: message for message in value.round2}
        self.verdicts = {message.index: message for message in value.verdicts}

    def judge(self):
        """The excluded, as {index: reason}."""
        reasons = {i: self._opening(i) for i in self.everyone}
        good = {i for i, reason in reasons.items() if reason is None}
        bad_share, false_complaint = set(), set()
        for accuser, verdict in self.verdicts.items():
            for complaint in verdict.complaints:
                if (accuser in good and complaint.dealer in good and complaint.dealer != accuser
                        and self.upheld(accuser, complaint)):
                    bad_share.add(complaint.dealer)
                else:
                    false_complaint.add(accuser)
        for i in good:
            if i in bad_share:
                reasons[i] = BAD_SHARE
            elif i in false_complaint:
                reasons[i] = FALSE_COMPLAINT
            elif i not in self.verdicts:
                reasons[i] = NO_VERDICT
        return {i: reason for i, reason in reasons.items() if reason is not None}

    def _opening(self, i):
        if i not in self.round1:
            return NO_COMMITMENT
        if i not in self.round2:
            return NO_OPENING
        message = self.round2[i]
        others = sorted(l for l in self.round1 if l != i)
        good = (opening_hash(self.setup, message) == self.round1[i].opening
                and len(message.commitments) == self.slots * self.threshold
                and not any(point.is_identity() for point in message.commitments)
                and key_possession_holds(self.setup, message, self.slots)
                and [share.recipient for share in message.shares] == others
                and all(len(s.ciphertext) == 32 * self.slots + 16 for s in message.shares))
        return None if good else BAD_OPENING

    def upheld(self, accuser, complaint):
        dealer, shared, proof = complaint.dealer, complaint.shared, complaint.proof
        accuser_key = self.round1[accuser].ephemeral
        dealer_key = self.round1[dealer].ephemeral
        transcript = complaint_transcript(
            self.setup, accuser, dealer, accuser_key, dealer_key, shared)
        transcript.point("R1", proof.R1)
        transcript.point("R2", proof.R2)
        c = transcript.challenge()
        if not (combine([proof.z, -c], [G, accuser_key]) == proof.R1
                and combine([proof.z, -c], [dealer_key, shared]) == proof.R2):
            return False
        key = pair_key(self.setup, dealer, accuser, dealer_key, accuser_key, shared)
        return not self.good_share(accuser, self.round2[dealer], key)

    def good_share(self, recipient, message, key):
        sealed = next(s.ciphertext for s in message.shares if s.recipient == recipient)
        plain = chacha.open_sealed(key, bytes(12), b"", sealed)
        if plain is None:
            return False
        for j in range(self.slots):
            share = int.from_bytes(plain[32 * j:32 * j + 32], "little")
            if share >= Q or share * G != at(recipient, self._slot(message, j)):
                return False
        return True

    def _slot(self, message, j):
        return message.commitments[j * self.threshold:(j + 1) * self.threshold]

    def keys(self, qualified):
        """Slot keys, and verification shares by custodian."""
        sums = []
        for j in range(self.slots):
            columns = zip(*(self._slot(self.round2[i], j) for i in qualified))
            sums.append([total(column) for column in columns])
        shares = {l: [at(l, column) for column in sums] for l in qualified}
        return [column[0] for column in sums], shares


def check_messages(manifest, data, report):
    """K1.1 to K2.3: the transcript, who is qualified, slot keys, verification shares."""
    file = "key/transcript.bin"
    n = len(manifest.custodians)
    value = report.decode("K1.1", file, "publisher", TRANSCRIPT, data,
                          more=lambda v: well_formed(v, n))
    report.answer("K1.2", [f"{file}: publisher"] * (value.manifest_hash != manifest.hash),
                  manifest.hash.hex())
    ceremony = Ceremony(manifest, value)
    setup = ceremony.setup

    def unsigned(round_name, label, struct, messages):
        return [f"{file}, {round_name} of {m.index}: custodian {m.index}" for m in messages
                if not signed_by(manifest.custodians[m.index - 1].key, label,
                                 signed_part(struct, setup, m), m.signature)]

    report.answer("K1.3", unsigned("round 1", "keygen-round1", ROUND1, value.round1),
                  f"{len(value.round1)} signatures")
    report.answer("K1.4", [
        f"{file}, round 1 of {m.index}: custodian {m.index}" for m in value.round1
        if not ephemeral_possession_holds(setup, m)], f"{len(value.round1)} proofs")
    tables = ((value.round2, first_table(setup, value.round1)),
              (value.verdicts, second_table(setup, value.round1, value.round2)))
    report.answer("K2.1", unsigned("round 2", "keygen-round2", ROUND2, value.round2)
                  + unsigned("verdict", "keygen-verdict", VERDICT, value.verdicts)
                  + [f"{file}, table of {m.index}: custodian {m.index}"
                     for messages, table in tables for m in messages if m.table != table],
                  f"{len(value.round2) + len(value.verdicts)} signatures")
    report.stop_if_failed()

    excluded = ceremony.judge()
    listed = {e.index: e.reason for e in value.excluded}
    report.answer("K2.2", [f"{file}, excluded: publisher"] * (listed != excluded),
                  f"{len(excluded)} excluded")
    qualified = [i for i in ceremony.everyone if i not in excluded]
    problems = []
    if len(qualified) < manifest.minimum_custodians:
        problems.append("too few custodians remain: ceremony")
    else:
        slot_keys, shares = ceremony.keys(qualified)
        problems = [f"the key of slot {j} is the identity: ceremony"
                    for j, key in enumerate(slot_keys) if key.is_identity()]
    report.answer("K2.3", problems, f"{len(qualified)} custodians, {ceremony.slots} slots")
    report.stop_if_failed()
    return value, qualified, slot_keys, shares


def check_ceremony(election, report):
    manifest, file = election.manifest, "key/transcript.bin"
    data = election.record.read(file)
    value, qualified, slot_keys, shares = check_messages(manifest, data, report)

    transcript_hash = th("keygen-transcript", TRANSCRIPT.write(value, before="certificates"))
    problems = [f"{file}, certificate of {c.index}: custodian {c.index}"
                for c in value.certificates
                if not signed_by(manifest.custodians[c.index - 1].key, "keygen-certificate",
                                 transcript_hash, c.signature)]
    if [c.index for c in value.certificates] != qualified:
        problems.append(f"{file}, certificates are not those of the qualified: custodian")
    report.answer("K3.1", problems, f"{len(value.certificates)} certificates")

    election.setup_id = setup_id(value.manifest_hash, value.ceremony)
    election.qualified = qualified
    election.slot_keys, election.shares = slot_keys, shares
    election.transcript_data = data
    check_trial(election, report)


def well_formed(v, n):
    """Range and membership of indices; their order is the decoder's affair."""
    parts = [[item.index for item in part]
             for part in (v.round1, v.round2, v.verdicts, v.excluded, v.certificates)]
    return (all(i <= n for part in parts for i in part)
            and all(e.reason <= NO_VERDICT for e in v.excluded)
            and set(parts[1]) <= set(parts[0]) and set(parts[2]) <= set(parts[0])
            and all(m.index not in [c.dealer for c in m.complaints] for m in v.verdicts))


# Trial

def trial_statement(setup, slot_keys):
    """r and the ciphertext A, B."""
    r = hash_to_scalar("trial", setup)
    return r, r * G, [combine([j + 1, r], [G, key]) for j, key in enumerate(slot_keys)]


def check_trial(election, report):
    file = "key/trial.bin"
    data = election.record.read(file)
    setup, shares = election.setup_id, election.shares
    trial = report.decode("K4.1", file, "publisher", TRIAL, data, env=election.manifest,
                          more=lambda v: v.setup_id == setup
                          and [p.index for p in v.partials] == election.qualified)
    r, a, b = trial_statement(setup, election.slot_keys)
    claims = []
    for partial in trial.partials:
        l = partial.index
        claims += [(f"{file}, slot {j}: custodian {l}", [[(1, d), (-r, x)]])
                   for j, (d, x) in enumerate(zip(partial.decrypted, shares[l]))]
        claims.append((f"{file}, proof of {l}: custodian {l}", tally.decryption_equations(
            setup, {"role": 1, "index": l}, th("trial-group", setup), a, partial.decrypted,
            shares[l], partial.proof)))
    report.answer("K4.2", failing(claims), f"{len(trial.partials)} partials")

    first = {p.index: p.decrypted for p in trial.partials[:election.manifest.threshold]}
    openings = [(f"{file}, slot {j}: ceremony",
                 [tally.opening_equation(b[j], j, first, j + 1)]) for j in range(len(b))]
    report.answer("K4.3", failing(openings), f"{len(b)} slots")
    election.trial_data = data


# Seal

def check_seal(election, report):
    data = election.record.read("seal.bin")
    seal = report.decode("E1.1", "seal.bin", "publisher", SEAL, data)
    registrar, server = election.half_data
    expected = {
        "manifest_hash": election.manifest.hash, "roll_id": election.roll_id,
        "setup_id": election.setup_id, "key_record": th("key-record", election.transcript_data),
        "trial": th("trial", election.trial_data),
        "registrar_halves": th("half-list", registrar),
        "server_halves": th("half-list", server),
        "mixes": [th("credential-mix", mix) for mix in election.mix_data],
        "lists": th("lists", election.lists_data)}
    report.answer("E1.2", [f"seal.bin, {name}: publisher" for name, value in expected.items()
                           if getattr(seal, name) != value],
                  f"{len(expected) - 1 + len(election.mix_data)} hashes")
    if not report.failed:
        election.id = th("election-id", data)
