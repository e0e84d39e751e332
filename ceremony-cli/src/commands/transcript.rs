//! The transcript of the acts, checked and shown.

use core::fmt::Write;
use std::collections::BTreeMap;

use crate::error::{Result, refused};
use crate::report::Report;
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
