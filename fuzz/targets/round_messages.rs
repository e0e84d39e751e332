//! The three messages of a custodian, judged with the other custodians'.

#![no_main]

use escrutinio_core::keygen::{round1::Round1, round2::Round2, round3::Verdict};
use escrutinio_fuzz::{ceremony, round_trip, transcript};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((kind, data)) = data.split_first() else { return };
    let mut transcript = transcript();
    match kind {
        1 => transcript.round1.extend(round_trip::<Round1>(data)),
        2 => transcript.round2.extend(round_trip::<Round2>(data)),
        _ => transcript.verdicts.extend(round_trip::<Verdict>(data)),
    }
    // In the place of the honest message of the same custodian.
    transcript.round1.swap_remove(0);
    transcript.round2.swap_remove(0);
    transcript.verdicts.swap_remove(0);
    transcript.round1.sort_by_key(|message| message.index);
    transcript.round2.sort_by_key(|message| message.index);
    transcript.verdicts.sort_by_key(|message| message.index);
    let ceremony = ceremony();
    let table = transcript.table(&ceremony);
    if table.verify_form().is_ok() {
        let _ = table.judge();
    }
    let _ = transcript.verify(&ceremony);
});
