//! `keygen-judging.json`: what a complaint opens, and who is excluded from a ceremony.

mod stage;

use escrutinio_core::encoding::{Decode, Encode};
use escrutinio_core::group::{self, compress, decode_scalar, vartime_multiscalar_mul};
use escrutinio_core::keygen::round2::Round2;
use escrutinio_core::keygen::round3::Complaint;
use escrutinio_core::keygen::{Exclusion, KeyTranscript, Reason, Round};
use escrutinio_core::point::Point;

use super::case::{Case, Flag, Vectors};
use super::json::{Json, object};
use stage::{CEREMONY, SLOTS, Stage, THRESHOLD, manifest_hash};

const FLAGS: &[Flag] = &[
    ("Form", "takes messages out of order", "two transcripts say the same"),
    ("Signature", "takes unsigned messages on the table", "anyone has a custodian excluded"),
    ("Possession", "leaves out the proof of the ephemeral key", "one custodian opens what is sent to another"),
    ("Table", "ignores the tables that messages name", "custodians who saw different messages make one transcript"),
    ("Excluded", "believes the list of the excluded", "whoever writes the transcript chooses the key"),
    ("Void", "goes on with too few custodians", "fewer than agreed hold the key"),
];

/// Which custodian cheats, and whom.
const LIAR: u32 = 2;
const VICTIM: u32 = 3;

pub(super) fn vectors() -> (String, String) {
    let note = "Complaints and exclusions: keygen.md. Transcripts are whole, without certificates.";
    let mut file = Vectors::new("keygen-judging", note, FLAGS);
    file.group_in("complaint", "What a complaint opens.", setting(3), complaints());
    file.group_in("judging", "Of three custodians: who is excluded.", setting(3), ceremonies());
    file.group_in("judging", "Of four custodians: more than one cheats.", setting(4), quarrels());
    file.group_in("judging", "Transcripts that are refused.", setting(3), refused());
    file.file()
}

fn setting(custodians: u32) -> Vec<(&'static str, Json)> {
    let keys = Stage::committed(custodians).keys;
    vec![
        ("manifestHash", Json::hex(manifest_hash().as_bytes())),
        ("ceremony", CEREMONY.into()),
        ("threshold", THRESHOLD.into()),
        ("minimumCustodians", THRESHOLD.into()),
        ("slots", SLOTS.into()),
        ("custodians", keys.iter().map(|key| Json::hex(&key.verifying_key().to_bytes())).collect::<Vec<_>>().into()),
    ]
}

/// Ceremonies of `custodians` in which the liar dealt its victim a bad share, and how it is bad.
fn bad_dealings(custodians: u32) -> Vec<(&'static str, Stage)> {
    let resealed = |change: fn(&mut [u8])| {
        let mut stage = Stage::dealt(custodians);
        stage.reseals(LIAR, VICTIM, change);
        stage
    };
    let mut garbled = Stage::dealt(custodians);
    garbled.deals(LIAR, |message| message.shares[1].ciphertext[0] ^= 1);
    let mut swapped = Stage::dealt(custodians);
    swapped.deals(LIAR, |message| {
        let [first, second, ..] = message.shares.as_mut_slice() else { panic!("two others") };
        core::mem::swap(&mut first.ciphertext, &mut second.ciphertext);
    });
    vec![
        ("another share in slot 0", resealed(|bytes| bytes[0] ^= 1)),
        ("another share in the last slot", resealed(|bytes| bytes[32] ^= 1)),
        ("a share that is no canonical scalar", resealed(|bytes| bytes[32..].fill(0xff))),
        ("a ciphertext that does not open", garbled),
        ("ciphertexts of two recipients swapped", swapped),
    ]
}

fn bad_share(custodians: u32) -> Stage {
    bad_dealings(custodians).swap_remove(0).1
}

/// The same complaint with another response of its proof.
fn unproved(complaint: &Complaint) -> Complaint {
    let mut bytes = complaint.to_bytes();
    let response = bytes.len() - 32;
    bytes[response] ^= 1;
    Complaint::from_bytes(&bytes).unwrap()
}

/// The same complaint with another key, under which nothing opens.
fn other_key(complaint: &Complaint) -> Complaint {
    Complaint { shared: complaint.shared + group::GENERATOR, ..complaint.clone() }
}

