//! The order that opens sealed texts: an operator writes down what the resolution says, custodians
//! sign it one after the other, and with the last signature that is needed it enters the record.

use std::path::Path;

use escrutinio_core::acta::ActaSignature;
use escrutinio_core::encoding::{Decode, Encode, STRING};
use escrutinio_core::ids::CustodianIndex;
use escrutinio_core::manifest::WriteIn;
use escrutinio_core::record;
use escrutinio_core::text::visible;
use escrutinio_core::verify::Election;
use escrutinio_core::writein::{OrderContent, TextOrder};

use super::everyone;
use crate::commands::ballot_box::too_early;
use crate::commands::key::SEAL;
use crate::custody::Holder;
use crate::error::{Result, out_of_order, refused};
use crate::report::Report;
use crate::session::{Session, utc};
use crate::source::{self, RecordSource};
use crate::workspace::{Step, Workspace};

fn content_path(contest: u32) -> String {
    format!("writein/order-{contest:03}.content")
}

fn signature_path(contest: u32, index: u32) -> String {
    format!("writein/order-{contest:03}.signature-{index:02}")
}

fn final_path(contest: u32) -> String {
    format!("record/{}", record::text_order(contest))
}

pub(super) fn content(workspace: &Workspace, contest: u32) -> Result<OrderContent> {
    workspace.decode(&content_path(contest), "writein order")
}

/// The order of a contest, if it has one that holds.
pub(super) fn in_force(workspace: &Workspace, election: &Election, contest: u32) -> Result<Option<OrderContent>> {
    let path = final_path(contest);
    if !workspace.has(&path) {
        return Ok(None);
    }
    let order: TextOrder = workspace.decode(&path, "writein order")?;
    let bad = |why: &dyn core::fmt::Display| refused("error.signature", &[("path", &path), ("why", why)]);
    let content = &order.content;
    let ours = content.election_id == election.election_id
        && content.contest == contest
        && content.at >= election.manifest.reception_end();
    if !ours {
        return Err(refused("error.writein.order", &[("path", &path)]));
    }
    for signature in &order.signatures {
        let known = election.keys.public_share(signature.index).and_then(|_| election.custodian_key(signature.index));
        let key = known.ok_or_else(|| bad(&signature.index))?;
        content.verify(signature, key).map_err(|why| bad(&why))?;
    }
    if order.signatures.len() < election.keys.threshold {
        return Err(refused("error.writein.order", &[("path", &path)]));
    }
    Ok(Some(order.content))
}

fn figures(report: Report, workspace: &Workspace, content: &OrderContent) -> Result<Report> {
    Ok(report
        .with("contest", content.contest)
        .with("authority", visible(&content.authority))
        .with("document", visible(&content.document))
        .with("recipients", if content.recipients.is_empty() { "-".into() } else { visible(&content.recipients) })
        .with("at", utc(content.at))
        .with("sha256", workspace.hash(&content_path(content.contest))?))
}

fn answer(session: &mut Session<'_>, id: &'static str, shortest: usize) -> Result<String> {
    let text = session.ask(id)?;
    if (shortest..=STRING).contains(&text.len()) && !text.chars().any(char::is_control) {
        Ok(text)
    } else {
        Err(refused("error.text", &[("id", &id), ("longest", &STRING)]))
    }
}

/// Writes down what the resolution says; a contest has one order.
///
/// # Errors
/// If reception has not ended, the contest's texts are not sealed, or another order is there.
pub fn build(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    workspace.read(SEAL, "election seal")?;
    let election = source::sealed(session, &RecordSource::new(workspace))?;
    let now = session.clock.now();
    if now < election.manifest.reception_end() {
        return Err(too_early(election.manifest.reception_end()));
    }
    let id = "order.contest";
    let number: u32 = session.ask(id)?.parse().map_err(|_| refused("error.number", &[("id", &id)]))?;
    if election.manifest.contest(number).is_none_or(|contest| contest.write_in != WriteIn::Sealed) {
        return Err(refused("error.writein.not_sealed", &[("contest", &number)]));
    }
    let mut content = OrderContent {
        election_id: election.election_id,
        contest: number,
        authority: answer(session, "order.authority", 1)?,
        document: answer(session, "order.document", 1)?,
        recipients: answer(session, "order.recipients", 0)?,
        at: now,
    };
    let path = content_path(number);
    if workspace.has(&path) {
        // What was written down before keeps its time.
        content.at = self::content(workspace, number)?.at;
    }
    workspace.write_or_same(&path, &content.to_bytes())?;
    let step = Step::by_operator(session, "writein order")?.input(SEAL).output(path);
    let already = workspace.finish(session, step)?;
    figures(Report::new("writein order", already), workspace, &content)
}

