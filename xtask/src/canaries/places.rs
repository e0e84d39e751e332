//! Places, and which canaries belong there. Everything that is not listed here is forbidden everywhere.

use std::collections::BTreeSet;

use super::flock::{Class, Watch};

/// What kind of place it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// What a program says on its standard output and error: server, witness, PostgreSQL, `init`.
    Output,
    /// What anybody may ask for: health, metrics, election, logs.
    Public,
    /// What the server answers a voter's device: whose, which path, whether it is a problem.
    Answer(usize, String, bool),
    /// What the desk says to staff who ask for an act.
    Desk(String),
    /// A cell of the roll, of the box: table and column.
    RollCell(String),
    BoxCell(String),
    /// Files of the databases as they lie on the disk, logs included.
    RollFile,
    BoxFile,
    /// Another file of the instance.
    OwnFile(String),
    /// A message to a voter.
    Message(Option<usize>),
}

/// Bytes somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Place {
    pub(crate) fn new(kind: Kind, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { kind, name: name.into(), bytes: bytes.into() }
    }
}

impl Kind {
    /// The list of what may be there.
    pub(crate) fn allowed(&self) -> &'static [Class] {
        use Class::{Account, Ballot, Code, Half, Person, Seed, Token, User};
        match self {
            Self::Output => &[],
            // The log of ballots is public once they left; no voter is beside them.
            Self::Public => &[],
            // A problem repeats nothing of the request.
            Self::Answer(_, _, true) => &[],
            // The voter's own: next attempt, session (its token begins with the account), seed to be scanned, second half,
            // receipt.
            Self::Answer(_, path, false) => match path.as_str() {
                "/access/link" => &[Token, User],
                "/access/factor" => &[Token, Seed, User],
                "/access/code" => &[Token, User, Account],
                "/access/password" => &[Token, Account],
                "/access/digits" | "/access/login" | "/access/recover-code" => &[Token],
                "/session/contact" => &[Token],
                "/session/half" => &[Half],
                "/session/ballots" => &[Ballot],
                _ => &[],
            },
            // Staff typed the user name.
            Self::Desk(act) => match act.as_str() {
                "unlock" | "forget-authenticator" | "resend" => &[User],
                // The list of those who voted: by name and clave, for who asked for it with two signatures.
                "voters" => &[Person],
                _ => &[],
            },
            // The columns of the roll that are not sealed; persons, halves and seeds are, and are not found.
            Self::RollCell(column) => match column.as_str() {
                "accounts.user_name" => &[User],
                "accounts.account" | "codes.account" | "contacts.account" | "marks.account" => &[Account],
                _ => &[],
            },
            // What has left is public; in `ballots` everything is sealed or a keyed hash.
            Self::BoxCell(column) => match column.as_str() {
                "files.bytes" => &[Ballot],
                _ => &[],
            },
            Self::RollFile => &[User, Account],
            Self::BoxFile => &[Ballot],
            Self::OwnFile(path) => {
                let board = ["board/", "export-", "casts/"].iter().any(|part| path.contains(part));
                if board { &[Ballot] } else { &[] }
            }
            // A code or a notice, to the voter.
            Self::Message(_) => &[Code, Person],
        }
    }

    /// Where only what is the voter's own may be.
    fn owner(&self) -> Option<Option<usize>> {
        match self {
            Self::Answer(owner, ..) => Some(Some(*owner)),
            Self::Message(owner) => Some(*owner),
            _ => None,
        }
    }
}

/// The canaries that do not belong where they are.
pub(crate) fn strays(place: &Place, watch: &Watch) -> BTreeSet<usize> {
    let (allowed, owner) = (place.kind.allowed(), place.kind.owner());
    let found = watch.find(&place.bytes).into_iter();
    found
        .filter(|number| {
            let Some(canary) = watch.canaries.get(*number) else { return false };
            let own = owner.is_none_or(|owner| canary.owner == owner);
            !(own && allowed.contains(&canary.class))
        })
        .collect()
}
