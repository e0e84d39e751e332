//! What was found, for people and for machines.

use core::fmt::Write as _;
use std::collections::BTreeSet;

use escrutinio_core::hash::Hash;
use escrutinio_core::ids::hex;
use serde_json::{Value as Json, json};

use super::point::Point;
use crate::text::Lang;

/// Places that are named of one finding; the others are counted.
const SHOWN: usize = 3;
/// Letters of what came that are shown: a server must not fill the screen.
const LETTERS: usize = 300;

/// What was expected, or what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// As it is.
    Text(String),
    /// A file with this SHA-256.
    Hash(Hash),
    /// Nothing.
    Absent,
    /// More bytes than this.
    Longer(u64),
    /// In either language.
    Words(&'static str, &'static str),
}

impl Value {
    /// A text that others wrote: short, on one line.
    #[must_use]
    pub fn foreign(text: &str) -> Self {
        let mut short: String = text.chars().take(LETTERS).map(|c| if c.is_control() { ' ' } else { c }).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        Self::Text(short)
    }

    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Hash(hash) => format!("SHA-256 {}", hex(hash)),
            Self::Absent => lang.pick("nada", "nothing").to_owned(),
            Self::Longer(most) => format!("{} {most} bytes", lang.pick("más de", "more than")),
            Self::Words(es, en) => lang.pick(*es, *en).to_owned(),
        }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// It is not as it must be.
    Differs,
    /// It could not be seen.
    Unchecked,
}

/// What is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which point.
    pub point: Point,
    /// How bad it is.
    pub grade: Grade,
    /// Files or addresses.
    pub places: Vec<String>,
    /// What should have come.
    pub expected: Value,
    /// What came.
    pub came: Value,
}

/// What is shown besides: the reader compares it with what they know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The address of the page.
    pub page: String,
    /// Title of the election.
    pub title: String,
    /// Its id.
    pub election: String,
    /// Hash of the manifest.
    pub manifest: String,
    /// Hash of the list that came.
    pub build: Option<String>,
    /// What the manifest names.
    pub named: Option<String>,
    /// Files on the list.
    pub files: usize,
    /// Where votes go.
    pub server: Option<String>,
    /// Where the published record is to be.
    pub record: Option<String>,
    /// Whom voters are told to call.
    pub help: Option<String>,
    /// Whether the server says that its clock is moved.
    pub rehearsal: bool,
}

/// The whole of it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What is shown besides.
    pub facts: Facts,
    /// What is not as it should be, in the order in which it was found.
    pub findings: Vec<Finding>,
    looked: BTreeSet<Point>,
}

impl Report {
    /// A point was looked at.
    pub fn looked(&mut self, point: Point) {
        self.looked.insert(point);
    }

    /// Something is not as it must be.
    pub fn differs(&mut self, point: Point, place: &str, expected: Value, came: Value) {
        self.add(point, Grade::Differs, place, expected, came);
    }

    /// Something could not be seen.
    pub fn unchecked(&mut self, point: Point, place: &str, why: &str) {
        self.add(point, Grade::Unchecked, place, Value::Words("una respuesta", "an answer"), Value::foreign(why));
    }

    /// The same of two, or a finding.
    pub fn same(&mut self, point: Point, place: &str, expected: &str, came: Option<&str>) {
        self.looked(point);
        if came != Some(expected) {
            let came = came.map_or(Value::Absent, Value::foreign);
            self.differs(point, place, Value::Text(expected.to_owned()), came);
        }
    }

    /// The same finding at several places is one.
    fn add(&mut self, point: Point, grade: Grade, place: &str, expected: Value, came: Value) {
        self.looked(point);
        let same = self.findings.iter_mut().find(|known| {
            (known.point, known.grade) == (point, grade) && known.expected == expected && known.came == came
        });
        match same {
            Some(known) if known.places.iter().any(|known| known == place) => (),
            Some(known) => known.places.push(place.to_owned()),
            None => self.findings.push(Finding { point, grade, places: vec![place.to_owned()], expected, came }),
        }
    }

