//! The mixes and decryptions of one contest as they lie there, verified.

use std::fs;

use escrutinio_core::ids::CustodianIndex;
use escrutinio_core::proof::ballot::ContestParameters;
use escrutinio_core::proof::shuffle::ShuffleGenerators;
use escrutinio_core::record::{self, Source};
use escrutinio_core::verify::Election;
use escrutinio_core::writein::{Prints, Rows, TextMix, TextPartial};

use super::{Contest, Opening, RESERVED, everyone};
use crate::error::{Error, Result, out_of_order, refused};
use crate::session::Session;
use crate::source::RecordSource;
use crate::workspace::{Step, Workspace};

/// What came out of the last mix, and who mixed.
pub(super) struct Chain {
    pub(super) rows: Rows,
    pub(super) mixers: Vec<CustodianIndex>,
    pub(super) generators: ShuffleGenerators,
}

impl Chain {
    /// As many mixes as custodians decrypt.
    pub(super) fn require_quorum(&self, election: &Election) -> Result<()> {
        let (present, needed) = (self.mixers.len(), election.keys.threshold);
        if present >= needed {
            return Ok(());
        }
        Err(out_of_order("error.writein.mixes", &[("present", &present), ("needed", &needed)]))
    }
}

/// Number of the mix at a place in the chain.
pub(super) fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1)
}

/// What the ballots of a contest share.
pub(super) fn parameters<'a>(election: &'a Election, contest: &Contest) -> Result<&'a ContestParameters> {
    usize::try_from(contest.number)
        .ok()
        .and_then(|place| election.parameters.get(place))
        .ok_or_else(|| refused("error.writein.not_sealed", &[("contest", &contest.number)]))
}

