//! A file of answers in place of a person at the terminal, for rehearsals and tests.
//!
//! One answer a line, `prompt-id = value`; quotes around the value are allowed, `#` starts
//! a comment line. A prompt without an answer is an error that names it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Result, out_of_order};

/// Answers by prompt id; wiped when dropped, for passwords may be among them.
pub struct Answers(BTreeMap<String, Zeroizing<String>>);

impl core::fmt::Debug for Answers {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Answers {
    /// Reads a file of answers.
    ///
    /// # Errors
    /// If the file cannot be read, or a line is no answer or the second one to its prompt.
    pub fn read(path: &Path) -> Result<Self> {
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|why| Error::file(path, &why))?);
        Self::parse(&text)
    }

    /// Reads answers from text.
    ///
    /// # Errors
    /// As [`Answers::read`].
    pub fn parse(text: &str) -> Result<Self> {
        let mut answers = BTreeMap::new();
        for (line, number) in text.lines().zip(1u32..) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (id, value) =
                line.split_once('=').ok_or_else(|| out_of_order("error.answers.line", &[("line", &number)]))?;
            let (id, value) = (id.trim(), value.trim());
            let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
            if answers.insert(id.to_owned(), Zeroizing::new(value.to_owned())).is_some() {
                return Err(out_of_order("error.answers.twice", &[("id", &id)]));
            }
        }
        Ok(Self(answers))
    }

    /// The answer to a prompt.
    ///
    /// # Errors
    /// If there is none.
    pub fn get(&self, id: &str) -> Result<&str> {
        self.0
            .get(id)
            .map(|answer| answer.as_str())
            .ok_or_else(|| out_of_order("error.answers.missing", &[("id", &id)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_answers_and_names_what_is_missing() {
        let answers = Answers::parse("# note\nperson.name = \"Ana = B\"\n\npassword= x y \n").unwrap();
        assert_eq!(answers.get("person.name"), Ok("Ana = B"));
        assert_eq!(answers.get("password"), Ok("x y"));
        let error = answers.get("place").unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("place"));
        assert!(!format!("{answers:?}").contains("x y"));
    }

    #[test]
    fn refuses_lines_that_are_no_answers() {
        assert_eq!(Answers::parse("a\n").unwrap_err().message().key, "error.answers.line");
        assert_eq!(Answers::parse("a=1\na=2").unwrap_err().message().key, "error.answers.twice");
    }
}
