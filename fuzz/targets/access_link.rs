//! The link of the access message, as a browser has it.

#![no_main]

use escrutinio_core::access::AccessLink;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(link) = AccessLink::parse(text) {
        assert!(text.ends_with(link.expose_token()));
        assert_eq!(link.half().expect("it was read").expose_bytes().as_slice(), link.expose_half());
    }
});
