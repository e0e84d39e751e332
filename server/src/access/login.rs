//! Login by user name and password; recovery by user name and a code by e-mail.
//!
//! Whoever asks cannot tell an account that does not exist from one that is locked, has no password
//! yet, or has another: the answers have the same bytes, each took one transaction with as many
//! statements, of which one changed a row, and as many hashes.

use subtle::ConstantTimeEq;

use super::api::{Caller, FactorsAnswer, KdfAnswer, KdfRequest, LoginRequest, RecoverCodeRequest, RecoverRequest};
use super::attempt::Purpose;
use super::code::{self, Use};
use super::counts::Counted;
use super::rows::{Line, Rows, Stop};
use super::secret::Secret;
use super::steps::auth_hash;
use super::{AccessService, USER, unlocked};
use crate::delivery::{Channel, Notice};
use crate::refusal::Refusal;
use crate::store::StoreError;
use crate::store::roll::{AccountNumber, AccountRow};

impl AccessService {
    /// `POST /access/kdf`.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn kdf(&self, caller: &Caller, request: &KdfRequest) -> Result<KdfAnswer, Refusal> {
        self.enter(caller)?;
        Ok(self.derivation(&request.user))
    }

    /// `POST /access/login`.
    ///
    /// # Errors
    /// [`Refusal`]; of everything that is wrong with the account, [`Refusal::Credentials`].
    pub async fn login(&self, caller: &Caller, request: LoginRequest) -> Result<FactorsAnswer, Refusal> {
        let now = self.enter(caller)?;
        let auth = request.auth.decode_array::<32>().ok_or(Refusal::BadRequest)?;
        let user = name(request.user)?;
        let decoy = self.decoy(&user);
        let computed = auth_hash(&auth, &user);
        self.counts.hash();
        let step = self.step(move |mut rows| {
            Box::pin(async move {
                let row = rows.find(&user, now).await?;
                let kept = row.as_ref().and_then(|row| row.auth.as_deref()).unwrap_or(&[0; 32]);
                let same = bool::from(computed.ct_eq(kept));
                match row {
                    Some(row) if same => Ok(row),
                    row => Err(rows.wrong(row, decoy, now, Refusal::Credentials).await?),
                }
            })
        });
        let row = self.judge(caller.address, step.await)?;
        Ok(self.factors(&row, Purpose::Login, now))
    }

    /// `POST /access/recover`: a code by e-mail, if there is such an account and the one that it was sent before is not
    /// good any more.
    ///
    /// # Errors
    /// [`Refusal`], never for a reason that lies in the account.
    pub async fn recover(&self, caller: &Caller, request: RecoverRequest) -> Result<(), Refusal> {
        let now = self.enter(caller)?;
        let user = name(request.user)?;
        let slot = self.delivery.reserve(Channel::Mail).map_err(|_| Refusal::BUSY)?;
        let decoy = self.decoy(&user);
        let (drawn, keys) = (code::draw(), self.keys.clone());
        let sent = drawn.clone();
        self.counts.hash();
        let step = self.step(move |mut rows| {
            Box::pin(async move {
                let row = rows.find(&user, now).await?;
                let (account, generation) = row.as_ref().map_or((decoy, 0), |row| (row.account, row.generation));
                let hash = code::hash(keys.access(), account, generation, Use::Recovery, &drawn);
                let kept = rows.keep_only_code(account, Line::Mail, &hash, now).await?;
                Ok(row.filter(|_| kept))
            })
        });
        if let Some(row) = step.await? {
            let email = Secret::new(self.person(&row)?.email.clone());
            self.counts.add(Counted::Mails);
            slot.send(email, caller.language, &Notice::RecoveryCode(sent));
        }
        Ok(())
    }

    /// `POST /access/recover-code`.
    ///
    /// # Errors
    /// [`Refusal`]; of everything that is wrong with the account, [`Refusal::Code`].
    pub async fn recover_code(&self, caller: &Caller, request: RecoverCodeRequest) -> Result<FactorsAnswer, Refusal> {
        let now = self.enter(caller)?;
        let user = name(request.user)?;
        let (decoy, keys) = (self.decoy(&user), self.keys.clone());
        self.counts.hash();
        let step = self.step(move |mut rows| {
            Box::pin(async move {
                let row = rows.find(&user, now).await?;
                let account = row.as_ref().map_or(decoy, |row| row.account);
                let sent = rows.code(account, Line::Mail).await?;
                let matches =
                    code::matches(keys.access(), row.as_ref(), sent.as_ref(), Use::Recovery, &request.code, now);
                match row {
                    Some(row) if matches => {
                        rows.use_code(row.account, Line::Mail).await?;
                        Ok(row)
                    }
                    row => Err(rows.wrong(row, decoy, now, Refusal::Code).await?),
                }
            })
        });
        let row = self.judge(caller.address, step.await)?;
        Ok(self.factors(&row, Purpose::Recovery, now))
    }

    /// The row below zero that stands for a user name that does not exist.
    fn decoy(&self, user: &str) -> AccountNumber {
        let [first, ..] = self.keys.access().mac("decoy", user.as_bytes());
        -1 - i64::from(first)
    }
}

/// A text that could be a user name. Longer ones are not looked up: that tells nothing of any account.
fn name(user: String) -> Result<String, Refusal> {
    if user.len() <= USER && !user.contains('\0') { Ok(user) } else { Err(Refusal::BadRequest) }
}

impl Rows<'_> {
    /// An account that can be entered with a user name: it has a password and is not locked.
    async fn find(&mut self, user: &str, now: i64) -> Result<Option<AccountRow>, StoreError> {
        self.hold_user(user).await?;
        let row = self.by_user(user).await?;
        Ok(row.filter(|row| row.auth.is_some() && unlocked(row, now).is_ok()))
    }

    /// Counts a wrong try, of an account or of nobody.
    async fn wrong(
        &mut self,
        row: Option<AccountRow>,
        decoy: AccountNumber,
        now: i64,
        why: Refusal,
    ) -> Result<Stop, StoreError> {
        match row {
            Some(row) => self.fail(&row, now).await?,
            None => self.fail_nobody(decoy).await?,
        }
        Ok(why.into())
    }
}
