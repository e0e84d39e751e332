//! A whole election in memory, stage by stage, for tests, benchmarks and large records.
//!
//! Everything is done by the code of the real ceremony; what is left out is people, files and
//! sealed secrets. Between two stages a test may change what lies in [`Rehearsal::files`]. The
//! stages that verify ([`Rehearsal::seal`], [`Rehearsal::publish`]) have a counterpart that does
//! not ([`Rehearsal::reseal`], [`Rehearsal::count`]), for parties that cheat: with it everything
//! after a deceit is made as it would be if the deceit were true.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "it serves tests, which fail where it panics"
)]

mod acts;
mod board;
mod ceremony;
mod count;
mod writeins;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::convert::Infallible;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

pub use ceremony::{Messages, sign_message};

use super::Keys;
use crate::ballot::{CastBallot, PlaintextBallot, PreparedBallot, TextBlock};
use crate::credential::{
    Credential, CredentialLists, CredentialMix, HalfRole, HalfSecrets, IssuedHalf, RollRecord, RollVersion,
    VersionKind, mix_generators, pool, roll_root,
};
use crate::encoding::{Decode, Encode};
use crate::group::decode_scalar;
use crate::hash::{Hash, sha256, tagged_hash};
use crate::ids::{CustodianIndex, ManifestHash, RollId, SetupId};
use crate::keygen::KeyShare;
use crate::manifest::{Manifest, ValidManifest};
use crate::record::{self, Seal, Source};
use crate::secret::SecretScalar;
use crate::verify::{self, Election};

