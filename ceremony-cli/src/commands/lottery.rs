//! Which custodians open the box, drawn by lot where the manifest says so (R-TAL-04).
//!
//! The seed is public and made in the room (dice, balls), after the list of those present is
//! fixed. Anyone draws again: the custodians present are ordered by
//! `TH("lottery", election id || string(seed) || u32(number))`, and the first t open the box.

use escrutinio_core::encoding::Encode;
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::{CustodianIndex, ElectionId};
use escrutinio_core::manifest::{CustodianSelection, Manifest};
use escrutinio_core::record::Seal;

use super::key::SEAL;
use crate::draft;
use crate::error::{Result, out_of_order, refused};
use crate::report::Report;
use crate::session::Session;
use crate::workspace::{Step, Workspace};

const FORM: &str = "escrutinio/lottery/v1";

fn path(number: u32) -> String {
    format!("acts/lottery-{number:02}.txt")
}

/// The custodians drawn, in increasing order.
#[must_use]
pub fn draw(election: &ElectionId, seed: &str, present: &[u32], threshold: usize) -> Vec<u32> {
    let rank =
        |number: &u32| tagged_hash("lottery", &[&election.0, &seed.to_owned().to_bytes(), &number.to_le_bytes()]);
    let mut order = present.to_vec();
    order.sort_by_key(rank);
    order.truncate(threshold);
    order.sort_unstable();
    order
}

fn list(numbers: &[u32]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn parse(text: &str, custodians: usize) -> Option<Vec<u32>> {
    let numbers: Vec<u32> =
        text.split([' ', ',']).filter(|n| !n.is_empty()).map(|n| n.parse().ok()).collect::<Option<_>>()?;
    let known = numbers.iter().all(|n| *n >= 1 && usize::try_from(*n).is_ok_and(|n| n <= custodians));
    (known && numbers.is_sorted_by(|a, b| a < b)).then_some(numbers)
}

fn text(election: &ElectionId, seed: &str, present: &[u32], threshold: usize) -> String {
    let drawn = draw(election, seed, present, threshold);
    format!("{FORM}\nelection {election}\nseed {seed}\npresent {}\ndrawn {}\n", list(present), list(&drawn))
}

/// Draws among the custodians who are present. Drawn again if one of them cannot go on: the
/// last draw counts, and all of them stay.
///
/// # Errors
/// If the manifest has no lottery, the election is not sealed, or too few are present.
pub fn lottery(session: &mut Session<'_>, workspace: &Workspace) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    if manifest.policies.custodian_selection != CustodianSelection::Lottery {
        return Err(out_of_order("error.no_lottery", &[]));
    }
    let seal: Seal = workspace.decode(SEAL, "election seal")?;
    let present = session.ask("lottery.present")?;
    let present = parse(&present, manifest.custodians.len())
        .ok_or_else(|| out_of_order("error.numbers", &[("id", &"lottery.present")]))?;
    let threshold = usize::try_from(manifest.threshold).unwrap_or(usize::MAX);
    if present.len() < threshold {
        return Err(out_of_order("error.partials", &[("present", &present.len()), ("needed", &threshold)]));
    }
    let seed = session.ask("lottery.seed")?;
    if seed.is_empty() || seed.len() > 1024 || seed.chars().any(char::is_control) {
        return Err(out_of_order("error.text", &[("id", &"lottery.seed"), ("longest", &1024)]));
    }
    let text = text(&seal.election_id(), &seed, &present, threshold);
    let number = (1u32..100)
        .find(|number| {
            let path = path(*number);
            !workspace.has(&path) || workspace.read(&path, "count lottery").is_ok_and(|bytes| bytes == text.as_bytes())
        })
        .ok_or_else(|| refused("error.acts.full", &[("kind", &"lottery")]))?;
    let path = path(number);
    workspace.write_or_same(&path, text.as_bytes())?;
    let step = Step::by_operator(session, "count lottery")?.input(SEAL).output(&path);
    let step = session.attendance(step)?;
    let already = workspace.finish(session, step)?;
    let mut report = Report::new("count lottery", already).with("file", workspace.path(&path).display());
    report.listing = Some(text);
    Ok(report)
}

/// Refuses a custodian whom the last draw did not choose; anybody of the key where there is
/// no lottery.
///
/// # Errors
/// If nobody has drawn, the draw does not come out of its seed, or the custodian is not drawn.
pub fn require_drawn(
    workspace: &Workspace,
    manifest: &Manifest,
    election: &ElectionId,
    index: CustodianIndex,
) -> Result<()> {
    if manifest.policies.custodian_selection != CustodianSelection::Lottery {
        return Ok(());
    }
    let last = (1u32..100).map(path).take_while(|path| workspace.has(path)).last().unwrap_or_else(|| path(1));
    let bytes = workspace.read(&last, "count lottery")?;
    let bad = || refused("error.lottery", &[("path", &last)]);
    let found = core::str::from_utf8(&bytes).map_err(|_| bad())?;
    let field = |name: &str| found.lines().find_map(|line| line.strip_prefix(name));
    let (seed, present) = (field("seed ").ok_or_else(bad)?, field("present ").ok_or_else(bad)?);
    let present = parse(present, manifest.custodians.len()).ok_or_else(bad)?;
    let threshold = usize::try_from(manifest.threshold).unwrap_or(usize::MAX);
    if found != text(election, seed, &present, threshold) {
        return Err(bad());
    }
    let drawn = draw(election, seed, &present, threshold);
    if drawn.contains(&index.get()) {
        Ok(())
    } else {
        Err(refused("error.not_drawn", &[("index", &index), ("drawn", &list(&drawn))]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_and_election_only() {
        let election = ElectionId([1; 32]);
        let first = draw(&election, "4 2 6", &[1, 2, 3, 4, 5], 3);
        assert_eq!(first, draw(&election, "4 2 6", &[5, 4, 3, 2, 1], 3));
        assert!(first.len() == 3 && first.is_sorted());
        // Every custodian is drawn for some seed, and left out for another.
        let draws: Vec<_> = (0..40u32).map(|seed| draw(&election, &seed.to_string(), &[1, 2, 3, 4, 5], 3)).collect();
        for number in 1..=5 {
            assert!(draws.iter().any(|d| d.contains(&number)) && draws.iter().any(|d| !d.contains(&number)));
        }
        let other: Vec<_> =
            (0..40u32).map(|seed| draw(&ElectionId([2; 32]), &seed.to_string(), &[1, 2, 3, 4, 5], 3)).collect();
        assert_ne!(draws, other);
    }

    #[test]
    fn lists_of_those_present_are_strict() {
        assert_eq!(parse("1, 3 4", 5), Some(vec![1, 3, 4]));
        for bad in ["0 1", "1 6", "2 1", "1 1", "x"] {
            assert_eq!(parse(bad, 5), None, "{bad}");
        }
    }
}
