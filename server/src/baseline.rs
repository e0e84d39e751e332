//! The component baseline (R-OPEN-06, R-MON-05, R-AUD-06): every file that runs or is served, by its SHA-256, and
//! what has changed since.
//!
//! Offer, emblems, roll and keys are data: they come after the baseline and are no part of it (R-CFG-18); the log of
//! acts and the seal say what they are.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use escrutinio_core::hash::{Hash, sha256};
use escrutinio_core::ids::hex;
use escrutinio_sealed::parse_hex;
use sha2::{Digest, Sha256};

/// The first line of a listing.
const FORM: &str = "escrutinio/components/v1";
/// Folders within folders; deeper ones are a loop.
const DEPTH: usize = 64;

/// A listing that cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// A component cannot be read.
    #[error("{}: {why}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// A component is no file and no folder, such as a link, whose content lies elsewhere.
    #[error("{}: neither a file nor a folder", .path.display())]
    Kind {
        /// Which.
        path: PathBuf,
    },
    /// A name that a line cannot hold.
    #[error("{}: a name that is not text of one line", .path.display())]
    Name {
        /// Which.
        path: PathBuf,
    },
}

/// Every component with its SHA-256.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing(BTreeMap<String, Hash>);

/// What is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// It has another content.
    Changed(String),
    /// It is not there.
    Missing(String),
    /// It was not there.
    Unlisted(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(path) => write!(f, "changed {path}"),
            Self::Missing(path) => write!(f, "missing {path}"),
            Self::Unlisted(path) => write!(f, "unlisted {path}"),
        }
    }
}

impl Listing {
    /// Looks at this program and at the files and folders of a configuration. What is not there is left out: the
    /// comparison names it.
    ///
    /// # Errors
    /// [`BaselineError`] if a component is there and cannot be read.
    pub fn take(paths: &[PathBuf]) -> Result<Self, BaselineError> {
        let mut listing = Self::default();
        let program = std::env::current_exe();
        let program = program.map_err(|why| BaselineError::File { path: "escrutinio-server".into(), why })?;
        for path in paths.iter().chain([&program]) {
            listing.add(path, DEPTH)?;
        }
        Ok(listing)
    }

    fn add(&mut self, path: &Path, depth: usize) -> Result<(), BaselineError> {
        let fail = |why| BaselineError::File { path: path.to_path_buf(), why };
        let kind = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata.file_type(),
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(why) => return Err(fail(why)),
        };
        if kind.is_file() {
            let name = path.to_str().filter(|name| !name.contains(['\n', '\r']));
            let name = name.ok_or_else(|| BaselineError::Name { path: path.to_path_buf() })?;
            self.0.insert(name.to_owned(), hash_file(path).map_err(fail)?);
            return Ok(());
        }
        if !kind.is_dir() || depth == 0 {
            return Err(BaselineError::Kind { path: path.to_path_buf() });
        }
        for entry in fs::read_dir(path).map_err(fail)? {
            self.add(&entry.map_err(fail)?.path(), depth.saturating_sub(1))?;
        }
        Ok(())
    }

    /// Its hash: what staff signs and the log of acts holds.
    #[must_use]
    pub fn hash(&self) -> String {
        hex(&sha256(&[self.to_string().as_bytes()]))
    }

    /// How many components it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Everything that differs from this listing in a later one, by name.
    #[must_use]
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        let paths: BTreeSet<&String> = self.0.keys().chain(now.0.keys()).collect();
        let difference = |path: &String| match (self.0.get(path), now.0.get(path)) {
            (Some(then), Some(now)) if then == now => None,
            (Some(_), Some(_)) => Some(Difference::Changed(path.clone())),
            (Some(_), None) => Some(Difference::Missing(path.clone())),
            (None, _) => Some(Difference::Unlisted(path.clone())),
        };
        let mut all: Vec<Difference> = paths.into_iter().filter_map(difference).collect();
        all.sort();
        all
    }

    /// Reads what `to_string` writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        if lines.next() != Some(FORM) {
            return None;
        }
        let line = |line: &str| {
            let (hash, path) = line.split_once("  ")?;
            Some((path.to_owned(), parse_hex::<32>(hash)?))
        };
        let listing = Self(lines.map(line).collect::<Option<_>>()?);
        (listing.to_string() == text).then_some(listing)
    }
}

impl fmt::Display for Listing {
    /// After its first line as `sha256sum -c` reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FORM}")?;
        self.0.iter().try_for_each(|(path, hash)| writeln!(f, "{}  {path}", hex(hash)))
    }
}

fn hash_file(path: &Path) -> io::Result<Hash> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0u8; 64 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        match buffer.get(..read) {
            Some([]) | None => return Ok(hasher.finalize().into()),
            Some(bytes) => hasher.update(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_open_06_one_changed_byte_is_named_and_so_is_what_is_missing_or_unlisted() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("page/js")).unwrap();
        for (name, content) in [("page/index.html", "a"), ("page/js/main.js", "b"), ("tool", "c")] {
            fs::write(at(name), content).unwrap();
        }
        let paths = [at("page"), at("tool"), at("not-there")];
        let then = Listing::take(&paths).unwrap();
        // The program that runs is one of them.
        assert_eq!(then.len(), 4);
        assert_eq!(Listing::parse(&then.to_string()), Some(then.clone()));
        assert_eq!(then.differences(&Listing::take(&paths).unwrap()), []);

        fs::write(at("page/js/main.js"), "B").unwrap();
        fs::remove_file(at("page/index.html")).unwrap();
        fs::write(at("page/js/more.js"), "").unwrap();
        fs::write(at("not-there"), "").unwrap();
        let now = Listing::take(&paths).unwrap();
        let path = |name: &str| at(name).to_str().unwrap().to_owned();
        let expected = [
            Difference::Changed(path("page/js/main.js")),
            Difference::Missing(path("page/index.html")),
            Difference::Unlisted(path("not-there")),
            Difference::Unlisted(path("page/js/more.js")),
        ];
        assert_eq!(then.differences(&now), expected);
        assert_ne!(then.hash(), now.hash());
    }

    #[test]
    fn r_cfg_18_what_is_not_named_is_no_component() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("page")).unwrap();
        fs::write(at("page/index.html"), "a").unwrap();
        let before = Listing::take(&[at("page")]).unwrap().hash();
        fs::create_dir_all(at("record")).unwrap();
        fs::write(at("record/manifest.bin"), "the offer").unwrap();
        assert_eq!(Listing::take(&[at("page")]).unwrap().hash(), before);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).unwrap();
        assert!(matches!(Listing::take(&[folder.path().into()]), Err(BaselineError::Kind { .. })));
    }

    #[test]
    fn other_texts_are_none() {
        let line = format!("{}  a\n", hex(&[1; 32]));
        assert!(Listing::parse(&format!("{FORM}\n{line}")).is_some());
        for bad in ["", FORM, &format!("{FORM}\n{line}{line}"), &format!("{FORM}\nxx  a\n"), &line] {
            assert_eq!(Listing::parse(bad), None, "{bad}");
        }
    }
}
