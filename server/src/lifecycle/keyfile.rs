//! The end of the box key in `keys.sealed`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use escrutinio_sealed::{Kind, files};
use zeroize::Zeroizing;

use crate::keys::{LENGTH, ServerKeys};
use crate::random;

/// A file of keys that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read, opened or written.
    #[error(transparent)]
    Sealed(#[from] escrutinio_sealed::Error),
    /// It does not hold three keys.
    #[error("the file holds no three keys")]
    Content,
    /// It could not be overwritten.
    #[error("the file of keys could not be overwritten: {0}")]
    Overwrite(io::Error),
}

fn three(content: &[u8]) -> Result<Zeroizing<[u8; LENGTH]>, KeyFileError> {
    content.try_into().map(Zeroizing::new).map_err(|_| KeyFileError::Content)
}

fn seal(password: &str, keys: &[u8; LENGTH]) -> Result<Vec<u8>, KeyFileError> {
    Ok(escrutinio_sealed::seal(&mut random::system(), Kind::ServerKeys, password, keys)?)
}

/// Overwrites the file, in the place where it lies, with one whose box key is zero.
pub(super) fn destroy_box_key(path: &Path, password: &str) -> Result<(), KeyFileError> {
    let old = files::read(path)?;
    let content = escrutinio_sealed::open(Kind::ServerKeys, password, &old)?;
    let mut keys = three(&content)?;
    if let Some(box_key) = keys.last_chunk_mut::<32>() {
        box_key.fill(0);
    }
    let new = seal(password, &keys)?;
    // A file of another length would leave the end of the old one, or lie elsewhere.
    if new.len() != old.len() {
        return Err(KeyFileError::Content);
    }
    overwrite(path, &new).map_err(KeyFileError::Overwrite)?;
    let kept = escrutinio_sealed::open(Kind::ServerKeys, password, &files::read(path)?)?;
    let kept = ServerKeys::from_bytes(&*three(&kept)?);
    if kept.ballots().is_some() { Err(KeyFileError::Content) } else { Ok(()) }
}

fn overwrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let mut written = Vec::with_capacity(bytes.len());
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut written)?;
    if written != bytes {
        return Err(io::ErrorKind::InvalidData.into());
    }
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_key_is_overwritten_in_place() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.sealed");
        let drawn = ServerKeys::generate(&mut random::system());
        files::write_secret(&path, &seal("password", &drawn).unwrap()).unwrap();
        let keys = ServerKeys::from_bytes(&drawn);
        assert!(keys.ballots().is_some());
        let (before, old) = (std::fs::metadata(&path).unwrap(), std::fs::read(&path).unwrap());
        let roll = keys.roll().mac("label", b"x");
        assert!(destroy_box_key(&path, "wrong").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), old);
        destroy_box_key(&path, "password").unwrap();
        let after = std::fs::metadata(&path).unwrap();
        assert_eq!((before.ino(), before.len()), (after.ino(), after.len()));
        assert_ne!(std::fs::read(&path).unwrap(), old);
        let content = escrutinio_sealed::open(Kind::ServerKeys, "password", &std::fs::read(&path).unwrap()).unwrap();
        let keys = ServerKeys::from_bytes(&three(&content).unwrap());
        assert!(keys.ballots().is_none());
        assert_eq!(keys.roll().mac("label", b"x"), roll, "the other keys stay");
    }
}
