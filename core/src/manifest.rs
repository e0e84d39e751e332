//! The election manifest (`spec/manifest.md`): what is voted on, by which rules, with
//! which keys. Frozen before anything else happens; its hash stands in every context.
//!
//! A [`Manifest`] is only decoded (check M1.1). [`Manifest::validate`] turns it into a
//! [`ValidManifest`], which nothing else makes: it obeys the rules (M1.2), and its option
//! lists are the derived ones (M1.3).

mod code;
mod options;
mod resolve;
mod rules;
mod valid;

use alloc::string::String;
use alloc::vec::Vec;

pub use code::{
    Baseline, BlankVote, CloseMode, ContestKind, CustodianSelection, Custody, Enrolment, GeoGate, HashFunction,
    InvalidCombination, Scope, SecondFactor, WriteIn,
};
pub(crate) use code::{Coded, coded};
pub use options::{ContestOption, OptionsError, all_combinations};
pub use resolve::{Mark, Marks, ResolveError};
pub use rules::{Fault, Place, RuleError};
pub use valid::{ContestShape, ManifestError, Slots, ValidManifest};

use crate::encoding::{Decode, DecodeError, DecodeErrorKind, Encode, Reader, STRING, codec};
use crate::hash::{Hash, tagged_hash};
use crate::ids::ManifestHash;
use crate::signature::VerifyingKey;

/// Most parties, coalitions, commons, independents, candidacies, contests; most formulas of one candidacy.
const MANY: usize = 64;
/// Most combinations of a coalition, options of a contest, answers of a consultation.
const OPTIONS: usize = 255;
/// Most styles, most units.
const STYLES: usize = 256;
/// Most credential lists.
const LISTS: usize = 4096;
/// Most custodians, most witnesses.
const PERSONS: usize = 16;

/// The description of one election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The electoral process.
    pub process: String,
    /// The election.
    pub title: String,
    /// The approval that authorises voting over the internet.
    pub authority: String,
    /// Version and approval of the acta and ballot design.
    pub template: String,
    /// Whether the result binds.
    pub binding: bool,
    /// Whether this is a pilot.
    pub pilot: bool,
    /// Whether the offer is a fictitious one.
    pub test: bool,
    /// Most entries that the roll may have.
    pub max_voters: u32,
    /// The zone of the official times.
    pub official_zone: Zone,
    /// The zone of the entity that votes.
    pub governing_zone: Zone,
    /// The dates.
    pub calendar: Calendar,
    /// The places.
    pub sites: Sites,
    /// The rules that the authority chose among those offered.
    pub policies: Policies,
    /// Fewest ballots that are opened or published together.
    pub min_group: u32,
    /// Points of a write-in, m of the specification.
    pub text_points: u32,
    /// All parties, in order of registration.
    pub parties: Vec<Party>,
    /// What is voted on.
    pub contests: Vec<Contest>,
    /// Who votes on which contests.
    pub styles: Vec<Style>,
    /// The reporting units.
    pub units: Vec<Unit>,
    /// The credential lists.
    pub lists: Vec<ListKey>,
    /// How many custodians open the box.
    pub threshold: u32,
    /// How many custodians must be left at the end of the key ceremony.
    pub minimum_custodians: u32,
    /// How many custodians mix the credential lists.
    pub credential_mixes: u32,
    /// Whether fewer mixes than the threshold are accepted.
    pub few_mixes: bool,
    /// The custodians, numbered from 1.
    pub custodians: Vec<Custodian>,
    /// Keeps the roll.
    pub registrar: Official,
    /// Receives the ballots.
    pub server: Official,
    /// Signs the board; its name is the origin's prefix.
    pub log: Official,
    /// Cosign the board.
    pub witnesses: Vec<Official>,
    /// How many of them must have signed the last checkpoint.
    pub witness_quorum: u32,
    /// Hash of the voting page's code.
    pub client_hash: Option<Hash>,
}

codec!(Manifest header b"EMAN" {
    process [STRING], title [STRING], authority [STRING], template [STRING],
    binding, pilot, test, max_voters, official_zone, governing_zone, calendar, sites, policies,
    min_group, text_points,
    parties [MANY], contests [MANY], styles [STYLES], units [STYLES], lists [LISTS],
    threshold, minimum_custodians, credential_mixes, few_mixes, custodians [PERSONS],
    registrar, server, log, witnesses [PERSONS], witness_quorum, client_hash,
});

