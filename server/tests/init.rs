//! Loading an election: what is refused, and that a second time changes nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use escrutinio_core::encoding::Encode;
use escrutinio_core::ids::hex;
use escrutinio_core::manifest::Manifest;
use escrutinio_core::signature::SigningKey;
use escrutinio_sealed::updates::{Change, Update};
use escrutinio_server::init::{self, AccountFault, InitError};
use escrutinio_server::store::roll;
use escrutinio_server::testing::{Databases, Fixture, Site};

async fn fixture() -> Fixture {
    Fixture::several(Databases::sqlite(), 12).await
}

async fn rows(site: &Site) -> Vec<(i64, String, Vec<u8>)> {
    let store = init::open(&site.config(), &site.passwords()).await.unwrap();
    let mut rows = Vec::new();
    for n in 0..48 {
        let row = roll::by_user(&mut store.roll.read().await.unwrap(), &format!("voter-{n}")).await.unwrap().unwrap();
        rows.push((row.account, row.user_name, row.person));
    }
    store.close().await;
    rows
}

#[tokio::test]
async fn what_is_loaded_is_told_with_its_hashes_and_a_second_time_changes_nothing() {
    let fixture = fixture().await;
    let site = Site::new(&fixture.rehearsal);
    let report = site.init().await.unwrap();
    assert_eq!(report.accounts, (48, 48));
    assert!(report.keys_drawn);
    assert_eq!(report.election, fixture.election.election.election_id.to_string());
    let (path, hash) = report.files.iter().find(|(path, _)| path == "manifest.bin").unwrap();
    let bytes = std::fs::read(site.path("record").join(path)).unwrap();
    assert_eq!(*hash, hex(&escrutinio_core::hash::sha256(&[&bytes])));
    assert_eq!(report.lists.iter().map(|(keys, buckets, _)| (*keys, *buckets)).collect::<Vec<_>>(), [(12, 6); 4]);

    let (before, keys) = (rows(&site).await, std::fs::read(site.path("data/keys.sealed")).unwrap());
    let again = site.init().await.unwrap();
    assert_eq!((again.accounts, again.keys_drawn), ((48, 0), false));
    assert_eq!(rows(&site).await, before);
    assert_eq!(std::fs::read(site.path("data/keys.sealed")).unwrap(), keys);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| std::fs::metadata(site.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("data"), mode("data/keys.sealed")), (0o700, 0o600));
    }
}

#[tokio::test]
async fn r_sim_06_accounts_keys_and_databases_of_another_election_are_refused() {
    let fixture = fixture().await;
    let mut site = Site::new(&fixture.rehearsal);
    site.init().await.unwrap();
    // The same people in a rehearsal.
    let other = Fixture::small(Databases::sqlite(), 12).await;
    let rehearsal = Site::new(&other.rehearsal);
    site.accounts = Site::new(&other.rehearsal).accounts;
    let refused = site.init().await.unwrap_err();
    assert!(matches!(refused, InitError::Account { line: 1, fault: AccountFault::NotIssued }), "{refused}");
    // Its server on the databases of the election.
    let text = std::fs::read_to_string(rehearsal.path("server.toml")).unwrap();
    for (name, side) in [("roll", "roll"), ("box", "box")] {
        let database = site.path(&format!("data/{name}.db"));
        let changed = text.replace(&format!("sqlite:data/{name}.db"), &format!("sqlite:{}", database.display()));
        rehearsal.write("server.toml", &changed);
        let refused = rehearsal.init().await.unwrap_err();
        let told = format!("the {side} database belongs to another election");
        assert!(refused.to_string().contains(&told), "{refused}");
        assert!(!rehearsal.path("data/keys.sealed").exists());
    }
    // Its key.
    std::fs::copy(rehearsal.path("log.key"), site.path("server.key")).unwrap();
    let refused = site.init().await.unwrap_err().to_string();
    assert!(refused.contains("not the key of server that the manifest names"), "{refused}");
}

