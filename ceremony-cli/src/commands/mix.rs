//! Credential mixes, and the lists that come out of the last one.
//!
//! Whoever mixes, lists or seals recomputes everything before: halves, pools, every earlier mix. An
//! unverified list is never raised to a secret power.

use std::path::Path;

use escrutinio_core::credential::{CredentialLists, CredentialMix, HalfRole, RollRecord, mix_generators, pool};
use escrutinio_core::encoding::Encode;
use escrutinio_core::ids::CustodianIndex;
use escrutinio_core::manifest::ValidManifest;
use escrutinio_core::proof::shuffle::ShuffleGenerators;
use escrutinio_core::record::mix as mix_file;

use super::roll::{LISTS, read_halves, read_record, record_path};
use crate::custody::Holder;
use crate::draft;
use crate::error::{Result, out_of_order, refused};
use crate::report::Report;
use crate::session::Session;
use crate::ui::Ui;
use crate::workspace::{Step, Workspace};

/// The path of a mix.
pub(super) fn mix_path(number: u32) -> String {
    format!("record/{}", mix_file(number))
}

/// What lies there, verified.
pub(super) struct Chain {
    /// What came out of the last mix.
    pub(super) lists: CredentialLists,
    /// Who mixed, in order.
    pub(super) mixed: Vec<CustodianIndex>,
    generators: ShuffleGenerators,
}

/// Shows how many keys are done.
struct Steps {
    done: u64,
    all: u64,
}

impl Steps {
    /// For so many passes over all keys.
    fn new(lists: &CredentialLists, passes: u32) -> Self {
        let keys = lists.lists().iter().map(|list| list.keys().len()).fold(0, usize::saturating_add);
        Self { done: 0, all: u64::try_from(keys).unwrap_or(u64::MAX).saturating_mul(passes.into()) }
    }

    fn add(&mut self, ui: &mut dyn Ui, keys: usize) {
        self.done = self.done.saturating_add(u64::try_from(keys).unwrap_or(u64::MAX));
        ui.progress(self.done, self.all);
    }
}

fn bad(path: &str, why: &dyn core::fmt::Display) -> crate::error::Error {
    refused("error.mix", &[("path", &path), ("why", why)])
}

/// Reads halves and mixes and checks all of them (C1 to C4, of the mixes that are there).
pub(super) fn chain(
    session: &mut Session<'_>,
    workspace: &Workspace,
    manifest: &ValidManifest,
    record: &RollRecord,
) -> Result<Chain> {
    let registrar = read_halves(workspace, manifest, record, HalfRole::Registrar)?;
    let server = read_halves(workspace, manifest, record, HalfRole::Server)?;
    let lists = pool(&registrar, &server).map_err(|why| refused("error.pool", &[("why", &why)]))?;
    let there: Vec<u32> = (1..=99).filter(|number| workspace.has(mix_path(*number))).collect();
    let gap = (1..).zip(&there).find(|(number, found)| number != *found || *number > manifest.credential_mixes);
    if let Some((number, found)) = gap {
        let most = &manifest.credential_mixes;
        return Err(refused("error.mixes.place", &[("path", &mix_path(*found)), ("number", &number), ("most", most)]));
    }
    let mut chain = Chain { generators: mix_generators(&lists), lists, mixed: Vec::new() };
    let mut steps = Steps::new(&chain.lists, u32::try_from(there.len()).unwrap_or(u32::MAX));
    for number in there {
        let path = mix_path(number);
        let mix: CredentialMix = workspace.decode(&path, "roll mix")?;
        let custodian =
            usize::try_from(mix.index().get()).ok().and_then(|n| manifest.custodians.get(n.checked_sub(1)?));
        let custodian = custodian.filter(|_| !chain.mixed.contains(&mix.index()));
        let custodian = custodian.ok_or_else(|| refused("error.mix.who", &[("path", &path), ("who", &mix.index())]))?;
        mix.verify_signature(&custodian.key).map_err(|why| bad(&path, &why))?;
        let (rng, ui) = (&mut *session.rng, &mut *session.ui);
        mix.verify(&chain.lists, &manifest.lists, &chain.generators, rng, &mut |keys| steps.add(ui, keys))
            .map_err(|why| bad(&path, &why))?;
        chain.mixed.push(mix.index());
        chain.lists = mix.into_lists();
    }
    Ok(chain)
}

