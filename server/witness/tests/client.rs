//! The voting page, looked at from outside: an honest one passes, and whatever a server exchanges is named by its code.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use core::time::Duration;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::board::Act;
use escrutinio_core::board::bundle::BundleId;
use escrutinio_core::client_list::ClientList;
use escrutinio_core::credential::Buckets;
use escrutinio_core::encoding::Encode;
use escrutinio_core::hash::sha256;
use escrutinio_core::ids::hex;
use escrutinio_core::record;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::testing::{self, Keys};
use escrutinio_witness::client::{Grade, Manner, Point, Report, look};
use escrutinio_witness::text::Lang;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_escrutinio-witness");
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; \
    style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const EMBLEM: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
const WASM: &str = "src/wasm/escrutinio_wasm_client_bg.wasm";

/// The files of a small page.
fn build() -> BTreeMap<String, Vec<u8>> {
    let document = "<!DOCTYPE html><html lang=\"es\"><head><meta charset=\"utf-8\"><link rel=\"stylesheet\" \
        href=\"style.css\"><script type=\"module\" src=\"src/main.js\"></script></head><body></body></html>\n";
    let files: [(&str, &[u8]); 6] = [
        ("index.html", document.as_bytes()),
        ("src/main.js", b"import \"./worker.js\";\n"),
        ("src/worker.js", b"export {};\n"),
        (WASM, b"\0asm\x01\0\0\0"),
        ("style.css", b"body {}\n"),
        ("text/es.json", b"{}\n"),
    ];
    files.map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).into()
}

fn list_of(files: &BTreeMap<String, Vec<u8>>) -> ClientList {
    ClientList::of(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))).unwrap()
}

fn seal(seed: u64, names_page: bool) -> Rehearsal {
    let keys = Keys::new(2, 3);
    let mut manifest = testing::nayarit(&keys);
    manifest.min_group = 4;
    manifest.client_hash = names_page.then(|| list_of(&build()).hash());
    manifest.parties[0].emblem = Some(sha256(&[EMBLEM]));
    Rehearsal::sealed(manifest, keys, &[9], &mut ChaCha20Rng::seed_from_u64(seed))
}

/// A sealed election with its record in a folder.
struct Sealed {
    election: Rehearsal,
    folder: TempDir,
}

impl Sealed {
    fn new(names_page: bool) -> Self {
        let (election, folder) = (seal(7, names_page), tempfile::tempdir().unwrap());
        for (path, bytes) in &election.files.0 {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        Self { election, folder }
    }

    fn look(&self, url: &str, patience: u64) -> Report {
        let manner = Manner { patience, save: None, lang: Lang::Es };
        look(url, self.folder.path(), self.election.election(), &manner).unwrap().0
    }
}

fn sealed() -> &'static Sealed {
    static SEALED: OnceLock<Sealed> = OnceLock::new();
    SEALED.get_or_init(|| Sealed::new(true))
}

/// What a path is answered with.
#[derive(Clone, Debug)]
struct Reply {
    status: &'static str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Seconds before and within the content.
    delay: u64,
}

