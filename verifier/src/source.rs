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
            let metadata = fs::metadata(entry.path())?;
            if metadata.is_dir() {
                self.collect(&entry.path(), &format!("{path}/"), files)?;
            } else {
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
