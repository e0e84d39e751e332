//! The carriers against real peers: an HTTP receiver, a mail relay that does as it is told, and a mail server
//! that others wrote (`tests/smtp.sh` installs it).

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "it fails where it panics"
)]

#[path = "../mailer/tests/peer/mod.rs"]
mod peer;

use core::time::Duration;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use escrutinio_server::access::secret::Secret;
use escrutinio_server::delivery::*;
use peer::{Act, Peer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn letter(to: &str) -> Letter {
    Letter { to: secret(to), subject: "Código de acceso".into(), text: secret("Su código: 012345\n.\nÑandú") }
}

fn patience() -> Patience {
    let ms = Duration::from_millis;
    Patience { waiting: 64, at_once: 4, attempt: ms(700), pause: ms(20), code: ms(5_000), notice: ms(5_000) }
}

fn texts() -> Texts {
    Texts::standard("Elección", "INETEL", 5).unwrap()
}

/// A provider: keeps what it is asked, answers as it is told, hangs at 0.
#[derive(Clone, Default)]
struct Provider {
    asked: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Provider {
    async fn start(answers: &[u16]) -> (Self, u16) {
        let provider = Self { answers: Arc::new(Mutex::new(answers.to_vec())), ..Self::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let this = provider.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let this = this.clone();
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    let mut buffer = [0; 4096];
                    while !whole(&request) {
                        match stream.read(&mut buffer).await.unwrap() {
                            0 => return,
                            n => request.extend_from_slice(&buffer[..n]),
                        }
                    }
                    this.asked.lock().unwrap().push(String::from_utf8(request).unwrap());
                    let answer = {
                        let mut answers = this.answers.lock().unwrap();
                        if answers.is_empty() { 200 } else { answers.remove(0) }
                    };
                    if answer == 0 {
                        tokio::time::sleep(Duration::from_secs(60)).await;
                    }
                    let text = format!(
                        "HTTP/1.1 {answer} x\r\nLocation: http://127.0.0.1:{port}/elsewhere\r\nContent-Length: 6\r\n\
                         Connection: close\r\n\r\n012345"
                    );
                    stream.write_all(text.as_bytes()).await.unwrap();
                });
            }
        });
        (provider, port)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn settings(port: u16) -> GatewaySettings {
    GatewaySettings {
        url: format!("http://127.0.0.1:{port}/send"),
        body: r#"{"to": "+{phone}", "message": "{text}"}"#.into(),
        content_type: "application/json".into(),
        headers: vec![("Authorization".into(), secret("Bearer canary"))],
        accepted: Vec::new(),
    }
}

