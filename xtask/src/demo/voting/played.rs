//! The server's part, played in this process: no sockets, no databases.

use std::collections::BTreeMap;
use std::sync::Arc;

use escrutinio_ceremony::commands::accounts;
use escrutinio_ceremony::source::RecordSource;
use escrutinio_core::ballot::{CastBallot, verify_batch};
use escrutinio_core::board::{Receipt, leaf_hash};
use escrutinio_core::credential::{CredentialLists, IssuedHalf, RollRecord};
use escrutinio_core::encoding::Decode;
use escrutinio_core::signature::SigningKey;
use escrutinio_core::verify::{self, Election};
use escrutinio_driver::{Booth, PublishedRecord, Sealed};
use escrutinio_sealed::{Account, Person};
use rand_chacha::ChaCha20Rng;
use rayon::prelude::*;

use super::{Visit, Voting, goes, leave, mail};
use crate::demo::ceremony::SERVER;
use crate::demo::stage::{Stage, password};
use crate::shell::{Failure, Outcome};

/// What every device reads, and what the server holds.
struct Scene<'a> {
    record: Arc<PublishedRecord>,
    server: SigningKey,
    accounts: BTreeMap<(u32, u32), &'a Account>,
}

/// Every voter on the roll gets a link; nine of ten vote.
pub(crate) fn vote(stage: &mut Stage) -> Result<Voting, Failure> {
    stage
        .screen
        .step("Votación: cada dispositivo cifra, demuestra y firma", "Voting: every device encrypts, proves and signs");
    let bad = |error: &dyn core::fmt::Display| Failure::new(error.to_string());
    let accounts = accounts::open_accounts(&stage.private("server-accounts.sealed"), &password(SERVER))
        .map_err(|error| bad(&error))?;
    let scene = Scene {
        record: Arc::new(record(stage)?),
        server: Person::open(&stage.secret(SERVER), &password(SERVER)).map_err(|error| bad(&error))?.key,
        accounts: accounts.iter().map(|account| ((account.list, account.place), account)).collect(),
    };
    let bar = stage.screen.bar(stage.voters.into(), "boletas", "ballots");
    let visits: Vec<Option<Visit>> = (1..=stage.voters)
        .into_par_iter()
        .map(|number| {
            let mut rng = stage.randomness.of("voter", number.into());
            let visit = visit(stage, &scene, number, &mut rng);
            bar.inc(1);
            visit
        })
        .collect::<Result<_, _>>()?;
    bar.finish_and_clear();
    let visits: Vec<Visit> = visits.into_iter().flatten().collect();
    spool(stage, &visits)?;
    leave(stage, &scene.record.election, &visits)
}

/// The sealed record, read from the folder and verified.
fn record(stage: &Stage) -> Result<PublishedRecord, Failure> {
    let bad = |error: &dyn core::fmt::Display| Failure::new(error.to_string());
    let folder = RecordSource::new(&stage.workspace);
    let (report, election) =
        verify::sealed(&folder, &mut stage.randomness.of("devices", 0), &mut ()).map_err(|error| bad(&error))?;
    let election = election.ok_or_else(|| Failure::new(format!("sealed record: {:?}", report.first_failure())))?;
    let read = |path: &str| {
        let path = stage.record().join(path);
        std::fs::read(&path).map_err(|error| Failure::file(&path, &error))
    };
    Ok(PublishedRecord {
        election,
        lists: CredentialLists::from_bytes(&read("credentials/lists.bin")?).map_err(|error| bad(&error))?,
        roll: RollRecord::from_bytes(&read("roll.bin")?).map_err(|error| bad(&error))?,
    })
}

fn visit(stage: &Stage, scene: &Scene<'_>, number: u32, rng: &mut ChaCha20Rng) -> Result<Option<Visit>, Failure> {
    let election = &scene.record.election;
    if !goes(election, number, rng) {
        return Ok(None);
    }
    let mail = mail(stage, number)?;
    let first = mail.link.half()?;
    let account = scene.accounts.get(&(first.list(), first.place())).ok_or_else(|| Failure::new("no account"))?;
    let half = account.half.as_deref().and_then(bytes_of).ok_or_else(|| Failure::new("no second half"))?;
    let second = IssuedHalf::from_bytes(&half).map_err(|why| Failure::new(why.to_string()))?;
    let booth = Booth::enter(Arc::clone(&scene.record), &first, &second)?;
    let mut visit = Visit::prepare(&booth, &mail.to, number, rng)?;
    for ballot in &visit.ballots {
        let receipt = accept(election, &scene.server, booth.list(), ballot, rng)
            .map_err(|why| Failure::new(format!("the ballot of voter {number} is refused: {why}")))?;
        if number == 1 {
            visit.receipt.get_or_insert(receipt);
        }
    }
    Ok(Some(visit))
}

/// The server: decode, verify, promise. (Uniqueness: once more at the export.)
fn accept(
    election: &Election,
    server: &SigningKey,
    list: u32,
    ballot: &Sealed,
    rng: &mut ChaCha20Rng,
) -> Result<Receipt, Failure> {
    let received = CastBallot::decode(&ballot.bytes, &election.shapes).map_err(|why| Failure::new(why.to_string()))?;
    let at = usize::try_from(ballot.contest).ok();
    let parameters = at.and_then(|contest| election.parameters.get(contest));
    let (Some(parameters), Some(base)) = (parameters, election.base(list)) else {
        return Err(Failure::new("no such contest or list"));
    };
    let listed = election.credential(list, &received.key.bytes).is_some() && received.binding_holds();
    if !listed || verify_batch(parameters, &[(&received, base)], rng).iter().any(Option::is_some) {
        return Err(Failure::new("it does not hold"));
    }
    Ok(Receipt::promise(election.election_id, ballot.contest, ballot.code, server))
}

/// The ballots in one file, as the ceremony tool takes them.
fn spool(stage: &Stage, visits: &[Visit]) -> Outcome {
    let mut casts: Vec<&[u8]> =
        visits.iter().flat_map(|visit| &visit.ballots).map(|ballot| ballot.bytes.as_slice()).collect();
    // By leaf hash: the order of the voters must not stand in the file.
    casts.sort_by_cached_key(|cast| leaf_hash(cast));
    let mut spool = Vec::new();
    for cast in casts {
        spool.extend_from_slice(&u32::try_from(cast.len()).unwrap_or(u32::MAX).to_le_bytes());
        spool.extend_from_slice(cast);
    }
    stage.write(&stage.private("spool.bin"), &spool)
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
