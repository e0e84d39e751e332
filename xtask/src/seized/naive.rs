//! What a server might have kept: schemas as they are often written. Each trick finds everybody
//! in one of them, or the test of the real server would say nothing.

use core::fmt::Write;
use std::path::Path;

use escrutinio_core::board::leaf_hash;
use escrutinio_core::ids::hex;
use sqlx::{AssertSqlSafe, Executor, SqliteConnection};

use super::tables;
use crate::lab::postgres::Cluster;
use crate::shell::Failure;

fn bad(error: &sqlx::Error) -> Failure {
    Failure::new(format!("SQLite: {error}"))
}

async fn run(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), Failure> {
    connection.execute(sql).await.map(drop).map_err(|error| bad(&error))
}

/// The urn as a table with row numbers, in a database that has been tidied up: only the rows' own
/// order is left.
pub(crate) async fn row_numbers(folder: &Path, casts: &[Vec<u8>]) -> Result<(), Failure> {
    let mut connection = tables::open(&folder.join("urn.db")).await?;
    run(&mut connection, "CREATE TABLE urn (ballot BLOB NOT NULL)").await?;
    for cast in casts {
        let insert = sqlx::query("INSERT INTO urn VALUES ($1)").bind(cast.clone());
        insert.execute(&mut connection).await.map_err(|error| bad(&error))?;
    }
    run(&mut connection, "VACUUM").await
}

/// Keys without order, but rows longer than a page: what does not fit is appended.
pub(crate) async fn overflow_pages(folder: &Path, casts: &[Vec<u8>]) -> Result<(), Failure> {
    let mut connection = tables::open(&folder.join("urn.db")).await?;
    run(&mut connection, "CREATE TABLE urn (hash BLOB PRIMARY KEY, ballot BLOB NOT NULL) WITHOUT ROWID").await?;
    for cast in casts {
        // The head stays in the tree; the ballot itself goes to pages of its own.
        let long = [vec![0u8; 4096], cast.clone()].concat();
        let insert = sqlx::query("INSERT INTO urn VALUES ($1, $2)").bind(leaf_hash(cast).to_vec()).bind(long);
        insert.execute(&mut connection).await.map_err(|error| bad(&error))?;
    }
    Ok(())
}

/// Keys without order and short rows, but the write-ahead log was not emptied.
pub(crate) async fn write_ahead_log(folder: &Path, casts: &[Vec<u8>]) -> Result<SqliteConnection, Failure> {
    let mut connection = tables::open(&folder.join("urn.db")).await?;
    run(&mut connection, "PRAGMA journal_mode = WAL").await?;
    run(&mut connection, "PRAGMA wal_autocheckpoint = 0").await?;
    run(&mut connection, "CREATE TABLE urn (hash BLOB PRIMARY KEY) WITHOUT ROWID").await?;
    for cast in casts {
        let insert = sqlx::query("INSERT INTO urn VALUES ($1)").bind(leaf_hash(cast).to_vec());
        insert.execute(&mut connection).await.map_err(|error| bad(&error))?;
    }
    // The caller keeps the connection: closing it would empty the log.
    Ok(connection)
}

/// Ballots sealed, but found by a tag that anybody can compute, beside the voter.
pub(crate) async fn open_tags(
    folder: &Path,
    casts: &[(Vec<u8>, i64)],
    tag: impl Fn(&[u8]) -> Vec<u8>,
) -> Result<(), Failure> {
    let mut connection = tables::open(&folder.join("urn.db")).await?;
    run(&mut connection, "CREATE TABLE urn (tag BLOB PRIMARY KEY, account INTEGER) WITHOUT ROWID").await?;
    for (cast, account) in casts {
        let insert = sqlx::query("INSERT INTO urn VALUES ($1, $2)").bind(tag(cast)).bind(*account);
        insert.execute(&mut connection).await.map_err(|error| bad(&error))?;
    }
    Ok(())
}

/// An access log with what was hashed and nothing else.
pub(crate) fn access_log(folder: &Path, casts: &[Vec<u8>]) -> Result<(), Failure> {
    let mut text = String::new();
    for cast in casts {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "POST /ballots 200 {}", hex(&leaf_hash(cast)));
    }
    let path = folder.join("access.log");
    std::fs::write(&path, text).map_err(|error| Failure::file(&path, &error))
}

/// A journal that was sorted, of who handed in what.
pub(crate) fn journal(folder: &Path, casts: &[(Vec<u8>, i64)]) -> Result<(), Failure> {
    let mut lines: Vec<String> = casts
        .iter()
        .map(|(cast, account)| format!("{} accepted from {account:020}\n", hex(&leaf_hash(cast))))
        .collect();
    lines.sort_unstable();
    let path = folder.join("journal");
    std::fs::write(&path, lines.concat()).map_err(|error| Failure::file(&path, &error))
}

/// A file a ballot, named by its hash.
pub(crate) fn single_files(folder: &Path, casts: &[Vec<u8>]) -> Result<(), Failure> {
    for cast in casts {
        let path = folder.join(hex(&leaf_hash(cast)));
        std::fs::write(&path, cast).map_err(|error| Failure::file(&path, &error))?;
        // A file system may keep time no finer than its own tick.
        std::thread::sleep(core::time::Duration::from_millis(12));
    }
    Ok(())
}

/// A table in the order of hashes, as rewritten by CLUSTER: the rows still say which transaction wrote them. And one as it grew.
pub(crate) fn transactions(cluster: &Cluster, casts: &[Vec<u8>]) -> Result<(), Failure> {
    cluster.query("CREATE TABLE urn (hash bytea PRIMARY KEY); CREATE TABLE heap (hash bytea)")?;
    // One call a piece; every statement of it is a transaction of its own, as it ends with COMMIT.
    let insert = |hash: String| {
        format!("INSERT INTO urn VALUES ('\\x{hash}'); COMMIT; INSERT INTO heap VALUES ('\\x{hash}'); COMMIT;")
    };
    let statements: Vec<String> = casts.iter().map(|cast| insert(hex(&leaf_hash(cast)))).collect();
    for piece in statements.chunks(200) {
        cluster.query(&piece.concat())?;
    }
    cluster.query("CLUSTER urn USING urn_pkey")?;
    cluster.query("CHECKPOINT").map(drop)
}

/// A database without order in its tables, kept small.
pub(crate) async fn nothing(folder: &Path, casts: &[Vec<u8>]) -> Result<(), Failure> {
    let mut connection = tables::open(&folder.join("urn.db")).await?;
    run(&mut connection, "CREATE TABLE urn (hash BLOB PRIMARY KEY) WITHOUT ROWID").await?;
    for cast in casts {
        let insert = sqlx::query(AssertSqlSafe("INSERT INTO urn VALUES ($1)")).bind(leaf_hash(cast).to_vec());
        insert.execute(&mut connection).await.map_err(|error| bad(&error))?;
    }
    run(&mut connection, "VACUUM").await
}
