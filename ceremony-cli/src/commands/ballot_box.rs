//! The ballot box: opened with a zero report, closed into the board of the record.

mod participation;

use std::collections::BTreeMap;
use std::path::Path;

use escrutinio_core::board::bundle::BundleWriter;
use escrutinio_core::board::checkpoint::origin;
use escrutinio_core::board::{Checkpoint, LogKeys, MerkleTree, SignedCheckpoint, leaf_hash};
use escrutinio_core::hash::{Hash, sha256};
use escrutinio_core::ids::hex;
use escrutinio_core::manifest::Manifest;
use escrutinio_core::record::{self, Source};
use escrutinio_core::verify::Election;

pub use participation::participation;

use super::key::SEAL;
use crate::custody::{Journal, open_person};
use crate::draft;
use crate::error::{Error, Result, out_of_order, refused};
use crate::files;
use crate::person::Role;
use crate::report::Report;
use crate::session::Session;
use crate::source::{self, RecordSource};
use crate::workspace::{Step, Workspace};

/// The zero report, for people.
pub const ZERO: &str = "box/zero-report.txt";
/// The hash of the exported board.
pub const HASH: &str = "box/board-hash.txt";

fn in_record(path: &str) -> String {
    format!("record/{path}")
}

fn keys(election: &Election) -> Result<LogKeys> {
    let manifest = &election.manifest;
    let witnesses = manifest.witnesses.iter().map(|witness| (witness.name.as_str(), witness.key));
    LogKeys::of_election(&election.election_id, (&manifest.log.name, manifest.log.key), witnesses)
        .map_err(|why| refused("error.checkpoint", &[("path", &"log"), ("why", &why)]))
}

/// The number of the last checkpoint.
fn last_checkpoint(workspace: &Workspace) -> Option<u64> {
    (0u64..).take_while(|number| workspace.has(in_record(&record::checkpoint(*number)))).last()
}

fn read_checkpoint(workspace: &Workspace, number: u64) -> Result<SignedCheckpoint> {
    let path = in_record(&record::checkpoint(number));
    SignedCheckpoint::parse(&workspace.read(&path, "box open")?)
        .map_err(|why| refused("error.checkpoint", &[("path", &path), ("why", &why)]))
}

fn sign(checkpoint: &Checkpoint, key: &escrutinio_core::signature::SigningKey) -> Result<Vec<u8>> {
    checkpoint
        .sign(key)
        .map(|signed| signed.to_string().into_bytes())
        .map_err(|why| refused("error.checkpoint", &[("path", &checkpoint.origin), ("why", &why)]))
}

/// Every contest and every option with a zero (R-OPEN-03).
fn zero_report(manifest: &Manifest, election: &Election) -> String {
    let mut text = format!("escrutinio/zero-report/v1\nelection {}\nballots 0\nparticipants 0\n", election.election_id);
    for (number, contest) in (0u32..).zip(&manifest.contests) {
        text.push_str(&format!("contest {number} {}\n", contest.name));
        for option in (0u32..).zip(&contest.options).map(|(option, _)| option) {
            let name = manifest.option_name(number, option).unwrap_or_default();
            text.push_str(&format!("option {option} 0 {name}\n"));
        }
    }
    text
}

/// Size and root of the last checkpoint.
///
/// # Errors
/// If there is none or it is no checkpoint.
pub fn closing(workspace: &Workspace) -> Result<(u64, String)> {
    let number = last_checkpoint(workspace)
        .ok_or_else(|| out_of_order("error.missing", &[("path", &record::CHECKPOINTS), ("command", &"box open")]))?;
    let signed = read_checkpoint(workspace, number)?;
    Ok((signed.claimed().size, hex(&signed.claimed().root)))
}

