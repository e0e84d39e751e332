//! M, L, C, K and E: everything that was fixed before the first ballot.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::Check;
use super::context::{Context, End};
use super::credentials;
use crate::credential::RollRecord;
use crate::group::{ElementBytes, Generators};
use crate::ids::{CustodianIndex, ElectionId};
use crate::keygen::trial::Trial;
use crate::keygen::{Ceremony, ElectionKeys, KeyTranscript, KeygenError};
use crate::manifest::{ContestShape, Manifest, ManifestError, ValidManifest};
use crate::point::Point;
use crate::proof::ballot::ContestParameters;
use crate::record::{self, Seal, Source};
use crate::signature::VerifyingKey;

/// The credential lists: bases, and all keys, sorted within each list.
#[derive(Clone, Debug)]
pub struct CredentialKeys {
    keys: Vec<ElementBytes>,
    /// Base, and where the list's keys end.
    lists: Vec<(Point, usize)>,
}

impl CredentialKeys {
    pub(crate) fn new(keys: Vec<ElementBytes>, counts: &[u32], base: Point) -> Self {
        let mut end = 0usize;
        let lists = counts
            .iter()
            .map(|count| {
                end = end.saturating_add(usize::try_from(*count).unwrap_or(usize::MAX));
                (base, end)
            })
            .collect();
        Self { keys, lists }
    }

    /// Keys of several lists, with base and end of each.
    pub(crate) fn of(keys: Vec<ElementBytes>, lists: Vec<(Point, usize)>) -> Self {
        Self { keys, lists }
    }

    pub(crate) fn sort(&mut self) {
        let mut start = 0usize;
        for (_, end) in &self.lists {
            if let Some(list) = self.keys.get_mut(start..*end) {
                list.sort_unstable();
            }
            start = *end;
        }
    }

    /// All keys of all lists.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    fn range(&self, list: u32) -> Option<(&Point, usize, usize)> {
        let list = usize::try_from(list).ok()?;
        let (base, end) = self.lists.get(list)?;
        let start = list.checked_sub(1).and_then(|before| self.lists.get(before)).map_or(0, |(_, end)| *end);
        Some((base, start, *end))
    }

    /// Base and keys of every list.
    #[must_use]
    pub fn lists(&self) -> Vec<(&Point, &[ElementBytes])> {
        (0u32..)
            .map_while(|list| self.range(list))
            .map(|(base, start, end)| (base, self.keys.get(start..end).unwrap_or_default()))
            .collect()
    }

    /// Place of a key among all keys, if it is on the list.
    #[must_use]
    pub fn find(&self, list: u32, key: &ElementBytes) -> Option<usize> {
        let (_, start, end) = self.range(list)?;
        let place = self.keys.get(start..end)?.binary_search(key).ok()?;
        place.checked_add(start)
    }
}

/// An election as it was sealed: what a ballot is made and checked against.
#[derive(Clone, Debug)]
pub struct Election {
    /// The manifest.
    pub manifest: ValidManifest,
    /// The election id.
    pub election_id: ElectionId,
    /// The custodians' public keys.
    pub keys: ElectionKeys,
    /// Shapes of the contests.
    pub shapes: Vec<ContestShape>,
    /// What ballots of each contest share.
    pub parameters: Vec<ContestParameters>,
    /// The credential lists.
    pub credentials: CredentialKeys,
}

impl Election {
    /// The base of a credential list.
    #[must_use]
    pub fn base(&self, list: u32) -> Option<&Point> {
        self.credentials.range(list).map(|(base, _, _)| base)
    }

    /// Place of a key among all credentials, if it is on the list.
    #[must_use]
    pub fn credential(&self, list: u32, key: &ElementBytes) -> Option<usize> {
        self.credentials.find(list, key)
    }

    /// The signing key of a custodian.
    #[must_use]
    pub fn custodian_key(&self, index: CustodianIndex) -> Option<&VerifyingKey> {
        let place = usize::try_from(index.get()).ok()?.checked_sub(1)?;
        self.manifest.custodians.get(place).map(|custodian| &custodian.key)
    }

