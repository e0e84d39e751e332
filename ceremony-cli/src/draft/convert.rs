//! From names to numbers and back.

use escrutinio_core::ids::hex;
use escrutinio_core::manifest::{
    Calendar, Candidacy, Coalition, Common, Contest, Custodian, Formula, Holder, ListKey, Manifest, Official, Party,
    Policies, Scope, Sites, Style, Unit, Zone, all_combinations,
};
use escrutinio_core::signature::VerifyingKey;

use super::names::{parse, word};
use super::schema::*;
use crate::error::{Result, refused};
use crate::person::parse_hex;
use crate::session::utc;

/// The number of the thing with a name.
fn number<'a>(kind: &'static str, mut names: impl Iterator<Item = &'a String>, name: &str) -> Result<u32> {
    names
        .position(|n| n == name)
        .and_then(|place| u32::try_from(place).ok())
        .ok_or_else(|| refused("error.draft.name", &[("kind", &kind), ("name", &name)]))
}

impl CalendarDraft {
    /// When voting begins, in seconds since 1970.
    ///
    /// # Errors
    /// If that is no moment.
    pub fn start(&self) -> Result<i64> {
        moment("voting_start", &self.voting_start)
    }
}

fn moment(field: &'static str, text: &str) -> Result<i64> {
    text.parse::<jiff::Timestamp>()
        .map(jiff::Timestamp::as_second)
        .map_err(|_| refused("error.draft.moment", &[("field", &field), ("text", &text)]))
}

fn key(name: &str, text: &str) -> Result<VerifyingKey> {
    parse_hex(text)
        .and_then(|bytes| VerifyingKey::from_bytes(&bytes))
        .ok_or_else(|| refused("error.draft.key", &[("name", &name)]))
}

fn hash(field: &'static str, text: &Option<String>) -> Result<Option<[u8; 32]>> {
    let bad = |text: &String| refused("error.draft.hash", &[("field", &field), ("text", text)]);
    text.as_ref().map(|text| parse_hex(text).ok_or_else(|| bad(text))).transpose()
}

fn official(role: &'static str, draft: Option<&OfficialDraft>) -> Result<Official> {
    let draft = draft.ok_or_else(|| refused("error.draft.official", &[("role", &role)]))?;
    Ok(Official { name: draft.name.clone(), key: key(&draft.name, &draft.key)? })
}

fn colour(party: &PartyDraft) -> Result<[u8; 3]> {
    party
        .colour
        .strip_prefix('#')
        .and_then(parse_hex)
        .ok_or_else(|| refused("error.draft.colour", &[("name", &party.short), ("text", &party.colour)]))
}

