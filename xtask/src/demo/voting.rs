//! Voting: each voter's device encrypts, proves, signs; the server checks and promises.
//!
//! The voter opens the mailed link (first half), logs in (second half), checks both against the
//! published lists, and casts. Who voted and what was cast are kept apart from the first moment.

use core::fmt::Write;
use std::collections::BTreeMap;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_ceremony::commands::accounts::{self, Account};
use escrutinio_ceremony::person::Person;
use escrutinio_core::ballot::{CastBallot, PlaintextBallot, PreparedBallot, verify_batch};
use escrutinio_core::board::{Receipt, leaf_hash};
use escrutinio_core::credential::{Credential, CredentialLists, IssuedHalf, RollRecord};
use escrutinio_core::encoding::{Decode, Encode};
use escrutinio_core::manifest::ContestShape;
use escrutinio_core::signature::SigningKey;
use escrutinio_core::text::Text;
use escrutinio_core::verify::{self, Election};
use escrutinio_core::writein::fold;
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;
use rayon::prelude::*;

use super::ceremony::SERVER;
use super::people;
use super::stage::{Stage, password};
use crate::shell::Failure;

/// What the demonstration knows when voting is over.
#[derive(Debug)]
pub(crate) struct Voting {
    /// The plaintext tally that it kept aside: votes per contest and option.
    pub(crate) expected: Vec<Vec<u64>>,
    /// Voters marked, per contest and credential list.
    pub(crate) marked: BTreeMap<(u32, u32), u64>,
    /// What was written, in its normal form: votes per contest and folded name.
    pub(crate) written: BTreeMap<(u32, String), u64>,
    /// Name and Clave de Elector of those who voted.
    pub(crate) voters: Vec<(String, String)>,
}

/// What one voter's visit leaves: ballots on one side, a mark on the other.
struct Visit {
    list: u32,
    user: String,
    casts: Vec<(u32, u32, Vec<u8>)>,
    written: Vec<(u32, String)>,
    receipt: Option<Receipt>,
    audited: Option<Vec<u8>>,
}

/// What every voter's device reads, and the server's signing key.
struct Booth<'a> {
    election: Election,
    lists: CredentialLists,
    roll: RollRecord,
    server: SigningKey,
    accounts: BTreeMap<(u32, u32), &'a Account>,
}

/// Every voter on the roll gets a link; nine of ten vote.
pub(crate) fn vote(stage: &mut Stage) -> Result<Voting, Failure> {
    stage
        .screen
        .step("Votación: cada dispositivo cifra, demuestra y firma", "Voting: every device encrypts, proves and signs");
    let bad = |error: &dyn core::fmt::Display| Failure::new(error.to_string());
    let folder = escrutinio_ceremony::source::RecordSource::new(&stage.workspace);
    let (report, election) =
        verify::sealed(&folder, &mut stage.randomness.of("devices", 0), &mut ()).map_err(|error| bad(&error))?;
    let election = election.ok_or_else(|| Failure::new(format!("sealed record: {:?}", report.first_failure())))?;
    let read = |path: &str| {
        let path = stage.record().join(path);
        std::fs::read(&path).map_err(|error| Failure::file(&path, &error))
    };
    let accounts = accounts::open_accounts(&stage.private("server-accounts.sealed"), &password(SERVER))
        .map_err(|error| bad(&error))?;
    let booth = Booth {
        election,
        lists: CredentialLists::from_bytes(&read("credentials/lists.bin")?).map_err(|error| bad(&error))?,
        roll: RollRecord::from_bytes(&read("roll.bin")?).map_err(|error| bad(&error))?,
        server: Person::open(&stage.secret(SERVER), &password(SERVER)).map_err(|error| bad(&error))?.key,
        accounts: accounts.iter().map(|account| ((account.list, account.place), account)).collect(),
    };
    let mail = stage.private("outbox").join("mail");
    let bar = stage.screen.bar(stage.voters.into(), "boletas", "ballots");
    let visits: Vec<Option<Visit>> = (1..=stage.voters)
        .into_par_iter()
        .map(|number| {
            let mut rng = stage.randomness.of("voter", number.into());
            let visit = visit(&booth, &mail, number, &mut rng);
            bar.inc(1);
            visit
        })
        .collect::<Result<_, _>>()?;
    bar.finish_and_clear();
    leave(stage, &booth.election, visits)
}

