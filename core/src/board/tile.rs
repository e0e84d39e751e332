//! The tree as files: 256 hashes a tile, in levels eight tree levels apart (tlog-tiles).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::lines::decimal;
use super::merkle::{MerkleTree, Nodes};
use super::path::{FULL, Slot};
use crate::hash::Hash;

/// Tree levels from one tile level to the next.
const HEIGHT: u32 = 8;
/// Levels that a tree of 2^64 leaves can have.
const LEVELS: u8 = 8;

/// Which tile, and how wide. Its text form is the path of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TileId {
    level: u8,
    slot: Slot,
}

impl TileId {
    /// Tile `index` of a level, of the tree of `size` entries; `None` if it is empty.
    #[must_use]
    pub fn new(level: u8, index: u64, size: u64) -> Option<Self> {
        let slot = Slot::of_row(index, hashes_at(level, size))?;
        Some(Self { level, slot })
    }

    /// All tiles of the tree of `size` entries.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        (0..LEVELS).flat_map(move |level| Slot::row(hashes_at(level, size)).map(move |slot| Self { level, slot }))
    }

    /// Level, from 0 for leaf hashes.
    #[must_use]
    pub fn level(&self) -> u8 {
        self.level
    }

    /// Place within its level, from 0.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.slot.index
    }

    /// Number of hashes, from 1 to 256.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.slot.width
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/{}", self.level, self.slot)
    }
}

impl FromStr for TileId {
    type Err = TileError;

    fn from_str(path: &str) -> Result<Self, TileError> {
        let parse = || {
            let (level, slot) = path.strip_prefix("tile/")?.split_once('/')?;
            let level = decimal(level).and_then(|level| u8::try_from(level).ok()).filter(|level| *level < LEVELS)?;
            Some(Self { level, slot: Slot::parse(slot)? })
        };
        parse().ok_or(TileError::Path)
    }
}

/// Number of hashes at a tile level of the tree of `size` entries.
fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level).saturating_mul(HEIGHT)).unwrap_or(0)
}

/// What is wrong with a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TileError {
    /// Not the path of a tile.
    Path,
    /// Another number of bytes than its width asks for.
    Length {
        /// 32 for each hash.
        expected: usize,
        /// Bytes found.
        actual: usize,
    },
}

impl fmt::Display for TileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path => f.write_str("not the path of a tile"),
            Self::Length { expected, actual } => write!(f, "a tile of {actual} bytes where {expected} are due"),
        }
    }
}

impl core::error::Error for TileError {}

/// Consecutive hashes of one level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    id: TileId,
    hashes: Vec<Hash>,
}

impl Tile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`TileError::Length`] if it is not as long as `id` says.
    pub fn from_bytes(id: TileId, bytes: &[u8]) -> Result<Self, TileError> {
        let (hashes, _) = bytes.as_chunks();
        let expected = usize::from(id.width()).saturating_mul(size_of::<Hash>());
        if bytes.len() != expected {
            return Err(TileError::Length { expected, actual: bytes.len() });
        }
        Ok(Self { id, hashes: hashes.to_vec() })
    }

    /// The file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes.concat()
    }

    /// Which tile.
    #[must_use]
    pub fn id(&self) -> TileId {
        self.id
    }

    /// Path of the file below the folder of the board.
    #[must_use]
    pub fn path(&self) -> String {
        alloc::format!("{}", self.id)
    }

    /// The hashes.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }
}

/// Makes the tiles of a growing tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TileWriter {
    size: u64,
    /// Hashes of the tile not yet full, by level.
    open: Vec<Vec<Hash>>,
}

impl TileWriter {
    /// Starts an empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on with a tree of `size` entries, from the partial tiles written for it.
    ///
    /// # Errors
    /// If a tile cannot be fetched, or has another length than it should.
    pub fn resume<E, F>(size: u64, fetch: F) -> Result<Self, TileReadError<E>>
    where
        F: Fn(TileId) -> Result<Vec<u8>, E>,
    {
        let mut open = Vec::new();
        for level in (0..LEVELS).take_while(|level| hashes_at(*level, size) > 0) {
            let full = hashes_at(level, size) / u64::from(FULL);
            open.push(match TileId::new(level, full, size) {
                Some(id) => fetch_tile(&fetch, id)?.hashes,
                None => Vec::new(),
            });
        }
        Ok(Self { size, open })
    }

