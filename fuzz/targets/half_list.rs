//! A list of half credentials, its shape, proof and signature.

#![no_main]

use escrutinio_core::credential::{HalfList, HalfRole};
use escrutinio_fuzz::{election, round_trip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(list) = round_trip::<HalfList>(data) {
        let manifest = &election().manifest;
        let roll_id = *list.roll_id();
        let _ = list.check_shape(&roll_id, HalfRole::Registrar, &[6]);
        let _ = list.verify_possession(&roll_id, HalfRole::Registrar);
        let _ = list.verify_signature(&manifest.registrar.key);
    }
});