impl Reply {
    fn of(path: &str, body: &[u8]) -> Self {
        let kind = match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
            "html" => "text/html; charset=utf-8",
            "js" => "text/javascript",
            "css" => "text/css",
            "json" => "application/json",
            "wasm" => "application/wasm",
            _ if path.contains("emblems") => "image/svg+xml",
            _ => "application/octet-stream",
        };
        let headers = [
            ("content-type", kind),
            ("content-security-policy", POLICY),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Self { status: "200 OK", headers, body: body.to_vec(), delay: 0 }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// A host that answers each path as it is told, over real connections.
#[derive(Clone, Default)]
struct Host(Arc<Mutex<BTreeMap<String, Vec<Reply>>>>);

impl Host {
    fn put(&self, path: &str, reply: Reply) {
        self.0.lock().unwrap().insert(path.to_owned(), vec![reply]);
    }

    fn file(&self, path: &str, body: &[u8]) {
        self.put(path, Reply::of(path, body));
    }

    fn json(&self, path: &str, value: &Value) {
        self.put(path, Reply::of("x.json", value.to_string().as_bytes()));
    }

    fn read(&self, path: &str) -> Vec<u8> {
        self.0.lock().unwrap()[path][0].body.clone()
    }

    fn change(&self, path: &str, change: impl Fn(&mut Reply)) {
        self.0.lock().unwrap().get_mut(path).unwrap().iter_mut().for_each(change);
    }

    /// Changes the JSON at a path.
    fn edit(&self, path: &str, edit: impl Fn(&mut Value)) {
        let mut value = serde_json::from_slice(&self.read(path)).unwrap();
        edit(&mut value);
        self.json(path, &value);
    }

    fn every(&self, change: impl Fn(&str, &mut Reply)) {
        for (path, replies) in self.0.lock().unwrap().iter_mut() {
            replies.iter_mut().for_each(|reply| change(path, reply));
        }
    }

    fn remove(&self, path: &str) {
        assert!(self.0.lock().unwrap().remove(path).is_some());
    }

    /// What is answered next; the last answer is given again and again.
    fn next(&self, path: &str) -> Option<Reply> {
        let mut paths = self.0.lock().unwrap();
        let replies = paths.get_mut(path)?;
        Some(if replies.len() > 1 { replies.remove(0) } else { replies[0].clone() })
    }

    fn page(&self, files: &BTreeMap<String, Vec<u8>>) {
        for (path, bytes) in files {
            self.file(&format!("/{path}"), bytes);
        }
        self.put("/", Reply::of("index.html", &files["index.html"]));
        self.file("/client.manifest", list_of(files).to_string().as_bytes());
        self.file(&format!("/emblems/{}", hex(&sha256(&[EMBLEM]))), EMBLEM);
    }

    fn config(&self, election: &Rehearsal, server: &str) {
        let id = election.election().election_id.to_string();
        let help = json!({ "name": "INETEL", "phone": "+1 866 986 8306", "mail": "ayuda@ine.example" });
        self.json("/config.json", &json!({ "server": server, "election": id, "help": help }));
    }

    /// What the casting server says before anybody votes.
    fn service(&self, sealed: &Rehearsal) {
        let (election, manifest) = (sealed.election(), &sealed.manifest);
        for (path, bytes) in sealed.files.0.iter().filter(|(path, _)| record::is_sealed_path(path)) {
            self.file(&format!("/api/v1/record/{path}"), bytes);
        }
        let calendar = &manifest.calendar;
        self.json(
            "/api/v1/election",
            &json!({
                "election_id": election.election_id.to_string(), "manifest_hash": manifest.hash().to_string(),
                "roll_id": "00", "title": manifest.title, "binding": manifest.binding, "test": manifest.test,
                "rehearsal": false, "phase": "voting", "now": 0, "session_minutes": manifest.policies.session_minutes,
                "calendar": {
                    "voting_start": calendar.voting_start, "voting_close": calendar.voting_close,
                    "reception_end": calendar.reception_end, "contact_updates_until": calendar.contact_updates_until,
                },
                "kdf": { "memory_kib": 19456, "passes": 2, "lanes": 1 },
            }),
        );
        let text = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
        for (number, (base, keys)) in (0u32..).zip(election.credentials.lists()) {
            let buckets = Buckets::new(number, keys, manifest.min_group);
            let all = 0..buckets.shape().buckets();
            let first: Vec<String> = all.clone().map(|bucket| text(&buckets.keys(bucket, keys).unwrap()[0])).collect();
            self.json(
                &format!("/api/v1/lists/{number}"),
                &json!({
                    "keys": keys.len(), "buckets": buckets.shape().buckets(), "base": text(&base.to_bytes()),
                    "root": text(buckets.root()), "first": first,
                }),
            );
            for bucket in all {
                let of = |hashes: &[[u8; 32]]| hashes.iter().map(|hash| text(hash)).collect::<Vec<_>>();
                let value = json!({
                    "keys": of(buckets.keys(bucket, keys).unwrap()), "path": of(&buckets.path(bucket).unwrap()),
                });
                self.json(&format!("/api/v1/lists/{number}/{bucket}"), &value);
            }
        }
        self.acts(sealed, &acts(sealed), 2);
    }

    fn acts(&self, sealed: &Rehearsal, acts: &[Act], witnesses: usize) {
        let (checkpoint, bundles) = sealed.acts(acts, witnesses);
        self.file("/acts/checkpoint", &checkpoint);
        for (id, bytes) in BundleId::all(u64::try_from(acts.len()).unwrap()).zip(bundles) {
            self.file(&format!("/acts/{id}"), &bytes);
        }
    }

    fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let host = self.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let host = host.clone();
                thread::spawn(move || host.answer(stream.unwrap()));
            }
        });
        format!("http://{address}")
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
        let request = lines.next().unwrap_or_default();
        lines.take_while(|line| !line.is_empty()).for_each(drop);
        let path = request.split(' ').nth(1).unwrap_or_default();
        let absent = || {
            let mut reply = Reply::of(path, b"");
            reply.status = "404 Not Found";
            reply
        };
        let reply = self.next(path).unwrap_or_else(absent);
        let mut head =
            format!("HTTP/1.1 {}\r\nConnection: close\r\nContent-Length: {}\r\n", reply.status, reply.body.len());
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        // Whoever asks may have enough.
        let _ = stream.write_all(head.as_bytes());
        thread::sleep(Duration::from_secs(reply.delay));
        let _ = stream.write_all(&reply.body);
    }
}

