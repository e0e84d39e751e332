//! Everything that a run left anywhere, as places.

use std::path::Path;

use sqlx::{AssertSqlSafe, Row};

use super::places::{Kind, Place};
use crate::lab::house::House;
use crate::lab::postgres::Cluster;
use crate::lab::site::Site;
use crate::seized::carve::walk;
use crate::seized::tables;
use crate::shell::Failure;

/// Makes a kind of a column's name.
type OfColumn = fn(String) -> Kind;

/// Every cell of both databases.
pub(crate) async fn cells(house: &House) -> Result<Vec<Place>, Failure> {
    let (roll, ballots): (OfColumn, OfColumn) = (Kind::RollCell, Kind::BoxCell);
    if let [first, second] = house.clusters.as_slice() {
        return Ok([of_postgres(first, roll)?, of_postgres(second, ballots)?].concat());
    }
    let data = house.first()?.data();
    Ok([of_sqlite(&data.join("roll.db"), roll).await?, of_sqlite(&data.join("box.db"), ballots).await?].concat())
}

async fn of_sqlite(path: &Path, kind: OfColumn) -> Result<Vec<Place>, Failure> {
    let bad = |error: sqlx::Error| Failure::new(format!("{}: {error}", path.display()));
    let mut connection = tables::open(path).await?;
    let mut places = Vec::new();
    let listed = sqlx::query("SELECT name FROM sqlite_schema WHERE type = 'table'");
    for table in listed.fetch_all(&mut connection).await.map_err(bad)? {
        let table: String = table.try_get(0).map_err(bad)?;
        for column in sqlx::query("SELECT name FROM pragma_table_info($1)")
            .bind(table.clone())
            .fetch_all(&mut connection)
            .await
            .map_err(bad)?
        {
            let column: String = column.try_get(0).map_err(bad)?;
            let text = format!("SELECT CAST(\"{column}\" AS BLOB) FROM \"{table}\"");
            let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(&mut connection).await.map_err(bad)?;
            let name = format!("{table}.{column}");
            for (number, row) in rows.iter().enumerate() {
                let cell: Option<Vec<u8>> = row.try_get(0).map_err(bad)?;
                let what = format!("{} {name}, row {number}", path.display());
                places.push(Place::new(kind(name.clone()), what, cell.unwrap_or_default()));
            }
        }
    }
    sqlx::Connection::close(connection).await.map_err(bad)?;
    Ok(places)
}

fn of_postgres(cluster: &Cluster, kind: OfColumn) -> Result<Vec<Place>, Failure> {
    let columns = cluster.query(
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'",
    )?;
    let mut places = Vec::new();
    for name in columns.lines() {
        let Some((table, column)) = name.split_once('.') else { continue };
        let rows = cluster.query(&format!("SELECT \"{column}\"::text FROM \"{table}\""))?;
        for (number, row) in rows.lines().enumerate() {
            let what = format!("PostgreSQL {name}, line {number}");
            places.push(Place::new(kind(name.to_owned()), what, tables::with_bytes(row)));
        }
    }
    Ok(places)
}

/// Every file: databases with their logs, the instance's own, what programs said.
pub(crate) fn files(house: &House) -> Result<Vec<Place>, Failure> {
    let site = house.first()?;
    let mut places = Vec::new();
    let read = |path: &Path| std::fs::read(path).map_err(|error| Failure::file(path, &error));
    for path in walk(&site.data())? {
        let name = path.strip_prefix(site.data()).unwrap_or(&path).display().to_string();
        let kind = match name.as_str() {
            roll if roll.starts_with("roll.db") => Kind::RollFile,
            ballots if ballots.starts_with("box.db") => Kind::BoxFile,
            _ => Kind::OwnFile(name.clone()),
        };
        places.push(Place::new(kind, format!("file {name}"), read(&path)?));
    }
    for (cluster, kind) in house.clusters.iter().zip([Kind::RollFile, Kind::BoxFile]) {
        for path in walk(cluster.folder())? {
            let name = path.strip_prefix(house.folder()).unwrap_or(&path).display().to_string();
            let kind = if name.ends_with(".log") { Kind::Output } else { kind.clone() };
            places.push(Place::new(kind, format!("file {name}"), read(&path)?));
        }
    }
    places.push(Place::new(Kind::Output, "output of the server", read(&site.log())?));
    for path in walk(house.folder())?.into_iter().filter(|path| path.ends_with("witness.log")) {
        places.push(Place::new(Kind::Output, "output of a witness", read(&path)?));
    }
    Ok(places)
}

/// What anybody, or anybody on the machine, may ask for.
pub(crate) fn public(site: &Site) -> Result<Vec<Place>, Failure> {
    let asked = [
        (site.admin(), ["/metrics", "/healthz", "/readyz", "/desk", "/desk/components"].as_slice()),
        (
            site.url(),
            [
                "/api/v1/election",
                "/monitor",
                "/board/checkpoint",
                "/acts/checkpoint",
                "/acts/witnessed",
                "/openapi.json",
            ]
            .as_slice(),
        ),
    ];
    let mut places = Vec::new();
    for (base, paths) in asked {
        for path in paths {
            let answer = crate::lab::server::get(&base, path)?;
            places.push(Place::new(Kind::Public, format!("GET {path}"), answer.body));
        }
    }
    for path in ["/monitor", "/monitor.json"] {
        let answer = crate::lab::server::observe(&site.url(), path)?;
        if answer.status != 200 {
            return Err(Failure::new(format!("{path}: an observer is answered {}", answer.status)));
        }
        places.push(Place::new(Kind::Public, format!("GET {path} as an observer"), answer.body));
    }
    Ok(places)
}
