//! Following both logs without a key.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::sync::Arc;

use common::{LogOf, Site, election, sealed, witness_key};
use escrutinio_core::testing::signing_key;
use escrutinio_witness::Log;
use escrutinio_witness::alarm::Kind;
use escrutinio_witness::clock::{PATIENCE, SetClock};
use escrutinio_witness::follow::{Follower, Seen};

struct Scene {
    site: Site,
    clock: Arc<SetClock>,
    board: LogOf,
    acts: LogOf,
    folder: tempfile::TempDir,
}

impl Scene {
    /// Both logs at size 3, with both witnesses on the board.
    fn new() -> Self {
        let clock = Arc::new(SetClock::at(election().end - 5000));
        let (board, acts) = (LogOf::new(Log::Board, 600, "b"), LogOf::new(Log::Acts, 600, "a"));
        let site = Site::default();
        let time = election().end - 5000;
        site.board(&board.cosigned(3, &[time, time]));
        site.acts(&acts, 3);
        Self { site, clock, board, acts, folder: tempfile::tempdir().unwrap() }
    }

    fn follower(&self) -> Follower {
        let site = Box::new(self.site.clone());
        Follower::open(election(), site, self.folder.path(), Arc::<SetClock>::clone(&self.clock)).unwrap()
    }

    /// What a new start sees of one log.
    fn seen(&self, log: Log) -> Seen {
        let seen = self.follower().look();
        seen.into_iter().find(|(of, _)| *of == log).unwrap().1
    }

    fn alarms(&self) -> Vec<Kind> {
        self.follower().alarms().list().unwrap().iter().filter_map(|raised| raised.kind).collect()
    }

    fn evidence(&self, number: u32) -> String {
        fs::read_to_string(self.folder.path().join(format!("alarm-{number:03}.txt"))).unwrap()
    }
}

fn good(size: u64, new: bool, vouched: usize) -> Seen {
    Seen::Good { size, new, vouched }
}

#[test]
fn both_logs_grow() {
    let scene = Scene::new();
    let mut follower = scene.follower();
    assert_eq!(follower.look(), [(Log::Board, good(3, true, 2)), (Log::Acts, good(3, true, 0))]);
    assert_eq!(follower.look(), [(Log::Board, good(3, false, 2)), (Log::Acts, good(3, false, 0))]);
    for size in [255, 256, 257, 511, 512, 600] {
        scene.site.board(&scene.board.cosigned(size, &[election().end - 4000]));
        scene.site.acts(&scene.acts, size);
        assert_eq!(follower.look(), [(Log::Board, good(size, true, 1)), (Log::Acts, good(size, true, 0))]);
    }
    drop(follower);
    // A new start knows all of it, and fetches no full bundle again.
    scene.site.remove("acts/tile/entries/000");
    scene.site.remove("acts/tile/entries/001");
    assert_eq!(scene.seen(Log::Acts), good(600, false, 0));
    assert_eq!(scene.seen(Log::Board), good(600, false, 1));
    assert_eq!(scene.alarms(), []);
}

#[test]
fn a_cosignature_that_comes_later_is_kept() {
    let scene = Scene::new();
    let time = election().end - 100;
    scene.site.board(&scene.board.checkpoint(9));
    assert_eq!(scene.seen(Log::Board), good(9, true, 0));
    scene.site.board(&scene.board.cosigned(9, &[time]));
    assert_eq!(scene.seen(Log::Board), good(9, false, 1));
    let page = scene.folder.path().join(format!("{}/board/{:020}.txt", election().id, 9));
    assert_eq!(fs::read_to_string(page).unwrap(), scene.board.cosigned(9, &[time]).to_string());
}

#[test]
fn a_fork_of_any_earlier_size() {
    let scene = Scene::new();
    for size in [3, 7, 12] {
        scene.site.board(&scene.board.checkpoint(size));
        assert_eq!(scene.seen(Log::Board), good(size, true, 0));
    }
    let fork = scene.board.forked(2, "f");
    for (size, number) in [(12, 1), (7, 2)] {
        scene.site.board(&fork.checkpoint(size));
        assert_eq!(scene.seen(Log::Board), Seen::Alarm(Kind::Fork));
        let evidence = scene.evidence(number);
        assert!(evidence.contains(&fork.checkpoint(size).to_string()), "{evidence}");
        assert!(evidence.contains(&scene.board.checkpoint(size).to_string()), "{evidence}");
    }
    // The same again is no third alarm; what was seen stays what it was.
    scene.site.board(&fork.checkpoint(7));
    assert_eq!(scene.seen(Log::Board), Seen::Alarm(Kind::Fork));
    assert_eq!(scene.alarms(), [Kind::Fork, Kind::Fork]);
    scene.site.board(&scene.board.checkpoint(13));
    assert_eq!(scene.seen(Log::Board), good(13, true, 0));
}