fn complaints() -> Vec<Case> {
    let honest = Stage::dealt(3);
    let good = honest.complaint(VICTIM, LIAR);
    let mut cases = vec![complaint("a good share", &honest, &good)];
    for (comment, stage) in bad_dealings(3) {
        let opened = stage.complaint(VICTIM, LIAR);
        cases.push(complaint(comment, &stage, &opened));
    }
    let stage = bad_share(3);
    cases.push(complaint("a bad share, a wrong proof", &stage, &unproved(&good)));
    cases.push(complaint("a good share, a wrong proof", &honest, &unproved(&good)));
    cases.push(complaint("a key that is not that of the pair", &honest, &other_key(&good)));
    cases
}

fn complaint(comment: &str, stage: &Stage, complaint: &Complaint) -> Case {
    let commitments = &stage.round2[1].commitments;
    let mut transcript = stage.complaint_transcript(VICTIM, LIAR, &complaint.shared);
    let (accuser, dealer) = (stage.ephemeral(VICTIM), stage.ephemeral(LIAR));
    let proved = complaint.proof.verify(&mut transcript, accuser, dealer, &complaint.shared).is_ok();
    let mut transcript = stage.complaint_transcript(VICTIM, LIAR, &complaint.shared);
    let bytes = complaint.to_bytes();
    transcript.append("R1", &bytes[36..68]);
    transcript.append("R2", &bytes[68..100]);
    let plain = stage.open(LIAR, VICTIM, &complaint.shared);
    let fits = |(share, slot): (&[u8], &[Point])| {
        let powers = group::powers(&VICTIM.into(), slot.len());
        let expected = vartime_multiscalar_mul(&powers, slot.iter().map(|point| point.element));
        decode_scalar(share.try_into().unwrap()).is_some_and(|share| group::mul_generator(&share) == expected)
    };
    let good = plain.as_ref().is_some_and(|plain| plain.chunks(32).zip(commitments.chunks(2)).all(fits));
    let case = Case::valid(comment)
        .input("accuser", VICTIM)
        .input("accuserKey", Json::hex(&compress(accuser)))
        .input("dealerKey", Json::hex(&compress(dealer)))
        .bytes("complaint", &bytes)
        .bytes("ciphertext", stage.ciphertext(LIAR, VICTIM))
        .input("commitments", commitments.iter().map(|point| Json::hex(&point.bytes)).collect::<Vec<_>>())
        .output("setupId", Json::hex(stage.ceremony.setup_id().as_bytes()))
        .step("c", Json::hex(&transcript.challenge("c").to_bytes()))
        .output("key", Json::hex(&stage.pair_key(LIAR, VICTIM, &complaint.shared)));
    let case = match plain {
        Some(plain) => case.output("shares", plain.chunks(32).map(Json::hex).collect::<Vec<_>>()),
        None => case,
    };
    case.output("goodShare", good).output("upheld", proved && !good)
}

fn named(excluded: &[Exclusion]) -> Json {
    let named = |e: &Exclusion| object! { "index": e.index.get(), "reason": e.reason.number() };
    excluded.iter().map(named).collect::<Vec<_>>().into()
}

/// A case of what a stage shows, which must exclude those.
fn case(comment: &str, stage: &Stage, expected: &[(u32, Reason)]) -> Case {
    let key = stage.transcript();
    let found: Vec<_> = key.excluded.iter().map(|e| (e.index.get(), e.reason)).collect();
    assert_eq!(found, expected, "{comment}");
    stage.table().verify().expect(comment);
    let case = match key.election_keys(&stage.ceremony) {
        Ok(keys) => Case::valid(comment)
            .output("excluded", named(&key.excluded))
            .output("table1", Json::hex(&stage.table().commit_hash()))
            .output("table2", Json::hex(&stage.table().deal_hash()))
            .output("transcriptHash", Json::hex(&key.transcript_hash()))
            .output("slotKeys", keys.slot_keys.iter().map(|k| Json::hex(&compress(k))).collect::<Vec<_>>()),
        Err(_) => Case::invalid(comment, "K2.3", "Void").step("excluded", named(&key.excluded)),
    };
    case.bytes("transcript", &key.to_bytes())
}