/// A custodian signs every order that was written down. With the last signature that is needed an
/// order enters the record; later ones are not taken any more.
///
/// # Errors
/// If there is no order, or it is of another election.
pub fn sign(session: &mut Session<'_>, workspace: &Workspace, secret: &Path) -> Result<Report> {
    workspace.read(SEAL, "election seal")?;
    let election = source::sealed(session, &RecordSource::new(workspace))?;
    let contests = u32::try_from(election.manifest.contests.len()).unwrap_or(u32::MAX);
    let written: Vec<u32> = (0..contests).filter(|contest| workspace.has(content_path(*contest))).collect();
    if written.is_empty() {
        return Err(out_of_order(
            "error.missing",
            &[("path", &content_path(0)), ("command", &"writein order (--secret)")],
        ));
    }
    // What is signed is read before the password is given.
    for contest in &written {
        let OrderContent { authority, document, recipients, at, .. } = content(workspace, *contest)?;
        let [authority, document, recipients] = [authority, document, recipients].map(|text| visible(&text));
        let at = utc(at);
        session.say(
            "say.writein.order",
            &[
                ("contest", contest),
                ("authority", &authority),
                ("document", &document),
                ("recipients", &if recipients.is_empty() { "-" } else { &recipients }),
                ("at", &at),
            ],
        );
    }
    let holder = Holder::open(session, &election.manifest, secret)?;
    if election.keys.public_share(holder.index).is_none() {
        return Err(refused("error.custodian.unknown", &[("name", &holder.person.name)]));
    }
    let mut step = Step::by_person(&holder.person, "writein order sign").note("custodian", holder.index);
    let mut report = Report::new("writein order sign", false).with("custodian", holder.index);
    for contest in written {
        let content = content(workspace, contest)?;
        let path = content_path(contest);
        let ours = content.election_id == election.election_id
            && content.contest == contest
            && content.at >= election.manifest.reception_end();
        if !ours {
            return Err(refused("error.writein.order", &[("path", &path)]));
        }
        report = figures(report, workspace, &content)?;
        let own = signature_path(contest, holder.index.get());
        let closed = workspace.has(final_path(contest));
        if !closed || has_signed(workspace, contest, holder.index)? {
            workspace.write_or_same(&own, &content.sign(holder.index, &holder.person.key).to_bytes())?;
            step = step.input(path).output(own);
            if let Some(order) = complete(workspace, &election, content)? {
                let out = final_path(contest);
                workspace.write_or_same(&out, &order.to_bytes())?;
                report = report.with("file", workspace.path(&out).display());
                step = step.output(out);
            }
        }
    }
    report.already = workspace.finish(session, step)?;
    Ok(report)
}

/// Whether a custodian's signature stands in the order that is in the record.
fn has_signed(workspace: &Workspace, contest: u32, index: CustodianIndex) -> Result<bool> {
    let order: TextOrder = workspace.decode(&final_path(contest), "writein order")?;
    Ok(order.signatures.iter().any(|signature| signature.index == index))
}

/// The order with its signatures, if there are enough.
fn complete(workspace: &Workspace, election: &Election, content: OrderContent) -> Result<Option<TextOrder>> {
    let path = final_path(content.contest);
    if workspace.has(&path) {
        return workspace.decode(&path, "writein order").map(Some);
    }
    let mut signatures = Vec::new();
    for number in everyone() {
        let path = signature_path(content.contest, number);
        if !workspace.has(&path) {
            continue;
        }
        let bad = |why: &dyn core::fmt::Display| refused("error.signature", &[("path", &path), ("why", why)]);
        let signature = ActaSignature::from_bytes(&workspace.read(&path, "writein order")?)
            .map_err(|why| refused("error.decode", &[("path", &path), ("why", &why)]))?;
        // Of who was excluded from the key no signature counts.
        let known = election.keys.public_share(signature.index).and_then(|_| election.custodian_key(signature.index));
        let key = known.filter(|_| CustodianIndex::new(number) == Some(signature.index)).ok_or_else(|| bad(&number))?;
        content.verify(&signature, key).map_err(|why| bad(&why))?;
        signatures.push(signature);
    }
    Ok((signatures.len() >= election.keys.threshold).then_some(TextOrder { content, signatures }))
}
