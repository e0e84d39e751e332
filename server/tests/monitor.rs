//! A whole election led from the desk, with the observers' page beside it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking"
)]

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::Arc;

use escrutinio_core::encoding::Encode;
use escrutinio_core::testing;
use escrutinio_server::access::session::VoterSession;
use escrutinio_server::clock::ManualClock;
use escrutinio_server::desk::{DeskAct, DeskRequest};
use escrutinio_server::store::roll;
use escrutinio_server::testing::{Databases, Fixture, Live, OBSERVER, PASSWORD, Site, Witness};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

struct Room {
    fixture: Fixture,
    _site: Site,
    live: Live,
    clock: Arc<ManualClock>,
    client: Client,
    witnesses: [Witness; 2],
}

impl Room {
    async fn new() -> Self {
        let fixture = Fixture::new("groups of two", groups_of_two, &[24], Databases::sqlite()).await;
        let witnesses = [Witness::start(&fixture, 0).await, Witness::start(&fixture, 1).await];
        let site = Site::new(&fixture.rehearsal);
        let mut config =
            std::fs::read_to_string(site.path("server.toml")).unwrap().replace("minutes = 0", "minutes = 15");
        for witness in &witnesses {
            let address = witness.address();
            config.push_str(&format!("[[witness]]\nname = \"{}\"\nurl = \"{}\"\n", address.name, address.url));
        }
        site.write("server.toml", &config);
        site.init().await.unwrap();
        let clock = Arc::clone(&fixture.clock);
        clock.set(fixture.schedule().voting_start - 3600);
        let live = Live::start(&site, clock.clone()).await.unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { fixture, _site: site, live, clock, client: Client::builder().no_proxy().build().unwrap(), witnesses }
    }

    /// What the clock asks for is done, and witnesses are asked.
    async fn settle(&self) {
        for _ in 0..3 {
            self.live.server.conductor.tick().await.unwrap();
            self.live.server.board.cosign().await.unwrap();
        }
    }

    async fn both(&self, act: DeskAct, arguments: &str) -> Value {
        let mut answer = json!(null);
        for who in ["Omar", "Aura"] {
            self.clock.advance(1);
            let now = escrutinio_server::clock::Clock::now(self.clock.as_ref());
            let election = &self.fixture.election.election.election_id;
            let mut request = DeskRequest::sign(&Site::person(who), election, act, arguments, now);
            request.password = (act == DeskAct::DestroyBoxKey).then(|| PASSWORD.to_owned());
            let sent = self.client.post(format!("{}/desk", self.live.admin)).json(&request).send().await.unwrap();
            let status = sent.status();
            answer = sent.json().await.unwrap();
            assert_eq!(status, 200, "{act}: {answer}");
        }
        answer["result"].clone()
    }

    async fn cast(&self, voter: u32) {
        let server = &self.live.server;
        let user = format!("voter-{voter}");
        let row = roll::by_user(&mut server.store.roll.read().await.unwrap(), &user).await.unwrap().unwrap();
        let now = escrutinio_server::clock::Clock::now(self.clock.as_ref());
        let session =
            VoterSession { account: row.account, list: row.list, place: row.place, start: now, end: now + 1800 };
        let rehearsal = &self.fixture.rehearsal;
        let random = &mut escrutinio_server::random::system();
        let ballot = rehearsal.cast((row.list, row.place), 0, voter % 3, None, random).to_bytes();
        server.cast.cast(&session, ballot, now).await.unwrap();
    }

    fn ask(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.live.voters))
    }

    async fn monitor(&self) -> Value {
        let answer = self.ask("/monitor.json").basic_auth(OBSERVER.0, Some(OBSERVER.1)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    async fn page(&self, language: &str) -> String {
        let request = self.ask("/monitor").basic_auth(OBSERVER.0, Some(OBSERVER.1));
        let answer = request.header("Accept-Language", language).send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        answer.text().await.unwrap()
    }
}

fn groups_of_two(keys: &testing::Keys) -> escrutinio_core::manifest::Manifest {
    let mut manifest = testing::small(keys, 3);
    manifest.min_group = 2;
    manifest
}

/// Every name of every field, at any depth.
fn names(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            out.insert(name.clone());
            names(value, out);
        }),
        Value::Array(values) => values.iter().for_each(|value| names(value, out)),
        _ => {}
    }
}

