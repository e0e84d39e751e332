//! An election for trials: made in memory by the code of the core, written down as server and
//! witnesses take it. The people of the demonstration are left out; the server is the same.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::hex;
use escrutinio_core::manifest::{Manifest, SecondFactor};
use escrutinio_core::signature::SigningKey;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::testing::{self, Keys, signing_key};
use escrutinio_driver::{AccessLink, AccessMail, PublishedRecord};
use escrutinio_sealed::{Account, Kind, Person, Role, accounts, sealed};
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, Rng, SeedableRng};

use super::clock::ClockFile;
use super::desk::{Staff, write_staff};
use super::site::{Databases, Plan, put};
use crate::shell::{Failure, Outcome};

/// How large, and of what kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Entries of the roll, all in one list.
    pub(crate) voters: u32,
    /// Contests of 13 options and a written name each.
    pub(crate) contests: u32,
    /// Smallest group; an epoch has twice as many.
    pub(crate) min_group: u32,
    /// What voters enter with.
    pub(crate) factor: SecondFactor,
    /// Witnesses that sign the first and the last checkpoint.
    pub(crate) witnesses: u32,
}

/// A voter, with everything that comes by mail.
#[derive(Clone, Debug)]
pub(crate) struct Voter {
    pub(crate) user: String,
    pub(crate) name: String,
    pub(crate) clave: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) password: String,
    pub(crate) place: u32,
    pub(crate) token: [u8; 32],
}

/// The election, its files and its people.
#[derive(Debug)]
pub(crate) struct Election {
    pub(crate) folder: PathBuf,
    pub(crate) rehearsal: Rehearsal,
    pub(crate) record: Arc<PublishedRecord>,
    pub(crate) voters: Vec<Voter>,
    pub(crate) staff: Vec<Staff>,
}

/// Everybody's password.
const PASSWORD: &str = "contraseña de ensayo";

fn bad(why: &dyn core::fmt::Display) -> Failure {
    Failure::new(why.to_string())
}

/// One style with as many contests as asked for.
fn manifest(scale: Scale, keys: &Keys) -> Manifest {
    let mut manifest = testing::nayarit(keys);
    if let Some(first) = manifest.contests.first().cloned() {
        manifest.contests = (1..=scale.contests)
            .map(|number| {
                let mut contest = first.clone();
                contest.name = format!("{} {number}", contest.name);
                contest
            })
            .collect();
    }
    if let Some(style) = manifest.styles.first_mut() {
        style.contests = (0..scale.contests).collect();
    }
    manifest.max_voters = scale.voters;
    manifest.min_group = scale.min_group;
    manifest.policies.second_factor = scale.factor;
    manifest.policies.session_minutes = 240;
    // What the mixes are for is not on trial here, and they take long.
    (manifest.credential_mixes, manifest.few_mixes) = (0, true);
    testing::finish(manifest)
}

