//! Voting: each voter's device encrypts, proves and signs; the server checks and promises.
//!
//! The voter opens the mailed link (first half), enters (second half), checks both against the
//! published lists, and casts: over HTTP at a real server ([`live`]), or with the server's part
//! played in this process ([`played`]). Who voted and what was cast are kept apart from the first
//! moment.

pub(crate) mod live;
pub(crate) mod played;

use core::fmt::Write;
use std::collections::BTreeMap;

use escrutinio_core::board::Receipt;
use escrutinio_core::encoding::Encode;
use escrutinio_core::manifest::ContestShape;
use escrutinio_core::text::Text;
use escrutinio_core::verify::Election;
use escrutinio_core::writein::fold;
use escrutinio_driver::{AccessMail, Booth, Sealed};
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;

use super::people;
use super::stage::Stage;
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
    /// Ballots of people, whose choices nobody noted, per contest.
    pub(crate) people: BTreeMap<u32, u64>,
}

/// What one voter's visit leaves: ballots on one side, a mark on the other.
struct Visit {
    list: u32,
    email: String,
    ballots: Vec<Sealed>,
    choices: Vec<(u32, u32)>,
    written: Vec<(u32, String)>,
    receipt: Option<Receipt>,
    audited: Option<Vec<u8>>,
}

/// Who goes to vote: nine of ten, and the first voters all of them, as each marks another option so
/// that each is seen on the acta.
fn goes(election: &Election, number: u32, rng: &mut ChaCha20Rng) -> bool {
    early(election, number) || rng.next_u32().checked_rem(10) != Some(0)
}

fn early(election: &Election, number: u32) -> bool {
    let every = election.shapes.iter().map(|shape| shape.options).max().unwrap_or(0);
    usize::try_from(number).is_ok_and(|number| number <= every)
}

impl Visit {
    /// A voter chooses in every contest of the own style, and the device seals.
    fn prepare(booth: &Booth, email: &str, number: u32, rng: &mut ChaCha20Rng) -> Result<Self, Failure> {
        let election = &booth.record().election;
        let mut visit = Self {
            list: booth.list(),
            email: email.to_owned(),
            ballots: Vec::new(),
            choices: Vec::new(),
            written: Vec::new(),
            receipt: None,
            audited: None,
        };
        for contest in booth.contests() {
            let shape = booth.shape(contest)?;
            if number == 1 && visit.audited.is_none() {
                visit.audited = Some(booth.audit(contest, 0, rng)?.to_bytes());
            }
            let option = if early(election, number) { number.saturating_sub(1) } else { weighted(&shape, rng) };
            let option = option.checked_rem(u32::try_from(shape.options).unwrap_or(u32::MAX)).unwrap_or(0);
            let text = text(&shape, option, rng)?;
            visit.ballots.push(booth.seal(contest, option, text.as_ref(), rng)?);
            visit.choices.push((contest, option));
            visit.written.extend(text.map(|text| (contest, text.expose().to_owned())));
        }
        Ok(visit)
    }
}

/// The access mail of a voter.
fn mail(stage: &Stage, number: u32) -> Result<AccessMail, Failure> {
    mail_text(stage, number).map(|(mail, _)| mail)
}

/// The same, with its text.
pub(crate) fn mail_text(stage: &Stage, number: u32) -> Result<(AccessMail, String), Failure> {
    let path = stage.private("outbox").join("mail").join(format!("{number:07}.eml"));
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    let mail = AccessMail::parse(&text).map_err(|why| Failure::new(format!("{}: {why}", path.display())))?;
    Ok((mail, text))
}

/// What the visits leave is counted, voters and votes each for themselves.
fn leave(stage: &Stage, election: &Election, visits: &[Visit]) -> Result<Voting, Failure> {
    let mut voting = Voting {
        expected: election.shapes.iter().map(|shape| vec![0; shape.options]).collect(),
        marked: election.participation_lines().into_iter().map(|line| (line, 0)).collect(),
        written: BTreeMap::new(),
        voters: Vec::new(),
        people: BTreeMap::new(),
    };
    let people = people_of(stage)?;
    let (mut ballots, mut largest) = (0u64, 0usize);
    for visit in visits {
        for ((contest, option), ballot) in visit.choices.iter().zip(&visit.ballots) {
            let cell = usize::try_from(*contest).ok().and_then(|contest| voting.expected.get_mut(contest));
            if let Some(count) = cell.and_then(|votes| votes.get_mut(usize::try_from(*option).unwrap_or(usize::MAX))) {
                *count = count.saturating_add(1);
            }
            let mark = voting.marked.entry((*contest, visit.list)).or_default();
            *mark = mark.saturating_add(1);
            (ballots, largest) = (ballots.saturating_add(1), largest.max(ballot.bytes.len()));
        }
        for (contest, name) in &visit.written {
            let count = voting.written.entry((*contest, fold(name))).or_default();
            *count = count.saturating_add(1);
        }
        if let Some(person) = people.get(&visit.email) {
            voting.voters.push((person.name.clone(), person.clave.clone()));
        }
        let folder = stage.out.join("voter");
        if let Some(receipt) = &visit.receipt {
            std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
            stage.write(&folder.join("receipt.txt"), receipt.to_string().as_bytes())?;
        }
        if let Some(audited) = &visit.audited {
            std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
            stage.write(&folder.join("audit.bin"), audited)?;
        }
    }
    stage.write(&stage.out.join("expected.json"), expected_json(&voting.expected).as_bytes())?;
    stage.screen.figure("boletas aceptadas", "ballots accepted", ballots);
    stage.screen.figure("bytes por boleta", "bytes a ballot", largest);
    Ok(voting)
}

/// A person of the synthetic roll.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) clave: String,
    pub(crate) phone: String,
}

/// The roll by e-mail address: the roll side's own knowledge, and what each voter knows of the own.
pub(crate) fn people_of(stage: &Stage) -> Result<BTreeMap<String, Person>, Failure> {
    let path = stage.private("roll.csv");
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    Ok(text
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split(',').map(str::to_owned);
            let (name, clave) = (fields.next()?, fields.next()?);
            let (email, phone) = (fields.nth(3)?, fields.next()?);
            Some((email, Person { name, clave, phone }))
        })
        .collect())
}

/// The name that goes with a choice, where the option takes one.
fn text(shape: &ContestShape, option: u32, rng: &mut ChaCha20Rng) -> Result<Option<Text>, Failure> {
    let writes = shape.texts > 0 && shape.write_in == Some(option);
    let text = if writes { people::written(rng) } else { None };
    text.map(|text| Text::normalise(&text, shape.texts)).transpose().map_err(|why| Failure::new(why.to_string()))
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