#[tokio::test]
async fn r_mon_02_the_monitor_is_for_who_is_accredited() {
    let room = Room::new().await;
    for (name, token) in [("", ""), (OBSERVER.0, ""), (OBSERVER.0, "otro"), ("Nadie", OBSERVER.1)] {
        for path in ["/monitor", "/monitor.json"] {
            let answer = room.ask(path).basic_auth(name, Some(token)).send().await.unwrap();
            assert_eq!(answer.status(), 401);
            assert!(answer.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic "));
        }
    }
    let page = room.page("es").await;
    assert!(page.contains("Partido Uno (party)") && page.contains("Cargada, sin abrir"), "{page}");
    // Read-only: no other method, no form, no script.
    let answer = room.client.post(format!("{}/monitor", room.live.voters)).send().await.unwrap();
    assert_eq!(answer.status(), 405);
    assert!(!page.contains("<form") && !page.contains("<script") && !page.contains("://"));
    room.live.finish().await;
}

#[tokio::test]
async fn r_mon_07_08_09_an_election_as_observers_see_it() {
    let room = Room::new().await;
    room.settle().await;
    let hash = room.client.get(format!("{}/desk/components", room.live.admin)).send().await.unwrap();
    let hash = hash.json::<Value>().await.unwrap()["hash"].as_str().unwrap().to_owned();
    room.both(DeskAct::Baseline, &hash).await;
    let zero = room.both(DeskAct::Open, "").await;
    assert!(zero["text"].as_str().unwrap().contains("empty box.ballots 0"));
    assert_eq!(room.monitor().await["phase"], "opened");

    // R-MON-08: ballots come one by one, and nothing is seen of them until an epoch leaves.
    room.clock.set(room.fixture.schedule().voting_start);
    room.settle().await;
    let without_time = |mut monitor: Value| {
        for field in ["now", "clocks", "components", "checkpoints"] {
            monitor.as_object_mut().unwrap().remove(field);
        }
        monitor
    };
    let before = without_time(room.monitor().await);
    for voter in 0..3 {
        room.cast(voter).await;
        room.settle().await;
        assert_eq!(without_time(room.monitor().await), before);
    }
    let figures = room.client.get(format!("{}/metrics", room.live.admin)).send().await.unwrap().text().await.unwrap();
    assert!(figures.contains("escrutinio_checkpoint_ballots 0\n"), "{figures}");
    assert!(!figures.contains("waiting") && !figures.contains("sent"), "no code of a voter: {figures}");
    let mut voter = 3;
    for _ in 0..3 {
        for _ in 0..6 {
            room.cast(voter).await;
            voter += 1;
        }
        room.clock.advance(901);
        room.settle().await;
    }
    let signatures = |monitor: &Value| {
        let last = monitor["checkpoints"].as_array().unwrap().last().unwrap().clone();
        last["witnesses"].as_array().unwrap().len()
    };
    let mut monitor = room.monitor().await;
    for _ in 0..100 {
        if signatures(&monitor) == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        room.settle().await;
        monitor = room.monitor().await;
    }
    assert_eq!((&monitor["turnout"]["most"], signatures(&monitor)), (&json!(24), 2));
    let sizes: Vec<u64> =
        monitor["checkpoints"].as_array().unwrap().iter().map(|line| line["size"].as_u64().unwrap()).collect();
    assert!(sizes.windows(2).all(|pair| pair[1] >= pair[0] + 2), "in steps of a group: {sizes:?}");
    assert_eq!(monitor["turnout"]["ballots"], json!(sizes.last().unwrap()));

    // R-MON-07: these fields and no others.
    let mut found = BTreeSet::new();
    names(&monitor, &mut found);
    let allowed = "acts at ballots binding calendar checkpoint checkpoints clocks components components_hash date \
                   detail election en es incidents light most name now number past phase rehearsal root signed size test \
                   time title turnout witnesses zone";
    assert_eq!(found, allowed.split_whitespace().map(Into::into).collect());

    // R-MON-09: each component has a state, and a witness that is gone is red.
    let lights = |monitor: &Value| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let parts = monitor["components"].as_array().unwrap();
        parts.iter().map(|part| (text(&part["name"]), text(&part["light"]))).collect()
    };
    for name in ["roll", "box", "disk", "clock", "mail", "sms", "board", "components"] {
        assert!(lights(&monitor).iter().any(|(found, _)| found == name), "{name}");
    }
    room.witnesses[0].set_offset(None);
    room.clock.advance(901);
    while voter < 24 {
        room.cast(voter).await;
        voter += 1;
    }
    room.settle().await;
    let name = format!("witness {}", room.witnesses[0].address().name);
    let mut red = false;
    for _ in 0..40 {
        red = lights(&room.monitor().await).contains(&(name.clone(), "red".to_owned()));
        if red {
            break;
        }
        room.settle().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(red);
    room.witnesses[0].set_offset(Some(0));

    if let Ok(path) = std::env::var("ESCRUTINIO_MONITOR_PAGE") {
        std::fs::write(path, room.page("es").await).unwrap();
    }
    let page = room.page("en").await;
    assert!(page.contains("Voting is open") && page.contains("FAULT"), "{page}");
    assert!(!page.contains("Planilla"), "nobody's votes");

    // Closed by the clock; export, list of voters, end of the box key.
    room.clock.set(room.fixture.schedule().last + 11);
    // One that did not answer is asked again after ten seconds.
    for _ in 0..300 {
        room.settle().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let status = room.live.server.board.status().await.unwrap();
        if status.closed && status.cosignatures == 2 {
            break;
        }
    }
    assert_eq!(room.monitor().await["phase"], "closed");
    let exported = room.both(DeskAct::Export, "").await;
    assert_eq!((&exported["ballots"], &exported["marks"]), (&json!(voter), &json!(voter)));
    let voters = room.both(DeskAct::Voters, "").await;
    assert_eq!(voters["persons"], json!(voter));
    room.both(DeskAct::DestroyBoxKey, "").await;
    assert!(room.live.server.keys.ballots().is_none());
    let acts = room.live.server.board.acts().await.unwrap().concat();
    for act in ["election", "components", "open", "voting", "closed", "export", "destroy-box-key"] {
        assert!(acts.contains(&format!("\nact {act}\n")), "{act}");
    }
    room.live.finish().await;
}
