//! A tracking code as people write it: every reading has one form.

#![no_main]

use escrutinio_core::board::code::{format_code, parse_canonical_code, parse_code};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(code) = parse_code(text) {
        assert_eq!(parse_canonical_code(&format_code(&code)), Ok(code));
    }
    if let Ok(code) = parse_canonical_code(text) {
        assert_eq!(format_code(&code), text);
    }
});
