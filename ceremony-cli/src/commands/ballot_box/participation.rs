//! What the roll side tells when reception has closed: how many voters were marked, and a
//! hash that binds the list of those who voted, which stays private.

use std::path::Path;

use escrutinio_core::encoding::{Decode, Encode};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::hex;
use escrutinio_core::tally::{Marked, Participation};

use super::too_early;
use crate::commands::key::SEAL;
use crate::custody::open_person;
use crate::error::{Result, refused};
use crate::files;
use crate::person::{Role, parse_hex};
use crate::report::Report;
use crate::session::Session;
use crate::source::{self, RecordSource};
use crate::workspace::{Step, Workspace};

/// The participation record.
const PARTICIPATION: &str = "record/participation.bin";

/// Reads lines `<contest> <list> <voters>`.
fn read_marked(path: &Path) -> Result<Vec<Marked>> {
    let text = files::read(path)?;
    let text = String::from_utf8_lossy(&text);
    let mut marked = Vec::new();
    for (line, number) in text.lines().zip(1u64..) {
        let bad = || refused("error.marked", &[("path", &path.display()), ("line", &number)]);
        let mut fields = line.split(' ');
        let mut next = || fields.next().and_then(|field| field.parse::<u64>().ok());
        let (contest, list, voters) = (next(), next(), next());
        let small = |n: Option<u64>| n.and_then(|n| u32::try_from(n).ok()).ok_or_else(bad);
        marked.push(Marked { contest: small(contest)?, list: small(list)?, voters: voters.ok_or_else(bad)? });
        if fields.next().is_some() {
            return Err(bad());
        }
    }
    Ok(marked)
}

/// The list of those who voted holds two columns, name and clave, and its order tells
/// nothing of when they voted (R-REC-01, 06, 07).
fn check_voters(path: &Path, content: &[u8]) -> Result<u64> {
    let mut reader = csv::Reader::from_reader(content);
    let bad = |row: u64| refused("error.voters_list", &[("path", &path.display()), ("row", &row)]);
    let headers = reader.headers().map_err(|_| bad(1))?;
    if headers.iter().ne(["name", "clave"]) {
        return Err(bad(1));
    }
    let mut before: Option<(String, String)> = None;
    let mut count = 0u64;
    for (record, row) in reader.records().zip(2u64..) {
        let record = record.map_err(|_| bad(row))?;
        let (Some(name), Some(clave)) = (record.get(0), record.get(1)) else { return Err(bad(row)) };
        let this = (name.to_owned(), clave.to_owned());
        if before.as_ref().is_some_and(|before| *before >= this) {
            return Err(bad(row));
        }
        before = Some(this);
        count = count.saturating_add(1);
    }
    Ok(count)
}

/// Signs the participation record. Of the list of those who voted only a salted hash and the
/// count are public (R-REC-08); the salt is kept beside the list.
///
/// # Errors
/// If reception has not ended, the key is not the server's, or a file has not its form.
pub fn participation(
    session: &mut Session<'_>,
    workspace: &Workspace,
    secret: &Path,
    marked: &Path,
    voters: &Path,
) -> Result<Report> {
    workspace.read(SEAL, "election seal")?;
    let election = source::sealed(session, &RecordSource::new(workspace))?;
    let now = session.clock.now();
    if now < election.manifest.reception_end() {
        return Err(too_early(election.manifest.reception_end()));
    }
    let server = open_person(session, secret, Role::Server)?;
    if server.key.verifying_key() != election.manifest.server.key {
        return Err(refused("error.official", &[("name", &server.name), ("role", &Role::Server.name())]));
    }
    let content = files::read(voters)?;
    let persons = check_voters(voters, &content)?;
    if !workspace.has(PARTICIPATION) {
        let salt_path = files::with_suffix(voters, ".salt");
        if !salt_path.exists() {
            let mut salt = [0u8; 32];
            session.rng.fill_bytes(&mut salt);
            files::write_secret(&salt_path, hex(&salt).as_bytes())?;
        }
        let salt: [u8; 32] = core::str::from_utf8(&files::read(&salt_path)?)
            .ok()
            .and_then(parse_hex)
            .ok_or_else(|| refused("error.voters_list", &[("path", &salt_path.display()), ("row", &1)]))?;
        let hash = tagged_hash("voters-list", &[&salt, &content]);
        let record = Participation::sign(election.election_id, now, read_marked(marked)?, hash, &server.key);
        let lines: Vec<_> = record.marked.iter().map(|m| (m.contest, m.list)).collect();
        if lines != election.participation_lines() {
            return Err(refused("error.marked", &[("path", &marked.display()), ("line", &lines.len())]));
        }
        workspace.write_new(PARTICIPATION, &record.to_bytes())?;
    }
    let record = Participation::from_bytes(&workspace.read(PARTICIPATION, "box participation")?)
        .map_err(|why| refused("error.decode", &[("path", &PARTICIPATION), ("why", &why)]))?;
    record
        .verify_signature(&election.manifest.server.key)
        .map_err(|why| refused("error.signature", &[("path", &PARTICIPATION), ("why", &why)]))?;
    let step = Step::by_person(&server, "box participation")
        .output(PARTICIPATION)
        .note("persons_on_the_list", persons)
        .note("voters_list", hex(&record.voters_list));
    let already = workspace.finish(session, step)?;
    let marked: u64 = record.marked.iter().map(|m| m.voters).fold(0, u64::saturating_add);
    Ok(Report::new("box participation", already)
        .with("persons", persons)
        .with("marked", marked)
        .with("voters_list", hex(&record.voters_list))
        .with("file", workspace.path(PARTICIPATION).display()))
}
