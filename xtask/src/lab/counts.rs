//! What the databases hold, asked beside the server.

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
    if let [roll, ballots] = house.clusters.as_slice() {
        let ask = |cluster: &Cluster, table: &str| -> Result<usize, Failure> {
            let text = cluster.query(&format!("SELECT count(*) FROM {table}"))?;
            text.trim().parse().map_err(|_| Failure::new(format!("not a number: {text}")))
        };
        return Ok(Counts {
            marks: ask(roll, "marks")?,
            ballots: ask(ballots, "ballots")?,
            intents: ask(roll, "intents")?,
        });
    }
    let data = house.first()?.data();
    let bad = |why: sqlx::Error| Failure::new(format!("SQLite: {why}"));
    let mut counts = Vec::new();
    for (file, sql) in [
        ("roll.db", "SELECT count(*) FROM marks"),
        ("box.db", "SELECT count(*) FROM ballots"),
        ("roll.db", "SELECT count(*) FROM intents"),
    ] {
        let options = SqliteConnectOptions::new().filename(data.join(file)).read_only(true);
        let mut connection = options.connect().await.map_err(bad)?;
        let row = sqlx::query(sql).fetch_one(&mut connection).await.map_err(bad)?;
        let rows: i64 = row.try_get(0).map_err(bad)?;
        counts.push(usize::try_from(rows).unwrap_or(0));
        connection.close().await.map_err(bad)?;
    }
    let [marks, ballots, intents] = counts.as_slice() else { return Err(Failure::new("no counts")) };
    Ok(Counts { marks: *marks, ballots: *ballots, intents: *intents })
}
