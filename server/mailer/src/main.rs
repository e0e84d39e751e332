//! `escrutinio-mailer`: sends the messages of an outbox. Exit codes: 0 all were taken by the relay, 1 not
//! all were, 2 the program could not run.

use core::fmt::Display;
use core::time::Duration;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use escrutinio_mailer::journal::{Event, Journal, State};
use escrutinio_mailer::outbox::Outbox;
use escrutinio_mailer::relay::{Endpoint, Relay};
use escrutinio_mailer::report::Report;
use escrutinio_mailer::send::{Pace, send};
use escrutinio_mailer::{Error, Result};
use escrutinio_sealed::files::{Readers, replace};
use escrutinio_sealed::read_password;
use indicatif::{ProgressBar, ProgressStyle};
use lettre::Address;
use lexopt::prelude::*;

const HELP: &str = "\
escrutinio-mailer send --outbox DIR --smtp RELAY   send what has not been sent
escrutinio-mailer status --outbox DIR              only show how far it is

  --smtp RELAY           smtps://user@host:port, or on this machine smtp://127.0.0.1:port
  --from ADDRESS         sender (default: the user, or user@host)
  --password-file FILE   the user's password; otherwise $CREDENTIALS_DIRECTORY/password,
                         otherwise it is asked for
  --ca FILE              certificate (PEM) of the only authority to believe the relay from
  --rate N               messages a minute (default 600)
  --resend-unsure        send again what may have been sent when a connection or a run broke
  --retry-failed         try again what was refused for good
  --lang es|en           language (default: that of the system, otherwise English)
  --json                 statistics as one JSON object on standard output

Beside the messages it keeps journal.txt (what became of each, by number) and writes
sending-report.txt (counts only). Exit codes: 0 all taken by the relay, 1 not all, 2 could not run.
";

