//! The components of every instance (R-OPEN-06, R-MON-05): each takes its own listing every minute and writes down the
//! hash, so that whichever is asked compares all of them.

use core::time::Duration;
use std::sync::Arc;

use sqlx::{Executor, Row};

use super::{DeskFault, components};
use crate::server::Server;
use crate::store::{Backend, Database, StoreError};

/// How often an instance looks at its files.
const LOOK: Duration = Duration::from_secs(60);

/// An instance that is there.
pub(super) struct Host {
    /// What its machine is called.
    pub(super) host: String,
    /// Hash of its listing.
    pub(super) hash: String,
    /// Its policy and staff.
    pub(super) policy: String,
}

/// Takes the listing now, and then again and again as long as somebody else holds the server.
pub(crate) async fn start(server: &Arc<Server>) {
    look(server).await;
    let weak = Arc::downgrade(server);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(LOOK).await;
            let Some(server) = weak.upgrade() else { return };
            look(&server).await;
        }
    });
}

async fn look(server: &Server) {
    if let Err(fault) = tell(server).await {
        tracing::warn!(why = fault.detail, "the components could not be written down for the other instances");
    }
}

async fn tell(server: &Server) -> Result<(), DeskFault> {
    let hash = components::take(server).await?.hash();
    let (instance, host, policy) = (server.instance, name(), server.policy.line());
    let roll = &server.store.roll;
    let statement = match roll.backend() {
        Backend::Sqlite => {
            "INSERT INTO hosts (instance, host, hash, policy, at) VALUES ($1, $2, $3, $4, CAST(strftime('%s', 'now') AS INTEGER)) \
             ON CONFLICT (instance) DO UPDATE SET hash = excluded.hash, at = excluded.at"
        }
        Backend::Postgres => {
            "INSERT INTO hosts (instance, host, hash, policy, at) \
             VALUES ($1, $2, $3, $4, CAST(extract(epoch FROM clock_timestamp()) AS BIGINT)) \
             ON CONFLICT (instance) DO UPDATE SET hash = excluded.hash, at = excluded.at"
        }
    };
    let job = roll.run(move |c| {
        Box::pin(async move {
            c.execute(sqlx::query(statement).bind(instance).bind(host).bind(hash).bind(policy)).await?;
            Ok(())
        })
    });
    Ok(job.await?)
}

/// It ends in good order.
pub(crate) async fn leave(server: &Server) -> Result<(), StoreError> {
    let instance = server.instance;
    let job = server.store.roll.run(move |c| {
        Box::pin(async move {
            c.execute(sqlx::query("DELETE FROM hosts WHERE instance = $1").bind(instance)).await?;
            Ok(())
        })
    });
    job.await
}

/// The other instances that have said something within three minutes.
pub(super) async fn others(roll: &Database, instance: i64) -> Result<Vec<Host>, StoreError> {
    let statement = match roll.backend() {
        Backend::Sqlite => {
            "SELECT host, hash, policy FROM hosts WHERE instance <> $1 \
             AND at > CAST(strftime('%s', 'now') AS INTEGER) - 180 ORDER BY host, instance"
        }
        Backend::Postgres => {
            "SELECT host, hash, policy FROM hosts WHERE instance <> $1 \
             AND at > CAST(extract(epoch FROM clock_timestamp()) AS BIGINT) - 180 ORDER BY host, instance"
        }
    };
    let rows = sqlx::query(statement).bind(instance).fetch_all(&mut *roll.read().await?).await?;
    rows.iter().map(|row| Ok(Host { host: row.try_get(0)?, hash: row.try_get(1)?, policy: row.try_get(2)? })).collect()
}

/// What this machine is called.
fn name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "unnamed".to_owned() } else { name.to_owned() }
}