/// Opens the box: verifies everything that was sealed and signs the empty board.
///
/// # Errors
/// If the election is not sealed or does not hold, or the key is not the log's.
pub fn open(session: &mut Session<'_>, workspace: &Workspace, secret: &Path) -> Result<Report> {
    workspace.read(SEAL, "election seal")?;
    let election = source::sealed(session, &RecordSource::new(workspace))?;
    let log = open_person(session, secret, Role::Log)?;
    if log.key.verifying_key() != election.manifest.log.key {
        return Err(refused("error.official", &[("name", &log.name), ("role", &Role::Log.name())]));
    }
    let first = in_record(&record::checkpoint(0));
    let origin = origin(&election.manifest.log.name, &election.election_id);
    let empty = Checkpoint { origin, size: 0, root: MerkleTree::new().root() };
    if workspace.has(&first) {
        let verified = read_checkpoint(workspace, 0)?
            .verify(&keys(&election)?)
            .map_err(|why| refused("error.checkpoint", &[("path", &first), ("why", &why)]))?;
        if *verified.checkpoint() != empty {
            return Err(refused("error.checkpoint", &[("path", &first), ("why", &"size")]));
        }
    } else {
        workspace.write_new(&first, &sign(&empty, &log.key)?)?;
    }
    let text = zero_report(&election.manifest, &election);
    workspace.write_or_same(ZERO, text.as_bytes())?;
    let step = Step::by_person(&log, "box open")
        .input(SEAL)
        .output(ZERO)
        .note("election_id", election.election_id)
        .note("empty_root", hex(&empty.root));
    let step = session.attendance(step)?;
    let already = workspace.finish(session, step)?;
    let mut report = Report::new("box open", already)
        .with("election_id", election.election_id)
        .with("root", hex(&empty.root))
        .with("ballots", 0)
        .with("file", workspace.path(&first).display());
    report.listing = Some(text);
    Ok(report)
}

/// A witness cosigns the last checkpoint: the zero report before the first ballot, the
/// closing one after the end of reception. The file only grows by the witness's line.
///
/// A witness signs the empty board of one election id only, and one closing only: two
/// closings would differ by one ballot, which their difference opens (`spec/board.md`).
///
/// # Errors
/// If there is none, the person is no witness of the manifest or has signed another one, or
/// it is not the time.
pub fn cosign(session: &mut Session<'_>, workspace: &Workspace, secret: &Path) -> Result<Report> {
    let election = source::sealed(session, &RecordSource::new(workspace))?;
    let keys = keys(&election)?;
    let number = last_checkpoint(workspace)
        .ok_or_else(|| out_of_order("error.missing", &[("path", &record::CHECKPOINTS), ("command", &"box open")]))?;
    let path = in_record(&record::checkpoint(number));
    let now = session.clock.now();
    let end = election.manifest.reception_end();
    if number == 0 && now >= end {
        return Err(out_of_order("error.zero_late", &[("end", &crate::session::utc(end))]));
    }
    if number > 0 {
        if now < end {
            return Err(too_early(end));
        }
        // A witness vouches for what it has verified itself.
        source::board(session, &RecordSource::new(workspace))?;
    }
    let person = open_person(session, secret, Role::Witness)?;
    let place = election
        .manifest
        .witnesses
        .iter()
        .position(|witness| witness.key == person.key.verifying_key() && witness.name == person.name)
        .ok_or_else(|| refused("error.official", &[("name", &person.name), ("role", &Role::Witness.name())]))?;
    let bad = |why: &dyn core::fmt::Display| refused("error.checkpoint", &[("path", &path), ("why", why)]);
    let mut signed = read_checkpoint(workspace, number)?;
    let verified = signed.verify(&keys).map_err(|why| bad(&why))?;
    let journal = Journal::of(secret);
    if number == 0 {
        let subject = format!("zero:{}", election.manifest.hash());
        journal.note_once(&subject, &election.election_id.to_string())?;
    } else {
        let closing = signed.claimed();
        let subject = format!("closing:{}", election.election_id);
        journal.note_once(&subject, &format!("{}:{}", closing.size, hex(&closing.root)))?;
    }
    if !verified.cosignatures().iter().any(|cosignature| cosignature.witness == place) {
        let time = u64::try_from(now).unwrap_or(0);
        let line = signed.claimed().cosign(&person.name, &person.key, time).map_err(|why| bad(&why))?;
        signed.add_cosignature(line, &keys).map_err(|why| bad(&why))?;
        files::replace(&workspace.path(&path), signed.to_string().as_bytes())?;
    }
    let subject = format!("{number}");
    let step = Step::by_person(&person, "box cosign").note("checkpoint", &subject).output(&path);
    let already = workspace.finish(session, step)?;
    Ok(Report::new("box cosign", already)
        .with("person", &person.name)
        .with("checkpoint", number)
        .with("ballots", signed.claimed().size)
        .with("root", hex(&signed.claimed().root))
        .with("file", workspace.path(&path).display()))
}

