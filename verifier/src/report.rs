//! The report, for people and for machines.

use core::fmt::Write;

use escrutinio_core::ids::hex;
use escrutinio_core::manifest::Contest;
use escrutinio_core::text::visible;
use escrutinio_core::verify::{ContestTexts, Linking, Report};

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
        "{{\"verdict\": \"{verdict}\", \"election\": {}, \"manifest\": {}, \"first_failure\": {first}, \"mixes\": {}, \"texts\": [{}], \"checks\": [",
        hash(report.election_id.as_ref().map(|id| id.as_bytes())),
        hash(report.manifest_hash.as_ref().map(|id| id.as_bytes())),
        report.mixes,
        report.texts.iter().map(|texts| json::string(texts.word())).collect::<Vec<_>>().join(", "),
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
        // A name of a file may hold what paints over the verdict.
        let detail = visible(&result.culprit.unwrap_or(result.figure));
        let detail = if spanish { crate::spanish::figure(&detail) } else { detail };
        let _ = writeln!(out, "{mark} {:<5} {what}\n        {detail}", result.check.code());
    }
    out
}

/// The phases: first letter of the codes, name in Spanish and English.
const PHASES: [(&str, &str, &str); 13] = [
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
    ("W", "nombres escritos", "written-in names"),
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

/// What stands between the roll and the box, and what is given up if it is not as much as stands
/// between the box and its opening.
fn mixes(report: &Report, spanish: bool) -> String {
    let Some(linking) = report.linking() else { return String::new() };
    match (linking, spanish) {
        (Linking::Anybody, true) => {
            "Aviso: ninguna custodia mezcló las listas de credenciales; quien tenga la lista de votantes puede\n\
                      atribuir cada boleta cifrada a su persona (no su contenido).\n"
                .to_owned()
        }
        (Linking::Anybody, false) => {
            "Note: no custodian mixed the credential lists; whoever holds the roll can tie every encrypted\n\
                       ballot to its roll entry (not its content).\n"
                .to_owned()
        }
        (Linking::Mixers { mixes, threshold }, true) => format!(
            "Aviso: entre la lista de votantes y la urna hay sólo {mixes} de {threshold} mezclas: quienes las hicieron, juntas,\n\
             pueden atribuir cada boleta cifrada a su persona (no su contenido).\n"
        ),
        (Linking::Mixers { mixes, threshold }, false) => format!(
            "Note: only {mixes} of {threshold} mixes stand between roll and box: the custodians who made them can\n\
             together tie every encrypted ballot to its roll entry (not its content).\n"
        ),
        (Linking::Threshold { mixes, threshold }, true) => format!(
            "mezclas:    {mixes} entre la lista de votantes y la urna. Atribuir una boleta cifrada a su persona pide al\n\
             menos {threshold} custodias, o al registro y al servidor juntos mientras los dos conserven sus mitades.\n"
        ),
        (Linking::Threshold { mixes, threshold }, false) => format!(
            "mixes:      {mixes} between roll and box. To tie an encrypted ballot to its roll entry takes {threshold} custodians\n\
             at least, or registrar and server together as long as both keep their halves.\n"
        ),
    }
}

/// What became of the written-in names: a line for each contest of the manifest.
#[must_use]
pub(crate) fn texts(report: &Report, contests: &[Contest], spanish: bool) -> String {
    let mut out = String::new();
    for (contest, texts) in contests.iter().zip(&report.texts) {
        let line = match (texts, spanish) {
            (ContestTexts::None, _) => continue,
            (ContestTexts::CountOnly, true) => "sólo se cuentan los votos".to_owned(),
            (ContestTexts::CountOnly, false) => "the votes are counted only".to_owned(),
            (ContestTexts::Sealed, true) => "sellados; nadie los abrió".to_owned(),
            (ContestTexts::Sealed, false) => "sealed; nobody opened them".to_owned(),
            (ContestTexts::Reserved, true) => {
                "abiertos sólo para quien dice la orden; los nombres NO se comprobaron".to_owned()
            }
            (ContestTexts::Reserved, false) => {
                "opened only for the recipients of the order; the names were NOT checked".to_owned()
            }
            (ContestTexts::Disclosed { mixes, texts }, true) => format!(
                "abiertos; {mixes} mezclas, {} textos, {} votos sin texto, {} ilegibles, {} nombres y {} reunidos",
                texts.texts,
                texts.without_text(),
                texts.illegible,
                texts.names.len(),
                texts.few_names
            ),
            (ContestTexts::Disclosed { mixes, texts }, false) => format!(
                "opened; {mixes} mixes, {} texts, {} votes without a text, {} illegible, {} names and {} pooled",
                texts.texts,
                texts.without_text(),
                texts.illegible,
                texts.names.len(),
                texts.few_names
            ),
        };
        let head = if spanish { "Nombres escritos" } else { "Written-in names" };
        let _ = writeln!(out, "{head}, {}: {line}", visible(&contest.name));
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
    out.push_str(&mixes(report, spanish));
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

#[cfg(test)]
mod tests {
    use escrutinio_core::testing::rehearsal::Rehearsal;
    use escrutinio_core::testing::{self, Keys};
    use escrutinio_core::verify;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    /// The last words on a record of two of three custodians with so many mixes.
    fn words(mixes: u32) -> [String; 2] {
        let mut rng = ChaCha20Rng::seed_from_u64(6);
        let keys = Keys::new(2, 3);
        let mut manifest = testing::small(&keys, 2);
        (manifest.credential_mixes, manifest.few_mixes) = (mixes, true);
        let rehearsal = Rehearsal::sealed(manifest, keys, &[3], &mut rng);
        let Ok((report, _)) = verify::record(&rehearsal.files, &mut rng, &mut ());
        assert_eq!(report.mixes, 0, "a record without a tally fails R1.1, and nothing is said of it");
        assert!(super::mixes(&report, false).is_empty());
        let Ok((report, _)) = verify::sealed(&rehearsal.files, &mut rng, &mut ());
        assert_eq!(report.mixes, mixes);
        assert!(to_json(&report).contains(&format!("\"mixes\": {mixes},")));
        [true, false].map(|spanish| super::mixes(&report, spanish))
    }

    #[test]
    fn a_name_of_a_file_does_not_paint_over_the_verdict() {
        let keys = Keys::new(2, 3);
        let manifest = testing::small(&keys, 2);
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let mut rehearsal = Rehearsal::sealed(manifest, keys, &[3], &mut rng);
        for path in escrutinio_core::record::OBLIGATORY {
            rehearsal.files.0.entry(path.to_owned()).or_default();
        }
        rehearsal.put("acta/\u{1b}[2J", Vec::new());
        let Ok((report, _)) = verify::record(&rehearsal.files, &mut rng, &mut ());
        let shown = checks(&report, false);
        assert!(shown.contains("acta/\\u{1b}[2J") && !shown.contains('\u{1b}'), "{shown}");
    }

    #[test]
    fn says_what_fewer_mixes_give_up() {
        let [es, en] = words(0);
        assert!(es.contains("ninguna custodia mezcló") && en.contains("no custodian mixed"));
        let [es, en] = words(1);
        assert!(es.contains("sólo 1 de 2 mezclas") && en.contains("only 1 of 2 mixes"));
        for mixes in [2, 3] {
            let [es, en] = words(mixes);
            assert!(es.starts_with("mezclas:") && en.starts_with("mixes:") && !en.contains("Note"));
        }
    }
}
