//! The two databases: schema, group commit, and what they say when they fail.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what the tests share; they fail where it panics"
)]

use escrutinio_server::store::roll::{self, NewAccount};
use escrutinio_server::store::{Backend, OpenError, Store, StoreError, meta};
use escrutinio_server::testing::{Cluster, Databases};
use sqlx::{Connection, Executor, Row};

fn new_account(number: i64) -> NewAccount {
    NewAccount {
        account: number,
        user_name: format!("user{number}"),
        token: Some(vec![u8::try_from(number).unwrap(); 32]),
        list: 0,
        place: u32::try_from(number).unwrap(),
        person: b"sealed".to_vec(),
        contacts: vec![],
        half: b"sealed".to_vec(),
    }
}

/// Columns of all tables, as either kind names them.
async fn columns(store: &Store) -> Vec<(String, String)> {
    let mut columns = Vec::new();
    for database in [&store.roll, &store.ballots] {
        let statement = match database.backend() {
            Backend::Sqlite => {
                "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
            }
            Backend::Postgres => {
                "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'public'"
            }
        };
        let rows = sqlx::query(statement).fetch_all(&mut *database.read().await.unwrap()).await.unwrap();
        let mut own: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        own.retain(|(table, _)| !table.starts_with("_sqlx") && !table.starts_with("sqlite_"));
        own.sort();
        columns.extend(own);
    }
    columns
}

#[tokio::test]
async fn both_kinds_have_one_schema() {
    let sqlite = Databases::sqlite();
    let expected = columns(&sqlite.open().await).await;
    assert!(expected.contains(&("ballots".into(), "code_tag".into())));
    let Some(postgres) = Databases::postgres().await else { return };
    assert_eq!(columns(&postgres.open().await).await, expected);
}

#[tokio::test]
async fn r_auth_21_no_column_stands_in_both_databases() {
    let all = columns(&Databases::sqlite().open().await).await;
    let of = |tables: &[&str]| -> Vec<String> {
        all.iter().filter(|(table, _)| tables.contains(&table.as_str())).map(|(_, column)| column.clone()).collect()
    };
    let persons = of(&["accounts", "marks", "intents"]);
    let ballots = of(&["ballots", "heads", "files"]);
    let common: Vec<_> = persons.iter().filter(|column| ballots.contains(column)).collect();
    // A sealed intent and a sealed ballot share the name of the column only.
    assert_eq!(common, ["sealed"]);
}

#[tokio::test]
async fn jobs_share_transactions_and_all_are_kept() {
    for databases in Databases::all().await {
        let store = databases.open().await;
        let jobs = (1..=200).map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                store.roll.run(move |c| Box::pin(async move { roll::insert(c, &new_account(number)).await })).await
            })
        });
        for job in jobs.collect::<Vec<_>>() {
            assert_eq!(job.await.unwrap(), Ok(true));
        }
        let again = store.roll.run(|c| Box::pin(async move { roll::insert(c, &new_account(7)).await })).await;
        assert_eq!(again, Ok(false));
        store.close().await;
        let closed = store.roll.run(|c| Box::pin(async move { roll::count(c).await })).await;
        assert_eq!(closed, Err(StoreError::Closed));
        drop(store);

        let store = databases.open().await;
        let mut connection = store.roll.read().await.unwrap();
        assert_eq!(roll::count(&mut connection).await, Ok(200));
        let row = roll::account(&mut connection, 7).await.unwrap().unwrap();
        assert_eq!((row.user_name.as_str(), row.place, row.auth, row.session_end), ("user7", 7, None, 0));
        assert_eq!(roll::by_user(&mut connection, "user8").await.unwrap().unwrap().account, 8);
        assert_eq!(roll::by_token(&mut connection, &[9; 32]).await.unwrap().unwrap().account, 9);
        assert_eq!(roll::by_user(&mut connection, "nobody").await, Ok(None));
    }
}

