//! The log of acts as whoever reads it has it (`spec/server.md`, "Log of acts"): what was done with the
//! election, one text an entry, under a checkpoint that witnesses signed.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::bundle::{BundleError, BundleId, read_bundle};
use super::checkpoint::{CheckpointError, LogKeys, SignedCheckpoint, VerifiedCheckpoint};
use super::lines::{Lines, hex_hash};
use super::merkle::MerkleTree;
use crate::hash::Hash;

const FIRST_LINE: &str = "escrutinio/act/v1";

/// Acts of a log that is read; acts are of persons, there are few.
pub const MOST: u64 = 1 << 16;

/// One act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// What was done.
    pub name: String,
    /// When, as UTC.
    pub at: String,
    /// What belongs to it, by name.
    pub values: BTreeMap<String, String>,
}

/// A log of acts that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActsError {
    /// The checkpoint.
    Checkpoint(CheckpointError),
    /// Not the bundles of the checkpoint's size, or too many acts.
    Bundles,
    /// A bundle is not well framed.
    Bundle {
        /// Its number.
        index: u64,
        /// What is wrong.
        error: BundleError,
    },
    /// The entries do not give the checkpoint's root.
    Root,
    /// An entry has not the form of an act.
    Act {
        /// Its place in the log.
        entry: usize,
    },
}

impl fmt::Display for ActsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkpoint(error) => error.fmt(f),
            Self::Bundles => f.write_str("not the bundles of the checkpoint's size"),
            Self::Bundle { index, error } => write!(f, "bundle {index}: {error}"),
            Self::Root => f.write_str("the entries do not give the checkpoint's root"),
            Self::Act { entry } => write!(f, "entry {entry} has not the form of an act"),
        }
    }
}

impl core::error::Error for ActsError {}

impl Act {
    /// Reads an entry; `to_string` writes it.
    #[must_use]
    pub fn parse(entry: &[u8]) -> Option<Self> {
        let text = core::str::from_utf8(entry).ok()?;
        let mut lines = Lines::new(text);
        lines.next().filter(|line| *line == FIRST_LINE)?;
        let name = lines.next()?.strip_prefix("act ")?.to_owned();
        let at = lines.next()?.strip_prefix("at ")?.to_owned();
        let mut values = BTreeMap::new();
        for line in lines.by_ref() {
            let (name, value) = line.split_once(' ')?;
            values.insert(name.to_owned(), value.to_owned());
        }
        let act = Self { name, at, values };
        // One spelling: values in the order of names, each once, nothing after the last line.
        (alloc::format!("{act}") == text).then_some(act)
    }

    /// A value that is a hash.
    #[must_use]
    pub fn hash(&self, name: &str) -> Option<Hash> {
        hex_hash(self.values.get(name)?)
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\nact {}\nat {}", self.name, self.at)?;
        self.values.iter().try_for_each(|(name, value)| writeln!(f, "{name} {value}"))
    }
}

/// The log of acts, whole: its entries give the root that the log signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActLog {
    /// The checkpoint. How many witnesses are enough is the reader's to say.
    pub checkpoint: VerifiedCheckpoint,
    /// The acts, in their order.
    pub acts: Vec<Act>,
}

