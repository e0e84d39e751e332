//! Who this server is: the election that it serves, and the keys that it signs and seals with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use escrutinio_core::manifest::Official;
use escrutinio_core::signature::SigningKey;
use escrutinio_sealed::{Person, Role};

use crate::config::Config;
use crate::election::{ElectionError, LoadedElection};
use crate::keys::ServerKeys;
use crate::lifecycle::{KeyFileError, create_keys, open_keys};
use crate::passwords::{PasswordName, Passwords};

/// A server that cannot be who it should be.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The record cannot be served.
    #[error(transparent)]
    Election(#[from] ElectionError),
    /// A sealed file does not open.
    #[error("{}: {why}", .file.display())]
    Sealed {
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
    /// A key is not the one that the manifest names.
    #[error("{}: not the key of {role} that the manifest names", .file.display())]
    Key {
        /// The file.
        file: PathBuf,
        /// Of whom.
        role: &'static str,
    },
    /// `keys.sealed` is not there.
    #[error("{}: not there; `init` makes it, and every other instance needs a copy", .file.display())]
    NoKeys {
        /// Where it should be.
        file: PathBuf,
    },
    /// `keys.sealed` does not open, or cannot be made.
    #[error("{}: {why}", .file.display())]
    Keys {
        /// The file.
        file: PathBuf,
        /// Why.
        why: KeyFileError,
    },
}

/// The election and its signing keys.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The sealed election, verified.
    pub election: Arc<LoadedElection>,
    /// Signs promises.
    pub server_key: Arc<SigningKey>,
    /// Signs checkpoints.
    pub log_key: Arc<SigningKey>,
}

impl Identity {
    /// Verifies the sealed record and opens the signing keys.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn load(config: &Config, passwords: &Passwords) -> Result<Self, IdentityError> {
        let election = LoadedElection::load(&config.record)?;
        let manifest = &election.election.manifest;
        let server_key = signing_key(&config.keys.server, Role::Server, &manifest.server, passwords)?;
        let log_key = signing_key(&config.keys.log, Role::Log, &manifest.log, passwords)?;
        Ok(Self { election: Arc::new(election), server_key, log_key })
    }
}

fn signing_key(
    file: &Path,
    role: Role,
    official: &Official,
    passwords: &Passwords,
) -> Result<Arc<SigningKey>, IdentityError> {
    let name = if role == Role::Log { PasswordName::Log } else { PasswordName::Server };
    let password = passwords.get(name).map_err(|why| IdentityError::Password { name: name.file(), why })?;
    let sealed = |why| IdentityError::Sealed { file: file.to_path_buf(), why };
    let person = Person::open(file, &password).map_err(sealed)?;
    if person.role != role || person.key.verifying_key() != official.key {
        return Err(IdentityError::Key { file: file.to_path_buf(), role: role.name() });
    }
    Ok(Arc::new(person.key))
}

/// Opens `keys.sealed`, or draws it if `draw` says so and it is not there.
///
/// # Errors
/// [`IdentityError`].
pub fn keys(file: &Path, passwords: &Passwords, draw: bool) -> Result<ServerKeys, IdentityError> {
    let there = file.exists();
    if !there && !draw {
        return Err(IdentityError::NoKeys { file: file.to_path_buf() });
    }
    let name = PasswordName::Keys;
    let password = if there { passwords.get(name) } else { passwords.choose(name) };
    let password = password.map_err(|why| IdentityError::Password { name: name.file(), why })?;
    let opened = if there { open_keys(file, &password) } else { create_keys(file, &password) };
    opened.map_err(|why| IdentityError::Keys { file: file.to_path_buf(), why })
}
