//! B1, B2, N and X: a log that does not do as it should, and witnesses, server and publisher.

use std::collections::BTreeSet;

use escrutinio_core::board::leaf_hash;
use escrutinio_core::encoding::Encode;
use escrutinio_core::record;
use escrutinio_core::tally::Participation;
use escrutinio_core::testing::rehearsal::Rehearsal;

use crate::fixture::{assert_only, assert_valid, closed, count, honest_ballots, published, rng, sealed, vote};

/// The last checkpoint's number and the end of reception.
fn closing(rehearsal: &Rehearsal) -> (usize, u64) {
    (rehearsal.heads.len() - 1, u64::try_from(rehearsal.manifest.reception_end()).unwrap())
}

/// The closed board, changed, and counted as it stands.
fn counted(change: impl FnOnce(&mut Rehearsal)) -> Rehearsal {
    let mut rehearsal = closed();
    change(&mut rehearsal);
    count(&mut rehearsal);
    rehearsal
}

/// The entries of every epoch.
fn epochs(rehearsal: &Rehearsal) -> Vec<Vec<Vec<u8>>> {
    let sizes: Vec<usize> = rehearsal.heads.iter().map(|(size, _)| usize::try_from(*size).unwrap()).collect();
    sizes.windows(2).map(|pair| rehearsal.entries[pair[0]..pair[1]].to_vec()).collect()
}

fn sorted(mut ballots: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    ballots.sort_unstable_by_key(|ballot| leaf_hash(ballot));
    ballots
}

#[test]
fn the_board_has_several_epochs() {
    assert!(closed().heads.len() > 3);
    assert_valid(&counted(|_| {}).files);
}

fn note_changed(rehearsal: &mut Rehearsal, number: usize, change: impl FnOnce(String) -> String) {
    let path = record::checkpoint(u64::try_from(number).unwrap());
    let text = String::from_utf8(rehearsal.files.0[&path].clone()).unwrap();
    rehearsal.put(&path, change(text).into_bytes());
}

/// One witness of two that are needed, who signs twice.
#[test]
fn b1_1_one_witness_twice() {
    let twice = counted(|rehearsal| {
        let (last, end) = closing(rehearsal);
        rehearsal.checkpoint(last, &[(1, end)]);
        note_changed(rehearsal, last, |text| {
            let line = text.lines().last().unwrap().to_owned();
            format!("{text}{line}\n")
        });
    });
    assert_only("B1.1", &twice.files);
    // At two times, so that the lines differ.
    let twice = counted(|rehearsal| {
        let (last, end) = closing(rehearsal);
        rehearsal.checkpoint(last, &[(1, end + 1)]);
        let path = record::checkpoint(u64::try_from(last).unwrap());
        let other = String::from_utf8(rehearsal.files.0[&path].clone()).unwrap();
        rehearsal.checkpoint(last, &[(1, end)]);
        note_changed(rehearsal, last, |text| format!("{text}{}\n", other.lines().last().unwrap()));
    });
    assert_only("B1.1", &twice.files);
}

#[test]
fn b1_1_a_witness_that_the_manifest_does_not_name() {
    let stranger = counted(|rehearsal| {
        let (last, _) = closing(rehearsal);
        note_changed(rehearsal, last, |text| text.replace("testigo2.example", "testigo9.example"));
    });
    assert_only("B1.1", &stranger.files);
}

#[test]
fn b1_1_a_checkpoint_that_another_log_signed() {
    let keys = crate::fixture::keys();
    let mut rehearsal = closed();
    let other = escrutinio_core::testing::signing_key("another log");
    rehearsal.keys = std::sync::Arc::new(escrutinio_core::testing::Keys { log: other, ..keys });
    let checkpoint = escrutinio_core::board::checkpoint::Checkpoint {
        origin: escrutinio_core::board::checkpoint::origin(
            &rehearsal.manifest.log.name,
            &rehearsal.election().election_id,
        ),
        size: rehearsal.heads[1].0,
        root: rehearsal.heads[1].1,
    };
    let signed = checkpoint.sign(&rehearsal.keys.log).unwrap();
    rehearsal.put(&record::checkpoint(1), signed.to_string().into_bytes());
    count(&mut rehearsal);
    assert_only("B1.1", &rehearsal.files);
}

