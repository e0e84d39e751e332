//! The command line of the demonstration.

use std::ffi::OsString;
use std::io::{IsTerminal, stdin, stdout};
use std::path::{Path, PathBuf};

use lexopt::prelude::*;

use crate::shell::{Failure, root};

/// How many people sit at the terminal.
const PEOPLE: u32 = 3;
/// With how many others they vote.
const COMPANY: u32 = 57;

const HELP: &str = "\
cargo demo -- [--election ID] [--voters N] [--present N] [--out DIR] [--seed HEX] [--lang es|en] [--headless | --postgres]

A whole election on this machine, from key ceremony to verified acta. In a terminal it waits for you: the first
voters of the roll are yours, in your browser, until you press Enter.

  --election ID   nayarit-2021 (default), presidencia-2024, escuela, consulta, or a draft (a file that ends in .toml)
  --voters N      voters on the roll (default: 551 for nayarit-2021; 60 where people vote)
  --present N     so many of them are people with a browser (default: 3 in a terminal, 0 elsewhere)
  --access FILE   writes where the page is and what these people have, for programs (JSON)
  --out DIR       where everything goes; must be empty or absent (default: demo-out/ID-n)
  --seed HEX      up to 64 hexadecimal digits: a run that can be repeated
  --lang es|en    language (default es)
  --postgres      two servers on two private PostgreSQL clusters instead of one on SQLite
  --headless      no server, no sockets, no progress bars: the server's part is played
";

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) election: String,
    pub(crate) voters: u32,
    /// How many of the voters are people.
    pub(crate) present: u32,
    /// Where programs read what those people have.
    pub(crate) access: Option<PathBuf>,
    pub(crate) out: PathBuf,
    pub(crate) seed: Option<[u8; 32]>,
    pub(crate) spanish: bool,
    pub(crate) headless: bool,
    pub(crate) postgres: bool,
}

impl Arguments {
    /// Reads the arguments; nothing if help was asked for.
    pub(crate) fn read(arguments: Vec<OsString>) -> Result<Option<Self>, Failure> {
        let mut parser = lexopt::Parser::from_args(arguments.into_iter().filter(|argument| argument != "--"));
        let (mut election, mut voters, mut out, mut seed) = ("nayarit-2021".to_owned(), None, None, None);
        let (mut spanish, mut headless, mut postgres) = (true, false, false);
        let (mut present, mut access) = (None, None);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("election") => election = parser.value()?.string()?,
                Long("voters") => voters = Some(parser.value()?.parse()?),
                Long("present") => present = Some(parser.value()?.parse()?),
                Long("access") => access = Some(PathBuf::from(parser.value()?)),
                Long("out") => out = Some(PathBuf::from(parser.value()?)),
                Long("seed") => seed = Some(read_seed(&parser.value()?.string()?)?),
                Long("lang") => {
                    spanish = match parser.value()?.string()?.as_str() {
                        "es" => true,
                        "en" => false,
                        other => return Err(Failure::new(format!("--lang is es or en, not {other}"))),
                    }
                }
                Long("headless") => headless = true,
                Long("postgres") => postgres = true,
                Long("help") | Short('h') => {
                    print!("{HELP}");
                    return Ok(None);
                }
                other => return Err(other.unexpected().into()),
            }
        }
        let default = match election.as_str() {
            "nayarit-2021" => 551,
            "presidencia-2024" => 1000,
            "escuela" => 10,
            "consulta" => 100,
            draft if draft.ends_with(".toml") => 100,
            other => return Err(Failure::new(format!("no election is called {other}\n\n{HELP}"))),
        };
        if headless && postgres {
            return Err(Failure::new("--headless needs no database"));
        }
        let terminal = stdin().is_terminal() && stdout().is_terminal();
        let present = present.unwrap_or(if terminal && !headless { PEOPLE } else { 0 });
        // People do not wait for hundreds of others.
        let voters =
            voters.unwrap_or(if present == 0 { default } else { default.min(COMPANY.saturating_add(present)) });
        if headless && present > 0 {
            return Err(Failure::new("--headless has no page for anybody"));
        }
        if present > voters || (access.is_some() && present == 0) {
            return Err(Failure::new(format!("--present is of --voters, at most {voters}, and not 0 with --access")));
        }
        let out = match out {
            // Programs that are started elsewhere get paths below it.
            Some(out) => empty(std::path::absolute(&out).map_err(|error| Failure::file(&out, &error))?)?,
            None => free(Path::new(&election).file_stem().and_then(|name| name.to_str()).unwrap_or("election")),
        };
        Ok(Some(Self { election, voters, out, seed, spanish, headless, postgres, present, access }))
    }
}

/// A folder that holds nothing yet.
fn empty(out: PathBuf) -> Result<PathBuf, Failure> {
    let holds_something = std::fs::read_dir(&out).is_ok_and(|mut entries| entries.next().is_some());
    if holds_something {
        return Err(Failure::new(format!("{} is not empty: nothing is ever overwritten", out.display())));
    }
    Ok(out)
}

/// The first folder of the default name that does not exist.
fn free(election: &str) -> PathBuf {
    let mut number = 1u32;
    loop {
        let out = root().join("demo-out").join(format!("{election}-{number}"));
        if !out.exists() {
            return out;
        }
        number = number.saturating_add(1);
    }
}

fn read_seed(hex: &str) -> Result<[u8; 32], Failure> {
    let bad = || Failure::new("--seed takes up to 64 hexadecimal digits");
    if hex.is_empty() || hex.len() > 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(bad());
    }
    let padded = format!("{hex:0<64}");
    let mut seed = [0u8; 32];
    for (place, byte) in seed.iter_mut().enumerate() {
        let start = place.saturating_mul(2);
        *byte = padded
            .get(start..start.saturating_add(2))
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
            .ok_or_else(bad)?;
    }
    Ok(seed)
}
