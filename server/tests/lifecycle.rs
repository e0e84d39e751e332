//! From opening to destroying: R-OPEN, R-CLOSE, R-EXP, R-REC, R-TZ, and the board in between.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what the tests share; they fail where it panics"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use escrutinio_core::ballot::CastBallot;
use escrutinio_core::board::ReceiptList;
use escrutinio_core::board::bundle::{BundleId, read_bundle};
use escrutinio_core::encoding::Encode;
use escrutinio_core::manifest::{CloseMode, Manifest};
use escrutinio_core::record::{self, Source};
use escrutinio_core::tally::{Marked, Participation};
use escrutinio_core::testing::rehearsal::MemoryRecord;
use escrutinio_core::testing::{self, Keys};
use escrutinio_core::verify;
use escrutinio_server::access::session::VoterSession;
use escrutinio_server::board::{Act, LogName, Pace};
use escrutinio_server::config::Policy;
use escrutinio_server::desk::Staff;
use escrutinio_server::lifecycle::LifecycleError;
use escrutinio_server::phase::Phase;
use escrutinio_server::random;
use escrutinio_server::refusal::Refusal;
use escrutinio_server::store::{Database, Store, StoreError, meta};
use escrutinio_server::testing::{Conducted, Databases, Fixture, Site, Witness};

const QUICK: Pace = Pace { minutes: 1, ballots: 4096 };

async fn witnesses(fixture: &Fixture) -> [Witness; 2] {
    [Witness::start(fixture, 0).await, Witness::start(fixture, 1).await]
}

