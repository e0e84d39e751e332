//! The transcript of the key ceremony.

#![no_main]

use escrutinio_core::keygen::KeyTranscript;
use escrutinio_fuzz::{ceremony, round_trip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(transcript) = round_trip::<KeyTranscript>(data) {
        let _ = transcript.verify(&ceremony());
    }
});
