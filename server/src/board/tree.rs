//! A log that grows: its tree, its tiles and its bundles, taken up where the box says that they are.

use core::fmt::Display;
use std::collections::BTreeMap;

use escrutinio_core::board::bundle::{Bundle, BundleId, BundleWriter};
use escrutinio_core::board::proof::ProveError;
use escrutinio_core::board::tile::{TileId, TileNodes, TileReadError, TileWriter};
use escrutinio_core::board::{ConsistencyProof, MerkleTree, leaf_hash};
use escrutinio_core::hash::Hash;
use sqlx::AnyConnection;

use super::{LogName, rows};
use crate::store::StoreError;

/// Paths below the log's folder, with what they hold.
pub(super) type Files = Vec<(String, Vec<u8>)>;

/// A growing log.
#[derive(Clone, Debug)]
pub(super) struct Growth {
    tree: MerkleTree,
    tiles: TileWriter,
    bundles: BundleWriter,
}

impl Growth {
    /// A log of `size` entries, from its files.
    pub(super) async fn resume(connection: &mut AnyConnection, log: LogName, size: u64) -> Result<Self, StoreError> {
        let tree = from_tiles(connection, log, |fetch| MerkleTree::resume(&TileNodes::new(size, fetch), size)).await?;
        let tiles = from_tiles(connection, log, |fetch| TileWriter::resume(size, fetch)).await?;
        let bundles = match BundleId::all(size).last() {
            None => BundleWriter::new(),
            Some(id) => {
                let bytes = needed(rows::file(connection, log, &id.to_string()).await?, &id)?;
                BundleWriter::resume(Bundle { id, bytes }).map_err(|error| broken(&id, &error))?
            }
        };
        Ok(Self { tree, tiles, bundles })
    }

    pub(super) fn size(&self) -> u64 {
        self.tree.size()
    }

    pub(super) fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Appends an entry, and returns the files that it fills.
    pub(super) fn push(&mut self, entry: &[u8]) -> Result<Files, StoreError> {
        let hash = leaf_hash(entry);
        let bundle = self.bundles.push(entry).map_err(|error| StoreError::corrupt(error.to_string()))?;
        self.tree.push_leaf_hash(hash);
        let tiles = self.tiles.push_leaf_hash(hash).into_iter().map(|tile| (tile.path(), tile.to_bytes()));
        Ok(bundle.into_iter().map(|bundle| (bundle.path(), bundle.bytes)).chain(tiles).collect())
    }

    /// The files that are not full, which a checkpoint of this size needs.
    pub(super) fn partial(&self) -> Files {
        let bundle = self.bundles.partial().map(|bundle| (bundle.path(), bundle.bytes));
        let tiles = self.tiles.partial().map(|tile| (tile.path(), tile.to_bytes()));
        bundle.into_iter().chain(tiles).collect()
    }
}

/// The paths of all files of a log of this size.
pub(crate) fn paths(size: u64) -> impl Iterator<Item = String> {
    paths_since(0, size)
}

/// The paths of the files of a log of `new` entries that one of `old` does not have in full.
pub(super) fn paths_since(old: u64, new: u64) -> impl Iterator<Item = String> {
    let full = move |level: u8, index: u64| index < old.checked_shr((u32::from(level) + 1) * 8).unwrap_or(0);
    let bundles = BundleId::all(new).filter(move |id| !full(0, id.index())).map(|id| id.to_string());
    bundles.chain(TileId::all(new).filter(move |id| !full(id.level(), id.index())).map(|id| id.to_string()))
}

/// The paths of the files of a log of this size that are not full.
pub(super) fn partial_paths(size: u64) -> Vec<String> {
    paths_since(size, size).collect()
}

fn needed<T>(found: Option<T>, what: &impl Display) -> Result<T, StoreError> {
    found.ok_or_else(|| StoreError::corrupt(format!("{what} is absent")))
}

fn broken(what: &impl Display, error: &impl Display) -> StoreError {
    StoreError::corrupt(format!("{what}: {error}"))
}

/// What somebody may read of the tiles.
type Fetch<'a> = &'a dyn Fn(TileId) -> Result<Vec<u8>, TileId>;

/// Computes from tiles. The computation is begun anew with every tile that it turns out to need: there
/// are two a level.
async fn from_tiles<T>(
    connection: &mut AnyConnection,
    log: LogName,
    compute: impl Fn(Fetch<'_>) -> Result<T, TileReadError<TileId>>,
) -> Result<T, StoreError> {
    let mut tiles: BTreeMap<TileId, Vec<u8>> = BTreeMap::new();
    loop {
        let missing = match compute(&|id| tiles.get(&id).cloned().ok_or(id)) {
            Ok(value) => return Ok(value),
            Err(TileReadError::Fetch(id)) => id,
            Err(error) => return Err(StoreError::corrupt(format!("a tile: {error}"))),
        };
        let bytes = needed(rows::file(connection, log, &missing.to_string()).await?, &missing)?;
        tiles.insert(missing, bytes);
    }
}

/// That the log of `new` entries begins with that of `old`.
pub(super) async fn consistency(
    connection: &mut AnyConnection,
    log: LogName,
    old: u64,
    new: u64,
) -> Result<ConsistencyProof, StoreError> {
    if old > new {
        return Err(StoreError::corrupt("the log is smaller than it was"));
    }
    let prove = |fetch: Fetch<'_>| match ConsistencyProof::prove(&TileNodes::new(new, fetch), old, new) {
        Ok(proof) => Ok(proof),
        Err(ProveError::Nodes(error)) => Err(error),
        Err(_) => Err(TileReadError::Absent),
    };
    from_tiles(connection, log, prove).await
}

/// The leaf hashes of a log, tile by tile.
pub(super) async fn leaves(
    connection: &mut AnyConnection,
    log: LogName,
    size: u64,
    mut each: impl FnMut(Hash),
) -> Result<(), StoreError> {
    for id in TileId::all(size).take_while(|id| id.level() == 0) {
        let bytes = needed(rows::file(connection, log, &id.to_string()).await?, &id)?;
        bytes.as_chunks().0.iter().copied().for_each(&mut each);
    }
    Ok(())
}
