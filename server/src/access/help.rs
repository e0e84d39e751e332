//! What the desk can do for a voter who calls (R-AUTH-16), and what it asks the registrar for.

use sqlx::Row;

use super::secret::Secret;
use super::{AccessService, Rows, open_person};
use crate::refusal::Refusal;
use crate::store::StoreError;

/// A voter to whom the registrar is asked to send the link again.
#[derive(Debug)]
pub struct Resend {
    /// The user name.
    pub user: String,
    /// The address in force.
    pub email: Secret,
    /// Whether a password is set: the link is then sent as it was; if not, with a new token.
    pub password: bool,
}

impl AccessService {
    /// Lifts the lock of an account and of its link, and the limit of codes. Attempts and codes that are under way end.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there is no such account.
    pub async fn unlock(&self, user: &str) -> Result<(), Refusal> {
        let name = user.to_owned();
        let codes = self.step(move |rows: Rows<'_>| {
            Box::pin(async move {
                let statement = "DELETE FROM codes WHERE account = (SELECT account FROM accounts WHERE user_name = $1)";
                sqlx::query(statement).bind(name).execute(rows.connection).await?;
                Ok(())
            })
        });
        codes.await?;
        let statement = "UPDATE accounts SET failures = 0, locked_until = 0, digit_tries = 0, \
                         generation = generation + 1 WHERE user_name = $1";
        self.update_one(statement, user).await
    }

    /// Forgets the authenticator of a voter who has lost it. To enter, or to enrol another, takes the password and a
    /// code to the registered telephone: the desk opens no door by this.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there is no such account.
    pub async fn forget_authenticator(&self, user: &str) -> Result<(), Refusal> {
        let statement = "UPDATE accounts SET totp = NULL, generation = generation + 1 WHERE user_name = $1";
        self.update_one(statement, user).await
    }

    /// Puts an account on the list of those to whom the link is sent again.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there is no such account.
    pub async fn ask_resend(&self, user: &str) -> Result<(), Refusal> {
        self.update_one("UPDATE accounts SET resend = 1 WHERE user_name = $1", user).await
    }

    async fn update_one(&self, statement: &'static str, user: &str) -> Result<(), Refusal> {
        let user = user.to_owned();
        let step = self.step(move |rows: Rows<'_>| {
            Box::pin(async move {
                Ok(sqlx::query(statement).bind(user).execute(rows.connection).await?.rows_affected() == 1)
            })
        });
        if step.await? { Ok(()) } else { Err(Refusal::NotFound) }
    }

    /// Whose link is to be sent again, in the order of user names.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn resends(&self) -> Result<Vec<Resend>, Refusal> {
        let users = async {
            let statement = "SELECT user_name FROM accounts WHERE resend = 1 ORDER BY user_name";
            let rows = sqlx::query(statement).fetch_all(&mut *self.roll.read().await?).await?;
            rows.iter().map(|row| Ok(row.try_get::<String, _>(0)?)).collect::<Result<Vec<_>, StoreError>>()
        };
        let mut resends = Vec::new();
        for user in users.await.map_err(|error| super::store_failed(&error))? {
            let found = async { crate::store::roll::by_user(&mut *self.roll.read().await?, &user).await };
            if let Some(row) = found.await.map_err(|error| super::store_failed(&error))? {
                let email = Secret::new(open_person(&self.keys, &row)?.email.clone());
                resends.push(Resend { user, email, password: row.auth.is_some() });
            }
        }
        Ok(resends)
    }
}
