//! Orders and neighbours that bytes on a disk betray: offsets, pages, write-ahead logs, file times.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rayon::prelude::*;

use super::needles::{Hit, Needles};
use super::statistics::Claim;
use crate::shell::Failure;

/// How near a voter must stand to be beside a ballot: a page of a database.
const NEAR: usize = 4096;
/// Pages of SQLite and of PostgreSQL.
const PAGES: [usize; 2] = [4096, 8192];

/// What the attacker looks for.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Parts of the ballots of the board, by their place.
    pub(crate) ballots: Needles,
    /// How many ballots there are.
    pub(crate) count: usize,
    /// What identifies a voter, by the place in the order of voting.
    pub(crate) voters: Needles,
}

/// Bytes that were written one after the other: a file, or the segments of a log.
struct Stream {
    name: String,
    files: Vec<PathBuf>,
}

/// Every claim that the files below a folder support; of clusters only what was changed `since` then.
pub(crate) fn claims(
    folder: &Path,
    wanted: &Wanted,
    since: Option<SystemTime>,
) -> Result<Vec<(String, Claim)>, Failure> {
    let streams = streams(folder, since)?;
    let found: Result<Vec<_>, Failure> = streams.par_iter().map(|stream| of_stream(stream, wanted)).collect();
    let mut claims: Vec<_> = found?.into_iter().flatten().collect();
    claims.extend(times(folder, wanted)?);
    Ok(claims)
}

fn of_stream(stream: &Stream, wanted: &Wanted) -> Result<Vec<(String, Claim)>, Failure> {
    let (mut bytes, mut claims) = (Vec::new(), Vec::new());
    for file in &stream.files {
        bytes.extend(std::fs::read(file).map_err(|error| Failure::file(file, &error))?);
    }
    of_bytes(&stream.name, &bytes, wanted, &mut claims);
    Ok(claims)
}

fn of_bytes(name: &str, bytes: &[u8], wanted: &Wanted, claims: &mut Vec<(String, Claim)>) {
    let hits = wanted.ballots.find(bytes);
    if hits.is_empty() {
        return;
    }
    let mut parts: Vec<u8> = hits.iter().map(|hit| hit.part).collect();
    parts.sort_unstable();
    parts.dedup();
    // A tree in order of hashes may stand before the ballots in order of time: part by part.
    for part in &parts {
        let here: Vec<Hit> = hits.iter().filter(|hit| hit.part == *part).copied().collect();
        orders(&format!("{name}: part {part}"), &here, wanted.count, claims);
    }
    if parts.len() > 1 {
        orders(name, &hits, wanted.count, claims);
    }
    let voters = wanted.voters.find(bytes);
    for (what, [before, after]) in [("before", [true, false]), ("after", [false, true]), ("beside", [true, true])] {
        let who = neighbours(&hits, &voters, wanted.count, before, after);
        if who.iter().any(Option::is_some) {
            claims.push((format!("{name}: voters {what} ballots"), Claim::Beside(who)));
        }
    }
}

fn orders(name: &str, hits: &[Hit], count: usize, claims: &mut Vec<(String, Claim)>) {
    let mut first = vec![None; count];
    let mut last = vec![None; count];
    for hit in hits {
        let at = u64::try_from(hit.at).ok();
        if let Some(first) = first.get_mut(hit.thing) {
            *first = first.or(at);
        }
        if let Some(last) = last.get_mut(hit.thing) {
            *last = at;
        }
    }
    if !several(&first) {
        return;
    }
    for page in PAGES {
        claims.push((format!("{name}: pages of {page}, rows from their ends"), Claim::Order(backwards(&first, page))));
    }
    claims.push((format!("{name}: first offset"), Claim::Order(first)));
    claims.push((format!("{name}: last offset"), Claim::Order(last)));
}

pub(crate) fn several(keys: &[Option<u64>]) -> bool {
    keys.iter().flatten().count() > 1
}

/// Pages in their order, but what stands in a page from its end: there both databases begin.
fn backwards(offsets: &[Option<u64>], page: usize) -> Vec<Option<u64>> {
    let page = u64::try_from(page).unwrap_or(u64::MAX);
    let turn = |at: u64| {
        let within = at.checked_rem(page).unwrap_or(0);
        at.saturating_sub(within).saturating_add(page.saturating_sub(within))
    };
    offsets.iter().map(|offset| offset.map(turn)).collect()
}

/// The nearest voter of every ballot, over all places where it stands, of those before or after it.
fn neighbours(ballots: &[Hit], voters: &[Hit], count: usize, before: bool, after: bool) -> Vec<Option<usize>> {
    let mut nearest: Vec<Option<(usize, usize)>> = vec![None; count];
    for hit in ballots {
        let next = voters.partition_point(|voter| voter.at < hit.at);
        let around = [next.checked_sub(1).filter(|_| before), Some(next).filter(|_| after)];
        for voter in around.into_iter().flatten().filter_map(|place| voters.get(place)) {
            let distance = voter.at.abs_diff(hit.at);
            let Some(best) = nearest.get_mut(hit.thing) else { continue };
            if distance <= NEAR && best.is_none_or(|(so_far, _)| distance < so_far) {
                *best = Some((distance, voter.thing));
            }
        }
    }
    nearest.into_iter().map(|best| best.map(|(_, voter)| voter)).collect()
}