impl Draft {
    /// The manifest that this draft describes, its options derived, its rules not yet checked.
    ///
    /// # Errors
    /// If a name, date, key or word leads nowhere.
    pub fn to_manifest(&self) -> Result<Manifest> {
        let contest_names = || self.contests.iter().map(|c| &c.name);
        let styles = |s: &StyleDraft| -> Result<Style> {
            let contests = s.contests.iter().map(|name| number("contest", contest_names(), name));
            Ok(Style { name: s.name.clone(), contests: contests.collect::<Result<_>>()? })
        };
        let unit_number = |name: &str| number("unit", self.units.iter().map(|u| &u.name), name);
        let unit = |u: &UnitDraft| -> Result<Unit> {
            let merge_into = u.merge_into.as_deref().map(unit_number).transpose()?;
            Ok(Unit { name: u.name.clone(), entity: u.entity.clone(), merge_into })
        };
        let list = |l: &ListDraft| -> Result<ListKey> {
            let style = number("style", self.styles.iter().map(|s| &s.name), &l.style)?;
            Ok(ListKey { style, unit: unit_number(&l.unit)?, small_exception: l.small_exception })
        };
        let custodian = |c: &CustodianDraft| -> Result<Custodian> {
            Ok(Custodian { name: c.name.clone(), designation: c.designation.clone(), key: key(&c.name, &c.key)? })
        };
        let mut manifest = Manifest {
            process: self.process.clone(),
            title: self.title.clone(),
            authority: self.authority.clone(),
            template: self.template.clone(),
            binding: self.binding,
            pilot: self.pilot,
            test: self.test,
            max_voters: self.max_voters,
            official_zone: self.zones.official.to_zone(),
            governing_zone: self.zones.governing.to_zone(),
            calendar: self.calendar.to_calendar()?,
            sites: Sites { operations: self.sites.operations.clone(), board: self.sites.board.clone() },
            policies: self.policies.to_policies()?,
            min_group: self.min_group,
            text_points: self.text_points,
            parties: self.parties.iter().map(PartyDraft::to_party).collect::<Result<_>>()?,
            contests: self.contests.iter().map(|c| self.contest(c)).collect::<Result<_>>()?,
            styles: self.styles.iter().map(styles).collect::<Result<_>>()?,
            units: self.units.iter().map(unit).collect::<Result<_>>()?,
            lists: self.lists.iter().map(list).collect::<Result<_>>()?,
            threshold: self.keys.threshold,
            minimum_custodians: self.keys.minimum_custodians,
            credential_mixes: self.keys.credential_mixes,
            few_mixes: self.keys.few_mixes,
            custodians: self.custodians.iter().map(custodian).collect::<Result<_>>()?,
            registrar: official("registrar", self.registrar.as_ref())?,
            server: official("server", self.server.as_ref())?,
            log: official("log", self.log.as_ref())?,
            witnesses: self.witnesses.iter().map(|w| official("witness", Some(w))).collect::<Result<_>>()?,
            witness_quorum: self.keys.witness_quorum,
            client_hash: hash("client_hash", &self.client_hash)?,
        };
        let options: Vec<_> = manifest.contests.iter().map(|contest| manifest.derive_options(contest)).collect();
        for (contest, options) in manifest.contests.iter_mut().zip(options) {
            contest.options = options;
        }
        Ok(manifest)
    }

    fn party_numbers(&self, names: &[String]) -> Result<Vec<u32>> {
        names.iter().map(|name| number("party", self.parties.iter().map(|p| &p.short), name)).collect()
    }

    fn contest(&self, c: &ContestDraft) -> Result<Contest> {
        let coalition = |draft: &CoalitionDraft| -> Result<Coalition> {
            let parties = self.party_numbers(&draft.parties)?;
            let combinations = match &draft.combinations {
                Some(sets) => sets.iter().map(|set| self.party_numbers(set)).collect::<Result<_>>()?,
                None => all_combinations(&parties)
                    .ok_or_else(|| refused("error.draft.coalition", &[("name", &draft.name)]))?,
            };
            Ok(Coalition { name: draft.name.clone(), parties, combinations })
        };
        let common = |draft: &CommonDraft| -> Result<Common> {
            Ok(Common { name: draft.name.clone(), parties: self.party_numbers(&draft.parties)? })
        };
        let mut candidacies = c.candidacies.iter().map(|d| self.candidacy(c, d)).collect::<Result<Vec<_>>>()?;
        candidacies.sort_by_key(|candidacy| candidacy.holder);
        Ok(Contest {
            name: c.name.clone(),
            kind: parse("kind", &c.kind)?,
            scope: parse("scope", &c.scope)?,
            entity: c.entity.clone(),
            office: c.office.clone(),
            legend: c.legend.clone(),
            offer_source: c.offer_source.clone(),
            write_in: parse("write_in", &c.write_in)?,
            parties: self.party_numbers(&c.parties)?,
            coalitions: c.coalitions.iter().map(coalition).collect::<Result<_>>()?,
            commons: c.commons.iter().map(common).collect::<Result<_>>()?,
            independents: c.independents.clone(),
            answers: c.answers.clone(),
            candidacies,
            options: Vec::new(),
        })
    }

