//! The protocol as numbered steps: what is done, what comes next, by which command. The
//! printed protocol that everybody in the room holds has the same numbers (R-TAL-13).

use core::fmt::Write;

use escrutinio_core::manifest::{ValidManifest, WriteIn};
use escrutinio_core::record as paths;

use super::{ballot_box, key, roll};
use crate::ceremony::KeyFolder;
use crate::draft::{self, MANIFEST};
use crate::error::Result;
use crate::report::Report;
use crate::session::Session;
use crate::text;
use crate::workspace::Workspace;

/// A step: who does it, the command, and whether its files are there.
struct Row {
    who: &'static str,
    command: &'static str,
    done: usize,
    of: usize,
}

impl Row {
    fn one(who: &'static str, command: &'static str, done: bool) -> Self {
        Self { who, command, done: usize::from(done), of: 1 }
    }
}

/// Lists the steps of the whole protocol.
///
/// # Errors
/// If the manifest is there and does not hold.
pub fn status(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let manifest = if workspace.has(MANIFEST) { Some(draft::read_frozen(workspace)?) } else { None };
    let rows = rows(workspace, manifest.as_ref())?;
    let mut listing = String::new();
    let mut next = None;
    for (number, row) in (1u32..).zip(&rows) {
        let mark = if row.done >= row.of { "x" } else { " " };
        if row.done < row.of && next.is_none() {
            next = Some(row.command);
        }
        let who = text::lookup(session.lang, row.who);
        let _ =
            writeln!(listing, "{number:>2} [{mark}] {:>2}/{:<2} {who}: escrutinio {}", row.done, row.of, row.command);
    }
    let mut report = Report::new("status", false);
    if let Some(manifest) = &manifest {
        report = report.with("manifest_hash", manifest.hash());
    }
    if let Some(next) = next {
        report = report.with("next", next);
    }
    report.listing = Some(listing);
    Ok(report)
}

fn rows(workspace: &Workspace, manifest: Option<&ValidManifest>) -> Result<Vec<Row>> {
    let has = |path: &str| workspace.has(path);
    let record = |path: &str| workspace.has(format!("record/{path}"));
    let custodians = manifest.map_or(0, |m| m.custodians.len());
    let threshold = manifest.and_then(|m| usize::try_from(m.threshold).ok()).unwrap_or(1);
    let folder = manifest.map(|m| KeyFolder::current(workspace, m)).transpose()?;
    let messages = |kind: &str| {
        folder.as_ref().map_or(0, |f| f.ceremony.everyone().filter(|i| workspace.has(f.message(kind, *i))).count())
    };
    let each = |who, command, kind| Row { who, command, done: messages(kind), of: custodians.max(1) };
    let partials = (1..=16u32).filter(|n| record(&escrutinio_core::record::partial(*n))).count();
    let mixes = (1..=16u32).filter(|n| record(&escrutinio_core::record::mix(*n))).count();
    let mixes_asked = manifest.and_then(|m| usize::try_from(m.credential_mixes).ok()).unwrap_or(1);
    let signatures = (1..=16u32).filter(|n| has(&format!("acta/contest-000.signature-{n:02}"))).count();
    let (operator, custodian, registrar, server) = ("who.operator", "who.custodian", "who.registrar", "who.server");
    let mut rows = vec![
        Row::one(operator, "election new", has("draft/election-01.toml")),
        Row::one(operator, "election freeze", has(MANIFEST)),
        Row::one(registrar, "roll load", has("roll/version-00.txt")),
        Row::one(registrar, "roll commit", has(roll::ROLL)),
        Row::one(registrar, "roll halves --role registrar", record("credentials/registrar.bin")),
        Row::one(server, "roll halves --role server", record("credentials/server.bin")),
        Row { who: custodian, command: "roll mix", done: mixes, of: mixes_asked },
        Row::one(operator, "roll list", has(roll::LISTS)),
        Row::one(registrar, "roll accounts --role registrar", has("roll/accounts.txt")),
        Row::one(server, "roll accounts --role server", has("roll/server-accounts.txt")),
        each(custodian, "custodian commit", "round1"),
        each(custodian, "custodian deal", "round2"),
        each(custodian, "custodian check-shares", "round3"),
        each(custodian, "custodian certify", "certificate"),
        Row::one(operator, "key combine", folder.as_ref().is_some_and(|f| workspace.has(f.transcript()))),
        each(custodian, "key trial --secret", "trial"),
        Row::one(operator, "key trial", has(key::TRIAL)),
        Row::one(operator, "election seal", has(key::SEAL)),
        Row::one("who.log", "box open", has(ballot_box::ZERO)),
        Row::one("who.log", "box export", has(ballot_box::HASH)),
        Row::one(server, "box participation", record("participation.bin")),
        Row::one(operator, "count aggregate", record("tally/aggregates.bin")),
        Row { who: custodian, command: "count decrypt", done: partials, of: threshold },
        Row::one(operator, "count combine", record("tally/results.bin")),
    ];
    if manifest.is_some_and(|m| m.contests.iter().any(|contest| contest.write_in == WriteIn::Disclose)) {
        let contest =
            manifest.and_then(|m| m.contests.iter().position(|c| c.write_in == WriteIn::Disclose)).unwrap_or(0);
        let contest = u32::try_from(contest).unwrap_or(0);
        let count = |path: fn(u32, u32) -> String| (1..=16u32).filter(|n| record(&path(contest, *n))).count();
        let (mixes, partials) = (count(paths::text_mix), count(paths::text_partial));
        rows.push(Row { who: custodian, command: "writein mix", done: mixes, of: threshold });
        rows.push(Row { who: custodian, command: "writein decrypt", done: partials, of: threshold });
        rows.push(Row::one(operator, "writein report", record(&paths::texts(contest))));
    }
    rows.extend([
        Row::one(operator, "acta build", has("acta/contest-000.content")),
        Row { who: custodian, command: "acta sign", done: signatures, of: threshold },
        Row::one(operator, "acta render", record("acta/contest-000.bin")),
        Row::one(operator, "record receipts", record("receipts.txt")),
        Row::one(operator, "record assemble", record("SHA256SUMS")),
        Row::one(registrar, "roll destroy --role registrar", has("roll/destroyed-registrar.txt")),
        Row::one(server, "roll destroy --role server", has("roll/destroyed-server.txt")),
    ]);
    Ok(rows)
}
