//! Who voted, and how many where: what the roll tells after the close (R-REC, R-EXP-09). It is obtained
//! without touching a ballot.

use std::collections::BTreeMap;

use escrutinio_core::hash::sha256;
use escrutinio_core::ids::hex;
use escrutinio_core::verify::Election;
use sqlx::Row;

use crate::keys::RollCipher;
use crate::store::{Person, Store, StoreError};

/// The list of those who voted: personal data, to be handed over and not published.
#[derive(Clone, PartialEq, Eq)]
pub struct VotersList {
    /// `name,clave`, sorted by name.
    pub csv: String,
    /// Persons on it.
    pub persons: u64,
    /// SHA-256 of the file.
    pub hash: String,
}

impl core::fmt::Debug for VotersList {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "VotersList({} persons, {})", self.persons, self.hash)
    }
}

/// A field of RFC 4180.
fn field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// The list, in an order that says nothing of when anybody voted.
pub(super) async fn list(store: &Store, cipher: &RollCipher) -> Result<VotersList, StoreError> {
    let statement = "SELECT account, person FROM accounts WHERE account IN (SELECT account FROM marks)";
    let rows = sqlx::query(statement).fetch_all(&mut *store.roll.read().await?).await?;
    let mut persons = Vec::with_capacity(rows.len());
    for row in rows {
        let (account, sealed): (i64, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
        let person = Person::open(cipher, account, &sealed)?;
        persons.push((person.name.clone(), person.clave.clone()));
    }
    persons.sort_unstable();
    let mut csv = String::from("name,clave\n");
    for (name, clave) in &persons {
        csv.push_str(&format!("{},{}\n", field(name), field(clave)));
    }
    let hash = hex(&sha256(&[csv.as_bytes()]));
    Ok(VotersList { persons: u64::try_from(persons.len()).unwrap_or(u64::MAX), hash, csv })
}

/// Voters marked for every contest of every list, those without a mark included.
pub(super) async fn participation(store: &Store, election: &Election) -> Result<BTreeMap<(u32, u32), u64>, StoreError> {
    let mut lines: BTreeMap<(u32, u32), u64> =
        election.participation_lines().into_iter().map(|line| (line, 0)).collect();
    let statement = "SELECT m.contest, a.list, count(*) FROM marks m JOIN accounts a ON a.account = m.account \
                     GROUP BY m.contest, a.list";
    let rows = sqlx::query(statement).fetch_all(&mut *store.roll.read().await?).await?;
    for row in rows {
        let numbers: [i64; 3] = [row.try_get(0)?, row.try_get(1)?, row.try_get(2)?];
        let [contest, list, voters] = numbers;
        let broken = || StoreError::corrupt(format!("marks of contest {contest} and list {list}"));
        let key = (u32::try_from(contest).map_err(|_| broken())?, u32::try_from(list).map_err(|_| broken())?);
        *lines.get_mut(&key).ok_or_else(broken)? = u64::try_from(voters).map_err(|_| broken())?;
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(field("Ana López"), "Ana López");
        assert_eq!(field("López, Ana \"la Güera\""), "\"López, Ana \"\"la Güera\"\"\"");
    }
}
