//! What the offline ceremony tool and the online programs both read and write
//! (`spec/ceremony.md`): secrets at rest, people and machines with a key, packages of accounts.
//!
//! Read in this order:
//!
//! 1. [`files`]: files that are written whole or not at all;
//! 2. [`sealed`]: the sealed file;
//! 3. [`password`]: where the password of a sealed file comes from when nobody holds a ceremony;
//! 4. [`person`]: roles, cards, signing keys;
//! 5. [`accounts`], [`updates`]: what registrar and server hand to each other.
//!
//! Randomness is an argument. Shares of the opening key are not read here: no program that
//! answers to a network has the code for it.

#![forbid(unsafe_code)]

pub mod accounts;
pub mod error;
pub mod files;
pub mod password;
pub mod person;
pub mod sealed;
pub mod updates;

pub use accounts::Account;
pub use error::{Error, Result};
pub use password::read_password;
pub use person::{Card, Person, Role, parse_hex};
pub use sealed::{Kind, open, seal};
