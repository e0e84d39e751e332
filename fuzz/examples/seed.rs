//! Fills the corpus with what an honest election publishes: `seed FOLDER` writes `FOLDER/<target>/<seed>`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use escrutinio_core::ballot::{PlaintextBallot, PreparedBallot};
use escrutinio_core::board::checkpoint::SignedCheckpoint;
use escrutinio_core::board::code::format_code;
use escrutinio_core::board::inclusion::LogProof;
use escrutinio_core::board::proof::{ConsistencyProof, InclusionProof};
use escrutinio_core::board::receipt::Receipt;
use escrutinio_core::board::submission::Submission;
use escrutinio_core::client_list::ClientList;
use escrutinio_core::encoding::Encode;
use escrutinio_core::ids::{CustodianIndex, TrackingCode};
use escrutinio_core::keygen::round1;
use escrutinio_core::{record, testing};
use escrutinio_fuzz::{ceremony, election, file, halves, lists, rng, transcript};
// It is built with the targets, so it has libFuzzer's marks, too, and needs what they call.
use libfuzzer_sys as _;

fn main() -> io::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).expect("name a folder"));
    let put = |target: &str, name: &str, bytes: &[u8]| write(&folder, target, name, bytes);

    for (number, (path, bytes)) in (0u8..).zip(&election().files.0) {
        let name = path.replace('/', "-");
        put("record", &name, &[&[number], bytes.as_slice()].concat())?;
        if let Some(target) = target_of(path) {
            put(target, &name, bytes)?;
        }
        if path.starts_with(record::CHECKPOINTS) {
            put("note", &name, bytes)?;
        }
        if path.starts_with(record::ENTRIES) {
            put("bundle", &name, &[&[6], bytes.as_slice()].concat())?;
            let mut rest = bytes.as_slice();
            while let Some((length, more)) = rest.split_first_chunk() {
                let (entry, more) = more.split_at(usize::from(u16::from_be_bytes(*length)));
                put("cast", &format!("entry-{}", rest.len()), entry)?;
                rest = more;
            }
        }
    }
    let keys = testing::Keys::new(2, 3);
    for (name, manifest) in [("presidency", testing::presidency(&keys)), ("several", testing::several(&keys))] {
        put("manifest", name, &manifest.to_bytes())?;
    }
    client(&put)?;
    messages(&put)?;
    secrets(&put)?;
    texts(&put)?;
    server(&put)?;

    let parameters = &election().election().parameters[0];
    let credential = election().credential(0, 0).for_ballot();
    for option in [2, 11] {
        let text = (option == 11).then(|| vec![*b"Nombre escrito 1"; 3].into());
        let choice = PlaintextBallot::new(&parameters.shape, option, text).expect("a choice");
        let ballot = PreparedBallot::encrypt(parameters, 0, 0, credential.key(), choice, &mut rng());
        put("opening", &format!("option-{option}"), &ballot.audit().to_bytes())?;
    }
    Ok(())
}

type Put<'a> = dyn Fn(&str, &str, &[u8]) -> io::Result<()> + 'a;

fn write(folder: &Path, target: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    let folder = folder.join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), bytes)
}

fn target_of(path: &str) -> Option<&'static str> {
    Some(match path {
        record::MANIFEST => "manifest",
        record::ROLL => "roll",
        record::REGISTRAR | record::SERVER => "half_list",
        record::LISTS => "lists",
        record::KEY_TRANSCRIPT => "key_transcript",
        record::TRIAL => "trial",
        record::SEAL => "seal",
        record::PARTICIPATION => "participation",
        record::AGGREGATES => "aggregates",
        record::RESULTS => "results",
        record::RECEIPTS => "receipt_list",
        _ if path.starts_with(record::CHECKPOINTS) => "checkpoint",
        _ if path.starts_with("credentials/mix-") => "credential_mix",
        _ if path.starts_with("tally/partial-") => "partial",
        _ if path.starts_with("writein/order-") => "text_order",
        _ if path.starts_with("writein/mix-") => "text_mix",
        _ if path.starts_with("writein/partial-") => "text_partial",
        _ if path.starts_with("writein/texts-") => "texts",
        _ if path.starts_with("acta/") => "acta",
        _ => return None,
    })
}

