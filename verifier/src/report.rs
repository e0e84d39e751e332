//! The report, for people and for machines.

use core::fmt::Write;

use escrutinio_core::ids::hex;
use escrutinio_core::verify::Report;

use crate::json;

/// One JSON object, as `spec/verification.md` gives it.
#[must_use]
pub(crate) fn to_json(report: &Report) -> String {
    let mut out = String::new();
    let hash = |bytes: Option<&[u8; 32]>| json::optional(bytes.map(|b| hex(b)).as_deref());
    let verdict = if report.is_valid() { "valid" } else { "invalid" };
    let first = json::optional(report.first_failure().map(|check| check.code()));
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "{{\"verdict\": \"{verdict}\", \"election\": {}, \"manifest\": {}, \"first_failure\": {first}, \"mixes\": {}, \"checks\": [",
        hash(report.election_id.as_ref().map(|id| id.as_bytes())),
        hash(report.manifest_hash.as_ref().map(|id| id.as_bytes())),
        report.mixes,
    );
    for (number, result) in report.checks().iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(
            out,
            "{comma}\n  {{\"code\": \"{}\", \"ok\": {}, \"what\": {}, \"figure\": {}, \"culprit\": {}}}",
            result.check.code(),
            result.ok,
            json::string(result.check.what()),
            json::string(&result.figure),
            json::optional(result.culprit.as_deref()),
        );
    }
    out.push_str("\n]}\n");
    out
}

/// Every check on two lines: what it establishes, and its figure or culprit.
#[must_use]
pub(crate) fn checks(report: &Report, spanish: bool) -> String {
    let mut out = String::new();
    for result in report.checks() {
        let what = if spanish { result.check.que() } else { result.check.what() };
        let mark = if result.ok { "✓" } else { "✗" };
        let detail = result.culprit.unwrap_or(result.figure);
        let detail = if spanish { crate::spanish::figure(&detail) } else { detail };
        let _ = writeln!(out, "{mark} {:<5} {what}\n        {detail}", result.check.code());
    }
    out
}

/// The phases: first letter of the codes, name in Spanish and English.
const PHASES: [(&str, &str, &str); 12] = [
    ("R", "expediente", "record"),
    ("M", "manifiesto", "manifest"),
    ("L", "lista de votantes", "roll"),
    ("C", "credenciales", "credentials"),
    ("K", "ceremonia de llaves", "key ceremony"),
    ("E", "sello", "seal"),
    ("B", "tablero", "board"),
    ("V", "boletas", "ballots"),
    ("N", "participación", "participation"),
    ("T", "conteo", "tally"),
    ("A", "actas", "actas"),
    ("XS", "recibos y huellas", "receipts and hashes"),
];

/// One line per phase of a record that holds.
#[must_use]
pub(crate) fn phases(report: &Report, spanish: bool) -> String {
    let mut out = String::new();
    for (letters, es, en) in PHASES {
        let of_phase: Vec<_> = report
            .checks()
            .into_iter()
            .filter(|result| result.check.code().starts_with(|c| letters.contains(c)))
            .collect();
        let mark = if of_phase.iter().all(|result| result.ok) { "✓" } else { "✗" };
        let name = if spanish { es } else { en };
        let figure = of_phase.last().map(|result| result.figure.clone()).unwrap_or_default();
        let figure = if spanish { crate::spanish::figure(&figure) } else { figure };
        let (count, checks) = (of_phase.len(), if spanish { "comprobaciones" } else { "checks" });
        let _ = writeln!(out, "    {mark} {name:<20} {count:>2} {checks:<15} {figure}");
    }
    out
}

/// The last words.
#[must_use]
pub(crate) fn verdict(report: &Report, spanish: bool, seconds: f64) -> String {
    let say = |es: &'static str, en: &'static str| if spanish { es } else { en };
    let mut out = String::new();
    let _ = writeln!(out);
    if let Some(hash) = report.manifest_hash {
        let _ = writeln!(out, "{} {hash}", say("manifiesto:", "manifest:  "));
    }
    if let Some(id) = report.election_id {
        let _ = writeln!(out, "{} {id}", say("elección:  ", "election:  "));
    }
    if report.mixes == 0 {
        let _ = writeln!(
            out,
            "{}",
            say(
                "Aviso: ninguna custodia mezcló las listas de credenciales; quien tenga la lista de votantes puede\n\
                 atribuir cada boleta cifrada a su persona (no su contenido).",
                "Note: no custodian mixed the credential lists; whoever holds the roll can tie every encrypted\n\
                 ballot to its roll entry (not its content).",
            )
        );
    }
    let checks = report.checks().len();
    let holding = report.checks().iter().filter(|result| result.ok).count();
    let _ = match report.first_failure() {
        None => writeln!(
            out,
            "{} ({holding}/{checks}; {} {}; {seconds:.1} s)",
            say("VÁLIDO", "VALID"),
            report.ballots,
            say("boletas", "ballots")
        ),
        Some(check) => writeln!(
            out,
            "{} {check} ({holding}/{checks}; {seconds:.1} s)",
            say("INVÁLIDO: falla primero", "INVALID: first failing check"),
        ),
    };
    out
}