    /// One (contest, list) for every contest of every list, in order.
    #[must_use]
    pub fn participation_lines(&self) -> Vec<(u32, u32)> {
        let mut lines: Vec<(u32, u32)> = (0u32..)
            .zip(&self.manifest.lists)
            .flat_map(|(number, list)| {
                (0u32..)
                    .take(self.shapes.len())
                    .filter(|contest| self.manifest.style_has(list.style, *contest))
                    .map(move |contest| (contest, number))
            })
            .collect();
        lines.sort_unstable();
        lines
    }
}

/// What a voter's device knows of an election before it encrypts: what a ballot is made against. Of the
/// credential lists it has only the hash; it looks its own key up in a bucket.
#[derive(Clone, Debug)]
pub struct DeviceElection {
    /// The manifest.
    pub manifest: ValidManifest,
    /// The election id.
    pub election_id: ElectionId,
    /// The roll record.
    pub roll: RollRecord,
    /// The seal.
    pub seal: Seal,
    /// Shapes of the contests.
    pub shapes: Vec<ContestShape>,
    /// What ballots of each contest share.
    pub parameters: Vec<ContestParameters>,
}

/// The checks of M1, L1, K1 to K3 and E1 that manifest, roll record, key transcript and seal answer by
/// themselves. The seal's other hashes are believed: who knows the election id from elsewhere knows them.
pub(crate) fn device<S: Source>(ctx: &mut Context<'_, S>) -> Result<DeviceElection, End<S::Error>> {
    let manifest = manifest(ctx)?;
    let roll = roll(ctx, &manifest)?;
    let (ceremony, keys) = key_transcript(ctx, &manifest)?;
    let seal: Seal = ctx.object(record::SEAL, Check::E1_1)?;
    ctx.report.hold(Check::E1_1, "readable".to_string());
    let path = record::KEY_TRANSCRIPT;
    let key_record = record::file_hash(ctx.source, path, ctx.length(path), "key-record").map_err(End::Source)?;
    let same = seal.manifest_hash == manifest.hash()
        && seal.roll_id == roll.roll_id()
        && seal.setup_id == *ceremony.setup_id()
        && seal.key_record == key_record;
    if !same {
        return Ok(ctx
            .report
            .stop(Check::E1_2, format!("{}: not the hashes of this record; publisher", record::SEAL))?);
    }
    let election_id = seal.election_id();
    ctx.report.hold(Check::E1_2, election_id.to_string());
    ctx.report.election_id = Some(election_id);
    let (shapes, parameters) = parameters(&manifest, election_id, &keys);
    Ok(DeviceElection { manifest, election_id, roll, seal, shapes, parameters })
}

/// Checks M1.1 to E1.2 and returns the sealed election.
pub(crate) fn setup<S: Source>(ctx: &mut Context<'_, S>) -> Result<Election, End<S::Error>> {
    let manifest = manifest(ctx)?;
    let roll = roll(ctx, &manifest)?;
    let pooled = credentials::pooled(ctx, &manifest, roll.roll_id(), &roll.counts)?;
    let credentials = credentials::mixes(ctx, &manifest, roll.roll_id(), pooled)?;
    credentials::lists(ctx, roll.roll_id(), manifest.credential_mixes, &credentials)?;
    let (ceremony, keys) = keys(ctx, &manifest)?;

    let sealed: Seal = ctx.object(record::SEAL, Check::E1_1)?;
    ctx.report.hold(Check::E1_1, "readable".to_string());
    let length = |path: &str| ctx.length(path);
    let (roll_id, mixes) = (roll.roll_id(), manifest.credential_mixes);
    let recomputed = Seal::compute(ctx.source, length, manifest.hash(), roll_id, mixes, *ceremony.setup_id())
        .map_err(End::Source)?;
    if sealed != recomputed {
        return Ok(ctx
            .report
            .stop(Check::E1_2, format!("{}: not the hashes of this record; publisher", record::SEAL))?);
    }
    let election_id = sealed.election_id();
    ctx.report.hold(Check::E1_2, election_id.to_string());
    ctx.report.election_id = Some(election_id);
    Ok(election(manifest, election_id, keys, credentials))
}