    /// Number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends an entry by its leaf hash, and returns the tiles that it fills.
    pub fn push_leaf_hash(&mut self, hash: Hash) -> Vec<Tile> {
        self.size = self.size.saturating_add(1);
        let mut filled = Vec::new();
        let mut carried = hash;
        for level in 0..LEVELS {
            let hashes = match self.open.get_mut(usize::from(level)) {
                Some(hashes) => hashes,
                None => self.open.push_mut(Vec::new()),
            };
            hashes.push(carried);
            if hashes.len() < usize::from(FULL) {
                break;
            }
            let hashes = core::mem::take(hashes);
            carried = hashes.iter().copied().collect::<MerkleTree>().root();
            let index = (hashes_at(level, self.size) / u64::from(FULL)).saturating_sub(1);
            filled.push(Tile { id: TileId { level, slot: Slot { index, width: FULL } }, hashes });
        }
        filled
    }

    /// The partial tiles, which a checkpoint of this size needs.
    pub fn partial(&self) -> impl Iterator<Item = Tile> {
        (0..LEVELS).zip(&self.open).filter_map(|(level, hashes)| {
            let full = hashes_at(level, self.size) / u64::from(FULL);
            let id = TileId::new(level, full, self.size)?;
            Some(Tile { id, hashes: hashes.clone() })
        })
    }
}

/// The hashes of a tree of `size` entries, read from its tiles.
///
/// What it reads is not authenticated: a proof made of it is, when it verifies against a
/// signed root.
#[derive(Clone, Debug)]
pub struct TileNodes<F> {
    size: u64,
    fetch: F,
}

impl<F> TileNodes<F> {
    /// Reads through `fetch`, which gives the bytes of a tile.
    #[must_use]
    pub fn new(size: u64, fetch: F) -> Self {
        Self { size, fetch }
    }
}

/// A hash that could not be read from tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TileReadError<E> {
    /// The tree is too small to have it.
    Absent,
    /// The tile could not be fetched.
    Fetch(E),
    /// The tile is not as it should be.
    Tile(TileId, TileError),
}

