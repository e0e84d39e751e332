//! Marks as the page writes them, and what they stand for.

use std::collections::BTreeSet;

use escrutinio_core::manifest::{ContestOption, Mark, Marks, ResolveError, ValidManifest};
use escrutinio_core::text::{Text, TextError};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::json::{Object, array, optional, string};

/// `party:3`, `common:0`, `independent:1`, `answer:0`, `write-in`, `null`.
#[must_use]
pub fn name(mark: Mark) -> String {
    match mark {
        Mark::Party(n) => format!("party:{n}"),
        Mark::Common(n) => format!("common:{n}"),
        Mark::Independent(n) => format!("independent:{n}"),
        Mark::Answer(n) => format!("answer:{n}"),
        Mark::WriteIn => "write-in".to_owned(),
        Mark::Null => "null".to_owned(),
    }
}

/// The mark of a name.
#[must_use]
pub fn parse(text: &str) -> Option<Mark> {
    let mark = match text.split_once(':') {
        None if text == "write-in" => Mark::WriteIn,
        None if text == "null" => Mark::Null,
        Some(("party", n)) => Mark::Party(n.parse().ok()?),
        Some(("common", n)) => Mark::Common(n.parse().ok()?),
        Some(("independent", n)) => Mark::Independent(n.parse().ok()?),
        Some(("answer", n)) => Mark::Answer(n.parse().ok()?),
        _ => return None,
    };
    (name(mark) == text).then_some(mark)
}

/// The space that an option alone fills; `None` for a combination and for blank.
#[must_use]
pub fn space_of(option: &ContestOption) -> Option<Mark> {
    Some(match option {
        ContestOption::Party(n) => Mark::Party(*n),
        ContestOption::Common(n) => Mark::Common(*n),
        ContestOption::Independent(n) => Mark::Independent(*n),
        ContestOption::Answer(n) => Mark::Answer(*n),
        ContestOption::WriteIn => Mark::WriteIn,
        ContestOption::Null => Mark::Null,
        ContestOption::Combination { .. } | ContestOption::Blank => return None,
    })
}

/// The marks that make an option.
#[must_use]
pub fn marks_of(option: &ContestOption) -> Vec<Mark> {
    match option {
        ContestOption::Combination { parties, .. } => parties.iter().map(|party| Mark::Party(*party)).collect(),
        other => space_of(other).into_iter().collect(),
    }
}

/// What the page asks about.
#[derive(Debug)]
pub struct Question {
    /// The contest.
    pub contest: u32,
    /// Names of marks, separated by spaces.
    pub marks: Zeroizing<String>,
    /// What was written, in the normal form NFC.
    pub text: Zeroizing<String>,
    /// Whether the voter expressly confirmed an empty ballot or marks that make no option.
    pub confirmed: bool,
}

/// The answer as JSON (`Resolution` of `web/src/crypto.js`).
///
/// # Errors
/// Codes `contest` and `marks`.
pub fn resolve(manifest: &ValidManifest, question: &Question) -> Result<String> {
    let parsed: Option<BTreeSet<Mark>> = question.marks.split_whitespace().map(parse).collect();
    let spaces = parsed.ok_or_else(unknown)?;
    let writes = spaces.contains(&Mark::WriteIn);
    let marks = Marks { spaces, confirmed: question.confirmed };
    let name = |option: u32| string(&manifest.option_name(question.contest, option).unwrap_or_default());
    let no = |why: &str| Object::new().with("ok", false).text("why", why);
    let count_as = |object: Object, option: u32| object.with("option", option).with("name", name(option));
    let option = match manifest.resolve(question.contest, &marks) {
        Ok(option) => option,
        Err(ResolveError::Contest(_)) => return Err(Error::new("contest", "there is no such contest")),
        Err(ResolveError::Empty) => return Ok(no("empty").finish()),
        Err(ResolveError::ConfirmEmpty { option }) => return Ok(count_as(no("confirm-empty"), option).finish()),
        Err(ResolveError::Combination { marks, confirmable }) => {
            let why = if confirmable.is_some() { "confirm-combination" } else { "combination" };
            let marks = marks.iter().map(|(mark, coalition)| {
                let coalition = optional(coalition.map(|coalition| coalition.to_string()));
                Object::new().text("mark", &self::name(*mark)).with("coalition", coalition).finish()
            });
            let object = no(why).with("marks", array(marks));
            return Ok(confirmable.into_iter().fold(object, count_as).finish());
        }
        Err(_) => return Err(unknown()),
    };
    let yes = count_as(Object::new().with("ok", true), option);
    let points = manifest.shape(question.contest).map_or(0, |shape| shape.texts);
    let takes_text = writes && points > 0;
    if !takes_text {
        let answer = if question.text.is_empty() { yes } else { no("text-without-mark") };
        return Ok(answer.finish());
    }
    Ok(match Text::of_nfc(&question.text, points) {
        Ok(text) => yes.text("text", text.expose()).finish(),
        Err(TextError::Empty) => no("text-empty").finish(),
        Err(TextError::Control) => no("text-control").finish(),
        Err(TextError::TooLong { limit, actual }) => {
            no("text-long").with("limit", limit).with("actual", actual).finish()
        }
        Err(_) => no("text-character").finish(),
    })
}

fn unknown() -> Error {
    Error::new("marks", "a mark that is no space of the contest")
}
