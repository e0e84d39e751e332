//! The project's one front door. People and the continuous integration call the same recipes.

#![expect(clippy::print_stdout, reason = "a program of the command line")]

mod api;
mod canaries;
mod check;
mod citations;
mod client;
mod demo;
mod deny;
mod deps;
mod fuzz;
mod ids;
mod interop;
mod lab;
mod load;
#[allow(clippy::indexing_slicing, reason = "places within a record that the program itself made")]
mod mutate;
mod nostd;
#[allow(clippy::indexing_slicing, reason = "places within a record that the program itself made")]
mod rehearse;
mod secrecy;
mod seized;
mod shell;
mod soak;
mod vectors;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt};
use shell::{Failure, Outcome};

const HELP: &str = "\
cargo xtask COMMAND

  demo [...]                a whole election on this machine (see: cargo demo -- --help)
  check                     format, lints, documentation, check codes and requirement ids
  client [--out DIR] [--check]
                            the voting page as static files, with the hash of the build; --check
                            builds it twice in different folders and compares the bytes
  check-ids                 check codes, requirement ids, names in ARCHITECTURE.md
  nostd                     builds the core for targets without an operating system
  deps-ban                  no network in the ceremony tool, few dependencies in the verifier
  mutate [--most N|all]     changes single fields of a record; both verifiers must reject each alike
  rehearse BALLOTS DIR [--mixes N]
                            writes a large record, to measure the verifier with; N credential
                            mixes (3, which takes a while for hundreds of thousands of voters)
  api [--examples N]        requests made from the server's OpenAPI document, right and wrong ones
  load [...]                how much one server takes (see: cargo xtask load --help)
  seized [...]              who has every disk matches no voter (see: cargo xtask seized --help)
  canaries [...]            an election leaves no name and no secret where none belongs
  deny [--advisories DIR]   licences, sources, bans; advisories from a copy of the database
  fuzz-seed                 fills the fuzz corpus from an honest election
  fuzz-smoke [--seconds N]  every fuzz target for N seconds (10)
  fuzz TARGET [...]         one target; what follows goes to libFuzzer
  vectors                   writes spec/vectors
  vectors-check             makes the vectors again and compares
  interop                   the formats of the logs, against another implementation
  secrecy                   no branch or index depends on a secret (needs Valgrind)
  soak [--minutes N]        the long checks, N minutes of them fuzzing (60)
  soak --kills N [--only sqlite|postgres] [--seed S]
                            kills server and database N times under load, half of them on either
                            database, and breaks what is around them
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome {
    // `cargo demo -- --voters 40` hands the `--` on.
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some(position) = arguments.iter().take(2).position(|argument| argument == "--") {
        arguments.remove(position);
    }
    if arguments.is_empty() {
        return help();
    }
    let command = arguments.remove(0);
    if command == "demo" {
        return demo::run(arguments);
    }
    if command == "soak" {
        return soak::run(arguments);
    }
    if command == "load" {
        return load::run(arguments);
    }
    if command == "canaries" {
        return canaries::run(arguments);
    }
    if command == "seized" {
        return seized::run(arguments);
    }
    if command == "fuzz" {
        return fuzz::one(arguments);
    }
    let mut options = Parser::from_args(arguments);
    match command.to_str().unwrap_or_default() {
        "api" => api::run(option(&mut options, "examples", |value| value.parse())?.unwrap_or(api::EXAMPLES)),
        "client" => client::run(options),
        "check" => only(&mut options).and_then(|()| check::run()),
        "check-ids" => only(&mut options).and_then(|()| ids::run()).and_then(|()| citations::run()),
        "nostd" => only(&mut options).and_then(|()| nostd::run()),
        "deps-ban" => only(&mut options).and_then(|()| deps::run()),
        "deny" => deny::run(option(&mut options, "advisories", |value| Ok(PathBuf::from(value)))?),
        "fuzz-seed" => only(&mut options).and_then(|()| fuzz::seed()),
        "fuzz-smoke" => fuzz::smoke(option(&mut options, "seconds", |value| value.parse())?.unwrap_or(10)),
        "mutate" => mutate::run(
            option(&mut options, "most", |value| if value == "all" { Ok(None) } else { value.parse().map(Some) })?
                .unwrap_or(Some(24)),
        ),
        "rehearse" => {
            let ballots = options.value()?.parse()?;
            let folder = PathBuf::from(options.value()?);
            rehearse::run(ballots, &folder, option(&mut options, "mixes", |value| value.parse())?)
        }
        "vectors" => only(&mut options).and_then(|()| vectors::write()),
        "vectors-check" => only(&mut options).and_then(|()| vectors::check()),
        "interop" => only(&mut options).and_then(|()| interop::run()),
        "secrecy" => only(&mut options).and_then(|()| secrecy::run()),
        "help" | "--help" | "-h" => help(),
        other => Err(Failure::new(format!("no command is called \"{other}\"\n\n{HELP}"))),
    }
}

fn help() -> Outcome {
    print!("{HELP}");
    Ok(())
}

/// Nothing may follow.
fn only(options: &mut Parser) -> Outcome {
    options.next()?.map_or(Ok(()), |argument| Err(argument.unexpected().into()))
}

/// One option with a value, or nothing.
fn option<T>(
    options: &mut Parser,
    name: &str,
    read: impl FnOnce(OsString) -> Result<T, lexopt::Error>,
) -> Result<Option<T>, Failure> {
    let value = match options.next()? {
        None => return Ok(None),
        Some(Arg::Long(found)) if found == name => options.value()?,
        Some(argument) => return Err(argument.unexpected().into()),
    };
    only(options)?;
    Ok(Some(read(value)?))
}
