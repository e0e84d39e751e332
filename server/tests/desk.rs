//! The desk over its socket: who may do what, with whose signature, and what the log of events says of it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use escrutinio_core::encoding::Encode;
use escrutinio_core::ids::{ElectionId, hex};
use escrutinio_core::manifest::Manifest;
use escrutinio_core::signature::Signature;
use escrutinio_core::testing;
use escrutinio_sealed::updates::{Change, Update};
use escrutinio_sealed::{Person, Role, parse_hex};
use escrutinio_server::clock::ManualClock;
use escrutinio_server::desk::{DeskAct, DeskRequest, Staff};
use escrutinio_server::events::verify_chain;
use escrutinio_server::phase::{Facts, Phase};
use escrutinio_server::testing::{Databases, Fixture, Live, Site};
use reqwest::Client;
use serde_json::{Value, json};

struct Office {
    fixture: Fixture,
    site: Site,
    databases: Option<Databases>,
    live: Live,
    clock: Arc<ManualClock>,
    client: Client,
}

impl Office {
    async fn new() -> Self {
        Self::of(Fixture::small(Databases::sqlite(), 12).await).await
    }

    async fn of(fixture: Fixture) -> Self {
        Self::on(fixture, None).await
    }

    /// With roll and box in two files, and again in two servers of PostgreSQL where it is installed.
    async fn everywhere(manifest: fn(&testing::Keys) -> Manifest, name: &'static str) -> Vec<Self> {
        let fixture = async || Fixture::new(name, manifest, &[12], Databases::sqlite()).await;
        let mut all = vec![Self::of(fixture().await).await];
        if let Some(databases) = Databases::postgres().await {
            all.push(Self::on(fixture().await, Some(databases)).await);
        }
        all
    }

    async fn on(fixture: Fixture, databases: Option<Databases>) -> Self {
        let site = Site::new(&fixture.rehearsal);
        if let Some(databases) = &databases {
            site.keep_in(databases);
        }
        site.init().await.unwrap();
        let clock = Arc::new(ManualClock::at(fixture.schedule().voting_start - 3600));
        let live = Live::start(&site, clock.clone()).await.unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { fixture, site, databases, live, clock, client: Client::builder().no_proxy().build().unwrap() }
    }

    fn election(&self) -> ElectionId {
        self.fixture.election.election.election_id
    }

    fn now(&self) -> i64 {
        use escrutinio_server::clock::Clock;
        self.clock.now()
    }

    fn sign(&self, who: &str, act: DeskAct, arguments: &str) -> DeskRequest {
        DeskRequest::sign(&Site::person(who), &self.election(), act, arguments, self.now())
    }

