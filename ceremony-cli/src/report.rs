//! What a command found or made: figures to read aloud and to compare, also as JSON.

use core::fmt::Display;

use crate::text::{Lang, lookup};

/// The result of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Name of the act, as in the transcript.
    pub act: &'static str,
    /// The step had been done before; the figures are what it had given.
    pub already: bool,
    /// Figures by key, in order; the text of a key stands under `report.<key>`.
    pub figures: Vec<(&'static str, String)>,
    /// A listing that stands by itself, if the command gives one.
    pub listing: Option<String>,
}

impl Report {
    /// A report without figures yet.
    #[must_use]
    pub fn new(act: &'static str, already: bool) -> Self {
        Self { act, already, figures: Vec::new(), listing: None }
    }

    /// Adds a figure.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Display) -> Self {
        self.figures.push((key, value.to_string()));
        self
    }

    /// A figure by its key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.figures.iter().find(|(k, _)| *k == key).map(|(_, value)| value.as_str())
    }

    /// For people. Hashes stand in groups of four, to be read aloud.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let mut out = String::new();
        for (key, value) in &self.figures {
            out.push_str(lookup(lang, &format!("report.{key}")));
            out.push_str(": ");
            out.push_str(&aloud(value));
            out.push('\n');
        }
        if let Some(listing) = &self.listing {
            out.push_str(listing);
        }
        if self.already {
            out.push_str(lookup(lang, "report.already"));
            out.push('\n');
        }
        out
    }

    /// For machines.
    #[must_use]
    pub fn json(&self) -> String {
        let mut figures = serde_json::Map::new();
        for (key, value) in &self.figures {
            let value = serde_json::Value::from(value.as_str());
            match figures.get_mut(*key) {
                None => {
                    figures.insert((*key).to_owned(), value);
                }
                Some(serde_json::Value::Array(all)) => all.push(value),
                Some(first) => *first = serde_json::Value::Array(vec![first.take(), value]),
            }
        }
        let object = serde_json::json!({
            "act": self.act, "already_done": self.already, "figures": figures, "listing": self.listing,
        });
        format!("{object}\n")
    }
}

/// 64 hexadecimal digits in groups of four; anything else as it is.
#[must_use]
pub fn aloud(value: &str) -> String {
    if value.len() != 64 || !value.bytes().all(|b| b.is_ascii_hexdigit()) {
        return value.to_owned();
    }
    let mut out = String::with_capacity(80);
    for (i, digit) in value.chars().enumerate() {
        if i > 0 && i % 4 == 0 {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_to_people_and_machines() {
        let report = Report::new("x", true).with("sha256", "ab".repeat(32)).with("file", "a").with("file", "b");
        assert!(report.text(Lang::En).contains("abab abab"));
        let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(json["figures"]["sha256"], "ab".repeat(32));
        assert_eq!(json["figures"]["file"][1], "b");
        assert_eq!(json["already_done"], true);
    }
}
