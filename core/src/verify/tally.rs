//! N, T and A: participation, aggregates, partial decryptions, results, actas.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::Check;
use super::ballots::Ballots;
use super::context::{Context, End};
use super::setup::Election;
use crate::acta::Acta;
use crate::decrypt::{PartialDecryption, is_count, opened_counts};
use crate::ids::CustodianIndex;
use crate::record::{self, Source};
use crate::tally::{Aggregates, Group, Participation, Results, Sum, group_units};

/// N: the roll side's numbers.
pub(crate) fn participation<S: Source>(
    ctx: &mut Context<'_, S>,
    election: &Election,
    ballots: &Ballots,
) -> Result<Participation, End<S::Error>> {
    let path = record::PARTICIPATION;
    let participation: Participation = ctx.object(path, Check::N1_1)?;
    if participation.election_id != election.election_id {
        return Ok(ctx.report.stop(Check::N1_1, format!("{path}: it is of another election; server"))?);
    }
    let lines: Vec<(u32, u32)> = participation.marked.iter().map(|m| (m.contest, m.list)).collect();
    if lines != election.participation_lines() {
        return Ok(ctx.report.stop(Check::N1_1, format!("{path}: not one line per contest and list; server"))?);
    }
    ctx.report.hold(Check::N1_1, format!("{} lines", lines.len()));
    let signed = participation.verify_signature(&election.manifest.server.key);
    let signed = signed.map_err(|error| format!("{error}; server"));
    ctx.decoded(path, Check::N1_2, signed)?;
    ctx.report.hold(Check::N1_2, election.manifest.server.name.clone());
    let end = election.manifest.reception_end();
    if participation.closed_at < end {
        return Ok(ctx.report.stop(Check::N1_3, format!("{path}: closed before the end of reception; server"))?);
    }
    let mut voters = 0u64;
    for line in &participation.marked {
        let cast = ballots.counts.get(&(line.contest, line.list)).copied().unwrap_or(0);
        if cast != line.voters {
            return Ok(ctx.report.stop(
                Check::N1_3,
                format!(
                    "{path}: contest {}, list {}: {} voters marked, {cast} ballots; server",
                    line.contest, line.list, line.voters
                ),
            )?);
        }
        voters = voters.saturating_add(line.voters);
    }
    ctx.report.hold(Check::N1_3, format!("{voters} voters marked, {voters} ballots"));
    Ok(participation)
}

/// The aggregates that the ballots give.
pub(crate) fn aggregate(election: &Election, ballots: &Ballots) -> Aggregates {
    let manifest = &election.manifest;
    let merge_into: Vec<Option<u32>> = manifest.units.iter().map(|unit| unit.merge_into).collect();
    let mut groups = Vec::new();
    for (contest, shape) in (0u32..).zip(&election.shapes) {
        let empty = Sum::empty(shape.options);
        let counting: BTreeMap<u32, u64> = manifest
            .lists
            .iter()
            .filter(|list| manifest.style_has(list.style, contest))
            .map(|list| (list.unit, ballots.sums.get(&(contest, list.unit)).map_or(0, |sum| sum.ballots)))
            .collect();
        for (unit, units) in group_units(&counting, &merge_into, manifest.min_group.into()) {
            let mut sum = empty.clone();
            for unit in &units {
                if let Some(part) = ballots.sums.get(&(contest, *unit)) {
                    sum.merge(part);
                }
            }
            groups.push(Group { contest, unit, units, sum });
        }
    }
    Aggregates { election_id: election.election_id, groups }
}

