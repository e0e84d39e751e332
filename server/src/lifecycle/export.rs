//! What is obtained of the closed box (R-EXP): the board as it was signed, the casts by contest and
//! entity with their counts, participation, the log of events, and the hash of every file. Nothing in
//! it says who cast what, and the same ballots give the same files of casts, in whatever order they came.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use escrutinio_core::ballot::CastBallot;
use escrutinio_core::board::bundle::{BundleId, read_bundle};
use escrutinio_core::board::leaf_hash;
use escrutinio_core::hash::{Hash, sha256};
use escrutinio_core::ids::hex;
use escrutinio_core::verify::Election;

use super::{LifecycleError, voters};
use crate::board::{BoardService, LogName, file_paths, write_file};
use crate::events::{EventLog, verify_anchors, verify_chain};
use crate::store::{Store, StoreError};

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Ballots on the board.
    pub ballots: u64,
    /// Marks on the roll.
    pub marks: u64,
    /// SHA-256 of `SHA256SUMS`, which holds that of every file.
    pub hash: String,
    /// Where it was written.
    pub folder: PathBuf,
}

/// An export in the making.
struct Writer<'a> {
    folder: &'a Path,
    sums: BTreeMap<String, String>,
}

impl Writer<'_> {
    fn put(&mut self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        write_file(&self.folder.join(path), bytes)?;
        self.sums.insert(path.to_owned(), hex(&sha256(&[bytes])));
        Ok(())
    }

    /// Writes the list of hashes, and answers with its own.
    fn finish(self) -> Result<String, StoreError> {
        let sums: String = self.sums.iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect();
        write_file(&self.folder.join("SHA256SUMS"), sums.as_bytes())?;
        Ok(hex(&sha256(&[sums.as_bytes()])))
    }
}

/// Casts of one contest and unit, by leaf hash.
type Casts = BTreeMap<Hash, Vec<u8>>;

pub(super) async fn export(
    store: &Store,
    election: &Election,
    board: &BoardService,
    events: &EventLog,
    folder: &Path,
) -> Result<Exported, LifecycleError> {
    let mut writer = Writer { folder, sums: BTreeMap::new() };
    let last = board.last(LogName::Board).await?;
    for number in 0..=last.number {
        let absent = || StoreError::corrupt(format!("head {number} is absent"));
        let head = board.head(LogName::Board, number).await?.ok_or_else(absent)?;
        writer.put(&format!("board/checkpoints/{number:06}"), head.note.as_bytes())?;
    }
    for path in file_paths(last.size) {
        let absent = || StoreError::corrupt(format!("{path} is absent"));
        let bytes = board.file(LogName::Board, &path).await?.ok_or_else(absent)?;
        writer.put(&format!("board/{path}"), &bytes)?;
    }
    let participation = voters::participation(store, election).await?;
    let lines = participation.iter().map(|((contest, list), voters)| format!("{contest} {list} {voters}\n"));
    writer.put("participation.txt", lines.collect::<String>().as_bytes())?;
    let marks = participation.values().fold(0u64, |sum, voters| sum.saturating_add(*voters));

    casts(&mut writer, election, board, last.size, &participation).await?;

    let lines = events.lines().await?;
    verify_chain(lines.iter().map(String::as_str)).map_err(|error| LifecycleError::Refused(error.to_string()))?;
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    writer.put("events.jsonl", text.as_bytes())?;
    let acts = board.acts().await?;
    verify_anchors(&lines, &acts).map_err(|error| LifecycleError::Refused(error.to_string()))?;
    writer.put("acts.txt", acts.join("\n").as_bytes())?;
    let hash = writer.finish()?;
    Ok(Exported { ballots: last.size, marks, hash, folder: folder.to_path_buf() })
}

/// One file for each contest and unit: casts by leaf hash, each after its length (u32, little-endian); and
/// an index of lines `<contest> <unit> <ballots> <participants> <sha256> <entity>`.
async fn casts(
    writer: &mut Writer<'_>,
    election: &Election,
    board: &BoardService,
    size: u64,
    participation: &BTreeMap<(u32, u32), u64>,
) -> Result<(), StoreError> {
    let mut participants: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for ((contest, list), voters) in participation {
        let key = usize::try_from(*list).ok().and_then(|list| election.manifest.lists.get(list));
        let unit = key.map_or(0, |key| key.unit);
        let sum = participants.entry((*contest, unit)).or_default();
        *sum = sum.saturating_add(*voters);
    }
    let mut index = String::new();
    // One after the other: the ballots of one contest and unit are in memory, not those of all.
    for ((contest, unit), voters) in participants {
        let casts = of(election, board, size, contest, unit).await?;
        let mut spool = Vec::new();
        for cast in casts.values() {
            spool.extend_from_slice(&u32::try_from(cast.len()).unwrap_or(u32::MAX).to_le_bytes());
            spool.extend_from_slice(cast);
        }
        writer.put(&format!("casts/contest-{contest:03}-unit-{unit:03}.bin"), &spool)?;
        let entity = usize::try_from(unit).ok().and_then(|unit| election.manifest.units.get(unit));
        let (entity, hash) = (entity.map_or("", |unit| unit.entity.as_str()), hex(&sha256(&[&spool])));
        index.push_str(&format!("{contest} {unit} {} {voters} {hash} {entity}\n", casts.len()));
    }
    writer.put("casts/index.txt", index.as_bytes())
}

async fn of(
    election: &Election,
    board: &BoardService,
    size: u64,
    contest: u32,
    unit: u32,
) -> Result<Casts, StoreError> {
    let mut casts = Casts::new();
    for id in BundleId::all(size) {
        let broken = || StoreError::corrupt(format!("{id} of the board"));
        let bytes = board.file(LogName::Board, &id.to_string()).await?.ok_or_else(broken)?;
        for entry in read_bundle(id, &bytes).map_err(|_| broken())? {
            let body = CastBallot::decode(entry, &election.shapes).map_err(|_| broken())?.body;
            if (body.contest, body.unit) == (contest, unit) {
                casts.insert(leaf_hash(entry), entry.to_vec());
            }
        }
    }
    Ok(casts)
}