    fn candidacy(&self, contest: &ContestDraft, draft: &CandidacyDraft) -> Result<Candidacy> {
        let holder = match (&draft.party, &draft.coalition, &draft.common, &draft.independent) {
            (Some(name), None, None, None) => {
                Holder::Party(number("party", self.parties.iter().map(|p| &p.short), name)?)
            }
            (None, Some(name), None, None) => {
                Holder::Coalition(number("coalition", contest.coalitions.iter().map(|c| &c.name), name)?)
            }
            (None, None, Some(name), None) => {
                Holder::Common(number("common", contest.commons.iter().map(|c| &c.name), name)?)
            }
            (None, None, None, Some(name)) => {
                Holder::Independent(number("independent", contest.independents.iter(), name)?)
            }
            _ => return Err(refused("error.draft.holder", &[("contest", &contest.name)])),
        };
        let formula = |f: &FormulaDraft| Formula { owner: f.owner.clone(), substitute: f.substitute.clone() };
        Ok(Candidacy { holder, formulas: draft.formulas.iter().map(formula).collect() })
    }

    /// The draft that gives this manifest: the listing of every parameter.
    #[must_use]
    pub fn of(m: &Manifest) -> Self {
        let nth = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
        let short = |p: &u32| m.parties.get(nth(*p)).map_or_else(String::new, |party| party.short.clone());
        let shorts = |parties: &[u32]| parties.iter().map(short).collect::<Vec<_>>();
        let contest_name = |c: &u32| m.contest(*c).map_or_else(String::new, |contest| contest.name.clone());
        let unit_name = |u: u32| m.units.get(nth(u)).map_or_else(String::new, |unit| unit.name.clone());
        let style_name = |s: u32| m.styles.get(nth(s)).map_or_else(String::new, |style| style.name.clone());
        let official = |o: &Official| OfficialDraft { name: o.name.clone(), key: hex(&o.key.to_bytes()) };
        let candidacy = |c: &Contest, candidacy: &Candidacy| {
            let mut draft = CandidacyDraft {
                formulas: candidacy
                    .formulas
                    .iter()
                    .map(|f| FormulaDraft { owner: f.owner.clone(), substitute: f.substitute.clone() })
                    .collect(),
                ..CandidacyDraft::default()
            };
            match candidacy.holder {
                Holder::Party(p) => draft.party = Some(short(&p)),
                Holder::Coalition(n) => draft.coalition = c.coalitions.get(nth(n)).map(|c| c.name.clone()),
                Holder::Common(n) => draft.common = c.commons.get(nth(n)).map(|c| c.name.clone()),
                Holder::Independent(n) => draft.independent = c.independents.get(nth(n)).cloned(),
            }
            draft
        };
        let contest = |c: &Contest| ContestDraft {
            name: c.name.clone(),
            kind: word(c.kind),
            scope: word(c.scope),
            entity: c.entity.clone(),
            office: c.office.clone(),
            legend: c.legend.clone(),
            offer_source: c.offer_source.clone(),
            write_in: word(c.write_in),
            parties: shorts(&c.parties),
            independents: c.independents.clone(),
            answers: c.answers.clone(),
            coalitions: c
                .coalitions
                .iter()
                .map(|c| CoalitionDraft {
                    name: c.name.clone(),
                    parties: shorts(&c.parties),
                    combinations: Some(c.combinations.iter().map(|set| shorts(set)).collect()),
                })
                .collect(),
            commons: c
                .commons
                .iter()
                .map(|c| CommonDraft { name: c.name.clone(), parties: shorts(&c.parties) })
                .collect(),
            candidacies: c.candidacies.iter().map(|entry| candidacy(c, entry)).collect(),
        };
        let zone = |z: &Zone| ZoneDraft { name: z.name.clone(), offset_minutes: z.offset_minutes };
        Self {
            process: m.process.clone(),
            title: m.title.clone(),
            authority: m.authority.clone(),
            template: m.template.clone(),
            binding: m.binding,
            pilot: m.pilot,
            test: m.test,
            max_voters: m.max_voters,
            min_group: m.min_group,
            text_points: m.text_points,
            client_hash: m.client_hash.map(|hash| hex(&hash)),
            zones: ZonesDraft { official: zone(&m.official_zone), governing: zone(&m.governing_zone) },
            calendar: CalendarDraft::of(&m.calendar),
            sites: SitesDraft { operations: m.sites.operations.clone(), board: m.sites.board.clone() },
            policies: PoliciesDraft::of(&m.policies),
            keys: KeysDraft {
                threshold: m.threshold,
                minimum_custodians: m.minimum_custodians,
                credential_mixes: m.credential_mixes,
                few_mixes: m.few_mixes,
                witness_quorum: m.witness_quorum,
            },
            parties: m.parties.iter().map(PartyDraft::of).collect(),
            contests: m.contests.iter().map(contest).collect(),
            styles: m
                .styles
                .iter()
                .map(|s| StyleDraft { name: s.name.clone(), contests: s.contests.iter().map(contest_name).collect() })
                .collect(),
            units: m
                .units
                .iter()
                .map(|u| UnitDraft {
                    name: u.name.clone(),
                    entity: u.entity.clone(),
                    merge_into: u.merge_into.map(unit_name),
                })
                .collect(),
            lists: m
                .lists
                .iter()
                .map(|l| ListDraft {
                    style: style_name(l.style),
                    unit: unit_name(l.unit),
                    small_exception: l.small_exception,
                })
                .collect(),
            registrar: Some(official(&m.registrar)),
            server: Some(official(&m.server)),
            log: Some(official(&m.log)),
            custodians: m
                .custodians
                .iter()
                .map(|c| CustodianDraft {
                    name: c.name.clone(),
                    designation: c.designation.clone(),
                    key: hex(&c.key.to_bytes()),
                })
                .collect(),
            witnesses: m.witnesses.iter().map(official).collect(),
        }
    }
}