/// T1: the published aggregates are the recomputed ones.
pub(crate) fn aggregates<S: Source>(
    ctx: &mut Context<'_, S>,
    election: &Election,
    recomputed: &Aggregates,
) -> Result<(), End<S::Error>> {
    let path = record::AGGREGATES;
    let bytes = ctx.bytes(path, Check::T1_1)?;
    let published = ctx.decoded(path, Check::T1_1, Aggregates::decode(&bytes, &election.shapes))?;
    if published.election_id != election.election_id {
        return Ok(ctx.report.stop(Check::T1_1, format!("{path}: they are of another election; publisher"))?);
    }
    ctx.report.hold(Check::T1_1, format!("{} groups", published.groups.len()));
    if published.groups.len() != recomputed.groups.len() {
        let (found, expected) = (published.groups.len(), recomputed.groups.len());
        return Ok(ctx.report.stop(Check::T1_2, format!("{path}: {found} groups instead of {expected}; publisher"))?);
    }
    if let Some(group) = published.groups.iter().zip(&recomputed.groups).position(|(a, b)| a != b) {
        return Ok(ctx
            .report
            .stop(Check::T1_2, format!("{path}: group {group} is not the sum of its ballots; publisher"))?);
    }
    let ballots = recomputed.groups.iter().map(|group| group.sum.ballots).fold(0u64, u64::saturating_add);
    ctx.report.hold(Check::T1_2, format!("{ballots} ballots in {} groups", recomputed.groups.len()));
    Ok(())
}

/// T2: every partial decryption.
pub(crate) fn partials<S: Source>(
    ctx: &mut Context<'_, S>,
    election: &Election,
    aggregates: &Aggregates,
) -> Result<Vec<PartialDecryption>, End<S::Error>> {
    let mut partials = Vec::new();
    for number in ctx.numbered("tally/partial-", ".bin") {
        let path = record::partial(number);
        let bytes = ctx.bytes(&path, Check::T2_1)?;
        let decoded = PartialDecryption::decode(&bytes, aggregates);
        let blame = format!("custodian {number}");
        let partial = ctx.decoded(&path, Check::T2_1, decoded.map_err(|error| format!("{error}; {blame}")))?;
        let known = CustodianIndex::new(number).filter(|index| election.keys.public_share(*index).is_some());
        if partial.election_id != election.election_id || known != Some(partial.index) {
            return Ok(ctx.report.stop(Check::T2_1, format!("{path}: of another election or custodian; {blame}"))?);
        }
        partials.push(partial);
    }
    ctx.report.hold(Check::T2_1, format!("{} partials", partials.len()));
    for partial in &partials {
        let path = record::partial(partial.index.get());
        let signed = election
            .custodian_key(partial.index)
            .map_or(Err(crate::signature::BadSignature), |key| partial.verify_signature(key));
        let signed = signed.map_err(|error| format!("{error}; custodian {}", partial.index));
        ctx.decoded(&path, Check::T2_2, signed)?;
    }
    ctx.report.hold(Check::T2_2, format!("{} signatures", partials.len()));
    for partial in &partials {
        let path = record::partial(partial.index.get());
        let share = election.keys.public_share(partial.index).unwrap_or_default();
        ctx.decoded(&path, Check::T2_3, partial.verify_proofs(aggregates, share))?;
    }
    let proofs = partials.len().saturating_mul(aggregates.groups.len());
    ctx.report.hold(Check::T2_3, format!("{proofs} proofs"));
    let threshold = election.keys.threshold;
    if partials.len() < threshold {
        let found = partials.len();
        return Ok(ctx
            .report
            .stop(Check::T2_4, format!("tally: {found} partials of {threshold} needed; custodians"))?);
    }
    ctx.report.hold(Check::T2_4, format!("{} of {threshold} needed", partials.len()));
    Ok(partials)
}

