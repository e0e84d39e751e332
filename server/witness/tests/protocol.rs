//! C2SP tlog-witness over real sockets.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use core::time::Duration;
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

use common::{LogOf, Reply, election, exchange, get, open, post, read_reply, serve, time_of, witness_key};
use escrutinio_core::board::{Checkpoint, Submission};
use escrutinio_core::testing::signing_key;
use escrutinio_witness::Log;
use escrutinio_witness::clock::SetClock;
use escrutinio_witness::http::{LONGEST, Limits};
use tempfile::TempDir;

/// While reception lasts.
fn during() -> u64 {
    election().end - 3600
}

/// A served witness, its folder, its clock.
fn served() -> (String, TempDir, Arc<SetClock>) {
    served_with(Limits::default())
}

fn served_with(limits: Limits) -> (String, TempDir, Arc<SetClock>) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock::at(during()));
    let witness = open(folder.path(), &clock).unwrap();
    (serve(Arc::new(witness), limits), folder, clock)
}

fn alarms(folder: &TempDir) -> Vec<String> {
    let state = folder.path().join("state");
    let mut found: Vec<String> = std::fs::read_dir(&state)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    found.sort();
    found
}

fn size(reply: &Reply) -> &str {
    assert_eq!((reply.status, reply.kind.as_str()), (409, "text/x.tlog.size"));
    &reply.body
}

#[test]
fn both_logs_are_cosigned_as_they_grow() {
    let (address, folder, clock) = served();
    for log in [LogOf::new(Log::Board, 700, "b"), LogOf::new(Log::Acts, 700, "a")] {
        let mut old = 0;
        for new in [0, 1, 5, 5, 256, 699, 700] {
            clock.set(clock.now_and_one());
            let reply = post(&address, &log.body(old, new));
            assert_eq!(reply.status, 200, "{old} to {new}: {}", reply.body);
            assert!(reply.body.ends_with('\n') && reply.body.lines().count() == 1);
            assert_eq!(time_of(&log, new, &reply.body), clock.now_and_one() - 1);
            old = new;
        }
    }
    assert!(alarms(&folder).is_empty());
    let status: serde_json::Value = serde_json::from_str(&get(&address, "/status").body).unwrap();
    assert_eq!(status["alarm"], false);
    assert_eq!(status["witness"], common::NAME);
    assert_eq!((&status["logs"][0]["log"], &status["logs"][0]["size"]), (&"board".into(), &700.into()));
    assert_eq!((&status["logs"][1]["log"], &status["logs"][1]["size"]), (&"acts".into(), &700.into()));
    assert_eq!((&status["logs"][0]["silent"], &status["logs"][0]["closed"]), (&false.into(), &false.into()));
}

/// A clock that is asked and moved.
trait Tick {
    fn now_and_one(&self) -> u64;
}

impl Tick for SetClock {
    fn now_and_one(&self) -> u64 {
        escrutinio_witness::clock::Clock::now(self) + 1
    }
}

#[test]
fn other_cosignatures_and_strangers_are_passed_over() {
    let (address, _folder, _) = served();
    let log = LogOf::new(Log::Acts, 5, "a");
    let mut text = log.submission(0, 5).to_string();
    let stranger = log.checkpoint(5).claimed().cosign("w9.example", &witness_key(9), 1).unwrap();
    text.push_str(&format!("{stranger}\n"));
    let reply = post(&address, text.as_bytes());
    assert_eq!(reply.status, 200);
    assert_eq!(time_of(&log, 5, &reply.body), during());
}

#[test]
fn the_old_size_must_be_ours() {
    let (address, folder, _) = served();
    let log = LogOf::new(Log::Board, 9, "b");
    assert_eq!(size(&post(&address, &log.body(3, 5))), "0\n");
    assert_eq!(post(&address, &log.body(0, 5)).status, 200);
    for old in [0, 1, 4, 6, 9] {
        assert_eq!(size(&post(&address, &log.body(old, 9))), "5\n");
    }
    // Asked with what was signed, it answers.
    assert_eq!(post(&address, &log.body(5, 9)).status, 200);
    // What was signed before is no rollback, only late.
    assert_eq!(size(&post(&address, &log.body(0, 5))), "9\n");
    assert_eq!(alarms(&folder).len(), 0);
}

#[test]
fn malformed_requests() {
    let (address, folder, _) = served();
    let log = LogOf::new(Log::Board, 9, "b");
    let text = log.submission(0, 5).to_string();
    for bad in [
        "",
        "old 0\n",
        &text.replacen("old 0", "old 00", 1),
        &text.replacen("\n5\n", "\n05\n", 1),
        &text[..text.len() - 1],
    ] {
        assert_eq!(post(&address, bad.as_bytes()).status, 400, "{bad}");
    }
    // The old size above the checkpoint's.
    let above = Submission { old: 6, ..log.submission(0, 5) };
    assert_eq!(post(&address, above.to_string().as_bytes()).status, 400);
    assert_eq!(get(&address, "/add-checkpoint").status, 405);
    assert_eq!(exchange(&address, b"POST /status HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n").status, 405);
    assert_eq!(get(&address, "/").status, 404);
    assert_eq!(exchange(&address, b"nonsense\r\n\r\n").status, 400);
    assert_eq!(alarms(&folder).len(), 0);
}

