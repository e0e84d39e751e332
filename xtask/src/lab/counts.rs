//! What the databases hold, asked beside the server.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row};

use super::house::House;
use super::postgres::Cluster;
use crate::shell::Failure;

/// Rows of three tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) marks: usize,
    pub(crate) ballots: usize,
    pub(crate) intents: usize,
}

/// Counts marks, ballots and intents.
pub(crate) async fn count(house: &House) -> Result<Counts, Failure> {
    if house.clusters.is_empty() { of_files(&house.first()?.data()).await } else { of_clusters(&house.clusters) }
}

/// Of the clusters of roll and box.
pub(crate) fn of_clusters(clusters: &[Cluster]) -> Result<Counts, Failure> {
    let [roll, ballots] = clusters else { return Err(Failure::new("a roll and a box are two clusters")) };
    let ask = |cluster: &Cluster, table: &str| -> Result<usize, Failure> {
        let text = cluster.query(&format!("SELECT count(*) FROM {table}"))?;
        text.trim().parse().map_err(|_| Failure::new(format!("not a number: {text}")))
    };
    Ok(Counts { marks: ask(roll, "marks")?, ballots: ask(ballots, "ballots")?, intents: ask(roll, "intents")? })
}

/// Of the files in a data folder.
pub(crate) async fn of_files(data: &Path) -> Result<Counts, Failure> {
    let marks = rows(&data.join("roll.db"), "SELECT count(*) FROM marks").await?;
    let ballots = rows(&data.join("box.db"), "SELECT count(*) FROM ballots").await?;
    let intents = rows(&data.join("roll.db"), "SELECT count(*) FROM intents").await?;
    Ok(Counts { marks, ballots, intents })
}

async fn rows(file: &Path, sql: &'static str) -> Result<usize, Failure> {
    let bad = |why: sqlx::Error| Failure::new(format!("SQLite: {why}"));
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection = options.connect().await.map_err(bad)?;
    let row = sqlx::query(sql).fetch_one(&mut connection).await.map_err(bad)?;
    let rows: i64 = row.try_get(0).map_err(bad)?;
    connection.close().await.map_err(bad)?;
    Ok(usize::try_from(rows).unwrap_or(0))
}
