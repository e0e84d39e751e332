//! A device against a server that loses answers, and against one that lies.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use escrutinio_core::ballot::CastBallot;
use escrutinio_core::board::Receipt;
use escrutinio_core::ids::ElectionId;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::testing::{Keys, small};
use escrutinio_driver::{Api, Booth, Error, PublishedRecord, Session};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with the next request.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Lose,
    Busy,
    Promise,
    Lie,
}

async fn body(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut piece = [0u8; 4096];
    loop {
        let read = stream.read(&mut piece).await.unwrap();
        bytes.extend_from_slice(&piece[..read]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        let length: usize = length.trim().parse().unwrap();
        if bytes.len() >= end + 4 + length {
            return bytes[end + 4..].to_vec();
        }
    }
}

/// Plays the moods, one a request, and gives back every body that came.
async fn serve(listener: TcpListener, moods: Vec<Mood>, rehearsal: Rehearsal) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    for mood in moods {
        let (mut stream, _) = listener.accept().await.unwrap();
        let cast = body(&mut stream).await;
        let answer = match mood {
            Mood::Lose => String::new(),
            Mood::Busy => {
                let problem = r#"{"type":"urn:escrutinio:problem:busy","title":"ocupado","status":503}"#;
                format!("HTTP/1.1 503 X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{problem}", problem.len())
            }
            Mood::Promise | Mood::Lie => {
                let election = rehearsal.election();
                let ballot = CastBallot::decode(&cast, &election.shapes).unwrap();
                let key = if mood == Mood::Lie { &rehearsal.keys.registrar } else { &rehearsal.keys.server };
                let code = ballot.body.tracking_code();
                let receipt = Receipt::promise(election.election_id, ballot.body.contest, code, key).to_string();
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{receipt}", receipt.len())
            }
        };
        stream.write_all(answer.as_bytes()).await.unwrap();
        bodies.push(cast);
    }
    bodies
}

fn election() -> (Rehearsal, ChaCha20Rng) {
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    let keys = Keys::new(2, 3);
    let rehearsal = Rehearsal::sealed(small(&keys, 3), keys, &[12], &mut rng);
    (rehearsal, rng)
}

async fn cast(moods: Vec<Mood>, tries: u32) -> (Result<Receipt, Error>, Vec<Vec<u8>>) {
    let (rehearsal, mut rng) = election();
    let record = PublishedRecord::verify(rehearsal.files.0.clone(), &rehearsal.election().election_id, &mut rng);
    let (first, second) = rehearsal.issued(0, 3);
    let booth = Booth::enter(Arc::new(record.unwrap()), &first, &second).unwrap();
    let contest = booth.contests()[0];
    let ballot = booth.seal(contest, 1, None, &mut rng).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = Api::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let server = tokio::spawn(serve(listener, moods, rehearsal));
    let session = Session::resume(api, "token".to_owned(), 0);
    let receipt = session.cast_until_promised(&ballot, &booth, tries).await;
    (receipt, server.await.unwrap())
}

#[tokio::test]
async fn the_same_bytes_again_until_there_is_a_promise() {
    let (receipt, bodies) = cast(vec![Mood::Lose, Mood::Busy, Mood::Promise], 5).await;
    assert!(receipt.is_ok(), "{receipt:?}");
    assert_eq!(bodies.len(), 3);
    assert!(bodies.windows(2).all(|two| two[0] == two[1] && !two[0].is_empty()));
}

#[tokio::test]
async fn a_promise_by_another_key_is_none() {
    let (receipt, bodies) = cast(vec![Mood::Lie], 5).await;
    assert!(matches!(receipt, Err(Error::Promise(_))), "{receipt:?}");
    assert_eq!(bodies.len(), 1);
}

#[test]
fn a_record_of_another_election_is_refused() {
    let (rehearsal, mut rng) = election();
    let other = ElectionId([9; 32]);
    let refused = PublishedRecord::verify(rehearsal.files.0.clone(), &other, &mut rng);
    assert!(matches!(refused, Err(Error::OtherElection { .. })));
    let mut files = rehearsal.files.0.clone();
    let lists = files.get_mut("credentials/lists.bin").unwrap();
    let last = lists.len() - 1;
    lists[last] ^= 1;
    let refused = PublishedRecord::verify(files, &rehearsal.election().election_id, &mut rng);
    assert!(matches!(refused, Err(Error::Record(_))));
}
