//! The election itself: drafts, the frozen manifest, the seal.

use escrutinio_core::encoding::Encode;
use escrutinio_core::ids::hex;
use std::path::{Path, PathBuf};

use crate::draft::{self, Draft, MANIFEST};
use crate::error::{Result, out_of_order, refused};
use crate::person::Card;
use crate::report::Report;
use crate::session::Session;
use crate::workspace::{Step, Workspace};

/// The listing of every parameter of the frozen manifest.
pub const LISTING: &str = "listing.toml";

/// Where a draft comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// One of the templates of the tool.
    Template(String),
    /// A file.
    File(PathBuf),
    /// The latest draft of the folder, to add cards to it.
    Latest,
}

fn draft_path(version: u32) -> String {
    format!("draft/election-{version:02}.toml")
}

fn preview_path(version: u32) -> String {
    format!("draft/ballot-{version:02}.html")
}

/// The latest version of the draft and its number.
fn latest(workspace: &Workspace) -> Result<Option<(u32, Draft)>> {
    let versions = (1..100u32).take_while(|version| workspace.has(draft_path(*version)));
    match versions.last() {
        None => Ok(None),
        Some(version) => draft::read(&workspace.path(draft_path(version))).map(|draft| Some((version, draft))),
    }
}

fn require_latest(workspace: &Workspace) -> Result<(u32, Draft)> {
    let missing = || out_of_order("error.missing", &[("path", &"draft/"), ("command", &"election new")]);
    latest(workspace)?.ok_or_else(missing)
}

/// Writes the next version of the draft, with a preview of its ballots. Earlier versions
/// stay (R-CFG-16).
///
/// # Errors
/// If the manifest is frozen, the source or a card is none, or a role is taken.
pub fn new(session: &mut Session<'_>, workspace: &Workspace, source: &Source, cards: &[PathBuf]) -> Result<Report> {
    if workspace.has(MANIFEST) {
        return Err(out_of_order("error.frozen", &[("path", &MANIFEST)]));
    }
    let before = latest(workspace)?;
    let mut draft = match source {
        Source::Template(name) => Draft::template(name)?,
        Source::File(path) => draft::read(path)?,
        Source::Latest => require_latest(workspace)?.1,
    };
    for card in cards {
        draft.admit(&Card::read(card)?)?;
    }
    let version = match &before {
        Some((version, same)) if *same == draft => *version,
        Some((version, _)) => version.saturating_add(1),
        None => 1,
    };
    let (path, preview) = (draft_path(version), preview_path(version));
    workspace.write_or_same(&path, draft.to_text().as_bytes())?;
    workspace.write_or_same(&preview, crate::preview::ballots(&draft)?.as_bytes())?;
    let step = Step::by_operator(session, "election new")?.output(&path).output(&preview);
    let already = workspace.finish(session, step)?;
    let mut report = Report::new("election new", already)
        .with("file", workspace.path(&path).display())
        .with("preview", workspace.path(&preview).display())
        .with("sha256", workspace.hash(&path)?);
    if let Err(why) = draft.validate() {
        report = report.with("not_yet_valid", why.message().in_language(session.lang));
    }
    Ok(report)
}

/// Checks the latest draft, or a file, against every rule.
///
/// # Errors
/// The first rule that is broken.
pub fn check(workspace: &Workspace, file: Option<&Path>) -> Result<Report> {
    let draft = match file {
        Some(path) => draft::read(path)?,
        None => require_latest(workspace)?.1,
    };
    let manifest = draft.validate()?;
    let mut report = Report::new("election check", false).with("manifest_hash", hex(manifest.hash().as_bytes()));
    for contest in &manifest.contests {
        report = report.with("contest", format!("{}: {}", contest.name, contest.options.len()));
    }
    Ok(report)
}

/// Freezes the latest draft: from here on nothing of the offer changes (R-CFG-05).
///
/// # Errors
/// If it breaks a rule, or another manifest is frozen.
pub fn freeze(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let (version, draft) = require_latest(workspace)?;
    let manifest = draft.validate()?;
    let hash = hex(manifest.hash().as_bytes());
    let bytes = manifest.to_bytes();
    if workspace.has(MANIFEST) {
        let frozen = draft::read_frozen(workspace)?;
        if *frozen != *manifest {
            let frozen = hex(frozen.hash().as_bytes());
            return Err(refused("error.frozen.other", &[("frozen", &frozen), ("draft", &hash)]));
        }
    }
    let listing = format!("# manifest_hash = {hash}\n{}", Draft::of(&manifest).to_text());
    let again = Draft::parse(&listing)?.validate()?;
    if again.hash() != manifest.hash() {
        return Err(refused("error.listing", &[]));
    }
    workspace.write_or_same(LISTING, listing.as_bytes())?;
    workspace.write_or_same(MANIFEST, &bytes)?;
    let step = Step::by_operator(session, "election freeze")?
        .input(draft_path(version))
        .output(MANIFEST)
        .output(LISTING)
        .note("manifest_hash", &hash);
    let step = session.attendance(step)?;
    let already = workspace.finish(session, step)?;
    let mut report = Report::new("election freeze", already)
        .with("manifest_hash", hash)
        .with("file", workspace.path(MANIFEST).display())
        .with("listing", workspace.path(LISTING).display());
    report.listing = Some(listing);
    Ok(report)
}
