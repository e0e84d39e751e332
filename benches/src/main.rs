//! Prints what the protocol costs.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use escrutinio_benches::shuffles::{Costs, ROWS};
use escrutinio_benches::table::{OPTIONS, Table};

const USAGE: &str = "usage: escrutinio-benches table [--json] [OPTIONS..]
       escrutinio-benches shuffles [ROWS] [PEER]

Measures contests of 13, 17, 41 and 127 options, or of the numbers given, and shuffles of
10,000 rows; or shuffles alone, of so many rows, in turn with the program of a peer.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first().map(|(command, rest)| (command.as_str(), rest)) {
        Some(("table", rest)) => table(rest),
        Some(("shuffles", rest)) => shuffles(rest),
        _ => fail(USAGE),
    }
}

fn shuffles(rest: &[String]) -> ExitCode {
    let (rows, peer) = match rest {
        [] => (Some(ROWS), None),
        [rows] => (rows.parse().ok(), None),
        [rows, peer] => (rows.parse().ok(), Some(Path::new(peer))),
        _ => (None, None),
    };
    match rows.filter(|rows| *rows > 0).map(|rows| Costs::measure(rows, peer)) {
        None => fail(USAGE),
        Some(Ok(costs)) => print(&costs.to_string()),
        Some(Err(error)) => fail(&error.to_string()),
    }
}

fn table(rest: &[String]) -> ExitCode {
    let as_json = rest.iter().any(|argument| argument == "--json");
    let numbers = rest.iter().filter(|argument| *argument != "--json").map(|n| n.parse());
    let Ok(given) = numbers.collect::<Result<Vec<usize>, _>>() else {
        return fail(USAGE);
    };
    if given.iter().any(|n| !(2..=255).contains(n)) {
        return fail("a contest has 2 to 255 options");
    }
    let table = match Table::measure(if given.is_empty() { &OPTIONS } else { &given }, ROWS) {
        Ok(table) => table,
        Err(error) => return fail(&error.to_string()),
    };
    print(&if as_json { format!("{:#}\n", table.json()) } else { table.to_string() })
}

fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn fail(message: &str) -> ExitCode {
    // Nothing is left to do if stderr is closed too.
    let _ = writeln!(std::io::stderr(), "{message}");
    ExitCode::FAILURE
}
