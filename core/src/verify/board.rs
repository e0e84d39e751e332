//! B1 and B2: the board as files, and as a log.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Check;
use super::ballots::Leaves;
use super::context::{Context, End};
use super::setup::Election;
use crate::board::bundle::BundleId;
use crate::board::checkpoint::{LogKeys, SignedCheckpoint, VerifiedCheckpoint};
use crate::board::MerkleTree;
use crate::hash::Hash;
use crate::record::{self, Source};

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
        return Ok(ctx.report.stop(Check::B1_1, "board/checkpoints/000000: the board did not begin empty; log".to_string())?);
    }
    let cosignatures: usize = checkpoints.iter().map(|c| c.cosignatures().len()).sum();
    ctx.report.hold(Check::B1_1, format!("{} checkpoints, {cosignatures} cosignatures", checkpoints.len()));

    let size = checkpoints.last().map_or(0, |last| last.checkpoint().size);
    let expected: BTreeSet<String> = BundleId::all(size).map(|id| format!("board/{id}")).collect();
    let found: BTreeSet<String> = ctx.files.keys().filter(|path| path.starts_with(record::ENTRIES)).cloned().collect();
    if let Some(path) = expected.symmetric_difference(&found).next() {
        let why = if found.contains(path) { "does not belong to a board of this size" } else { "is absent" };
        return Ok(ctx.report.stop(Check::B1_2, format!("{path}: the bundle {why}; log"))?);
    }
    ctx.report.hold(Check::B1_2, format!("{size} entries in {} bundles", expected.len()));
    Ok(checkpoints)
}

/// Watches the leaves pass: roots at every checkpoint, order and size of epochs.
pub(crate) struct Log<'a> {
    checkpoints: &'a [VerifiedCheckpoint],
    tree: MerkleTree,
    /// The next checkpoint to be reached.
    next: usize,
    min_group: u64,
    previous: Option<Hash>,
    /// Highest hash of each epoch that still waits for `min_group` higher entries after it, with how
    /// many it has seen.
    waiting: BTreeMap<Hash, (usize, u64)>,
    bad_root: Option<String>,
    bad_epoch: Option<String>,
}

impl<'a> Log<'a> {
    pub(crate) fn new(checkpoints: &'a [VerifiedCheckpoint], min_group: u32) -> Self {
        let mut log = Self {
            checkpoints,
            tree: MerkleTree::new(),
            next: 0,
            min_group: min_group.into(),
            previous: None,
            waiting: BTreeMap::new(),
            bad_root: None,
            bad_epoch: None,
        };
        log.reach();
        log
    }

    /// Compares the root with the checkpoints of this size, and closes the epoch.
    fn reach(&mut self) {
        while let Some(checkpoint) = self.checkpoints.get(self.next).map(VerifiedCheckpoint::checkpoint) {
            if checkpoint.size > self.tree.size() {
                return;
            }
            let number = self.next;
            let place = || record::checkpoint(u64::try_from(number).unwrap_or(u64::MAX));
            let before = number.checked_sub(1).and_then(|n| self.checkpoints.get(n)).map(|c| c.checkpoint().size);
            if before.is_some_and(|before| before >= checkpoint.size) {
                self.bad_root.get_or_insert_with(|| format!("{}: the board did not grow; log", place()));
            } else if checkpoint.root != self.tree.root() {
                self.bad_root.get_or_insert_with(|| format!("{}: not the root of {} entries; log", place(), checkpoint.size));
            }
            let size = checkpoint.size.saturating_sub(before.unwrap_or(0));
            let last = number.saturating_add(1) == self.checkpoints.len();
            if number > 0 && !last {
                if size < self.min_group {
                    self.bad_epoch.get_or_insert_with(|| format!("{}: an epoch of {size} entries; log", place()));
                }
                if let Some(highest) = self.previous {
                    self.waiting.insert(highest, (number, 0));
                }
            }
            self.previous = None;
            self.next = number.saturating_add(1);
        }
    }

    /// B2: answers the checks.
    pub(crate) fn finish<S: Source>(
        mut self,
        ctx: &mut Context<'_, S>,
        election: &Election,
    ) -> Result<(), End<S::Error>> {
        if let Some(why) = self.bad_root {
            return Ok(ctx.report.stop(Check::B2_1, why)?);
        }
        let root = self.checkpoints.last().map(|c| crate::ids::hex(&c.checkpoint().root)).unwrap_or_default();
        ctx.report.hold(Check::B2_1, format!("root {root}"));
        if let Some((_, (number, seen))) = self.waiting.pop_first() {
            let place = record::checkpoint(u64::try_from(number).unwrap_or(u64::MAX));
            self.bad_epoch.get_or_insert_with(|| {
                format!("{place}: only {seen} later entries stand above the epoch's highest hash; log")
            });
        }
        if let Some(why) = self.bad_epoch {
            return Ok(ctx.report.stop(Check::B2_2, why)?);
        }
        ctx.report.hold(Check::B2_2, format!("{} epochs", self.checkpoints.len().saturating_sub(1)));

        let manifest = &election.manifest;
        let quorum = manifest.witness_quorum;
        let ends = [self.checkpoints.first(), self.checkpoints.last()];
        for (checkpoint, (name, earliest)) in
            ends.into_iter().flatten().zip([("first", i64::MIN), ("closing", manifest.reception_end())])
        {
            let earliest = if self.checkpoints.len() == 1 { i64::MIN } else { earliest };
            if let Err(error) = checkpoint.verify_quorum(quorum).and_then(|()| checkpoint.verify_not_before(earliest)) {
                return Ok(ctx.report.stop(Check::B2_3, format!("{name} checkpoint: {error}; witnesses"))?);
            }
        }
        let before = self.checkpoints.split_last().map_or(&[][..], |(_, before)| before);
        let end = u64::try_from(manifest.reception_end()).unwrap_or(0);
        if let Some(number) = before.iter().position(|c| c.cosignatures().iter().any(|signed| signed.time >= end)) {
            let place = record::checkpoint(u64::try_from(number).unwrap_or(u64::MAX));
            return Ok(ctx.report.stop(Check::B2_3, format!("{place}: signed after the end of reception, but not the last; witnesses"))?);
        }
        let closing = self.checkpoints.last().map_or(0, |c| c.cosignatures().len());
        ctx.report.hold(Check::B2_3, format!("{closing} of {quorum} needed on the closing checkpoint"));
        Ok(())
    }
}

impl Leaves for Log<'_> {
    fn leaf(&mut self, hash: &Hash) {
        if self.previous.is_some_and(|previous| previous >= *hash) {
            let entry = self.tree.size();
            self.bad_epoch.get_or_insert_with(|| format!("board: entry {entry} is out of order in its epoch; log"));
        }
        self.previous = Some(*hash);
        let mut done = Vec::new();
        for (highest, (_, seen)) in self.waiting.range_mut(..*hash) {
            *seen = seen.saturating_add(1);
            if *seen >= self.min_group {
                done.push(*highest);
            }
        }
        for highest in done {
            self.waiting.remove(&highest);
        }
        self.tree.push_leaf_hash(*hash);
        self.reach();
    }
}
