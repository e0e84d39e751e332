//! The trial decryption.

#![no_main]

use escrutinio_core::keygen::trial::Trial;
use escrutinio_fuzz::{ceremony, election, same_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let ceremony = ceremony();
    if let Some(trial) = same_bytes(data, Trial::from_bytes(data, ceremony.slots())) {
        let _ = trial.verify(&ceremony, &election().election().keys);
    }
});