fn client(put: &Put<'_>) -> io::Result<()> {
    let document = concat!(
        "<!DOCTYPE html><html lang=\"es\"><head><meta charset=\"utf-8\"><link rel=\"stylesheet\" href=\"style.css\">",
        "<script type=\"module\" src=\"src/main.js\"></script></head><body><a href=\"#main\">Ir</a></body></html>"
    );
    let files = [("index.html", document.as_bytes()), ("src/main.js", b"1;"), ("style.css", b"")];
    put("client_list", "page", ClientList::of(files).expect("a list").to_string().as_bytes())?;
    put("client_list", "empty", ClientList::default().to_string().as_bytes())?;
    let policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' https://casilla.example; \
                  style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    put("client_page", "document", &[&[0], document.as_bytes()].concat())?;
    put("client_page", "policy", &[&[1], policy.as_bytes()].concat())
}

fn messages(put: &Put<'_>) -> io::Result<()> {
    let transcript = transcript();
    put("round_messages", "round1", &[vec![1], transcript.round1[0].to_bytes()].concat())?;
    put("round_messages", "round2", &[vec![2], transcript.round2[0].to_bytes()].concat())?;
    put("round_messages", "round3", &[vec![3], transcript.verdicts[0].to_bytes()].concat())
}

fn secrets(put: &Put<'_>) -> io::Result<()> {
    let election = election();
    put("secrets", "share", &[&[1], election.shares[0].expose_bytes().as_slice()].concat())?;
    let index = CustodianIndex::new(1).expect("a number");
    let first = round1::commit(&ceremony(), index, &election.keys.custodians[0], &mut rng()).expect("committed");
    put("secrets", "round1", &[&[2], first.expose_bytes().as_slice()].concat())?;
    put("secrets", "halves", &[&[3], halves().expose_bytes().as_slice()].concat())?;
    let half = halves().issue(lists().roll_id(), 0, 0, &election.keys.server).expect("an entry");
    put("secrets", "half", &[&[4], half.expose_bytes().as_slice()].concat())
}

fn texts(put: &Put<'_>) -> io::Result<()> {
    let code = TrackingCode([0xa7; 32]);
    put("tracking_code", "code", format_code(&code).as_bytes())?;
    put("tracking_code", "lower", format_code(&code).to_lowercase().replace('-', " ").as_bytes())?;
    for name in ["María Ñandú  Ochoa", "e\u{301}\u{a0}x", "Nombre escrito 1Nombre escrito 1Nombre escrito 1"] {
        put("written_name", &name.len().to_string(), name.as_bytes())?;
        put("folding", &name.len().to_string(), name.as_bytes())?;
        put("opened_name", &name.len().to_string(), &[&[0], name.as_bytes(), &[0; 16]].concat())?;
    }
    let receipt = Receipt::promise(election().election().election_id, 0, code, &election().keys.server);
    put("receipt", "receipt", receipt.to_string().as_bytes())?;
    put("act", "election", election().first_act().to_string().as_bytes())?;
    put("access_link", "form", b"https://voto.example/#AAAA.token")?;
    let last = election().files.0.range(record::checkpoint(0)..record::checkpoint(999_999)).next_back();
    let checkpoint = SignedCheckpoint::parse(last.expect("a checkpoint").1).expect("the record is valid");
    let proof = LogProof { inclusion: InclusionProof { index: 3, path: vec![[5; 32]; 3] }, checkpoint };
    put("log_proof", "proof", proof.to_string().as_bytes())?;
    let sent = Submission { old: 3, proof: ConsistencyProof { path: vec![[5; 32]; 3] }, checkpoint: proof.checkpoint };
    put("submission", "submission", sent.to_string().as_bytes())?;
    // The rows that come out of a mix and their proof stand one behind the other.
    let mix = file(&record::text_mix(0, 1));
    let rows = mix.get(60..mix.len() - 64).expect("the record is valid");
    put("shuffle_proof", "texts", &[&[1, 6], rows].concat())?;
    put("manifest", "stored", file(record::MANIFEST))
}