/// The log of acts as a server begins it.
fn acts(sealed: &Rehearsal) -> Vec<Act> {
    let mut first = sealed.first_act();
    for (path, bytes) in sealed.files.0.iter().filter(|(path, _)| record::is_sealed_path(path)) {
        first.values.insert(path.clone(), hex(&sha256(&[bytes])));
    }
    let mut client = Act { name: "client".into(), at: first.at.clone(), values: BTreeMap::new() };
    client.values.insert("hash".into(), hex(&list_of(&build()).hash()));
    vec![client, first]
}

/// Everything on one origin, honest.
fn honest() -> Host {
    honest_of(&sealed().election)
}

fn honest_of(election: &Rehearsal) -> Host {
    let host = Host::default();
    host.page(&build());
    host.config(election, "");
    host.service(election);
    host
}

/// Codes of what a look at a host finds to differ; everything was seen.
fn codes(host: &Host) -> Vec<&'static str> {
    let report = sealed().look(&host.serve(), 20);
    assert!(report.findings.iter().all(|finding| finding.grade == Grade::Differs), "{:?}", report.findings);
    report.codes()
}

/// The places of a point's findings.
fn places(report: &Report, point: Point) -> Vec<&str> {
    let of = report.findings.iter().filter(|finding| finding.point == point);
    of.flat_map(|finding| finding.places.iter().map(String::as_str)).collect()
}

fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    changed
}

#[test]
fn an_honest_page_passes() {
    let host = honest();
    let report = sealed().look(&host.serve(), 20);
    assert!(report.is_good(), "{:?}", report.findings);
    let json: Value = serde_json::from_str(&report.to_json("now")).unwrap();
    for point in json["points"].as_array().unwrap() {
        assert_eq!(point["state"], "good", "{point}");
    }
    assert_eq!((report.facts.files, report.facts.build == report.facts.named), (6, true));
    assert_eq!(report.facts.help.as_deref(), Some("INETEL +1 866 986 8306 ayuda@ine.example"));
    // Below a path, with the document's name: the same page.
    let below = Host::default();
    for (path, replies) in host.0.lock().unwrap().iter() {
        let path =
            if path.starts_with("/api") || path.starts_with("/acts") { path.clone() } else { format!("/voto{path}") };
        below.put(&path, replies[0].clone());
    }
    let url = below.serve();
    for end in ["/voto", "/voto/", "/voto/index.html"] {
        assert!(sealed().look(&format!("{url}{end}"), 20).is_good(), "{end}");
    }
}

#[test]
fn page_and_server_on_origins_of_their_own() {
    let (page, server) = (Host::default(), Host::default());
    server.service(&sealed().election);
    page.page(&build());
    let (page_at, server_at) = (page.serve(), server.serve());
    page.config(&sealed().election, &server_at);
    let policy = POLICY.replace("connect-src 'self'", &format!("connect-src 'self' {server_at}"));
    page.every(|_, reply| reply.set("content-security-policy", &policy));
    let report = sealed().look(&page_at, 20);
    assert!(report.is_good(), "{:?}", report.findings);
    assert_eq!(report.facts.server, Some(server_at));
    // A policy that lets the page speak to a third.
    let policy = policy.replace("connect-src 'self'", "connect-src 'self' https://otro.example");
    page.every(|_, reply| reply.set("content-security-policy", &policy));
    assert_eq!(sealed().look(&page_at, 20).codes(), ["W3.1"]);
}

