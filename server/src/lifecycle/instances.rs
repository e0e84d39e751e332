//! What instances tell one another through the roll (`spec/server.md`, Several instances): that they are there, that
//! nothing which they received before the end is under way, and whether they have the box key. When they said it is told
//! by the clock of the database: those of two instances may differ.

use core::time::Duration;

use sqlx::{Executor, Row};

use crate::random;
use crate::store::{Backend, Database, StoreError};

/// After how long the same is said again; whoever says nothing for 15 s is taken to be gone.
pub(super) const BEAT: Duration = Duration::from_secs(2);

/// What an instance says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sign {
    /// The end is over, and no request that came before it lacks its answer.
    pub(super) drained: bool,
    /// It could still read the box.
    pub(super) box_key: bool,
}

/// Names an instance while it runs; random.
pub(super) fn new_id() -> i64 {
    i64::from_le_bytes(random::bytes()) & i64::MAX
}

pub(super) async fn tell(roll: &Database, instance: i64, sign: Sign) -> Result<(), StoreError> {
    let statement = match roll.backend() {
        Backend::Sqlite => {
            "INSERT INTO instances (instance, beat, drained, box_key) \
             VALUES ($1, CAST(strftime('%s', 'now') AS INTEGER), $2, $3) \
             ON CONFLICT (instance) DO UPDATE SET beat = excluded.beat, \
             drained = excluded.drained, box_key = excluded.box_key"
        }
        Backend::Postgres => {
            "INSERT INTO instances (instance, beat, drained, box_key) \
             VALUES ($1, CAST(extract(epoch FROM clock_timestamp()) AS BIGINT), $2, $3) \
             ON CONFLICT (instance) DO UPDATE SET beat = excluded.beat, \
             drained = excluded.drained, box_key = excluded.box_key"
        }
    };
    let job = roll.run(move |c| {
        Box::pin(async move {
            let query = sqlx::query(statement).bind(instance);
            c.execute(query.bind(i64::from(sign.drained)).bind(i64::from(sign.box_key))).await?;
            Ok(())
        })
    });
    job.await
}

/// It ends in good order: nobody has to wait for it.
pub(super) async fn leave(roll: &Database, instance: i64) -> Result<(), StoreError> {
    let job = roll.run(move |c| {
        Box::pin(async move {
            c.execute(sqlx::query("DELETE FROM instances WHERE instance = $1").bind(instance)).await?;
            Ok(())
        })
    });
    job.await
}

/// What the others say who are there. The file of SQLite has one instance at a time.
pub(super) async fn others(roll: &Database, instance: i64) -> Result<Vec<Sign>, StoreError> {
    if roll.backend() == Backend::Sqlite {
        return Ok(Vec::new());
    }
    let statement = "SELECT drained, box_key FROM instances WHERE instance <> $1 \
                     AND beat > CAST(extract(epoch FROM clock_timestamp()) AS BIGINT) - 15";
    let rows = sqlx::query(statement).bind(instance).fetch_all(&mut *roll.read().await?).await?;
    let sign = |row: &sqlx::any::AnyRow| {
        Ok(Sign { drained: row.try_get::<i64, _>(0)? != 0, box_key: row.try_get::<i64, _>(1)? != 0 })
    };
    rows.iter().map(sign).collect()
}
