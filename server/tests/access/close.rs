//! Opening and closing by the clock: for whoever comes in, and for whoever is in.

use escrutinio_core::manifest::CloseMode;
use escrutinio_server::access::api::*;
use escrutinio_server::phase::Facts;
use escrutinio_server::refusal::Refusal;
use escrutinio_server::testing::Databases;

use crate::world::*;

/// What every first step answers.
async fn doors(world: &World) -> Vec<Option<Refusal>> {
    let voter = &world.voters[0];
    let kdf = KdfRequest { user: voter.user.clone() };
    vec![
        world.link(&world.voters[1]).await.err(),
        world.access.kdf(&caller(), &kdf).err(),
        world.login_auth(&voter.user, &voter.auth).await.err(),
        world.access.recover(&caller(), RecoverRequest { user: voter.user.clone() }).await.err(),
    ]
}

#[tokio::test]
async fn r_auth_10_entry_is_possible_while_voting_and_only_then() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        let (start, close) = (world.schedule.voting_start, world.schedule.voting_close);
        for (at, answer) in [
            (start - 1, Some(Refusal::NotOpen)),
            (start, None),
            (start + 1, None),
            (close - 1, None),
            (close, Some(Refusal::Closed)),
            (close + 1, Some(Refusal::Closed)),
        ] {
            world.clock.set(at);
            assert_eq!(doors(&world).await, vec![answer; 4], "{}", at - start);
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_comes_in_before_the_act_of_opening() {
    for databases in Databases::all().await {
        let mut world = World::new(databases, 2).await;
        world.lifecycle = escrutinio_server::phase::Lifecycle::new(world.schedule, Facts::default()).into();
        world.access = world.service_with(world.lifecycle.clone());
        assert_eq!(doors(&world).await, vec![Some(Refusal::NotOpen); 4]);
        world.lifecycle.note(Facts { opened: true, ..Facts::default() });
        assert_eq!(world.link(&world.voters[1]).await.err(), None);
    }
}

#[tokio::test]
async fn r_close_02_a_session_open_at_the_close_goes_on() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        let close = world.schedule.voting_close;
        world.clock.set(close - 300);
        let session = world.login(&world.voters[0], Factor::Sms).await.unwrap();
        world.clock.set(close + 1_200);
        let found = world.session(&session).await.unwrap();
        let state = world.access.state(&found).await.unwrap();
        // R-CLOSE-11: the voter is told that voting has closed, and what time is left.
        assert_eq!((state.grace, state.remaining), (true, 300));
        assert!(world.access.half(&found).await.is_ok());
        world.clock.set(close + 1_499);
        assert!(world.session(&session).await.is_ok());
        world.clock.set(close + 1_500);
        assert_eq!(world.session(&session).await, Err(Refusal::SessionExpired));
    })
    .await;
}

#[tokio::test]
async fn r_close_10_whoever_has_logged_out_before_the_close_is_not_among_the_open_sessions() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        world.enrol(1, Factor::Sms).await;
        let close = world.schedule.voting_close;
        world.clock.set(close - 300);
        let session = world.login(&world.voters[0], Factor::Sms).await.unwrap();
        let stays = world.login(&world.voters[1], Factor::Sms).await.unwrap();
        let found = world.session(&session).await.unwrap();
        world.clock.set(close - 200);
        world.access.logout(&found).await.unwrap();
        let statement = "SELECT count(*) FROM accounts WHERE session_start < $1 AND session_end > $1";
        let mut connection = world.store.roll.read().await.unwrap();
        let row = sqlx::query(statement).bind(close).fetch_one(&mut *connection).await.unwrap();
        assert_eq!(sqlx::Row::get::<i64, _>(&row, 0), 1);
        drop(connection);
        // One that ends in the grace was open at the close.
        let found = world.session(&stays).await.unwrap();
        world.clock.set(close + 10);
        world.access.logout(&found).await.unwrap();
        let mut connection = world.store.roll.read().await.unwrap();
        let row = sqlx::query(statement).bind(close).fetch_one(&mut *connection).await.unwrap();
        assert_eq!(sqlx::Row::get::<i64, _>(&row, 0), 1);
    })
    .await;
}

#[tokio::test]
async fn r_close_03_reception_ends_for_everyone() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        let (close, end) = (world.schedule.voting_close, world.schedule.last);
        assert_eq!(end, close + 1_800);
        world.clock.set(close - 1);
        let session = world.login(&world.voters[0], Factor::Sms).await.unwrap();
        assert_eq!(session.expires, end - 1);
        world.clock.set(end - 2);
        assert!(world.session(&session).await.is_ok());
        world.clock.set(end - 1);
        assert_eq!(world.session(&session).await, Err(Refusal::SessionExpired));
        world.clock.set(end);
        assert_eq!(world.session(&session).await, Err(Refusal::Closed));
    })
    .await;
}

