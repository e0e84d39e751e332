//! Databases that go away, fill up, or cannot be written, while ballots come: clear answers, nothing lost,
//! nothing twice (R-CAST-09, R-CAST-10).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what the tests share; they fail where it panics"
)]

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::{Arc, Mutex};

use escrutinio_core::board::Receipt;
use escrutinio_server::board::{LogName, Pace};
use escrutinio_server::cast::Step;
use escrutinio_server::refusal::{Refusal, Wait};
use escrutinio_server::store::{Database, StoreError, meta};
use escrutinio_server::testing::{Cluster, Databases, Fixture, Running};
use sqlx::Row;

const VOTERS: u32 = 240;

async fn count(database: &Database, statement: &'static str) -> i64 {
    sqlx::query(statement).fetch_one(&mut *database.read().await.unwrap()).await.unwrap().get(0)
}

/// Long enough on a busy machine, and not for ever.
const LONG: Duration = Duration::from_secs(240);

/// Everybody votes, each until there is an answer; the answer to every refusal is to try again.
async fn everybody(fixture: &Arc<Fixture>, running: &Arc<Mutex<Running>>, promised: &Arc<Mutex<Vec<Receipt>>>) {
    let voters = (0..usize::try_from(VOTERS).unwrap()).map(|voter| {
        let (fixture, running, promised) = (Arc::clone(fixture), Arc::clone(running), Arc::clone(promised));
        tokio::spawn(async move {
            let ballot = fixture.ballot(voter, 0, 1);
            // Not all at once.
            tokio::time::sleep(Duration::from_millis(20 * u64::try_from(voter).unwrap())).await;
            let session = fixture.voters[voter].clone();
            loop {
                let cast = Arc::clone(&running.lock().unwrap().cast);
                match cast.cast(&session, ballot.clone(), session.start).await {
                    Ok(receipt) => return promised.lock().unwrap().push(receipt),
                    Err(Refusal::Storage | Refusal::Wait { why: Wait::Busy, .. }) => {}
                    Err(other) => panic!("{other:?}"),
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        })
    });
    let all = async {
        for voter in voters.collect::<Vec<_>>() {
            voter.await.unwrap();
        }
    };
    tokio::time::timeout(LONG, all).await.expect("everybody gets an answer");
}

async fn settled(running: &Running) {
    for _ in 0..400 {
        if running.cast.is_idle().await == Ok(true) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("an act stays unfinished");
}

async fn nothing_lost(running: &Running, promised: &Mutex<Vec<Receipt>>) {
    settled(running).await;
    let all = i64::from(VOTERS);
    assert_eq!(count(&running.store.roll, "SELECT count(*) FROM marks").await, all);
    assert_eq!(count(&running.store.ballots, "SELECT count(*) FROM ballots").await, all);
    let promised = promised.lock().unwrap().clone();
    for receipt in &promised {
        assert_eq!(running.cast.recorded(&receipt.code).await, Ok(true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn either_server_may_go_away_under_load() {
    let (Some(roll), Some(ballots)) = (Cluster::start(), Cluster::start()) else { return };
    let databases = Databases::at(&roll.create().await, &ballots.create().await);
    let fixture = Arc::new(Fixture::small(databases, VOTERS).await);
    let running = Arc::new(Mutex::new(fixture.start().await));
    let promised = Arc::default();
    let voting = everybody(&fixture, &running, &promised);
    let trouble = tokio::task::spawn_blocking(move || {
        for round in 0..6 {
            std::thread::sleep(Duration::from_millis(500));
            let cluster = if round % 2 == 0 { &roll } else { &ballots };
            cluster.kill();
            std::thread::sleep(Duration::from_millis(100));
            cluster.restart();
        }
        (roll, ballots)
    });
    voting.await;
    let _clusters = trouble.await.unwrap();
    let running = running.lock().unwrap().clone();
    nothing_lost(&running, &promised).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_may_be_killed_again_and_again() {
    let fixture = Arc::new(Fixture::small(Databases::sqlite(), VOTERS).await);
    let running = Arc::new(Mutex::new(fixture.start().await));
    let promised = Arc::default();
    let over = Arc::new(AtomicBool::new(false));
    let trouble = {
        let (fixture, running, over) = (Arc::clone(&fixture), Arc::clone(&running), Arc::clone(&over));
        let runtime = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || {
            let mut round = 0;
            while !over.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(300));
                let old = running.lock().unwrap().clone();
                old.cast.faults().stop_at(Step::ALL[round % Step::ALL.len()]);
                std::thread::sleep(Duration::from_millis(100));
                runtime.block_on(old.store.close());
                let new = runtime.block_on(fixture.start());
                *running.lock().unwrap() = new;
                round += 1;
            }
            round
        })
    };
    everybody(&fixture, &running, &promised).await;
    over.store(true, Ordering::SeqCst);
    assert!(trouble.await.unwrap() > 5);
    let running = running.lock().unwrap().clone();
    nothing_lost(&running, &promised).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn either_disk_may_fill_up_and_be_emptied() {
    let fixture = Arc::new(Fixture::small(Databases::sqlite(), VOTERS).await);
    let running = Arc::new(Mutex::new(fixture.start().await));
    let promised = Arc::default();
    let voting = everybody(&fixture, &running, &promised);
    let store = running.lock().unwrap().store.clone();
    let trouble = tokio::spawn(async move {
        for round in 0..6 {
            let database = if round % 2 == 0 { store.roll.clone() } else { store.ballots.clone() };
            for statement in ["PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000"] {
                tokio::time::sleep(Duration::from_millis(400)).await;
                // The limit is that of a connection: a writer that failed has another, without it.
                let job = database
                    .run(move |c| Box::pin(async move { Ok(sqlx::query(statement).execute(c).await.map(drop)?) }));
                let _ = job.await;
            }
        }
    });
    voting.await;
    trouble.await.unwrap();
    let running = running.lock().unwrap().clone();
    nothing_lost(&running, &promised).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_written_stops_no_ballot() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    fixture.clock.set(fixture.schedule().voting_start - 3600);
    let server = fixture.conduct(Pace { minutes: 1, ballots: 4096 }, &[]).await.unwrap();
    // A file in the place of the folder.
    let public = fixture.databases.folder().join("public");
    std::fs::remove_dir_all(&public).unwrap();
    std::fs::write(&public, b"").unwrap();
    let job = server.running.store.ballots.run(|c| Box::pin(async move { meta::insert(c, meta::OPENED, b"1").await }));
    job.await.unwrap();
    fixture.clock.set(fixture.schedule().voting_start);
    assert!(matches!(server.conductor.tick().await, Ok(()) | Err(StoreError::Unavailable { .. })));
    for voter in 0..4 {
        let session = fixture.voters[voter].clone();
        assert!(server.running.cast.cast(&session, fixture.ballot(voter, 0, 1), session.start).await.is_ok());
    }
    fixture.clock.advance(60);
    let failed = server.conductor.tick().await;
    assert!(matches!(failed, Err(StoreError::Unavailable { .. })), "{failed:?}");
    assert_eq!(server.board.last(LogName::Board).await.unwrap().size, 3, "the box goes on");
    std::fs::remove_file(&public).unwrap();
    server.conductor.tick().await.unwrap();
    assert!(public.join("board/checkpoint").exists());
    server.stop().await;
}
