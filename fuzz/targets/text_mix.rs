//! A mix of texts, and its proof against the rows of the board.

#![no_main]

use escrutinio_core::proof::shuffle::ShuffleGenerators;
use escrutinio_core::writein::{Prints, TextMix};
use escrutinio_fuzz::{TEXT_ROWS, election, rng, same_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (rows, texts) = TEXT_ROWS;
    if let Some(mix) = same_bytes(data, TextMix::decode(data, rows, texts)) {
        let input = election().text_rows(0);
        let keys = &election().election().parameters[0].text_keys;
        let _ = mix.verify_signature(&election().manifest.custodians[0].key);
        let _ = Prints::of(&input).are_gone_in(&Prints::of(&mix.rows));
        let _ = mix.verify_proof(&input, keys, &ShuffleGenerators::new(6), &mut rng());
    }
});
