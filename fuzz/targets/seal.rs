//! The seal.

#![no_main]

use escrutinio_core::record::Seal;
use escrutinio_fuzz::round_trip;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(seal) = round_trip::<Seal>(data) {
        let _ = seal.election_id();
    }
});
