//! The statements of access, all within a transaction of the roll.

use std::sync::Arc;

use sqlx::{AnyConnection, Row};

use super::counts::{Counted, Counts};
use crate::refusal::Refusal;
use crate::store::StoreError;
use crate::store::roll::{self, AccountNumber, AccountRow};

/// By what, and where to, a code was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// To the registered telephone.
    Sms,
    /// To the registered e-mail address.
    Mail,
    /// To a new address or number.
    Contact,
}

impl Line {
    fn number(self) -> i64 {
        match self {
            Self::Sms => 0,
            Self::Mail => 1,
            Self::Contact => 2,
        }
    }
}

/// What is kept of a code that was sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) code: Option<Vec<u8>>,
    pub(super) expires: i64,
}

/// Why a step does not go on: told to the client, with what was written; or the store failed.
#[derive(Debug)]
pub(super) enum Stop {
    Refused(Refusal),
    Store(StoreError),
}

impl From<Refusal> for Stop {
    fn from(why: Refusal) -> Self {
        Self::Refused(why)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What a session begins with.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) token: [u8; 32],
    pub(super) start: i64,
    pub(super) end: i64,
}

/// What is set together with a session.
#[derive(Debug, Default)]
pub(super) struct Set {
    /// The hash of a new password's key; the link's token is void from then on.
    pub(super) auth: Option<[u8; 32]>,
    /// A new authenticator, sealed.
    pub(super) totp: Option<Vec<u8>>,
    /// The step of the authenticator that was accepted.
    pub(super) step: Option<i64>,
}

/// One transaction.
pub(super) struct Rows<'c> {
    pub(super) connection: &'c mut AnyConnection,
    pub(super) counts: Arc<Counts>,
}

