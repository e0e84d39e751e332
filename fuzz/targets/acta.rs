//! An acta and its signatures.

#![no_main]

use escrutinio_core::acta::Acta;
use escrutinio_fuzz::{election, round_trip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(acta) = round_trip::<Acta>(data) {
        for signature in &acta.signatures {
            let _ = acta.content.verify(signature, &election().manifest.custodians[0].key);
        }
    }
});
