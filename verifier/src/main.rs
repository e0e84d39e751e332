//! `escrutinio-verify`: checks the published record of an election.
//!
//! Exit codes: 0 everything holds, 1 something does not, 2 the program could not run.

mod audit;
mod json;
mod progress;
mod report;
mod source;
mod spanish;

use core::fmt::Display;
use std::ffi::OsString;
use std::io::{Write, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use escrutinio_core::ballot::Opening;
use escrutinio_core::board::Receipt;
use escrutinio_core::board::code::format_code;
use escrutinio_core::verify::{self, Election};
use getrandom::SysRng;
use lexopt::prelude::*;
use rand_core::UnwrapErr;

use crate::audit::Audit;
use crate::progress::Bars;
use crate::source::Folder;

const HELP: &str = "\
escrutinio-verify RECORD             check a published record
escrutinio-verify receipt FILE RECORD   is the ballot of this receipt on the board?
escrutinio-verify audit FILE RECORD     does this opened ballot say what it should?

  --json                 one JSON object on standard output
  --brief                one line per phase
  --manifest-hash HEX    the manifest's hash, from a source that you trust
  --lang es|en           language (default: that of the system, otherwise English)
  --quiet                no progress

Exit codes: 0 everything holds, 1 something does not, 2 the program could not run.
";

/// What was asked for.
#[derive(Debug, Default)]
struct Arguments {
    words: Vec<OsString>,
    json: bool,
    quiet: bool,
    brief: bool,
    spanish: bool,
    manifest_hash: Option<String>,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(stderr(), "escrutinio-verify: {error}");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Result<Arguments, String> {
    let system = std::env::var("LC_ALL").or_else(|_| std::env::var("LANG")).unwrap_or_default();
    let mut arguments = Arguments { spanish: system.starts_with("es"), ..Arguments::default() };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next().map_err(text)? {
        match argument {
            Long("json") => arguments.json = true,
            Long("quiet") => arguments.quiet = true,
            Long("brief") => arguments.brief = true,
            Long("lang") => {
                arguments.spanish = match parser.value().map_err(text)?.to_str() {
                    Some("es") => true,
                    Some("en") => false,
                    _ => return Err("--lang is es or en".to_owned()),
                }
            }
            Long("manifest-hash") => {
                let hash = parser.value().map_err(text)?.string().map_err(text)?;
                arguments.manifest_hash = Some(hash.to_ascii_lowercase());
            }
            Long("help") | Short('h') => {
                print(HELP);
                std::process::exit(0);
            }
            Value(word) => arguments.words.push(word),
            other => return Err(other.unexpected().to_string()),
        }
    }
    Ok(arguments)
}

fn run() -> Result<bool, String> {
    let arguments = arguments()?;
    let words: Vec<&Path> = arguments.words.iter().map(Path::new).collect();
    match words.as_slice() {
        [record] => whole(&arguments, record),
        [command, file, record] if *command == Path::new("receipt") => receipt(&arguments, file, record),
        [command, file, record] if *command == Path::new("audit") => audit(&arguments, file, record),
        _ => Err(format!("expected one record\n\n{HELP}")),
    }
}

fn open(record: &Path) -> Result<Folder, String> {
    Folder::open(record).map_err(|error| format!("{}: {error}", record.display()))
}

fn whole(arguments: &Arguments, record: &Path) -> Result<bool, String> {
    let folder = open(record)?;
    let began = Instant::now();
    let mut bars = Bars::new(!arguments.quiet && !arguments.json, arguments.spanish);
    let (report, closed) = verify::record(&folder, &mut UnwrapErr(SysRng), &mut bars).map_err(text)?;
    bars.finish();
    if arguments.json {
        print(&report::to_json(&report));
    } else {
        let seconds = began.elapsed().as_secs_f64();
        let checks = if arguments.brief && report.is_valid() {
            report::phases(&report, arguments.spanish)
        } else {
            report::checks(&report, arguments.spanish)
        };
        print(&checks);
        if let Some(closed) = &closed {
            print(&report::texts(&report, &closed.election.manifest.contests, arguments.spanish));
        }
        print(&report::verdict(&report, arguments.spanish, seconds));
    }
    let expected = arguments.manifest_hash.as_deref();
    let found = report.manifest_hash.map(|hash| hash.to_string());
    if let Some(expected) = expected.filter(|expected| Some(*expected) != found.as_deref()) {
        return Err(format!("the record's manifest is {}, not {expected}", found.as_deref().unwrap_or("unreadable")));
    }
    Ok(report.is_valid())
}

/// The sealed election of a record, which receipts and audits are checked against.
fn sealed(arguments: &Arguments, folder: &Folder) -> Result<Election, String> {
    let mut bars = Bars::new(!arguments.quiet && !arguments.json, arguments.spanish);
    let (report, election) = verify::sealed(folder, &mut UnwrapErr(SysRng), &mut bars).map_err(text)?;
    bars.finish();
    election.ok_or_else(|| {
        let check = report.first_failure().map_or("", |check| check.code());
        format!("the record itself is not valid (check {check}): verify it first")
    })
}

fn receipt(arguments: &Arguments, file: &Path, record: &Path) -> Result<bool, String> {
    let folder = open(record)?;
    let receipt = Receipt::parse(&read(file)?).map_err(|error| format!("{}: {error}", file.display()))?;
    let election = sealed(arguments, &folder)?;
    let promised = receipt.election == election.election_id && receipt.verify(&election.manifest.server.key).is_ok();
    let entry = verify::find_code(&folder, &election, &receipt.code).map_err(text)?;
    let verdict = match (entry, promised) {
        (Some(_), _) => "included",
        (None, true) => "promised, not included",
        (None, false) => "not included",
    };
    if arguments.json {
        let number = entry.map_or_else(|| "null".to_owned(), |entry| entry.to_string());
        print(&format!("{{\"verdict\": \"{verdict}\", \"entry\": {number}, \"promise\": {promised}}}\n"));
        return Ok(entry.is_some());
    }
    let spanish = arguments.spanish;
    let line = match (entry, promised) {
        (Some(entry), _) if spanish => format!("INCLUIDA: la boleta de este recibo es la entrada {entry} del tablero."),
        (Some(entry), _) => format!("INCLUDED: the ballot of this receipt is entry {entry} of the board."),
        (None, true) if spanish => {
            "NO INCLUIDA, aunque el servidor la prometió: este recibo es prueba contra él.".to_owned()
        }
        (None, true) => "NOT INCLUDED, though the server promised it: this receipt is evidence against it.".to_owned(),
        (None, false) if spanish => "NO INCLUIDA, y la promesa no es de este servidor para esta elección.".to_owned(),
        (None, false) => "NOT INCLUDED, and the promise is not by this server for this election.".to_owned(),
    };
    print(&format!("{line}\n{}\n", format_code(&receipt.code)));
    Ok(entry.is_some())
}

fn audit(arguments: &Arguments, file: &Path, record: &Path) -> Result<bool, String> {
    let folder = open(record)?;
    let bytes = read(file)?;
    let election = sealed(arguments, &folder)?;
    let opening = Opening::decode(&bytes, &election.shapes).map_err(|error| format!("{}: {error}", file.display()))?;
    let entry = verify::find_code(&folder, &election, &opening.body.tracking_code()).map_err(text)?;
    let audit = Audit::of(&election, &opening, entry, &mut UnwrapErr(SysRng));
    print(&if arguments.json { audit.to_json() } else { audit.lines(arguments.spanish) });
    Ok(audit.holds())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", PathBuf::from(path).display()))
}

fn text(error: impl Display) -> String {
    error.to_string()
}

fn print(text: &str) {
    // A closed pipe is the reader's wish.
    let _ = stdout().write_all(text.as_bytes());
}
