//! `init`

use core::fmt::Write;

use escrutinio_server::init::{self, InitReport};

use super::{Failure, Options, runtime, say};

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = options.config()?;
    let missing = || Failure::Usage("--accounts FILE is missing".to_owned());
    let accounts = options.accounts.as_ref().ok_or_else(missing)?;
    let report = runtime()?.block_on(init::init(&config, &options.passwords(), accounts))?;
    say(&text(&report)?)
}

/// Every hash, to be compared aloud with those of the ceremony's acts.
fn text(report: &InitReport) -> Result<String, core::fmt::Error> {
    let mut text = String::new();
    let (binding, test) = report.binding;
    writeln!(text, "election   {}", report.election)?;
    writeln!(text, "manifest   {}", report.manifest)?;
    writeln!(text, "roll       {}", report.roll)?;
    writeln!(text, "binding    {}{}", if binding { "yes" } else { "NO" }, if test { ", TEST OFFER" } else { "" })?;
    writeln!(text, "\nSHA-256 of the sealed record")?;
    for (path, hash) in &report.files {
        writeln!(text, "{hash}  {path}")?;
    }
    writeln!(text, "\nlist       keys  buckets  root")?;
    for (number, (keys, buckets, root)) in report.lists.iter().enumerate() {
        writeln!(text, "{number:>4} {keys:>10} {buckets:>8}  {root}")?;
    }
    let (all, new) = report.accounts;
    writeln!(text, "\naccounts   {all}, of which {new} were loaded now")?;
    let keys = if report.keys_drawn { "drawn now: back it up as OPERATING.md says" } else { "were there" };
    writeln!(text, "keys       {keys}")?;
    Ok(text)
}
