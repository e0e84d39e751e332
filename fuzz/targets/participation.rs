//! What the roll side knows.

#![no_main]

use escrutinio_core::tally::Participation;
use escrutinio_fuzz::{election, round_trip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(participation) = round_trip::<Participation>(data) {
        let _ = participation.verify_signature(&election().manifest.server.key);
    }
});
