//! The accounts of the roll.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::StoreError;

/// Names an account within the server; random, 63 bits.
pub type AccountNumber = i64;

/// A row of `accounts`. What is sealed opens under the roll key with [`aad`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the specification's table")]
pub struct AccountRow {
    pub account: AccountNumber,
    pub user_name: String,
    pub token: Option<Vec<u8>>,
    pub list: u32,
    pub place: u32,
    pub person: Vec<u8>,
    pub half: Vec<u8>,
    pub generation: i64,
    pub auth: Option<Vec<u8>>,
    pub totp: Option<Vec<u8>>,
    pub totp_step: i64,
    pub digit_tries: i64,
    pub failures: i64,
    pub locked_until: i64,
    pub session: Option<Vec<u8>>,
    pub session_start: i64,
    pub session_end: i64,
}

/// What a new account begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the specification's table")]
pub struct NewAccount {
    pub account: AccountNumber,
    pub user_name: String,
    pub token: Option<Vec<u8>>,
    pub list: u32,
    pub place: u32,
    pub person: Vec<u8>,
    pub contacts: Vec<[u8; 32]>,
    pub half: Vec<u8>,
}

/// A random account number.
#[must_use]
pub fn new_account_number() -> AccountNumber {
    i64::from_le_bytes(crate::random::bytes()) & i64::MAX
}

/// The associated data of a sealed column of an account.
#[must_use]
pub fn aad(column: &str, account: AccountNumber) -> Vec<u8> {
    format!("accounts {column} {account}").into_bytes()
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT account, user_name, token, list, place, person, half, generation, auth, totp, totp_step, ",
            "digit_tries, failures, locked_until, session, session_start, session_end FROM accounts ",
            $rest
        )
    };
}

fn small(row: &AnyRow, column: &str) -> Result<u32, StoreError> {
    let value: i64 = row.try_get(column)?;
    u32::try_from(value).map_err(|_| StoreError::corrupt(format!("{column} of an account is {value}")))
}

fn read(row: &AnyRow) -> Result<AccountRow, StoreError> {
    Ok(AccountRow {
        account: row.try_get("account")?,
        user_name: row.try_get("user_name")?,
        token: row.try_get("token")?,
        list: small(row, "list")?,
        place: small(row, "place")?,
        person: row.try_get("person")?,
        half: row.try_get("half")?,
        generation: row.try_get("generation")?,
        auth: row.try_get("auth")?,
        totp: row.try_get("totp")?,
        totp_step: row.try_get("totp_step")?,
        digit_tries: row.try_get("digit_tries")?,
        failures: row.try_get("failures")?,
        locked_until: row.try_get("locked_until")?,
        session: row.try_get("session")?,
        session_start: row.try_get("session_start")?,
        session_end: row.try_get("session_end")?,
    })
}

/// An account by its number.
///
/// # Errors
/// [`StoreError`].
pub async fn account(connection: &mut AnyConnection, account: AccountNumber) -> Result<Option<AccountRow>, StoreError> {
    let row = sqlx::query(select!("WHERE account = $1")).bind(account).fetch_optional(connection).await?;
    row.as_ref().map(read).transpose()
}

/// An account by its user name.
///
/// # Errors
/// [`StoreError`].
pub async fn by_user(connection: &mut AnyConnection, user: &str) -> Result<Option<AccountRow>, StoreError> {
    let row = sqlx::query(select!("WHERE user_name = $1")).bind(user).fetch_optional(connection).await?;
    row.as_ref().map(read).transpose()
}

/// An account by the hash of its link's token.
///
/// # Errors
/// [`StoreError`].
pub async fn by_token(connection: &mut AnyConnection, token: &[u8; 32]) -> Result<Option<AccountRow>, StoreError> {
    let token = token.as_slice();
    let row = sqlx::query(select!("WHERE token = $1")).bind(token).fetch_optional(connection).await?;
    row.as_ref().map(read).transpose()
}

/// Inserts an account unless one of this number, user name, link or place is there; says whether it did.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(connection: &mut AnyConnection, new: &NewAccount) -> Result<bool, StoreError> {
    let statement = "INSERT INTO accounts (account, user_name, token, list, place, person, half) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    let done = sqlx::query(statement)
        .bind(new.account)
        .bind(new.user_name.as_str())
        .bind(new.token.as_deref())
        .bind(i64::from(new.list))
        .bind(i64::from(new.place))
        .bind(new.person.as_slice())
        .bind(new.half.as_slice())
        .execute(&mut *connection)
        .await?;
    let inserted = done.rows_affected() == 1;
    for tag in new.contacts.iter().filter(|_| inserted) {
        claim(connection, tag, new.account).await?;
    }
    Ok(inserted)
}

/// Takes an address or a number for an account, by its tag; says whether it is the account's now.
///
/// # Errors
/// [`StoreError`].
pub async fn claim(connection: &mut AnyConnection, tag: &[u8; 32], account: AccountNumber) -> Result<bool, StoreError> {
    let statement = "INSERT INTO contacts (tag, account) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    sqlx::query(statement).bind(tag.as_slice()).bind(account).execute(&mut *connection).await?;
    Ok(holder(connection, tag).await? == Some(account))
}

/// Lets go of an address or a number of an account.
///
/// # Errors
/// [`StoreError`].
pub async fn disclaim(
    connection: &mut AnyConnection,
    tag: &[u8; 32],
    account: AccountNumber,
) -> Result<(), StoreError> {
    let statement = "DELETE FROM contacts WHERE tag = $1 AND account = $2";
    sqlx::query(statement).bind(tag.as_slice()).bind(account).execute(connection).await?;
    Ok(())
}

/// Whose address or number it is.
///
/// # Errors
/// [`StoreError`].
pub async fn holder(connection: &mut AnyConnection, tag: &[u8; 32]) -> Result<Option<AccountNumber>, StoreError> {
    let query = sqlx::query("SELECT account FROM contacts WHERE tag = $1").bind(tag.as_slice());
    Ok(query.fetch_optional(connection).await?.map(|row| row.try_get(0)).transpose()?)
}

/// A new link for an account; `Some(false)` if it has a password, `None` if it is nobody's. Attempts that
/// began with the old one end. Authenticator and telephone stay: who makes links passes no second factor by it.
///
/// # Errors
/// [`StoreError`].
pub async fn renew(connection: &mut AnyConnection, user: &str, token: &[u8; 32]) -> Result<Option<bool>, StoreError> {
    let Some(row) = by_user(connection, user).await? else { return Ok(None) };
    if row.auth.is_some() {
        let statement = "UPDATE accounts SET resend = 0 WHERE account = $1";
        sqlx::query(statement).bind(row.account).execute(connection).await?;
        return Ok(Some(false));
    }
    // A token that another account has is a damaged package: the row stays as it is.
    let statement = "UPDATE accounts SET token = $1, generation = generation + 1, digit_tries = 0, resend = 0 \
                     WHERE account = $2 AND auth IS NULL AND NOT EXISTS (SELECT 1 FROM accounts WHERE token = $1)";
    let done = sqlx::query(statement).bind(token.as_slice()).bind(row.account).execute(connection).await?;
    Ok(Some(done.rows_affected() == 1))
}

/// How many accounts there are.
///
/// # Errors
/// [`StoreError`].
pub async fn count(connection: &mut AnyConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query("SELECT count(*) FROM accounts").fetch_one(connection).await?.try_get(0)?)
}

/// The latest time that was believed, by any instance; 0 if none was.
///
/// # Errors
/// [`StoreError`].
pub async fn latest_time(connection: &mut AnyConnection) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT latest FROM clock").fetch_optional(connection).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0))
}