#[tokio::test]
async fn accounts_that_do_not_hold_load_nothing() {
    let fixture = fixture().await;
    let mut site = Site::new(&fixture.rehearsal);
    let good = Site::new(&fixture.rehearsal).accounts;
    type Change = fn(&mut Vec<escrutinio_sealed::Account>);
    let cases: [(Change, &str); 8] = [
        (|all| drop(all.pop()), "list 3: 11 accounts where the roll has 12 entries"),
        (|all| all[1].user = all[0].user.clone(), "line 2 of the accounts: user name, token or place"),
        (|all| all[1].token = all[0].token.clone(), "line 2 of the accounts: user name, token or place"),
        (|all| all[3].token = "00".into(), "line 4 of the accounts: the token is no hash"),
        (|all| all[3].half = None, "line 4 of the accounts: no half"),
        (|all| all[3].half = Some("zz".repeat(108)), "line 4 of the accounts: no half"),
        (|all| all[3].half = all[4].half.clone(), "line 4 of the accounts: the half is of another place"),
        (|all| all[3].place = 4, "line 4 of the accounts: the half is of another place"),
    ];
    for (change, told) in cases {
        site.accounts = Site::new(&fixture.rehearsal).accounts;
        change(&mut site.accounts);
        let refused = site.init().await.unwrap_err().to_string();
        assert!(refused.contains(told), "{told}: {refused}");
        assert!(!refused.contains("Núñez") && !refused.contains("voter-"), "nothing of a person: {refused}");
    }
    assert!(!site.path("data").exists());
    site.accounts = good;
    assert_eq!(site.init().await.unwrap().accounts, (48, 48));
}

#[tokio::test]
async fn r_cfg_17_a_test_offer_never_binds() {
    let fixture = fixture().await;
    let site = Site::new(&fixture.rehearsal);
    let mut manifest: Manifest = fixture.rehearsal.object("manifest.bin");
    (manifest.test, manifest.binding) = (true, true);
    std::fs::write(site.path("record/manifest.bin"), manifest.to_bytes()).unwrap();
    let refused = site.init().await.unwrap_err().to_string();
    assert!(refused.contains("M1.2") && refused.contains("binding"), "{refused}");
}

#[tokio::test]
async fn a_record_that_was_changed_is_refused_with_the_check_that_fails() {
    let fixture = fixture().await;
    let site = Site::new(&fixture.rehearsal);
    let path = site.path("record/credentials/lists.bin");
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let refused = site.init().await.unwrap_err().to_string();
    assert!(refused.contains("the record does not hold: C5."), "{refused}");
    assert!(!site.path("data").exists());
}

#[tokio::test]
async fn r_acc_04_new_links_take_the_place_of_old_ones_if_the_registrar_signed_them() {
    let fixture = Fixture::small(Databases::sqlite(), 12).await;
    let site = Site::new(&fixture.rehearsal);
    site.init().await.unwrap();
    let store = init::open(&site.config(), &site.passwords()).await.unwrap();
    const SET: &str = "UPDATE accounts SET auth = token WHERE user_name = 'voter-2'";
    store.roll.run(|c| Box::pin(async { Ok(sqlx::query(SET).execute(c).await.map(drop)?) })).await.unwrap();
    let (roll_id, keys) = (fixture.election.roll_id, &fixture.rehearsal.keys);
    let signed = |number: u32, changes: &[(&str, String)], key: &SigningKey| {
        let change = |(user, token): &(&str, String)| Change { user: (*user).to_owned(), token: token.clone() };
        Update { number, changes: changes.iter().map(change).collect() }.sign(&roll_id, key)
    };
    let token = |token: u8| hex(&[token; 32]);
    let load = async |text: &str| init::update(&store, &fixture.election, text.as_bytes()).await;
    let update = signed(2, &[("voter-1", token(1)), ("voter-2", token(2)), ("nobody", token(3))], &keys.registrar);
    // The log's key signs much, and no links; nor does anybody without a key.
    let forged = signed(2, &[("voter-1", token(7))], &keys.log);
    for update in [forged.as_str(), &update.replace("voter-1", "voter-5"), &update[update.find('{').unwrap()..]] {
        assert!(matches!(load(update).await, Err(InitError::Update { .. })));
    }
    let report = load(&update).await.unwrap();
    assert_eq!((report.changed, report.kept, report.unknown), (1, 1, 1));
    let row = roll::by_token(&mut store.roll.read().await.unwrap(), &[1; 32]).await.unwrap().unwrap();
    assert_eq!((row.user_name.as_str(), row.generation), ("voter-1", 1));
    let kept = roll::by_user(&mut store.roll.read().await.unwrap(), "voter-2").await.unwrap().unwrap();
    assert_ne!(kept.token, Some(vec![2; 32]));
    // Once more it changes nothing; one from before would bring void links back.
    assert_eq!(load(&update).await.unwrap().changed, 0);
    let earlier = signed(1, &[("voter-1", token(9))], &keys.registrar);
    assert!(matches!(load(&earlier).await, Err(InitError::Superseded { number: 1 })));
    let broken = signed(3, &[("voter-3", token(4)), ("voter-4", "zz".to_owned())], &keys.registrar);
    assert!(matches!(load(&broken).await, Err(InitError::Account { line: 2, .. })));
    let untouched = roll::by_user(&mut store.roll.read().await.unwrap(), "voter-3").await.unwrap().unwrap();
    assert_eq!(untouched.generation, 0);
    store.close().await;
}