#[test]
fn less_than_before_is_borne_for_a_while() {
    let scene = Scene::new();
    let began = election().end - 5000;
    scene.site.board(&scene.board.checkpoint(9));
    assert_eq!(scene.seen(Log::Board), good(9, true, 0));
    scene.site.board(&scene.board.checkpoint(5));
    for passed in [0, 300, PATIENCE - 1] {
        scene.clock.set(began + passed);
        assert_eq!(scene.seen(Log::Board), Seen::Behind { size: 5, last: 9 });
    }
    // Up to date again: the time begins anew.
    scene.site.board(&scene.board.checkpoint(9));
    assert_eq!(scene.seen(Log::Board), good(9, false, 0));
    scene.site.board(&scene.board.checkpoint(5));
    assert_eq!(scene.seen(Log::Board), Seen::Behind { size: 5, last: 9 });
    scene.clock.set(began + 2 * PATIENCE - 1);
    assert_eq!(scene.seen(Log::Board), Seen::Alarm(Kind::Rollback));
    assert_eq!(scene.alarms(), [Kind::Rollback]);
}

#[test]
fn signatures_are_checked() {
    let scene = Scene::new();
    scene.site.board(&scene.board.signed_by(4, &signing_key("server")));
    assert_eq!(scene.seen(Log::Board), Seen::Alarm(Kind::Signature));
    // A cosignature by nobody whom the manifest names.
    let mut stranger = scene.board.checkpoint(5).to_string();
    let line = scene.board.checkpoint(5).claimed().cosign("w9.example", &witness_key(9), 1).unwrap();
    stranger.push_str(&format!("{line}\n"));
    scene.site.put("board/checkpoint", stranger);
    assert_eq!(scene.seen(Log::Board), Seen::Alarm(Kind::Signature));
    // The checkpoint of the other log.
    scene.site.put("board/checkpoint", scene.acts.checkpoint(6).to_string());
    assert_eq!(scene.seen(Log::Board), Seen::Alarm(Kind::Signature));
    assert_eq!(scene.alarms().len(), 3);
    // A page of something else is not a checkpoint at all: that nobody signed.
    scene.site.put("board/checkpoint", "<html>");
    assert!(matches!(scene.seen(Log::Board), Seen::Unchecked(_)));
    scene.site.remove("board/checkpoint");
    assert!(matches!(scene.seen(Log::Board), Seen::Unchecked(_)));
    assert_eq!(scene.alarms().len(), 3);
}

#[test]
fn a_witness_that_signs_two_closings() {
    let scene = Scene::new();
    let end = election().end;
    scene.site.board(&scene.board.cosigned(8, &[end, end]));
    assert_eq!(scene.seen(Log::Board), good(8, true, 2));
    // One with other witnesses or earlier times is none of theirs.
    scene.site.board(&scene.board.cosigned(9, &[end - 1, end - 1]));
    assert_eq!(scene.seen(Log::Board), good(9, true, 2));
    scene.site.board(&scene.board.cosigned(10, &[end + 5]));
    assert_eq!(scene.seen(Log::Board), Seen::Alarm(Kind::TwoClosings));
    let evidence = scene.evidence(1);
    assert!(evidence.contains(&scene.board.cosigned(8, &[end, end]).to_string()), "{evidence}");
    assert!(evidence.contains(&scene.board.cosigned(10, &[end + 5]).to_string()), "{evidence}");
}

