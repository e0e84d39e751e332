//! What instances tell one another through the roll (`spec/server.md`, Several instances): that they are there, that
//! nothing which they received before the end is under way, and whether they have the box key.

use sqlx::{Executor, Row};

use crate::random;
use crate::store::{Database, StoreError};

/// Seconds for which somebody who says nothing more is taken to be there.
const THERE: i64 = 15;
/// Seconds after which the same is said again.
pub(super) const BEAT: i64 = 2;

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

pub(super) async fn tell(roll: &Database, instance: i64, now: i64, sign: Sign) -> Result<(), StoreError> {
    let job = roll.run(move |c| {
        Box::pin(async move {
            let statement = "INSERT INTO instances (instance, beat, drained, box_key) VALUES ($1, $2, $3, $4) \
                             ON CONFLICT (instance) DO UPDATE SET beat = excluded.beat, \
                             drained = excluded.drained, box_key = excluded.box_key";
            let query = sqlx::query(statement).bind(instance).bind(now);
            c.execute(query.bind(i64::from(sign.drained)).bind(i64::from(sign.box_key))).await?;
            Ok(())
        })
    });
    job.await
}

/// What the others say who are there.
pub(super) async fn others(roll: &Database, instance: i64, now: i64) -> Result<Vec<Sign>, StoreError> {
    let statement = "SELECT drained, box_key FROM instances WHERE instance <> $1 AND beat > $2 AND beat < $3";
    let query = sqlx::query(statement).bind(instance).bind(now.saturating_sub(THERE)).bind(now.saturating_add(THERE));
    let rows = query.fetch_all(&mut *roll.read().await?).await?;
    let sign = |row: &sqlx::any::AnyRow| {
        Ok(Sign { drained: row.try_get::<i64, _>(0)? != 0, box_key: row.try_get::<i64, _>(1)? != 0 })
    };
    rows.iter().map(sign).collect()
}
