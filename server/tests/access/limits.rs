//! Wrong tries: how many, and what they give away.

use std::num::NonZeroU32;

use escrutinio_core::manifest::GeoGate;
use escrutinio_server::access::api::*;
use escrutinio_server::access::counts::Counted;
use escrutinio_server::access::place::Network;
use escrutinio_server::access::{AccessSettings, Rules, RulesError};
use escrutinio_server::delivery::Language;
use escrutinio_server::refusal::{Refusal, Wait};
use escrutinio_server::testing::Databases;

use crate::world::*;

fn locked(seconds: u32) -> Refusal {
    Refusal::Wait { why: Wait::Locked, seconds }
}

#[tokio::test]
async fn r_auth_16_five_wrong_digits_lock_the_link_until_the_desk_looks() {
    each(async |world| {
        let voter = &world.voters[0];
        let attempt = world.link(voter).await.unwrap().attempt;
        for _ in 0..5 {
            assert_eq!(world.digits(attempt.clone(), "0000").await.unwrap_err(), Refusal::Digits);
        }
        assert_eq!(world.digits(attempt, last_four(&voter.phone)).await.unwrap_err(), Refusal::LinkLocked);
        assert_eq!(world.link(voter).await.unwrap_err(), Refusal::LinkLocked);
        // Waiting does not help: the digits are four. The way out is the help desk, and the text says so.
        world.clock.advance(86_400);
        assert_eq!(world.link(voter).await.unwrap_err(), Refusal::LinkLocked);
        assert!(Refusal::LinkLocked.title_es().contains("INETEL"));
        world.access.unlock(&voter.user).await.unwrap();
        let attempt = world.link(voter).await.unwrap().attempt;
        assert!(world.digits(attempt, last_four(&voter.phone)).await.is_ok());
        assert_eq!(world.access.counts().value(Counted::Wrong), 5);
    })
    .await;
}

#[tokio::test]
async fn r_auth_16_five_wrong_codes_lock_the_account_longer_each_time() {
    each(async |mut world| {
        let session = world.enrol(0, Factor::Totp).await;
        let voter = world.voters[0].clone();
        for lock in [900, 1_800, 3_600] {
            let (attempt, code) = world.past_choice(&voter, Factor::Totp).await;
            for _ in 0..5 {
                assert_eq!(world.code(attempt.clone(), "00000x", None).await.unwrap_err(), Refusal::Code);
            }
            assert_eq!(world.code(attempt.clone(), &code, None).await.unwrap_err(), locked(lock));
            world.clock.advance(i64::from(lock) - 1);
            assert_eq!(world.login_auth(&voter.user, &voter.auth).await.unwrap_err(), Refusal::Credentials);
            world.clock.advance(1);
            // The lock ended the attempt.
            let after = world.code(attempt, world.totp(&voter).expose(), None).await.unwrap_err();
            assert_eq!(after, Refusal::Attempt);
        }
        assert_eq!(world.access.counts().value(Counted::Locks), 3);
        // A session that succeeds forgives.
        assert!(world.login(&voter, Factor::Totp).await.is_ok());
        assert_eq!(world.row(&voter).await.failures, 0);
        // What is locked is the door, not whoever is in.
        assert_eq!(world.session(&session).await, Err(Refusal::NoSession));
    })
    .await;
}

#[tokio::test]
async fn r_auth_16_a_lock_does_not_end_a_session() {
    each(async |mut world| {
        let session = world.enrol(0, Factor::Totp).await;
        let voter = world.voters[0].clone();
        for _ in 0..5 {
            assert_eq!(world.login_auth(&voter.user, &[0; 32]).await.unwrap_err(), Refusal::Credentials);
        }
        assert_eq!(world.login_auth(&voter.user, &voter.auth).await.unwrap_err(), Refusal::Credentials, "locked");
        assert!(world.session(&session).await.is_ok());
        world.access.unlock(&voter.user).await.unwrap();
        assert!(world.login(&voter, Factor::Totp).await.is_ok());
        assert_eq!(world.access.unlock("nobody").await, Err(Refusal::NotFound));
    })
    .await;
}

