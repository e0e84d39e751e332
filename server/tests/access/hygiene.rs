//! What the roll holds, and what it does not.

use std::fs;

use escrutinio_server::access::api::*;
use escrutinio_server::testing::Databases;
use sqlx::Row;

use crate::world::*;

/// Every form in which bytes could lie around.
fn forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    vec![bytes.to_vec(), base64(bytes).into_bytes(), hex.to_uppercase().into_bytes(), hex.into_bytes()]
}

fn holds(content: &[u8], part: &[u8]) -> bool {
    content.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn r_acc_09_the_files_hold_no_usable_link_password_code_or_seed() {
    let mut world = World::new(Databases::sqlite(), 3).await;
    let session = world.enrol(0, Factor::Totp).await;
    world.enrol(1, Factor::Sms).await;
    let voter = world.voters[0].clone();
    let found = world.session(&session).await.unwrap();
    let contact =
        ContactRequest { kind: ContactKind::Email, value: secret("nueva@canario.example"), factor: Factor::Totp };
    let asked = world.access.contact(&caller(), &found, contact).await.unwrap();
    let request = ContactConfirmRequest {
        attempt: asked.attempt,
        code: secret(&world.mail_code("nueva@canario.example").await),
        factor_code: world.totp(&voter),
    };
    world.access.contact_confirm(&caller(), &found, request).await.unwrap();
    let (_, code) = world.past_choice(&voter, Factor::Sms).await;
    let _ = world.past_mail(&world.voters[1]).await;
    let mut canaries: Vec<Vec<u8>> = vec![voter.phone.into(), voter.email.into(), b"nueva@canario".to_vec()];
    canaries.push(b"Nombre Canario".to_vec());
    canaries.push(b"CLAVECANARIO".to_vec());
    let token = session.session.decode().unwrap();
    for bytes in [&voter.token[..], &voter.auth, &voter.seed.unwrap(), &voter.half, &token[8..]] {
        canaries.extend(forms(bytes));
    }
    let (user, known_hash) = (voter.user.clone(), token_hash(&world.voters[2].token));
    world.store.close().await;
    let mut searched = 0;
    for entry in fs::read_dir(world.databases.folder()).unwrap() {
        let content = fs::read(entry.unwrap().path()).unwrap();
        for canary in &canaries {
            assert!(!holds(&content, canary), "{}", String::from_utf8_lossy(canary));
        }
        // What should be there is: the search finds things.
        searched += usize::from(holds(&content, user.as_bytes()) && holds(&content, &known_hash));
    }
    assert!(searched > 0);
    assert_eq!(code.len(), 6);
}

#[tokio::test]
async fn r_acc_09_what_is_kept_of_codes_and_passwords_is_hashes() {
    each(async |mut world| {
        world.enrol(0, Factor::Totp).await;
        let voter = world.voters[0].clone();
        let (_, code) = world.past_choice(&voter, Factor::Sms).await;
        let row = world.row(&voter).await;
        assert_ne!(row.auth.as_deref(), Some(&voter.auth[..]));
        assert_eq!(row.auth.map(|auth| auth.len()), Some(32));
        assert_eq!(row.token, None, "the link is used up");
        assert_ne!(row.totp.as_deref(), Some(&voter.seed.unwrap()[..]));
        let mut connection = world.store.roll.read().await.unwrap();
        let rows = sqlx::query("SELECT code FROM codes WHERE account = $1").bind(voter.account);
        let rows = rows.fetch_all(&mut *connection).await.unwrap();
        let kept: Vec<Vec<u8>> = rows.iter().filter_map(|row| row.get(0)).collect();
        assert!(kept.len() == 1 && kept[0].len() == 32 && !holds(&kept[0], code.as_bytes()));
    })
    .await;
}

#[tokio::test]
async fn r_auth_14_nothing_in_the_roll_could_hold_a_receipt_or_the_time_of_a_vote() {
    let world = World::new(Databases::sqlite(), 1).await;
    let mut connection = world.store.roll.read().await.unwrap();
    let statement = "SELECT c.name FROM pragma_table_info('marks') c";
    let rows = sqlx::query(statement).fetch_all(&mut *connection).await.unwrap();
    let columns: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(columns, ["account", "contest"]);
}

#[tokio::test]
async fn requests_and_answers_print_no_secrets() {
    let mut world = World::new(Databases::sqlite(), 1).await;
    let voter = world.voters[0].clone();
    let request = LinkRequest { token: secret("canario") };
    let login = LoginRequest { user: voter.user.clone(), auth: secret("canario") };
    let code = CodeRequest { attempt: secret("canario"), code: secret("canario"), sms_code: Some(secret("canario")) };
    let contact = ContactRequest { kind: ContactKind::Phone, value: secret("canario"), factor: Factor::Sms };
    assert!(!format!("{request:?} {login:?} {code:?} {contact:?}").contains("canario"));
    let session = world.enrol(0, Factor::Sms).await;
    assert!(!format!("{session:?}").contains(session.session.expose()));
    let printed = format!("{:?} {:?} {:?}", world.access, world.keys, world.access.delivery().status());
    assert!(!printed.contains(&voter.phone) && !printed.contains("[7,"), "{printed}");
}
