//! Who this server is: the election that it serves, and the keys that it signs and seals with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use escrutinio_core::manifest::Official;
use escrutinio_core::signature::SigningKey;
use escrutinio_sealed::{Kind, Person, Role, sealed};

use crate::config::Config;
use crate::election::{ElectionError, LoadedElection};
use crate::keys::{LENGTH, ServerKeys};
use crate::lifecycle::{self, KeyFileError};
use crate::passwords::{PasswordName, Passwords};
use crate::random;

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
    /// `keys.sealed` cannot be overwritten.
    #[error(transparent)]
    Overwrite(#[from] KeyFileError),
    /// `keys.sealed` holds something else.
    #[error("{}: not the keys of a server", .file.display())]
    Keys {
        /// The file.
        file: PathBuf,
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

/// Opens `keys.sealed`.
///
/// # Errors
/// [`IdentityError`].
pub fn open_keys(file: &Path, passwords: &Passwords) -> Result<ServerKeys, IdentityError> {
    if !file.exists() {
        return Err(IdentityError::NoKeys { file: file.to_path_buf() });
    }
    let name = PasswordName::Keys;
    let password = passwords.get(name).map_err(|why| IdentityError::Password { name: name.file(), why })?;
    let sealed = |why| IdentityError::Sealed { file: file.to_path_buf(), why };
    lifecycle::finish_file(file, &password)?;
    let content = sealed::read(file, Kind::ServerKeys, &password).map_err(sealed)?;
    let keys: &[u8; LENGTH] =
        content.as_slice().try_into().map_err(|_| IdentityError::Keys { file: file.to_path_buf() })?;
    Ok(ServerKeys::from_bytes(keys))
}

/// Overwrites the box key in `keys.sealed`.
///
/// # Errors
/// [`IdentityError`].
pub fn destroy_box_key(file: &Path, passwords: &Passwords) -> Result<(), IdentityError> {
    let name = PasswordName::Keys;
    let password = passwords.get(name).map_err(|why| IdentityError::Password { name: name.file(), why })?;
    Ok(lifecycle::destroy_box_key(file, &password)?)
}

/// Draws `keys.sealed`.
///
/// # Errors
/// [`IdentityError`], also if it is there.
pub fn draw_keys(file: &Path, passwords: &Passwords) -> Result<ServerKeys, IdentityError> {
    let name = PasswordName::Keys;
    let password = passwords.choose(name).map_err(|why| IdentityError::Password { name: name.file(), why })?;
    let content = ServerKeys::generate(&mut random::system());
    let sealed = |why| IdentityError::Sealed { file: file.to_path_buf(), why };
    sealed::write(&mut random::system(), file, Kind::ServerKeys, &password, content.as_slice()).map_err(sealed)?;
    Ok(ServerKeys::from_bytes(&content))
}
