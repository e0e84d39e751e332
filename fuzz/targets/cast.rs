//! A cast ballot: binding, signature, validity proof.

#![no_main]

use escrutinio_core::ballot::CastBallot;
use escrutinio_fuzz::{election, lists, rng, same_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let election = election().election();
    if let Some(ballot) = same_bytes(data, CastBallot::decode(data, &election.shapes)) {
        let _ = ballot.binding_holds();
        let _ = ballot.verify_signature(lists().lists()[0].base());
        let _ = ballot.body.verify_proof(&election.parameters[0], &mut rng());
    }
});
