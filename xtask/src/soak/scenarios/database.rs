//! The databases are gone, and are there again.

use super::{Scene, told};
use crate::lab::house::House;
use crate::lab::postgres::Cluster;
use crate::shell::{Failure, Outcome};

/// One cluster after the other stops; then each can only be read, as a standby that nobody has promoted.
pub(super) async fn gone_and_read_only() -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let mut scene = Scene::open(&folder.path().join("house"), &folder.path().join("election"), true).await?;
    scene.promised().await?;
    for (number, name) in ["roll", "box"].into_iter().enumerate() {
        on(&scene.house, number, Cluster::stop)?;
        let line = scene.refused_until("storage", name, |house| on(house, number, Cluster::start)).await?;
        told("database gone", &format!("refused, then taken; told: {line}"));

        on(&scene.house, number, |cluster| writable(cluster, false))?;
        let word = format!("{name} it is read-only");
        let line = scene.refused_until("storage", &word, |house| on(house, number, |it| writable(it, true))).await?;
        told("database read-only", &format!("refused, then taken; told: {line}"));
    }
    scene.intact(5).await?;
    scene.house.stop()
}

fn on(house: &House, number: usize, act: impl FnOnce(&Cluster) -> Outcome) -> Outcome {
    house.clusters.get(number).map_or_else(|| Err(Failure::new("no cluster")), act)
}

fn writable(cluster: &Cluster, yes: bool) -> Outcome {
    let value = if yes { "off" } else { "on" };
    cluster.query(&format!("ALTER SYSTEM SET default_transaction_read_only = {value}"))?;
    cluster.query("SELECT pg_reload_conf()")?;
    // Every session takes it over with its next transaction, once it has heard of it.
    std::thread::sleep(core::time::Duration::from_millis(300));
    Ok(())
}