#[tokio::test]
async fn r_close_04_the_grace_is_the_sessions_own() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        let close = world.schedule.voting_close;
        world.clock.set(close - 1_200);
        let session = world.login(&world.voters[0], Factor::Sms).await.unwrap();
        world.clock.set(close + 599);
        assert!(world.session(&session).await.is_ok());
        world.clock.set(close + 660);
        assert_eq!(
            world.session(&session).await,
            Err(Refusal::SessionExpired),
            "reception goes on, this session does not"
        );
    })
    .await;
}

#[tokio::test]
async fn r_close_05_nobody_enters_again_after_the_close() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        let close = world.schedule.voting_close;
        world.clock.set(close - 1_500);
        let session = world.login(&world.voters[0], Factor::Sms).await.unwrap();
        // Begun before, to be used after.
        world.clock.set(close - 30);
        let voter = &world.voters[0];
        let mail = world.access.recover(&caller(), RecoverRequest { user: voter.user.clone() }).await;
        mail.unwrap();
        let code = world.mail_code(&voter.email).await;
        world.clock.set(close + 300);
        assert_eq!(world.session(&session).await, Err(Refusal::SessionExpired));
        world.clock.set(close + 360);
        assert_eq!(doors(&world).await, vec![Some(Refusal::Closed); 4]);
        let request = RecoverCodeRequest { user: voter.user.clone(), code: secret(&code) };
        assert_eq!(world.access.recover_code(&caller(), request).await.unwrap_err(), Refusal::Closed);
        assert!(Refusal::Closed.title_es().contains("cerró"));
    })
    .await;
}

#[tokio::test]
async fn r_close_06_what_is_half_finished_at_the_close_is_no_session() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        let close = world.schedule.voting_close;
        world.clock.set(close - 100);
        let known = world.voters[0].clone();
        let mut fresh = world.voters[1].clone();
        let third = world.voters[2].clone();
        let link = world.link(&third).await.unwrap().attempt;
        let digits = world.past_digits(&third).await;
        let password = world.past_factor(&mut fresh, Factor::Sms).await;
        let (login, code) = world.past_choice(&known, Factor::Sms).await;
        world.clock.set(close + 1);
        let closed = Err(Refusal::Closed);
        assert_eq!(world.digits(link.clone(), last_four(&third.phone)).await.map(drop), closed);
        assert_eq!(world.factor(digits.clone(), Factor::Sms).await.map(drop), closed);
        assert_eq!(world.code(login.clone(), &code, None).await.map(drop), closed);
        assert_eq!(world.password(password.clone(), &fresh.auth).await.map(drop), closed);
        // All of it was good until the last second.
        world.clock.set(close - 1);
        assert!(world.digits(link, last_four(&third.phone)).await.is_ok());
        assert!(world.factor(digits, Factor::Sms).await.is_ok());
        assert!(world.code(login, &code, None).await.is_ok());
        assert!(world.password(password, &fresh.auth).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn r_close_12_an_immediate_close_cuts_sessions() {
    for databases in Databases::all().await {
        let policy = |m: &mut escrutinio_core::manifest::Manifest| {
            m.policies.close_mode = CloseMode::Immediate;
            m.calendar.reception_end = m.calendar.voting_close;
        };
        let mut world = World::with(databases, 3, policy, |_| ()).await;
        world.enrol(0, Factor::Sms).await;
        let close = world.schedule.voting_close;
        world.clock.set(close - 60);
        let session = world.login(&world.voters[0], Factor::Sms).await.unwrap();
        assert_eq!((session.expires, session.remaining), (close, 60));
        world.clock.set(close - 1);
        assert!(world.session(&session).await.is_ok());
        world.clock.set(close);
        assert_eq!(world.session(&session).await, Err(Refusal::Closed));
    }
}

#[tokio::test]
async fn r_close_09_what_was_closed_by_an_exception_is_closed() {
    each(async |mut world| {
        let session = world.enrol(0, Factor::Sms).await;
        world.lifecycle.note(Facts { closed: true, ..Facts::default() });
        assert_eq!(world.session(&session).await, Err(Refusal::Closed));
        assert_eq!(doors(&world).await, vec![Some(Refusal::Closed); 4]);
    })
    .await;
}
