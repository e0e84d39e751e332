//! One election of a manifest, one closing, a time that never goes back; what is kept.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use common::{LogOf, election, open, open_for, person, second_election, time_of, witness_key};
use escrutinio_core::board::{MerkleTree, Submission};
use escrutinio_core::ids::hex;
use escrutinio_sealed::{Person, Role};
use escrutinio_witness::alarm::Kind;
use escrutinio_witness::clock::SetClock;
use escrutinio_witness::status;
use escrutinio_witness::witness::Over;
use escrutinio_witness::{Answer, Error, Log, Witness};

fn end() -> u64 {
    election().end
}

fn at(time: u64) -> Arc<SetClock> {
    Arc::new(SetClock::at(time))
}

/// The time of the line with which it is signed.
fn signed(witness: &Witness, log: &LogOf, old: u64, new: u64) -> u64 {
    match witness.add_checkpoint(&log.body(old, new)) {
        Answer::Signed(line) => time_of(log, new, &format!("{line}\n")),
        other => panic!("{old} to {new}: {other:?}"),
    }
}

fn kinds(witness: &Witness) -> Vec<Kind> {
    witness.alarms().list().unwrap().iter().filter_map(|raised| raised.kind).collect()
}

#[test]
fn one_second_before_the_end_is_not_the_closing() {
    let folder = tempfile::tempdir().unwrap();
    let clock = at(end() - 1);
    let witness = open(folder.path(), &clock).unwrap();
    let log = LogOf::new(Log::Board, 9, "b");
    for (old, new) in [(0, 2), (2, 3), (3, 3), (3, 4)] {
        assert_eq!(signed(&witness, &log, old, new), end() - 1);
    }
    assert!(!witness.standing()[0].closed);
}

#[test]
fn the_first_at_the_end_is_the_last() {
    for after in [0, 1, 86_400] {
        let folder = tempfile::tempdir().unwrap();
        let clock = at(end() - 1);
        let witness = open(folder.path(), &clock).unwrap();
        let log = LogOf::new(Log::Board, 9, "b");
        signed(&witness, &log, 0, 2);
        clock.set(end() + after);
        assert_eq!(signed(&witness, &log, 2, 5), end() + after);
        assert!(witness.standing()[0].closed);
        // The same may be signed again, with the time of then.
        clock.set(end() + after + 7);
        assert_eq!(signed(&witness, &log, 5, 5), end() + after + 7);
        // No other, not even one that continues it.
        assert!(matches!(witness.add_checkpoint(&log.body(5, 6)), Answer::Over(Over::Closed)));
        assert_eq!(kinds(&witness), [Kind::AfterClose]);
        let evidence = fs::read_to_string(folder.path().join("state/alarm-001.txt")).unwrap();
        assert!(evidence.contains(&log.checkpoint(5).to_string()) && evidence.contains(&log.checkpoint(6).to_string()));
        // Neither after a new start, nor when the clock is set back.
        drop(witness);
        clock.set(end() - 3600);
        let witness = open(folder.path(), &clock).unwrap();
        assert!(matches!(witness.add_checkpoint(&log.body(5, 6)), Answer::Over(Over::Closed)));
        assert_eq!(signed(&witness, &log, 5, 5), end() + after + 7);
    }
}

#[test]
fn the_log_of_acts_has_no_closing() {
    let folder = tempfile::tempdir().unwrap();
    let clock = at(end() - 1);
    let witness = open(folder.path(), &clock).unwrap();
    let log = LogOf::new(Log::Acts, 9, "a");
    for (i, time) in (0u64..).zip([end() - 1, end(), end() + 1, end() + 86_400]) {
        clock.set(time);
        assert_eq!(signed(&witness, &log, 2 * i, 2 * i + 2), time);
    }
    assert!(!witness.standing()[1].closed);
    assert_eq!(kinds(&witness), []);
}

#[test]
fn a_repeated_checkpoint_does_not_take_the_closing() {
    for size in [0, 3] {
        let folder = tempfile::tempdir().unwrap();
        let clock = at(end() - 10);
        let witness = open(folder.path(), &clock).unwrap();
        let log = LogOf::new(Log::Board, 9, "b");
        signed(&witness, &log, 0, size);
        // Whoever has seen it sends it again after the end: the answer is the line of before.
        for after in [0, 1, 59] {
            clock.set(end() + after);
            assert_eq!(signed(&witness, &log, size, size), end() - 10);
            assert!(!witness.standing()[0].closed);
        }
        // So the closing is signed still.
        assert_eq!(signed(&witness, &log, size, 8), end() + 59);
        assert!(witness.standing()[0].closed);
    }
}

