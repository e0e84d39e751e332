//! The casting server's program (`server/OPERATING.md`).

mod commands;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::main()
}