/// An hour before voting, opened.
async fn opened(fixture: &Fixture, pace: Pace, witnesses: &[Witness; 2]) -> Conducted {
    fixture.clock.set(fixture.schedule().voting_start - 3600);
    let server = fixture.conduct(pace, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    server.conductor.open().await.unwrap();
    server
}

/// A session that begins now.
fn enter(fixture: &Fixture, server: &Conducted, voter: usize) -> VoterSession {
    use escrutinio_server::clock::Clock;
    let now = fixture.clock.now();
    VoterSession { start: now, end: server.running.lifecycle.session_end(now), ..fixture.voters[voter].clone() }
}

/// A voter comes in and votes on everything.
async fn vote(fixture: &Fixture, server: &Conducted, voter: usize) {
    let session = enter(fixture, server, voter);
    let manifest = &fixture.election.election.manifest;
    let list = manifest.lists[usize::try_from(session.list).unwrap()];
    for contest in manifest.styles[usize::try_from(list.style).unwrap()].contests.clone() {
        let ballot = fixture.ballot(voter, contest, u32::try_from(voter).unwrap() % 2);
        server.running.cast.cast(&session, ballot, session.start).await.unwrap();
    }
}

/// Everything that lies below a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The record up to the close, made of what was sealed and of an export.
fn record(fixture: &Fixture, export: &Path) -> MemoryRecord {
    let mut record = MemoryRecord(fixture.rehearsal.files.0.clone());
    let exported = files(export);
    let in_record = |path: &&String| path.starts_with("board/checkpoints/") || path.starts_with("board/tile/entries/");
    for (path, bytes) in exported.iter().filter(|(path, _)| in_record(path)) {
        record.0.insert(path.clone(), bytes.clone());
    }
    let marked = String::from_utf8(exported["participation.txt"].clone()).unwrap();
    let marked = marked.lines().map(|line| {
        let numbers: Vec<u64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
        let small = |n: usize| u32::try_from(numbers[n]).unwrap();
        Marked { contest: small(0), list: small(1), voters: numbers[2] }
    });
    let end = fixture.schedule().reception_end;
    let id = fixture.election.election.election_id;
    let key = &fixture.rehearsal.keys.server;
    let participation = Participation::sign(id, end, marked.collect(), [7; 32], key);
    record.0.insert(record::PARTICIPATION.into(), participation.to_bytes());
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_election_holds_before_the_verifier() {
    for databases in Databases::all().await {
        let fixture = Fixture::several(databases, 8).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        let schedule = fixture.schedule();
        assert_eq!(server.running.lifecycle.phase(schedule.voting_start), Phase::Voting);
        for voter in 0..30 {
            fixture.clock.set(schedule.voting_start + 120 * i64::try_from(voter).unwrap());
            vote(&fixture, &server, voter).await;
            server.tick().await;
        }
        let status = server.board.status().await.unwrap();
        assert!(status.checkpoint > 3, "epochs left: {status:?}");
        assert_eq!((status.cosignatures, status.skew), (2, Some(0)));
        // In the grace, whoever came before.
        fixture.clock.set(schedule.voting_close - 300);
        let late = enter(&fixture, &server, 30);
        fixture.clock.set(schedule.voting_close + 1200);
        server.tick().await;
        server.running.cast.cast(&late, fixture.ballot(30, 0, 1), schedule.voting_close + 1200).await.unwrap();

        assert!(matches!(server.conductor.voters().await, Err(LifecycleError::Phase(Phase::Grace))));
        fixture.clock.set(schedule.reception_end);
        server.tick().await;
        assert_eq!(server.board.closing().await, Ok(None), "what was received is finished first");
        fixture.clock.set(schedule.reception_end + 10);
        server.tick().await;
        let status = server.board.status().await.unwrap();
        assert!(status.closed);
        assert_eq!(status.cosignatures, 2);

        let folder = fixture.databases.folder().join("export");
        let exported = server.conductor.export(&folder).await.unwrap();
        assert_eq!(exported.ballots, exported.marks);
        let record = record(&fixture, &folder);
        let (report, closed) = verify::closed(&record, &mut random::system(), &mut ()).unwrap();
        assert!(closed.is_some(), "{:#?}", report.checks().into_iter().find(|check| !check.ok));
        assert_eq!(report.ballots, exported.ballots);

        // The static files are the same board.
        let public = files(&fixture.databases.folder().join("public/board"));
        for (path, bytes) in files(&folder.join("board")) {
            assert_eq!(public.get(&path), Some(&bytes), "{path}");
        }
        let entries = public.keys().filter(|path| path.starts_with("tile/entries/"));
        let expected = record.files().unwrap().into_iter().filter(|(path, _)| path.starts_with(record::ENTRIES));
        assert_eq!(entries.count(), expected.count());

        // The acts tell the story.
        let acts = server.board.acts().await.unwrap();
        let mut names: Vec<&str> = acts.iter().map(|act| act.lines().nth(1).unwrap()).collect();
        for pair in [["act open", "act events"], ["act closed", "act events"], ["act events", "act export"]] {
            assert!(names.windows(2).any(|two| two == pair), "the events are anchored: {names:?}");
        }
        names.retain(|name| *name != "act events");
        assert_eq!(names, ["act election", "act open", "act voting", "act grace", "act closed", "act export"]);
        server.stop().await;
    }
}

/// Closed, with a quorum of witnesses.
async fn close(fixture: &Fixture, server: &Conducted) {
    fixture.clock.set(fixture.schedule().reception_end + 10);
    server.tick().await;
    assert!(server.board.status().await.unwrap().closed);
}

/// Waits until every act of casting is finished.
async fn settle(server: &Conducted) {
    for _ in 0..200 {
        if server.running.cast.is_idle().await.unwrap() {
            return;
        }
        tokio::time::sleep(core::time::Duration::from_millis(20)).await;
    }
    panic!("an act stays unfinished");
}

/// Changes what is in the roll or the box.
async fn write(database: &Database, statement: &'static str) {
    let job = database.run(move |c| Box::pin(async move { Ok(sqlx::query(statement).execute(c).await.map(drop)?) }));
    job.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn r_open_02_anything_that_must_be_empty_and_is_not_stops_the_opening() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let witnesses = witnesses(&fixture).await;
        fixture.clock.set(fixture.schedule().voting_start - 3600);
        let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
        server.tick().await;
        let store = &server.running.store;
        let cases: [(&Database, &str, &str, &str); 7] = [
            (
                &store.roll,
                "UPDATE accounts SET totp = person WHERE account = (SELECT min(account) FROM accounts)",
                "UPDATE accounts SET totp = NULL",
                "roll.accounts with an authenticator",
            ),
            (
                &store.roll,
                "UPDATE accounts SET locked_until = 1 WHERE account = (SELECT min(account) FROM accounts)",
                "UPDATE accounts SET locked_until = 0",
                "roll.accounts with wrong tries",
            ),
            (
                &store.roll,
                "INSERT INTO codes (account, channel, code, expires, hour, sent) SELECT 1, 0, value, 0, 0, 1 FROM meta WHERE name = 'election'",
                "DELETE FROM codes",
                "roll.codes of accounts",
            ),
            (&store.roll, "INSERT INTO marks (account, contest) VALUES (1, 0)", "DELETE FROM marks", "roll.marks"),
            (
                &store.roll,
                "UPDATE accounts SET session = user_name_hash FROM (SELECT account AS a, person AS user_name_hash FROM accounts LIMIT 1) AS one WHERE account = one.a",
                "UPDATE accounts SET session = NULL",
                "roll.accounts with a session",
            ),
            (
                &store.ballots,
                "INSERT INTO ballots (credential_tag, code_tag, nonce_tag, sealed) SELECT value, value, value, value FROM meta WHERE name = 'election'",
                "DELETE FROM ballots",
                "box.ballots",
            ),
            (
                &store.ballots,
                "INSERT INTO heads (log, number, size, root, note) SELECT 'board', 1, 1, value, note FROM meta, heads WHERE name = 'election' AND log = 'board'",
                "DELETE FROM heads WHERE log = 'board' AND number = 1",
                "box.heads of ballots",
            ),
        ];
        for (database, spoil, repair, name) in cases {
            write(database, spoil).await;
            if name == "box.heads of ballots" {
                // Nothing can be said of a board that does not begin empty.
                assert!(server.conductor.open().await.is_err());
            } else {
                let refused = server.conductor.open().await;
                assert!(matches!(refused, Err(LifecycleError::NotEmpty { table, .. }) if table == name), "{refused:?}");
            }
            write(database, repair).await;
        }
        for (side, database) in [("roll", &store.roll), ("box", &store.ballots)] {
            write(database, "CREATE TABLE planted (one BIGINT)").await;
            let refused = server.conductor.open().await;
            let table = format!("{side}.planted");
            assert!(
                matches!(&refused, Err(LifecycleError::Refused(why)) if why.contains(&table)),
                "a table of nobody: {refused:?}"
            );
            write(database, "DROP TABLE planted").await;
        }
        let report = server.conductor.open().await.unwrap();
        for line in
            ["empty roll.marks 0", "empty box.ballots 0", "loaded roll.accounts 8", "ballots 0", "participants 0"]
        {
            assert!(report.lines().any(|found| found == line), "{line}");
        }
        assert_eq!(report.lines().filter(|line| line.starts_with("option ")).count(), 4, "R-OPEN-03");
        assert!(matches!(server.conductor.open().await, Err(LifecycleError::Phase(Phase::Opened))));
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_open_03_r_open_04_the_zero_report_says_what_is_there_and_that_nothing_is_counted() {
    let fixture = Fixture::several(Databases::sqlite(), 3).await;
    let witnesses = witnesses(&fixture).await;
    fixture.clock.set(fixture.schedule().voting_start - 3600);
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    let report = server.conductor.open().await.unwrap();
    let lines = |first: &str| -> Vec<&str> { report.lines().filter_map(|line| line.strip_prefix(first)).collect() };

    // R-OPEN-04: as many accounts as base and addenda have entries, manifest and lists by their hashes; and apart from
    // them what must be empty.
    let entries = fixture.election.election.credentials.len();
    assert!(lines("loaded ").contains(&format!("roll.accounts {entries}").as_str()), "{report}");
    for path in [record::MANIFEST, record::ROLL, record::LISTS] {
        let hash = escrutinio_core::ids::hex(&escrutinio_core::hash::sha256(&[&fixture.rehearsal.files.0[path]]));
        assert!(lines("file ").contains(&format!("{path} {hash}").as_str()), "{report}");
    }
    let empty = lines("empty ");
    assert!(empty.iter().all(|line| line.ends_with(" 0")), "{report}");
    let names: Vec<&str> = empty.iter().map(|line| line.strip_suffix(" 0").unwrap()).collect();
    let expected = [
        "roll.accounts with a session",
        "roll.accounts with a password",
        "roll.accounts with an authenticator",
        "roll.accounts with wrong tries",
        "roll.codes of accounts",
        "roll.marks",
        "roll.intents",
        "box.ballots",
        "box.heads of ballots",
        "box.files of ballots",
    ];
    assert_eq!(names, expected);

    // R-OPEN-03: every option of every contest, by name, at zero.
    let manifest = &fixture.election.election.manifest;
    assert_eq!((lines("ballots "), lines("participants ")), (vec!["0"], vec!["0"]));
    assert_eq!(lines("contest ").len(), manifest.contests.len());
    let options = lines("option ");
    assert_eq!(options.len(), manifest.contests.iter().map(|contest| contest.options.len()).sum::<usize>());
    assert!(options.iter().all(|line| line.split(' ').nth(1) == Some("0")), "{report}");
    assert!(options.iter().any(|line| line.ends_with(" PAN")), "{report}");
    // Its hash is an act, which the log key signs.
    let hash = escrutinio_core::ids::hex(&escrutinio_core::hash::sha256(&[report.as_bytes()]));
    let acts = server.board.acts().await.unwrap();
    assert!(acts.iter().any(|act| act.contains(&format!("zero-report {hash}"))), "{acts:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_open_05_opening_takes_a_quorum_on_the_empty_board() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    witnesses.iter().for_each(|witness| witness.set_offset(None));
    fixture.clock.set(fixture.schedule().voting_start - 3600);
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    assert!(matches!(server.conductor.open().await, Err(LifecycleError::Quorum(0))));
    let status = server.board.status().await.unwrap();
    assert!(status.witnesses.iter().all(|witness| witness.failure.is_some()), "{status:?}");
    server.stop().await;
    witnesses.iter().for_each(|witness| witness.set_offset(Some(0)));
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    server.conductor.open().await.unwrap();
    // The empty board is the published one.
    let zero = server.board.verified(LogName::Board, 0).await.unwrap();
    assert_eq!(zero.checkpoint().root, escrutinio_core::board::MerkleTree::new().root());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_open_01_a_zero_checkpoint_of_the_ceremony_is_taken_over() {
    let mut fixture = Fixture::small(Databases::sqlite(), 8).await;
    let mut rehearsal = (*fixture.rehearsal).clone();
    rehearsal.board(Vec::new());
    let note = rehearsal.files.0[&record::checkpoint(0)].clone();
    let mut election = escrutinio_server::election::LoadedElection::of_files(fixture.election.files.clone()).unwrap();
    election.zero_checkpoint = Some(String::from_utf8(note.clone()).unwrap());
    fixture.election = std::sync::Arc::new(election);
    fixture.clock.set(fixture.schedule().voting_start - 3600);
    // Its witnesses have signed already: they are asked for the time only.
    let witnesses = witnesses(&fixture).await;
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.conductor.open().await.unwrap();
    assert_eq!(server.board.head(LogName::Board, 0).await.unwrap().unwrap().note.into_bytes(), note);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_tz_08_a_skewed_clock_is_not_opened_with() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    let start = fixture.schedule().voting_start;
    fixture.clock.set(start - 3600);
    witnesses.iter().for_each(|witness| witness.set_offset(Some(6)));
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    assert!(matches!(server.conductor.open().await, Err(LifecycleError::Clock(6))));
    server.stop().await;
    // The witnesses sign the log of acts anew when it grows, and say the time again.
    witnesses.iter().for_each(|witness| witness.set_offset(Some(-5)));
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.board.act(&Act::new("client", start - 3600)).await.unwrap();
    server.tick().await;
    assert_eq!(server.board.status().await.unwrap().skew, Some(-5));
    fixture.clock.set_offset(3);
    assert!(matches!(server.conductor.open().await, Err(LifecycleError::Clock(3))));
    fixture.clock.set_offset(2);
    server.conductor.open().await.unwrap();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_tz_08_opening_takes_a_witness_that_tells_the_time() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    fixture.clock.set(fixture.schedule().voting_start - 3600);
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    server.stop().await;
    // The quorum is on the disk; whether the clock is right nobody says now.
    fixture.clock.let_run();
    witnesses.iter().for_each(|witness| witness.set_offset(None));
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    assert!(matches!(server.conductor.open().await, Err(LifecycleError::Alone)));
    witnesses.iter().for_each(|witness| witness.set_offset(Some(7)));
    assert!(matches!(server.conductor.open().await, Err(LifecycleError::Clock(7))));
    witnesses.iter().for_each(|witness| witness.set_offset(Some(1)));
    server.board.ask_time().await.unwrap();
    let report = server.conductor.open().await.unwrap();
    assert!(report.lines().any(|line| line == "clock 1 s"), "{report}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_tz_08_where_no_witness_has_to_sign_the_report_says_so() {
    fn alone(keys: &Keys) -> Manifest {
        let mut manifest = testing::small(keys, 3);
        manifest.witnesses.clear();
        manifest.witness_quorum = 0;
        manifest
    }
    let fixture = Fixture::new("alone", alone, &[8], Databases::sqlite()).await;
    fixture.clock.set(fixture.schedule().voting_start - 3600);
    fixture.clock.let_run();
    let server = fixture.conduct(QUICK, &[]).await.unwrap();
    server.tick().await;
    assert!(server.running.lifecycle.doubted().is_some(), "the first start knows no time");
    let report = server.conductor.open().await.unwrap();
    assert!(report.lines().any(|line| line == "clock not compared"), "{report}");
    // Who opened has confirmed it.
    assert!(server.running.lifecycle.doubted().is_none());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_tz_08_a_clock_that_is_ahead_closes_nothing() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        fixture.clock.let_run();
        let schedule = fixture.schedule();
        fixture.clock.set(schedule.voting_start);
        server.conductor.confirm_clock().await.unwrap();
        server.tick().await;
        vote(&fixture, &server, 0).await;
        server.stop().await;

        // A machine that starts a month ahead: witnesses say another time.
        let month = 30 * 86_400;
        fixture.clock.set(schedule.voting_start + 600 + month);
        witnesses.iter().for_each(|witness| witness.set_offset(Some(-month)));
        let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
        for _ in 0..3 {
            server.tick().await;
        }
        assert_eq!(server.board.closing().await, Ok(None), "nothing is closed");
        assert_eq!(server.running.lifecycle.phase(schedule.voting_start + 600 + month), Phase::Voting);
        let session = enter(&fixture, &server, 1);
        let refused = server.running.cast.cast(&session, fixture.ballot(1, 0, 1), session.start).await;
        assert_eq!(refused, Err(Refusal::Clock));
        assert!(matches!(server.conductor.close_early(b"now").await, Err(LifecycleError::Doubt(_))));
        server.stop().await;

        // With the right time it goes on: the wrong one was not noted.
        fixture.clock.set(schedule.voting_start + 660);
        witnesses.iter().for_each(|witness| witness.set_offset(Some(0)));
        let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
        server.tick().await;
        assert!(server.running.lifecycle.doubted().is_none(), "witnesses agree");
        vote(&fixture, &server, 1).await;
        // A step of a running clock, over the end of reception.
        fixture.clock.set(schedule.reception_end + 3600);
        witnesses.iter().for_each(|witness| witness.set_offset(None));
        server.tick().await;
        assert_eq!(server.board.closing().await, Ok(None));
        // It was right after all: a person says so.
        server.conductor.confirm_clock().await.unwrap();
        server.tick().await;
        assert_eq!(server.board.closing().await, Ok(Some(1)));
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_tz_08_a_clock_that_is_minutes_ahead_ends_nothing_early() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    fixture.clock.let_run();
    let end = fixture.schedule().reception_end;
    fixture.clock.set(end - 400);
    server.conductor.confirm_clock().await.unwrap();
    server.tick().await;
    server.stop().await;
    // It starts again, and its clock is seven minutes ahead.
    fixture.clock.set(end + 20);
    witnesses.iter().for_each(|witness| witness.set_offset(Some(-420)));
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    for _ in 0..3 {
        server.tick().await;
    }
    assert_eq!(server.board.closing().await, Ok(None), "the witnesses say that it is too early");
    assert_eq!(server.running.lifecycle.phase(end + 20), Phase::Grace);
    // Seven minutes later it is as late as it said.
    witnesses.iter().for_each(|witness| witness.set_offset(Some(0)));
    server.tick().await;
    server.tick().await;
    assert_eq!(server.board.closing().await, Ok(Some(0)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_tz_08_r_close_09_a_clock_that_runs_fast_ends_nothing_early() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    fixture.clock.let_run();
    let end = fixture.schedule().reception_end;
    fixture.clock.set(end - 400);
    server.conductor.confirm_clock().await.unwrap();
    server.tick().await;
    // It goes ahead little by little; the machine notices nothing.
    witnesses.iter().for_each(|witness| witness.set_offset(Some(-540)));
    for at in [-300, -200, -100, -50, 20, 60] {
        fixture.clock.set(end + at);
        server.tick().await;
    }
    assert_eq!(server.board.closing().await, Ok(None), "the witnesses say that it is too early");
    assert_eq!(server.running.lifecycle.phase(end + 60), Phase::Grace);
    assert!(!server.conductor.leads(), "another instance may have the right time");
    // Staff cannot say otherwise, nor does it pass when they fall silent.
    let refused = server.conductor.confirm_clock().await;
    assert!(matches!(refused, Err(LifecycleError::Clock(-540))), "{refused:?}");
    witnesses.iter().for_each(|witness| witness.set_offset(None));
    server.tick().await;
    server.tick().await;
    assert_eq!(server.board.closing().await, Ok(None));
    witnesses.iter().for_each(|witness| witness.set_offset(Some(0)));
    server.tick().await;
    server.tick().await;
    assert_eq!(server.board.closing().await, Ok(Some(0)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_tz_08_starting_again_and_again_does_not_lead_away_from_the_time() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    fixture.clock.let_run();
    let now = fixture.schedule().voting_start + 3600;
    fixture.clock.set(now);
    server.conductor.confirm_clock().await.unwrap();
    server.stop().await;
    for (at, doubted) in [(100, false), (160, true)] {
        fixture.clock.set(now + at);
        let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
        assert_eq!(server.running.lifecycle.doubted().is_some(), doubted, "{at}");
        if doubted {
            // What it has noted itself confirms nothing; witnesses do, and it begins anew.
            server.conductor.tick().await.unwrap();
            assert!(server.running.lifecycle.doubted().is_some());
            server.tick().await;
        }
        assert!(server.running.lifecycle.doubted().is_none());
        server.stop().await;
    }
    fixture.clock.set(now + 240);
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    assert!(server.running.lifecycle.doubted().is_none());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_open_13_r_close_01_voting_begins_and_ends_without_anybody() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    let (schedule, lifecycle) = (fixture.schedule(), &server.running.lifecycle);
    let names = async || -> Vec<String> {
        let acts = server.board.acts().await.unwrap();
        let names = acts.iter().map(|act| act.lines().nth(1).unwrap().trim_start_matches("act ").to_owned());
        // Hourly.
        names.filter(|name| name != "events").collect()
    };
    for (now, phase, last) in [
        (schedule.voting_start - 1, Phase::Opened, "open"),
        (schedule.voting_start, Phase::Voting, "voting"),
        (schedule.voting_close - 1, Phase::Voting, "voting"),
        (schedule.voting_close, Phase::Grace, "grace"),
        (schedule.reception_end - 1, Phase::Grace, "grace"),
        (schedule.reception_end, Phase::Closed, "grace"),
        (schedule.reception_end + 10, Phase::Closed, "closed"),
    ] {
        fixture.clock.set(now);
        server.tick().await;
        assert_eq!(lifecycle.phase(now), phase);
        assert_eq!(names().await.last().map(String::as_str), Some(last));
    }
    server.tick().await;
    assert_eq!(names().await, ["election", "open", "voting", "grace", "closed"], "each once");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_close_03_r_close_08_a_ballot_of_the_last_second_is_on_the_board() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    let schedule = fixture.schedule();
    // Reception may end a second before the session of the last second would.
    fixture.clock.set(schedule.voting_close - 1);
    let session = enter(&fixture, &server, 0);
    fixture.clock.set(session.end - 1);
    let receipt = server.running.cast.cast(&session, fixture.ballot(0, 0, 1), session.end - 1).await.unwrap();
    let late = server.running.cast.cast(&session, fixture.ballot(0, 0, 1), schedule.reception_end).await;
    assert_eq!(late, Err(Refusal::Closed));
    close(&fixture, &server).await;
    assert_eq!(server.running.cast.recorded(&receipt.code).await, Ok(true));
    assert_eq!(server.board.status().await.unwrap().size, 1);
    // Whatever time anybody says it was received.
    let after = server.running.cast.cast(&enter(&fixture, &server, 1), fixture.ballot(1, 0, 1), session.end - 1).await;
    assert_eq!(after, Err(Refusal::Closed));
    server.stop().await;
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    fixture.clock.set(schedule.reception_end + 60);
    assert_eq!(server.running.lifecycle.phase(schedule.voting_start), Phase::Closed, "closed is written down");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_close_08_the_closed_box_is_read_only_for_whoever_writes() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        fixture.clock.set(fixture.schedule().voting_start);
        vote(&fixture, &server, 0).await;
        settle(&server).await;
        let (roll, ballots) = (&server.running.store.roll, &server.running.store.ballots);
        let rows = async |database: &Database, statement: &'static str| -> i64 {
            let mut connection = database.read().await.unwrap();
            sqlx::Row::get(&sqlx::query(statement).fetch_one(&mut *connection).await.unwrap(), 0)
        };
        let late = async |voter: usize| {
            let session = enter(&fixture, &server, voter);
            let answer = server.running.cast.cast(&session, fixture.ballot(voter, 0, 1), session.start).await;
            assert_eq!(answer, Err(Refusal::Closed));
            settle(&server).await;
            assert_eq!(rows(roll, "SELECT count(*) FROM marks").await, 1, "nobody is marked without a ballot");
        };
        // Another has closed the box, and then the roll: this one is the last to know.
        ballots.run(|c| Box::pin(async move { meta::insert(c, meta::CLOSED, b"1").await })).await.unwrap();
        late(1).await;
        roll.run(|c| Box::pin(async move { meta::insert(c, meta::CLOSED, b"1").await })).await.unwrap();
        server.running.cast.faults().stop_at(escrutinio_server::cast::Step::Stored);
        late(2).await;
        for statement in [
            "INSERT INTO ballots (credential_tag, code_tag, nonce_tag, sealed) SELECT value, value, value, value FROM meta WHERE name = 'election'",
            "UPDATE ballots SET sealed = code_tag",
            "DELETE FROM ballots",
        ] {
            let job =
                ballots.run(move |c| Box::pin(async move { Ok(sqlx::query(statement).execute(c).await.map(drop)?) }));
            assert!(job.await.is_err(), "{statement}");
        }
        assert_eq!(rows(ballots, "SELECT count(*) FROM ballots").await, 1);
        server.tick().await;
        let told = "SELECT count(*) FROM events WHERE line LIKE '%2 ballots came after the box was closed%'";
        assert_eq!(rows(roll, told).await, 1, "and it is written down");
        server.stop().await;
    }
}

/// Writes into the box what another program, or one that was cut off, has left there.
async fn note(store: &Store, name: &str, value: String) {
    let name = name.to_owned();
    let job = store.ballots.run(move |c| Box::pin(async move { meta::replace(c, &name, value.as_bytes()).await }));
    job.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn r_open_14_an_opening_that_was_cut_off_goes_on_with_its_own_policy_only() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    fixture.clock.set(fixture.schedule().voting_start - 3600);
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    let store = &server.running.store;
    let others = Policy { staff: "others".to_owned(), settings: "theirs".to_owned() };
    note(store, &meta::act("open"), "0".to_owned()).await;
    note(store, meta::POLICY, others.line()).await;
    let refused = server.conductor.open().await;
    assert!(matches!(&refused, Err(LifecycleError::Refused(why)) if why.contains("another policy")), "{refused:?}");
    assert!(!escrutinio_server::lifecycle::facts(store).await.unwrap().opened);
    note(store, meta::POLICY, Policy::default().line()).await;
    note(store, meta::REPORT, "report".to_owned()).await;
    assert_eq!(server.conductor.open().await.unwrap(), "report");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_open_14_another_policy_or_staff_does_not_start_between_opening_and_close() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    let site = Site::new(&fixture.rehearsal);
    let policy = || {
        let config = site.config();
        Policy::of(&config, &Staff::read(&config.staff, &fixture.election.election.manifest).unwrap())
    };
    let own = policy();
    let [config, staff] = ["server.toml", "staff.toml"].map(|file| std::fs::read_to_string(site.path(file)).unwrap());
    site.write("server.toml", &config.replace("127.0.0.1:0", "127.0.0.1:8443"));
    assert_eq!(policy(), own, "an address is no policy");
    site.write("server.toml", &config.replace("minutes = 0", "minutes = 15"));
    assert_ne!(policy(), own);
    site.write("server.toml", &config.replace(r#"paths = ["component"]"#, "paths = []"));
    assert_ne!(policy(), own);
    site.write("server.toml", &config);
    site.write("staff.toml", &staff.replace("Omar.card", "Otra.card"));
    site.write("Otra.card", &Site::person("Otra").card().to_text());
    let others = policy();
    assert_ne!(others, own);

    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    let store = &server.running.store;
    let check = async |policy: &Policy| {
        let facts = escrutinio_server::lifecycle::facts(store).await.unwrap();
        escrutinio_server::lifecycle::check_policy(store, facts, policy).await
    };
    assert_eq!(check(&others).await, Ok(()), "before the opening it may change");
    // An opening with others that came to nothing leaves no trace.
    note(store, meta::POLICY, others.line()).await;
    fixture.clock.set(fixture.schedule().voting_start - 3600);
    server.tick().await;
    server.conductor.open().await.unwrap();
    let acts = server.board.acts().await.unwrap();
    assert!(acts.iter().any(|act| act.contains("act open\n") && act.contains("policy ") && act.contains("staff ")));
    assert_eq!(check(&Policy::default()).await, Ok(()), "that of the fixture");
    let refused = check(&others).await;
    assert!(matches!(&refused, Err(StoreError::Refused { what }) if what.contains("staff")), "{refused:?}");
    fixture.clock.set(fixture.schedule().voting_start);
    server.tick().await;
    close(&fixture, &server).await;
    assert_eq!(check(&others).await, Ok(()));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_close_09_only_a_signed_exception_closes_early() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    let schedule = fixture.schedule();
    fixture.clock.set(schedule.voting_start + 100);
    vote(&fixture, &server, 0).await;
    server.conductor.close_early(b"the decision").await.unwrap();
    let session = enter(&fixture, &server, 1);
    let refused = server.running.cast.cast(&session, fixture.ballot(1, 0, 1), session.start).await;
    assert_eq!(refused, Err(Refusal::Closed));
    fixture.clock.set(schedule.voting_start + 110);
    server.tick().await;
    let status = server.board.status().await.unwrap();
    assert!(status.closed);
    assert_eq!(status.cosignatures, 0, "witnesses sign the close after the end of reception");
    // What is closed is fixed all the same: its root stands on the log of acts, which they have signed.
    let root = escrutinio_core::ids::hex(&server.board.last(LogName::Board).await.unwrap().root);
    let acts = server.board.acts().await.unwrap();
    assert!(acts.iter().any(|act| act.contains("\nact closed\n") && act.contains(&format!("\nroot {root}\n"))));
    let last = server.board.last(LogName::Acts).await.unwrap().number;
    assert_eq!(server.board.verified(LogName::Acts, last).await.unwrap().cosignatures().len(), 2);
    // By their clocks, which may be behind.
    fixture.clock.set(schedule.reception_end + 4);
    server.tick().await;
    assert_eq!(server.board.status().await.unwrap().cosignatures, 0);
    fixture.clock.set(schedule.reception_end + 5);
    server.tick().await;
    assert_eq!(server.board.status().await.unwrap().cosignatures, 2);
    let acts = server.board.acts().await.unwrap();
    let hash = escrutinio_core::ids::hex(&escrutinio_core::hash::sha256(&[b"the decision"]));
    assert!(acts.iter().any(|act| act.contains("act exception") && act.contains(&hash)));
    assert!(matches!(server.conductor.close_early(b"again").await, Err(LifecycleError::Phase(Phase::Closed))));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_was_half_done_is_done_as_it_was_begun() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    fixture.clock.set(fixture.schedule().voting_start - 3600);
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    // Somebody has tried before, and it is not so any more.
    let ballots = &server.running.store.ballots;
    ballots.run(|c| Box::pin(async move { meta::insert(c, meta::REPORT, b"stale").await })).await.unwrap();
    let report = server.conductor.open().await.unwrap();
    assert_ne!(report, "stale");
    // A crash before it was noted that it is open; then the counts of what was done are others.
    write(&server.running.store.ballots, "DELETE FROM meta WHERE name = 'opened'").await;
    write(&server.running.store.roll, "DELETE FROM meta WHERE name = 'opened'").await;
    server.stop().await;
    fixture.clock.advance(60);
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    server.events.append(escrutinio_server::events::Event::server("x", "y")).await.unwrap();
    assert_eq!(server.conductor.open().await.unwrap(), report, "the report in hand is the one whose hash is public");
    let hash = |text: &str| escrutinio_core::ids::hex(&escrutinio_core::hash::sha256(&[text.as_bytes()]));
    let said = async |server: &Conducted, act: &str, hash: String| {
        let acts = server.board.acts().await.unwrap();
        acts.iter().filter(|one| one.contains(act) && one.contains(&hash)).count()
    };
    assert_eq!(said(&server, "act open", hash(&report)).await, 1);

    // A crash after the exception was noted, and before its act.
    fixture.clock.set(fixture.schedule().voting_start + 100);
    let kept = format!("{} {}", fixture.schedule().voting_start + 100, hash("the decision"));
    let ballots = &server.running.store.ballots;
    let job = ballots.run(move |c| Box::pin(async move { meta::insert(c, meta::EXCEPTION, kept.as_bytes()).await }));
    job.await.unwrap();
    server.stop().await;
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    server.tick().await;
    assert_eq!(said(&server, "act exception", hash("the decision")).await, 1);
    fixture.clock.advance(10);
    server.tick().await;
    assert!(server.board.status().await.unwrap().closed);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_close_10_the_record_of_the_close() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        let schedule = fixture.schedule();
        fixture.clock.set(schedule.voting_start);
        for voter in 0..5 {
            vote(&fixture, &server, voter).await;
        }
        // Three sessions are open at the close.
        write(
            &server.running.store.roll,
            "UPDATE accounts SET session_start = 1638752000, session_end = 1638753800 \
             WHERE account IN (SELECT account FROM accounts ORDER BY account LIMIT 3)",
        )
        .await;
        close(&fixture, &server).await;
        let acts = server.board.acts().await.unwrap();
        let head = server.board.last(LogName::Board).await.unwrap();
        let root = format!("root {}", escrutinio_core::ids::hex(&head.root));
        let closed = acts.iter().find(|act| act.contains("act closed")).unwrap();
        for line in [
            "at 2021-12-06T01:30:10Z",
            "voting-close 2021-12-06T01:00:00Z",
            "reception-end 2021-12-06T01:30:00Z",
            "sessions-drained 3",
            "ballots 5",
            "marks 5",
            "size 5",
            root.as_str(),
        ] {
            assert!(closed.lines().any(|found| found == line), "{line} in {closed}");
        }
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_close_12_an_immediate_close() {
    fn immediate(keys: &Keys) -> Manifest {
        let mut manifest = testing::small(keys, 3);
        manifest.policies.close_mode = CloseMode::Immediate;
        manifest.calendar.reception_end = manifest.calendar.voting_close;
        manifest
    }
    let fixture = Fixture::new("immediate", immediate, &[8], Databases::sqlite()).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    let close = fixture.schedule().voting_close;
    fixture.clock.set(close - 300);
    let (session, other) = (enter(&fixture, &server, 0), enter(&fixture, &server, 1));
    assert_eq!(session.end, close);
    assert!(server.running.cast.cast(&session, fixture.ballot(0, 0, 1), close - 1).await.is_ok());
    let refused = server.running.cast.cast(&other, fixture.ballot(1, 0, 1), close).await;
    assert_eq!(refused, Err(Refusal::Closed));
    fixture.clock.set(close + 10);
    server.tick().await;
    assert!(server.board.status().await.unwrap().closed);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_exp_01_r_exp_03_export_of_the_closed_box_with_its_hashes() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    let folder = fixture.databases.folder().join("export");
    fixture.clock.set(fixture.schedule().voting_start);
    vote(&fixture, &server, 0).await;
    assert!(matches!(server.conductor.export(&folder).await, Err(LifecycleError::Phase(Phase::Voting))));
    witnesses.iter().for_each(|witness| witness.set_offset(None));
    close(&fixture, &server).await;
    assert!(matches!(server.conductor.export(&folder).await, Err(LifecycleError::Quorum(1))));
    server.stop().await;
    witnesses.iter().for_each(|witness| witness.set_offset(Some(0)));
    let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    let exported = server.conductor.export(&folder).await.unwrap();

    let exported_files = files(&folder);
    let sums = String::from_utf8(exported_files["SHA256SUMS"].clone()).unwrap();
    let hash = |bytes: &[u8]| escrutinio_core::ids::hex(&escrutinio_core::hash::sha256(&[bytes]));
    assert_eq!(exported.hash, hash(sums.as_bytes()));
    assert_eq!(sums.lines().count(), exported_files.len() - 1);
    for line in sums.lines() {
        let (sum, path) = line.split_once("  ").unwrap();
        assert_eq!(sum, hash(&exported_files[path]), "{path}");
    }
    let acts = server.board.acts().await.unwrap();
    assert!(acts.last().unwrap().contains(&format!("hash {}", exported.hash)), "stored and signed");
    // R-EXP-10: the events go with it, and hold.
    let events = String::from_utf8(exported_files["events.jsonl"].clone()).unwrap();
    assert!(events.contains("\"closed\""));
    assert_eq!(escrutinio_server::events::verify_chain(events.lines()), Ok(()));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_mon_12_events_that_were_cut_off_stop_the_export() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    let anchors = async || {
        let acts = server.board.acts().await.unwrap();
        acts.iter().filter(|act| act.contains("\nact events\n")).count()
    };
    let before = anchors().await;
    fixture.clock.advance(3600);
    server.tick().await;
    server.tick().await;
    assert_eq!(anchors().await, before + 1, "one an hour");
    close(&fixture, &server).await;
    // Who administers the roll takes the last lines away: the chain that is left holds.
    write(&server.running.store.roll, "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)").await;
    let lines = server.events.lines().await.unwrap();
    assert_eq!(escrutinio_server::events::verify_chain(lines.iter().map(String::as_str)), Ok(()));
    let folder = fixture.databases.folder().join("export");
    let refused = server.conductor.export(&folder).await;
    assert!(matches!(&refused, Err(LifecycleError::Refused(why)) if why.contains("events")), "{refused:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_exp_02_r_exp_09_casts_by_contest_and_entity_and_nothing_else() {
    let fixture = Fixture::several(Databases::sqlite(), 4).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    fixture.clock.set(fixture.schedule().voting_start);
    for voter in 0..10 {
        vote(&fixture, &server, voter).await;
    }
    close(&fixture, &server).await;
    let folder = fixture.databases.folder().join("export");
    let exported = server.conductor.export(&folder).await.unwrap();
    let found = files(&folder);
    let allowed = |path: &str| {
        ["SHA256SUMS", "participation.txt", "events.jsonl", "acts.txt", "casts/index.txt"].contains(&path)
            || path.starts_with("board/checkpoints/")
            || path.starts_with("board/tile/")
            || path.starts_with("casts/contest-")
    };
    assert!(found.keys().all(|path| allowed(path)), "{:?}", found.keys());
    let index = String::from_utf8(found["casts/index.txt"].clone()).unwrap();
    let (mut ballots, mut voters) = (0, 0);
    for line in index.lines() {
        let fields: Vec<&str> = line.splitn(6, ' ').collect();
        let (contest, unit): (u32, u32) = (fields[0].parse().unwrap(), fields[1].parse().unwrap());
        let (count, participants): (u64, u64) = (fields[2].parse().unwrap(), fields[3].parse().unwrap());
        assert_eq!(count, participants, "{line}");
        ballots += count;
        voters += participants;
        // Nothing but ballots of this contest and unit, sorted by leaf hash.
        let mut rest = found[&format!("casts/contest-{contest:03}-unit-{unit:03}.bin")].as_slice();
        let mut before = None;
        for _ in 0..count {
            let (length, tail) = rest.split_first_chunk::<4>().unwrap();
            let (cast, tail) = tail.split_at(usize::try_from(u32::from_le_bytes(*length)).unwrap());
            let body = CastBallot::decode(cast, &fixture.election.election.shapes).unwrap().body;
            assert_eq!((body.contest, body.unit), (contest, unit));
            let leaf = Some(escrutinio_core::board::leaf_hash(cast));
            assert!(before < leaf);
            (before, rest) = (leaf, tail);
        }
        assert!(rest.is_empty());
    }
    assert_eq!((ballots, voters), (exported.ballots, exported.marks));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_exp_07_the_order_of_arrival_changes_no_file_of_casts() {
    let first = Fixture::small(Databases::sqlite(), 12).await;
    let ballots: Vec<Vec<u8>> = (0..12).map(|voter| first.ballot(voter, 0, 1)).collect();
    let mut exports = Vec::new();
    for order in [(0..12).collect::<Vec<_>>(), (0..12).rev().collect(), vec![5, 3, 0, 11, 7, 2, 1, 10, 4, 9, 8, 6]] {
        let fixture = Fixture::small(Databases::sqlite(), 12).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        for (place, voter) in (0..).zip(order) {
            fixture.clock.set(fixture.schedule().voting_start + 60 * place);
            let session = enter(&fixture, &server, voter);
            server.running.cast.cast(&session, ballots[voter].clone(), session.start).await.unwrap();
            server.tick().await;
        }
        close(&fixture, &server).await;
        let folder = fixture.databases.folder().join("export");
        server.conductor.export(&folder).await.unwrap();
        exports.push((files(&folder.join("casts")), server.conductor.voters().await.unwrap().csv));
        server.stop().await;
    }
    assert_eq!(exports[0], exports[1], "R-EXP-07, R-REC-06");
    assert_eq!(exports[0], exports[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_rec_01_r_rec_02_r_rec_09_who_voted() {
    for databases in Databases::all().await {
        let fixture = Fixture::several(databases, 3).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        let schedule = fixture.schedule();
        fixture.clock.set(schedule.voting_start);
        for voter in [4, 1] {
            vote(&fixture, &server, voter).await;
        }
        assert!(matches!(server.conductor.voters().await, Err(LifecycleError::Phase(Phase::Voting))));
        // One in the grace, on one contest only.
        fixture.clock.set(schedule.voting_close - 60);
        let late = enter(&fixture, &server, 7);
        fixture.clock.set(schedule.voting_close + 1200);
        server.running.cast.cast(&late, fixture.ballot(7, 0, 1), schedule.voting_close + 1200).await.unwrap();
        close(&fixture, &server).await;
        let list = server.conductor.voters().await.unwrap();
        let expected = "name,clave\nPersona 000001,CLAVE0000000000001\nPersona 000004,CLAVE0000000000004\n\
                        Persona 000007,CLAVE0000000000007\n";
        assert_eq!((list.csv.as_str(), list.persons), (expected, 3));
        server.stop().await;
    }
}

/// Writes the file of keys.
fn seal_keys(fixture: &Fixture) {
    let kind = escrutinio_sealed::Kind::ServerKeys;
    let sealed = escrutinio_sealed::seal(&mut random::system(), kind, "password", &fixture.keys).unwrap();
    std::fs::create_dir_all(fixture.key_file.path.parent().unwrap()).unwrap();
    std::fs::write(&fixture.key_file.path, sealed).unwrap();
}

/// Whether the file of keys has a box key.
fn keeps_key(fixture: &Fixture) -> bool {
    let sealed = std::fs::read(&fixture.key_file.path).unwrap();
    let keys = escrutinio_sealed::open(escrutinio_sealed::Kind::ServerKeys, "password", &sealed).unwrap();
    keys[64..] != [0; 32]
}

/// Ticks again and again.
fn ticking(server: &Conducted) -> tokio::task::JoinHandle<()> {
    let conductor = std::sync::Arc::clone(&server.conductor);
    tokio::spawn(async move {
        loop {
            conductor.tick().await.unwrap();
            tokio::time::sleep(core::time::Duration::from_millis(100)).await;
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_box_key_is_destroyed_at_every_instance_before_the_act_says_so() {
    let Some(databases) = Databases::postgres().await else { return };
    let fixture = Fixture::small(databases, 8).await;
    let witnesses = witnesses(&fixture).await;
    let first = opened(&fixture, QUICK, &witnesses).await;
    let mut other = fixture.clone();
    other.key_file.path = fixture.databases.folder().join("second/keys.sealed");
    // Its password is at nobody's hand there.
    other.key_file.passwords = escrutinio_server::passwords::Passwords::default();
    seal_keys(&fixture);
    seal_keys(&other);
    let second = other.conduct(QUICK, &[]).await.unwrap();
    fixture.clock.set(fixture.schedule().voting_start);
    vote(&fixture, &first, 0).await;
    fixture.clock.set(fixture.schedule().reception_end);
    for server in [&second, &first] {
        server.conductor.tick().await.unwrap();
    }
    close(&fixture, &first).await;
    first.conductor.export(&fixture.databases.folder().join("export")).await.unwrap();
    let ticks = ticking(&second);
    let refused = first.conductor.destroy_box_key("password").await;
    assert!(matches!(refused, Err(LifecycleError::Keeps(1))), "{refused:?}");
    assert!(second.running.keys.ballots().is_none(), "its memory has it no more");
    assert!(second.conductor.must_destroy_key(), "its file has, and it says so");
    assert!(!keeps_key(&fixture) && keeps_key(&other));
    let said = async || first.board.acts().await.unwrap().into_iter().find(|act| act.contains("act destroy-box-key"));
    assert_eq!(said().await, None, "what is public is true");
    ticks.abort();
    second.stop().await;

    // It starts again, with the password.
    let folder = fixture.databases.folder().join("passwords");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("keys-password"), "password").unwrap();
    other.key_file.passwords = escrutinio_server::passwords::Passwords::new(Some(folder));
    fixture.clock.advance(60);
    let second = other.conduct(QUICK, &[]).await.unwrap();
    let ticks = ticking(&second);
    while second.running.keys.ballots().is_some() || keeps_key(&other) {
        tokio::time::sleep(core::time::Duration::from_millis(50)).await;
    }
    first.conductor.destroy_box_key("password").await.unwrap();
    assert!(said().await.unwrap().contains("instances 2\n"));
    ticks.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_close_waits_for_what_other_instances_received_before() {
    let Some(databases) = Databases::postgres().await else { return };
    let fixture = Fixture::small(databases, 8).await;
    let witnesses = witnesses(&fixture).await;
    let first = opened(&fixture, QUICK, &witnesses).await;
    let second = fixture.conduct(QUICK, &[]).await.unwrap();
    let end = fixture.schedule().reception_end;
    fixture.clock.set(fixture.schedule().voting_close - 1);
    let session = enter(&fixture, &second, 0);
    fixture.clock.set(session.end - 1);
    let tick = async || {
        for server in [&second, &first] {
            server.conductor.tick().await.unwrap();
        }
    };
    tick().await;
    let service = std::sync::Arc::clone(&second.running.cast);
    let received = service.receive();
    for at in [0, 10, 20, 30] {
        fixture.clock.set(end + at);
        tick().await;
        assert_eq!(first.board.closing().await, Ok(None), "{at}");
    }
    let receipt = service.cast(&session, fixture.ballot(0, 0, 1), session.end - 1).await.unwrap();
    drop(received);
    settle(&second).await;
    tick().await;
    assert!(first.board.closing().await.unwrap().is_some());
    assert_eq!(first.board.status().await.unwrap().size, 1);
    assert_eq!(first.running.cast.recorded(&receipt.code).await, Ok(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_close_waits_for_an_instance_whose_clock_is_behind() {
    let Some(databases) = Databases::postgres().await else { return };
    let fixture = Fixture::small(databases, 8).await;
    let witnesses = witnesses(&fixture).await;
    let first = opened(&fixture, QUICK, &witnesses).await;
    let end = fixture.schedule().reception_end;
    let mut behind = fixture.clone();
    behind.clock = std::sync::Arc::new(escrutinio_server::clock::ManualClock::at(end - 80));
    let second = behind.conduct(QUICK, &[]).await.unwrap();
    for at in [-60, -40, 0, 10, 30] {
        fixture.clock.set(end + at);
        behind.clock.set(end + at - 40);
        second.conductor.tick().await.unwrap();
        first.conductor.tick().await.unwrap();
        assert_eq!(first.board.closing().await, Ok(None), "it takes ballots still: {at}");
    }
    behind.clock.set(end);
    second.conductor.tick().await.unwrap();
    first.conductor.tick().await.unwrap();
    assert!(first.board.closing().await.unwrap().is_some());
    // One that ends in good order is gone at once.
    second.stop().await;
    let row = sqlx::query("SELECT count(*) FROM instances")
        .fetch_one(&mut *first.running.store.roll.read().await.unwrap())
        .await;
    assert_eq!(sqlx::Row::get::<i64, _>(&row.unwrap(), 0), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_is_gone_holds_up_no_close() {
    let Some(databases) = Databases::postgres().await else { return };
    let fixture = Fixture::small(databases, 8).await;
    let witnesses = witnesses(&fixture).await;
    let first = opened(&fixture, QUICK, &witnesses).await;
    let second = fixture.conduct(QUICK, &[]).await.unwrap();
    let end = fixture.schedule().reception_end;
    fixture.clock.set(end - 1);
    second.conductor.tick().await.unwrap();
    drop(second);
    fixture.clock.set(end + 10);
    first.conductor.tick().await.unwrap();
    assert_eq!(first.board.closing().await, Ok(None), "it may still be there");
    write(&first.running.store.roll, "UPDATE instances SET beat = beat - 16").await;
    first.conductor.tick().await.unwrap();
    assert!(first.board.closing().await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_close_10_the_record_of_the_close_is_written_when_no_act_stands() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        fixture.clock.set(fixture.schedule().voting_start);
        vote(&fixture, &server, 0).await;
        settle(&server).await;
        // A ballot that came too late: marked, and the box is closed before it is there.
        let session = enter(&fixture, &server, 1);
        server.running.cast.faults().stop_at(escrutinio_server::cast::Step::Marked);
        let stopped = server.running.cast.cast(&session, fixture.ballot(1, 0, 1), session.start).await;
        assert_eq!(stopped, Err(Refusal::Storage));
        let ballots = &server.running.store.ballots;
        ballots.run(|c| Box::pin(async move { meta::insert(c, meta::CLOSED, b"1").await })).await.unwrap();
        fixture.clock.set(fixture.schedule().reception_end + 10);
        server.tick().await;
        assert!(server.board.closing().await.unwrap().is_some());
        let closed = async |server: &Conducted| {
            server.board.acts().await.unwrap().into_iter().find(|act| act.contains("act closed"))
        };
        assert_eq!(closed(&server).await, None, "two marks, and one ballot");
        // Whoever comes next finishes it.
        server.stop().await;
        let server = fixture.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
        server.tick().await;
        let act = closed(&server).await.unwrap();
        assert!(act.contains("\nballots 1\n") && act.contains("\nmarks 1\n"), "{act}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_box_key_is_destroyed_after_the_export_only() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    fixture.clock.set(fixture.schedule().voting_start);
    let session = enter(&fixture, &server, 0);
    let receipt = server.running.cast.cast(&session, fixture.ballot(0, 0, 1), session.start).await.unwrap();
    seal_keys(&fixture);
    let destroy = async || server.conductor.destroy_box_key("password").await;
    assert!(matches!(destroy().await, Err(LifecycleError::Phase(Phase::Voting))));
    close(&fixture, &server).await;
    assert!(matches!(destroy().await, Err(LifecycleError::Missing("the export"))));
    server.conductor.export(&fixture.databases.folder().join("export")).await.unwrap();
    assert!(matches!(server.conductor.destroy_box_key("wrong").await, Err(LifecycleError::Keys(_))));
    assert!(server.running.keys.ballots().is_some());
    destroy().await.unwrap();
    assert!(server.running.keys.ballots().is_none());
    // A receipt is still found: on the board.
    assert_eq!(server.running.cast.recorded(&receipt.code).await, Ok(true));
    let mut other = receipt.code;
    other.0[0] ^= 1;
    assert_eq!(server.running.cast.recorded(&other).await, Ok(false));
    server.tick().await;
    let acts = server.board.acts().await.unwrap();
    assert!(acts.last().unwrap().contains("act destroy-box-key"));
    let last = server.board.last(LogName::Acts).await.unwrap();
    assert_eq!(server.board.verified(LogName::Acts, last.number).await.unwrap().cosignatures().len(), 2);
    server.stop().await;

    let mut gone = fixture.clone();
    gone.keys[64..].fill(0);
    let server = gone.conduct(QUICK, &witnesses.each_ref()).await.unwrap();
    server.tick().await;
    assert_eq!(server.running.cast.recorded(&receipt.code).await, Ok(true));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_is_published_when_all_of_it_holds() {
    let fixture = Fixture::small(Databases::sqlite(), 12).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    fixture.clock.set(fixture.schedule().voting_start);
    // The count is made by the ceremony: here, by the rehearsal, of the same ballots.
    let mut rehearsal = (*fixture.rehearsal).clone();
    for voter in 0..12 {
        vote(&fixture, &server, voter).await;
        rehearsal.mark(0, 0, u32::try_from(voter).unwrap() % 2);
    }
    close(&fixture, &server).await;
    let folder = fixture.databases.folder().join("export");
    server.conductor.export(&folder).await.unwrap();
    let public = fixture.databases.folder().join("public");
    for folder in [public.join("board/tile"), folder.clone()] {
        assert_eq!(readable_by_all(&folder), Vec::<PathBuf>::new(), "before publication");
    }
    let heads = [public.join("board/checkpoints"), public.join("acts")];
    assert!(heads.iter().all(|folder| readable_by_all(folder).len() > 1));
    rehearsal.files = record(&fixture, &folder);
    rehearsal.entries = (0..)
        .map_while(|n| rehearsal.files.0.get(&format!("board/tile/entries/{n:03}.p/12")))
        .flat_map(|bytes| {
            let id = BundleId::all(12).next().unwrap();
            read_bundle(id, bytes).unwrap().into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>()
        })
        .collect();
    let codes = rehearsal
        .entries
        .iter()
        .map(|entry| CastBallot::decode(entry, &fixture.election.election.shapes).unwrap().body.tracking_code());
    let receipts = ReceiptList::new(fixture.election.election.election_id, codes.collect()).unwrap();
    rehearsal.put(record::RECEIPTS, receipts.to_string().into_bytes());
    let _ = rehearsal.publish(&[1, 2], &mut random::system());

    let place = fixture.databases.folder().join("record");
    for (path, bytes) in &rehearsal.files.0 {
        std::fs::create_dir_all(place.join(path).parent().unwrap()).unwrap();
        std::fs::write(place.join(path), bytes).unwrap();
    }
    let sums = escrutinio_core::ids::hex(&escrutinio_core::hash::sha256(&[&rehearsal.files.0[record::SUMS]]));
    let refused = async |sums: &str| match server.conductor.publish(&place, sums).await {
        Err(LifecycleError::Refused(what)) => what,
        other => panic!("{other:?}"),
    };
    assert!(refused("00").await.contains("hash"));
    let results = place.join(record::RESULTS);
    let bytes = std::fs::read(&results).unwrap();
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    std::fs::write(&results, changed).unwrap();
    assert!(refused(&sums).await.contains("does not hold"));
    std::fs::write(&results, bytes).unwrap();
    let now = fixture.schedule().reception_end + 60;
    assert_eq!(server.running.lifecycle.phase(now), Phase::Closed);
    server.conductor.publish(&place, &sums).await.unwrap();
    assert_eq!(server.running.lifecycle.phase(now), Phase::Published);
    assert!(server.board.acts().await.unwrap().last().unwrap().contains(&format!("record {sums}")));
    server.tick().await;
    assert_eq!(readable_by_all(&public.join("board/tile")).len(), 2, "a tile and a bundle");
    server.stop().await;
}

/// Files below a folder that others than their owner can read.
fn readable_by_all(folder: &Path) -> Vec<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let metadata = entry.metadata().unwrap();
        if metadata.is_dir() {
            found.extend(readable_by_all(&entry.path()));
        } else if metadata.permissions().mode() & 0o077 != 0 {
            found.push(entry.path());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn r_sim_06_a_rehearsal_is_wiped_and_nothing_goes_on_with_it() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        fixture.clock.set(fixture.schedule().voting_start);
        for voter in 0..4 {
            vote(&fixture, &server, voter).await;
        }
        fixture.clock.advance(60);
        server.tick().await;
        let folder = fixture.databases.folder();
        let (keys, public) = (folder.join("keys.sealed"), folder.join("public/board"));
        std::fs::write(&keys, b"three keys").unwrap();
        settle(&server).await;
        let code = "INSERT INTO codes (account, channel, expires, hour, sent) VALUES (7, 0, 0, 0, 1)";
        write(&server.running.store.roll, code).await;
        let received = server.running.cast.receive();
        assert!(matches!(server.conductor.wipe(&keys, &public, &[]).await, Err(LifecycleError::Refused(_))));
        drop(received);
        // What is not wiped goes on.
        vote(&fixture, &server, 4).await;
        settle(&server).await;
        let report = server.conductor.wipe(&keys, &public, &[]).await.unwrap();
        let empty = report.lines().filter(|line| line.starts_with("empty ")).collect::<Vec<_>>();
        assert_eq!(empty.len(), 8);
        assert!(empty.iter().all(|line| line.ends_with(" 0")), "{report}");
        assert!(!keys.exists() && !public.join("tile").exists());
        let session = enter(&fixture, &server, 5);
        let refused = server.running.cast.cast(&session, fixture.ballot(5, 0, 1), session.start).await;
        assert_eq!(refused, Err(Refusal::Closed));
        server.conductor.tick().await.unwrap();
        assert!(server.board.acts().await.unwrap().iter().any(|act| act.contains("act wipe")));
        server.stop().await;
        assert!(fixture.conduct(QUICK, &[]).await.is_err(), "the next takes other databases");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_election_that_binds_is_never_wiped() {
    fn binding(keys: &Keys) -> Manifest {
        Manifest { binding: true, test: false, ..testing::small(keys, 3) }
    }
    let fixture = Fixture::new("binding", binding, &[4], Databases::sqlite()).await;
    let server = fixture.conduct(QUICK, &[]).await.unwrap();
    let nowhere = fixture.databases.folder().join("nowhere");
    let refused = server.conductor.wipe(&nowhere, &nowhere, &[]).await;
    assert!(matches!(refused, Err(LifecycleError::Refused(_))));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_17_a_ballot_that_is_swapped_or_removed_is_noticed() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let witnesses = witnesses(&fixture).await;
        let server = opened(&fixture, QUICK, &witnesses).await;
        fixture.clock.set(fixture.schedule().voting_start);
        for voter in 0..4 {
            vote(&fixture, &server, voter).await;
        }
        // One takes the place of another.
        let ballots = server.running.store.ballots.clone();
        write(&ballots, "CREATE TABLE kept AS SELECT seq, sealed FROM ballots").await;
        let first = "(SELECT min(seq) FROM ballots)";
        let second = "(SELECT max(seq) FROM ballots)";
        let swap =
            format!("UPDATE ballots SET sealed = (SELECT sealed FROM kept WHERE seq = {second}) WHERE seq = {first}");
        let job = ballots.run(move |c| {
            Box::pin(async move { Ok(sqlx::query(sqlx::AssertSqlSafe(swap)).execute(c).await.map(drop)?) })
        });
        job.await.unwrap();
        fixture.clock.advance(60);
        let noticed = server.conductor.tick().await;
        assert!(matches!(noticed, Err(StoreError::Corrupt { .. })), "{noticed:?}");
        assert_eq!(server.conductor.fault(), noticed.err());
        write(&ballots, "UPDATE ballots SET sealed = (SELECT sealed FROM kept WHERE kept.seq = ballots.seq)").await;
        write(&ballots, "DROP TABLE kept").await;
        server.tick().await;
        // One is removed: the record of the close says so, whoever closes.
        let gone = "DELETE FROM ballots WHERE seq = (SELECT min(seq) FROM ballots)";
        write(&ballots, gone).await;
        fixture.clock.set(fixture.schedule().reception_end + 10);
        let _ = server.conductor.tick().await;
        let acts = server.board.acts().await.unwrap();
        let told =
            acts.iter().any(|act| act.contains("act closed") && act.contains("ballots 3") && act.contains("marks 4"));
        let stopped = !acts.iter().any(|act| act.contains("act closed"));
        assert!(told || stopped, "{acts:?}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_08_r_cast_16_every_receipt_is_on_the_board_after_the_close() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let witnesses = witnesses(&fixture).await;
    let server = opened(&fixture, QUICK, &witnesses).await;
    fixture.clock.set(fixture.schedule().voting_start);
    let mut receipts = Vec::new();
    for voter in 0..8 {
        let session = enter(&fixture, &server, voter);
        let ballot = fixture.ballot(voter, 0, 1);
        receipts.push(server.running.cast.cast(&session, ballot, session.start).await.unwrap());
    }
    close(&fixture, &server).await;
    let mut codes = Vec::new();
    for id in BundleId::all(8) {
        let bytes = server.board.file(LogName::Board, &id.to_string()).await.unwrap().unwrap();
        for entry in read_bundle(id, &bytes).unwrap() {
            codes.push(CastBallot::decode(entry, &fixture.election.election.shapes).unwrap().body.tracking_code());
        }
    }
    assert!(receipts.iter().all(|receipt| codes.contains(&receipt.code)));
    assert_eq!(codes.len(), receipts.len());
    server.stop().await;
}
