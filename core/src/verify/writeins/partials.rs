//! W3: the decryptions of one contest's texts.

use alloc::format;
use alloc::vec::Vec;

use super::chain::exact;
use super::{Opened, PARTIALS};
use crate::group::Element;
use crate::ids::CustodianIndex;
use crate::record::{self, Source};
use crate::verify::Check;
use crate::verify::context::{Context, End};
use crate::writein::{Rows, TextPartial, opened as open_rows};

/// The text points of every row, if every decryption holds.
pub(super) fn open<S: Source>(
    ctx: &mut Context<'_, S>,
    opened: &Opened<'_>,
    rows: &Rows,
) -> Result<Vec<Vec<Element>>, End<S::Error>> {
    let (election, contest) = (opened.election, opened.contest);
    let threshold = election.keys.threshold;
    // The first t of them open the texts; of the others only the proof matters.
    let mut partials: Vec<TextPartial> = Vec::new();
    for number in &opened.partials {
        let path = record::text_partial(contest, *number);
        let expected = TextPartial::encoded_length(rows.len(), rows.texts());
        let bytes = exact(ctx, &path, expected, Check::W3_1)?;
        let blame = |why: &str| format!("{path}: {why}; custodian {number}");
        let decoded = TextPartial::decode(&bytes, rows.len(), rows.texts());
        let partial = match decoded {
            Ok(partial) => partial,
            Err(error) => return Ok(ctx.report.stop(Check::W3_1, blame(&format!("{error}")))?),
        };
        let known = CustodianIndex::new(*number).filter(|index| election.keys.public_share(*index).is_some());
        if partial.election_id != election.election_id || partial.contest != contest || known != Some(partial.index) {
            return Ok(ctx.report.stop(Check::W3_1, blame("of another election, contest or custodian"))?);
        }
        let key = election.custodian_key(partial.index);
        if key.is_none_or(|key| partial.verify_signature(key).is_err()) {
            ctx.report.fail(Check::W3_2, blame("the signature does not verify"));
        }
        let share = election.text_shares(partial.index, contest).unwrap_or_default();
        if let Err(error) = partial.verify_proof(rows, share) {
            ctx.report.fail(Check::W3_3, blame(&format!("{error}")));
        }
        if partials.len() < threshold {
            partials.push(partial);
        }
        ctx.progress.advance(u64::try_from(rows.len()).unwrap_or(u64::MAX));
    }
    if partials.len() < threshold {
        let why = format!("writein: contest {contest}: {} partials of {threshold} needed; custodians", partials.len());
        return Ok(ctx.report.stop(Check::W3_1, why)?);
    }
    if ctx.report.failed(&PARTIALS) {
        return Err(End::Stop);
    }
    let points = open_rows(rows, threshold, &partials);
    ctx.decoded("writein", Check::W3_1, points)
}
