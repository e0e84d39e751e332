//! The log of acts of a rehearsed election, as it is when voting begins.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use super::Rehearsal;
use crate::board::bundle::BundleWriter;
use crate::board::checkpoint::{Checkpoint, LogKeys, acts_origin};
use crate::board::{Act, MerkleTree};
use crate::credential::{Buckets, CredentialLists};
use crate::ids::hex;
use crate::record;

impl Rehearsal {
    /// The act with which the log begins: the election's id, and the root of every list's buckets.
    #[must_use]
    pub fn first_act(&self) -> Act {
        let lists: CredentialLists = self.object(record::LISTS);
        let roots = (0u32..).zip(lists.lists()).map(|(number, list)| {
            let buckets = Buckets::new(number, list.keys(), self.manifest.min_group);
            (format!("buckets-{number:03}"), hex(buckets.root()))
        });
        let id = ("election-id".to_owned(), format!("{}", self.election().election_id));
        let values: BTreeMap<_, _> = roots.chain([id]).collect();
        Act { name: "election".to_owned(), at: "2021-11-20T00:00:00Z".to_owned(), values }
    }

    /// Checkpoint and bundles of a log of these acts, signed by the log and by so many witnesses.
    #[must_use]
    pub fn acts(&self, acts: &[Act], witnesses: usize) -> (Vec<u8>, Vec<Vec<u8>>) {
        let (mut tree, mut writer, mut bundles) = (MerkleTree::new(), BundleWriter::new(), Vec::new());
        for act in acts {
            let text = format!("{act}");
            tree.push(text.as_bytes());
            bundles.extend(writer.push(text.as_bytes()).unwrap().map(|bundle| bundle.bytes));
        }
        bundles.extend(writer.partial().map(|bundle| bundle.bytes));
        let (id, manifest) = (self.election().election_id, &self.manifest);
        let named = || manifest.witnesses.iter().map(|witness| (witness.name.as_str(), witness.key));
        let keys = LogKeys::of_acts(&id, (&manifest.log.name, manifest.log.key), named()).unwrap();
        let origin = acts_origin(&manifest.log.name, &id);
        let checkpoint = Checkpoint { origin, size: tree.size(), root: tree.root() };
        let mut signed = checkpoint.sign(&self.keys.log).unwrap();
        for ((name, _), key) in named().zip(&self.keys.witnesses).take(witnesses) {
            signed.add_cosignature(checkpoint.cosign(name, key, 1_637_366_400).unwrap(), &keys).unwrap();
        }
        (format!("{signed}").into_bytes(), bundles)
    }
}