fn openings() -> Vec<(&'static str, Stage)> {
    let deals = |cheat: fn(&mut Round2)| {
        let mut stage = Stage::dealt(3);
        stage.deals(LIAR, cheat);
        stage.judged()
    };
    let opens = |cheat: fn(&mut Round2)| Stage::opens(3, LIAR, cheat);
    vec![
        ("bad opening: other commitments", deals(|m| m.commitments[3] = m.commitments[2])),
        ("bad opening: a commitment is absent", opens(|m| m.commitments.truncate(3))),
        ("bad opening: the identity", opens(|m| m.commitments[1] = Point::new(group::identity()))),
        ("bad opening: no possession of the last key", opens(|m| m.commitments[2] = m.commitments[3])),
        ("bad opening: a recipient is absent", deals(|m| m.shares.truncate(1))),
        ("bad opening: recipients out of order", deals(|m| m.shares.swap(0, 1))),
        ("bad opening: the dealer is a recipient", deals(|m| m.shares[1].recipient = LIAR)),
        ("bad opening: a short ciphertext", deals(|m| m.shares[0].ciphertext.truncate(79))),
    ]
}

fn ceremonies() -> Vec<Case> {
    let mut cases = vec![case("nobody", &Stage::dealt(3).judged(), &[])];

    let mut stage = Stage::committed(3);
    stage.round1.remove(1);
    stage.deal();
    cases.push(case("no commitment", &stage.judged(), &[(LIAR, Reason::NoCommitment)]));
    let mut stage = Stage::dealt(3);
    stage.round2.remove(1);
    cases.push(case("no opening", &stage.judged(), &[(LIAR, Reason::NoOpening)]));
    for (comment, stage) in openings() {
        cases.push(case(comment, &stage, &[(LIAR, Reason::BadOpening)]));
    }
    for (comment, stage) in bad_dealings(3) {
        cases.push(case(&format!("bad share: {comment}"), &stage.judged(), &[(LIAR, Reason::BadShare)]));
    }

    let complains = |comment: &str, bad: bool, change: &dyn Fn(&Stage) -> Complaint| {
        let stage = if bad { bad_share(3) } else { Stage::dealt(3) };
        let mut stage = stage.judged();
        stage.says(VICTIM, vec![change(&stage)]);
        case(&format!("false complaint: {comment}"), &stage, &[(VICTIM, Reason::FalseComplaint)])
    };
    let honest = |stage: &Stage| stage.complaint(VICTIM, LIAR);
    cases.push(complains("of a good share", false, &honest));
    cases.push(complains("of a bad share, a wrong proof", true, &|s| unproved(&honest(s))));
    cases.push(complains("a key that is not that of the pair", false, &|s| other_key(&honest(s))));
    cases.push(complains("key and proof of another accuser", false, &|s| s.complaint(1, LIAR)));
    cases.push(complains("of custodian 0", false, &|s| Complaint { dealer: 0, ..honest(s) }));
    cases.push(complains("of a custodian that there is not", true, &|s| Complaint { dealer: 4, ..honest(s) }));

    let mut stage = Stage::dealt(3).judged();
    stage.verdicts.remove(1);
    cases.push(case("no verdict", &stage, &[(LIAR, Reason::NoVerdict)]));
    let mut stage = bad_share(3).judged();
    stage.verdicts.remove(1);
    cases.push(case("a bad share and no verdict", &stage, &[(LIAR, Reason::BadShare)]));
    stage.says(LIAR, vec![stage.complaint(LIAR, 1)]);
    cases.push(case("a bad share and a false complaint", &stage, &[(LIAR, Reason::BadShare)]));
    let mut stage = bad_share(3).judged();
    stage.says(VICTIM, Vec::new());
    cases.push(case("a bad share that nobody complains of", &stage, &[]));
    let mut stage = Stage::dealt(3).judged();
    stage.verdicts.truncate(1);
    cases.push(case("two of three", &stage, &[(2, Reason::NoVerdict), (3, Reason::NoVerdict)]));
    cases
}

