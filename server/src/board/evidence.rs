//! What a witness can prove: that the log signed a checkpoint which the box does not know. The box is an old
//! copy then, and whatever is added to it is a fork.

use escrutinio_core::board::SignedCheckpoint;
use reqwest::Client;
use serde::Deserialize;
use sqlx::AnyConnection;
use tokio::task::JoinSet;

use super::log::Log;
use super::rows;
use super::witness::{WitnessAddress, read_text};
use crate::store::{Store, StoreError};

/// Longest status that is read.
const LONGEST: usize = 1 << 20;

/// Of a witness's status, what is looked at.
#[derive(Deserialize)]
struct Status {
    logs: Vec<LogStatus>,
}

#[derive(Deserialize)]
struct LogStatus {
    /// The checkpoint signed last.
    checkpoint: Option<String>,
}

/// Checkpoints that witnesses hold, each with the witness's name. Who does not answer, or keeps none to
/// be read, proves nothing.
pub(super) async fn collect(client: &Client, addresses: &[WitnessAddress]) -> Vec<(String, SignedCheckpoint)> {
    let mut asking = JoinSet::new();
    for address in addresses {
        let url = format!("{}/status", address.url.as_str().trim_end_matches('/'));
        let (client, name) = (client.clone(), address.name.clone());
        asking.spawn(async move {
            let text = read_text(client.get(url).send().await.ok()?, LONGEST).await.ok()?;
            let status: Status = serde_json::from_str(&text).ok()?;
            let notes = status.logs.into_iter().filter_map(|log| log.checkpoint);
            let notes = notes.filter_map(|note| SignedCheckpoint::parse(note.as_bytes()).ok());
            Some(notes.map(|note| (name.clone(), note)).collect::<Vec<_>>())
        });
    }
    asking.join_all().await.into_iter().flatten().flatten().collect()
}

/// Refuses a box that lacks what its log has signed. Every head is in the box before it is signed.
pub(super) async fn compare(
    store: &Store,
    logs: [&Log; 2],
    held: &[(String, SignedCheckpoint)],
) -> Result<(), StoreError> {
    if held.is_empty() {
        return Ok(());
    }
    let mut connection = store.ballots.read().await?;
    for (witness, note) in held {
        let claimed = note.claimed();
        let Some(log) = logs.into_iter().find(|log| log.keys.origin() == claimed.origin) else { continue };
        if note.verify_log(&log.keys).is_ok() && !is_known(&mut connection, log, note).await? {
            let what = format!(
                "the witness {witness} holds a checkpoint of {} entries that the log {} has signed, and the box does \
                 not know it",
                claimed.size,
                log.name.name()
            );
            return Err(StoreError::OldCopy { what });
        }
    }
    Ok(())
}

async fn is_known(connection: &mut AnyConnection, log: &Log, note: &SignedCheckpoint) -> Result<bool, StoreError> {
    let claimed = note.claimed();
    Ok(rows::root(connection, log.name, claimed.size).await? == Some(claimed.root))
}
