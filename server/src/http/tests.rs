//! Over real sockets: what dawdlers, floods and nonsense get, and that others are served meanwhile.

use core::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::body::{JSON, Json};
use super::{Listener, Protection, protect};
use crate::config::{Limits, TlsFiles};

fn limits() -> Limits {
    Limits {
        connections: 20,
        connections_per_network: 10,
        requests_per_minute: 1000,
        head: Duration::from_millis(400),
        request: Duration::from_millis(800),
        write: Duration::from_millis(600),
        connection: Duration::from_secs(1),
        drain: Duration::from_secs(5),
    }
}

fn protection() -> Protection {
    Protection {
        tls: false,
        origins: vec!["https://voto.example".to_owned()],
        requests_per_minute: Some(1000),
        request: Some(limits().request),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
}

fn routes() -> Router {
    Router::new()
        .route("/", get(async || "here"))
        .route("/name", post(async |Json(Name { name })| name))
        .route("/slow", get(async || sleep(Duration::from_secs(60)).await))
        .route("/later", get(async || sleep(Duration::from_millis(500)).await))
        .route("/large", get(async || vec![b'a'; 1 << 25]))
        .route("/panic", get(async || -> () { panic!("canary") }))
        .layer(DefaultBodyLimit::max(JSON))
}

fn start(limits: &Limits, protection: &Protection) -> Listener {
    let routes = protect(routes(), protection);
    Listener::start(([127, 0, 0, 1], 0).into(), None, vec![], limits, routes).unwrap()
}

async fn connect(listener: &Listener) -> TcpStream {
    TcpStream::connect(listener.address()).await.unwrap()
}

async fn connect_from(listener: &Listener, address: [u8; 4]) -> TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind((address, 0).into()).unwrap();
    socket.connect(listener.address()).await.unwrap()
}

/// Everything until the other side closes, or 3 s.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = timeout(Duration::from_secs(3), stream.read_to_end(&mut bytes)).await.expect("closed");
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn ask(listener: &Listener, request: &str) -> String {
    let mut stream = connect(listener).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(&mut stream).await
}

fn request(method: &str, path: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n")
}

