//! Files that are written whole or not at all, and never over another.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use escrutinio_core::hash::{Hash, sha256};
use escrutinio_sealed::files::{self, Readers};

use crate::error::{Error, Result, out_of_order};

/// Writes a new public file.
///
/// # Errors
/// If it exists, or cannot be written.
pub fn write_new(path: &Path, content: &[u8]) -> Result<()> {
    Ok(files::write_new(path, content, Readers::Everybody)?)
}

/// Writes a new file that only its owner can read.
///
/// # Errors
/// If it exists, or cannot be written.
pub fn write_secret(path: &Path, content: &[u8]) -> Result<()> {
    Ok(files::write_secret(path, content)?)
}

/// Writes a new file that only its owner can read, into a folder that takes its name only
/// when all of it is there and [`write_through`] was called.
///
/// # Errors
/// If it exists, or cannot be written.
pub(crate) fn write_part(path: &Path, content: &[u8]) -> Result<()> {
    let write = || -> io::Result<()> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(path)?;
        file.write_all(content)?;
        if cfg!(unix) { Ok(()) } else { file.sync_data() }
    };
    write().map_err(|why| Error::file(path, &why))
}

/// Brings everything that was written to the disk: for a folder of many files, a hundred
/// times cheaper than one by one.
pub(crate) fn write_through() {
    #[cfg(unix)]
    rustix::fs::sync();
}

/// Makes a folder that only its owner enters, unless it is there.
///
/// # Errors
/// If it cannot be made.
pub fn private_folder(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path).map_err(|why| Error::file(path, &why))
}

/// Replaces a file whole: for the transcript alone, which only grows.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<()> {
    Ok(files::replace(path, content, Readers::Everybody)?)
}

/// Writes a secret file, over what a step left there that was cut off before it was done.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn replace_secret(path: &Path, content: &[u8]) -> Result<()> {
    Ok(files::replace(path, content, Readers::Owner)?)
}

/// Writes a file, or finds that it is there with the same content: the result of a step
/// that gives the same every time. True if it was there.
///
/// # Errors
/// If another content is there, or it cannot be written.
pub fn write_or_same(path: &Path, content: &[u8]) -> Result<bool> {
    if !path.exists() {
        return write_new(path, content).map(|()| false);
    }
    if read(path)? == content { Ok(true) } else { Err(out_of_order("error.file.other", &[("path", &path.display())])) }
}

/// Reads a file.
///
/// # Errors
/// If it cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    Ok(files::read(path)?)
}

/// SHA-256 of a file.
///
/// # Errors
/// If it cannot be read.
pub fn hash(path: &Path) -> Result<Hash> {
    Ok(sha256(&[&read(path)?]))
}

/// Overwrites a secret file and removes it. On flash media old blocks may survive; what
/// survives is sealed.
///
/// # Errors
/// If it cannot be written or removed.
pub fn wipe(path: &Path) -> Result<()> {
    let wipe = || -> io::Result<()> {
        let length = fs::metadata(path)?.len();
        let mut file = File::options().write(true).open(path)?;
        io::copy(&mut io::Read::take(io::repeat(0), length), &mut file)?;
        file.sync_all()?;
        fs::remove_file(path)
    };
    wipe().map_err(|why| Error::file(path, &why))
}

/// Overwrites and removes a secret file, or a folder with all that is in it. What is not there stays
/// away; a link is removed and not followed.
///
/// # Errors
/// If something cannot be written or removed.
pub fn wipe_all(path: &Path) -> Result<()> {
    let failed = |why: io::Error| Error::file(path, &why);
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(why) => return Err(failed(why)),
    };
    if meta.is_symlink() {
        return fs::remove_file(path).map_err(failed);
    }
    if !meta.is_dir() {
        return wipe(path);
    }
    for entry in fs::read_dir(path).map_err(failed)? {
        wipe_all(&entry.map_err(failed)?.path())?;
    }
    fs::remove_dir(path).map_err(failed)
}

/// `path` with something added to its name.
#[must_use]
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_overwrites() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.bin");
        write_new(&path, b"one").unwrap();
        assert_eq!(write_new(&path, b"two").unwrap_err().message().key, "error.file.exists");
        assert_eq!(read(&path).unwrap(), b"one");
        assert_eq!(write_or_same(&path, b"one"), Ok(true));
        assert_eq!(write_or_same(&path, b"two").unwrap_err().exit_code(), 2);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no part is left");
    }

    #[test]
    fn a_folder_is_wiped_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, beside) = (folder.path().join("a"), folder.path().join("b.bin"));
        write_secret(&inside.join("c/d.bin"), b"x").unwrap();
        write_secret(&beside, b"y").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&beside, inside.join("link")).unwrap();
        wipe_all(&inside).unwrap();
        wipe_all(&inside).unwrap();
        assert!(!inside.exists());
        assert_eq!(read(&beside).unwrap(), b"y");
    }

    #[cfg(unix)]
    #[test]
    fn secrets_are_their_owners() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        write_secret(&path, b"x").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        wipe(&path).unwrap();
        assert!(!path.exists());
    }
}
