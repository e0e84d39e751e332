//! New addresses and numbers.

use escrutinio_server::access::api::*;
use escrutinio_server::access::counts::Counted;
use escrutinio_server::access::session::VoterSession;
use escrutinio_server::refusal::Refusal;
use escrutinio_server::store::Person;

use crate::world::*;

async fn ask(
    world: &World,
    session: &VoterSession,
    kind: ContactKind,
    value: &str,
    factor: Factor,
) -> Result<ContactAnswer, Refusal> {
    world.access.contact(&caller(), session, ContactRequest { kind, value: secret(value), factor }).await
}

async fn confirm(
    world: &World,
    session: &VoterSession,
    answer: &ContactAnswer,
    code: &str,
    factor_code: &str,
) -> Result<(), Refusal> {
    let (attempt, code, factor_code) = (answer.attempt.clone(), secret(code), secret(factor_code));
    world.access.contact_confirm(&caller(), session, ContactConfirmRequest { attempt, code, factor_code }).await
}

async fn person(world: &World, voter: &Voter) -> Person {
    Person::open(world.keys.roll(), voter.account, &world.row(voter).await.person).unwrap()
}

#[tokio::test]
async fn r_auth_19_a_new_telephone_ends_the_authenticator() {
    each(async |mut world| {
        let answer = world.enrol(0, Factor::Totp).await;
        let mut voter = world.voters[0].clone();
        let session = world.session(&answer).await.unwrap();
        let new = "525512345678";
        let asked = ask(&world, &session, ContactKind::Phone, "+52 55 1234 5678", Factor::Totp).await.unwrap();
        let code = world.sms_code(new).await;
        assert_eq!(confirm(&world, &session, &asked, "000000", world.totp(&voter).expose()).await, Err(Refusal::Code));
        assert_eq!(confirm(&world, &session, &asked, &code, "000000").await, Err(Refusal::Code));
        confirm(&world, &session, &asked, &code, world.totp(&voter).expose()).await.unwrap();
        assert_eq!(confirm(&world, &session, &asked, &code, &code).await, Err(Refusal::Attempt), "once");
        assert_eq!(person(&world, &voter).await.phone, new);
        let (subject, _) = world.message(&world.mail, &voter.email).await.unwrap();
        assert!(subject.contains("teléfono"), "{subject}");
        assert!(world.session(&answer).await.is_ok(), "the session goes on");
        // The old authenticator is none any more; codes go to the new number only.
        world.clock.advance(60);
        let factors = world.login_auth(&voter.user, &voter.auth).await.unwrap();
        assert!(!factors.authenticator);
        let old_messages = world.message(&world.sms, &voter.phone).await;
        let chosen = world.factor(factors.attempt, Factor::Totp).await.unwrap();
        let old = world.totp(&voter).expose().to_owned();
        let sms = world.sms_code(new).await;
        assert_eq!(world.message(&world.sms, &voter.phone).await, old_messages);
        assert_eq!(world.code(chosen.attempt.clone(), &old, Some(&sms)).await.unwrap_err(), Refusal::Code);
        voter.seed = Some(scan(&chosen));
        assert!(world.code(chosen.attempt, world.totp(&voter).expose(), Some(&sms)).await.is_ok());
        world.clock.advance(60);
        assert!(world.login(&voter, Factor::Totp).await.is_ok(), "the new one works");
    })
    .await;
}

#[tokio::test]
async fn a_new_address_gets_the_codes_and_the_old_one_is_told() {
    each(async |mut world| {
        let answer = world.enrol(0, Factor::Sms).await;
        let voter = world.voters[0].clone();
        let session = world.session(&answer).await.unwrap();
        let new = "nueva@correo.example";
        let asked = ask(&world, &session, ContactKind::Email, new, Factor::Sms).await.unwrap();
        let (code, factor) = (world.mail_code(new).await, world.sms_code(&voter.phone).await);
        // The two codes are not each other's.
        if code != factor {
            assert_eq!(confirm(&world, &session, &asked, &factor, &code).await, Err(Refusal::Code));
        }
        confirm(&world, &session, &asked, &code, &factor).await.unwrap();
        let (subject, _) = world.message(&world.mail, &voter.email).await.unwrap();
        assert!(subject.contains("correo"), "{subject}");
        // R-ACC-04: the registrar is asked to send the link to the address in force.
        let resends = world.access.resends().await.unwrap();
        assert_eq!((resends.len(), resends[0].email.expose(), resends[0].password), (1, new, true));
        world.access.recover(&caller(), RecoverRequest { user: voter.user.clone() }).await.unwrap();
        assert!(!world.mail_code(new).await.is_empty());
        assert_eq!(world.message(&world.mail, &voter.email).await.unwrap().0, subject, "no more to the old one");
    })
    .await;
}

