//! Persons and machines with a signing key: how a step of the ceremony makes one.

use std::path::Path;

use escrutinio_core::signature::SigningKey;
pub use escrutinio_sealed::{Card, Person, Role, parse_hex};

use crate::error::Result;
use crate::sealed::{self, Kind};
use crate::session::Session;

/// Makes a key, seals it into `secret`, and gives the card.
///
/// # Errors
/// If the file exists or cannot be written.
pub fn register(session: &mut Session<'_>, secret: &Path, role: Role, name: &str, designation: &str) -> Result<Card> {
    let password = session.new_password()?;
    let key = SigningKey::generate(session.rng);
    let person = Person { role, name: name.to_owned(), designation: designation.to_owned(), key };
    sealed::write(session, secret, Kind::SigningKey, &password, &person.to_sealed())?;
    Ok(person.card())
}