#[derive(Debug, Default)]
struct Arguments {
    command: String,
    outbox: Option<PathBuf>,
    smtp: Option<String>,
    from: Option<String>,
    password_file: Option<PathBuf>,
    authority: Option<PathBuf>,
    rate: Option<u32>,
    resend_unsure: bool,
    retry_failed: bool,
    spanish: bool,
    json: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

fn complain(what: &dyn Display) {
    let _ = writeln!(stderr(), "escrutinio-mailer: {what}");
}

fn wrong(why: impl Display) -> Error {
    Error::Use(why.to_string())
}

fn arguments() -> Result<Option<Arguments>> {
    let system = std::env::var("LC_ALL").or_else(|_| std::env::var("LANG")).unwrap_or_default();
    let mut arguments = Arguments { spanish: system.starts_with("es"), ..Arguments::default() };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next().map_err(wrong)? {
        match argument {
            Long("outbox") => arguments.outbox = Some(parser.value().map_err(wrong)?.into()),
            Long("smtp") => arguments.smtp = Some(text(&mut parser)?),
            Long("from") => arguments.from = Some(text(&mut parser)?),
            Long("password-file") => arguments.password_file = Some(parser.value().map_err(wrong)?.into()),
            Long("ca") => arguments.authority = Some(parser.value().map_err(wrong)?.into()),
            Long("rate") => match text(&mut parser)?.parse() {
                Ok(rate) if rate > 0 => arguments.rate = Some(rate),
                _ => return Err(wrong("--rate is a number of messages a minute, from 1")),
            },
            Long("lang") => match text(&mut parser)?.as_str() {
                "es" => arguments.spanish = true,
                "en" => arguments.spanish = false,
                _ => return Err(wrong("--lang is es or en")),
            },
            Long("resend-unsure") => arguments.resend_unsure = true,
            Long("retry-failed") => arguments.retry_failed = true,
            Long("json") => arguments.json = true,
            Long("help") | Short('h') => return Ok(None),
            Value(word) if arguments.command.is_empty() => arguments.command = word.string().map_err(wrong)?,
            other => return Err(wrong(other.unexpected())),
        }
    }
    Ok(Some(arguments))
}

fn text(parser: &mut lexopt::Parser) -> Result<String> {
    parser.value().and_then(|value| value.string()).map_err(wrong)
}

fn run() -> Result<bool> {
    let Some(arguments) = arguments()? else {
        print(HELP);
        return Ok(true);
    };
    let folder = arguments.outbox.as_ref().ok_or_else(|| wrong(format!("which --outbox?\n\n{HELP}")))?;
    let outbox = Outbox::open(folder)?;
    let mut journal = Journal::open(&outbox.beside("journal.txt"), &outbox.id, outbox.messages)?;
    let outcome = match arguments.command.as_str() {
        "send" => send_all(&arguments, &outbox, &mut journal),
        "status" => Ok(()),
        other => return Err(wrong(format!("no command is called \"{other}\"\n\n{HELP}"))),
    };
    let report = Report::new(&outbox, &journal);
    let path = outbox.beside("sending-report.txt");
    replace(&path, report.text().as_bytes(), Readers::Everybody)?;
    if arguments.json {
        print(&format!("{}\n", report.json()));
    } else {
        print(&report.text());
    }
    decisions(&report, arguments.spanish);
    // What was done is told even if the run broke off.
    outcome.map(|()| report.complete())
}

fn send_all(arguments: &Arguments, outbox: &Outbox, journal: &mut Journal) -> Result<()> {
    let endpoint = Endpoint::parse(arguments.smtp.as_deref().ok_or_else(|| wrong("which --smtp relay?"))?)?;
    let from = arguments.from.clone().or_else(|| {
        let user = endpoint.user.as_ref()?;
        Some(if user.contains('@') { user.clone() } else { format!("{user}@{}", endpoint.host) })
    });
    let from: Address =
        from.as_deref().and_then(|from| from.parse().ok()).ok_or_else(|| wrong("--from is no e-mail address"))?;
    let read = |path: &PathBuf| std::fs::read(path).map_err(|why| Error::file(path, why));
    let authority = arguments.authority.as_ref().map(read).transpose()?;
    let question =
        if arguments.spanish { "Contraseña del servidor de correo:" } else { "Password of the mail relay:" };
    let password = match &endpoint.user {
        Some(_) => Some(read_password("password", arguments.password_file.as_deref(), question)?),
        None => None,
    };
    let timeout = Duration::from_secs(60);
    let relay = Relay::new(endpoint, password.as_ref(), authority.as_deref(), &from, timeout)?;
    decide(arguments, outbox, journal)?;
    let mut bar = Bar::new(arguments.json);
    let pace = Pace::per_minute(arguments.rate.unwrap_or(600));
    send(outbox, journal, &relay, &from, pace, &mut |done, all| bar.show(done, all))
}

/// What the operator decided of messages that the last run left.
fn decide(arguments: &Arguments, outbox: &Outbox, journal: &mut Journal) -> Result<()> {
    for number in 1..=outbox.messages {
        let again = match journal.entry(number).state {
            State::Unsure => arguments.resend_unsure,
            State::Failed(_) => arguments.retry_failed,
            State::Pending | State::Sent => false,
        };
        if again {
            journal.append(number, &Event::Again)?;
        }
    }
    Ok(())
}

/// Names what waits for a decision.
fn decisions(report: &Report, spanish: bool) {
    let list = |numbers: &[u32]| {
        let shown: Vec<String> = numbers.iter().take(20).map(|number| format!("{number:07}")).collect();
        let more = if numbers.len() > 20 { " …" } else { "" };
        format!("{}{more}", shown.join(" "))
    };
    let (unsure, failed) = (list(&report.unsure), list(&report.failed));
    if !report.unsure.is_empty() {
        complain(&if spanish {
            format!("no se sabe si salieron; para enviarlos de nuevo, --resend-unsure: {unsure}")
        } else {
            format!("may have been sent; to send them again, --resend-unsure: {unsure}")
        });
    }
    if !report.failed.is_empty() {
        complain(&if spanish {
            format!("rechazados; para intentarlo de nuevo, --retry-failed: {failed}")
        } else {
            format!("refused; to try again, --retry-failed: {failed}")
        });
    }
}

/// A progress bar, once the run has taken two seconds and if somebody watches.
struct Bar {
    hidden: bool,
    began: Instant,
    bar: Option<ProgressBar>,
}

impl Bar {
    fn new(hidden: bool) -> Self {
        Self { hidden: hidden || !stderr().is_terminal(), began: Instant::now(), bar: None }
    }

    fn show(&mut self, done: u64, all: u64) {
        if self.hidden || self.began.elapsed() < Duration::from_secs(2) {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}");
            ProgressBar::new(all).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_position(done);
        if done >= all {
            bar.finish_and_clear();
        }
    }
}

fn print(text: &str) {
    let _ = stdout().write_all(text.as_bytes());
}
