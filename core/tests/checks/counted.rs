//! T: aggregates, partial decryptions and results.

use escrutinio_core::ballot::CastBallot;
use escrutinio_core::decrypt::PartialDecryption;
use escrutinio_core::encoding::Encode;
use escrutinio_core::keygen::KeyShare;
use escrutinio_core::record;
use escrutinio_core::tally::{Aggregates, Group, Results, Sum};
use escrutinio_core::testing::rehearsal::Rehearsal;

use crate::fixture::{QUORUM, assert_only, assert_valid, closed, published, rng};

/// Everybody decrypts and publishes other aggregates than the board gives.
fn with_aggregates(change: impl FnOnce(&mut Aggregates, &Rehearsal)) -> Rehearsal {
    let mut rehearsal = closed();
    let mut aggregates = rehearsal.aggregates();
    change(&mut aggregates, &rehearsal);
    rehearsal.count(&aggregates, &QUORUM, &mut rng(80));
    rehearsal
}

/// A ballot of the board, of contest 0.
fn a_ballot(rehearsal: &Rehearsal) -> Sum {
    let shapes = &rehearsal.election().shapes;
    let ballots = rehearsal.entries.iter().map(|entry| CastBallot::decode(entry, shapes).unwrap().body);
    let body = ballots.into_iter().find(|body| body.contest == 0 && body.unit == 0).unwrap();
    let mut sum = Sum::empty(body.b.len());
    sum.add(&body);
    sum
}

fn take(sum: &mut Sum, other: &Sum) {
    sum.ballots -= other.ballots;
    sum.a -= other.a;
    for (component, taken) in sum.b.iter_mut().zip(&other.b) {
        *component -= taken;
    }
}

#[test]
fn the_aggregates_of_the_board_are_valid() {
    assert_valid(&with_aggregates(|_, _| {}).files);
}

#[test]
fn t1_1_aggregates_of_another_election() {
    assert_only("T1.1", &with_aggregates(|aggregates, _| aggregates.election_id.0[0] ^= 1).files);
}

#[test]
fn t1_1_aggregates_with_a_byte_more() {
    let mut rehearsal = published();
    rehearsal.files.0.get_mut(record::AGGREGATES).unwrap().push(0);
    rehearsal.sums();
    assert_only("T1.1", &rehearsal.files);
}

#[test]
fn t1_2_a_ballot_left_out() {
    assert_only(
        "T1.2",
        &with_aggregates(|aggregates, rehearsal| {
            take(&mut aggregates.groups[0].sum, &a_ballot(rehearsal));
        })
        .files,
    );
}

#[test]
fn t1_2_a_ballot_counted_twice() {
    assert_only(
        "T1.2",
        &with_aggregates(|aggregates, rehearsal| {
            aggregates.groups[0].sum.merge(&a_ballot(rehearsal));
        })
        .files,
    );
}

/// One ballot in two groups: their difference would open it.
#[test]
fn t1_2_overlapping_groups() {
    assert_only(
        "T1.2",
        &with_aggregates(|aggregates, rehearsal| {
            aggregates.groups[1].sum.merge(&a_ballot(rehearsal));
        })
        .files,
    );
}

/// A group of a single ballot.
#[test]
fn t1_2_a_ballot_opened_alone() {
    assert_only(
        "T1.2",
        &with_aggregates(|aggregates, rehearsal| {
            let ballot = a_ballot(rehearsal);
            take(&mut aggregates.groups[0].sum, &ballot);
            aggregates.groups.insert(1, Group { contest: 0, unit: 1, units: vec![1], sum: ballot });
            aggregates.groups[0].units = vec![0];
        })
        .files,
    );
}

/// The unit with one ballot stands with another, as the manifest says; here it does not.
#[test]
fn t1_2_a_small_unit_not_merged() {
    let rehearsal = closed();
    let merged = rehearsal.aggregates();
    assert_eq!(merged.groups[0].units, [0, 1]);
    assert_only(
        "T1.2",
        &with_aggregates(|aggregates, rehearsal| {
            let shapes = &rehearsal.election().shapes;
            let mut alone = Sum::empty(aggregates.groups[0].sum.b.len());
            for entry in &rehearsal.entries {
                let body = CastBallot::decode(entry, shapes).unwrap().body;
                if body.unit == 1 {
                    alone.add(&body);
                }
            }
            take(&mut aggregates.groups[0].sum, &alone);
            aggregates.groups[0].units = vec![0];
            aggregates.groups.insert(1, Group { contest: 0, unit: 1, units: vec![1], sum: alone });
        })
        .files,
    );
}

