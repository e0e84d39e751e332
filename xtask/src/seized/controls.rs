//! Positive controls: every trick against a schema that it must break.

use std::path::{Path, PathBuf};

use escrutinio_core::board::leaf_hash;
use escrutinio_core::hash::sha256;
use rand_core::Rng;

use super::carve::{self, Wanted};
use super::needles::Words;
use super::statistics::{Claim, Truth};
use super::wanted::{VoterMarks, of_voters};
use super::{naive, tables};
use crate::lab::postgres::{Cluster, programs};
use crate::shell::{Failure, Outcome};

/// Casts that came one after the other, and the board that they make: sorted by hash.
struct Scene {
    casts: Vec<Vec<u8>>,
    accounts: Vec<i64>,
    truth: Truth,
    wanted: Wanted,
}

fn scene(count: usize, rng: &mut impl Rng) -> Scene {
    let casts: Vec<Vec<u8>> = (0..count)
        .map(|_| {
            let mut cast = vec![0u8; 1588];
            rng.fill_bytes(&mut cast);
            cast
        })
        .collect();
    let accounts: Vec<i64> =
        casts.iter().map(|_| i64::from_le_bytes(rng.next_u64().to_le_bytes()) & i64::MAX).collect();
    let mut sorted: Vec<(usize, [u8; 32])> = casts.iter().map(|cast| leaf_hash(cast)).enumerate().collect();
    sorted.sort_unstable_by_key(|(_, hash)| *hash);
    let mut ballots = vec![(0, 0); count];
    for (place, (voter, _)) in sorted.iter().enumerate() {
        if let Some(ballot) = ballots.get_mut(*voter) {
            *ballot = (*voter, place);
        }
    }
    let mut needles = Words::default();
    for (place, (voter, hash)) in sorted.iter().enumerate() {
        let Some(cast) = casts.get(*voter) else { continue };
        needles.add_spelled(place, 0, hash);
        needles.add_spelled(place, 1, cast.get(84..116).unwrap_or_default());
        needles.add_spelled(place, 2, &sha256(&[cast]));
    }
    let marks: Vec<VoterMarks> =
        accounts.iter().map(|account| VoterMarks { account: *account, ..VoterMarks::default() }).collect();
    let wanted = Wanted { ballots: needles.needles(), count, voters: of_voters(&marks).needles() };
    Scene { casts, accounts, truth: Truth { ballots, epochs: vec![count], left: None }, wanted }
}

/// The best that claims of a trick reach, and the name of that claim.
fn best(scene: &Scene, trick: &str, claims: &[(String, Claim)], rng: &mut impl Rng) -> (usize, String) {
    let of_trick = claims.iter().filter(|(name, _)| name.contains(trick));
    of_trick.map(|(name, claim)| (scene.truth.score(claim, rng).right, name.clone())).max().unwrap_or_default()
}

