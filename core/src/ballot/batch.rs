//! Many ballots verified as one multi-scalar multiplication.
//!
//! Every equation of every ballot (six of the validity proof, one of the signature) enters one sum
//! under its own unpredictable 128-bit weight. A sum that does not vanish is divided until the bad
//! ballots are found; those are then verified one equation set at a time, to say which check fails.

use alloc::vec;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::{CastBallot, signature_transcript};
use crate::hash::{Hash, tagged_hash};
use crate::point::Point;
use crate::proof::BadProof;
use crate::proof::ballot::{ContestParameters, WeightedSum};
use crate::proof::knowledge;

/// Which check a ballot of a batch fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BallotFault {
    /// The signature (V1.6).
    Signature,
    /// The validity proof (V1.7).
    Proof,
}

/// Verifies signature and validity proof of many ballots of one contest, each with the base of its
/// key's list. The answer has one place per ballot, `None` where both hold.
#[must_use]
pub fn verify_batch(
    parameters: &ContestParameters,
    ballots: &[(&CastBallot, &Point)],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<Option<BallotFault>> {
    let mut seed = [0u8; 32];
    rng.fill_bytes(&mut seed);
    verify_seeded(parameters, ballots, seed)
}

/// [`verify_batch`] under a seed that nobody could predict when the ballots were made.
pub(crate) fn verify_seeded(
    parameters: &ContestParameters,
    ballots: &[(&CastBallot, &Point)],
    seed: Hash,
) -> Vec<Option<BallotFault>> {
    let mut faults = vec![None; ballots.len()];
    divide(parameters, ballots, &mut faults, seed);
    faults
}

fn divide(
    parameters: &ContestParameters,
    ballots: &[(&CastBallot, &Point)],
    faults: &mut [Option<BallotFault>],
    seed: Hash,
) {
    if ballots.is_empty() || holds(parameters, ballots, seed).is_ok() {
        return;
    }
    if let ([(ballot, base)], [fault]) = (ballots, &mut *faults) {
        *fault = Some(match ballot.verify_signature(base) {
            Err(BadProof) => BallotFault::Signature,
            Ok(()) => BallotFault::Proof,
        });
        return;
    }
    let middle = ballots.len() / 2;
    let (left, right) = ballots.split_at(middle);
    let (left_faults, right_faults) = faults.split_at_mut(middle);
    divide(parameters, left, left_faults, tagged_hash("batch-left", &[&seed]));
    divide(parameters, right, right_faults, tagged_hash("batch-right", &[&seed]));
}

fn holds(parameters: &ContestParameters, ballots: &[(&CastBallot, &Point)], seed: Hash) -> Result<(), BadProof> {
    let mut sum = WeightedSum::from_seed(parameters, seed);
    for (ballot, base) in ballots {
        let body = &ballot.body;
        if body.election_id != parameters.election_id || body.contest != parameters.contest {
            return Err(BadProof);
        }
        body.proof.accumulate(&body.statement(parameters), &mut sum)?;
        // [z]base = R + [c]C
        let mut transcript = signature_transcript(body, base, &ballot.key);
        let c = knowledge::challenge(&mut transcript, &ballot.signature.r.bytes);
        let rho = sum.weight();
        sum.add_base(rho * ballot.signature.z, base);
        sum.add(-rho, &ballot.signature.r);
        sum.add(-(rho * c), &ballot.key);
    }
    sum.verify(parameters)
}
