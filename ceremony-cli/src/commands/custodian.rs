//! The steps of a custodian in the key ceremony.

use std::path::Path;

use escrutinio_core::encoding::{Decode, Encode};
use escrutinio_core::ids::{CustodianIndex, hex};
use escrutinio_core::keygen::round1::{self, SecretRound1};
use escrutinio_core::keygen::round2;
use escrutinio_core::keygen::round3::{self, Verdict};
use escrutinio_core::keygen::{self, KeyShare, Table};
use escrutinio_core::manifest::Custody;

use crate::ceremony::{KeyFolder, Messages, keygen_error};
use crate::custody::Holder;
use crate::draft::{self, MANIFEST};
use crate::error::{Result, out_of_order, refused};
use crate::files;
use crate::report::Report;
use crate::sealed::{self, Kind};
use crate::session::Session;
use crate::workspace::{Step, Workspace};

/// What every step begins with.
struct Desk<'a> {
    folder: KeyFolder<'a>,
    holder: Holder,
}

impl<'a> Desk<'a> {
    fn open(session: &mut Session<'_>, workspace: &'a Workspace, secret: &Path) -> Result<Self> {
        let manifest = draft::read_frozen(workspace)?;
        // This tool keeps shares in sealed files and says so, rather than do otherwise than the
        // manifest promises.
        if manifest.policies.custody != Custody::ShareFile {
            return Err(refused("error.custody", &[]));
        }
        let folder = KeyFolder::current(workspace, &manifest)?;
        let holder = Holder::open(session, &manifest, secret)?;
        Ok(Self { folder, holder })
    }

    fn index(&self) -> CustodianIndex {
        self.holder.index
    }

    fn kept(&self, what: &str) -> std::path::PathBuf {
        self.holder.beside(self.folder.ceremony.setup_id(), what)
    }

    fn round_secrets(&self) -> Result<SecretRound1> {
        let path = self.kept("round");
        if !path.exists() {
            return Err(out_of_order("error.missing", &[("path", &path.display()), ("command", &"custodian commit")]));
        }
        let bytes = sealed::read(&path, Kind::Round, self.holder.password())?;
        SecretRound1::from_bytes(&bytes).map_err(|_| sealed::bad())
    }

    /// Publishes a message and enters it in the transcript.
    fn publish(
        &self,
        session: &mut Session<'_>,
        workspace: &Workspace,
        act: &'static str,
        kind: &'static str,
        message: &[u8],
    ) -> Result<Report> {
        let path = self.folder.message(kind, self.index());
        workspace.write_or_same(&path, message)?;
        let step = Step::by_person(&self.holder.person, act)
            .input(MANIFEST)
            .output(&path)
            .note("custodian", self.index())
            .note("setup_id", self.folder.ceremony.setup_id());
        let already = workspace.finish(session, step)?;
        Ok(Report::new(act, already)
            .with("person", &self.holder.person.name)
            .with("custodian", self.index())
            .with("setup_id", self.folder.ceremony.setup_id())
            .with("file", workspace.path(&path).display())
            .with("sha256", workspace.hash(&path)?))
    }

    fn table<'t>(&'t self, messages: &'t Messages) -> Table<'t> {
        Table {
            ceremony: &self.folder.ceremony,
            round1: &messages.round1,
            round2: &messages.round2,
            verdicts: &messages.verdicts,
        }
    }
}

/// Round 1: draws the polynomials and publishes the commitment to them.
///
/// # Errors
/// If the manifest is not frozen, the person is no custodian of it, the round was closed,
/// or this ceremony was begun before and its secrets are gone.
pub fn commit(session: &mut Session<'_>, workspace: &Workspace, secret: &Path) -> Result<Report> {
    let desk = Desk::open(session, workspace, secret)?;
    let path = desk.kept("round");
    let subject = format!("commit:{}", desk.folder.ceremony.setup_id());
    let public = desk.folder.message("round1", desk.index());
    if !path.exists() && desk.holder.journal.noted(&subject)?.is_some() && workspace.has(&public) {
        // Certified since: the message that was published is all that is left of this step.
        let message = workspace.read(&public, "custodian commit")?;
        return desk.publish(session, workspace, "custodian commit", "round1", &message);
    }
    let secrets = if path.exists() {
        desk.round_secrets()?
    } else if desk.holder.journal.noted(&subject)?.is_some() || workspace.has(&public) {
        // A second set of polynomials for one ceremony would be a second, different custodian.
        return Err(refused("error.second_run", &[("setup", desk.folder.ceremony.setup_id())]));
    } else {
        desk.folder.require_open(1)?;
        let secrets = round1::commit(&desk.folder.ceremony, desk.index(), &desk.holder.person.key, session.rng)
            .map_err(|why| keygen_error(&why))?;
        sealed::write(session, &path, Kind::Round, desk.holder.password(), &secrets.expose_bytes())?;
        secrets
    };
    desk.holder.journal.note_once(&subject, &hex(&files::hash(&path)?))?;
    if !workspace.has(&public) {
        desk.folder.require_open(1)?;
    }
    desk.publish(session, workspace, "custodian commit", "round1", &secrets.message().to_bytes())
}

