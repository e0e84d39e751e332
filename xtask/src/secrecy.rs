//! No branch and no index depends on a secret (`secrecy/`).

use std::process::Command;

use crate::shell::{Outcome, available, cargo, root, step, target};

pub(crate) fn run() -> Outcome {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        println!("   secrecy: skipped, the requests to Valgrind are written for Linux on x86-64");
        return Ok(());
    }
    if !available("valgrind") {
        println!("   secrecy: skipped, Valgrind is not installed (apt-get install valgrind)");
        return Ok(());
    }
    let folder = target().join("secrecy");
    step(
        "build the secrecy test",
        cargo()
            .args(["build", "--locked", "--release", "--manifest-path", "secrecy/Cargo.toml", "--target-dir"])
            .arg(&folder),
    )?;
    let log = folder.join("reports.txt");
    println!("   what memcheck says goes to {}", log.display());
    step(
        "secrecy test under Valgrind",
        Command::new("valgrind")
            .current_dir(root())
            .args(["--quiet", "--error-limit=no", "--num-callers=30", "--suppressions=secrecy/public.supp"])
            .arg(format!("--log-file={}", log.display()))
            .arg(folder.join("release/escrutinio-secrecy")),
    )
}
