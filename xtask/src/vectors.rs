//! Test vectors for other implementations: `cargo xtask vectors` writes them, `cargo xtask
//! vectors-check` makes them again and compares.
//!
//! All of it follows from the seed that every file publishes. No nonce of a proof is written down:
//! what lies between a proof's input and its verdict are challenges, and those follow from the bytes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "its inputs are fixed: what surprises here must stop it"
)]

mod ballot;
mod case;
mod election;
mod encoding;
mod forger;
mod group;
mod hash;
mod json;
mod judging;
mod manifest;
mod protocol;
mod published;
mod record;
mod shuffle;
mod signature;
mod transcript;
mod writein;

use std::path::PathBuf;

use escrutinio_core::hash::tagged_hash;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::shell::{Failure, Outcome, read, root};

/// The generator of one purpose.
fn rng(purpose: &str) -> ChaCha20Rng {
    ChaCha20Rng::from_seed(tagged_hash("test-vectors", &[case::SEED.as_bytes(), purpose.as_bytes()]))
}

fn folder() -> PathBuf {
    root().join("spec/vectors")
}

/// Names and texts of all files.
fn files() -> Vec<(String, String)> {
    let mut files =
        vec![group::vectors(), hash::vectors(), hash::tracking_codes(), transcript::vectors(), signature::vectors()];
    files.extend(ballot::vectors());
    files.extend(shuffle::vectors());
    files.extend([record::vectors(), protocol::vectors(), judging::vectors()]);
    files.extend([encoding::vectors(), manifest::vectors(), writein::vectors()]);
    files.sort();
    files
}

/// Writes all files.
pub(crate) fn write() -> Outcome {
    let folder = folder();
    std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
    for (name, text) in files() {
        let path = folder.join(&name);
        std::fs::write(&path, &text).map_err(|error| Failure::file(&path, &error))?;
        println!("{name}: {} bytes", text.len());
    }
    Ok(())
}

/// Makes all files again and compares them with those that are there.
pub(crate) fn check() -> Outcome {
    let files = files();
    for (name, text) in &files {
        let found = read(&folder().join(name))?;
        if found != *text {
            let line = found.lines().zip(text.lines()).take_while(|(old, new)| old == new).count().saturating_add(1);
            return Err(Failure::new(format!(
                "spec/vectors/{name} differs from line {line} on; see cargo xtask vectors"
            )));
        }
    }
    for path in crate::shell::files(&folder(), &[".json"])? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !files.iter().any(|(known, _)| *known == name) {
            return Err(Failure::new(format!("spec/vectors/{name}: nothing makes this file")));
        }
    }
    println!("{} files of vectors, no difference", files.len());
    Ok(())
}