#[tokio::test]
async fn r_auth_16_requests_at_the_same_time_gain_no_tries() {
    each(async |mut world| {
        world.enrol(0, Factor::Totp).await;
        let voter = world.voters[0].clone();
        let (attempt, right) = world.past_choice(&voter, Factor::Totp).await;
        let tries = (0..64).map(|n| {
            let (access, attempt) = (world.access.clone(), attempt.clone());
            let code = if n == 40 { right.clone() } else { format!("00{n:03}x") };
            tokio::spawn(async move {
                access.code(&caller(), CodeRequest { attempt, code: secret(&code), sms_code: None }).await
            })
        });
        let tries: Vec<_> = tries.collect();
        let mut wrong = 0;
        for answer in tries {
            match answer.await.unwrap() {
                Err(Refusal::Code) => wrong += 1,
                Err(other) => assert_eq!(other, locked(900)),
                Ok(_) => panic!("the right code came after five wrong ones"),
            }
        }
        assert_eq!(wrong, 5);
    })
    .await;
}

#[tokio::test]
async fn r_auth_16_two_instances_share_tries_codes_and_sessions() {
    let Some(databases) = Databases::postgres().await else { return };
    let mut world = World::new(databases, 2).await;
    for number in [0, 1] {
        world.enrol(number, Factor::Totp).await;
    }
    let second = world.store_again().await;
    let other = world.service(second.roll.clone());
    let voter = world.voters[0].clone();
    let (attempt, right) = world.past_choice(&voter, Factor::Totp).await;
    // One instance's session is the other's, and so is its end.
    let request = CodeRequest { attempt: attempt.clone(), code: secret(&right), sms_code: None };
    let CodeAnswer::Session(session) = other.code(&caller(), request).await.unwrap() else { panic!("a session") };
    assert!(world.session(&session).await.is_ok());
    assert_eq!(world.code(attempt, &right, None).await.unwrap_err(), Refusal::Attempt, "the code is used up here too");
    let found = world.session(&session).await.unwrap();
    world.access.logout(&found).await.unwrap();
    assert_eq!(other.session(session.session.expose()).await, Err(Refusal::NoSession));
    // Guesses at both of them are five.
    let (attempt, _) = world.past_choice(&world.voters[1], Factor::Totp).await;
    let tries: Vec<_> = (0..40)
        .map(|n| {
            let access = if n % 2 == 0 { world.access.clone() } else { other.clone() };
            let request = CodeRequest { attempt: attempt.clone(), code: secret("00000x"), sms_code: None };
            tokio::spawn(async move { access.code(&caller(), request).await.unwrap_err() })
        })
        .collect();
    let mut wrong = 0;
    for answer in tries {
        wrong += i32::from(answer.await.unwrap() == Refusal::Code);
    }
    assert_eq!(wrong, 5);
}

#[tokio::test]
async fn r_auth_16_a_lost_authenticator_is_forgotten_by_the_desk_and_opens_nothing() {
    each(async |mut world| {
        world.enrol(0, Factor::Totp).await;
        let voter = world.voters[0].clone();
        let (waiting, code) = world.past_choice(&voter, Factor::Totp).await;
        world.access.forget_authenticator(&voter.user).await.unwrap();
        assert_eq!(world.code(waiting, &code, None).await.unwrap_err(), Refusal::Attempt);
        let chosen = world.factor(world.past_password(&voter).await, Factor::Totp).await.unwrap();
        assert!(chosen.sms, "another takes a code to the telephone");
        let again = Voter { seed: Some(scan(&chosen)), ..voter.clone() };
        let shown = world.totp(&again).expose().to_owned();
        assert_eq!(world.code(chosen.attempt.clone(), &shown, None).await.unwrap_err(), Refusal::Code);
        let sms = world.sms_code(&voter.phone).await;
        assert!(world.code(chosen.attempt, &shown, Some(&sms)).await.is_ok());
        assert_eq!(world.access.forget_authenticator("nobody").await, Err(Refusal::NotFound));
    })
    .await;
}

