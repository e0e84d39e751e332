//! A record in a folder.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use escrutinio_core::record::Source;

/// A folder that holds a record.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Opens a folder.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        if fs::metadata(root)?.is_dir() {
            Ok(Self { root: root.to_path_buf() })
        } else {
            Err(io::Error::new(io::ErrorKind::NotADirectory, "not a folder"))
        }
    }

    fn collect(&self, folder: &Path, prefix: &str, files: &mut Vec<(String, u64)>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // A name that is not UTF-8 is no name of a record: it shows up as a foreign file.
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            // Of the entry itself: a link is nothing that a record may hold, wherever it leads.
            let metadata = entry.metadata()?;
            if metadata.is_dir() {
                self.collect(&entry.path(), &format!("{path}/"), files)?;
            } else if metadata.is_file() {
                files.push((path, metadata.len()));
            } else {
                // So is everything else that cannot be read: under a foreign name nobody opens it.
                files.push((format!("{path} (no regular file)"), 0));
            }
        }
        Ok(())
    }
}

impl Source for Folder {
    type Error = io::Error;

    fn files(&self) -> io::Result<Vec<(String, u64)>> {
        let mut files = Vec::new();
        self.collect(&self.root, "", &mut files)?;
        files.sort_unstable();
        Ok(files)
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut file = File::open(self.root.join(path))?;
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use escrutinio_core::record::is_record_path;

    use super::*;

    #[test]
    fn a_link_is_foreign() {
        let folder = std::env::temp_dir().join(format!("escrutinio-links-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("manifest.bin"), b"1").unwrap();
        symlink(folder.join("manifest.bin"), folder.join("seal.bin")).unwrap();
        symlink(&folder, folder.join("board")).unwrap();
        let files = Folder::open(&folder).unwrap().files();
        fs::remove_dir_all(&folder).unwrap();
        let files = files.unwrap();
        assert_eq!(files.len(), 3, "{files:?}");
        let own: Vec<_> = files.iter().filter(|(path, _)| is_record_path(path)).collect();
        assert_eq!(own, [&("manifest.bin".to_owned(), 1)]);
    }
}
