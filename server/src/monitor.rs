//! What accredited observers see (R-MON-02, R-MON-07 to 10): phase and official times, how many ballots the last
//! checkpoint holds, the history of checkpoints, witnesses, components, incidents. Read-only.
//!
//! A field that is not in [`Monitor`] is not shown: no result, no voter, nothing between two checkpoints.

mod page;

use escrutinio_core::board::checkpoint::VerifiedCheckpoint;
use escrutinio_core::manifest::Zone;
use serde::Serialize;
use utoipa::ToSchema;

pub use page::{Page, STYLE_HASH};

use crate::board::LogName;
use crate::desk::incident::{self, Level};
use crate::desk::state::{self, Detail, Light};
use crate::server::Server;
use crate::store::StoreError;

/// Checkpoints of the history that are shown: the first and the last ones.
const HISTORY: u64 = 500;

/// Everything that is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Monitor {
    /// The election id.
    pub election: String,
    /// The election.
    pub title: String,
    /// Whether the vote binds.
    pub binding: bool,
    /// Whether the offer is a fictitious one.
    pub test: bool,
    /// Whether the clock is moved, as only in a rehearsal.
    pub rehearsal: bool,
    /// loaded, opened, voting, grace, closed, published.
    pub phase: &'static str,
    /// The server's time, in seconds since 1970.
    pub now: i64,
    /// The same in the zone of the official times and in that of the entity.
    pub clocks: Vec<ZoneTime>,
    /// The instants of the election.
    pub calendar: Vec<Instant>,
    /// How many took part, as of the last checkpoint.
    pub turnout: Turnout,
    /// The checkpoints, the first ones and the last.
    pub checkpoints: Vec<CheckpointLine>,
    /// Entries of the log of acts.
    pub acts: u64,
    /// Hash of the components when they were compared last with the baseline, if they were.
    pub components_hash: Option<String>,
    /// Whether each component works.
    pub components: Vec<ComponentLine>,
    /// Incidents, and who has them in hand.
    pub incidents: Vec<IncidentLine>,
}

/// A time in a zone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ZoneTime {
    /// Its name.
    pub zone: String,
    /// Date there.
    pub date: String,
    /// Time there.
    pub time: String,
}

/// An instant of the calendar.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Instant {
    /// voting_start, voting_close, reception_end.
    pub name: &'static str,
    /// In seconds since 1970.
    pub at: i64,
    /// The same in both zones.
    pub clocks: Vec<ZoneTime>,
    /// Whether it is over.
    pub past: bool,
}

/// How many took part, in steps of checkpoints.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Turnout {
    /// Ballots of all contests on the board.
    pub ballots: u64,
    /// Ballots that there could be.
    pub most: u64,
    /// The checkpoint that says so.
    pub checkpoint: u64,
}

/// A checkpoint.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckpointLine {
    /// Its number.
    pub number: u64,
    /// Ballots that it holds.
    pub size: u64,
    /// Its Merkle root, hexadecimal.
    pub root: String,
    /// When a witness signed it first, in seconds since 1970.
    pub signed: Option<u64>,
    /// Witnesses that have signed it.
    pub witnesses: Vec<String>,
}

/// A component.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ComponentLine {
    /// Its name.
    pub name: String,
    /// good, red, off.
    #[schema(value_type = String)]
    pub light: Light,
    /// What observers are told of it.
    pub detail: Detail,
}

/// An incident.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IncidentLine {
    /// From 1.
    pub number: u32,
    /// When it was written down.
    pub since: String,
    /// When it was handed over last.
    pub last: String,
    /// Who has it in hand.
    #[schema(value_type = String)]
    pub level: Level,
    /// What happened.
    pub text: String,
}

/// Looks at everything that is shown.
///
/// # Errors
/// [`StoreError`].
pub async fn look(server: &Server) -> Result<Monitor, StoreError> {
    let state = state::look(server).await;
    let manifest = &server.election.election.manifest;
    let zones = [&manifest.official_zone, &manifest.governing_zone];
    let clocks = |at: i64| zones_of(&zones, at);
    let schedule = server.lifecycle.schedule();
    let instant = |(name, at)| Instant { name, at, clocks: clocks(at), past: state.now >= at };
    let instants = [
        ("voting_start", schedule.voting_start),
        ("voting_close", schedule.voting_close),
        ("reception_end", schedule.last),
    ];
    let compared = server.compared.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    let incidents = incident::all(&server.events.lines().await?);
    Ok(Monitor {
        election: server.election.election.election_id.to_string(),
        title: manifest.title.clone(),
        binding: manifest.binding,
        test: manifest.test,
        rehearsal: server.config.rehearsal.is_some(),
        phase: state.phase,
        now: state.now,
        clocks: clocks(state.now),
        calendar: instants.into_iter().map(instant).collect(),
        turnout: Turnout { ballots: state.ballots, most: most(server), checkpoint: state.checkpoint },
        checkpoints: history(server, state.checkpoint).await?,
        acts: state.acts,
        components_hash: compared.map(|report| report.now),
        components: state.components.iter().map(component).collect(),
        incidents: incidents.iter().filter_map(line).collect(),
    })
}

