//! Every checkpoint of a log that was signed or seen, one file for each size, so that a second
//! one of the same size is known. The files are signed notes and nothing else: what they say
//! is verified when they are read.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use escrutinio_core::board::{LogKeys, MerkleTree, SignedCheckpoint, VerifiedCheckpoint};
use escrutinio_core::hash::Hash;
use escrutinio_sealed::files::{self, Readers};

use crate::election::{Election, Log};
use crate::error::{Error, Result};

/// Says when reception ends, for whoever looks without the record.
const END: &str = "reception-end";

/// Keeps other processes out of a folder as long as it lives.
#[derive(Debug)]
pub struct Claim(#[expect(dead_code, reason = "held, not read")] File);

impl Claim {
    /// Claims a folder, which is made if it is not there.
    ///
    /// # Errors
    /// If another process has claimed it, or the folder cannot be written.
    pub fn of(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|why| Error::file(folder, why))?;
        let path = folder.join("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|why| Error::file(&path, why))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::Busy { path: folder.to_path_buf() }),
            Err(TryLockError::Error(why)) => Err(Error::file(&path, why)),
        }
    }
}

/// A checkpoint in the book.
#[derive(Clone, Debug)]
pub struct Page {
    /// As it was signed.
    pub note: SignedCheckpoint,
    /// What its signatures say.
    pub verified: VerifiedCheckpoint,
}

impl Page {
    /// The latest time of a cosignature.
    #[must_use]
    pub fn time(&self) -> Option<u64> {
        self.verified.cosignatures().iter().map(|cosignature| cosignature.time).max()
    }
}

/// The book of one log of one election.
#[derive(Debug)]
pub struct Book {
    folder: PathBuf,
    pages: BTreeMap<u64, Page>,
}

impl Book {
    /// Opens the book of a log below a folder.
    ///
    /// # Errors
    /// If a file cannot be read, or is not what it was when it was written.
    pub fn open(folder: &Path, election: &Election, log: Log) -> Result<Self> {
        let above = folder.join(election.id.to_string());
        let folder = above.join(log.name());
        fs::create_dir_all(&folder).map_err(|why| Error::file(&folder, why))?;
        files::replace(&above.join(END), format!("{}\n", election.end).as_bytes(), Readers::Everybody)?;
        let mut pages = BTreeMap::new();
        for path in notes(&folder)? {
            let page = read(&path, election.keys(log)).map_err(|why| Error::Kept { path: path.clone(), why })?;
            let size = page.note.claimed().size;
            if path != folder.join(file_name(size)) {
                return Err(Error::Kept { path, why: format!("it is of size {size}") });
            }
            pages.insert(size, page);
        }
        Ok(Self { folder, pages })
    }

    /// The largest checkpoint.
    #[must_use]
    pub fn last(&self) -> Option<&Page> {
        self.pages.last_key_value().map(|(_, page)| page)
    }

    /// Size and root of the largest checkpoint; of an empty book, the empty tree.
    #[must_use]
    pub fn head(&self) -> (u64, Hash) {
        self.last()
            .map_or_else(|| (0, MerkleTree::new().root()), |page| (page.note.claimed().size, page.note.claimed().root))
    }

    /// The checkpoint of a size.
    #[must_use]
    pub fn page(&self, size: u64) -> Option<&Page> {
        self.pages.get(&size)
    }

    /// All of them, by size.
    pub fn pages(&self) -> impl Iterator<Item = &Page> {
        self.pages.values()
    }

    /// The root that a size has: the empty tree's is known without a signature.
    #[must_use]
    pub fn root(&self, size: u64) -> Option<Hash> {
        let empty = (size == 0).then(|| MerkleTree::new().root());
        self.page(size).map(|page| page.note.claimed().root).or(empty)
    }

    /// Writes a checkpoint down, over the one of the same size. It is on the disk when this
    /// returns.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&mut self, page: Page) -> Result<()> {
        let size = page.note.claimed().size;
        files::replace(&self.folder.join(file_name(size)), page.note.to_string().as_bytes(), Readers::Everybody)?;
        self.pages.insert(size, page);
        Ok(())
    }

    /// A time noted beside the pages.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read_mark(&self, name: &str) -> Result<Option<u64>> {
        let path = self.folder.join(name);
        if !path.exists() {
            return Ok(None);
        }
        Ok(String::from_utf8_lossy(&files::read(&path)?).trim().parse().ok())
    }

    /// Notes a time.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_mark(&self, name: &str, time: u64) -> Result<()> {
        Ok(files::replace(&self.folder.join(name), format!("{time}\n").as_bytes(), Readers::Everybody)?)
    }

    /// Takes it away.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn clear_mark(&self, name: &str) -> Result<()> {
        let path = self.folder.join(name);
        fs::remove_file(&path).map_err(|why| Error::file(&path, why))
    }

    /// Where the book lies, for what belongs to it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The elections of which a folder holds books, with the end of reception.
///
/// # Errors
/// If the folder cannot be read.
pub fn elections(folder: &Path) -> Result<Vec<(PathBuf, Option<u64>)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|why| Error::file(folder, why))? {
        let path = entry.map_err(|why| Error::file(folder, why))?.path();
        if let Ok(end) = files::read(&path.join(END)) {
            found.push((path, String::from_utf8_lossy(&end).trim().parse().ok()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The largest checkpoint of the book in a folder, with the time of its latest cosignature; nothing
/// is verified, as without the record there is no key.
#[must_use]
pub fn peek(folder: &Path) -> Option<(SignedCheckpoint, Option<u64>)> {
    let last = notes(folder).ok()?.into_iter().max()?;
    let note = SignedCheckpoint::parse(&files::read(&last).ok()?).ok()?;
    let cosignatures = note.lines().iter().skip(1);
    let times = cosignatures.filter_map(|line| line.signature.first_chunk().map(|time| u64::from_be_bytes(*time)));
    let time = times.max();
    Some((note, time))
}

/// All digits of a size, so that the names sort.
fn file_name(size: u64) -> String {
    format!("{size:020}.txt")
}

fn notes(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut notes = Vec::new();
    for entry in fs::read_dir(folder).map_err(|why| Error::file(folder, why))? {
        let path = entry.map_err(|why| Error::file(folder, why))?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            notes.push(path);
        }
    }
    Ok(notes)
}

fn read(path: &Path, keys: &LogKeys) -> core::result::Result<Page, String> {
    let bytes = files::read(path).map_err(|why| why.to_string())?;
    let note = SignedCheckpoint::parse(&bytes).map_err(|why| why.to_string())?;
    let verified = note.verify(keys).map_err(|why| why.to_string())?;
    Ok(Page { note, verified })
}
