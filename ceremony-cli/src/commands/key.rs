//! The steps of the key ceremony that belong to no single custodian, and the trial.

use std::fs;
use std::path::Path;

use askama::Template;
use escrutinio_core::encoding::Encode;
use escrutinio_core::hash::sha256;
use escrutinio_core::ids::{CustodianIndex, hex};
use escrutinio_core::keygen::trial::{Trial, TrialPartial, trial_partial};
use escrutinio_core::keygen::{ElectionKeys, KeyTranscript, key_record_hash};
use escrutinio_core::manifest::Manifest;

use crate::ceremony::{self, KeyFolder, keygen_error};
use crate::commands::custodian::read_share;
use crate::custody::Holder;
use crate::draft::{self, MANIFEST};
use crate::error::{Error, Result, out_of_order, refused};
use crate::report::Report;
use crate::session::{Session, utc};
use crate::workspace::{Step, Workspace};

/// The key transcript in the record.
pub const TRANSCRIPT: &str = "record/key/transcript.bin";
/// The trial in the record.
pub const TRIAL: &str = "record/key/trial.bin";
/// The seal in the record: with it the keys are final.
pub const SEAL: &str = "record/seal.bin";

/// Closes a round without those who have not spoken: they leave the ceremony.
///
/// # Errors
/// If everybody has spoken, or the rounds before are not over.
pub fn close(session: &mut Session<'_>, workspace: &Workspace, round: u32) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let folder = KeyFolder::current(workspace, &manifest)?;
    if round > 1 {
        folder.over(session, round.saturating_sub(1))?;
    }
    let messages = folder.messages(session, round)?;
    let absent = folder.absent(&messages, round);
    let path = folder.closing(round);
    if absent.is_empty() {
        return Err(out_of_order("error.round.complete", &[("round", &round)]));
    }
    workspace.write_or_same(&path, folder.closing_text(&messages, round).as_bytes())?;
    let step = Step::by_operator(session, "key close")?.output(&path).note("round", round);
    let already = workspace.finish(session, step)?;
    let mut report = Report::new("key close", already).with("round", round);
    for index in absent {
        report = report.with("absent", index);
    }
    Ok(report)
}

/// What a custodian compares on the reception slip of the share (R-KEY-09): the hash of the
/// public image of the share.
fn fingerprints(keys: &ElectionKeys) -> impl Iterator<Item = (CustodianIndex, String)> {
    keys.qualified.iter().zip(&keys.public_shares).map(|(index, public)| {
        let bytes: Vec<u8> = public.iter().flat_map(Encode::to_bytes).collect();
        (*index, hex(&sha256(&[&bytes])))
    })
}

struct Slip<'a> {
    index: CustodianIndex,
    name: &'a str,
    designation: &'a str,
    fingerprint: String,
}

#[derive(Template)]
#[template(path = "slips.html")]
struct Slips<'a> {
    title: &'a str,
    setup_id: String,
    slips: Vec<Slip<'a>>,
}

fn slips(manifest: &Manifest, folder: &KeyFolder<'_>, keys: &ElectionKeys) -> Result<String> {
    let slips = fingerprints(keys)
        .filter_map(|(index, fingerprint)| {
            let place = usize::try_from(index.get()).ok()?.checked_sub(1)?;
            let custodian = manifest.custodians.get(place)?;
            Some(Slip { index, name: &custodian.name, designation: &custodian.designation, fingerprint })
        })
        .collect();
    Slips { title: &manifest.title, setup_id: folder.ceremony.setup_id().to_string(), slips }
        .render()
        .map_err(|why| refused("error.render", &[("why", &why)]))
}

fn with_keys(report: Report, transcript: &KeyTranscript, keys: &ElectionKeys) -> Report {
    let mut report = report
        .with("transcript_hash", hex(&transcript.transcript_hash()))
        .with("key_record", hex(&key_record_hash(transcript)))
        .with("slots", keys.slot_keys.len());
    for (index, fingerprint) in fingerprints(keys) {
        report = report.with("share_fingerprint", format!("{index} {fingerprint}"));
    }
    for exclusion in &transcript.excluded {
        report = report.with("excluded", format!("{} ({})", exclusion.index, exclusion.reason));
    }
    report
}

/// Puts the key record together, once everyone who remains has certified it.
///
/// # Errors
/// If a certificate is missing or bad (the ceremony is then void), or any check fails.
pub fn combine(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let folder = KeyFolder::current(workspace, &manifest)?;
    let mut transcript = folder.assemble(session)?;
    for certificate in folder.certificates()? {
        transcript.certify_with(&folder.ceremony, certificate).map_err(|why| keygen_error(&why))?;
    }
    let keys = transcript.verify(&folder.ceremony).map_err(|why| keygen_error(&why))?;
    let path = folder.transcript();
    let slips_path = format!("{}/slips.html", folder.folder());
    workspace.write_or_same(&slips_path, slips(&manifest, &folder, &keys)?.as_bytes())?;
    workspace.write_or_same(&path, &transcript.to_bytes())?;
    let step = Step::by_operator(session, "key combine")?
        .input(MANIFEST)
        .output(&path)
        .output(&slips_path)
        .note("setup_id", folder.ceremony.setup_id())
        .note("key_record", hex(&key_record_hash(&transcript)));
    let step = session.attendance(step)?;
    let already = workspace.finish(session, step)?;
    let report = Report::new("key combine", already)
        .with("setup_id", folder.ceremony.setup_id())
        .with("file", workspace.path(&path).display())
        .with("slips", workspace.path(&slips_path).display());
    Ok(with_keys(report, &transcript, &keys))
}