#[test]
fn b1_1_the_zero_report_left_out() {
    let begun = counted(|rehearsal| {
        let last = rehearsal.heads.len() - 1;
        rehearsal.heads.remove(0);
        rehearsal.files.0.remove(&record::checkpoint(u64::try_from(last).unwrap()));
        rehearsal.checkpoints();
    });
    assert_only("B1.1", &begun.files);
}

#[test]
fn b1_1_a_checkpoint_left_out() {
    assert_only("B1.1", &counted(|rehearsal| drop(rehearsal.files.0.remove(&record::checkpoint(1)))).files);
}

/// The checkpoints of another election's empty board, by the same log and witnesses.
#[test]
fn b1_1_the_origin_of_another_election() {
    let origin = counted(|rehearsal| {
        let mut other = rehearsal.clone();
        let mut seal: record::Seal = other.object(record::SEAL);
        seal.trial = [1; 32];
        other.put_seal(&seal);
        other.checkpoints();
        let path = record::checkpoint(0);
        rehearsal.put(&path, other.files.0[&path].clone());
    });
    assert_only("B1.1", &origin.files);
}

fn bundle(rehearsal: &Rehearsal) -> String {
    rehearsal.files.0.keys().find(|path| path.starts_with(record::ENTRIES)).unwrap().clone()
}

#[test]
fn b1_2_a_bundle_left_out() {
    assert_only("B1.2", &counted(|rehearsal| drop(rehearsal.files.0.remove(&bundle(rehearsal)))).files);
}

/// A size that no folder holds costs the verifier nothing.
#[test]
fn b1_2_a_size_beyond_all_bundles() {
    let mut rehearsal = counted(|_| {});
    let last = rehearsal.heads.len() - 1;
    rehearsal.heads[last].0 = u64::MAX >> 1;
    rehearsal.checkpoints();
    assert_only("B1.2", &rehearsal.files);
}

#[test]
fn b1_2_a_bundle_more() {
    for path in [
        "board/tile/entries/001",
        "board/tile/entries/000.p/7",
        "board/tile/entries/secret",
        "board/tile/entries/x000/000",
    ] {
        assert_only("B1.2", &counted(|rehearsal| rehearsal.put(path, Vec::new())).files);
    }
}

#[test]
fn b1_2_a_bundle_with_a_byte_more() {
    assert_only("B1.2", &counted(|rehearsal| rehearsal.files.0.get_mut(&bundle(rehearsal)).unwrap().push(0)).files);
}

#[test]
fn b1_2_a_truncated_board() {
    assert_only(
        "B1.2",
        &counted(|rehearsal| {
            let path = bundle(rehearsal);
            let length = rehearsal.entries.last().unwrap().len() + 2;
            let bytes = rehearsal.files.0.get_mut(&path).unwrap();
            bytes.truncate(bytes.len() - length);
        })
        .files,
    );
}

/// During voting the log showed somebody another board.
#[test]
fn b2_1_a_fork() {
    assert_only(
        "B2.1",
        &counted(|rehearsal| {
            rehearsal.heads[2].1 = rehearsal.heads[1].1;
            rehearsal.checkpoints();
        })
        .files,
    );
}

#[test]
fn b2_1_two_checkpoints_of_one_size() {
    assert_only(
        "B2.1",
        &counted(|rehearsal| {
            let head = rehearsal.heads[1];
            rehearsal.heads.insert(1, head);
            rehearsal.checkpoints();
        })
        .files,
    );
}

#[test]
fn b2_1_a_board_that_shrank() {
    assert_only(
        "B2.1",
        &counted(|rehearsal| {
            rehearsal.heads.swap(1, 2);
            rehearsal.checkpoints();
        })
        .files,
    );
}

/// Whoever holds the files exchanges two ballots after the close.
#[test]
fn b2_1_entries_in_another_order_than_the_log_signed() {
    let mut rehearsal = closed();
    let signed: Vec<(String, Vec<u8>)> = rehearsal
        .files
        .0
        .iter()
        .filter(|(path, _)| path.starts_with(record::CHECKPOINTS))
        .map(|(path, bytes)| (path.clone(), bytes.clone()))
        .collect();
    let mut moved = epochs(&rehearsal);
    moved[1].swap(0, 1);
    rehearsal.board(moved);
    for (path, bytes) in signed {
        rehearsal.put(&path, bytes);
    }
    count(&mut rehearsal);
    assert_only("B2.1", &rehearsal.files);
}

