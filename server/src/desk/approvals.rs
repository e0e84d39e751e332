//! Two persons: an act is done when an operator and an authentication officer have signed the same, with the same
//! arguments, within half an hour. Signatures are kept: they are the record of who approved what, and what was seen
//! once is refused.

use escrutinio_core::encoding::Encode;
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::hex;
use escrutinio_sealed::parse_hex;
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Executor, Row};

use super::{DeskAct, DeskRequest, Member};
use crate::refusal::Refusal;
use crate::store::{Backend, Database, StoreError};

/// Number of the lock of PostgreSQL under which signatures are written down.
const LOCK: i64 = 0x7369_676e;
/// Seconds for which one signature waits for the other.
const PATIENCE: i64 = 1800;

/// A signature that counts.
#[derive(Clone, Debug, Serialize)]
pub struct Signed {
    /// The role.
    pub role: String,
    /// Who.
    pub name: String,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Over "desk", as the specification says; hexadecimal.
    pub signature: String,
}

/// What a signature has brought about.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was seen before.
    Seen,
    /// The other role has to sign.
    Waiting(Vec<Signed>),
    /// Everybody has signed who has to.
    Complete(Vec<Signed>),
}

/// Writes a signature down and says whether the act is complete. One instance only is told so.
pub(super) async fn note(
    roll: &Database,
    act: DeskAct,
    request: &DeskRequest,
    member: &Member,
    now: i64,
) -> Result<Outcome, super::DeskFault> {
    let signature = parse_hex::<64>(&request.signature).ok_or(Refusal::Staff)?.to_vec();
    let mut data = Vec::new();
    act.name().to_owned().encode(&mut data);
    request.arguments.encode(&mut data);
    let subject = hex(&tagged_hash("desk-subject", &[&data]));
    let row = Approval { subject, act, role: member.role.name(), name: member.name.clone(), signature, at: request.at };
    let backend = roll.backend();
    Ok(roll.run(move |connection| Box::pin(async move { row.note(connection, backend, now).await })).await?)
}

struct Approval {
    subject: String,
    act: DeskAct,
    role: &'static str,
    name: String,
    signature: Vec<u8>,
    at: i64,
}

impl Approval {
    async fn note(&self, connection: &mut AnyConnection, backend: Backend, now: i64) -> Result<Outcome, StoreError> {
        if backend == Backend::Postgres {
            // Two who sign in the same moment, at two instances, see each other's signature.
            connection.execute(sqlx::query("SELECT pg_advisory_xact_lock($1)::text").bind(LOCK)).await?;
        }
        if self.seen(connection).await? {
            return Ok(Outcome::Seen);
        }
        // What waited too long is void; it stays as what it is.
        let void = "UPDATE approvals SET subject = subject || ' void ' || CAST(at AS TEXT) \
                    WHERE subject = $1 AND at < $2";
        let oldest = now.saturating_sub(PATIENCE);
        connection.execute(sqlx::query(void).bind(self.subject.as_str()).bind(oldest)).await?;
        let last = hex(&self.signature);
        if !self.insert(connection, &self.subject).await? {
            // The role has signed already. What it signs again is kept as well, or it could be brought a second time.
            self.insert(connection, &format!("{} again {last}", self.subject)).await?;
        }
        let signed = self.signed(connection).await?;
        let complete = !self.act.needs_both() || signed.len() >= 2;
        if !complete {
            return Ok(Outcome::Waiting(signed));
        }
        // Done once: the same act takes new signatures.
        let done = "UPDATE approvals SET subject = subject || ' done ' || CAST(at AS TEXT) || ' ' || $2 \
                    WHERE subject = $1";
        connection.execute(sqlx::query(done).bind(self.subject.as_str()).bind(last)).await?;
        Ok(Outcome::Complete(signed))
    }

    async fn insert(&self, connection: &mut AnyConnection, subject: &str) -> Result<bool, StoreError> {
        let statement = "INSERT INTO approvals (subject, act, role, name, signature, at) \
                         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
        let query = sqlx::query(statement)
            .bind(subject)
            .bind(self.act.name())
            .bind(self.role)
            .bind(self.name.as_str())
            .bind(self.signature.as_slice())
            .bind(self.at);
        Ok(connection.execute(query).await?.rows_affected() == 1)
    }

    async fn seen(&self, connection: &mut AnyConnection) -> Result<bool, StoreError> {
        let query = sqlx::query("SELECT 1 FROM approvals WHERE signature = $1").bind(self.signature.as_slice());
        Ok(connection.fetch_optional(query).await?.is_some())
    }

    async fn signed(&self, connection: &mut AnyConnection) -> Result<Vec<Signed>, StoreError> {
        let statement = "SELECT role, name, at, signature FROM approvals WHERE subject = $1 ORDER BY role";
        let rows = connection.fetch_all(sqlx::query(statement).bind(self.subject.as_str())).await?;
        let read = |row: &AnyRow| {
            let signature: Vec<u8> = row.try_get(3)?;
            Ok(Signed { role: row.try_get(0)?, name: row.try_get(1)?, at: row.try_get(2)?, signature: hex(&signature) })
        };
        rows.iter().map(read).collect()
    }
}
