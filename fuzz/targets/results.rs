//! The counts.

#![no_main]

use escrutinio_core::tally::Results;
use escrutinio_fuzz::round_trip;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(results) = round_trip::<Results>(data) {
        let _ = results.hash();
    }
});