/// Round 2: opens the commitment and deals the shares.
///
/// # Errors
/// If round 1 is not over, or the custodian's own message is not on the table.
pub fn deal(session: &mut Session<'_>, workspace: &Workspace, secret: &Path) -> Result<Report> {
    let desk = Desk::open(session, workspace, secret)?;
    let messages = desk.folder.over(session, 1)?;
    if !workspace.has(desk.folder.message("round2", desk.index())) {
        desk.folder.require_open(2)?;
    }
    let message = desk.holder.once(desk.folder.ceremony.setup_id(), "deal", || {
        let secrets = desk.round_secrets()?;
        round2::deal(&desk.folder.ceremony, &secrets, &messages.round1, &desk.holder.person.key)
            .map(|message| message.to_bytes())
            .map_err(|why| keygen_error(&why))
    })?;
    let table = hex(&desk.table(&messages).commit_hash());
    Ok(desk.publish(session, workspace, "custodian deal", "round2", &message)?.with("table", table))
}

/// Round 3: checks the shares received and publishes the verdict.
///
/// # Errors
/// If round 2 is not over, or the custodian's own messages are not on the table.
pub fn check_shares(session: &mut Session<'_>, workspace: &Workspace, secret: &Path) -> Result<Report> {
    let desk = Desk::open(session, workspace, secret)?;
    let messages = desk.folder.over(session, 2)?;
    if !workspace.has(desk.folder.message("round3", desk.index())) {
        desk.folder.require_open(3)?;
    }
    let bytes = desk.holder.once(desk.folder.ceremony.setup_id(), "verdict", || {
        let secrets = desk.round_secrets()?;
        let Messages { round1, round2, .. } = &messages;
        round3::verdict(&desk.folder.ceremony, &secrets, round1, round2, &desk.holder.person.key, session.rng)
            .map(|(verdict, _)| verdict.to_bytes())
            .map_err(|why| keygen_error(&why))
    })?;
    let verdict = Verdict::from_bytes(&bytes).map_err(|_| sealed::bad())?;
    let table = hex(&desk.table(&messages).deal_hash());
    let mut report = desk.publish(session, workspace, "custodian check-shares", "round3", &bytes)?.with("table", table);
    for complaint in &verdict.complaints {
        report = report.with("complaint_against", complaint.dealer);
    }
    Ok(report.with("complaints", verdict.complaints.len()))
}

/// Checks the whole ceremony again, certifies it, seals the key share, and wipes what was
/// kept for the rounds once the share is safe.
///
/// # Errors
/// If round 3 is not over, the ceremony is void, or any check of it fails.
pub fn certify(session: &mut Session<'_>, workspace: &Workspace, secret: &Path) -> Result<Report> {
    let desk = Desk::open(session, workspace, secret)?;
    let transcript = desk.folder.assemble(session)?;
    let setup_id = desk.folder.ceremony.setup_id();
    let share_path = desk.kept("share");
    let certificate = desk.holder.once(setup_id, "certificate", || {
        let secrets = desk.round_secrets()?;
        let kept = files::read(&desk.kept("verdict"))?;
        let verdict = Verdict::from_bytes(&kept).map_err(|_| sealed::bad())?;
        let (certificate, share) =
            keygen::certify(&desk.folder.ceremony, &secrets, &verdict, &transcript, &desk.holder.person.key)
                .map_err(|why| keygen_error(&why))?;
        // What is wiped below must not be the only copy: the share is on the disk, and sealed
        // as this program sealed it or as the same password opens it.
        if share_path.exists() {
            read_share(&desk.holder, setup_id)?;
        } else {
            let sealed = sealed::seal(session, Kind::Share, desk.holder.password(), &share.expose_bytes())?;
            files::write_secret(&share_path, &sealed)?;
            if files::read(&share_path)? != sealed {
                return Err(sealed::bad());
            }
        }
        Ok(certificate.to_bytes())
    })?;
    let report = desk.publish(session, workspace, "custodian certify", "certificate", &certificate)?;
    let round = desk.kept("round");
    if round.exists() {
        files::wipe(&round)?;
    }
    Ok(report.with("transcript_hash", hex(&transcript.transcript_hash())))
}

/// Opens the key share of a ceremony (R-KEY-07: the password, every time).
///
/// # Errors
/// If there is none, or it does not open.
pub fn read_share(holder: &Holder, setup_id: &escrutinio_core::ids::SetupId) -> Result<KeyShare> {
    let path = holder.beside(setup_id, "share");
    if !path.exists() {
        return Err(out_of_order("error.missing", &[("path", &path.display()), ("command", &"custodian certify")]));
    }
    let bytes = sealed::read(&path, Kind::Share, holder.password())?;
    KeyShare::from_bytes(&bytes).map_err(|_| sealed::bad())
}
