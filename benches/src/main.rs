//! Prints what the protocol costs.

use std::io::Write;
use std::process::ExitCode;

use escrutinio_benches::table::{OPTIONS, Table};

const USAGE: &str = "usage: escrutinio-benches table [--json] [OPTIONS..]

Measures contests of 13, 17, 41 and 127 options, or of the numbers given.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(("table", rest)) = arguments.split_first().map(|(command, rest)| (command.as_str(), rest)) else {
        return fail(USAGE);
    };
    let as_json = rest.iter().any(|argument| argument == "--json");
    let numbers = rest.iter().filter(|argument| *argument != "--json").map(|n| n.parse());
    let Ok(given) = numbers.collect::<Result<Vec<usize>, _>>() else {
        return fail(USAGE);
    };
    if given.iter().any(|n| !(2..=255).contains(n)) {
        return fail("a contest has 2 to 255 options");
    }
    let table = match Table::measure(if given.is_empty() { &OPTIONS } else { &given }) {
        Ok(table) => table,
        Err(error) => return fail(&error.to_string()),
    };
    let text = if as_json { format!("{:#}\n", table.json()) } else { table.to_string() };
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