#[tokio::test]
async fn every_error_is_a_problem() {
    let listener = start(&limits(), &protection());
    let json = "Content-Type: application/json\r\n";
    let long = format!("{json}Content-Length: 5000\r\n\r\n{{\"name\": \"{}\"}}", "a".repeat(4988));
    let cases = [
        ("GET", "/nowhere", String::new(), 404, "not-found"),
        ("POST", "/", String::new(), 405, "method"),
        ("POST", "/name", "Content-Length: 2\r\n\r\n{}".to_owned(), 415, "media-type"),
        ("POST", "/name", format!("{json}Content-Length: 2\r\n\r\n{{}}"), 400, "bad-request"),
        ("POST", "/name", format!("{json}Content-Length: 5\r\n\r\n{{\"n\":"), 400, "bad-request"),
        (
            "POST",
            "/name",
            format!("{json}Content-Length: 24\r\n\r\n{{\"name\":\"\", \"other\": 1  }}"),
            400,
            "bad-request",
        ),
        ("POST", "/name", long, 413, "too-large"),
        ("GET", "/slow", String::new(), 408, "timeout"),
        ("GET", "/panic", String::new(), 500, "internal"),
    ];
    for (method, path, more, status, name) in cases {
        let answer = ask(&listener, &request(method, path, &more)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
        assert!(answer.contains("content-type: application/problem+json\r\n"), "{answer}");
        assert!(answer.contains(&format!("\"type\":\"urn:escrutinio:problem:{name}\"")), "{answer}");
        assert!(answer.contains(&format!("\"status\":{status}")), "{answer}");
        assert!(answer.contains("content-language: es\r\n"), "{answer}");
        assert!(!answer.contains("canary"));
    }
    let answer = ask(&listener, &request("GET", "/nowhere", "Accept-Language: en\r\n")).await;
    assert!(answer.contains("There is no such thing.") && answer.contains("content-language: en"), "{answer}");
    let answer = ask(&listener, &request("DELETE", "/name", "")).await;
    assert!(answer.contains("allow: POST\r\n"), "{answer}");
}

#[tokio::test]
async fn every_answer_is_hardened() {
    let tls = Protection { tls: true, ..protection() };
    let (plain, tls) = (start(&limits(), &protection()), start(&limits(), &tls));
    for path in ["/", "/nowhere", "/panic"] {
        let answer = ask(&plain, &request("GET", path, "")).await;
        for header in [
            "content-security-policy: default-src 'none';",
            "cache-control: no-store\r\n",
            "x-content-type-options: nosniff\r\n",
            "x-frame-options: DENY\r\n",
            "referrer-policy: no-referrer\r\n",
            "permissions-policy: camera=()",
            "cross-origin-opener-policy: same-origin\r\n",
        ] {
            assert!(answer.contains(header), "{path}: {header}: {answer}");
        }
        assert!(!answer.contains("strict-transport-security"));
        let answer = ask(&tls, &request("GET", path, "")).await;
        assert!(answer.contains("strict-transport-security: max-age=63072000\r\n"));
    }
}

#[tokio::test]
async fn only_the_pages_origin_may_ask() {
    let listener = start(&limits(), &protection());
    let from = |origin: &str| request("GET", "/", &format!("Origin: {origin}\r\n"));
    let answer = ask(&listener, &from("https://voto.example")).await;
    assert!(answer.contains("access-control-allow-origin: https://voto.example\r\n"), "{answer}");
    for other in ["https://evil.example", "https://voto.example.evil.example", "null"] {
        assert!(!ask(&listener, &from(other)).await.contains("access-control-allow-origin"));
    }
    let asked = "Origin: https://voto.example\r\nAccess-Control-Request-Method: POST\r\n";
    let answer = ask(&listener, &request("OPTIONS", "/name", asked)).await;
    assert!(answer.contains("access-control-allow-methods: GET,POST,DELETE\r\n"), "{answer}");
    assert!(!answer.contains("access-control-allow-credentials"), "{answer}");
}

#[tokio::test]
async fn r_sec_15_dawdlers_are_cut_off_and_others_served() {
    let listener = start(&limits(), &protection());
    let begun = Instant::now();
    // A head that never ends, a body that never comes, a connection that says nothing.
    let mut silent = connect(&listener).await;
    let mut head = connect(&listener).await;
    head.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ").await.unwrap();
    let mut body = connect(&listener).await;
    let announced = request("POST", "/name", "Content-Type: application/json\r\nContent-Length: 10\r\n");
    body.write_all(announced.as_bytes()).await.unwrap();
    let mut drip = connect(&listener).await;
    drip.write_all(announced.as_bytes()).await.unwrap();
    let dripping = tokio::spawn(async move {
        let mut answer = String::new();
        for _ in 0..40 {
            if drip.write_all(b"1").await.is_err() {
                break;
            }
            sleep(Duration::from_millis(100)).await;
            let mut bytes = [0; 4096];
            if let Ok(Ok(read)) = timeout(Duration::from_millis(1), drip.read(&mut bytes)).await {
                answer.push_str(&String::from_utf8_lossy(&bytes[..read]));
                break;
            }
        }
        answer
    });
    for _ in 0..5 {
        assert!(ask(&listener, &request("GET", "/", "")).await.ends_with("here"));
    }
    assert_eq!(rest(&mut silent).await, "");
    let cut = rest(&mut head).await;
    assert!(cut.is_empty() || cut.starts_with("HTTP/1.1 408"), "{cut}");
    assert!(rest(&mut body).await.contains("urn:escrutinio:problem:timeout"));
    let dripped = dripping.await.unwrap();
    assert!(dripped.is_empty() || dripped.starts_with("HTTP/1.1 4"), "{dripped}");
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_kept_connection_does_not_stay_for_ever() {
    let listener = start(&limits(), &protection());
    let mut stream = connect(&listener).await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(rest(&mut stream).await.ends_with("here"));
}

/// Who asks for something large and does not read it, or reads it a byte at a time, keeps no place.
#[tokio::test]
async fn r_sec_15_who_takes_no_answer_keeps_no_place() {
    let listener = start(&Limits { connections: 1, ..limits() }, &protection());
    for pause in [Duration::from_secs(60), Duration::from_millis(100)] {
        let mut reader = connect(&listener).await;
        reader.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let reading = tokio::spawn(async move {
            loop {
                sleep(pause).await;
                // So much at a time that the other side notices.
                let mut some = vec![0; 1 << 19];
                if !matches!(reader.read(&mut some).await, Ok(1..)) {
                    break;
                }
            }
        });
        sleep(Duration::from_millis(50)).await;
        assert_eq!(ask(&listener, &request("GET", "/", "")).await, "", "its place is taken");
        sleep(limits().connection.saturating_mul(2)).await;
        assert!(ask(&listener, &request("GET", "/", "")).await.ends_with("here"), "its place is free again");
        reading.abort();
    }
}

#[tokio::test]
async fn a_connection_is_told_which_answer_is_its_last() {
    let listener = start(&limits(), &protection());
    let mut stream = connect(&listener).await;
    let begun = Instant::now();
    let mut answers = String::new();
    while begun.elapsed() < Duration::from_millis(1200) {
        if stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.is_err() {
            break;
        }
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).await.unwrap();
        answers.push_str(&String::from_utf8_lossy(&bytes[..read]));
        sleep(Duration::from_millis(100)).await;
    }
    assert!(answers.matches("HTTP/1.1 200").count() > 5, "{answers}");
    assert_eq!(answers.matches("connection: close").count(), 1, "{answers}");
    assert!(rest(&mut stream).await.is_empty());
}

#[tokio::test]
async fn r_sec_15_nonsense_and_half_closed_connections_do_no_harm() {
    let listener = start(&limits(), &protection());
    for nonsense in ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0"] {
        ask(&listener, nonsense).await;
    }
    let endless = format!("GET / HTTP/1.1\r\nHost: x\r\nX-A: {}\r\n\r\n", "a".repeat(40_000));
    let mut stream = connect(&listener).await;
    // More is on its way than is read: the answer may be lost with the connection.
    let _ = stream.write_all(endless.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(3), stream.read_to_end(&mut answer)).await.expect("closed");
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"), "{}", answer.escape_ascii());
    let mut many = "GET / HTTP/1.1\r\nHost: x\r\n".to_owned();
    (0..100).for_each(|n| many.push_str(&format!("X-{n}: 1\r\n")));
    assert!(ask(&listener, &format!("{many}\r\n")).await.starts_with("HTTP/1.1 431"));
    // The way there is closed, the way back is not.
    let mut half = connect(&listener).await;
    half.write_all(request("GET", "/later", "").as_bytes()).await.unwrap();
    half.shutdown().await.unwrap();
    assert!(rest(&mut half).await.starts_with("HTTP/1.1 200"));
    // The same within a body: no more of it can come.
    let mut within = connect(&listener).await;
    let begun = Instant::now();
    let json = "Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{";
    within.write_all(request("POST", "/name", json).trim_end().as_bytes()).await.unwrap();
    within.shutdown().await.unwrap();
    let answer = rest(&mut within).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(begun.elapsed() < limits().request, "nobody waits for the rest of it");
    // Gone in the middle of a request and of an answer.
    for path in ["/later", "/slow"] {
        let mut gone = connect(&listener).await;
        gone.write_all(request("GET", path, "").as_bytes()).await.unwrap();
        drop(gone);
    }
    assert!(ask(&listener, &request("GET", "/", "")).await.ends_with("here"));
}

