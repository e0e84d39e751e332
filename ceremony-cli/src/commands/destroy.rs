//! The end of the half credentials: registrar and server each destroy theirs, with the order of the
//! roll, by a recorded act. Whoever has both halves of an entry, or the order, could tie ballots to
//! persons; after the count nobody needs them.

use std::path::{Path, PathBuf};

use escrutinio_core::credential::HalfRole;
use escrutinio_core::record;

use super::accounts;
use super::roll::{halves_path, open_role, read_record, record_path};
use crate::custody::Journal;
use crate::draft;
use crate::error::{Result, out_of_order};
use crate::files;
use crate::report::Report;
use crate::roll::{drawn_path, version_path};
use crate::session::{Session, utc};
use crate::workspace::{Step, Workspace};

fn act_path(role: HalfRole) -> String {
    format!("roll/destroyed-{}.txt", role.name())
}

/// Overwrites and removes the halves, the order of the roll and what else holds them: the registrar's
/// outboxes, also those of links that were sent again, or the server's accounts (`held`).
///
/// # Errors
/// If the record is not assembled, the key is not the manifest's for this role, nobody names the
/// decision, something to be destroyed is not there or not named, or a file cannot be removed.
pub fn destroy(
    session: &mut Session<'_>,
    workspace: &Workspace,
    secret: &Path,
    role: HalfRole,
    held: &[PathBuf],
) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let roll = read_record(workspace, &manifest)?;
    let sums = format!("record/{}", record::SUMS);
    workspace.read(&sums, "record assemble")?;
    let (person, _) = open_role(session, &manifest, secret, role)?;
    let (public, path) = (record_path(role), act_path(role));
    let half_list = workspace.hash(&public)?;
    if !workspace.has(&path) {
        let document = session.ask("destroy.document")?;
        if document.is_empty() || document.chars().any(char::is_control) {
            return Err(out_of_order("error.answers.missing", &[("id", &"destroy.document")]));
        }
        let journal = Journal::of(secret);
        let subject = format!("destroy:{}", roll.roll_id());
        // Who was cut off goes on with what is left; nobody else destroys what is not there.
        if journal.noted(&subject)?.is_none() {
            let expected = match role {
                HalfRole::Registrar => accounts::outboxes(workspace),
                HalfRole::Server => 1,
            };
            if held.len() != expected {
                return Err(out_of_order("error.destroy.held", &[("expected", &expected), ("given", &held.len())]));
            }
            let halves = (halves_path(secret), "roll halves");
            for (path, command) in held.iter().map(|path| (path.clone(), "roll accounts")).chain([halves]) {
                if !path.exists() {
                    return Err(out_of_order("error.missing", &[("path", &path.display()), ("command", &command)]));
                }
            }
        }
        journal.note_once(&subject, &half_list)?;
        for path in doomed(secret, role, held) {
            files::wipe_all(&path)?;
        }
        let text = format!(
            "escrutinio/destruction/v1\nrole {}\nroll {}\nhalves {half_list}\ndecision {document}\nat {}\n",
            role.name(),
            roll.roll_id(),
            utc(session.clock.now()),
        );
        workspace.write_new(&path, text.as_bytes())?;
    }
    let act = match role {
        HalfRole::Registrar => "roll destroy registrar",
        HalfRole::Server => "roll destroy server",
    };
    let step = Step::by_person(&person, act)
        .input(&sums)
        .input(&public)
        .output(&path)
        .note("roll_id", roll.roll_id())
        .note("half_list", &half_list);
    let step = session.attendance(step)?;
    let already = workspace.finish(session, step)?;
    let mut report = Report::new(act, already)
        .with("roll_id", roll.roll_id())
        .with("half_list", half_list)
        .with("file", workspace.path(&path).display());
    report.listing = Some(String::from_utf8_lossy(&workspace.read(&path, "roll destroy")?).into_owned());
    Ok(report)
}

/// What holds halves, or says whose place is whose. The versions of the roll hold the salts.
fn doomed(secret: &Path, role: HalfRole, held: &[PathBuf]) -> Vec<PathBuf> {
    let mut paths = held.to_vec();
    if role == HalfRole::Registrar {
        paths.extend(accounts::kept(secret));
        paths.push(drawn_path(secret));
        paths.extend((0u32..64).map(|version| version_path(secret, version)));
    }
    paths.push(halves_path(secret));
    paths
}