#[test]
fn unknown_origins_and_wrong_keys() {
    let (address, folder, _) = served();
    let log = LogOf::new(Log::Board, 9, "b");
    let foreign = LogOf { origin: log.origin.replace("urna", "otra"), ..log.clone() };
    assert_eq!(post(&address, &foreign.body(0, 5)).status, 404);
    let extended = LogOf { origin: format!("{}/acts/x", log.origin), ..log.clone() };
    assert_eq!(post(&address, &extended.body(0, 5)).status, 404);
    // The right name with another key.
    let impostor = Submission { checkpoint: log.signed_by(5, &signing_key("server")), ..log.submission(0, 5) };
    assert_eq!(post(&address, impostor.to_string().as_bytes()).status, 403);
    // The right key's line with another signature: that of size 6 below size 5.
    let (five, six) = (log.checkpoint(5).to_string(), log.checkpoint(6).to_string());
    let line = |note: &str| note.lines().last().unwrap().to_owned();
    let forged = format!("old 0\n\n{}", five.replace(&line(&five), &line(&six)));
    assert_eq!(post(&address, forged.as_bytes()).status, 403);
    // A line of the board does not serve for the log of acts.
    let acts = LogOf::new(Log::Acts, 9, "b");
    let crossed = format!(
        "old 0\n\n{}",
        acts.checkpoint(5).to_string().replace(&line(&acts.checkpoint(5).to_string()), &line(&five))
    );
    assert_eq!(post(&address, crossed.as_bytes()).status, 403);
    assert_eq!(alarms(&folder).len(), 0);
    assert_eq!(post(&address, &log.body(0, 5)).status, 200);
}

#[test]
fn a_fork_is_refused_with_evidence() {
    let (address, folder, _) = served();
    let log = LogOf::new(Log::Board, 12, "b");
    let fork = log.forked(4, "f");
    assert_eq!(post(&address, &log.body(0, 5)).status, 200);
    assert_eq!(post(&address, &log.body(5, 9)).status, 200);
    // The same size, and a size that was signed earlier, with another root, whatever old size is claimed.
    assert_eq!(size(&post(&address, &fork.body(9, 9))), "9\n");
    assert_eq!(size(&post(&address, &fork.body(0, 5))), "9\n");
    let found = alarms(&folder);
    assert_eq!(found.len(), 2, "{found:?}");
    for (alarm, size) in found.iter().zip([5, 9]) {
        assert!(alarm.contains("kind fork\n") && alarm.contains("convicts yes\n"), "{alarm}");
        assert!(alarm.contains(&fork.checkpoint(size).to_string()), "the refused note, whole: {alarm}");
        let own = log.checkpoint(size).to_string();
        assert!(alarm.contains(&own), "the note signed before, whole: {alarm}");
    }
    let status = get(&address, "/status").body;
    assert!(status.contains("\"alarm\":true") && status.contains("alarm-002.txt"), "{status}");
    // A fork at a size not seen before cannot be proved, and is not signed.
    let reply = post(&address, &fork.body(9, 12));
    assert_eq!(reply.status, 422, "{}", reply.body);
    // The honest log goes on.
    assert_eq!(post(&address, &log.body(9, 12)).status, 200);
}

#[test]
fn an_empty_tree_has_one_root() {
    let (address, folder, _) = served();
    let log = LogOf::new(Log::Acts, 3, "a");
    let odd = Checkpoint { origin: log.origin.clone(), size: 0, root: [7; 32] }.sign(&signing_key("log")).unwrap();
    assert_eq!(size(&post(&address, format!("old 0\n\n{odd}").as_bytes())), "0\n");
    assert!(alarms(&folder)[0].contains("kind fork\n"));
}

#[test]
fn a_rollback_is_refused() {
    let (address, folder, clock) = served();
    let log = LogOf::new(Log::Acts, 9, "a");
    assert_eq!(post(&address, &log.body(0, 9)).status, 200);
    // A request that was overtaken, or that somebody repeats, whatever size it says is ours.
    let back = Submission { old: 9, ..log.submission(0, 4) };
    clock.set(during() + 599);
    assert_eq!(post(&address, back.to_string().as_bytes()).status, 400);
    assert_eq!(size(&post(&address, &log.body(2, 3))), "9\n");
    assert_eq!(alarms(&folder).len(), 0);
    // Much later, an old copy that believes us at 2.
    clock.set(during() + 600);
    assert_eq!(size(&post(&address, &log.body(2, 4))), "9\n");
    let found = alarms(&folder);
    assert!(found.len() == 1 && found[0].contains("kind rollback\n"), "{found:?}");
    assert!(found[0].contains(&log.checkpoint(9).to_string()) && found[0].contains(&log.checkpoint(4).to_string()));
}

