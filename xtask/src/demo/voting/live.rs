//! Voting over HTTP at a real server: link, digits, factor, password, ballot, promise.

use std::collections::BTreeMap;
use std::sync::Arc;

use escrutinio_driver::{Api, Booth, Device, Factor, FirstAccess, Outbox, PublishedRecord};
use indicatif::ProgressBar;
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Person, Visit, Voting, goes, leave, mail, people_of};
use crate::demo::stage::Stage;
use crate::lab::clock::ClockFile;
use crate::shell::Failure;

/// Devices at work side by side. Each derives a key of 19 MiB.
const DEVICES: usize = 24;
/// How often the same bytes are sent before a voter gives up.
const TRIES: u32 = 20;

/// Where the voters go.
#[derive(Debug)]
pub(crate) struct Polls {
    /// Every instance.
    pub(crate) apis: Vec<Api>,
    /// Where the server's messages to phones lie.
    pub(crate) phones: Arc<Outbox>,
    /// The time of the demonstration.
    pub(crate) clock: ClockFile,
}

/// What every device has.
struct Scene {
    polls: Polls,
    record: Arc<PublishedRecord>,
    people: BTreeMap<String, Person>,
}

/// Every voter on the roll gets a link; nine of ten vote.
pub(crate) async fn vote(stage: &mut Stage, polls: Polls, bar: ProgressBar) -> Result<Voting, Failure> {
    let expected = stage.election_id()?;
    let api = polls.apis.first().ok_or_else(|| Failure::new("no server"))?;
    let record = PublishedRecord::fetch(api, &expected, &mut stage.randomness.of("devices", 0)).await?;
    // People come first in the roll, and for themselves.
    let present = stage.present();
    let scene = Arc::new(Scene { polls, record: Arc::new(record), people: people_of(stage)? });
    let (mut tasks, seats) = (JoinSet::new(), Arc::new(Semaphore::new(DEVICES)));
    for number in 1..=stage.voters.saturating_sub(present) {
        let mut rng = stage.randomness.of("voter", number.into());
        if !goes(&scene.record.election, number, &mut rng) {
            bar.inc(1);
            continue;
        }
        let seat = Arc::clone(&seats).acquire_owned().await.map_err(|why| Failure::new(why.to_string()))?;
        let (scene, mail, bar) = (Arc::clone(&scene), mail(stage, number.saturating_add(present))?, bar.clone());
        tasks.spawn(async move {
            let visit = visit(&scene, number, &mail, &mut rng).await;
            bar.inc(1);
            drop(seat);
            visit.map_err(|why| Failure::new(format!("voter {number}: {why}")))
        });
    }
    let mut visits = Vec::new();
    while let Some(done) = tasks.join_next().await {
        visits.push(done.map_err(|why| Failure::new(why.to_string()))??);
    }
    bar.finish_and_clear();
    leave(stage, &scene.record.election, &visits)
}

async fn visit(
    scene: &Scene,
    number: u32,
    mail: &escrutinio_driver::AccessMail,
    rng: &mut ChaCha20Rng,
) -> Result<Visit, Failure> {
    let person = scene.people.get(&mail.to).ok_or_else(|| Failure::new("nobody on the roll has this address"))?;
    let apis = &scene.polls.apis;
    let any = |rng: &mut ChaCha20Rng| {
        let place = usize::try_from(rng.next_u32()).unwrap_or(0).checked_rem(apis.len()).unwrap_or(0);
        apis.get(place).cloned().ok_or_else(|| Failure::new("no server"))
    };
    let password = format!("contraseña propia {number}");
    // Most have an authenticator, some only a telephone.
    let factor = if rng.next_u32().checked_rem(5) == Some(0) { Factor::Sms } else { Factor::Totp };
    let access = FirstAccess { mail, phone: &person.phone, password: &password, factor, cost: None };
    let clock = scene.polls.clock.clone();
    let now = move || clock.now();
    let (device, session) = Device::first_access(&any(rng)?, &scene.polls.phones, &now, &access, rng).await?;
    // The half that lies sealed on the device, not the link, is what the ballot is made with.
    let first = device.half(&any(rng)?, &password).await?;
    let booth = Booth::enter(Arc::clone(&scene.record), &first, &session.half().await?)?;
    let mut visit = Visit::prepare(&booth, &mail.to, number, rng)?;
    for ballot in &visit.ballots {
        let at = session.at(any(rng)?);
        let receipt = at.cast_until_promised(ballot, &booth, TRIES).await?;
        if number == 1 {
            visit.receipt.get_or_insert(receipt);
        }
    }
    session.logout().await?;
    Ok(visit)
}
