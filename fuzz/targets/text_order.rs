//! An authority's order to open texts, and its signatures.

#![no_main]

use escrutinio_core::writein::TextOrder;
use escrutinio_fuzz::{election, round_trip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(order) = round_trip::<TextOrder>(data) {
        let key = &election().manifest.custodians[0].key;
        let _ = order.signatures.iter().all(|signature| order.content.verify(signature, key).is_ok());
    }
});
