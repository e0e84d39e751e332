//! The count: aggregates, partial decryptions, results. Only sums are ever decrypted.

use std::fs;
use std::path::Path;

use escrutinio_core::decrypt::{self, PartialDecryption};
use escrutinio_core::encoding::Encode;
use escrutinio_core::ids::{CustodianIndex, SetupId, hex};
use escrutinio_core::record;
use escrutinio_core::tally::{Aggregates, Results};
use escrutinio_core::verify::ClosedElection;

use super::ballot_box::{self, too_early};
use super::custodian::read_share;
use super::lottery;
use crate::ceremony;
use crate::custody::Holder;
use crate::draft;
use crate::error::{Error, Result, out_of_order, refused};
use crate::report::Report;
use crate::session::Session;
use crate::source::{self, RecordSource};
use crate::workspace::{Step, Workspace};

fn in_record(path: &str) -> String {
    format!("record/{path}")
}

/// The closed election, verified by this machine: nothing is taken from another's word.
fn closed(session: &mut Session<'_>, workspace: &Workspace) -> Result<ClosedElection> {
    let manifest = draft::read_frozen(workspace)?;
    if session.clock.now() < manifest.reception_end() {
        return Err(too_early(manifest.reception_end()));
    }
    workspace.read(ballot_box::HASH, "box export")?;
    workspace.read(&in_record(record::PARTICIPATION), "box participation")?;
    source::closed(session, &RecordSource::new(workspace))
}

/// Verifies the closed election, N1.3 included, and adds its ballots up.
///
/// # Errors
/// If reception has not ended, something is missing, or a check does not hold.
pub fn aggregate(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let closed = closed(session, workspace)?;
    let path = in_record(record::AGGREGATES);
    workspace.write_or_same(&path, &closed.aggregates.to_bytes())?;
    let step = Step::by_operator(session, "count aggregate")?
        .input(ballot_box::HASH)
        .input(in_record(record::PARTICIPATION))
        .output(&path)
        .note("groups", closed.aggregates.groups.len());
    let step = session.attendance(step)?;
    let already = workspace.finish(session, step)?;
    Ok(with_groups(Report::new("count aggregate", already), workspace, &closed.aggregates)?
        .with("file", workspace.path(&path).display()))
}

/// What the custodians compare aloud before anyone decrypts: the closing of the board, and
/// the sums.
fn with_groups(report: Report, workspace: &Workspace, aggregates: &Aggregates) -> Result<Report> {
    let (size, root) = ballot_box::closing(workspace)?;
    let report = report
        .with("election_id", aggregates.election_id)
        .with("ballots", size)
        .with("root", root)
        .with("aggregates", hex(&escrutinio_core::hash::sha256(&[&aggregates.to_bytes()])));
    Ok(aggregates.groups.iter().fold(report, |report, group| {
        report.with("group", format!("{}/{}: {}", group.contest, group.unit, group.sum.ballots))
    }))
}

/// A custodian's partial decryption. The tool verifies the closed election and computes the
/// aggregates itself; it refuses any others, and for one election never decrypts two.
///
/// # Errors
/// As [`aggregate`]; if the aggregates in the record are not the computed ones, or others
/// were decrypted before.
pub fn decrypt(session: &mut Session<'_>, workspace: &Workspace, secret: &Path) -> Result<Report> {
    let path = in_record(record::AGGREGATES);
    let recorded = workspace.read(&path, "count aggregate")?;
    let ClosedElection { election, aggregates, .. } = closed(session, workspace)?;
    let computed = aggregates.to_bytes();
    if recorded != computed {
        return Err(refused("error.aggregates", &[("path", &path)]));
    }
    let holder = Holder::open(session, &election.manifest, secret)?;
    lottery::require_drawn(workspace, &election.manifest, &election.election_id, holder.index)?;
    let transcript: escrutinio_core::keygen::KeyTranscript =
        workspace.decode(&in_record(record::KEY_TRANSCRIPT), "key trial")?;
    let setup = *ceremony::of(&election.manifest, transcript.ceremony)?.setup_id();
    let share = read_share(&holder, &setup)?;
    refuse_other_sums(workspace, &election, &aggregates, holder.index)?;
    note_sums(&holder, &setup, &aggregates)?;
    let out = in_record(&record::partial(holder.index.get()));
    if !workspace.has(&out) {
        let partial = PartialDecryption::decrypt(&aggregates, &share, &holder.person.key, session.rng);
        workspace.write_new(&out, &partial.to_bytes())?;
    }
    let step =
        Step::by_person(&holder.person, "count decrypt").input(&path).output(&out).note("custodian", holder.index);
    let already = workspace.finish(session, step)?;
    Ok(with_groups(Report::new("count decrypt", already), workspace, &aggregates)?
        .with("custodian", holder.index)
        .with("file", workspace.path(&out).display())
        .with("sha256", workspace.hash(&out)?))
}

/// One share decrypts one list of sums of one election, ever, and texts of no other closing. The
/// note is on the disk before the first decryption exists.
pub(super) fn note_sums(holder: &Holder, setup: &SetupId, aggregates: &Aggregates) -> Result<()> {
    let hash = hex(&escrutinio_core::hash::sha256(&[&aggregates.to_bytes()]));
    holder.journal.note_once(&format!("decrypt:{setup}"), &format!("{}:{hash}", aggregates.election_id))
}

