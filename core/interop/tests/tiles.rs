//! Tiles and bundles of entries.

use std::collections::BTreeMap;

use escrutinio_core::board::bundle::{BundleId, BundleWriter, read_bundle};
use escrutinio_core::board::tile::{TileId, TileNodes, TileWriter};
use escrutinio_core::board::{ConsistencyProof, InclusionProof, MerkleTree, leaf_hash};
use escrutinio_core::hash::Hash;
use escrutinio_interop::{HEIGHT, TheirLog, c2sp_path, entries, ours, theirs};
use tlog_tiles::{
    Error, Tile, TileHashReader, TileReader, check_record, prove_record, prove_tree, record_hash, tree_hash,
};

const SIZES: [u64; 14] = [1, 2, 3, 100, 255, 256, 257, 300, 511, 512, 513, 1000, 65_536, 66_000];

/// Files by path.
type Folder = BTreeMap<String, Vec<u8>>;

/// The tiles that our writer leaves for a size.
fn our_tiles(entries: &[Vec<u8>]) -> Folder {
    let (mut writer, mut folder) = (TileWriter::new(), Folder::new());
    for entry in entries {
        folder.extend(writer.push_leaf_hash(leaf_hash(entry)).into_iter().map(|tile| (tile.path(), tile.to_bytes())));
    }
    folder.extend(writer.partial().map(|tile| (tile.path(), tile.to_bytes())));
    folder
}

/// The bundles that our writer leaves for a size.
fn our_bundles(entries: &[Vec<u8>]) -> Folder {
    let mut writer = BundleWriter::new();
    let mut bundles: Vec<_> = entries.iter().filter_map(|entry| writer.push(entry).unwrap()).collect();
    bundles.extend(writer.partial());
    bundles.into_iter().map(|bundle| (bundle.path(), bundle.bytes)).collect()
}

/// Our tiles, read by the other implementation.
struct Read<'a>(&'a Folder);

