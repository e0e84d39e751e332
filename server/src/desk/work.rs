//! The acts themselves. Each says what the log of events holds of it, and what its asker is told.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{DeskAct, DeskFault, DeskRequest, Signed, components, incident, report, state};
use crate::config::{Mail, Sms};
use crate::init;
use crate::passwords::{PasswordName, Passwords};
use crate::refusal::Refusal;
use crate::server::Server;

/// What was done.
pub(super) struct Done {
    /// For the log of events: nothing of a voter.
    pub(super) note: Value,
    /// For who asked.
    pub(super) answer: Value,
}

fn done(note: impl Into<Value>, answer: Value) -> Done {
    Done { note: note.into(), answer }
}

fn told(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Does an act for which everybody has signed who has to.
pub(super) async fn run(
    server: &Server,
    act: DeskAct,
    request: &DeskRequest,
    signed: &[Signed],
) -> Result<Done, DeskFault> {
    let arguments = request.arguments.as_str();
    match act {
        DeskAct::State => Ok(done("done", told(&state::look(server).await))),
        DeskAct::Check => {
            let report = components::check(server).await?;
            let note = if report.same() { "same".to_owned() } else { format!("{} differ", report.differences.len()) };
            Ok(done(note, told(&report)))
        }
        DeskAct::Clock => {
            server.conductor.confirm_clock().await?;
            Ok(done("confirmed", json!({ "now": crate::board::utc(server.clock.now()) })))
        }
        DeskAct::Unlock => {
            server.access.unlock(arguments).await?;
            Ok(done("done", Value::Null))
        }
        DeskAct::Authenticator => {
            server.access.forget_authenticator(arguments).await?;
            Ok(done("done", Value::Null))
        }
        DeskAct::Resend => {
            server.access.ask_resend(arguments).await?;
            Ok(done("done", Value::Null))
        }
        DeskAct::Resends => resends(server).await,
        DeskAct::Links => links(server, arguments).await,
        DeskAct::Incident => {
            let entry = incident::judge(arguments, &incident::all(&server.events.lines().await?))?;
            Ok(done(told(&entry), told(&entry)))
        }
        DeskAct::Incidents => Ok(done("done", told(&incident::all(&server.events.lines().await?)))),
        DeskAct::Report => Ok(done("done", json!({ "text": report::text(server).await? }))),
        DeskAct::Baseline => {
            let text = components::set(server, arguments, signed).await?;
            Ok(done(arguments, json!({ "text": text })))
        }
        DeskAct::Open => {
            components::demand(server).await?;
            let report = server.conductor.open().await?;
            Ok(done("opened", json!({ "text": report })))
        }
        DeskAct::Close => {
            server.conductor.close_early(arguments.as_bytes()).await?;
            Ok(done("closed", Value::Null))
        }
        DeskAct::Export => {
            components::demand(server).await?;
            let exported = server.conductor.export(&folder(server, "export")?).await?;
            let answer = json!({
                "folder": exported.folder.display().to_string(), "hash": exported.hash,
                "ballots": exported.ballots, "marks": exported.marks,
            });
            Ok(done(exported.hash, answer))
        }
        DeskAct::Voters => {
            let list = server.conductor.voters().await?;
            let answer = json!({ "text": list.csv, "hash": list.hash, "persons": list.persons });
            Ok(done(format!("{} persons, {}", list.persons, list.hash), answer))
        }
        DeskAct::Publish => {
            server.conductor.publish(&server.config.record, arguments).await?;
            Ok(done(arguments, Value::Null))
        }
        DeskAct::Wipe => {
            if arguments != server.election.election.election_id.to_string() {
                return Err(Refusal::BadRequest.into());
            }
            let (keys, board) = (server.config.keys_file(), server.config.data.join("board"));
            let report = server.conductor.wipe(&keys, &board, &outboxes(server)).await?;
            Ok(done("wiped", json!({ "text": report })))
        }
        DeskAct::DestroyBoxKey => {
            let password = match &request.password {
                Some(password) => zeroize::Zeroizing::new(password.clone()),
                None => credential()?,
            };
            server.conductor.destroy_box_key(&password).await?;
            Ok(done("destroyed", Value::Null))
        }
    }
}

/// The password of `keys.sealed`, where the service manager has it.
fn credential() -> Result<zeroize::Zeroizing<String>, DeskFault> {
    let missing = |detail: String| DeskFault { refusal: Refusal::BadRequest, detail };
    let found = Passwords::default().credential_of(PasswordName::Keys.file());
    let found = found.map_err(|why| missing(why.to_string()))?;
    found.ok_or_else(|| missing("the password of keys.sealed is needed".to_owned()))
}

/// A folder that is not there yet.
fn folder(server: &Server, name: &str) -> Result<PathBuf, DeskFault> {
    let free =
        (1..1000).map(|number| server.config.data.join(format!("{name}-{number:03}"))).find(|path| !path.exists());
    free.ok_or_else(|| DeskFault { refusal: Refusal::Storage, detail: format!("there are too many folders {name}") })
}

fn outboxes(server: &Server) -> Vec<PathBuf> {
    let mail = match &server.config.mail {
        Mail::Outbox(folder) => Some(folder.clone()),
        Mail::Smtp(_) => None,
    };
    let sms = match &server.config.sms {
        Sms::Outbox(folder) => Some(folder.clone()),
        Sms::Gateway(_) => None,
    };
    mail.into_iter().chain(sms).collect()
}

/// Requests for the registrar, which the asker seals.
async fn resends(server: &Server) -> Result<Done, DeskFault> {
    let all = server.access.resends().await?;
    let request = |one: &crate::access::Resend| json!({ "user": one.user, "email": one.email });
    let requests: Vec<Value> = all.iter().map(request).collect();
    Ok(done(format!("{} requests", requests.len()), json!({ "requests": requests })))
}

/// The registrar's answer.
async fn links(server: &Server, update: &str) -> Result<Done, DeskFault> {
    let report = init::update(&server.store, &server.election, update.as_bytes()).await;
    let fault = |why: init::InitError| DeskFault { refusal: Refusal::BadRequest, detail: why.to_string() };
    let report = report.map_err(fault)?;
    let (changed, kept, unknown) = (report.changed, report.kept, report.unknown);
    let note = format!("{changed} new, {kept} with a password already, {unknown} unknown");
    Ok(done(note, json!({ "changed": changed, "kept": kept, "unknown": unknown })))
}
