//! One rehearsed vote, seized: who voted when, where the ballots are, and every file at two moments.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::board::{SignedCheckpoint, leaf_hash};
use indicatif::ProgressBar;
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::carve::walk;
use super::stage::Stage;
use super::statistics::{Truth, shuffled};
use super::wanted::VoterMarks;
use crate::lab::desk;
use crate::lab::election::Election;
use crate::lab::house::House;
use crate::lab::process;
use crate::lab::voters;
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
    pub(crate) all: Truth,
    /// The same of those only who had their promise when the first copy was taken.
    pub(crate) early: Truth,
    /// The same of those only whose request was on its way at that moment.
    pub(crate) in_flight: Truth,
    /// Voters, in the order of voting.
    pub(crate) voters: Vec<VoterMarks>,
    /// The disk while people voted, and when everything was over and the box key destroyed.
    pub(crate) during: PathBuf,
    pub(crate) after: PathBuf,
}

/// How far voting is.
#[derive(Clone, Debug, Default)]
struct Progress {
    /// Who waits for an answer.
    asking: BTreeSet<usize>,
    /// Who has the promise, in the order of the promises.
    promised: Vec<usize>,
}

/// Everybody's ballot and session, and how far they are.
#[derive(Debug)]
struct Vote {
    url: String,
    casts: BTreeMap<usize, (String, Vec<u8>)>,
    progress: Mutex<Progress>,
}

/// Plays a vote and takes the copies.
pub(crate) async fn play(
    stage: &mut Stage,
    folder: &Path,
    manner: Manner,
    rng: &mut ChaCha20Rng,
) -> Result<Seizure, Failure> {
    stage.raise()?;
    let order = shuffled(stage.election.voters.len(), rng);
    let vote = Arc::new(prepare(stage, &order, rng.next_u64())?);
    let house = &stage.house;
    let during = folder.join("during");
    let (first, second) = order.split_at(order.len() / 2);
    cast(&vote, first, manner).await?;
    // Concurrent voting goes on while the machine is seized: what is in flight then is in flight.
    let seized = match manner {
        Manner::Serial => {
            let seized = copy(house, &during, &vote)?;
            cast(&vote, second, manner).await?;
            seized
        }
        Manner::Concurrent => {
            let others = tokio::spawn({
                let (vote, second) = (Arc::clone(&vote), second.to_vec());
                async move { cast(&vote, &second, manner).await }
            });
            let some = first.len().saturating_add(second.len() / 8);
            while vote.progress().promised.len() < some && !others.is_finished() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            let seized = copy(house, &during, &vote)?;
            others.await.map_err(|why| Failure::new(why.to_string()))??;
            seized
        }
    };
    let after = folder.join("after");
    let exported = close(stage)?;
    copy(&stage.house, &after, &vote)?;
    stage.strike()?;

    let board_folder = PathBuf::from(desk::text(&exported, "folder")?).join("board");
    let size = exported.get("ballots").and_then(serde_json::Value::as_u64).unwrap_or(0);
    let board = entries(&board_folder, size)?;
    let done = vote.progress().promised;
    let ballots: Vec<(usize, usize)> = places(&board, &vote, &done)?.into_iter().enumerate().collect();
    let epochs = epochs_of(&board_folder)?;
    let left = usize::try_from(stage.election.rehearsal.manifest.min_group).unwrap_or(0);
    let only = |wanted: &dyn Fn(usize) -> bool| Truth {
        ballots: ballots.iter().copied().filter(|(number, _)| wanted(*number)).collect(),
        epochs: epochs.clone(),
        left: Some(left),
    };
    let asking: Vec<bool> = done.iter().map(|voter| seized.asking.contains(voter)).collect();
    let early = only(&|number| number < seized.promised.len());
    let in_flight = only(&|number| asking.get(number).copied().unwrap_or(false));
    let voters = done.iter().map(|voter| marks(&stage.election, &vote, *voter)).collect();
    Ok(Seizure { board, all: only(&|_| true), early, in_flight, voters, during, after })
}

/// Ballots are sealed anew for every vote, or what two votes have in common would be counted twice.
fn prepare(stage: &Stage, order: &[usize], seed: u64) -> Result<Vote, Failure> {
    let sealed = voters::ballots(&stage.election, order, seed, &ProgressBar::hidden())?;
    let mut casts = BTreeMap::new();
    for (voter, of_one) in order.iter().zip(sealed) {
        let ballot = of_one.into_iter().next().ok_or_else(|| Failure::new("a voter has no ballot"))?;
        let token = stage.tokens.get(voter).ok_or_else(|| Failure::new("a voter has not entered"))?;
        casts.insert(*voter, (token.clone(), ballot));
    }
    Ok(Vote { url: stage.house.first()?.url(), casts, progress: Mutex::default() })
}

/// The end of the vote; what the export says.
fn close(stage: &Stage) -> Result<serde_json::Value, Failure> {
    let (house, two) = (&stage.house, stage.election.two());
    house.plan.clock.end_reception(stage.election.rehearsal.manifest.reception_end())?;
    house.wait_for("closed")?;
    let exported = desk::in_the_end(house.first()?, &two, "export")?;
    desk::together(house.first()?, &two, "destroy-box-key", &[])?;
    Ok(exported)
}