/// Writes every naive schema and breaks it.
pub(crate) async fn run(folder: &Path, count: usize, rng: &mut impl Rng) -> Outcome {
    let scene = scene(count, rng);
    let at = |name: &str| -> Result<PathBuf, Failure> {
        let path = folder.join(name);
        std::fs::create_dir_all(&path).map_err(|error| Failure::file(&path, &error))?;
        Ok(path)
    };
    println!("   positive controls, {count} voters: what each trick finds where it should");

    let here = at("row-numbers")?;
    naive::row_numbers(&here, &scene.casts).await?;
    expect("rows with numbers", "rows of", &scene, &tables::sqlite(&here.join("urn.db"), &scene.wanted).await?, rng)?;
    let claims = carve::claims(&here, &scene.wanted, None)?;
    expect("rows that fill a page from its end", "pages of 4096", &scene, &claims, rng)?;

    let here = at("overflow-pages")?;
    naive::overflow_pages(&here, &scene.casts).await?;
    expect("pages that are appended", "first offset", &scene, &carve::claims(&here, &scene.wanted, None)?, rng)?;

    let here = at("write-ahead-log")?;
    let open = naive::write_ahead_log(&here, &scene.casts).await?;
    expect("a write-ahead log", "urn.db-wal", &scene, &carve::claims(&here, &scene.wanted, None)?, rng)?;
    drop(open);

    let pairs: Vec<_> = scene.casts.iter().cloned().zip(scene.accounts.iter().copied()).collect();
    let here = at("open-tags")?;
    naive::open_tags(&here, &pairs, |cast| sha256(&[cast]).to_vec()).await?;
    let claims = tables::sqlite(&here.join("urn.db"), &scene.wanted).await?;
    expect("tags without a key, in a voter's row", "voter in the row", &scene, &claims, rng)?;

    let here = at("journal")?;
    naive::journal(&here, &pairs)?;
    expect("a journal by hash", "voters after ballots", &scene, &carve::claims(&here, &scene.wanted, None)?, rng)?;

    let here = at("access-log")?;
    naive::access_log(&here, &scene.casts)?;
    expect("an access log", "last offset", &scene, &carve::claims(&here, &scene.wanted, None)?, rng)?;

    let here = at("single-files")?;
    naive::single_files(&here, &scene.casts)?;
    expect("files of their own", "times of files", &scene, &carve::claims(&here, &scene.wanted, None)?, rng)?;

    if programs().is_some() {
        on_postgres(&folder.join("postgresql"), &scene, rng)?;
    } else {
        println!("   PostgreSQL is not installed: its controls are left out");
    }
    nothing(&at("nothing")?, &scene, rng).await
}

fn on_postgres(folder: &Path, scene: &Scene, rng: &mut impl Rng) -> Outcome {
    let cluster = Cluster::create(folder, "naive")?;
    naive::transactions(&cluster, &scene.casts)?;
    let claims = tables::postgres(&cluster, "naive", &scene.wanted)?;
    expect("transaction numbers", "urn by transaction", scene, &claims, rng)?;
    expect("rows in their places", "heap by place", scene, &claims, rng)?;
    cluster.stop()?;
    let claims = carve::claims(cluster.folder(), &scene.wanted, None)?;
    expect("PostgreSQL's log", "pg_wal", scene, &claims, rng)?;
    expect("pages of PostgreSQL", "pages of 8192", scene, &claims, rng)
}

/// Where there is nothing to be found, nothing is found.
async fn nothing(here: &Path, scene: &Scene, rng: &mut impl Rng) -> Outcome {
    naive::nothing(here, &scene.casts).await?;
    let mut claims = tables::sqlite(&here.join("urn.db"), &scene.wanted).await?;
    claims.extend(carve::claims(here, &scene.wanted, None)?);
    let (right, name) = best(scene, "", &claims, rng);
    println!("   {:<40} {right:>5} of {}  by {name}", "(hashes only, rewritten)", scene.casts.len());
    // More than ten fixed points of a random permutation: one time in ten millions.
    if claims.is_empty() || right > 10 {
        return Err(Failure::new(format!("{name} finds {right} where there is nothing to be found")));
    }
    Ok(())
}

fn expect(what: &str, trick: &str, scene: &Scene, claims: &[(String, Claim)], rng: &mut impl Rng) -> Outcome {
    let (right, name) = best(scene, trick, claims, rng);
    println!("   {what:<40} {right:>5} of {}  by {name}", scene.casts.len());
    if right == scene.casts.len() {
        return Ok(());
    }
    let all = scene.casts.len();
    Err(Failure::new(format!("{what}: the trick \"{trick}\" finds {right} of {all} in a schema made for it")))
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[tokio::test]
    async fn every_trick_finds_everybody_in_a_schema_made_for_it() {
        let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()));
        let mut rng = ChaCha20Rng::from_seed([11; 32]);
        let result = match &folder {
            Ok(folder) => run(folder.path(), 150, &mut rng).await,
            Err(_) => Err(Failure::new("no folder")),
        };
        assert!(result.is_ok(), "{result:?}");
    }
}
