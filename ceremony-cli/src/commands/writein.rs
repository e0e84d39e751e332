//! Written-in names: an order where texts are sealed, then mixes, decryptions, the report
//! (`spec/writeins.md`). What is ordered for named recipients never enters the public record:
//! it lies below `reserved/`, a whole edition of the record for each contest.

mod chain;
mod order;
mod page;
mod reserved;

use std::path::Path;

use escrutinio_core::encoding::Encode;
use escrutinio_core::hash::sha256;
use escrutinio_core::ids::{CustodianIndex, hex};
use escrutinio_core::manifest::WriteIn;
use escrutinio_core::record;
use escrutinio_core::tally::Results;
use escrutinio_core::verify::{ClosedElection, write_in_figures};
use escrutinio_core::writein::{MixPlace, TextMix, TextPartial, Texts, opened, report as count_names};

pub use order::{build as order, sign as sign_order};
pub(super) use reserved::FOLDER as RESERVED;
pub use reserved::editions;

use super::ballot_box::too_early;
use super::count;
use super::custodian::read_share;
use super::lottery;
use crate::ceremony;
use crate::custody::Holder;
use crate::draft;
use crate::error::{Result, out_of_order, refused};
use crate::files;
use crate::report::Report;
use crate::session::Session;
use crate::source::{self, RecordSource};
use crate::workspace::{Step, Workspace};

/// A contest whose texts are opened, and where its files go.
#[derive(Clone, Debug)]
struct Contest {
    number: u32,
    /// Root of the record that gets them: the public one, or that of the recipients.
    root: String,
    /// Where the views go, without their ending.
    views: String,
}

impl Contest {
    fn file(&self, path: &str) -> String {
        format!("{}/{path}", self.root)
    }

    fn reserved(&self) -> bool {
        self.root != "record"
    }
}

/// The election as this machine verified and counted it, and the contests whose texts are opened.
struct Opening {
    closed: ClosedElection,
    results: Results,
    contests: Vec<Contest>,
}

impl Opening {
    /// Ballots of a contest, and votes for its non-registered candidacies.
    fn figures(&self, contest: &Contest) -> (u64, u64) {
        write_in_figures(&self.closed.election, &self.closed.aggregates, &self.results, contest.number)
    }
}

/// Verifies the closed election, and finds what policies and orders open.
fn opening(session: &mut Session<'_>, workspace: &Workspace) -> Result<Opening> {
    let manifest = draft::read_frozen(workspace)?;
    if session.clock.now() < manifest.reception_end() {
        return Err(too_early(manifest.reception_end()));
    }
    let path = format!("record/{}", record::RESULTS);
    let results: Results = workspace.decode(&path, "count combine")?;
    let closed = source::closed(session, &RecordSource::new(workspace))?;
    // The closing whose totals were decrypted: two that differ by one ballot would open its text.
    let sums = format!("record/{}", record::AGGREGATES);
    if workspace.read(&sums, "count aggregate")? != closed.aggregates.to_bytes() {
        return Err(refused("error.aggregates", &[("path", &sums)]));
    }
    let fits =
        results.election_id == closed.election.election_id && results.groups.len() == closed.aggregates.groups.len();
    if !fits {
        return Err(refused("error.results", &[("path", &path)]));
    }
    let mut contests = Vec::new();
    for (number, contest) in (0u32..).zip(&manifest.contests) {
        let public = Contest { number, root: "record".into(), views: format!("writein/contest-{number:03}") };
        match contest.write_in {
            WriteIn::Disclose => contests.push(public),
            WriteIn::Sealed => match order::in_force(workspace, &closed.election, number)? {
                Some(order) if order.recipients.is_empty() => contests.push(public),
                Some(_) => contests.push(reserved::contest(number)),
                None => {}
            },
            _ => {}
        }
    }
    if contests.is_empty() {
        return Err(out_of_order("error.writein.none", &[]));
    }
    if contests.iter().any(Contest::reserved) {
        files::private_folder(&workspace.path(RESERVED))?;
    }
    Ok(Opening { closed, results, contests })
}

fn holder(session: &mut Session<'_>, opening: &Opening, secret: &Path) -> Result<Holder> {
    let holder = Holder::open(session, &opening.closed.election.manifest, secret)?;
    if opening.closed.election.keys.public_share(holder.index).is_none() {
        return Err(refused("error.custodian.unknown", &[("name", &holder.person.name)]));
    }
    Ok(holder)
}

