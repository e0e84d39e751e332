//! What the program is asked for. Results go to standard output, faults to standard error; exit code 1 for a
//! fault, 2 for a command that is none.

mod accounts;
mod check_config;
mod desk;
mod init;
mod observer;
mod run;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use escrutinio_server::passwords::Passwords;
use lexopt::{Arg, ValueExt};

const HELP: &str = "\
escrutinio-server COMMAND

  check-config --config FILE
      reads the configuration and says what it means
  init --config FILE --accounts FILE
      verifies the sealed record, loads the accounts, draws the keys; a second time it changes nothing
  run --config FILE
      serves until it is told to end (SIGTERM)
  accounts update --config FILE --package FILE
      takes the registrar's new links over

  desk [--url URL] --key FILE ACT [ARGUMENT]
      asks the desk of a running server (http://127.0.0.1:8081) for an act, signed with a key:
      state, check, unlock USER, forget-authenticator USER, resend USER, resends --out FILE, report,
      incident [--number N] LEVEL TEXT, incidents; and with two signatures: links PACKAGE, baseline, open,
      close FILE, export, voters --out FILE, publish HASH, wipe ELECTION, destroy-box-key
      what takes two signatures is shown and asked for before it is signed, and needs the sealed record of this
      election: --record FOLDER, or --config FILE that names it; --yes HASH for programs, the hash of what is
      signed; --json for programs, --english, --password-file FILE for the key's password, --out FILE
      for what the answer holds
  observer NAME
      draws a token for an observer, and says what to write into staff.toml

  --passwords FOLDER    passwords are files of it: server-password, log-password, keys-password,
                        accounts-password, package-password; without it they come from the service
                        manager's credentials or from a prompt
";

/// A command that was not done.
#[derive(Debug)]
enum Failure {
    /// It is no command.
    Usage(String),
    /// It went wrong.
    Fault(Box<dyn core::error::Error>),
}

impl<E: core::error::Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Fault(Box::new(error))
    }
}

/// What stands after the command.
#[derive(Debug, Default)]
struct Options {
    config: Option<PathBuf>,
    accounts: Option<PathBuf>,
    package: Option<PathBuf>,
    passwords: Option<PathBuf>,
    url: Option<String>,
    record: Option<PathBuf>,
    yes: Option<String>,
    key: Option<PathBuf>,
    password_file: Option<PathBuf>,
    keys_password_file: Option<PathBuf>,
    out: Option<PathBuf>,
    number: Option<u32>,
    json: bool,
    english: bool,
    /// The server has the password of its keys itself.
    held: bool,
    words: Vec<String>,
}

impl Options {
    fn config(&self) -> Result<escrutinio_server::config::Config, Failure> {
        let path = self.config.as_ref().ok_or_else(|| Failure::Usage("--config FILE is missing".to_owned()))?;
        Ok(escrutinio_server::config::Config::read(path)?)
    }

    fn passwords(&self) -> Passwords {
        Passwords::new(self.passwords.clone())
    }
}

fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Options, lexopt::Error> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let mut options = Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("config") => options.config = Some(parser.value()?.into()),
            Arg::Long("accounts") => options.accounts = Some(parser.value()?.into()),
            Arg::Long("package") => options.package = Some(parser.value()?.into()),
            Arg::Long("passwords") => options.passwords = Some(parser.value()?.into()),
            Arg::Long("url") => options.url = Some(parser.value()?.string()?),
            Arg::Long("record") => options.record = Some(parser.value()?.into()),
            Arg::Long("yes") => options.yes = Some(parser.value()?.string()?),
            Arg::Long("key") => options.key = Some(parser.value()?.into()),
            Arg::Long("password-file") => options.password_file = Some(parser.value()?.into()),
            Arg::Long("keys-password-file") => options.keys_password_file = Some(parser.value()?.into()),
            Arg::Long("out") => options.out = Some(parser.value()?.into()),
            Arg::Long("number") => options.number = Some(parser.value()?.parse()?),
            Arg::Long("json") => options.json = true,
            Arg::Long("english") => options.english = true,
            Arg::Long("held") => options.held = true,
            Arg::Long("help") | Arg::Short('h') => options.words = vec!["help".to_owned()],
            Arg::Value(word) => options.words.push(word.to_string_lossy().into_owned()),
            other => return Err(other.unexpected()),
        }
    }
    Ok(options)
}

pub(crate) fn main() -> ExitCode {
    let done = parse(std::env::args_os().skip(1)).map_err(|why| Failure::Usage(why.to_string())).and_then(|o| run(&o));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(why)) => {
            say_error(&format!("{why}\n\n{HELP}"));
            ExitCode::from(2)
        }
        Err(Failure::Fault(why)) => {
            say_error(&format!("escrutinio-server: {why}\n"));
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Failure> {
    let words: Vec<&str> = options.words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["check-config"] => check_config::run(options),
        ["init"] => init::run(options),
        ["run"] => run::run(options),
        ["accounts", "update"] => accounts::update(options),
        ["desk", words @ ..] => desk::run(options, words),
        ["observer", name] => observer::run(name),
        ["help"] | [] => say(HELP),
        other => Err(Failure::Usage(format!("there is no command `{}`", other.join(" ")))),
    }
}

fn fault(what: &str) -> Failure {
    Failure::Fault(what.to_owned().into())
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

fn say(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

fn say_error(text: &str) {
    // There is nowhere else to say that this failed.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
