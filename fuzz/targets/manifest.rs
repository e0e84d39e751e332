//! A manifest, its rules, what follows from it.

#![no_main]

use escrutinio_core::manifest::Manifest;
use escrutinio_fuzz::round_trip;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(manifest) = round_trip::<Manifest>(data) {
        if let Ok(valid) = manifest.validate() {
            let _ = valid.shapes();
        }
    }
});