impl Election {
    /// Makes an election and writes it into a folder that must not exist.
    pub(crate) fn make(folder: &Path, scale: Scale, seed: u64) -> Result<Self, Failure> {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut keys = Keys::new(2, 3);
        keys.witnesses = (1..=scale.witnesses).map(|number| signing_key(&format!("witness {number}"))).collect();
        let rehearsal = Rehearsal::sealed(manifest(scale, &keys), keys, &[scale.voters], &mut rng);
        let record = folder.join("record");
        for (path, bytes) in &rehearsal.files.0 {
            let path = record.join(path);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(|error| Failure::file(parent, &error))?;
            }
            std::fs::write(&path, bytes).map_err(|error| Failure::file(&path, &error))?;
        }
        let id = rehearsal.election().election_id;
        let published = PublishedRecord::verify(rehearsal.files.0.clone(), &id, &mut rng)?;
        let voters = (0..scale.voters).map(|place| voter(place, &mut rng)).collect();
        let mut election =
            Self { folder: folder.to_owned(), rehearsal, record: Arc::new(published), voters, staff: Vec::new() };
        election.people(&mut rng)?;
        election.accounts(&mut rng)?;
        Ok(election)
    }

    /// The sealed key of a machine or person.
    pub(crate) fn secret(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.sealed"))
    }

    fn people(&mut self, rng: &mut ChaCha20Rng) -> Outcome {
        let manifest = self.rehearsal.manifest.clone();
        let keys = Arc::clone(&self.rehearsal.keys);
        self.person("server", Role::Server, &manifest.server.name, &keys.server, rng)?;
        self.person("log", Role::Log, &manifest.log.name, &keys.log, rng)?;
        for ((number, witness), key) in (1..).zip(&manifest.witnesses).zip(&keys.witnesses) {
            self.person(&format!("witness-{number}"), Role::Witness, &witness.name, key, rng)?;
        }
        let posts = [("operator-1", Role::Operator), ("operator-2", Role::Operator)];
        let officers = [("officer-1", Role::Authentication), ("officer-2", Role::Authentication)];
        for (name, role) in posts.into_iter().chain(officers) {
            let card = self.person(name, role, name, &signing_key(name), rng)?;
            let (key, password) = (self.secret(name), PASSWORD.to_owned());
            let backup = name.ends_with('2');
            self.staff.push(Staff { name: name.to_owned(), key, password, card, backup });
        }
        write_staff(&self.folder.join("staff.toml"), &self.staff)
    }

    fn person(
        &self,
        file: &str,
        role: Role,
        name: &str,
        key: &SigningKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<PathBuf, Failure> {
        let key = SigningKey::from_seed(&key.expose_seed());
        let person = Person { role, name: name.to_owned(), designation: String::new(), key };
        let secret = self.secret(file);
        sealed::write(rng, &secret, Kind::SigningKey, PASSWORD, &person.to_sealed()).map_err(|why| bad(&why))?;
        let card = self.folder.join(format!("{file}.card.toml"));
        put(&card, &person.card().to_text())?;
        Ok(card)
    }

    fn accounts(&self, rng: &mut dyn CryptoRng) -> Outcome {
        let entity = self.rehearsal.manifest.units.first().map(|unit| unit.entity.clone()).unwrap_or_default();
        let accounts: Vec<Account> = self
            .voters
            .iter()
            .map(|voter| Account {
                user: voter.user.clone(),
                token: hex(&tagged_hash("access-token", &[&voter.token])),
                list: 0,
                place: voter.place,
                name: voter.name.clone(),
                clave: voter.clave.clone(),
                entity: entity.clone(),
                email: voter.email.clone(),
                phone: voter.phone.clone(),
                half: Some(hex(&self.rehearsal.issued(0, voter.place).1.expose_bytes())),
            })
            .collect();
        let path = self.folder.join("accounts.sealed");
        sealed::write(rng, &path, Kind::Accounts, PASSWORD, &accounts::to_lines(&accounts)).map_err(|why| bad(&why))
    }

    /// What a voter finds in the mailbox.
    pub(crate) fn mail(&self, voter: &Voter) -> Result<AccessMail, Failure> {
        let half = self.rehearsal.issued(0, voter.place).0.expose_bytes();
        let (half, token) = (Base64UrlUnpadded::encode_string(&half), Base64UrlUnpadded::encode_string(&voter.token));
        let link = AccessLink::parse(&format!("https://voto.example/#{half}.{token}"))?;
        Ok(AccessMail { to: voter.email.clone(), user: voter.user.clone(), link })
    }

    /// How a server of this election is set up.
    pub(crate) fn plan(
        &self,
        run: &Path,
        databases: Databases,
        epochs: (u32, u32),
        witnesses: Vec<(String, String)>,
    ) -> Plan {
        Plan {
            record: self.folder.join("record"),
            server: (self.secret("server"), PASSWORD.to_owned()),
            log: (self.secret("log"), PASSWORD.to_owned()),
            accounts: (self.folder.join("accounts.sealed"), PASSWORD.to_owned()),
            staff: self.folder.join("staff.toml"),
            witnesses,
            databases,
            messages: run.join("messages"),
            epochs,
            clock: ClockFile::new(&run.join("clock")),
            front: None,
        }
    }

    /// The password of a witness's key.
    pub(crate) fn password(&self) -> &'static str {
        PASSWORD
    }

    /// An operator and an authentication officer.
    pub(crate) fn two(&self) -> Vec<&Staff> {
        [0, 2].into_iter().filter_map(|place| self.staff.get(place)).collect()
    }
}

/// A synthetic voter. Everything about one is a word that stands nowhere else.
fn voter(place: u32, rng: &mut ChaCha20Rng) -> Voter {
    let mut token = [0u8; 32];
    rng.fill_bytes(&mut token);
    let mark = hex(&tagged_hash("trial-voter", &[&place.to_le_bytes()]));
    let word = |from: usize| mark.get(from..from.saturating_add(10)).unwrap_or_default().to_owned();
    let letters: Vec<char> = "23456789cfhkmrtx".chars().collect();
    let digit = |c: char| c.to_digit(16).and_then(|n| letters.get(usize::try_from(n).ok()?)).copied().unwrap_or('2');
    let letters: String = mark.chars().skip(40).take(15).map(digit).collect();
    let group = |from: usize| letters.get(from..from.saturating_add(5)).unwrap_or_default();
    Voter {
        user: format!("{}-{}-{}", group(0), group(5), group(10)),
        name: format!("Persona Canaria {}", word(0)),
        clave: format!("CLAVE{}", word(10).to_uppercase()),
        email: format!("{}@canario.example", word(20)),
        phone: format!("1312{:07}", 1_000_000u32.saturating_add(place)),
        password: format!("clave canaria {}", word(30)),
        place,
        token,
    }
}