fn election(
    manifest: ValidManifest,
    election_id: ElectionId,
    keys: ElectionKeys,
    credentials: CredentialKeys,
) -> Election {
    let (shapes, parameters) = parameters(&manifest, election_id, &keys);
    Election { manifest, election_id, keys, shapes, parameters, credentials }
}

/// Shapes of the contests, and what ballots of each share.
fn parameters(
    manifest: &ValidManifest,
    election_id: ElectionId,
    keys: &ElectionKeys,
) -> (Vec<ContestShape>, Vec<ContestParameters>) {
    let shapes = manifest.shapes();
    let slots: Vec<Point> = keys.slot_keys.iter().map(|key| Point::new(*key)).collect();
    let first_text = manifest.slots().options;
    let generators = Generators::new();
    let parameters = (0u32..)
        .zip(&shapes)
        .map(|(contest, shape)| ContestParameters {
            election_id,
            contest,
            shape: *shape,
            option_keys: slots.iter().take(shape.options).copied().collect(),
            text_keys: slots.iter().skip(first_text).take(shape.texts).copied().collect(),
            generators: generators.clone(),
        })
        .collect();
    (shapes, parameters)
}

fn manifest<S: Source>(ctx: &mut Context<'_, S>) -> Result<ValidManifest, End<S::Error>> {
    let path = record::MANIFEST;
    let manifest: Manifest = ctx.object(path, Check::M1_1)?;
    ctx.report.manifest_hash = Some(manifest.hash());
    ctx.report.hold(Check::M1_1, manifest.title.clone());
    let figure = format!(
        "{} of {} custodians, {} witnesses needed, groups of {} at least",
        manifest.threshold,
        manifest.custodians.len(),
        manifest.witness_quorum,
        manifest.min_group
    );
    match manifest.validate() {
        Ok(valid) => {
            ctx.report.threshold = Some(valid.threshold);
            ctx.report.hold(Check::M1_2, figure);
            let options: usize = valid.contests.iter().map(|contest| contest.options.len()).sum();
            ctx.report.hold(Check::M1_3, format!("{options} options in {} contests", valid.contests.len()));
            Ok(valid)
        }
        Err(error @ ManifestError::Options(_)) => {
            ctx.report.hold(Check::M1_2, figure);
            Ok(ctx.report.stop(Check::M1_3, format!("{path}: {error}; authority"))?)
        }
        Err(error) => Ok(ctx.report.stop(Check::M1_2, format!("{path}: {error}; authority"))?),
    }
}

fn roll<S: Source>(ctx: &mut Context<'_, S>, manifest: &ValidManifest) -> Result<RollRecord, End<S::Error>> {
    let path = record::ROLL;
    let roll: RollRecord = ctx.object(path, Check::L1_1)?;
    ctx.report.hold(Check::L1_1, format!("{} versions", roll.versions.len()));
    if roll.manifest_hash != manifest.hash() {
        return Ok(ctx.report.stop(Check::L1_2, format!("{path}: it is of another manifest; registrar"))?);
    }
    ctx.report.hold(Check::L1_2, manifest.hash().to_string());
    let rules = roll.check_rules(manifest).map_err(|error| format!("{error}; registrar"));
    ctx.decoded(path, Check::L1_3, rules)?;
    let entries: u64 = roll.counts.iter().map(|count| u64::from(*count)).sum();
    ctx.report.hold(Check::L1_3, format!("{entries} entries in {} lists", roll.counts.len()));
    let signed = roll.verify_signature(&manifest.registrar.key).map_err(|error| format!("{error}; registrar"));
    ctx.decoded(path, Check::L1_4, signed)?;
    ctx.report.hold(Check::L1_4, manifest.registrar.name.clone());
    Ok(roll)
}