    async fn send(&self, request: &DeskRequest) -> (u16, Value) {
        let answer = self.client.post(format!("{}/desk", self.live.admin)).json(request).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn ask(&self, who: &str, act: DeskAct, arguments: &str) -> Value {
        // The same words in the same second are the same request.
        self.clock.advance(1);
        let (status, answer) = self.send(&self.sign(who, act, arguments)).await;
        assert_eq!(status, 200, "{who} {act}: {answer}");
        answer
    }

    /// Both sign; the answer to the second.
    async fn both(&self, act: DeskAct, arguments: &str) -> (u16, Value) {
        let first = self.ask("Olga", act, arguments).await;
        assert_eq!(first["done"], false);
        self.send(&self.sign("Aura", act, arguments)).await
    }

    async fn events(&self) -> Vec<Value> {
        let lines = self.live.server.events.lines().await.unwrap();
        verify_chain(lines.iter().map(String::as_str)).unwrap();
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    async fn hash(&self) -> String {
        let answer = self.client.get(format!("{}/desk/components", self.live.admin)).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["hash"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn r_role_02_one_of_the_two_is_not_enough() {
    for office in Office::everywhere(not_binding, "not binding").await {
        one_of_the_two_is_not_enough(office).await;
    }
}

async fn one_of_the_two_is_not_enough(office: Office) {
    let hash = office.hash().await;
    let acts = || async { office.live.server.board.acts().await.unwrap().len() };
    let before = acts().await;
    // The operator, and then the operator's backup: still one role.
    for who in ["Olga", "Omar"] {
        let answer = office.ask(who, DeskAct::Baseline, &hash).await;
        assert_eq!((&answer["done"], answer["signed"].as_array().unwrap().len()), (&json!(false), 1));
    }
    assert_eq!(acts().await, before);
    // The other role, for something else.
    assert_eq!(office.ask("Aura", DeskAct::Open, "").await["done"], false);
    // The backup of the other role, for the same.
    let answer = office.ask("Abel", DeskAct::Baseline, &hash).await;
    assert_eq!(answer["done"], true);
    let signed = answer["signed"].as_array().unwrap();
    let names: Vec<&str> = signed.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Abel", "Olga"]);
    assert_eq!(acts().await, before + 1);
    // It was done once: the same two signatures do it no second time, and new ones are needed.
    assert_eq!(office.ask("Abel", DeskAct::Export, "").await["done"], false);
    office.live.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_role_02_two_who_sign_in_the_same_moment_have_signed() {
    for office in Office::everywhere(not_binding, "not binding").await {
        let hash = office.hash().await;
        for round in 0..10 {
            office.clock.advance(1);
            let (first, second) =
                (office.sign("Olga", DeskAct::Baseline, &hash), office.sign("Aura", DeskAct::Baseline, &hash));
            let ((_, first), (_, second)) = tokio::join!(office.send(&first), office.send(&second));
            let done = [&first["done"], &second["done"]];
            assert_eq!(done.iter().filter(|done| **done == &json!(true)).count(), 1, "{round}: {first} {second}");
        }
        office.live.finish().await;
    }
}

#[tokio::test]
async fn r_role_02_what_was_signed_twice_is_brought_no_second_time() {
    let office = Office::new().await;
    let hash = office.hash().await;
    let first = office.sign("Olga", DeskAct::Baseline, &hash);
    office.send(&first).await;
    office.clock.advance(1);
    let again = office.sign("Olga", DeskAct::Baseline, &hash);
    assert_eq!(office.send(&again).await.1["done"], false);
    assert_eq!(office.ask("Aura", DeskAct::Baseline, &hash).await["done"], true);
    for request in [&first, &again] {
        assert_eq!(office.send(request).await.0, 401, "what is over needs new signatures");
    }
    office.live.finish().await;
}

#[tokio::test]
async fn r_role_02_a_signature_waits_half_an_hour() {
    let office = Office::new().await;
    let hash = office.hash().await;
    office.ask("Olga", DeskAct::Baseline, &hash).await;
    office.clock.advance(1801);
    assert_eq!(office.ask("Aura", DeskAct::Baseline, &hash).await["done"], false, "the first is void");
    office.clock.advance(1799);
    assert_eq!(office.ask("Omar", DeskAct::Baseline, &hash).await["done"], true);
    office.live.finish().await;
}

#[tokio::test]
async fn requests_are_good_once_fresh_and_of_staff_only() {
    let office = Office::new().await;
    let request = office.sign("Olga", DeskAct::State, "");
    assert_eq!(office.send(&request).await.0, 200);
    let staff = |answer: (u16, Value)| {
        assert_eq!((answer.0, answer.1["type"].as_str()), (401, Some("urn:escrutinio:problem:staff")))
    };
    staff(office.send(&request).await);
    let mut stale = office.sign("Olga", DeskAct::State, "");
    stale.at -= 1;
    staff(office.send(&stale).await);
    for seconds in [-61, 61] {
        let at = office.now() + seconds;
        let request = DeskRequest::sign(&Site::person("Olga"), &office.election(), DeskAct::State, "", at);
        staff(office.send(&request).await);
    }
    staff(office.send(&office.sign("Otto", DeskAct::State, "")).await);
    let other = DeskRequest::sign(&Site::person("Olga"), &ElectionId([0; 32]), DeskAct::State, "", office.now());
    staff(office.send(&other).await);
    let mut changed = office.sign("Olga", DeskAct::Unlock, "voter-1");
    changed.arguments = "voter-2".to_owned();
    staff(office.send(&changed).await);
    let mut act = office.sign("Olga", DeskAct::State, "");
    act.act = "baseline".to_owned();
    staff(office.send(&act).await);
    let answer = office.client.post(format!("{}/desk", office.live.admin)).json(&json!({"act": "state"})).send().await;
    assert_eq!(answer.unwrap().status(), 400);
    office.live.finish().await;
}

#[tokio::test]
async fn r_role_15_every_act_stands_in_the_log_of_events() {
    let office = Office::new().await;
    let hash = office.hash().await;
    office.ask("Olga", DeskAct::State, "").await;
    office.ask("Abel", DeskAct::Unlock, "voter-3").await;
    let (status, _) = office.send(&office.sign("Aura", DeskAct::Unlock, "nobody")).await;
    assert_eq!(status, 404);
    assert_eq!(office.both(DeskAct::Baseline, &hash).await.0, 200);
    let (status, answer) = office.both(DeskAct::Open, "").await;
    assert_eq!(status, 409, "the zero checkpoint has no witness: {answer}");
    assert!(answer["detail"].as_str().unwrap().contains("quorum"), "{answer}");
    office.send(&office.sign("Otto", DeskAct::Open, "")).await;
    let events = office.events().await;
    let told: Vec<[&str; 4]> =
        events.iter().map(|e| ["who", "role", "act", "result"].map(|field| e[field].as_str().unwrap_or("-"))).collect();
    let quorum = "refused: checkpoint 0 of the board does not have a quorum of witnesses yet";
    assert_eq!(told[0][..3], ["server", "server", "init"]);
    assert_eq!(
        told[1..],
        [
            ["Olga", "operator", "state", "done"],
            ["Abel", "authentication (backup)", "unlock", "done"],
            ["Aura", "authentication", "unlock", "refused: not-found"],
            ["Olga", "operator", "baseline", "signed"],
            ["Aura", "authentication", "baseline", &hash],
            ["Olga", "operator", "open", "signed"],
            ["Aura", "authentication", "open", quorum],
            ["server", "server", "desk-refused", "staff"],
        ]
    );
    assert!(events.iter().all(|event| event["at"].as_str().unwrap().ends_with('Z')));
    assert!(!events.iter().any(|event| event.to_string().contains("voter-3")), "no line says which voter");
    office.live.finish().await;
}

#[tokio::test]
async fn r_mon_05_components_are_compared_while_people_vote() {
    let office = Office::new().await;
    let check = || async { office.ask("Olga", DeskAct::Check, "").await["result"].clone() };
    assert_eq!(check().await["baseline"], Value::Null);
    let hash = office.hash().await;
    assert_eq!(office.both(DeskAct::Baseline, "0").await.0, 400, "another hash than that of the components");
    let (_, answer) = office.both(DeskAct::Baseline, &hash).await;
    // Signed by both, as anyone can verify.
    let text = answer["result"]["text"].as_str().unwrap();
    let signatures = text.lines().filter_map(|line| line.strip_prefix("signed ")).map(|line| {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let mut message = office.election().to_bytes();
        "baseline".to_owned().encode(&mut message);
        hash.encode(&mut message);
        words[1].parse::<i64>().unwrap().encode(&mut message);
        let signature = Signature(parse_hex(words[2]).unwrap());
        Site::person(words[3]).key.verifying_key().verify("desk", &[&message], &signature).unwrap();
    });
    assert_eq!(signatures.count(), 2);

    office.live.server.lifecycle.note(Facts { opened: true, ..Facts::default() });
    office.clock.set(office.fixture.schedule().voting_start);
    let report = check().await;
    assert_eq!((&report["differences"], &report["now"]), (&json!([]), &json!(hash)));
    let signature = Signature(parse_hex(report["signature"].as_str().unwrap()).unwrap());
    let key = &office.fixture.election.election.manifest.server.key;
    key.verify("components", &[report["text"].as_str().unwrap().as_bytes()], &signature).unwrap();

    // R-SIM-10, R-AUD-06: a change after it, and a file that nobody listed.
    office.site.write("component/page.html", "<p>la pagina</p>");
    office.site.write("component/more.js", "");
    let report = check().await;
    let differences: Vec<&str> =
        report["differences"].as_array().unwrap().iter().map(|d| d.as_str().unwrap()).collect();
    let path = |name: &str| office.site.path(name).display().to_string();
    assert_eq!(
        differences,
        [format!("changed {}", path("component/page.html")), format!("unlisted {}", path("component/more.js"))]
    );
    let state = office.ask("Aura", DeskAct::State, "").await["result"].clone();
    let component = state["components"].as_array().unwrap().iter().find(|part| part["name"] == "components").unwrap();
    assert_eq!(component["light"], "red");
    office.live.finish().await;
}

#[tokio::test]
async fn r_open_06_other_components_do_not_open() {
    let office = Office::new().await;
    let hash = office.hash().await;
    office.both(DeskAct::Baseline, &hash).await;
    office.site.write("component/page.html", "other");
    let (status, answer) = office.both(DeskAct::Open, "").await;
    assert_eq!(status, 409);
    assert!(answer["detail"].as_str().unwrap().contains("page.html"), "{answer}");
    office.live.finish().await;
}

#[tokio::test]
async fn r_open_06_r_mon_05_the_components_of_every_instance_are_compared() {
    let office = Office::new().await;
    let hash = office.hash().await;
    office.both(DeskAct::Baseline, &hash).await;
    let tell = async |hash: &'static str, policy: &'static str, ago: &'static str| {
        let job = office.live.server.store.roll.run(move |c| {
            Box::pin(async move {
                // What is not given is as with this one.
                let statement = "INSERT INTO hosts (instance, host, hash, policy, at) \
                                 SELECT 1, 'other-host', coalesce(nullif($1, ''), hash), coalesce(nullif($2, ''), policy), \
                                 at - CAST($3 AS INTEGER) FROM hosts WHERE instance <> 1 \
                                 ON CONFLICT (instance) DO UPDATE \
                                 SET hash = excluded.hash, policy = excluded.policy, at = excluded.at";
                Ok(sqlx::query(statement).bind(hash).bind(policy).bind(ago).execute(c).await.map(drop)?)
            })
        });
        job.await.unwrap();
    };
    let differences = async || office.ask("Olga", DeskAct::Check, "").await["result"]["differences"].clone();
    assert_eq!(differences().await, json!([]), "this one is not compared with itself");
    tell("", "", "0").await;
    assert_eq!(differences().await, json!([]));
    tell("", "0ther", "0").await;
    assert_eq!(differences().await, json!(["policy other-host"]), "another policy, or other staff (R-OPEN-14)");
    assert_eq!(office.both(DeskAct::Open, "").await.0, 409);
    tell("0badc0de", "", "0").await;
    assert_eq!(differences().await, json!(["instance 0badc0de other-host"]));
    let (status, answer) = office.both(DeskAct::Open, "").await;
    assert_eq!(status, 409);
    assert!(answer["detail"].as_str().unwrap().contains("other-host"), "{answer}");
    // One that has ended counts no more.
    tell("0badc0de", "", "200").await;
    assert_eq!(differences().await, json!([]));
    office.live.finish().await;
}

#[tokio::test]
async fn r_mon_04_incidents_go_up() {
    let office = Office::new().await;
    let tell = |who: &'static str, arguments: Value| {
        let request = office.sign(who, DeskAct::Incident, &arguments.to_string());
        let office = &office;
        async move { office.send(&request).await }
    };
    let (_, answer) = tell("Olga", json!({ "level": "operator", "text": "El correo no sale" })).await;
    assert_eq!(answer["result"]["number"], 1);
    office.clock.advance(60);
    assert_eq!(tell("Omar", json!({ "number": 1, "level": "administrator", "text": "Segundo relé" })).await.0, 200);
    assert_eq!(tell("Omar", json!({ "number": 1, "level": "operator", "text": "De vuelta" })).await.0, 409);
    let incidents = office.ask("Abel", DeskAct::Incidents, "").await["result"].clone();
    let steps = incidents[0]["steps"].as_array().unwrap();
    assert_eq!((steps[0]["level"].as_str(), steps[1]["who"].as_str()), (Some("operator"), Some("Omar")));
    assert_ne!(steps[0]["at"], steps[1]["at"]);
    office.live.finish().await;
}

#[tokio::test]
async fn r_mon_03_the_report_says_use_and_state() {
    let office = Office::new().await;
    let report = office.ask("Olga", DeskAct::Report, "").await["result"]["text"].as_str().unwrap().to_owned();
    for line in ["escrutinio/operation-report/v1", "component roll good sqlite", "checkpoint 0 0", "counted sessions 0"]
    {
        assert!(report.contains(line), "{line}: {report}");
    }
    office.live.finish().await;
}

#[tokio::test]
async fn help_for_a_voter_says_nothing_of_another() {
    for office in Office::everywhere(not_binding, "not binding").await {
        help_for_a_voter(office).await;
    }
}

async fn help_for_a_voter(office: Office) {
    office.ask("Abel", DeskAct::Resend, "voter-2").await;
    let answer = office.ask("Abel", DeskAct::Resends, "").await["result"].clone();
    assert_eq!(answer["requests"], json!([{ "user": "voter-2", "email": "voter-2@example.org" }]));
    let token = hex(&[9; 32]);
    let changes = vec![Change { user: "voter-2".to_owned(), token }];
    let keys = &office.fixture.rehearsal.keys;
    let links = |key| Update { number: 1, changes: changes.clone() }.sign(&office.fixture.election.roll_id, key);
    // Whoever makes links can enter: it takes the registrar, and both roles.
    assert_eq!(office.both(DeskAct::Links, &links(&keys.log)).await.0, 400);
    assert_eq!(office.ask("Abel", DeskAct::Links, &links(&keys.registrar)).await["done"], false);
    let answer = office.ask("Omar", DeskAct::Links, &links(&keys.registrar)).await;
    assert_eq!(answer["done"], true, "{answer}");
    assert_eq!(answer["result"], json!({ "changed": 1, "kept": 0, "unknown": 0 }));
    assert_eq!(office.ask("Abel", DeskAct::Resends, "").await["result"]["requests"], json!([]));
    office.live.finish().await;
}

#[tokio::test]
async fn r_open_14_from_opening_to_close_nothing_of_the_election_changes() {
    let office = Office::of(Fixture::new("binding", binding, &[12], Databases::sqlite()).await).await;
    let hash = office.hash().await;
    assert_eq!(office.both(DeskAct::Baseline, &hash).await.0, 200);
    office.live.server.lifecycle.note(Facts { opened: true, ..Facts::default() });
    let id = office.election().to_string();
    let keys = &office.fixture.rehearsal.keys;
    // A link for somebody who is not on the roll.
    let changes = vec![Change { user: "voter-99".to_owned(), token: hex(&[9; 32]) }];
    let links = Update { number: 1, changes }.sign(&office.fixture.election.roll_id, &keys.registrar);
    let schedule = office.fixture.schedule();
    for now in [schedule.voting_start - 60, schedule.voting_start + 60, schedule.voting_close + 60] {
        office.clock.set(now);
        let before = office.live.server.board.acts().await.unwrap().len();
        let acts = [
            (DeskAct::Baseline, hash.as_str()),
            (DeskAct::Open, ""),
            (DeskAct::Wipe, &id),
            (DeskAct::Publish, &hash),
            (DeskAct::Export, ""),
            (DeskAct::DestroyBoxKey, ""),
        ];
        for (act, arguments) in acts {
            let (status, answer) = office.both(act, arguments).await;
            assert!((400..500).contains(&status), "{act} at {now}: {status} {answer}");
        }
        let acts = office.live.server.board.acts().await.unwrap();
        // The server itself says that voting begins and ends; nothing else came.
        let own =
            |act: &String| ["voting", "grace", "events"].iter().any(|name| act.contains(&format!("act {name}\n")));
        assert!(acts[before..].iter().all(own), "{:?}", &acts[before..]);
    }
    let (status, answer) = office.both(DeskAct::Links, &links).await;
    assert_eq!((status, &answer["result"]), (200, &json!({ "changed": 0, "kept": 0, "unknown": 1 })));
    let accounts = sqlx::query("SELECT count(*) FROM accounts");
    let row = accounts.fetch_one(&mut *office.live.server.store.roll.read().await.unwrap()).await.unwrap();
    assert_eq!(sqlx::Row::get::<i64, _>(&row, 0), 12);
    office.live.finish().await;
}

fn not_binding(keys: &testing::Keys) -> Manifest {
    Manifest { binding: false, ..testing::small(keys, 3) }
}

fn binding(keys: &testing::Keys) -> Manifest {
    Manifest { binding: true, test: false, ..testing::small(keys, 3) }
}

#[tokio::test]
async fn r_sim_06_a_rehearsal_is_wiped_and_nothing_of_it_comes_back() {
    for office in Office::everywhere(not_binding, "not binding").await {
        a_rehearsal_is_wiped(office).await;
    }
}

async fn a_rehearsal_is_wiped(office: Office) {
    let id = office.election().to_string();
    assert_eq!(office.both(DeskAct::Wipe, "another").await.0, 400);
    let (status, answer) = office.both(DeskAct::Wipe, &id).await;
    assert_eq!(status, 200, "{answer}");
    let report = answer["result"]["text"].as_str().unwrap();
    for table in ["roll.accounts", "roll.marks", "roll.intents", "box.ballots", "box.files of ballots"] {
        assert!(report.contains(&format!("empty {table} 0\n")), "{report}");
    }
    let server = &office.live.server;
    assert_eq!(server.lifecycle.phase(office.now()), Phase::Closed);
    let acts = server.board.acts().await.unwrap();
    let wipe = acts.iter().find(|act| act.contains("\nact wipe\n")).unwrap();
    assert!(wipe.contains("roll-accounts 12\n"), "{wipe}");
    let (site, clock, _kept) = (office.site, office.clock, office.databases);
    office.live.finish().await;
    assert!(!site.path("data/keys.sealed").exists() && !site.path("data/board").exists());
    if let Ok(database) = std::fs::read(site.path("data/roll.db")) {
        assert!(!database.windows(7).any(|bytes| bytes == b"voter-1"), "no page holds a row that was deleted");
    }
    // Nothing is loaded into its databases again, and no server starts on them.
    let refused = site.init().await.unwrap_err().to_string();
    assert!(refused.contains("that of a rehearsal that was wiped"), "{refused}");
    assert!(Live::start(&site, clock).await.is_err());
}

#[tokio::test]
async fn r_sim_06_what_binds_is_never_wiped() {
    let office = Office::of(Fixture::new("binding", binding, &[12], Databases::sqlite()).await).await;
    let (status, answer) = office.both(DeskAct::Wipe, &office.election().to_string()).await;
    assert_eq!(status, 400);
    assert!(answer["detail"].as_str().unwrap().contains("this election binds"), "{answer}");
    assert_eq!(office.live.server.lifecycle.phase(office.now()), Phase::Loaded);
    office.live.finish().await;
}

/// Who may not be staff: nobody holds two roles (R-ROLE-05).
#[test]
fn r_role_05_a_custodian_is_no_operator() {
    let keys = testing::Keys::new(2, 3);
    let manifest = testing::small(&keys, 3);
    let folder = tempfile::tempdir().unwrap();
    let card = |name: &str, role, key: &str| {
        let key = testing::signing_key(key);
        let person = Person { role, name: name.to_owned(), designation: String::new(), key };
        std::fs::write(folder.path().join(format!("{name}.card")), person.card().to_text()).unwrap();
    };
    card("Olga", Role::Operator, "Olga");
    card("Aura", Role::Authentication, "Aura");
    card("Omar", Role::Operator, "Olga");
    card("Carla", Role::Operator, "custodian 1");
    card(&manifest.custodians[1].name.clone(), Role::Operator, "fresh");
    card("Wanda", Role::Witness, "Wanda");
    let read = |people: &[(&str, bool)]| {
        let entries =
            people.iter().map(|(name, backup)| format!("[[person]]\ncard = \"{name}.card\"\nbackup = {backup}\n"));
        let file = folder.path().join("staff.toml");
        std::fs::write(&file, entries.collect::<String>()).unwrap();
        Staff::read(&file, &manifest).map(|staff| staff.members().len()).map_err(|error| error.to_string())
    };
    let (olga, aura) = (("Olga", false), ("Aura", false));
    assert_eq!(read(&[olga, aura]), Ok(2));
    let custodian = manifest.custodians[1].name.as_str();
    for (people, told) in [
        (vec![olga], "no authentication that is not a backup"),
        (vec![olga, ("Aura", true)], "no authentication that is not a backup"),
        (vec![olga, aura, ("Omar", true)], "holds another role already: operator"),
        (vec![olga, aura, ("Carla", true)], "Carla holds another role already: custodian"),
        (vec![olga, aura, (custodian, true)], "holds another role already: custodian"),
        (vec![olga, aura, ("Wanda", true)], "not for the role witness"),
    ] {
        let refused = read(&people).unwrap_err();
        assert!(refused.contains(told), "{refused}");
    }
}
