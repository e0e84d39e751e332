//! `escrutinio-witness`: cosigns the checkpoints of an election, follows them, or looks at the voting page.
//!
//! Exit codes: 0 all well, 1 there is an alarm, 2 the program could not run or not check.

mod cli;

use core::time::Duration;
use std::io::{Write, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use escrutinio_sealed::{Person, read_password};
use escrutinio_witness::client::{self, Manner};
use escrutinio_witness::clock::{Clock, SystemClock, utc};
use escrutinio_witness::follow::fetch::Server;
use escrutinio_witness::follow::{Follower, Seen};
use escrutinio_witness::http::{self, Limits};
use escrutinio_witness::status::{self, Status};
use escrutinio_witness::text::Lang;
use escrutinio_witness::{Answer, Election, Log, Result, Witness, election};
use serde_json::json;

use crate::cli::{Arguments, Command, HELP};

const WELL: u8 = 0;
const ALARM: u8 = 1;
const UNABLE: u8 = 2;

/// How often silence is looked for.
const MINUTE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let arguments = match cli::read(lexopt::Parser::from_env()) {
        Ok(arguments) => arguments,
        Err(error) => {
            complain(&format!("{error}\n\n{HELP}"));
            return ExitCode::from(UNABLE);
        }
    };
    match run(&arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(&error.say(arguments.lang));
            ExitCode::from(UNABLE)
        }
    }
}

fn run(arguments: &Arguments) -> Result<u8> {
    let Arguments { command, lang, json, quiet } = arguments;
    match command {
        Command::Help => {
            tell(HELP.trim_end());
            Ok(WELL)
        }
        Command::Status { state } => report(state, *lang, *json, *quiet),
        Command::Client { url, record, patience, save } => {
            saying(*lang);
            let election = election::sealed(record)?;
            let manner = Manner { patience: *patience, save: save.clone(), lang: *lang };
            let (report, at) = client::look(url, record, &election, &manner)?;
            tell(&if *json { report.to_json(&at) } else { report.to_text(&at, *lang) });
            Ok(if report.is_bad() {
                ALARM
            } else if report.is_good() {
                WELL
            } else {
                UNABLE
            })
        }
        Command::Run { record, key, password, state, listen, clock } => {
            let election = verified(record, *lang)?;
            let question = lang.pick("Contraseña de la llave:", "Password of the key:");
            let password = read_password("password", password.as_deref(), question)?;
            let person = Person::open(key, &password)?;
            drop(password);
            let listener = http::listen(*listen)?;
            let witness = Arc::new(Witness::open(election, person, key, state, time(clock.as_deref()))?);
            announce(&witness, listen, *lang);
            let watched = Arc::clone(&witness);
            let (lang, quiet) = (*lang, *quiet);
            thread::spawn(move || {
                watch(|| status::of(&watched, quiet), lang);
            });
            http::serve(listener, witness, quiet, Limits::default(), Box::new(move |answer| told(answer, lang)))
                .map(|never| match never {})
        }
        Command::Follow { url, record, state, every, once } => {
            let server = Server::at(url)?;
            let election = verified(record, *lang)?;
            let mut follower = Follower::open(election, Box::new(server), state, Arc::new(SystemClock))?;
            let mut silence = Silence::default();
            loop {
                let seen = follower.look();
                show(&follower, &seen, arguments);
                if *once {
                    return verdict(&follower, &seen);
                }
                silence.look(&status_of(&follower, *quiet), *lang);
                thread::sleep(Duration::from_secs(*every));
            }
        }
    }
}

/// The machine's clock; in a rehearsal, as a file moves it.
fn time(moved: Option<&Path>) -> Arc<dyn Clock> {
    match moved {
        #[cfg(feature = "rehearsal")]
        Some(file) => Arc::new(escrutinio_witness::clock::FileClock::new(file.to_owned())),
        _ => Arc::new(SystemClock),
    }
}

fn tell(text: &str) {
    // A closed pipe is the reader's wish.
    let _ = writeln!(stdout(), "{text}");
}

fn complain(text: &str) {
    let _ = writeln!(stderr(), "escrutinio-witness: {text}");
}

/// Verifies the sealed record, which may take a while.
fn verified(record: &Path, lang: Lang) -> Result<Election> {
    saying(lang);
    Election::verify(record)
}

fn saying(lang: Lang) {
    let _ = writeln!(stderr(), "{}", lang.pick("verificando el expediente sellado…", "verifying the sealed record…"));
}

fn announce(witness: &Witness, listen: &core::net::SocketAddr, lang: Lang) {
    let election = witness.election();
    tell(&format!(
        "{} {}\n{} {}\n{} {}\n{} {}\n{} {listen}",
        lang.pick("elección", "election"),
        election.title,
        lang.pick("identificador", "id"),
        election.id,
        lang.pick("testigo", "witness"),
        witness.name(),
        lang.pick("fin de la recepción", "end of reception"),
        utc(election.end),
        lang.pick("escucha en", "listens on"),
    ));
    let (now, latest) = (witness.now(), witness.latest());
    if latest > now {
        complain(&format!(
            "{} {}",
            lang.pick(
                "el reloj está detrás de la última firma; revíselo. Última firma:",
                "the clock is behind the last signature; look after it. Last signature:"
            ),
            utc(latest)
        ));
    }
}