/// A database may be away for an hour when the close is due, and whoever has seen the last checkpoint, which is public,
/// repeats it all the while.
#[test]
fn a_repeated_checkpoint_does_not_take_the_closing_however_long_that_takes() {
    for size in [0, 3] {
        let folder = tempfile::tempdir().unwrap();
        let clock = at(end() - 3600);
        let witness = open(folder.path(), &clock).unwrap();
        let log = LogOf::new(Log::Board, 9, "b");
        signed(&witness, &log, 0, size);
        clock.set(end() - 31);
        assert_eq!(signed(&witness, &log, size, size), end() - 31, "the time is told until then");
        // From then on a repeat does not make an old checkpoint a young one.
        for time in [end() - 30, end() - 1, end(), end() + 60, end() + 86_400] {
            clock.set(time);
            assert_eq!(signed(&witness, &log, size, size), end() - 31);
            assert!(!witness.standing()[0].closed);
        }
        let witness = {
            drop(witness);
            open(folder.path(), &clock).unwrap()
        };
        assert_eq!(signed(&witness, &log, size, size), end() - 31);
        assert_eq!(signed(&witness, &log, size, 8), end() + 86_400);
        assert!(witness.standing()[0].closed);
        assert_eq!(kinds(&witness), []);
    }
}

#[test]
fn a_repeat_writes_at_most_once_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let clock = at(end() - 500);
    let witness = open(folder.path(), &clock).unwrap();
    let log = LogOf::new(Log::Acts, 9, "a");
    signed(&witness, &log, 0, 5);
    let pages = folder.path().join(format!("state/{}/acts", election().id));
    fs::rename(&pages, folder.path().join("away")).unwrap();
    assert_eq!(signed(&witness, &log, 5, 5), end() - 500, "nothing is written");
    clock.set(end() - 499);
    fs::rename(folder.path().join("away"), &pages).unwrap();
    assert_eq!(signed(&witness, &log, 5, 5), end() - 499);
}

/// The server closed early, or by a clock that is a second ahead of the witness's.
#[test]
fn a_closing_of_before_the_end_is_signed_again_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let clock = at(end() - 1);
    let witness = open(folder.path(), &clock).unwrap();
    let log = LogOf::new(Log::Board, 9, "b");
    assert_eq!(signed(&witness, &log, 0, 5), end() - 1);
    clock.set(end() + 60);
    assert_eq!(signed(&witness, &log, 5, 5), end() + 60);
    assert!(witness.standing()[0].closed);
    assert!(matches!(witness.add_checkpoint(&log.body(5, 6)), Answer::Over(Over::Closed)));
}

#[test]
fn nobody_vouches_for_the_empty_board_after_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let clock = at(end());
    let witness = open(folder.path(), &clock).unwrap();
    let log = LogOf::new(Log::Board, 9, "b");
    assert!(matches!(witness.add_checkpoint(&log.body(0, 0)), Answer::Over(Over::Late)));
    assert_eq!(kinds(&witness), []);
    clock.set(end() - 1);
    assert_eq!(signed(&witness, &log, 0, 0), end() - 1);
}

#[test]
fn the_time_never_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let clock = at(end() - 500);
    let witness = open(folder.path(), &clock).unwrap();
    let (board, acts) = (LogOf::new(Log::Board, 9, "b"), LogOf::new(Log::Acts, 9, "a"));
    assert_eq!(signed(&witness, &board, 0, 1), end() - 500);
    clock.set(end() - 900);
    assert_eq!(signed(&witness, &board, 1, 2), end() - 500);
    assert_eq!(signed(&witness, &acts, 0, 2), end() - 500, "over both logs");
    drop(witness);
    clock.set(5);
    let witness = open(folder.path(), &clock).unwrap();
    assert_eq!(witness.latest(), end() - 500);
    assert_eq!(signed(&witness, &acts, 2, 3), end() - 500, "over a new start");
    clock.set(end() - 499);
    assert_eq!(signed(&witness, &acts, 3, 4), end() - 499);
}

#[test]
fn a_new_start_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let clock = at(end() - 500);
    let log = LogOf::new(Log::Board, 30, "b");
    let mut old = 0;
    for new in [4, 9, 17, 25] {
        let witness = open(folder.path(), &clock).unwrap();
        assert_eq!(witness.standing()[0].size, old);
        assert!(matches!(witness.add_checkpoint(&log.body(0, 4)), Answer::Signed(_)) == (old == 0));
        if old > 0 {
            assert!(matches!(witness.add_checkpoint(&log.body(1, new)), Answer::Conflict { size } if size == old));
        }
        signed(&witness, &log, old.max(4), new);
        old = new;
    }
    // A fork at the smallest size is known after all that.
    let witness = open(folder.path(), &clock).unwrap();
    let fork = log.forked(2, "f");
    assert!(matches!(witness.add_checkpoint(&fork.body(0, 4)), Answer::Conflict { size: 25 }));
    assert_eq!(kinds(&witness), [Kind::Fork]);
    drop(witness);
    assert_eq!(kinds(&open(folder.path(), &clock).unwrap()), [Kind::Fork]);
}