/// Whatever length a body tells, or none: what is too long is not read to its end.
#[tokio::test]
async fn r_sec_15_a_long_body_is_refused_before_it_ends() {
    let listener = start(&limits(), &protection());
    let json = "Content-Type: application/json\r\n";
    let told = request("POST", "/name", &format!("{json}Content-Length: 1000000000\r\n"));
    let told = told + &"a".repeat(JSON + 1);
    let piece = format!("1000\r\n{}\r\n", "a".repeat(0x1000));
    let untold =
        format!("{}{piece}{piece}", request("POST", "/name", &format!("{json}Transfer-Encoding: chunked\r\n")));
    for begun in [told, untold] {
        let mut stream = connect(&listener).await;
        stream.write_all(begun.as_bytes()).await.unwrap();
        let answer = rest(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("problem:too-large"), "{answer}");
    }
}

#[tokio::test]
async fn r_sec_15_one_network_does_not_take_every_connection() {
    let listener = start(&limits(), &protection());
    let mut held = Vec::new();
    for _ in 0..limits().connections_per_network {
        let mut stream = connect(&listener).await;
        stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        held.push(stream);
    }
    sleep(Duration::from_millis(50)).await;
    let mut one_more = connect(&listener).await;
    let _ = one_more.write_all(request("GET", "/", "").as_bytes()).await;
    assert_eq!(rest(&mut one_more).await, "", "refused without a word");
    // An address beside it is of the same network; who comes from another is served.
    let mut beside = connect_from(&listener, [127, 0, 0, 2]).await;
    let _ = beside.write_all(request("GET", "/", "").as_bytes()).await;
    assert_eq!(rest(&mut beside).await, "");
    let mut other = connect_from(&listener, [127, 0, 1, 1]).await;
    other.write_all(request("GET", "/", "").as_bytes()).await.unwrap();
    assert!(rest(&mut other).await.ends_with("here"));
    drop(held);
    sleep(Duration::from_millis(50)).await;
    assert!(ask(&listener, &request("GET", "/", "")).await.ends_with("here"));
}