/// A custodian mixes the texts of every contest that is opened, after verifying the mixes before.
/// A contest that this custodian mixed, or that is being decrypted, is left as it is.
///
/// # Errors
/// If nothing is opened, the closed election or a mix does not hold, or a file cannot be written.
pub fn mix(session: &mut Session<'_>, workspace: &Workspace, secret: &Path) -> Result<Report> {
    let opening = opening(session, workspace)?;
    let holder = holder(session, &opening, secret)?;
    let election = &opening.closed.election;
    let mut step = Step::by_person(&holder.person, "writein mix").note("custodian", holder.index);
    let mut report = Report::new("writein mix", false).with("custodian", holder.index);
    let mut made = false;
    for contest in &opening.contests {
        let chain = chain::read(session, workspace, &opening, contest)?;
        let own = chain.mixers.iter().position(|index| *index == holder.index);
        let path = match own {
            Some(place) => contest.file(&record::text_mix(contest.number, chain::number(place))),
            None if chain::decrypted(workspace, contest) => continue,
            None => {
                let number = chain::number(chain.mixers.len());
                let path = contest.file(&record::text_mix(contest.number, number));
                let parameters = chain::parameters(election, contest)?;
                let place = MixPlace {
                    election_id: election.election_id,
                    contest: contest.number,
                    number,
                    index: holder.index,
                };
                session.say("say.writein.mixing", &[("contest", &contest.number), ("rows", &chain.rows.len())]);
                let mix = TextMix::mix(
                    &place,
                    &chain.rows,
                    &parameters.text_keys,
                    &chain.generators,
                    &holder.person.key,
                    session.rng,
                )
                .map_err(|why| refused("error.writein.mix", &[("path", &path), ("why", &why)]))?;
                workspace.write_new(&path, &mix.to_bytes())?;
                made = true;
                path
            }
        };
        report = report.with("file", workspace.path(&path).display()).with("sha256", workspace.hash(&path)?);
        step = step.output(path);
    }
    let stood = workspace.finish(session, step)?;
    report.already = stood || !made && report.get("file").is_none();
    Ok(report)
}

/// A custodian decrypts the mixed texts of every contest that is opened. The tool verifies the
/// closed election, what opens the texts, and every mix itself; a share decrypts one list of rows for
/// a contest, ever.
///
/// # Errors
/// As [`mix`]; if a contest has fewer mixes than the threshold, or other rows were decrypted before,
/// by this custodian or another.
pub fn decrypt(session: &mut Session<'_>, workspace: &Workspace, secret: &Path) -> Result<Report> {
    let opening = opening(session, workspace)?;
    let holder = holder(session, &opening, secret)?;
    let election = &opening.closed.election;
    lottery::require_drawn(workspace, &election.manifest, &election.election_id, holder.index)?;
    let transcript: escrutinio_core::keygen::KeyTranscript =
        workspace.decode(&format!("record/{}", record::KEY_TRANSCRIPT), "key trial")?;
    let setup = *ceremony::of(&election.manifest, transcript.ceremony)?.setup_id();
    let share = read_share(&holder, &setup)?;
    count::refuse_other_sums(workspace, election, &opening.closed.aggregates, holder.index)?;
    count::note_sums(&holder, &setup, &opening.closed.aggregates)?;
    let first_slot = election.manifest.slots().options;
    let mut step = Step::by_person(&holder.person, "writein decrypt").note("custodian", holder.index);
    let mut report = Report::new("writein decrypt", false).with("custodian", holder.index);
    for contest in &opening.contests {
        let chain = chain::read(session, workspace, &opening, contest)?;
        chain.require_quorum(election)?;
        if let Some((path, why)) = chain::bad_partial(workspace, election, contest, &chain.rows, holder.index)? {
            return Err(refused("error.writein.other_rows", &[("path", &path), ("why", &why)]));
        }
        let last = contest.file(&record::text_mix(contest.number, chain::number(chain.mixers.len().saturating_sub(1))));
        let hash = workspace.hash(&last)?;
        // The note is on the disk before the first decryption exists.
        let subject = format!("texts:{setup}:{}", contest.number);
        holder.journal.note_once(&subject, &format!("{}:{hash}", election.election_id))?;
        let out = contest.file(&record::text_partial(contest.number, holder.index.get()));
        if !workspace.has(&out) {
            session.say("say.writein.decrypting", &[("contest", &contest.number), ("rows", &chain.rows.len())]);
            let partial = TextPartial::decrypt(
                election.election_id,
                contest.number,
                &chain.rows,
                (&share, first_slot),
                &holder.person.key,
                session.rng,
            );
            workspace.write_new(&out, &partial.to_bytes())?;
        }
        report = report
            .with("last_mix", format!("{}: {hash}", contest.number))
            .with("file", workspace.path(&out).display())
            .with("sha256", workspace.hash(&out)?);
        step = step.input(last).output(out);
    }
    report.already = workspace.finish(session, step)?;
    Ok(report)
}

