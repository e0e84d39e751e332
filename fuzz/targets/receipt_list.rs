//! The published list of tracking codes.

#![no_main]

use escrutinio_core::board::receipt::ReceiptList;
use escrutinio_fuzz::same_text;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = same_text(data, ReceiptList::parse(data));
});
