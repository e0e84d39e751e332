//! What the databases hold, asked beside the server; and how a row is spoiled, for the test of the test.

use core::time::Duration;
use std::time::Instant;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, SqliteConnection};

use crate::lab::house::House;
use crate::shell::{Failure, Outcome};

/// An instance that died leaves its intents to the others: they let them stand for three seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Tags of the ballots' codes, accounts and contests of the marks; no intent stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) ballots: Vec<Vec<u8>>,
    pub(crate) marks: Vec<(i64, u32)>,
}

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Roll,
    Box,
}

/// Waits until the databases answer and no act is unfinished, and reads both.
pub(crate) async fn settled(house: &House) -> Result<Rows, Failure> {
    let give_up = Instant::now().checked_add(PATIENCE);
    loop {
        let why = match unfinished(house).await {
            // One that is killed may still have to recover while it is read.
            Ok(0) => match read(house).await {
                Ok(rows) => return Ok(rows),
                Err(why) => why,
            },
            Ok(intents) => Failure::new(format!("{intents} intents are never finished")),
            Err(why) => why,
        };
        if give_up.is_none_or(|give_up| Instant::now() > give_up) {
            return Err(why);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn unfinished(house: &House) -> Result<usize, Failure> {
    Ok(column(house, Side::Roll, "SELECT CAST(intent AS TEXT) FROM intents").await?.len())
}

async fn read(house: &House) -> Result<Rows, Failure> {
    let hex = if house.clusters.is_empty() { "lower(hex(code_tag))" } else { "encode(code_tag, 'hex')" };
    let ballots = column(house, Side::Box, &format!("SELECT {hex} FROM ballots")).await?;
    let marks = "SELECT CAST(account AS TEXT) || ' ' || CAST(contest AS TEXT) FROM marks";
    let marks = column(house, Side::Roll, marks).await?;
    let odd = |text: &String| Failure::new(format!("an odd row: {text}"));
    Ok(Rows {
        ballots: ballots.iter().map(|text| unhex(text).ok_or_else(|| odd(text))).collect::<Result<_, _>>()?,
        marks: marks.iter().map(|text| mark(text).ok_or_else(|| odd(text))).collect::<Result<_, _>>()?,
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

fn mark(text: &str) -> Option<(i64, u32)> {
    let (account, contest) = text.split_once(' ')?;
    Some((account.parse().ok()?, contest.parse().ok()?))
}

async fn sqlite(house: &House, side: Side, writes: bool) -> Result<SqliteConnection, Failure> {
    let file = match side {
        Side::Roll => "roll.db",
        Side::Box => "box.db",
    };
    let options = SqliteConnectOptions::new().filename(house.first()?.data().join(file)).read_only(!writes);
    options.connect().await.map_err(|why| bad(&why))
}

fn bad(why: &sqlx::Error) -> Failure {
    Failure::new(format!("SQLite: {why}"))
}

/// The texts of a query of one column.
async fn column(house: &House, side: Side, sql: &str) -> Result<Vec<String>, Failure> {
    if let [roll, ballots] = house.clusters.as_slice() {
        let text = if side == Side::Roll { roll } else { ballots }.query(sql)?;
        return Ok(text.lines().map(str::to_owned).collect());
    }
    let mut connection = sqlite(house, side, false).await?;
    let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.map_err(|why| bad(&why))?;
    let texts = rows.iter().map(|row| row.try_get(0).map_err(|why| bad(&why))).collect();
    connection.close().await.map_err(|why| bad(&why))?;
    texts
}

/// Changes a database behind the server's back.
pub(crate) async fn spoil(house: &House, side: Side, sql: &str) -> Outcome {
    if let [roll, ballots] = house.clusters.as_slice() {
        return if side == Side::Roll { roll } else { ballots }.query(sql).map(drop);
    }
    let mut connection = sqlite(house, side, true).await?;
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.map_err(|why| bad(&why))?;
    connection.close().await.map_err(|why| bad(&why))
}

/// Whoever may do anything takes the closed box's guard away.
pub(crate) async fn unguard(house: &House) -> Outcome {
    let sql = if house.clusters.is_empty() {
        "DROP TRIGGER ballots_closed_delete"
    } else {
        "ALTER TABLE ballots DISABLE TRIGGER ALL"
    };
    spoil(house, Side::Box, sql).await
}
