//! The staff at their desk, each with the own key.

use core::fmt::Write;
use core::time::Duration;
use std::path::{Path, PathBuf};
use std::time::Instant;

use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::hex;
use serde_json::Value;

use super::site::{Site, private, put};
use crate::shell::{Failure, Outcome};

/// How long staff waits for witnesses.
const PATIENCE: Duration = Duration::from_secs(90);
/// The same request within one second would be a repeated one.
const PAUSE: Duration = Duration::from_millis(1100);

/// A person of the staff.
#[derive(Clone, Debug)]
pub(crate) struct Staff {
    pub(crate) name: String,
    /// The sealed key and its password.
    pub(crate) key: PathBuf,
    pub(crate) password: String,
    /// The card that names the key.
    pub(crate) card: PathBuf,
    /// Takes over from another.
    pub(crate) backup: bool,
}

/// The name and token of an observer.
pub(crate) const OBSERVER: (&str, &str) = ("Partido de Ensayo", "ficha-de-ensayo");

/// Writes `staff.toml`.
pub(crate) fn write_staff(path: &Path, staff: &[Staff]) -> Outcome {
    let mut text = String::new();
    for person in staff {
        let card = person.card.display().to_string();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "[[person]]\ncard = {card:?}\nbackup = {}\n", person.backup);
    }
    let (name, token) = OBSERVER;
    let token = hex(&tagged_hash("observer-token", &[token.as_bytes()]));
    let _ = writeln!(text, "[[observer]]\nname = {name:?}\nrole = \"party\"\ntoken = \"{token}\"");
    put(path, &text)
}

/// Everybody asks for the same act; the answer to the last.
pub(crate) fn together(site: &Site, staff: &[&Staff], act: &str, arguments: &[&str]) -> Result<Value, Failure> {
    let mut answer = Value::Null;
    for person in staff {
        answer = alone(site, person, act, arguments)?;
    }
    Ok(answer)
}

/// The same again until it is done: witnesses sign within seconds, and some acts wait for them.
pub(crate) fn in_the_end(site: &Site, staff: &[&Staff], act: &str) -> Result<Value, Failure> {
    let give_up = Instant::now().checked_add(PATIENCE);
    loop {
        match together(site, staff, act, &[]) {
            Err(_) if give_up.is_some_and(|give_up| Instant::now() < give_up) => std::thread::sleep(PAUSE),
            other => return other,
        }
    }
}

/// One person asks for an act. The answer is what it gave, null while another has to sign.
pub(crate) fn alone(site: &Site, person: &Staff, act: &str, arguments: &[&str]) -> Result<Value, Failure> {
    let folder = site.folder.join("desk");
    private(&folder)?;
    let password = folder.join(person.name.replace(' ', "-"));
    put(&password, &person.password)?;
    let ask = |yes: Option<&str>| {
        let mut command = site.command(&["desk", "--json", "--url", &site.admin(), "--config"]);
        command.arg(site.config()).arg("--key").arg(&person.key).arg("--password-file").arg(&password);
        if let Some(hash) = yes {
            command.args(["--yes", hash]);
        }
        command.arg(act).args(arguments);
        command.output().map_err(|error| Failure::new(format!("the desk does not start: {error}")))
    };
    let mut answer = ask(None)?;
    // It says what it would sign, and asks for it.
    if let Some(hash) = String::from_utf8_lossy(&answer.stderr).split("--yes ").nth(1) {
        answer = ask(hash.split(' ').next())?;
    }
    if !answer.status.success() {
        let why = String::from_utf8_lossy(&answer.stderr).into_owned();
        return Err(Failure::new(format!("{}, {act}: {}", person.name, why.trim())));
    }
    let answer: Value =
        serde_json::from_slice(&answer.stdout).map_err(|why| Failure::new(format!("desk {act}: {why}")))?;
    Ok(answer.get("result").cloned().unwrap_or(Value::Null))
}

/// A text in an answer.
pub(crate) fn text(answer: &Value, name: &str) -> Result<String, Failure> {
    let text = answer.get(name).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| Failure::new(format!("the desk's answer has no {name}: {answer}")))
}
