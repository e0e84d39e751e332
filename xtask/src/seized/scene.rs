//! One rehearsed vote, seized: who voted when, where the ballots are, and every file at three moments.

use core::time::Duration;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::board::{SignedCheckpoint, leaf_hash};
use escrutinio_driver::{Api, Factor, Outbox};
use indicatif::ProgressBar;
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::carve::walk;
use super::statistics::Truth;
use super::wanted::VoterMarks;
use crate::lab::counts::{Counts, count};
use crate::lab::desk;
use crate::lab::election::Election;
use crate::lab::house::House;
use crate::lab::process;
use crate::lab::voters::{self, Entered, Way};
use crate::lab::wire::Wire;
use crate::shell::{Failure, Outcome};
use crate::soak::checks::entries;

/// How people vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// One after the other.
    Serial,
    /// Many at once.
    Concurrent,
}

impl Manner {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Serial => "serial",
            Self::Concurrent => "concurrent",
        }
    }

    fn seats(self) -> usize {
        match self {
            Self::Serial => 1,
            Self::Concurrent => 48,
        }
    }
}

/// What the attacker gets of one vote.
#[derive(Debug)]
pub(crate) struct Seizure {
    /// The board, in its order.
    pub(crate) board: Vec<Vec<u8>>,
    /// Who voted when, and where the ballots are.
    pub(crate) truth: Truth,
    /// How many had voted when the first copy was taken.
    pub(crate) halfway: usize,
    /// Voters, in the order of voting.
    pub(crate) voters: Vec<VoterMarks>,
    /// The disk while people voted, after the close, and when the box key was destroyed.
    pub(crate) during: PathBuf,
    pub(crate) after: PathBuf,
    pub(crate) destroyed: PathBuf,
    /// Acts that were not finished when the first copy was taken: the server's own state then.
    pub(crate) in_flight: Counts,
    pub(crate) house: Closed,
}

/// The databases' settings, when the servers are gone.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(crate) clusters: Vec<crate::lab::postgres::Cluster>,
}

/// Plays a vote and takes the copies.
pub(crate) async fn play(
    election: &Arc<Election>,
    folder: &Path,
    manner: Manner,
    postgres: bool,
    epochs: (u32, u32),
    rng: &mut ChaCha20Rng,
) -> Result<Seizure, Failure> {
    let house = House::open(election, &folder.join("house"), postgres, 1, epochs)?;
    let way = Way {
        apis: vec![Api::new(&house.first()?.url())?],
        phones: Arc::new(Outbox::new(&house.plan.messages.join("phones"), Duration::from_secs(60))),
        clock: house.plan.clock.clone(),
        factor: Factor::Totp,
        devices: 32,
    };
    let order = shuffled(election.voters.len(), rng);
    let bar = ProgressBar::hidden();
    let seed = rng.next_u64();
    let sealed = voters::ballots(election, &order, seed, &bar)?;
    // People enter in one order and vote in another.
    let entered = voters::enter(election, &way, shuffled(election.voters.len(), rng), &bar).await?;
    let by_voter: BTreeMap<usize, &Entered> = entered.iter().map(|one| (one.voter, one)).collect();

    let mut casts = Vec::new();
    for (voter, of_one) in order.iter().zip(sealed) {
        let ballot = of_one.into_iter().next().ok_or_else(|| Failure::new("a voter has no ballot"))?;
        let one = by_voter.get(voter).ok_or_else(|| Failure::new("a voter has not entered"))?;
        casts.push((*voter, one.session.expose_token().to_owned(), ballot));
    }
    let half = casts.len() / 2;
    let late = casts.split_off(half);
    let mut done = vote(&house, casts, manner).await?;

    // Concurrent voting goes on while the machine is seized: what is in flight then is in flight.
    let during = folder.join("during");
    let in_flight = match manner {
        Manner::Serial => {
            copy(&house, &during)?;
            let counts = count(&house).await?;
            done.extend(vote(&house, late, manner).await?);
            counts
        }
        Manner::Concurrent => {
            let (voted, copied) = tokio::join!(vote(&house, late, manner), async {
                tokio::time::sleep(Duration::from_millis(60)).await;
                copy(&house, &during)?;
                count(&house).await
            });
            done.extend(voted?);
            copied?
        }
    };

    house.plan.clock.set(election.rehearsal.manifest.reception_end().saturating_add(15))?;
    house.wait_for("closed")?;
    let (site, two) = (house.first()?, election.two());
    let exported = desk::in_the_end(site, &two, "export")?;
    let after = folder.join("after");
    copy(&house, &after)?;
    desk::together(site, &two, "destroy-box-key", &[])?;
    let destroyed = folder.join("destroyed");
    copy(&house, &destroyed)?;

    let board_folder = PathBuf::from(desk::text(&exported, "folder")?).join("board");
    let size = exported.get("ballots").and_then(serde_json::Value::as_u64).unwrap_or(0);
    let board = entries(&board_folder, size)?;
    let truth = Truth { ballots: places(&board, &done)?, epochs: epochs_of(&board_folder)? };
    let voters = done.iter().map(|(voter, token, _)| marks(election, *voter, token)).collect();
    let House { servers, clusters, .. } = house;
    servers.into_iter().try_for_each(crate::lab::server::Server::stop)?;
    let house = Closed { clusters };
    Ok(Seizure { board, truth, halfway: half, voters, during, after, destroyed, in_flight, house })
}

