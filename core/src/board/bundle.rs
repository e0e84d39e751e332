//! The entries as files: 256 entries a bundle, each after its length (tlog-tiles).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::path::{FULL, Slot};

/// Which bundle, and how many entries. Its text form is the path of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BundleId(Slot);

impl BundleId {
    /// All bundles of the board of `size` entries.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        Slot::row(size).map(Self)
    }

    /// Number of the bundle, from 0.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.0.index
    }

    /// Number of its entries, from 1 to 256.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.0.width
    }
}

impl fmt::Display for BundleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/entries/{}", self.0)
    }
}

impl FromStr for BundleId {
    type Err = BundleError;

    fn from_str(path: &str) -> Result<Self, BundleError> {
        path.strip_prefix("tile/entries/").and_then(Slot::parse).map(Self).ok_or(BundleError::Path)
    }
}

/// What is wrong with a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleError {
    /// Not the path of a bundle.
    Path,
    /// The bytes end within an entry, or before it.
    Truncated {
        /// Which entry of the bundle, from 0.
        entry: u16,
    },
    /// Bytes follow the last entry.
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// An entry is longer than 65,535 bytes.
    TooLong {
        /// Its length.
        length: usize,
    },
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path => f.write_str("not the path of an entry bundle"),
            Self::Truncated { entry } => write!(f, "the bundle ends before the end of its entry {entry}"),
            Self::Trailing { bytes } => write!(f, "{bytes} bytes follow the last entry of the bundle"),
            Self::TooLong { length } => write!(f, "an entry of {length} bytes does not fit into a bundle"),
        }
    }
}

impl core::error::Error for BundleError {}

/// The entries of a bundle, without copying them.
///
/// # Errors
/// [`BundleError`] unless the bytes are exactly as many framed entries as `id` says.
pub fn read_bundle(id: BundleId, bytes: &[u8]) -> Result<Vec<&[u8]>, BundleError> {
    let mut entries = Vec::with_capacity(usize::from(id.width()));
    let mut rest = bytes;
    for entry in 0..id.width() {
        let framed = rest
            .split_first_chunk()
            .and_then(|(length, rest)| rest.split_at_checked(usize::from(u16::from_be_bytes(*length))));
        let (read, left) = framed.ok_or(BundleError::Truncated { entry })?;
        entries.push(read);
        rest = left;
    }
    if rest.is_empty() { Ok(entries) } else { Err(BundleError::Trailing { bytes: rest.len() }) }
}

/// A file of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Which bundle.
    pub id: BundleId,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Bundle {
    /// Path of the file below the folder of the board.
    #[must_use]
    pub fn path(&self) -> String {
        alloc::format!("{}", self.id)
    }
}

/// Makes the bundles of a growing board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BundleWriter {
    /// Bundles filled before.
    index: u64,
    /// Entries of the bundle not yet full, and their framed bytes.
    width: u16,
    bytes: Vec<u8>,
}

impl BundleWriter {
    /// Starts an empty board.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on after `last`, the last bundle written.
    ///
    /// # Errors
    /// [`BundleError`] if it is not well framed.
    pub fn resume(last: Bundle) -> Result<Self, BundleError> {
        read_bundle(last.id, &last.bytes)?;
        let index = last.id.index();
        if last.id.width() == FULL {
            return Ok(Self { index: index.saturating_add(1), ..Self::default() });
        }
        Ok(Self { index, width: last.id.width(), bytes: last.bytes })
    }

    /// Appends an entry, and returns the bundle that it fills.
    ///
    /// # Errors
    /// [`BundleError::TooLong`] if it cannot be framed; then nothing is appended.
    pub fn push(&mut self, entry: &[u8]) -> Result<Option<Bundle>, BundleError> {
        let length = u16::try_from(entry.len()).map_err(|_| BundleError::TooLong { length: entry.len() })?;
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(entry);
        self.width = self.width.saturating_add(1);
        if self.width < FULL {
            return Ok(None);
        }
        let filled = self.partial();
        *self = Self { index: self.index.saturating_add(1), ..Self::default() };
        Ok(filled)
    }

    /// The bundle not yet full, which a checkpoint of this size needs.
    #[must_use]
    pub fn partial(&self) -> Option<Bundle> {
        let id = BundleId(Slot { index: self.index, width: self.width });
        (self.width > 0).then(|| Bundle { id, bytes: self.bytes.clone() })
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    fn write(entries: &[Vec<u8>]) -> (Vec<Bundle>, BundleWriter) {
        let mut writer = BundleWriter::new();
        let mut bundles: Vec<_> = entries.iter().filter_map(|entry| writer.push(entry).unwrap()).collect();
        bundles.extend(writer.partial());
        (bundles, writer)
    }

    #[test]
    fn bundles_of_every_size() {
        for size in [0u16, 1, 255, 256, 257, 512, 513] {
            let entries: Vec<_> = (0..size).map(|i| i.to_be_bytes()[..usize::from(i % 3)].to_vec()).collect();
            let (bundles, writer) = write(&entries);
            assert!(bundles.iter().map(|bundle| bundle.id).eq(BundleId::all(u64::from(size))));
            let read: Vec<_> = bundles.iter().flat_map(|b| read_bundle(b.id, &b.bytes).unwrap()).collect();
            assert_eq!(read, entries);
            if let Some(last) = bundles.last() {
                assert_eq!(BundleWriter::resume(last.clone()).unwrap(), writer);
            }
        }
    }

    #[test]
    fn framing() {
        let (bundles, _) = write(&[b"one".to_vec(), b"".to_vec()]);
        assert_eq!(bundles[0].path(), "tile/entries/000.p/2");
        assert_eq!(bundles[0].bytes, b"\0\x03one\0\0");
        let id = bundles[0].id;
        assert_eq!(read_bundle(id, b"\0\x03one\0"), Err(BundleError::Truncated { entry: 1 }));
        assert_eq!(read_bundle(id, b"\0\x03on"), Err(BundleError::Truncated { entry: 0 }));
        assert_eq!(read_bundle(id, b""), Err(BundleError::Truncated { entry: 0 }));
        assert_eq!(read_bundle(id, b"\0\x03one\0\0\0"), Err(BundleError::Trailing { bytes: 1 }));
        assert!(BundleWriter::resume(Bundle { id, bytes: vec![] }).is_err());
    }

    #[test]
    fn refuses_an_entry_without_a_frame() {
        let mut writer = BundleWriter::new();
        assert_eq!(writer.push(&vec![0; 65_536]), Err(BundleError::TooLong { length: 65_536 }));
        assert_eq!(writer, BundleWriter::new());
        assert_eq!(writer.push(&vec![0; 65_535]), Ok(None));
    }

    #[test]
    fn paths() {
        for path in ["tile/entries/000", "tile/entries/x001/234.p/17"] {
            assert_eq!(path.parse::<BundleId>().unwrap().to_string(), path);
        }
        for path in ["tile/entries/", "tile/0/000", "tile/entries/x001/234.p/256", "entries/000"] {
            assert_eq!(path.parse::<BundleId>(), Err(BundleError::Path), "{path}");
        }
    }

    proptest! {
        #[test]
        fn what_reads_writes_the_same(bytes in proptest::collection::vec(0u8..4, 0..600), width in 1u64..=256) {
            let id = BundleId::all(width).next().unwrap();
            if let Ok(entries) = read_bundle(id, &bytes) {
                let (written, _) = write(&entries.into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>());
                prop_assert_eq!(written, vec![Bundle { id, bytes }]);
            }
        }
    }
}
