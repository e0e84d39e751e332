//! The logs as static files: written from the box, files first, the checkpoint last, each whole or
//! not at all. Any web server may serve acts and checkpoints; of the acts one more, `witnessed`, the last that a quorum signed. The board's tiles and bundles hold ballots:
//! before *published* only the server itself can read them, and only then may the folder be served whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use escrutinio_core::board::SignedCheckpoint;
use escrutinio_core::hash::Hash;
use escrutinio_sealed::files::{self, Readers};
use sqlx::{AnyConnection, Connection};
use tokio::sync::Mutex;

use super::log::{Log, LogName};
use super::rows::{self, Head};
use super::tree;
use crate::store::{Store, StoreError, meta};

/// The folder of both logs.
#[derive(Debug)]
pub(super) struct Mirror {
    folder: PathBuf,
    /// Of each log, what the folder has.
    written: Mutex<[Option<Written>; 2]>,
}

#[derive(Debug, PartialEq)]
struct Written {
    head: Head,
    /// Of the acts, the last that a quorum of witnesses signed.
    witnessed: Option<Head>,
    /// Who may read tiles and bundles.
    readers: Readers,
}

fn fail(path: &Path) -> impl Fn(io::Error) -> StoreError {
    let path = path.display().to_string();
    move |error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => StoreError::ReadOnly,
        _ => StoreError::Unavailable { what: format!("{path}: {error}") },
    }
}

/// Writes a file whole or not at all, for its owner only.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write_for(path, bytes, Readers::Owner)
}

fn write_for(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), StoreError> {
    files::replace(path, bytes, readers).map_err(|error| match error {
        escrutinio_sealed::Error::File { path, why } => fail(&path)(why),
        other => StoreError::Unavailable { what: other.to_string() },
    })
}

impl Mirror {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), written: Mutex::new([None, None]) }
    }

    fn at(&self, log: LogName) -> PathBuf {
        self.folder.join(log.name())
    }

    /// What the folder says of a log: it was signed, whatever the database says.
    pub(super) fn checkpoint(&self, log: &Log) -> Result<Option<SignedCheckpoint>, StoreError> {
        let path = self.at(log.name).join("checkpoint");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(&path)(error)),
        };
        let broken = |what: String| StoreError::corrupt(format!("{}: {what}", path.display()));
        let signed = SignedCheckpoint::parse(&bytes).map_err(|error| broken(error.to_string()))?;
        signed.verify(&log.keys).map_err(|error| broken(error.to_string()))?;
        Ok(Some(signed))
    }

    /// Refuses a box that lacks what the folder has of a log, or has another in its place.
    pub(super) async fn check(&self, store: &Store, log: &Log) -> Result<(), StoreError> {
        let head = {
            let [board, acts] = &*self.written.lock().await;
            let written = if log.name == LogName::Board { board } else { acts };
            let Some(written) = written else { return Ok(()) };
            (written.head.size, written.head.root)
        };
        refuse_without(&mut *store.ballots.read().await?, log.name, head.0, head.1).await
    }

    /// Brings the folder up to what the box says of a log. A box that lacks what the folder has changes nothing there:
    /// it is the proof of what was signed.
    pub(super) async fn sync(&self, store: &Store, log: &Log) -> Result<(), StoreError> {
        let mut all = self.written.lock().await;
        let [board, acts] = &mut *all;
        let written = if log.name == LogName::Board { board } else { acts };
        // At one moment: the sequencer, perhaps another instance, takes away what a larger board does not need.
        let mut connection = store.ballots.read().await?;
        let mut moment = connection.begin_with(store.ballots.backend().moment()).await?;
        let last = log.last(&mut moment).await?;
        let public = log.name == LogName::Acts || meta::value(&mut moment, meta::PUBLISHED).await?.is_some();
        let readers = if public { Readers::Everybody } else { Readers::Owner };
        let witnessed = if log.name == LogName::Acts { log.witnessed(&mut moment).await? } else { None };
        let now = Written { head: last.clone(), witnessed: witnessed.clone(), readers };
        if last.note.is_empty() || written.as_ref() == Some(&now) {
            return Ok(());
        }
        let wiped = meta::value(&mut moment, meta::WIPED).await?.is_some();
        if let Some(before) = written.as_ref().filter(|_| !wiped) {
            refuse_without(&mut moment, log.name, before.head.size, before.head.root).await?;
        }
        let folder = self.at(log.name);
        // A program that starts trusts no file that it did not write itself; with publication all become readable.
        let before = written.as_ref().filter(|written| written.readers == readers);
        let (known, from) = before.map_or((0, 0), |written| (written.head.size, written.head.number));
        // Another instance may have added what comes after the witnessed one: its files are not among those of the last.
        let behind = witnessed.iter().flat_map(|head| tree::partial_paths(head.size));
        for path in tree::paths_since(known, last.size).chain(behind) {
            let absent = || StoreError::corrupt(format!("{path} is absent"));
            let bytes = rows::file(&mut moment, log.name, &path).await?.ok_or_else(absent)?;
            put(folder.join(path), bytes, readers).await?;
        }
        // Cosignatures came for the first and for the last one known, if for any.
        for number in core::iter::once(0).chain(from.max(1)..=last.number) {
            let head = rows::head(&mut moment, log.name, number).await?;
            let head = head.ok_or_else(|| StoreError::corrupt(format!("head {number} is absent")))?;
            put(folder.join(format!("checkpoints/{number:06}")), head.note.into_bytes(), Readers::Everybody).await?;
        }
        put(folder.join("checkpoint"), last.note.clone().into_bytes(), Readers::Everybody).await?;
        if let Some(head) = witnessed {
            put(folder.join("witnessed"), head.note.into_bytes(), Readers::Everybody).await?;
        }
        if log.name == LogName::Board {
            match &*written {
                Some(before) => remove(&folder, tree::partial_paths(before.head.size), last.size),
                None => remove_others(&folder, last.size),
            }
        }
        moment.commit().await?;
        *written = Some(now);
        Ok(())
    }
}

