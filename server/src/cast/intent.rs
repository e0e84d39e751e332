//! Marks and intents: the roll's side of an act. An intent holds, sealed, what is not finished, and
//! goes when it is.

use escrutinio_core::encoding::{Decode, DecodeError, DecodeLimited, Encode, Reader};
use sqlx::{AnyConnection, Executor, Row};
use zeroize::Zeroizing;

use crate::keys::BoxCipher;
use crate::random;
use crate::store::roll::AccountNumber;
use crate::store::{StoreError, meta};

/// Longest ballot that an intent can hold; those of a manifest are far shorter.
const LONGEST: usize = 1 << 16;

/// A voter, a contest, a ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) account: AccountNumber,
    pub(super) contest: u32,
    pub(super) cast: Vec<u8>,
}

/// Names an intent; random.
pub(super) fn new_id() -> i64 {
    i64::from_le_bytes(random::bytes()) & i64::MAX
}

fn aad(id: i64) -> Vec<u8> {
    format!("intents sealed {id}").into_bytes()
}

fn seal<'a>(cipher: &BoxCipher, id: i64, entries: impl IntoIterator<Item = &'a Entry>) -> Vec<u8> {
    let mut plain = Zeroizing::new(Vec::new());
    for entry in entries {
        entry.account.encode(&mut plain);
        entry.contest.encode(&mut plain);
        entry.cast.encode(&mut plain);
    }
    cipher.seal(&aad(id), &plain, &mut random::system())
}

pub(super) fn parse(plain: &[u8]) -> Result<Vec<Entry>, DecodeError> {
    let mut reader = Reader::new(plain);
    let mut entries = Vec::new();
    while reader.remaining() > 0 {
        let (account, contest) = (i64::decode(&mut reader)?, u32::decode(&mut reader)?);
        entries.push(Entry { account, contest, cast: Vec::<u8>::decode_limited(&mut reader, LONGEST)? });
    }
    Ok(entries)
}

fn open(cipher: &BoxCipher, id: i64, sealed: &[u8]) -> Result<Vec<Entry>, StoreError> {
    let plain = cipher.open(&aad(id), sealed).map_err(|_| StoreError::corrupt("an intent does not open"))?;
    parse(&plain).map_err(|error| StoreError::corrupt(format!("an intent: {error}")))
}

/// Step 6: marks the voters and writes down the intent, of those who were not marked. Says who was; nothing is done
/// once the roll says that it is closed: nobody could take a mark back then.
pub(super) async fn begin(
    connection: &mut AnyConnection,
    cipher: &BoxCipher,
    id: i64,
    entries: &[Entry],
) -> Result<Option<Vec<bool>>, StoreError> {
    if meta::value(&mut *connection, meta::CLOSED).await?.is_some() {
        return Ok(None);
    }
    // In the order of the accounts, so that no two instances wait for each other.
    let mut order: Vec<(usize, &Entry)> = entries.iter().enumerate().collect();
    order.sort_unstable_by_key(|(_, entry)| (entry.account, entry.contest));
    let mut marked = vec![false; entries.len()];
    for (place, entry) in order {
        let statement = "INSERT INTO marks (account, contest) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        let query = sqlx::query(statement).bind(entry.account).bind(i64::from(entry.contest));
        let done = connection.execute(query).await?;
        if let Some(slot) = marked.get_mut(place) {
            *slot = done.rows_affected() == 1;
        }
    }
    if marked.contains(&true) {
        let sealed = seal(cipher, id, entries.iter().zip(&marked).filter(|(_, new)| **new).map(|(entry, _)| entry));
        let statement = "INSERT INTO intents (intent, sealed) VALUES ($1, $2)";
        connection.execute(sqlx::query(statement).bind(id).bind(sealed)).await?;
    }
    Ok(Some(marked))
}

/// Step 8: removes an intent, and the marks of ballots that came to nothing. Who finds it gone does
/// nothing: another has done it, and the voter may have voted since.
pub(super) async fn finish(
    connection: &mut AnyConnection,
    id: i64,
    unmark: &[(AccountNumber, u32)],
) -> Result<(), StoreError> {
    let done = connection.execute(sqlx::query("DELETE FROM intents WHERE intent = $1").bind(id)).await?;
    if done.rows_affected() == 1 {
        for (account, contest) in unmark {
            let statement = "DELETE FROM marks WHERE account = $1 AND contest = $2";
            connection.execute(sqlx::query(statement).bind(*account).bind(i64::from(*contest))).await?;
        }
    }
    Ok(())
}

/// The intents that stand.
pub(super) async fn all(connection: &mut AnyConnection) -> Result<Vec<i64>, StoreError> {
    let rows = sqlx::query("SELECT intent FROM intents ORDER BY intent").fetch_all(connection).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// What an intent holds; `None` if it is finished.
pub(super) async fn entries(
    connection: &mut AnyConnection,
    cipher: &BoxCipher,
    id: i64,
) -> Result<Option<Vec<Entry>>, StoreError> {
    let row = sqlx::query("SELECT sealed FROM intents WHERE intent = $1").bind(id).fetch_optional(connection).await?;
    let Some(row) = row else { return Ok(None) };
    let sealed: Vec<u8> = row.try_get(0)?;
    open(cipher, id, &sealed).map(Some)
}

pub(super) async fn is_marked(
    connection: &mut AnyConnection,
    account: AccountNumber,
    contest: u32,
) -> Result<bool, StoreError> {
    let statement = "SELECT 1 FROM marks WHERE account = $1 AND contest = $2";
    let query = sqlx::query(statement).bind(account).bind(i64::from(contest));
    Ok(query.fetch_optional(connection).await?.is_some())
}

pub(super) async fn contests(connection: &mut AnyConnection, account: AccountNumber) -> Result<Vec<u32>, StoreError> {
    let statement = "SELECT contest FROM marks WHERE account = $1 ORDER BY contest";
    let rows = sqlx::query(statement).bind(account).fetch_all(connection).await?;
    let contest = |row: &sqlx::any::AnyRow| {
        let contest: i64 = row.try_get(0)?;
        u32::try_from(contest).map_err(|_| StoreError::corrupt("a mark is of no contest"))
    };
    rows.iter().map(contest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_opens_under_its_number() {
        let cipher = BoxCipher::new(&[7; 32]);
        let entries = vec![
            Entry { account: 5, contest: 1, cast: vec![1; 300] },
            Entry { account: i64::MAX, contest: 0, cast: vec![] },
        ];
        let sealed = seal(&cipher, 9, &entries);
        assert_eq!(open(&cipher, 9, &sealed), Ok(entries));
        assert!(open(&cipher, 8, &sealed).is_err());
        assert!(parse(&[1, 2, 3]).is_err());
    }
}