/// The ballots go to the spool, the marks to the roll side.
fn leave(stage: &Stage, election: &Election, visits: Vec<Option<Visit>>) -> Result<Voting, Failure> {
    let mut voting = Voting {
        expected: election.shapes.iter().map(|shape| vec![0; shape.options]).collect(),
        marked: election.participation_lines().into_iter().map(|line| (line, 0)).collect(),
        written: BTreeMap::new(),
        voters: Vec::new(),
    };
    let claves = claves(stage)?;
    let mut casts: Vec<Vec<u8>> = Vec::new();
    let (mut ballots, mut largest) = (0u64, 0usize);
    for visit in visits.into_iter().flatten() {
        for (contest, option, cast) in visit.casts {
            let cell = usize::try_from(contest).ok().and_then(|contest| voting.expected.get_mut(contest));
            if let Some(count) = cell.and_then(|votes| votes.get_mut(usize::try_from(option).unwrap_or(usize::MAX))) {
                *count = count.saturating_add(1);
            }
            let mark = voting.marked.entry((contest, visit.list)).or_default();
            *mark = mark.saturating_add(1);
            (ballots, largest) = (ballots.saturating_add(1), largest.max(cast.len()));
            casts.push(cast);
        }
        for (contest, name) in visit.written {
            let count = voting.written.entry((contest, fold(&name))).or_default();
            *count = count.saturating_add(1);
        }
        if let Some((name, clave)) = claves.get(&visit.user) {
            voting.voters.push((name.clone(), clave.clone()));
        }
        let folder = stage.out.join("voter");
        if let Some(receipt) = visit.receipt {
            std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
            stage.write(&folder.join("receipt.txt"), receipt.to_string().as_bytes())?;
        }
        if let Some(audited) = visit.audited {
            std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
            stage.write(&folder.join("audit.bin"), &audited)?;
        }
    }
    // By leaf hash: the order of the voters must not stand in the file.
    casts.sort_by_cached_key(|cast| leaf_hash(cast));
    let mut spool = Vec::new();
    for cast in &casts {
        spool.extend_from_slice(&u32::try_from(cast.len()).unwrap_or(u32::MAX).to_le_bytes());
        spool.extend_from_slice(cast);
    }
    stage.write(&stage.private("spool.bin"), &spool)?;
    stage.write(&stage.out.join("expected.json"), expected_json(&voting.expected).as_bytes())?;
    stage.screen.figure("boletas aceptadas", "ballots accepted", ballots);
    stage.screen.figure("bytes por boleta", "bytes a ballot", largest);
    Ok(voting)
}

/// Name and Clave de Elector by e-mail, then by account: the roll side's own knowledge.
fn claves(stage: &Stage) -> Result<BTreeMap<String, (String, String)>, Failure> {
    let path = stage.private("roll.csv");
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    Ok(text
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split(',');
            let (name, clave) = (fields.next()?, fields.next()?);
            let email = fields.nth(3)?;
            Some((email.to_owned(), (name.to_owned(), clave.to_owned())))
        })
        .collect())
}

fn visit(booth: &Booth<'_>, mail: &Path, number: u32, rng: &mut ChaCha20Rng) -> Result<Option<Visit>, Failure> {
    let election = &booth.election;
    // The first voters mark every option once, so that each is seen on the acta.
    let every = election.shapes.iter().map(|shape| shape.options).max().unwrap_or(0);
    let early = usize::try_from(number).is_ok_and(|number| number <= every);
    if !early && rng.next_u32().checked_rem(10) == Some(0) {
        return Ok(None);
    }
    let (credential, account) = credential(booth, mail, number)?;
    let list = credential.list();
    let key = usize::try_from(list)
        .ok()
        .and_then(|list| election.manifest.lists.get(list))
        .ok_or_else(|| Failure::new("no such list"))?;
    let style = usize::try_from(key.style).ok().and_then(|style| election.manifest.styles.get(style));
    let contests = style.map(|style| style.contests.clone()).unwrap_or_default();
    let mut visit = Visit {
        list,
        user: account.email.clone(),
        casts: Vec::new(),
        written: Vec::new(),
        receipt: None,
        audited: None,
    };
    for contest in contests {
        let parameters = usize::try_from(contest)
            .ok()
            .and_then(|contest| election.parameters.get(contest))
            .ok_or_else(|| Failure::new("no such contest"))?;
        let shape = &parameters.shape;
        let ballot = credential.for_ballot();
        let prepare = |rng: &mut ChaCha20Rng, option: u32| -> Result<(PreparedBallot, Option<String>), Failure> {
            let (choice, written) = plaintext(shape, option, rng)?;
            let ballot = PreparedBallot::encrypt(parameters, key.style, key.unit, ballot.key(), choice, rng);
            Ok((ballot, written))
        };
        if number == 1 && visit.audited.is_none() {
            visit.audited = Some(prepare(rng, 0)?.0.audit().to_bytes());
        }
        let option = if early { number.saturating_sub(1) } else { weighted(shape, rng) };
        let option = option.checked_rem(u32::try_from(shape.options).unwrap_or(u32::MAX)).unwrap_or(0);
        let (prepared, written) = prepare(rng, option)?;
        visit.written.extend(written.map(|name| (contest, name)));
        let cast = prepared.cast(&ballot, rng);

        // The server: decode, verify, promise. (Credential and uniqueness: once more at the export.)
        let bytes = cast.to_bytes();
        let received = CastBallot::decode(&bytes, &election.shapes).map_err(|error| Failure::new(error.to_string()))?;
        let base = election.base(list).ok_or_else(|| Failure::new("no such list"))?;
        let listed = election.credential(list, &received.key.bytes).is_some() && received.binding_holds();
        if !listed || verify_batch(parameters, &[(&received, base)], rng).iter().any(Option::is_some) {
            return Err(Failure::new(format!("the ballot of voter {number} is refused")));
        }
        let receipt = Receipt::promise(election.election_id, contest, received.body.tracking_code(), &booth.server);
        if number == 1 {
            visit.receipt.get_or_insert(receipt);
        }
        visit.casts.push((contest, option, bytes));
    }
    Ok(Some(visit))
}