/// A ballot taken away, put in the place of another, or put in, by somebody who is not the log.
#[test]
fn b2_1_a_ballot_replaced_after_the_close() {
    let mut rehearsal = closed();
    let kept: Vec<(String, Vec<u8>)> = rehearsal.files.0.clone().into_iter().collect();
    let mut replaced = epochs(&rehearsal);
    let stuffed = vote(&mut rehearsal, (0, 3, 0, 1));
    replaced[0][0] = stuffed;
    let replaced: Vec<_> = replaced.into_iter().map(sorted).collect();
    rehearsal.board(replaced);
    for (path, bytes) in kept.into_iter().filter(|(path, _)| path.starts_with(record::CHECKPOINTS)) {
        rehearsal.put(&path, bytes);
    }
    count(&mut rehearsal);
    assert_only("B2.1", &rehearsal.files);
}

fn with_epochs(change: impl FnOnce(&mut Vec<Vec<Vec<u8>>>)) -> Rehearsal {
    counted(|rehearsal| {
        let mut epochs = epochs(rehearsal);
        change(&mut epochs);
        rehearsal.board(epochs);
    })
}

#[test]
fn b2_2_an_epoch_of_one_ballot() {
    let culprit = assert_only(
        "B2.2",
        &with_epochs(|epochs| {
            let moved = epochs[0].split_off(1);
            epochs[1].extend(moved);
            epochs[1] = sorted(epochs[1].clone());
        })
        .files,
    );
    assert!(culprit.contains("epoch"), "{culprit}");
}

#[test]
fn b2_2_an_epoch_in_order_of_arrival() {
    assert_only("B2.2", &with_epochs(|epochs| epochs[1].swap(0, 1)).files);
}

/// The log lets the highest go at once, and so tells who came when.
#[test]
fn b2_2_an_epoch_that_leaves_nobody_waiting() {
    assert_only(
        "B2.2",
        &with_epochs(|epochs| {
            let all = sorted(epochs.concat());
            let (low, high) = all.split_at(8);
            *epochs = vec![high.to_vec(), low.to_vec()];
        })
        .files,
    );
}

#[test]
fn b2_2_holds_for_one_epoch() {
    assert_valid(&with_epochs(|epochs| *epochs = vec![sorted(epochs.concat())]).files);
}

#[test]
fn b2_3_a_quorum_that_is_absent() {
    let (_, end) = closing(&closed());
    assert_only("B2.3", &counted(|rehearsal| rehearsal.checkpoint(0, &[(2, 5)])).files);
    assert_only(
        "B2.3",
        &counted(|rehearsal| {
            let last = rehearsal.heads.len() - 1;
            rehearsal.checkpoint(last, &[(0, end)]);
        })
        .files,
    );
    assert_only(
        "B2.3",
        &counted(|rehearsal| {
            let last = rehearsal.heads.len() - 1;
            rehearsal.checkpoint(last, &[]);
        })
        .files,
    );
}

/// The closing was signed while ballots could still come, by one of three witnesses.
#[test]
fn b2_3_a_closing_before_the_close() {
    assert_only(
        "B2.3",
        &counted(|rehearsal| {
            let (last, end) = closing(rehearsal);
            rehearsal.checkpoint(last, &[(0, end), (1, end), (2, end - 1)]);
        })
        .files,
    );
}

/// A witness signed two boards after the close: there would be two closings.
#[test]
fn b2_3_two_closings() {
    assert_only(
        "B2.3",
        &counted(|rehearsal| {
            let (last, end) = closing(rehearsal);
            rehearsal.checkpoint(last - 1, &[(1, end)]);
        })
        .files,
    );
}

#[test]
fn b2_3_holds_with_a_witness_on_an_earlier_checkpoint() {
    assert_valid(
        &counted(|rehearsal| {
            let (last, end) = closing(rehearsal);
            rehearsal.checkpoint(last - 1, &[(1, end - 1)]);
            rehearsal.checkpoint(last, &[(0, end), (2, end + 5)]);
        })
        .files,
    );
}

/// The server signs other numbers of those who voted.
fn with_participation(change: impl FnOnce(&mut Participation)) -> Rehearsal {
    counted(|rehearsal| {
        let mut participation: Participation = rehearsal.object(record::PARTICIPATION);
        change(&mut participation);
        let Participation { election_id, closed_at, marked, voters_list, .. } = participation;
        let signed = Participation::sign(election_id, closed_at, marked, voters_list, &rehearsal.keys.server);
        rehearsal.put(record::PARTICIPATION, signed.to_bytes());
    })
}

