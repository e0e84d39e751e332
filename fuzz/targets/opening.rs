//! An audited ballot's opening.

#![no_main]

use escrutinio_core::ballot::Opening;
use escrutinio_fuzz::{election, rng, same_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let election = election().election();
    if let Some(opening) = same_bytes(data, Opening::decode(data, &election.shapes)) {
        let _ = opening.verify(&election.parameters[0], &mut rng());
    }
});
