//! The rules of a valid manifest (check M1.2), in the order and with the numbers of
//! `spec/manifest.md`.

use core::fmt;

use super::options::combination_key;
use super::{CloseMode, Coded, Contest, ContestKind, Holder, Manifest, Scope, WriteIn, nth, number};
use crate::signature::VerifyingKey;

/// A rule that is broken, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// The rule's number.
    pub rule: u8,
    /// The part of the manifest.
    pub at: Place,
    /// Its field.
    pub field: &'static str,
    /// What is wrong with it.
    pub fault: Fault,
}

/// A part of the manifest. Numbers are those of the manifest: from 0, custodians from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub enum Place {
    Manifest,
    Calendar,
    Policies,
    Party(u32),
    Contest(u32),
    Coalition { contest: u32, coalition: u32 },
    Common { contest: u32, common: u32 },
    Candidacy { contest: u32, candidacy: u32 },
    Style(u32),
    Unit(u32),
    List(u32),
    Custodian(u32),
    Registrar,
    Server,
    Log,
    Witness(u32),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest => f.write_str("manifest"),
            Self::Calendar => f.write_str("calendar"),
            Self::Policies => f.write_str("policies"),
            Self::Party(i) => write!(f, "party {i}"),
            Self::Contest(i) => write!(f, "contest {i}"),
            Self::Coalition { contest, coalition } => write!(f, "contest {contest}, coalition {coalition}"),
            Self::Common { contest, common } => write!(f, "contest {contest}, common {common}"),
            Self::Candidacy { contest, candidacy } => write!(f, "contest {contest}, candidacy {candidacy}"),
            Self::Style(i) => write!(f, "style {i}"),
            Self::Unit(i) => write!(f, "unit {i}"),
            Self::List(i) => write!(f, "list {i}"),
            Self::Custodian(i) => write!(f, "custodian {i}"),
            Self::Registrar => f.write_str("registrar"),
            Self::Server => f.write_str("server"),
            Self::Log => f.write_str("log"),
            Self::Witness(i) => write!(f, "witness {i}"),
        }
    }
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It is empty.
    Empty,
    /// It stands somewhere before already.
    Repeated,
    /// Its values do not strictly increase, or not in their order.
    Order,
    /// A number, or a number of items, outside of its range.
    Range {
        /// The least that is allowed.
        least: i64,
        /// The most that is allowed.
        most: i64,
        /// What stands there.
        actual: i64,
    },
    /// A number without a meaning.
    Unknown(u32),
    /// It refers to something that is not there.
    NoSuch(u32),
    /// It must be present and is absent.
    Missing,
    /// It must be absent and is present.
    Forbidden,
    /// It is earlier than this date, or not later although it must be.
    Before(&'static str),
    /// It contains a space or a plus sign.
    Character(char),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Repeated => f.write_str("repeated"),
            Self::Order => f.write_str("out of order or repeated"),
            Self::Range { least, most, actual } => write!(f, "{actual} is not within {least}..={most}"),
            Self::Unknown(code) => write!(f, "{code} has no meaning"),
            Self::NoSuch(index) => write!(f, "there is no {index}"),
            Self::Missing => f.write_str("missing"),
            Self::Forbidden => f.write_str("must not be there"),
            Self::Before(date) => write!(f, "too early after {date}"),
            Self::Character(character) => write!(f, "contains {character:?}"),
        }
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {}: {}, {}: {}", self.rule, self.at, self.field, self.fault)
    }
}

impl core::error::Error for RuleError {}

impl Manifest {
    /// Checks the rules in their order (check M1.2).
    ///
    /// # Errors
    /// [`RuleError`] for the first that is broken.
    pub fn check_rules(&self) -> Result<(), RuleError> {
        for (rule, check) in (1..).zip(RULES) {
            check(self).map_err(|Broken { at, field, fault }| RuleError { rule, at, field, fault })?;
        }
        Ok(())
    }
}

