//! Files that are written whole or not at all: to a name of their own, through to the disk, and
//! only then to the name that they are to have.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Largest file that is read into memory: an entry of a folder is never trusted to be small.
const LARGEST: u64 = 4 << 30;

/// Who may read a file that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner only.
    Owner,
    /// Everybody.
    Everybody,
}

impl Readers {
    #[cfg(unix)]
    fn permissions(self) -> fs::Permissions {
        use std::os::unix::fs::PermissionsExt;
        fs::Permissions::from_mode(match self {
            Self::Owner => 0o600,
            Self::Everybody => 0o644,
        })
    }
}

impl Readers {
    /// Whether a file has the rights that it gets when it is written for them. Where rights are none of the file's it
    /// always has.
    #[must_use]
    pub fn may_read(self, path: &Path) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |permissions: fs::Permissions| permissions.mode() & 0o777;
            fs::metadata(path).is_ok_and(|found| mode(found.permissions()) == mode(self.permissions()))
        }
        #[cfg(not(unix))]
        path.exists()
    }
}

/// Writes a new file.
///
/// # Errors
/// If it exists (of kind [`io::ErrorKind::AlreadyExists`]), or cannot be written.
pub fn write_new(path: &Path, content: &[u8], readers: Readers) -> Result<()> {
    // Looked at first: a file that is there is not worth the writing of another.
    if path.exists() {
        return Err(Error::file(path, io::ErrorKind::AlreadyExists.into()));
    }
    write(path, content, readers, false)
}

/// Writes a file, over another if there is one: whoever reads finds the one or the other whole.
///
/// # Errors
/// If it cannot be written.
pub fn replace(path: &Path, content: &[u8], readers: Readers) -> Result<()> {
    write(path, content, readers, true)
}

/// Writes a new file that only its owner can read.
///
/// # Errors
/// As [`write_new`].
pub fn write_secret(path: &Path, content: &[u8]) -> Result<()> {
    write_new(path, content, Readers::Owner)
}

fn write(path: &Path, content: &[u8], readers: Readers, over: bool) -> Result<()> {
    let folder = folder_of(path);
    let write = || -> io::Result<()> {
        fs::create_dir_all(&folder)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".part-");
        #[cfg(unix)]
        builder.permissions(readers.permissions());
        #[cfg(not(unix))]
        let _ = readers;
        let mut file = builder.tempfile_in(&folder)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        if over { file.persist(path) } else { file.persist_noclobber(path) }.map_err(|e| e.error)?;
        sync_folder(&folder)
    };
    write().map_err(|why| Error::file(path, why))
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// A rename is safe from a power cut only when the folder is written.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Reads a file.
///
/// # Errors
/// If it cannot be read, or is too large (of kind [`io::ErrorKind::FileTooLarge`]).
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let read = || -> io::Result<Vec<u8>> {
        if fs::metadata(path)?.len() > LARGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        fs::read(path)
    };
    read().map_err(|why| Error::file(path, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.bin");
        write_new(&path, b"one", Readers::Everybody).unwrap();
        let why = write_new(&path, b"two", Readers::Everybody).unwrap_err();
        assert!(matches!(why, Error::File { why, .. } if why.kind() == io::ErrorKind::AlreadyExists));
        assert_eq!(read(&path).unwrap(), b"one");
        replace(&path, b"two", Readers::Everybody).unwrap();
        assert_eq!(read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no part is left");
    }

    #[cfg(unix)]
    #[test]
    fn secrets_are_their_owners() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        write_secret(&path, b"x").unwrap();
        assert_eq!(mode(), 0o600);
        replace(&path, b"y", Readers::Owner).unwrap();
        assert_eq!(mode(), 0o600);
        replace(&path, b"z", Readers::Everybody).unwrap();
        assert_eq!(mode(), 0o644);
    }
}
