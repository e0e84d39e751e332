//! The ballot as the page draws it (`BallotInfo` of `web/src/crypto.js`): what the manifest says, and
//! nothing of its own.

use escrutinio_core::ballot::CastBallot;
use escrutinio_core::ids::hex;
use escrutinio_core::manifest::{
    BlankVote, CloseMode, Contest, ContestKind, ContestOption, ContestShape, Formula, Holder, InvalidCombination, Mark,
    Official, Party, Scope, ValidManifest, WriteIn, Zone,
};
use escrutinio_core::verify::DeviceElection;

use crate::json::{Object, array, optional, string};
use crate::marks;

/// Everything that the page needs of an election, as JSON.
#[must_use]
pub fn ballot_info(election: &DeviceElection) -> String {
    let manifest = &election.manifest;
    let contests = (0u32..).zip(manifest.contests.iter().zip(&election.shapes));
    let lists = manifest.lists.iter().zip(&election.roll.counts).map(|(list, keys)| {
        Object::new().with("style", list.style).with("unit", list.unit).with("keys", keys).finish()
    });
    let styles = manifest
        .styles
        .iter()
        .map(|style| Object::new().text("name", &style.name).with("contests", array(&style.contests)).finish());
    let units =
        manifest.units.iter().map(|unit| Object::new().text("name", &unit.name).text("entity", &unit.entity).finish());
    Object::new()
        .text("electionId", &election.election_id.to_string())
        .text("manifestHash", &manifest.hash().to_string())
        .text("rollId", &election.roll.roll_id().to_string())
        .text("process", &manifest.process)
        .text("title", &manifest.title)
        .text("authority", &manifest.authority)
        .with("binding", manifest.binding)
        .with("pilot", manifest.pilot)
        .with("test", manifest.test)
        .with("clientHash", optional(manifest.client_hash.map(|hash| string(&hex(&hash)))))
        .with("officialZone", zone(&manifest.official_zone))
        .with("governingZone", zone(&manifest.governing_zone))
        .with("calendar", calendar(manifest))
        .with("policies", policies(manifest))
        .with("minGroup", manifest.min_group)
        .with("people", people(manifest))
        .with("parties", array((0u32..).zip(&manifest.parties).map(party)))
        .with("contests", array(contests.map(|(index, (entry, shape))| contest(manifest, index, entry, shape))))
        .with("styles", array(styles))
        .with("units", array(units))
        .with("lists", array(lists))
        .finish()
}

fn zone(zone: &Zone) -> String {
    Object::new().text("name", &zone.name).with("offsetMinutes", zone.offset_minutes).finish()
}

fn calendar(manifest: &ValidManifest) -> String {
    let calendar = &manifest.calendar;
    Object::new()
        .with("votingStart", calendar.voting_start)
        .with("votingClose", calendar.voting_close)
        .with("receptionEnd", calendar.reception_end)
        .with("contactUpdatesUntil", calendar.contact_updates_until)
        .finish()
}

fn policies(manifest: &ValidManifest) -> String {
    let policies = &manifest.policies;
    let blank = match policies.blank_vote {
        BlankVote::OwnLine => "own",
        BlankVote::AsNull => "null",
        BlankVote::Forbid | BlankVote::Unknown(_) => "forbid",
    };
    let invalid = match policies.invalid_combination {
        InvalidCombination::AllowAsNull => "null",
        InvalidCombination::Forbid | InvalidCombination::Unknown(_) => "forbid",
    };
    let close = if policies.close_mode == CloseMode::Immediate { "immediate" } else { "grace" };
    Object::new()
        .text("blankVote", blank)
        .text("invalidCombination", invalid)
        .text("closeMode", close)
        .with("graceMinutes", policies.grace_minutes)
        .with("sessionMinutes", policies.session_minutes)
        .finish()
}

fn people(manifest: &ValidManifest) -> String {
    let name = |official: &Official| string(&official.name);
    Object::new()
        .with("threshold", manifest.threshold)
        .with("custodians", array(manifest.custodians.iter().map(|custodian| string(&custodian.name))))
        .with("registrar", name(&manifest.registrar))
        .with("server", name(&manifest.server))
        .with("log", name(&manifest.log))
        .with("witnesses", array(manifest.witnesses.iter().map(name)))
        .with("witnessQuorum", manifest.witness_quorum)
        .with("mixes", manifest.credential_mixes)
        .finish()
}

fn party((index, party): (u32, &Party)) -> String {
    Object::new()
        .with("index", index)
        .text("short", &party.short)
        .text("name", &party.name)
        .text("colour", &format!("#{}", hex(&party.colour)))
        .with("emblem", optional(party.emblem.map(|hash| string(&hex(&hash)))))
        .text("scope", if party.scope == Scope::Local { "local" } else { "national" })
        .finish()
}

