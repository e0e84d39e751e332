//! The log of acts, checked whole: the entries give the root of the checkpoint and of every
//! checkpoint seen before, the tiles are those of the entries, and the act *election* has the lists that
//! were sealed. (A voter's device finds its key under the roots of that act: with others it would make
//! ballots that nobody counts.)
//!
//! Full bundles are kept: they never change. Everything else is fetched again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use escrutinio_core::board::bundle::{BundleId, read_bundle};
use escrutinio_core::board::tile::{Tile, TileId, TileWriter};
use escrutinio_core::board::{Act, Checkpoint, MerkleTree, leaf_hash};
use escrutinio_core::hash::Hash;
use escrutinio_core::ids::hex;
use escrutinio_sealed::files::{self, Readers};

use super::fetch::{Fetch, FetchError};
use crate::alarm::Kind;
use crate::election::Election;

/// Entries of the largest log of acts that is followed: acts are of persons, there are few.
pub const MOST: u64 = 1 << 16;

/// Entries of a full bundle, hashes of a full tile.
const FULL: u16 = 256;

/// Most bytes of a bundle: acts are short texts.
const BUNDLE: u64 = 4 << 20;

/// Most bytes of a tile: more than a full one has, so that a longer one is found wrong.
const TILE: u64 = 2 * 256 * 32;

/// What is known of the log.
#[derive(Debug)]
pub struct Acts {
    folder: PathBuf,
    /// Full tiles that were found right.
    tiles: BTreeSet<TileId>,
    /// What the act *election* has of the sealed record: names and values.
    sealed: BTreeMap<String, String>,
}

impl Acts {
    /// Keeps bundles below a folder.
    #[must_use]
    pub fn of(folder: &Path, election: &Election) -> Self {
        let roots = election.buckets.iter().enumerate().map(|(list, root)| (format!("buckets-{list:03}"), hex(root)));
        let sealed = roots.chain([("election-id".to_owned(), election.id.to_string())]).collect();
        Self { folder: folder.to_path_buf(), tiles: BTreeSet::new(), sealed }
    }

    /// Whether an entry is no act *election*, or one of the sealed lists.
    fn is_sealed(&self, entry: &[u8]) -> bool {
        let act = Act::parse(entry).filter(|act| act.name == "election");
        act.is_none_or(|act| {
            let of_lists = |name: &str| name == "election-id" || name.starts_with("buckets-");
            act.values.into_iter().filter(|(name, _)| of_lists(name)).eq(self.sealed.clone())
        })
    }

    /// What is wrong with the published entries and tiles: they do not give the roots, or are of other lists.
    ///
    /// # Errors
    /// If not all of it could be fetched.
    pub fn fit<'a>(
        &mut self,
        fetch: &dyn Fetch,
        checkpoint: &Checkpoint,
        seen: impl Iterator<Item = &'a Checkpoint>,
    ) -> Result<Option<Kind>, FetchError> {
        if checkpoint.size > MOST {
            return Err(FetchError::Other(format!("a log of {} acts is not followed", checkpoint.size)));
        }
        let roots: BTreeMap<u64, Hash> = seen.map(|checkpoint| (checkpoint.size, checkpoint.root)).collect();
        let mut tree = MerkleTree::new();
        let mut tiles = TileWriter::new();
        let mut due: Vec<Tile> = Vec::new();
        let fits = |tree: &MerkleTree| roots.get(&tree.size()).is_none_or(|root| *root == tree.root());
        let (mut good, mut sealed) = (fits(&tree), true);
        let mut fetched = Vec::new();
        for id in BundleId::all(checkpoint.size) {
            let kept = files::read(&self.kept(id)).ok();
            let known = kept.is_some();
            let bytes = kept.map_or_else(|| bundle(fetch, id), Ok)?;
            let Ok(entries) = read_bundle(id, &bytes) else { return Ok(Some(Kind::Entries)) };
            for entry in entries {
                sealed &= self.is_sealed(entry);
                let hash = leaf_hash(entry);
                tree.push_leaf_hash(hash);
                due.extend(tiles.push_leaf_hash(hash));
                good &= fits(&tree);
            }
            if id.width() == FULL && !known {
                fetched.push((id, bytes));
            }
        }
        good &= tree.root() == checkpoint.root;
        due.extend(tiles.partial());
        for tile in &due {
            good = good && self.tile_is(fetch, tile)?;
        }
        if good {
            fetched.iter().for_each(|(id, bytes)| self.keep(*id, bytes));
        }
        Ok(if good { (!sealed).then_some(Kind::Lists) } else { Some(Kind::Entries) })
    }

    fn kept(&self, id: BundleId) -> PathBuf {
        self.folder.join(format!("{id}"))
    }

    /// What cannot be kept is fetched again.
    fn keep(&self, id: BundleId, bytes: &[u8]) {
        let path = self.kept(id);
        if !path.exists() {
            let _ = files::write_new(&path, bytes, Readers::Everybody);
        }
    }

    fn tile_is(&mut self, fetch: &dyn Fetch, tile: &Tile) -> Result<bool, FetchError> {
        if self.tiles.contains(&tile.id()) {
            return Ok(true);
        }
        let path = format!("acts/{}", tile.id());
        let due = tile.to_bytes();
        let found = match fetch.get(&path, TILE) {
            Err(FetchError::Absent(_)) if tile.id().width() < FULL => {
                let mut full = fetch.get(whole(&path), TILE)?;
                full.truncate(due.len());
                full
            }
            fetched => fetched?,
        };
        if tile.id().width() == FULL && found == due {
            self.tiles.insert(tile.id());
        }
        Ok(found == due)
    }
}

/// A bundle, also where only the full one is there.
pub(crate) fn bundle(fetch: &dyn Fetch, id: BundleId) -> Result<Vec<u8>, FetchError> {
    let path = format!("acts/{id}");
    match fetch.get(&path, BUNDLE) {
        // A log may withdraw a partial file when the full one is there.
        Err(FetchError::Absent(_)) if id.width() < FULL => cut(id, &fetch.get(whole(&path), BUNDLE)?),
        fetched => fetched,
    }
}

/// The path of the full file.
fn whole(path: &str) -> &str {
    path.split_once(".p/").map_or(path, |(whole, _)| whole)
}

/// The first entries of a longer bundle.
fn cut(id: BundleId, bytes: &[u8]) -> Result<Vec<u8>, FetchError> {
    let mut rest = bytes;
    for _ in 0..id.width() {
        let framed =
            rest.split_first_chunk().and_then(|(length, rest)| rest.get(usize::from(u16::from_be_bytes(*length))..));
        rest = framed.ok_or_else(|| FetchError::Other(format!("{id}: the bundle ends early")))?;
    }
    let length = bytes.len().saturating_sub(rest.len());
    Ok(bytes.get(..length).unwrap_or_default().to_vec())
}