/// A record in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// An election in the making. A copy goes its own way from where it was taken.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// Everybody's signing keys.
    pub keys: Arc<Keys>,
    /// The manifest.
    pub manifest: ValidManifest,
    /// The record so far.
    pub files: MemoryRecord,
    /// Entries per credential list.
    pub counts: Vec<u32>,
    /// The custodians' shares.
    pub shares: Arc<Vec<KeyShare>>,
    /// The sealed election.
    pub election: Option<Election>,
    /// Votes per contest and option, as the voters meant them.
    pub expected: Vec<Vec<u64>>,
    /// Size and root of the board at every checkpoint.
    pub heads: Vec<(u64, Hash)>,
    /// The entries of the board, in order.
    pub entries: Vec<Vec<u8>>,
    /// Recipients that the order for a contest names; a contest without an entry has no order.
    pub orders: BTreeMap<u32, String>,
    roll_id: RollId,
    setup_id: SetupId,
    halves: Option<Arc<(HalfSecrets, HalfSecrets)>>,
    lists: Option<CredentialLists>,
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
            keys: Arc::new(keys),
            setup_id: manifest.setup_id(0),
            manifest,
            files: MemoryRecord::default(),
            counts: Vec::new(),
            shares: Arc::default(),
            election: None,
            expected,
            heads: Vec::new(),
            entries: Vec::new(),
            orders: BTreeMap::new(),
            roll_id: RollId([0; 32]),
            halves: None,
            lists: None,
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
        rehearsal.roll(counts);
        rehearsal.credentials(rng);
        rehearsal.key_ceremony(rng);
        rehearsal.seal(rng);
        rehearsal
    }

    /// Commits to a roll of people who do not exist.
    pub fn roll(&mut self, counts: &[u32]) {
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
        self.commit_to_roll(&roll);
    }

    /// Publishes a roll record; everything later is bound to it.
    pub fn commit_to_roll(&mut self, roll: &RollRecord) {
        self.counts.clone_from(&roll.counts);
        self.roll_id = roll.roll_id();
        self.put(record::ROLL, roll.to_bytes());
    }

    /// Names the roll.
    #[must_use]
    pub fn roll_id(&self) -> RollId {
        self.roll_id
    }

    /// Draws and publishes both halves of every credential, pools and mixes them: custodians 1, 2, ..,
    /// as many as the manifest says.
    pub fn credentials(&mut self, rng: &mut dyn CryptoRng) {
        let registrar = HalfSecrets::generate(HalfRole::Registrar, &self.counts, rng);
        let server = HalfSecrets::generate(HalfRole::Server, &self.counts, rng);
        let first = registrar.publish(self.roll_id, &self.keys.registrar, rng);
        let second = server.publish(self.roll_id, &self.keys.server, rng);
        let lists = pool(&first, &second).expect("fresh halves are distinct");
        self.put(record::REGISTRAR, first.to_bytes());
        self.put(record::SERVER, second.to_bytes());
        self.halves = Some(Arc::new((registrar, server)));
        self.mix(lists, rng);
    }

    /// Mixes pooled keys and publishes every mix and the lists that come out.
    pub fn mix(&mut self, pooled: CredentialLists, rng: &mut dyn CryptoRng) {
        let generators = mix_generators(&pooled);
        let mut lists = pooled;
        for number in 1..=self.manifest.credential_mixes {
            let index = CustodianIndex::new(number).unwrap();
            let signer = (index, &self.keys.custodians[usize::try_from(number).unwrap() - 1]);
            let mix = CredentialMix::make(&lists, &self.manifest.lists, &generators, signer, rng, &mut |_| {}).unwrap();
            self.put(&record::mix(number), mix.to_bytes());
            lists = mix.into_lists();
        }
        self.put(record::LISTS, lists.to_bytes());
        self.lists = Some(lists);
    }

    /// Seals the election and verifies what was sealed.
    pub fn seal(&mut self, rng: &mut dyn CryptoRng) {
        self.reseal();
        let (report, election) = verify::sealed(&self.files, rng, &mut ()).unwrap();
        self.election = Some(election.unwrap_or_else(|| panic!("{:#?}", report.checks())));
    }

    /// Seals whatever lies in the files, right or wrong. Ballots, tally and actas made later are
    /// bound to the new seal; the board begins anew.
    pub fn reseal(&mut self) {
        let length = |path: &str| u64::try_from(self.files.0[path].len()).unwrap();
        let manifest_hash = ManifestHash(tagged_hash("manifest", &[&self.files.0[record::MANIFEST]]));
        let mixes = (1..).find(|number| !self.files.0.contains_key(&record::mix(*number))).unwrap_or(1) - 1;
        let seal = Seal::compute(&self.files, length, manifest_hash, self.roll_id, mixes, self.setup_id).unwrap();
        self.put_seal(&seal);
    }

    /// Publishes a seal and goes on with the election of its id.
    pub fn put_seal(&mut self, seal: &Seal) {
        self.put(record::SEAL, seal.to_bytes());
        if let Some(election) = &mut self.election {
            election.election_id = seal.election_id();
            for parameters in &mut election.parameters {
                parameters.election_id = seal.election_id();
            }
        }
        self.marked.clear();
        self.expected.iter_mut().flatten().for_each(|votes| *votes = 0);
    }

    /// The sealed election.
    #[must_use]
    pub fn election(&self) -> &Election {
        self.election.as_ref().expect("the election is sealed")
    }

    /// Both halves of a roll entry, registrar's and server's, as they reach the voter.
    #[must_use]
    pub fn issued(&self, list: u32, place: u32) -> (IssuedHalf, IssuedHalf) {
        let halves = self.halves.as_ref().expect("halves were drawn");
        let first = halves.0.issue(&self.roll_id, list, place, &self.keys.registrar).unwrap();
        let second = halves.1.issue(&self.roll_id, list, place, &self.keys.server).unwrap();
        (first, second)
    }

    /// The credential of a roll entry.
    #[must_use]
    pub fn credential(&self, list: u32, place: u32) -> Credential {
        let lists = self.lists.as_ref().expect("halves were pooled");
        let (first, second) = self.issued(list, place);
        let issuers = (&self.manifest.registrar.key, &self.manifest.server.key);
        Credential::combine(&first, &second, issuers, &self.roll_id, lists).unwrap()
    }

    /// The secrets of a roll entry's halves, registrar's and server's, for a voter who signs what
    /// no voting page would.
    #[must_use]
    pub fn expose_halves(&self, list: u32, place: u32) -> [SecretScalar; 2] {
        let (first, second) = self.issued(list, place);
        // The secret stands after role, list and place.
        [first, second].map(|half| {
            let bytes = half.expose_bytes();
            let secret = bytes[12..44].first_chunk().and_then(decode_scalar);
            SecretScalar::new(secret.expect("a half holds a scalar"))
        })
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
        let credential = self.credential(list, place).for_ballot();
        self.prepare((list, place), contest, option, text, rng).cast(&credential, rng)
    }

    /// A voter encrypts, and neither casts nor audits yet.
    #[must_use]
    pub fn prepare(
        &self,
        (list, place): (u32, u32),
        contest: u32,
        option: u32,
        text: Option<Vec<TextBlock>>,
        rng: &mut dyn CryptoRng,
    ) -> PreparedBallot {
        let key = self.manifest.lists[usize::try_from(list).unwrap()];
        let parameters = &self.election().parameters[usize::try_from(contest).unwrap()];
        let credential = self.credential(list, place);
        let choice = PlaintextBallot::new(&parameters.shape, option, text.map(Zeroizing::new)).unwrap();
        PreparedBallot::encrypt(parameters, key.style, key.unit, credential.key(), choice, rng)
    }

    /// Notes what a voter meant and that the voter voted.
    pub fn mark(&mut self, list: u32, contest: u32, option: u32) {
        self.expected[usize::try_from(contest).unwrap()][usize::try_from(option).unwrap()] += 1;
        *self.marked.entry((contest, list)).or_default() += 1;
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

    /// A file of the record, as an object.
    ///
    /// # Panics
    /// If it is absent or does not decode.
    #[must_use]
    pub fn object<T: Decode>(&self, path: &str) -> T {
        T::from_bytes(&self.files.0[path]).expect("the file decodes")
    }
}
