//! The actas of the count: the machine's part, what the board adds, the signatures of
//! custodians, and the document.
//!
//! `acta build` writes what is signed to `acta/contest-000.content`; every custodian signs
//! all contests; `acta render` closes the acta with the signatures that are there.

mod entity;
mod page;

use std::path::Path;

use escrutinio_core::acta::{Acta, ActaContent, ActaSignature, Protest};
use escrutinio_core::encoding::{Decode, Encode};
use escrutinio_core::ids::{CustodianIndex, hex};
use escrutinio_core::manifest::Custodian;
use escrutinio_core::record;
use escrutinio_core::tally::Results;
use escrutinio_core::verify::{ActaFigures, ClosedElection};

pub use entity::entity;

use super::acts;
use super::key::SEAL;
use crate::custody::Holder;
use crate::draft;
use crate::error::{Result, out_of_order, refused};
use crate::files;
use crate::report::Report;
use crate::session::Session;
use crate::source::{self, RecordSource};
use crate::workspace::{Step, Workspace};

fn content_path(contest: u32) -> String {
    format!("acta/contest-{contest:03}.content")
}

fn signature_path(contest: u32, index: CustodianIndex) -> String {
    format!("acta/contest-{contest:03}.signature-{:02}", index.get())
}

fn final_path(contest: u32) -> String {
    format!("record/{}", record::acta(contest))
}

fn read_content(workspace: &Workspace, contest: u32) -> Result<ActaContent> {
    workspace.decode(&content_path(contest), "acta build")
}

/// The results, which must be those of the aggregates that this machine computes.
fn results(session: &mut Session<'_>, workspace: &Workspace) -> Result<(ClosedElection, Results)> {
    let path = format!("record/{}", record::RESULTS);
    let results: Results = workspace.decode(&path, "count combine")?;
    let closed = source::closed(session, &RecordSource::new(workspace))?;
    let fits = results.election_id == closed.aggregates.election_id
        && results.groups.len() == closed.aggregates.groups.len()
        && results.groups.iter().zip(&closed.aggregates.groups).all(|(counts, group)| {
            counts.len() == group.sum.b.len()
                && counts.iter().fold(0u64, |sum, count| sum.saturating_add(*count)) == group.sum.ballots
        });
    if fits { Ok((closed, results)) } else { Err(refused("error.results", &[("path", &path)])) }
}

/// Fills the actas: figures by the machine, incidents and protest writings as they were
/// recorded. Repeated before anybody has signed, it takes in what was recorded since. Votes, ballots and voters marked must agree (R-REC-04, 10).
///
/// # Errors
/// If there are no results, or the figures disagree: nothing is adjusted.
pub fn build(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let (closed, results) = results(session, workspace)?;
    let manifest = &closed.election.manifest;
    let count = u32::try_from(manifest.contests.len()).unwrap_or(u32::MAX);
    let mut report = Report::new("acta build", false);
    let mut step = Step::by_operator(session, "acta build")?.input(format!("record/{}", record::RESULTS));
    let place = if (0..count).all(|contest| workspace.has(content_path(contest))) {
        String::new()
    } else {
        let place = session.ask("acta.place")?;
        if place.is_empty() { manifest.sites.board.clone() } else { place }
    };
    let incidents: Vec<String> = acts::incidents(workspace)?
        .into_iter()
        .map(|incident| format!("{} ({}): {}", incident.at, incident.reported_by, incident.text))
        .collect();
    let protests: Vec<Protest> = acts::protests(workspace)?
        .into_iter()
        .map(|protest| Protest { party: protest.party, person: protest.person, reason: protest.reason })
        .collect();
    let now = session.clock.now();
    for contest in 0..count {
        let figures = ActaFigures::of(contest, &closed.election, &closed.aggregates, &results, &closed.participation);
        let total = figures.votes.iter().fold(0u64, |sum, votes| sum.saturating_add(*votes));
        if total != figures.ballots || total != figures.marked {
            return Err(refused(
                "error.reconcile",
                &[("contest", &contest), ("votes", &total), ("ballots", &figures.ballots), ("voters", &figures.marked)],
            ));
        }
        let path = content_path(contest);
        if !workspace.has(&path) {
            let content = ActaContent {
                election_id: results.election_id,
                contest,
                results: results.hash(),
                place: place.clone(),
                generated_at: now,
                votes: figures.votes.clone(),
                total,
                voters_marked: figures.marked,
                incidents: incidents.clone(),
                protests: protests.clone(),
            };
            workspace.write_new(&path, &content.to_bytes())?;
        }
        let mut content = read_content(workspace, contest)?;
        // Until somebody signs, the board's part may still be filled in (R-AEC-14).
        let changed = content.incidents != incidents || content.protests != protests;
        if changed && !signed(workspace, &manifest.custodians, contest) {
            content = ActaContent { incidents: incidents.clone(), protests: protests.clone(), ..content };
            files::replace(&workspace.path(&path), &content.to_bytes())?;
        }
        if content.votes != figures.votes || content.results != results.hash() {
            return Err(refused("error.results", &[("path", &path)]));
        }
        report = report
            .with("contest", format!("{contest}: {total} = {} = {}", figures.ballots, figures.marked))
            .with("sha256", workspace.hash(&path)?);
        step = step.output(path);
    }
    report.already = workspace.finish(session, step)?;
    Ok(report)
}

