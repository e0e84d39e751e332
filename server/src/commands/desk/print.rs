//! Answers as tables, in Spanish or English.

use escrutinio_server::desk::DeskAct;
use serde_json::Value;

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn array<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// One of two languages.
struct Words(bool);

impl Words {
    fn say<'w>(&self, es: &'w str, en: &'w str) -> &'w str {
        if self.0 { en } else { es }
    }
}

/// What is shown of an answer.
pub(super) fn answer(act: DeskAct, answer: &Value, english: bool) -> String {
    let words = Words(english);
    let mut out = String::new();
    if act.needs_both() {
        for one in array(answer, "signed") {
            out.push_str(&format!("{:<16}{}\n", text(one, "role"), text(one, "name")));
        }
    }
    if answer.get("done") != Some(&Value::Bool(true)) {
        let waiting = words.say(
            "Firmado. Falta la firma de la otra función, antes de 30 minutos.",
            "Signed. The other role has to sign the same within 30 minutes.",
        );
        return format!("{out}{waiting}\n");
    }
    let result = answer.get("result").unwrap_or(&Value::Null);
    out.push_str(&match act {
        DeskAct::State => state(result, &words),
        DeskAct::Check => check(result, &words),
        DeskAct::Incidents => incidents(result, &words),
        DeskAct::Voters => {
            format!("{} {}\n{}\n", result["persons"], words.say("personas", "persons"), text(result, "hash"))
        }
        DeskAct::Resends => format!("{} {}\n", array(result, "requests").len(), words.say("solicitudes", "requests")),
        _ => other(result, &words),
    });
    out
}

fn state(state: &Value, words: &Words) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: String| out.push_str(&format!("{name:<20}{value}\n"));
    line(words.say("etapa", "phase"), text(state, "phase").to_owned());
    let here = if state["sequencer"] == Value::Bool(true) {
        words.say("aquí", "here")
    } else {
        words.say("otra instancia", "another instance")
    };
    line(words.say("secuenciador", "sequencer"), here.to_owned());
    line(words.say("punto de control", "checkpoint"), format!("{} ({})", state["checkpoint"], state["ballots"]));
    line(words.say("actos", "acts"), state["acts"].to_string());
    out.push('\n');
    for part in array(state, "components") {
        let light = match text(part, "light") {
            "good" => words.say("bien", "good"),
            "red" => words.say("ROJO", "RED"),
            _ => "-",
        };
        let detail = text(part.get("detail").unwrap_or(&Value::Null), words.say("es", "en"));
        out.push_str(&format!("{light:<6}{:<28}{detail}\n", text(part, "name")));
    }
    out
}

fn check(report: &Value, words: &Words) -> String {
    let differences = array(report, "differences");
    let verdict = match (report.get("baseline"), differences) {
        (None | Some(Value::Null), _) => words.say("NO HAY LÍNEA BASE", "THERE IS NO BASELINE"),
        (_, []) => words.say("Los componentes son los de la línea base.", "The components are those of the baseline."),
        _ => words.say("HAY DIFERENCIAS", "THERE ARE DIFFERENCES"),
    };
    let lines: String = differences.iter().filter_map(Value::as_str).map(|one| format!("  {one}\n")).collect();
    format!(
        "{}\n{verdict}\n{lines}{} {}\n",
        text(report, "text"),
        words.say("firma", "signature"),
        text(report, "signature")
    )
}

fn incidents(result: &Value, words: &Words) -> String {
    let all = result.as_array().map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        return format!("{}\n", words.say("Sin incidentes.", "No incidents."));
    }
    let mut out = String::new();
    for incident in all {
        out.push_str(&format!("{} {}\n", words.say("incidente", "incident"), incident["number"]));
        for step in array(incident, "steps") {
            let (at, level) = (text(step, "at"), text(step, "level"));
            out.push_str(&format!("  {at}  {level:<14}{}: {}\n", text(step, "who"), text(step, "text")));
        }
    }
    out
}

fn other(result: &Value, words: &Words) -> String {
    if let Some(text) = result.get("text").and_then(Value::as_str) {
        return text.to_owned();
    }
    let fields = result.as_object().into_iter().flatten();
    let lines: String = fields
        .map(|(name, value)| format!("{name:<12}{}\n", value.as_str().map_or(value.to_string(), Into::into)))
        .collect();
    if lines.is_empty() { format!("{}\n", words.say("Hecho.", "Done.")) } else { lines }
}
