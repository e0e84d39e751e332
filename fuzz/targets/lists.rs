//! The pooled credential lists.

#![no_main]

use escrutinio_core::credential::CredentialLists;
use escrutinio_fuzz::{lists, round_trip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(read) = round_trip::<CredentialLists>(data) {
        let pooled = lists();
        let _ = (read.check_shape(pooled.roll_id(), 0, 1), read.check_last(&pooled));
    }
});