fn signed(workspace: &Workspace, custodians: &[Custodian], contest: u32) -> bool {
    (1u32..)
        .zip(custodians)
        .filter_map(|(number, _)| CustodianIndex::new(number))
        .any(|index| workspace.has(signature_path(contest, index)))
}

/// A custodian signs the actas of all contests, after checking them against the record.
///
/// # Errors
/// If the actas are not built, or the person is no custodian of the key.
pub fn sign(session: &mut Session<'_>, workspace: &Workspace, secret: &Path) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    read_content(workspace, 0)?;
    let (closed, results) = results(session, workspace)?;
    let holder = Holder::open(session, &manifest, secret)?;
    if closed.election.keys.public_share(holder.index).is_none() {
        return Err(refused("error.custodian.unknown", &[("name", &holder.person.name)]));
    }
    let mut step = Step::by_person(&holder.person, "acta sign").note("custodian", holder.index).input(SEAL);
    for (contest, _) in (0u32..).zip(&manifest.contests) {
        let content = read_content(workspace, contest)?;
        let figures = ActaFigures::of(contest, &closed.election, &closed.aggregates, &results, &closed.participation);
        let path = content_path(contest);
        if content.contest != contest || content.votes != figures.votes || content.results != results.hash() {
            return Err(refused("error.results", &[("path", &path)]));
        }
        let out = signature_path(contest, holder.index);
        workspace.write_or_same(&out, &content.sign(holder.index, &holder.person.key).to_bytes())?;
        step = step.input(path).output(out);
    }
    let already = workspace.finish(session, step)?;
    Ok(Report::new("acta sign", already).with("person", &holder.person.name).with("custodian", holder.index))
}

/// Closes the actas with the signatures that are there, and renders them as pages and JSON.
///
/// # Errors
/// If fewer than the threshold have signed, or a signature does not hold.
pub fn render(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let mut step = Step::by_operator(session, "acta render")?;
    let mut report = Report::new("acta render", false);
    let mut listing = String::new();
    for (contest, _) in (0u32..).zip(&manifest.contests) {
        let content = read_content(workspace, contest)?;
        let mut signatures = Vec::new();
        for (number, custodian) in (1u32..).zip(&manifest.custodians) {
            let Some(index) = CustodianIndex::new(number) else { continue };
            let path = signature_path(contest, index);
            if !workspace.has(&path) {
                continue;
            }
            let signature = ActaSignature::from_bytes(&workspace.read(&path, "acta sign")?)
                .map_err(|why| refused("error.decode", &[("path", &path), ("why", &why)]))?;
            content
                .verify(&signature, &custodian.key)
                .map_err(|why| refused("error.signature", &[("path", &path), ("why", &why)]))?;
            signatures.push(signature);
        }
        let needed = usize::try_from(manifest.threshold).unwrap_or(usize::MAX);
        if signatures.len() < needed {
            return Err(out_of_order("error.signatures", &[("present", &signatures.len()), ("needed", &needed)]));
        }
        let acta = Acta { content, signatures };
        let path = final_path(contest);
        workspace.write_or_same(&path, &acta.to_bytes())?;
        let hash = workspace.hash(&path)?;
        let (json, html) = (format!("acta/contest-{contest:03}.json"), format!("acta/contest-{contest:03}.html"));
        let json_text = page::json(&manifest, &acta, &hash);
        workspace.write_or_same(&json, json_text.as_bytes())?;
        let json_hash = hex(&escrutinio_core::hash::sha256(&[json_text.as_bytes()]));
        workspace.write_or_same(&html, page::html(&manifest, &acta, &hash, &json_hash)?.as_bytes())?;
        report = report.with("file", workspace.path(&html).display()).with("sha256", hash);
        listing.push_str(&page::text(&manifest, &acta));
        step = step.input(content_path(contest)).output(path).output(json).output(html);
    }
    report.listing = Some(listing);
    report.already = workspace.finish(session, step)?;
    Ok(report)
}
