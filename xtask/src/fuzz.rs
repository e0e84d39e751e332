//! Fuzzing with libFuzzer (`fuzz/README.md`).
//!
//! The targets are built with the pinned stable compiler: the marks that libFuzzer follows are an
//! ordinary pass of LLVM. The sanitizers, which need a nightly compiler, look for faults of unsafe
//! code, and there is none here. `cargo fuzz` reads the same folder, for those who have it.

use core::num::NonZero;
use std::ffi::OsString;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::shell::{Failure, Outcome, available, cargo, files, output, quiet_step, read, root, step, target};

const INSTRUMENTATION: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0 \
    --cfg fuzzing -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks";

/// Every target for some seconds, one on each core.
pub(crate) fn smoke(seconds: u64) -> Outcome {
    let Some(binaries) = build()? else { return Ok(()) };
    fill(&binaries)?;
    let left = Mutex::new(targets()?.into_iter());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let work = || core::iter::from_fn(next).try_for_each(|target| some_seconds(&binaries, &target, seconds));
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

fn some_seconds(binaries: &Path, target: &str, seconds: u64) -> Outcome {
    let log = binaries.join(format!("{target}.log"));
    let file = std::fs::File::create(&log).map_err(|error| Failure::file(&log, &error))?;
    let mut command = fuzzer(binaries, target, &[format!("-max_total_time={seconds}").into()])?;
    let failed = quiet_step(&format!("fuzz {target}"), command.stderr(file));
    let said = read(&log)?;
    if let Err(failure) = failed {
        println!("{said}");
        return Err(failure);
    }
    let runs = said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units: "));
    println!("   fuzz {target}: {} inputs in {seconds} s", runs.unwrap_or("?").trim());
    Ok(())
}

/// One target; further arguments go to libFuzzer.
pub(crate) fn one(mut arguments: Vec<OsString>) -> Outcome {
    let all = targets()?;
    let target = if arguments.is_empty() { OsString::new() } else { arguments.remove(0) };
    let Some(target) = all.iter().find(|name| target == name.as_str()) else {
        return Err(Failure::new(format!("the targets are: {}", all.join(", "))));
    };
    let Some(binaries) = build()? else { return Ok(()) };
    step(&format!("fuzz {target}"), &mut fuzzer(&binaries, target, &arguments)?)
}

/// Fills the corpus with what an honest election publishes.
pub(crate) fn seed() -> Outcome {
    build()?.map_or(Ok(()), |binaries| fill(&binaries))
}

fn fill(binaries: &Path) -> Outcome {
    step("seed the corpus", Command::new(binaries.join("examples/seed")).arg(root().join("fuzz/corpus")))
}

/// How many targets there are.
pub(crate) fn count() -> Result<u64, Failure> {
    Ok(targets()?.iter().map(|_| 1).sum())
}

/// The names of the targets: the files of `fuzz/targets`.
fn targets() -> Result<Vec<String>, Failure> {
    let paths = files(&root().join("fuzz/targets"), &[".rs"])?;
    Ok(paths.iter().filter_map(|path| path.file_stem()).map(|name| name.to_string_lossy().into_owned()).collect())
}

/// Builds every target and the maker of their seeds, and says where they are; nothing where libFuzzer cannot be built.
fn build() -> Result<Option<PathBuf>, Failure> {
    if !["c++", "clang++", "g++"].iter().any(available) {
        println!("   fuzzing: skipped, libFuzzer needs a C++ compiler and there is none");
        return Ok(None);
    }
    let host = output(Command::new("rustc").args(["--print", "host-tuple"]).current_dir(root()))?;
    let host = host.trim();
    let folder = target().join("fuzz");
    step(
        "build the fuzz targets",
        cargo()
            .args([
                "build",
                "--locked",
                "--release",
                "--bins",
                "--examples",
                "--manifest-path",
                "fuzz/Cargo.toml",
                "--features",
                "server",
                "--target",
                host,
            ])
            .arg("--target-dir")
            .arg(&folder)
            .env("RUSTFLAGS", INSTRUMENTATION),
    )?;
    Ok(Some(folder.join(host).join("release")))
}

fn fuzzer(binaries: &Path, target: &str, arguments: &[OsString]) -> Result<Command, Failure> {
    let folder = |kind: &str| -> Result<PathBuf, Failure> {
        let folder = root().join("fuzz").join(kind).join(target);
        std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
        Ok(folder)
    };
    let corpus = folder("corpus")?;
    let mut artifacts = folder("artifacts")?.into_os_string();
    artifacts.push("/");
    let mut prefix = OsString::from("-artifact_prefix=");
    prefix.push(artifacts);
    let mut command = Command::new(binaries.join(target));
    command.current_dir(root()).arg(prefix).args(["-verbosity=0", "-print_final_stats=1", "-max_len=65536"]);
    command.args(arguments).arg(corpus);
    Ok(command)
}
