//! The end of the box key in `keys.sealed`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

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

/// The file that is to take the place of another.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// Overwrites the file, in the place where it lies, with one whose box key is zero. That one is on the disk before the
/// other is touched: the other two keys survive a power cut at any moment.
///
/// # Errors
/// [`KeyFileError`].
pub fn destroy_box_key(path: &Path, password: &str) -> Result<(), KeyFileError> {
    finish_file(path, password)?;
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
    files::replace(&beside(path), &new, files::Readers::Owner)?;
    finish_file(path, password)
}

/// Does to its end what a power cut may have stopped: where there is a file that takes the place of another, it does.
///
/// # Errors
/// [`KeyFileError`].
pub fn finish_file(path: &Path, password: &str) -> Result<(), KeyFileError> {
    let beside = beside(path);
    if !beside.exists() {
        return Ok(());
    }
    let new = files::read(&beside)?;
    let kept = escrutinio_sealed::open(Kind::ServerKeys, password, &new)?;
    if ServerKeys::from_bytes(&*three(&kept)?).ballots().is_some() {
        return Err(KeyFileError::Content);
    }
    overwrite(path, &new).map_err(KeyFileError::Overwrite)?;
    std::fs::remove_file(&beside).map_err(KeyFileError::Overwrite)
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
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing lies beside it");
    }

    #[test]
    fn a_power_cut_leaves_the_other_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.sealed");
        let drawn = ServerKeys::generate(&mut random::system());
        let roll = ServerKeys::from_bytes(&drawn).roll().mac("label", b"x");
        let old = seal("password", &drawn).unwrap();
        files::write_secret(&path, &old).unwrap();
        destroy_box_key(&path, "password").unwrap();
        let new = std::fs::read(&path).unwrap();
        // The file as it is when the power goes in the midst of being overwritten.
        for written in [0, 1, old.len() / 2, old.len() - 1, old.len()] {
            std::fs::write(&path, [&new[..written], &old[written..]].concat()).unwrap();
            files::replace(&beside(&path), &new, files::Readers::Owner).unwrap();
            assert!(finish_file(&path, "wrong").is_err());
            finish_file(&path, "password").unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), new);
            assert!(!beside(&path).exists());
        }
        let content = escrutinio_sealed::open(Kind::ServerKeys, "password", &new).unwrap();
        assert_eq!(ServerKeys::from_bytes(&three(&content).unwrap()).roll().mac("label", b"x"), roll);
        // And it stops where nothing can be written beside it.
        std::fs::write(&path, &old).unwrap();
        std::fs::create_dir(beside(&path)).unwrap();
        assert!(destroy_box_key(&path, "password").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), old);
    }
}
