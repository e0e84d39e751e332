//! What the public pages check, for anyone, without a session: the log of acts, an audited ballot, a
//! receipt, the own entry on the board.

use core::cmp::Ordering;

use base64ct::{Base64, Encoding};
use escrutinio_core::ballot::{CastBallot, Opening, OpeningError};
use escrutinio_core::board::bundle::{BundleId, read_bundle};
use escrutinio_core::board::code::parse_code;
use escrutinio_core::board::{
    Checkpoint, MerkleTree, Receipt, ReceiptList, SignedCheckpoint, VerifiedCheckpoint, WitnessError,
};
use escrutinio_core::hash::{Hash, sha256};
use escrutinio_core::ids::{TrackingCode, hex};
use escrutinio_core::record;
use escrutinio_core::text::{escaped, from_nfc_blocks};
use escrutinio_core::verify::DeviceElection;
use rand_core::CryptoRng;

use crate::device::{Device, Log, acts, code_fields, keys, nth};
use crate::error::{Error, Result};
use crate::files::Files;
use crate::json::{Object, array, optional, string};

/// A tracking code as people type it.
///
/// # Errors
/// Code `code`.
pub fn tracking_code(text: &str) -> Result<String> {
    let code = parse_code(text).map_err(|error| Error::new("code", error))?;
    Ok(code_fields(Object::new(), &code).finish())
}

impl<R: CryptoRng> Device<R> {
    /// Reads the log of acts in the inbox (`checkpoint`, `bundle/0`, ..).
    ///
    /// # Errors
    /// Codes `files`, `acts`, `witnesses` and `acts-election`.
    pub fn read_acts(&mut self) -> Result<String> {
        let files = self.take();
        let election = self.election()?;
        let log = acts(election, &files, "")?;
        let act = |act: &escrutinio_core::board::Act| {
            let values = act.values.iter().fold(Object::new(), |object, (name, value)| object.text(name, value));
            Object::new().text("name", &act.name).text("at", &act.at).with("values", values.finish()).finish()
        };
        Ok(head(election, &log.checkpoint).with("acts", array(log.acts.iter().map(act))).finish())
    }

    /// Verifies the checkpoint of a log, `board` or `acts`: what it says, who signed it, whether they are as
    /// many as the manifest asks for, and whether it closes the board.
    ///
    /// # Errors
    /// Codes `input` and `files`.
    pub fn checkpoint(&self, log: &str, note: &[u8]) -> Result<String> {
        let election = self.election()?;
        let log = named(log)?;
        let verified = checkpoint(election, log, note)?;
        let at = verified.cosignatures().iter().map(|cosignature| cosignature.time).max();
        let quorum = verified.verify_quorum(election.manifest.witness_quorum).is_ok();
        let closed = matches!(log, Log::Board) && closing(election, &verified).is_ok();
        Ok(head(election, &verified)
            .text("root", &Base64::encode_string(&verified.checkpoint().root))
            .with("at", optional(at.map(|at| at.to_string())))
            .with("quorum", quorum)
            .with("closed", closed)
            .finish())
    }

    /// Compares the checkpoint of a log with those that this device saw before, in the inbox (`seen/0`, ..): whether each
    /// is `same`, one from which the log `grew` as the leaf hashes show (`tile/0`, ..), one from which it grew `unproven`
    /// without them, one that has more (`smaller`), or one of another history (`forked`). What was no checkpoint of
    /// this log is `void`.
    ///
    /// # Errors
    /// Codes `input` and `files`.
    pub fn follow(&mut self, log: &str, note: &[u8]) -> Result<String> {
        let files = self.take();
        let (election, log) = (self.election()?, named(log)?);
        let now = checkpoint(election, log, note)?;
        let now = now.checkpoint();
        let mut seen: Vec<Seen> =
            files.numbered("seen/").into_iter().map(|note| Seen::of(election, log, note)).collect();
        let tiles = files.numbered("tile/");
        let mut tree = MerkleTree::new();
        seen.iter_mut().for_each(|seen| seen.pass(&tree));
        for hash in tiles.iter().flat_map(|tile| tile.as_chunks().0) {
            tree.push_leaf_hash(*hash);
            seen.iter_mut().for_each(|seen| seen.pass(&tree));
        }
        if !tiles.is_empty() && (tree.size(), tree.root()) != (now.size, now.root) {
            return Err(Error::new("files", "the hashes do not give the root"));
        }
        Ok(array(seen.iter().map(|seen| {
            let size = seen.checkpoint.as_ref().map_or(0, |seen| seen.size);
            Object::new().text("growth", seen.growth(now)).with("size", size).finish()
        })))
    }

