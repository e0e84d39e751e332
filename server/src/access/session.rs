//! Who is in.

use escrutinio_core::hash::tagged_hash;
use sqlx::Row;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::api::{ContestState, SessionAnswer, SessionState};
use super::counts::Counted;
use super::rows::Begun;
use super::secret::Secret;
use super::{AccessService, store_failed};
use crate::phase::Phase;
use crate::random;
use crate::refusal::Refusal;
use crate::store::StoreError;
use crate::store::roll::{self, AccountNumber, aad};

/// A voter past both factors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoterSession {
    /// The account.
    pub account: AccountNumber,
    /// The credential list.
    pub list: u32,
    /// The place in it.
    pub place: u32,
    /// When the session began.
    pub start: i64,
    /// When it ends.
    pub end: i64,
}

/// `u64(account) || 32 random bytes`.
const TOKEN: usize = 40;

impl Begun {
    pub(super) fn answer(&self, token: Secret, now: i64) -> SessionAnswer {
        SessionAnswer { session: token, expires: self.end, remaining: self.end.saturating_sub(now).max(0) }
    }
}

fn token_hash(token: &[u8; TOKEN]) -> [u8; 32] {
    tagged_hash("session", &[token])
}

impl AccessService {
    /// A new token, and what is kept of the session that it opens.
    pub(super) fn draw_session(&self, account: AccountNumber, now: i64) -> (Secret, Begun) {
        let mut token = Zeroizing::new([0u8; TOKEN]);
        let random = Zeroizing::new(random::bytes::<32>());
        let bytes = account.to_le_bytes().into_iter().chain(*random);
        token.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        let begun = Begun { token: token_hash(&token), start: now, end: self.lifecycle.session_end(now) };
        (Secret::encode(token.as_slice()), begun)
    }

    /// Whose session a token is of, if it is alive.
    ///
    /// # Errors
    /// [`Refusal::NoSession`] if it is none or another has taken its place, [`Refusal::SessionExpired`] or
    /// [`Refusal::Closed`] if it is over.
    pub async fn session(&self, token: &str) -> Result<VoterSession, Refusal> {
        self.session_at(token, self.clock.now()).await
    }

    /// The same for what was received at a time: the session has not been ended since, by whatever but the clock.
    ///
    /// # Errors
    /// As [`Self::session`].
    pub async fn session_at(&self, token: &str, at: i64) -> Result<VoterSession, Refusal> {
        let token = Secret::new(token.to_owned()).decode_array::<TOKEN>().ok_or(Refusal::NoSession)?;
        let account = token.first_chunk::<8>().map(|bytes| i64::from_le_bytes(*bytes)).ok_or(Refusal::NoSession)?;
        let found = self.kept_session(account).await.map_err(|error| store_failed(&error))?;
        let (kept, session) = found.ok_or(Refusal::NoSession)?;
        if !bool::from(token_hash(&token).ct_eq(kept.as_slice())) {
            return Err(Refusal::NoSession);
        }
        self.lifecycle.may_cast(at, session.start, session.end)?;
        Ok(session)
    }

    async fn kept_session(&self, account: AccountNumber) -> Result<Option<(Vec<u8>, VoterSession)>, StoreError> {
        let statement = "SELECT session, list, place, session_start, session_end FROM accounts WHERE account = $1";
        let mut connection = self.roll.read().await?;
        let Some(row) = sqlx::query(statement).bind(account).fetch_optional(&mut *connection).await? else {
            return Ok(None);
        };
        let small = |index: usize| -> Result<u32, StoreError> {
            u32::try_from(row.try_get::<i64, _>(index)?).map_err(|_| StoreError::corrupt("list or place of an account"))
        };
        let session =
            VoterSession { account, list: small(1)?, place: small(2)?, start: row.try_get(3)?, end: row.try_get(4)? };
        Ok(row.try_get::<Option<Vec<u8>>, _>(0)?.map(|kept| (kept, session)))
    }

    /// `GET /session`.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn state(&self, session: &VoterSession) -> Result<SessionState, Refusal> {
        let now = self.clock.now();
        let list = usize::try_from(session.list).ok().and_then(|list| self.rules.lists.get(list));
        let list = list.ok_or(Refusal::Internal)?;
        let cast = self.marks(session.account).await.map_err(|error| store_failed(&error))?;
        let contest = |contest: &u32| ContestState { contest: *contest, cast: cast.contains(&i64::from(*contest)) };
        Ok(SessionState {
            expires: session.end,
            remaining: session.end.saturating_sub(now).max(0),
            grace: self.lifecycle.phase(now) == Phase::Grace,
            list: session.list,
            style: list.style,
            unit: list.unit,
            contests: list.contests.iter().map(contest).collect(),
        })
    }

    async fn marks(&self, account: AccountNumber) -> Result<Vec<i64>, StoreError> {
        let query = sqlx::query("SELECT contest FROM marks WHERE account = $1").bind(account);
        let rows = query.fetch_all(&mut *self.roll.read().await?).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// `GET /session/half`: the server's half of the credential, 108 bytes.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn half(&self, session: &VoterSession) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let found = async { roll::account(&mut *self.roll.read().await?, session.account).await };
        let row = found.await.map_err(|error| store_failed(&error))?.ok_or(Refusal::NoSession)?;
        self.keys.roll().open(&aad("half", row.account), &row.half).map_err(|_| {
            tracing::error!("a half does not open");
            Refusal::Internal
        })
    }

    /// `DELETE /session`.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn logout(&self, session: &VoterSession) -> Result<(), Refusal> {
        // An end that is later would count among the sessions that were open at the close.
        let (account, start, now) = (session.account, session.start, self.clock.now());
        let step = self.step(move |rows| {
            Box::pin(async move {
                let statement = "UPDATE accounts SET session = NULL, generation = generation + 1, \
                                 session_end = CASE WHEN session_end > $3 THEN $3 ELSE session_end END \
                                 WHERE account = $1 AND session_start = $2";
                sqlx::query(statement).bind(account).bind(start).bind(now).execute(rows.connection).await?;
                Ok(())
            })
        });
        step.await?;
        self.counts.add(Counted::Logouts);
        Ok(())
    }
}