pub(super) fn too_early(end: i64) -> Error {
    out_of_order("error.too_early", &[("end", &crate::session::utc(end))])
}

/// Casts as the server hands them over: each preceded by its length (u32, little-endian).
fn read_spool(path: &Path) -> Result<BTreeMap<Hash, Vec<u8>>> {
    let bytes = files::read(path)?;
    let mut casts = BTreeMap::new();
    let mut rest = bytes.as_slice();
    let mut number = 0u64;
    while !rest.is_empty() {
        let bad = || refused("error.spool", &[("path", &path.display()), ("number", &number)]);
        let (length, tail) = rest.split_first_chunk::<4>().ok_or_else(bad)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| bad())?;
        let (cast, tail) = tail.split_at_checked(length).ok_or_else(bad)?;
        // Sorted by leaf hash: the same casts give the same board, in whatever order they came.
        if casts.insert(leaf_hash(cast), cast.to_vec()).is_some() {
            return Err(refused("error.spool.twice", &[("path", &path.display()), ("number", &number)]));
        }
        rest = tail;
        number = number.saturating_add(1);
    }
    Ok(casts)
}

/// The files of the board that these casts make, in one closing epoch.
fn board_files(
    casts: &BTreeMap<Hash, Vec<u8>>,
    origin: String,
    log: &escrutinio_core::signature::SigningKey,
) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut board = BTreeMap::new();
    let mut tree = MerkleTree::new();
    let mut writer = BundleWriter::new();
    for cast in casts.values() {
        tree.push(cast);
        let filled = writer.push(cast).map_err(|why| refused("error.bundle", &[("why", &why)]))?;
        if let Some(bundle) = filled {
            board.insert(format!("board/{}", bundle.path()), bundle.bytes);
        }
    }
    if let Some(bundle) = writer.partial() {
        board.insert(format!("board/{}", bundle.path()), bundle.bytes);
    }
    if !casts.is_empty() {
        let size = u64::try_from(casts.len()).unwrap_or(u64::MAX);
        let checkpoint = Checkpoint { origin, size, root: tree.root() };
        board.insert(record::checkpoint(1), sign(&checkpoint, log)?);
    }
    Ok(board)
}

/// Where the accepted casts come from.
#[derive(Clone, Copy, Debug)]
pub enum From<'a> {
    /// A spool of casts; the log's key signs the closing checkpoint.
    Spool {
        /// The file of casts.
        file: &'a Path,
        /// Sealed file with the log's key.
        log: &'a Path,
    },
    /// A board that the server kept and signed: `checkpoints/` and `tile/entries/`.
    Board(&'a Path),
}

/// Brings the accepted casts into the record, after verifying every one of them.
///
/// # Errors
/// If reception has not ended, the box is not open, or a ballot does not hold: then nothing
/// is written.
pub fn export(session: &mut Session<'_>, workspace: &Workspace, from: From<'_>) -> Result<Report> {
    let first = in_record(&record::checkpoint(0));
    workspace.read(&first, "box open")?;
    let manifest = draft::read_frozen(workspace)?;
    if session.clock.now() < manifest.reception_end() {
        return Err(too_early(manifest.reception_end()));
    }
    if !workspace.has(HASH) {
        // Who did not vouch for the empty board before the first ballot cannot do so any more.
        let election = source::sealed(session, &RecordSource::new(workspace))?;
        let quorum = election.manifest.witness_quorum;
        if let From::Board(folder) = from {
            adopt(workspace, folder, &keys(&election)?)?;
        }
        read_checkpoint(workspace, 0)?
            .verify(&keys(&election)?)
            .map_err(|why| refused("error.checkpoint", &[("path", &first), ("why", &why)]))?
            .verify_quorum(quorum)
            .map_err(|why| refused("error.zero_quorum", &[("why", &why)]))?;
        let board = match from {
            From::Spool { file, log } => {
                let origin = read_checkpoint(workspace, 0)?.claimed().origin.clone();
                let person = open_person(session, log, Role::Log)?;
                board_files(&read_spool(file)?, origin, &person.key)?
            }
            From::Board(folder) => read_board(folder)?,
        };
        source::board(session, &RecordSource::new(workspace).with_all(&board))?;
        // The checkpoint last: it says that everything before it is there.
        let (checkpoints, bundles): (Vec<_>, Vec<_>) =
            board.iter().partition(|(path, _)| path.starts_with(record::CHECKPOINTS));
        for (path, bytes) in bundles.into_iter().chain(checkpoints) {
            workspace.write_or_same(&in_record(path), bytes)?;
        }
        workspace.write_new(HASH, board_hash(workspace)?.as_bytes())?;
    }
    let ballots = source::board(session, &RecordSource::new(workspace))?;
    let step = Step::by_operator(session, "box export")?.input(&first).output(HASH).note("ballots", ballots);
    let already = workspace.finish(session, step)?;
    Ok(Report::new("box export", already)
        .with("ballots", ballots)
        .with("board_hash", last_line(&files::read(&workspace.path(HASH))?)))
}

