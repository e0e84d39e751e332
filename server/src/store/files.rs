//! What SQLite's file needs around it: a lock, so that two programs never share it.

use core::time::Duration;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::StoreError;

/// The path in a URL of SQLite, without its parameters.
pub(super) fn sqlite_path(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let path = rest.split('?').next()?;
    (!path.is_empty()).then(|| PathBuf::from(path))
}

/// How long the lock is waited for: a program that is restarted may still be ending.
const PATIENCE: Duration = Duration::from_secs(3);

/// Takes the lock beside the database; it is free again when the file is dropped.
pub(super) async fn lock(database: &Path) -> Result<File, StoreError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let fail = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::Full,
        std::io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly,
        _ => StoreError::Unavailable { what: format!("{}: {error}", Path::new(&path).display()) },
    };
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(fail)?;
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if since.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(TryLockError::WouldBlock) => {
                let what =
                    format!("{} is in use by another program; several instances need PostgreSQL", database.display());
                return Err(StoreError::Refused { what });
            }
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
    }
}
