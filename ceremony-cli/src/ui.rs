//! How the tool talks. Its rules:
//!
//! - prompts and prose go to the terminal (standard error), results to standard output;
//! - nothing secret is ever an argument of a command, and no password is echoed;
//! - what is asked has an id, so that a file of answers can stand in for a person.

use std::io::{self, BufRead, Write};

use indicatif::{ProgressBar, ProgressStyle};
use zeroize::Zeroizing;

use crate::answers::Answers;
use crate::error::{Error, Result, message, out_of_order};

/// A way of asking and telling.
pub trait Ui {
    /// Asks for a line.
    ///
    /// # Errors
    /// If there is nobody to answer.
    fn ask(&mut self, id: &str, question: &str) -> Result<String>;

    /// Asks for a password without echo; a second time where `again` has a question.
    ///
    /// # Errors
    /// If there is nobody to answer, or the two differ.
    fn password(&mut self, id: &str, question: &str, again: Option<&str>) -> Result<Zeroizing<String>>;

    /// Tells something.
    fn say(&mut self, prose: &str);

    /// Shows how far a long step has come.
    fn progress(&mut self, done: u64, all: u64);
}

/// A person at a terminal.
#[derive(Debug, Default)]
pub struct Terminal {
    bar: Option<ProgressBar>,
}

impl Ui for Terminal {
    fn ask(&mut self, id: &str, question: &str) -> Result<String> {
        let failed = |why: io::Error| Error::File(message("error.terminal", &[("id", &id), ("why", &why)]));
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question} ").and_then(|()| stderr.flush()).map_err(failed)?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line).map_err(failed)? == 0 {
            return Err(out_of_order("error.answers.missing", &[("id", &id)]));
        }
        Ok(line.trim().to_owned())
    }

    fn password(&mut self, id: &str, question: &str, again: Option<&str>) -> Result<Zeroizing<String>> {
        let failed = |why: io::Error| Error::File(message("error.terminal", &[("id", &id), ("why", &why)]));
        let first = Zeroizing::new(rpassword::prompt_password(format!("{question} ")).map_err(failed)?);
        if let Some(again) = again {
            let second = Zeroizing::new(rpassword::prompt_password(format!("{again} ")).map_err(failed)?);
            if first != second {
                return Err(out_of_order("error.password.differs", &[]));
            }
        }
        Ok(first)
    }

    fn say(&mut self, prose: &str) {
        // A closed terminal is no reason to leave a ceremony half done.
        let _ = writeln!(io::stderr(), "{prose}");
    }

    fn progress(&mut self, done: u64, all: u64) {
        let bar = self.bar.get_or_insert_with(|| {
            let style =
                ProgressStyle::with_template("{bar:40} {pos}/{len}").unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(all).with_style(style)
        });
        bar.set_length(all);
        bar.set_position(done);
        if done >= all {
            bar.finish_and_clear();
            self.bar = None;
        }
    }
}

/// Answers from a file; prose still goes to standard error, or nowhere.
#[derive(Debug)]
pub struct Scripted {
    /// What to answer.
    pub answers: Answers,
    /// Whether to tell nothing.
    pub quiet: bool,
}

impl Scripted {
    /// Answers from text, telling nothing.
    ///
    /// # Errors
    /// As [`Answers::parse`].
    pub fn quiet(answers: &str) -> Result<Self> {
        Ok(Self { answers: Answers::parse(answers)?, quiet: true })
    }
}

impl Ui for Scripted {
    fn ask(&mut self, id: &str, _question: &str) -> Result<String> {
        self.answers.get(id).map(str::to_owned)
    }

    fn password(&mut self, id: &str, _question: &str, _again: Option<&str>) -> Result<Zeroizing<String>> {
        self.answers.get(id).map(|answer| Zeroizing::new(answer.to_owned()))
    }

    fn say(&mut self, prose: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{prose}");
        }
    }

    fn progress(&mut self, _done: u64, _all: u64) {}
}