#[tokio::test]
async fn the_same_right_code_at_the_same_time_gives_one_session() {
    each(async |mut world| {
        for (number, factor) in [(0, Factor::Totp), (1, Factor::Sms)] {
            world.enrol(number, factor).await;
            let (attempt, code) = world.past_choice(&world.voters[number], factor).await;
            let tries: Vec<_> = (0..16)
                .map(|_| {
                    let (access, attempt, code) = (world.access.clone(), attempt.clone(), secret(&code));
                    let request = CodeRequest { attempt, code, sms_code: None };
                    tokio::spawn(async move { access.code(&caller(), request).await })
                })
                .collect();
            let mut sessions = 0;
            for answer in tries {
                sessions += i32::from(answer.await.unwrap().is_ok());
            }
            assert_eq!(sessions, 1, "{factor:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn messages_to_one_account_are_few() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        let voter = world.voters[0].clone();
        world.clock.set(world.schedule.voting_start + 7_200 + 600);
        for _ in 0..6 {
            world.past_choice(&voter, Factor::Sms).await;
        }
        let attempt = world.past_password(&voter).await;
        let refused = world.factor(attempt, Factor::Sms).await.unwrap_err();
        assert_eq!(refused, Refusal::Wait { why: Wait::Messages, seconds: 3_000 });
        // The desk can help at once.
        world.access.unlock(&voter.user).await.unwrap();
        assert!(world.login(&voter, Factor::Sms).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn r_auth_16_a_stranger_neither_uses_up_nor_voids_the_codes_by_mail() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        let voter = world.voters[0].clone();
        let ask = || RecoverRequest { user: voter.user.clone() };
        for _ in 0..12 {
            let sent = world.messages(&world.mail).await;
            for _ in 0..9 {
                world.access.recover(&caller(), ask()).await.unwrap();
            }
            assert_eq!(
                world.messages(&world.mail).await,
                sent + 1,
                "one while it is good, and of more nothing is told"
            );
            world.clock.advance(300);
        }
        // The voter asks, and a stranger asks again.
        world.access.recover(&caller(), ask()).await.unwrap();
        let code = world.mail_code(&voter.email).await;
        world.clock.advance(240);
        world.access.recover(&caller(), ask()).await.unwrap();
        let request = RecoverCodeRequest { user: voter.user.clone(), code: secret(&code) };
        assert!(world.access.recover_code(&caller(), request).await.is_ok());
        // One that is used up makes room for the next.
        let sent = world.messages(&world.mail).await;
        world.access.recover(&caller(), ask()).await.unwrap();
        assert_eq!(world.messages(&world.mail).await, sent + 1);
    })
    .await;
}

/// Codes asked for, of accounts and of nobody.
async fn sent(world: &World) -> i64 {
    use sqlx::Row;
    let statement = "SELECT CAST(coalesce(sum(sent), 0) AS BIGINT) FROM codes";
    let mut connection = world.store.roll.read().await.unwrap();
    sqlx::query(statement).fetch_one(&mut *connection).await.unwrap().get(0)
}

/// What a client sees of an answer, and what it cost.
struct Seen {
    answer: String,
    statements: u64,
    hashes: u64,
}

async fn see<T: std::fmt::Debug>(world: &World, request: impl AsyncFnOnce() -> Result<T, Refusal>) -> Seen {
    let counts = world.access.counts();
    let before = counts.effort();
    let answer = match request().await {
        Ok(value) => format!("{value:?}"),
        Err(why) => {
            let (es, en) = (why.title_es(), why.title_en());
            format!("{} {} {es} {en} {:?} {:?}", why.status(), why.name(), why.retry_after(), why.check())
        }
    };
    let (statements, hashes) = counts.effort();
    Seen { answer, statements: statements - before.0, hashes: hashes - before.1 }
}

#[tokio::test]
async fn nothing_tells_whether_an_account_exists() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        let (known, fresh) = (world.voters[0].clone(), world.voters[1].clone());
        world.enrol(2, Factor::Sms).await;
        let shut = world.voters[2].clone();
        for _ in 0..5 {
            let _ = world.login_auth(&shut.user, &[0; 32]).await;
        }
        // (user, auth): unknown, wrong password, locked with the right password, no password yet; and at last one who has had all codes of the hour.
        let cases = [
            ("2345f-6789c-99999", [0; 32]),
            (known.user.as_str(), [0; 32]),
            (shut.user.as_str(), shut.auth),
            (fresh.user.as_str(), fresh.auth),
            (known.user.as_str(), [0; 32]),
        ];
        let mut logins = Vec::new();
        let mut mails = Vec::new();
        let mut codes = Vec::new();
        for (n, (user, auth)) in cases.into_iter().enumerate() {
            for _ in 0..if n == 4 { 5 } else { 0 } {
                world.access.recover(&caller(), RecoverRequest { user: user.into() }).await.unwrap();
            }
            logins.push(see(&world, async || world.login_auth(user, &auth).await).await);
            let request = RecoverRequest { user: user.into() };
            let before = sent(&world).await;
            mails.push(see(&world, async || world.access.recover(&caller(), request).await).await);
            assert_eq!(sent(&world).await, before + 1, "one row is changed, whoever it is");
            let request = RecoverCodeRequest { user: user.into(), code: secret("00000x") };
            codes.push(see(&world, async || world.access.recover_code(&caller(), request).await).await);
            let kdf = world.access.kdf(&caller(), &KdfRequest { user: user.into() }).unwrap();
            assert_eq!((kdf.memory_kib, kdf.passes, kdf.lanes, kdf.salt.len()), (19_456, 2, 1, 22));
            assert_eq!(kdf, world.access.derivation(user), "the same again");
        }
        for seen in [logins, mails, codes] {
            for other in &seen {
                assert_eq!(other.answer, seen[0].answer);
                assert_eq!((other.statements, other.hashes), (seen[0].statements, seen[0].hashes), "{}", other.answer);
                assert!(other.statements >= 3 && other.hashes == 1);
            }
        }
        // Only the account that can be recovered got a mail.
        assert!(world.message(&world.mail, &shut.email).await.is_some_and(|(subject, _)| subject.contains("creada")));
        assert!(world.message(&world.mail, &known.email).await.is_some_and(|(_, code)| !code.is_empty()));
        assert!(world.message(&world.mail, &fresh.email).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn every_wrong_try_changes_one_row() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        let known = world.voters[0].clone();
        for (user, changed) in [(known.user.as_str(), true), ("2345f-6789c-99999", false)] {
            let count = async || -> i64 {
                use sqlx::Row;
                let statement = "SELECT CAST(coalesce(sum(sent), 0) AS BIGINT) FROM codes WHERE account < 0";
                let mut connection = world.store.roll.read().await.unwrap();
                sqlx::query(statement).fetch_one(&mut *connection).await.unwrap().get(0)
            };
            let before = (world.row(&known).await.failures, count().await);
            let _ = world.login_auth(user, &[0; 32]).await;
            let after = (world.row(&known).await.failures, count().await);
            assert_eq!(after, (before.0 + i64::from(changed), before.1 + i64::from(!changed)));
        }
    })
    .await;
}

#[tokio::test]
async fn r_auth_16_an_address_that_guesses_has_to_wait() {
    for databases in Databases::all().await {
        let few = |s: &mut AccessSettings| s.wrong_tries_per_minute = NonZeroU32::new(4).unwrap();
        let world = World::with(databases, 1, |_| (), few).await;
        for n in 0..5 {
            assert_eq!(world.login_auth(&format!("nobody{n}"), &[0; 32]).await.unwrap_err(), Refusal::Credentials);
        }
        let refused = world.login_auth("nobody", &[0; 32]).await.unwrap_err();
        assert_eq!((refused.name(), refused.status()), ("too-many-requests", 429));
        assert_eq!(world.link(&world.voters[0]).await.unwrap_err().name(), "too-many-requests");
        let elsewhere = Caller { address: "198.51.100.1".parse().unwrap(), language: Language::En };
        let token = LinkRequest { token: escrutinio_server::access::secret::Secret::encode(&world.voters[0].token) };
        assert!(world.access.link(&elsewhere, token).await.is_ok());
    }
}

#[tokio::test]
async fn r_auth_13_the_gate_of_the_place() {
    for databases in Databases::all().await {
        let domestic = |s: &mut AccessSettings| s.domestic = Network::list("198.51.100.0/24").unwrap();
        let world = World::with(databases, 1, |m| m.policies.geo_gate = GeoGate::Enforce, domestic).await;
        let from = |address: &str| Caller { address: address.parse().unwrap(), language: Language::Es };
        let token = || LinkRequest { token: escrutinio_server::access::secret::Secret::encode(&world.voters[0].token) };
        assert_eq!(world.access.link(&from("198.51.100.7"), token()).await.unwrap_err(), Refusal::Place);
        assert!(world.access.link(&from("203.0.113.7"), token()).await.is_ok());
        assert_eq!(world.access.counts().value(Counted::Domestic), 1);
    }
    let mut manifest = escrutinio_core::testing::several(&escrutinio_core::testing::Keys::new(2, 3));
    manifest.policies.geo_gate = GeoGate::LogOnly;
    let rules = Rules::of(&manifest, AccessSettings::default());
    assert_eq!(rules.map(drop), Err(RulesError::NoDomesticList));
    manifest.policies.geo_gate = GeoGate::Off;
    manifest.policies.enrolment = escrutinio_core::manifest::Enrolment::MailedPassword;
    assert_eq!(Rules::of(&manifest, AccessSettings::default()).map(drop), Err(RulesError::MailedPasswords));
}
