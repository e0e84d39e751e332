//! The end of the record: receipts, sums, the last verification, and the printed list of hashes.

use std::collections::BTreeSet;

use escrutinio_core::ballot::CastBallot;
use escrutinio_core::board::ReceiptList;
use escrutinio_core::board::bundle::{BundleId, read_bundle};
use escrutinio_core::record::{self, Source};
use escrutinio_core::verify::sum_line;

use super::{ballot_box, writein};
use crate::draft;
use crate::error::{Error, Result, refused};
use crate::files;
use crate::report::Report;
use crate::session::Session;
use crate::source::{self, RecordSource};
use crate::workspace::{Step, Workspace};

/// Every file of the folder with its hash: the document for the fedataria (R-PRES-02).
const HASHES: &str = "hashes.txt";
/// What somebody keeps to themselves, where it lies in the same folder.
const PRIVATE: &str = "private/";

fn in_record(path: &str) -> String {
    format!("record/{path}")
}

fn io(why: &std::io::Error) -> Error {
    Error::file(std::path::Path::new("record"), why)
}

/// Lists the tracking codes of all ballots, once there is an acta (R-PUB-01).
///
/// # Errors
/// If there is no acta, or the board does not hold.
pub fn receipts(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let acta = in_record(&record::acta(0));
    workspace.read(&acta, "acta render")?;
    workspace.read(ballot_box::HASH, "box export")?;
    let source = RecordSource::new(workspace);
    let election = source::sealed(session, &source)?;
    let ballots = source::board(session, &source)?;
    let mut codes = Vec::new();
    for bundle in BundleId::all(ballots) {
        let path = in_record(&format!("board/{bundle}"));
        let bytes = workspace.read(&path, "box export")?;
        let bad = |why: &dyn core::fmt::Display| refused("error.decode", &[("path", &path), ("why", why)]);
        for entry in read_bundle(bundle, &bytes).map_err(|why| bad(&why))? {
            let cast = CastBallot::decode(entry, &election.shapes).map_err(|why| bad(&why))?;
            codes.push(cast.body.tracking_code());
        }
    }
    let count = codes.len();
    let list = ReceiptList::new(election.election_id, codes)
        .map_err(|why| refused("error.decode", &[("path", &record::RECEIPTS), ("why", &why)]))?;
    let path = in_record(record::RECEIPTS);
    workspace.write_or_same(&path, list.to_string().as_bytes())?;
    let step = Step::by_operator(session, "record receipts")?.input(acta).output(&path).note("codes", count);
    let already = workspace.finish(session, step)?;
    Ok(Report::new("record receipts", already)
        .with("codes", count)
        .with("file", workspace.path(&path).display())
        .with("sha256", workspace.hash(&path)?))
}

/// Writes the sums and verifies the whole record as anyone will. The sums are written only
/// if every check holds with them.
///
/// # Errors
/// The first check that does not hold.
pub fn assemble(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    workspace.read(&in_record(record::RECEIPTS), "record receipts")?;
    writein::require_texts(workspace)?;
    let manifest = draft::read_frozen(workspace)?;
    let source = RecordSource::new(workspace);
    let mut sums = String::new();
    for (path, length) in source.files().map_err(|why| io(&why))? {
        if path != record::SUMS {
            sums.push_str(&sum_line(&source, &path, length).map_err(|why| io(&why))?);
        }
    }
    let source = source.with(record::SUMS, sums.clone().into_bytes());
    let verified = source::record(session, &source)?;
    let path = in_record(record::SUMS);
    if workspace.has(&path) && only_texts_added(&workspace.read(&path, "record assemble")?, &sums) {
        files::replace(&workspace.path(&path), sums.as_bytes())?;
    }
    workspace.write_or_same(&path, sums.as_bytes())?;
    let step = Step::by_operator(session, "record assemble")?
        .output(&path)
        .note("manifest_hash", manifest.hash())
        .note("ballots", verified.ballots);
    let step = session.attendance(step)?;
    let already = workspace.finish(session, step)?;
    for edition in writein::editions(session, workspace)? {
        session.say("say.writein.edition", &[("path", &workspace.path(&edition).display())]);
    }
    let hashes = hash_document(workspace)?;
    let document = if workspace.has(HASHES) {
        workspace.read(HASHES, "record assemble")?
    } else {
        workspace.write_new(HASHES, hashes.as_bytes())?;
        hashes.into_bytes()
    };
    let mut report = Report::new("record assemble", already)
        .with("manifest_hash", manifest.hash())
        .with("ballots", verified.ballots)
        .with("checks", verified.checks().len())
        .with("file", workspace.path(&path).display())
        .with("sha256", workspace.hash(&path)?)
        .with("hash_document", workspace.hash(HASHES)?);
    if let Some(election) = verified.election_id {
        report = report.with("election_id", election);
    }
    report.listing = Some(String::from_utf8_lossy(&document).into_owned());
    Ok(report)
}

/// Whether a record that was closed differs from what it is now by an order and its texts only:
/// the order of an authority may come when all else is published. Nothing else changes a record.
fn only_texts_added(before: &[u8], now: &str) -> bool {
    let Ok(before) = core::str::from_utf8(before) else { return false };
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (before.lines().collect(), now.lines().collect());
    let of_texts =
        |line: &&str| line.split_once("  ").is_some_and(|(_, path)| record::write_in_contest(path).is_some());
    old.is_subset(&new) && new.difference(&old).all(of_texts)
}

/// Every public file of the folder, the transcript of the acts included, as `sha256sum -c` reads it.
/// The hash of a short report would tell the report to whoever guesses it.
fn hash_document(workspace: &Workspace) -> Result<String> {
    let all = RecordSource::at(&workspace.path("")).without(&[writein::RESERVED, PRIVATE]);
    let mut text = String::new();
    for (path, length) in all.files().map_err(|why| io(&why))? {
        if path != HASHES {
            text.push_str(&sum_line(&all, &path, length).map_err(|why| io(&why))?);
        }
    }
    Ok(text)
}