/// Combines the partial decryptions that hold. The others are named and put aside: the
/// record holds valid ones only.
///
/// # Errors
/// If fewer than the threshold hold, or what they open is no count.
pub fn combine(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let ClosedElection { election, aggregates, .. } = closed(session, workspace)?;
    let path = in_record(record::AGGREGATES);
    if workspace.read(&path, "count aggregate")? != aggregates.to_bytes() {
        return Err(refused("error.aggregates", &[("path", &path)]));
    }
    let mut report = Report::new("count combine", false);
    let mut valid = Vec::new();
    for number in 1..=CustodianIndex::MAX {
        let path = in_record(&record::partial(number));
        if !workspace.has(&path) {
            continue;
        }
        match check_partial(workspace, &election, &aggregates, &path, number)? {
            Ok(partial) => valid.push(partial),
            Err(why) => {
                session.say("say.bad_partial", &[("path", &path), ("why", &why)]);
                put_aside(session, workspace, &path, number, &why)?;
                report = report.with("left_out", format!("{number}: {why}"));
            }
        }
    }
    let needed = election.keys.threshold;
    if valid.len() < needed {
        return Err(out_of_order("error.partials", &[("present", &valid.len()), ("needed", &needed)]));
    }
    let results = decrypt::open(&aggregates, needed, &valid).map_err(|why| refused("error.open", &[("why", &why)]))?;
    let out = in_record(record::RESULTS);
    workspace.write_or_same(&out, &results.to_bytes())?;
    let mut step = Step::by_operator(session, "count combine")?.input(&path).output(&out);
    for partial in &valid {
        step = step.input(in_record(&record::partial(partial.index.get())));
    }
    report.already = workspace.finish(session, step)?;
    for partial in &valid {
        report = report.with("custodian", partial.index);
    }
    report = report.with("file", workspace.path(&out).display()).with("sha256", workspace.hash(&out)?);
    report.listing = Some(listing(&election.manifest, &aggregates, &results));
    Ok(report)
}

/// Another custodian's partial decryption that does not hold for these sums may be one of
/// other sums: two lists of sums that differ by one ballot would open it.
pub(super) fn refuse_other_sums(
    workspace: &Workspace,
    election: &escrutinio_core::verify::Election,
    aggregates: &Aggregates,
    own: CustodianIndex,
) -> Result<()> {
    for number in (1..=CustodianIndex::MAX).filter(|number| *number != own.get()) {
        let path = in_record(&record::partial(number));
        if workspace.has(&path)
            && let Err(why) = check_partial(workspace, election, aggregates, &path, number)?
        {
            return Err(refused("error.other_sums", &[("path", &path), ("why", &why)]));
        }
    }
    Ok(())
}

fn check_partial(
    workspace: &Workspace,
    election: &escrutinio_core::verify::Election,
    aggregates: &Aggregates,
    path: &str,
    number: u32,
) -> Result<core::result::Result<PartialDecryption, String>> {
    let bytes = workspace.read(path, "count decrypt")?;
    let partial = match PartialDecryption::decode(&bytes, aggregates) {
        Ok(partial) => partial,
        Err(why) => return Ok(Err(why.to_string())),
    };
    if partial.index.get() != number || partial.election_id != aggregates.election_id {
        return Ok(Err(format!("custodian {}", partial.index)));
    }
    let verdict = match (election.custodian_key(partial.index), election.keys.public_share(partial.index)) {
        (Some(key), Some(share)) => partial
            .verify_signature(key)
            .map_err(|why| why.to_string())
            .and_then(|()| partial.verify_proofs(aggregates, share).map_err(|why| why.to_string())),
        _ => Err(format!("custodian {}", partial.index)),
    };
    Ok(verdict.map(|()| partial))
}

fn put_aside(session: &mut Session<'_>, workspace: &Workspace, path: &str, number: u32, why: &str) -> Result<()> {
    let aside = (1u32..)
        .map(|attempt| format!("refused/partial-{number:02}-{attempt}.bin"))
        .find(|aside| !workspace.has(aside))
        .unwrap_or_default();
    let (from, to) = (workspace.path(path), workspace.path(&aside));
    let folder = workspace.path("refused");
    fs::create_dir_all(&folder).map_err(|error| Error::file(&folder, &error))?;
    fs::rename(&from, &to).map_err(|error| Error::file(&from, &error))?;
    let step = Step::by_operator(session, "count refuse")?.output(&aside).note("custodian", number).note("why", why);
    workspace.finish(session, step).map(|_| ())
}

/// Results per group, for the screen of the session before any acta is printed (R-TAL-12).
fn listing(manifest: &escrutinio_core::manifest::Manifest, aggregates: &Aggregates, results: &Results) -> String {
    let mut text = String::new();
    for (group, counts) in aggregates.groups.iter().zip(&results.groups) {
        let contest = manifest.contest(group.contest).map_or("", |contest| contest.name.as_str());
        let unit = usize::try_from(group.unit).ok().and_then(|unit| manifest.units.get(unit));
        text.push_str(&format!("{contest} / {}: {}\n", unit.map_or("", |unit| unit.name.as_str()), group.sum.ballots));
        for (option, count) in (0u32..).zip(counts) {
            let name = manifest.option_name(group.contest, option).unwrap_or_default();
            text.push_str(&format!("{count:>10}  {name}\n"));
        }
    }
    text
}
