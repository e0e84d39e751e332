//! What the machine can verify at best: batches of ballots on all cores, and nothing else.

use core::time::Duration;
use std::time::Instant;

use escrutinio_core::ballot::{CastBallot, verify_batch};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rayon::prelude::*;

use crate::lab::election::Election;
use crate::shell::Failure;

/// Ballots of a batch: more gain little.
const BATCH: usize = 256;
/// How long is measured.
const SPAN: Duration = Duration::from_secs(5);

/// Ballots verified a second: decoded, proofs and signatures checked as one batch.
pub(crate) fn batch_speed(election: &Election, ballots: &[Vec<Vec<u8>>]) -> Result<f64, Failure> {
    let known = &election.record.election;
    let (parameters, base) = known
        .parameters
        .first()
        .zip(known.base(0))
        .ok_or_else(|| Failure::new("the election has no contest or list"))?;
    let first: Vec<&Vec<u8>> = ballots.iter().filter_map(|of_one| of_one.first()).take(BATCH * 16).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let start = Instant::now();
    let counts: Vec<u32> = (0..cores)
        .into_par_iter()
        .map(|core| {
            let mut rng = ChaCha20Rng::seed_from_u64(u64::try_from(core).unwrap_or(0));
            let mut count = 0u32;
            for batch in first.chunks(BATCH).cycle() {
                let casts: Result<Vec<CastBallot>, _> =
                    batch.iter().map(|bytes| CastBallot::decode(bytes, &known.shapes)).collect();
                let casts = casts.map_err(|why| Failure::new(why.to_string()))?;
                let pairs: Vec<_> = casts.iter().map(|cast| (cast, base)).collect();
                if verify_batch(parameters, &pairs, &mut rng).iter().any(Option::is_some) {
                    return Err(Failure::new("a ballot that was sealed here does not verify"));
                }
                count = count.saturating_add(u32::try_from(batch.len()).unwrap_or(0));
                if start.elapsed() >= SPAN {
                    break;
                }
            }
            Ok(count)
        })
        .collect::<Result<_, Failure>>()?;
    Ok(f64::from(counts.iter().sum::<u32>()) / start.elapsed().as_secs_f64())
}