#[test]
fn one_election_of_a_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let clock = at(end() - 500);
    let second = second_election();
    let witness = open(folder.path(), &clock).unwrap();
    // Nothing is vouched for yet: acts do not count, the empty board does.
    signed(&witness, &LogOf::new(Log::Acts, 3, "a"), 0, 3);
    drop(witness);
    drop(open_for(second.clone(), folder.path(), &clock).unwrap());
    let witness = open(folder.path(), &clock).unwrap();
    signed(&witness, &LogOf::new(Log::Board, 3, "b"), 0, 0);
    drop(witness);
    let refused = open_for(second.clone(), folder.path(), &clock).unwrap_err();
    assert!(matches!(&refused, Error::OtherElection { before, now }
        if *before == election().id.to_string() && *now == second.id.to_string()));
    // Nor with a folder of its own: the journal lies beside the key.
    let state = folder.path().join("elsewhere");
    let refused = Witness::open(second, person(), &folder.path().join("key"), &state, clock).unwrap_err();
    assert!(matches!(refused, Error::OtherElection { .. }));
}

#[test]
fn a_second_election_opened_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let clock = at(end() - 500);
    let witness = open(folder.path(), &clock).unwrap();
    // Meanwhile the witness signs with the offline tool.
    let line = format!("zero:{} {}\n", election().manifest, second_election().id);
    fs::write(folder.path().join("key.journal"), line).unwrap();
    let log = LogOf::new(Log::Board, 3, "b");
    assert!(matches!(witness.add_checkpoint(&log.body(0, 0)), Answer::Over(Over::OtherElection)));
    assert_eq!(kinds(&witness), [Kind::SecondElection]);
}

#[test]
fn the_offline_tool_and_the_witness_sign_one_closing() {
    let log = LogOf::new(Log::Board, 9, "b");
    let closing = |size: u64| {
        let root = log.root(size);
        format!("closing:{} {size}:{}\n", election().id, hex(&root))
    };
    // What the witness notes is what the offline tool looks for.
    let folder = tempfile::tempdir().unwrap();
    let clock = at(end() - 1);
    let witness = open(folder.path(), &clock).unwrap();
    signed(&witness, &log, 0, 0);
    clock.set(end());
    signed(&witness, &log, 0, 5);
    let journal = fs::read_to_string(folder.path().join("key.journal")).unwrap();
    assert_eq!(journal, format!("zero:{} {}\n{}", election().manifest, election().id, closing(5)));
    // And the other way round: after the tool has signed a closing of 5, no other.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key.journal"), closing(5)).unwrap();
    let clock = at(end() - 1);
    let witness = open(folder.path(), &clock).unwrap();
    assert!(matches!(witness.add_checkpoint(&log.body(0, 4)), Answer::Over(Over::Closed)));
    clock.set(end());
    assert!(matches!(witness.add_checkpoint(&log.body(0, 6)), Answer::Over(Over::Closed)));
    assert_eq!(signed(&witness, &log, 0, 5), end());
}

#[test]
fn only_a_witness_of_the_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let clock = at(end());
    let try_as = |role, name: &str, number| {
        let person = Person { role, name: name.into(), designation: String::new(), key: witness_key(number) };
        let key = folder.path().join("key");
        Witness::open(election(), person, &key, &folder.path().join("state"), Arc::<SetClock>::clone(&clock))
            .map(|_| ())
    };
    assert!(try_as(Role::Witness, common::NAME, 1).is_ok());
    for (role, name, number) in [
        (Role::Log, common::NAME, 1),
        (Role::Witness, common::NAME, 2),
        (Role::Witness, "testigo2.example", 1),
        (Role::Witness, "testigo3.example", 3),
    ] {
        assert!(matches!(try_as(role, name, number), Err(Error::Stranger { .. })), "{name} {number}");
    }
}

#[test]
fn two_processes_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let clock = at(end());
    let first = open(folder.path(), &clock).unwrap();
    assert!(matches!(open(folder.path(), &clock), Err(Error::Busy { .. })));
    drop(first);
    assert!(open(folder.path(), &clock).is_ok());
}