#[test]
fn wrong_proofs_are_refused() {
    let (address, folder, _) = served();
    let log = LogOf::new(Log::Acts, 20, "a");
    // From nothing there is nothing to prove.
    let early = Submission { proof: log.proof(7, 13), ..log.submission(0, 7) };
    assert_eq!(post(&address, early.to_string().as_bytes()).status, 422);
    assert_eq!(post(&address, &log.body(0, 7)).status, 200);
    let honest = log.proof(7, 13);
    let mut wrong = vec![log.proof(6, 13), log.proof(7, 14), log.proof(0, 13)];
    for at in 0..honest.path.len() {
        let mut bent = honest.clone();
        bent.path[at][at % 32] ^= 1;
        wrong.push(bent);
        let mut short = honest.clone();
        short.path.remove(at);
        wrong.push(short);
    }
    let mut long = honest.clone();
    long.path.push([0; 32]);
    wrong.push(long);
    for proof in wrong {
        let body = Submission { proof, ..log.submission(7, 13) }.to_string();
        assert_eq!(post(&address, body.as_bytes()).status, 422);
    }
    // Whoever has seen the checkpoint can send them.
    assert_eq!(alarms(&folder).len(), 0);
    assert_eq!(post(&address, &log.body(7, 13)).status, 200);
}

#[test]
fn long_bodies_are_refused_unread() {
    let (address, _folder, _) = served();
    let announced = format!("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\n\r\n", 1u64 << 40);
    assert_eq!(exchange(&address, announced.as_bytes()).status, 413);
    let mut chunked = b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    chunked.extend_from_slice(format!("{:x}\r\n", LONGEST + 1).as_bytes());
    chunked.extend(vec![b'x'; LONGEST + 1]);
    assert_eq!(exchange(&address, &chunked).status, 413);
    assert_eq!(post(&address, &vec![b'x'; LONGEST]).status, 400);
    let head = [b"GET /status HTTP/1.1\r\nX: ".to_vec(), vec![b'x'; 64 * 1024]].concat();
    assert_eq!(exchange(&address, &head).status, 431);
}

#[test]
fn the_slow_hold_up_nobody() {
    let limits = Limits {
        connections: 8,
        of_one: 4,
        head: Duration::from_millis(1500),
        body: Duration::from_millis(1500),
        connection: Duration::from_secs(5),
    };
    let (address, _folder, _) = served_with(limits);
    let log = LogOf::new(Log::Acts, 9, "a");
    // Some say nothing, some half a head, some half a body: fewer than all the room.
    let starts: [&[u8]; 3] = [
        b"",
        b"POST /add-checkpoint HT",
        b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 500\r\n\r\nold 0",
    ];
    let mut slow: Vec<TcpStream> = (0..7)
        .map(|i| {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.write_all(starts[i % 3]).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            stream
        })
        .collect();
    let began = Instant::now();
    assert_eq!(post(&address, &log.body(0, 5)).status, 200);
    assert!(began.elapsed() < Duration::from_millis(1200), "{:?}", began.elapsed());
    // Even when all the room is taken they are cut off in time.
    slow.extend((0..20).map(|_| TcpStream::connect(&address).unwrap()));
    assert_eq!(post(&address, &log.body(5, 9)).status, 200);
    for (i, stream) in slow.iter_mut().enumerate().take(7) {
        let reply = read_reply(stream);
        assert!(i % 3 != 2 || reply.is_some_and(|reply| reply.status == 408), "stream {i}");
    }
}

#[test]
fn of_two_heads_at_once_one_is_signed() {
    let (address, folder, _) = served();
    let mut log = LogOf::new(Log::Board, 60, "b");
    assert_eq!(post(&address, &log.body(0, 3)).status, 200);
    // Two heads of one size, or two honest heads of different sizes: the first one wins.
    let (mut at, mut forks) = (3, 0);
    for round in 0..30 {
        let fork = log.forked(usize::try_from(at).unwrap(), &format!("f{round}"));
        let second = if round % 2 == 0 { fork.body(at, at + 1) } else { log.body(at, at + 2) };
        let bodies = [log.body(at, at + 1), second];
        let barrier = Barrier::new(2);
        let send = |body: &[u8]| {
            barrier.wait();
            post(&address, body)
        };
        let replies: Vec<Reply> = thread::scope(|scope| {
            let workers: Vec<_> = bodies.iter().map(|body| scope.spawn(|| send(body))).collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).collect()
        });
        let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        match (round % 2, statuses.as_slice()) {
            (_, [200, 409]) => at += 1,
            (1, [409, 200]) => at += 2,
            // The witness stays with the branch that was first.
            (_, [409, 200]) => (log, at) = (fork, at + 1),
            _ => panic!("round {round}: {replies:?}"),
        }
        forks += usize::from(round % 2 == 0);
        assert_eq!(alarms(&folder).len(), forks);
    }
}
