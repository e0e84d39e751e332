//! Casts over connections that are kept.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use super::Options;
use super::figures::{Figures, bar};
use crate::lab::voters::Entered;
use crate::lab::wire::Wire;
use crate::shell::Failure;

/// One ballot on its way: everything that is sent.
type Request = Vec<u8>;

/// Casts until the ballots or the time are used up.
pub(crate) async fn measure(
    url: &str,
    entered: &[Entered],
    ballots: &[Vec<Vec<u8>>],
    options: &Options,
) -> Result<Figures, Failure> {
    let wire = Wire::new(url);
    let contests = usize::try_from(options.contests).unwrap_or(1);
    let mut requests: Vec<Request> = Vec::new();
    // Contest by contest, so that one voter's ballots come far apart.
    for contest in 0..contests {
        for voter in entered {
            let ballot = ballots.get(voter.voter).and_then(|of_one| of_one.get(contest));
            let ballot = ballot.ok_or_else(|| Failure::new("a ballot is missing"))?;
            let token = Some(voter.session.expose_token());
            requests.push(wire.post("/api/v1/session/ballots", token, "application/octet-stream", ballot));
        }
    }
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let progress = bar(u64::try_from(requests.len()).unwrap_or(0), "casts");
    let start = Instant::now();
    let end = start + Duration::from_secs(options.seconds);
    let mut workers = JoinSet::new();
    for _ in 0..options.connections {
        let (requests, next, rate, progress) =
            (Arc::clone(&requests), Arc::clone(&next), options.rate, progress.clone());
        let mut wire = Wire::new(url);
        workers.spawn(async move {
            let mut figures = Figures::default();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(request) = requests.get(number) else { return figures };
                // With a rate, waiting for a free connection is part of what the voter waits.
                let due = rate.map(|rate| start + Duration::from_secs_f64(number_of(number) / f64::from(rate)));
                if let Some(due) = due {
                    tokio::time::sleep_until(due.into()).await;
                }
                let begun = due.unwrap_or_else(Instant::now);
                if begun >= end {
                    return figures;
                }
                match wire.ask(request).await {
                    Ok(reply) if reply.status == 200 && reply.body.starts_with(b"escrutinio/receipt/v1\n") => {
                        figures.success(begun.elapsed());
                    }
                    Ok(reply) => figures.fault(format!("{} {}", reply.status, String::from_utf8_lossy(&reply.body))),
                    Err(why) => figures.fault(why.to_string()),
                }
                progress.inc(1);
            }
        });
    }
    let mut all = Figures::default();
    while let Some(figures) = workers.join_next().await {
        all.add(figures.map_err(|why| Failure::new(why.to_string()))?);
    }
    let took = start.elapsed();
    progress.finish_and_clear();
    Ok(all.end(took))
}

fn number_of(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
