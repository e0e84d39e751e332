//! From opening to destroying: R-OPEN, R-CLOSE, R-EXP, R-REC, R-TZ, and the board in between.

use std::collections::BTreeMap;
use std::path::Path;

use escrutinio_core::encoding::Encode;
use escrutinio_core::record::{self, Source};
use escrutinio_core::tally::{Marked, Participation};
use escrutinio_core::testing::rehearsal::MemoryRecord;
use escrutinio_core::verify;
use escrutinio_server::access::session::VoterSession;
use escrutinio_server::board::Pace;
use escrutinio_server::lifecycle::LifecycleError;
use escrutinio_server::phase::Phase;
use escrutinio_server::random;
use escrutinio_server::testing::{Conducted, Databases, Fixture, Witness};

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
        let names: Vec<&str> = acts.iter().map(|act| act.lines().nth(1).unwrap()).collect();
        assert_eq!(names, ["act election", "act open", "act voting", "act grace", "act closed", "act export"]);
        server.stop().await;
    }
}