    /// Whether something differs.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        self.findings.iter().any(|finding| finding.grade == Grade::Differs)
    }

    /// Whether everything was seen and is as it must be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.findings.is_empty()
    }

    /// Codes of what differs.
    #[must_use]
    pub fn codes(&self) -> Vec<&'static str> {
        let bad = self.findings.iter().filter(|finding| finding.grade == Grade::Differs);
        let codes: BTreeSet<_> = bad.map(|finding| finding.point.code()).collect();
        codes.into_iter().collect()
    }

    /// `good`, `differs`, `unchecked`, or `none`: there was nothing to look at.
    fn state(&self, point: Point) -> &'static str {
        let of = |grade| self.findings.iter().any(|finding| finding.point == point && finding.grade == grade);
        if of(Grade::Differs) {
            "differs"
        } else if of(Grade::Unchecked) {
            "unchecked"
        } else if self.looked.contains(&point) {
            "good"
        } else {
            "none"
        }
    }

    fn verdict(&self) -> &'static str {
        if self.is_bad() {
            "differs"
        } else if self.is_good() {
            "good"
        } else {
            "unchecked"
        }
    }

    /// For machines: one object.
    #[must_use]
    pub fn to_json(&self, at: &str) -> String {
        let facts = &self.facts;
        let points: Vec<Json> = Point::ALL
            .iter()
            .map(|point| json!({ "code": point.code(), "state": self.state(*point), "says": point.says(Lang::En) }))
            .collect();
        let findings: Vec<Json> = (self.findings.iter())
            .map(|finding| {
                json!({
                    "code": finding.point.code(),
                    "state": if finding.grade == Grade::Differs { "differs" } else { "unchecked" },
                    "places": finding.places,
                    "expected": finding.expected.say(Lang::En),
                    "came": finding.came.say(Lang::En),
                })
            })
            .collect();
        json!({
            "at": at,
            "verdict": self.verdict(),
            "page": facts.page,
            "title": facts.title,
            "election": facts.election,
            "manifest": facts.manifest,
            "build": facts.build,
            "named": facts.named,
            "files": facts.files,
            "server": facts.server,
            "record": facts.record,
            "help": facts.help,
            "rehearsal": facts.rehearsal,
            "points": points,
            "findings": findings,
        })
        .to_string()
    }

    /// For people.
    #[must_use]
    pub fn to_text(&self, at: &str, lang: Lang) -> String {
        let mut text = self.head(at, lang);
        for point in Point::ALL {
            let mark = match self.state(*point) {
                "differs" => lang.pick("DIFIERE", "DIFFERS"),
                "unchecked" => lang.pick("no se vio", "not seen"),
                "good" => lang.pick("bien", "good"),
                _ => "-",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{} {mark:<9} {}", point.code(), point.says(lang));
            for finding in self.findings.iter().filter(|finding| finding.point == *point) {
                let _ = writeln!(text, "     {}", places(&finding.places, lang));
                let _ =
                    writeln!(text, "       {} {}", lang.pick("debía ser:", "expected:"), finding.expected.say(lang));
                let _ = writeln!(text, "       {} {}", lang.pick("llegó:    ", "came:    "), finding.came.say(lang));
            }
        }
        let verdict = match self.verdict() {
            "good" if self.facts.named.is_none() => lang.pick(
                "Nada difiere, pero EL MANIFIESTO NO NOMBRA NINGUNA PÁGINA: solo se vio que esta concuerda consigo misma y con el expediente.",
                "Nothing differs, but THE MANIFEST NAMES NO PAGE: what was seen is only that this one agrees with itself and with the record.",
            ),
            "good" => lang.pick(
                "Todo bien: desde aquí y ahora, esta es la página que la elección nombra.",
                "All well: from here and now, this is the page that the election names.",
            ),
            "differs" => lang.pick(
                "ALGO DIFIERE. No vote en esta página; guarde lo que llegó (--save) y avise a la autoridad y a su partido.",
                "SOMETHING DIFFERS. Do not vote on this page; keep what came (--save) and tell the authority and your party.",
            ),
            _ => lang.pick(
                "No se pudo ver todo. Eso no dice que algo esté mal; inténtelo de nuevo.",
                "Not all of it could be seen. That does not say that anything is wrong; try again.",
            ),
        };
        let _ = write!(text, "\n{verdict}");
        text
    }

    fn head(&self, at: &str, lang: Lang) -> String {
        let facts = &self.facts;
        let none = || lang.pick("ninguna", "none").to_owned();
        let mut lines = vec![
            (lang.pick("elección", "election"), facts.title.clone()),
            (lang.pick("identificador", "id"), facts.election.clone()),
            (lang.pick("manifiesto", "manifest"), facts.manifest.clone()),
            (lang.pick("página", "page"), facts.page.clone()),
            (lang.pick("cuándo", "when"), at.to_owned()),
            (lang.pick("compilación", "build"), facts.build.clone().unwrap_or_else(none)),
            (lang.pick("nombrada", "named"), facts.named.clone().unwrap_or_else(none)),
        ];
        for (name, fact) in [
            (lang.pick("servidor", "server"), &facts.server),
            (lang.pick("expediente", "record"), &facts.record),
            (lang.pick("ayuda", "help"), &facts.help),
        ] {
            lines.extend(fact.clone().map(|fact| (name, fact)));
        }
        let mut text: String = lines.iter().map(|(name, value)| format!("{name:<14} {value}\n")).collect();
        if facts.rehearsal {
            text.push_str(
                lang.pick("ENSAYO: el reloj del servidor está movido\n", "REHEARSAL: the server's clock is moved\n"),
            );
        }
        text.push('\n');
        text
    }
}

