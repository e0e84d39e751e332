//! The act *publish*: the record with its actas is verified, and it is that of this board; from then on entries
//! and receipts are public.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use escrutinio_core::hash::sha256;
use escrutinio_core::ids::hex;
use escrutinio_core::record::{self, Source};
use escrutinio_core::verify;

use super::{Conductor, LifecycleError, start};
use crate::board::{Act, LogName};
use crate::random;
use crate::store::meta;

/// A record in a folder.
struct Folder(PathBuf);

impl Folder {
    fn collect(&self, folder: &Path, prefix: &str, files: &mut Vec<(String, u64)>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let metadata = entry.metadata()?;
            if metadata.is_dir() {
                self.collect(&entry.path(), &format!("{path}/"), files)?;
            } else {
                // A link has a length, and its content is read where it leads: the sums know what that is.
                files.push((path, metadata.len()));
            }
        }
        Ok(())
    }
}

impl Source for Folder {
    type Error = io::Error;

    fn files(&self) -> io::Result<Vec<(String, u64)>> {
        let mut files = Vec::new();
        self.collect(&self.0, "", &mut files)?;
        files.sort_unstable();
        Ok(files)
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut file = File::open(self.0.join(path))?;
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }
}

/// What the record says of the board: size and root of its closing checkpoint.
type Closing = (u64, [u8; 32]);

/// Verifies every check of a record.
fn verify(folder: &Path, sums: &str) -> Result<(escrutinio_core::ids::ElectionId, Closing), LifecycleError> {
    let refused = |what: String| LifecycleError::Refused(what);
    let unread = |error: io::Error| refused(format!("{}: {error}", folder.display()));
    let listed = fs::read(folder.join(record::SUMS)).map_err(unread)?;
    let found = hex(&sha256(&[&listed]));
    if found != sums {
        return Err(refused(format!("{} of the record has the hash {found}", record::SUMS)));
    }
    let source = Folder(folder.to_path_buf());
    let (report, closed) = verify::record(&source, &mut random::system(), &mut ()).map_err(unread)?;
    if !report.is_valid() {
        let (check, why) = report.reason().unwrap_or((verify::Check::R1_1, "incomplete"));
        return Err(refused(format!("the record does not hold: {}: {why}", check.code())));
    }
    let election = closed.ok_or_else(|| refused("the record is incomplete".to_owned()))?.election;
    let checkpoints = source.files().map_err(unread)?;
    let last = checkpoints.iter().rev().find(|(path, _)| path.starts_with(record::CHECKPOINTS));
    let last = last.ok_or_else(|| refused("the record has no checkpoint".to_owned()))?;
    let note = fs::read(folder.join(&last.0)).map_err(unread)?;
    let signed = escrutinio_core::board::SignedCheckpoint::parse(&note).map_err(|error| refused(error.to_string()))?;
    let claimed = signed.claimed();
    Ok((election.election_id, (claimed.size, claimed.root)))
}

impl Conductor {
    /// Makes entries and receipts public, for a complete record in a folder whose `SHA256SUMS` has this SHA-256.
    ///
    /// # Errors
    /// [`LifecycleError`] before the close, or if the record does not hold or is of another board.
    pub async fn publish(&self, folder: &Path, sums: &str) -> Result<(), LifecycleError> {
        let parts = &self.parts;
        let closing = self.closing().await?;
        let (folder, hash) = (folder.to_path_buf(), sums.to_owned());
        let verified = tokio::task::spawn_blocking(move || verify(&folder, &hash)).await;
        let verified = verified.map_err(|_| LifecycleError::Refused("the record could not be verified".to_owned()))?;
        let (election, (size, root)) = verified?;
        let head = parts.board.head(LogName::Board, closing).await?;
        let head = head.ok_or(LifecycleError::Missing("the closing checkpoint"))?;
        if election != parts.election.election.election_id || (size, root) != (head.size, head.root) {
            return Err(LifecycleError::Refused("the record is not that of this board".to_owned()));
        }
        let now = parts.clock.now();
        parts.board.act_once(&Act::new("publish", now).with("record", sums).with("size", size)).await?;
        start::note(&parts.store, meta::PUBLISHED, now.to_string()).await?;
        parts.lifecycle.note(start::facts(&parts.store).await?);
        Ok(())
    }
}
