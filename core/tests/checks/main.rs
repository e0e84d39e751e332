//! Every numbered check of `spec/verification.md` against a record that violates only it, and
//! attacks on whole records.
//!
//! A test is named after the check that must be the first to fail. Who cheats does everything else
//! right: signs again, computes hashes again, and goes on with the election from there. What comes
//! after the first failure is not answered by the verifier, and so not asserted.
//!
//! With `ESCRUTINIO_BROKEN_RECORDS=<folder>` every broken record is kept there, under a name that
//! begins with its check, and every valid one that others were made from, under a name that begins
//! with `valid`: any verifier can be asked for the same answer.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that goes wrong fails"
)]

mod ballots;
mod board;
mod ceremonies;
mod counted;
mod credentials;
mod fixture;
mod keys;
mod mixes;
mod published;
mod quorums;
mod setup;
mod whole;
mod writeins;

use escrutinio_core::verify::Check;

/// Checks that no record can be the first to violate, as earlier ones imply them. Tests of their
/// names call the check itself: K4.3 here, T3.3 and W4.2, which are not public, beside the verifier's code.
const IMPLIED: [&str; 3] = [
    // Public shares are computed from the commitments, so right partials combine (K4.2).
    "K4.3", // Every ballot is proved to add one (V1.7), and the counts are what the sums hold (T3.2).
    "T3.3", // No ballot has a text without its mark (V1.7), and mixes neither add nor change one (W2.4).
    "W4.2",
];

/// Where the tests stand.
const SOURCES: [&str; 10] = [
    include_str!("setup.rs"),
    include_str!("credentials.rs"),
    include_str!("mixes.rs"),
    include_str!("keys.rs"),
    include_str!("ceremonies.rs"),
    include_str!("board.rs"),
    include_str!("ballots.rs"),
    include_str!("counted.rs"),
    include_str!("published.rs"),
    include_str!("writeins.rs"),
];

#[test]
fn every_check_has_a_record_that_violates_it() {
    let tests: Vec<String> = SOURCES
        .iter()
        .flat_map(|source| source.split("#[test]\n").skip(1))
        .map(|test| test.split_whitespace().collect())
        .collect();
    for check in Check::ALL.iter().filter(|check| !IMPLIED.contains(&check.code())) {
        let name = format!("fn{}_", check.code().to_lowercase().replace('.', "_"));
        let asserted = format!("assert_only(\"{check}\"");
        let found = tests.iter().any(|test| test.starts_with(&name) && test.contains(&asserted));
        assert!(found, "no test {name}...() with {asserted}, ..)");
    }
}

/// The rows of `spec/attacks.md`: the test is there, and asserts what the row says.
#[test]
fn every_attack_has_its_test() {
    let sources = [
        ("ballots", include_str!("ballots.rs")),
        ("board", include_str!("board.rs")),
        ("credentials", include_str!("credentials.rs")),
        ("mixes", include_str!("mixes.rs")),
        ("writeins", include_str!("writeins.rs")),
    ];
    let mut rows = 0;
    for row in include_str!("../../../spec/attacks.md").lines().filter(|line| line.ends_with("` |")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (code, (file, test)) = (cells[2], cells[3].trim_matches('`').split_once("::").unwrap());
        let source = sources.iter().find(|(name, _)| *name == file).unwrap().1;
        let body = source.split("#[test]\n").find(|body| body.starts_with(&format!("fn {test}()")));
        let body = body.unwrap_or_else(|| panic!("no test {file}::{test}"));
        let asserted = if code == "valid" { "assert_valid(".to_owned() } else { format!("\"{code}\"") };
        assert!(body.contains(&asserted), "{file}::{test} does not assert {code}");
        rows += 1;
    }
    assert!(rows > 70, "{rows}");
}
