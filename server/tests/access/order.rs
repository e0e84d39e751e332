//! No step is left out, and none comes before its turn.

use escrutinio_server::access::api::*;
use escrutinio_server::access::counts::Counted;
use escrutinio_server::access::secret::Secret;
use escrutinio_server::refusal::Refusal;

use crate::world::*;

/// The step that an attempt is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Digits,
    Factor,
    Code,
    Password,
    Contact,
}

/// Every kind of attempt that can be reached for the voter 0 (enrolled with both factors) or 1 (not yet), with
/// what its own step takes.
async fn attempts(world: &World) -> Vec<(&'static str, usize, Step, Secret, String)> {
    let (known, fresh) = (&world.voters[0], &world.voters[1]);
    let digits = last_four(&fresh.phone).to_owned();
    let code = world.past_choice(known, Factor::Totp).await.0;
    let mut fresh_voter = fresh.clone();
    let recovered = world.past_mail(known).await;
    let recovered_choice = world.factor(world.past_mail(known).await, Factor::Totp).await.unwrap().attempt;
    let none = String::new;
    vec![
        ("link", 1, Step::Digits, world.link(fresh).await.unwrap().attempt, digits),
        ("digits", 1, Step::Factor, world.past_digits(fresh).await, none()),
        ("password", 0, Step::Factor, world.past_password(known).await, none()),
        ("mail", 0, Step::Factor, recovered, none()),
        ("password, choice", 0, Step::Code, code, none()),
        ("mail, choice", 0, Step::Code, recovered_choice, none()),
        ("link, digits, code", 1, Step::Password, world.past_factor(&mut fresh_voter, Factor::Sms).await, none()),
    ]
}

#[tokio::test]
async fn r_auth_01_no_session_with_a_factor_missing() {
    each(async |mut world| {
        let first = world.enrol(0, Factor::Totp).await;
        let session = world.session(&first).await.unwrap();
        let contact = ContactRequest { kind: ContactKind::Email, value: secret("n@n.example"), factor: Factor::Totp };
        let contact = world.access.contact(&caller(), &session, contact).await.unwrap().attempt;
        let begun = world.access.counts().value(Counted::Sessions);
        let mut all = attempts(&world).await;
        all.push(("contact", 0, Step::Contact, contact, String::new()));
        for (name, number, step, attempt, digits) in all {
            let voter = &world.voters[number];
            let digits = if digits.is_empty() { last_four(&voter.phone) } else { &digits };
            let code = match voter.seed {
                Some(_) => world.totp(voter).expose().to_owned(),
                None => "000000".to_owned(),
            };
            // R-AUTH-02: each of them is good for its own step only, with everything that the others ask for right.
            let refused = Err(Refusal::Attempt);
            if step != Step::Digits {
                assert_eq!(world.digits(attempt.clone(), digits).await.map(drop), refused, "{name}: digits");
            }
            if step != Step::Factor {
                assert_eq!(world.factor(attempt.clone(), Factor::Sms).await.map(drop), refused, "{name}: factor");
            }
            if step != Step::Code {
                assert_eq!(world.code(attempt.clone(), &code, Some(&code)).await.map(drop), refused, "{name}: code");
            }
            if step != Step::Password {
                assert_eq!(world.password(attempt.clone(), &voter.auth).await.map(drop), refused, "{name}: password");
            }
            if step != Step::Contact {
                let request = ContactConfirmRequest { attempt, code: secret(&code), factor_code: secret(&code) };
                let confirmed = world.access.contact_confirm(&caller(), &session, request).await;
                assert_eq!(confirmed, refused, "{name}: contact");
            }
        }
        assert_eq!(world.access.counts().value(Counted::Sessions), begun);
        assert!(world.session(&first).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn an_attempt_is_what_the_server_sealed() {
    each(async |mut world| {
        world.enrol(0, Factor::Totp).await;
        let attempt = world.past_password(&world.voters[0]).await;
        let bytes = attempt.decode().unwrap().to_vec();
        for place in [0, 23, 24, bytes.len() - 1] {
            let mut other = bytes.clone();
            other[place] ^= 1;
            assert_eq!(world.factor(Secret::encode(&other), Factor::Totp).await.unwrap_err(), Refusal::Attempt);
        }
        for other in ["", "A", "not base64!"] {
            assert_eq!(world.factor(secret(other), Factor::Totp).await.unwrap_err(), Refusal::Attempt);
        }
        // One that another server has sealed: nothing of it opens under these keys.
        let other = escrutinio_server::keys::AccessCipher::new(&[8; 32]);
        let sealed = other.seal(b"attempt", &[0; 26], &mut escrutinio_server::random::system());
        assert_eq!(world.factor(Secret::encode(&sealed), Factor::Totp).await.unwrap_err(), Refusal::Attempt);
    })
    .await;
}

#[tokio::test]
async fn a_new_session_ends_what_was_under_way() {
    each(async |mut world| {
        world.enrol(0, Factor::Sms).await;
        let voter = world.voters[0].clone();
        let waiting = world.past_password(&voter).await;
        let (chosen, code) = world.past_choice(&voter, Factor::Sms).await;
        world.login(&voter, Factor::Sms).await.unwrap();
        assert_eq!(world.factor(waiting, Factor::Sms).await.unwrap_err(), Refusal::Attempt);
        assert_eq!(world.code(chosen, &code, None).await.unwrap_err(), Refusal::Attempt);
    })
    .await;
}
