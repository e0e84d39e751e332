//! Orders that a database tells whoever asks it: rows in the order of their numbers, transactions.

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection};

use std::path::Path;

use super::carve::{Wanted, several};
use super::statistics::Claim;
use crate::lab::postgres::Cluster;
use crate::shell::Failure;

fn bad(error: &sqlx::Error) -> Failure {
    Failure::new(format!("SQLite: {error}"))
}

/// Opens a database that needs not outlast the machine.
pub(crate) async fn open(path: &Path) -> Result<SqliteConnection, Failure> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    options.synchronous(SqliteSynchronous::Off).connect().await.map_err(|error| bad(&error))
}

/// Every claim of the rows of an SQLite database.
pub(crate) async fn sqlite(path: &Path, wanted: &Wanted) -> Result<Vec<(String, Claim)>, Failure> {
    let mut connection = open(path).await?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let listed = sqlx::query("SELECT name, sql FROM sqlite_schema WHERE type = 'table'");
    let tables = listed.fetch_all(&mut connection).await.map_err(|error| bad(&error))?;
    let mut claims = Vec::new();
    for table in tables {
        let name: String = table.try_get(0).map_err(|error| bad(&error))?;
        let sql: String = table.try_get(1).map_err(|error| bad(&error))?;
        let order = if sql.to_uppercase().contains("WITHOUT ROWID") { "" } else { " ORDER BY rowid" };
        let columns = columns(&mut connection, &name).await?;
        let text = format!("SELECT {} FROM \"{name}\"{order}", columns.join(", "));
        let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(&mut connection).await.map_err(|error| bad(&error))?;
        let rows: Vec<Vec<u8>> = rows.iter().map(joined).collect();
        claims.extend(by_row(&format!("{file}: rows of {name}"), &rows, wanted));
    }
    Ok(claims)
}

async fn columns(connection: &mut SqliteConnection, table: &str) -> Result<Vec<String>, Failure> {
    let listed = sqlx::query("SELECT name FROM pragma_table_info($1)").bind(table.to_owned());
    let rows = listed.fetch_all(connection).await.map_err(|error| bad(&error))?;
    rows.iter()
        .map(|row| row.try_get::<String, _>(0).map(|name| format!("CAST(\"{name}\" AS BLOB)")).map_err(|e| bad(&e)))
        .collect()
}

fn joined(row: &SqliteRow) -> Vec<u8> {
    let mut bytes = Vec::new();
    for column in 0..row.len() {
        bytes.extend(row.try_get::<Option<Vec<u8>>, _>(column).ok().flatten().unwrap_or_default());
        bytes.push(0);
    }
    bytes
}

fn by_row(name: &str, rows: &[Vec<u8>], wanted: &Wanted) -> Vec<(String, Claim)> {
    let mut keys = vec![None; wanted.count];
    let mut beside = vec![None; wanted.count];
    for (number, row) in (0u64..).zip(rows) {
        let voter = wanted.voters.find(row).first().map(|hit| hit.thing);
        for hit in wanted.ballots.find(row) {
            if let Some(key) = keys.get_mut(hit.thing) {
                *key = key.or(Some(number));
            }
            if let Some(beside) = beside.get_mut(hit.thing) {
                *beside = beside.or(voter);
            }
        }
    }
    if !several(&keys) {
        return Vec::new();
    }
    let mut claims = vec![(name.to_owned(), Claim::Order(keys))];
    if beside.iter().any(Option::is_some) {
        claims.push((format!("{name}: voter in the row"), Claim::Beside(beside)));
    }
    claims
}

/// Every claim of the rows of a PostgreSQL database: by place, and by the transaction that wrote them.
pub(crate) fn postgres(cluster: &Cluster, role: &str, wanted: &Wanted) -> Result<Vec<(String, Claim)>, Failure> {
    let tables = cluster.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")?;
    let mut claims = Vec::new();
    for table in tables.lines().filter(|name| !name.is_empty()) {
        let text =
            cluster.query(&format!("SELECT t.xmin::text::bigint, t::text FROM \"{table}\" t ORDER BY t.ctid"))?;
        let row = |line: &str| -> (u64, Vec<u8>) {
            let (transaction, row) = line.split_once('\t').unwrap_or(("", line));
            (transaction.parse().unwrap_or(0), with_bytes(row))
        };
        let mut rows: Vec<(u64, Vec<u8>)> = text.lines().map(row).collect();
        for what in ["place", "transaction"] {
            let bytes: Vec<Vec<u8>> = rows.iter().map(|(_, row)| row.clone()).collect();
            claims.extend(by_row(&format!("{role}: {table} by {what}"), &bytes, wanted));
            rows.sort_by_key(|(transaction, _)| *transaction);
        }
    }
    Ok(claims)
}

/// A row as text, and after it what it says in hexadecimal, as bytes.
pub(crate) fn with_bytes(row: &str) -> Vec<u8> {
    let mut bytes = row.as_bytes().to_vec();
    for piece in row.split("\\x").skip(1) {
        let digits: Vec<u8> =
            piece.chars().map_while(|c| c.to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
        bytes.push(0);
        bytes.extend(digits.as_chunks::<2>().0.iter().map(|[high, low]| (high << 4) | low));
    }
    bytes
}