impl<E: fmt::Display> fmt::Display for TileReadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("beyond the size of the tree"),
            Self::Fetch(error) => error.fmt(f),
            Self::Tile(id, error) => write!(f, "{id}: {error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for TileReadError<E> {}

impl<E, F: Fn(TileId) -> Result<Vec<u8>, E>> Nodes for TileNodes<F> {
    type Error = TileReadError<E>;

    fn node(&self, level: u32, index: u64) -> Result<Hash, Self::Error> {
        // The node spans 2^inner hashes of the tile level below it, all in one tile.
        let inner = level % HEIGHT;
        let locate = || {
            let tile_level = u8::try_from(level / HEIGHT).ok()?;
            let first = index.checked_mul(1 << inner)?;
            let id = TileId::new(tile_level, first / u64::from(FULL), self.size)?;
            let start = usize::try_from(first % u64::from(FULL)).ok()?;
            Some((id, start..start.saturating_add(1 << inner)))
        };
        let (id, range) = locate().ok_or(TileReadError::Absent)?;
        if range.end > usize::from(id.width()) {
            return Err(TileReadError::Absent);
        }
        let tile = fetch_tile(&self.fetch, id)?;
        let hashes = tile.hashes.get(range).ok_or(TileReadError::Absent)?;
        Ok(hashes.iter().copied().collect::<MerkleTree>().root())
    }
}

fn fetch_tile<E>(fetch: impl Fn(TileId) -> Result<Vec<u8>, E>, id: TileId) -> Result<Tile, TileReadError<E>> {
    let bytes = fetch(id).map_err(TileReadError::Fetch)?;
    Tile::from_bytes(id, &bytes).map_err(|error| TileReadError::Tile(id, error))
}

#[cfg(test)]
#[expect(clippy::as_conversions, reason = "small numbers")]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::string::ToString;

    use super::*;
    use crate::board::merkle::tests::numbered_leaves;
    use crate::board::proof::{ConsistencyProof, InclusionProof};

    /// A folder of tiles.
    type Folder = BTreeMap<TileId, Vec<u8>>;

    fn read(folder: &Folder) -> impl Fn(TileId) -> Result<Vec<u8>, TileId> + Clone {
        move |id| folder.get(&id).cloned().ok_or(id)
    }

    fn grow(folder: &mut Folder, writer: &mut TileWriter, leaves: &[Hash]) {
        for leaf in leaves {
            for tile in writer.push_leaf_hash(*leaf) {
                assert!(folder.insert(tile.id(), tile.to_bytes()).is_none(), "tiles are written once");
            }
        }
        folder.extend(writer.partial().map(|tile| (tile.id(), tile.to_bytes())));
    }

    #[test]
    fn layout_of_the_specification() {
        // tlog-tiles: 70,000 entries are 273 full tiles and one of 112, one full and one of
        // 17, and one of 1.
        let ids: Vec<_> = TileId::all(70_000).collect();
        assert_eq!(ids.len(), 277);
        let partial: Vec<_> = ids.iter().filter(|id| id.width() < FULL).map(TileId::to_string).collect();
        assert_eq!(partial, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
        let ids: Vec<_> = TileId::all(256).map(|id| id.to_string()).collect();
        assert_eq!(ids, ["tile/0/000", "tile/1/000.p/1"]);
        assert_eq!(TileId::all(0).count(), 0);
    }

    #[test]
    fn paths() {
        for path in ["tile/0/000", "tile/7/x001/234.p/5"] {
            assert_eq!(path.parse::<TileId>().unwrap().to_string(), path);
        }
        for path in ["tile/8/000", "tile/00/000", "tile/entries/000", "tile/0", "/tile/0/000", "tile/0/000/"] {
            assert_eq!(path.parse::<TileId>(), Err(TileError::Path), "{path}");
        }
    }

    #[test]
    fn writer_writes_exactly_the_tiles_of_its_size() {
        let leaves = numbered_leaves(66_000);
        for size in [0, 1, 255, 256, 257, 512, 600, 65_535, 65_536, 65_537, 66_000] {
            let (mut folder, mut writer) = (Folder::new(), TileWriter::new());
            grow(&mut folder, &mut writer, &leaves[..size]);
            assert_eq!(writer.size(), size as u64);
            assert!(folder.keys().copied().eq(TileId::all(size as u64)), "size {size}");
            let nodes = TileNodes::new(size as u64, read(&folder));
            let from_tiles = MerkleTree::resume(&nodes, size as u64).unwrap();
            assert_eq!(from_tiles, leaves[..size].iter().copied().collect());
            assert_eq!(TileWriter::resume(size as u64, read(&folder)).unwrap(), writer);
        }
    }

    #[test]
    fn proofs_from_tiles_are_those_from_leaves() {
        let leaves = numbered_leaves(700);
        let (mut folder, mut writer) = (Folder::new(), TileWriter::new());
        grow(&mut folder, &mut writer, &leaves);
        let nodes = TileNodes::new(700, read(&folder));
        for index in (0..700).step_by(13) {
            let from_tiles = InclusionProof::prove(&nodes, index, 700).unwrap();
            assert_eq!(from_tiles, InclusionProof::prove(leaves.as_slice(), index, 700).unwrap());
            let from_tiles = ConsistencyProof::prove(&nodes, index, 700).unwrap();
            assert_eq!(from_tiles, ConsistencyProof::prove(leaves.as_slice(), index, 700).unwrap());
        }
    }

    #[test]
    fn refuses_bad_tiles() {
        let leaves = numbered_leaves(3);
        let (mut folder, mut writer) = (Folder::new(), TileWriter::new());
        grow(&mut folder, &mut writer, &leaves);
        let id: TileId = "tile/0/000.p/3".parse().unwrap();
        let nodes = TileNodes::new(3, read(&folder));
        assert_eq!(nodes.node(0, 2), Ok(leaves[2]));
        assert_eq!(nodes.node(0, 3), Err(TileReadError::Absent));
        assert_eq!(nodes.node(1, 1), Err(TileReadError::Absent));
        assert_eq!(nodes.node(u32::MAX, u64::MAX), Err(TileReadError::Absent));
        assert_eq!(nodes.node(7, u64::MAX), Err(TileReadError::Absent));
        let larger = TileNodes::new(4, read(&folder));
        assert_eq!(larger.node(0, 0), Err(TileReadError::Fetch("tile/0/000.p/4".parse().unwrap())));
        let mut long = folder.clone();
        long.insert(id, alloc::vec![0; 97]);
        let error = TileNodes::new(3, read(&long)).node(0, 0).unwrap_err();
        assert_eq!(error, TileReadError::Tile(id, TileError::Length { expected: 96, actual: 97 }));
    }
}
