//! The two logs when something goes wrong: restarts, two instances, old copies, witnesses.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what the tests share; they fail where it panics"
)]

use std::collections::BTreeSet;
use std::sync::Arc;

use escrutinio_core::board::LogKeys;
use escrutinio_core::signature::SigningKey;
use escrutinio_server::access::session::VoterSession;
use escrutinio_server::board::{Act, BoardParts, BoardService, LogName, Pace};
use escrutinio_server::keys::ServerKeys;
use escrutinio_server::phase::Phase;
use escrutinio_server::refusal::Refusal;
use escrutinio_server::store::{Database, StoreError, meta};
use escrutinio_server::testing::{Conducted, Databases, Fixture, Witness};
use sqlx::Row;

const QUICK: Pace = Pace { minutes: 1, ballots: 4096 };

async fn witnesses(fixture: &Fixture) -> [Witness; 2] {
    [Witness::start(fixture, 0).await, Witness::start(fixture, 1).await]
}

async fn opened(fixture: &Fixture, pace: Pace, witnesses: &[Witness; 2]) -> Conducted {
    fixture.clock.set(fixture.schedule().voting_start - 3600);
    let server = fixture.conduct(pace, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    server.conductor.open().await.unwrap();
    fixture.clock.set(fixture.schedule().voting_start);
    server
}

async fn vote(fixture: &Fixture, server: &Conducted, voter: usize) {
    let session = VoterSession { start: fixture.schedule().voting_start, ..fixture.voters[voter].clone() };
    server.running.cast.cast(&session, fixture.ballot(voter, 0, 1), session.start).await.unwrap();
}

async fn write(database: &Database, statement: &'static str) {
    let job = database.run(move |c| Box::pin(async move { Ok(sqlx::query(statement).execute(c).await.map(drop)?) }));
    job.await.unwrap();
}

fn keys(fixture: &Fixture) -> LogKeys {
    let (manifest, id) = (&fixture.election.election.manifest, fixture.election.election.election_id);
    let witnesses = manifest.witnesses.iter().map(|witness| (witness.name.as_str(), witness.key));
    LogKeys::of_election(&id, (&manifest.log.name, manifest.log.key), witnesses).unwrap()
}

async fn sizes(server: &Conducted) -> Vec<u64> {
    let last = server.board.last(LogName::Board).await.unwrap().number;
    let mut sizes = Vec::new();
    for number in 0..=last {
        sizes.push(server.board.head(LogName::Board, number).await.unwrap().unwrap().size);
    }
    sizes
}

#[tokio::test(flavor = "multi_thread")]
async fn epochs_leave_by_the_clock_by_number_or_at_the_close() {
    // k = 2: an epoch needs four that wait, and leaves two.
    let fixture = Fixture::several(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, Pace { minutes: 1, ballots: 10 }, &witnesses).await;
    for voter in 0..3 {
        vote(&fixture, &server, voter).await;
    }
    fixture.clock.advance(60);
    server.tick().await;
    assert_eq!(sizes(&server).await, [0], "too few wait");
    assert_eq!(server.conductor.waiting(), Some(3));
    vote(&fixture, &server, 3).await;
    server.tick().await;
    assert_eq!(sizes(&server).await, [0, 2]);
    for voter in 4..11 {
        vote(&fixture, &server, voter).await;
        server.tick().await;
    }
    assert_eq!(sizes(&server).await, [0, 2], "the minute is not over");
    vote(&fixture, &server, 11).await;
    server.tick().await;
    assert_eq!(sizes(&server).await, [0, 2, 10], "ten wait");
    fixture.clock.set(fixture.schedule().reception_end + 10);
    server.tick().await;
    assert_eq!(sizes(&server).await, [0, 2, 10, 12]);
    server.stop().await;

    let fixture = Fixture::several(Databases::sqlite(), 8).await;
    let server = opened(
        &fixture,
        Pace { minutes: 0, ballots: 1 },
        &[Witness::start(&fixture, 0).await, Witness::start(&fixture, 1).await],
    )
    .await;
    for voter in 0..12 {
        vote(&fixture, &server, voter).await;
        fixture.clock.advance(3600);
        server.tick().await;
    }
    assert_eq!(sizes(&server).await, [0], "all leave at the close");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_finds_out_what_waits() {
    for databases in Databases::all().await {
        let fixture = Fixture::several(databases, 8).await;
        let witnesses = witnesses(&fixture).await;
        let mut server = opened(&fixture, QUICK, &witnesses).await;
        for voter in 0..24 {
            vote(&fixture, &server, voter).await;
            fixture.clock.advance(61);
            if voter % 5 == 4 {
                server.tick().await;
            }
            if voter % 7 == 6 {
                server.stop().await;
                server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
            }
        }
        server.tick().await;
        fixture.clock.set(fixture.schedule().reception_end + 10);
        server.tick().await;
        let sizes = sizes(&server).await;
        assert_eq!(sizes.last(), Some(&24));
        assert!(sizes.len() > 3, "{sizes:?}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_was_not_signed_before_the_crash_is_signed_after_it() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        witnesses.iter().for_each(|witness| witness.set_offset(None));
        for voter in 0..4 {
            vote(&fixture, &server, voter).await;
        }
        fixture.clock.advance(60);
        server.tick().await;
        let head = server.board.last(LogName::Board).await.unwrap();
        assert_eq!(head.number, 1);
        write(&server.running.store.ballots, "UPDATE heads SET note = '' WHERE log = 'board' AND number = 1").await;
        server.stop().await;
        let server = fixture.conduct(QUICK, &[]).await.unwrap();
        assert_eq!(server.board.last(LogName::Board).await.unwrap(), head, "the same bytes");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_within_the_close_is_made_up_for() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        for voter in 0..4 {
            vote(&fixture, &server, voter).await;
        }
        // The box was closed, and nothing flushed.
        let job =
            server.running.store.ballots.run(|c| Box::pin(async move { meta::insert(c, meta::CLOSED, b"1").await }));
        job.await.unwrap();
        server.stop().await;
        fixture.clock.set(fixture.schedule().reception_end + 100);
        let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
        assert_eq!(server.running.lifecycle.phase(fixture.schedule().voting_start), Phase::Closed);
        server.tick().await;
        assert_eq!(server.board.closing().await, Ok(Some(1)));
        assert_eq!(sizes(&server).await, [0, 4]);
        // Flushed, and the roll was not told.
        write(&server.running.store.roll, "DELETE FROM meta WHERE name = 'closed'").await;
        server.stop().await;
        let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
        server.tick().await;
        let mut roll = server.running.store.roll.read().await.unwrap();
        assert!(meta::value(&mut roll, meta::CLOSED).await.unwrap().is_some());
        drop(roll);
        let acts = server.board.acts().await.unwrap();
        assert_eq!(acts.iter().filter(|act| act.contains("act closed")).count(), 1);
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sequencer_however_many_instances() {
    let Some(databases) = Databases::postgres().await else { return };
    let fixture = Fixture::several(databases, 8).await;
    let witnesses = witnesses(&fixture).await;
    let first = opened(&fixture, QUICK, &witnesses).await;
    let second = fixture.conduct(QUICK, &[]).await.unwrap();
    second.conductor.tick().await.unwrap();
    assert!(first.conductor.leads());
    assert!(!second.conductor.leads());
    for voter in 0..16 {
        let instance = if voter % 2 == 0 { &first } else { &second };
        vote(&fixture, instance, voter).await;
        fixture.clock.advance(30);
        second.conductor.tick().await.unwrap();
        first.conductor.tick().await.unwrap();
    }
    let before = sizes(&first).await;
    assert!(before.len() > 2, "{before:?}");
    // The first dies; acts and epochs go on.
    drop(first);
    for _ in 0..100 {
        second.conductor.tick().await.unwrap();
        if second.conductor.leads() {
            break;
        }
        tokio::time::sleep(core::time::Duration::from_millis(50)).await;
    }
    assert!(second.conductor.leads());
    for voter in 16..24 {
        vote(&fixture, &second, voter).await;
        fixture.clock.advance(30);
        second.conductor.tick().await.unwrap();
    }
    fixture.clock.set(fixture.schedule().reception_end + 10);
    second.conductor.tick().await.unwrap();
    let after = sizes(&second).await;
    assert_eq!(after[..before.len()], before);
    assert_eq!(after.last(), Some(&24));
    // Every head is signed, and each contains the one before.
    for number in 0..after.len() {
        second.board.verified(LogName::Board, u64::try_from(number).unwrap()).await.unwrap();
    }
    second.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_copies_the_board_of_one_moment() {
    let Some(databases) = Databases::postgres().await else { return };
    let fixture = Fixture::several(databases, 8).await;
    let witnesses = witnesses(&fixture).await;
    let first = opened(&fixture, QUICK, &witnesses).await;
    let grow = async |voters: core::ops::Range<usize>| {
        for voter in voters {
            vote(&fixture, &first, voter).await;
        }
        fixture.clock.advance(60);
        first.conductor.tick().await.unwrap();
        first.board.last(LogName::Board).await.unwrap().size
    };
    let size = grow(0..8).await;
    assert!(size > 0);
    // Another instance looks whether it has the first file already, and hears nothing: a pipe.
    let folder = fixture.databases.folder().join("other");
    let pipe = folder.join(format!("board/tile/entries/000.p/{size}"));
    std::fs::create_dir_all(pipe.parent().unwrap()).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let start = BoardService::start(BoardParts {
        election: Arc::clone(&fixture.election),
        clock: fixture.clock.clone(),
        store: first.running.store.clone(),
        keys: Arc::new(ServerKeys::from_bytes(&fixture.keys)),
        log_key: Arc::new(SigningKey::from_seed(&fixture.rehearsal.keys.log.expose_seed())),
        folder: folder.clone(),
        pace: QUICK,
        witnesses: Vec::new(),
    });
    let start = tokio::spawn(start);
    // Opens once the other has.
    let opening = tokio::task::spawn_blocking(move || std::fs::OpenOptions::new().write(true).open(pipe).unwrap());
    let pipe = opening.await.unwrap();
    let later = grow(8..16).await;
    assert!(later > size, "the sequencer has taken away the files of {size} entries");
    drop(pipe);
    let second = start.await.unwrap().unwrap();
    let copied = std::fs::read_to_string(folder.join("board/checkpoint")).unwrap();
    assert!(copied.contains(&format!("\n{size}\n")), "the board as it was: {copied}");
    second.sync().await.unwrap();
    assert!(folder.join(format!("board/tile/0/000.p/{later}")).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_another_wrote_is_not_written_over() {
    let Some(databases) = Databases::postgres().await else { return };
    let fixture = Fixture::small(databases, 8).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    for voter in 0..4 {
        vote(&fixture, &server, voter).await;
    }
    server.tick().await;
    assert_eq!(sizes(&server).await, [0, 3]);
    for voter in 4..8 {
        vote(&fixture, &server, voter).await;
    }
    // Somebody who thinks that it is the sequencer.
    let statement = "INSERT INTO heads (log, number, size, root, note) \
                     SELECT log, 2, 1, root, 'x' FROM heads WHERE log = 'board' AND number = 1";
    write(&server.running.store.ballots, statement).await;
    fixture.clock.advance(60);
    assert!(matches!(server.conductor.tick().await, Err(StoreError::Unavailable { .. })));
    assert!(!server.conductor.leads(), "it steps down");
    let files = "SELECT path FROM files WHERE path LIKE 'board/%' ORDER BY path";
    let rows = sqlx::query(files).fetch_all(&mut *server.running.store.ballots.read().await.unwrap()).await.unwrap();
    let paths: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(paths, ["board/tile/0/000.p/3", "board/tile/entries/000.p/3"], "nothing of it stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_that_came_to_nothing_leaves_as_it_was_begun() {
    for databases in Databases::all().await {
        // k = 1 leaves one behind.
        let fixture = Fixture::small(databases, 12).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        for voter in 0..4 {
            vote(&fixture, &server, voter).await;
        }
        let ballots = &server.running.store.ballots;
        let spoil = async |number: u8| {
            let statement = match number {
                1 => {
                    "INSERT INTO heads (log, number, size, root, note) SELECT log, 1, 1, root, 'x' FROM heads WHERE log = 'board' AND number = 0"
                }
                _ => {
                    "INSERT INTO heads (log, number, size, root, note) SELECT log, 2, 1, root, 'x' FROM heads WHERE log = 'board' AND number = 1"
                }
            };
            write(ballots, statement).await;
            fixture.clock.advance(60);
            // The bundles were written, and are in the log of the database.
            assert!(matches!(server.conductor.tick().await, Err(StoreError::Unavailable { .. })));
            write(ballots, "DELETE FROM heads WHERE log = 'board' AND note = 'x'").await;
        };
        spoil(1).await;
        let sealed = meta::value(&mut ballots.read().await.unwrap(), "leaving 1").await.unwrap().unwrap();
        assert_eq!(sealed.len(), 24 + 3 * 8 + 16, "it tells how many leave");
        // Somebody who knows that one voter came in between would know her ballot.
        for voter in 4..7 {
            vote(&fixture, &server, voter).await;
        }
        server.tick().await;
        assert_eq!(sizes(&server).await, [0, 3]);
        spoil(2).await;
        vote(&fixture, &server, 7).await;
        // Nor does the close change it.
        fixture.clock.set(fixture.schedule().reception_end + 10);
        server.tick().await;
        assert_eq!(sizes(&server).await, [0, 3, 6, 8]);
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_is_refused() {
    let fixture = Fixture::small(Databases::sqlite(), 12).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    for voter in 0..4 {
        vote(&fixture, &server, voter).await;
    }
    fixture.clock.advance(60);
    server.tick().await;
    server.stop().await;
    let copy = |from: &str, to: &str| {
        for name in ["roll.db", "box.db"] {
            std::fs::copy(
                fixture.databases.file(&format!("{name}{from}")),
                fixture.databases.file(&format!("{name}{to}")),
            )
            .unwrap();
        }
    };
    copy("", ".backup");
    let old = async |why: &str| {
        let refused = fixture.conduct(QUICK, &witnesses.each_ref()).await;
        assert!(matches!(&refused, Err(StoreError::OldCopy { what }) if what.contains(why)), "{refused:?}");
    };
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    for voter in 4..8 {
        vote(&fixture, &server, voter).await;
    }
    server.tick().await;
    assert_eq!(sizes(&server).await, [0, 3], "no epoch has left");
    server.stop().await;
    copy("", ".later");
    copy(".backup", "");
    old("ballots.seen").await;
    copy(".later", "");
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    fixture.clock.advance(60);
    server.tick().await;
    assert_eq!(sizes(&server).await, [0, 3, 7]);
    server.stop().await;
    copy("", ".later");
    copy(".backup", "");
    old("of which 7 were signed").await;
    // The right ones go on.
    copy(".later", "");
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    fixture.clock.set(fixture.schedule().reception_end + 10);
    server.tick().await;
    server.stop().await;
    // After the close a copy from before it never opens voting again.
    copy(".later", "");
    fixture.clock.set(fixture.schedule().voting_start + 3600);
    old("were signed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roll_that_knows_more_than_the_box_is_refused() {
    let fixture = Fixture::small(Databases::sqlite(), 4).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    write(&server.running.store.ballots, "DELETE FROM meta WHERE name = 'opened'").await;
    server.stop().await;
    assert!(matches!(fixture.conduct(QUICK, &[]).await, Err(StoreError::OldCopy { .. })));
}

/// As when a standby takes over that lacks the last seconds, and every connection begins anew.
#[tokio::test(flavor = "multi_thread")]
async fn r_cast_17_a_database_that_goes_back_under_a_running_program_stops_it() {
    let lost = [
        ("ballots", "DELETE FROM ballots WHERE seq = 4"),
        ("a head", "DELETE FROM heads WHERE log = 'board' AND number = 1"),
        ("another head", "UPDATE heads SET root = (SELECT root FROM heads WHERE number = 0) WHERE log = 'board'"),
        (
            "acts",
            "DELETE FROM heads WHERE log = 'acts' AND number = (SELECT max(number) FROM heads WHERE log = 'acts')",
        ),
        ("the opening", "DELETE FROM meta WHERE name = 'opened'"),
    ];
    for (what, statement) in lost {
        let fixture = Fixture::small(Databases::sqlite(), 12).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        for voter in 0..4 {
            vote(&fixture, &server, voter).await;
        }
        fixture.clock.advance(60);
        server.tick().await;
        let files = ["board", "acts"].map(|log| fixture.databases.folder().join(format!("public/{log}/checkpoint")));
        let signed = files.each_ref().map(|file| std::fs::read_to_string(file).unwrap());
        write(&server.running.store.ballots, statement).await;
        let refused = server.conductor.tick().await;
        assert!(matches!(&refused, Err(StoreError::OldCopy { .. })), "{what}: {refused:?}");
        let session = VoterSession { start: fixture.schedule().voting_start, ..fixture.voters[6].clone() };
        let refused = server.running.cast.cast(&session, fixture.ballot(6, 0, 1), session.start).await;
        assert_eq!(refused, Err(Refusal::Storage), "{what}");
        // Nothing is signed in the place of what was, and the proof of it stays.
        let act = server.board.act(&Act::new("open", 1)).await;
        assert_eq!(act.is_err(), what == "acts");
        assert!(matches!(server.board.sync().await, Err(StoreError::OldCopy { .. })) || what == "the opening");
        fixture.clock.set(fixture.schedule().reception_end + 10);
        assert!(server.conductor.tick().await.is_err(), "{what}");
        if what != "acts" && what != "the opening" {
            assert_eq!(files.each_ref().map(|file| std::fs::read_to_string(file).unwrap())[0], signed[0], "{what}");
        }
        server.stop().await;
    }
}

/// The numbers of rows go on, so that only marks and ballots tell.
#[tokio::test(flavor = "multi_thread")]
async fn r_cast_17_a_ballot_or_a_mark_that_has_gone_stops_a_running_program_and_its_close() {
    for statement in ["DELETE FROM ballots WHERE seq = 2", "DELETE FROM marks WHERE contest = 0"] {
        let fixture = Fixture::small(Databases::sqlite(), 12).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        for voter in 0..3 {
            vote(&fixture, &server, voter).await;
        }
        server.running.cast.compare().await.unwrap();
        let store = &server.running.store;
        let database = if statement.contains("marks") { &store.roll } else { &store.ballots };
        write(database, statement).await;
        fixture.clock.set(fixture.schedule().reception_end + 10);
        let refused = server.conductor.tick().await;
        assert!(matches!(&refused, Err(StoreError::OldCopy { what }) if what.contains("marks")), "{refused:?}");
        assert_eq!(server.board.closing().await.unwrap(), None, "nothing was closed");
        assert!(server.running.lifecycle.is_stopped());
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_went_back_is_refused() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 4).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        let now = fixture.schedule().voting_start + 6 * 3600;
        fixture.clock.set(now);
        server.tick().await;
        server.stop().await;
        fixture.clock.set(now - 61);
        let refused = fixture.conduct(QUICK, &[]).await;
        assert!(matches!(&refused, Err(StoreError::Refused { what }) if what.contains("clock")), "{refused:?}");
        fixture.clock.set(now - 60);
        fixture.conduct(QUICK, &[]).await.unwrap().stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_elections_databases_are_refused() {
    let databases = Databases::sqlite();
    let fixture = Fixture::small(databases.clone(), 4).await;
    fixture.conduct(QUICK, &[]).await.unwrap().stop().await;
    let other = Fixture::several(Databases::sqlite(), 2).await;
    let other = Fixture { databases, ..other };
    assert!(matches!(other.conduct(QUICK, &[]).await, Err(StoreError::Refused { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn witnesses_are_not_asked_when_their_answer_would_cost_the_closing() {
    let fixture = Fixture::small(Databases::sqlite(), 12).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    let (end, keys) = (fixture.schedule().reception_end, keys(&fixture));
    for voter in 0..4 {
        vote(&fixture, &server, voter).await;
    }
    fixture.clock.set(end - 90);
    server.tick().await;
    assert_eq!(witnesses[0].size(keys.origin()), Some(3));
    // An epoch that leaves within the last minute is not shown to anybody.
    let last = VoterSession { start: end - 1860, end: end - 1, ..fixture.voters[4].clone() };
    for voter in 4..8 {
        let session = VoterSession { account: fixture.voters[voter].account, ..last.clone() };
        server.running.cast.cast(&session, fixture.ballot(voter, 0, 1), end - 90).await.unwrap();
    }
    fixture.clock.set(end - 30);
    server.tick().await;
    assert_eq!(server.board.last(LogName::Board).await.unwrap().size, 7);
    assert_eq!(witnesses[0].size(keys.origin()), Some(3));
    // A witness whose clock is behind signs the closing checkpoint too early: it does not count.
    witnesses[1].set_offset(Some(-20));
    fixture.clock.set(end + 10);
    server.tick().await;
    let status = server.board.status().await.unwrap();
    assert!(status.closed);
    assert_eq!((status.size, status.cosignatures), (8, 1));
    assert!(status.witnesses[1].failure.is_some());
    server.stop().await;
    // Asked again later it signs.
    fixture.clock.set(end + 40);
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    let closing = server.board.verified(LogName::Board, 3).await.unwrap();
    assert_eq!(closing.cosignatures().len(), 2);
    assert_eq!(closing.verify_not_before(end), Ok(()));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_knows_more_is_an_alarm() {
    let fixture = Fixture::small(Databases::sqlite(), 4).await;
    let witnesses = witnesses(&fixture).await;
    let keys = keys(&fixture);
    witnesses[0].pretend(keys.origin(), 17);
    fixture.clock.set(fixture.schedule().voting_start - 3600);
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    let status = server.board.status().await.unwrap();
    assert_eq!(status.witnesses[0].ahead, Some(17));
    assert!(server.conductor.open().await.is_err());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_on_a_new_host_is_refused_by_what_a_witness_holds() {
    let fixture = Fixture::small(Databases::sqlite(), 12).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    server.stop().await;
    let copy = |names: &[&str], from: &str, to: &str| {
        for name in names {
            let file = |suffix: &str| fixture.databases.file(&format!("{name}{suffix}"));
            std::fs::copy(file(from), file(to)).unwrap();
        }
    };
    let new_host = || std::fs::remove_dir_all(fixture.databases.folder().join("public")).unwrap();
    let both = ["roll.db", "box.db"];
    copy(&both, "", ".night");
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    for voter in 0..4 {
        vote(&fixture, &server, voter).await;
    }
    fixture.clock.advance(60);
    server.tick().await;
    assert_eq!(sizes(&server).await, [0, 3]);
    server.stop().await;
    copy(&both, "", ".now");

    // Both are from last night, and the host keeps nothing.
    copy(&both, ".night", "");
    new_host();
    let refused = fixture.conduct(QUICK, &witnesses.each_ref()).await;
    assert!(matches!(&refused, Err(StoreError::OldCopy { what }) if what.contains("witness")), "{refused:?}");
    // Witnesses that do not answer prove nothing; as soon as one does, nothing is taken any more.
    witnesses.iter().for_each(|witness| witness.set_offset(None));
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    vote(&fixture, &server, 5).await;
    witnesses[1].set_offset(Some(0));
    server.conductor.refuse_old_copy().await.unwrap();
    let session = VoterSession { start: fixture.schedule().voting_start, ..fixture.voters[6].clone() };
    let refused = server.running.cast.cast(&session, fixture.ballot(6, 0, 1), session.start).await;
    assert_eq!(refused, Err(Refusal::Storage));
    fixture.clock.set(fixture.schedule().reception_end + 10);
    server.conductor.tick().await.unwrap();
    assert_eq!(sizes(&server).await, [0], "nor does anything leave");
    server.stop().await;

    // Only the roll is.
    fixture.clock.set(fixture.schedule().voting_start + 120);
    copy(&both, ".now", "");
    copy(&["roll.db"], ".night", "");
    new_host();
    let refused = fixture.conduct(QUICK, &witnesses.each_ref()).await;
    assert!(matches!(&refused, Err(StoreError::OldCopy { what }) if what.contains("0 marks")), "{refused:?}");
    // Only the box is, and no witness can be asked.
    copy(&both, ".now", "");
    copy(&["box.db"], ".night", "");
    new_host();
    let refused = fixture.conduct(QUICK, &[]).await;
    assert!(matches!(&refused, Err(StoreError::OldCopy { what }) if what.contains("4 marks")), "{refused:?}");
    // The right ones go on.
    copy(&both, ".now", "");
    new_host();
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    fixture.clock.set(fixture.schedule().reception_end + 10);
    server.tick().await;
    assert_eq!(sizes(&server).await, [0, 3, 4]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_roll_is_refused_even_if_nobody_has_voted_since() {
    let fixture = Fixture::small(Databases::sqlite(), 4).await;
    let witnesses = witnesses(&fixture).await;
    opened(&fixture, QUICK, &witnesses).await.stop().await;
    std::fs::copy(fixture.databases.file("roll.db"), fixture.databases.file("roll.db.old")).unwrap();
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    fixture.clock.advance(3600);
    server.tick().await;
    server.stop().await;
    std::fs::copy(fixture.databases.file("roll.db.old"), fixture.databases.file("roll.db")).unwrap();
    let refused = fixture.conduct(QUICK, &witnesses.each_ref()).await;
    assert!(matches!(&refused, Err(StoreError::OldCopy { what }) if what.contains("roll.seen")), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_instance_takes_while_another_starts_is_no_contradiction() {
    let Some(databases) = Databases::postgres().await else { return };
    let fixture = Fixture::small(databases, 60).await;
    let first = fixture.start().await;
    let casts: Vec<_> = (0..60)
        .map(|voter| {
            let (service, session) = (Arc::clone(&first.cast), fixture.voters[voter].clone());
            let ballot = fixture.ballot(voter, 0, 0);
            tokio::spawn(async move { service.cast(&session, ballot, session.start + 1).await })
        })
        .collect();
    for _ in 0..5 {
        drop(fixture.start().await);
    }
    for cast in casts {
        cast.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn acts_of_several_instances_are_one_log() {
    for databases in Databases::all().await {
        let several = databases.clusters().is_some();
        let fixture = Fixture::small(databases, 4).await;
        let first = fixture.conduct(QUICK, &[]).await.unwrap();
        let second = if several { Some(fixture.conduct(QUICK, &[]).await.unwrap()) } else { None };
        let boards = [Some(&first), second.as_ref()].into_iter().flatten().map(|server| server.board.clone());
        let mut tasks = Vec::new();
        for board in boards {
            for number in 0..8 {
                let board = Arc::clone(&board);
                tasks.push(tokio::spawn(async move { board.act(&Act::new("components", 0).with("n", number)).await }));
            }
            let once = board;
            tasks.push(tokio::spawn(async move { once.act_once(&Act::new("client", 0)).await.map(drop) }));
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let acts = first.board.acts().await.unwrap();
        assert_eq!(acts.iter().filter(|act| act.contains("act client")).count(), 1);
        let last = first.board.last(LogName::Acts).await.unwrap();
        assert_eq!(usize::try_from(last.size).unwrap(), acts.len());
        // Every head of it is signed; the tiles are those of its entries.
        let roots: BTreeSet<[u8; 32]> = {
            let mut tree = escrutinio_core::board::MerkleTree::new();
            let mut roots = BTreeSet::from([tree.root()]);
            for act in &acts {
                tree.push(act.as_bytes());
                roots.insert(tree.root());
            }
            roots
        };
        for number in 0..=last.number {
            let verified = first.board.verified(LogName::Acts, number).await.unwrap();
            assert!(roots.contains(&verified.checkpoint().root));
        }
        first.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_quorum_signed_last_is_served_while_witnesses_are_down() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 4).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        server.tick().await;
        let signed = server.board.witnessed().await.unwrap().unwrap();
        assert_eq!(signed, server.board.last(LogName::Acts).await.unwrap());
        // One of two is no quorum.
        witnesses[1].set_offset(None);
        for number in 0..2 {
            server.board.act(&Act::new("components", 0).with("n", number)).await.unwrap();
            server.tick().await;
        }
        let last = server.board.last(LogName::Acts).await.unwrap();
        assert_eq!(last.size, signed.size + 2);
        let (one, two) = (last.note.lines().count(), signed.note.lines().count());
        assert_eq!(one + 1, two, "the witness that is there has signed it");
        assert_eq!(server.board.witnessed().await.unwrap().unwrap(), signed);
        // All that it needs is there, in the box and in the folder of an instance that begins now.
        let folder = fixture.databases.folder().join("later");
        let later = BoardService::start(BoardParts {
            election: Arc::clone(&fixture.election),
            clock: fixture.clock.clone(),
            store: server.running.store.clone(),
            keys: Arc::new(ServerKeys::from_bytes(&fixture.keys)),
            log_key: Arc::new(SigningKey::from_seed(&fixture.rehearsal.keys.log.expose_seed())),
            folder: folder.clone(),
            pace: QUICK,
            witnesses: Vec::new(),
        })
        .await
        .unwrap();
        assert_eq!(std::fs::read_to_string(folder.join("acts/witnessed")).unwrap(), signed.note);
        assert_eq!(std::fs::read_to_string(folder.join("acts/checkpoint")).unwrap(), last.note);
        for path in [format!("tile/entries/000.p/{}", signed.size), format!("tile/0/000.p/{}", signed.size)] {
            let file = later.file(LogName::Acts, &path).await.unwrap();
            assert_eq!(std::fs::read(folder.join("acts").join(&path)).ok(), file, "{path}");
            assert!(file.is_some(), "{path}");
        }
        server.stop().await;
    }
}