/// Both halves, checked against the published lists.
fn credential<'a>(booth: &'a Booth<'_>, mail: &Path, number: u32) -> Result<(Credential, &'a Account), Failure> {
    let path = mail.join(format!("{number:07}.eml"));
    let bad = |what: &str| Failure::new(format!("{}: {what}", path.display()));
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    let link = text.split_once("https://voto.example/#").ok_or_else(|| bad("no link"))?.1;
    let fragment = link.split_whitespace().next().unwrap_or_default();
    let (half, _token) = fragment.split_once('.').ok_or_else(|| bad("no token in the link"))?;
    let half = Base64UrlUnpadded::decode_vec(half).map_err(|_| bad("the half is not base64"))?;
    let first = IssuedHalf::from_bytes(&half).map_err(|error| bad(&error.to_string()))?;
    let account = *booth.accounts.get(&(first.list(), first.place())).ok_or_else(|| bad("no account"))?;
    let half = account.half.as_deref().and_then(bytes_of).ok_or_else(|| bad("no second half"))?;
    let second = IssuedHalf::from_bytes(&half).map_err(|error| bad(&error.to_string()))?;
    let manifest = &booth.election.manifest;
    let issuers = (&manifest.registrar.key, &manifest.server.key);
    let credential = Credential::combine(&first, &second, issuers, &booth.roll.roll_id(), &booth.lists)
        .map_err(|error| bad(&error.to_string()))?;
    Ok((credential, account))
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// A choice, and the name that goes with it.
fn plaintext(
    shape: &ContestShape,
    option: u32,
    rng: &mut ChaCha20Rng,
) -> Result<(PlaintextBallot, Option<String>), Failure> {
    let bad = |error: &dyn core::fmt::Display| Failure::new(error.to_string());
    let writes = shape.texts > 0 && shape.write_in == Some(option);
    let text = if writes { people::written(rng) } else { None };
    let text = text.map(|text| Text::normalise(&text, shape.texts)).transpose().map_err(|error| bad(&error))?;
    let blocks = text.as_ref().map(|text| text.to_blocks(shape.texts)).transpose().map_err(|error| bad(&error))?;
    let choice = PlaintextBallot::new(shape, option, blocks).map_err(|error| bad(&error))?;
    Ok((choice, text.map(|text| text.expose().to_owned())))
}

/// A synthetic choice: first options often, the last ones seldom.
fn weighted(shape: &ContestShape, rng: &mut ChaCha20Rng) -> u32 {
    let options = u32::try_from(shape.options).unwrap_or(u32::MAX);
    let mut draw = || rng.next_u32().checked_rem(options).unwrap_or(0);
    let (a, b, writes) = (draw(), draw(), draw());
    match shape.write_in {
        // Where names are captured, enough of them that some can be shown.
        Some(option) if shape.texts > 0 && writes == 0 => option,
        _ => a.min(b),
    }
}

fn expected_json(expected: &[Vec<u64>]) -> String {
    let mut out = String::from("{\"contests\": [");
    for (number, votes) in expected.iter().enumerate() {
        let list = votes.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let total: u64 = votes.iter().sum();
        let comma = if number == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(out, "{comma}\n  {{\"contest\": {number}, \"votes\": [{list}], \"total\": {total}}}");
    }
    out.push_str("\n]}\n");
    out
}
