//! The acta as a document: the nine blocks of LOVEI 25 in their order, zeros printed, both
//! time zones; beside it, marked as an aid for reading only, the sums per candidacy.

use askama::Template;
use escrutinio_core::acta::Acta;
use escrutinio_core::ids::hex;
use escrutinio_core::manifest::{Contest, ContestOption, Manifest, Scope};
use serde_json::{Value, json};

use crate::error::{Result, refused};
use crate::session::{local, utc};

/// A line of block V.
struct Line {
    name: String,
    votes: u64,
}

/// The figures of an acta in the order of its blocks.
struct Figures {
    /// Block V: parties, combinations, independents, answers, unregistered, blank.
    votes: Vec<Line>,
    /// Block VI.
    null: u64,
    /// Beside the acta: sums per candidacy.
    sums: Vec<Line>,
}

fn figures(manifest: &Manifest, acta: &Acta, contest: &Contest) -> Figures {
    let number = acta.content.contest;
    let mut figures = Figures { votes: Vec::new(), null: 0, sums: Vec::new() };
    for ((option, kind), votes) in (0u32..).zip(&contest.options).zip(&acta.content.votes) {
        let name = manifest.option_name(number, option).unwrap_or_default();
        if *kind == ContestOption::Null {
            figures.null = *votes;
        } else {
            figures.votes.push(Line { name, votes: *votes });
        }
        let Some(candidacy) = manifest.candidacy_of(number, option) else { continue };
        let owners: Vec<&str> = candidacy.formulas.iter().map(|formula| formula.owner.as_str()).collect();
        let owners = owners.join("; ");
        match figures.sums.iter_mut().find(|sum| sum.name == owners) {
            Some(sum) => sum.votes = sum.votes.saturating_add(*votes),
            None => figures.sums.push(Line { name: owners, votes: *votes }),
        }
    }
    figures
}

/// Where the acta goes from the board (R-AEC-22).
fn destination(contest: &Contest) -> &'static str {
    if contest.scope == Scope::Local {
        "Organismo Público Local, por conducto de la Secretaría Ejecutiva"
    } else {
        "Personal del INE designado para la suma de resultados"
    }
}

fn contest_of<'a>(manifest: &'a Manifest, acta: &Acta) -> Option<&'a Contest> {
    manifest.contest(acta.content.contest)
}

/// For machines: the same data, block by block.
pub(super) fn json(manifest: &Manifest, acta: &Acta, acta_hash: &str) -> String {
    let Some(contest) = contest_of(manifest, acta) else { return String::new() };
    let content = &acta.content;
    let figures = figures(manifest, acta, contest);
    let lines = |lines: &[Line]| -> Value {
        lines.iter().map(|line| json!({"name": line.name, "votes": line.votes})).collect()
    };
    let protests: Value =
        content.protests.iter().map(|p| json!({"party": p.party, "person": p.person, "reason": p.reason})).collect();
    let signatures: Value =
        acta.signatures.iter().map(|s| json!({"custodian": s.index.get(), "signature": hex(&s.signature.0)})).collect();
    let object = json!({
        "form": "escrutinio/acta/v1",
        "acta_sha256": acta_hash,
        "election": content.election_id.to_string(),
        "results": hex(&content.results),
        "template": manifest.template,
        "authority": manifest.authority,
        "binding": manifest.binding,
        "test": manifest.test,
        "contest": content.contest,
        "destination": destination(contest),
        "I": {"legend": contest.legend},
        "II": {"process": manifest.process, "election": manifest.title},
        "III": {"name": contest.name, "entity": contest.entity, "office": contest.office},
        "IV": {
            "place": content.place,
            "utc": utc(content.generated_at),
            "official": {"zone": manifest.official_zone.name,
                         "time": local(content.generated_at, manifest.official_zone.offset_minutes)},
            "governing": {"zone": manifest.governing_zone.name,
                          "time": local(content.generated_at, manifest.governing_zone.offset_minutes)},
        },
        "V": lines(&figures.votes),
        "VI": {"null": figures.null},
        "VII": {"total": content.total},
        "VIII": content.incidents,
        "IX": protests,
        "voters_marked": content.voters_marked,
        "sums_per_candidacy": lines(&figures.sums),
        "signatures": signatures,
    });
    format!("{object:#}\n")
}

