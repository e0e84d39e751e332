//! Which ballots the next epoch takes. It is decided once, and noted sealed, before one of them is
//! written in the clear: what an attempt that came to nothing leaves on a disk is what the next one
//! publishes. Were the next set larger, whoever has the disk could tell the ballots that came in between.

use std::collections::BTreeSet;

use escrutinio_core::hash::Hash;
use sqlx::{AnyConnection, Connection};
use zeroize::Zeroizing;

use crate::cast::lock_ballots;
use crate::keys::BoxCipher;
use crate::random;
use crate::store::{Database, StoreError, meta};

/// Rows of the box.
pub(super) type Rows = BTreeSet<i64>;

/// The note of a head, in the box's `meta`.
fn name(head: u64) -> String {
    format!("leaving {head}")
}

fn aad(head: u64) -> Vec<u8> {
    format!("meta leaving {head}").into_bytes()
}

/// Eight bytes a row: the length says how many leave, which the head says too.
fn seal(cipher: &BoxCipher, head: u64, rows: &Rows) -> Vec<u8> {
    let plain = Zeroizing::new(rows.iter().flat_map(|row| row.to_le_bytes()).collect::<Vec<u8>>());
    cipher.seal(&aad(head), &plain, &mut random::system())
}

fn open(cipher: &BoxCipher, head: u64, sealed: &[u8]) -> Result<Rows, StoreError> {
    let broken = || StoreError::corrupt(format!("the note of what leaves with head {head} does not open"));
    let plain = cipher.open(&aad(head), sealed).map_err(|_| broken())?;
    let (rows, rest) = plain.as_chunks::<8>();
    if rest.is_empty() { Ok(rows.iter().map(|row| i64::from_le_bytes(*row)).collect()) } else { Err(broken()) }
}

/// Notes what leaves with a head, unless that is noted; the answer is what stands, whoever wrote it.
/// From the close on nothing is noted: all that is left leaves then.
pub(super) async fn decide(
    database: &Database,
    connection: &mut AnyConnection,
    cipher: &BoxCipher,
    head: u64,
    rows: &Rows,
) -> Result<Rows, StoreError> {
    let mut transaction = connection.begin_with(database.begin()).await?;
    lock_ballots(&mut transaction, database.backend()).await?;
    if meta::value(&mut transaction, meta::CLOSED).await?.is_some() {
        return Err(StoreError::Unavailable { what: "the box is closed: no epoch is begun".to_owned() });
    }
    meta::insert(&mut transaction, &name(head), &seal(cipher, head, rows)).await?;
    transaction.commit().await?;
    let standing = noted(connection, cipher, head).await?;
    standing.ok_or_else(|| StoreError::corrupt("the note of what leaves has gone"))
}

/// What was noted to leave with a head.
pub(super) async fn noted(
    connection: &mut AnyConnection,
    cipher: &BoxCipher,
    head: u64,
) -> Result<Option<Rows>, StoreError> {
    let sealed = meta::value(connection, &name(head)).await?;
    sealed.map(|sealed| open(cipher, head, &sealed)).transpose()
}

/// Takes the rows out of those that wait, which are sorted by hash.
pub(super) fn take(waiting: Vec<(Hash, i64)>, rows: &Rows) -> Result<[Vec<(Hash, i64)>; 2], StoreError> {
    let (leaving, staying): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, row)| rows.contains(row));
    if leaving.len() == rows.len() {
        Ok([leaving, staying])
    } else {
        Err(StoreError::corrupt("a ballot that was to leave does not wait"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_tells_how_many_and_opens_for_its_head() {
        let cipher = BoxCipher::new(&[7; 32]);
        let rows = Rows::from([3, 1, i64::MAX]);
        let sealed = seal(&cipher, 5, &rows);
        assert_eq!(sealed.len(), 24 + 3 * 8 + 16);
        assert_eq!(seal(&cipher, 5, &Rows::from([7, 8, 9])).len(), sealed.len());
        assert_eq!(open(&cipher, 5, &sealed), Ok(rows));
        assert!(open(&cipher, 6, &sealed).is_err());
        assert!(open(&BoxCipher::new(&[8; 32]), 5, &sealed).is_err());
    }

    #[test]
    fn exactly_what_was_noted_leaves() {
        let waiting: Vec<(Hash, i64)> = (1u8..6).map(|n| ([n; 32], i64::from(10 - n))).collect();
        let [leaving, staying] = take(waiting.clone(), &Rows::from([5, 9])).unwrap();
        assert_eq!(leaving, [([1; 32], 9), ([5; 32], 5)]);
        assert_eq!(staying.len(), 3);
        assert!(take(waiting, &Rows::from([5, 99])).is_err());
    }

    #[tokio::test]
    async fn what_is_noted_first_counts() {
        for databases in crate::testing::Databases::all().await {
            let store = databases.open().await;
            let cipher = BoxCipher::new(&[7; 32]);
            let mut connection = store.ballots.connect().await.unwrap();
            let (first, second) = (Rows::from([1, 2]), Rows::from([1, 2, 3]));
            assert_eq!(noted(&mut connection, &cipher, 1).await, Ok(None));
            assert_eq!(decide(&store.ballots, &mut connection, &cipher, 1, &first).await, Ok(first.clone()));
            assert_eq!(decide(&store.ballots, &mut connection, &cipher, 1, &second).await, Ok(first));
            assert_eq!(decide(&store.ballots, &mut connection, &cipher, 2, &second).await, Ok(second.clone()));
            let job = store.ballots.run(|c| Box::pin(async move { meta::insert(c, meta::CLOSED, b"1").await }));
            job.await.unwrap();
            assert!(decide(&store.ballots, &mut connection, &cipher, 3, &second).await.is_err());
            assert_eq!(noted(&mut connection, &cipher, 3).await, Ok(None));
        }
    }
}