/// T3: the results.
pub(crate) fn results<S: Source>(
    ctx: &mut Context<'_, S>,
    election: &Election,
    aggregates: &Aggregates,
    partials: &[PartialDecryption],
) -> Result<Results, End<S::Error>> {
    let path = record::RESULTS;
    let results: Results = ctx.object(path, Check::T3_1)?;
    let shaped = results.election_id == election.election_id
        && results.groups.len() == aggregates.groups.len()
        && results.groups.iter().zip(&aggregates.groups).all(|(counts, group)| {
            counts.len() == group.sum.b.len() && counts.iter().all(|count| *count <= group.sum.ballots)
        });
    if !shaped {
        return Ok(ctx.report.stop(Check::T3_1, format!("{path}: not one count per group and option; publisher"))?);
    }
    ctx.report.hold(Check::T3_1, format!("{} groups", results.groups.len()));
    let opened = opened_counts(aggregates, election.keys.threshold, partials);
    let opened = ctx.decoded(path, Check::T3_2, opened)?;
    let mut checked = 0usize;
    for (number, (counts, elements)) in results.groups.iter().zip(&opened).enumerate() {
        if let Some(option) = counts.iter().zip(elements).position(|(count, element)| !is_count(element, *count)) {
            return Ok(ctx.report.stop(
                Check::T3_2,
                format!("{path}: group {number}, option {option}: not what the aggregate holds; publisher"),
            )?);
        }
        checked = checked.saturating_add(counts.len());
    }
    ctx.report.hold(Check::T3_2, format!("{checked} counts"));
    for (number, (counts, group)) in results.groups.iter().zip(&aggregates.groups).enumerate() {
        let sum = counts.iter().fold(0u64, |sum, count| sum.saturating_add(*count));
        if sum != group.sum.ballots {
            let ballots = group.sum.ballots;
            return Ok(ctx
                .report
                .stop(Check::T3_3, format!("{path}: group {number}: {sum} votes, {ballots} ballots; publisher"))?);
        }
    }
    ctx.report.hold(Check::T3_3, format!("{} groups", results.groups.len()));
    Ok(results)
}

/// A: one acta per contest.
pub(crate) fn actas<S: Source>(
    ctx: &mut Context<'_, S>,
    election: &Election,
    aggregates: &Aggregates,
    results: &Results,
    participation: &Participation,
) -> Result<(), End<S::Error>> {
    let results_hash = results.hash();
    let contests = u32::try_from(election.shapes.len()).unwrap_or(u32::MAX);
    if ctx.numbered("acta/contest-", ".bin") != (0..contests).collect::<Vec<_>>() {
        return Ok(ctx.report.stop(Check::A1_1, "acta: not one per contest; board of the count".to_string())?);
    }
    let mut actas = Vec::new();
    for contest in 0..contests {
        let path = record::acta(contest);
        let acta: Acta = ctx.object(&path, Check::A1_1)?;
        let content = &acta.content;
        if content.election_id != election.election_id || content.contest != contest || content.results != results_hash
        {
            return Ok(ctx
                .report
                .stop(Check::A1_1, format!("{path}: of another election, contest or results; board of the count"))?);
        }
        actas.push((path, acta));
    }
    ctx.report.hold(Check::A1_1, format!("{} actas", actas.len()));
    let mut total = 0u64;
    for (path, acta) in &actas {
        let content = &acta.content;
        let expected = ActaFigures::of(content.contest, election, aggregates, results, participation);
        if content.votes != expected.votes {
            let option = content.votes.iter().zip(&expected.votes).position(|(a, b)| a != b).unwrap_or(0);
            return Ok(ctx
                .report
                .stop(Check::A1_2, format!("{path}: option {option} differs from the results; board of the count"))?);
        }
        let sum = expected.votes.iter().fold(0u64, |sum, votes| sum.saturating_add(*votes));
        if [content.total, content.voters_marked, expected.ballots, expected.marked].iter().any(|n| *n != sum) {
            return Ok(ctx.report.stop(
                Check::A1_2,
                format!(
                    "{path}: total {}, votes {sum}, ballots {}, voters {}; board of the count",
                    content.total, expected.ballots, content.voters_marked
                ),
            )?);
        }
        total = total.saturating_add(sum);
    }
    ctx.report.hold(Check::A1_2, format!("{total} votes = ballots = voters"));
    for (path, acta) in &actas {
        if acta.content.generated_at < election.manifest.reception_end() {
            return Ok(ctx
                .report
                .stop(Check::A1_3, format!("{path}: made before the end of reception; board of the count"))?);
        }
        for signature in &acta.signatures {
            let key = election
                .custodian_key(signature.index)
                .filter(|_| election.keys.public_share(signature.index).is_some());
            let verdict = key.map_or(Err(crate::signature::BadSignature), |key| acta.content.verify(signature, key));
            let verdict = verdict.map_err(|error| format!("{error}; custodian {}", signature.index));
            ctx.decoded(path, Check::A1_3, verdict)?;
        }
        if acta.signatures.len() < election.keys.threshold {
            let found = acta.signatures.len();
            return Ok(ctx.report.stop(
                Check::A1_3,
                format!("{path}: {found} signatures of {} needed; board of the count", election.keys.threshold),
            )?);
        }
    }
    let fewest = actas.iter().map(|(_, acta)| acta.signatures.len()).min().unwrap_or(0);
    ctx.report.hold(Check::A1_3, format!("{fewest} signatures at least"));
    Ok(())
}

