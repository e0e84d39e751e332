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
