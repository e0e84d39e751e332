//! The core must build where there is no operating system: it may not reach for a file, a clock,
//! a socket or a source of randomness by itself.

use std::path::Path;

use crate::shell::{Failure, Outcome, cargo_with, output, root, step};

const TARGETS: [&str; 2] = ["thumbv7em-none-eabi", "wasm32-unknown-unknown"];

pub(crate) fn run() -> Outcome {
    let missing = missing()?;
    if !missing.is_empty() {
        let targets = missing.join(" ");
        return Err(Failure::new(format!("a target is not installed; run\n\n    rustup target add {targets}\n")));
    }
    for target in TARGETS {
        step(
            &format!("core for {target}"),
            &mut cargo_with(&["build", "--locked", "-p", "escrutinio-core", "--target", target]),
        )?;
    }
    Ok(())
}

/// rustup may not install what `rust-toolchain.toml` names, and then says nothing: ask the
/// compiler where the target's library would be.
fn missing() -> Result<Vec<&'static str>, Failure> {
    let mut missing = Vec::new();
    for target in TARGETS {
        let folder = output(
            std::process::Command::new("rustc")
                .args(["--print", "target-libdir", "--target", target])
                .current_dir(root()),
        )?;
        if !Path::new(folder.trim()).is_dir() {
            missing.push(target);
        }
    }
    Ok(missing)
}
