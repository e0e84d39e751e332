//! A whole election in memory, stage by stage, for tests, benchmarks and large records.
//!
//! Everything is done by the code of the real ceremony; what is left out is people, files and
//! sealed secrets. Between two stages a test may change what lies in [`Rehearsal::files`].

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "it serves tests, which fail where it panics"
)]

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

use rand_core::CryptoRng;

use super::Keys;
use crate::acta::{Acta, ActaContent};
use crate::ballot::{CastBallot, PlaintextBallot, PreparedBallot, TextBlock};
use crate::board::checkpoint::{Checkpoint, LogKeys, SignedCheckpoint, origin};
use crate::board::epoch::Waiting;
use crate::board::receipt::ReceiptList;
use crate::board::{MerkleTree, bundle::BundleWriter, leaf_hash};
use crate::credential::{
    Credential, CredentialLists, HalfList, HalfRole, HalfSecrets, RollRecord, RollVersion, VersionKind, pool, roll_root,
};
use crate::decrypt::{PartialDecryption, open};
use crate::encoding::{Decode, Encode};
use crate::hash::{sha256, tagged_hash};
use crate::ids::{CustodianIndex, RollId, TrackingCode};
use crate::keygen::trial::{Trial, trial_partial};
use crate::keygen::{KeyShare, KeyTranscript, certify, round1, round2, round3};
use crate::manifest::{Manifest, ValidManifest};
use crate::record::{self, Seal, Source};
use crate::tally::{Aggregates, Marked, Participation, Results};
use crate::verify::{self, Election};
use zeroize::Zeroizing;

/// A record in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryRecord(pub BTreeMap<String, Vec<u8>>);

impl Source for MemoryRecord {
    type Error = Infallible;

    fn files(&self) -> Result<Vec<(String, u64)>, Infallible> {
        let length = |bytes: &Vec<u8>| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(self.0.iter().map(|(path, bytes)| (path.clone(), length(bytes))).collect())
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Infallible> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = self.0.get(path).and_then(|bytes| bytes.get(start..)).unwrap_or_default();
        for (to, from) in buffer.iter_mut().zip(bytes) {
            *to = *from;
        }
        Ok(())
    }
}

/// An election in the making.
#[derive(Debug)]
pub struct Rehearsal {
    /// Everybody's signing keys.
    pub keys: Keys,
    /// The manifest.
    pub manifest: ValidManifest,
    /// The record so far.
    pub files: MemoryRecord,
    /// Entries per credential list.
    pub counts: Vec<u32>,
    /// The custodians' shares.
    pub shares: Vec<KeyShare>,
    halves: Option<(HalfSecrets, HalfSecrets)>,
    lists: Option<CredentialLists>,
    /// The sealed election.
    pub election: Option<Election>,
    /// Votes per contest and option, as the voters meant them.
    pub expected: Vec<Vec<u64>>,
    marked: BTreeMap<(u32, u32), u64>,
}

impl Rehearsal {
    /// Freezes a manifest.
    ///
    /// # Panics
    /// If it is not valid: it is a test's.
    #[must_use]
    pub fn new(manifest: Manifest, keys: Keys) -> Self {
        let manifest = manifest.validate().expect("the example manifest is valid");
        let expected = manifest.shapes().iter().map(|shape| alloc::vec![0; shape.options]).collect();
        let mut rehearsal = Self {
            keys,
            manifest,
            files: MemoryRecord::default(),
            counts: Vec::new(),
            shares: Vec::new(),
            halves: None,
            lists: None,
            election: None,
            expected,
            marked: BTreeMap::new(),
        };
        let bytes = rehearsal.manifest.to_bytes();
        rehearsal.put(record::MANIFEST, bytes);
        rehearsal
    }

    /// Writes a file.
    pub fn put(&mut self, path: &str, bytes: Vec<u8>) {
        self.files.0.insert(path.into(), bytes);
    }

