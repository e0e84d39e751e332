//! W: written-in texts, contest by contest.
//!
//! Of a contest's mixes two are held, 32 bytes a point: the rows that went in and those that came
//! out. The rows of the first are read from the board anew. Decryptions are held as far as they are
//! needed to open the texts.

mod chain;
mod files;
mod partials;

use alloc::format;
use alloc::vec::Vec;

use super::Check;
use super::context::{Context, End, Phase};
use super::report::ContestTexts;
use super::setup::Election;
use crate::group::Element;
use crate::ids::CustodianIndex;
use crate::manifest::WriteIn;
use crate::proof::ballot::ContestParameters;
use crate::proof::shuffle::ShuffleGenerators;
use crate::record::{self, Source};
use crate::tally::{Aggregates, Results};
use crate::writein::{Texts, report};

/// Which checks each step answers.
const MIXES: [Check; 4] = [Check::W2_1, Check::W2_2, Check::W2_3, Check::W2_4];
const PARTIALS: [Check; 3] = [Check::W3_1, Check::W3_2, Check::W3_3];
const TEXTS: [Check; 3] = [Check::W4_1, Check::W4_2, Check::W4_3];

/// How much was checked: the figures.
#[derive(Debug, Default)]
struct Figures {
    contests: usize,
    mixes: usize,
    rows: usize,
    partials: usize,
    texts: u64,
    names: usize,
}

/// A contest whose texts are in the record.
struct Opened<'a> {
    election: &'a Election,
    contest: u32,
    parameters: &'a ContestParameters,
    /// Its ballots.
    ballots: usize,
    /// Numbers of the mixes and partials in the record.
    mixes: Vec<u32>,
    partials: Vec<u32>,
}

impl Election {
    /// The custodian's public shares of the text keys of a contest.
    #[must_use]
    pub fn text_shares(&self, index: CustodianIndex, contest: u32) -> Option<&[Element]> {
        let shape = self.shapes.get(usize::try_from(contest).ok()?)?;
        let first = self.manifest.slots().options;
        self.keys.public_share(index)?.get(first..first.saturating_add(shape.texts))
    }
}

/// Ballots of a contest, and votes for its non-registered candidacies, all groups together.
#[must_use]
pub fn write_in_figures(election: &Election, aggregates: &Aggregates, results: &Results, contest: u32) -> (u64, u64) {
    let shape = usize::try_from(contest).ok().and_then(|contest| election.shapes.get(contest));
    let option = shape.and_then(|shape| shape.write_in).and_then(|option| usize::try_from(option).ok());
    let of_contest = aggregates.groups.iter().zip(&results.groups).filter(|(group, _)| group.contest == contest);
    of_contest.fold((0u64, 0u64), |(ballots, marked), (group, counts)| {
        let votes = option.and_then(|option| counts.get(option)).copied().unwrap_or(0);
        (ballots.saturating_add(group.sum.ballots), marked.saturating_add(votes))
    })
}

/// Checks W1.1 to W4.3.
pub(crate) fn writeins<S: Source>(
    ctx: &mut Context<'_, S>,
    election: &Election,
    aggregates: &Aggregates,
    results: &Results,
) -> Result<(), End<S::Error>> {
    let found = files::files(ctx, election)?;
    files::orders(ctx, election, &found)?;
    let opened: Vec<_> = found
        .iter()
        .filter(|files| files.texts)
        .filter_map(|files| {
            let place = usize::try_from(files.contest).ok()?;
            let (ballots, marked) = write_in_figures(election, aggregates, results, files.contest);
            let opened = Opened {
                election,
                contest: files.contest,
                parameters: election.parameters.get(place)?,
                ballots: usize::try_from(ballots).ok()?,
                mixes: files.mixes.clone(),
                partials: files.partials.clone(),
            };
            Some((opened, marked))
        })
        .collect();
    let steps = |(opened, _): &(Opened<'_>, u64)| {
        let passes = opened.mixes.len().saturating_add(opened.partials.len());
        u64::try_from(opened.ballots.saturating_mul(passes)).unwrap_or(u64::MAX)
    };
    if !opened.is_empty() {
        ctx.progress.start(Phase::Texts, opened.iter().map(steps).fold(0, u64::saturating_add));
    }
    let longest = opened.iter().map(|(opened, _)| opened.ballots).max().unwrap_or(0);
    let generators = ShuffleGenerators::new(u32::try_from(longest).unwrap_or(u32::MAX));
    let mut figures = Figures::default();
    let mut reports = Vec::new();
    for (contest, marked) in &opened {
        match contest_texts(ctx, contest, *marked, &generators, &mut figures) {
            Ok(texts) => reports.push((contest.contest, contest.mixes.len(), texts)),
            // Another contest may fail an earlier check.
            Err(End::Stop) => {}
            Err(End::Source(error)) => return Err(End::Source(error)),
        }
    }
    answer(ctx, &figures)?;
    ctx.report.texts = found
        .iter()
        .map(|files| {
            let report = reports.iter().find(|(contest, ..)| *contest == files.contest);
            match (files.policy, report) {
                (_, Some((_, mixes, texts))) => ContestTexts::Disclosed { mixes: *mixes, texts: texts.clone() },
                (WriteIn::None, _) => ContestTexts::None,
                (WriteIn::CountOnly, _) => ContestTexts::CountOnly,
                _ if files.order.is_some() => ContestTexts::Reserved,
                _ => ContestTexts::Sealed,
            }
        })
        .collect();
    Ok(())
}