/// One line for each request, where something was signed or something went wrong.
fn told(answer: &Answer, lang: Lang) {
    let now = utc(SystemClock.now());
    match answer {
        Answer::Signed(_) => tell(&format!("{now} {}", lang.pick("cofirmado", "cosigned"))),
        Answer::Failed(error) => complain(&error.say(lang)),
        Answer::Conflict { size } => tell(&format!(
            "{now} {} {size}",
            lang.pick("no: este testigo firmó último el tamaño", "no: this witness signed last the size")
        )),
        other => tell(&format!("{now} {} {other:?}", lang.pick("rechazado:", "refused:"))),
    }
}

/// Says once when a log falls silent, and once when it is heard again.
#[derive(Debug, Default)]
struct Silence(Vec<Log>);

impl Silence {
    fn look(&mut self, status: &Status, lang: Lang) {
        let now = utc(status.now);
        for log in &status.logs {
            let name = log.log.name();
            let (was, is) = (self.0.contains(&log.log), status.silent(log));
            if is && !was {
                self.0.push(log.log);
                let text = lang.pick("EN SILENCIO desde", "SILENT since");
                complain(&format!("{now} {name}: {text} {}", utc(log.heard)));
            }
            if was && !is {
                self.0.retain(|other| *other != log.log);
                complain(&format!("{now} {name}: {}", lang.pick("se oye de nuevo", "is heard again")));
            }
        }
    }
}

fn watch(status: impl Fn() -> Status, lang: Lang) {
    let mut silence = Silence::default();
    loop {
        thread::sleep(MINUTE);
        silence.look(&status(), lang);
    }
}

fn status_of(follower: &Follower, quiet: u64) -> Status {
    Status {
        election: follower.election().id.to_string(),
        witness: None,
        now: SystemClock.now(),
        logs: follower.standing(),
        quiet,
        alarms: follower.alarms().list().ok(),
    }
}

fn report(state: &Path, lang: Lang, json: bool, quiet: u64) -> Result<u8> {
    let all = status::of_folder(state, SystemClock.now(), quiet)?;
    for status in &all {
        tell(if json { status.to_json() } else { status.to_text(lang) }.trim_end());
    }
    Ok(if all.iter().any(Status::alarm) { ALARM } else { WELL })
}

/// What one look showed: to a machine always, to a person what is new.
fn show(follower: &Follower, seen: &[(Log, Seen)], arguments: &Arguments) {
    let quorum = follower.election().quorum;
    let now = utc(SystemClock.now());
    for (log, seen) in seen {
        let (name, lang) = (log.name(), arguments.lang);
        if arguments.json {
            tell(&line_of(name, seen, quorum, &now));
            continue;
        }
        match seen {
            Seen::Good { size, new, vouched } => {
                if *new || matches!(arguments.command, Command::Follow { once: true, .. }) {
                    let vouch = lang.pick("testigos que responden", "witnesses vouch");
                    let of = lang.pick("de", "of");
                    tell(&format!(
                        "{now} {name}: {} {size}, {vouch}: {vouched} {of} {quorum}",
                        lang.pick("tamaño", "size")
                    ));
                }
            }
            Seen::Behind { size, last } => complain(&format!(
                "{now} {name}: {} {size}, {} {last}",
                lang.pick("se muestra el tamaño", "the size shown is"),
                lang.pick("pero ya se vio", "but this was seen before:")
            )),
            Seen::Unchecked(why) => {
                complain(&format!("{now} {name}: {}: {why}", lang.pick("no se pudo revisar", "could not be checked")));
            }
            Seen::Alarm(kind) => complain(&format!("{now} {name}: {}: {}", lang.pick("ALARMA", "ALARM"), kind.name())),
        }
    }
}

fn line_of(log: &str, seen: &Seen, quorum: u32, now: &str) -> String {
    let value = match seen {
        Seen::Good { size, new, vouched } => {
            json!({ "at": now, "log": log, "seen": "good", "size": size, "new": new, "witnesses": vouched, "quorum": quorum })
        }
        Seen::Behind { size, last } => json!({ "at": now, "log": log, "seen": "behind", "size": size, "last": last }),
        Seen::Unchecked(why) => json!({ "at": now, "log": log, "seen": "unchecked", "why": why }),
        Seen::Alarm(kind) => json!({ "at": now, "log": log, "seen": "alarm", "kind": kind.name() }),
    };
    value.to_string()
}

fn verdict(follower: &Follower, seen: &[(Log, Seen)]) -> Result<u8> {
    let alarm = follower.alarms().list().map_or(true, |alarms| !alarms.is_empty());
    let good = seen.iter().all(|(_, seen)| matches!(seen, Seen::Good { .. }));
    Ok(if alarm {
        ALARM
    } else if good {
        WELL
    } else {
        UNABLE
    })
}
