//! A custodian's decryption of texts, its proof, and the texts with it.

#![no_main]

use escrutinio_core::writein::{TextPartial, opened, report};
use escrutinio_fuzz::{TEXT_ROWS, election, same_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (rows, texts) = TEXT_ROWS;
    if let Some(partial) = same_bytes(data, TextPartial::decode(data, rows, texts)) {
        let (input, election) = (election().text_rows(0), election().election());
        let options = election.parameters[0].option_keys.len();
        let shares = election.keys.public_share(partial.index).unwrap_or_default();
        let _ = partial.verify_proof(&input, shares.get(options..options + texts).unwrap_or_default());
        if let Ok(points) = opened(&input, 1, &[partial]) {
            let _ = report(election.election_id, 0, 6, 2, points.iter().map(Vec::as_slice));
        }
    }
});