/// The zones that differ, with a time in each.
fn zones_of(zones: &[&Zone; 2], at: i64) -> Vec<ZoneTime> {
    let [official, governing] = zones;
    let other = (official.offset_minutes != governing.offset_minutes).then_some(governing);
    core::iter::once(official).chain(other).map(|zone| local(zone, at)).collect()
}

fn local(zone: &Zone, at: i64) -> ZoneTime {
    let there = crate::board::utc(at.saturating_add(zone.offset_minutes.saturating_mul(60)));
    let (date, time) = there.split_once('T').unwrap_or((&there, ""));
    let time = time.trim_end_matches('Z').to_owned();
    ZoneTime { zone: zone.name.clone(), date: date.to_owned(), time }
}

/// Ballots that there are if everybody votes on everything.
fn most(server: &Server) -> u64 {
    let lists = server.election.lists.lists();
    let keys =
        |list: u32| usize::try_from(list).ok().and_then(|list| lists.get(list)).map_or(0, |list| list.keys().len());
    let lines = server.election.election.participation_lines();
    let sum = lines.iter().fold(0usize, |sum, (_, list)| sum.saturating_add(keys(*list)));
    u64::try_from(sum).unwrap_or(u64::MAX)
}

async fn history(server: &Server, last: u64) -> Result<Vec<CheckpointLine>, StoreError> {
    let from = last.saturating_sub(HISTORY);
    let numbers = core::iter::once(0).chain(from.max(1)..=last);
    let mut lines = Vec::new();
    for number in numbers {
        // A head that is not signed yet is not shown.
        if let Ok(verified) = server.board.verified(LogName::Board, number).await {
            lines.push(checkpoint(server, number, &verified));
        }
    }
    Ok(lines)
}

fn checkpoint(server: &Server, number: u64, verified: &VerifiedCheckpoint) -> CheckpointLine {
    let known = &server.election.election.manifest.witnesses;
    let name = |witness: usize| known.get(witness).map(|official| official.name.clone());
    CheckpointLine {
        number,
        size: verified.checkpoint().size,
        root: escrutinio_core::ids::hex(&verified.checkpoint().root),
        signed: verified.cosignatures().iter().map(|cosignature| cosignature.time).min(),
        witnesses: verified.cosignatures().iter().filter_map(|cosignature| name(cosignature.witness)).collect(),
    }
}

/// Components of which observers read more than the light.
const TOLD: [&str; 7] = ["disk", "clock", "board", "casting", "conductor", "keys", "components"];

/// What is told of a component: of some, and texts of this program only. Faults of databases, witnesses and carriers
/// name machines, and how many codes fail is how many voters come in now: neither is for observers.
fn component(part: &state::Component) -> ComponentLine {
    let told = TOLD.contains(&part.name.as_str()) || part.name.starts_with("witness ");
    let detail = if told && part.detail.is_own() { part.detail.clone() } else { Detail::default() };
    ComponentLine { name: part.name.clone(), light: part.light, detail }
}

fn line(incident: &incident::Incident) -> Option<IncidentLine> {
    let (first, last) = (incident.steps.first()?, incident.steps.last()?);
    Some(IncidentLine {
        number: incident.number,
        since: first.at.clone(),
        last: last.at.clone(),
        level: last.level,
        text: first.text.clone(),
    })
}

/// An instant in the zone of a clock that shows another.
fn shifted(now: i64, clock: &ZoneTime, at: i64) -> String {
    let shown = format!("{}T{}Z", clock.date, clock.time).parse::<jiff::Timestamp>();
    let offset = shown.map_or(0, |shown| shown.as_second().saturating_sub(now));
    crate::board::utc(at.saturating_add(offset)).trim_end_matches('Z').replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_mon_07_what_a_library_says_is_not_for_observers() {
        let part =
            |name: &str, detail| state::Component { name: name.to_owned(), light: Light::Red, detail, stops: false };
        let library = || Detail::raw("error connecting to db.internal:5432 as roll_server");
        for name in ["board", "conductor", "witness A", "disk", "something new"] {
            assert_eq!(component(&part(name, library())).detail, Detail::default(), "{name}");
        }
        let own = || Detail::new("detenido", "it stands still");
        for name in ["conductor", "witness A"] {
            assert_eq!(component(&part(name, own())).detail, own(), "{name}");
        }
        for name in ["roll", "box", "mail", "sms", "something new"] {
            assert_eq!(component(&part(name, own())).detail, Detail::default(), "{name}");
        }
    }
}
