//! What people declare during an act: incidents, protest writings, exceptions of the
//! competent body, and free entries of the transcript. At any step (R-TAL-20).

use serde::{Deserialize, Serialize};

use crate::error::{Result, out_of_order, refused};
use crate::report::Report;
use crate::session::{Session, utc};
use crate::workspace::{Step, Workspace};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Incident {
    pub at: String,
    pub reported_by: String,
    pub text: String,
}

/// A protest writing of a party's representative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ProtestWriting {
    pub at: String,
    pub party: String,
    pub person: String,
    pub reason: String,
}

/// A decision of the competent body on an unforeseen case (R-CFG-19).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Exception {
    pub at: String,
    pub authority: String,
    pub document: String,
    pub signers: String,
    pub text: String,
}

const INCIDENT: &str = "incident";
const PROTEST: &str = "protest";

fn path(kind: &str, number: u32) -> String {
    format!("acts/{kind}-{number:03}.toml")
}

fn write(
    session: &mut Session<'_>,
    workspace: &Workspace,
    act: &'static str,
    kind: &'static str,
    content: &impl Serialize,
) -> Result<Report> {
    let path = (1..=256u32)
        .map(|number| path(kind, number))
        .find(|path| !workspace.has(path))
        .ok_or_else(|| refused("error.acts.full", &[("kind", &kind)]))?;
    let text = toml::to_string(content).unwrap_or_default();
    workspace.write_new(&path, text.as_bytes())?;
    let step = Step::by_operator(session, act)?.output(&path);
    workspace.finish(session, step)?;
    let mut report = Report::new(act, false).with("file", workspace.path(&path).display());
    report.listing = Some(text);
    Ok(report)
}

fn text(session: &mut Session<'_>, id: &'static str, longest: usize) -> Result<String> {
    let text = session.ask(id)?;
    if text.is_empty() || text.len() > longest || text.chars().any(char::is_control) {
        return Err(out_of_order("error.text", &[("id", &id), ("longest", &longest)]));
    }
    Ok(text)
}

/// Records an incident; it enters the actas built afterwards.
///
/// # Errors
/// If there is no answer, or the text is too long.
pub fn incident(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let incident = Incident {
        at: utc(session.clock.now()),
        reported_by: text(session, "incident.by", 1024)?,
        text: text(session, "incident.text", 7000)?,
    };
    write(session, workspace, "act incident", INCIDENT, &incident)
}

/// Records a protest writing; it enters the actas built afterwards.
///
/// # Errors
/// If there is no answer, or a text is too long.
pub fn protest(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let protest = ProtestWriting {
        at: utc(session.clock.now()),
        party: text(session, "protest.party", 1024)?,
        person: text(session, "protest.person", 1024)?,
        reason: text(session, "protest.reason", 8192)?,
    };
    write(session, workspace, "act protest", PROTEST, &protest)
}

/// Records a decision of the competent body.
///
/// # Errors
/// If there is no answer, or a text is too long.
pub fn exception(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let exception = Exception {
        at: utc(session.clock.now()),
        authority: text(session, "exception.authority", 1024)?,
        document: text(session, "exception.document", 1024)?,
        signers: text(session, "exception.signers", 1024)?,
        text: text(session, "exception.text", 8192)?,
    };
    write(session, workspace, "act exception", "exception", &exception)
}

/// Enters a declaration in the transcript: an installation, a request of the President, a
/// hand-over, a closing (R-ROLE-07).
///
/// # Errors
/// If there is no answer.
pub fn note(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let (role, what) = (text(session, "note.role", 1024)?, text(session, "note.text", 8192)?);
    let step = Step::by_operator(session, "act note")?.note("declared_by", role).note("text", &what);
    workspace.finish(session, step)?;
    Ok(Report::new("act note", false).with("text", what))
}

fn read_all<T: for<'de> Deserialize<'de>>(workspace: &Workspace, kind: &str) -> Result<Vec<T>> {
    (1..=256u32)
        .map(|number| path(kind, number))
        .take_while(|path| workspace.has(path))
        .map(|path| {
            let bytes = workspace.read(&path, "act")?;
            let text = String::from_utf8_lossy(&bytes);
            toml::from_str(&text).map_err(|why| refused("error.decode", &[("path", &path), ("why", &why)]))
        })
        .collect()
}

/// The incidents so far.
///
/// # Errors
/// If a file is none.
pub fn incidents(workspace: &Workspace) -> Result<Vec<Incident>> {
    read_all(workspace, INCIDENT)
}

/// The protest writings so far.
///
/// # Errors
/// If a file is none.
pub fn protests(workspace: &Workspace) -> Result<Vec<ProtestWriting>> {
    read_all(workspace, PROTEST)
}