/// The figures of one contest's acta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActaFigures {
    /// Votes per option, all groups together.
    pub votes: Vec<u64>,
    /// Ballots of the contest.
    pub ballots: u64,
    /// Voters marked for it.
    pub marked: u64,
}

impl ActaFigures {
    /// Adds up what the record holds for a contest.
    #[must_use]
    pub fn of(
        contest: u32,
        election: &Election,
        aggregates: &Aggregates,
        results: &Results,
        participation: &Participation,
    ) -> Self {
        let options = usize::try_from(contest).ok().and_then(|c| election.shapes.get(c)).map_or(0, |s| s.options);
        let mut votes = alloc::vec![0u64; options];
        let mut ballots = 0u64;
        for (group, counts) in aggregates.groups.iter().zip(&results.groups) {
            if group.contest == contest {
                ballots = ballots.saturating_add(group.sum.ballots);
                for (sum, count) in votes.iter_mut().zip(counts) {
                    *sum = sum.saturating_add(*count);
                }
            }
        }
        let marked = participation
            .marked
            .iter()
            .filter(|line| line.contest == contest)
            .fold(0u64, |sum, line| sum.saturating_add(line.voters));
        Self { votes, ballots, marked }
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::encoding::Encode;
    use crate::group::GENERATOR;
    use crate::testing::rehearsal::Rehearsal;
    use crate::testing::{Keys, small};

    /// Ballots that are proved to hold one mark each cannot give such sums, so no record is the
    /// first to fail here: the check is given sums that no ballots have.
    #[test]
    fn t3_3_a_vote_more_than_ballots() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let keys = Keys::new(2, 3);
        let mut rehearsal = Rehearsal::sealed(small(&keys, 3), keys, &[4], &mut rng);
        let ballots: Vec<_> = (0..4).map(|v| rehearsal.cast((0, v), 0, 1, None, &mut rng).to_bytes()).collect();
        rehearsal.close(ballots);
        let mut aggregates = rehearsal.aggregates();
        aggregates.groups[0].sum.b[0] += GENERATOR;
        rehearsal.count(&aggregates, &[1, 2], &mut rng);

        let mut silent = ();
        let mut ctx = Context::new(&rehearsal.files, &mut rng, &mut silent).unwrap();
        let election = rehearsal.election();
        let found = partials(&mut ctx, election, &aggregates).unwrap();
        assert!(matches!(results(&mut ctx, election, &aggregates, &found), Err(End::Stop)));
        let failed =
            ctx.report.checks().into_iter().find(|result| result.culprit.is_some() && result.figure == "failed");
        let failed = failed.map(|result| (result.check, result.culprit.unwrap_or_default()));
        let why = "tally/results.bin: group 0: 5 votes, 4 ballots; publisher";
        assert_eq!(failed, Some((Check::T3_3, why.to_string())));
    }
}
