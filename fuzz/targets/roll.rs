//! A roll record, its rules and signature.

#![no_main]

use escrutinio_core::credential::RollRecord;
use escrutinio_fuzz::{election, round_trip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(roll) = round_trip::<RollRecord>(data) {
        let manifest = &election().manifest;
        let _ = (roll.check_rules(manifest), roll.verify_signature(&manifest.registrar.key), roll.roll_id());
    }
});