#[tokio::test]
async fn r_sec_15_a_flood_of_requests_is_told_to_wait() {
    let few = Protection { requests_per_minute: Some(10), ..protection() };
    let listener = start(&limits(), &few);
    for _ in 0..10 {
        assert!(ask(&listener, &request("GET", "/", "")).await.ends_with("here"));
    }
    let answer = ask(&listener, &request("GET", "/", "")).await;
    assert!(answer.starts_with("HTTP/1.1 429") && answer.contains("retry-after: "), "{answer}");
    assert!(answer.contains("problem:too-many-requests"), "{answer}");
}

#[tokio::test]
async fn behind_a_balancer_the_client_is_who_it_says() {
    let few = Protection { requests_per_minute: Some(1), ..protection() };
    let routes = protect(routes(), &few);
    let proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let listener = Listener::start(([127, 0, 0, 1], 0).into(), None, proxies, &limits(), routes).unwrap();
    let of = |address: &str| format!("PROXY TCP4 {address} 127.0.0.1 1 2\r\n{}", request("GET", "/", ""));
    assert!(ask(&listener, &of("192.0.2.1")).await.ends_with("here"));
    assert!(ask(&listener, &of("192.0.2.2")).await.starts_with("HTTP/1.1 429"), "of the same network");
    assert!(ask(&listener, &of("198.51.100.1")).await.ends_with("here"));
    assert_eq!(ask(&listener, &request("GET", "/", "")).await, "", "without the header nothing is heard");
}

/// What a client that speaks a version of TLS gets.
fn over_tls(
    address: core::net::SocketAddr,
    version: &'static rustls::SupportedProtocolVersion,
) -> std::io::Result<String> {
    use std::io::{Read, Write};

    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(include_bytes!("../../tests/tls/for-tests-only.pem")).unwrap()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
    let config = std::sync::Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let mut client = rustls::ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap();
    let mut socket = std::net::TcpStream::connect(address)?;
    let mut stream = rustls::Stream::new(&mut client, &mut socket);
    stream.write_all(request("GET", "/", "").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[tokio::test]
async fn tls_1_3_and_nothing_older() {
    let file = |name: &str| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name);
    let tls = TlsFiles { certificate: file("for-tests-only.pem"), key: file("for-tests-only.key.pem") };
    let address = ([127, 0, 0, 1], 0).into();
    let routes = || protect(routes(), &Protection { tls: true, ..protection() });
    let listener = Listener::start(address, Some(&tls), vec![], &limits(), routes()).unwrap();
    let at = listener.address();
    let ask = |version| tokio::task::spawn_blocking(move || over_tls(at, version));
    let answer = ask(&rustls::version::TLS13).await.unwrap().unwrap();
    assert!(answer.ends_with("here") && answer.contains("strict-transport-security"), "{answer}");
    let refused = ask(&rustls::version::TLS12).await.unwrap().unwrap_err();
    assert!(refused.to_string().contains("ProtocolVersion"), "{refused}");
    // Without TLS there is no answer of HTTP, and who says nothing is cut off.
    let plain = self::ask(&listener, &request("GET", "/", "")).await;
    assert!(!plain.contains("HTTP"), "{plain}");
    assert_eq!(rest(&mut connect(&listener).await).await, "");
    // Neither does who says hello byte by byte stay longer than a head may take; others are served meanwhile.
    let mut hello = connect(&listener).await;
    let begun = Instant::now();
    let dripping = tokio::spawn(async move {
        // A record of a handshake, 512 bytes of it announced.
        for byte in [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3].into_iter().chain([0; 100]) {
            if hello.write_all(&[byte]).await.is_err() {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(ask(&rustls::version::TLS13).await.unwrap().unwrap().ends_with("here"));
    dripping.await.unwrap();
    assert!(begun.elapsed() < limits().head.saturating_mul(4), "{:?}", begun.elapsed());
    let missing = TlsFiles { key: file("none.pem"), ..tls };
    let refused = Listener::start(address, Some(&missing), vec![], &limits(), routes()).unwrap_err();
    assert!(refused.to_string().contains("none.pem"), "{refused}");
}

#[tokio::test]
async fn what_is_in_flight_is_finished() {
    let listener = start(&limits(), &protection());
    let mut stream = connect(&listener).await;
    stream.write_all(request("GET", "/later", "").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    let address = listener.address();
    let finishing = tokio::spawn(listener.finish(Duration::from_secs(5)));
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 200"));
    timeout(Duration::from_secs(2), finishing).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
