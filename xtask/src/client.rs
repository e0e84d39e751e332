//! `cargo xtask client`: the voting page as a folder of static files, the same bytes from every machine.
//!
//! The wasm is built with its own profile, `wasm-bindgen`'s library makes the glue (no tool to install),
//! the page's files are copied, every script and style that a document names gets its hash, and
//! `client.manifest` lists every file. Its SHA-256 is the build's hash, which the election's manifest can
//! name and the log of acts has.

mod assemble;
mod build;
mod twice;

use std::path::{Path, PathBuf};

use lexopt::{Arg, Parser, ValueExt};

use crate::shell::{Failure, Outcome, root, target};

/// Where the page's files are.
const WEB: &str = "wasm-client/web";
/// Most bytes of the voting page's wasm, compressed.
const WASM_BUDGET: usize = 200_000;
/// Most bytes of everything that a voter loads, compressed.
const PAGE_BUDGET: usize = 300_000;

pub(crate) fn run(mut options: Parser) -> Outcome {
    let (mut out, mut check) = (None, false);
    while let Some(argument) = options.next()? {
        match argument {
            Arg::Long("out") => out = Some(PathBuf::from(options.value()?)),
            Arg::Long("check") => check = true,
            Arg::Value(path) => return Err(Failure::new(format!("what is {}?", path.string()?))),
            other => return Err(other.unexpected().into()),
        }
    }
    if check {
        return twice::check();
    }
    let out = out.unwrap_or_else(|| target().join("client-page"));
    let listing = make(&root(), &target(), &out)?;
    assemble::types(&root().join(WEB), &target().join(build::GLUE))?;
    println!("{}\nbuild {}", out.display(), listing.hash());
    listing.print_sizes();
    listing.within_budget(WASM_BUDGET, PAGE_BUDGET)
}

/// The page for another command, in a folder; the hash of the build.
pub(crate) fn page(out: &Path) -> Result<String, Failure> {
    make(&root(), &target(), out).map(|listing| listing.hash())
}

/// Builds from a copy of the repository into a folder.
fn make(source: &Path, target: &Path, out: &Path) -> Result<assemble::Listing, Failure> {
    build::target_is_installed()?;
    let glue = build::build(source, target)?;
    assemble::assemble(&source.join(WEB), &glue, out)
}