/// What a page, a balancer, staff and an operator send. Routes are numbered as the table of the server has them.
fn server(put: &Put<'_>) -> io::Result<()> {
    let key = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
    let bodies = [
        (4, format!(r#"{{"token":"{key}"}}"#)),
        (5, r#"{"attempt":"ATTEMPT","digits":"0001"}"#.to_owned()),
        (6, r#"{"user":"voter-1"}"#.to_owned()),
        (7, format!(r#"{{"user":"voter-0","auth":"{key}"}}"#)),
        (8, r#"{"user":"voter-0"}"#.to_owned()),
        (9, r#"{"user":"voter-0","code":"012345"}"#.to_owned()),
        (10, r#"{"attempt":"ATTEMPT","factor":"sms"}"#.to_owned()),
        (11, r#"{"attempt":"ATTEMPT","code":"012345","sms_code":"012345"}"#.to_owned()),
        (12, format!(r#"{{"attempt":"ATTEMPT","auth":"{key}"}}"#)),
        (17, r#"{"kind":"email","value":"ana@correo.example","factor":"sms"}"#.to_owned()),
        (18, r#"{"attempt":"ATTEMPT","code":"012345","factor_code":"012345"}"#.to_owned()),
        (19, format!(r#"{{"code":"{}"}}"#, format_code(&TrackingCode([0xa7; 32])))),
        (
            29,
            format!(
                r#"{{"act":"state","arguments":"","at":1,"key":"{}","signature":"{}"}}"#,
                "07".repeat(32),
                "07".repeat(64)
            ),
        ),
    ];
    for (route, body) in &bodies {
        put("server_requests", &format!("body-{route}"), &[&[*route, 1], body.as_bytes()].concat())?;
        put("server_text", &format!("body-{route}"), body.as_bytes())?;
    }
    let paths = [(1, "manifest.bin"), (2, "0"), (3, "0/0"), (21, "000000"), (22, "0/000"), (25, "entries/000.p/1")];
    for (route, path) in paths {
        put("server_requests", &format!("path-{route}"), &[&[route, 0], path.as_bytes(), b"\n"].concat())?;
    }
    for route in [0, 13, 14, 15, 20, 23, 24, 26, 27, 28] {
        put("server_requests", &format!("route-{route}"), &[route, 1])?;
    }
    // The honest ballot, and the same with its last byte but one changed.
    put("server_requests", "ballot", &[16, 3, 0, 0])?;
    put("server_requests", "ballot-changed", &[16, 3, 100, 1, 1])?;
    let heads = ["Bearer abc", "Basic YTpi", "es-MX,es;q=0.9,en;q=0.8,*;q=0.001"];
    for (number, head) in (0u8..).zip(heads) {
        put("server_text", &format!("head-{number}"), head.as_bytes())?;
        put("server_requests", &format!("head-{number}"), &[&[26, 12], head.as_bytes(), b"\nen\n"].concat())?;
    }
    let texts = [
        (
            "account",
            r#"{"user":"a","token":"00","list":0,"place":0,"name":"N","clave":"C","entity":"E","email":"a@b.c","phone":"1","half":"00"}"#,
        ),
        ("requests", "escrutinio/resend-requests/v1\nana\t-\neva\teva@correo.example\n"),
        ("incident", r#"{"number":1,"level":"operator","text":"algo"}"#),
        ("event", r#"{"at":"x","who":"y","act":"incident","result":{"number":1,"level":"closed","text":"z"}}"#),
        ("person", r#"{"name":"N","clave":"C","entity":"E","email":"a@b.c","phone":"1"}"#),
        ("networks", "198.51.100.0/24 # uno\n2001:db8::/32\n"),
        ("tile", "tile/1/x001/234.p/5"),
        ("bundle", "tile/entries/x001/234"),
        ("address", " ana@correo.example "),
        ("phone", "+1 (312) 555-0147"),
        ("config", CONFIG),
    ];
    for (name, text) in texts {
        put("server_text", name, text.as_bytes())?;
    }
    put("server_bytes", "proxy-1", b"\0PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET")?;
    put("server_bytes", "proxy-2", b"\0\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\0\x01\0\x02GET")?;
    for stage in [&[0][..], &[1, 2], &[2, 0, 1], &[2, 1, 2, 1], &[3, 1, 0], &[4, 1, 0, b'1', b'5']] {
        put("server_bytes", &format!("attempt-{}-{}", stage[0], stage.len()), &[&[1], &[9; 24][..], stage].concat())?;
    }
    put("server_bytes", "intent", &[&[2], &[1; 12][..], &3u64.to_le_bytes(), b"abc"].concat())?;
    put("server_bytes", "update", b"\x04escrutinio/account-update/v1\nresend 1\nsignature 00\n{}\n")?;
    put("witness", "entries", &[1, 0, 5, 0, 0, 3, b'a', b'b', b'c', 32, 0, 7])
}

const CONFIG: &str = r#"data = "data"
record = "record"
staff = "staff.toml"
[keys]
server = "server.key"
log = "log.key"
[listen]
voters = "[::1]:8443"
certificate = "cert.pem"
key = "key.pem"
proxies = ["10.0.0.0/8"]
origins = ["https://voto.example"]
[databases]
roll = "postgres://server@roll.example/roll"
box = "sqlite:box.db"
[[witness]]
name = "w.example"
url = "https://w.example"
[limits]
head_seconds = 1
[mail]
kind = "smtp"
host = "mail.example"
security = "tls"
from = "urna@voto.example"
[sms]
kind = "http"
url = "https://sms.example/"
body = "{phone} {text}"
"#;
