//! A custodian's partial decryption, its proofs, and the count with it.

#![no_main]

use escrutinio_core::decrypt::{self, PartialDecryption};
use escrutinio_fuzz::{aggregates, election, same_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (aggregates, keys) = (aggregates(), &election().election().keys);
    if let Some(partial) = same_bytes(data, PartialDecryption::decode(data, &aggregates)) {
        let _ = decrypt::sift(&aggregates, keys, vec![partial.clone()]);
        let _ = decrypt::open(&aggregates, 1, &[partial]);
    }
});