    /// Everything up to the seal.
    #[must_use]
    pub fn sealed(manifest: Manifest, keys: Keys, counts: &[u32], rng: &mut dyn CryptoRng) -> Self {
        let mut rehearsal = Self::new(manifest, keys);
        let roll_id = rehearsal.roll(counts);
        rehearsal.credentials(roll_id, rng);
        rehearsal.key_ceremony(rng);
        rehearsal.seal(roll_id, rng);
        rehearsal
    }

    /// Commits to a roll of people who do not exist.
    pub fn roll(&mut self, counts: &[u32]) -> RollId {
        let manifest_hash = self.manifest.hash();
        let entries = counts.iter().sum();
        let root = roll_root((0..entries).map(|number| tagged_hash("rehearsed-entry", &[&number.to_le_bytes()])));
        let version = RollVersion {
            kind: VersionKind::Base,
            document: "rehearsal".into(),
            file: sha256(&[b"rehearsal"]),
            entries,
            at: self.manifest.calendar.roll_loaded,
            chain: [0; 32],
        };
        let versions = alloc::vec![version.chained(&manifest_hash, None)];
        let roll = RollRecord::sign(manifest_hash, versions, counts.to_vec(), root, &self.keys.registrar);
        self.counts = counts.to_vec();
        self.put(record::ROLL, roll.to_bytes());
        roll.roll_id()
    }

    /// Draws, publishes and pools both halves of every credential.
    pub fn credentials(&mut self, roll_id: RollId, rng: &mut dyn CryptoRng) {
        let registrar = HalfSecrets::generate(HalfRole::Registrar, &self.counts, rng);
        let server = HalfSecrets::generate(HalfRole::Server, &self.counts, rng);
        let first = registrar.publish(roll_id, &self.keys.registrar, rng);
        let second = server.publish(roll_id, &self.keys.server, rng);
        let lists = pool(&first, &second).expect("fresh halves are distinct");
        self.put(record::REGISTRAR, first.to_bytes());
        self.put(record::SERVER, second.to_bytes());
        self.put(record::LISTS, lists.to_bytes());
        self.lists = Some(lists);
        self.halves = Some((registrar, server));
    }

    /// An honest ceremony of all custodians.
    pub fn key_ceremony(&mut self, rng: &mut dyn CryptoRng) {
        let ceremony = verify::ceremony(&self.manifest, 0).expect("a valid manifest makes a ceremony");
        let keys = &self.keys.custodians;
        let signer = |index: CustodianIndex| &keys[usize::try_from(index.get()).unwrap() - 1];
        let secrets: Vec<_> = ceremony
            .everyone()
            .map(|index| round1::commit(&ceremony, index, signer(index), rng).unwrap())
            .collect();
        let first: Vec<_> = secrets.iter().map(|secret| secret.message().clone()).collect();
        let second: Vec<_> = ceremony
            .everyone()
            .zip(&secrets)
            .map(|(index, secret)| round2::deal(&ceremony, secret, &first, signer(index)).unwrap())
            .collect();
        let verdicts: Vec<_> = ceremony
            .everyone()
            .zip(&secrets)
            .map(|(index, secret)| {
                round3::verdict(&ceremony, secret, &first, &second, signer(index), rng).unwrap().0
            })
            .collect();
        let mut transcript = KeyTranscript::assemble(&ceremony, first, second, verdicts.clone()).unwrap();
        let uncertified = transcript.clone();
        self.shares.clear();
        for ((index, secret), verdict) in ceremony.everyone().zip(&secrets).zip(&verdicts) {
            let (certificate, share) = certify(&ceremony, secret, verdict, &uncertified, signer(index)).unwrap();
            transcript.certify_with(&ceremony, certificate).unwrap();
            self.shares.push(share);
        }
        let election_keys = transcript.election_keys(&ceremony).unwrap();
        let partials =
            self.shares.iter().map(|share| trial_partial(&ceremony, &election_keys, share, rng).unwrap()).collect();
        let trial = Trial { setup_id: *ceremony.setup_id(), partials };
        self.put(record::KEY_TRANSCRIPT, transcript.to_bytes());
        self.put(record::TRIAL, trial.to_bytes());
    }