#[test]
fn a_wasm_that_was_exchanged() {
    let host = honest();
    host.file(&format!("/{WASM}"), b"\0asm\x01\0\0\x01");
    let report = sealed().look(&host.serve(), 20);
    assert_eq!((report.codes(), places(&report, Point::Files)), (vec!["W2.1"], vec![WASM]));
}

#[test]
fn a_script_that_was_exchanged() {
    let host = honest();
    host.file("/src/worker.js", b"export {}; fetch(\"/x\");\n");
    let report = sealed().look(&host.serve(), 20);
    assert_eq!((report.codes(), places(&report, Point::Files)), (vec!["W2.1"], vec!["src/worker.js"]));
}

#[test]
fn another_build_that_agrees_with_itself() {
    let mut files = build();
    files.insert(WASM.into(), b"\0asm\x02\0\0\0".to_vec());
    let host = honest();
    host.page(&files);
    assert_eq!(codes(&host), ["W1.2", "W1.3"]);
    // The log of acts agrees with the page: the manifest still does not.
    let mut acts = acts(&sealed().election);
    acts[0].values.insert("hash".into(), hex(&list_of(&files).hash()));
    host.acts(&sealed().election, &acts, 2);
    assert_eq!(codes(&host), ["W1.2", "W1.3"]);
}

#[test]
fn a_list_that_is_none() {
    for (list, code) in [("escrutinio/client/v1\nx\n", "W1.1"), ("", "W1.1")] {
        let host = honest();
        host.file("/client.manifest", list.as_bytes());
        assert!(codes(&host).contains(&code));
    }
    let host = honest();
    host.file("/client.manifest", &[b'a'; 600_000]);
    assert_eq!(codes(&host), ["W1.1"]);
    host.remove("/client.manifest");
    assert_eq!(codes(&host), ["W1.1"]);
    let mut files = build();
    files.remove("index.html");
    host.file("/client.manifest", list_of(&files).to_string().as_bytes());
    assert_eq!(codes(&host), ["W1.2", "W1.3", "W2.2"], "a list without the document of the root");
}

#[test]
fn a_policy_that_is_weaker() {
    for (from, to) in [
        ("'wasm-unsafe-eval'", "'wasm-unsafe-eval' 'unsafe-inline'"),
        ("default-src 'none'", "default-src *"),
        ("worker-src 'self'", "worker-src 'self' blob:"),
        ("connect-src 'self'", "connect-src *"),
        ("; frame-ancestors 'none'", ""),
        (POLICY, ""),
    ] {
        let host = honest();
        host.change("/", |reply| reply.set("content-security-policy", &POLICY.replace(from, to)));
        let report = sealed().look(&host.serve(), 20);
        assert_eq!((report.codes(), places(&report, Point::Policy)), (vec!["W3.1"], vec!["/"]), "{to}");
    }
    // What lies beside the page is data: it may have style in itself, but runs nothing.
    let host = honest();
    let beside =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    host.change("/config.json", |reply| reply.set("content-security-policy", beside));
    assert_eq!(codes(&host), [""; 0]);
    host.change("/config.json", |reply| {
        reply.set("content-security-policy", &format!("{beside}; script-src 'self' *"))
    });
    assert_eq!(codes(&host), ["W3.1"]);
    // Only reported is not obeyed.
    let host = honest();
    host.change("/src/worker.js", |reply| {
        reply.set("content-security-policy", "");
        reply.set("content-security-policy-report-only", POLICY);
    });
    assert_eq!(codes(&host), ["W3.1"]);
}

#[test]
fn headers_that_are_missing_or_too_many() {
    for (path, name, value, code) in [
        ("/", "x-content-type-options", "", "W3.2"),
        ("/src/main.js", "referrer-policy", "unsafe-url", "W3.2"),
        ("/", "content-type", "text/html; charset=iso-2022-jp", "W3.3"),
        ("/text/es.json", "content-type", "text/html", "W3.3"),
        ("/src/main.js", "content-encoding", "br", "W3.3"),
        ("/config.json", "set-cookie", "id=1", "W3.5"),
        ("/", "refresh", "0; url=https://otro.example", "W3.5"),
        ("/", "link", "</x.js>; rel=modulepreload", "W3.5"),
        ("/src/worker.js", "service-worker-allowed", "/", "W3.5"),
    ] {
        let host = honest();
        host.change(path, |reply| reply.set(name, value));
        assert_eq!(codes(&host), [code], "{path} {name}: {value}");
    }
}

