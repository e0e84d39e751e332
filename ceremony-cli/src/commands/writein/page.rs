//! The report as a page, as a table and for machines. A name is data wherever it stands.

use core::fmt::Write;

use askama::Template;
use escrutinio_core::manifest::{Contest, Manifest};
use escrutinio_core::text::visible;
use escrutinio_core::writein::{Texts, is_registered};
use serde_json::json;

use crate::error::{Result, refused};
use crate::text::{Lang, lookup};

/// A line of the report.
struct Line {
    name: String,
    votes: u64,
    registered: bool,
}

fn contest_of<'a>(manifest: &'a Manifest, texts: &Texts) -> Result<&'a Contest> {
    manifest.contest(texts.contest).ok_or_else(|| refused("error.render", &[("why", &texts.contest)]))
}

fn lines(contest: &Contest, texts: &Texts) -> Vec<Line> {
    let line = |named: &escrutinio_core::writein::NamedVotes| Line {
        name: visible(&named.name),
        votes: named.votes,
        registered: is_registered(contest, &named.name),
    };
    texts.names.iter().map(line).collect()
}

/// For machines.
pub(super) fn json(manifest: &Manifest, texts: &Texts, hash: &str, reserved: bool) -> String {
    let Some(contest) = manifest.contest(texts.contest) else { return String::new() };
    let names: serde_json::Value = lines(contest, texts)
        .into_iter()
        .map(|line| json!({"name": line.name, "votes": line.votes, "registered": line.registered}))
        .collect();
    let object = json!({
        "form": "escrutinio/texts/v1",
        "texts_sha256": hash,
        "election": texts.election_id.to_string(),
        "contest": texts.contest,
        "contest_name": contest.name,
        "reserved": reserved,
        "marked": texts.marked,
        "texts": texts.texts,
        "without_text": texts.without_text(),
        "illegible": texts.illegible,
        "names": names,
        "min_group": manifest.min_group,
        "few_names": texts.few_names,
        "few_votes": texts.few_votes,
    });
    format!("{object:#}\n")
}

/// A cell that no program takes for a formula.
fn guard(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

/// For tables: every cell quoted.
pub(super) fn csv(manifest: &Manifest, texts: &Texts) -> Result<String> {
    let contest = contest_of(manifest, texts)?;
    let bad = |why: &dyn core::fmt::Display| refused("error.render", &[("why", why)]);
    let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
    let mut row = |kind: &str, name: &str, votes: u64, registered: &str| {
        let cells = [kind, &guard(name), &votes.to_string(), registered];
        writer.write_record(cells).map_err(|why| bad(&why))
    };
    for line in lines(contest, texts) {
        row("name", &line.name, line.votes, if line.registered { "registered" } else { "" })?;
    }
    row("few", "", texts.few_votes, "")?;
    row("illegible", "", texts.illegible, "")?;
    row("without_text", "", texts.without_text(), "")?;
    let bytes = writer.into_inner().map_err(|why| bad(&why))?;
    let table = String::from_utf8(bytes).map_err(|why| bad(&why))?;
    Ok(format!("\"kind\",\"name\",\"votes\",\"registered\"\n{table}"))
}

/// For the screen.
pub(super) fn text(lang: Lang, manifest: &Manifest, texts: &Texts) -> String {
    let Some(contest) = manifest.contest(texts.contest) else { return String::new() };
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}: {}", lookup(lang, "report.names"), visible(&contest.name));
    for line in lines(contest, texts) {
        let mark = if line.registered { lookup(lang, "report.names.registered") } else { "" };
        let _ = writeln!(out, "{:>10}  {}{mark}", line.votes, line.name);
    }
    for (key, votes) in [
        ("report.names.few", texts.few_votes),
        ("report.names.illegible", texts.illegible),
        ("report.names.without_text", texts.without_text()),
        ("report.names.total", texts.marked),
    ] {
        let _ = writeln!(out, "{votes:>10}  ({})", lookup(lang, key));
    }
    out
}

#[derive(Template)]
#[template(path = "names.html")]
struct Page<'a> {
    spanish: bool,
    manifest: &'a Manifest,
    contest: &'a Contest,
    texts: &'a Texts,
    lines: Vec<Line>,
    hash: &'a str,
    reserved: bool,
}

/// For people.
pub(super) fn html(lang: Lang, manifest: &Manifest, texts: &Texts, hash: &str, reserved: bool) -> Result<String> {
    let contest = contest_of(manifest, texts)?;
    let page =
        Page { spanish: lang == Lang::Es, manifest, contest, texts, lines: lines(contest, texts), hash, reserved };
    page.render().map_err(|why| refused("error.render", &[("why", &why)]))
}

#[cfg(test)]
mod tests;
