//! Clients that are slow, wrong or gone, against a whole server: nothing of theirs is counted that they did not
//! send, nothing that they sent is counted twice, and others vote meanwhile.

use core::net::SocketAddr;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use escrutinio_core::board::Receipt;
use escrutinio_core::credential::IssuedHalf;
use escrutinio_server::store::Database;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use sqlx::Row;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use crate::host::{Host, base64};

/// Little time and few places, so that who takes them is noticed soon.
const LIMITS: &str = "[limits]\nconnections = 60\nconnections_per_network = 30\nhead_seconds = 1\n\
                      request_seconds = 2\nwrite_seconds = 1\nconnection_seconds = 4\n";
const BALLOTS: &str = "/api/v1/session/ballots";

impl Host {
    fn address(&self) -> SocketAddr {
        self.live.voters.trim_start_matches("http://").parse().unwrap()
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address()).await.unwrap()
    }

    /// The head of a request with a session.
    fn head(&self, session: &str, length: usize) -> Vec<u8> {
        format!(
            "POST {BALLOTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {session}\r\nContent-Length: {length}\r\n\r\n"
        )
        .into_bytes()
    }

    async fn state(&self, session: &str) -> Value {
        let request = self.client.get(format!("{}/api/v1/session", self.live.voters)).bearer_auth(session);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Casts, and comes again as long as another request with the same ballot is being decided.
    async fn cast(&self, session: &str, ballot: &[u8]) -> String {
        for _ in 0..20 {
            let request = self.client.post(format!("{}{BALLOTS}", self.live.voters)).bearer_auth(session);
            let answer = request.body(ballot.to_vec()).send().await.unwrap();
            let status = answer.status();
            let text = answer.text().await.unwrap();
            if status == 503 && text.contains("problem:busy") {
                sleep(Duration::from_millis(500)).await;
                continue;
            }
            assert_eq!(status, 200, "{text}");
            return text;
        }
        panic!("busy for ten seconds");
    }

    /// Marks, ballots, intents.
    async fn counts(&self) -> [i64; 3] {
        let store = &self.live.server.store;
        let of = async |database: &Database, statement: &'static str| -> i64 {
            sqlx::query(statement).fetch_one(&mut *database.read().await.unwrap()).await.unwrap().get(0)
        };
        [
            of(&store.roll, "SELECT count(*) FROM marks").await,
            of(&store.ballots, "SELECT count(*) FROM ballots").await,
            of(&store.roll, "SELECT count(*) FROM intents").await,
        ]
    }

    /// Waits until so many have voted and every act is finished.
    async fn counted(&self, votes: i64) {
        for _ in 0..250 {
            if self.counts().await == [votes, votes, 0] {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("{:?} where {votes} have voted", self.counts().await);
    }
}

/// The first contest of a session.
fn contest(state: &Value) -> u32 {
    state["contests"][0]["contest"].as_u64().unwrap().try_into().unwrap()
}

/// Ends a connection without a farewell: what is on its way may be lost.
fn reset(stream: TcpStream) {
    stream.set_zero_linger().unwrap();
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = timeout(Duration::from_secs(6), stream.read_to_end(&mut bytes)).await.expect("closed");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn r_cast_11_a_ballot_that_is_cut_is_none_and_one_that_arrived_is_counted_once() {
    let host = Host::new().await;
    host.open();
    let session = host.enter(0).await;
    let contest = contest(&host.state(&session).await);
    let ballot = host.fixture.ballot(0, contest, 1);
    let head = host.head(&session, ballot.len());
    // Cut within: with a farewell, and without.
    for length in [0, 1, ballot.len() / 2, ballot.len() - 1] {
        for farewell in [true, false] {
            let mut stream = host.connect().await;
            stream.write_all(&[&head, &ballot[..length]].concat()).await.unwrap();
            sleep(Duration::from_millis(10)).await;
            if farewell {
                stream.shutdown().await.unwrap();
                let answer = rest(&mut stream).await;
                assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
            } else {
                reset(stream);
            }
        }
    }
    sleep(Duration::from_millis(100)).await;
    assert_eq!(host.counts().await, [0, 0, 0]);
    assert_eq!(host.state(&session).await["contests"][0]["cast"], json!(false));

    // All of it is there, and nobody waits for the answer.
    let mut gone = host.connect().await;
    gone.write_all(&[&head, ballot.as_slice()].concat()).await.unwrap();
    drop(gone);
    host.counted(1).await;
    assert_eq!(host.state(&session).await["contests"][0]["cast"], json!(true));
    let promise = host.cast(&session, &ballot).await;
    let receipt = Receipt::parse(promise.as_bytes()).unwrap();
    receipt.verify(&host.fixture.election.election.manifest.server.key).unwrap();
    for _ in 0..2 {
        assert_eq!(host.cast(&session, &ballot).await, promise, "the same promise, however often");
    }
    assert_eq!(host.counts().await, [1, 1, 0]);

    // Cut at once after the last byte: it arrived or not, and sending it again leaves one ballot.
    for voter in 1..4 {
        let session = host.enter(voter).await;
        let ballot = host.fixture.ballot(voter.try_into().unwrap(), contest, 1);
        let request = [&host.head(&session, ballot.len()), ballot.as_slice()].concat();
        for _ in 0..2 {
            let mut gone = host.connect().await;
            gone.write_all(&request).await.unwrap();
            reset(gone);
        }
        let promise = host.cast(&session, &ballot).await;
        assert_eq!(host.cast(&session, &ballot).await, promise);
        host.counted(i64::from(voter) + 1).await;
    }
    host.live.finish().await;
}

#[tokio::test]
async fn requests_in_a_row_are_answered_in_their_order() {
    let host = Host::new().await;
    host.open();
    let session = host.enter(0).await;
    let contest = contest(&host.state(&session).await);
    let ballot = host.fixture.ballot(0, contest, 1);
    let bearer = format!("Authorization: Bearer {session}\r\n");
    let get = |path: &str, more: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n").into_bytes();
    let row = [
        get("/api/v1/session", &bearer),
        host.head(&session, ballot.len()),
        ballot.clone(),
        get("/nowhere", ""),
        get("/api/v1/session", &format!("{bearer}Connection: close\r\n")),
        get("/api/v1/session", &bearer),
    ];
    let mut stream = host.connect().await;
    stream.write_all(&row.concat()).await.unwrap();
    let answers = rest(&mut stream).await;
    let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["200", "200", "404", "200"], "after the last nothing is answered: {answers}");
    let told = |cast: bool| answers.find(&format!("{{\"contest\":{contest},\"cast\":{cast}}}"));
    assert!(told(false).unwrap() < answers.find("escrutinio/receipt").unwrap(), "{answers}");
    assert!(told(true).unwrap() > answers.find(":not-found").unwrap(), "{answers}");
    host.counted(1).await;
    host.live.finish().await;
}

/// Two readers of one connection must not see two different rows of requests.
#[tokio::test]
async fn a_body_has_one_length() {
    let host = Host::new().await;
    let inner = "GET /api/v1/election HTTP/1.1\r\nHost: x\r\n\r\n";
    let length = inner.len();
    for (lengths, body) in [
        (format!("Content-Length: {length}\r\nContent-Length: 0\r\n"), inner.to_owned()),
        (format!("Content-Length: 0\r\nContent-Length: {length}\r\n"), inner.to_owned()),
        (format!("Content-Length: {length}, 0\r\n"), inner.to_owned()),
        ("Content-Length: +1\r\n".to_owned(), format!("x{inner}")),
        ("Content-Length: -1\r\n".to_owned(), inner.to_owned()),
        ("Content-Length: 99999999999999999999999\r\n".to_owned(), inner.to_owned()),
        ("Transfer-Encoding: identity\r\n".to_owned(), inner.to_owned()),
        ("Transfer-Encoding: chunked, gzip\r\n".to_owned(), format!("0\r\n\r\n{inner}")),
        ("Transfer-Encoding: chunked\r\n".to_owned(), format!("fffffffffffffffff\r\n{inner}")),
        ("Transfer-Encoding: chunked\r\n".to_owned(), format!("x\r\n{inner}")),
        ("Transfer-Encoding : chunked\r\n".to_owned(), format!("0\r\n\r\n{inner}")),
        (" Content-Length: 0\r\n".to_owned(), inner.to_owned()),
    ] {
        let head = "POST /api/v1/recorded HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
        let mut stream = host.connect().await;
        stream.write_all(format!("{head}{lengths}\r\n{body}").as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let answers = rest(&mut stream).await;
        assert!(!answers.contains("HTTP/1.1 200"), "{lengths}: what is within a body was answered: {answers}");
        assert!(answers.matches("HTTP/1.1").count() <= 1, "{lengths}: {answers}");
    }
    host.live.finish().await;
}

/// What somebody does with a connection, over and over.
#[derive(Clone, Copy, Debug)]
enum Nuisance {
    /// A head, byte by byte.
    Head,
    /// A body, byte by byte.
    Body,
    /// A head without an end.
    LongHead,
    /// A body of many megabytes.
    LongBody,
    /// The same in pieces, its length not told.
    Pieces,
    /// Much asked for, nothing read.
    Deaf,
    /// Gone within a request.
    Gone,
    /// Half of a request, and that side closed.
    Half,
    /// Nothing at all.
    Idle,
    /// What is no HTTP.
    Nonsense,
}

impl Nuisance {
    const ALL: [Self; 10] = [
        Self::Head,
        Self::Body,
        Self::LongHead,
        Self::LongBody,
        Self::Pieces,
        Self::Deaf,
        Self::Gone,
        Self::Half,
        Self::Idle,
        Self::Nonsense,
    ];

    /// Once, until the other side ends it.
    async fn once(self, stream: &mut TcpStream) -> std::io::Result<()> {
        let post = "POST /api/v1/access/kdf HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
        let endless = vec![b'a'; 1 << 16];
        match self {
            Self::Head => drip(stream, "GET / HTTP/1.1\r\nX-A: ").await,
            Self::Body => drip(stream, &format!("{post}Content-Length: 4000\r\n\r\n{{\"user\":\"")).await,
            Self::LongHead => {
                stream.write_all(b"GET / HTTP/1.1\r\nX-A: ").await?;
                stream.write_all(&endless).await
            }
            Self::LongBody => {
                stream.write_all(format!("{post}Content-Length: 67108864\r\n\r\n").as_bytes()).await?;
                for _ in 0..1024 {
                    stream.write_all(&endless).await?;
                }
                Ok(())
            }
            Self::Pieces => {
                stream.write_all(format!("{post}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).await?;
                for _ in 0..1024 {
                    stream.write_all(b"10000\r\n").await?;
                    stream.write_all(&endless).await?;
                    stream.write_all(b"\r\n").await?;
                }
                Ok(())
            }
            Self::Deaf => {
                for _ in 0..10_000 {
                    stream.write_all(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n").await?;
                }
                Ok(())
            }
            Self::Gone => stream.write_all(format!("{post}Content-Length: 100\r\n\r\n{{").as_bytes()).await,
            Self::Half => {
                stream.write_all(format!("{post}Content-Length: 100\r\n\r\n{{").as_bytes()).await?;
                stream.shutdown().await?;
                stream.read_to_end(&mut Vec::new()).await.map(drop)
            }
            Self::Idle => stream.read_to_end(&mut Vec::new()).await.map(drop),
            Self::Nonsense => {
                stream.write_all(b"\x16\x03\x01\x02\0\x01\0\0\xff\xff\r\n\r\n\0").await?;
                stream.read_to_end(&mut Vec::new()).await.map(drop)
            }
        }
    }
}

async fn drip(stream: &mut TcpStream, begin: &str) -> std::io::Result<()> {
    stream.write_all(begin.as_bytes()).await?;
    loop {
        sleep(Duration::from_millis(50)).await;
        stream.write_all(b"a").await?;
    }
}

/// A person of ill will, from a network of their own, until told to stop.
async fn pester(address: SocketAddr, nuisance: Nuisance, network: u8, stop: Arc<AtomicBool>, tries: Arc<AtomicU64>) {
    while !stop.load(Ordering::Relaxed) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 9, network, 1], 0).into()).unwrap();
        if let Ok(mut stream) = socket.connect(address).await {
            // However it ends; longer than the server lets it last it does not.
            let _ = timeout(Duration::from_secs(5), nuisance.once(&mut stream)).await;
            tries.fetch_add(1, Ordering::Relaxed);
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Each of them from a network of its own, with half of all places, over and over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_sec_15_voters_vote_while_others_do_their_worst() {
    let mut host = Host::with(LIMITS).await;
    // A connection that is kept ends after a second of silence, perhaps while the next request is on its way.
    host.client = Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    host.open();
    let stop = Arc::new(AtomicBool::new(false));
    let tries = Nuisance::ALL.map(|_| Arc::new(AtomicU64::new(0)));
    let mut pests = Vec::new();
    for ((network, nuisance), tries) in (0..).zip(Nuisance::ALL).zip(&tries) {
        for _ in 0..3 {
            pests.push(tokio::spawn(pester(host.address(), nuisance, network, Arc::clone(&stop), Arc::clone(tries))));
        }
    }
    let worst = |tries: &[Arc<AtomicU64>]| tries.iter().map(|tries| tries.load(Ordering::Relaxed)).min().unwrap();
    let begun = Instant::now();
    let mut votes = 0;
    // Five voters, and each of the nuisances to its end a few times.
    while votes < 5 || worst(&tries) < 3 {
        let voter: u32 = votes.try_into().unwrap();
        let session = host.enter(voter).await;
        let half = host.client.get(format!("{}/api/v1/session/half", host.live.voters)).bearer_auth(&session);
        IssuedHalf::from_bytes(&half.send().await.unwrap().bytes().await.unwrap()).unwrap();
        let contest = contest(&host.state(&session).await);
        host.cast(&session, &host.fixture.ballot(voter.try_into().unwrap(), contest, 1)).await;
        votes += 1;
        sleep(Duration::from_millis(500)).await;
        assert!(begun.elapsed() < Duration::from_secs(60), "{votes} voters, {tries:?} nuisances");
    }
    stop.store(true, Ordering::Relaxed);
    for pest in pests {
        pest.await.unwrap();
    }
    host.counted(votes).await;
    let (status, _) = host.ask(Method::POST, "/api/v1/access/link", Some(json!({ "token": base64(&[0; 32]) }))).await;
    assert_eq!(status, 401);
    host.live.finish().await;
}
