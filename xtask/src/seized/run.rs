//! All runs, all tricks, and the verdict.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use escrutinio_core::manifest::SecondFactor;
use escrutinio_sealed::{Kind, sealed};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::Plan;
use super::scene::{self, Manner, Seizure};
use super::stage::Stage;
use super::statistics::{Claim, MATCHES, Tally, Truth};
use super::wanted::of_board;
use super::{carve, controls, tables};
use crate::lab::counts::{self, Counts};
use crate::lab::election::{Election, Scale};
use crate::lab::postgres::Cluster;
use crate::lab::site::KEYS;
use crate::load::figures::bar;
use crate::shell::{Failure, Outcome};

/// Voters of the positive controls.
const CONTROLS: usize = 200;
/// Lines of a report.
const SHOWN: usize = 12;

/// Scores by moment and trick.
type Tallies = BTreeMap<(&'static str, String), Tally>;

/// An election whose ballots leave in some eight epochs, and one in which all leave at the close: that is fixed with the
/// opening.
type Stages = [Stage; 2];

/// One series of votes.
#[derive(Debug, Default)]
struct Series {
    tallies: Tallies,
    /// Requests, intents and marks without a ballot that were in flight at the seizures.
    asking: usize,
    intents: usize,
    ahead: usize,
}

pub(super) async fn run(plan: &Plan) -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let mut rng = ChaCha20Rng::seed_from_u64(plan.seed);
    controls::run(&folder.path().join("controls"), CONTROLS, &mut rng).await?;
    if plan.runs == 0 {
        return Ok(());
    }
    let scale = Scale { voters: plan.voters, contests: 1, min_group: 10, factor: SecondFactor::Totp, witnesses: 0 };
    let election = Arc::new(Election::make(&folder.path().join("election"), scale, plan.seed)?);
    for postgres in plan.databases() {
        let here = folder.path().join(if postgres { "postgresql" } else { "sqlite" });
        let some = (1, (plan.voters / 8).max(1));
        let mut stages = [
            Stage::set(&election, &here.join("in-epochs"), postgres, some, &mut rng).await?,
            Stage::set(&election, &here.join("at-the-close"), postgres, (0, 4096), &mut rng).await?,
        ];
        for manner in [Manner::Serial, Manner::Concurrent] {
            let title = format!("{}, {} voting", if postgres { "PostgreSQL" } else { "SQLite" }, manner.name());
            judge(&title, &mut stages, &here, plan, manner, &mut rng).await?;
        }
    }
    Ok(())
}

async fn judge(
    title: &str,
    stages: &mut Stages,
    folder: &Path,
    plan: &Plan,
    manner: Manner,
    rng: &mut ChaCha20Rng,
) -> Outcome {
    let series = votes(title, stages, folder, plan, manner, rng).await?;
    let suspects = report(title, &series, plan);
    if suspects.is_empty() {
        return Ok(());
    }
    println!("   {} farther from guessing than one would be: once more, with fresh votes", suspects.len());
    let second = votes(title, stages, folder, plan, manner, rng).await?;
    let again = report(&format!("{title}, again"), &second, plan);
    let guilty: Vec<String> = suspects
        .into_iter()
        .filter(|suspect| again.contains(suspect))
        .map(|(moment, trick)| format!("{moment}: {trick}"))
        .collect();
    if guilty.is_empty() {
        println!("   none of them again: it was chance");
        return Ok(());
    }
    Err(Failure::new(format!("{title}: voters are matched with ballots:\n{}", guilty.join("\n"))))
}

async fn votes(
    title: &str,
    stages: &mut Stages,
    folder: &Path,
    plan: &Plan,
    manner: Manner,
    rng: &mut ChaCha20Rng,
) -> Result<Series, Failure> {
    let mut series = Series::default();
    let (started, progress) = (Instant::now(), bar(plan.runs.into(), "votes"));
    for number in 1..=plan.runs {
        let [in_epochs, at_the_close] = &mut *stages;
        let stage = if number % 2 == 0 { at_the_close } else { in_epochs };
        let copies = folder.join("copies");
        let seizure = scene::play(stage, &copies, manner, rng).await?;
        look(stage, &seizure, &mut series, rng).await?;
        std::fs::remove_dir_all(&copies).map_err(|error| Failure::file(&copies, &error))?;
        progress.inc(1);
    }
    progress.finish_and_clear();
    println!("\n   {title}: {} votes of {} voters, {:.0} s", plan.runs, plan.voters, started.elapsed().as_secs_f64());
    Ok(series)
}

