//! B1 and B2: the board as files, and as a log.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Check;
use super::context::{Context, End};
use super::setup::Election;
use crate::board::bundle::BundleId;
use crate::board::checkpoint::{LogKeys, SignedCheckpoint, VerifiedCheckpoint};
use crate::board::history::{History, HistoryError};
use crate::record::{self, Source};

/// 256 entries of at most 65,535 bytes, each after its length: what is longer is not read.
const LONGEST_BUNDLE: u64 = 256 * (2 + 65_535);

/// B1: all checkpoints, verified, and exactly the bundles that the last one needs.
pub(crate) fn files<S: Source>(
    ctx: &mut Context<'_, S>,
    election: &Election,
) -> Result<Vec<VerifiedCheckpoint>, End<S::Error>> {
    let manifest = &election.manifest;
    let keys = LogKeys::of_election(
        &election.election_id,
        (&manifest.log.name, manifest.log.key),
        manifest.witnesses.iter().map(|witness| (witness.name.as_str(), witness.key)),
    );
    let keys = ctx.decoded(record::MANIFEST, Check::B1_1, keys)?;
    let numbers = ctx.numbered(record::CHECKPOINTS, "");
    if numbers.is_empty() || !numbers.iter().copied().eq((0u32..).take(numbers.len())) {
        return Ok(ctx.report.stop(Check::B1_1, "board/checkpoints: none, or a number is missing; log".to_string())?);
    }
    let mut checkpoints = Vec::with_capacity(numbers.len());
    for number in numbers {
        let path = record::checkpoint(number.into());
        let bytes = ctx.bytes(&path, Check::B1_1)?;
        let verified = SignedCheckpoint::parse(&bytes).and_then(|signed| signed.verify(&keys));
        let verified = verified.map_err(|error| format!("{error}; log"));
        checkpoints.push(ctx.decoded(&path, Check::B1_1, verified)?);
    }
    if checkpoints.first().is_some_and(|first| first.checkpoint().size != 0) {
        return Ok(ctx
            .report
            .stop(Check::B1_1, "board/checkpoints/000000: the board did not begin empty; log".to_string())?);
    }
    let cosignatures: usize = checkpoints.iter().map(|c| c.cosignatures().len()).sum();
    ctx.report.hold(Check::B1_1, format!("{} checkpoints, {cosignatures} cosignatures", checkpoints.len()));

    let size = checkpoints.last().map_or(0, |last| last.checkpoint().size);
    let mut found: BTreeSet<String> =
        ctx.files.keys().filter(|path| path.starts_with(record::ENTRIES)).cloned().collect();
    let bundles = found.len();
    // One after the other until one is absent: a log may have signed any size.
    let mut expected = BundleId::all(size).map(|id| format!("board/{id}"));
    let wrong = match expected.find(|path| !found.remove(path)) {
        Some(path) => Some((path, "is absent")),
        None => found.pop_first().map(|path| (path, "does not belong to a board of this size")),
    };
    if let Some((path, why)) = wrong {
        return Ok(ctx.report.stop(Check::B1_2, format!("{path}: the bundle {why}; log"))?);
    }
    let long = |path: &&String| path.starts_with(record::ENTRIES) && ctx.length(path) > LONGEST_BUNDLE;
    if let Some(path) = ctx.files.keys().find(long) {
        let why = format!("{path}: the bundle is longer than its entries can be; log");
        return Ok(ctx.report.stop(Check::B1_2, why)?);
    }
    ctx.report.hold(Check::B1_2, format!("{size} entries in {bundles} bundles"));
    Ok(checkpoints)
}

/// B2: the board only grew, epochs are as they should be, witnesses signed at both ends.
pub(crate) fn log<S: Source>(
    ctx: &mut Context<'_, S>,
    election: &Election,
    checkpoints: &[VerifiedCheckpoint],
    history: History<'_>,
) -> Result<(), End<S::Error>> {
    let judgement = history.finish();
    let blame = |error: HistoryError| format!("{error}; log");
    ctx.decoded("board", Check::B2_1, judgement.growth.map_err(blame))?;
    let root = checkpoints.last().map(|c| crate::ids::hex(&c.checkpoint().root)).unwrap_or_default();
    ctx.report.hold(Check::B2_1, format!("root {root}"));
    ctx.decoded("board", Check::B2_2, judgement.epochs.map_err(blame))?;
    ctx.report.hold(Check::B2_2, format!("{} epochs", checkpoints.len().saturating_sub(1)));

    let manifest = &election.manifest;
    let quorum = manifest.witness_quorum;
    let ends = [checkpoints.first(), checkpoints.last()];
    for (checkpoint, (name, earliest)) in
        ends.into_iter().flatten().zip([("first", i64::MIN), ("closing", manifest.reception_end())])
    {
        let earliest = if checkpoints.len() == 1 { i64::MIN } else { earliest };
        if let Err(error) = checkpoint.verify_closing(quorum, earliest) {
            return Ok(ctx.report.stop(Check::B2_3, format!("{name} checkpoint: {error}; witnesses"))?);
        }
    }
    let before = checkpoints.split_last().map_or(&[][..], |(_, before)| before);
    let end = u64::try_from(manifest.reception_end()).unwrap_or(0);
    if let Some(number) = before.iter().position(|c| c.cosignatures().iter().any(|signed| signed.time >= end)) {
        let place = record::checkpoint(u64::try_from(number).unwrap_or(u64::MAX));
        return Ok(ctx
            .report
            .stop(Check::B2_3, format!("{place}: signed after the end of reception, but not the last; witnesses"))?);
    }
    let closing = checkpoints.last().map_or(0, |c| c.cosignatures().len());
    ctx.report.hold(Check::B2_3, format!("{closing} of {quorum} needed on the closing checkpoint"));
    Ok(())
}
