//! What every change must pass besides the tests.

use crate::shell::{Outcome, cargo_with, step};
use crate::{citations, ids};

pub(crate) fn run() -> Outcome {
    for manifest in ["Cargo.toml", "fuzz/Cargo.toml", "secrecy/Cargo.toml", "core/interop/Cargo.toml"] {
        step(
            &format!("format of {manifest}"),
            &mut cargo_with(&["fmt", "--all", "--check", "--manifest-path", manifest]),
        )?;
    }
    step(
        "lints",
        &mut cargo_with(&[
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    let documents: [(&str, &[&str]); 2] = [
        (
            "documentation",
            &["doc", "--locked", "--workspace", "--no-deps", "--all-features", "--exclude", "escrutinio-core"],
        ),
        (
            "documentation of the core, private items too",
            &["doc", "--locked", "-p", "escrutinio-core", "--no-deps", "--all-features", "--document-private-items"],
        ),
    ];
    for (name, arguments) in documents {
        step(name, cargo_with(arguments).env("RUSTDOCFLAGS", "-D warnings"))?;
    }
    ids::run()?;
    citations::run()
}