/// W2, W3 and W4 of one contest. Whatever is found of W2 and W3 is noted before the contest is left.
fn contest_texts<S: Source>(
    ctx: &mut Context<'_, S>,
    opened: &Opened<'_>,
    marked: u64,
    generators: &ShuffleGenerators,
    figures: &mut Figures,
) -> Result<Texts, End<S::Error>> {
    let rows = chain::chain(ctx, opened, generators)?;
    let points = partials::open(ctx, opened, &rows)?;
    let election = opened.election;
    let recomputed = report(
        election.election_id,
        opened.contest,
        marked,
        election.manifest.min_group.into(),
        points.iter().map(Vec::as_slice),
    );
    let path = record::texts(opened.contest);
    let published: Texts = ctx.object(&path, Check::W4_1)?;
    if published.election_id != election.election_id || published.contest != opened.contest {
        return Ok(ctx.report.stop(Check::W4_1, format!("{path}: of another election or contest; publisher"))?);
    }
    judge(ctx, &path, &recomputed, &published)?;
    figures.contests = figures.contests.saturating_add(1);
    figures.mixes = figures.mixes.saturating_add(opened.mixes.len());
    figures.rows = figures.rows.saturating_add(rows.len());
    figures.partials = figures.partials.saturating_add(opened.partials.len());
    figures.texts = figures.texts.saturating_add(published.texts);
    figures.names = figures.names.saturating_add(published.names.len());
    Ok(published)
}

/// W4.2 and W4.3.
fn judge<S: Source>(
    ctx: &mut Context<'_, S>,
    path: &str,
    recomputed: &Texts,
    published: &Texts,
) -> Result<(), End<S::Error>> {
    if recomputed.texts > recomputed.marked {
        let (texts, marked) = (recomputed.texts, recomputed.marked);
        return Ok(ctx.report.stop(Check::W4_2, format!("{path}: {texts} texts, {marked} votes; ceremony"))?);
    }
    if recomputed != published {
        return Ok(ctx.report.stop(Check::W4_3, format!("{path}: not what was decrypted; publisher"))?);
    }
    Ok(())
}

fn answer<S: Source>(ctx: &mut Context<'_, S>, figures: &Figures) -> Result<(), End<S::Error>> {
    let Figures { contests, mixes, rows, partials, texts, names } = figures;
    let none = *contests == 0 && !ctx.report.failed(&MIXES) && !ctx.report.failed(&PARTIALS);
    let say = |figure| if none { "no texts in this record".into() } else { figure };
    for (check, figure) in MIXES.into_iter().chain(PARTIALS).chain(TEXTS).zip([
        format!("{mixes} mixes of {contests} contests"),
        format!("{mixes} signatures"),
        format!("{rows} rows"),
        format!("{mixes} shuffles"),
        format!("{partials} partials"),
        format!("{partials} signatures"),
        format!("{partials} proofs"),
        format!("{contests} reports"),
        format!("{texts} texts"),
        format!("{names} names"),
    ]) {
        ctx.report.hold(check, say(figure));
        ctx.report.require(&[check])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