impl ActLog {
    /// Reads checkpoint and bundles of [`BundleId::all`] of its size, with the keys of
    /// [`LogKeys::of_acts`].
    ///
    /// # Errors
    /// [`ActsError`] says what is wrong.
    pub fn read(checkpoint: &[u8], bundles: &[&[u8]], keys: &LogKeys) -> Result<Self, ActsError> {
        let signed = SignedCheckpoint::parse(checkpoint).map_err(ActsError::Checkpoint)?;
        let checkpoint = signed.verify(keys).map_err(ActsError::Checkpoint)?;
        let (size, root) = (checkpoint.checkpoint().size, checkpoint.checkpoint().root);
        if size > MOST || BundleId::all(size).count() != bundles.len() {
            return Err(ActsError::Bundles);
        }
        let mut entries = Vec::new();
        for (id, bytes) in BundleId::all(size).zip(bundles) {
            let index = id.index();
            entries.extend(read_bundle(id, bytes).map_err(|error| ActsError::Bundle { index, error })?);
        }
        let mut tree = MerkleTree::new();
        for entry in &entries {
            tree.push(entry);
        }
        if tree.root() != root {
            return Err(ActsError::Root);
        }
        let parse = |(entry, bytes): (usize, &&[u8])| Act::parse(bytes).ok_or(ActsError::Act { entry });
        let acts = entries.iter().enumerate().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { checkpoint, acts })
    }

    /// The first act of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Act> {
        self.acts.iter().find(|act| act.name == name)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;

    use super::*;
    use crate::board::Checkpoint;
    use crate::board::bundle::BundleWriter;
    use crate::board::checkpoint::acts_origin;
    use crate::ids::ElectionId;
    use crate::testing::signing_key;

    const ELECTION: ElectionId = ElectionId([7; 32]);

    fn act(name: &str, value: &str) -> Act {
        let values = [("list".to_owned(), value.to_owned()), ("root".to_owned(), "ab".repeat(32))];
        Act { name: name.to_owned(), at: "2021-11-28T02:00:00Z".to_owned(), values: values.into() }
    }

    /// Checkpoint, bundles, keys of a log of these entries.
    fn log(entries: &[String]) -> (Vec<u8>, Vec<Vec<u8>>, LogKeys) {
        let (mut tree, mut writer, mut bundles) = (MerkleTree::new(), BundleWriter::new(), vec![]);
        for entry in entries {
            tree.push(entry.as_bytes());
            bundles.extend(writer.push(entry.as_bytes()).unwrap().map(|bundle| bundle.bytes));
        }
        bundles.extend(writer.partial().map(|bundle| bundle.bytes));
        let (log, witness) = (signing_key("log"), signing_key("witness"));
        let keys =
            LogKeys::of_acts(&ELECTION, ("log.example", log.verifying_key()), [("w.example", witness.verifying_key())])
                .unwrap();
        let checkpoint =
            Checkpoint { origin: acts_origin("log.example", &ELECTION), size: tree.size(), root: tree.root() };
        let mut signed = checkpoint.sign(&log).unwrap();
        signed.add_cosignature(checkpoint.cosign("w.example", &witness, 5).unwrap(), &keys).unwrap();
        (signed.to_string().into_bytes(), bundles, keys)
    }

    fn read((checkpoint, bundles, keys): &(Vec<u8>, Vec<Vec<u8>>, LogKeys)) -> Result<ActLog, ActsError> {
        let bundles: Vec<&[u8]> = bundles.iter().map(Vec::as_slice).collect();
        ActLog::read(checkpoint, &bundles, keys)
    }

    #[test]
    fn reads_what_was_signed() {
        let acts: Vec<Act> =
            (0..300).map(|i| act(if i == 1 { "election" } else { "events" }, &i.to_string())).collect();
        let all = log(&acts.iter().map(Act::to_string).collect::<Vec<_>>());
        let found = read(&all).unwrap();
        assert_eq!(found.acts, acts);
        assert_eq!(found.checkpoint.cosignatures().len(), 1);
        let election = found.find("election").unwrap();
        assert_eq!((election.values["list"].as_str(), election.hash("root")), ("1", Some([0xab; 32])));
        assert_eq!((election.hash("list"), election.hash("absent")), (None, None));
        assert_eq!(found.find("open"), None);
        assert_eq!(read(&log(&[])).unwrap().acts, []);
    }

    #[test]
    fn anything_else_is_refused() {
        let texts: Vec<String> = ["election", "open"].map(|name| act(name, "1").to_string()).into();
        let (checkpoint, bundles, keys) = log(&texts);
        let mut changed = bundles.clone();
        let end = changed[0].len() - 2;
        changed[0][end] ^= 1;
        assert_eq!(read(&(checkpoint.clone(), changed, keys.clone())), Err(ActsError::Root));
        assert_eq!(read(&(checkpoint.clone(), vec![], keys.clone())), Err(ActsError::Bundles));
        let short = vec![bundles[0][..9].to_vec()];
        let error = BundleError::Truncated { entry: 0 };
        assert_eq!(read(&(checkpoint.clone(), short, keys.clone())), Err(ActsError::Bundle { index: 0, error }));
        let mut other = checkpoint;
        other[0] ^= 1;
        assert!(matches!(read(&(other, bundles, keys)), Err(ActsError::Checkpoint(_))));
        for text in [
            "escrutinio/act/v2\nact a\nat b\n",
            "escrutinio/act/v1\nact a\n",
            "escrutinio/act/v1\nact a\nat b",
            "escrutinio/act/v1\nact a\nat b\nvalue\n",
            "escrutinio/act/v1\nact a\nat b\nz 1\na 2\n",
            "escrutinio/act/v1\nact a\nat b\na 1\na 2\n",
            "escrutinio/act/v1\nact a\nat b\na 1\nrest",
        ] {
            assert_eq!(read(&log(&[text.to_owned()])), Err(ActsError::Act { entry: 0 }), "{text}");
        }
    }
}
