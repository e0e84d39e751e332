//! V: every ballot, in one pass over the bundles.
//!
//! Bundles are verified side by side (feature `parallel`), each as one batch per contest; what they
//! yield is merged in their order. Kept per ballot: 32 bytes of A, for V1.8, and one bit per
//! credential and contest, for V1.4.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::Check;
use super::context::{Context, End, Phase};
use super::setup::Election;
use crate::ballot::{BallotFault, CastBallot, verify_seeded};
use crate::board::bundle::{BundleId, read_bundle};
use crate::board::history::History;
use crate::board::leaf_hash;
use crate::group::ElementBytes;
use crate::hash::{Hash, tagged_hash};
use crate::parallel::map_all;
use crate::point::Point;
use crate::record::{File, Source};
use crate::tally::Sum;

/// Bundles that are verified side by side.
const WINDOW: usize = 8;

/// What the board holds, once every ballot was looked at.
#[derive(Debug, Default)]
pub(crate) struct Ballots {
    /// Sums per contest and unit.
    pub(crate) sums: BTreeMap<(u32, u32), Sum>,
    /// Ballots per contest and credential list.
    pub(crate) counts: BTreeMap<(u32, u32), u64>,
}

/// One entry of a bundle.
struct Entry {
    leaf: Hash,
    cast: Result<Seen, (Check, String)>,
}

/// An entry that is a ballot of this election.
struct Seen {
    contest: u32,
    list: u32,
    /// Place of the credential among all lists.
    credential: Option<usize>,
    a: ElementBytes,
    binding: bool,
    fault: Option<BallotFault>,
}

struct BundleOutcome {
    entries: Vec<Entry>,
    sums: BTreeMap<(u32, u32), Sum>,
}

/// Verifies every ballot and shows every leaf hash to `history`.
pub(crate) fn ballots<S: Source>(
    ctx: &mut Context<'_, S>,
    election: &Election,
    size: u64,
    history: &mut History<'_>,
) -> Result<Ballots, End<S::Error>> {
    ctx.progress.start(Phase::Ballots, size);
    let mut result = Ballots::default();
    let mut used = Used::new(election);
    let mut first_components: Vec<ElementBytes> = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    let bundles: Vec<BundleId> = BundleId::all(size).collect();
    let mut number = 0u64;
    for window in bundles.chunks(WINDOW) {
        let mut files = Vec::with_capacity(window.len());
        for id in window {
            let path = format!("board/{id}");
            let length = ctx.length(&path);
            let bytes = File::new(ctx.source, &path, length)
                .next(usize::try_from(length).unwrap_or(usize::MAX))
                .map_err(End::Source)?;
            files.push((*id, bytes));
        }
        let outcomes = map_all(files.iter().collect(), |(id, bytes)| bundle(election, &ctx.seed, *id, bytes));
        for (outcome, (id, _)) in outcomes.into_iter().zip(&files) {
            let outcome = match outcome {
                Ok(outcome) => outcome,
                Err(error) => return Ok(ctx.report.stop(Check::B1_2, format!("board/{id}: {error}; log"))?),
            };
            for entry in outcome.entries {
                history.push(entry.leaf);
                merge_entry(ctx, entry, number, &mut result, &mut used, &mut first_components);
                number = number.saturating_add(1);
            }
            for (place, sum) in outcome.sums {
                match result.sums.entry(place) {
                    alloc::collections::btree_map::Entry::Vacant(vacant) => {
                        vacant.insert(sum);
                    }
                    alloc::collections::btree_map::Entry::Occupied(mut occupied) => occupied.get_mut().merge(&sum),
                }
            }
            ctx.progress.advance(u64::from(id.width()));
        }
    }
    if let Some(repeated) = repeated(&mut first_components) {
        ctx.report.fail(Check::V1_8, format!("board: A = {} stands in two ballots", crate::ids::hex(&repeated)));
    }
    answer(ctx, &result, number);
    ctx.report.ballots = number;
    ctx.report.require(&[
        Check::V1_1,
        Check::V1_2,
        Check::V1_3,
        Check::V1_4,
        Check::V1_5,
        Check::V1_6,
        Check::V1_7,
        Check::V1_8,
    ])?;
    Ok(result)
}

fn answer<S: Source>(ctx: &mut Context<'_, S>, result: &Ballots, number: u64) {
    let contests: alloc::collections::BTreeSet<u32> = result.counts.keys().map(|(contest, _)| *contest).collect();
    let report = &mut ctx.report;
    report.hold(Check::V1_1, format!("{number} ballots"));
    report.hold(Check::V1_2, format!("{} contests voted on", contests.len()));
    report.hold(Check::V1_3, format!("{number} ballots"));
    report.hold(Check::V1_4, format!("{number} ballots"));
    report.hold(Check::V1_5, format!("{number} ballots"));
    report.hold(Check::V1_6, format!("{number} signatures"));
    report.hold(Check::V1_7, format!("{number} proofs"));
    report.hold(Check::V1_8, format!("{number} different"));
}

