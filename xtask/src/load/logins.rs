//! Logins: user name and password, code.

use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use super::figures::{Figures, bar};
use crate::lab::election::Election;
use crate::lab::voters::{Entered, Way};
use crate::shell::Failure;

/// Logs voters in, each once, and keeps their new sessions.
pub(crate) async fn measure(
    election: &Arc<Election>,
    way: &Way,
    entered: &mut Vec<Entered>,
    seconds: u64,
) -> Result<Figures, Failure> {
    let progress = bar(u64::try_from(entered.len()).unwrap_or(0), "logins");
    let queue = Arc::new(tokio::sync::Mutex::new(core::mem::take(entered)));
    let start = Instant::now();
    let end = start + Duration::from_secs(seconds);
    let mut workers = JoinSet::new();
    for number in 0..way.devices {
        let (queue, way, election, progress) =
            (Arc::clone(&queue), way.clone(), Arc::clone(election), progress.clone());
        workers.spawn(async move {
            let (mut figures, mut done) = (Figures::default(), Vec::new());
            while Instant::now() < end {
                let Some(mut voter) = queue.lock().await.pop() else { break };
                match one(&election, &way, number, &mut voter).await {
                    Ok(took) => figures.success(took),
                    Err(why) => figures.fault(why.to_string()),
                }
                done.push(voter);
                progress.inc(1);
            }
            (figures, done)
        });
    }
    let mut all = Figures::default();
    while let Some(worker) = workers.join_next().await {
        let (figures, done) = worker.map_err(|why| Failure::new(why.to_string()))?;
        all.add(figures);
        entered.extend(done);
    }
    let took = start.elapsed();
    progress.finish_and_clear();
    entered.append(&mut *queue.lock().await);
    entered.sort_unstable_by_key(|one| one.voter);
    Ok(all.end(took))
}

async fn one(election: &Election, way: &Way, number: usize, voter: &mut Entered) -> Result<Duration, Failure> {
    let password = election.voters.get(voter.voter).map(|voter| voter.password.as_str()).unwrap_or_default();
    let api = way.api(number)?;
    let now = || way.clock.now();
    let begun = Instant::now();
    voter.session = voter.device.login(api, &way.phones, &now, password).await?;
    Ok(begun.elapsed())
}
