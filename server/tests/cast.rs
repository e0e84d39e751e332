//! The act of casting (R-CAST), on both kinds of database.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what the tests share; they fail where it panics"
)]

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::Arc;

use escrutinio_core::ballot::CastBallot;
use escrutinio_core::board::Receipt;
use escrutinio_core::encoding::Encode;
use escrutinio_core::group::Scalar;
use escrutinio_core::secret::SecretScalar;
use escrutinio_core::testing::forgery::Forgery;
use escrutinio_core::text::Text;
use escrutinio_server::access::session::VoterSession;
use escrutinio_server::cast::Step;
use escrutinio_server::phase::Facts;
use escrutinio_server::random;
use escrutinio_server::refusal::{Refusal, Wait};
use escrutinio_server::store::{Database, Store};
use escrutinio_server::testing::{Databases, Fixture, Running};
use sqlx::Row;

async fn count(database: &Database, statement: &'static str) -> i64 {
    sqlx::query(statement).fetch_one(&mut *database.read().await.unwrap()).await.unwrap().get(0)
}

/// Marks, ballots, intents.
async fn counts(store: &Store) -> (i64, i64, i64) {
    (
        count(&store.roll, "SELECT count(*) FROM marks").await,
        count(&store.ballots, "SELECT count(*) FROM ballots").await,
        count(&store.roll, "SELECT count(*) FROM intents").await,
    )
}

/// Waits until every act is finished.
async fn settle(running: &Running) {
    for _ in 0..200 {
        if running.cast.is_idle().await.unwrap() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("an act stays unfinished");
}

/// A ballot whose author chooses everything.
fn forgery(fixture: &Fixture, voter: usize, option: u32, seed: u64) -> Forgery<'_> {
    let VoterSession { list, place, .. } = fixture.voters[voter];
    let [first, second] = fixture.rehearsal.expose_halves(list, place);
    let election = &fixture.election.election;
    let key = election.manifest.lists[usize::try_from(list).unwrap()];
    let secret = SecretScalar::new(first.expose() + second.expose());
    let forgery = Forgery::new(&election.parameters[0], (key.style, key.unit), secret, option, seed);
    Forgery { base: *election.base(list).unwrap(), ..forgery }
}

fn cast(
    fixture: &Fixture,
    running: &Running,
    voter: usize,
    ballot: &[u8],
) -> tokio::task::JoinHandle<Result<Receipt, Refusal>> {
    let (service, voter, ballot) = (Arc::clone(&running.cast), fixture.voters[voter].clone(), ballot.to_vec());
    let at = voter.start + 1;
    tokio::spawn(async move { service.cast(&voter, ballot, at).await })
}