#[test]
fn damage_is_found_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let clock = at(end() - 500);
    let log = LogOf::new(Log::Board, 9, "b");
    signed(&open(folder.path(), &clock).unwrap(), &log, 0, 5);
    let page = folder.path().join(format!("state/{}/board/{:020}.txt", election().id, 5));
    let honest = fs::read(&page).unwrap();
    for at in [0, honest.len() / 2, honest.len() - 2] {
        let mut damaged = honest.clone();
        damaged[at] ^= 1;
        fs::write(&page, damaged).unwrap();
        assert!(matches!(open(folder.path(), &clock), Err(Error::Kept { path, .. }) if path == page));
    }
    fs::write(&page, &honest).unwrap();
    fs::copy(&page, page.with_file_name(format!("{:020}.txt", 6))).unwrap();
    assert!(matches!(open(folder.path(), &clock), Err(Error::Kept { .. })));
}

#[test]
fn what_cannot_be_written_is_not_signed() {
    let folder = tempfile::tempdir().unwrap();
    let clock = at(end() - 500);
    let witness = open(folder.path(), &clock).unwrap();
    let log = LogOf::new(Log::Acts, 9, "a");
    let pages = folder.path().join(format!("state/{}/acts", election().id));
    fs::remove_dir(&pages).unwrap();
    fs::write(&pages, b"a file where the folder should be").unwrap();
    assert!(matches!(witness.add_checkpoint(&log.body(0, 5)), Answer::Failed(_)));
    assert_eq!(witness.standing()[1].size, 0);
    fs::remove_file(&pages).unwrap();
    signed(&witness, &log, 0, 5);
}

#[test]
fn silence_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let clock = at(end() - 10_000);
    let witness = open(folder.path(), &clock).unwrap();
    let (board, acts) = (LogOf::new(Log::Board, 9, "b"), LogOf::new(Log::Acts, 9, "a"));
    let quiet = 90 * 60;
    let silent = || {
        let status = status::of(&witness, quiet);
        status.logs.iter().map(|log| status.silent(log)).collect::<Vec<_>>()
    };
    signed(&witness, &board, 0, 1);
    clock.set(end() - 10_000 + quiet);
    assert_eq!(silent(), [false, false]);
    clock.set(end() - 10_000 + quiet + 1);
    assert_eq!(silent(), [true, true]);
    // Requests that are refused hide no silence: anyone can repeat what is public.
    assert!(matches!(witness.add_checkpoint(&acts.body(1, 2)), Answer::Conflict { size: 0 }));
    let unproved = Submission { proof: acts.proof(1, 2), ..acts.submission(0, 2) }.to_string();
    assert!(matches!(witness.add_checkpoint(unproved.as_bytes()), Answer::BadProof));
    assert_eq!(silent(), [true, true]);
    signed(&witness, &acts, 0, 2);
    assert_eq!(silent(), [true, false]);
    // Nor do repeats that are answered.
    signed(&witness, &board, 1, 1);
    assert_eq!(silent(), [true, false]);
    clock.set(end());
    signed(&witness, &board, 1, 5);
    clock.set(end() + 2 * quiet);
    assert_eq!(silent(), [false, true], "after the closing the board has nothing to say");
}

#[test]
fn the_folder_says_how_things_stand() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let clock = at(end() - 500);
    let log = LogOf::new(Log::Board, 9, "b");
    let witness = open(folder.path(), &clock).unwrap();
    signed(&witness, &log, 0, 3);
    let look = |folder: &Path| status::of_folder(folder, end() - 400, 60).unwrap();
    let [status] = &look(&state)[..] else { panic!("one election") };
    assert_eq!((status.election.as_str(), status.alarm()), (election().id.to_string().as_str(), false));
    let board = &status.logs[0];
    assert_eq!((board.size, board.root, board.time, board.closed), (3, log.root(3), Some(end() - 500), false));
    assert!(status.silent(board) && status.logs.len() == 1);
    clock.set(end());
    signed(&witness, &log, 3, 5);
    assert!(look(&state)[0].logs[0].closed);
    let fork = log.forked(0, "f");
    let body = Submission { proof: fork.proof(5, 5), ..fork.submission(5, 5) }.to_string();
    assert!(matches!(witness.add_checkpoint(body.as_bytes()), Answer::Conflict { size: 5 }));
    assert!(look(&state)[0].alarm());
    let json: serde_json::Value = serde_json::from_str(&look(&state)[0].to_json()).unwrap();
    assert_eq!((&json["alarm"], &json["alarms"][0]["kind"]), (&true.into(), &"fork".into()));
    assert_eq!(json["logs"][0]["closed"], true);
    assert_ne!(log.root(5), MerkleTree::new().root());
}
