//! What is kept in sealed files: key shares, drafts of round 1, halves.

#![no_main]

use escrutinio_core::credential::HalfSecrets;
use escrutinio_core::credential::voter::IssuedHalf;
use escrutinio_core::keygen::KeyShare;
use escrutinio_core::keygen::round1::SecretRound1;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((kind, data)) = data.split_first() else { return };
    let written = match kind {
        1 => KeyShare::from_bytes(data).map(|secret| secret.expose_bytes()),
        2 => SecretRound1::from_bytes(data).map(|secret| secret.expose_bytes()),
        3 => HalfSecrets::from_bytes(data).map(|secret| secret.expose_bytes()),
        _ => IssuedHalf::from_bytes(data).map(|secret| secret.expose_bytes()),
    };
    if let Ok(written) = written {
        assert_eq!(*written, data);
    }
});
