//! A and S: actas and the list of hashes.

use escrutinio_core::acta::{Acta, ActaContent};
use escrutinio_core::encoding::Encode;
use escrutinio_core::ids::TrackingCode;
use escrutinio_core::record;
use escrutinio_core::testing::rehearsal::Rehearsal;

use crate::fixture::{QUORUM, assert_only, assert_valid, custodian, published};

/// The acta of contest 0 with other contents, signed by these custodians.
fn with_acta(signers: &[u32], change: impl FnOnce(&mut ActaContent)) -> Rehearsal {
    let mut rehearsal = published();
    let Acta { mut content, .. } = rehearsal.object(&record::acta(0));
    change(&mut content);
    rehearsal.sign_acta(content, signers);
    rehearsal.sums();
    rehearsal
}

#[test]
fn an_acta_with_incidents_is_valid() {
    assert_valid(&with_acta(&[2, 4, 5], |content| content.incidents.push("Sin incidentes.".into())).files);
}

#[test]
fn a1_1_an_acta_left_out() {
    let mut rehearsal = published();
    rehearsal.files.0.remove(&record::acta(1));
    rehearsal.sums();
    assert_only("A1.1", &rehearsal.files);
}

#[test]
fn a1_1_an_acta_more() {
    assert_only("A1.1", &with_acta(&QUORUM, |content| content.contest = 2).files);
}

#[test]
fn a1_1_an_acta_of_other_results() {
    let other = |content: &mut ActaContent| content.results = *TrackingCode([1; 32]).as_bytes();
    assert_only("A1.1", &with_acta(&QUORUM, other).files);
}

#[test]
fn a1_1_an_acta_of_another_election() {
    assert_only("A1.1", &with_acta(&QUORUM, |content| content.election_id.0[0] ^= 1).files);
}

#[test]
fn a1_1_two_actas_exchanged() {
    let mut rehearsal = published();
    let second = rehearsal.files.0[&record::acta(1)].clone();
    rehearsal.put(&record::acta(0), second);
    rehearsal.sums();
    assert_only("A1.1", &rehearsal.files);
}

/// One custodian's signature counts once.
#[test]
fn a1_1_one_signature_twice() {
    let mut rehearsal = published();
    let mut acta: Acta = rehearsal.object(&record::acta(0));
    acta.signatures.insert(1, acta.signatures[0]);
    rehearsal.put(&record::acta(0), acta.to_bytes());
    rehearsal.sums();
    assert_only("A1.1", &rehearsal.files);
}

#[test]
fn a1_2_a_vote_moved() {
    assert_only(
        "A1.2",
        &with_acta(&QUORUM, |content| {
            content.votes[0] -= 1;
            content.votes[1] += 1;
        })
        .files,
    );
}

#[test]
fn a1_2_a_total_off_by_one() {
    assert_only("A1.2", &with_acta(&QUORUM, |content| content.total += 1).files);
    assert_only("A1.2", &with_acta(&QUORUM, |content| content.total -= 1).files);
}

#[test]
fn a1_2_voters_that_are_not_the_ballots() {
    let culprit = assert_only("A1.2", &with_acta(&QUORUM, |content| content.voters_marked += 1).files);
    assert!(culprit.contains("acta/contest-000.bin"), "{culprit}");
}

#[test]
fn a1_2_an_option_left_out() {
    assert_only("A1.2", &with_acta(&QUORUM, |content| content.votes.truncate(4)).files);
}

#[test]
fn a1_3_one_signature_too_few() {
    assert_only("A1.3", &with_acta(&[1, 3], |_| {}).files);
}

#[test]
fn a1_3_an_acta_before_the_end_of_reception() {
    assert_only("A1.3", &with_acta(&QUORUM, |content| content.generated_at -= 1).files);
}

#[test]
fn a1_3_a_signature_of_another_custodian() {
    let mut rehearsal = published();
    let mut acta: Acta = rehearsal.object(&record::acta(0));
    acta.signatures[2].index = custodian(5);
    rehearsal.put(&record::acta(0), acta.to_bytes());
    rehearsal.sums();
    let culprit = assert_only("A1.3", &rehearsal.files);
    assert!(culprit.contains("custodian 5"), "{culprit}");
}

/// A quorum signed; a fourth signature that nobody can verify is no ornament.
#[test]
fn a1_3_a_bad_signature_more_than_the_quorum() {
    let mut rehearsal = published();
    let mut acta: Acta = rehearsal.object(&record::acta(0));
    let mut surplus = acta.signatures[2];
    surplus.index = custodian(5);
    acta.signatures.push(surplus);
    rehearsal.put(&record::acta(0), acta.to_bytes());
    rehearsal.sums();
    assert_only("A1.3", &rehearsal.files);
}

/// An incident slipped in after the custodians signed.
#[test]
fn a1_3_an_incident_written_after_signing() {
    let mut rehearsal = published();
    let mut acta: Acta = rehearsal.object(&record::acta(0));
    acta.content.incidents.push("Otro".into());
    rehearsal.put(&record::acta(0), acta.to_bytes());
    rehearsal.sums();
    assert_only("A1.3", &rehearsal.files);
}

fn with_sums(change: impl FnOnce(&mut String)) -> Rehearsal {
    let mut rehearsal = published();
    let mut text = String::from_utf8(rehearsal.files.0[record::SUMS].clone()).unwrap();
    change(&mut text);
    rehearsal.put(record::SUMS, text.into_bytes());
    rehearsal
}

#[test]
fn s1_1_a_line_left_out() {
    assert_only("S1.1", &with_sums(|text| *text = text.split_inclusive('\n').skip(1).collect()).files);
    assert_only(
        "S1.1",
        &with_sums(|text| {
            let all = text.lines().count();
            *text = text.split_inclusive('\n').take(all - 1).collect();
        })
        .files,
    );
}

#[test]
fn s1_1_a_line_of_no_file() {
    assert_only(
        "S1.1",
        &with_sums(|text| {
            let line = text.lines().last().unwrap().replace("tally/results.bin", "zzz");
            text.push_str(&line);
            text.push('\n');
        })
        .files,
    );
}

#[test]
fn s1_1_a_wrong_hash() {
    assert_only(
        "S1.1",
        &with_sums(|text| {
            let first = text.remove(0);
            text.insert(0, if first == '0' { '1' } else { '0' });
        })
        .files,
    );
}

#[test]
fn s1_1_capital_digits() {
    assert_only(
        "S1.1",
        &with_sums(|text| {
            let (hash, rest) = text.split_at(64);
            *text = hash.to_uppercase() + rest;
        })
        .files,
    );
}
