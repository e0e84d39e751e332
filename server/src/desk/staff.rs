//! `staff.toml`: operator and authentication officer, main and backup, by their cards; observers by the hash of a
//! token.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use escrutinio_core::hash::tagged_hash;
use escrutinio_core::manifest::Manifest;
use escrutinio_core::signature::VerifyingKey;
use escrutinio_sealed::{Card, Role, parse_hex};
use serde::Deserialize;
use subtle::ConstantTimeEq;

/// A list of staff that is refused.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// It cannot be read.
    #[error("{}: {why}", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// It is not TOML, or a key of it is unknown.
    #[error("{}: {why}", .file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// What the parser says.
        why: String,
    },
    /// A card cannot be read.
    #[error(transparent)]
    Card(#[from] escrutinio_sealed::Error),
    /// A card of somebody whom the desk does not know.
    #[error("{}: the desk is for operators and authentication officers, not for the role {role}", .file.display())]
    Role {
        /// The card.
        file: PathBuf,
        /// Its role.
        role: &'static str,
    },
    /// One person in two roles, or twice (R-ROLE-02, R-ROLE-05).
    #[error("{name} holds another role already: {other}")]
    TwoRoles {
        /// Who.
        name: String,
        /// Which role.
        other: String,
    },
    /// A role without its main holder.
    #[error("the list names no {0} that is not a backup")]
    Missing(&'static str),
    /// An observer's token is no hash, or its name is another's.
    #[error("observer {0}: the name is another's, or the token is no hash")]
    Observer(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    person: Vec<PersonEntry>,
    #[serde(default)]
    observer: Vec<ObserverEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonEntry {
    card: PathBuf,
    #[serde(default)]
    backup: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ObserverEntry {
    name: String,
    role: String,
    token: String,
}

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Name.
    pub name: String,
    /// Operator or authentication officer.
    pub role: Role,
    /// Whether it takes over from another.
    pub backup: bool,
    /// Signs requests.
    pub key: VerifyingKey,
}

impl Member {
    /// The role as the log of events has it.
    #[must_use]
    pub fn role_name(&self) -> String {
        format!("{}{}", self.role.name(), if self.backup { " (backup)" } else { "" })
    }
}

/// Somebody who may look at the monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observer {
    /// Name, as it is typed in.
    pub name: String,
    /// For whom: a party, an observer, the attesting official.
    pub role: String,
    token: [u8; 32],
}

/// Everybody who may do or see more than a voter.
#[derive(Clone, Debug, Default)]
pub struct Staff {
    members: Vec<Member>,
    observers: Vec<Observer>,
}

/// What is kept of an observer's token.
#[must_use]
pub fn observer_hash(token: &str) -> [u8; 32] {
    tagged_hash("observer-token", &[token.as_bytes()])
}

impl Staff {
    /// Reads the list, and the cards that it names, for an election.
    ///
    /// # Errors
    /// [`StaffError`].
    pub fn read(file: &Path, manifest: &Manifest) -> Result<Self, StaffError> {
        let read = std::fs::read_to_string(file);
        let text = read.map_err(|why| StaffError::File { file: file.to_path_buf(), why })?;
        let parsed: File = toml::from_str(&text)
            .map_err(|why| StaffError::Syntax { file: file.to_path_buf(), why: why.to_string() })?;
        let folder = file.parent().unwrap_or_else(|| Path::new(""));
        let mut staff = Self::default();
        let mut taken = others(manifest);
        for entry in parsed.person {
            let path = folder.join(entry.card);
            let card = Card::read(&path)?;
            if !matches!(card.role, Role::Operator | Role::Authentication) {
                return Err(StaffError::Role { file: path, role: card.role.name() });
            }
            let key = card.verifying_key().ok_or(escrutinio_sealed::Error::Card { path })?;
            let taken_by = taken.iter().find(|(name, other, _)| *name == card.name || *other == key);
            if let Some((_, _, other)) = taken_by {
                return Err(StaffError::TwoRoles { name: card.name, other: other.clone() });
            }
            taken.push((card.name.clone(), key, card.role.name().to_owned()));
            staff.members.push(Member { name: card.name, role: card.role, backup: entry.backup, key });
        }
        for role in [Role::Operator, Role::Authentication] {
            if !staff.members.iter().any(|member| member.role == role && !member.backup) {
                return Err(StaffError::Missing(role.name()));
            }
        }
        staff.observers = observers(parsed.observer)?;
        Ok(staff)
    }

    /// Whose key it is.
    #[must_use]
    pub fn member(&self, key: &VerifyingKey) -> Option<&Member> {
        self.members.iter().find(|member| member.key == *key)
    }

    /// Everybody.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The observer of a name and a token.
    #[must_use]
    pub fn observer(&self, name: &str, token: &str) -> Option<&Observer> {
        let hash = observer_hash(token);
        // All are compared, so that the time says nothing of who there is.
        self.observers.iter().fold(None, |found, observer| {
            let same = observer.name == name && bool::from(observer.token.ct_eq(&hash));
            if same { Some(observer) } else { found }
        })
    }
}

/// Who holds another role in this election: custodians are incompatible with staff, and so is everybody else whom
/// the manifest names.
fn others(manifest: &Manifest) -> Vec<(String, VerifyingKey, String)> {
    let custodians = manifest.custodians.iter().map(|c| (c.name.clone(), c.key, "custodian".to_owned()));
    let machines = [(&manifest.registrar, "registrar"), (&manifest.server, "server"), (&manifest.log, "log")];
    let machines = machines.into_iter().chain(manifest.witnesses.iter().map(|witness| (witness, "witness")));
    custodians.chain(machines.map(|(o, role)| (o.name.clone(), o.key, role.to_owned()))).collect()
}

fn observers(entries: Vec<ObserverEntry>) -> Result<Vec<Observer>, StaffError> {
    let mut names = BTreeSet::new();
    let read = |entry: ObserverEntry| {
        let token = parse_hex::<32>(&entry.token).filter(|_| !entry.name.contains(':'));
        match token {
            Some(token) if names.insert(entry.name.clone()) => {
                Ok(Observer { name: entry.name, role: entry.role, token })
            }
            _ => Err(StaffError::Observer(entry.name)),
        }
    };
    entries.into_iter().map(read).collect()
}