/// Files that hold one ballot each, by the time of their last change.
fn times(folder: &Path, wanted: &Wanted) -> Result<Option<(String, Claim)>, Failure> {
    let mut keys = vec![None; wanted.count];
    for file in walk(folder)? {
        let fault = |error| Failure::file(&file, &error);
        let metadata = file.metadata().map_err(fault)?;
        if metadata.len() > 16_384 {
            continue;
        }
        let mut found: Vec<usize> =
            wanted.ballots.find(&std::fs::read(&file).map_err(fault)?).iter().map(|hit| hit.thing).collect();
        found.dedup();
        let changed = metadata.modified().map_err(fault)?.duration_since(UNIX_EPOCH).unwrap_or_default();
        if let [one] = found.as_slice()
            && let Some(key) = keys.get_mut(*one)
        {
            *key = u64::try_from(changed.as_nanos()).ok();
        }
    }
    Ok(several(&keys).then(|| ("times of files".to_owned(), Claim::Order(keys))))
}

/// Every file below a folder, sorted.
pub(crate) fn walk(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| Failure::file(&folder, &error))? {
            let entry = entry.map_err(|error| Failure::file(&folder, &error))?;
            let kind = entry.file_type().map_err(|error| Failure::file(&entry.path(), &error))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// One stream a file. But the segments of PostgreSQL's log are one, and so are the instance's own files whose names
/// differ by numbers only, in the order of their names: they say the same more than once, and their number differs.
fn streams(folder: &Path, since: Option<SystemTime>) -> Result<Vec<Stream>, Failure> {
    let mut streams: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for file in walk(folder)? {
        let changed =
            file.metadata().and_then(|known| known.modified()).map_err(|error| Failure::file(&file, &error))?;
        let of_cluster = file
            .strip_prefix(folder)
            .is_ok_and(|file| file.starts_with("postgres-roll") || file.starts_with("postgres-box"));
        if of_cluster && since.is_some_and(|since| changed < since) {
            continue;
        }
        let parent = file.parent().unwrap_or(folder);
        let at = if parent.ends_with("pg_wal") { parent } else { file.as_path() };
        let name = at.strip_prefix(folder).unwrap_or(at).display().to_string();
        let own = name.starts_with("data/") && !name.contains(".db");
        streams.entry(if own { without_numbers(&name) } else { name }).or_default().push(file);
    }
    Ok(streams.into_iter().map(|(name, files)| Stream { name, files }).collect())
}

/// The same with `#` in the place of every number.
fn without_numbers(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c {
            '0'..='9' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::needles::Words;
    use super::*;

    fn wanted() -> Wanted {
        let (mut ballots, mut voters) = (Words::default(), Words::default());
        for thing in 0..3usize {
            let letter = char::from(b'a'.saturating_add(u8::try_from(thing).unwrap_or(0)));
            ballots.add_spelled(thing, 0, format!("ballot number {letter}").as_bytes());
            voters.add_spelled(thing, 0, format!("voter number {letter}").as_bytes());
        }
        Wanted { ballots: ballots.needles(), count: 3, voters: voters.needles() }
    }

    #[test]
    fn names_without_numbers() {
        assert_eq!(without_numbers("data/board/tile/entries/x012.p/37"), "data/board/tile/entries/x#.p/#");
    }

    #[test]
    fn offsets_pages_and_neighbours() {
        let mut claims = Vec::new();
        let text = b"voter number c ballot number b..ballot number a. voter number b".as_slice();
        of_bytes("f", text, &wanted(), &mut claims);
        let find = |end: &str| claims.iter().find(|(name, _)| name.ends_with(end)).map(|(_, claim)| claim);
        assert!(matches!(find("first offset"), Some(Claim::Order(keys)) if keys == &[Some(32), Some(15), None]));
        assert!(matches!(find("beside ballots"), Some(Claim::Beside(who)) if who == &[Some(1), Some(2), None]));
        assert!(matches!(find("before ballots"), Some(Claim::Beside(who)) if who == &[Some(2), Some(2), None]));
        assert!(matches!(find("after ballots"), Some(Claim::Beside(who)) if who == &[Some(1), Some(1), None]));
        assert!(matches!(find("pages of 4096, rows from their ends"),
            Some(Claim::Order(keys)) if keys == &[Some(4064), Some(4081), None]));
        // One ballot alone has no order.
        let mut claims = Vec::new();
        of_bytes("f", b"voter number c ballot number b", &wanted(), &mut claims);
        let [(_, Claim::Beside(before)), (_, Claim::Beside(beside))] = claims.as_slice() else { panic!("{claims:?}") };
        assert_eq!((before.as_slice(), beside.as_slice()), ([None, Some(2), None].as_slice(), before.as_slice()));
    }
}
