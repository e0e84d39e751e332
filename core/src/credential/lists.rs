//! The credential lists: both halves of every entry added up ([`pool`]), sorted so that their order
//! says nothing, and whatever the mixes make of them.

use alloc::vec::Vec;
use core::fmt;

use super::half::{HalfList, decode_keys, encode_keys};
use super::pieces::PIECE;
use super::roll::LISTS;
use crate::encoding::{Decode, DecodeError, DecodeErrorKind, Encode, Reader, put_all, put_header, put_length};
use crate::group::{self, ElementBytes};
use crate::ids::RollId;
use crate::parallel::map_all;
use crate::point::Point;

const CREDENTIAL_LISTS: [u8; 4] = *b"ELST";

/// Why two half lists make no credential lists (check C3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PoolError {
    /// The half lists are not of one roll and one shape.
    Shape,
    /// A pooled key is the identity.
    Identity {
        /// The list.
        list: u32,
        /// The place in the list.
        place: u32,
    },
    /// Two pooled keys are equal.
    Duplicate {
        /// List and place of the one.
        first: (u32, u32),
        /// List and place of the other.
        second: (u32, u32),
    },
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape => f.write_str("the half lists are not of one roll and one shape"),
            Self::Identity { list, place } => write!(f, "the halves of list {list}, place {place} cancel"),
            Self::Duplicate { first: (a, b), second: (c, d) } => {
                write!(f, "list {a}, place {b} and list {c}, place {d} have one key")
            }
        }
    }
}

impl core::error::Error for PoolError {}

/// Published lists that are not what they should be (checks C5.1, C5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListsError {
    /// Made for another roll (C5.1).
    RollId(RollId),
    /// Not of as many mixes as the manifest asks for (C5.1).
    Mixes {
        /// Mixes of the manifest.
        expected: u32,
        /// Mixes here.
        actual: u32,
    },
    /// Not one list per list of the manifest (C5.1).
    Lists {
        /// Lists of the manifest.
        expected: usize,
        /// Lists here.
        actual: usize,
    },
    /// The base of a list is not that of the last mix (C5.2).
    Base {
        /// The list.
        list: u32,
    },
    /// The keys of a list are not those of the last mix (C5.2).
    Keys {
        /// The list.
        list: u32,
    },
}

impl fmt::Display for ListsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RollId(roll_id) => write!(f, "made for the roll {roll_id}"),
            Self::Mixes { expected, actual } => write!(f, "of {actual} mixes where the manifest has {expected}"),
            Self::Lists { expected, actual } => write!(f, "{actual} lists where the manifest has {expected}"),
            Self::Base { list } => write!(f, "the base of list {list} is not that of the last mix"),
            Self::Keys { list } => write!(f, "list {list} is not that of the last mix"),
        }
    }
}

impl core::error::Error for ListsError {}

/// The keys of one style in one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialList {
    pub(super) base: Point,
    pub(super) keys: Vec<ElementBytes>,
}

impl CredentialList {
    /// The base that the keys are powers of.
    #[must_use]
    pub fn base(&self) -> &Point {
        &self.base
    }

    /// The keys, strictly increasing as byte strings.
    #[must_use]
    pub fn keys(&self) -> &[ElementBytes] {
        &self.keys
    }

    /// Whether a key is in the list.
    #[must_use]
    pub fn contains(&self, key: &ElementBytes) -> bool {
        self.keys.binary_search(key).is_ok()
    }
}

impl Encode for CredentialList {
    fn encode(&self, out: &mut Vec<u8>) {
        self.base.encode(out);
        encode_keys(&self.keys, out);
    }
}

impl Decode for CredentialList {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let base = Point::decode_nonidentity(reader)?;
        let keys = decode_keys(reader)?;
        if keys.is_sorted_by(|a, b| a < b) {
            Ok(Self { base, keys })
        } else {
            Err(reader.error(DecodeErrorKind::Order))
        }
    }
}

/// The credential lists of an election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialLists {
    pub(super) roll_id: RollId,
    pub(super) mixes: u32,
    pub(super) lists: Vec<CredentialList>,
}

impl CredentialLists {
    /// The roll.
    #[must_use]
    pub fn roll_id(&self) -> &RollId {
        &self.roll_id
    }

    /// How many custodians mixed them.
    #[must_use]
    pub fn mixes(&self) -> u32 {
        self.mixes
    }

    /// The lists, one per list of the manifest.
    #[must_use]
    pub fn lists(&self) -> &[CredentialList] {
        &self.lists
    }

    /// A list by its number.
    #[must_use]
    pub fn list(&self, list: u32) -> Option<&CredentialList> {
        self.lists.get(usize::try_from(list).ok()?)
    }