fn places(places: &[String], lang: Lang) -> String {
    let more = places.len().saturating_sub(SHOWN);
    let mut text = places.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more > 0 {
        let _ = write!(text, " {} {more} {}", lang.pick("y", "and"), lang.pick("más", "more"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_finding_of_several_places() {
        let mut report = Report::default();
        report.looked(Point::List);
        for place in ["a", "b", "c", "d", "a"] {
            report.differs(Point::Headers, place, Value::Text("nosniff".into()), Value::Absent);
        }
        report.unchecked(Point::Files, "e", "took too long");
        assert_eq!(report.findings.len(), 2);
        assert_eq!((report.is_good(), report.is_bad(), report.codes()), (false, true, vec!["W3.2"]));
        let text = report.to_text("now", Lang::En);
        assert!(text.contains("W3.2 DIFFERS") && text.contains("a, b, c and 1 more"), "{text}");
        assert!(text.contains("W1.1 good") && text.contains("W2.1 not seen") && text.contains("W6.3 -"), "{text}");
        let json: Json = serde_json::from_str(&report.to_json("now")).unwrap();
        assert_eq!(json["verdict"], "differs");
        assert_eq!(json["findings"][0]["places"].as_array().unwrap().len(), 4);
        let state = |code| {
            json["points"].as_array().unwrap().iter().find(|point| point["code"] == code).unwrap()["state"].clone()
        };
        assert_eq!(
            [state("W1.1"), state("W2.1"), state("W3.2"), state("W6.3")],
            ["good", "unchecked", "differs", "none"]
        );
    }

    #[test]
    fn what_others_wrote_stays_short_and_on_its_line() {
        let Value::Text(text) = Value::foreign(&format!("a\n\u{1b}[31m{}", "x".repeat(1000))) else { panic!() };
        assert!(text.starts_with("a  [31mx") && text.ends_with('…'), "{text}");
        assert_eq!(text.chars().count(), LETTERS + 1);
        assert_eq!(Value::foreign("ñ"), Value::Text("ñ".into()));
    }

    #[test]
    fn a_manifest_that_names_no_page_is_said() {
        let text = Report::default().to_text("ahora", Lang::Es);
        assert!(text.contains("NO NOMBRA NINGUNA PÁGINA"), "{text}");
        let facts = Facts { named: Some("ab".into()), ..Facts::default() };
        assert!(!Report { facts, ..Report::default() }.to_text("ahora", Lang::Es).contains("NINGUNA PÁGINA"));
    }
}