    /// Verifies an audited ballot.
    ///
    /// # Errors
    /// Code `opening` if the bytes are none. One that does not hold is no error.
    pub fn check_opening(&mut self, bytes: &[u8]) -> Result<String> {
        let bad = |why: &dyn core::fmt::Display| Error::new("opening", why);
        let (election, rng) = self.judge()?;
        let opening = Opening::decode(bytes, &election.shapes).map_err(|why| bad(&why))?;
        let contest = opening.body.contest;
        let verdict = opening.verify_for(&election.manifest, &election.parameters, from_nfc_blocks, rng);
        let why = match verdict {
            Ok(_) => "",
            Err(OpeningError::Choice(_)) => "choice",
            Err(OpeningError::OtherElection) => "other-election",
            Err(OpeningError::Place) => "place",
            Err(OpeningError::Ciphertext) => "ciphertext",
            Err(OpeningError::Text) => "text",
            Err(_) => "proof",
        };
        let name = election.manifest.option_name(contest, opening.option).unwrap_or_default();
        // Whether it is in the normal form NFC is for the worker to see (`web/src/opening.js`).
        let text = opening.text().map(|blocks| from_nfc_blocks(blocks).unwrap_or_else(|_| escaped(blocks)));
        let object = Object::new()
            .with("valid", why.is_empty())
            .text("why", why)
            .with("contest", contest)
            .with("option", opening.option)
            .text("name", &name)
            .with("text", optional(text.map(|text| string(&text))));
        Ok(code_fields(object, &opening.body.tracking_code()).finish())
    }

    /// Compares a receipt with what is in the inbox: the published list (`receipts`), the board's closing
    /// checkpoint (`checkpoint`) with its entries (`bundle/0`, ..), and the record's list of hashes (`sums`)
    /// with the log of acts (`acts/checkpoint`, `acts/bundle/0`, ..).
    ///
    /// # Errors
    /// Codes `receipt` and `files`, with `sums` those of [`Device::read_acts`], too.
    pub fn check_receipt(&mut self, receipt: &[u8]) -> Result<String> {
        let files = self.take();
        let election = self.election()?;
        let receipt = Receipt::parse(receipt).map_err(|error| Error::new("receipt", error))?;
        let ballot = (receipt.contest, &receipt.code);
        let promise = receipt.verify_for(&election.election_id, ballot, &election.manifest.server.key).is_ok();
        let object = Object::new().with("contest", receipt.contest).with("promise", promise);
        Ok(published(election, &files, &receipt.code, object)?.finish())
    }

    /// Compares a tracking code that somebody typed with the same files.
    ///
    /// # Errors
    /// Code `code`, and those of [`Device::check_receipt`].
    pub fn check_code(&mut self, code: &str) -> Result<String> {
        let files = self.take();
        let code = parse_code(code).map_err(|error| Error::new("code", error))?;
        Ok(published(self.election()?, &files, &code, Object::new())?.finish())
    }