#[test]
fn a_script_more_in_the_document() {
    let mut files = build();
    let document = String::from_utf8(files["index.html"].clone()).unwrap();
    let document = document.replace("<body>", "<body><script src=\"https://otro.example/x.js\"></script>");
    let host = honest();
    host.file("/index.html", document.as_bytes());
    host.put("/", Reply::of("index.html", document.as_bytes()));
    assert_eq!(codes(&host), ["W2.1", "W2.2", "W2.3"]);
    // The same where the list was made to fit.
    files.insert("index.html".into(), document.into_bytes());
    host.page(&files);
    assert_eq!(codes(&host), ["W1.2", "W1.3", "W2.3"]);
}

#[test]
fn another_document_at_the_root() {
    let host = honest();
    host.put("/", Reply::of("index.html", b"<!DOCTYPE html><title>Voto</title>"));
    let report = sealed().look(&host.serve(), 20);
    assert_eq!((report.codes(), places(&report, Point::Root)), (vec!["W2.2"], vec!["/"]));
}

#[test]
fn a_service_worker() {
    let host = honest();
    let mut files = build();
    files.insert("src/main.js".into(), b"navigator.serviceWorker.register(\"sw.js\");\n".to_vec());
    host.page(&files);
    assert_eq!(codes(&host), ["W1.2", "W1.3", "W2.4"]);
}

#[test]
fn a_configuration_of_something_else() {
    let host = honest();
    for (name, value, code) in [
        ("election", json!("ab".repeat(32)), "W4.1"),
        ("election", json!(7), "W4.1"),
        ("server", json!("http://otro.example"), "W4.2"),
        ("server", json!(null), "W4.2"),
        ("record", json!("ftp://otro.example"), "W4.2"),
        ("record", json!("//otro.example"), "W4.2"),
        ("acta", json!("javascript:alert(1)"), "W4.2"),
    ] {
        host.config(&sealed().election, "");
        host.edit("/config.json", |config| config[name] = value.clone());
        assert_eq!(codes(&host), [code], "{name}: {value}");
    }
    host.config(&sealed().election, "/");
    host.edit("/config.json", |config| {
        config["record"] = json!("/record");
        config["acta"] = json!("acta");
    });
    assert_eq!(codes(&host), [""; 0], "paths of the page's origin");
    host.file("/config.json", b"<html>");
    assert_eq!(codes(&host), ["W4.1"]);
    host.remove("/config.json");
    assert_eq!(codes(&host), ["W4.1"]);
}

#[test]
fn an_emblem_of_another() {
    let host = honest();
    let path = format!("/emblems/{}", hex(&sha256(&[EMBLEM])));
    host.file(&path, b"<svg/>");
    assert_eq!(codes(&host), ["W4.3"]);
    // One that is missing is shown by its name.
    host.remove(&path);
    assert_eq!(codes(&host), [""; 0]);
}

#[test]
fn a_manifest_that_was_exchanged() {
    let host = honest();
    let path = "/api/v1/record/manifest.bin";
    host.file(path, &flipped(&host.read(path)));
    let report = sealed().look(&host.serve(), 20);
    assert_eq!((report.codes(), places(&report, Point::Sealed)), (vec!["W5.1"], vec!["record/manifest.bin"]));
    // Longer, shorter, missing.
    host.file(path, &[host.read(path), vec![0]].concat());
    assert_eq!(codes(&host), ["W5.1"]);
    host.file(path, b"");
    assert_eq!(codes(&host), ["W5.1"]);
    host.remove(path);
    assert_eq!(codes(&host), ["W5.1"]);
}

#[test]
fn keys_of_another_ceremony() {
    // The same manifest sealed a second time: everything of it holds, but it is another election.
    let other = seal(8, true);
    assert_eq!(other.manifest.hash(), sealed().election.manifest.hash());
    let host = honest();
    for path in [record::KEY_TRANSCRIPT, record::SEAL] {
        host.file(&format!("/api/v1/record/{path}"), &other.files.0[path]);
    }
    let report = sealed().look(&host.serve(), 20);
    assert_eq!(report.codes(), ["W5.1"]);
    assert_eq!(places(&report, Point::Sealed), ["record/key/transcript.bin", "record/seal.bin"]);
    // The whole server is of the other election.
    host.service(&other);
    let found = codes(&host);
    for code in ["W5.1", "W5.2", "W5.3", "W5.4", "W6.1"] {
        assert!(found.contains(&code), "{code}: {found:?}");
    }
}