/// Combines the decryptions that hold into the reports, writes them into their records and as views
/// beside them. Decryptions that do not hold are named and put aside.
///
/// # Errors
/// As [`mix`]; if fewer decryptions hold than the threshold.
pub fn report(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let opening = opening(session, workspace)?;
    let election = &opening.closed.election;
    let mut step = Step::by_operator(session, "writein report")?;
    let mut report = Report::new("writein report", false);
    let mut listing = String::new();
    for contest in &opening.contests {
        let chain = chain::read(session, workspace, &opening, contest)?;
        chain.require_quorum(election)?;
        let partials = chain::partials(session, workspace, election, contest, &chain.rows)?;
        let needed = election.keys.threshold;
        if partials.len() < needed {
            return Err(out_of_order("error.writein.partials", &[("present", &partials.len()), ("needed", &needed)]));
        }
        let points = opened(&chain.rows, needed, &partials).map_err(|why| refused("error.open", &[("why", &why)]))?;
        let (_, marked) = opening.figures(contest);
        let min_group = election.manifest.min_group.into();
        let texts =
            count_names(election.election_id, contest.number, marked, min_group, points.iter().map(Vec::as_slice));
        let path = contest.file(&record::texts(contest.number));
        workspace.write_or_same(&path, &texts.to_bytes())?;
        for partial in &partials {
            step = step.input(contest.file(&record::text_partial(contest.number, partial.index.get())));
        }
        let mut written = vec![path.clone()];
        for (ending, content) in views(session, election, contest, &texts)? {
            let view = format!("{}.{ending}", contest.views);
            workspace.write_or_same(&view, content.as_bytes())?;
            written.push(view);
        }
        report = report.with("file", workspace.path(&path).display());
        if contest.reserved() {
            // The names are for the recipients: not even the room hears them, nor gets a hash. So few
            // are the reports that there may be that their hashes would tell which it is.
            session.say("say.writein.reserved", &[("contest", &contest.number)]);
            step = step.note("reserved", contest.number);
        } else {
            report = report.with("sha256", workspace.hash(&path)?);
            step = written.into_iter().fold(step, Step::output);
            listing.push_str(&page::text(session.lang, &election.manifest, &texts));
        }
    }
    report.already = workspace.finish(session, step)?;
    report.listing = (!listing.is_empty()).then_some(listing);
    if workspace.has(format!("record/{}", record::SUMS)) {
        for edition in editions(session, workspace)? {
            report = report.with("edition", workspace.path(&edition).display());
        }
    }
    Ok(report)
}

fn views(
    session: &Session<'_>,
    election: &escrutinio_core::verify::Election,
    contest: &Contest,
    texts: &Texts,
) -> Result<[(&'static str, String); 3]> {
    let hash = hex(&sha256(&[&texts.to_bytes()]));
    let manifest = &election.manifest;
    Ok([
        ("json", page::json(manifest, texts, &hash, contest.reserved())),
        ("csv", page::csv(manifest, texts)?),
        ("html", page::html(session.lang, manifest, texts, &hash, contest.reserved())?),
    ])
}

/// Refuses to close a record that lacks the texts of a contest whose policy opens them.
///
/// # Errors
/// If one is missing.
pub fn require_texts(workspace: &Workspace) -> Result<()> {
    let manifest = draft::read_frozen(workspace)?;
    for (number, contest) in (0u32..).zip(&manifest.contests) {
        let order = format!("record/{}", record::text_order(number));
        let published = contest.write_in == WriteIn::Disclose
            || workspace.has(&order) && order::content(workspace, number)?.recipients.is_empty();
        if published {
            workspace.read(&format!("record/{}", record::texts(number)), "writein report")?;
        }
    }
    Ok(())
}

/// Numbers of custodians, as far as any election has them.
fn everyone() -> impl Iterator<Item = u32> {
    1..=CustodianIndex::MAX
}
