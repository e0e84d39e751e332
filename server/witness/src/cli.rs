//! The command line.

use core::net::SocketAddr;
use std::path::PathBuf;

use lexopt::Parser;
use lexopt::prelude::*;

use escrutinio_witness::text::Lang;

/// What the program says of itself.
pub(crate) const HELP: &str = "\
escrutinio-witness run --record DIR --key FILE --state DIR --listen ADDRESS:PORT
    Testigo: cofirma los puntos de control de ambas bitácoras.
    Witness: cosigns the checkpoints of both logs.
      --password-file FILE   contraseña / password (otherwise $CREDENTIALS_DIRECTORY/password, or a prompt)
      --quiet-minutes N      silencio / silence (90)

escrutinio-witness follow URL --record DIR --state DIR
    Sin llave: sigue ambas bitácoras. Without a key: follows both logs.
      --every SECONDS        (60)
      --once                 una vez / once
      --quiet-minutes N      (90)

escrutinio-witness client URL --record DIR
    Sin llave: si la página de votación es la que nombra la elección. Without a key: whether the voting page is
    the one that the election names. Códigos / codes: spec/server.md
      --patience SECONDS     espera / wait (30)
      --save NEW-FOLDER      guarda lo que llegó, si algo difiere / keeps what came, if something differs

escrutinio-witness status --state DIR
    Cómo están las cosas. How things stand.
      --quiet-minutes N      (90)

  --json                     para máquinas / for machines (follow, client, status)
  --lang es|en               idioma / language

0: todo bien / all well. 1: alarma, o algo difiere / alarm, or something differs. 2: no se pudo / could not run, or could not check.
";

/// What was asked for.
#[derive(Debug)]
pub(crate) enum Command {
    /// Only the help.
    Help,
    /// Cosign.
    Run {
        record: PathBuf,
        key: PathBuf,
        password: Option<PathBuf>,
        state: PathBuf,
        listen: SocketAddr,
        clock: Option<PathBuf>,
    },
    /// Follow.
    Follow { url: String, record: PathBuf, state: PathBuf, every: u64, once: bool },
    /// Look at the voting page.
    Client { url: String, record: PathBuf, patience: u64, save: Option<PathBuf> },
    /// Say how things stand.
    Status { state: PathBuf },
}

/// The whole command line.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) command: Command,
    pub(crate) lang: Lang,
    pub(crate) json: bool,
    /// In seconds.
    pub(crate) quiet: u64,
}

/// Every option, before it is known which of them the command takes.
#[derive(Debug, Default)]
struct Options {
    words: Vec<String>,
    record: Option<PathBuf>,
    key: Option<PathBuf>,
    password: Option<PathBuf>,
    state: Option<PathBuf>,
    listen: Option<SocketAddr>,
    clock: Option<PathBuf>,
    every: Option<u64>,
    once: bool,
    patience: Option<u64>,
    save: Option<PathBuf>,
}

/// Reads the command line. The language comes first, so that errors are in it.
pub(crate) fn read(mut parser: Parser) -> Result<Arguments, lexopt::Error> {
    let system = std::env::var("LC_ALL").or_else(|_| std::env::var("LANG")).unwrap_or_default();
    let mut lang = if system.starts_with("en") { Lang::En } else { Lang::Es };
    let mut options = Options::default();
    let (mut json, mut help, mut quiet) = (false, false, 90u64);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("record") => options.record = Some(parser.value()?.into()),
            Long("key") => options.key = Some(parser.value()?.into()),
            Long("password-file") => options.password = Some(parser.value()?.into()),
            Long("state") => options.state = Some(parser.value()?.into()),
            Long("listen") => options.listen = Some(parser.value()?.parse()?),
            #[cfg(feature = "rehearsal")]
            Long("clock-file") => options.clock = Some(parser.value()?.into()),
            Long("every") => options.every = Some(parser.value()?.parse()?),
            Long("once") => options.once = true,
            Long("patience") => options.patience = Some(parser.value()?.parse()?),
            Long("save") => options.save = Some(parser.value()?.into()),
            Long("quiet-minutes") => quiet = parser.value()?.parse()?,
            Long("json") => json = true,
            Long("lang") => lang = parser.value()?.parse()?,
            Long("help") | Short('h') => help = true,
            Value(word) => options.words.push(word.string()?),
            _ => return Err(argument.unexpected()),
        }
    }
    let command = if help { Command::Help } else { options.command()? };
    Ok(Arguments { command, lang, json, quiet: quiet.saturating_mul(60) })
}