fn read_transcript(workspace: &Workspace, folder: &KeyFolder<'_>) -> Result<(KeyTranscript, ElectionKeys)> {
    let transcript: KeyTranscript = workspace.decode(&folder.transcript(), "key combine")?;
    let keys = transcript.verify(&folder.ceremony).map_err(|why| keygen_error(&why))?;
    Ok((transcript, keys))
}

/// A custodian's part of the trial: shows that their share works (R-KEY-15).
///
/// # Errors
/// If the key record does not exist or does not hold, or the share does not open.
pub fn trial_part(session: &mut Session<'_>, workspace: &Workspace, secret: &Path) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let folder = KeyFolder::current(workspace, &manifest)?;
    let (_, keys) = read_transcript(workspace, &folder)?;
    let holder = Holder::open(session, &manifest, secret)?;
    let path = folder.message("trial", holder.index);
    let share = read_share(&holder, folder.ceremony.setup_id())?;
    if workspace.has(&path) {
        let bytes = workspace.read(&path, "key trial")?;
        TrialPartial::from_bytes(&bytes, keys.slot_keys.len())
            .map_err(|why| refused("error.decode", &[("path", &path), ("why", &why)]))?;
    } else {
        let partial = trial_partial(&folder.ceremony, &keys, &share, session.rng).map_err(|why| keygen_error(&why))?;
        workspace.write_new(&path, &partial.to_bytes())?;
    }
    let step = Step::by_person(&holder.person, "key trial part")
        .input(folder.transcript())
        .output(&path)
        .note("custodian", holder.index);
    let already = workspace.finish(session, step)?;
    Ok(Report::new("key trial part", already)
        .with("person", &holder.person.name)
        .with("custodian", holder.index)
        .with("file", workspace.path(&path).display())
        .with("sha256", workspace.hash(&path)?))
}

/// Assembles and checks the trial, and enters the keys in the record.
///
/// # Errors
/// If the part of a custodian who remains is missing or does not hold.
pub fn trial(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let folder = KeyFolder::current(workspace, &manifest)?;
    let (transcript, keys) = read_transcript(workspace, &folder)?;
    let mut partials = Vec::new();
    for index in &keys.qualified {
        let path = folder.message("trial", *index);
        let bytes = workspace.read(&path, "key trial --secret")?;
        let partial = TrialPartial::from_bytes(&bytes, keys.slot_keys.len())
            .map_err(|why| refused("error.decode", &[("path", &path), ("why", &why)]))?;
        partials.push(partial);
    }
    let trial = Trial { setup_id: *folder.ceremony.setup_id(), partials };
    trial.verify(&folder.ceremony, &keys).map_err(|why| keygen_error(&why))?;
    workspace.write_or_same(TRANSCRIPT, &transcript.to_bytes())?;
    workspace.write_or_same(TRIAL, &trial.to_bytes())?;
    let step = Step::by_operator(session, "key trial")?
        .input(folder.transcript())
        .output(TRANSCRIPT)
        .output(TRIAL)
        .note("setup_id", folder.ceremony.setup_id());
    let already = workspace.finish(session, step)?;
    let report = Report::new("key trial", already)
        .with("setup_id", folder.ceremony.setup_id())
        .with("file", workspace.path(TRIAL).display())
        .with("sha256", workspace.hash(TRIAL)?);
    Ok(with_keys(report, &transcript, &keys))
}

/// Records that the ceremony is void and moves it aside; the rerun has the next number
/// (R-KEY-16).
///
/// # Errors
/// If no ceremony was begun, or the election is sealed.
pub fn void(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let folder = KeyFolder::current(workspace, &manifest)?;
    if workspace.has(SEAL) {
        return Err(out_of_order("error.sealed", &[]));
    }
    if !workspace.has(folder.folder()) {
        return Err(out_of_order("error.missing", &[("path", &folder.folder()), ("command", &"custodian commit")]));
    }
    let number = folder.ceremony.number();
    let note = format!("{}/void.txt", folder.folder());
    if !workspace.has(&note) {
        let reason = session.ask("void.reason")?;
        let culprits = session.ask("void.culprits")?;
        let text = format!(
            "escrutinio/void/v1\nceremony {number}\nsetup {}\nat {}\nreason {reason}\nculprits {culprits}\n",
            folder.ceremony.setup_id(),
            utc(session.clock.now()),
        );
        workspace.write_new(&note, text.as_bytes())?;
    }
    let step = Step::by_operator(session, "key void")?
        .output(&note)
        .note("setup_id", folder.ceremony.setup_id())
        .note("ceremony", number);
    workspace.finish(session, step)?;
    let move_aside = |from: &str, to: &str| -> Result<()> {
        let (from, to) = (workspace.path(from), workspace.path(to));
        fs::rename(&from, &to).map_err(|why| Error::file(&from, &why))
    };
    if workspace.has("record/key") {
        move_aside("record/key", &format!("{}/record", folder.folder()))?;
    }
    move_aside(&folder.folder(), &ceremony::void_folder(number))?;
    Ok(Report::new("key void", false)
        .with("setup_id", folder.ceremony.setup_id())
        .with("file", workspace.path(ceremony::void_folder(number)).display())
        .with("next_ceremony", number.saturating_add(1)))
}