    /// Checks roll, mixes and the number of lists (check C5.1).
    ///
    /// # Errors
    /// [`ListsError`] says what differs.
    pub fn check_shape(&self, roll_id: &RollId, mixes: u32, lists: usize) -> Result<(), ListsError> {
        if self.roll_id != *roll_id {
            return Err(ListsError::RollId(self.roll_id));
        }
        if self.mixes != mixes {
            return Err(ListsError::Mixes { expected: mixes, actual: self.mixes });
        }
        if self.lists.len() != lists {
            return Err(ListsError::Lists { expected: lists, actual: self.lists.len() });
        }
        Ok(())
    }

    /// Compares the lists with those of the last mix, or with the pools (check C5.2).
    ///
    /// # Errors
    /// [`ListsError`] names the first list that differs.
    pub fn check_last(&self, last: &Self) -> Result<(), ListsError> {
        if self.lists.len() != last.lists.len() {
            return Err(ListsError::Lists { expected: last.lists.len(), actual: self.lists.len() });
        }
        for (list, (published, expected)) in (0..).zip(self.lists.iter().zip(&last.lists)) {
            if published.base != expected.base {
                return Err(ListsError::Base { list });
            }
            if published.keys != expected.keys {
                return Err(ListsError::Keys { list });
            }
        }
        Ok(())
    }
}

impl Encode for CredentialLists {
    fn encode(&self, out: &mut Vec<u8>) {
        put_header(out, CREDENTIAL_LISTS);
        self.roll_id.encode(out);
        self.mixes.encode(out);
        put_length(out, self.lists.len());
        put_all(out, &self.lists);
    }
}

impl Decode for CredentialLists {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.header(CREDENTIAL_LISTS)?;
        let roll_id = RollId::decode(reader)?;
        let mixes = u32::decode(reader)?;
        let length = reader.length(LISTS)?;
        Ok(Self { roll_id, mixes, lists: reader.repeat(length)? })
    }
}

/// Adds up the halves of both issuers. Both lists must have passed their own checks first.
///
/// # Errors
/// [`PoolError`] if a pooled key is the identity or stands twice in the election (check C3.1).
pub fn pool(registrar: &HalfList, server: &HalfList) -> Result<CredentialLists, PoolError> {
    let lengths = |half: &HalfList| half.lists.iter().map(Vec::len).collect::<Vec<_>>();
    if registrar.roll_id != server.roll_id || lengths(registrar) != lengths(server) {
        return Err(PoolError::Shape);
    }
    let mut pooled = Vec::with_capacity(registrar.lists.len());
    for (list, (a, b)) in (0..).zip(registrar.lists.iter().zip(&server.lists)) {
        let pairs = a.chunks(PIECE).zip(b.chunks(PIECE)).collect();
        let keys = map_all(pairs, |(a, b): (&[ElementBytes], &[ElementBytes])| sums(a, b)).concat();
        if let Some(place) = (0..).zip(&keys).find_map(|(place, key)| (*key == [0; 32]).then_some(place)) {
            return Err(PoolError::Identity { list, place });
        }
        pooled.push(keys);
    }
    refuse_duplicates(&pooled)?;

    let base = Point::new(group::GENERATOR);
    let lists = pooled
        .into_iter()
        .map(|mut keys| {
            keys.sort_unstable();
            CredentialList { base, keys }
        })
        .collect();
    Ok(CredentialLists { roll_id: registrar.roll_id, mixes: 0, lists })
}

/// `S1 + S2`. A string that is no element, which no decoded list holds, gives the identity
/// and so is refused.
fn sums(a: &[ElementBytes], b: &[ElementBytes]) -> Vec<ElementBytes> {
    let sum = |(a, b)| Some(group::decompress(a)? + group::decompress(b)?);
    a.iter().zip(b).map(|pair| sum(pair).map_or([0; 32], |sum| group::compress(&sum))).collect()
}

fn refuse_duplicates(lists: &[Vec<ElementBytes>]) -> Result<(), PoolError> {
    let mut all = lists.concat();
    all.sort_unstable();
    let Some(twice) = all.array_windows().find_map(|[a, b]| (a == b).then_some(*a)) else {
        return Ok(());
    };
    let mut places = (0u32..).zip(lists).flat_map(|(list, keys)| {
        (0u32..).zip(keys).filter_map(move |(place, key)| (*key == twice).then_some((list, place)))
    });
    match (places.next(), places.next()) {
        (Some(first), Some(second)) => Err(PoolError::Duplicate { first, second }),
        _ => Err(PoolError::Shape),
    }
}
