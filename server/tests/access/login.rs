//! Login, recovery, sessions.

use escrutinio_server::access::api::*;
use escrutinio_server::access::counts::Counted;
use escrutinio_server::access::totp;
use escrutinio_server::refusal::Refusal;

use crate::world::*;

#[tokio::test]
async fn r_auth_04_the_voter_chooses_at_each_login() {
    each(async |mut world| {
        world.enrol(0, Factor::Totp).await;
        let voter = world.voters[0].clone();
        for factor in [Factor::Totp, Factor::Sms, Factor::Totp] {
            let session = world.login(&voter, factor).await.unwrap();
            assert!(world.session(&session).await.is_ok());
            world.clock.advance(60);
        }
        // Enrolled by message only: an authenticator can still be added, confirmed by a message.
        world.enrol(1, Factor::Sms).await;
        let mut voter = world.voters[1].clone();
        let chosen = world.factor(world.past_password(&voter).await, Factor::Totp).await.unwrap();
        voter.seed = Some(scan(&chosen));
        let (code, sms) = (world.totp(&voter), world.sms_code(&voter.phone).await);
        assert_eq!(world.code(chosen.attempt.clone(), code.expose(), None).await.unwrap_err(), Refusal::Code);
        assert!(world.code(chosen.attempt, code.expose(), Some(&sms)).await.is_ok());
        world.clock.advance(60);
        assert!(world.login(&voter, Factor::Totp).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn r_auth_05_a_code_works_once_and_for_five_minutes() {
    each(async |mut world| {
        world.enrol(0, Factor::Totp).await;
        let voter = world.voters[0].clone();
        // An authenticator's code, at once again: in the same attempt, and in a new one.
        let (attempt, code) = world.past_choice(&voter, Factor::Totp).await;
        assert!(world.code(attempt.clone(), &code, None).await.is_ok());
        assert_eq!(world.code(attempt, &code, None).await.unwrap_err(), Refusal::Attempt);
        let (attempt, code) = world.past_choice(&voter, Factor::Totp).await;
        assert_eq!(world.code(attempt, &code, None).await.unwrap_err(), Refusal::Code);
        // The one before it, which was never used.
        let (attempt, _) = world.past_choice(&voter, Factor::Totp).await;
        let before = totp::code(&voter.seed.unwrap(), world.clock.now() - 30).unwrap();
        assert_eq!(world.code(attempt, before.expose(), None).await.unwrap_err(), Refusal::Code);
        // A code that was sent: used, replaced, 299 s and 300 s old.
        let (attempt, code) = world.past_choice(&voter, Factor::Sms).await;
        assert!(world.code(attempt, &code, None).await.is_ok());
        let (attempt, next) = world.past_choice(&voter, Factor::Sms).await;
        if code != next {
            assert_eq!(world.code(attempt, &code, None).await.unwrap_err(), Refusal::Code);
        }
        let (attempt, newest) = world.past_choice(&voter, Factor::Sms).await;
        if next != newest {
            assert_eq!(world.code(attempt.clone(), &next, None).await.unwrap_err(), Refusal::Code);
        }
        world.clock.advance(299);
        assert!(world.code(attempt, &newest, None).await.is_ok());
        let (attempt, code) = world.past_choice(&voter, Factor::Sms).await;
        world.clock.advance(300);
        assert_eq!(world.code(attempt, &code, None).await.unwrap_err(), Refusal::Code);
    })
    .await;
}

#[tokio::test]
async fn an_attempt_goes_on_for_ten_minutes() {
    each(async |mut world| {
        world.enrol(0, Factor::Totp).await;
        let voter = &world.voters[0];
        let attempt = world.past_password(voter).await;
        world.clock.advance(599);
        assert!(world.factor(attempt.clone(), Factor::Totp).await.is_ok());
        world.clock.advance(1);
        assert_eq!(world.factor(attempt, Factor::Totp).await.unwrap_err(), Refusal::Attempt);
    })
    .await;
}

#[tokio::test]
async fn r_auth_11_what_is_presented_belongs_to_one_voter() {
    each(async |mut world| {
        for number in [0, 1] {
            world.enrol(number, Factor::Totp).await;
        }
        let (a, b) = (world.voters[0].clone(), world.voters[1].clone());
        // A's password with B's authenticator, and with the code on B's telephone.
        let (attempt, _) = world.past_choice(&a, Factor::Totp).await;
        assert_eq!(world.code(attempt, world.totp(&b).expose(), None).await.unwrap_err(), Refusal::Code);
        let (of_a, code_a) = world.past_choice(&a, Factor::Sms).await;
        let (of_b, code_b) = world.past_choice(&b, Factor::Sms).await;
        if code_a != code_b {
            assert_eq!(world.code(of_a.clone(), &code_b, None).await.unwrap_err(), Refusal::Code);
            assert_eq!(world.code(of_b, &code_a, None).await.unwrap_err(), Refusal::Code);
        }
        // A's password with B's name.
        assert_eq!(world.login_auth(&b.user, &a.auth).await.unwrap_err(), Refusal::Credentials);
        assert!(world.code(of_a, &code_a, None).await.is_ok());
        // B's link with A's digits.
        let attempt = world.link(&world.voters[2]).await.unwrap().attempt;
        assert_eq!(world.digits(attempt, last_four(&a.phone)).await.unwrap_err(), Refusal::Digits);
    })
    .await;
}

#[tokio::test]
async fn r_auth_12_nobody_without_a_session() {
    each(async |mut world| {
        let session = world.enrol(0, Factor::Sms).await;
        let token = session.session.decode().unwrap().to_vec();
        for bit in [0, 63, 64, 319] {
            let mut other = token.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(world.access.session(&base64(&other)).await, Err(Refusal::NoSession));
        }
        for other in ["", "x", &base64(&token[..39]), &base64(&[&token[..], &[0]].concat())] {
            assert_eq!(world.access.session(other).await, Err(Refusal::NoSession));
        }
        // A token of nothing but zeros, of an account that never had a session.
        let none = [&world.voters[1].account.to_le_bytes()[..], &[0; 32]].concat();
        assert_eq!(world.access.session(&base64(&none)).await, Err(Refusal::NoSession));
        assert!(world.session(&session).await.is_ok());
        // A person who is not on the roll.
        assert_eq!(world.login_auth("nobody", &[0; 32]).await.unwrap_err(), Refusal::Credentials);
    })
    .await;
}

#[tokio::test]
async fn r_auth_08_a_session_lasts_thirty_minutes_whatever_is_done_in_it() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        let session = world.login(&world.voters[0], Factor::Sms).await.unwrap();
        for _ in 0..29 {
            world.clock.advance(60);
            let found = world.session(&session).await.unwrap();
            world.access.state(&found).await.unwrap();
        }
        world.clock.advance(59);
        assert!(world.session(&session).await.is_ok(), "29:59");
        world.clock.advance(1);
        assert_eq!(world.session(&session).await, Err(Refusal::SessionExpired), "30:00");
        world.clock.advance(1);
        assert_eq!(world.session(&session).await, Err(Refusal::SessionExpired), "30:01");
    })
    .await;
}

#[tokio::test]
async fn r_auth_09_an_expired_session_never_revives() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        let voter = &world.voters[0];
        let old = world.login(voter, Factor::Sms).await.unwrap();
        world.clock.advance(1_801);
        assert_eq!(world.session(&old).await, Err(Refusal::SessionExpired));
        // The password alone, or the choice of a factor, is no login.
        let _ = world.past_choice(voter, Factor::Sms).await;
        assert_eq!(world.session(&old).await, Err(Refusal::SessionExpired));
        let new = world.login(voter, Factor::Sms).await.unwrap();
        assert_eq!(new.remaining, 1_800);
        assert_eq!(world.session(&old).await, Err(Refusal::NoSession));
        world.clock.advance(1_799);
        assert!(world.session(&new).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn r_auth_15_a_second_session_ends_the_first() {
    each(async |mut world| {
        let first = world.enrol(0, Factor::Sms).await;
        let second = world.login(&world.voters[0], Factor::Sms).await.unwrap();
        assert_eq!(world.session(&first).await, Err(Refusal::NoSession));
        assert!(world.session(&second).await.is_ok());
        // Logging out ends it, once; another's session is not touched.
        let other = world.enrol(1, Factor::Sms).await;
        let found = world.session(&second).await.unwrap();
        world.access.logout(&found).await.unwrap();
        assert_eq!(world.session(&second).await, Err(Refusal::NoSession));
        assert!(world.session(&other).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_logout_that_comes_late_does_not_end_the_next_session() {
    each(async |mut world| {
        let first = world.enrol(0, Factor::Sms).await;
        let found = world.session(&first).await.unwrap();
        let second = world.login(&world.voters[0], Factor::Sms).await.unwrap();
        world.access.logout(&found).await.unwrap();
        assert!(world.session(&second).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn r_auth_07_a_forgotten_password_is_recovered_with_the_second_factor() {
    each(async |mut world| {
        let before = world.enrol(0, Factor::Totp).await;
        let voter = world.voters[0].clone();
        let attempt = world.past_mail(&voter).await;
        // The mail's code is used up.
        let code = world.mail_code(&voter.email).await;
        let again = RecoverCodeRequest { user: voter.user.clone(), code: secret(&code) };
        assert_eq!(world.access.recover_code(&caller(), again).await.unwrap_err(), Refusal::Code);
        // No password without the second factor.
        assert_eq!(world.password(attempt.clone(), &[5; 32]).await.unwrap_err(), Refusal::Attempt);
        let chosen = world.factor(attempt, Factor::Totp).await.unwrap();
        assert!(chosen.secret.is_none(), "no other authenticator is enrolled by a mail");
        let answer = world.code(chosen.attempt, world.totp(&voter).expose(), None).await.unwrap();
        let CodeAnswer::Password(step) = answer else { panic!("a password is asked for") };
        assert!(world.session(&before).await.is_ok(), "until the password is set");
        let session = world.password(step.attempt, &[5; 32]).await.unwrap();
        assert!(world.session(&session).await.is_ok());
        assert_eq!(world.session(&before).await, Err(Refusal::NoSession), "old sessions are void");
        assert_eq!(world.login_auth(&voter.user, &voter.auth).await.unwrap_err(), Refusal::Credentials);
        let (subject, _) = world.message(&world.mail, &voter.email).await.unwrap();
        assert!(subject.contains("cambió"), "{subject}");
        world.clock.advance(60);
        world.voters[0].auth = [5; 32];
        assert!(world.login(&world.voters[0], Factor::Totp).await.is_ok());
        assert_eq!(world.access.counts().value(Counted::Recovered), 1);
    })
    .await;
}

#[tokio::test]
async fn recovery_is_for_accounts_with_a_password() {
    each(async |world| {
        let voter = &world.voters[0];
        for user in [voter.user.as_str(), "nobody"] {
            world.access.recover(&caller(), RecoverRequest { user: user.into() }).await.unwrap();
            let request = RecoverCodeRequest { user: user.into(), code: secret("000000") };
            assert_eq!(world.access.recover_code(&caller(), request).await.unwrap_err(), Refusal::Code);
        }
        assert_eq!(world.messages(&world.mail).await, 0);
    })
    .await;
}

#[tokio::test]
async fn r_auth_14_who_voted_comes_in_and_sees_what_is_cast() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        let voter = world.voters[0].clone();
        let found = world.session(&world.login(&voter, Factor::Sms).await.unwrap()).await.unwrap();
        let state = world.access.state(&found).await.unwrap();
        assert!(state.contests.len() >= 2 && state.contests.iter().all(|contest| !contest.cast));
        let contest = state.contests[1].contest;
        world.mark(voter.account, contest.into()).await;
        world.mark(world.voters[1].account, state.contests[0].contest.into()).await;
        let again = world.session(&world.login(&voter, Factor::Sms).await.unwrap()).await.unwrap();
        let state = world.access.state(&again).await.unwrap();
        let cast: Vec<u32> = state.contests.iter().filter(|c| c.cast).map(|c| c.contest).collect();
        assert_eq!(cast, [contest]);
        // What the session says of a ballot is this, and no more: there is no receipt to show.
        let json = serde_json::to_value(&state).unwrap();
        assert_eq!(json["contests"][1], serde_json::json!({ "contest": contest, "cast": true }));
    })
    .await;
}

#[tokio::test]
async fn r_auth_20_the_clients_clock_has_no_part() {
    each(async |mut world| {
        world.enrol(0, Factor::Totp).await;
        let voter = &world.voters[0];
        // A telephone that is two minutes off shows codes that are refused.
        for off in [-120, 120] {
            let (attempt, _) = world.past_choice(voter, Factor::Totp).await;
            let code = totp::code(&voter.seed.unwrap(), world.clock.now() + off).unwrap();
            assert_eq!(world.code(attempt, code.expose(), None).await.unwrap_err(), Refusal::Code);
        }
        // No request has a place for a time.
        let request = r#"{"attempt":"x","code":"000000","at":1}"#;
        assert!(serde_json::from_str::<CodeRequest>(request).is_err());
        // A machine whose clock cannot be relied on lets nobody in.
        world.clock.set_offset(61);
        assert_eq!(world.login_auth(&voter.user, &voter.auth).await.unwrap_err(), Refusal::Clock);
        world.clock.set_offset(0);
        assert!(world.login(voter, Factor::Totp).await.is_ok());
    })
    .await;
}
