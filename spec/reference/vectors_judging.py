"""Vectors of keygen.md: what a complaint opens, who is excluded from a ceremony."""

from types import SimpleNamespace

import chacha
import keygen
from encoding import th
from ristretto import Point
from vectors_answer import Answer, Refused, point_hex, scalar_hex, unhex


def _manifest(given):
    """What a ceremony takes from the manifest."""
    return SimpleNamespace(
        hash=unhex(given, "manifestHash"), threshold=given["threshold"], slots=given["slots"],
        minimum_custodians=given["minimumCustodians"],
        custodians=[SimpleNamespace(key=bytes.fromhex(key)) for key in given["custodians"]])


def _complaint_challenge(setup, accuser, accuser_key, dealer_key, complaint):
    transcript = keygen.complaint_transcript(
        setup, accuser, complaint.dealer, accuser_key, dealer_key, complaint.shared)
    transcript.point("R1", complaint.proof.R1)
    transcript.point("R2", complaint.proof.R2)
    return transcript.challenge()


def complaint(given):
    accuser, value = given["accuser"], keygen.COMPLAINT.decode(unhex(given, "complaint"))
    accuser_key, dealer_key = (Point.decode(unhex(given, name))
                               for name in ("accuserKey", "dealerKey"))
    sealed = unhex(given, "ciphertext")
    dealing = SimpleNamespace(
        index=value.dealer, shares=[SimpleNamespace(recipient=accuser, ciphertext=sealed)],
        commitments=[Point.decode(bytes.fromhex(point)) for point in given["commitments"]])
    # Of the ceremony no more than the two who quarrel.
    ceremony = keygen.Ceremony(_manifest(given), SimpleNamespace(
        manifest_hash=unhex(given, "manifestHash"), ceremony=given["ceremony"], round2=[dealing], verdicts=[],
        round1=[SimpleNamespace(index=accuser, ephemeral=accuser_key),
                SimpleNamespace(index=value.dealer, ephemeral=dealer_key)]))
    setup = ceremony.setup
    key = keygen.pair_key(setup, value.dealer, accuser, dealer_key, accuser_key, value.shared)
    plain = chacha.open_sealed(key, bytes(12), b"", sealed)
    output = {"setupId": setup.hex(), "key": key.hex(),
              "goodShare": ceremony.good_share(accuser, dealing, key),
              "upheld": ceremony.upheld(accuser, value)}
    if plain is not None:
        output["shares"] = [plain[at:at + 32].hex() for at in range(0, len(plain), 32)]
    c = _complaint_challenge(setup, accuser, accuser_key, dealer_key, value)
    return Answer(output, c=scalar_hex(c))


def judging(given):
    # The verifier reads vectors too, and imports this.
    import verify
    manifest, data = _manifest(given), unhex(given, "transcript")
    report = verify.Report()
    # What a verifier has answered before it comes to the ceremony.
    for code in list(verify.CHECKS)[:list(verify.CHECKS).index("K1.1")]:
        report.answer(code, [])
    try:
        value, _, slot_keys, _ = keygen.check_messages(manifest, data, report)
    except verify.CannotGoOn:
        code = next(code for code, (problems, _) in report.answers.items() if problems)
        raise Refused(code, _judged(manifest, data, code)) from None
    setup = keygen.setup_id(value.manifest_hash, value.ceremony)
    return Answer({
        "excluded": _named(keygen.Ceremony(manifest, value)),
        "table1": keygen.first_table(setup, value.round1).hex(),
        "table2": keygen.second_table(setup, value.round1, value.round2).hex(),
        "transcriptHash": th("keygen-transcript", keygen.TRANSCRIPT.write(
            value, before="certificates")).hex(),
        "slotKeys": [point_hex(key) for key in slot_keys]})


def _judged(manifest, data, code):
    """Who should be excluded, where the messages themselves are good."""
    if code not in ("K2.2", "K2.3"):
        return Answer()
    return Answer(excluded=_named(keygen.Ceremony(manifest, keygen.TRANSCRIPT.decode(data))))


def _named(ceremony):
    return [{"index": i, "reason": reason} for i, reason in ceremony.judge().items()]


KINDS = {"complaint": complaint, "judging": judging}