async fn try_cast(fixture: &Fixture, running: &Running, voter: usize, ballot: &[u8]) -> Result<Receipt, Refusal> {
    cast(fixture, running, voter, ballot).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_01_of_a_hundred_parallel_casts_one_is_accepted() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let running = fixture.start().await;
        let ballots: Vec<Vec<u8>> = (0..100).map(|n| fixture.ballot(0, 0, n % 3)).collect();
        let casts: Vec<_> = ballots.iter().map(|ballot| cast(&fixture, &running, 0, ballot)).collect();
        let mut accepted = 0;
        for answer in casts {
            match answer.await.unwrap() {
                Ok(_) => accepted += 1,
                Err(refusal) => assert!([Refusal::AlreadyVoted, Refusal::BUSY].contains(&refusal), "{refusal:?}"),
            }
        }
        assert_eq!(accepted, 1);
        settle(&running).await;
        assert_eq!(counts(&running.store).await, (1, 1, 0));
        // Whichever it was, every other is refused from now on.
        let mut again = 0;
        for ballot in &ballots {
            match try_cast(&fixture, &running, 0, ballot).await {
                Ok(_) => again += 1,
                Err(refusal) => assert_eq!(refusal, Refusal::AlreadyVoted),
            }
        }
        assert_eq!(again, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_10_a_retry_gets_the_same_receipt_and_adds_nothing() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let running = fixture.start().await;
        let ballot = fixture.ballot(0, 0, 1);
        // Ten at once, of which nobody hears the first answers.
        let mut casts: Vec<_> = (0..10).map(|_| cast(&fixture, &running, 0, &ballot)).collect();
        casts.drain(..5).for_each(|cast| cast.abort());
        let mut receipts = BTreeSet::new();
        for answer in casts {
            match answer.await.unwrap() {
                Ok(receipt) => drop(receipts.insert(receipt.to_string())),
                Err(refusal) => assert_eq!(refusal, Refusal::BUSY),
            }
        }
        settle(&running).await;
        let receipt = try_cast(&fixture, &running, 0, &ballot).await.unwrap();
        receipts.insert(receipt.to_string());
        assert_eq!(receipts.len(), 1);
        assert!(receipt.verify(&fixture.election.election.manifest.server.key).is_ok());
        assert_eq!(counts(&running.store).await, (1, 1, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_07_a_receipt_is_found_right_after_the_cast() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let running = fixture.start().await;
        let receipt = try_cast(&fixture, &running, 3, &fixture.ballot(3, 0, 1)).await.unwrap();
        assert_eq!(running.cast.recorded(&receipt.code).await, Ok(true));
        let other = CastBallot::decode(&fixture.ballot(3, 0, 1), &fixture.election.election.shapes).unwrap();
        assert_eq!(running.cast.recorded(&other.body.tracking_code()).await, Ok(false));
        assert_eq!(running.cast.cast_contests(fixture.voters[3].account).await, Ok(vec![0]));
        assert_eq!(running.cast.cast_contests(fixture.voters[4].account).await, Ok(vec![]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_13_a_promise_is_signed_and_no_other_passes_for_it() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let running = fixture.start().await;
    let receipt = try_cast(&fixture, &running, 2, &fixture.ballot(2, 0, 1)).await.unwrap();
    let key = &fixture.election.election.manifest.server.key;
    assert!(receipt.verify(key).is_ok());
    let mut code = receipt.clone();
    code.code.0[0] ^= 1;
    let mut election = receipt.clone();
    election.election.0[31] ^= 1;
    let mut signature = receipt.clone();
    signature.promise.0[10] ^= 1;
    for altered in [code, election, signature] {
        assert!(altered.verify(key).is_err());
    }
    assert!(receipt.verify(&fixture.election.election.manifest.log.key).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_02_what_was_written_is_read_nowhere() {
    let fixture = Fixture::several(Databases::sqlite(), 4).await;
    let running = fixture.start().await;
    let VoterSession { list, place, .. } = fixture.voters[0];
    let contests = &fixture.election.election.shapes;
    let (contest, shape) = (0u32..).zip(contests).find(|(_, shape)| shape.texts > 0).unwrap();
    let written = "CANARIO DE LA BOLETA";
    let blocks = Text::normalise(written, shape.texts).unwrap().to_blocks(shape.texts).unwrap().to_vec();
    let option = shape.write_in.unwrap();
    let (rehearsal, rng) = (&fixture.rehearsal, &mut random::system());
    let ballot = rehearsal.cast((list, place), contest, option, Some(blocks), rng).to_bytes();
    try_cast(&fixture, &running, 0, &ballot).await.unwrap();
    settle(&running).await;
    let sent = |needle: &[u8]| ballot.windows(needle.len()).any(|window| window == needle);
    assert!(!sent(written.as_bytes()) && !sent(b"CANARIO"));
    running.store.close().await;
    // Nor does the disk hold what was sent, in any file: part of its salt, of its key, of its proof.
    let mut files = 0;
    for entry in std::fs::read_dir(fixture.databases.folder()).unwrap() {
        let Ok(bytes) = std::fs::read(entry.unwrap().path()) else { continue };
        files += 1;
        for needle in [b"CANARIO".as_slice(), &ballot[40..72], &ballot[ballot.len() / 2..][..32]] {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle));
        }
    }
    assert!(files >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_15_every_check_refuses() {
    let fixture = Fixture::several(Databases::sqlite(), 2).await;
    let running = fixture.start().await;
    // Voter 0 is of list 0: style 0 (contests 0, 1, 3), unit 0; voter 2 of style 0, unit 2; voter 4 of style 1.
    let good = fixture.ballot(0, 0, 1);
    let refused = async |voter: usize, ballot: Vec<u8>| {
        let refusal = try_cast(&fixture, &running, voter, &ballot).await.unwrap_err();
        assert_eq!(counts(&running.store).await, (0, 0, 0), "{refusal:?}");
        refusal
    };
    assert_eq!(refused(0, b"no ballot".to_vec()).await, Refusal::BallotMalformed);
    assert_eq!(refused(0, vec![0; 1 << 16]).await, Refusal::BallotMalformed);
    assert_eq!(refused(0, good[..good.len() - 1].to_vec()).await, Refusal::BallotMalformed);

    let cast = CastBallot::decode(&good, &fixture.election.election.shapes).unwrap();
    let changed = |change: &dyn Fn(&mut CastBallot)| {
        let mut cast = cast.clone();
        change(&mut cast);
        cast.to_bytes()
    };
    assert_eq!(refused(0, changed(&|c| c.body.election_id.0[0] ^= 1)).await, Refusal::OtherElection);
    // A ballot of contest 2, which only style 1 votes on.
    assert_eq!(refused(0, fixture.ballot(4, 2, 0)).await, Refusal::OtherContest);
    assert_eq!(refused(2, good.clone()).await, Refusal::OtherList);
    assert_eq!(refused(0, changed(&|c| c.body.unit = 2)).await, Refusal::OtherList);
    let stranger = CastBallot::decode(&fixture.ballot(2, 0, 1), &fixture.election.election.shapes).unwrap();
    assert_eq!(refused(0, changed(&|c| c.key = stranger.key)).await, Refusal::CredentialUnknown);
    assert_eq!(refused(0, changed(&|c| c.salt[0] ^= 1)).await, Refusal::BallotBinding);
    // The signature is over the code: a proof that was changed is found there first.
    let mut unsigned = good.clone();
    let last = unsigned.len() - 32;
    unsigned[last] ^= 1;
    assert_eq!(refused(0, unsigned).await, Refusal::BallotSignature);
    let mut two = forgery(&fixture, 0, 0, 1);
    two.marks[1] = Scalar::from(1u8);
    assert_eq!(refused(0, two.cast(&mut random::system())).await, Refusal::BallotProof);
    // R-BAL-21: where nothing is marked nothing is cast, whatever option the proof is made for.
    let mut none = forgery(&fixture, 0, 0, 2);
    none.marks.fill(Scalar::from(0u8));
    assert_eq!(refused(0, none.cast(&mut random::system())).await, Refusal::BallotProof);
    // The ballot itself is good.
    assert!(try_cast(&fixture, &running, 0, &good).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_15_phase_and_session() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let (ballot, voter, schedule) = (fixture.ballot(0, 0, 1), fixture.voters[0].clone(), fixture.schedule());
    let running = fixture.start_with(Facts::default()).await;
    let at = async |running: &Running, voter: &VoterSession, at| running.cast.cast(voter, ballot.clone(), at).await;
    assert_eq!(at(&running, &voter, voter.start).await, Err(Refusal::NotOpen));
    running.lifecycle.note(Facts { opened: true, ..Facts::default() });
    assert_eq!(at(&running, &voter, voter.end).await, Err(Refusal::SessionExpired));
    assert_eq!(at(&running, &voter, schedule.voting_start - 1).await, Err(Refusal::NotOpen));
    fixture.clock.set_offset(61);
    assert_eq!(at(&running, &voter, voter.start).await, Err(Refusal::Clock));
    fixture.clock.set_offset(0);
    // A session of the last second before the close, a cast at the last of reception.
    let late = VoterSession { start: schedule.voting_close - 1, end: schedule.reception_end, ..voter.clone() };
    assert_eq!(at(&running, &late, schedule.reception_end).await, Err(Refusal::Closed));
    assert_eq!(counts(&running.store).await, (0, 0, 0));
    assert!(at(&running, &late, schedule.reception_end - 2).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_11_a_credential_and_a_nonce_are_used_once() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let running = fixture.start().await;
        let ballot = fixture.ballot(0, 0, 1);
        assert!(try_cast(&fixture, &running, 0, &ballot).await.is_ok());
        // The same ballot, and another under the same credential, from another account.
        assert_eq!(try_cast(&fixture, &running, 1, &ballot).await, Err(Refusal::CredentialUsed));
        settle(&running).await;
        let second = fixture.ballot(0, 0, 2);
        assert_eq!(try_cast(&fixture, &running, 1, &second).await, Err(Refusal::CredentialUsed));
        settle(&running).await;
        assert_eq!(counts(&running.store).await, (1, 1, 0));
        // The other voter's right is intact.
        assert!(try_cast(&fixture, &running, 1, &fixture.ballot(1, 0, 0)).await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_04_nobody_is_told_whether_the_credential_of_another_has_voted() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let running = fixture.start().await;
        // Of the public list: one that votes and one that does not, in ballots that nobody signed with it.
        let unsigned = |voter: usize| {
            let mut ballot = fixture.ballot(voter, 0, 2);
            let last = ballot.len() - 32;
            ballot[last] ^= 1;
            ballot
        };
        assert!(try_cast(&fixture, &running, 0, &fixture.ballot(0, 0, 1)).await.is_ok());
        settle(&running).await;
        for other in [0, 1] {
            assert_eq!(
                try_cast(&fixture, &running, 2, &unsigned(other)).await,
                Err(Refusal::BallotSignature),
                "{other}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_11_a_ballot_that_repeats_the_randomness_of_another_is_refused() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let running = fixture.start().await;
        let [first, second, third] = [0, 1, 2].map(|voter| forgery(&fixture, voter, 0, 7).cast(&mut random::system()));
        assert!(try_cast(&fixture, &running, 0, &first).await.is_ok());
        assert_eq!(try_cast(&fixture, &running, 1, &second).await, Err(Refusal::BallotCopied));
        // Two at once: what only the box can see.
        let others = [3, 4].map(|voter| forgery(&fixture, voter, 0, 8).cast(&mut random::system()));
        let casts: Vec<_> = (3..).zip(&others).map(|(voter, b)| cast(&fixture, &running, voter, b)).collect();
        let mut accepted = 0;
        for answer in casts {
            match answer.await.unwrap() {
                Ok(_) => accepted += 1,
                Err(refusal) => assert_eq!(refusal, Refusal::BallotCopied),
            }
        }
        assert_eq!(accepted, 1);
        assert_eq!(try_cast(&fixture, &running, 2, &third).await, Err(Refusal::BallotCopied));
        settle(&running).await;
        assert_eq!(counts(&running.store).await, (2, 2, 0));
        // Encrypted anew it is taken.
        assert!(try_cast(&fixture, &running, 1, &fixture.ballot(1, 0, 0)).await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_11_one_ballot_from_two_accounts_at_once() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let running = fixture.start().await;
        for round in 0..4 {
            let (a, b) = (2 * round, 2 * round + 1);
            let ballots = [fixture.ballot(a, 0, 0), fixture.ballot(a, 0, 1)];
            let casts: Vec<_> = [(a, 0), (b, 0), (b, 1), (a, 1)]
                .map(|(voter, ballot)| cast(&fixture, &running, voter, &ballots[ballot]))
                .into_iter()
                .collect();
            let mut codes = BTreeSet::new();
            for answer in casts {
                codes.extend(answer.await.unwrap().ok().map(|receipt| receipt.code));
            }
            settle(&running).await;
            assert!(codes.len() <= 1, "one credential, one ballot");
            let (marks, ballots, _) = counts(&running.store).await;
            assert_eq!(marks, ballots);
            assert!(ballots <= i64::try_from(round + 1).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_09_stopped_at_any_step_marks_equal_ballots() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 60).await;
        let mut promised = Vec::new();
        for (round, step) in Step::ALL.into_iter().enumerate() {
            let running = fixture.start().await;
            // Some get through before.
            for voter in round * 10..round * 10 + 3 {
                promised.push(try_cast(&fixture, &running, voter, &fixture.ballot(voter, 0, 0)).await.unwrap());
            }
            running.cast.faults().stop_at(step);
            let mine: Vec<Vec<u8>> = (3..10).map(|n| fixture.ballot(round * 10 + n, 0, 1)).collect();
            let casts: Vec<_> =
                (3..).zip(&mine).map(|(n, ballot)| cast(&fixture, &running, round * 10 + n, ballot)).collect();
            for answer in casts {
                match answer.await.unwrap() {
                    Ok(receipt) => promised.push(receipt),
                    Err(refusal) => assert_eq!(refusal, Refusal::Storage, "{step:?}"),
                }
            }
            let (marks, ballots, _) = counts(&running.store).await;
            if step == Step::Marked {
                assert!(marks > ballots, "the crash is in between");
            }
            running.store.close().await;
            drop(running);

            let running = fixture.start().await;
            let (marks, ballots, intents) = counts(&running.store).await;
            assert_eq!((marks, intents), (ballots, 0), "{step:?}");
            for receipt in &promised {
                assert_eq!(running.cast.recorded(&receipt.code).await, Ok(true), "{step:?}");
            }
            // Who got no answer asks again, with the same ballot.
            for (n, ballot) in (3..).zip(&mine) {
                let receipt = try_cast(&fixture, &running, round * 10 + n, ballot).await.unwrap();
                promised.retain(|known| known.code != receipt.code);
                promised.push(receipt);
            }
            settle(&running).await;
            let all = i64::try_from((round + 1) * 10).unwrap();
            assert_eq!(counts(&running.store).await, (all, all, 0));
            running.store.close().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_instance_finishes_what_a_dead_one_began() {
    let Some(databases) = Databases::postgres().await else { return };
    let fixture = Fixture::small(databases, 60).await;
    let (dying, living) = (fixture.start().await, fixture.start().await);
    dying.cast.faults().stop_at(Step::Marked);
    let ballots: Vec<Vec<u8>> = (0..10).map(|voter| fixture.ballot(voter, 0, 0)).collect();
    let casts: Vec<_> =
        ballots.iter().enumerate().map(|(voter, ballot)| cast(&fixture, &dying, voter, ballot)).collect();
    for answer in casts {
        assert_eq!(answer.await.unwrap(), Err(Refusal::Storage));
    }
    // A voter who was marked turns to the other at once: it is being decided.
    let account = count(&living.store.roll, "SELECT account FROM marks LIMIT 1").await;
    let marked = fixture.voters.iter().position(|voter| voter.account == account).unwrap();
    assert_eq!(try_cast(&fixture, &living, marked, &ballots[marked]).await, Err(Refusal::BUSY));
    settle(&living).await;
    let (marks, stored, _) = counts(&living.store).await;
    assert_eq!(marks, stored);
    assert!(marks > 0);
    for (voter, ballot) in ballots.iter().enumerate() {
        assert!(try_cast(&fixture, &living, voter, ballot).await.is_ok());
    }
    settle(&living).await;
    assert_eq!(counts(&living.store).await, (10, 10, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_take_ballots_side_by_side() {
    let Some(databases) = Databases::postgres().await else { return };
    let fixture = Fixture::small(databases, 60).await;
    let instances = [fixture.start().await, fixture.start().await];
    let ballots: Vec<Vec<u8>> = (0..60).map(|voter| fixture.ballot(voter, 0, 0)).collect();
    // Every voter asks both at once.
    let mut casts = Vec::new();
    for (voter, ballot) in ballots.iter().enumerate() {
        casts.extend(instances.iter().map(|instance| cast(&fixture, instance, voter, ballot)));
    }
    for answer in casts {
        if let Err(refusal) = answer.await.unwrap() {
            assert_eq!(refusal, Refusal::BUSY);
        }
    }
    for instance in &instances {
        settle(instance).await;
    }
    assert_eq!(counts(&instances[0].store).await, (60, 60, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_box_loses_nothing() {
    let fixture = Fixture::small(Databases::sqlite(), 60).await;
    let running = fixture.start().await;
    let pragma = async |statement: &'static str| {
        let job = running
            .store
            .ballots
            .run(move |c| Box::pin(async move { Ok(sqlx::query(statement).execute(c).await.map(drop)?) }));
        job.await.unwrap();
    };
    pragma("PRAGMA max_page_count = 1").await;
    let ballots: Vec<Vec<u8>> = (0..20).map(|voter| fixture.ballot(voter, 0, 0)).collect();
    let mut refused = 0;
    for (voter, ballot) in ballots.iter().enumerate() {
        match try_cast(&fixture, &running, voter, ballot).await {
            Ok(_) => {}
            Err(refusal) => {
                assert_eq!(refusal, Refusal::Storage);
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "the box is full");
    pragma("PRAGMA max_page_count = 1000000").await;
    settle(&running).await;
    for (voter, ballot) in ballots.iter().enumerate() {
        assert!(try_cast(&fixture, &running, voter, ballot).await.is_ok());
    }
    settle(&running).await;
    assert_eq!(counts(&running.store).await, (20, 20, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_09_while_the_box_takes_nothing_one_act_stands_and_not_all_that_are_tried() {
    let fixture = Fixture::small(Databases::sqlite(), 60).await;
    let running = fixture.start().await;
    let change = async |statement: &'static str| {
        let job = running
            .store
            .ballots
            .run(move |c| Box::pin(async move { Ok(sqlx::query(statement).execute(c).await.map(drop)?) }));
        job.await.unwrap();
    };
    // It can be read, and everything but ballots be written.
    change("CREATE TRIGGER full BEFORE INSERT ON ballots BEGIN SELECT RAISE(ABORT, 'full'); END").await;
    let ballots: Vec<Vec<u8>> = (0..20).map(|voter| fixture.ballot(voter, 0, 0)).collect();
    for (voter, ballot) in ballots.iter().enumerate() {
        assert_eq!(try_cast(&fixture, &running, voter, ballot).await, Err(Refusal::Storage));
    }
    assert_eq!(counts(&running.store).await, (1, 0, 1), "of the first; nobody else is marked");
    assert_eq!(try_cast(&fixture, &running, 0, &ballots[0]).await, Err(Refusal::BUSY), "it is being decided");
    change("DROP TRIGGER full").await;
    for (voter, ballot) in ballots.iter().enumerate().skip(1) {
        assert!(try_cast(&fixture, &running, voter, ballot).await.is_ok(), "from the next one on");
    }
    settle(&running).await;
    assert!(try_cast(&fixture, &running, 0, &ballots[0]).await.is_ok());
    assert_eq!(counts(&running.store).await, (20, 20, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn r_close_08_a_closed_box_takes_nothing() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 8).await;
        let running = fixture.start().await;
        assert!(try_cast(&fixture, &running, 0, &fixture.ballot(0, 0, 0)).await.is_ok());
        let job = running
            .store
            .ballots
            .run(|c| Box::pin(async move { escrutinio_server::store::meta::insert(c, "closed", b"1").await }));
        assert_eq!(job.await, Ok(true));
        assert_eq!(try_cast(&fixture, &running, 1, &fixture.ballot(1, 0, 0)).await, Err(Refusal::Closed));
        settle(&running).await;
        assert_eq!(counts(&running.store).await, (1, 1, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_05_equal_choices_give_different_codes() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let running = fixture.start().await;
    let mut codes = BTreeSet::new();
    for voter in 0..8 {
        let ballot = fixture.ballot(voter, 0, 1);
        let receipt = try_cast(&fixture, &running, voter, &ballot).await.unwrap();
        let body = CastBallot::decode(&ballot, &fixture.election.election.shapes).unwrap().body;
        assert_eq!(receipt.code, body.tracking_code());
        codes.insert(receipt.code);
    }
    assert_eq!(codes.len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_03_r_cast_04_a_mark_and_a_ballot_have_nothing_in_common() {
    for databases in Databases::all().await {
        let fixture = Fixture::several(databases, 4).await;
        let running = fixture.start().await;
        for voter in 0..6 {
            try_cast(&fixture, &running, voter, &fixture.ballot(voter, 0, 1)).await.unwrap();
        }
        settle(&running).await;
        let statement = "SELECT * FROM marks";
        let rows = sqlx::query(statement).fetch_all(&mut *running.store.roll.read().await.unwrap()).await.unwrap();
        let columns: Vec<&str> = rows[0].columns().iter().map(sqlx::Column::name).collect();
        assert_eq!(columns, ["account", "contest"]);
        // All rows of one contest are of one length, and nothing of a ballot stands in the clear.
        let statement = "SELECT credential_tag, code_tag, nonce_tag, sealed FROM ballots";
        let rows = sqlx::query(statement).fetch_all(&mut *running.store.ballots.read().await.unwrap()).await.unwrap();
        let lengths: BTreeSet<usize> = rows.iter().map(|row| row.get::<Vec<u8>, _>(3).len()).collect();
        assert_eq!(lengths.len(), 1);
        let statement = "SELECT * FROM ballots LIMIT 1";
        let row = sqlx::query(statement).fetch_one(&mut *running.store.ballots.read().await.unwrap()).await.unwrap();
        let columns: Vec<&str> = row.columns().iter().map(sqlx::Column::name).collect();
        assert_eq!(columns, ["seq", "credential_tag", "code_tag", "nonce_tag", "sealed"]);
        let elections_id = fixture.election.election.election_id.0;
        for row in &rows {
            let all: Vec<u8> = (0..4).flat_map(|column| row.get::<Vec<u8>, _>(column)).collect();
            assert!(!all.windows(32).any(|window| window == elections_id), "a ballot begins with the election's id");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cast_20_leaving_without_casting_leaves_the_right_intact() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let running = fixture.start().await;
    let first = fixture.voters[0].clone();
    let ballot = fixture.ballot(0, 0, 1);
    assert_eq!(running.cast.cast(&first, ballot.clone(), first.end + 1).await, Err(Refusal::SessionExpired));
    assert_eq!(counts(&running.store).await, (0, 0, 0));
    let second = VoterSession { start: first.end + 60, end: first.end + 1860, ..first };
    assert!(running.cast.cast(&second, ballot, second.start + 5).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_at_any_step_ends_nothing_but_that_batch() {
    for databases in Databases::all().await {
        let fixture = Fixture::small(databases, 12).await;
        let running = fixture.start().await;
        for (voter, step) in [Step::Received].into_iter().chain(Step::ALL).enumerate() {
            running.cast.faults().panic_at(step);
            let ballot = fixture.ballot(voter, 0, 0);
            match try_cast(&fixture, &running, voter, &ballot).await {
                // Each is verified alone then; or the answer was on its way.
                Ok(_) => assert!(matches!(step, Step::Received | Step::Answered), "{step:?}"),
                Err(refusal) => assert_eq!(refusal, Refusal::Storage, "{step:?}"),
            }
            assert!(running.cast.is_alive(), "{step:?}");
            settle(&running).await;
            assert!(try_cast(&fixture, &running, voter, &ballot).await.is_ok(), "{step:?}");
        }
        settle(&running).await;
        assert_eq!(counts(&running.store).await, (5, 5, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ballots_that_do_not_hold_are_verified_ten_times_and_then_once_a_minute() {
    let fixture = Fixture::small(Databases::sqlite(), 8).await;
    let running = fixture.start().await;
    for seed in 0..10 {
        let mut two = forgery(&fixture, 0, 0, seed);
        two.marks[1] = Scalar::from(1u8);
        let refused = try_cast(&fixture, &running, 0, &two.cast(&mut random::system())).await;
        assert_eq!(refused, Err(Refusal::BallotProof));
    }
    let refused = try_cast(&fixture, &running, 0, &fixture.ballot(0, 0, 1)).await;
    assert!(matches!(refused, Err(Refusal::Wait { why: Wait::Rate, .. })), "{refused:?}");
    assert!(try_cast(&fixture, &running, 1, &fixture.ballot(1, 0, 1)).await.is_ok(), "nobody else waits");
}