/// A [`RuleError`] before it has its number.
struct Broken {
    at: Place,
    field: &'static str,
    fault: Fault,
}

type Checked = Result<(), Broken>;

const RULES: [fn(&Manifest) -> Checked; 20] = [
    texts_filled,
    test_never_binding,
    numbers,
    zones,
    calendar,
    policies,
    parties,
    contests,
    offer_kinds,
    coalitions,
    commons,
    independents,
    candidacies,
    option_counts,
    styles,
    units,
    lists,
    custodian_numbers,
    keys_and_names,
    note_names,
];

fn require(holds: bool, at: Place, field: &'static str, fault: Fault) -> Checked {
    if holds { Ok(()) } else { Err(Broken { at, field, fault }) }
}

fn filled(at: Place, field: &'static str, text: &str) -> Checked {
    require(!text.is_empty(), at, field, Fault::Empty)
}

fn within(at: Place, field: &'static str, actual: i64, least: i64, most: i64) -> Checked {
    require((least..=most).contains(&actual), at, field, Fault::Range { least, most, actual })
}

fn count(at: Place, field: &'static str, actual: usize, least: u32, most: u32) -> Checked {
    within(at, field, number(actual).into(), least.into(), most.into())
}

fn known(at: Place, field: &'static str, value: impl Coded) -> Checked {
    value.unknown().map_or(Ok(()), |code| Err(Broken { at, field, fault: Fault::Unknown(code) }))
}

fn exists<T>(at: Place, field: &'static str, all: &[T], index: u32) -> Checked {
    require(nth(all, index).is_some(), at, field, Fault::NoSuch(index))
}

fn increasing<T: Ord>(at: Place, field: &'static str, values: impl IntoIterator<Item = T>) -> Checked {
    require(values.into_iter().is_sorted_by(|a, b| a < b), at, field, Fault::Order)
}

/// Names the later of two equal values. Lists are short: 256 at most.
fn distinct<'a, T: PartialEq + ?Sized + 'a>(
    values: impl Iterator<Item = &'a T> + Clone,
    field: &'static str,
    place: impl Fn(u32) -> Place,
) -> Checked {
    for (i, value) in values.clone().enumerate() {
        let new = values.clone().take(i).all(|other| other != value);
        require(new, place(number(i)), field, Fault::Repeated)?;
    }
    Ok(())
}

/// Custodians count from 1.
fn custodian(place: u32) -> Place {
    Place::Custodian(place.saturating_add(1))
}

/// Rule 1.
fn texts_filled(m: &Manifest) -> Checked {
    for (field, text) in [
        ("process", &m.process),
        ("title", &m.title),
        ("authority", &m.authority),
        ("template", &m.template),
        ("official_zone", &m.official_zone.name),
        ("governing_zone", &m.governing_zone.name),
        ("sites.operations", &m.sites.operations),
        ("sites.board", &m.sites.board),
    ] {
        filled(Place::Manifest, field, text)?;
    }
    for (i, party) in (0..).zip(&m.parties) {
        filled(Place::Party(i), "short", &party.short)?;
        filled(Place::Party(i), "name", &party.name)?;
    }
    for (i, contest) in (0..).zip(&m.contests) {
        contest_texts_filled(i, contest)?;
    }
    for (i, style) in (0..).zip(&m.styles) {
        filled(Place::Style(i), "name", &style.name)?;
    }
    for (i, unit) in (0..).zip(&m.units) {
        filled(Place::Unit(i), "name", &unit.name)?;
        filled(Place::Unit(i), "entity", &unit.entity)?;
    }
    for (i, person) in (0..).zip(&m.custodians) {
        filled(custodian(i), "name", &person.name)?;
    }
    filled(Place::Registrar, "name", &m.registrar.name)?;
    filled(Place::Server, "name", &m.server.name)?;
    filled(Place::Log, "name", &m.log.name)?;
    for (i, witness) in (0..).zip(&m.witnesses) {
        filled(Place::Witness(i), "name", &witness.name)?;
    }
    Ok(())
}