    /// The ballots of a key, among the entries in the inbox (`checkpoint`, `bundle/0`, ..) of the closed board.
    ///
    /// # Errors
    /// Codes `files` and `closing`.
    pub fn find_key(&mut self, list: u32, key: &[u8]) -> Result<String> {
        let files = self.take();
        let election = self.election()?;
        let of = nth(&election.manifest.lists, list).ok_or_else(|| Error::new("files", "there is no such list"))?;
        let board = checkpoint(election, Log::Board, files.get("checkpoint")?)?;
        closing(election, &board).map_err(|why| Error::new("closing", why))?;
        let found = entries(election, &board, &files, &mut |cast| {
            cast.key.bytes == key && (cast.body.style, cast.body.unit) == (of.style, of.unit)
        })?;
        Ok(array(found.iter().map(|(entry, cast)| {
            let object = Object::new().with("contest", cast.body.contest).with("entry", entry);
            code_fields(object, &cast.body.tracking_code()).finish()
        })))
    }
}

/// Size of a log and the witnesses that signed it.
fn head(election: &DeviceElection, checkpoint: &VerifiedCheckpoint) -> Object {
    let witnesses = checkpoint.cosignatures().iter().filter_map(|cosignature| {
        let name = &election.manifest.witnesses.get(cosignature.witness)?.name;
        Some(Object::new().text("name", name).with("time", cosignature.time).finish())
    });
    Object::new().with("size", checkpoint.checkpoint().size).with("witnesses", array(witnesses))
}

fn named(log: &str) -> Result<Log> {
    match log {
        "board" => Ok(Log::Board),
        "acts" => Ok(Log::Acts),
        _ => Err(Error::new("input", "no such log")),
    }
}

/// A checkpoint that the device saw before, if it is one of the log, and the root that the log had at this size.
struct Seen {
    checkpoint: Option<Checkpoint>,
    root: Option<Hash>,
}

impl Seen {
    fn of(election: &DeviceElection, log: Log, note: &[u8]) -> Self {
        let checkpoint = checkpoint(election, log, note).ok().map(|verified| verified.checkpoint().clone());
        Self { checkpoint, root: None }
    }

    /// The tree is as long as it was then, or was or will be.
    fn pass(&mut self, tree: &MerkleTree) {
        if self.checkpoint.as_ref().is_some_and(|seen| seen.size == tree.size()) {
            self.root = Some(tree.root());
        }
    }

    fn growth(&self, now: &Checkpoint) -> &'static str {
        let Some(seen) = &self.checkpoint else { return "void" };
        match (seen.size.cmp(&now.size), self.root) {
            (Ordering::Equal, _) if seen.root == now.root => "same",
            (Ordering::Less, None) => "unproven",
            (Ordering::Less, Some(root)) if seen.root == root => "grew",
            (Ordering::Greater, _) => "smaller",
            _ => "forked",
        }
    }
}

fn checkpoint(election: &DeviceElection, log: Log, bytes: &[u8]) -> Result<VerifiedCheckpoint> {
    let bad = |why: &dyn core::fmt::Display| Error::new("files", format_args!("checkpoint: {why}"));
    let signed = SignedCheckpoint::parse(bytes).map_err(|why| bad(&why))?;
    signed.verify(&keys(election, log)?).map_err(|why| bad(&why))
}

/// Demands that a checkpoint of the board is one that nothing follows (B2.3).
fn closing(election: &DeviceElection, board: &VerifiedCheckpoint) -> core::result::Result<(), WitnessError> {
    let manifest = &election.manifest;
    // A board that stayed empty has only its first checkpoint.
    let end = if board.checkpoint().size == 0 { i64::MIN } else { manifest.reception_end() };
    board.verify_closing(manifest.witness_quorum, end)
}

