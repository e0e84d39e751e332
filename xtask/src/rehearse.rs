//! `cargo xtask rehearse`: a large record, made in memory by the code of the core, to measure the
//! verifier with. The ceremony tool and its sealed files are left out: see `cargo demo` for those.

use std::path::Path;

use escrutinio_core::encoding::Encode;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::testing::{self, Keys};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rayon::prelude::*;

use crate::shell::{Failure, Outcome};

/// Writes a record of the presidency 2024 (1-of-17, four units, three of five custodians) with this
/// many ballots, and as many credential mixes as the threshold or as are asked for.
pub(crate) fn run(ballots: u32, out: &Path, mixes: Option<u32>) -> Outcome {
    let keys = Keys::new(3, 5);
    let mut manifest = testing::presidency(&keys);
    if let Some(mixes) = mixes {
        (manifest.credential_mixes, manifest.few_mixes) = (mixes, true);
    }
    manifest.max_voters = manifest.max_voters.max(ballots);
    manifest.min_group = 10;
    let lists = u32::try_from(manifest.lists.len()).unwrap_or(1);
    let counts: Vec<u32> = (0..lists).map(|list| (ballots + lists - 1 - list) / lists).collect();
    let mut rng = ChaCha20Rng::seed_from_u64(2024);
    println!("key ceremony, roll and credentials of {ballots} voters, {} mixes", manifest.credential_mixes);
    let mut rehearsal = Rehearsal::sealed(manifest, keys, &counts, &mut rng);
    println!("ballots");
    let bar = indicatif::ProgressBar::new(ballots.into());
    let voters: Vec<(u32, u32)> =
        (0u32..).zip(&counts).flat_map(|(list, count)| (0..*count).map(move |place| (list, place))).collect();
    let options = u32::try_from(rehearsal.manifest.shapes()[0].options).unwrap_or(2);
    let casts: Vec<Vec<u8>> = voters
        .par_iter()
        .map(|(list, place)| {
            let mut rng = ChaCha20Rng::seed_from_u64((u64::from(*list) << 32) | u64::from(*place));
            let option = (place.wrapping_mul(7)) % options;
            let text = (rehearsal.manifest.shapes()[0].write_in == Some(option)).then(|| vec![*b"Nombre escrito 1"; 3]);
            bar.inc(1);
            rehearsal.cast((*list, *place), 0, option, text, &mut rng).to_bytes()
        })
        .collect();
    bar.finish_and_clear();
    for (list, place) in &voters {
        rehearsal.mark(*list, 0, (place.wrapping_mul(7)) % options);
    }
    println!("closing and count");
    rehearsal.close(casts);
    let results = rehearsal.publish(&[1, 3, 4], &mut rng);
    let total: u64 = results.groups.iter().flatten().sum();
    if total != u64::from(ballots) {
        return Err(Failure::new(format!("{total} votes counted in {ballots} ballots")));
    }
    for (path, bytes) in &rehearsal.files.0 {
        let path = out.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| Failure::file(parent, &error))?;
        }
        std::fs::write(&path, bytes).map_err(|error| Failure::file(&path, &error))?;
    }
    println!("{}", out.display());
    Ok(())
}
