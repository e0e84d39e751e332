//! Positive controls: canaries where they do not belong are found.

use std::collections::BTreeSet;

use escrutinio_core::ids::hex;

use super::collect;
use super::flock::{Class, Watch};
use super::places::{Place, strays};
use crate::lab::house::House;
use crate::seized::tables;
use crate::shell::{Failure, Outcome};

/// Into the bytes of every kind of place one canary of every class that does not belong there, as it is and in hexadecimal.
pub(crate) fn everywhere(places: &[Place], watch: &Watch) -> Outcome {
    let (mut kinds, mut planted) = (BTreeSet::new(), 0usize);
    for place in places.iter().filter(|place| kinds.insert(place.kind.clone())) {
        let mut classes = BTreeSet::new();
        for (number, canary) in watch.canaries.iter().enumerate() {
            if place.kind.allowed().contains(&canary.class) || !classes.insert(canary.class) {
                continue;
            }
            for text in [canary.bytes.clone(), hex(&canary.bytes).into_bytes()] {
                if canary.class == Class::Code && text.len() != 6 {
                    continue;
                }
                let bytes = [place.bytes.as_slice(), b"\n<", &text, b">\n"].concat();
                if !strays(&Place::new(place.kind.clone(), "", bytes), watch).contains(&number) {
                    return Err(Failure::new(format!("{}: {} is not found there", place.name, canary.what)));
                }
                planted = planted.saturating_add(1);
            }
        }
    }
    println!("   let loose on purpose: {planted} canaries in {} kinds of places, all found", kinds.len());
    Ok(())
}

/// A row in each database and two files, read as everything else is.
pub(crate) async fn on_the_disk(house: &House, watch: &Watch) -> Outcome {
    let canary = watch.canaries.iter().find(|canary| canary.class == Class::Person);
    let canary = canary.ok_or_else(|| Failure::new("no canary"))?;
    let text = format!("x'{}'", hex(&canary.bytes));
    let site = house.first()?;
    if house.clusters.is_empty() {
        for file in ["roll.db", "box.db"] {
            let mut connection = tables::open(&site.data().join(file)).await?;
            let insert = sqlx::AssertSqlSafe(format!("INSERT INTO meta VALUES ('planted', {text})"));
            let done = sqlx::Executor::execute(&mut connection, insert).await;
            done.map_err(|error| Failure::new(format!("{file}: {error}")))?;
        }
    }
    for cluster in &house.clusters {
        cluster.start()?;
        cluster.query(&format!("INSERT INTO meta VALUES ('planted', '\\x{}')", hex(&canary.bytes)))?;
        // What a log of statements would have.
        cluster.query("CHECKPOINT")?;
    }
    let cells = collect::cells(house).await?;
    house.clusters.iter().try_for_each(crate::lab::postgres::Cluster::stop)?;
    let planted = site.data().join("planted");
    let write =
        |path: &std::path::Path, bytes: &[u8]| std::fs::write(path, bytes).map_err(|error| Failure::file(path, &error));
    write(&planted, &canary.bytes)?;
    write(&site.log(), &canary.bytes)?;
    let files = collect::files(house)?;
    let found = |places: &[Place], what: &str| {
        places.iter().filter(|at| at.name.contains(what)).any(|at| !strays(at, watch).is_empty())
    };
    let databases = if house.clusters.is_empty() { ["roll.db", "box.db"] } else { ["postgres-roll", "postgres-box"] };
    let cells_found = cells.iter().filter(|at| at.name.contains("meta.value") && !strays(at, watch).is_empty()).count();
    let in_files = ["file planted", "output of the server", databases[0], databases[1]];
    if cells_found != 2 || !in_files.iter().all(|what| found(&files, what)) {
        return Err(Failure::new("canaries that were put on the disk are not found"));
    }
    println!("   and a row in each database, found in its cell and in the files; a file; a line of the log");
    Ok(())
}
