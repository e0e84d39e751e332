//! What a voter's device does with the casting server (`spec/server.md`): first access with the
//! mailed link, later logins, recovery, the credential from both halves, the ballot, the promise.
//!
//! A device believes nothing that it can check: the sealed record is verified and must have the
//! election id that the caller has from elsewhere ([`PublishedRecord`]), both halves must be those
//! that were published ([`Booth`]), and a promise must verify ([`Session::cast`]).
//!
//! It serves the demonstration, the load test, the crash test and the seized-disk test; the
//! voter's real device is the voting page.

mod access;
mod api;
mod authenticator;
mod booth;
mod error;
mod kdf;
mod mail;
mod outbox;
mod record;
mod session;

pub use access::{Cost, Device, Factor, FirstAccess, Now};
pub use api::{Api, Calendar, ElectionInfo, Factors, Problem};
pub use authenticator::Authenticator;
pub use booth::{Booth, Sealed};
pub use error::{Error, Result};
pub use escrutinio_core::access::{AccessLink, PasswordKeys};
pub use kdf::{Kdf, derive};
pub use mail::AccessMail;
pub use outbox::Outbox;
pub use record::PublishedRecord;
pub use session::{ContestState, Session, SessionInfo};
