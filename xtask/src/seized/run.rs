//! All runs, all tricks, and the verdict.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use escrutinio_core::manifest::SecondFactor;
use escrutinio_sealed::{Kind, sealed};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::scene::{self, Manner, Seizure};
use super::statistics::{Claim, Tally, Truth};
use super::wanted::{VoterMarks, of_board};
use super::{carve, controls, tables};
use crate::lab::election::{Election, Scale};
use crate::lab::postgres::Cluster;
use crate::lab::site::KEYS;
use crate::shell::{Failure, Outcome};

/// Beyond so many standard deviations it is not chance.
const SIGMA: f64 = 3.0;
/// Voters of the positive controls.
const CONTROLS: usize = 200;

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) runs: u32,
    pub(crate) voters: u32,
    pub(crate) postgres: bool,
    pub(crate) seed: u64,
    pub(crate) only_controls: bool,
}

/// Scores by moment and trick.
type Tallies = BTreeMap<(&'static str, String), Tally>;

pub(crate) async fn run(plan: Plan) -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let mut rng = ChaCha20Rng::seed_from_u64(plan.seed);
    controls::run(&folder.path().join("controls"), CONTROLS, &mut rng).await?;
    if plan.only_controls {
        return Ok(());
    }
    let scale = Scale { voters: plan.voters, contests: 1, min_group: 10, factor: SecondFactor::Totp, witnesses: 0 };
    let election = Arc::new(Election::make(&folder.path().join("election"), scale, plan.seed)?);
    let mut bad = Vec::new();
    for manner in [Manner::Serial, Manner::Concurrent] {
        let first = rounds(&election, folder.path(), plan, manner, &mut rng).await?;
        let suspects = report(&first, manner, plan);
        if suspects.is_empty() {
            continue;
        }
        // One trick of many is beyond any limit by chance now and then. What is no chance comes again.
        println!("   {} beyond {SIGMA} sigma: the same once more, with fresh votes", suspects.len());
        let second = rounds(&election, folder.path(), plan, manner, &mut rng).await?;
        let again = report(&second, manner, plan);
        bad.extend(suspects.into_iter().filter(|suspect| again.contains(suspect)));
    }
    if bad.is_empty() {
        println!("   no trick finds more than guessing does");
        return Ok(());
    }
    let names: Vec<String> = bad.iter().map(|(moment, trick)| format!("{moment}: {trick}")).collect();
    Err(Failure::new(format!("voters are matched with ballots:\n{}", names.join("\n"))))
}

async fn rounds(
    election: &Arc<Election>,
    folder: &Path,
    plan: Plan,
    manner: Manner,
    rng: &mut ChaCha20Rng,
) -> Result<Tallies, Failure> {
    let mut tallies = Tallies::new();
    let started = Instant::now();
    for number in 1..=plan.runs {
        // Now in epochs, now all at the close.
        let epochs = if number % 2 == 0 { (0, 4096) } else { (1, 128) };
        let here = folder.join(format!("{}-{number}-{}", manner.name(), rand_core::Rng::next_u64(rng)));
        let seizure = scene::play(election, &here, manner, plan.postgres, epochs, rng).await?;
        look(election, &seizure, &mut tallies, rng).await?;
        println!(
            "   {} {number:>3} of {}: {} ballots, {} epochs; in flight at the seizure: {} intents, {} marks beyond ballots; {:.0} s",
            manner.name(),
            plan.runs,
            seizure.board.len(),
            seizure.truth.epochs.len(),
            seizure.in_flight.intents,
            seizure.in_flight.marks.saturating_sub(seizure.in_flight.ballots),
            started.elapsed().as_secs_f64(),
        );
        drop(seizure);
        std::fs::remove_dir_all(&here).map_err(|error| Failure::file(&here, &error))?;
    }
    Ok(tallies)
}

