//! The one schema of all files: header, notes on the flags, groups, cases.

use super::json::{Json, object};

/// What the randomness of all vectors derives from.
pub(crate) const SEED: &str = "escrutinio test vectors, version 1";

/// A flag of cases: its name, what a program that gets it wrong has done, and what follows.
pub(crate) type Flag = (&'static str, &'static str, &'static str);

/// A file of vectors in the making.
#[derive(Debug)]
pub(crate) struct Vectors {
    name: &'static str,
    note: &'static str,
    flags: &'static [Flag],
    groups: Vec<Json>,
    cases: u64,
}

impl Vectors {
    /// An empty file; `name` is the file's, without its end.
    pub(crate) fn new(name: &'static str, note: &'static str, flags: &'static [Flag]) -> Self {
        Self { name, note, flags, groups: Vec::new(), cases: 0 }
    }

    /// Adds cases of one kind.
    pub(crate) fn group(&mut self, kind: &str, comment: &str, cases: Vec<Case>) {
        self.group_in(kind, comment, Vec::new(), cases);
    }

    /// Adds cases of one kind that share inputs.
    pub(crate) fn group_in(&mut self, kind: &str, comment: &str, setting: Vec<(&str, Json)>, cases: Vec<Case>) {
        let tests: Vec<Json> = cases
            .into_iter()
            .map(|case| {
                self.cases = self.cases.saturating_add(1);
                case.json(self.cases)
            })
            .collect();
        let mut group = vec![("kind".into(), kind.into()), ("comment".into(), comment.into())];
        if !setting.is_empty() {
            group.push(("setting".into(), named(setting)));
        }
        group.push(("tests".into(), Json::List(tests)));
        self.groups.push(Json::Object(group));
    }

    /// Name and text of the file.
    pub(crate) fn file(self) -> (String, String) {
        let notes = self
            .flags
            .iter()
            .map(|(flag, bug, effect)| ((*flag).to_owned(), object! { "bugType": *bug, "effect": *effect }))
            .collect();
        let json = object! {
            "schema": "escrutinio/vectors/v1",
            "suite": 1u32,
            "note": self.note,
            "seed": SEED,
            "notes": Json::Object(notes),
            "groups": self.groups,
        };
        (format!("{}.json", self.name), json.file())
    }
}

fn named(fields: Vec<(&str, Json)>) -> Json {
    Json::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// One case.
#[derive(Debug)]
pub(crate) struct Case {
    comment: String,
    flags: Vec<&'static str>,
    input: Vec<(&'static str, Json)>,
    intermediates: Vec<(&'static str, Json)>,
    output: Vec<(&'static str, Json)>,
    code: Option<&'static str>,
}

impl Case {
    /// A case that is to be accepted.
    pub(crate) fn valid(comment: impl Into<String>) -> Self {
        Self {
            comment: comment.into(),
            flags: Vec::new(),
            input: Vec::new(),
            intermediates: Vec::new(),
            output: Vec::new(),
            code: None,
        }
    }

    /// A case that is to be refused: by which check, and with which flag. Where no check of a record
    /// is concerned the code is that of the primitive: `group`, `encoding` or `signature`.
    pub(crate) fn invalid(comment: impl Into<String>, code: &'static str, flag: &'static str) -> Self {
        Self { code: Some(code), flags: vec![flag], ..Self::valid(comment) }
    }

    /// Adds a flag.
    pub(crate) fn flag(mut self, flag: &'static str) -> Self {
        self.flags.push(flag);
        self
    }

    /// Adds an input.
    pub(crate) fn input(mut self, name: &'static str, value: impl Into<Json>) -> Self {
        self.input.push((name, value.into()));
        self
    }

    /// Adds bytes as an input.
    pub(crate) fn bytes(self, name: &'static str, bytes: &[u8]) -> Self {
        self.input(name, Json::hex(bytes))
    }

    /// Adds an intermediate value.
    pub(crate) fn step(mut self, name: &'static str, value: impl Into<Json>) -> Self {
        self.intermediates.push((name, value.into()));
        self
    }

    /// Adds an output.
    pub(crate) fn output(mut self, name: &'static str, value: impl Into<Json>) -> Self {
        self.output.push((name, value.into()));
        self
    }

    fn json(self, number: u64) -> Json {
        let mut fields = vec![
            ("tcId", number.into()),
            ("comment", self.comment.into()),
            ("flags", self.flags.into()),
            ("input", named(self.input)),
        ];
        if !self.intermediates.is_empty() {
            fields.push(("intermediates", named(self.intermediates)));
        }
        if !self.output.is_empty() {
            fields.push(("output", named(self.output)));
        }
        fields.push(("result", if self.code.is_some() { "invalid" } else { "valid" }.into()));
        if let Some(code) = self.code {
            fields.push(("code", code.into()));
        }
        named(fields)
    }
}