/// The group of a large unit hidden in another.
#[test]
fn t1_2_two_groups_joined() {
    assert_only(
        "T1.2",
        &with_aggregates(|aggregates, _| {
            let joined = aggregates.groups.remove(1);
            aggregates.groups[0].sum.merge(&joined.sum);
            aggregates.groups[0].units = vec![0, 1, 2];
        })
        .files,
    );
}

#[test]
fn t1_2_a_group_left_out() {
    assert_only("T1.2", &with_aggregates(|aggregates, _| drop(aggregates.groups.pop())).files);
}

#[test]
fn t1_2_a_group_twice() {
    assert_only("T1.2", &with_aggregates(|aggregates, _| aggregates.groups.push(aggregates.groups[0].clone())).files);
}

/// A custodian's partial replaced; results and actas stay.
fn with_partial(file: u32, bytes: impl FnOnce(&Rehearsal, &Aggregates) -> Vec<u8>) -> Rehearsal {
    let mut rehearsal = published();
    let aggregates = rehearsal.aggregates();
    let bytes = bytes(&rehearsal, &aggregates);
    rehearsal.put(&record::partial(file), bytes);
    rehearsal.sums();
    rehearsal
}

fn share(rehearsal: &Rehearsal, index: u32) -> &KeyShare {
    rehearsal.shares.iter().find(|share| share.index().get() == index).unwrap()
}

fn decrypt(rehearsal: &Rehearsal, aggregates: &Aggregates, index: u32) -> PartialDecryption {
    let key = &rehearsal.keys.custodians[index as usize - 1];
    PartialDecryption::decrypt(aggregates, share(rehearsal, index), key, &mut rng(81))
}

/// Signs bytes of a partial again.
fn resign(rehearsal: &Rehearsal, index: u32, mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() - 64);
    let signature = rehearsal.keys.custodians[index as usize - 1].sign("partial", &[&bytes]);
    signature.encode(&mut bytes);
    bytes
}

/// Custodian 3 counted as two.
#[test]
fn t2_1_the_same_custodian_twice() {
    let culprit = assert_only(
        "T2.1",
        &with_partial(4, |rehearsal, aggregates| decrypt(rehearsal, aggregates, 3).to_bytes()).files,
    );
    assert!(culprit.contains("custodian 4"), "{culprit}");
}

#[test]
fn t2_1_swapped_custodians() {
    let mut rehearsal = published();
    let (first, second) = (record::partial(1), record::partial(3));
    let (a, b) = (rehearsal.files.0[&first].clone(), rehearsal.files.0[&second].clone());
    rehearsal.put(&first, b);
    rehearsal.put(&second, a);
    rehearsal.sums();
    assert_only("T2.1", &rehearsal.files);
}

#[test]
fn t2_1_a_custodian_that_does_not_exist() {
    for file in [0, 6, 17] {
        assert_only(
            "T2.1",
            &with_partial(file, |rehearsal, aggregates| decrypt(rehearsal, aggregates, 3).to_bytes()).files,
        );
    }
}

#[test]
fn t2_1_a_partial_of_fewer_groups() {
    let fewer = |rehearsal: &Rehearsal, aggregates: &Aggregates| {
        let mut aggregates = aggregates.clone();
        aggregates.groups.pop();
        decrypt(rehearsal, &aggregates, 3).to_bytes()
    };
    assert_only("T2.1", &with_partial(3, fewer).files);
}

#[test]
fn t2_1_a_partial_of_another_election() {
    let other = |rehearsal: &Rehearsal, aggregates: &Aggregates| {
        let mut aggregates = aggregates.clone();
        aggregates.election_id.0[0] ^= 1;
        decrypt(rehearsal, &aggregates, 3).to_bytes()
    };
    assert_only("T2.1", &with_partial(3, other).files);
}

#[test]
fn t2_2_a_partial_that_another_custodian_signed() {
    let signed = |rehearsal: &Rehearsal, aggregates: &Aggregates| {
        resign(rehearsal, 1, decrypt(rehearsal, aggregates, 3).to_bytes())
    };
    let culprit = assert_only("T2.2", &with_partial(3, signed).files);
    assert!(culprit.contains("custodian 3"), "{culprit}");
}

/// A custodian was handed one ballot less; its partial shows it.
#[test]
fn t2_3_a_partial_of_another_aggregate() {
    let other = |rehearsal: &Rehearsal, aggregates: &Aggregates| {
        let mut aggregates = aggregates.clone();
        take(&mut aggregates.groups[0].sum, &a_ballot(rehearsal));
        decrypt(rehearsal, &aggregates, 3).to_bytes()
    };
    let culprit = assert_only("T2.3", &with_partial(3, other).files);
    assert!(culprit.contains("custodian 3"), "{culprit}");
}