/// The acta as plain text, for the screen of the session: the nine blocks, then the aid.
pub(super) fn text(manifest: &Manifest, acta: &Acta) -> String {
    let Some(contest) = contest_of(manifest, acta) else { return String::new() };
    let content = &acta.content;
    let figures = figures(manifest, acta, contest);
    let mut out = String::from("ACTA DE ESCRUTINIO Y CÓMPUTO DEL VOTO POR INTERNET\n");
    if manifest.test {
        out.push_str("PRUEBA: CANDIDATURAS FICTICIAS\n");
    }
    if !manifest.binding {
        out.push_str("SIN EFECTOS VINCULANTES\n");
    }
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!("I.    {}", contest.legend));
    line(format!("II.   {}", manifest.process));
    line(format!("      {}", manifest.title));
    line(format!("III.  {}, {}", contest.name, contest.entity));
    line(format!("      {}", contest.office));
    line(format!("IV.   {}", content.place));
    for zone in [&manifest.official_zone, &manifest.governing_zone] {
        line(format!("      {} ({})", local(content.generated_at, zone.offset_minutes), zone.name));
    }
    line("V.    Votos".to_owned());
    for Line { name, votes } in &figures.votes {
        line(format!("      {votes:>10}  {name}"));
    }
    line(format!("VI.   {:>10}  Votos nulos", figures.null));
    line(format!("VII.  {:>10}  Total de votos", content.total));
    line("VIII. Incidentes".to_owned());
    for incident in &content.incidents {
        line(format!("      {incident}"));
    }
    if content.incidents.is_empty() {
        line("      Ninguno".to_owned());
    }
    line("IX.   Escritos de protesta".to_owned());
    for protest in &content.protests {
        line(format!("      {}, {}: {}", protest.party, protest.person, protest.reason));
    }
    if content.protests.is_empty() {
        line("      Ninguno".to_owned());
    }
    let signers: Vec<&str> = signers(manifest, acta).into_iter().map(|(_, name)| name).collect();
    line(format!("Firmas: {}", signers.join(", ")));
    if !figures.sums.is_empty() {
        line("Sumas por candidatura (ayuda de lectura, no forma parte del acta)".to_owned());
        for Line { name, votes } in &figures.sums {
            line(format!("      {votes:>10}  {name}"));
        }
    }
    out
}

/// Numbers and names of the custodians who signed.
fn signers<'a>(manifest: &'a Manifest, acta: &Acta) -> Vec<(u32, &'a str)> {
    acta.signatures
        .iter()
        .filter_map(|signature| {
            let place = usize::try_from(signature.index.get()).ok()?.checked_sub(1)?;
            Some((signature.index.get(), manifest.custodians.get(place)?.name.as_str()))
        })
        .collect()
}

#[derive(Template)]
#[template(path = "acta.html")]
struct Page<'a> {
    manifest: &'a Manifest,
    contest: &'a Contest,
    acta: &'a Acta,
    figures: Figures,
    official: String,
    governing: String,
    destination: &'static str,
    acta_hash: &'a str,
    json_hash: &'a str,
    signers: Vec<(u32, &'a str)>,
}

/// For people.
pub(super) fn html(manifest: &Manifest, acta: &Acta, acta_hash: &str, json_hash: &str) -> Result<String> {
    let bad = |why: &dyn core::fmt::Display| refused("error.render", &[("why", why)]);
    let contest = contest_of(manifest, acta).ok_or_else(|| bad(&acta.content.contest))?;
    Page {
        manifest,
        contest,
        acta,
        figures: figures(manifest, acta, contest),
        official: local(acta.content.generated_at, manifest.official_zone.offset_minutes),
        governing: local(acta.content.generated_at, manifest.governing_zone.offset_minutes),
        destination: destination(contest),
        acta_hash,
        json_hash,
        signers: signers(manifest, acta),
    }
    .render()
    .map_err(|why| bad(&why))
}
