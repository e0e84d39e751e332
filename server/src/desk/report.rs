//! The operation report (R-MON-01, R-MON-03): use and state, on demand, every day, and at the end.

use core::fmt::Write;
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{incident, state};
use crate::access::counts::Counted;
use crate::board::{LogName, utc};
use crate::phase::Phase;
use crate::server::Server;
use crate::store::StoreError;

/// How often it looks whether a report is due.
const TICK: Duration = Duration::from_secs(30);

/// The report as it is now.
///
/// # Errors
/// [`StoreError`].
pub async fn text(server: &Server) -> Result<String, StoreError> {
    let state = state::look(server).await;
    let events = server.events.lines().await?;
    let mut text = String::new();
    // Memory takes every text.
    let mut line = |one: String| {
        let _ = writeln!(text, "{one}");
    };
    line("escrutinio/operation-report/v1".to_owned());
    line(format!("election {}", server.election.election.election_id));
    line(format!("at {}", utc(state.now)));
    if server.config.rehearsal.is_some() {
        line("REHEARSAL the clock is moved".to_owned());
    }
    line(format!("phase {}", state.phase));
    for part in &state.components {
        line(format!("component {} {:?} {}", part.name.replace(' ', "-"), part.light, part.detail.en).to_lowercase());
    }
    for number in 0..=state.checkpoint {
        if let Some(head) = server.board.head(LogName::Board, number).await? {
            line(format!("checkpoint {number} {}", head.size));
        }
    }
    for (what, count) in by_hours(&events) {
        line(format!("counted {what} {count}"));
    }
    for one in incident::all(&events) {
        for step in &one.steps {
            line(format!("incident {} {} {:?} {}: {}", one.number, step.at, step.level, step.who, step.text));
        }
    }
    line(format!("events {}", events.len()));
    for event in &events {
        line(event.clone());
    }
    Ok(text)
}

/// What voters did in the hours that are over, of all instances: a figure of this moment would say when each came.
fn by_hours(events: &[String]) -> impl Iterator<Item = (&'static str, u64)> {
    let mut of: BTreeMap<String, u64> = BTreeMap::new();
    for event in events.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        if event.get("act").and_then(Value::as_str) != Some("hour") {
            continue;
        }
        for (what, count) in event.get("result").and_then(Value::as_object).into_iter().flatten() {
            let sum = of.entry(what.clone()).or_default();
            *sum = sum.saturating_add(count.as_u64().unwrap_or(0));
        }
    }
    Counted::ALL.iter().map(move |what| (what.name(), of.get(what.name()).copied().unwrap_or(0)))
}

/// Writes a report at the turn of every day of the official zone, and one when the election has closed.
pub fn schedule(server: &Arc<Server>) {
    let weak = Arc::downgrade(server);
    tokio::spawn(async move {
        let mut written = None;
        loop {
            tokio::time::sleep(TICK).await;
            let Some(server) = weak.upgrade() else { return };
            let due = name(&server);
            if written.as_ref() == Some(&due) {
                continue;
            }
            match write(&server, &due).await {
                Ok(()) => written = Some(due),
                Err(StoreError::Closed) => return,
                Err(error) => tracing::warn!(%error, "the operation report was not written"),
            }
        }
    });
}

/// The report that is due: of yesterday, or the last.
fn name(server: &Server) -> String {
    let now = server.clock.now();
    if matches!(server.lifecycle.phase(now), Phase::Closed | Phase::Published) {
        return "final".to_owned();
    }
    let minutes = server.election.election.manifest.official_zone.offset_minutes;
    let local = now.saturating_add(minutes.saturating_mul(60)).saturating_sub(86_400);
    utc(local).split('T').next().unwrap_or_default().to_owned()
}

async fn write(server: &Server, name: &str) -> Result<(), StoreError> {
    let path = server.config.data.join("reports").join(format!("{name}.txt"));
    if path.exists() {
        return Ok(());
    }
    crate::board::write_file(&path, text(server).await?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_mon_03_figures_are_those_of_full_hours() {
        let line = |act: &str, result: &str| format!(r#"{{"seq":1,"act":"{act}","result":{result}}}"#);
        let events = [
            line("hour", r#"{"sessions":3,"wrong":1}"#),
            line("open", r#"{"sessions":50}"#),
            line("hour", r#"{"sessions":4}"#),
            "no event".to_owned(),
        ];
        let counted: BTreeMap<_, _> = by_hours(&events).collect();
        assert_eq!((counted["sessions"], counted["wrong"], counted["links"]), (7, 1, 0));
        assert_eq!(counted.len(), Counted::ALL.len());
    }
}