#[tokio::test]
async fn a_job_that_fails_leaves_nothing_behind() {
    for databases in Databases::all().await {
        let store = databases.open().await;
        let failed: Result<(), _> = store
            .ballots
            .run(|c| {
                Box::pin(async move {
                    meta::insert(c, "a", b"1").await?;
                    sqlx::query("INSERT INTO meta (name, value) VALUES ('a', $1)")
                        .bind(b"2".as_slice())
                        .execute(c)
                        .await?;
                    Ok(())
                })
            })
            .await;
        assert!(matches!(failed, Err(StoreError::Unavailable { .. })), "{failed:?}");
        // The writer goes on.
        assert_eq!(store.ballots.run(|c| Box::pin(async move { meta::insert(c, "b", b"1").await })).await, Ok(true));
        let mut connection = store.ballots.read().await.unwrap();
        assert_eq!(meta::value(&mut connection, "a").await, Ok(None));
        assert_eq!(meta::value(&mut connection, "b").await, Ok(Some(b"1".to_vec())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_panics_or_hangs_is_given_up_and_others_go_on() {
    for databases in Databases::all().await {
        let store = databases.open().await;
        for database in [&store.roll, &store.ballots] {
            let job: Result<(), _> = database.run(|_| Box::pin(async move { panic!("a fault") })).await;
            assert!(matches!(job, Err(StoreError::Unavailable { .. })), "{job:?}");
            let good = database.run(|c| Box::pin(async move { meta::insert(c, "x", b"1").await })).await;
            assert_eq!(good, Ok(true));
        }
        store.close().await;
        let closed = store.roll.run(|c| Box::pin(async move { roll::count(c).await })).await;
        assert_eq!(closed, Err(StoreError::Closed), "only who was closed says so");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_locked_in_crossed_order_by_two_instances_fail_nobody() {
    let Some(databases) = Databases::postgres().await else { return };
    let instances = [databases.open().await, databases.open().await];
    for number in 1..=40 {
        let job = instances[0].roll.run(move |c| Box::pin(async move { roll::insert(c, &new_account(number)).await }));
        assert_eq!(job.await, Ok(true));
    }
    // Many at once at both, one upwards, one downwards; and casts beside them.
    let touch = |store: &Store, number: i64| {
        let roll = store.roll.clone();
        tokio::spawn(async move {
            let job = roll.run(move |c| {
                Box::pin(async move {
                    let statement = "UPDATE accounts SET failures = failures + 1 WHERE account = $1";
                    Ok(sqlx::query(statement).bind(number).execute(c).await.map(drop)?)
                })
            });
            job.await
        })
    };
    // A batch, in the order of accounts.
    let mark = |store: &Store, contest: i64| {
        let roll = store.roll.clone();
        tokio::spawn(async move {
            let job = roll.casts().run(move |c| {
                Box::pin(async move {
                    for number in 1..=40i64 {
                        let statement = "INSERT INTO marks (account, contest) VALUES ($1, $2) ON CONFLICT DO NOTHING";
                        sqlx::query(statement).bind(number).bind(contest).execute(&mut *c).await?;
                    }
                    Ok(())
                })
            });
            job.await
        })
    };
    let mut jobs = Vec::new();
    for round in 0..20 {
        for number in 1..=40 {
            jobs.push(touch(&instances[0], number));
            jobs.push(touch(&instances[1], 41 - number));
        }
        jobs.push(mark(&instances[0], round));
        jobs.push(mark(&instances[1], round));
    }
    for job in jobs {
        assert_eq!(job.await.unwrap(), Ok(()));
    }
}

#[tokio::test]
async fn one_program_at_a_time_opens_a_file() {
    let databases = Databases::sqlite();
    let store = databases.open().await;
    let (roll, ballots) = databases.urls();
    assert!(matches!(Store::open(roll, ballots).await, Err(OpenError { why: StoreError::Refused { .. }, .. })));
    store.close().await;
    drop(store);
    databases.open().await;
}

#[tokio::test]
async fn roll_and_box_must_not_be_one() {
    let Some(databases) = Databases::postgres().await else { return };
    let (roll, _) = databases.urls();
    let other = databases.clusters().unwrap().0.create().await;
    let refused = Store::open(roll, &other).await;
    assert!(
        matches!(refused, Err(OpenError { why: StoreError::Refused { .. }, .. })),
        "two databases of one cluster: {refused:?}"
    );
}

#[tokio::test]
async fn an_unknown_schema_is_refused() {
    for databases in Databases::all().await {
        let store = databases.open().await;
        let statement = "UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1";
        store.roll.run(move |c| Box::pin(async move { Ok(c.execute(statement).await.map(drop)?) })).await.unwrap();
        store.close().await;
        drop(store);
        let (roll, ballots) = databases.urls();
        assert!(matches!(Store::open(roll, ballots).await, Err(OpenError { why: StoreError::Refused { .. }, .. })));
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_passes() {
    let databases = Databases::sqlite();
    let store = databases.open().await;
    let limit = |pages: &'static str| {
        let store = store.clone();
        async move { store.ballots.run(move |c| Box::pin(async move { Ok(c.execute(pages).await.map(drop)?) })).await }
    };
    limit("PRAGMA max_page_count = 1").await.unwrap();
    let large = vec![7; 1 << 20];
    let job = store.ballots.run(move |c| Box::pin(async move { meta::insert(c, "large", &large).await }));
    assert_eq!(job.await, Err(StoreError::Full));
    limit("PRAGMA max_page_count = 1000000").await.unwrap();
    assert_eq!(store.ballots.run(|c| Box::pin(async move { meta::insert(c, "x", b"1").await })).await, Ok(true));
    assert_eq!(meta::value(&mut store.ballots.read().await.unwrap(), "large").await, Ok(None));
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_said() {
    for databases in Databases::all().await {
        let store = databases.open().await;
        let statement = match store.roll.backend() {
            Backend::Sqlite => "PRAGMA query_only = ON",
            Backend::Postgres => "SET TRANSACTION READ ONLY",
        };
        let job = store.roll.run(move |c| {
            Box::pin(async move {
                c.execute(statement).await?;
                meta::insert(c, "a", b"1").await
            })
        });
        assert_eq!(job.await, Err(StoreError::ReadOnly));
    }
}

#[tokio::test]
async fn a_server_that_goes_away_comes_back() {
    // Servers of its own: others use the shared ones.
    let (Some(first), Some(second)) = (Cluster::start(), Cluster::start()) else { return };
    let store = Store::open(&first.create().await, &second.create().await).await.unwrap();
    let write = |name: &'static str| {
        let store = store.clone();
        async move { store.roll.run(move |c| Box::pin(async move { meta::insert(c, name, b"1").await })).await }
    };
    assert_eq!(write("before").await, Ok(true));
    first.kill();
    assert!(matches!(write("while").await, Err(StoreError::Unavailable { .. })));
    first.restart();
    assert_eq!(write("after").await, Ok(true));
    let mut connection = store.roll.read().await.unwrap();
    assert_eq!(meta::value(&mut connection, "before").await, Ok(Some(b"1".to_vec())));
    assert_eq!(meta::value(&mut connection, "while").await, Ok(None));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_said() {
    let databases = Databases::sqlite();
    std::fs::write(databases.file("roll.db"), vec![7; 8192]).unwrap();
    let (roll, ballots) = databases.urls();
    let refused = Store::open(roll, ballots).await.unwrap_err();
    assert!(matches!(refused.why, StoreError::Corrupt { .. }));
    let text = refused.to_string();
    let (what, place) = ("roll database (", databases.file("roll.db").display().to_string());
    assert!(text.starts_with(what) && text.contains(&place) && text.ends_with(refused.why.remedy()), "{text}");
}

#[tokio::test]
async fn who_cannot_write_says_so_until_it_can() {
    let Some(databases) = Databases::postgres().await else { return };
    let store = databases.open().await;
    let job = store.roll.run(|c| Box::pin(async move { meta::insert(c, meta::ELECTION, b"1").await }));
    assert_eq!(job.await, Ok(true));
    let name = sqlx::query("SELECT current_database()::text");
    let name: String = name.fetch_one(&mut *store.roll.read().await.unwrap()).await.unwrap().get(0);
    // As a standby is that nobody has promoted; the last ends every connection that writes.
    let set = |value: &'static str| {
        let (store, name) = (store.clone(), name.clone());
        async move {
            let mut connection = store.roll.read().await.unwrap();
            let set = format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = {value}");
            connection.execute("SET default_transaction_read_only = off").await.unwrap();
            connection.execute(sqlx::AssertSqlSafe(set)).await.unwrap();
            let others = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity \
                          WHERE datname = current_database() AND pid <> pg_backend_pid()";
            connection.execute(others).await.unwrap();
        }
    };
    let in_the_end = async |wanted: Result<(), StoreError>| {
        // Each of several connections finds out by itself that it was ended.
        for _ in 0..20 {
            if store.roll.writes().await == wanted {
                return true;
            }
        }
        false
    };
    let write = || async { store.roll.run(|c| Box::pin(async move { meta::insert(c, "x", b"1").await })).await };
    assert_eq!(store.roll.writes().await, Ok(()));
    set("on").await;
    assert!(write().await.is_err());
    assert!(in_the_end(Err(StoreError::ReadOnly)).await, "though it can be read");
    assert!(meta::value(&mut store.roll.read().await.unwrap(), "x").await.unwrap().is_none());
    set("off").await;
    assert!(in_the_end(Ok(())).await);
    assert_eq!(write().await, Ok(true));
}

#[tokio::test]
async fn a_commit_is_on_the_disk_and_what_is_deleted_is_gone() {
    let databases = Databases::sqlite();
    let store = databases.open().await;
    for database in [&store.roll, &store.ballots] {
        for (pragma, wanted) in
            [("PRAGMA synchronous", 2), ("PRAGMA secure_delete", 1), ("PRAGMA busy_timeout", 10_000)]
        {
            let own = database.run(move |c| {
                Box::pin(async move { Ok(sqlx::query(pragma).fetch_one(c).await?.try_get::<i64, _>(0)?) })
            });
            assert_eq!(own.await, Ok(wanted), "{pragma} of the writer");
            let row = sqlx::query(pragma).fetch_one(&mut *database.read().await.unwrap()).await.unwrap();
            assert_eq!(row.get::<i64, _>(0), wanted, "{pragma} of a reader");
        }
        let row = sqlx::query("PRAGMA journal_mode").fetch_one(&mut *database.read().await.unwrap()).await.unwrap();
        assert_eq!(row.get::<String, _>(0), "wal");
    }
    store.ballots.truncate_log().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn the_write_ahead_log_is_empty_after_a_close() {
    let databases = Databases::sqlite();
    let store = databases.open().await;
    store.roll.run(|c| Box::pin(async move { roll::insert(c, &new_account(1)).await })).await.unwrap();
    let log = databases.file("roll.db-wal");
    assert!(std::fs::metadata(&log).unwrap().len() > 0);
    store.roll.truncate_log().await.unwrap();
    assert_eq!(std::fs::metadata(&log).unwrap().len(), 0);
    store.close().await;
    assert!(std::fs::metadata(&log).map_or(0, |log| log.len()) == 0);
}

#[tokio::test]
async fn a_connection_whose_other_end_has_lost_its_power_ends_within_seconds() {
    let (Some(first), Some(second)) = (Cluster::start_on_loopback(), Cluster::start_on_loopback()) else { return };
    let store = Store::open(&first.create().await, &second.create().await).await.unwrap();
    let statement = "SELECT current_setting('tcp_keepalives_idle') || ' ' || current_setting('tcp_keepalives_interval') \
                     || ' ' || current_setting('tcp_keepalives_count') || ' ' || current_setting('tcp_user_timeout')";
    for database in [&store.roll, &store.ballots] {
        let own = database.run(move |c| {
            Box::pin(async move { Ok(sqlx::query(statement).fetch_one(c).await?.try_get::<String, _>(0)?) })
        });
        assert_eq!(own.await.unwrap(), "5 5 3 20000");
        let row = sqlx::query(statement).fetch_one(&mut *database.read().await.unwrap()).await.unwrap();
        assert_eq!(row.get::<String, _>(0), "5 5 3 20000");
    }
    store.close().await;
}

#[tokio::test]
async fn a_server_whose_log_would_say_what_came_when_is_refused() {
    let Some(databases) = Databases::postgres().await else { return };
    let (roll, ballots) = databases.urls();
    databases.open().await.close().await;
    let set = async |statement: String| {
        let mut connection = sqlx::AnyConnection::connect(ballots).await.unwrap();
        let name: String =
            sqlx::query("SELECT current_database()::text").fetch_one(&mut connection).await.unwrap().get(0);
        let statement = sqlx::AssertSqlSafe(format!("ALTER DATABASE {name} {statement}"));
        connection.execute(statement).await.unwrap();
        connection.close().await.unwrap();
    };
    for (setting, value) in [
        ("log_statement", "mod"),
        ("log_statement", "all"),
        ("log_duration", "on"),
        ("log_min_duration_statement", "0"),
        ("log_min_duration_sample", "500"),
        ("log_transaction_sample_rate", "0.1"),
        ("log_parameter_max_length_on_error", "-1"),
        ("debug_print_plan", "on"),
        ("auto_explain.log_min_duration", "0"),
    ] {
        set(format!("SET {setting} = '{value}'")).await;
        match Store::open(roll, ballots).await {
            Err(OpenError { why: StoreError::Refused { what }, .. }) => assert!(what.starts_with(setting), "{what}"),
            other => panic!("{setting}: {other:?}"),
        }
        set(format!("RESET {setting}")).await;
    }
    databases.open().await.close().await;
}
