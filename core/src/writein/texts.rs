//! What was written, counted: the report of one contest.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::fold;
use crate::encoding::{KEYS, STRING, codec};
use crate::group::{self, Element};
use crate::ids::ElectionId;
use crate::manifest::Contest;
use crate::text::from_points;

/// A name and its votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedVotes {
    /// The name, in its most frequent spelling.
    pub name: String,
    /// How many wrote it, in any spelling.
    pub votes: u64,
}

codec!(NamedVotes { name [STRING], votes });

/// The written-in names of one contest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// The election.
    pub election_id: ElectionId,
    /// The contest.
    pub contest: u32,
    /// Votes for the non-registered candidacies, all groups.
    pub marked: u64,
    /// How many of them have a text.
    pub texts: u64,
    /// Texts that are the encoding of no name.
    pub illegible: u64,
    /// The names that enough voters wrote: most votes first.
    pub names: Vec<NamedVotes>,
    /// Names that fewer wrote.
    pub few_names: u64,
    /// Their votes together.
    pub few_votes: u64,
}

codec!(Texts header b"ETXT" {
    election_id, contest, marked, texts, illegible, names [KEYS], few_names, few_votes,
});

impl Texts {
    /// Votes marked without a text.
    #[must_use]
    pub fn without_text(&self) -> u64 {
        self.marked.saturating_sub(self.texts)
    }
}

/// Counts the names of a contest from the text points of all rows. `marked` is what the tally says.
#[must_use]
pub fn report<'a>(
    election_id: ElectionId,
    contest: u32,
    marked: u64,
    min_group: u64,
    rows: impl IntoIterator<Item = &'a [Element]>,
) -> Texts {
    let (mut texts, mut illegible) = (0u64, 0u64);
    // By folded name: votes, and votes by spelling.
    let mut counted: BTreeMap<String, (u64, BTreeMap<String, u64>)> = BTreeMap::new();
    for row in rows {
        if row.iter().all(group::is_identity) {
            continue;
        }
        texts = texts.saturating_add(1);
        let Ok(name) = from_points(row) else {
            illegible = illegible.saturating_add(1);
            continue;
        };
        let (votes, spellings) = counted.entry(fold(&name)).or_default();
        *votes = votes.saturating_add(1);
        let spelled = spellings.entry(name).or_default();
        *spelled = spelled.saturating_add(1);
    }
    let (mut few_names, mut few_votes) = (0u64, 0u64);
    let mut names = Vec::new();
    for (votes, spellings) in counted.into_values() {
        if votes < min_group {
            few_names = few_names.saturating_add(1);
            few_votes = few_votes.saturating_add(votes);
        } else {
            names.push(NamedVotes { name: most_frequent(spellings), votes });
        }
    }
    // They stand in the order of their folded names, which equal votes keep.
    names.sort_by_key(|named| core::cmp::Reverse(named.votes));
    Texts { election_id, contest, marked, texts, illegible, names, few_names, few_votes }
}

/// Of equally frequent spellings the first in the order of bytes.
fn most_frequent(spellings: BTreeMap<String, u64>) -> String {
    let mut best = (0, String::new());
    for (spelling, votes) in spellings {
        if votes > best.0 {
            best = (votes, spelling);
        }
    }
    best.1
}

/// Whether a written-in name is, folded, that of the owner of a registered candidacy. Its vote
/// stays with the non-registered ones.
#[must_use]
pub fn is_registered(contest: &Contest, name: &str) -> bool {
    let folded = fold(name);
    contest.candidacies.iter().flat_map(|candidacy| &candidacy.formulas).any(|formula| fold(&formula.owner) == folded)
}