impl ZoneDraft {
    fn to_zone(&self) -> Zone {
        Zone { name: self.name.clone(), offset_minutes: self.offset_minutes }
    }
}

impl PartyDraft {
    fn to_party(&self) -> Result<Party> {
        Ok(Party {
            short: self.short.clone(),
            name: self.name.clone(),
            colour: colour(self)?,
            emblem: hash("emblem", &self.emblem)?,
            scope: parse("scope", &self.scope)?,
        })
    }

    fn of(p: &Party) -> Self {
        Self {
            short: p.short.clone(),
            name: p.name.clone(),
            colour: format!("#{}", hex(&p.colour)),
            emblem: p.emblem.map(|hash| hex(&hash)),
            scope: if p.scope == Scope::Local { "local" } else { "national" }.to_owned(),
        }
    }
}

macro_rules! calendar {
    ($($field:ident),* $(,)?) => {
        impl CalendarDraft {
            fn to_calendar(&self) -> Result<Calendar> {
                Ok(Calendar { $($field: moment(stringify!($field), &self.$field)?),* })
            }

            fn of(c: &Calendar) -> Self {
                Self { $($field: utc(c.$field)),* }
            }

            /// The same milestones, so many seconds later: a rehearsal on other days.
            ///
            /// # Errors
            /// The first that is no moment.
            pub fn moved(&self, seconds: i64) -> Result<Self> {
                let calendar = self.to_calendar()?;
                Ok(Self::of(&Calendar { $($field: calendar.$field.saturating_add(seconds)),* }))
            }
        }
    };
}

calendar! {
    simulacro_start, simulacro_end, formats_approved, custodians_designated, roll_delivered, offer_ratified,
    roll_loaded, addenda, accounts_sent, preparation, contact_updates_until, voting_start, board_installed,
    voting_close, reception_end,
}

macro_rules! policies {
    ($($field:ident),* $(,)?) => {
        impl PoliciesDraft {
            fn to_policies(&self) -> Result<Policies> {
                Ok(Policies {
                    $($field: parse(stringify!($field), &self.$field)?,)*
                    grace_minutes: self.grace_minutes,
                    session_minutes: self.session_minutes,
                })
            }

            fn of(p: &Policies) -> Self {
                Self {
                    $($field: word(p.$field),)*
                    grace_minutes: p.grace_minutes,
                    session_minutes: p.session_minutes,
                }
            }
        }
    };
}

policies! {
    blank_vote, invalid_combination, close_mode, custody, custodian_selection, geo_gate, enrolment, second_factor,
    hash, baseline,
}