impl Manifest {
    /// The hash that everything else is bound to.
    #[must_use]
    pub fn hash(&self) -> ManifestHash {
        ManifestHash(tagged_hash("manifest", &[&self.to_bytes()]))
    }

    /// A contest by its number.
    #[must_use]
    pub fn contest(&self, contest: u32) -> Option<&Contest> {
        nth(&self.contests, contest)
    }

    /// When no ballot is taken any more, in seconds since 1970.
    #[must_use]
    pub fn reception_end(&self) -> i64 {
        self.calendar.reception_end
    }
}

/// A time zone, as a fixed offset for the days of the election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Minutes east of UTC.
    pub offset_minutes: i64,
}

codec!(Zone { name [STRING], offset_minutes });

/// The dates of the election, in seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Calendar {
    pub simulacro_start: i64,
    pub simulacro_end: i64,
    pub formats_approved: i64,
    pub custodians_designated: i64,
    pub roll_delivered: i64,
    pub offer_ratified: i64,
    pub roll_loaded: i64,
    pub addenda: i64,
    pub accounts_sent: i64,
    pub preparation: i64,
    pub contact_updates_until: i64,
    pub voting_start: i64,
    pub board_installed: i64,
    pub voting_close: i64,
    pub reception_end: i64,
}

codec!(Calendar {
    simulacro_start,
    simulacro_end,
    formats_approved,
    custodians_designated,
    roll_delivered,
    offer_ratified,
    roll_loaded,
    addenda,
    accounts_sent,
    preparation,
    contact_updates_until,
    voting_start,
    board_installed,
    voting_close,
    reception_end,
});

/// The places of the election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sites {
    /// The operations room.
    pub operations: String,
    /// Where the counting board sits.
    pub board: String,
}

codec!(Sites { operations [STRING], board [STRING] });

/// The rules that the authority chose among those offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policies {
    /// What an empty ballot is.
    pub blank_vote: BlankVote,
    /// What marks that make no option together are.
    pub invalid_combination: InvalidCombination,
    /// Whether sessions open at the close may finish.
    pub close_mode: CloseMode,
    /// For how many minutes at most.
    pub grace_minutes: u32,
    /// Minutes of a session.
    pub session_minutes: u32,
    /// Where key shares are kept.
    pub custody: Custody,
    /// Which custodians open the box.
    pub custodian_selection: CustodianSelection,
    /// What the voter's place does.
    pub geo_gate: GeoGate,
    /// How a voter enters for the first time.
    pub enrolment: Enrolment,
    /// Which second factors are offered.
    pub second_factor: SecondFactor,
    /// The hash of files.
    pub hash: HashFunction,
    /// What deployed software is compared with.
    pub baseline: Baseline,
}

codec!(Policies {
    blank_vote,
    invalid_combination,
    close_mode,
    grace_minutes,
    session_minutes,
    custody,
    custodian_selection,
    geo_gate,
    enrolment,
    second_factor,
    hash,
    baseline,
});

/// A political party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// What the acta calls it.
    pub short: String,
    /// Its name.
    pub name: String,
    /// Red, green, blue.
    pub colour: [u8; 3],
    /// Hash of its emblem's image.
    pub emblem: Option<Hash>,
    /// Where it is registered.
    pub scope: Scope,
}

codec!(Party { short [STRING], name [STRING], colour, emblem, scope });

/// What one voter votes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Its name.
    pub name: String,
    /// Its contests, increasing.
    pub contests: Vec<u32>,
}

codec!(Style { name [STRING], contests [MANY] });

/// A reporting unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// Its entity.
    pub entity: String,
    /// The unit that takes its ballots if they are too few to be opened alone.
    pub merge_into: Option<u32>,
}

codec!(Unit { name [STRING], entity [STRING], merge_into });

/// A credential list: the voters of one style in one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListKey {
    /// Number of the style.
    pub style: u32,
    /// Number of the unit.
    pub unit: u32,
    /// Whether it may have fewer entries than the smallest group.
    pub small_exception: bool,
}

codec!(ListKey { style, unit, small_exception });

/// A holder of a key share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custodian {
    /// The person.
    pub name: String,
    /// The designation, if the document has a reference.
    pub designation: String,
    /// Signs the person's messages.
    pub key: VerifyingKey,
}

