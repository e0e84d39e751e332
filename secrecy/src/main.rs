//! Shows that no branch and no memory index of the operations below depends on a secret.
//!
//! Every secret is marked as undefined memory; Valgrind's memcheck then follows it through all that is
//! computed and reports each branch and each index that depends on it, in the very code that is
//! shipped: compiled, optimised, with all dependencies. Two controls that do depend on a secret must be
//! reported, or nothing is shown.
//!
//! `public.supp` holds the places where a branch depends on what was computed from a secret and is
//! public nevertheless, with the reason.

mod operations;
mod valgrind;

use std::process::ExitCode;

fn main() -> ExitCode {
    if !valgrind::runs() {
        eprintln!("run this under valgrind: cargo xtask secrecy");
        return ExitCode::FAILURE;
    }
    let mut failed = false;
    for (name, operation) in operations::SECRET {
        let reports = operation();
        let right = reports == 0;
        println!("{} {name}: {reports} reports", if right { "ok  " } else { "FAIL" });
        failed |= !right;
    }
    for (name, control) in operations::CONTROLS {
        let reports = control();
        let right = reports > 0;
        println!("{} control, {name}: {reports} reports", if right { "ok  " } else { "FAIL" });
        failed |= !right;
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
