//! Sums of ballots.

#![no_main]

use escrutinio_core::tally::Aggregates;
use escrutinio_fuzz::{election, same_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(sums) = same_bytes(data, Aggregates::decode(data, &election().election().shapes)) {
        for group in &sums.groups {
            let _ = group.hash();
        }
    }
});
