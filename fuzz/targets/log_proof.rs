//! A proof that an entry stands on the board.

#![no_main]

use escrutinio_core::board::inclusion::LogProof;
use escrutinio_fuzz::{log_keys, same_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(proof) = same_text(data, LogProof::parse(data)) {
        let _ = proof.verify(&[0; 32], &log_keys());
    }
});
