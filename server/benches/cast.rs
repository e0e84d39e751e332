//! How many ballots a second the act of casting takes, without HTTP: decoding to signed promise, on databases of its own;
//! how long the close takes for those that wait; and how much of the disks a ballot takes. `cargo bench -p escrutinio-server --bench cast -- [voters] [at once]`.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a measurement")]

use core::num::NonZero;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use escrutinio_core::testing;
use escrutinio_server::board::Pace;
use escrutinio_server::refusal::Refusal;
use escrutinio_server::store::{Backend, Database, meta};
use escrutinio_server::testing::{Databases, Fixture};

/// Makes everybody's ballot, on all cores.
fn ballots(fixture: &Arc<Fixture>, voters: usize) -> Vec<Vec<u8>> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads: Vec<_> = (0..cores)
        .map(|core| {
            let fixture = Arc::clone(fixture);
            std::thread::spawn(move || {
                (core..voters).step_by(cores).map(|voter| (voter, fixture.ballot(voter, 0, 1))).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut ballots: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    ballots.sort_unstable();
    ballots.into_iter().map(|(_, ballot)| ballot).collect()
}

async fn measure(databases: Databases, voters: u32, at_once: usize, pace: Pace) {
    let kind = databases.backend();
    let fixture = Arc::new(Fixture::new("nayarit", nayarit, &[voters], databases).await);
    let ballots = Arc::new(ballots(&fixture, usize::try_from(voters).unwrap()));
    let server = fixture.conduct(pace, &[]).await.unwrap();
    // Voting is open; epochs leave meanwhile.
    let opened =
        server.running.store.ballots.run(|c| Box::pin(async move { meta::insert(c, meta::OPENED, b"1").await }));
    opened.await.unwrap();
    server.conductor.tick().await.unwrap();
    server.conductor.run();
    let running = server.running.clone();
    let begun = Instant::now();
    let next = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..at_once)
        .map(|_| {
            let (fixture, ballots) = (Arc::clone(&fixture), Arc::clone(&ballots));
            let (cast, next) = (Arc::clone(&running.cast), Arc::clone(&next));
            tokio::spawn(async move {
                let mut times = Vec::new();
                loop {
                    let voter = next.fetch_add(1, Ordering::Relaxed);
                    let Some(ballot) = ballots.get(voter) else { return times };
                    let session = &fixture.voters[voter];
                    let since = Instant::now();
                    loop {
                        match cast.cast(session, ballot.clone(), session.start).await {
                            Ok(_) => break,
                            Err(refusal) => assert_eq!(refusal, Refusal::BUSY),
                        }
                    }
                    times.push(since.elapsed());
                }
            })
        })
        .collect();
    let mut times: Vec<Duration> = Vec::new();
    for client in clients {
        times.extend(client.await.unwrap());
    }
    let elapsed = begun.elapsed();
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    let rate = f64::from(voters) / elapsed.as_secs_f64();
    let board = server.board.status().await.unwrap();
    let longest = times.last().copied().unwrap_or_default();
    println!(
        "{kind:?}: {voters} casts, {at_once} at once: {rate:.0}/s, p50 {:?}, p99 {:?}, longest {longest:?}; {} epochs",
        at(50),
        at(99),
        board.checkpoint
    );
    let waiting = i64::from(voters) - i64::try_from(board.size).unwrap();
    fixture.clock.set(fixture.schedule().reception_end + 10);
    let begun = Instant::now();
    while !server.board.status().await.unwrap().closed {
        server.conductor.tick().await.unwrap();
    }
    let took = begun.elapsed();
    let rate = f64::from(u32::try_from(waiting).unwrap()) / took.as_secs_f64();
    println!("    closed in {took:?} with {waiting} ballots that waited: {rate:.0}/s");
    let each = |bytes: i64| bytes / i64::from(voters);
    let (roll, ballots) = (size(&running.store.roll).await, size(&running.store.ballots).await);
    println!("    bytes of a ballot: roll {}, box and board {}", each(roll), each(ballots));
    running.store.close().await;
}

/// Bytes of a database.
async fn size(database: &Database) -> i64 {
    let statement = match database.backend() {
        Backend::Sqlite => "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        Backend::Postgres => "SELECT pg_database_size(current_database())",
    };
    sqlx::query_scalar(statement).fetch_one(&mut *database.read().await.unwrap()).await.unwrap()
}

fn nayarit(keys: &testing::Keys) -> escrutinio_core::manifest::Manifest {
    let mut manifest = testing::nayarit(keys);
    manifest.max_voters = 1_000_000;
    // Nobody is asked for the time.
    manifest.witness_quorum = 0;
    manifest
}

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let voters: u32 = numbers.next().unwrap_or(5000);
    let at_once = usize::try_from(numbers.next().unwrap_or(128)).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        // Epochs that leave meanwhile, and one at the close for all.
        for pace in [Pace::default(), Pace { minutes: 0, ballots: 4096 }] {
            for databases in Databases::all().await {
                measure(databases, voters, at_once, pace).await;
            }
        }
    });
}
