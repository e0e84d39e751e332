//! The form of the TOML file. Unknown fields are refused: a misspelt policy would
//! otherwise silently mean its default.

use serde::{Deserialize, Serialize};

/// One election, as people write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The electoral process.
    pub process: String,
    /// The election.
    pub title: String,
    /// The approval that authorises this modality.
    pub authority: String,
    /// Version and approval of the acta and ballot design.
    pub template: String,
    /// Whether the result binds.
    pub binding: bool,
    /// Whether this is a pilot.
    #[serde(default)]
    pub pilot: bool,
    /// Whether the offer is fictitious.
    #[serde(default)]
    pub test: bool,
    /// Most entries of the roll.
    pub max_voters: u32,
    /// Fewest ballots opened together.
    pub min_group: u32,
    /// Points of a write-in text.
    pub text_points: u32,
    /// Hash of the voting page's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_hash: Option<String>,
    /// Zones of the times.
    pub zones: ZonesDraft,
    /// Milestones.
    pub calendar: CalendarDraft,
    /// Places.
    pub sites: SitesDraft,
    /// Named policies; what is left out is the rule of LOVEI.
    #[serde(default)]
    pub policies: PoliciesDraft,
    /// Sizes of the bodies that hold keys.
    pub keys: KeysDraft,
    /// All parties, in order of registration.
    #[serde(default)]
    pub parties: Vec<PartyDraft>,
    /// What is voted on.
    pub contests: Vec<ContestDraft>,
    /// Who votes on what.
    pub styles: Vec<StyleDraft>,
    /// Reporting units.
    pub units: Vec<UnitDraft>,
    /// Credential lists.
    pub lists: Vec<ListDraft>,
    /// Keeps the roll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registrar: Option<OfficialDraft>,
    /// Receives the ballots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<OfficialDraft>,
    /// Signs the board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<OfficialDraft>,
    /// Custodians, numbered from 1.
    #[serde(default)]
    pub custodians: Vec<CustodianDraft>,
    /// Cosign the board.
    #[serde(default)]
    pub witnesses: Vec<OfficialDraft>,
}

/// Zones of the times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ZonesDraft {
    pub official: ZoneDraft,
    pub governing: ZoneDraft,
}

/// A zone with its offset in the days of the election.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ZoneDraft {
    pub name: String,
    pub offset_minutes: i64,
}

/// Milestones, each a moment with its offset: `2021-12-05T19:00:00-06:00`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct CalendarDraft {
    pub simulacro_start: String,
    pub simulacro_end: String,
    pub formats_approved: String,
    pub custodians_designated: String,
    pub roll_delivered: String,
    pub offer_ratified: String,
    pub roll_loaded: String,
    pub addenda: String,
    pub accounts_sent: String,
    pub preparation: String,
    pub contact_updates_until: String,
    pub voting_start: String,
    pub board_installed: String,
    pub voting_close: String,
    pub reception_end: String,
}

/// Places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct SitesDraft {
    pub operations: String,
    pub board: String,
}

/// Named policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct PoliciesDraft {
    pub blank_vote: String,
    pub invalid_combination: String,
    pub close_mode: String,
    pub grace_minutes: u32,
    pub session_minutes: u32,
    pub custody: String,
    pub custodian_selection: String,
    pub geo_gate: String,
    pub enrolment: String,
    pub second_factor: String,
    pub hash: String,
    pub baseline: String,
}

impl Default for PoliciesDraft {
    /// The rules of LOVEI.
    fn default() -> Self {
        Self {
            blank_vote: "forbid".into(),
            invalid_combination: "forbid".into(),
            close_mode: "grace".into(),
            grace_minutes: 30,
            session_minutes: 30,
            custody: "share-file".into(),
            custodian_selection: "quorum-present".into(),
            geo_gate: "off".into(),
            enrolment: "link-then-password".into(),
            second_factor: "totp-and-sms".into(),
            hash: "sha256".into(),
            baseline: "post-simulacro".into(),
        }
    }
}

/// Sizes of the bodies that hold keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct KeysDraft {
    pub threshold: u32,
    pub minimum_custodians: u32,
    pub credential_mixes: u32,
    #[serde(default)]
    pub few_mixes: bool,
    #[serde(default)]
    pub witness_quorum: u32,
}

/// A party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyDraft {
    /// What the acta calls it.
    pub short: String,
    /// Its name.
    pub name: String,
    /// `#rrggbb`.
    pub colour: String,
    /// SHA-256 of the image of its emblem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emblem: Option<String>,
    /// `national` or `local`.
    #[serde(default = "national")]
    pub scope: String,
}

fn national() -> String {
    "national".into()
}

/// A question of the ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContestDraft {
    /// Its name.
    pub name: String,
    /// `presidency`, `senate`, `governorship`, `consultation`, `other`.
    pub kind: String,
    /// `federal` or `local`.
    pub scope: String,
    /// The entity.
    pub entity: String,
    /// The office, or the question.
    pub office: String,
    /// The legend of ballot and acta.
    pub legend: String,
    /// Who delivered the offer.
    pub offer_source: String,
    /// `none`, `count-only`, `sealed`, `disclose`.
    pub write_in: String,
    /// Short names of the parties that take part.
    #[serde(default)]
    pub parties: Vec<String>,
    /// Independent candidacies.
    #[serde(default)]
    pub independents: Vec<String>,
    /// Answers of a consultation.
    #[serde(default)]
    pub answers: Vec<String>,
    /// Coalitions.
    #[serde(default)]
    pub coalitions: Vec<CoalitionDraft>,
    /// Candidaturas comunes.
    #[serde(default)]
    pub commons: Vec<CommonDraft>,
    /// Who stands.
    #[serde(default)]
    pub candidacies: Vec<CandidacyDraft>,
}

/// A coalition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoalitionDraft {
    /// Its name.
    pub name: String,
    /// Short names of its parties.
    pub parties: Vec<String>,
    /// The combinations registered; left out, all of two or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub combinations: Option<Vec<Vec<String>>>,
}

/// A candidatura común.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommonDraft {
    /// Its name.
    pub name: String,
    /// Short names of its parties.
    pub parties: Vec<String>,
}

/// Who stands, for exactly one of a party, coalition, common or independent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CandidacyDraft {
    /// Short name of a party.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// Name of a coalition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coalition: Option<String>,
    /// Name of a candidatura común.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common: Option<String>,
    /// Name of an independent candidacy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub independent: Option<String>,
    /// Owners and substitutes.
    pub formulas: Vec<FormulaDraft>,
}

/// Owner and substitute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct FormulaDraft {
    pub owner: String,
    #[serde(default)]
    pub substitute: String,
}

/// What one voter votes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct StyleDraft {
    pub name: String,
    pub contests: Vec<String>,
}

/// A reporting unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitDraft {
    /// Its name.
    pub name: String,
    /// Its entity.
    pub entity: String,
    /// Name of the unit that takes its ballots if they are too few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge_into: Option<String>,
}

/// The voters of one style in one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ListDraft {
    pub style: String,
    pub unit: String,
    #[serde(default)]
    pub small_exception: bool,
}

/// A custodian.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct CustodianDraft {
    pub name: String,
    pub designation: String,
    pub key: String,
}

/// A role that signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct OfficialDraft {
    pub name: String,
    pub key: String,
}
