//! The configuration file: what a line means, and what is refused before anything starts.
//!
//! A key that is not known, a value that cannot be meant, or two that do not go together are errors that
//! name file, line and key. No secret stands in it: passwords are credentials of the service manager.

mod check;
mod error;
mod file;
mod policy;

use core::net::SocketAddr;
use core::num::NonZeroU32;
use core::time::Duration;
use std::path::{Path, PathBuf};

pub use error::ConfigError;
pub use policy::Policy;

use crate::access::place::Network;

/// The whole configuration, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file that it was read from.
    pub file: PathBuf,
    /// This instance's own files.
    pub data: PathBuf,
    /// The sealed record.
    pub record: PathBuf,
    /// The list of staff.
    pub staff: PathBuf,
    /// Sealed signing keys.
    pub keys: Keys,
    /// Who may connect, and where.
    pub listen: Listen,
    /// The two databases.
    pub databases: Databases,
    /// When ballots leave for the board.
    pub epochs: Epochs,
    /// Witnesses that are asked for cosignatures.
    pub witnesses: Vec<Witness>,
    /// How voters come in.
    pub access: Access,
    /// How mail leaves.
    pub mail: Mail,
    /// How short messages leave.
    pub sms: Sms,
    /// Sizes, rates and times.
    pub limits: Limits,
    /// What the baseline covers beside the program itself.
    pub components: Vec<PathBuf>,
    /// What only a rehearsal has.
    pub rehearsal: Option<Rehearsal>,
}

/// What only a rehearsal has.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// The file that moves the clock.
    pub clock: PathBuf,
    /// Folders that are served beside the interface: the voting page, and what its host lays beside it.
    pub pages: Vec<PathBuf>,
}

/// Sealed signing keys.
#[derive(Clone, Debug)]
pub struct Keys {
    /// That signs promises.
    pub server: PathBuf,
    /// That signs checkpoints.
    pub log: PathBuf,
}

/// Who may connect, and where.
#[derive(Clone, Debug)]
pub struct Listen {
    /// For voters.
    pub voters: SocketAddr,
    /// For health, metrics and the desk.
    pub admin: SocketAddr,
    /// Certificate and key; `None` on loopback or behind a proxy that ends TLS.
    pub tls: Option<TlsFiles>,
    /// Balancers that send the client's address.
    pub proxies: Vec<Network>,
    /// Origins of the page.
    pub origins: Vec<String>,
}

/// Certificate chain and private key, PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The chain.
    pub certificate: PathBuf,
    /// The key.
    pub key: PathBuf,
}

/// URLs of the two databases.
#[derive(Clone, Debug)]
pub struct Databases {
    /// Persons and marks.
    pub roll: String,
    /// Ballots and board.
    pub ballots: String,
}

/// When ballots leave for the board.
#[derive(Clone, Copy, Debug)]
pub struct Epochs {
    /// Minutes between epochs; 0: all at the close.
    pub minutes: u32,
    /// Ballots with which one leaves earlier.
    pub ballots: u32,
}

/// A witness that is asked.
#[derive(Clone, Debug)]
pub struct Witness {
    /// Its name in the manifest.
    pub name: String,
    /// Where it answers.
    pub url: String,
}

/// How voters come in.
#[derive(Clone, Debug)]
pub struct Access {
    /// Who an authenticator says that a code is for.
    pub issuer: String,
    /// Whom a voter turns to, as messages say it.
    pub help: String,
    /// Whether enrolling an authenticator takes a code to the registered telephone too.
    pub confirm_by_sms: bool,
    /// Wrong tries of one network in a minute.
    pub wrong_tries_per_minute: NonZeroU32,
    /// Messages of one kind to one account in an hour.
    pub messages_per_hour: u32,
    /// Networks of the national territory.
    pub domestic: Vec<Network>,
}

/// How mail leaves.
#[derive(Clone, Debug)]
pub enum Mail {
    /// As files in a folder.
    Outbox(PathBuf),
    /// To a relay.
    Smtp(Smtp),
}

/// A mail relay.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the line is protected.
    pub security: SmtpSecurity,
    /// User name, if it asks for one; the password is the credential `smtp-password`.
    pub user: Option<String>,
    /// Sender.
    pub from: String,
    /// A certificate (PEM) to trust beside the usual ones.
    pub ca: Option<PathBuf>,
}

/// How the line to a relay is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// From the first byte.
    Tls,
    /// After a command; refused if the relay does not know it.
    StartTls,
    /// Not at all: a relay on the same machine.
    None,
}

/// How short messages leave.
#[derive(Clone, Debug)]
pub enum Sms {
    /// As files in a folder.
    Outbox(PathBuf),
    /// By a gateway.
    Gateway(Gateway),
}

/// A gateway for short messages.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Where it is asked (POST).
    pub url: String,
    /// Body with `{phone}` and `{text}`.
    pub body: String,
    /// Its media type.
    pub content_type: String,
    /// Header whose value is the credential `sms-token`.
    pub token_header: Option<String>,
}

/// Sizes, rates and times.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections of one network.
    pub connections_per_network: usize,
    /// Requests of one network in a minute.
    pub requests_per_minute: u32,
    /// Until the head of a request is there.
    pub head: Duration,
    /// Until the answer is.
    pub request: Duration,
    /// For which a client may take no byte of an answer.
    pub write: Duration,
    /// After which an answer is the last of its connection; after twice as long it is cut.
    pub connection: Duration,
    /// For what is in flight when the program ends.
    pub drain: Duration,
}

/// For an act of staff: none takes longer.
const ACT: Duration = Duration::from_secs(86_400);

impl Limits {
    /// The same for the listener of staff, where an act may take as long as it takes: its answer belongs to two persons.
    #[must_use]
    pub fn of_staff(self) -> Self {
        Self { connection: ACT, ..self }
    }
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// [`ConfigError`] names file, line and key.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let read = std::fs::read_to_string(path);
        let text = read.map_err(|why| ConfigError::File { file: path.to_path_buf(), why })?;
        Self::parse(path, &text)
    }

    /// The configuration that a text says; `path` is where it stands, as paths in it are relative to that.
    ///
    /// # Errors
    /// [`ConfigError`] names file, line and key.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let syntax = |error: toml::de::Error| ConfigError::Syntax {
            file: path.to_path_buf(),
            line: error::line(text, error.span().map_or(0, |span| span.start)),
            why: error.message().to_owned(),
        };
        check::Checker::new(path, text).config(toml::from_str(text).map_err(syntax)?)
    }

    /// The sealed keys of the server.
    #[must_use]
    pub fn keys_file(&self) -> PathBuf {
        self.data.join("keys.sealed")
    }
}

#[cfg(test)]
mod tests;