#[test]
fn a_credential_that_was_exchanged() {
    let host = honest();
    let other = Base64UrlUnpadded::encode_string(&[7; 32]);
    host.edit("/api/v1/lists/0/1", |bucket| bucket["keys"][2] = json!(other));
    let report = sealed().look(&host.serve(), 20);
    assert_eq!((report.codes(), places(&report, Point::Buckets)), (vec!["W5.4"], vec!["lists/0/1 keys[2]"]));
    for edit in [|bucket: &mut Value| bucket["path"] = json!([]), |bucket: &mut Value| bucket["keys"] = json!("x")] {
        let host = honest();
        host.edit("/api/v1/lists/0/0", edit);
        assert_eq!(codes(&host), ["W5.4"]);
    }
    for name in ["keys", "buckets", "base", "root", "first"] {
        let host = honest();
        host.edit("/api/v1/lists/0", |list| list[name] = json!([1]));
        assert_eq!(codes(&host), ["W5.3"], "{name}");
    }
}

#[test]
fn figures_that_differ() {
    for (name, value) in [
        ("title", json!("Otra")),
        ("binding", json!(!sealed().election.manifest.binding)),
        ("calendar", json!({})),
        ("kdf", json!({ "memory_kib": 8, "passes": 1, "lanes": 1 })),
        ("manifest_hash", json!("00")),
    ] {
        let host = honest();
        host.edit("/api/v1/election", |election| election[name] = value.clone());
        assert_eq!(codes(&host), ["W5.2"], "{name}");
    }
}

#[test]
fn a_log_of_acts_that_says_something_else() {
    let election = &sealed().election;
    let of = |acts: &[Act], witnesses| {
        let host = honest();
        host.acts(election, acts, witnesses);
        codes(&host)
    };
    let honest_acts = acts(election);
    assert_eq!(of(&honest_acts, 2), [""; 0]);
    assert_eq!(of(&honest_acts, 1), ["W6.1"], "too few witnesses");
    // They sign an act some seconds after it.
    let host = honest();
    let later = host.next("/acts/checkpoint").unwrap();
    let (early, _) = election.acts(&honest_acts, 1);
    let early = Reply::of("/acts/checkpoint", &early);
    host.0.lock().unwrap().insert("/acts/checkpoint".into(), vec![early, later]);
    assert_eq!(codes(&host), [""; 0]);
    for (name, code) in [("election-id", "W6.3"), ("buckets-000", "W6.3"), ("credentials/lists.bin", "W6.3")] {
        let mut acts = honest_acts.clone();
        acts[1].values.insert(name.into(), "00".into());
        assert_eq!(of(&acts, 2), [code], "{name}");
        acts[1].values.remove(name);
        assert_eq!(of(&acts, 2), [code], "{name}");
    }
    assert_eq!(of(&honest_acts[..1], 2), ["W6.3"], "no first act");
    // An act of the page is not obligatory, but must not say something else.
    assert_eq!(of(&honest_acts[1..], 2), [""; 0]);
    let mut acts = honest_acts.clone();
    acts[0].values.insert("hash".into(), "00".repeat(32));
    assert_eq!(of(&acts, 2), ["W1.3"]);

    let host = honest();
    host.change("/acts/checkpoint", |reply| reply.body = b"nothing".to_vec());
    assert_eq!(codes(&host), ["W6.1"]);
    host.remove("/acts/checkpoint");
    assert_eq!(codes(&host), ["W6.1"]);
    let host = honest();
    let bundle = "/acts/tile/entries/000.p/2";
    host.file(bundle, &flipped(&host.read(bundle)));
    assert_eq!(codes(&host), ["W6.2"]);
}

#[test]
fn a_redirection_is_not_followed() {
    for path in ["/", "/src/main.js", "/client.manifest", "/config.json", "/api/v1/record/seal.bin", "/api/v1/lists/0"]
    {
        let host = honest();
        host.change(path, |reply| {
            reply.status = "302 Found";
            reply.set("location", "https://otro.example/");
        });
        assert!(codes(&host).contains(&"W3.4"), "{path}");
    }
}

