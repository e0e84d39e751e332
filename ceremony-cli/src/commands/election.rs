//! The election itself: drafts, the frozen manifest, the seal.

use std::path::{Path, PathBuf};

use escrutinio_core::credential::{CredentialLists, HalfRole};
use escrutinio_core::encoding::Encode;
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::hex;
use escrutinio_core::keygen::KeyTranscript;
use escrutinio_core::keygen::trial::Trial;
use escrutinio_core::record::Seal;

use super::key::{SEAL, TRANSCRIPT, TRIAL};
use super::mix::{self, mix_path};
use super::roll::{LISTS, ROLL, read_record, record_path};
use crate::ceremony::{self, KeyFolder, keygen_error};
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

/// Seals what is fixed before the first ballot, after checking all of it (L1 to K4). The
/// election id is the hash of the seal.
///
/// # Errors
/// If something is missing or does not hold.
pub fn seal(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let record = read_record(workspace, &manifest)?;
    let lists: CredentialLists = workspace.decode(LISTS, "roll list")?;
    if lists != mix::complete(session, workspace, &manifest, &record)? {
        return Err(refused("error.lists", &[("path", &LISTS)]));
    }
    let transcript: KeyTranscript = workspace.decode(TRANSCRIPT, "key trial")?;
    let ceremony = ceremony::of(&manifest, transcript.ceremony)?;
    let held = KeyFolder::current(workspace, &manifest)?.ceremony.number();
    if transcript.ceremony != held {
        return Err(refused("error.void_key", &[("ceremony", &transcript.ceremony)]));
    }
    let keys = transcript.verify(&ceremony).map_err(|why| keygen_error(&why))?;
    let trial = Trial::from_bytes(&workspace.read(TRIAL, "key trial")?, keys.slot_keys.len())
        .map_err(|why| refused("error.decode", &[("path", &TRIAL), ("why", &why)]))?;
    trial.verify(&ceremony, &keys).map_err(|why| keygen_error(&why))?;
    let hash = |path: &str, label| Ok(tagged_hash(label, &[&workspace.read(path, "election seal")?]));
    let seal = Seal {
        manifest_hash: manifest.hash(),
        roll_id: record.roll_id(),
        setup_id: *ceremony.setup_id(),
        key_record: hash(TRANSCRIPT, "key-record")?,
        trial: hash(TRIAL, "trial")?,
        registrar_halves: hash(&record_path(HalfRole::Registrar), "half-list")?,
        server_halves: hash(&record_path(HalfRole::Server), "half-list")?,
        mixes: (1..=manifest.credential_mixes)
            .map(|number| hash(&mix_path(number), "credential-mix"))
            .collect::<Result<_>>()?,
        lists: hash(LISTS, "lists")?,
    };
    workspace.write_or_same(SEAL, &seal.to_bytes())?;
    let mut step = Step::by_operator(session, "election seal")?
        .input(MANIFEST)
        .input(ROLL)
        .input(record_path(HalfRole::Registrar))
        .input(record_path(HalfRole::Server))
        .input(LISTS)
        .input(TRANSCRIPT)
        .input(TRIAL)
        .output(SEAL)
        .note("election_id", seal.election_id());
    for number in 1..=manifest.credential_mixes {
        step = step.input(mix_path(number));
    }
    let step = session.attendance(step)?;
    let already = workspace.finish(session, step)?;
    Ok(Report::new("election seal", already)
        .with("manifest_hash", seal.manifest_hash)
        .with("roll_id", seal.roll_id)
        .with("setup_id", seal.setup_id)
        .with("key_record", hex(&seal.key_record))
        .with("election_id", seal.election_id())
        .with("file", workspace.path(SEAL).display()))
}