/// Refuses a box without the head that was signed. Of a log that has not begun nothing was.
pub(super) async fn refuse_without(
    connection: &mut AnyConnection,
    log: LogName,
    size: u64,
    root: Hash,
) -> Result<(), StoreError> {
    if size == 0 || rows::root(connection, log, size).await? == Some(root) {
        return Ok(());
    }
    let last = rows::last(connection, log).await?.map_or(0, |head| head.size);
    let name = log.name();
    let what = format!("it says that the log {name} has {last} entries, of which {size} were signed, or others");
    Err(StoreError::OldCopy { what })
}

async fn put(path: PathBuf, bytes: Vec<u8>, readers: Readers) -> Result<(), StoreError> {
    let write = tokio::task::spawn_blocking(move || match fs::read(&path) {
        Ok(found) if found == bytes && readers.may_read(&path) => Ok(()),
        _ => write_for(&path, &bytes, readers),
    });
    let fault = |_| Err(StoreError::Unavailable { what: "a file was not written: a fault of the program".to_owned() });
    write.await.unwrap_or_else(fault)
}

/// Removes partial files of an earlier size: an importer wants exactly those of the last. What cannot be
/// removed is found by the next start.
fn remove(folder: &Path, superseded: Vec<String>, size: u64) {
    let wanted = tree::partial_paths(size);
    for path in superseded.into_iter().filter(|path| !wanted.contains(path)) {
        let path = folder.join(path);
        let _ = fs::remove_file(&path);
        let _ = path.parent().map(fs::remove_dir);
    }
}

/// Removes all partial files but those of this size.
fn remove_others(folder: &Path, size: u64) {
    let wanted = tree::partial_paths(size);
    let mut folders = vec![folder.join("tile")];
    while let Some(at) = folders.pop() {
        for path in fs::read_dir(&at).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let partial = at.extension().is_some_and(|extension| extension == "p");
            if path.is_dir() {
                folders.push(path);
            } else if partial && !wanted.iter().any(|wanted| path == folder.join(wanted)) {
                let _ = fs::remove_file(&path);
                let _ = fs::remove_dir(&at);
            }
        }
    }
}