/// A custodian mixes what came out of the mix before, or the pools.
///
/// # Errors
/// If something before it does not hold, the manifest does not name the custodian, or all mixes are
/// made.
pub fn mix(session: &mut Session<'_>, workspace: &Workspace, secret: &Path) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let record = read_record(workspace, &manifest)?;
    let holder = Holder::open(session, &manifest, secret)?;
    let chain = chain(session, workspace, &manifest, &record)?;
    let place = chain.mixed.iter().position(|index| *index == holder.index);
    // Nobody mixes twice: who has mixed is told what came of it.
    let number = place.map_or(chain.mixed.len(), |place| place).saturating_add(1);
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let path = mix_path(number);
    if place.is_none() {
        if number > manifest.credential_mixes {
            return Err(out_of_order("error.mixes.made", &[("most", &manifest.credential_mixes)]));
        }
        let signer = (holder.index, &holder.person.key);
        let mut steps = Steps::new(&chain.lists, 1);
        let (rng, ui) = (&mut *session.rng, &mut *session.ui);
        let mut done = |keys| steps.add(ui, keys);
        let mix = CredentialMix::make(&chain.lists, &manifest.lists, &chain.generators, signer, rng, &mut done)
            .map_err(|why| bad(&path, &why))?;
        workspace.write_new(&path, &mix.to_bytes())?;
    }
    let mut step = Step::by_person(&holder.person, "roll mix");
    step = match number.checked_sub(1) {
        Some(before) if before > 0 => step.input(mix_path(before)),
        _ => step.input(record_path(HalfRole::Registrar)).input(record_path(HalfRole::Server)),
    };
    let step = step.output(&path).note("custodian", holder.index).note("roll_id", record.roll_id());
    let already = workspace.finish(session, step)?;
    Ok(Report::new("roll mix", already)
        .with("roll_id", record.roll_id())
        .with("custodian", holder.index)
        .with("mix", format!("{number} / {}", manifest.credential_mixes))
        .with("file", workspace.path(&path).display())
        .with("sha256", workspace.hash(&path)?))
}

/// Writes the credential lists: what came out of the last mix.
///
/// # Errors
/// If something before them does not hold, or mixes are missing.
pub fn list(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let record = read_record(workspace, &manifest)?;
    let lists = complete(session, workspace, &manifest, &record)?;
    workspace.write_or_same(LISTS, &lists.to_bytes())?;
    let mut step = Step::by_operator(session, "roll list")?
        .input(record_path(HalfRole::Registrar))
        .input(record_path(HalfRole::Server))
        .output(LISTS)
        .note("mixes", lists.mixes());
    for number in 1..=lists.mixes() {
        step = step.input(mix_path(number));
    }
    let already = workspace.finish(session, step)?;
    let mixes: [(&'static str, &dyn core::fmt::Display); 2] =
        [("mixes", &lists.mixes()), ("threshold", &manifest.threshold)];
    match lists.mixes() {
        0 => session.say("say.mixes.none", &[]),
        few if few < manifest.threshold => session.say("say.mixes.few", &mixes),
        _ => session.say("say.mixes.enough", &mixes),
    }
    let mut report = Report::new("roll list", already)
        .with("roll_id", record.roll_id())
        .with("file", workspace.path(LISTS).display())
        .with("sha256", workspace.hash(LISTS)?)
        .with("mixes", lists.mixes());
    for (number, list) in lists.lists().iter().enumerate() {
        report = report.with("list", format!("{number}: {}", list.keys().len()));
    }
    Ok(report)
}

/// What came out of the last mix, once all are made.
///
/// # Errors
/// If something does not hold, or mixes are missing.
pub(super) fn complete(
    session: &mut Session<'_>,
    workspace: &Workspace,
    manifest: &ValidManifest,
    record: &RollRecord,
) -> Result<CredentialLists> {
    let chain = chain(session, workspace, manifest, record)?;
    let (present, needed) = (chain.lists.mixes(), manifest.credential_mixes);
    if present < needed {
        return Err(out_of_order("error.mixes.missing", &[("present", &present), ("needed", &needed)]));
    }
    Ok(chain.lists)
}
