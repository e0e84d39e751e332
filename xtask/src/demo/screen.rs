//! What the demonstration shows.

use core::time::Duration;
use std::io::{IsTerminal, stderr};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use super::arguments::Arguments;

/// Steps, figures and bars.
#[derive(Debug)]
pub(crate) struct Screen {
    spanish: bool,
    bars: bool,
    steps: u32,
}

impl Screen {
    pub(crate) fn new(arguments: &Arguments) -> Self {
        let bars = !arguments.headless && stderr().is_terminal();
        Self { spanish: arguments.spanish, bars, steps: 0 }
    }

    pub(crate) fn language(&self) -> &'static str {
        if self.spanish { "es" } else { "en" }
    }

    pub(crate) fn choose<'a>(&self, spanish: &'a str, english: &'a str) -> &'a str {
        if self.spanish { spanish } else { english }
    }

    /// Announces an act.
    pub(crate) fn step(&mut self, spanish: &str, english: &str) {
        self.steps = self.steps.saturating_add(1);
        println!("\n{:>2}. {}", self.steps, self.choose(spanish, english));
    }

    /// A figure of the act.
    pub(crate) fn figure(&self, spanish: &str, english: &str, value: impl core::fmt::Display) {
        println!("    {}: {value}", self.choose(spanish, english));
    }

    /// A bar for something that takes a while.
    pub(crate) fn bar(&self, total: u64, spanish: &'static str, english: &'static str) -> ProgressBar {
        if !self.bars {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("    {msg} {bar:30} {pos}/{len} ({per_sec}, {eta})")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::new(total).with_style(style).with_message(if self.spanish { spanish } else { english })
    }

    /// The last words.
    pub(crate) fn end(&self, out: &Path, election: &str, took: Option<Duration>, valid: bool) {
        let shown = out.display();
        let seconds = |words: &str| took.map(|took| format!("{words}{:.1} s", took.as_secs_f64())).unwrap_or_default();
        if !valid {
            println!("\n{}", self.choose("EL VERIFICADOR RECHAZA EL EXPEDIENTE.", "THE VERIFIER REJECTS THE RECORD."));
            return;
        }
        let program = "target/release/escrutinio-verify";
        let (done, files, next) = if self.spanish {
            (
                format!("Elección completa y verificada{}.", seconds(" en ")),
                [
                    ("record/", "el expediente público: lo único que el verificador necesita"),
                    ("acta.json, acta.html", "el acta, para máquinas y para personas"),
                    ("expected.json", "lo que la demostración apuntó aparte; coincide con el conteo"),
                    ("voter/", "el recibo de una persona y una boleta auditada"),
                    ("private/", "lo que en una elección real tiene cada quien por separado"),
                ],
                "Para seguir:",
            )
        } else {
            (
                format!("A whole election, verified{}.", seconds(", in ")),
                [
                    ("record/", "the public record: all that the verifier needs"),
                    ("acta.json, acta.html", "the acta, for machines and for people"),
                    ("expected.json", "what the demonstration noted aside; it equals the count"),
                    ("voter/", "one voter's receipt and an audited ballot"),
                    ("private/", "what in a real election everyone holds apart"),
                ],
                "What to try next:",
            )
        };
        println!("\n{done}\n\n{shown}");
        for (path, what) in files {
            println!("  {path:<22} {what}");
        }
        println!("\n{next}");
        println!("  {program} {shown}/record");
        println!("  {program} receipt {shown}/voter/receipt.txt {shown}/record");
        println!("  {program} audit {shown}/voter/audit.bin {shown}/record");
        println!("  python3 spec/reference/verify.py {shown}/record");
        let other = if election == "nayarit-2021" { "presidencia-2024 --voters 2000" } else { "nayarit-2021" };
        println!("  cargo demo -- --election {other}");
    }
}
