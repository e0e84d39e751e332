//! A signed checkpoint, its signatures and its witnesses.

#![no_main]

use escrutinio_core::board::checkpoint::SignedCheckpoint;
use escrutinio_fuzz::{log_keys, same_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(checkpoint) = same_text(data, SignedCheckpoint::parse(data)) {
        if let Ok(verified) = checkpoint.verify(&log_keys()) {
            let _ = (verified.verify_quorum(2), verified.verify_not_before(1));
        }
    }
});
