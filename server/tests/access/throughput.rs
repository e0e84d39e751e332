//! How many voters come in within a second. `cargo test --release --test access -- --ignored --nocapture logins`

use std::sync::Arc;
use std::time::{Duration, Instant};

use escrutinio_server::access::api::*;
use escrutinio_server::testing::Databases;

use crate::world::*;

/// User name, password, choice, code: as many voters at once as a busy server has.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes half a minute; the figure is in server/OPERATING.md"]
async fn logins_a_second() {
    const VOTERS: u32 = 2_000;
    for databases in Databases::all().await {
        let kind = databases.backend();
        let mut world = World::new(databases, VOTERS).await;
        // First access is not what is measured: passwords and authenticators are written to the rows.
        let seed = [9; 20];
        let rows: Vec<_> = world
            .voters
            .iter()
            .map(|voter| {
                let auth = [&voter.auth[..], voter.user.as_bytes()];
                let auth = escrutinio_core::hash::tagged_hash("auth-hash", &auth);
                let place = escrutinio_server::store::roll::aad("totp", voter.account);
                (voter.account, auth, world.keys.roll().seal(&place, &seed, &mut escrutinio_server::random::system()))
            })
            .collect();
        let write = world.store.roll.run(move |c| {
            Box::pin(async move {
                for (account, auth, totp) in rows {
                    let statement = "UPDATE accounts SET auth = $2, totp = $3, token = NULL WHERE account = $1";
                    sqlx::query(statement).bind(account).bind(auth.to_vec()).bind(totp).execute(&mut *c).await?;
                }
                Ok(())
            })
        });
        write.await.unwrap();
        world.voters.iter_mut().for_each(|voter| voter.seed = Some(seed));
        let world = Arc::new(world);
        let start = Instant::now();
        let mut times = Vec::new();
        for voters in (0..VOTERS as usize).collect::<Vec<_>>().chunks(256) {
            let logins: Vec<_> = voters
                .iter()
                .map(|number| {
                    let (world, number) = (Arc::clone(&world), *number);
                    tokio::spawn(async move {
                        let start = Instant::now();
                        world.login(&world.voters[number], Factor::Totp).await.unwrap();
                        start.elapsed()
                    })
                })
                .collect();
            for login in logins {
                times.push(login.await.unwrap());
            }
        }
        let took = start.elapsed();
        times.sort();
        let rate = f64::from(VOTERS) / took.as_secs_f64();
        let p99 = times[times.len() * 99 / 100];
        println!("{kind:?}: {rate:.0} logins/s, p99 {p99:?} with 256 at once");
        assert!(rate > 300.0 && p99 < Duration::from_secs(2));
    }
}

/// How long a refusal takes for an account that there is, and for one that there is not.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures time, which a busy machine spoils"]
async fn refusals_take_the_same_time() {
    const ROUNDS: usize = 400;
    for databases in Databases::all().await {
        let kind = databases.backend();
        let mut world = World::new(databases, 3).await;
        world.enrol(0, Factor::Sms).await;
        let known = world.voters[0].user.clone();
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..ROUNDS {
            // A lock would make the account one that is locked: that is compared elsewhere.
            if round % 4 == 0 {
                world.access.unlock(&known).await.unwrap();
            }
            for (user, times) in [known.clone(), format!("2345f-6789c-9{round:04}")].iter().zip(&mut times) {
                let start = Instant::now();
                world.login_auth(user, &[0; 32]).await.unwrap_err();
                times.push(start.elapsed());
            }
        }
        let medians = times.map(|mut times| {
            times.sort();
            times[ROUNDS / 2].as_secs_f64() * 1e6
        });
        println!(
            "{kind:?}: median {:.0} us where there is an account, {:.0} us where there is none",
            medians[0], medians[1]
        );
        assert!((medians[0] / medians[1] - 1.0).abs() < 0.25);
    }
}