codec!(Custodian { name [STRING], designation [STRING], key });

/// A role that signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Official {
    /// Who holds it.
    pub name: String,
    /// Signs its messages.
    pub key: VerifyingKey,
}

codec!(Official { name [STRING], key });

/// One question of the ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contest {
    /// Its name.
    pub name: String,
    /// What is elected.
    pub kind: ContestKind,
    /// Federal or local.
    pub scope: Scope,
    /// The entity.
    pub entity: String,
    /// The office, or the question of a consultation.
    pub office: String,
    /// The legend on the ballot and the acta.
    pub legend: String,
    /// Who delivered the offer.
    pub offer_source: String,
    /// What happens to unregistered names.
    pub write_in: WriteIn,
    /// The parties that take part, in order of registration.
    pub parties: Vec<u32>,
    /// The coalitions.
    pub coalitions: Vec<Coalition>,
    /// The candidaturas comunes.
    pub commons: Vec<Common>,
    /// The independents.
    pub independents: Vec<String>,
    /// The answers of a consultation.
    pub answers: Vec<String>,
    /// Who stands for each of them.
    pub candidacies: Vec<Candidacy>,
    /// What can be chosen, in the order of the acta.
    pub options: Vec<ContestOption>,
}

codec!(Contest {
    name [STRING], kind, scope, entity [STRING], office [STRING], legend [STRING], offer_source [STRING], write_in,
    parties [MANY], coalitions [MANY], commons [MANY], independents [MANY; STRING], answers [OPTIONS; STRING],
    candidacies [MANY], options [OPTIONS],
});

impl Contest {
    /// The coalition that a party is in.
    #[must_use]
    pub fn coalition_of(&self, party: u32) -> Option<u32> {
        (0..).zip(&self.coalitions).find(|(_, c)| c.parties.contains(&party)).map(|(i, _)| i)
    }

    /// The candidatura común that a party is in.
    #[must_use]
    pub fn common_of(&self, party: u32) -> Option<u32> {
        (0..).zip(&self.commons).find(|(_, c)| c.parties.contains(&party)).map(|(i, _)| i)
    }
}

/// Parties with one candidacy, each with its own space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coalition {
    /// Its name.
    pub name: String,
    /// Its parties, increasing.
    pub parties: Vec<u32>,
    /// The sets of its parties that may be marked together.
    pub combinations: Vec<Vec<u32>>,
}

codec!(Coalition { name [STRING], parties [MANY], combinations [OPTIONS; MANY] });

/// A candidatura común: parties with one candidacy in one shared space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Common {
    /// Its name.
    pub name: String,
    /// Its parties, increasing.
    pub parties: Vec<u32>,
}

codec!(Common { name [STRING], parties [MANY] });

/// Who stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidacy {
    /// For whom.
    pub holder: Holder,
    /// The persons; a space may hold several formulas.
    pub formulas: Vec<Formula>,
}

codec!(Candidacy { holder, formulas [MANY] });

/// Owner and substitute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formula {
    /// The owner.
    pub owner: String,
    /// The substitute; may be empty.
    pub substitute: String,
}

codec!(Formula { owner [STRING], substitute [STRING] });

/// Who has a candidacy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// A party by itself.
    Party(u32),
    /// A coalition.
    Coalition(u32),
    /// A candidatura común.
    Common(u32),
    /// An independent.
    Independent(u32),
}

impl Encode for Holder {
    fn encode(&self, out: &mut Vec<u8>) {
        let (tag, number) = match self {
            Self::Party(number) => (0u32, number),
            Self::Coalition(number) => (1, number),
            Self::Common(number) => (2, number),
            Self::Independent(number) => (3, number),
        };
        tag.encode(out);
        number.encode(out);
    }
}

impl Decode for Holder {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let variant = match u32::decode(reader)? {
            0 => Self::Party,
            1 => Self::Coalition,
            2 => Self::Common,
            3 => Self::Independent,
            tag => return Err(reader.error(DecodeErrorKind::Tag(tag))),
        };
        u32::decode(reader).map(variant)
    }
}

/// The n-th of the values, if there are so many.
fn nth<T>(values: &[T], n: u32) -> Option<&T> {
    usize::try_from(n).ok().and_then(|n| values.get(n))
}

/// A small length as the specification's integer.
fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
