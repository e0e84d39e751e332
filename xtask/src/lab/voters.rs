//! Many voters at once: they enter, and have their ballots ready.

use std::path::Path;
use std::sync::Arc;

use escrutinio_core::ballot::CastBallot;
use escrutinio_driver::{Api, Booth, Cost, Device, Factor, FirstAccess, Outbox, Session};
use indicatif::ProgressBar;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use rayon::prelude::*;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::clock::ClockFile;
use super::election::Election;
use crate::shell::{Failure, Outcome};

/// The devices of thousands of voters share one machine: their keys are derived cheaply. The server
/// sees no difference.
const CHEAP: Cost = Cost { memory_kib: 8, passes: 1 };

/// A voter who has entered.
#[derive(Debug)]
pub(crate) struct Entered {
    /// The place in [`Election::voters`].
    pub(crate) voter: usize,
    pub(crate) device: Device,
    pub(crate) session: Session,
}

/// Where voters go, and how.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) apis: Vec<Api>,
    pub(crate) phones: Arc<Outbox>,
    pub(crate) clock: ClockFile,
    pub(crate) factor: Factor,
    /// Devices at work side by side.
    pub(crate) devices: usize,
}

impl Way {
    pub(crate) fn api(&self, number: usize) -> Result<&Api, Failure> {
        let place = number.checked_rem(self.apis.len()).unwrap_or(0);
        self.apis.get(place).ok_or_else(|| Failure::new("no server"))
    }
}

/// First access of these voters, side by side.
pub(crate) async fn enter(
    election: &Arc<Election>,
    way: &Way,
    voters: impl IntoIterator<Item = usize>,
    bar: &ProgressBar,
) -> Result<Vec<Entered>, Failure> {
    let (mut tasks, seats) = (JoinSet::new(), Arc::new(Semaphore::new(way.devices)));
    let mut entered = Vec::new();
    for number in voters {
        let seat = Arc::clone(&seats).acquire_owned().await.map_err(|why| Failure::new(why.to_string()))?;
        let (election, way, bar) = (Arc::clone(election), way.clone(), bar.clone());
        tasks.spawn(async move {
            let one = one(&election, &way, number).await;
            bar.inc(1);
            drop(seat);
            one.map_err(|why| Failure::new(format!("voter {number}: {why}")))
        });
        while let Some(done) = tasks.try_join_next() {
            entered.push(done.map_err(|why| Failure::new(why.to_string()))??);
        }
    }
    while let Some(done) = tasks.join_next().await {
        entered.push(done.map_err(|why| Failure::new(why.to_string()))??);
    }
    entered.sort_unstable_by_key(|one| one.voter);
    Ok(entered)
}

async fn one(election: &Election, way: &Way, number: usize) -> Result<Entered, Failure> {
    let voter = election.voters.get(number).ok_or_else(|| Failure::new("no such voter"))?;
    let mail = election.mail(voter)?;
    let access = FirstAccess {
        mail: &mail,
        phone: &voter.phone,
        password: &voter.password,
        factor: way.factor,
        cost: Some(CHEAP),
    };
    let now = || way.clock.now();
    let mut rng = ChaCha20Rng::seed_from_u64(u64::try_from(number).unwrap_or(0));
    let (device, session) = Device::first_access(way.api(number)?, &way.phones, &now, &access, &mut rng).await?;
    Ok(Entered { voter: number, device, session })
}

/// Every voter's ballots, contest by contest, each with the voter's place: sealed on all cores.
pub(crate) fn ballots(
    election: &Election,
    voters: &[usize],
    seed: u64,
    bar: &ProgressBar,
) -> Result<Vec<Vec<Vec<u8>>>, Failure> {
    let sealed = voters.par_iter().map(|number| {
        let voter = election.voters.get(*number).ok_or_else(|| Failure::new("no such voter"))?;
        let mut rng = ChaCha20Rng::seed_from_u64(seed ^ (u64::try_from(*number).unwrap_or(0) << 20));
        let (first, second) = election.rehearsal.issued(0, voter.place);
        let booth = Booth::enter(Arc::clone(&election.record), &first, &second)?;
        let mut ballots = Vec::new();
        for contest in booth.contests() {
            let options = u32::try_from(booth.shape(contest)?.options).unwrap_or(1).max(1);
            let option = rng.next_u32().checked_rem(options).unwrap_or(0);
            ballots.push(booth.seal(contest, option, None, &mut rng)?.bytes);
            bar.inc(1);
        }
        Ok(ballots)
    });
    sealed.collect()
}

/// The same, kept in a file: making them takes longer than casting them.
pub(crate) fn ballots_kept(
    election: &Election,
    voters: &[usize],
    file: &Path,
    bar: &ProgressBar,
) -> Result<Vec<Vec<Vec<u8>>>, Failure> {
    let shapes = &election.record.election.shapes;
    let lengths: Vec<usize> = shapes.iter().map(CastBallot::encoded_length).collect();
    let of_one: usize = lengths.iter().sum();
    let whole = of_one.saturating_mul(voters.len());
    if std::fs::metadata(file).is_ok_and(|known| usize::try_from(known.len()) == Ok(whole)) {
        let bytes = std::fs::read(file).map_err(|error| Failure::file(file, &error))?;
        return Ok(bytes
            .chunks_exact(of_one.max(1))
            .map(|mut rest| {
                let take = |length: &usize| {
                    let (ballot, tail) = rest.split_at_checked(*length).unwrap_or((rest, &[]));
                    rest = tail;
                    ballot.to_vec()
                };
                lengths.iter().map(take).collect()
            })
            .collect());
    }
    let ballots = ballots(election, voters, 1, bar)?;
    keep(file, &ballots)?;
    Ok(ballots)
}

fn keep(file: &Path, ballots: &[Vec<Vec<u8>>]) -> Outcome {
    let part = file.with_extension("part");
    let write = || -> std::io::Result<()> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut out = std::io::BufWriter::new(std::fs::File::create(&part)?);
        for ballot in ballots.iter().flatten() {
            std::io::Write::write_all(&mut out, ballot)?;
        }
        std::io::Write::flush(&mut out)?;
        std::fs::rename(&part, file)
    };
    write().map_err(|error| Failure::file(file, &error))
}
