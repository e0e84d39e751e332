//! A credential list in buckets, as it is served (`spec/credentials.md`, "Buckets").
//!
//! A device that wants to see its key on the list must not say which key that is: it takes the whole
//! bucket, at least k keys, and checks against one root that everybody sees.

use alloc::vec::Vec;
use core::fmt;

use crate::board::merkle::{MerkleTree, leaf_hash};
use crate::board::proof::{InclusionProof, ProofError};
use crate::encoding::{Encode, put_all};
use crate::group::ElementBytes;
use crate::hash::Hash;

/// Most buckets of a list.
pub const MOST: u64 = 256;

/// Into how many buckets a list goes, and what is in each: both follow from the number of keys and
/// the smallest group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketShape {
    list: u32,
    keys: u64,
    buckets: u64,
}

impl BucketShape {
    /// The shape of list number `list` of `keys` keys, where a group has at least `min_group`.
    #[must_use]
    pub fn new(list: u32, keys: u64, min_group: u32) -> Self {
        let buckets = keys.checked_div(u64::from(min_group)).unwrap_or(keys).clamp(1, MOST);
        Self { list, keys, buckets }
    }

    /// Number of buckets, 1 to [`MOST`].
    #[must_use]
    pub fn buckets(&self) -> u64 {
        self.buckets
    }

    /// First place of a bucket and the place after its last.
    #[must_use]
    pub fn places(&self, bucket: u64) -> Option<(u64, u64)> {
        let start = |bucket: u64| bucket.checked_mul(self.keys)?.checked_div(self.buckets);
        let next = bucket.checked_add(1).filter(|next| *next <= self.buckets)?;
        Some((start(bucket)?, start(next)?))
    }

    /// Checks that these are the keys of a bucket of the list with this root.
    ///
    /// # Errors
    /// [`BucketError`] says what is wrong.
    pub fn verify(&self, bucket: u64, keys: &[ElementBytes], path: &[Hash], root: &Hash) -> Result<(), BucketError> {
        let (start, end) = self.places(bucket).ok_or(BucketError::Bucket { bucket, buckets: self.buckets })?;
        let expected = end.saturating_sub(start);
        if u64::try_from(keys.len()) != Ok(expected) {
            return Err(BucketError::Length { expected, actual: keys.len() });
        }
        if !keys.is_sorted_by(|a, b| a < b) {
            return Err(BucketError::Order);
        }
        let proof = InclusionProof { index: bucket, path: path.to_vec() };
        proof.verify(&self.leaf(bucket, keys), self.buckets, root).map_err(BucketError::Proof)
    }

    fn leaf(&self, bucket: u64, keys: &[ElementBytes]) -> Hash {
        let mut entry = self.list.to_bytes();
        // There are 256 buckets at most.
        u32::try_from(bucket).unwrap_or(u32::MAX).encode(&mut entry);
        put_all(&mut entry, keys);
        leaf_hash(&entry)
    }
}

/// A bucket that is not what the list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BucketError {
    /// The list has no such bucket.
    Bucket {
        /// Its number.
        bucket: u64,
        /// Buckets of the list.
        buckets: u64,
    },
    /// Not as many keys as the bucket has.
    Length {
        /// Keys of the bucket.
        expected: u64,
        /// Keys here.
        actual: usize,
    },
    /// The keys are not strictly increasing.
    Order,
    /// The path does not lead to the root.
    Proof(ProofError),
}

impl fmt::Display for BucketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket { bucket, buckets } => write!(f, "a list of {buckets} buckets has no bucket {bucket}"),
            Self::Length { expected, actual } => write!(f, "{actual} keys in a bucket of {expected}"),
            Self::Order => f.write_str("the keys are not strictly increasing"),
            Self::Proof(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for BucketError {}

/// The buckets of one list, for whoever serves them.
#[derive(Clone, Debug)]
pub struct Buckets {
    shape: BucketShape,
    leaves: Vec<Hash>,
    root: Hash,
}

impl Buckets {
    /// Makes the tree over the keys of list number `list`, which are in their order.
    #[must_use]
    pub fn new(list: u32, keys: &[ElementBytes], min_group: u32) -> Self {
        let shape = BucketShape::new(list, u64::try_from(keys.len()).unwrap_or(u64::MAX), min_group);
        let leaf = |bucket| Some(shape.leaf(bucket, slice(&shape, bucket, keys)?));
        let leaves: Vec<Hash> = (0..shape.buckets).filter_map(leaf).collect();
        let root = leaves.iter().copied().collect::<MerkleTree>().root();
        Self { shape, leaves, root }
    }

    /// What follows from the number of keys.
    #[must_use]
    pub fn shape(&self) -> &BucketShape {
        &self.shape
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> &Hash {
        &self.root
    }

    /// The keys of a bucket, out of all keys of the list.
    #[must_use]
    pub fn keys<'k>(&self, bucket: u64, keys: &'k [ElementBytes]) -> Option<&'k [ElementBytes]> {
        slice(&self.shape, bucket, keys)
    }

    /// The path of a bucket.
    #[must_use]
    pub fn path(&self, bucket: u64) -> Option<Vec<Hash>> {
        InclusionProof::prove(self.leaves.as_slice(), bucket, self.shape.buckets).ok().map(|proof| proof.path)
    }
}

