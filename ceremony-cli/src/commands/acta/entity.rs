//! The entity's count record: internet and postal votes, side by side and summed (R-AEC-23,
//! 24). It is derived from the signed acta and the postal figures, and is not in the record.

use std::path::Path;

use askama::Template;
use escrutinio_core::acta::Acta;
use escrutinio_core::manifest::{Contest, Manifest};
use serde::Deserialize;

use super::final_path;
use crate::draft;
use crate::error::{Result, refused};
use crate::files;
use crate::report::Report;
use crate::session::{Session, local};
use crate::workspace::{Step, Workspace};

/// What the postal count gave.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Postal {
    form: String,
    document: String,
    contests: Vec<PostalContest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PostalContest {
    contest: u32,
    /// In the order of the options of the manifest.
    votes: Vec<u64>,
}

struct Line {
    name: String,
    internet: u64,
    postal: u64,
    sum: u64,
}

#[derive(Template)]
#[template(path = "entity.html")]
struct Page<'a> {
    manifest: &'a Manifest,
    contest: &'a Contest,
    lines: Vec<Line>,
    total: Line,
    document: &'a str,
    postal_hash: &'a str,
    acta_hash: &'a str,
    when: String,
}

fn line(name: String, internet: u64, postal: u64) -> Line {
    Line { name, internet, postal, sum: internet.saturating_add(postal) }
}

/// Adds the postal figures to the actas of all contests.
///
/// # Errors
/// If the actas are not closed, or the figures are not one for each option of each contest.
pub fn entity(session: &mut Session<'_>, workspace: &Workspace, postal: &Path) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let bytes = files::read(postal)?;
    let postal_hash = escrutinio_core::ids::hex(&escrutinio_core::hash::sha256(&[&bytes]));
    let bad = |why: &dyn core::fmt::Display| refused("error.decode", &[("path", &postal.display()), ("why", why)]);
    let figures: Postal = toml::from_str(&String::from_utf8_lossy(&bytes)).map_err(|why| bad(&why))?;
    if figures.form != "escrutinio/postal-count/v1" {
        return Err(bad(&figures.form));
    }
    let mut step = Step::by_operator(session, "acta entity")?.note("postal", &postal_hash);
    let mut report = Report::new("acta entity", false);
    for (number, contest) in (0u32..).zip(&manifest.contests) {
        let path = final_path(number);
        let acta: Acta = workspace.decode(&path, "acta render")?;
        let mut given = figures.contests.iter().filter(|given| given.contest == number);
        let (Some(given), None) = (given.next(), given.next()) else { return Err(bad(&contest.name)) };
        if given.votes.len() != contest.options.len() {
            return Err(bad(&contest.name));
        }
        let lines: Vec<Line> = (0u32..)
            .zip(acta.content.votes.iter().zip(&given.votes))
            .map(|(option, (internet, postal))| {
                line(manifest.option_name(number, option).unwrap_or_default(), *internet, *postal)
            })
            .collect();
        let sum = |votes: &[u64]| votes.iter().fold(0u64, |sum, votes| sum.saturating_add(*votes));
        let total = line("Total".to_owned(), sum(&acta.content.votes), sum(&given.votes));
        report = report.with("total", format!("{number}: {} + {} = {}", total.internet, total.postal, total.sum));
        let acta_hash = workspace.hash(&path)?;
        let html = Page {
            manifest: &manifest,
            contest,
            lines,
            total,
            document: &figures.document,
            postal_hash: &postal_hash,
            acta_hash: &acta_hash,
            when: local(acta.content.generated_at, manifest.official_zone.offset_minutes),
        }
        .render()
        .map_err(|why| refused("error.render", &[("why", &why)]))?;
        let out = format!("acta/entity-{number:03}.html");
        workspace.write_or_same(&out, html.as_bytes())?;
        report = report.with("file", workspace.path(&out).display());
        step = step.input(path).output(out);
    }
    report.already = workspace.finish(session, step)?;
    Ok(report)
}
