//! Vectors of `keygen.md`: what a complaint opens, who is excluded from a ceremony.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use escrutinio_core::encoding::Decode;
use escrutinio_core::group::{self, compress, decode_scalar, mul_generator, vartime_multiscalar_mul};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::ManifestHash;
use escrutinio_core::keygen::round3::Complaint;
use escrutinio_core::keygen::{Ceremony, KeyTranscript};
use escrutinio_core::signature::VerifyingKey;
use escrutinio_core::transcript::{Position, Proof, ProofContext};
use serde_json::{Value, json};

use crate::case::{Answer, Given, hex, unhex};

pub(crate) fn kind(name: &str) -> Option<fn(&Given) -> Answer> {
    Some(match name {
        "complaint" => complaint,
        "judging" => judging,
        _ => return None,
    })
}

fn ceremony(t: &Given) -> Ceremony {
    let key = |key: &Value| VerifyingKey::from_bytes(&unhex(key.as_str().unwrap()).try_into().unwrap()).unwrap();
    let keys = t.value("custodians").as_array().unwrap().iter().map(key).collect();
    let (threshold, minimum) = (t.number("threshold"), t.number("minimumCustodians"));
    let slots = usize::try_from(t.number("slots")).unwrap();
    Ceremony::new(ManifestHash(t.array("manifestHash")), t.number("ceremony"), threshold, minimum, keys, slots).unwrap()
}

/// What a complaint opens, in the steps of the specification; the library does all of them at
/// once when it judges.
fn complaint(t: &Given) -> Answer {
    let ceremony = ceremony(t);
    let setup = ceremony.setup_id().as_bytes();
    let complaint = Complaint::from_bytes(&t.bytes("complaint")).unwrap();
    let [accuser_key, dealer_key] = ["accuserKey", "dealerKey"].map(|name| group::decompress(&t.array(name)).unwrap());
    let (accuser, dealer, shared) = (t.number("accuser"), complaint.dealer, &complaint.shared);

    let position = Position { role: Some(accuser), index: Some(dealer), ..Position::default() };
    let mut transcript = ProofContext::new(Proof::Complaint).bind(setup).at(position);
    transcript.append_element("E_accuser", &accuser_key);
    transcript.append_element("E_dealer", &dealer_key);
    transcript.append_element("Z", shared);
    let proved = complaint.proof.verify(&mut transcript, &accuser_key, &dealer_key, shared).is_ok();

    let points = [&dealer_key, &accuser_key, shared].map(compress).concat();
    let numbers = [dealer.to_le_bytes(), accuser.to_le_bytes()].concat();
    let key = tagged_hash("keygen-pair-key", &[setup, &numbers, &points]);
    let mut plain = t.bytes("ciphertext");
    let opened = ChaCha20Poly1305::new(&key.into()).decrypt_in_place(&Nonce::default(), b"", &mut plain).is_ok();

    let commitments = t.points("commitments");
    let slots = commitments.chunks(ceremony.threshold());
    let good = opened
        && plain.chunks(32).zip(slots).all(|(share, slot)| {
            let powers = group::powers(&accuser.into(), slot.len());
            let expected = vartime_multiscalar_mul(&powers, slot.iter().map(|point| point.element));
            decode_scalar(share.try_into().unwrap()).is_some_and(|share| mul_generator(&share) == expected)
        });
    let mut output = json!({
        "setupId": hex(setup),
        "key": hex(&key),
        "goodShare": good,
        "upheld": proved && !good,
    });
    if opened {
        output["shares"] = plain.chunks(32).map(hex).collect();
    }
    Ok(output)
}

/// Every check of a transcript before its certificates.
fn judging(t: &Given) -> Answer {
    let ceremony = ceremony(t);
    let transcript = KeyTranscript::from_bytes(&t.bytes("transcript")).map_err(|_| "K1.1")?;
    transcript.verify_form(&ceremony).map_err(|_| "K1.1")?;
    transcript.verify_manifest(&ceremony).map_err(|_| "K1.2")?;
    let table = transcript.table(&ceremony);
    table.verify_commit_signatures().map_err(|_| "K1.3")?;
    table.verify_ephemeral_keys().map_err(|_| "K1.4")?;
    table.verify_later_signatures().map_err(|_| "K2.1")?;
    transcript.verify_excluded(&ceremony).map_err(|_| "K2.2")?;
    let keys = transcript.election_keys(&ceremony).map_err(|_| "K2.3")?;
    let excluded: Vec<Value> =
        table.judge().iter().map(|e| json!({ "index": e.index.get(), "reason": e.reason.number() })).collect();
    Ok(json!({
        "excluded": excluded,
        "table1": hex(&table.commit_hash()),
        "table2": hex(&table.deal_hash()),
        "transcriptHash": hex(&transcript.transcript_hash()),
        "slotKeys": keys.slot_keys.iter().map(|key| hex(&compress(key))).collect::<Vec<_>>(),
    }))
}