impl Vote {
    fn change<T>(&self, how: impl FnOnce(&mut Progress) -> T) -> T {
        how(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn progress(&self) -> Progress {
        self.change(|progress| progress.clone())
    }

    /// Sends a voter's ballot and waits for the promise.
    async fn one(&self, voter: usize) -> Outcome {
        let (token, ballot) = self.casts.get(&voter).ok_or_else(|| Failure::new("no such voter"))?;
        let mut wire = Wire::new(&self.url);
        let request = wire.post("/api/v1/session/ballots", Some(token), "application/octet-stream", ballot);
        self.change(|progress| progress.asking.insert(voter));
        let reply = wire.ask(&request).await?;
        if reply.status != 200 {
            return Err(Failure::new(format!("{} {}", reply.status, String::from_utf8_lossy(&reply.body))));
        }
        self.change(|progress| {
            progress.asking.remove(&voter);
            progress.promised.push(voter);
        });
        Ok(())
    }
}

/// These voters cast, in this order.
async fn cast(vote: &Arc<Vote>, voters: &[usize], manner: Manner) -> Outcome {
    let (mut tasks, seats) = (JoinSet::new(), Arc::new(Semaphore::new(manner.seats())));
    for voter in voters.iter().copied() {
        let seat = Arc::clone(&seats).acquire_owned().await.map_err(|why| Failure::new(why.to_string()))?;
        let vote = Arc::clone(vote);
        tasks.spawn(async move {
            let done = vote.one(voter).await;
            drop(seat);
            done
        });
        while let Some(done) = tasks.try_join_next() {
            done.map_err(|why| Failure::new(why.to_string()))??;
        }
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(|why| Failure::new(why.to_string()))??;
    }
    Ok(())
}

/// Where on the board each ballot stands.
fn places(board: &[Vec<u8>], vote: &Vote, done: &[usize]) -> Result<Vec<usize>, Failure> {
    let leaves: BTreeMap<_, usize> = board.iter().enumerate().map(|(place, entry)| (leaf_hash(entry), place)).collect();
    done.iter()
        .map(|voter| {
            let ballot = vote.casts.get(voter).map(|(_, ballot)| leaf_hash(ballot));
            let place = ballot.and_then(|leaf| leaves.get(&leaf).copied());
            place.ok_or_else(|| Failure::new("a ballot is not on the board"))
        })
        .collect()
}

/// Where each epoch ends.
fn epochs_of(board: &Path) -> Result<Vec<usize>, Failure> {
    let mut ends = BTreeSet::new();
    for path in walk(&board.join("checkpoints"))? {
        let bytes = std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
        let signed = SignedCheckpoint::parse(&bytes).map_err(|why| Failure::new(why.to_string()))?;
        ends.insert(usize::try_from(signed.claimed().size).unwrap_or(0));
    }
    Ok(ends.into_iter().filter(|end| *end > 0).collect())
}

/// What stands for a voter on a disk.
fn marks(election: &Election, vote: &Vote, voter: usize) -> VoterMarks {
    let token = vote.casts.get(&voter).map(|(token, _)| token.as_str()).unwrap_or_default();
    let bytes = Base64UrlUnpadded::decode_vec(token).unwrap_or_default();
    let account = bytes.first_chunk::<8>().map(|head| i64::from_le_bytes(*head)).unwrap_or(0);
    let Some(known) = election.voters.get(voter) else { return VoterMarks { account, ..VoterMarks::default() } };
    let texts = [&known.user, &known.name, &known.clave, &known.email, &known.phone].map(String::clone).to_vec();
    VoterMarks { account, texts, tokens: vec![bytes, known.token.to_vec()] }
}

/// Copies every file of the machine at one instant: all of its programs stand still meanwhile.
/// The answer is how far voting was then.
fn copy(house: &House, to: &Path, vote: &Vote) -> Result<Progress, Failure> {
    let mut programs: Vec<u32> = house.servers.iter().map(crate::lab::server::Server::pid).collect();
    programs.extend(house.clusters.iter().flat_map(crate::lab::postgres::Cluster::processes));
    let stopped = process::signal_all(&programs, "-STOP");
    let progress = vote.progress();
    let copied = stopped.and_then(|()| copy_files(house, to));
    let resumed = process::signal_all(&programs, "-CONT");
    copied.and(resumed).map(|()| progress)
}

fn copy_files(house: &House, to: &Path) -> Outcome {
    std::fs::create_dir_all(to).map_err(|error| Failure::file(to, &error))?;
    let site = house.first()?;
    // Not the passwords, nor what the staff brings along.
    let mut from = vec![site.data(), site.config(), site.log()];
    from.extend(house.clusters.iter().map(|cluster| cluster.folder().to_owned()));
    from.into_iter().filter(|path| path.exists()).try_for_each(|path| duplicate(&path, to))
}

/// Copies a folder or file into a folder, with owners and times.
pub(crate) fn duplicate(from: &Path, to: &Path) -> Outcome {
    let answer = Command::new("cp").arg("-a").arg(from).arg(to).output();
    let failed = |why: String| Failure::new(format!("cp {}: {why}", from.display()));
    let answer = answer.map_err(|error| failed(error.to_string()))?;
    if answer.status.success() { Ok(()) } else { Err(failed(String::from_utf8_lossy(&answer.stderr).into_owned())) }
}
