//! Server and witness, built for rehearsals.

use std::path::PathBuf;

use crate::shell::{Failure, cargo_with, target};

/// Where they lie.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    pub(crate) server: PathBuf,
    pub(crate) witness: PathBuf,
}

/// Builds both, with a clock that a file moves.
pub(crate) fn build() -> Result<Programs, Failure> {
    let packages = ["-p", "escrutinio-server", "-p", "escrutinio-witness"];
    let features = ["--features", "rehearsal"];
    let arguments: Vec<&str> =
        ["build", "--release", "--quiet", "--bins"].into_iter().chain(packages).chain(features).collect();
    if !cargo_with(&arguments).status().is_ok_and(|status| status.success()) {
        return Err(Failure::new("server and witness do not build"));
    }
    let program = |name: &str| target().join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    Ok(Programs { server: program("escrutinio-server"), witness: program("escrutinio-witness") })
}