impl Rows<'_> {
    /// Keeps other transactions from an account until this one is through; PostgreSQL needs it.
    pub(super) async fn hold(&mut self, account: AccountNumber) -> Result<(), StoreError> {
        self.counts.statement();
        let statement = "UPDATE accounts SET failures = failures WHERE account = $1";
        sqlx::query(statement).bind(account).execute(&mut *self.connection).await?;
        Ok(())
    }

    /// The same, by user name.
    pub(super) async fn hold_user(&mut self, user: &str) -> Result<(), StoreError> {
        self.counts.statement();
        let statement = "UPDATE accounts SET failures = failures WHERE user_name = $1";
        sqlx::query(statement).bind(user).execute(&mut *self.connection).await?;
        Ok(())
    }

    pub(super) async fn account(&mut self, account: AccountNumber) -> Result<Option<AccountRow>, StoreError> {
        self.counts.statement();
        roll::account(self.connection, account).await
    }

    pub(super) async fn by_user(&mut self, user: &str) -> Result<Option<AccountRow>, StoreError> {
        self.counts.statement();
        roll::by_user(self.connection, user).await
    }

    /// Counts a wrong try, locks the account with every fifth. A lock ends attempts and codes.
    pub(super) async fn fail(&mut self, row: &AccountRow, now: i64) -> Result<(), StoreError> {
        self.counts.statement();
        let failures = row.failures.saturating_add(1);
        let (locked_until, generation) = if failures % super::TRIES == 0 {
            self.counts.add(Counted::Locks);
            let before = u32::try_from(failures / super::TRIES - 1).unwrap_or(u32::MAX);
            // From a day on it would only punish the voter.
            let seconds = super::LOCK.saturating_mul(1 << before.min(6));
            (now.saturating_add(seconds), row.generation.saturating_add(1))
        } else {
            (row.locked_until, row.generation)
        };
        let statement = "UPDATE accounts SET failures = $2, locked_until = $3, generation = $4 WHERE account = $1";
        let query = sqlx::query(statement).bind(row.account).bind(failures).bind(locked_until).bind(generation);
        query.execute(&mut *self.connection).await?;
        Ok(())
    }

    /// Counts a wrong try of nobody: as much work as [`Self::fail`], and as much to wait for.
    pub(super) async fn fail_nobody(&mut self, decoy: AccountNumber) -> Result<(), StoreError> {
        self.counts.statement();
        let statement = "INSERT INTO codes (account, channel, expires, hour, sent) VALUES ($1, 9, 0, 0, 1) \
                         ON CONFLICT (account, channel) DO UPDATE SET sent = codes.sent + 1";
        sqlx::query(statement).bind(decoy).execute(&mut *self.connection).await?;
        Ok(())
    }

    /// Counts wrong digits of the link.
    pub(super) async fn fail_digits(&mut self, row: &AccountRow) -> Result<(), StoreError> {
        self.counts.statement();
        if row.digit_tries.saturating_add(1) == super::TRIES {
            self.counts.add(Counted::Locks);
        }
        let statement = "UPDATE accounts SET digit_tries = digit_tries + 1 WHERE account = $1";
        sqlx::query(statement).bind(row.account).execute(&mut *self.connection).await?;
        Ok(())
    }

    /// Keeps the hash of a code in place of the one before, unless too many were sent within this hour. It changes a
    /// row in either case: what is refused costs no less.
    pub(super) async fn keep_code(
        &mut self,
        account: AccountNumber,
        line: Line,
        hash: &[u8; 32],
        now: i64,
        most: u32,
    ) -> Result<bool, StoreError> {
        self.counts.statement();
        let statement = "INSERT INTO codes (account, channel, code, expires, hour, sent) VALUES ($1, $2, $3, $4, $5, 1) \
                         ON CONFLICT (account, channel) DO UPDATE SET \
                         code = CASE WHEN codes.hour = excluded.hour AND codes.sent >= $6 \
                                THEN codes.code ELSE excluded.code END, \
                         expires = CASE WHEN codes.hour = excluded.hour AND codes.sent >= $6 \
                                   THEN codes.expires ELSE excluded.expires END, \
                         sent = CASE WHEN codes.hour = excluded.hour THEN codes.sent + 1 ELSE 1 END, hour = excluded.hour \
                         RETURNING sent";
        let row = sqlx::query(statement)
            .bind(account)
            .bind(line.number())
            .bind(hash.as_slice())
            .bind(now.saturating_add(super::code::LIFETIME))
            .bind(now.div_euclid(3600))
            .bind(i64::from(most))
            .fetch_one(&mut *self.connection)
            .await?;
        Ok(row.try_get::<i64, _>(0)? <= i64::from(most))
    }

    /// Keeps the hash of a code unless the one before is still good; says whether it did. So there is no number of
    /// requests by which a stranger uses up what can be sent, or voids what the voter has just got: what was sent is in
    /// her mailbox, whoever asked for it. It changes a row in either case.
    pub(super) async fn keep_only_code(
        &mut self,
        account: AccountNumber,
        line: Line,
        hash: &[u8; 32],
        now: i64,
    ) -> Result<bool, StoreError> {
        self.counts.statement();
        let statement = "INSERT INTO codes (account, channel, code, expires, hour, sent) VALUES ($1, $2, $3, $4, $5, 1) \
                         ON CONFLICT (account, channel) DO UPDATE SET \
                         code = CASE WHEN codes.code IS NOT NULL AND codes.expires > $6 \
                                THEN codes.code ELSE excluded.code END, \
                         expires = CASE WHEN codes.code IS NOT NULL AND codes.expires > $6 \
                                   THEN codes.expires ELSE excluded.expires END, \
                         sent = CASE WHEN codes.hour = excluded.hour THEN codes.sent + 1 ELSE 1 END, hour = excluded.hour \
                         RETURNING code";
        let row = sqlx::query(statement)
            .bind(account)
            .bind(line.number())
            .bind(hash.as_slice())
            .bind(now.saturating_add(super::code::LIFETIME))
            .bind(now.div_euclid(3600))
            .bind(now)
            .fetch_one(&mut *self.connection)
            .await?;
        Ok(row.try_get::<Option<Vec<u8>>, _>(0)?.as_deref() == Some(hash.as_slice()))
    }

    /// The code that was sent last.
    pub(super) async fn code(&mut self, account: AccountNumber, line: Line) -> Result<Option<Sent>, StoreError> {
        self.counts.statement();
        let statement = "SELECT code, expires FROM codes WHERE account = $1 AND channel = $2";
        let query = sqlx::query(statement).bind(account).bind(line.number());
        let row = query.fetch_optional(&mut *self.connection).await?;
        row.map(|row| Ok(Sent { code: row.try_get(0)?, expires: row.try_get(1)? })).transpose()
    }

    /// A code works once.
    pub(super) async fn use_code(&mut self, account: AccountNumber, line: Line) -> Result<(), StoreError> {
        self.counts.statement();
        let statement = "UPDATE codes SET code = NULL WHERE account = $1 AND channel = $2";
        sqlx::query(statement).bind(account).bind(line.number()).execute(&mut *self.connection).await?;
        Ok(())
    }

    /// A step of the authenticator works once.
    pub(super) async fn use_step(&mut self, account: AccountNumber, step: i64) -> Result<(), StoreError> {
        self.counts.statement();
        let statement = "UPDATE accounts SET totp_step = $2 WHERE account = $1";
        sqlx::query(statement).bind(account).bind(step).execute(&mut *self.connection).await?;
        Ok(())
    }

    /// Begins a session in place of any other, ends attempts and codes, forgives wrong tries.
    pub(super) async fn begin(&mut self, row: &AccountRow, begun: &Begun, set: &Set) -> Result<(), StoreError> {
        self.counts.statement();
        let statement = "UPDATE accounts SET session = $2, session_start = $3, session_end = $4, \
                         generation = generation + 1, failures = 0, locked_until = 0, digit_tries = 0, auth = $5, \
                         token = $6, totp = $7, totp_step = $8 WHERE account = $1";
        let auth = set.auth.as_ref().map(<[u8; 32]>::as_slice).or(row.auth.as_deref());
        let token = if set.auth.is_some() { None } else { row.token.as_deref() };
        sqlx::query(statement)
            .bind(row.account)
            .bind(begun.token.as_slice())
            .bind(begun.start)
            .bind(begun.end)
            .bind(auth)
            .bind(token)
            .bind(set.totp.as_deref().or(row.totp.as_deref()))
            .bind(set.step.unwrap_or(row.totp_step))
            .execute(&mut *self.connection)
            .await?;
        self.counts.add(Counted::Sessions);
        Ok(())
    }
}
