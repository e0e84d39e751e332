//! Whoever votes by post does not vote here (R-ROLL-14). The list of postal voters may come
//! as keyed hashes, so that it tells nothing to who has not the roll:
//!
//! ```text
//! escrutinio/postal/v1 <salt, 64 hexadecimal digits>
//! <TH("postal-entry", salt || clave), hexadecimal>
//! ```

use std::collections::HashSet;
use std::path::Path;

use escrutinio_core::hash::{Hash, tagged_hash};

use crate::error::{Result, refused};
use crate::files;
use crate::person::parse_hex;

/// The postal voters, by keyed hash.
#[derive(Debug)]
pub struct PostalList {
    salt: [u8; 32],
    hashes: HashSet<Hash>,
}

/// The keyed hash of a postal voter.
#[must_use]
pub fn postal_hash(salt: &[u8; 32], clave: &str) -> Hash {
    tagged_hash("postal-entry", &[salt, clave.as_bytes()])
}

impl PostalList {
    /// Reads a list.
    ///
    /// # Errors
    /// If it cannot be read or has not the form.
    pub fn read(path: &Path) -> Result<Self> {
        let bad = |line: u64| refused("error.postal", &[("path", &path.display()), ("line", &line)]);
        let text = String::from_utf8(files::read(path)?).map_err(|_| bad(1))?;
        let mut lines = text.lines().zip(1u64..);
        let (first, _) = lines.next().ok_or_else(|| bad(1))?;
        let salt = first.strip_prefix("escrutinio/postal/v1 ").and_then(parse_hex).ok_or_else(|| bad(1))?;
        let hashes = lines.map(|(line, number)| parse_hex(line).ok_or_else(|| bad(number))).collect::<Result<_>>()?;
        Ok(Self { salt, hashes })
    }

    /// Whether somebody is on it.
    #[must_use]
    pub fn contains(&self, clave: &str) -> bool {
        self.hashes.contains(&postal_hash(&self.salt, clave))
    }
}