    /// Seals the election and verifies what was sealed.
    pub fn seal(&mut self, roll_id: RollId, rng: &mut dyn CryptoRng) {
        let setup_id = self.manifest.setup_id(0);
        let length = |path: &str| u64::try_from(self.files.0[path].len()).unwrap();
        let seal = Seal::compute(&self.files, length, self.manifest.hash(), roll_id, setup_id).unwrap();
        self.put(record::SEAL, seal.to_bytes());
        let (report, election) = verify::sealed(&self.files, rng, &mut ()).unwrap();
        self.election = Some(election.unwrap_or_else(|| panic!("{:#?}", report.checks())));
    }

    /// The sealed election.
    #[must_use]
    pub fn election(&self) -> &Election {
        self.election.as_ref().expect("the election is sealed")
    }

    /// The credential of a roll entry.
    #[must_use]
    pub fn credential(&self, list: u32, place: u32) -> Credential {
        let (registrar, server) = self.halves.as_ref().expect("halves were drawn");
        let lists = self.lists.as_ref().expect("halves were pooled");
        let roll_id = lists.roll_id();
        let first = registrar.issue(roll_id, list, place, &self.keys.registrar).unwrap();
        let second = server.issue(roll_id, list, place, &self.keys.server).unwrap();
        let issuers = (&self.manifest.registrar.key, &self.manifest.server.key);
        Credential::combine(&first, &second, issuers, roll_id, lists).unwrap()
    }

    /// A voter encrypts and casts.
    #[must_use]
    pub fn cast(
        &self,
        (list, place): (u32, u32),
        contest: u32,
        option: u32,
        text: Option<Vec<TextBlock>>,
        rng: &mut dyn CryptoRng,
    ) -> CastBallot {
        let key = self.manifest.lists[usize::try_from(list).unwrap()];
        let parameters = &self.election().parameters[usize::try_from(contest).unwrap()];
        let credential = self.credential(list, place).for_ballot();
        let choice = PlaintextBallot::new(&parameters.shape, option, text.map(Zeroizing::new)).unwrap();
        let prepared = PreparedBallot::encrypt(parameters, key.style, key.unit, credential.key(), choice, rng);
        prepared.cast(&credential, rng)
    }

    /// Notes what a voter meant and that the voter voted.
    pub fn mark(&mut self, list: u32, contest: u32, option: u32) {
        self.expected[usize::try_from(contest).unwrap()][usize::try_from(option).unwrap()] += 1;
        *self.marked.entry((contest, list)).or_default() += 1;
    }

    /// Takes ballots as they arrive, closes the board and signs every checkpoint.
    pub fn close(&mut self, ballots: impl IntoIterator<Item = Vec<u8>>) {
        let election = self.election.as_ref().expect("the election is sealed");
        let id = election.election_id;
        let manifest = &self.manifest;
        let origin = origin(&manifest.log.name, &id);
        let (mut tree, mut writer) = (MerkleTree::new(), BundleWriter::new());
        let mut sizes_and_roots = alloc::vec![(0u64, tree.root())];
        let mut codes = Vec::new();
        let mut files = Vec::new();
        let mut enter = |epoch: Vec<(crate::hash::Hash, Vec<u8>)>| {
            for (hash, ballot) in epoch {
                tree.push_leaf_hash(hash);
                if let Some(bundle) = writer.push(&ballot).unwrap() {
                    files.push((format!("board/{}", bundle.path()), bundle.bytes));
                }
                codes.push(CastBallot::decode(&ballot, &election.shapes).map_or(TrackingCode(hash), |c| c.body.tracking_code()));
            }
            sizes_and_roots.push((tree.size(), tree.root()));
        };
        let mut waiting = Waiting::new(manifest.min_group);
        for ballot in ballots {
            waiting.insert(leaf_hash(&ballot), ballot).expect("ballots differ");
            if let Some(epoch) = waiting.release() {
                enter(epoch);
            }
        }
        if let Some(epoch) = waiting.close() {
            enter(epoch);
        }
        if let Some(bundle) = writer.partial() {
            files.push((format!("board/{}", bundle.path()), bundle.bytes));
        }
        let keys = LogKeys::of_election(
            &id,
            (&manifest.log.name, manifest.log.key),
            manifest.witnesses.iter().map(|witness| (witness.name.as_str(), witness.key)),
        )
        .unwrap();
        let last = sizes_and_roots.len() - 1;
        for (number, (size, root)) in sizes_and_roots.into_iter().enumerate() {
            let checkpoint = Checkpoint { origin: origin.clone(), size, root };
            let mut signed: SignedCheckpoint = checkpoint.sign(&self.keys.log).unwrap();
            if number == 0 || number == last {
                let time = u64::try_from(if number == 0 { manifest.calendar.voting_start } else { manifest.reception_end() }).unwrap();
                for (witness, key) in manifest.witnesses.iter().zip(&self.keys.witnesses) {
                    signed.add_cosignature(checkpoint.cosign(&witness.name, key, time).unwrap(), &keys).unwrap();
                }
            }
            files.push((record::checkpoint(u64::try_from(number).unwrap()), format!("{signed}").into_bytes()));
        }
        let receipts = ReceiptList::new(id, codes).unwrap();
        files.push((record::RECEIPTS.into(), format!("{receipts}").into_bytes()));
        let marked = election
            .participation_lines()
            .into_iter()
            .map(|(contest, list)| Marked { contest, list, voters: self.marked.get(&(contest, list)).copied().unwrap_or(0) })
            .collect();
        let participation =
            Participation::sign(id, manifest.reception_end(), marked, [7; 32], &self.keys.server);
        files.push((record::PARTICIPATION.into(), participation.to_bytes()));
        for (path, bytes) in files {
            self.put(&path, bytes);
        }
    }

