//! A voter's receipt.

#![no_main]

use escrutinio_core::board::receipt::Receipt;
use escrutinio_fuzz::{election, same_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(receipt) = same_text(data, Receipt::parse(data)) {
        let _ = receipt.verify(&election().manifest.server.key);
    }
});
