//! Aggregates, results and participation (`spec/tally.md`).
//!
//! Ballots are added per contest and reporting unit; small units are merged before anything is
//! opened, so that no group of fewer than `min_group` ballots is opened unless the contest has no
//! other.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use crate::ballot::EncryptedBallot;
use crate::encoding::{
    Decode, DecodeError, DecodeErrorKind, DecodeLimited, Encode, Reader, codec, put_all, put_header, put_length,
};
use crate::group::{self, Element};
use crate::hash::{Hash, tagged_hash};
use crate::ids::ElectionId;
use crate::manifest::ContestShape;
use crate::signature::{BadSignature, Signature, SigningKey, VerifyingKey};

/// The sum of some ballots of one contest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// How many ballots.
    pub ballots: u64,
    /// Sum of the first components.
    pub a: Element,
    /// Sums of the option components.
    pub b: Vec<Element>,
}

impl Sum {
    /// No ballot yet.
    #[must_use]
    pub fn empty(options: usize) -> Self {
        Self { ballots: 0, a: group::identity(), b: vec![group::identity(); options] }
    }

    /// Adds a ballot.
    pub fn add(&mut self, ballot: &EncryptedBallot) {
        self.ballots = self.ballots.saturating_add(1);
        self.a += ballot.a.element;
        for (sum, component) in self.b.iter_mut().zip(&ballot.b) {
            *sum += component.element;
        }
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        self.ballots = self.ballots.saturating_add(other.ballots);
        self.a += other.a;
        for (sum, component) in self.b.iter_mut().zip(&other.b) {
            *sum += component;
        }
    }
}

/// Groups the counting units of a contest (`spec/tally.md`, steps 1 to 3).
///
/// `ballots` holds the counting units with their ballots, `merge_into` says for every unit of the
/// manifest where a small one goes. Returns, per group's number, its units in increasing order.
#[must_use]
pub fn group_units(
    ballots: &BTreeMap<u32, u64>,
    merge_into: &[Option<u32>],
    min_group: u64,
) -> BTreeMap<u32, Vec<u32>> {
    let mut groups: BTreeMap<u32, (u64, Vec<u32>)> =
        ballots.iter().map(|(unit, count)| (*unit, (*count, vec![*unit]))).collect();
    let join = |groups: &mut BTreeMap<u32, (u64, Vec<u32>)>, from: u32, into: u32| {
        if let Some((count, units)) = groups.remove(&from) {
            let target = groups.entry(into).or_default();
            target.0 = target.0.saturating_add(count);
            target.1.extend(units);
        }
    };
    for (unit, target) in (0..=u32::MAX).zip(merge_into).skip(1).collect::<Vec<_>>().into_iter().rev() {
        let small = groups.get(&unit).is_some_and(|(count, _)| *count < min_group);
        if let (true, Some(target)) = (small, target) {
            join(&mut groups, unit, *target);
        }
    }
    if groups.get(&0).is_some_and(|(count, _)| *count < min_group)
        && let Some(lowest) = groups.keys().copied().find(|unit| *unit != 0)
    {
        join(&mut groups, 0, lowest);
    }
    groups
        .into_iter()
        .map(|(number, (_, mut units))| {
            units.sort_unstable();
            (number, units)
        })
        .collect()
}

/// The sum of one contest's ballots in one group of units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The contest.
    pub contest: u32,
    /// The group's number.
    pub unit: u32,
    /// Its counting units.
    pub units: Vec<u32>,
    /// Its ballots.
    pub sum: Sum,
}

impl Group {
    /// What a decryption proof is bound to.
    #[must_use]
    pub fn hash(&self) -> Hash {
        tagged_hash("group", &[&self.to_bytes()])
    }

    fn decode(reader: &mut Reader<'_>, shapes: &[ContestShape]) -> Result<Self, DecodeError> {
        let contest = u32::decode(reader)?;
        let shape = usize::try_from(contest)
            .ok()
            .and_then(|c| shapes.get(c))
            .ok_or_else(|| reader.error(DecodeErrorKind::Value(contest.into())))?;
        let unit = u32::decode(reader)?;
        let units = Vec::decode_limited(reader, 256)?;
        if !units.is_sorted_by(|a, b| a < b) {
            return Err(reader.error(DecodeErrorKind::Order));
        }
        let ballots = u64::decode(reader)?;
        let a = Element::decode(reader)?;
        let b = reader.repeat(shape.options)?;
        Ok(Self { contest, unit, units, sum: Sum { ballots, a, b } })
    }
}

impl Encode for Group {
    fn encode(&self, out: &mut Vec<u8>) {
        self.contest.encode(out);
        self.unit.encode(out);
        self.units.encode(out);
        self.sum.ballots.encode(out);
        self.sum.a.encode(out);
        put_all(out, &self.sum.b);
    }
}

/// All groups of an election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregates {
    /// The election.
    pub election_id: ElectionId,
    /// Contest by contest, in increasing order of the group's number.
    pub groups: Vec<Group>,
}

impl Aggregates {
    /// Reads aggregates that fill the bytes.
    ///
    /// # Errors
    /// If the bytes are not the encoding of aggregates for contests of these shapes.
    pub fn decode(bytes: &[u8], shapes: &[ContestShape]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.header(*b"EAGG")?;
        let election_id = ElectionId::decode(&mut reader)?;
        let count = reader.length(MAX_GROUPS)?;
        let mut groups = Vec::with_capacity(count);
        for _ in 0..count {
            groups.push(Group::decode(&mut reader, shapes)?);
        }
        reader.finish()?;
        Ok(Self { election_id, groups })
    }
}