fn contest_texts_filled(contest: u32, entry: &Contest) -> Checked {
    let at = Place::Contest(contest);
    for (field, text) in [
        ("name", &entry.name),
        ("entity", &entry.entity),
        ("office", &entry.office),
        ("legend", &entry.legend),
        ("offer_source", &entry.offer_source),
    ] {
        filled(at, field, text)?;
    }
    for (coalition, c) in (0..).zip(&entry.coalitions) {
        filled(Place::Coalition { contest, coalition }, "name", &c.name)?;
    }
    for (common, c) in (0..).zip(&entry.commons) {
        filled(Place::Common { contest, common }, "name", &c.name)?;
    }
    for name in &entry.independents {
        filled(at, "independents", name)?;
    }
    for name in &entry.answers {
        filled(at, "answers", name)?;
    }
    for (candidacy, c) in (0..).zip(&entry.candidacies) {
        for formula in &c.formulas {
            filled(Place::Candidacy { contest, candidacy }, "owner", &formula.owner)?;
        }
    }
    Ok(())
}

/// Rule 2.
fn test_never_binding(m: &Manifest) -> Checked {
    require(!(m.test && m.binding), Place::Manifest, "binding", Fault::Forbidden)
}

/// Rule 3.
fn numbers(m: &Manifest) -> Checked {
    within(Place::Manifest, "max_voters", m.max_voters.into(), 1, 16_777_216)?;
    within(Place::Manifest, "min_group", m.min_group.into(), 1, u32::MAX.into())?;
    within(Place::Manifest, "text_points", m.text_points.into(), 0, 8)
}

/// Rule 4.
fn zones(m: &Manifest) -> Checked {
    within(Place::Manifest, "official_zone", m.official_zone.offset_minutes, -840, 840)?;
    within(Place::Manifest, "governing_zone", m.governing_zone.offset_minutes, -840, 840)
}

/// Rule 5.
fn calendar(m: &Manifest) -> Checked {
    let c = &m.calendar;
    for (earlier, a, later, b) in [
        ("simulacro_start", c.simulacro_start, "simulacro_end", c.simulacro_end),
        ("simulacro_end", c.simulacro_end, "preparation", c.preparation),
        ("formats_approved", c.formats_approved, "preparation", c.preparation),
        ("custodians_designated", c.custodians_designated, "preparation", c.preparation),
        ("offer_ratified", c.offer_ratified, "preparation", c.preparation),
        ("roll_delivered", c.roll_delivered, "roll_loaded", c.roll_loaded),
        ("roll_loaded", c.roll_loaded, "addenda", c.addenda),
        ("addenda", c.addenda, "preparation", c.preparation),
        ("accounts_sent", c.accounts_sent, "voting_start", c.voting_start),
        ("preparation", c.preparation, "voting_start", c.voting_start),
        ("voting_close", c.voting_close, "reception_end", c.reception_end),
        ("contact_updates_until", c.contact_updates_until, "voting_close", c.voting_close),
        ("board_installed", c.board_installed, "reception_end", c.reception_end),
    ] {
        require(a <= b, Place::Calendar, later, Fault::Before(earlier))?;
    }
    require(c.voting_start < c.voting_close, Place::Calendar, "voting_close", Fault::Before("voting_start"))?;

    let most = match m.policies.close_mode {
        CloseMode::Immediate => 0,
        CloseMode::Grace | CloseMode::Unknown(_) => i64::from(m.policies.grace_minutes).saturating_mul(60),
    };
    // Saturated, so that dates at both ends of time are still too far apart.
    within(Place::Calendar, "reception_end", c.reception_end.saturating_sub(c.voting_close), 0, most)
}