/// What the log of acts shows must be what it signed: everything else is an alarm.
#[test]
fn entries_and_tiles_must_give_the_root() {
    let changes: [(&str, u64); 5] = [
        ("acts/tile/entries/000.p/3", 3),
        ("acts/tile/0/000.p/3", 3),
        ("acts/tile/entries/000", 300),
        ("acts/tile/0/000", 300),
        ("acts/tile/1/000.p/1", 300),
    ];
    for (path, size) in changes {
        let scene = Scene::new();
        scene.site.acts(&scene.acts, size);
        let honest = scene.site.read(path).unwrap();
        let mut changed = honest.clone();
        *changed.last_mut().unwrap() ^= 1;
        scene.site.put(path, changed);
        assert_eq!(scene.seen(Log::Acts), Seen::Alarm(Kind::Entries), "{path}");
        assert!(scene.evidence(1).contains(&scene.acts.checkpoint(size).to_string()));
        scene.site.put(path, [honest.as_slice(), &[0]].concat());
        assert_eq!(scene.seen(Log::Acts), Seen::Alarm(Kind::Entries), "{path}");
        // Nothing wrong is kept.
        scene.site.put(path, honest);
        assert_eq!(scene.seen(Log::Acts), good(size, true, 0), "{path}");
    }
}

/// Log and server register lists of their own: devices would find keys on them that no verifier knows.
#[test]
fn the_act_election_must_have_the_sealed_lists() {
    let lines = |scene: &Scene, act: &escrutinio_core::board::Act| {
        let mut log = scene.acts.clone();
        log.entries[1] = act.to_string().into_bytes();
        log
    };
    let right = sealed().first_act();
    let changed = |name: &str, value: Option<String>| {
        let mut act = right.clone();
        match value {
            Some(value) => drop(act.values.insert(name.to_owned(), value)),
            None => drop(act.values.remove(name)),
        }
        act
    };
    let mut longer = right.clone();
    longer.values.insert("manifest".to_owned(), "ab".repeat(32));
    for act in [&right, &longer] {
        let scene = Scene::new();
        scene.site.acts(&lines(&scene, act), 5);
        assert_eq!(scene.seen(Log::Acts), good(5, true, 0));
    }
    for wrong in [
        changed("buckets-000", Some("ab".repeat(32))),
        changed("buckets-000", None),
        changed("buckets-001", Some("ab".repeat(32))),
        changed("election-id", Some("ab".repeat(32))),
    ] {
        let scene = Scene::new();
        let log = lines(&scene, &wrong);
        scene.site.acts(&log, 5);
        assert_eq!(scene.seen(Log::Acts), Seen::Alarm(Kind::Lists), "{wrong}");
        assert!(scene.evidence(1).contains(&log.checkpoint(5).to_string()));
        assert_eq!(scene.alarms(), [Kind::Lists]);
    }
}

#[test]
fn the_log_of_acts_must_begin_with_what_was_seen() {
    for common in [0, 2] {
        let scene = Scene::new();
        assert_eq!(scene.seen(Log::Acts), good(3, true, 0));
        // Another log, in itself without fault, that does not begin with the first three acts.
        scene.site.acts(&scene.acts.forked(common, "f"), 9);
        assert_eq!(scene.seen(Log::Acts), Seen::Alarm(Kind::Entries));
        let evidence = scene.evidence(1);
        assert!(evidence.contains(&scene.acts.checkpoint(3).to_string()), "{evidence}");
        // From there on it may differ.
        scene.site.acts(&scene.acts.forked(3, "f"), 9);
        assert_eq!(scene.seen(Log::Acts), good(9, true, 0));
    }
}

#[test]
fn what_is_missing_is_no_alarm() {
    let scene = Scene::new();
    scene.site.acts(&scene.acts, 300);
    scene.site.remove("acts/tile/entries/000");
    assert!(matches!(scene.seen(Log::Acts), Seen::Unchecked(_)));
    assert_eq!(scene.alarms(), []);
    // A partial file that was withdrawn for the full one is none.
    scene.site.acts(&scene.acts, 256);
    scene.site.put("acts/checkpoint", scene.acts.checkpoint(200).to_string());
    assert_eq!(scene.seen(Log::Acts), good(200, true, 0));
    // Nobody fetches a log without end.
    let huge = escrutinio_core::board::Checkpoint { origin: scene.acts.origin.clone(), size: 1 << 40, root: [1; 32] };
    scene.site.put("acts/checkpoint", huge.sign(&signing_key("log")).unwrap().to_string());
    assert!(matches!(scene.seen(Log::Acts), Seen::Unchecked(_)));
}