    /// The custodians of these numbers decrypt, and everything else is published.
    pub fn publish(&mut self, quorum: &[u32], rng: &mut dyn CryptoRng) -> Results {
        let (report, closed) = verify::closed(&self.files, rng, &mut ()).unwrap();
        let closed = closed.unwrap_or_else(|| panic!("{:#?}", report.checks()));
        let aggregates: &Aggregates = &closed.aggregates;
        self.put(record::AGGREGATES, aggregates.to_bytes());
        let mut partials = Vec::new();
        for index in quorum {
            let place = usize::try_from(*index).unwrap() - 1;
            let partial =
                PartialDecryption::decrypt(aggregates, &self.shares[place], &self.keys.custodians[place], rng);
            self.put(&record::partial(*index), partial.to_bytes());
            partials.push(partial);
        }
        let results = open(aggregates, closed.election.keys.threshold, &partials).unwrap();
        self.put(record::RESULTS, results.to_bytes());
        for contest in 0..u32::try_from(self.expected.len()).unwrap() {
            let figures =
                verify::ActaFigures::of(contest, &closed.election, aggregates, &results, &closed.participation);
            let content = ActaContent {
                election_id: closed.election.election_id,
                contest,
                results: results.hash(),
                place: self.manifest.sites.board.clone(),
                generated_at: self.manifest.reception_end(),
                total: figures.votes.iter().sum(),
                votes: figures.votes,
                voters_marked: figures.marked,
                incidents: Vec::new(),
                protests: Vec::new(),
            };
            let signatures = quorum
                .iter()
                .map(|index| {
                    let key = &self.keys.custodians[usize::try_from(*index).unwrap() - 1];
                    content.sign(CustodianIndex::new(*index).unwrap(), key)
                })
                .collect();
            self.put(&record::acta(contest), Acta { content, signatures }.to_bytes());
        }
        self.sums();
        results
    }

    /// Writes the list of hashes anew.
    pub fn sums(&mut self) {
        self.files.0.remove(record::SUMS);
        let lines: String = self
            .files
            .files()
            .unwrap()
            .iter()
            .map(|(path, length)| verify::sum_line(&self.files, path, *length).unwrap())
            .collect();
        self.put(record::SUMS, lines.into_bytes());
    }
}

/// Reads a half list back, for tests that change one.
///
/// # Panics
/// If the file is none.
#[must_use]
pub fn half_list(files: &MemoryRecord, role: HalfRole) -> HalfList {
    HalfList::from_bytes(&files.0[role.path()]).unwrap()
}
