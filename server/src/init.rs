//! Loading: the sealed record verified, the accounts taken into the roll database, the keys drawn. What is
//! there already is not made again: a second run says so and changes nothing.

mod accounts;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use escrutinio_core::credential::{Buckets, HalfList};
use escrutinio_core::encoding::Decode;
use escrutinio_core::ids::hex;
use escrutinio_core::record;

pub use accounts::{AccountFault, UpdateReport, update};

use crate::clock::ServerClock;
use crate::config::Config;
use crate::election::LoadedElection;
use crate::events::{Event, EventLog};
use crate::identity::{self, Identity, IdentityError};
use crate::lifecycle;
use crate::passwords::{PasswordName, Passwords};
use crate::store::{Store, StoreError, roll};

/// An election that is not loaded.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// Keys or record.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The folder of this instance's files cannot be made.
    #[error("{}: {why}", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// A database does not open.
    #[error(transparent)]
    Open(#[from] crate::store::OpenError),
    /// A database.
    #[error("{side}: {why}")]
    Store {
        /// Which.
        side: &'static str,
        /// Why.
        why: StoreError,
    },
    /// Accounts are loaded, and the keys that they are sealed with are not here.
    #[error("the accounts are loaded, but {} is not here: copy it from the first instance", .file.display())]
    KeysElsewhere {
        /// Where it should be.
        file: PathBuf,
    },
    /// A file of accounts does not open.
    #[error("{}: {why}", .file.display())]
    Package {
        /// The file.
        file: PathBuf,
        /// Why.
        why: escrutinio_sealed::Error,
    },
    /// A password cannot be read.
    #[error("{name}: {why}")]
    Password {
        /// Its name.
        name: &'static str,
        /// Why.
        why: escrutinio_sealed::Error,
    },
    /// An account is not of this election.
    #[error("line {line} of the accounts: {fault}")]
    Account {
        /// Which, from 1.
        line: usize,
        /// What is wrong; nothing of the person is told.
        fault: AccountFault,
    },
    /// An update of links is not the registrar's, or is damaged.
    #[error("the update of links: {why}")]
    Update {
        /// Why.
        why: escrutinio_sealed::Error,
    },
    /// An update of links is older than one that was taken over.
    #[error("update {number} of links is older than one that was taken over: it would bring void links back")]
    Superseded {
        /// Its number.
        number: u32,
    },
    /// The accounts are not those of the roll.
    #[error("list {list}: {actual} accounts where the roll has {expected} entries")]
    Count {
        /// The list.
        list: usize,
        /// Entries of the roll.
        expected: usize,
        /// Accounts.
        actual: usize,
    },
}

/// What was loaded.
#[derive(Clone, Debug)]
pub struct InitReport {
    /// Election id.
    pub election: String,
    /// Roll id.
    pub roll: String,
    /// Manifest hash.
    pub manifest: String,
    /// Whether the vote binds, and whether the offer is a test.
    pub binding: (bool, bool),
    /// SHA-256 of every file of the sealed record.
    pub files: Vec<(String, String)>,
    /// Keys, buckets and root of every list.
    pub lists: Vec<(usize, u64, String)>,
    /// Accounts in the file, and of these, taken in by this run.
    pub accounts: (usize, usize),
    /// Whether this run drew `keys.sealed`.
    pub keys_drawn: bool,
}

/// Loads an election.
///
/// # Errors
/// [`InitError`]; nothing is made for a record or accounts that do not hold.
pub async fn init(config: &Config, passwords: &Passwords, accounts: &Path) -> Result<InitReport, InitError> {
    let identity = Identity::load(config, passwords)?;
    let election = &identity.election;
    let package = read_package(accounts, passwords)?;
    let checked = accounts::check(election, package)?;
    make_folder(&config.data).map_err(|why| InitError::Folder { folder: config.data.clone(), why })?;
    let store = open(config, passwords).await?;
    let loaded = load(config, passwords, &identity, &store, &checked).await;
    store.close().await;
    let (keys_drawn, new) = loaded?;
    Ok(report(election, (checked.len(), new), keys_drawn))
}

