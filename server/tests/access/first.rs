//! First access.

use escrutinio_core::manifest::SecondFactor;
use escrutinio_server::access::api::*;
use escrutinio_server::access::counts::Counted;
use escrutinio_server::access::secret::Secret;
use escrutinio_server::refusal::Refusal;
use escrutinio_server::store::{Person, roll};
use escrutinio_server::testing::Databases;

use crate::world::*;

#[tokio::test]
async fn r_auth_02_link_digits_factor_password_and_then_in() {
    each(async |mut world| {
        for (number, factor) in [(0, Factor::Sms), (1, Factor::Totp)] {
            let session = world.enrol(number, factor).await;
            let voter = &world.voters[number];
            let found = world.session(&session).await.unwrap();
            assert_eq!((found.account, found.list, found.place), (voter.account, 1, number.try_into().unwrap()));
            assert_eq!(world.access.half(&found).await.unwrap().as_slice(), voter.half);
            let (subject, _) = world.message(&world.mail, &voter.email).await.unwrap();
            assert!(subject.contains("creada"), "{subject}");
            assert_eq!(world.row(voter).await.totp.is_some(), factor == Factor::Totp);
        }
        // The four steps are counted, and nothing else.
        let counts = world.access.counts();
        let steps = [Counted::Links, Counted::Digits, Counted::Factors, Counted::Passwords, Counted::Sessions];
        assert_eq!(steps.map(|step| counts.value(step)), [2; 5]);
        assert_eq!(counts.value(Counted::Wrong), 0);
        world.clock.advance(3_600);
        world.events.turn_of_the_hour().await.unwrap();
        let lines = world.events.lines().await.unwrap();
        assert!(lines[0].contains(r#""digits":2"#) && lines[0].contains(r#""passwords":2"#), "{}", lines[0]);
    })
    .await;
}

#[tokio::test]
async fn r_auth_08_the_session_counts_from_the_factor_and_not_from_the_password() {
    each(async |world| {
        let mut voter = world.voters[0].clone();
        let entry = world.clock.now();
        let attempt = world.past_factor(&mut voter, Factor::Sms).await;
        world.clock.advance(540);
        let session = world.password(attempt, &voter.auth).await.unwrap();
        assert_eq!((session.remaining, session.expires), (1_800 - 540, entry + 1_800));
        let found = world.session(&session).await.unwrap();
        assert_eq!((found.start, found.end), (entry, entry + 1_800));
        world.clock.set(entry + 1_800);
        assert_eq!(world.session(&session).await, Err(Refusal::SessionExpired));
    })
    .await;
}

#[tokio::test]
async fn r_auth_18_the_answers_say_how_much_time_is_left() {
    each(async |mut world| {
        let session = world.enrol(0, Factor::Sms).await;
        assert_eq!(session.remaining, 1_800);
        let found = world.session(&session).await.unwrap();
        world.clock.advance(600 - 60);
        let state = world.access.state(&found).await.unwrap();
        assert_eq!((state.remaining, state.expires), (1_200, session.expires));
        assert_eq!(session.expires, world.clock.now() + 1_200);
        assert!(!state.grace);
    })
    .await;
}

#[tokio::test]
async fn r_acc_07_a_changed_link_fails_and_a_used_one_leads_nowhere() {
    each(async |mut world| {
        let voter = world.voters[0].clone();
        for bit in [0, 100, 255] {
            let mut other = voter.clone();
            other.token[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(world.link(&other).await.unwrap_err(), Refusal::Link);
        }
        for text in ["", "A", "====", &base64(&voter.token[..31]), &format!("{}=", base64(&voter.token))] {
            let request = LinkRequest { token: secret(text) };
            assert_eq!(world.access.link(&caller(), request).await.unwrap_err(), Refusal::Link, "{text}");
        }
        let waiting = world.link(&voter).await.unwrap().attempt;
        world.enrol(0, Factor::Sms).await;
        assert_eq!(world.link(&voter).await.unwrap_err(), Refusal::Link);
        assert_eq!(world.digits(waiting, last_four(&voter.phone)).await.unwrap_err(), Refusal::Attempt);
        assert!(world.login(&voter, Factor::Sms).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn r_auth_06_a_password_is_set_once() {
    each(async |mut world| {
        // Two that are both past the factor, in one link's hand.
        let mut voter = world.voters[0].clone();
        let first = world.past_factor(&mut voter, Factor::Sms).await;
        let second = world.past_factor(&mut voter, Factor::Sms).await;
        let session = world.password(first.clone(), &[1; 32]).await.unwrap();
        for attempt in [first, second] {
            assert_eq!(world.password(attempt, &[2; 32]).await.unwrap_err(), Refusal::Attempt);
        }
        assert!(world.session(&session).await.is_ok());
        assert_eq!(world.login_auth(&voter.user, &[2; 32]).await.unwrap_err(), Refusal::Credentials);
        world.voters[0].auth = [1; 32];
        assert!(world.login(&world.voters[0], Factor::Sms).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn r_auth_05_a_code_works_once_before_there_is_a_session_too() {
    each(async |mut world| {
        let chosen = world.factor(world.past_digits(&world.voters[0]).await, Factor::Sms).await.unwrap();
        let code = world.sms_code(&world.voters[0].phone).await;
        assert!(world.code(chosen.attempt.clone(), &code, None).await.is_ok());
        assert_eq!(world.code(chosen.attempt, &code, None).await.unwrap_err(), Refusal::Code);
        // The same in a recovery.
        world.enrol(1, Factor::Totp).await;
        let voter = world.voters[1].clone();
        for factor in [Factor::Totp, Factor::Sms] {
            let chosen = world.factor(world.past_mail(&voter).await, factor).await.unwrap();
            let code = match factor {
                Factor::Totp => world.totp(&voter).expose().to_owned(),
                Factor::Sms => world.sms_code(&voter.phone).await,
            };
            assert!(world.code(chosen.attempt.clone(), &code, None).await.is_ok());
            assert_eq!(world.code(chosen.attempt, &code, None).await.unwrap_err(), Refusal::Code, "{factor:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn r_auth_03_the_digits_are_those_of_the_number_in_force() {
    each(async |world| {
        let voter = &world.voters[0];
        for wrong in ["0000", "", "100", "１０００"] {
            let attempt = world.link(voter).await.unwrap().attempt;
            assert_eq!(world.digits(attempt, wrong).await.unwrap_err(), Refusal::Digits, "{wrong}");
        }
        // The registered number is updated: the old digits are no use any more.
        let mut person = Person::open(world.keys.roll(), voter.account, &world.row(voter).await.person).unwrap();
        person.phone = "525512345678".into();
        let (sealed, account) = (person.seal(world.keys.roll(), voter.account), voter.account);
        let update = world.store.roll.run(move |c| {
            Box::pin(async move {
                let statement = "UPDATE accounts SET person = $2, digit_tries = 0 WHERE account = $1";
                sqlx::query(statement).bind(account).bind(sealed).execute(c).await?;
                Ok(())
            })
        });
        update.await.unwrap();
        let attempt = world.link(voter).await.unwrap().attempt;
        assert_eq!(world.digits(attempt.clone(), last_four(&voter.phone)).await.unwrap_err(), Refusal::Digits);
        let factors = world.digits(attempt, "5678").await.unwrap();
        world.factor(factors.attempt, Factor::Sms).await.unwrap();
        assert!(world.message(&world.sms, "525512345678").await.is_some());
        assert!(world.message(&world.sms, &voter.phone).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn an_authenticator_is_confirmed_by_a_code_to_the_registered_number() {
    each(async |world| {
        let mut voter = world.voters[0].clone();
        let chosen = world.factor(world.past_digits(&voter).await, Factor::Totp).await.unwrap();
        assert!(chosen.sms);
        voter.seed = Some(scan(&chosen));
        let totp = world.totp(&voter).expose().to_owned();
        let sms = world.sms_code(&voter.phone).await;
        // Who has the link only has the seed as well, but not the telephone.
        assert_eq!(world.code(chosen.attempt.clone(), &totp, None).await.unwrap_err(), Refusal::Code);
        assert_eq!(world.code(chosen.attempt.clone(), &totp, Some("000000")).await.unwrap_err(), Refusal::Code);
        assert_eq!(world.code(chosen.attempt.clone(), &sms, Some(&sms)).await.unwrap_err(), Refusal::Code);
        assert!(world.code(chosen.attempt, &totp, Some(&sms)).await.is_ok());
        assert!(world.row(&voter).await.totp.is_none(), "kept only with the password");
    })
    .await;
}

#[tokio::test]
async fn enrolment_without_confirmation_is_a_setting_of_the_first_access_only() {
    for databases in Databases::all().await {
        let mut world = World::with(databases, 1, |_| (), |s| s.confirm_enrolment_by_sms = false).await;
        let mut voter = world.voters[0].clone();
        let chosen = world.factor(world.past_digits(&voter).await, Factor::Totp).await.unwrap();
        assert!(!chosen.sms);
        voter.seed = Some(scan(&chosen));
        let answer = world.code(chosen.attempt.clone(), world.totp(&voter).expose(), None).await.unwrap();
        // The step is used up, though the authenticator is not kept yet.
        assert_eq!(world.code(chosen.attempt, world.totp(&voter).expose(), None).await.unwrap_err(), Refusal::Code);
        let CodeAnswer::Password(step) = answer else { panic!("a password is asked for") };
        world.password(step.attempt, &voter.auth).await.unwrap();
        assert_eq!(world.messages(&world.sms).await, 0);
        // By a password, an authenticator is not enrolled without the telephone.
        world.voters[0] = voter.clone();
        let account = voter.account;
        let forget = world.store.roll.run(move |c| {
            Box::pin(async move {
                sqlx::query("UPDATE accounts SET totp = NULL WHERE account = $1").bind(account).execute(c).await?;
                Ok(())
            })
        });
        forget.await.unwrap();
        let chosen = world.factor(world.past_password(&voter).await, Factor::Totp).await.unwrap();
        assert!(chosen.sms && chosen.secret.is_some());
    }
}

#[tokio::test]
async fn r_auth_04_the_manifest_says_which_factors_there_are() {
    for databases in Databases::all().await {
        for (policy, offered) in [
            (SecondFactor::TotpAndSms, vec![Factor::Totp, Factor::Sms]),
            (SecondFactor::Totp, vec![Factor::Totp]),
            (SecondFactor::Sms, vec![Factor::Sms]),
        ] {
            let databases = match databases.clusters() {
                None => Databases::sqlite(),
                Some(_) => Databases::postgres().await.unwrap(),
            };
            let world = World::with(databases, 1, |m| m.policies.second_factor = policy, |_| ()).await;
            let voter = &world.voters[0];
            let link = world.link(voter).await.unwrap();
            let factors = world.digits(link.attempt, last_four(&voter.phone)).await.unwrap();
            assert_eq!((&factors.factors, factors.authenticator), (&offered, false));
            for factor in [Factor::Totp, Factor::Sms] {
                let chosen = world.factor(factors.attempt.clone(), factor).await;
                assert_eq!(chosen.map(drop), if offered.contains(&factor) { Ok(()) } else { Err(Refusal::Factor) });
            }
        }
    }
}

#[tokio::test]
async fn r_acc_04_a_link_sent_again_voids_the_one_before() {
    each(async |mut world| {
        let mut voter = world.voters[0].clone();
        let waiting = world.link(&voter).await.unwrap().attempt;
        world.access.ask_resend(&voter.user).await.unwrap();
        let resends = world.access.resends().await.unwrap();
        assert_eq!(resends.len(), 1);
        assert_eq!((resends[0].user.as_str(), resends[0].email.expose()), (voter.user.as_str(), voter.email.as_str()));
        assert!(!resends[0].password);
        let old = voter.token;
        voter.token = [9; 32];
        assert_eq!(world.renew(&voter.user, token_hash(&voter.token)).await, Some(true));
        assert!(world.access.resends().await.unwrap().is_empty());
        let request = LinkRequest { token: Secret::encode(&old) };
        assert_eq!(world.access.link(&caller(), request).await.unwrap_err(), Refusal::Link);
        assert_eq!(world.digits(waiting, last_four(&voter.phone)).await.unwrap_err(), Refusal::Attempt);
        world.voters[0] = voter.clone();
        world.enrol(0, Factor::Sms).await;
        // Once a password is set a link with a new token lets nobody in.
        assert_eq!(world.renew(&voter.user, [8; 32]).await, Some(false));
        // Nor does a token that is another's.
        let (one, other) = (&world.voters[1], &world.voters[2]);
        assert_eq!(world.renew(&one.user, token_hash(&other.token)).await, Some(false));
        assert_eq!(world.renew("nobody", [8; 32]).await, None);
        assert_eq!(world.access.ask_resend("nobody").await, Err(Refusal::NotFound));
        assert_eq!(roll::count(&mut world.store.roll.read().await.unwrap()).await.unwrap(), 3);
    })
    .await;
}