impl Options {
    fn command(self) -> Result<Command, lexopt::Error> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let needed = |option: Option<PathBuf>, name: &str| option.ok_or_else(|| format!("--{name} ?"));
        let foreign = |options: &[(&str, bool)]| match options.iter().find(|(_, given)| *given) {
            Some((name, _)) => Err(lexopt::Error::UnexpectedOption(format!("--{name}"))),
            None => Ok(()),
        };
        let signing = [
            ("key", self.key.is_some()),
            ("password-file", self.password.is_some()),
            ("listen", self.listen.is_some()),
            ("clock-file", self.clock.is_some()),
        ];
        let following = [("every", self.every.is_some()), ("once", self.once)];
        let looking = [("patience", self.patience.is_some()), ("save", self.save.is_some())];
        if let ["client", url] = words.as_slice() {
            foreign(&signing)?;
            foreign(&following)?;
            foreign(&[("state", self.state.is_some())])?;
            let record = needed(self.record, "record")?;
            let patience = self.patience.unwrap_or(30).max(1);
            return Ok(Command::Client { url: (*url).to_owned(), record, patience, save: self.save });
        }
        foreign(&looking)?;
        let state = needed(self.state, "state")?;
        match words.as_slice() {
            ["run"] => {
                foreign(&following)?;
                Ok(Command::Run {
                    record: needed(self.record, "record")?,
                    key: needed(self.key, "key")?,
                    password: self.password,
                    state,
                    listen: self.listen.ok_or("--listen ?")?,
                    clock: self.clock,
                })
            }
            ["follow", url] => {
                foreign(&signing)?;
                let record = needed(self.record, "record")?;
                let every = self.every.unwrap_or(60).max(1);
                Ok(Command::Follow { url: (*url).to_owned(), record, state, every, once: self.once })
            }
            ["status"] => {
                foreign(&signing)?;
                foreign(&following)?;
                foreign(&[("record", self.record.is_some())])?;
                Ok(Command::Status { state })
            }
            _ => Err("run | follow URL | client URL | status (--help)".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, lexopt::Error> {
        read(Parser::from_args(line.split(' ')))
    }

    #[test]
    fn commands() {
        let run = parse("run --record r --key k --state s --listen 127.0.0.1:80 --lang en --quiet-minutes 5").unwrap();
        assert!(matches!(run.command, Command::Run { password: None, .. }));
        assert_eq!((run.quiet, run.lang), (300, Lang::En));
        let follow = parse("follow https://urna.example --record r --state s --once --json").unwrap();
        assert!(matches!(follow.command, Command::Follow { every: 60, once: true, .. }) && follow.json);
        let client = parse("client https://voto.example --record r --save f").unwrap();
        assert!(matches!(client.command, Command::Client { patience: 30, save: Some(_), .. }));
        assert!(matches!(parse("status --state s").unwrap().command, Command::Status { .. }));
        assert!(matches!(parse("--help").unwrap().command, Command::Help));
    }

    #[test]
    fn what_does_not_belong_is_refused() {
        for line in [
            "run --record r --key k --state s",
            "run --record r --key k --listen 127.0.0.1:80",
            "run --record r --key k --state s --listen urna.example",
            "run --record r --key k --state s --listen 127.0.0.1:80 --once",
            "run --record r --key k --state s --listen 127.0.0.1:80 --password secret",
            #[cfg(not(feature = "rehearsal"))]
            "run --record r --key k --state s --listen 127.0.0.1:80 --clock-file c",
            "follow --record r --state s",
            "follow u --record r --state s --key k",
            "follow u --record r --state s --save f",
            "client --record r",
            "client u",
            "client u --record r --state s",
            "client u --record r --once",
            "client u --record r --key k",
            "status --state s --record r",
            "status --state s --patience 5",
            "status",
            "sign --state s",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
