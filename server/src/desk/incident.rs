//! Incidents (R-MON-04): what happened, and who took it over: operator, administrator, coordinator, advisory body.
//! They stand in the log of events and nowhere else.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::refusal::Refusal;

/// Longest text of an entry, in characters.
const TEXT: usize = 2000;

/// Who has it in hand, in the order of handing over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The operator.
    Operator,
    /// The administrator, who mitigates.
    Administrator,
    /// The coordinator.
    Coordinator,
    /// The advisory body.
    Advisory,
    /// Nobody any more: it is over.
    Closed,
}

/// The argument of the act *incident*.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentEntry {
    /// Which; a new one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// Who takes it over.
    pub level: Level,
    /// What happened, or what was done.
    pub text: String,
}

/// One step of an incident.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// When, UTC.
    pub at: String,
    /// Who wrote it down.
    pub who: String,
    /// Who took it over.
    pub level: Level,
    /// What was said.
    pub text: String,
}

/// An incident with all its steps.
#[derive(Clone, Debug, Serialize)]
pub struct Incident {
    /// From 1.
    pub number: u32,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Incident {
    /// Who has it in hand.
    #[must_use]
    pub fn level(&self) -> Level {
        self.steps.last().map_or(Level::Operator, |step| step.level)
    }
}

/// A line of the log of events, as far as incidents go.
#[derive(Deserialize)]
struct Line {
    at: String,
    who: String,
    act: String,
    result: Value,
}

/// The incidents of the log of events.
#[must_use]
pub fn all(events: &[String]) -> Vec<Incident> {
    let mut incidents: Vec<Incident> = Vec::new();
    let lines = events.iter().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    for Line { at, who, result, .. } in lines.filter(|line| line.act == "incident") {
        let Ok(IncidentEntry { number: Some(number), level, text }) = serde_json::from_value(result) else { continue };
        let step = Step { at, who, level, text };
        match incidents.iter_mut().find(|incident| incident.number == number) {
            Some(incident) => incident.steps.push(step),
            None => incidents.push(Incident { number, steps: vec![step] }),
        }
    }
    incidents
}

/// The entry that an argument asks for, with its number.
pub(super) fn judge(arguments: &str, known: &[Incident]) -> Result<IncidentEntry, Refusal> {
    let mut entry: IncidentEntry = serde_json::from_str(arguments).map_err(|_| Refusal::BadRequest)?;
    if entry.text.trim().is_empty() || entry.text.chars().count() > TEXT {
        return Err(Refusal::BadRequest);
    }
    match entry.number {
        None => {
            let last = known.iter().map(|incident| incident.number).max().unwrap_or(0);
            entry.number = Some(last.saturating_add(1));
        }
        Some(number) => {
            let incident = known.iter().find(|incident| incident.number == number).ok_or(Refusal::NotFound)?;
            // It is handed over upwards, or stays; what is over stays so.
            if entry.level < incident.level() || incident.level() == Level::Closed {
                return Err(Refusal::WrongPhase);
            }
        }
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(entry: &IncidentEntry) -> String {
        serde_json::json!({ "seq": 1, "at": "t", "who": "Ana", "role": "operator", "act": "incident", "result": entry })
            .to_string()
    }

    #[test]
    fn r_mon_04_an_incident_goes_up_step_by_step() {
        let mut events = vec!["{\"at\":\"\",\"who\":\"\",\"act\":\"state\",\"result\":null}".to_owned()];
        let mut tell = |arguments: &str| {
            let entry = judge(arguments, &all(&events))?;
            events.push(line(&entry));
            Ok::<_, Refusal>(entry.number)
        };
        assert_eq!(tell(r#"{"level":"operator","text":"La red cae"}"#), Ok(Some(1)));
        assert_eq!(tell(r#"{"level":"operator","text":"Otra cosa"}"#), Ok(Some(2)));
        for level in ["administrator", "coordinator", "advisory"] {
            assert_eq!(tell(&format!(r#"{{"number":1,"level":"{level}","text":"x"}}"#)), Ok(Some(1)));
        }
        assert_eq!(tell(r#"{"number":1,"level":"operator","text":"x"}"#), Err(Refusal::WrongPhase));
        assert_eq!(tell(r#"{"number":1,"level":"closed","text":"x"}"#), Ok(Some(1)));
        assert_eq!(tell(r#"{"number":1,"level":"closed","text":"x"}"#), Err(Refusal::WrongPhase));
        assert_eq!(tell(r#"{"number":3,"level":"operator","text":"x"}"#), Err(Refusal::NotFound));
        for bad in ["", "{}", r#"{"level":"operator","text":" "}"#, r#"{"level":"king","text":"x"}"#] {
            assert_eq!(tell(bad), Err(Refusal::BadRequest), "{bad}");
        }
        let incidents = all(&events);
        assert_eq!(incidents.iter().map(|incident| incident.steps.len()).collect::<Vec<_>>(), [5, 1]);
        assert_eq!(incidents[0].level(), Level::Closed);
    }
}
