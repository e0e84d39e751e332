//! Server and witness, built for rehearsals.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::shell::{Failure, cargo_with, target};

/// Where they lie.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    pub(crate) server: PathBuf,
    pub(crate) witness: PathBuf,
}

/// Builds both, with a clock that a file moves; once, whatever somebody changes meanwhile.
pub(crate) fn build() -> Result<Programs, Failure> {
    static BUILT: Mutex<Option<Programs>> = Mutex::new(None);
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(programs) = &*built {
        return Ok(programs.clone());
    }
    let programs = build_now()?;
    *built = Some(programs.clone());
    Ok(programs)
}

fn build_now() -> Result<Programs, Failure> {
    // Not by package: as programs of the workspace they share what was compiled for xtask.
    let programs = ["--bin", "escrutinio-server", "--bin", "escrutinio-witness"];
    let features = ["--features", "rehearsal"];
    let arguments: Vec<&str> = ["build", "--release", "--quiet"].into_iter().chain(programs).chain(features).collect();
    if !cargo_with(&arguments).status().is_ok_and(|status| status.success()) {
        return Err(Failure::new("server and witness do not build"));
    }
    let program = |name: &str| target().join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    Ok(Programs { server: program("escrutinio-server"), witness: program("escrutinio-witness") })
}

impl Programs {
    /// Copies in a folder: what is started again and again stays the same while somebody builds.
    pub(crate) fn kept(&self, folder: &Path) -> Result<Self, Failure> {
        let keep = |program: &Path| {
            let copy = folder.join(program.file_name().unwrap_or_default());
            std::fs::copy(program, &copy).map_err(|error| Failure::file(&copy, &error))?;
            Ok::<_, Failure>(copy)
        };
        Ok(Self { server: keep(&self.server)?, witness: keep(&self.witness)? })
    }
}