fn read_board(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let source = RecordSource::at(folder);
    let listed = source.files().map_err(|why| Error::file(folder, &why))?;
    let mut board = BTreeMap::new();
    for (path, _) in listed {
        if path == "checkpoints/000000" || !(path.starts_with("checkpoints/") || path.starts_with("tile/entries/")) {
            continue;
        }
        board.insert(format!("board/{path}"), files::read(&folder.join(&path))?);
    }
    Ok(board)
}

/// Both must have begun with the same zero report. Witnesses that signed it at the server, where it was
/// live, need not sign it here again.
fn adopt(workspace: &Workspace, folder: &Path, keys: &LogKeys) -> Result<()> {
    let zero = SignedCheckpoint::parse(&files::read(&folder.join("checkpoints/000000"))?)
        .map_err(|why| refused("error.checkpoint", &[("path", &"checkpoints/000000"), ("why", &why)]))?;
    let mut ours = read_checkpoint(workspace, 0)?;
    if zero.claimed() != ours.claimed() {
        return Err(refused("error.checkpoint", &[("path", &"checkpoints/000000"), ("why", &"other board")]));
    }
    // A line that is here already, or does not hold, is left out; whether they are enough is seen later.
    let adopted =
        zero.lines().iter().skip(1).filter(|line| ours.add_cosignature((*line).clone(), keys).is_ok()).count();
    if adopted > 0 {
        files::replace(&workspace.path(in_record(&record::checkpoint(0))), ours.to_string().as_bytes())?;
    }
    Ok(())
}

fn last_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text).lines().last().unwrap_or_default().to_owned()
}

/// One line for each file of the entries, as `sha256sum` writes it, and the hash of these lines.
fn board_hash(workspace: &Workspace) -> Result<String> {
    let source = RecordSource::new(workspace);
    let mut lines = String::new();
    for (path, _) in source.files().map_err(|why| Error::file(&workspace.path("record"), &why))? {
        if path.starts_with(record::ENTRIES) {
            lines.push_str(&format!("{}  {path}\n", workspace.hash(&in_record(&path))?));
        }
    }
    let total = hex(&sha256(&[lines.as_bytes()]));
    Ok(format!("{lines}{total}\n"))
}

/// Recomputes the hash of the board on this machine and compares it with the exported one
/// (R-EXP-04).
///
/// # Errors
/// If they differ: nothing goes on.
pub fn hash(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let recorded = String::from_utf8_lossy(&workspace.read(HASH, "box export")?).into_owned();
    let computed = board_hash(workspace)?;
    if recorded != computed {
        let (recorded, computed) = (last_line(recorded.as_bytes()), last_line(computed.as_bytes()));
        return Err(refused("error.board_hash", &[("recorded", &recorded), ("computed", &computed)]));
    }
    let step = Step::by_operator(session, "box hash")?.input(HASH).note("same", last_line(computed.as_bytes()));
    workspace.finish(session, step)?;
    let mut report = Report::new("box hash", false).with("board_hash", last_line(computed.as_bytes()));
    report.listing = Some(computed);
    Ok(report)
}
