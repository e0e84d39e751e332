//! The two databases against what was promised: every promised ballot in the box once, a mark for every ballot,
//! no mark without one. The rows are sealed; who has the box key, as this test has, finds a ballot by its tag.

use std::collections::{BTreeMap, BTreeSet};

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::ballot::CastBallot;
use escrutinio_core::board::leaf_hash;
use escrutinio_core::hash::Hash;
use escrutinio_sealed::{Kind, sealed};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::rows::Rows;
use crate::lab::election::Election;
use crate::lab::site::{KEYS, Site};
use crate::lab::voters::Entered;
use crate::shell::Failure;

/// The label of the sub-key of tracking codes.
const LABEL: &[u8] = b"code-tag";

/// A ballot that voters may send.
#[derive(Clone, Copy, Debug)]
struct Known {
    leaf: Hash,
    account: i64,
    contest: u32,
}

/// Every ballot of the test, by what its row would have as tag of its code.
#[derive(Debug)]
pub(crate) struct Books(BTreeMap<Vec<u8>, Known>);

fn hmac(key: &[u8], data: &[u8]) -> Result<Vec<u8>, Failure> {
    let mac = Hmac::<Sha256>::new_from_slice(key).map_err(|why| Failure::new(why.to_string()))?;
    Ok(mac.chain_update(data).finalize().into_bytes().to_vec())
}

impl Books {
    /// The ballots of voters who have entered, under the keys of an instance.
    pub(crate) fn new(
        election: &Election,
        site: &Site,
        entered: &[Entered],
        ballots: &[Vec<Vec<u8>>],
    ) -> Result<Self, Failure> {
        let keys = sealed::read(&site.data().join("keys.sealed"), Kind::ServerKeys, KEYS);
        let keys = keys.map_err(|why| Failure::new(why.to_string()))?;
        let ballots_key = keys.get(64..96).ok_or_else(|| Failure::new("keys.sealed is too short"))?;
        let key = hmac(ballots_key, LABEL)?;
        let mut known = BTreeMap::new();
        for (voter, of_one) in entered.iter().zip(ballots) {
            let account = account(voter.session.expose_token())?;
            for bytes in of_one {
                let cast = CastBallot::decode(bytes, &election.record.election.shapes);
                let cast = cast.map_err(|why| Failure::new(why.to_string()))?.body;
                let tag = hmac(&key, cast.tracking_code().as_bytes())?;
                known.insert(tag, Known { leaf: leaf_hash(bytes), account, contest: cast.contest });
            }
        }
        Ok(Self(known))
    }

    /// What the databases hold is what was promised, and perhaps what nobody has heard of yet. Says how
    /// many ballots there are.
    pub(crate) fn compare(&self, rows: &Rows, promised: &[Hash]) -> Result<usize, Failure> {
        let mut missing: BTreeSet<&Hash> = promised.iter().collect();
        let (mut marks, mut seen) = (Vec::new(), BTreeSet::new());
        for tag in &rows.ballots {
            let known = self.0.get(tag).ok_or_else(|| Failure::new("the box holds a ballot that nobody has sent"))?;
            if !seen.insert(tag) {
                return Err(Failure::new("a ballot is in the box twice"));
            }
            missing.remove(&known.leaf);
            marks.push((known.account, known.contest));
        }
        if !missing.is_empty() {
            let (all, missing) = (promised.len(), missing.len());
            return Err(Failure::new(format!("of {all} promised ballots {missing} are not in the box")));
        }
        marks.sort_unstable();
        let mut standing = rows.marks.clone();
        standing.sort_unstable();
        if standing != marks {
            let with: BTreeSet<_> = marks.iter().collect();
            let other = standing.iter().filter(|mark| !with.contains(mark)).count();
            let (ballots, marks) = (marks.len(), standing.len());
            let what = format!("{ballots} ballots and {marks} marks, {other} of them without a ballot");
            return Err(Failure::new(what));
        }
        Ok(marks.len())
    }
}

/// Whose session it is: the token says it to whoever made it.
fn account(token: &str) -> Result<i64, Failure> {
    let bytes = Base64UrlUnpadded::decode_vec(token).map_err(|why| Failure::new(format!("token: {why}")))?;
    let number = bytes.first_chunk().ok_or_else(|| Failure::new("a token is too short"))?;
    Ok(i64::from_le_bytes(*number))
}

#[cfg(test)]
impl Books {
    fn of(ballots: &[(u8, i64, u32)]) -> Self {
        let known = |(n, account, contest): &(u8, i64, u32)| {
            (vec![*n; 32], Known { leaf: [*n; 32], account: *account, contest: *contest })
        };
        Self(ballots.iter().map(known).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ballot_or_mark_too_few_or_too_many_is_told() {
        let books = Books::of(&[(1, 7, 0), (2, 7, 1), (3, 9, 0)]);
        let rows = |ballots: &[u8], marks: &[(i64, u32)]| Rows {
            ballots: ballots.iter().map(|n| vec![*n; 32]).collect(),
            marks: marks.to_vec(),
        };
        let (promised, marks) = ([[1; 32], [3; 32]], [(9, 0), (7, 0)]);
        let told = |rows: &Rows| books.compare(rows, &promised).map_err(|why| why.to_string());
        assert_eq!(told(&rows(&[3, 1], &marks)), Ok(2));
        assert_eq!(told(&rows(&[3, 1, 2], &[(9, 0), (7, 0), (7, 1)])), Ok(3), "one that nobody has heard of");
        for (rows, why) in [
            (rows(&[3], &[(9, 0)]), "of 2 promised ballots 1 are not in the box"),
            (rows(&[3, 1], &[(9, 0)]), "2 ballots and 1 marks, 0 of them without a ballot"),
            (rows(&[3, 1], &[(9, 0), (7, 1)]), "2 ballots and 2 marks, 1 of them without a ballot"),
            (rows(&[3, 1], &[(9, 0), (7, 0), (7, 1)]), "2 ballots and 3 marks, 1 of them without a ballot"),
            (rows(&[3, 1, 1], &[(9, 0), (7, 0), (7, 0)]), "a ballot is in the box twice"),
            (rows(&[3, 1, 4], &marks), "the box holds a ballot that nobody has sent"),
        ] {
            assert_eq!(told(&rows), Err(why.to_owned()));
        }
    }
}
