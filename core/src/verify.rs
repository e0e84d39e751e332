//! The numbered checks (`spec/verification.md`), over a record and nothing else.
//!
//! The checks run phase by phase in the order of the specification. A phase that cannot go on
//! ends the run, and every check that was not answered counts as failed: the verifier fails closed.
//!
//! A record grows, and so can be verified at several points:
//!
//! - [`device`](fn@device): of the sealed record, what a voter's device needs to encrypt;
//! - [`sealed`]: before the first ballot (M1.1 to E1.2), by whoever makes or takes ballots;
//! - [`closed`]: after the close (to N1.3), by a custodian before decrypting;
//! - [`record`](fn@record): when all is published, by anyone.

mod ballots;
mod board;
mod check;
mod context;
mod credentials;
mod files;
mod report;
mod setup;
mod tally;
mod writeins;

use rand_core::CryptoRng;

#[cfg(any(test, feature = "test-util"))]
pub(crate) use ballots::Ballots;
pub use check::Check;
use context::{Context, End};
pub use context::{Phase, Progress};
pub use files::{find_code, sum_line};
pub use report::{CheckResult, ContestTexts, Linking, Report};
pub use setup::{CredentialKeys, DeviceElection, Election, ceremony};
pub use tally::ActaFigures;
pub(crate) use tally::aggregate;
pub use writeins::write_in_figures;

use crate::board::checkpoint::VerifiedCheckpoint;
use crate::board::history::History;
use crate::record::Source;
use crate::tally::{Aggregates, Participation};

/// An election whose board is closed, as a custodian's own tool recomputed it.
#[derive(Clone, Debug)]
pub struct ClosedElection {
    /// The election as sealed.
    pub election: Election,
    /// What the roll side knows.
    pub participation: Participation,
    /// The aggregates that the ballots give.
    pub aggregates: Aggregates,
}

fn run<S: Source, T>(
    source: &S,
    rng: &mut (impl CryptoRng + ?Sized),
    progress: &mut dyn Progress,
    phases: impl FnOnce(&mut Context<'_, S>) -> Result<T, End<S::Error>>,
) -> Result<(Report, Option<T>), S::Error> {
    let mut rng = rng;
    let mut ctx = Context::new(source, &mut rng, progress)?;
    match phases(&mut ctx) {
        Ok(value) => Ok((ctx.report, Some(value))),
        Err(End::Stop) => Ok((ctx.report, None)),
        Err(End::Source(error)) => Err(error),
    }
}

/// Verifies what was sealed before the first ballot.
///
/// # Errors
/// If the source cannot be read. A check that fails is no error: the report names it.
pub fn sealed<S: Source>(
    source: &S,
    rng: &mut (impl CryptoRng + ?Sized),
    progress: &mut dyn Progress,
) -> Result<(Report, Option<Election>), S::Error> {
    run(source, rng, progress, setup::setup)
}

/// Verifies what a voter's device needs: manifest, roll record, key transcript and seal. The report
/// answers no other check. The caller compares the election id with the one that it has from elsewhere.
///
/// # Errors
/// If the source cannot be read. A check that fails is no error: the report names it.
pub fn device<S: Source>(
    source: &S,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(Report, Option<DeviceElection>), S::Error> {
    run(source, rng, &mut (), setup::device)
}

/// Verifies everything up to the close and computes the aggregates.
///
/// # Errors
/// If the source cannot be read. A check that fails is no error: the report names it.
pub fn closed<S: Source>(
    source: &S,
    rng: &mut (impl CryptoRng + ?Sized),
    progress: &mut dyn Progress,
) -> Result<(Report, Option<ClosedElection>), S::Error> {
    run(source, rng, progress, closed_phases)
}

fn closed_phases<S: Source>(ctx: &mut Context<'_, S>) -> Result<ClosedElection, End<S::Error>> {
    let election = setup::setup(ctx)?;
    let checkpoints = board::files(ctx, &election)?;
    let size = checkpoints.last().map_or(0, |last| last.checkpoint().size);
    let signed = checkpoints.iter().map(VerifiedCheckpoint::checkpoint);
    let mut history = History::new(signed, election.manifest.min_group);
    let ballots = ballots::ballots(ctx, &election, size, &mut history)?;
    board::log(ctx, &election, &checkpoints, history)?;
    let participation = tally::participation(ctx, &election, &ballots)?;
    let aggregates = aggregate(&election, &ballots);
    Ok(ClosedElection { election, participation, aggregates })
}

/// Verifies a whole record.
///
/// # Errors
/// If the source cannot be read. A check that fails is no error: the report names it.
pub fn record<S: Source>(
    source: &S,
    rng: &mut (impl CryptoRng + ?Sized),
    progress: &mut dyn Progress,
) -> Result<(Report, Option<ClosedElection>), S::Error> {
    run(source, rng, progress, |ctx| {
        files::names(ctx)?;
        let closed = closed_phases(ctx)?;
        let (election, aggregates) = (&closed.election, &closed.aggregates);
        tally::aggregates(ctx, election, aggregates)?;
        let partials = tally::partials(ctx, election, aggregates)?;
        let results = tally::results(ctx, election, aggregates, &partials)?;
        writeins::writeins(ctx, election, aggregates, &results)?;
        tally::actas(ctx, election, aggregates, &results, &closed.participation)?;
        let size = ctx.report.ballots;
        files::receipts(ctx, election, size)?;
        files::sums(ctx)?;
        Ok(closed)
    })
}
