//! The interface over real sockets, as a page or an observer asks.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bad_client;
mod host;

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use escrutinio_core::board::Receipt;
use escrutinio_core::credential::{BucketShape, IssuedHalf};
use escrutinio_core::hash::tagged_hash;
use escrutinio_server::access::secret::Secret;
use escrutinio_server::clock::ManualClock;
use escrutinio_server::delivery::{Channel, Language, Notice};
use escrutinio_server::desk::{DeskAct, DeskRequest};
use escrutinio_server::events::EventLog;
use escrutinio_server::http::{self, Listener};
use escrutinio_server::refusal::{Refusal, Wait};
use escrutinio_server::server::Server;
use escrutinio_server::testing::{Databases, Fixture, Live, OBSERVER, Site};
use host::{Host, base64, bytes};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use sqlx::{Column, Row};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn what_everybody_may_know_is_served() {
    let host = Host::new().await;
    let election = &host.fixture.election;
    let answer = host.get("/api/v1/election").await;
    assert_eq!(answer["election_id"], election.election.election_id.to_string());
    assert_eq!((answer["phase"].as_str(), &answer["rehearsal"]), (Some("loaded"), &json!(false)));
    for path in election.files.keys() {
        let url = format!("{}/api/v1/record/{path}", host.live.voters);
        let file = host.client.get(url).send().await.unwrap();
        assert!(file.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        assert_eq!(*file.bytes().await.unwrap(), *election.files[path]);
    }
    for (number, list) in (0u32..).zip(election.lists.lists()) {
        let answer = host.get(&format!("/api/v1/lists/{number}")).await;
        let root: [u8; 32] = bytes(&answer["root"]).try_into().unwrap();
        assert_eq!(bytes(&answer["first"][0]), list.keys()[0]);
        let shape = BucketShape::new(number, 12, election.election.manifest.min_group);
        assert_eq!(answer["buckets"], shape.buckets());
        for bucket in 0..shape.buckets() {
            let answer = host.get(&format!("/api/v1/lists/{number}/{bucket}")).await;
            let hashes = |value: &Value| -> Vec<[u8; 32]> {
                value.as_array().unwrap().iter().map(|one| bytes(one).try_into().unwrap()).collect()
            };
            shape.verify(bucket, &hashes(&answer["keys"]), &hashes(&answer["path"]), &root).unwrap();
        }
    }
    for nowhere in [
        "/api/v1/record/passwords",
        "/api/v1/record/../keys.sealed",
        "/api/v1/lists/99",
        "/api/v1/lists/x",
        "/api/v1/lists/0/99",
        "/api/v1/lists/0/-1",
        "/board/checkpoints/0",
        "/board/checkpoints/000099",
        "/board/checkpoints/+00000",
        "/board/tile/0/000",
        "/receipts.txt",
        // No witness has signed it.
        "/acts/witnessed",
        "/acts/tile/9/999",
        "/acts/tile/%00",
        "/acts/tile/0/000.p/1%00",
        "/acts/tile/0/000.p/01",
        "/desk",
        "/healthz",
        "/metrics",
    ] {
        let (status, answer) = host.ask(Method::GET, nowhere, None).await;
        assert_eq!(
            (status.as_u16(), answer["type"].as_str()),
            (404, Some("urn:escrutinio:problem:not-found")),
            "{nowhere}"
        );
    }
    for there in ["/board/checkpoint", "/board/checkpoints/000000", "/acts/checkpoint", "/acts/tile/entries/000.p/1"] {
        let answer = host.client.get(format!("{}{there}", host.live.voters)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{there}");
    }
    for there in ["/healthz", "/readyz"] {
        let answer = host.client.get(format!("{}{there}", host.live.admin)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{there}");
    }
    host.live.finish().await;
}

#[tokio::test]
async fn a_voter_comes_in_takes_the_half_and_casts() {
    let host = Host::new().await;
    let token = base64(&Site::token(0));
    let (status, answer) = host.ask(Method::POST, "/api/v1/access/link", Some(json!({ "token": token }))).await;
    assert_eq!((status.as_u16(), answer["type"].as_str()), (403, Some("urn:escrutinio:problem:not-open")));
    host.open();
    let session = host.enter(0).await;
    let authorized = |method: Method, path: &str| {
        host.client.request(method, format!("{}{path}", host.live.voters)).bearer_auth(&session)
    };
    let state: Value = authorized(Method::GET, "/api/v1/session").send().await.unwrap().json().await.unwrap();
    assert_eq!((&state["list"], &state["contests"][0]["cast"]), (&json!(0), &json!(false)));
    let half = authorized(Method::GET, "/api/v1/session/half").send().await.unwrap();
    assert_eq!(half.headers()["cache-control"], "no-store");
    let half = IssuedHalf::from_bytes(&half.bytes().await.unwrap()).unwrap();
    assert_eq!((half.list(), half.place()), (0, 0));

    let contest = u32::try_from(state["contests"][0]["contest"].as_u64().unwrap()).unwrap();
    let ballot = host.fixture.ballot(0, contest, 1);
    let cast = |ballot: Vec<u8>| authorized(Method::POST, "/api/v1/session/ballots").body(ballot).send();
    let first = cast(ballot.clone()).await.unwrap();
    assert_eq!(first.status(), 200);
    let text = first.text().await.unwrap();
    let receipt = Receipt::parse(text.as_bytes()).unwrap();
    receipt.verify(&host.fixture.election.election.manifest.server.key).unwrap();
    assert_eq!(cast(ballot.clone()).await.unwrap().text().await.unwrap(), text, "a retry gets the same answer");
    let code = escrutinio_core::board::code::format_code(&receipt.code);
    assert_eq!(host.post("/api/v1/recorded", json!({ "code": code })).await, json!({ "recorded": true }));

    let other: Value = cast(host.fixture.ballot(0, contest, 2)).await.unwrap().json().await.unwrap();
    assert_eq!(other["type"], "urn:escrutinio:problem:already-voted");
    let malformed: Value = cast(vec![1, 2, 3]).await.unwrap().json().await.unwrap();
    assert_eq!(
        (&malformed["type"], &malformed["code"]),
        (&json!("urn:escrutinio:problem:ballot-malformed"), &json!("V1.1"))
    );
    let long: Value = cast(vec![0; ballot.len() + 10_000]).await.unwrap().json().await.unwrap();
    assert_eq!(long["type"], "urn:escrutinio:problem:too-large");
    let elsewhere: Value = cast(host.fixture.ballot(47, contest, 1)).await.unwrap().json().await.unwrap();
    assert_eq!(elsewhere["status"], 422, "{elsewhere}");

    assert_eq!(authorized(Method::DELETE, "/api/v1/session").send().await.unwrap().status(), 204);
    let gone = authorized(Method::GET, "/api/v1/session").send().await.unwrap();
    assert_eq!((gone.status().as_u16(), gone.headers()["www-authenticate"].to_str().unwrap()), (401, "Bearer"));
    host.live.finish().await;
}

#[tokio::test]
async fn r_close_07_what_was_not_all_there_at_the_end_does_not_count() {
    let host = Host::new().await;
    host.open();
    let schedule = host.fixture.schedule();
    host.clock.set(schedule.voting_close - 60);
    let (session, early) = (host.enter(0).await, host.enter(1).await);
    let address = host.live.voters.strip_prefix("http://").unwrap();
    // All but the last byte of the body, and the rest when the test says so.
    let begin = async |session: &str, ballot: &[u8]| {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /api/v1/session/ballots HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {session}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            ballot.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&ballot[..ballot.len() - 1]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        stream
    };
    let finish = async |mut stream: tokio::net::TcpStream, ballot: &[u8]| {
        stream.write_all(&ballot[ballot.len() - 1..]).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let ballots = [host.fixture.ballot(0, 0, 1), host.fixture.ballot(1, 0, 1)];
    let late = begin(&session, &ballots[0]).await;
    let just = begin(&early, &ballots[1]).await;
    host.clock.set(schedule.reception_end - 31 * 60 + 29 * 60 - 1);
    assert!(finish(just, &ballots[1]).await.starts_with("HTTP/1.1 200"), "within the session");
    host.clock.set(schedule.reception_end);
    let answer = finish(late, &ballots[0]).await;
    assert!(answer.starts_with("HTTP/1.1 4") && answer.contains("urn:escrutinio:problem:"), "{answer}");
    assert!(answer.contains("problem:closed") || answer.contains("problem:session"), "{answer}");
    // Nothing of it was kept: that voter has no mark.
    let marks = sqlx::query("SELECT count(*) FROM marks");
    let row = marks.fetch_one(&mut *host.live.server.store.roll.read().await.unwrap()).await.unwrap();
    assert_eq!(row.get::<i64, _>(0), 1);
    host.live.finish().await;
}

#[tokio::test]
async fn r_auth_17_nothing_is_kept_of_a_choice_before_it_is_cast() {
    let host = Host::new().await;
    host.open();
    let session = host.enter(0).await;
    let state = async || {
        let mut rows = Vec::new();
        for (database, table, order) in [
            (&host.live.server.store.roll, "accounts", "account"),
            (&host.live.server.store.roll, "marks", "account"),
            (&host.live.server.store.roll, "intents", "1"),
            (&host.live.server.store.roll, "codes", "account"),
            (&host.live.server.store.ballots, "ballots", "seq"),
        ] {
            let statement = sqlx::AssertSqlSafe(format!("SELECT * FROM {table} ORDER BY {order}"));
            let found = sqlx::query(statement).fetch_all(&mut *database.read().await.unwrap()).await.unwrap();
            for row in &found {
                let cells = row.columns().iter().map(|column| {
                    let place = column.ordinal();
                    let text = row.try_get::<Option<String>, _>(place).map(|cell| format!("{cell:?}"));
                    let number = row.try_get::<Option<i64>, _>(place).map(|cell| format!("{cell:?}"));
                    let bytes = row.try_get::<Option<Vec<u8>>, _>(place).map(|cell| format!("{cell:?}"));
                    bytes.or(number).or(text).unwrap()
                });
                rows.push((table, cells.collect::<Vec<String>>()));
            }
        }
        rows
    };
    let before = state().await;
    assert!(before.len() >= 12);
    // Everything that a page asks for until somebody presses the last button.
    let get = async |path: &str| {
        let request = host.client.get(format!("{}{path}", host.live.voters)).bearer_auth(&session);
        assert_eq!(request.send().await.unwrap().status(), 200, "{path}");
    };
    for path in ["/api/v1/session", "/api/v1/session/half", "/api/v1/election", "/api/v1/session"] {
        get(path).await;
    }
    assert_eq!(state().await, before);
    // And no request of the interface could take a choice but the ballot itself.
    let document = host.get("/openapi.json").await;
    let takes: Vec<&str> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(path, does)| {
            path.starts_with("/api/v1/session") && (does["post"].is_object() || does["put"].is_object())
        })
        .map(|(path, _)| path.as_str())
        .collect();
    assert!(takes.contains(&"/api/v1/session/ballots"), "{takes:?}");
    assert!(takes.iter().all(|path| path.ends_with("/ballots") || path.contains("contact")), "{takes:?}");
    host.live.finish().await;
}

#[tokio::test]
async fn r_mon_09_a_carrier_that_is_gone_turns_red() {
    let host = Host::new().await;
    host.open();
    let sms = async || {
        let request = host.client.get(format!("{}/monitor.json", host.live.voters));
        let monitor: Value =
            request.basic_auth(OBSERVER.0, Some(OBSERVER.1)).send().await.unwrap().json().await.unwrap();
        let parts = monitor["components"].as_array().unwrap();
        parts.iter().find(|part| part["name"] == "sms").unwrap()["light"].as_str().unwrap().to_owned()
    };
    assert_eq!(sms().await, "good");
    std::fs::remove_dir_all(host.site.path("sms")).unwrap();
    std::fs::write(host.site.path("sms"), "no folder").unwrap();
    let answer = host.post("/api/v1/access/link", json!({ "token": base64(&Site::token(5)) })).await;
    let answer = host.post("/api/v1/access/digits", json!({ "attempt": answer["attempt"], "digits": "0005" })).await;
    host.post("/api/v1/access/factor", json!({ "attempt": answer["attempt"], "factor": "sms" })).await;
    // Three tries in a row, one and two seconds apart.
    let mut light = String::new();
    for _ in 0..100 {
        light = sms().await;
        if light == "red" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(light, "red");
    let ready = host.client.get(format!("{}/readyz", host.live.admin)).send().await.unwrap();
    assert_eq!(ready.status(), 200, "authenticators work on");
    host.live.finish().await;
}

#[tokio::test]
async fn every_body_that_is_none_is_a_problem() {
    let host = Host::new().await;
    host.open();
    let document = host.get("/openapi.json").await;
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        if item["post"].get("requestBody").is_none() || path.ends_with("ballots") {
            continue;
        }
        for body in [json!(null), json!([]), json!({}), json!({"attempt": 1}), json!({"nobody": "knows", "token": ""})]
        {
            let (status, answer) = host.ask(Method::POST, path, Some(body.clone())).await;
            assert!(matches!(status.as_u16(), 400 | 401), "{path} {body}: {status} {answer}");
            let stated = &item["post"]["responses"];
            assert!(stated.get(status.as_str()).is_some(), "{path} does not state {status}");
        }
        asked += 1;
    }
    assert_eq!(asked, 12);
    host.live.finish().await;
}

#[tokio::test]
async fn a_path_that_is_none_asks_no_database() {
    let host = Host::new().await;
    host.live.server.store.close().await;
    for (path, status) in [("%00", 404), ("0/000%00", 404), ("0/x000", 404), ("entries/x/1", 404), ("0/000", 503)] {
        let url = format!("{}/acts/tile/{path}", host.live.voters);
        assert_eq!(host.client.get(&url).send().await.unwrap().status(), status, "{path}");
    }
}

#[tokio::test]
async fn what_was_counted_is_written_at_the_end() {
    let host = Host::new().await;
    host.open();
    host.enter(1).await;
    let (site, clock) = (host.site, host.clock);
    host.live.finish().await;
    let store = escrutinio_server::init::open(&site.config(), &site.passwords()).await.unwrap();
    let lines = EventLog::new(store.roll.clone(), clock).lines().await.unwrap();
    let last: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    assert_eq!((&last["act"], &last["result"]["sessions"]), (&json!("hour"), &json!(1)), "{lines:?}");
    store.close().await;
}

#[tokio::test]
async fn a_message_under_way_is_waited_for_at_the_end() {
    let fixture = Fixture::several(Databases::sqlite(), 12).await;
    let site = Site::new(&fixture.rehearsal);
    let gateway = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", gateway.local_addr().unwrap());
    let taken = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&taken);
    let answer = axum::routing::post(async move || {
        tokio::time::sleep(Duration::from_millis(700)).await;
        count.fetch_add(1, Ordering::SeqCst);
    });
    let routes = axum::Router::new().route("/", answer);
    let serving = tokio::spawn(async move { axum::serve(gateway, routes).await.unwrap() });
    let config = std::fs::read_to_string(site.path("server.toml")).unwrap();
    let (before, _) = config.split_once("[sms]").unwrap();
    let sms = format!("[sms]\nkind = \"http\"\nurl = \"{url}\"\nbody = \"{{phone}} {{text}}\"\n");
    site.write("server.toml", &format!("{before}{sms}"));
    site.init().await.unwrap();
    let live = Live::start(&site, Arc::new(ManualClock::at(0))).await.unwrap();
    let code = Notice::LoginCode(Secret::new("012345".to_owned()));
    let to = Secret::new("15550000".to_owned());
    live.server.access.delivery().notify(Channel::Sms, to, Language::Es, &code);
    live.finish().await;
    assert_eq!(taken.load(Ordering::SeqCst), 1);
    serving.abort();
}

/// An act may take longer than a request of a voter; a body that does not come is not waited for.
#[tokio::test]
async fn an_act_of_staff_has_the_time_that_it_takes() {
    let fixture = Fixture::several(Databases::sqlite(), 12).await;
    let site = Site::new(&fixture.rehearsal);
    site.init().await.unwrap();
    let large = std::fs::File::create(site.path("component/large")).unwrap();
    large.set_len(1 << 28).unwrap();
    let mut config = site.config();
    config.limits.request = Duration::from_millis(100);
    let limits = config.limits;
    let server = Server::start(config, &site.passwords(), Arc::new(ManualClock::at(0))).await.unwrap();
    let address = ([127, 0, 0, 1], 0).into();
    let admin = Listener::start(address, None, vec![], &limits.of_staff(), http::admin(&server)).unwrap();
    let election = server.election.election.election_id;
    let request = DeskRequest::sign(&Site::person("Olga"), &election, DeskAct::Check, "", 0);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().no_proxy().build().unwrap();
    let begun = Instant::now();
    let answer = client.post(format!("http://{}/desk", admin.address())).json(&request).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(begun.elapsed() > limits.request, "it took longer than a request may: {:?}", begun.elapsed());
    let mut slow = tokio::net::TcpStream::connect(admin.address()).await.unwrap();
    let head = "POST /desk HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
                Content-Length: 9\r\n\r\n";
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    slow.read_to_string(&mut text).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 408"), "{text}");
    admin.finish(limits.drain).await;
    server.finish(limits.drain).await;
}

/// The table of the specification and the program name the same problems with the same statuses.
#[test]
fn problems_are_those_of_the_specification() {
    let spec = include_str!("../../../spec/server.md");
    let section = spec.split("### Problems").nth(1).expect("a section of that name");
    let rows = section.lines().skip_while(|line| !line.starts_with("|---")).skip(1).take_while(|l| l.starts_with('|'));
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect::<Vec<_>>();
    let stated: BTreeSet<(String, String, String)> =
        rows.map(cells).map(|c| (c[1].clone(), c[2].clone(), c[3].clone())).collect();
    let waits = Wait::ALL.iter().map(|why| Refusal::Wait { why: *why, seconds: 1 });
    let told = Refusal::ALL.iter().copied().chain(waits).map(|refusal| {
        let check = refusal.check().map(|check| check.code().to_owned()).unwrap_or_default();
        (refusal.name().to_owned(), refusal.status().to_string(), check)
    });
    assert_eq!(stated, told.collect());
}

#[test]
fn tokens_of_tests_are_those_of_the_links() {
    assert_eq!(Site::token(1), tagged_hash("test-token", &[&1u32.to_le_bytes()]));
}

#[tokio::test]
async fn a_ballot_that_comes_to_its_end_after_the_session_does_not_count() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let host = Host::new().await;
    host.open();
    let session = host.enter(0).await;
    let ballot = host.fixture.ballot(0, 0, 1);
    let mut stream = tokio::net::TcpStream::connect(host.live.voters.strip_prefix("http://").unwrap()).await.unwrap();
    let head = format!(
        "POST /api/v1/session/ballots HTTP/1.1\r\nHost: voto.example\r\nAuthorization: Bearer {session}\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        ballot.len()
    );
    let (begin, end) = ballot.split_at(ballot.len() / 2);
    stream.write_all(&[head.as_bytes(), begin].concat()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let leave = host.client.delete(format!("{}/api/v1/session", host.live.voters)).bearer_auth(&session);
    assert_eq!(leave.send().await.unwrap().status(), 204);
    stream.write_all(end).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("problem:no-session"), "{answer}");
    host.live.finish().await;
}

#[tokio::test]
async fn an_instance_that_takes_no_ballots_is_not_ready() {
    let host = Host::new().await;
    host.open();
    let session = host.enter(0).await;
    let ready = async || {
        let answer = host.client.get(format!("{}/readyz", host.live.admin)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, lines) = ready().await;
    assert!(status == 200 && lines.contains("Good casting") && lines.contains("Good conductor"), "{lines}");
    host.live.server.cast.faults().stop_at(escrutinio_server::cast::Step::Verified);
    let cast = host.client.post(format!("{}/api/v1/session/ballots", host.live.voters)).bearer_auth(&session);
    assert_eq!(cast.body(host.fixture.ballot(0, 0, 1)).send().await.unwrap().status(), 503);
    for _ in 0..100 {
        if ready().await.0 != 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (status, lines) = ready().await;
    assert!(status == 503 && lines.contains("Red casting it has ended: restart"), "{lines}");
    host.live.finish().await;
}

#[tokio::test]
async fn a_box_key_that_was_destroyed_while_a_host_was_off_is_destroyed_when_it_starts() {
    use escrutinio_server::identity::open_keys;
    use escrutinio_server::store::meta;
    let host = Host::new().await;
    let file = host.site.config().keys_file();
    assert!(open_keys(&file, &host.site.passwords()).unwrap().ballots().is_some());
    let kept = std::fs::read(&file).unwrap();
    let ballots = &host.live.server.store.ballots;
    ballots.run(|c| Box::pin(async move { meta::insert(c, meta::DESTROYED, b"").await })).await.unwrap();
    host.live.finish().await;
    // It was off, and has its file as it was.
    std::fs::write(&file, kept).unwrap();
    let live = Live::start(&host.site, host.clock.clone()).await.unwrap();
    assert!(live.server.keys.ballots().is_none());
    assert!(open_keys(&file, &host.site.passwords()).unwrap().ballots().is_none());
    live.finish().await;
}
