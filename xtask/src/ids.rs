//! The names that documents and code share: check codes and requirement ids.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::shell::{Failure, Outcome, files, read, root};

const SPECIFICATION: &str = "spec/verification.md";
const CODE: &str = "core/src/verify/check.rs";
const CITED: &str = "spec/requirements-cited.md";

pub(crate) fn run() -> Outcome {
    checks()?;
    requirements()
}

/// Every check of the specification has a variant in the code, in the same order, and the other
/// way round.
fn checks() -> Outcome {
    let specified = specified_codes(&read(&root().join(SPECIFICATION))?);
    let coded = quoted_codes(&read(&root().join(CODE))?);
    if specified.is_empty() {
        return Err(Failure::new(format!("{SPECIFICATION} gives no check")));
    }
    if specified != coded {
        let difference = |of: &[String], from: &[String]| {
            of.iter().filter(|code| !from.contains(code)).cloned().collect::<Vec<_>>().join(" ")
        };
        return Err(Failure::new(format!(
            "the checks differ (or their order does)\n  only in {SPECIFICATION}: {}\n  only in {CODE}: {}",
            difference(&specified, &coded),
            difference(&coded, &specified)
        )));
    }
    println!("   checks: {} codes, the same in {SPECIFICATION} and {CODE}", specified.len());
    Ok(())
}

/// Codes in the first column of a table; `C2.1..C2.4` stands for four.
fn specified_codes(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next())
        .flat_map(|cell| match cell.split_once("..") {
            Some((first, last)) => range(first, last),
            None => vec![cell.to_owned()],
        })
        .filter(|cell| is_code(cell))
        .collect()
}

fn range(first: &str, last: &str) -> Vec<String> {
    let (Some((phase, from)), Some((_, to))) = (first.split_once('.'), last.split_once('.')) else { return Vec::new() };
    let (Ok(from), Ok(to)) = (from.parse::<u32>(), to.parse::<u32>()) else { return Vec::new() };
    (from..=to).map(|number| format!("{phase}.{number}")).collect()
}

/// Codes that stand in quotes.
fn quoted_codes(text: &str) -> Vec<String> {
    text.split('"').filter(|word| is_code(word)).map(Into::into).collect()
}

/// One capital, a number, a point, a number.
fn is_code(word: &str) -> bool {
    let Some((phase, number)) = word.split_once('.') else { return false };
    let Some(digits) = phase.strip_prefix(|c: char| c.is_ascii_uppercase()) else { return false };
    [digits, number].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Every requirement that a document, a comment or a test cites stands in the list, and every
/// line of the list is cited somewhere.
fn requirements() -> Outcome {
    let root = root();
    let listed: BTreeSet<String> = cited(&read(&root.join(CITED))?).collect();
    let mut found = BTreeMap::new();
    for path in files(&root, &[".rs", ".md", ".py", ".toml", ".js"])? {
        let shown = path.strip_prefix(&root).unwrap_or(&path);
        // The tests of this file cite ids that need not exist.
        if shown != Path::new(CITED) && !shown.starts_with("xtask") {
            for id in cited(&read(&path)?) {
                found.entry(id).or_insert_with(|| shown.display().to_string());
            }
        }
    }
    let unknown: Vec<String> =
        found.iter().filter(|(id, _)| !listed.contains(*id)).map(|(id, path)| format!("{id} ({path})")).collect();
    if !unknown.is_empty() {
        return Err(Failure::new(format!("{CITED} does not list {}", unknown.join(", "))));
    }
    let unused: Vec<&str> = listed.iter().filter(|id| !found.contains_key(*id)).map(String::as_str).collect();
    if !unused.is_empty() {
        return Err(Failure::new(format!("{CITED} lists what nothing cites: {}", unused.join(", "))));
    }
    println!("   requirements: {} cited, all listed", found.len());
    Ok(())
}

/// Ids of the form R-ABC-12.
fn cited(text: &str) -> impl Iterator<Item = String> {
    text.match_indices("R-").filter_map(|(start, _)| {
        let before = text.get(..start)?.chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '-') {
            return None;
        }
        let (area, rest) = text.get(start + 2..)?.split_once('-')?;
        let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let named = !area.is_empty() && area.bytes().all(|byte| byte.is_ascii_uppercase());
        (named && !number.is_empty()).then(|| format!("R-{area}-{number}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_codes_of_tables() {
        let table = "| code | what |\n|---|---|\n| M1.1 | decodes |\n| C2.1..C2.3 | the same |\nB1.1 in prose\n";
        assert_eq!(specified_codes(table), ["M1.1", "C2.1", "C2.2", "C2.3"]);
        assert_eq!(quoted_codes("M1_1 \"M1.1\" \"some text\""), ["M1.1"]);
        assert!(!is_code("1.1") && !is_code("M1") && !is_code("M1.") && !is_code("MM1.1"));
    }

    #[test]
    fn reads_requirement_ids() {
        let text = "(R-KEY-03, R-BAL-25; FOR-CFG-1 R-x-1 R-AEC-)";
        assert_eq!(cited(text).collect::<Vec<_>>(), ["R-KEY-03", "R-BAL-25"]);
    }
}