impl Encode for Aggregates {
    fn encode(&self, out: &mut Vec<u8>) {
        put_header(out, *b"EAGG");
        self.election_id.encode(out);
        self.groups.encode(out);
    }
}

/// Most groups of an election: 64 contests of 256 units.
pub const MAX_GROUPS: usize = 16_384;

/// The counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Results {
    /// The election.
    pub election_id: ElectionId,
    /// Counts in the order of the groups and options.
    pub groups: Vec<Vec<u64>>,
}

impl Results {
    /// What an acta is bound to.
    #[must_use]
    pub fn hash(&self) -> Hash {
        tagged_hash("results", &[&self.to_bytes()])
    }
}

impl Encode for Results {
    fn encode(&self, out: &mut Vec<u8>) {
        put_header(out, *b"ERES");
        self.election_id.encode(out);
        put_length(out, self.groups.len());
        put_all(out, &self.groups);
    }
}

impl Decode for Results {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.header(*b"ERES")?;
        let election_id = ElectionId::decode(reader)?;
        let count = reader.length(MAX_GROUPS)?;
        let mut groups = Vec::with_capacity(count);
        for _ in 0..count {
            groups.push(Vec::decode_limited(reader, 255)?);
        }
        Ok(Self { election_id, groups })
    }
}

/// How many voters of a list were marked as having voted in a contest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The contest.
    pub contest: u32,
    /// The credential list.
    pub list: u32,
    /// Voters marked.
    pub voters: u64,
}

codec!(Marked { contest, list, voters });

/// What the roll side knows when reception has closed; no link to a ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participation {
    /// The election.
    pub election_id: ElectionId,
    /// When reception ended, in seconds since 1970.
    pub closed_at: i64,
    /// One line for every contest of every list.
    pub marked: Vec<Marked>,
    /// SHA-256 of the list of those who voted.
    pub voters_list: Hash,
    /// Signature of the server over "participation".
    pub signature: Signature,
}

impl Participation {
    /// Signs what the roll side knows.
    #[must_use]
    pub fn sign(
        election_id: ElectionId,
        closed_at: i64,
        mut marked: Vec<Marked>,
        voters_list: Hash,
        key: &SigningKey,
    ) -> Self {
        marked.sort_unstable_by_key(|m| (m.contest, m.list));
        let mut participation = Self { election_id, closed_at, marked, voters_list, signature: Signature([0; 64]) };
        participation.signature = key.sign("participation", &[&participation.signed_bytes()]);
        participation
    }

    /// Verifies the server's signature (N1.2).
    ///
    /// # Errors
    /// [`BadSignature`] if it does not hold.
    pub fn verify_signature(&self, key: &VerifyingKey) -> Result<(), BadSignature> {
        key.verify("participation", &[&self.signed_bytes()], &self.signature)
    }

    fn signed_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_header(&mut out, *b"EPAR");
        self.election_id.encode(&mut out);
        self.closed_at.encode(&mut out);
        self.marked.encode(&mut out);
        self.voters_list.encode(&mut out);
        out
    }
}

impl Encode for Participation {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.signed_bytes());
        self.signature.encode(out);
    }
}

impl Decode for Participation {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.header(*b"EPAR")?;
        let election_id = ElectionId::decode(reader)?;
        let closed_at = i64::decode(reader)?;
        let marked: Vec<Marked> = Vec::decode_limited(reader, MAX_MARKED)?;
        if !marked.is_sorted_by(|a, b| (a.contest, a.list) < (b.contest, b.list)) {
            return Err(reader.error(DecodeErrorKind::Order));
        }
        let (voters_list, signature) = (Decode::decode(reader)?, Signature::decode(reader)?);
        Ok(Self { election_id, closed_at, marked, voters_list, signature })
    }
}

/// Most lines of participation: 64 contests of 4,096 lists.
const MAX_MARKED: usize = 262_144;

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(ballots: &[(u32, u64)], merge_into: &[Option<u32>]) -> Vec<(u32, Vec<u32>)> {
        group_units(&ballots.iter().copied().collect(), merge_into, 10).into_iter().collect()
    }

    #[test]
    fn a_small_unit_is_never_opened_alone() {
        let into_zero = [None, Some(0), Some(0)];
        assert_eq!(groups(&[(0, 50), (1, 20), (2, 9)], &into_zero), [(0, vec![0, 2]), (1, vec![1])]);
        // Chains: 2 into 1, then 1 into 0.
        let chain = [None, Some(0), Some(1)];
        assert_eq!(groups(&[(0, 50), (1, 2), (2, 3)], &chain), [(0, vec![0, 1, 2])]);
        assert_eq!(groups(&[(0, 50), (1, 7), (2, 3)], &chain), [(0, vec![0]), (1, vec![1, 2])]);
        // A small root joins the lowest other group.
        assert_eq!(groups(&[(0, 5), (1, 20), (2, 30)], &into_zero), [(1, vec![0, 1]), (2, vec![2])]);
        // The root does not count for the contest.
        assert_eq!(groups(&[(1, 5), (2, 30)], &into_zero), [(2, vec![1, 2])]);
        // A contest's only group is always opened.
        assert_eq!(groups(&[(0, 1)], &[None]), [(0, vec![0])]);
        assert_eq!(groups(&[(0, 1), (1, 2)], &into_zero), [(0, vec![0, 1])]);
        assert_eq!(groups(&[(1, 0), (2, 0)], &into_zero), [(0, vec![1, 2])]);
    }
}
