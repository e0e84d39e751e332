//! W2: the mixes of one contest, one after the other.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{MIXES, Opened};
use crate::ids::CustodianIndex;
use crate::proof::shuffle::{ShuffleError, ShuffleGenerators};
use crate::record::{self, File, Source};
use crate::verify::Check;
use crate::verify::context::{Context, End};
use crate::writein::{Prints, Rows, RowsError, TextMix};

/// The rows of the last mix, if every one holds.
pub(super) fn chain<S: Source>(
    ctx: &mut Context<'_, S>,
    opened: &Opened<'_>,
    generators: &ShuffleGenerators,
) -> Result<Rows, End<S::Error>> {
    let contest = opened.contest;
    let texts = opened.parameters.shape.texts;
    let size = ctx.report.ballots;
    let rows = Rows::of_board(ctx.source, |path| ctx.length(path), size, contest, &opened.parameters.shape);
    let mut rows = match rows {
        Ok(rows) => rows,
        Err(RowsError::Source(error)) => return Err(End::Source(error)),
        Err(error) => return Ok(ctx.report.stop(Check::W2_1, format!("board: {error}; log"))?),
    };
    let count = u32::try_from(opened.mixes.len()).unwrap_or(u32::MAX);
    if !opened.mixes.iter().copied().eq(1..=count) {
        let why = format!("writein: contest {contest}: the numbers of the mixes have a gap; custodians");
        return Ok(ctx.report.stop(Check::W2_1, why)?);
    }
    let mut prints = Prints::of(&rows);
    let mut mixers: Vec<CustodianIndex> = Vec::new();
    for number in 1..=count {
        let path = record::text_mix(contest, number);
        let expected = TextMix::encoded_length(opened.ballots, texts);
        let bytes = exact(ctx, &path, expected, Check::W2_1)?;
        let decoded = TextMix::decode(&bytes, opened.ballots, texts).map_err(|error| format!("{error}; custodian"));
        let mix = ctx.decoded(&path, Check::W2_1, decoded)?;
        drop(bytes);
        let index = mix.index;
        let blame = |why: &str| format!("{path}: {why}; custodian {index}");
        let election = opened.election;
        if mix.election_id != election.election_id || mix.contest != contest || mix.number != number {
            return Ok(ctx.report.stop(Check::W2_1, blame("of another election, contest or number"))?);
        }
        if election.keys.public_share(index).is_none() || mixers.contains(&index) {
            return Ok(ctx.report.stop(Check::W2_1, blame("by no custodian, or by one who mixed before"))?);
        }
        mixers.push(index);
        let key = election.custodian_key(index);
        if key.is_none_or(|key| mix.verify_signature(key).is_err()) {
            ctx.report.fail(Check::W2_2, blame("the signature does not verify"));
        }
        let after = Prints::of(&mix.rows);
        if !prints.are_gone_in(&after) {
            ctx.report.fail(Check::W2_3, blame("a text was not encrypted anew"));
        }
        match mix.verify_proof(&rows, &opened.parameters.text_keys, generators, ctx.rng) {
            Ok(()) => {}
            Err(error @ ShuffleError::Encoding { .. }) => {
                return Ok(ctx.report.stop(Check::W2_1, blame(&format!("{error}")))?);
            }
            Err(error) => ctx.report.fail(Check::W2_4, blame(&format!("{error}"))),
        }
        (rows, prints) = (mix.rows, after);
        ctx.progress.advance(u64::try_from(opened.ballots).unwrap_or(u64::MAX));
    }
    if mixers.len() < opened.election.keys.threshold {
        let needed = opened.election.keys.threshold;
        let why = format!("writein: contest {contest}: {} mixes of {needed} needed; custodians", mixers.len());
        return Ok(ctx.report.stop(Check::W2_1, why)?);
    }
    if ctx.report.failed(&MIXES) { Err(End::Stop) } else { Ok(rows) }
}

/// The bytes of a file of a length that the contest gives: it may be longer than what is read of
/// files whose length is anybody's choice.
pub(super) fn exact<S: Source>(
    ctx: &mut Context<'_, S>,
    path: &str,
    expected: usize,
    check: Check,
) -> Result<Vec<u8>, End<S::Error>> {
    let length = ctx.length(path);
    if length != u64::try_from(expected).unwrap_or(u64::MAX) {
        let why: String = format!("{path}: {length} bytes instead of {expected}; custodian");
        return Ok(ctx.report.stop(check, why)?);
    }
    File::new(ctx.source, path, length).next(expected).map_err(End::Source)
}