#[test]
fn a_file_that_is_missing_or_too_long() {
    let host = honest();
    host.remove("/style.css");
    assert_eq!(codes(&host), ["W2.1"]);
    let host = honest();
    host.file("/text/es.json", &vec![b' '; (16 << 20) + 1]);
    let report = sealed().look(&host.serve(), 20);
    assert_eq!((report.codes(), places(&report, Point::Files)), (vec!["W2.1"], vec!["text/es.json"]));
}

#[test]
fn what_cannot_be_seen_is_no_accusation() {
    let host = honest();
    host.change("/style.css", |reply| reply.delay = 3);
    host.change("/api/v1/lists/0/0", |reply| reply.status = "500 Internal Server Error");
    let report = sealed().look(&host.serve(), 1);
    assert!(!report.is_bad() && !report.is_good());
    let unseen: Vec<Point> = report.findings.iter().map(|finding| finding.point).collect();
    assert_eq!(unseen, [Point::Files, Point::Buckets]);
    // A server that asks to wait is asked again.
    let host = honest();
    let reply = Reply::of("x.css", &host.read("/style.css"));
    let mut busy = reply.clone();
    busy.status = "429 Too Many Requests";
    busy.set("retry-after", "1");
    host.0.lock().unwrap().insert("/style.css".into(), vec![busy, reply]);
    assert!(sealed().look(&host.serve(), 20).is_good());
}

#[test]
fn a_manifest_that_names_no_page() {
    let unnamed = Sealed::new(false);
    let host = honest_of(&unnamed.election);
    let report = unnamed.look(&host.serve(), 20);
    assert!(report.is_good(), "{:?}", report.findings);
    assert!(report.to_text("ahora", Lang::Es).contains("EL MANIFIESTO NO NOMBRA NINGUNA PÁGINA"));
    // What the log of acts names is all that there is then.
    let mut files = build();
    files.insert("style.css".into(), b"body { color: red }\n".to_vec());
    host.page(&files);
    assert_eq!(unnamed.look(&host.serve(), 20).codes(), ["W1.3"]);
}

fn program(url: &str, record: &Path, words: &[&str]) -> Output {
    Command::new(PROGRAM).args(["client", url, "--record"]).arg(record).args(words).env("LC_ALL", "C").output().unwrap()
}

#[test]
fn the_program_says_it_and_keeps_what_came() {
    let record = sealed().folder.path();
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let save = ["--save", kept.to_str().unwrap()];
    let host = honest();
    let output = program(&host.serve(), record, &save);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("W2.1 bien") && said.contains("Todo bien"), "{said}");
    assert!(!kept.exists(), "nothing to show");

    host.file(&format!("/{WASM}"), b"\0asm\x01\0\0\x01");
    let output = program(&host.serve(), record, &[&save[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["verdict"], &json["findings"][0]["code"]), (&json!("differs"), &json!("W2.1")));
    assert_eq!(json["findings"][0]["came"], format!("SHA-256 {}", hex(&sha256(&[b"\0asm\x01\0\0\x01"]))));
    let report: Value = serde_json::from_slice(&fs::read(kept.join("report.json")).unwrap()).unwrap();
    assert_eq!(report, json);
    let answers = fs::read_to_string(kept.join("answers.jsonl")).unwrap();
    let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let swapped = answers.iter().find(|answer| answer["url"].as_str().unwrap().ends_with(WASM)).unwrap();
    assert_eq!(fs::read(kept.join(swapped["file"].as_str().unwrap())).unwrap(), b"\0asm\x01\0\0\x01");
    assert!(swapped["headers"].as_array().unwrap().contains(&json!(["content-security-policy", POLICY])));
    // What is there is evidence.
    assert_eq!(program(&host.serve(), record, &save).status.code(), Some(2));

    host.change("/style.css", |reply| reply.delay = 3);
    let output = program(&host.serve(), record, &["--lang", "en"]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("asked for: "), "what takes long says how far it is");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("W2.1 DIFFERS") && said.contains("SOMETHING DIFFERS"), "{said}");
}

#[test]
fn the_program_cannot_look() {
    let record = sealed().folder.path();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = program(&format!("http://{nobody}"), record, &["--patience", "2"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stdout).contains("No se pudo ver todo"));
    // The link of a voter is a secret.
    let output = program("https://voto.example/#mitad.ficha", record, &[]);
    assert_eq!(output.status.code(), Some(2));
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(program("https://voto.example", folder.path(), &[]).status.code(), Some(2), "no record");
}
