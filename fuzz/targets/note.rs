//! A signed note.

#![no_main]

use escrutinio_core::board::note::Note;
use escrutinio_fuzz::same_text;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = same_text(data, Note::parse(data));
});