#[tokio::test]
async fn r_roll_11_contact_data_change_until_the_set_instant() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        let voter = world.voters[0].clone();
        let until = world.schedule.contact_updates_until;
        assert!(until < world.schedule.voting_close, "it lies inside the voting period");
        world.clock.set(until - 1);
        let session = world.session(&world.login(&voter, Factor::Sms).await.unwrap()).await.unwrap();
        let asked = ask(&world, &session, ContactKind::Email, "a@b.example", Factor::Sms).await.unwrap();
        let (code, factor) = (world.mail_code("a@b.example").await, world.sms_code(&voter.phone).await);
        world.clock.set(until);
        assert_eq!(confirm(&world, &session, &asked, &code, &factor).await, Err(Refusal::ContactClosed));
        let late = ask(&world, &session, ContactKind::Email, "a@b.example", Factor::Sms).await;
        assert_eq!(late.map(drop), Err(Refusal::ContactClosed));
        world.clock.set(until - 1);
        confirm(&world, &session, &asked, &code, &factor).await.unwrap();
        // The set of voters is as it was.
        let mut connection = world.store.roll.read().await.unwrap();
        let count = escrutinio_server::store::roll::count(&mut connection).await.unwrap();
        assert_eq!(count, 3);
    })
    .await;
}

#[tokio::test]
async fn r_roll_04_what_is_anothers_gets_no_code_and_nobody_is_told() {
    each(async |mut world| {
        let answer = world.enrol(0, Factor::Sms).await;
        let (voter, other) = (world.voters[0].clone(), world.voters[1].clone());
        let session = world.session(&answer).await.unwrap();
        let messages = world.messages(&world.mail).await;
        // In capitals it is the same address.
        for (kind, value) in
            [(ContactKind::Phone, other.phone.clone()), (ContactKind::Email, other.email.to_uppercase())]
        {
            let asked = ask(&world, &session, kind, &value, Factor::Sms).await.unwrap();
            assert!(!asked.attempt.expose().is_empty(), "an answer as any other");
            assert!(world.message(&world.sms, &value).await.is_none());
        }
        assert_eq!(world.messages(&world.mail).await, messages);
        // Two who ask for the same at once: it is of the first who confirms.
        let new = "525512345678";
        let second = world.enrol(1, Factor::Sms).await;
        let second = world.session(&second).await.unwrap();
        let first_asked = ask(&world, &session, ContactKind::Phone, new, Factor::Sms).await.unwrap();
        let (first, factor) = (world.sms_code(new).await, world.sms_code(&voter.phone).await);
        let second_asked = ask(&world, &second, ContactKind::Phone, new, Factor::Sms).await.unwrap();
        let (late, late_factor) = (world.sms_code(new).await, world.sms_code(&other.phone).await);
        confirm(&world, &session, &first_asked, &first, &factor).await.unwrap();
        let refused = confirm(&world, &second, &second_asked, &late, &late_factor).await;
        assert_eq!(refused, Err(Refusal::Code));
        // What the first has left is free.
        let asked = ask(&world, &second, ContactKind::Phone, &voter.phone, Factor::Sms).await.unwrap();
        let (code, factor) = (world.sms_code(&voter.phone).await, world.sms_code(&other.phone).await);
        confirm(&world, &second, &asked, &code, &factor).await.unwrap();
        assert_eq!(person(&world, &other).await.phone, voter.phone);
    })
    .await;
}