/// The ceremony of a number, for a manifest.
///
/// # Errors
/// [`KeygenError::Parameters`] if the manifest's numbers make no ceremony; a valid one's do.
pub fn ceremony(manifest: &ValidManifest, number: u32) -> Result<Ceremony, KeygenError> {
    Ceremony::new(
        manifest.hash(),
        number,
        manifest.threshold,
        manifest.minimum_custodians,
        manifest.custodians.iter().map(|custodian| custodian.key).collect(),
        manifest.slots().total(),
    )
}

fn keys<S: Source>(
    ctx: &mut Context<'_, S>,
    manifest: &ValidManifest,
) -> Result<(Ceremony, ElectionKeys), End<S::Error>> {
    let (ceremony, keys) = key_transcript(ctx, manifest)?;
    let path = record::TRIAL;
    let bytes = ctx.bytes(path, Check::K4_1)?;
    let trial = ctx.decoded(path, Check::K4_1, Trial::from_bytes(&bytes, ceremony.slots()))?;
    ctx.decoded(path, Check::K4_1, trial.verify_form(&ceremony, &keys))?;
    ctx.report.hold(Check::K4_1, format!("{} partials", trial.partials.len()));
    ctx.decoded(path, Check::K4_2, trial.verify_partials(&keys))?;
    ctx.report.hold(Check::K4_2, format!("{} proofs", trial.partials.len()));
    ctx.decoded(path, Check::K4_3, trial.verify_result(&keys))?;
    ctx.report.hold(Check::K4_3, format!("{} slots", ceremony.slots()));
    Ok((ceremony, keys))
}

/// Checks K1.1 to K3.1.
fn key_transcript<S: Source>(
    ctx: &mut Context<'_, S>,
    manifest: &ValidManifest,
) -> Result<(Ceremony, ElectionKeys), End<S::Error>> {
    let path = record::KEY_TRANSCRIPT;
    let transcript: KeyTranscript = ctx.object(path, Check::K1_1)?;
    let ceremony = ctx.decoded(path, Check::K1_1, ceremony(manifest, transcript.ceremony))?;
    ctx.decoded(path, Check::K1_1, transcript.verify_form(&ceremony))?;
    ctx.report.hold(Check::K1_1, format!("ceremony {}, {} custodians", transcript.ceremony, transcript.round1.len()));
    ctx.decoded(path, Check::K1_2, transcript.verify_manifest(&ceremony))?;
    ctx.report.hold(Check::K1_2, ceremony.setup_id().to_string());
    let table = transcript.table(&ceremony);
    ctx.decoded(path, Check::K1_3, table.verify_commit_signatures())?;
    ctx.report.hold(Check::K1_3, format!("{} signatures", transcript.round1.len()));
    ctx.decoded(path, Check::K1_4, table.verify_ephemeral_keys())?;
    ctx.report.hold(Check::K1_4, format!("{} proofs", transcript.round1.len()));
    ctx.decoded(path, Check::K2_1, table.verify_later_signatures())?;
    let later = transcript.round2.len().saturating_add(transcript.verdicts.len());
    ctx.report.hold(Check::K2_1, format!("{later} signatures"));
    ctx.decoded(path, Check::K2_2, transcript.verify_excluded(&ceremony))?;
    ctx.report.hold(Check::K2_2, format!("{} excluded", transcript.excluded.len()));
    let keys = ctx.decoded(path, Check::K2_3, transcript.election_keys(&ceremony))?;
    ctx.report.hold(
        Check::K2_3,
        format!("{} keys, any {} of {} custodians", keys.slot_keys.len(), keys.threshold, keys.qualified.len()),
    );
    ctx.decoded(path, Check::K3_1, transcript.verify_certificates(&ceremony, &keys))?;
    ctx.report.hold(Check::K3_1, format!("{} certificates", transcript.certificates.len()));
    Ok((ceremony, keys))
}