fn merge_entry<S: Source>(
    ctx: &mut Context<'_, S>,
    entry: Entry,
    number: u64,
    result: &mut Ballots,
    used: &mut Used,
    first_components: &mut Vec<ElementBytes>,
) {
    let place = |what: &str| format!("board: entry {number}: {what}");
    let seen = match entry.cast {
        Ok(seen) => seen,
        Err((check, why)) => return ctx.report.fail(check, place(&why)),
    };
    first_components.push(seen.a);
    let count = result.counts.entry((seen.contest, seen.list)).or_insert(0);
    *count = count.saturating_add(1);
    match seen.credential {
        None => ctx.report.fail(Check::V1_3, place("its key is not on the list of its style and unit")),
        Some(credential) if used.mark(seen.contest, credential) => {}
        Some(_) => ctx.report.fail(Check::V1_4, place("its key signed an earlier ballot of this contest")),
    }
    if !seen.binding {
        ctx.report.fail(Check::V1_5, place("u is not the binding of its key and salt"));
    }
    match seen.fault {
        None => {}
        Some(BallotFault::Signature) => ctx.report.fail(Check::V1_6, place("the signature does not hold")),
        Some(BallotFault::Proof) => ctx.report.fail(Check::V1_7, place("the validity proof does not hold")),
    }
}

fn bundle(
    election: &Election,
    seed: &[u8; 32],
    id: BundleId,
    bytes: &[u8],
) -> Result<BundleOutcome, crate::board::bundle::BundleError> {
    let raw = read_bundle(id, bytes)?;
    let casts: Vec<Result<(CastBallot, u32), (Check, String)>> =
        raw.iter().map(|bytes| decode(election, bytes)).collect();

    // One batch per contest.
    let mut faults: Vec<Option<BallotFault>> = vec![None; casts.len()];
    for (contest, parameters) in (0u32..).zip(&election.parameters) {
        let of_contest: Vec<(usize, (&CastBallot, &Point))> = casts
            .iter()
            .enumerate()
            .filter_map(|(place, cast)| {
                let (cast, list) = cast.as_ref().ok()?;
                let base = election.base(*list)?;
                (cast.body.contest == contest).then_some((place, (cast, base)))
            })
            .collect();
        let batch: Vec<_> = of_contest.iter().map(|(_, ballot)| *ballot).collect();
        let seed = tagged_hash("batch", &[seed, &id.index().to_le_bytes(), &contest.to_le_bytes()]);
        for ((place, _), fault) in of_contest.iter().zip(verify_seeded(parameters, &batch, seed)) {
            if let Some(slot) = faults.get_mut(*place) {
                *slot = fault;
            }
        }
    }

    let mut sums: BTreeMap<(u32, u32), Sum> = BTreeMap::new();
    let entries = raw
        .iter()
        .zip(casts)
        .zip(faults)
        .map(|((bytes, cast), fault)| {
            let cast = cast.map(|(cast, list)| {
                let body = &cast.body;
                sums.entry((body.contest, body.unit)).or_insert_with(|| Sum::empty(body.b.len())).add(body);
                Seen {
                    contest: body.contest,
                    list,
                    credential: election.credential(list, &cast.key.bytes),
                    a: body.a.bytes,
                    binding: cast.binding_holds(),
                    fault,
                }
            });
            Entry { leaf: leaf_hash(bytes), cast }
        })
        .collect();
    Ok(BundleOutcome { entries, sums })
}

/// V1.1 and V1.2 of one entry: the ballot and the number of its credential list.
fn decode(election: &Election, bytes: &[u8]) -> Result<(CastBallot, u32), (Check, String)> {
    let cast = CastBallot::decode(bytes, &election.shapes).map_err(|error| (Check::V1_1, error.to_string()))?;
    let body = &cast.body;
    if body.election_id != election.election_id {
        return Err((Check::V1_2, format!("it is of election {}", body.election_id)));
    }
    let list = election.manifest.list_index(body.style, body.unit).ok_or_else(|| {
        (Check::V1_2, format!("there is no credential list of style {} and unit {}", body.style, body.unit))
    })?;
    if !election.manifest.style_has(body.style, body.contest) {
        return Err((Check::V1_2, format!("style {} does not vote on contest {}", body.style, body.contest)));
    }
    Ok((cast, list))
}

/// Which credentials signed, a bit per credential and contest.
struct Used {
    words: usize,
    bits: BTreeMap<u32, Vec<u64>>,
}

impl Used {
    fn new(election: &Election) -> Self {
        Self { words: election.credentials.len().div_ceil(64), bits: BTreeMap::new() }
    }

    /// Marks a credential; false if it was marked before.
    fn mark(&mut self, contest: u32, credential: usize) -> bool {
        let words = self.words;
        let bits = self.bits.entry(contest).or_insert_with(|| vec![0; words]);
        let bit = 1u64.checked_shl(u32::try_from(credential % 64).unwrap_or(0)).unwrap_or(0);
        match bits.get_mut(credential / 64) {
            Some(word) if *word & bit == 0 => {
                *word |= bit;
                true
            }
            _ => false,
        }
    }
}

/// An item that stands twice. Sorts the items.
pub(crate) fn repeated<T: Ord + Copy>(items: &mut [T]) -> Option<T> {
    items.sort_unstable();
    items.windows(2).find_map(|pair| match pair {
        [a, b] if a == b => Some(*a),
        _ => None,
    })
}