fn shuffled(count: usize, rng: &mut ChaCha20Rng) -> Vec<usize> {
    let mut places: Vec<(u64, usize)> = (0..count).map(|place| (rng.next_u64(), place)).collect();
    places.sort_unstable();
    places.into_iter().map(|(_, place)| place).collect()
}

/// A voter, the session's token, and the ballot.
type Cast = (usize, String, Vec<u8>);

/// Casts; the answer is in the order of the promises.
async fn vote(house: &House, casts: Vec<Cast>, manner: Manner) -> Result<Vec<Cast>, Failure> {
    let url = house.first()?.url();
    let (mut tasks, seats) = (JoinSet::new(), Arc::new(Semaphore::new(manner.seats())));
    let mut done = Vec::new();
    for cast in casts {
        let seat = Arc::clone(&seats).acquire_owned().await.map_err(|why| Failure::new(why.to_string()))?;
        let url = url.clone();
        tasks.spawn(async move {
            let mut wire = Wire::new(&url);
            let path = "/api/v1/session/ballots";
            let request = wire.post(path, Some(&cast.1), "application/octet-stream", &cast.2);
            let reply = wire.ask(&request).await;
            drop(seat);
            match reply {
                Ok(reply) if reply.status == 200 => Ok(cast),
                Ok(reply) => Err(Failure::new(format!("{} {}", reply.status, String::from_utf8_lossy(&reply.body)))),
                Err(why) => Err(why),
            }
        });
        while let Some(one) = tasks.try_join_next() {
            done.push(one.map_err(|why| Failure::new(why.to_string()))??);
        }
    }
    while let Some(one) = tasks.join_next().await {
        done.push(one.map_err(|why| Failure::new(why.to_string()))??);
    }
    Ok(done)
}

/// Where on the board each ballot stands.
fn places(board: &[Vec<u8>], done: &[Cast]) -> Result<Vec<usize>, Failure> {
    let leaves: BTreeMap<_, usize> = board.iter().enumerate().map(|(place, entry)| (leaf_hash(entry), place)).collect();
    done.iter()
        .map(|(_, _, ballot)| leaves.get(&leaf_hash(ballot)).copied().ok_or_else(|| Failure::new("a ballot is not on the board")))
        .collect()
}

/// Where each epoch ends.
fn epochs_of(board: &Path) -> Result<Vec<usize>, Failure> {
    let mut ends = Vec::new();
    for path in walk(&board.join("checkpoints"))? {
        let bytes = std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
        let signed = SignedCheckpoint::parse(&bytes).map_err(|why| Failure::new(why.to_string()))?;
        ends.push(usize::try_from(signed.claimed().size).unwrap_or(0));
    }
    ends.dedup();
    Ok(ends.into_iter().filter(|end| *end > 0).collect())
}

/// What stands for a voter on a disk.
fn marks(election: &Election, voter: usize, token: &str) -> VoterMarks {
    let bytes = Base64UrlUnpadded::decode_vec(token).unwrap_or_default();
    let account = bytes.first_chunk::<8>().map(|head| i64::from_le_bytes(*head)).unwrap_or(0);
    let Some(known) = election.voters.get(voter) else { return VoterMarks { account, ..VoterMarks::default() } };
    let texts = [&known.user, &known.name, &known.clave, &known.email, &known.phone].map(String::clone).to_vec();
    VoterMarks { account, texts, tokens: vec![bytes, known.token.to_vec()] }
}

/// Copies every file of the machine at one instant: all of its programs stand still meanwhile.
fn copy(house: &House, to: &Path) -> Outcome {
    let mut programs: Vec<u32> = house.servers.iter().map(crate::lab::server::Server::pid).collect();
    programs.extend(house.clusters.iter().flat_map(crate::lab::postgres::Cluster::processes));
    let stopped = programs.iter().try_for_each(|pid| process::signal(*pid, "-STOP"));
    let copied = stopped.and_then(|()| copy_files(house, to));
    let resumed = programs.iter().try_for_each(|pid| process::signal(*pid, "-CONT"));
    copied.and(resumed)
}

fn copy_files(house: &House, to: &Path) -> Outcome {
    std::fs::create_dir_all(to).map_err(|error| Failure::file(to, &error))?;
    let site = house.first()?;
    // Not the passwords, nor what the staff brings along.
    let mut from = vec![site.data(), site.config(), site.log()];
    from.extend(house.clusters.iter().map(|cluster| cluster.folder().to_owned()));
    for path in from.into_iter().filter(|path| path.exists()) {
        let answer = Command::new("cp").arg("-a").arg(&path).arg(to).output();
        let failed = |why: String| Failure::new(format!("cp {}: {why}", path.display()));
        let answer = answer.map_err(|error| failed(error.to_string()))?;
        if !answer.status.success() {
            return Err(failed(String::from_utf8_lossy(&answer.stderr).into_owned()));
        }
    }
    Ok(())
}