#[test]
fn n1_1_a_line_left_out() {
    let left_out = |participation: &mut Participation| {
        participation.marked.remove(1);
    };
    assert_only("N1.1", &with_participation(left_out).files);
}

#[test]
fn n1_1_a_line_of_a_contest_that_the_style_does_not_have() {
    assert_only(
        "N1.1",
        &with_participation(|participation| {
            let mut line = participation.marked[0];
            (line.contest, line.voters) = (1, 0);
            participation.marked.push(line);
        })
        .files,
    );
}

#[test]
fn n1_1_the_participation_of_another_election() {
    let other = |participation: &mut Participation| participation.election_id.0[0] ^= 1;
    assert_only("N1.1", &with_participation(other).files);
}

#[test]
fn n1_2_a_participation_that_the_registrar_signed() {
    let signed = counted(|rehearsal| {
        let participation: Participation = rehearsal.object(record::PARTICIPATION);
        let Participation { election_id, closed_at, marked, voters_list, .. } = participation;
        let signed = Participation::sign(election_id, closed_at, marked, voters_list, &rehearsal.keys.registrar);
        rehearsal.put(record::PARTICIPATION, signed.to_bytes());
    });
    assert_only("N1.2", &signed.files);
}

#[test]
fn n1_3_a_voter_more_than_ballots() {
    let culprit = assert_only("N1.3", &with_participation(|participation| participation.marked[0].voters += 1).files);
    assert!(culprit.contains("server"), "{culprit}");
}

/// The total is right, the lists are not.
#[test]
fn n1_3_a_voter_of_another_list() {
    assert_only(
        "N1.3",
        &with_participation(|participation| {
            participation.marked[0].voters += 1;
            participation.marked[1].voters -= 1;
        })
        .files,
    );
}

#[test]
fn n1_3_a_close_before_the_end_of_reception() {
    assert_only("N1.3", &with_participation(|participation| participation.closed_at -= 1).files);
}

/// The server puts in a ballot of a voter who did not vote, and marks nobody.
#[test]
fn n1_3_a_stuffed_ballot() {
    let mut rehearsal = sealed();
    let mut ballots = honest_ballots(&mut rehearsal);
    ballots.push(rehearsal.cast((0, 3), 0, 1, None, &mut rng(60)).to_bytes());
    rehearsal.close(ballots);
    count(&mut rehearsal);
    assert_only("N1.3", &rehearsal.files);
}

/// The server takes a ballot, promises it, and does not put it on the board.
#[test]
fn n1_3_a_dropped_ballot() {
    let mut rehearsal = sealed();
    let mut ballots = honest_ballots(&mut rehearsal);
    ballots.remove(0);
    rehearsal.close(ballots);
    count(&mut rehearsal);
    assert_only("N1.3", &rehearsal.files);
}

/// The receipts with other lines.
fn with_receipts(change: impl FnOnce(&mut Vec<String>)) -> Rehearsal {
    let mut rehearsal = published();
    let text = String::from_utf8(rehearsal.files.0[record::RECEIPTS].clone()).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    rehearsal.put(record::RECEIPTS, (lines.join("\n") + "\n").into_bytes());
    rehearsal.sums();
    rehearsal
}

#[test]
fn x1_1_a_receipt_left_out() {
    assert_only("X1.1", &with_receipts(|lines| drop(lines.remove(4))).files);
    assert_only("X1.1", &with_receipts(|lines| drop(lines.pop())).files);
}

#[test]
fn x1_1_a_receipt_more() {
    let other = published().prepare((0, 3), 0, 0, None, &mut rng(61));
    let code = escrutinio_core::board::code::format_code(&other.body().tracking_code());
    assert_only(
        "X1.1",
        &with_receipts(|lines| {
            let codes: BTreeSet<String> = lines.split_off(2).into_iter().chain([code]).collect();
            lines.extend(codes);
        })
        .files,
    );
}

#[test]
fn x1_1_receipts_in_another_order() {
    assert_only("X1.1", &with_receipts(|lines| lines.swap(3, 4)).files);
}

#[test]
fn x1_1_the_receipts_of_another_election() {
    assert_only("X1.1", &with_receipts(|lines| lines[1] = lines[1].replace(['0', '1'], "2")).files);
}
