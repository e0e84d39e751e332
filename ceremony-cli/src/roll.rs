//! The roll as the registrar keeps it: one sealed file for every version, beside the sealed
//! signing key. Personal data stand nowhere else, and no message repeats them: an error
//! names the row and the field, never what stands there.

mod load;
mod postal;

use std::path::{Path, PathBuf};

use escrutinio_core::credential::{RollEntry, VersionKind, draw_order};
use escrutinio_core::encoding::{Decode, DecodeLimited, Encode, Reader, STRING};
use escrutinio_core::hash::Hash;
use zeroize::Zeroizing;

pub use load::{Delivered, deliver, is_email};
pub use postal::{PostalList, postal_hash};

use crate::error::{Result, out_of_order};
use crate::files;
use crate::sealed::{self, Kind};
use crate::session::Session;

/// One version of the roll, in the order of the delivered file.
#[derive(Debug)]
pub struct Version {
    /// Base roll or addendum.
    pub kind: VersionKind,
    /// Reference of the delivery, dictamen or resolution.
    pub document: String,
    /// SHA-256 of the delivered file.
    pub file: Hash,
    /// When it was loaded.
    pub at: i64,
    /// Its entries.
    pub entries: Vec<RollEntry>,
}

/// Where the registrar keeps a version.
#[must_use]
pub fn version_path(secret: &Path, version: u32) -> PathBuf {
    files::with_suffix(secret, &format!(".roll-{version:02}"))
}

impl Version {
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let text = |e: &RollEntry| [&e.name, &e.clave, &e.ocr, &e.cic, &e.entity, &e.email, &e.phone].map(String::len);
        let room: usize = self.entries.iter().map(|e| text(e).iter().sum::<usize>().saturating_add(92)).sum();
        // All the room at once: a buffer that grows leaves copies behind.
        let mut out = Zeroizing::new(Vec::with_capacity(room.saturating_add(2048)));
        self.kind.encode(&mut out);
        self.document.encode(&mut out);
        self.file.encode(&mut out);
        self.at.encode(&mut out);
        u64::try_from(self.entries.len()).unwrap_or(u64::MAX).encode(&mut out);
        for entry in &self.entries {
            entry.salt.encode(&mut out);
            entry.list.encode(&mut out);
            for text in [&entry.name, &entry.clave, &entry.ocr, &entry.cic, &entry.entity, &entry.email, &entry.phone] {
                text.encode(&mut out);
            }
        }
        out
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let kind = VersionKind::decode(&mut reader).ok()?;
        let document = String::decode_limited(&mut reader, STRING).ok()?;
        let file = Hash::decode(&mut reader).ok()?;
        let at = i64::decode(&mut reader).ok()?;
        let length = reader.length(bytes.len()).ok()?;
        let mut entries = Vec::with_capacity(length);
        for _ in 0..length {
            let salt = <[u8; 32]>::decode(&mut reader).ok()?;
            let list = u32::decode(&mut reader).ok()?;
            let mut text = || String::decode_limited(&mut reader, STRING).ok();
            let (name, clave, ocr, cic) = (text()?, text()?, text()?, text()?);
            let (entity, email, phone) = (text()?, text()?, text()?);
            entries.push(RollEntry { salt, list, name, clave, ocr, cic, entity, email, phone });
        }
        reader.finish().ok()?;
        Some(Self { kind, document, file, at, entries })
    }

    /// Seals this version into a new file.
    ///
    /// # Errors
    /// If the file exists or cannot be written.
    pub fn write(&self, session: &mut Session<'_>, path: &Path, password: &str) -> Result<()> {
        sealed::write(session, path, Kind::Roll, password, &self.to_bytes())
    }

    /// Opens a version.
    ///
    /// # Errors
    /// If it cannot be read or opened.
    pub fn read(path: &Path, password: &str) -> Result<Self> {
        Self::from_bytes(&sealed::read(path, Kind::Roll, password)?).ok_or_else(sealed::bad)
    }
}

/// Opens every version that the registrar keeps, the base roll first.
///
/// # Errors
/// If one cannot be opened.
pub fn read_all(secret: &Path, password: &str) -> Result<Vec<Version>> {
    (0u32..64)
        .map(|version| version_path(secret, version))
        .take_while(|path| path.exists())
        .map(|path| Version::read(&path, password))
        .collect()
}

/// Where the registrar keeps the whole roll in the order that was drawn for it.
#[must_use]
pub fn drawn_path(secret: &Path) -> PathBuf {
    files::with_suffix(secret, ".roll-drawn")
}

/// The roll in its order, drawn once and for all: it is sealed before it is used, so that an
/// interrupted commitment goes on with the same one. Nobody else knows it.
///
/// # Errors
/// If the file cannot be written or opened, or there is no version.
pub fn draw(session: &mut Session<'_>, secret: &Path, password: &str, versions: Vec<Version>) -> Result<Version> {
    let path = drawn_path(secret);
    if path.exists() {
        return Version::read(&path, password);
    }
    let mut versions = versions.into_iter();
    let missing = || out_of_order("error.missing", &[("path", &"roll-00"), ("command", &"roll load")]);
    let mut all = versions.next().ok_or_else(missing)?;
    for version in versions {
        all.entries.extend(version.entries);
    }
    draw_order(&mut all.entries, session.rng);
    all.write(session, &path, password)?;
    Ok(all)
}

/// Opens the roll in the order that was drawn.
///
/// # Errors
/// If it is not committed to, or does not open.
pub fn read_drawn(secret: &Path, password: &str) -> Result<Version> {
    let path = drawn_path(secret);
    if !path.exists() {
        return Err(out_of_order("error.missing", &[("path", &path.display()), ("command", &"roll commit")]));
    }
    Version::read(&path, password)
}

/// The entries of every list in roll order.
#[must_use]
pub fn by_list(drawn: &Version, lists: usize) -> Vec<Vec<&RollEntry>> {
    let mut all: Vec<Vec<&RollEntry>> = (0..lists).map(|_| Vec::new()).collect();
    for entry in &drawn.entries {
        if let Some(list) = usize::try_from(entry.list).ok().and_then(|list| all.get_mut(list)) {
            list.push(entry);
        }
    }
    all
}