#[tokio::test]
async fn a_provider_gets_what_its_template_says() {
    let (provider, port) = Provider::start(&[]).await;
    let gateway = HttpGateway::new(&settings(port)).unwrap();
    gateway.send(&letter("15551234567")).await.unwrap();
    let asked = provider.asked();
    let (head, body) = asked[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /send HTTP/1.1\r\n"), "{head}");
    let head = head.to_lowercase();
    assert!(head.contains("authorization: bearer canary") && head.contains("content-type: application/json"), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let expected = serde_json::json!({ "to": "+15551234567", "message": "Su código: 012345\n.\nÑandú" });
    assert_eq!(body, expected);

    let form = GatewaySettings {
        body: "to=%2B{phone}&message={text}".into(),
        content_type: "application/x-www-form-urlencoded".into(),
        ..settings(port)
    };
    HttpGateway::new(&form).unwrap().send(&letter("15551234567")).await.unwrap();
    let asked = provider.asked();
    assert!(asked[1].ends_with("to=%2B15551234567&message=Su+c%C3%B3digo%3A+012345%0A.%0A%C3%91and%C3%BA"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (provider, port) = Provider::start(&[307, 302]).await;
    let gateway = HttpGateway::new(&settings(port)).unwrap();
    assert_eq!(gateway.send(&letter("155")).await, Err(DeliveryError::Later(307)));
    assert_eq!(gateway.send(&letter("155")).await, Err(DeliveryError::Later(302)));
    assert_eq!(provider.asked().len(), 2);
}

#[tokio::test]
async fn a_message_reaches_a_provider_that_fails_hangs_and_comes_back() {
    let (provider, port) = Provider::start(&[503, 429, 0]).await;
    let gateway = HttpGateway::new(&settings(port)).unwrap();
    let delivery = Delivery::new(texts(), Box::new(Null), Box::new(gateway), patience());
    let slot = delivery.reserve(Channel::Sms).unwrap();
    slot.send(secret("15551234567"), Language::En, &Notice::LoginCode(secret("012345")));
    delivery.drain(Duration::from_secs(10)).await;
    let status = delivery.status().sms;
    assert_eq!((status.sent, status.repeated, status.failed), (1, 3, 0));
    assert_eq!(provider.asked().len(), 4);
    // What is said of it holds neither number, code nor token.
    let said = format!("{delivery:?} {} {:?}", serde_json::to_string(&delivery.status()).unwrap(), delivery.status());
    for canary in ["15551234567", "012345", "canary"] {
        assert!(!said.contains(canary), "{said}");
    }
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_said_to_be_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let gateway = HttpGateway::new(&settings(port)).unwrap();
    assert_eq!(gateway.send(&letter("155")).await, Err(DeliveryError::Unreachable));
    let few = Patience { code: Duration::from_millis(200), ..patience() };
    let delivery = Delivery::new(texts(), Box::new(Null), Box::new(gateway), few);
    let slot = delivery.reserve(Channel::Sms).unwrap();
    slot.send(secret("155"), Language::Es, &Notice::LoginCode(secret("012345")));
    delivery.drain(Duration::from_secs(5)).await;
    let status = delivery.status().sms;
    assert_eq!((status.health, status.failed), (Health::Down, 1));
    assert_eq!(status.last_failure.as_deref(), Some("no connection"));
}

fn smtp(host: &str, port: u16, security: Security) -> SmtpSettings {
    SmtpSettings {
        host: host.into(),
        port,
        security,
        login: None,
        from: "Voto por internet <avisos@ine.example>".into(),
        ca: None,
    }
}

#[tokio::test]
async fn a_relay_decides_what_is_tried_again() {
    let peer = Peer::start(&[]);
    let relay = Smtp::new(&smtp("127.0.0.1", peer.port, Security::None)).unwrap();
    for (act, outcome) in [
        (None, Ok(())),
        (Some(Act::Rcpt(550)), Err(DeliveryError::Refused(550))),
        (Some(Act::Rcpt(450)), Err(DeliveryError::Later(450))),
        (Some(Act::Content(452)), Err(DeliveryError::Later(452))),
        (Some(Act::Content(554)), Err(DeliveryError::Refused(554))),
        (None, Ok(())),
    ] {
        if let Some(act) = act {
            peer.script("ana@correo.example", act);
        }
        assert_eq!(relay.send(&letter("ana@correo.example")).await, outcome, "{act:?}");
    }
    // Refused as a sender: that is about us, and is tried again.
    peer.script("*", Act::Mail(530));
    assert_eq!(relay.send(&letter("ana@correo.example")).await, Err(DeliveryError::Later(530)));
    for act in [Act::DropBeforeContent, Act::DropAfterContent, Act::Closing] {
        peer.script("ana@correo.example", act);
        let outcome = relay.send(&letter("ana@correo.example")).await.unwrap_err();
        assert_eq!(outcome.fate(), Fate::Again, "{act:?} {outcome:?}");
    }
    let taken = peer.seen.lock().unwrap().taken.clone();
    assert_eq!(taken.len(), 3, "two that were taken, and one that nobody knows of");
    assert!(taken[0].1.contains("Auto-Submitted: auto-generated"), "{}", taken[0].1);
}

#[tokio::test]
async fn a_notice_reaches_a_relay_that_hangs_once() {
    let peer = Peer::start(&[]);
    peer.script("ana@correo.example", Act::HangBeforeContent);
    peer.script("ana@correo.example", Act::Rcpt(451));
    let relay = Smtp::new(&smtp("127.0.0.1", peer.port, Security::None)).unwrap();
    let delivery = Delivery::new(texts(), Box::new(relay), Box::new(Null), patience());
    delivery.notify(Channel::Mail, secret("ana@correo.example"), Language::En, &Notice::PasswordSet);
    delivery.drain(Duration::from_secs(10)).await;
    let status = delivery.status().mail;
    assert_eq!((status.sent, status.repeated, status.failed, status.health), (1, 2, 0, Health::Up));
    let taken = peer.seen.lock().unwrap().taken.clone();
    assert!(taken.len() == 1 && taken[0].1.contains("Subject: Your password is set"), "{taken:?}");
}

#[tokio::test]
async fn a_relay_without_starttls_gets_nothing_where_tls_is_asked_for() {
    let peer = Peer::start(&[]);
    for security in [Security::StartTls, Security::Tls] {
        let settings =
            SmtpSettings { login: Some(("u".into(), secret("canary"))), ..smtp("localhost", peer.port, security) };
        let relay = Smtp::new(&settings).unwrap();
        let letter = letter("ana@correo.example");
        let sending = tokio::time::timeout(Duration::from_secs(20), relay.send(&letter));
        assert!(sending.await.unwrap().is_err(), "{security:?}");
    }
    let seen = peer.seen.lock().unwrap();
    assert!(seen.taken.is_empty() && !format!("{:?}", seen.hellos).contains("canary"));
}

const PYTHON: &str = "ESCRUTINIO_SMTP_PYTHON";

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A certificate of an authority of our own for "localhost", by the system's `openssl`.
fn certificate(folder: &Path) -> [PathBuf; 3] {
    let openssl = |arguments: &str| {
        let done = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";
    openssl(&format!("{new} -keyout ca.key -out ca.pem -subj /CN=Prueba"));
    openssl(&format!(
        "{new} -keyout mx.key -out mx.pem -subj /CN=localhost -CA ca.pem -CAkey ca.key \
         -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:localhost"
    ));
    ["ca.pem", "mx.pem", "mx.key"].map(|name| folder.join(name))
}

#[tokio::test]
async fn a_mail_server_of_others_takes_a_code_over_tls_with_a_login() {
    let Some(python) = std::env::var_os(PYTHON) else {
        println!("skipped: {PYTHON} names no Python with aiosmtpd; server/tests/smtp.sh runs this test");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let [ca, certificate, key] = certificate(folder.path());
    let sink = Path::new(env!("CARGO_MANIFEST_DIR")).join("mailer/tests/sink.py");
    for (security, mode) in [(Security::Tls, "tls"), (Security::StartTls, "starttls")] {
        let mut command = Command::new(&python);
        command.arg(&sink).arg(&certificate).arg(&key).arg(mode).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = Server(command.spawn().unwrap());
        let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines().map(Result::unwrap);
        let port: u16 = lines.next().unwrap().parse().unwrap();
        let with = |password: &str, ca: Option<PathBuf>| {
            let login = Some(("avisos@ine.example".to_owned(), secret(password)));
            Smtp::new(&SmtpSettings { login, ca, ..smtp("localhost", port, security) }).unwrap()
        };
        let to = letter("ana@correo.example");
        let stranger = with("clave-del-relé", None).send(&to).await.unwrap_err();
        assert_eq!(stranger.fate(), Fate::Again, "{mode}: a certificate of nobody's: {stranger:?}");
        assert_eq!(with("otra", Some(ca.clone())).send(&to).await, Err(DeliveryError::Later(535)), "{mode}");
        let relay = with("clave-del-relé", Some(ca.clone()));
        relay.send(&to).await.unwrap();
        relay.send(&letter("luz@correo.example")).await.unwrap();
        for to in ["ana@correo.example", "luz@correo.example"] {
            let taken: serde_json::Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
            assert_eq!(taken["envelope"], serde_json::json!(["avisos@ine.example", [to]]));
            assert_eq!((&taken["user"], &taken["ascii"]), (&"avisos@ine.example".into(), &true.into()));
            assert_eq!(taken["defects"], serde_json::json!([]));
            let headers = &taken["headers"];
            assert_eq!((&headers["To"], &headers["Subject"]), (&to.into(), &"Código de acceso".into()));
            assert_eq!(headers["From"], "Voto por internet <avisos@ine.example>");
            assert!(headers["Message-ID"].is_string() && headers["Date"].is_string());
            let body = taken["body"].as_str().unwrap().replace("\r\n", "\n");
            assert_eq!(body.trim_end(), "Su código: 012345\n.\nÑandú");
        }
    }
}
