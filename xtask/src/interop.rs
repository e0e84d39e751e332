//! The formats of the logs against another implementation (`core/interop`).

use crate::shell::{Outcome, cargo, step, target};

pub(crate) fn run() -> Outcome {
    step(
        "logs against tlog_tiles and signed_note",
        cargo()
            .args(["test", "--quiet", "--locked", "--manifest-path", "core/interop/Cargo.toml", "--target-dir"])
            .arg(target().join("interop"))
            .args(["--", "--nocapture"]),
    )
}