/// Rule 6.
fn policies(m: &Manifest) -> Checked {
    let (at, p) = (Place::Policies, &m.policies);
    known(at, "blank_vote", p.blank_vote)?;
    known(at, "invalid_combination", p.invalid_combination)?;
    known(at, "close_mode", p.close_mode)?;
    within(at, "grace_minutes", p.grace_minutes.into(), 0, 240)?;
    within(at, "session_minutes", p.session_minutes.into(), 1, 240)?;
    known(at, "custody", p.custody)?;
    known(at, "custodian_selection", p.custodian_selection)?;
    known(at, "geo_gate", p.geo_gate)?;
    known(at, "enrolment", p.enrolment)?;
    known(at, "second_factor", p.second_factor)?;
    known(at, "hash", p.hash)?;
    known(at, "baseline", p.baseline)
}

/// Rule 7.
fn parties(m: &Manifest) -> Checked {
    distinct(m.parties.iter().map(|p| &p.short), "short", Place::Party)?;
    distinct(m.parties.iter().map(|p| &p.name), "name", Place::Party)?;
    for (i, party) in (0..).zip(&m.parties) {
        known(Place::Party(i), "scope", party.scope)?;
    }
    for (i, contest) in (0..).zip(&m.contests) {
        let mut standing = contest.parties.iter().filter_map(|party| nth(&m.parties, *party));
        let local = standing.any(|party| party.scope == Scope::Local);
        require(!local || contest.scope == Scope::Local, Place::Contest(i), "parties", Fault::Forbidden)?;
    }
    Ok(())
}

/// Rule 8.
fn contests(m: &Manifest) -> Checked {
    count(Place::Manifest, "contests", m.contests.len(), 1, 64)?;
    distinct(m.contests.iter().map(|c| &c.name), "name", Place::Contest)?;
    for (i, contest) in (0..).zip(&m.contests) {
        let at = Place::Contest(i);
        known(at, "kind", contest.kind)?;
        known(at, "scope", contest.scope)?;
        known(at, "write_in", contest.write_in)?;
        let with_text = matches!(contest.write_in, WriteIn::Sealed | WriteIn::Disclose);
        require(!with_text || m.text_points >= 1, at, "write_in", Fault::Forbidden)?;
    }
    Ok(())
}

/// Rule 9.
fn offer_kinds(m: &Manifest) -> Checked {
    for (i, contest) in (0..).zip(&m.contests) {
        let at = Place::Contest(i);
        increasing(at, "parties", &contest.parties)?;
        for party in &contest.parties {
            exists(at, "parties", &m.parties, *party)?;
        }
        if contest.kind == ContestKind::Consultation {
            for (field, absent) in [
                ("parties", contest.parties.is_empty()),
                ("coalitions", contest.coalitions.is_empty()),
                ("commons", contest.commons.is_empty()),
                ("independents", contest.independents.is_empty()),
                ("candidacies", contest.candidacies.is_empty()),
                ("write_in", contest.write_in == WriteIn::None),
            ] {
                require(absent, at, field, Fault::Forbidden)?;
            }
            require(!contest.answers.is_empty(), at, "answers", Fault::Missing)?;
            distinct(contest.answers.iter(), "answers", |_| at)?;
        } else {
            require(contest.answers.is_empty(), at, "answers", Fault::Forbidden)?;
        }
    }
    Ok(())
}

/// What coalitions and commons have in common: at least two parties of the contest,
/// increasing, in no other of its kind; the first parties increase too.
fn alliances<'a>(
    contest: &Contest,
    all: impl Iterator<Item = &'a [u32]> + Clone,
    place: impl Fn(u32) -> Place,
) -> Checked {
    for (i, parties) in all.clone().enumerate() {
        let at = place(number(i));
        increasing(at, "parties", parties)?;
        count(at, "parties", parties.len(), 2, 64)?;
        for party in parties {
            require(contest.parties.binary_search(party).is_ok(), at, "parties", Fault::NoSuch(*party))?;
            let elsewhere = all.clone().take(i).any(|other| other.contains(party));
            require(!elsewhere, at, "parties", Fault::Repeated)?;
        }
        let previous = i.checked_sub(1).and_then(|i| all.clone().nth(i));
        require(previous.is_none_or(|p| p.first() < parties.first()), at, "parties", Fault::Order)?;
    }
    Ok(())
}

