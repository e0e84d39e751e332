//! How both databases come to their form, step by step.
//!
//! Listed by hand: `sqlx::migrate!` has both drivers and SQLite itself built once more, for the compiler.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::database::{Backend, Side};

/// The name of a step and its statements.
type Step = (&'static str, &'static str);

macro_rules! steps {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../migrations/", $folder, "/", $name, ".sql")))),+]
    };
}

const ROLL_SQLITE: &[Step] =
    steps!("roll/sqlite": "0001_roll", "0002_access", "0003_instances", "0004_hosts", "0005_contacts");
const ROLL_POSTGRES: &[Step] =
    steps!("roll/postgres": "0001_roll", "0002_access", "0003_instances", "0004_hosts", "0005_contacts");
const BOX_SQLITE: &[Step] = steps!("box/sqlite": "0001_box", "0002_closed");
const BOX_POSTGRES: &[Step] = steps!("box/postgres": "0001_box", "0002_closed");

/// The steps of one database; the first is number one.
fn steps(side: Side, backend: Backend) -> &'static [Step] {
    match (side, backend) {
        (Side::Roll, Backend::Sqlite) => ROLL_SQLITE,
        (Side::Roll, Backend::Postgres) => ROLL_POSTGRES,
        (Side::Box, Backend::Sqlite) => BOX_SQLITE,
        (Side::Box, Backend::Postgres) => BOX_POSTGRES,
    }
}

/// Brings a database to the form that this program knows, or refuses one that another program has brought further.
pub(super) fn migrator(side: Side, backend: Backend) -> Migrator {
    let migrations = (1..).zip(steps(side, backend)).map(|(version, &(name, statements))| {
        let outside_transactions = false;
        Migration::new(version, name.into(), MigrationType::Simple, statements.into_sql_str(), outside_transactions)
    });
    Migrator::with_migrations(migrations.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_step_in_its_place() {
        for side in [Side::Roll, Side::Box] {
            for (backend, program) in [(Backend::Sqlite, "sqlite"), (Backend::Postgres, "postgres")] {
                let folder = format!("{}/migrations/{side}/{program}", env!("CARGO_MANIFEST_DIR"));
                let files = std::fs::read_dir(&folder).expect("migrations");
                let mut files: Vec<_> =
                    files.map(|file| file.expect("migration").file_name().into_string().expect("name")).collect();
                files.sort();
                let steps: Vec<_> = steps(side, backend).iter().map(|(name, _)| format!("{name}.sql")).collect();
                assert_eq!(files, steps, "{folder}");
                for (number, name) in (1..).zip(&steps) {
                    assert!(name.starts_with(&format!("{number:04}_")), "{folder}/{name}");
                }
            }
        }
    }
}