impl TileReader for Read<'_> {
    fn height(&self) -> u8 {
        HEIGHT
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        tiles.iter().map(|tile| self.0.get(&c2sp_path(tile)).cloned().ok_or(Error::InvalidTile)).collect()
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

#[test]
fn the_same_files() {
    let all = entries(66_000);
    let their_log = TheirLog::of(&all);
    let mut compared = 0u32;
    for size in SIZES {
        let ours = our_tiles(&all[..usize::try_from(size).unwrap()]);
        // Ours to the byte, by their list of what is due; none too many.
        let due = Tile::new_tiles(HEIGHT, 0, size);
        assert_eq!(due.len(), ours.len(), "size {size}");
        for tile in due {
            let path = c2sp_path(&tile);
            assert_eq!(Some(&tile.read_data(&their_log).unwrap()), ours.get(&path), "{path} of {size}");
            assert_eq!(path.parse::<TileId>().unwrap().to_string(), path);
            compared += 1;
        }
    }
    println!("tiles: {compared} files, the same to the byte");
    assert!(compared == 547);
}

#[test]
fn they_read_our_tiles() {
    let all = entries(66_000);
    let their_log = TheirLog::of(&all);
    for size in SIZES {
        let folder = our_tiles(&all[..usize::try_from(size).unwrap()]);
        let root = tlog_tiles::Hash(their_log.root(size));
        let reader = Read(&folder);
        let hashes = TileHashReader::new(size, root, &reader);
        assert_eq!(tree_hash(size, &hashes).unwrap(), root);
        for index in [0, size / 3, size / 2, size - 1] {
            let proof = prove_record(size, index, &hashes).unwrap();
            let own = InclusionProof::prove(&TileNodes::new(size, |id: TileId| get(&folder, id)), index, size).unwrap();
            assert_eq!(ours(&proof), own.path);
        }
    }
}

/// A bit of any tile changed: something that is read out of the tiles is refused, and nothing wrong is
/// accepted, whoever reads and whoever judges.
#[test]
fn changed_tiles_are_noticed() {
    let all = entries(66_000);
    let their_log = TheirLog::of(&all);
    let mut noticed = 0u32;
    for size in SIZES {
        let folder = our_tiles(&all[..usize::try_from(size).unwrap()]);
        let root = their_log.root(size);
        for (path, honest) in &folder {
            let mut changed = folder.clone();
            let mut bytes = honest.clone();
            *bytes.last_mut().unwrap() ^= 1;
            changed.insert(path.clone(), bytes);
            let id: TileId = path.parse().unwrap();
            let first = (id.index() * 256) << (id.level() * HEIGHT);
            let nodes = TileNodes::new(size, |id: TileId| get(&changed, id));
            let reader = Read(&changed);
            let hashes = TileHashReader::new(size, tlog_tiles::Hash(root), &reader);
            let mut we = MerkleTree::resume(&nodes, size).unwrap().root() != root;
            let mut they = tree_hash(size, &hashes).map_or(true, |found| found.0 != root);
            for index in [0, first, size - 1] {
                let leaf = leaf_hash(&all[usize::try_from(index).unwrap()]);
                let right = prove_record(size, index, &their_log).unwrap();
                let proof = InclusionProof::prove(&nodes, index, size).unwrap();
                we |= !judged(&proof, &right, &leaf, size, root);
                match prove_record(size, index, &hashes) {
                    Ok(path) => {
                        they |= !judged(&InclusionProof { index, path: ours(&path) }, &right, &leaf, size, root)
                    }
                    Err(_) => they = true,
                }
            }
            assert!(we && they, "{path} of {size}: we {we}, they {they}");
            noticed += 1;
        }
    }
    println!("tiles: {noticed} changed ones noticed by both");
}

/// What both verifiers say, alike, of a proof: that it holds exactly if it is the right one.
fn judged(proof: &InclusionProof, right: &[tlog_tiles::Hash], leaf: &Hash, size: u64, root: Hash) -> bool {
    let we = proof.verify(leaf, size, &root).is_ok();
    let (root, leaf) = (tlog_tiles::Hash(root), tlog_tiles::Hash(*leaf));
    let they = check_record(&theirs(&proof.path), size, root, proof.index, leaf).is_ok();
    assert_eq!((we, they), (proof.path == ours(right), we));
    we
}

fn get(folder: &Folder, id: TileId) -> Result<Vec<u8>, TileId> {
    folder.get(&id.to_string()).cloned().ok_or(id)
}

#[test]
fn we_read_their_tiles() {
    let all = entries(66_000);
    let their_log = TheirLog::of(&all);
    for size in SIZES {
        let folder: Folder = Tile::new_tiles(HEIGHT, 0, size)
            .iter()
            .map(|tile| (c2sp_path(tile), tile.read_data(&their_log).unwrap()))
            .collect();
        let nodes = TileNodes::new(size, |id: TileId| get(&folder, id));
        assert_eq!(MerkleTree::resume(&nodes, size).unwrap().root(), their_log.root(size));
        for index in [0, size / 3, size / 2, size - 1] {
            let proof = InclusionProof::prove(&nodes, index, size).unwrap();
            assert_eq!(proof.path, ours(&prove_record(size, index, &their_log).unwrap()));
            let proof = ConsistencyProof::prove(&nodes, index + 1, size).unwrap();
            assert_eq!(proof.path, ours(&prove_tree(size, index + 1, &their_log).unwrap()));
        }
    }
}

/// They have no code for the inside of a bundle; its name, and the hashes of what we read out of
/// it, are theirs.
#[test]
fn bundles() {
    let all = entries(66_000);
    let their_log = TheirLog::of(&all);
    for size in SIZES {
        let bundles = our_bundles(&all[..usize::try_from(size).unwrap()]);
        assert_eq!(BundleId::all(size).count(), bundles.len());
        let leaves = Tile::new_tiles(HEIGHT, 0, size).into_iter().filter(|tile| tile.level() == 0);
        let mut found = 0;
        for tile in leaves {
            let hashes = tile.read_data(&their_log).unwrap();
            let mut data = tile;
            data.set_is_data();
            let path = c2sp_path(&data);
            let bytes = bundles.get(&path).unwrap_or_else(|| panic!("{path} of {size}"));
            let entries = read_bundle(path.parse().unwrap(), bytes).unwrap();
            let recorded: Vec<u8> = entries.iter().flat_map(|entry| record_hash(entry).0).collect();
            assert_eq!(recorded, hashes, "{path} of {size}");
            found += 1;
        }
        assert_eq!(found, bundles.len(), "size {size}");
    }
}