/// Rule 10.
fn coalitions(m: &Manifest) -> Checked {
    for (contest, entry) in (0..).zip(&m.contests) {
        let place = |coalition| Place::Coalition { contest, coalition };
        alliances(entry, entry.coalitions.iter().map(|c| c.parties.as_slice()), place)?;
        for (i, coalition) in (0..).zip(&entry.coalitions) {
            let at = place(i);
            let shared = coalition.parties.iter().any(|party| entry.common_of(*party).is_some());
            require(!shared, at, "parties", Fault::Repeated)?;
            for set in &coalition.combinations {
                increasing(at, "combinations", set)?;
                count(at, "combinations", set.len(), 2, 64)?;
                for party in set {
                    require(coalition.parties.contains(party), at, "combinations", Fault::NoSuch(*party))?;
                }
            }
            increasing(at, "combinations", coalition.combinations.iter().map(|set| combination_key(set)))?;
        }
    }
    Ok(())
}

/// Rule 11.
fn commons(m: &Manifest) -> Checked {
    for (contest, entry) in (0..).zip(&m.contests) {
        alliances(entry, entry.commons.iter().map(|c| c.parties.as_slice()), |common| Place::Common {
            contest,
            common,
        })?;
    }
    Ok(())
}

/// Rule 12.
fn independents(m: &Manifest) -> Checked {
    for (i, contest) in (0..).zip(&m.contests) {
        distinct(contest.independents.iter(), "independents", |_| Place::Contest(i))?;
    }
    Ok(())
}

/// Rule 13.
fn candidacies(m: &Manifest) -> Checked {
    for (contest, entry) in (0..).zip(&m.contests) {
        let place = |candidacy| Place::Candidacy { contest, candidacy };
        let alone = |party: &u32| entry.coalition_of(*party).is_none() && entry.common_of(*party).is_none();
        // In their order: by tag, then by number.
        let mut expected = (entry.parties.iter().copied().filter(alone).map(Holder::Party))
            .chain((0..).zip(&entry.coalitions).map(|(i, _)| Holder::Coalition(i)))
            .chain((0..).zip(&entry.commons).map(|(i, _)| Holder::Common(i)))
            .chain((0..).zip(&entry.independents).map(|(i, _)| Holder::Independent(i)));
        increasing(Place::Contest(contest), "candidacies", entry.candidacies.iter().map(|c| c.holder))?;
        for (i, candidacy) in (0..).zip(&entry.candidacies) {
            match expected.next() {
                Some(holder) if holder == candidacy.holder => {}
                Some(holder) if holder < candidacy.holder => {
                    return require(false, place(i), "holder", Fault::Missing);
                }
                _ => return require(false, place(i), "holder", Fault::Forbidden),
            }
            count(place(i), "formulas", candidacy.formulas.len(), 1, 64)?;
        }
        require(expected.next().is_none(), Place::Contest(contest), "candidacies", Fault::Missing)?;
    }
    Ok(())
}

/// Rule 14.
fn option_counts(m: &Manifest) -> Checked {
    for (i, contest) in (0..).zip(&m.contests) {
        count(Place::Contest(i), "options", contest.options.len(), 2, 255)?;
    }
    Ok(())
}

/// Rule 15.
fn styles(m: &Manifest) -> Checked {
    count(Place::Manifest, "styles", m.styles.len(), 1, 256)?;
    distinct(m.styles.iter().map(|s| &s.name), "name", Place::Style)?;
    for (i, style) in (0..).zip(&m.styles) {
        increasing(Place::Style(i), "contests", &style.contests)?;
        require(!style.contests.is_empty(), Place::Style(i), "contests", Fault::Empty)?;
        for contest in &style.contests {
            exists(Place::Style(i), "contests", &m.contests, *contest)?;
        }
        require(m.lists.iter().any(|list| list.style == i), Place::Style(i), "lists", Fault::Missing)?;
    }
    for (i, _) in (0..).zip(&m.contests) {
        let used = m.styles.iter().any(|style| style.contests.contains(&i));
        require(used, Place::Contest(i), "styles", Fault::Missing)?;
    }
    Ok(())
}