fn contest(manifest: &ValidManifest, index: u32, contest: &Contest, shape: &ContestShape) -> String {
    let kind = match contest.kind {
        ContestKind::Presidency => "presidency",
        ContestKind::Senate => "senate",
        ContestKind::Governorship => "governorship",
        ContestKind::Consultation => "consultation",
        ContestKind::Other | ContestKind::Unknown(_) => "other",
    };
    let write_in = match contest.write_in {
        WriteIn::None | WriteIn::Unknown(_) => "none",
        WriteIn::CountOnly => "count",
        WriteIn::Sealed => "sealed",
        WriteIn::Disclose => "disclose",
    };
    let spaces = contest.options.iter().filter_map(marks::space_of).map(|mark| space(manifest, contest, mark));
    let coalitions = (0u32..).zip(&contest.coalitions).map(|(index, coalition)| {
        let combinations = coalition.combinations.iter().map(|set| names(set.iter().map(|party| Mark::Party(*party))));
        Object::new()
            .with("index", index)
            .text("name", &coalition.name)
            .with("parties", array(&coalition.parties))
            .with("combinations", array(combinations))
            .finish()
    });
    let options = (0u32..).zip(&contest.options).map(|(option, entry)| {
        Object::new()
            .with("index", option)
            .text("kind", kind_of(entry))
            .text("name", &manifest.option_name(index, option).unwrap_or_default())
            .with("marks", names(marks::marks_of(entry)))
            .finish()
    });
    Object::new()
        .with("index", index)
        .text("name", &contest.name)
        .text("kind", kind)
        .text("scope", if contest.scope == Scope::Local { "local" } else { "federal" })
        .text("entity", &contest.entity)
        .text("office", &contest.office)
        .text("legend", &contest.legend)
        .text("writeIn", write_in)
        .with("textBytes", shape.texts.saturating_mul(16))
        .with("spaces", array(spaces))
        .with("coalitions", array(coalitions))
        .with("options", array(options))
        .with("ballotBytes", CastBallot::encoded_length(shape))
        .finish()
}

fn names(marks: impl IntoIterator<Item = Mark>) -> String {
    array(marks.into_iter().map(|mark| string(&marks::name(mark))))
}

fn kind_of(option: &ContestOption) -> &'static str {
    match option {
        ContestOption::Party(_) => "party",
        ContestOption::Combination { .. } => "combination",
        ContestOption::Common(_) => "common",
        ContestOption::Independent(_) => "independent",
        ContestOption::Answer(_) => "answer",
        ContestOption::WriteIn => "write-in",
        ContestOption::Blank => "blank",
        ContestOption::Null => "null",
    }
}

fn nth<T>(values: &[T], n: u32) -> Option<&T> {
    values.get(usize::try_from(n).ok()?)
}

/// One space of the paper ballot. The candidates of a coalition stand in the space of each of its parties.
fn space(manifest: &ValidManifest, contest: &Contest, mark: Mark) -> String {
    let coalition = match mark {
        Mark::Party(party) => contest.coalition_of(party),
        _ => None,
    };
    let (kind, name, parties, holder) = match mark {
        Mark::Party(n) => {
            let holder = coalition.map_or(Holder::Party(n), Holder::Coalition);
            ("party", nth(&manifest.parties, n).map(|party| party.name.clone()), vec![n], Some(holder))
        }
        Mark::Common(n) => {
            let common = nth(&contest.commons, n);
            let parties = common.map(|common| common.parties.clone()).unwrap_or_default();
            ("common", common.map(|common| common.name.clone()), parties, Some(Holder::Common(n)))
        }
        Mark::Independent(n) => {
            ("independent", nth(&contest.independents, n).cloned(), Vec::new(), Some(Holder::Independent(n)))
        }
        Mark::Answer(n) => ("answer", nth(&contest.answers, n).cloned(), Vec::new(), None),
        Mark::WriteIn => ("write-in", None, Vec::new(), None),
        Mark::Null => ("null", None, Vec::new(), None),
    };
    let candidacy = contest.candidacies.iter().find(|candidacy| Some(candidacy.holder) == holder);
    let formula = |formula: &Formula| {
        Object::new().text("owner", &formula.owner).text("substitute", &formula.substitute).finish()
    };
    let formulas = candidacy.map(|candidacy| candidacy.formulas.as_slice()).unwrap_or_default();
    let coalition_name = coalition.and_then(|n| nth(&contest.coalitions, n)).map(|coalition| coalition.name.as_str());
    Object::new()
        .text("mark", &marks::name(mark))
        .text("kind", kind)
        .text("name", &name.unwrap_or_default())
        .with("parties", array(parties))
        .with("coalition", optional(coalition.map(|n| n.to_string())))
        .text("coalitionName", coalition_name.unwrap_or_default())
        .with("formulas", array(formulas.iter().map(formula)))
        .finish()
}
