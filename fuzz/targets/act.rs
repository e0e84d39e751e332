//! An entry of the log of acts, as whoever reads the log takes it.

#![no_main]

use escrutinio_core::board::Act;
use escrutinio_fuzz::same_text;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = same_text(data, Act::parse(data).ok_or("not an act"));
});