fn slice<'k>(shape: &BucketShape, bucket: u64, keys: &'k [ElementBytes]) -> Option<&'k [ElementBytes]> {
    let (start, end) = shape.places(bucket)?;
    keys.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn numbered(n: u32) -> Vec<ElementBytes> {
        let key = |i: u32| {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&i.to_be_bytes());
            key
        };
        (0..n).map(key).collect()
    }

    #[test]
    fn every_bucket_of_every_shape_verifies() {
        for (n, k, buckets) in [(1, 10, 1), (9, 10, 1), (19, 10, 1), (20, 10, 2), (551, 10, 55), (9000, 10, 256)] {
            let keys = numbered(n);
            let tree = Buckets::new(3, &keys, k);
            assert_eq!(tree.shape().buckets(), buckets);
            let shape = BucketShape::new(3, u64::from(n), k);
            let mut all = vec![];
            for bucket in 0..buckets {
                let part = tree.keys(bucket, &keys).unwrap();
                assert!(part.len() >= usize::try_from(k.min(n)).unwrap(), "a group is never smaller");
                shape.verify(bucket, part, &tree.path(bucket).unwrap(), tree.root()).unwrap();
                all.extend_from_slice(part);
            }
            assert_eq!(all, keys);
        }
    }

    #[test]
    fn a_smallest_group_of_none_and_a_list_of_none() {
        assert_eq!(BucketShape::new(0, 5, 0).buckets(), 5);
        let empty = Buckets::new(0, &[], 10);
        assert_eq!(empty.shape().buckets(), 1);
        empty.shape().verify(0, &[], &empty.path(0).unwrap(), empty.root()).unwrap();
    }

    #[test]
    fn anything_else_is_refused() {
        let keys = numbered(40);
        let tree = Buckets::new(3, &keys, 10);
        let (part, path) = (tree.keys(1, &keys).unwrap(), tree.path(1).unwrap());
        let verify = |shape: BucketShape, bucket, keys: &[ElementBytes], path: &[Hash]| {
            shape.verify(bucket, keys, path, tree.root()).unwrap_err()
        };
        let shape = *tree.shape();
        let refused = |bucket, keys: &[ElementBytes], path: &[Hash]| verify(shape, bucket, keys, path);
        assert_eq!(refused(4, part, &path), BucketError::Bucket { bucket: 4, buckets: 4 });
        assert_eq!(tree.keys(4, &keys), None);
        assert_eq!(tree.path(4), None);
        assert_eq!(refused(1, &part[1..], &path), BucketError::Length { expected: 10, actual: 9 });
        let mut turned = part.to_vec();
        turned.swap(0, 1);
        assert_eq!(refused(1, &turned, &path), BucketError::Order);
        let mut other = part.to_vec();
        other[9][31] ^= 1;
        assert_eq!(refused(1, &other, &path), BucketError::Proof(ProofError::Root));
        assert_eq!(refused(2, part, &path), BucketError::Proof(ProofError::Root));
        assert_eq!(refused(1, part, &path[1..]), BucketError::Proof(ProofError::TooShort));
        let longer = [path.as_slice(), &path].concat();
        assert_eq!(refused(1, part, &longer), BucketError::Proof(ProofError::TooLong));
        let of_another_list = BucketShape::new(4, 40, 10);
        assert_eq!(verify(of_another_list, 1, part, &path), BucketError::Proof(ProofError::Root));
        let mut root = *tree.root();
        root[0] ^= 1;
        assert_eq!(shape.verify(1, part, &path, &root), Err(BucketError::Proof(ProofError::Root)));
    }
}