/// Every trick at every moment.
async fn look(stage: &Stage, seizure: &Seizure, series: &mut Series, rng: &mut ChaCha20Rng) -> Outcome {
    // The passwords are given away: everything but the box key opens.
    let keys = opened(&seizure.after.join("data/keys.sealed"))?;
    let shapes = &stage.election.record.election.shapes;
    let wanted = of_board(&seizure.board, shapes, &seizure.voters, &keys)?;
    let all = &seizure.all;
    for (moment, apart, folder, truth) in
        [("during", "in flight", &seizure.during, &seizure.early), ("after", "in flight, after", &seizure.after, all)]
    {
        let (claims, counts) = claims(folder, &wanted, stage).await?;
        score(&mut series.tallies, moment, truth, &claims, rng);
        if !seizure.in_flight.ballots.is_empty() {
            score(&mut series.tallies, apart, &seizure.in_flight, &claims, rng);
        }
        if moment == "during" {
            series.asking = series.asking.saturating_add(seizure.in_flight.ballots.len());
            series.intents = series.intents.saturating_add(counts.intents);
            series.ahead = series.ahead.saturating_add(counts.marks.saturating_sub(counts.ballots));
        }
    }
    Ok(())
}

fn score(
    tallies: &mut Tallies,
    moment: &'static str,
    truth: &Truth,
    claims: &[(String, Claim)],
    rng: &mut ChaCha20Rng,
) {
    for (name, claim) in claims {
        let score = truth.score(claim, rng);
        // Of these ballots it says nothing.
        if score.found == 0 {
            continue;
        }
        tallies.entry((moment, name.clone())).or_default().add(score, truth.ballots.len());
    }
}

/// Every claim, and what the databases hold. Files first: opening a database changes it.
async fn claims(
    folder: &Path,
    wanted: &carve::Wanted,
    stage: &Stage,
) -> Result<(Vec<(String, Claim)>, Counts), Failure> {
    let mut claims = carve::claims(folder, wanted, Some(stage.raised()))?;
    if stage.house.clusters.is_empty() {
        let data = folder.join("data");
        for file in ["roll.db", "box.db"] {
            claims.extend(tables::sqlite(&data.join(file), wanted).await?);
        }
        return Ok((claims, counts::of_files(&data).await?));
    }
    let mut copies = Vec::new();
    for cluster in &stage.house.clusters {
        let name = cluster.folder().file_name().unwrap_or_default();
        let copy = Cluster::adopt(&folder.join(name), cluster)?;
        claims.extend(tables::postgres(&copy, &name.to_string_lossy(), wanted)?);
        copies.push(copy);
    }
    let counts = counts::of_clusters(&copies)?;
    copies.iter().try_for_each(Cluster::kill)?;
    Ok((claims, counts))
}

/// The keys that are left in `keys.sealed`, each by itself.
fn opened(path: &Path) -> Result<Vec<[u8; 32]>, Failure> {
    let content = sealed::read(path, Kind::ServerKeys, KEYS).map_err(|why| Failure::new(why.to_string()))?;
    let keys: Vec<[u8; 32]> = content.as_chunks::<32>().0.to_vec();
    match keys.as_slice() {
        [_, _, last] if *last == [0; 32] => Ok(keys),
        _ => Err(Failure::new("the box key is still there")),
    }
}

/// Shows the tricks that came farthest; the answer is those that came too far.
fn report(title: &str, series: &Series, plan: &Plan) -> Vec<(&'static str, String)> {
    println!(
        "   in flight at the seizures: {} requests without an answer, {} intents, {} marks whose ballot is not in the box yet",
        series.asking, series.intents, series.ahead,
    );
    let mut lines: Vec<(&(&'static str, String), &Tally)> = series.tallies.iter().collect();
    lines.sort_by(|(_, a), (_, b)| b.distance().total_cmp(&a.distance()));
    let mut moments: Vec<&str> = lines.iter().map(|((moment, _), _)| *moment).collect();
    moments.sort_unstable();
    moments.dedup();
    for moment in moments {
        let here = lines.iter().filter(|((at, _), _)| *at == moment);
        println!("   {moment}: {} tricks found something", here.count());
    }
    println!(
        "   {:<16} {:>6} {:>7} {:>7} {:>6} {:>6}  trick, the farthest first",
        "moment", "found", "right", "chance", "sigma", "order",
    );
    let mut told: Vec<(&str, [u64; 2])> = Vec::new();
    for ((moment, name), tally) in &lines {
        // Many tricks say the same.
        let same = (*moment, [tally.right().to_bits(), tally.correlation().to_bits()]);
        if !plan.every && (told.contains(&same) || told.len() >= SHOWN) {
            continue;
        }
        told.push(same);
        println!(
            "   {moment:<16} {:>5.0}% {:>7.2} {:>7.2} {:>6.2} {:>6.2}  {name}",
            tally.found() * 100.0,
            tally.right(),
            tally.guessed(),
            tally.excess(),
            tally.correlation(),
        );
    }
    let suspects = lines.into_iter().filter(|(_, tally)| !tally.is_chance()).map(|(name, _)| name.clone());
    let suspects: Vec<_> = suspects.collect();
    if suspects.is_empty() {
        println!("   {title}: what every trick matches is within {MATCHES} standard deviations of guessing");
    }
    suspects
}