fn quarrels() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut stage = Stage::dealt(4);
    stage.reseals(2, 3, |bytes| bytes[0] ^= 1);
    stage.reseals(3, 2, |bytes| bytes[0] ^= 1);
    let mut stage = stage.judged();
    stage.says(2, vec![stage.complaint(2, 3)]);
    stage.says(3, vec![stage.complaint(3, 2)]);
    let both = [(2, Reason::BadShare), (3, Reason::BadShare)];
    cases.push(case("two who dealt each other bad shares", &stage, &both));

    let mut stage = bad_share(4).judged();
    stage.says(VICTIM, vec![stage.complaint(VICTIM, 1), stage.complaint(VICTIM, LIAR)]);
    let both = [(2, Reason::BadShare), (3, Reason::FalseComplaint)];
    cases.push(case("one complaint upheld, one false, by one accuser", &stage, &both));

    let mut stage = Stage::dealt(4);
    stage.round2.remove(1);
    let mut stage = stage.judged();
    stage.says(VICTIM, vec![stage.complaint(VICTIM, LIAR)]);
    let both = [(2, Reason::NoOpening), (3, Reason::FalseComplaint)];
    cases.push(case("a complaint against one without opening", &stage, &both));

    let mut stage = bad_share(4);
    stage.round2.remove(2);
    let mut stage = stage.judged();
    stage.says(VICTIM, vec![stage.complaint(VICTIM, LIAR)]);
    let one = [(3, Reason::NoOpening)];
    cases.push(case("a complaint, of a bad share, by one without opening", &stage, &one));

    let mut stage = Stage::committed(4);
    stage.round1.remove(3);
    stage.deal();
    let mut stage = stage.judged();
    stage.verdicts.remove(0);
    let both = [(1, Reason::NoVerdict), (4, Reason::NoCommitment)];
    cases.push(case("one never came, one left early", &stage, &both));
    cases
}

fn refused() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut recorded = |comment: &str, stage: &Stage, change: &dyn Fn(&mut KeyTranscript)| {
        let mut key = stage.transcript();
        let right = named(&key.excluded);
        change(&mut key);
        let case = Case::invalid(comment, "K2.2", "Excluded").step("excluded", right);
        cases.push(case.bytes("transcript", &key.to_bytes()));
    };
    let (honest, cheated) = (Stage::dealt(3).judged(), bad_share(3).judged());
    let index = honest.round1[1].index;
    recorded("a liar is not excluded", &cheated, &|key| key.excluded.clear());
    recorded("another reason", &cheated, &|key| key.excluded[0].reason = Reason::NoVerdict);
    recorded("the accuser instead of the liar", &cheated, &|key| {
        key.excluded = vec![Exclusion { index: key.round1[2].index, reason: Reason::FalseComplaint }];
    });
    recorded("an honest custodian is excluded", &honest, &|key| {
        key.excluded.push(Exclusion { index, reason: Reason::NoVerdict });
    });

    let mut broken = |comment: &str, code, flag, stage: &Stage| {
        let case = Case::invalid(comment, code, flag);
        cases.push(case.bytes("transcript", &stage.transcript().to_bytes()));
    };
    let mut stage = Stage::dealt(3);
    stage.deals(LIAR, |message| message.table[0] ^= 1);
    broken("round 2 names another table", "K2.1", "Table", &stage.silent());
    let mut stage = Stage::dealt(3).judged();
    stage.verdicts[1].table[0] ^= 1;
    stage.verdicts[1].signature = stage.sign(Round::Verdict, LIAR, &stage.verdicts[1]);
    broken("a verdict names another table", "K2.1", "Table", &stage);
    let mut stage = Stage::dealt(3).judged();
    stage.deals(LIAR, |message| message.shares[1].ciphertext[0] ^= 1);
    broken("round 2 changed after the verdicts", "K2.1", "Table", &stage);
    let mut stage = Stage::dealt(3);
    stage.round2[1].signature = stage.round2[0].signature;
    broken("round 2 without its author's signature", "K2.1", "Signature", &stage.silent());
    let mut stage = Stage::dealt(3).judged();
    stage.verdicts[1].signature = stage.verdicts[0].signature;
    broken("a verdict without its author's signature", "K2.1", "Signature", &stage);
    let mut stage = Stage::committed(3);
    stage.round1[1].signature = stage.round1[0].signature;
    broken("round 1 without its author's signature", "K1.3", "Signature", &stage);
    let mut stage = Stage::committed(3);
    let other = stage.round1[0].possession;
    stage.commits(LIAR, |message| message.possession = other);
    broken("the ephemeral key is not proved", "K1.4", "Possession", &stage);
    let mut stage = Stage::dealt(3).judged();
    stage.round1.remove(1);
    broken("who did not commit opens", "K1.1", "Form", &stage);
    let mut stage = Stage::dealt(3).judged();
    stage.round2.swap(0, 1);
    broken("openings out of order", "K1.1", "Form", &stage);
    cases
}
