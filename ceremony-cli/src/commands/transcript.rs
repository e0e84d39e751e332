//! The transcript of the acts, checked and shown.

use core::fmt::Write;
use std::collections::BTreeMap;

use askama::Template;
use escrutinio_core::manifest::Manifest;

use super::acts::{self, Incident};
use crate::draft;
use crate::error::{Result, refused};
use crate::report::Report;
use crate::session::local;
use crate::transcript_log::Line;
use crate::workspace::Workspace;

/// Checks the chain, and that every file which an act wrote still has its hash. Files that
/// are no longer there (a void ceremony is moved aside) are counted, not refused.
///
/// # Errors
/// If a line does not follow from the one before, or a file has changed since.
pub fn verify(workspace: &Workspace) -> Result<Report> {
    let log = workspace.transcript()?;
    let mut latest = BTreeMap::new();
    for line in log.lines() {
        latest.extend(line.outputs.iter());
    }
    let (mut present, mut moved) = (0u64, 0u64);
    for (path, hash) in latest {
        if !workspace.has(path) {
            moved = moved.saturating_add(1);
        } else if workspace.hash(path)? == *hash {
            present = present.saturating_add(1);
        } else {
            return Err(refused("error.transcript.file", &[("path", path)]));
        }
    }
    Ok(Report::new("transcript verify", false)
        .with("lines", log.lines().len())
        .with("files_same", present)
        .with("files_gone", moved)
        .with("head", log.head()))
}

/// Shows the acts in order.
///
/// # Errors
/// If the chain is broken.
pub fn show(workspace: &Workspace) -> Result<Report> {
    let log = workspace.transcript()?;
    let mut listing = String::new();
    for line in log.lines() {
        let _ = writeln!(listing, "{:>4}  {}  {}  {} ({})", line.seq, line.at, line.act, line.person, line.role);
        for (key, value) in &line.notes {
            let _ = writeln!(listing, "      {key}: {value}");
        }
        for (path, hash) in &line.outputs {
            let _ = writeln!(listing, "      {hash}  {path}");
        }
    }
    let mut report = Report::new("transcript show", false).with("head", log.head());
    report.listing = Some(listing);
    Ok(report)
}

struct Act<'a> {
    when: String,
    line: &'a Line,
}

#[derive(Template)]
#[template(path = "transcript.html")]
struct Page<'a> {
    manifest: &'a Manifest,
    manifest_hash: String,
    acts: Vec<Act<'a>>,
    head: String,
    incidents: Vec<Incident>,
}

/// Renders the acts so far as a document to be signed. Its name ends in the hash of the
/// last line, so that every state of the transcript has its own.
///
/// # Errors
/// If the manifest is not frozen, or the chain is broken.
pub fn render(workspace: &Workspace) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let log = workspace.transcript()?;
    let when = |line: &Line| {
        let seconds = line.at.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_second);
        seconds.map_or_else(|_| line.at.clone(), |at| local(at, manifest.official_zone.offset_minutes))
    };
    let page = Page {
        manifest: &manifest,
        manifest_hash: manifest.hash().to_string(),
        acts: log.lines().iter().map(|line| Act { when: when(line), line }).collect(),
        head: log.head(),
        incidents: acts::incidents(workspace)?,
    };
    let html = page.render().map_err(|why| refused("error.render", &[("why", &why)]))?;
    let short: String = log.head().chars().take(16).collect();
    let path = format!("acts/transcript-{short}.html");
    let already = workspace.write_or_same(&path, html.as_bytes())?;
    Ok(Report::new("transcript render", already)
        .with("file", workspace.path(&path).display())
        .with("sha256", workspace.hash(&path)?)
        .with("head", log.head()))
}