#[tokio::test]
async fn r_roll_12_who_has_voted_stays_so() {
    each(async |mut world| {
        let answer = world.enrol(0, Factor::Sms).await;
        let voter = world.voters[0].clone();
        let session = world.session(&answer).await.unwrap();
        let contests = world.access.state(&session).await.unwrap().contests;
        for contest in &contests {
            world.mark(voter.account, contest.contest.into()).await;
        }
        let asked = ask(&world, &session, ContactKind::Phone, "525512345678", Factor::Sms).await.unwrap();
        let (code, factor) = (world.sms_code("525512345678").await, world.sms_code(&voter.phone).await);
        confirm(&world, &session, &asked, &code, &factor).await.unwrap();
        let after = world.access.state(&session).await.unwrap().contests;
        assert!(!after.is_empty() && after.iter().all(|contest| contest.cast));
        assert_eq!(world.access.counts().value(Counted::Contacts), 1);
        // The event has both as keyed hashes, and neither the data nor whose they are.
        let lines = world.events.lines().await.unwrap();
        let event: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        let tag = |value: &str| escrutinio_core::ids::hex(&world.keys.roll().mac("contact", value.as_bytes()));
        let tags = serde_json::json!({ "old": tag(&voter.phone), "new": tag("525512345678") });
        assert_eq!((&event["act"], &event["result"]), (&"contact".into(), &tags));
        for canary in [voter.phone.as_str(), "525512345678", &voter.user, &voter.account.to_string()] {
            assert!(!lines[0].contains(canary), "{}", lines[0]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_is_of_the_session_that_asked() {
    each(async |mut world| {
        let answer = world.enrol(0, Factor::Sms).await;
        let other = world.enrol(1, Factor::Sms).await;
        let (voter, stranger) = (world.voters[0].clone(), world.session(&other).await.unwrap());
        let session = world.session(&answer).await.unwrap();
        let asked = ask(&world, &session, ContactKind::Email, "a@b.example", Factor::Sms).await.unwrap();
        let (code, factor) = (world.mail_code("a@b.example").await, world.sms_code(&voter.phone).await);
        assert_eq!(confirm(&world, &stranger, &asked, &code, &factor).await, Err(Refusal::Attempt));
        // A new session ends what the old one asked for.
        let next = world.session(&world.login(&voter, Factor::Sms).await.unwrap()).await.unwrap();
        assert_eq!(confirm(&world, &next, &asked, &code, &factor).await, Err(Refusal::Attempt));
        assert_eq!(person(&world, &voter).await.email, voter.email);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_address_or_no_factor_is_refused() {
    each(async |mut world| {
        let answer = world.enrol(0, Factor::Sms).await;
        let voter = world.voters[0].clone();
        let session = world.session(&answer).await.unwrap();
        for (kind, value) in [
            (ContactKind::Email, "no"),
            (ContactKind::Email, voter.email.as_str()),
            (ContactKind::Phone, "12"),
            (ContactKind::Phone, voter.phone.as_str()),
        ] {
            let refused = ask(&world, &session, kind, value, Factor::Sms).await;
            assert_eq!(refused.map(drop), Err(Refusal::ContactInvalid), "{value}");
        }
        let refused = ask(&world, &session, ContactKind::Email, "a@b.example", Factor::Totp).await;
        assert_eq!(refused.map(drop), Err(Refusal::Factor), "there is no authenticator");
        // Guessing the code locks the account, and that ends the attempt.
        let asked = ask(&world, &session, ContactKind::Email, "a@b.example", Factor::Sms).await.unwrap();
        for _ in 0..5 {
            assert_eq!(confirm(&world, &session, &asked, "00000x", "00000x").await, Err(Refusal::Code));
        }
        let (code, factor) = (world.mail_code("a@b.example").await, world.sms_code(&voter.phone).await);
        let locked = confirm(&world, &session, &asked, &code, &factor).await.unwrap_err();
        assert_eq!(locked.name(), "locked");
        assert_eq!(person(&world, &voter).await.email, voter.email);
    })
    .await;
}
