//! The voting page, looked at from outside: whether what a server hands to a browser here and now is what the election
//! names (`spec/server.md`, "The page, from outside").
//!
//! A voter's browser believes the page that it loads. So somebody else has to look, in advance and all the time, from
//! many places: at every file of the page, at what the answers' headers allow it, at where it sends the votes, and at
//! the election that it is shown there. What a server shows to us it need not show to others; who looks from the
//! networks that voters use makes the difference hard to keep up.

pub mod document;
mod get;
mod page;
mod point;
pub mod policy;
mod report;
mod service;

use std::path::Path;

use escrutinio_core::ids::hex;
use escrutinio_core::verify;

pub use get::Manner;
pub use point::Point;
pub use report::{Facts, Finding, Grade, Report, Value};

use crate::clock::{Clock, SystemClock, utc};
use crate::election::Election;
use crate::error::{Error, Result};
use crate::follow::fetch::address;
use get::Getter;
use policy::origin;

/// What is looked for.
struct Look<'a> {
    getter: &'a Getter,
    /// The sealed record.
    record: &'a Path,
    election: &'a verify::Election,
    /// Keys of its logs.
    keys: Election,
    report: Report,
}

/// Looks at the page of an address; `election` is what the record in the folder was verified to be. The time of the
/// look comes with the report.
///
/// # Errors
/// If the address is none, or what came cannot be written down. What does not come is no error but a finding.
pub fn look(url: &str, record: &Path, election: &verify::Election, manner: &Manner) -> Result<(Report, String)> {
    let base = address(url.strip_suffix("index.html").unwrap_or(url))?;
    let keys = Election::of(election).ok_or(Error::Names)?;
    let getter = Getter::new(manner)?;
    let at = utc(SystemClock.now());
    let mut look = Look { getter: &getter, record, election, keys, report: Report::default() };
    look.facts(&base);
    let site = look.page(&base);
    // A page that says nothing of it that can be followed: perhaps its own origin answers.
    let server = site.server.unwrap_or_else(|| origin(&base));
    let build = site.list.map(|list| list.hash());
    look.service(&server, build);
    let report = look.report;
    getter.end(!report.is_good(), &report.to_json(&at))?;
    Ok((report, at))
}

impl Look<'_> {
    fn facts(&mut self, base: &str) {
        let manifest = &self.election.manifest;
        let facts = &mut self.report.facts;
        facts.page = format!("{base}/");
        facts.title.clone_from(&manifest.title);
        facts.election = self.election.election_id.to_string();
        facts.manifest = manifest.hash().to_string();
        facts.named = manifest.client_hash.map(|hash| hex(&hash));
    }
}
