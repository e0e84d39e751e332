//! A credential mix, and its proofs against what it is said to be made of.

#![no_main]

use escrutinio_core::credential::{CredentialMix, HalfList, mix_generators, pool};
use escrutinio_core::record;
use escrutinio_fuzz::{election, read, rng, round_trip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(mix) = round_trip::<CredentialMix>(data) {
        let half = |path| read::<HalfList>(path);
        let Ok(pooled) = pool(&half(record::REGISTRAR), &half(record::SERVER)) else { return };
        let lists = &election().manifest.lists;
        let _ = mix.verify_signature(&election().manifest.custodians[0].key);
        let _ = mix.verify(&pooled, lists, &mix_generators(&pooled), &mut rng(), &mut |_| {});
    }
});