/// Rule 16.
fn units(m: &Manifest) -> Checked {
    count(Place::Manifest, "units", m.units.len(), 1, 256)?;
    distinct(m.units.iter().map(|u| &u.name), "name", Place::Unit)?;
    for (i, unit) in (0..).zip(&m.units) {
        let at = Place::Unit(i);
        match unit.merge_into {
            None => require(i == 0, at, "merge_into", Fault::Missing)?,
            Some(_) if i == 0 => return require(false, at, "merge_into", Fault::Forbidden),
            Some(into) => require(into < i, at, "merge_into", Fault::Order)?,
        }
    }
    Ok(())
}

/// Rule 17.
fn lists(m: &Manifest) -> Checked {
    count(Place::Manifest, "lists", m.lists.len(), 1, 4096)?;
    increasing(Place::Manifest, "lists", m.lists.iter().map(|list| (list.style, list.unit)))?;
    for (i, list) in (0..).zip(&m.lists) {
        exists(Place::List(i), "style", &m.styles, list.style)?;
        exists(Place::List(i), "unit", &m.units, list.unit)?;
    }
    Ok(())
}

/// Rule 18.
fn custodian_numbers(m: &Manifest) -> Checked {
    count(Place::Manifest, "custodians", m.custodians.len(), 1, 16)?;
    let all = i64::from(number(m.custodians.len()));
    within(Place::Manifest, "minimum_custodians", m.minimum_custodians.into(), 1, all)?;
    within(Place::Manifest, "threshold", m.threshold.into(), 1, m.minimum_custodians.into())?;
    let least = if m.few_mixes { 0 } else { m.threshold.into() };
    within(Place::Manifest, "credential_mixes", m.credential_mixes.into(), least, all)
}

/// Rule 19.
fn keys_and_names(m: &Manifest) -> Checked {
    let signers = || {
        let officials =
            [(Place::Registrar, &m.registrar.key), (Place::Server, &m.server.key), (Place::Log, &m.log.key)];
        (0..)
            .zip(&m.custodians)
            .map(|(i, c)| (custodian(i), &c.key))
            .chain(officials)
            .chain((0..).zip(&m.witnesses).map(|(i, w)| (Place::Witness(i), &w.key)))
    };
    for (i, (at, key)) in signers().enumerate() {
        let new = signers().take(i).all(|(_, other): (Place, &VerifyingKey)| other != key);
        require(new, at, "key", Fault::Repeated)?;
    }
    distinct(m.custodians.iter().map(|c| &c.name), "name", custodian)?;
    distinct(m.witnesses.iter().map(|w| &w.name), "name", Place::Witness)?;
    let witnesses = number(m.witnesses.len()).into();
    if m.witness_quorum == 0 {
        return Ok(());
    }
    // Two quorums share a witness, so no two closings of one board can both be signed.
    let majority = number(m.witnesses.len() / 2).saturating_add(1).into();
    within(Place::Manifest, "witness_quorum", m.witness_quorum.into(), majority, witnesses)
}

/// Rule 20.
fn note_names(m: &Manifest) -> Checked {
    let witnesses = (0..).zip(&m.witnesses).map(|(i, witness)| (Place::Witness(i), &witness.name));
    for (at, name) in [(Place::Log, &m.log.name)].into_iter().chain(witnesses) {
        filled(at, "name", name)?;
        if let Some(character) = name.chars().find(|c| c.is_whitespace() || *c == '+') {
            return require(false, at, "name", Fault::Character(character));
        }
    }
    Ok(())
}