/// Every trick at every moment.
async fn look(election: &Election, seizure: &Seizure, tallies: &mut Tallies, rng: &mut ChaCha20Rng) -> Outcome {
    let shapes = &election.record.election.shapes;
    let all = &seizure.truth;
    let early = Truth {
        ballots: all.ballots.iter().take(seizure.halfway).copied().collect(),
        epochs: all.epochs.clone(),
    };
    let none = [[0u8; 32]];
    let plain = of_board(&seizure.board, shapes, &seizure.voters, &none)?;
    for (moment, folder, truth) in [("during", &seizure.during, &early), ("after", &seizure.after, all)] {
        let claims = claims(folder, &plain, seizure).await?;
        score(tallies, moment, truth, &claims, rng);
    }
    drop(plain);
    // The passwords are given away: everything but the box key opens.
    let keys = opened(&seizure.destroyed.join("data/keys.sealed"))?;
    let known = of_board(&seizure.board, shapes, &seizure.voters, &keys)?;
    let claims = claims(&seizure.destroyed, &known, seizure).await?;
    score(tallies, "destroyed", all, &claims, rng);
    Ok(())
}

fn score(tallies: &mut Tallies, moment: &'static str, truth: &Truth, claims: &[(String, Claim)], rng: &mut ChaCha20Rng) {
    for (name, claim) in claims {
        tallies.entry((moment, general(name))).or_default().add(truth.score(claim, rng), truth.ballots.len());
    }
    // Whoever has found nothing guesses: the line that the others are compared with.
    let nothing = Claim::Order(Vec::new());
    let guess = truth.score(&nothing, rng);
    tallies.entry((moment, "(guessing)".to_owned())).or_default().add(guess, truth.ballots.len());
}

/// Names of files differ from run to run by their numbers.
fn general(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        let c = if c.is_ascii_digit() { '#' } else { c };
        if !(c == '#' && out.ends_with('#')) {
            out.push(c);
        }
    }
    out
}

/// Files first: opening a database changes it.
async fn claims(folder: &Path, wanted: &carve::Wanted, seizure: &Seizure) -> Result<Vec<(String, Claim)>, Failure> {
    let mut claims = carve::claims(folder, wanted)?;
    for file in ["roll.db", "box.db"] {
        let path = folder.join("data").join(file);
        if path.exists() {
            claims.extend(tables::sqlite(&path, wanted).await?);
        }
    }
    for cluster in &seizure.house.clusters {
        let name = cluster.folder().file_name().unwrap_or_default();
        let copy = Cluster::adopt(&folder.join(name), cluster)?;
        claims.extend(tables::postgres(&copy, &name.to_string_lossy(), wanted)?);
    }
    Ok(claims)
}

/// The keys that are left in `keys.sealed`, each by itself.
fn opened(path: &Path) -> Result<Vec<[u8; 32]>, Failure> {
    let content = sealed::read(path, Kind::Keys, KEYS).map_err(|why| Failure::new(why.to_string()))?;
    let keys: Vec<[u8; 32]> = content.as_chunks::<32>().0.to_vec();
    match keys.as_slice() {
        [_, _, last] if *last == [0; 32] => Ok(keys),
        _ => Err(Failure::new("the box key is still there")),
    }
}

/// Shows every trick that found something; the answer is those that found too much.
fn report(tallies: &Tallies, manner: Manner, plan: Plan) -> Vec<(&'static str, String)> {
    println!("\n   {} voting, {} runs of {} voters", manner.name(), plan.runs, plan.voters);
    println!("   {:<10} {:>6} {:>7} {:>7} {:>6} {:>6}  trick", "moment", "found", "right", "guess", "sigma", "order");
    let mut suspects = Vec::new();
    for ((moment, name), tally) in tallies {
        println!(
            "   {moment:<10} {:>5.0}% {:>7.2} {:>7.2} {:>6.2} {:>6.2}  {name}",
            tally.found() * 100.0,
            tally.right(),
            tally.guessed(),
            tally.excess(),
            tally.correlation(),
        );
        if !tally.is_chance(SIGMA) {
            suspects.push((*moment, name.clone()));
        }
    }
    suspects
}

#[allow(dead_code, reason = "named in the documentation")]
type Marks = VoterMarks;