/// The same sums, of which the custodian was told that other units are in them.
#[test]
fn t2_3_a_partial_of_a_group_of_other_units() {
    let other = |rehearsal: &Rehearsal, aggregates: &Aggregates| {
        let mut aggregates = aggregates.clone();
        aggregates.groups[0].units = vec![0];
        decrypt(rehearsal, &aggregates, 3).to_bytes()
    };
    assert_only("T2.3", &with_partial(3, other).files);
}

/// The first part of one custodian under the name and signature of another.
#[test]
fn t2_3_the_shares_of_another_custodian() {
    let other = |rehearsal: &Rehearsal, aggregates: &Aggregates| {
        let mut bytes = decrypt(rehearsal, aggregates, 5).to_bytes();
        bytes[40] = 3;
        resign(rehearsal, 3, bytes)
    };
    assert_only("T2.3", &with_partial(3, other).files);
}

/// Two options exchanged: both values are right, neither where it stands.
#[test]
fn t2_3_values_exchanged_between_options() {
    let exchanged = |rehearsal: &Rehearsal, aggregates: &Aggregates| {
        let mut bytes = decrypt(rehearsal, aggregates, 3).to_bytes();
        // Header, election id, index, number of groups; then the values of the first group.
        let (first, second) = (8 + 32 + 4 + 8, 8 + 32 + 4 + 8 + 32);
        for i in 0..32 {
            bytes.swap(first + i, second + i);
        }
        resign(rehearsal, 3, bytes)
    };
    assert_only("T2.3", &with_partial(3, exchanged).files);
}

/// A partial that holds for one group and is proved for none but it.
#[test]
fn t2_3_a_proof_of_another_group() {
    let replayed = |rehearsal: &Rehearsal, aggregates: &Aggregates| {
        let mut aggregates = aggregates.clone();
        let sum = aggregates.groups[0].sum.clone();
        aggregates.groups[1].sum = sum;
        decrypt(rehearsal, &aggregates, 3).to_bytes()
    };
    assert_only("T2.3", &with_partial(3, replayed).files);
}

#[test]
fn t2_4_one_custodian_too_few() {
    let mut rehearsal = published();
    rehearsal.files.0.remove(&record::partial(3));
    rehearsal.sums();
    let culprit = assert_only("T2.4", &rehearsal.files);
    assert!(culprit.contains("2 partials of 3"), "{culprit}");
}

/// Other results; actas, signed by a quorum, say the same.
fn with_results(change: impl FnOnce(&mut Results, &Aggregates)) -> Rehearsal {
    let mut rehearsal = published();
    let aggregates = rehearsal.aggregates();
    let mut results: Results = rehearsal.object(record::RESULTS);
    change(&mut results, &aggregates);
    rehearsal.actas(&aggregates, &results, &QUORUM);
    rehearsal.sums();
    rehearsal
}

#[test]
fn t3_1_results_of_another_election() {
    assert_only("T3.1", &with_results(|results, _| results.election_id.0[0] ^= 1).files);
}

#[test]
fn t3_1_more_votes_than_ballots() {
    assert_only(
        "T3.1",
        &with_results(|results, aggregates| results.groups[0][0] = aggregates.groups[0].sum.ballots + 1).files,
    );
}

#[test]
fn t3_1_an_option_left_out() {
    assert_only("T3.1", &with_results(|results, _| drop(results.groups[0].pop().unwrap().to_bytes())).files);
}

#[test]
fn t3_1_a_group_left_out() {
    assert_only("T3.1", &with_results(|results, _| drop(results.groups.pop())).files);
}

#[test]
fn t3_2_two_results_exchanged() {
    let culprit = assert_only(
        "T3.2",
        &with_results(|results, _| {
            assert_ne!(results.groups[0][0], results.groups[0][1]);
            results.groups[0].swap(0, 1);
        })
        .files,
    );
    assert!(culprit.contains("group 0, option 0"), "{culprit}");
}

#[test]
fn t3_2_one_vote_moved() {
    assert_only(
        "T3.2",
        &with_results(|results, _| {
            results.groups[0][0] -= 1;
            results.groups[0][4] += 1;
        })
        .files,
    );
}

#[test]
fn t3_2_one_vote_less() {
    assert_only("T3.2", &with_results(|results, _| results.groups[0][0] -= 1).files);
}
