//! W1: which files there are, and the orders.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::encoding::{Decode, DecodeError};
use crate::manifest::WriteIn;
use crate::record::{self, Source};
use crate::signature::BadSignature;
use crate::verify::Check;
use crate::verify::context::{Context, End};
use crate::verify::setup::Election;
use crate::writein::TextOrder;

/// More than the longest order has.
const LONGEST_ORDER: u64 = 8192;

/// What the record holds of a contest's texts.
pub(super) struct ContestFiles {
    pub(super) contest: u32,
    pub(super) policy: WriteIn,
    /// The order; nothing if it does not decode.
    pub(super) order: Option<Result<TextOrder, String>>,
    pub(super) texts: bool,
    pub(super) mixes: Vec<u32>,
    pub(super) partials: Vec<u32>,
}

impl ContestFiles {
    /// Why the policy does not give these files.
    fn fault(&self) -> Option<&'static str> {
        let complete = self.texts && !self.mixes.is_empty() && !self.partials.is_empty();
        let nothing = !self.texts && self.mixes.is_empty() && self.partials.is_empty();
        if !complete && !nothing {
            return Some("mixes, partials and texts are there in part");
        }
        match (self.policy, &self.order) {
            (WriteIn::Disclose, Some(_)) => Some("an order where the policy opens the texts"),
            (WriteIn::Disclose, None) => nothing.then_some("no texts where the policy opens them"),
            (WriteIn::Sealed, None) => complete.then_some("texts without an order"),
            (WriteIn::Sealed, Some(Ok(order))) if order.content.recipients.is_empty() => {
                nothing.then_some("no texts though an order publishes them")
            }
            // Whom an unreadable order names is not known; it fails W1.2.
            (WriteIn::Sealed, Some(_)) => None,
            (_, Some(_)) => Some("an order for a contest without texts"),
            (_, None) => complete.then_some("texts of a contest without texts"),
        }
    }
}

/// W1.1: the files are those that policies and orders give.
pub(super) fn files<S: Source>(
    ctx: &mut Context<'_, S>,
    election: &Election,
) -> Result<Vec<ContestFiles>, End<S::Error>> {
    let contests = u32::try_from(election.shapes.len()).unwrap_or(u32::MAX);
    let foreign = |path: &&String| record::write_in_contest(path).is_some_and(|contest| contest >= contests);
    if let Some(path) = ctx.files.keys().find(foreign) {
        let why = format!("{path}: there is no such contest; publisher");
        return Ok(ctx.report.stop(Check::W1_1, why)?);
    }
    let mut found = Vec::new();
    for (contest, manifest) in (0u32..).zip(&election.manifest.contests) {
        let files = ContestFiles {
            contest,
            policy: manifest.write_in,
            order: order(ctx, contest)?,
            texts: ctx.files.contains_key(&record::texts(contest)),
            mixes: ctx.numbered(&format!("writein/mix-{contest:03}-"), ".bin"),
            partials: ctx.numbered(&format!("writein/partial-{contest:03}-"), ".bin"),
        };
        if let Some(why) = files.fault() {
            return Ok(ctx.report.stop(Check::W1_1, format!("writein: contest {contest}: {why}; publisher"))?);
        }
        found.push(files);
    }
    let opened = found.iter().filter(|files| files.texts).count();
    ctx.report.hold(Check::W1_1, format!("{opened} contests with texts of {}", found.len()));
    Ok(found)
}

type FoundOrder = Option<Result<TextOrder, String>>;

fn order<S: Source>(ctx: &mut Context<'_, S>, contest: u32) -> Result<FoundOrder, End<S::Error>> {
    let path = record::text_order(contest);
    match ctx.files.get(&path) {
        None => Ok(None),
        Some(length) if *length > LONGEST_ORDER => Ok(Some(Err(format!("{length} bytes are too many")))),
        Some(_) => {
            let bytes = ctx.bytes(&path, Check::W1_2)?;
            Ok(Some(TextOrder::from_bytes(&bytes).map_err(|error: DecodeError| error.to_string())))
        }
    }
}

/// W1.2: the orders.
pub(super) fn orders<S: Source>(
    ctx: &mut Context<'_, S>,
    election: &Election,
    found: &[ContestFiles],
) -> Result<(), End<S::Error>> {
    let mut orders = 0usize;
    for files in found {
        let Some(order) = &files.order else { continue };
        let path = record::text_order(files.contest);
        let order = match order {
            Ok(order) => order,
            Err(why) => return Ok(ctx.report.stop(Check::W1_2, format!("{path}: {why}; custodians"))?),
        };
        if let Some(why) = order_fault(order, election, files.contest) {
            return Ok(ctx.report.stop(Check::W1_2, format!("{path}: {why}"))?);
        }
        orders = orders.saturating_add(1);
    }
    ctx.report.hold(Check::W1_2, format!("{orders} orders"));
    Ok(())
}

/// What is wrong with the order of a contest, and whose it is.
fn order_fault(order: &TextOrder, election: &Election, contest: u32) -> Option<String> {
    let content = &order.content;
    if content.election_id != election.election_id || content.contest != contest {
        return Some("of another election or contest; custodians".to_string());
    }
    if content.at < election.manifest.reception_end() {
        return Some("made before the end of reception; custodians".to_string());
    }
    for signature in &order.signatures {
        let key =
            election.custodian_key(signature.index).filter(|_| election.keys.public_share(signature.index).is_some());
        let verdict = key.map_or(Err(BadSignature), |key| content.verify(signature, key));
        if let Err(error) = verdict {
            return Some(format!("{error}; custodian {}", signature.index));
        }
    }
    let (signatures, needed) = (order.signatures.len(), election.keys.threshold);
    (signatures < needed).then(|| format!("{signatures} signatures of {needed} needed; custodians"))
}