/// A folder that only its owner enters.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn read_package(file: &Path, passwords: &Passwords) -> Result<Vec<escrutinio_sealed::Account>, InitError> {
    let name = PasswordName::Accounts;
    let password = passwords.get(name).map_err(|why| InitError::Password { name: name.file(), why })?;
    let fail = |why| InitError::Package { file: file.to_path_buf(), why };
    escrutinio_sealed::accounts::read(file, &password).map_err(fail)
}

/// Opens both databases.
///
/// # Errors
/// [`InitError`].
pub async fn open(config: &Config, passwords: &Passwords) -> Result<Store, InitError> {
    let with_password = |url: &str, name: &'static str| {
        let password = passwords.credential_of(name).map_err(|why| InitError::Password { name, why })?;
        Ok::<_, InitError>(password.map_or_else(|| url.to_owned(), |password| insert_password(url, &password)))
    };
    let roll = with_password(&config.databases.roll, "roll-database-password")?;
    let ballots = with_password(&config.databases.ballots, "box-database-password")?;
    Ok(Store::open(&roll, &ballots).await?)
}

/// `postgres://user@host/..` with a password.
fn insert_password(url: &str, password: &str) -> String {
    let Some((before, host)) = url.split_once('@') else { return url.to_owned() };
    let quoted: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("{before}:{quoted}@{host}")
}

async fn load(
    config: &Config,
    passwords: &Passwords,
    identity: &Identity,
    store: &Store,
    accounts: &[accounts::Checked],
) -> Result<(bool, usize), InitError> {
    let election = &identity.election;
    lifecycle::bind(store, election).await.map_err(|why| InitError::Store { side: "roll or box", why })?;
    let file = config.keys_file();
    let there = file.exists();
    let known = async { roll::count(&mut *store.roll.read().await?).await };
    let known = known.await.map_err(|why| InitError::Store { side: "roll", why })?;
    if known > 0 && !there {
        return Err(InitError::KeysElsewhere { file });
    }
    let keys = if there { identity::open_keys(&file, passwords)? } else { identity::draw_keys(&file, passwords)? };
    let fail = |why| InitError::Store { side: "roll", why };
    let new = accounts::insert(store, &keys, accounts).await.map_err(fail)?;
    if new > 0 {
        let result = format!("{} loaded, {new} accounts", election.election.election_id);
        note(store, "init", result).await.map_err(fail)?;
    }
    Ok((!there, new))
}

/// What is done before or beside a running server stands in the log of events too (R-ROLE-15).
async fn note(store: &Store, act: &str, result: String) -> Result<(), StoreError> {
    let events = EventLog::new(store.roll.clone(), Arc::new(ServerClock::start()));
    events.append(Event::server(act, result)).await
}

/// Takes the registrar's update of links over, while no server runs on the databases.
///
/// # Errors
/// [`InitError`].
pub async fn update_offline(
    store: &Store,
    election: &LoadedElection,
    content: &[u8],
) -> Result<UpdateReport, InitError> {
    let report = update(store, election, content).await?;
    let UpdateReport { changed, kept, unknown } = report;
    let result = format!("{changed} new, {kept} with a password already, {unknown} unknown");
    note(store, "links", result).await.map_err(|why| InitError::Store { side: "roll", why })?;
    Ok(report)
}

fn report(election: &LoadedElection, accounts: (usize, usize), keys_drawn: bool) -> InitReport {
    let manifest = &election.election.manifest;
    let hash = |path: &String| (path.clone(), election.file_hash(path).unwrap_or_default());
    let list = |(number, list): (u32, &escrutinio_core::credential::CredentialList)| {
        let buckets = Buckets::new(number, list.keys(), manifest.min_group);
        (list.keys().len(), buckets.shape().buckets(), hex(buckets.root()))
    };
    InitReport {
        election: election.election.election_id.to_string(),
        roll: election.roll_id.to_string(),
        manifest: manifest.hash().to_string(),
        binding: (manifest.binding, manifest.test),
        files: election.files.keys().map(hash).collect(),
        lists: (0..).zip(election.lists.lists()).map(list).collect(),
        accounts,
        keys_drawn,
    }
}

/// The server's published halves.
fn published(election: &LoadedElection) -> Option<HalfList> {
    HalfList::from_bytes(election.files.get(record::SERVER)?).ok()
}