/// What the published files say of a code: whether the list has it, which entry of the closed board it is,
/// who signed the board, and whether the list is the one that the log of acts names.
fn published(election: &DeviceElection, files: &Files, code: &TrackingCode, object: Object) -> Result<Object> {
    let board = files.find("checkpoint").map(|bytes| checkpoint(election, Log::Board, bytes)).transpose()?;
    let closed = board.as_ref().is_some_and(|board| closing(election, board).is_ok());
    let receipts = files.find("receipts");
    let listed = receipts.map(|bytes| listed(election, bytes, board.as_ref(), code)).transpose()?;
    let entry = match &board {
        // Entries under a root that no quorum signed say nothing.
        Some(board) if closed && (board.checkpoint().size == 0 || files.find("bundle/0").is_some()) => {
            Some(entries(election, board, files, &mut |cast| cast.body.tracking_code() == *code)?.pop())
        }
        _ => None,
    };
    let logged = match (receipts, files.find("sums"), &board) {
        (Some(receipts), Some(sums), Some(board)) => {
            Some(logged(election, files, receipts, sums, board.checkpoint().size)?.to_string())
        }
        _ => None,
    };
    let number = entry.as_ref().and_then(|found| found.as_ref().map(|(number, _)| number.to_string()));
    let board = board.map(|board| head(election, &board).with("closed", closed).finish());
    Ok(code_fields(object, code)
        .with("listed", optional(listed.map(|listed| listed.to_string())))
        .with("searched", entry.is_some())
        .with("entry", optional(number))
        .with("logged", optional(logged))
        .with("board", optional(board)))
}

/// Whether the list is that of the record which the log of acts names (act *publish*): then everybody has this
/// list, and whoever verifies the record compares it with the board (X1.1).
fn logged(election: &DeviceElection, files: &Files, receipts: &[u8], sums: &[u8], size: u64) -> Result<bool> {
    let log = acts(election, files, "acts/")?;
    let record = log.find("publish").filter(|act| act.values.get("size") == Some(&size.to_string()));
    let line = format!("{}  {}", hex(&sha256(&[receipts])), record::RECEIPTS);
    let lists = sums.split(|byte| *byte == b'\n').any(|found| found == line.as_bytes());
    Ok(record.and_then(|act| act.hash("record")) == Some(sha256(&[sums])) && lists)
}

/// Whether a code is on the list, which is of this election and as long as the board.
fn listed(
    election: &DeviceElection,
    bytes: &[u8],
    board: Option<&VerifiedCheckpoint>,
    code: &TrackingCode,
) -> Result<bool> {
    let list = ReceiptList::parse(bytes).map_err(|error| Error::new("files", format_args!("receipts: {error}")))?;
    if *list.election() != election.election_id {
        return Err(Error::new("files", "the receipts are of another election"));
    }
    let size = u64::try_from(list.codes().len()).ok();
    if board.is_some_and(|board| Some(board.checkpoint().size) != size) {
        return Err(Error::new("files", "not as many receipts as the board has entries"));
    }
    Ok(list.contains(code))
}

/// The entries that are wanted, out of all of a board, whose root is recomputed.
fn entries(
    election: &DeviceElection,
    board: &VerifiedCheckpoint,
    files: &Files,
    wanted: &mut dyn FnMut(&CastBallot) -> bool,
) -> Result<Vec<(u64, CastBallot)>> {
    let bad = |why: &dyn core::fmt::Display| Error::new("files", why);
    let mut tree = MerkleTree::new();
    let mut found = Vec::new();
    let bundles = files.numbered("bundle/");
    if u64::try_from(bundles.len()) != Ok(board.checkpoint().size.div_ceil(256)) {
        return Err(bad(&"not the bundles of the checkpoint's size"));
    }
    for (id, bytes) in BundleId::all(board.checkpoint().size).zip(bundles) {
        for entry in read_bundle(id, bytes).map_err(|why| bad(&format_args!("{id}: {why}")))? {
            let number = tree.size();
            tree.push(entry);
            if let Ok(cast) = CastBallot::decode(entry, &election.shapes)
                && wanted(&cast)
            {
                found.push((number, cast));
            }
        }
    }
    if tree.root() == board.checkpoint().root { Ok(found) } else { Err(bad(&"the entries do not give the root")) }
}
