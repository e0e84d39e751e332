//! The report of written-in names.

#![no_main]

use escrutinio_core::writein::{Texts, is_registered};
use escrutinio_fuzz::{election, round_trip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(texts) = round_trip::<Texts>(data) {
        assert!(texts.without_text() <= texts.marked);
        for named in &texts.names {
            let _ = is_registered(&election().manifest.contests[0], &named.name);
        }
    }
});