/// Reads the board's rows and verifies every mix that is there (W2).
pub(super) fn read(
    session: &mut Session<'_>,
    workspace: &Workspace,
    opening: &Opening,
    contest: &Contest,
) -> Result<Chain> {
    let election = &opening.closed.election;
    let parameters = parameters(election, contest)?;
    let source = RecordSource::new(workspace);
    let io = |why: &std::io::Error| Error::file(&workspace.path("record"), why);
    let lengths: std::collections::BTreeMap<String, u64> =
        source.files().map_err(|why| io(&why))?.into_iter().collect();
    let size = opening.closed.aggregates.groups.iter().fold(0u64, |sum, group| sum.saturating_add(group.sum.ballots));
    let length = |path: &str| lengths.get(path).copied().unwrap_or(0);
    let rows = Rows::of_board(&source, length, size, contest.number, &parameters.shape);
    let mut rows = rows.map_err(|why| refused("error.bundle", &[("why", &why)]))?;
    let generators = ShuffleGenerators::new(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    let count = everyone().take_while(|number| workspace.has(mix_path(contest, *number))).count();
    let mut prints = (count > 0).then(|| Prints::of(&rows));
    let mut mixers = Vec::new();
    for place in 0..count {
        let number = number(place);
        let path = mix_path(contest, number);
        let bad = |why: &dyn core::fmt::Display| refused("error.writein.mix", &[("path", &path), ("why", why)]);
        let bytes = workspace.read(&path, "writein mix")?;
        let mix = TextMix::decode(&bytes, rows.len(), rows.texts()).map_err(|why| bad(&why))?;
        let ours = mix.election_id == election.election_id && mix.contest == contest.number && mix.number == number;
        let known = election.keys.public_share(mix.index).and_then(|_| election.custodian_key(mix.index));
        let key = known.filter(|_| ours && !mixers.contains(&mix.index)).ok_or_else(|| bad(&mix.index))?;
        mix.verify_signature(key).map_err(|why| bad(&why))?;
        let after = Prints::of(&mix.rows);
        if !prints.is_some_and(|before| before.are_gone_in(&after)) {
            return Err(bad(&"W2.3"));
        }
        mix.verify_proof(&rows, &parameters.text_keys, &generators, session.rng).map_err(|why| bad(&why))?;
        mixers.push(mix.index);
        (rows, prints) = (mix.rows, Some(after));
        let done = u64::from(number);
        session.ui.progress(done, u64::try_from(count).unwrap_or(done));
    }
    Ok(Chain { rows, mixers, generators })
}

fn mix_path(contest: &Contest, number: u32) -> String {
    contest.file(&record::text_mix(contest.number, number))
}

fn partial_path(contest: &Contest, index: u32) -> String {
    contest.file(&record::text_partial(contest.number, index))
}

/// Whether somebody has begun to decrypt: then no mix is added.
pub(super) fn decrypted(workspace: &Workspace, contest: &Contest) -> bool {
    everyone().any(|index| workspace.has(partial_path(contest, index)))
}

fn check(
    workspace: &Workspace,
    election: &Election,
    contest: &Contest,
    rows: &Rows,
    index: u32,
) -> Result<core::result::Result<TextPartial, String>> {
    let bytes = workspace.read(&partial_path(contest, index), "writein decrypt")?;
    let partial = match TextPartial::decode(&bytes, rows.len(), rows.texts()) {
        Ok(partial) => partial,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let ours = partial.election_id == election.election_id
        && partial.contest == contest.number
        && partial.index.get() == index;
    let known = election.custodian_key(partial.index).zip(election.text_shares(partial.index, contest.number));
    Ok(match known.filter(|_| ours) {
        None => Err(format!("custodian {}", partial.index)),
        Some((key, share)) => partial
            .verify_signature(key)
            .map_err(|why| why.to_string())
            .and_then(|()| partial.verify_proof(rows, share).map_err(|why| why.to_string()))
            .map(|()| partial),
    })
}

/// Another custodian's decryption that does not hold for these rows may be one of other rows.
pub(super) fn bad_partial(
    workspace: &Workspace,
    election: &Election,
    contest: &Contest,
    rows: &Rows,
    own: CustodianIndex,
) -> Result<Option<(String, String)>> {
    for index in everyone().filter(|index| *index != own.get()) {
        let path = partial_path(contest, index);
        if workspace.has(&path)
            && let Err(why) = check(workspace, election, contest, rows, index)?
        {
            return Ok(Some((path, why)));
        }
    }
    Ok(None)
}

/// The decryptions that hold, in order of their custodians; the others are put aside.
pub(super) fn partials(
    session: &mut Session<'_>,
    workspace: &Workspace,
    election: &Election,
    contest: &Contest,
    rows: &Rows,
) -> Result<Vec<TextPartial>> {
    let mut valid = Vec::new();
    for index in everyone() {
        let path = partial_path(contest, index);
        if !workspace.has(&path) {
            continue;
        }
        match check(workspace, election, contest, rows, index)? {
            Ok(partial) => valid.push(partial),
            Err(why) => {
                session.say("say.bad_partial", &[("path", &path), ("why", &why)]);
                put_aside(session, workspace, contest, &path, index, &why)?;
            }
        }
        session.ui.progress(index.into(), CustodianIndex::MAX.into());
    }
    Ok(valid)
}

fn put_aside(
    session: &mut Session<'_>,
    workspace: &Workspace,
    contest: &Contest,
    path: &str,
    index: u32,
    why: &str,
) -> Result<()> {
    // What is not public stays so.
    let kept = if contest.reserved() { RESERVED } else { "" };
    let aside = (1u32..)
        .map(|attempt| format!("{kept}refused/text-partial-{:03}-{index:02}-{attempt}.bin", contest.number))
        .find(|aside| !workspace.has(aside))
        .unwrap_or_default();
    let folder = workspace.path(format!("{kept}refused"));
    fs::create_dir_all(&folder).map_err(|error| Error::file(&folder, &error))?;
    let from = workspace.path(path);
    fs::rename(&from, workspace.path(&aside)).map_err(|error| Error::file(&from, &error))?;
    let step = Step::by_operator(session, "writein refuse")?.output(&aside).note("custodian", index).note("why", why);
    workspace.finish(session, step).map(|_| ())
}
