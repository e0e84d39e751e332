//! A relay that refuses, defers, breaks off: every message is sent once, or waits for a decision.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs, reason = "tests")]

mod peer;

use core::time::Duration;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use escrutinio_mailer::journal::{Journal, State};
use escrutinio_mailer::outbox::Outbox;
use escrutinio_mailer::relay::{Endpoint, Relay};
use escrutinio_mailer::report::Report;
use escrutinio_mailer::send::{Pace, send};
use escrutinio_mailer::{Error, Result};
use peer::{Act, Peer, SECRET, outbox};

fn quick() -> Pace {
    Pace {
        interval: Duration::ZERO,
        reconnect: Duration::from_millis(1),
        connections: 4,
        later: Duration::from_millis(1),
        rounds: 3,
        refusals: 5,
    }
}

/// One run of the library over a folder.
fn run(folder: &Path, peer: &Peer, pace: Pace) -> (Result<()>, Report) {
    let outbox = Outbox::open(folder).unwrap();
    let mut journal = Journal::open(&outbox.beside("journal.txt"), &outbox.id, outbox.messages).unwrap();
    let from = "avisos@ine.example".parse().unwrap();
    let endpoint = Endpoint::parse(&peer.url()).unwrap();
    let relay = Relay::new(endpoint, None, None, &from, Duration::from_millis(500)).unwrap();
    let outcome = send(&outbox, &mut journal, &relay, &from, pace, &mut |_, _| {});
    (outcome, Report::new(&outbox, &journal))
}

fn world(messages: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    outbox(folder.path(), messages);
    folder
}

fn journal(folder: &Path) -> String {
    fs::read_to_string(folder.join("journal.txt")).unwrap()
}

#[test]
fn every_message_is_sent_once_through_one_connection() {
    let folder = world(20);
    let peer = Peer::start(&[]);
    let (outcome, report) = run(folder.path(), &peer, quick());
    outcome.unwrap();
    assert!(report.complete());
    assert_eq!(peer.taken(), (1..=20).collect::<Vec<_>>());
    let (again, report_again) = run(folder.path(), &peer, quick());
    again.unwrap();
    assert_eq!(report_again, report);
    let seen = peer.seen.lock().unwrap();
    assert_eq!((seen.taken.len(), seen.connections), (20, 1), "a second run sends nothing");
    assert_eq!(seen.hellos, ["EHLO ine.example"]);
    let (_, content) = &seen.taken[0];
    assert!(content.contains("\r\n..\r\n"), "a line of one point is doubled on the wire");
    assert!(content.contains("From: avisos@ine.example") && content.is_ascii());
}

#[test]
fn temporary_failures_are_tried_again_and_permanent_ones_are_not() {
    let folder = world(6);
    let peer = Peer::start(&[
        (1, &[Act::Rcpt(450), Act::Content(451)]),
        (2, &[Act::Rcpt(550)]),
        (3, &[Act::Content(554)]),
        (4, &[Act::Closing, Act::DropBeforeContent]),
        (6, &[Act::Content(421)]),
        (5, &[Act::Rcpt(450), Act::Rcpt(450), Act::Rcpt(450)]),
    ]);
    let (outcome, report) = run(folder.path(), &peer, quick());
    outcome.unwrap();
    assert_eq!(peer.taken(), [4, 6, 1], "each once, the deferred ones last");
    assert_eq!((report.failed.as_slice(), report.unsure.len()), ([2, 3].as_slice(), 0));
    assert_eq!(report.codes.into_iter().collect::<Vec<_>>(), [("550".to_owned(), 1), ("554".to_owned(), 1)]);
    assert_eq!((report.all.sent, report.all.failed, report.all.pending, report.all.resent), (3, 2, 1, 0));
    let baja = report.entities["Baja California"];
    assert_eq!((baja.generated, baja.sent, baja.failed, baja.pending), (3, 1, 1, 1));
    // Another day the fifth is taken, and no other.
    let (outcome, report) = run(folder.path(), &peer, quick());
    outcome.unwrap();
    assert_eq!((peer.taken(), report.all.pending), (vec![4, 6, 1, 5], 0));
}

#[test]
fn what_may_have_been_taken_waits_for_a_decision() {
    let folder = world(3);
    let peer = Peer::start(&[(2, &[Act::DropAfterContent])]);
    let (outcome, report) = run(folder.path(), &peer, quick());
    outcome.unwrap();
    assert_eq!((report.unsure.as_slice(), report.all.sent), ([2].as_slice(), 2));
    let (_, report) = run(folder.path(), &peer, quick());
    assert_eq!((peer.taken(), report.all.unsure), (vec![1, 2, 3], 1), "not without a decision");
}

#[test]
fn a_relay_that_does_not_answer_is_given_up_and_nothing_is_lost() {
    let folder = world(2);
    let peer = Peer::start(&[(1, &[Act::DropBeforeContent; 4])]);
    let (outcome, report) = run(folder.path(), &peer, quick());
    assert!(matches!(outcome, Err(Error::Unreachable { attempts: 4, .. })), "{outcome:?}");
    assert_eq!((report.all.pending, report.all.sent), (2, 0));
    let (outcome, report) = run(folder.path(), &peer, quick());
    outcome.unwrap();
    assert!(report.complete());
    assert_eq!(peer.taken(), [1, 2]);
}

#[test]
fn a_relay_that_refuses_the_sender_fails_no_message() {
    let folder = world(2);
    let peer = Peer::start(&[]);
    let refusing = Peer::start(&[]);
    refusing.script("*", Act::Mail(550));
    let (outcome, report) = run(folder.path(), &refusing, quick());
    assert!(matches!(outcome, Err(Error::Relay(_))), "{outcome:?}");
    assert_eq!((report.all.pending, report.all.failed), (2, 0));
    // A relay that has no room now is another thing.
    refusing.script("*", Act::Mail(452));
    let (outcome, report) = run(folder.path(), &refusing, quick());
    outcome.unwrap();
    assert!(report.complete());
    assert_eq!(peer.taken().len(), 0);
}

#[test]
fn refusals_in_succession_stop_the_run() {
    let folder = world(9);
    let scripts: Vec<(u32, &[Act])> = (1..=9).map(|number| (number, [Act::Rcpt(550)].as_slice())).collect();
    let peer = Peer::start(&scripts);
    let (outcome, report) = run(folder.path(), &peer, quick());
    assert!(matches!(outcome, Err(Error::Refusals(5))), "{outcome:?}");
    assert_eq!((report.all.failed, report.all.pending), (5, 4));
}

#[test]
fn nothing_personal_leaves_the_messages() {
    let folder = world(3);
    let peer = Peer::start(&[(1, &[Act::Rcpt(550)]), (2, &[Act::DropAfterContent])]);
    let (_, report) = run(folder.path(), &peer, quick());
    for text in [journal(folder.path()), report.text(), report.json().to_string()] {
        for secret in [SECRET, "correo.example", "Votante", "canario"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

// The program itself.

fn program(folder: &Path, peer: &Peer, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_escrutinio-mailer"));
    command.arg("send").arg("--outbox").arg(folder).args(["--smtp", &peer.url(), "--from", "avisos@ine.example"]);
    command.args(["--rate", "100000", "--lang", "en"]).args(more).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn finish(mut command: Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_killed_run_goes_on_where_nothing_was_handed_over() {
    let folder = world(4);
    let peer = Peer::start(&[(3, &[Act::HangBeforeContent])]);
    let child = program(folder.path(), &peer, &[]).spawn().unwrap();
    peer.wait_for(|seen| seen.hellos.last().is_some_and(|last| last == "hanging"));
    kill(child);
    let (code, out, err) = finish(program(folder.path(), &peer, &[]));
    assert_eq!((code, peer.taken()), (0, vec![1, 2, 3, 4]), "{err}");
    assert!(out.starts_with("escrutinio/sending-report/v1\ngenerated 4\nsent 4\nfailed 0\n"), "{out}");
    assert!(out.contains("until 2021-05-01T06:00:00Z\n"));
    assert_eq!(fs::read_to_string(folder.path().join("sending-report.txt")).unwrap(), out);
}

#[test]
fn a_killed_run_asks_where_it_may_have_been() {
    let folder = world(4);
    let peer = Peer::start(&[(2, &[Act::HangAfterContent])]);
    let child = program(folder.path(), &peer, &[]).spawn().unwrap();
    peer.wait_for(|seen| seen.taken.len() == 2);
    kill(child);
    let (code, out, err) = finish(program(folder.path(), &peer, &["--json"]));
    assert_eq!((code, peer.taken()), (1, vec![1, 2, 3, 4]), "{err}");
    assert!(out.contains("\"unsure\":[2]") && out.contains("\"complete\":false"), "{out}");
    assert!(err.contains("--resend-unsure: 0000002\n"), "{err}");
    let (code, out, _) = finish(program(folder.path(), &peer, &["--resend-unsure"]));
    assert_eq!((code, peer.taken()), (0, vec![1, 2, 3, 4, 2]));
    assert!(out.contains("\nsent 4\n") && out.contains("\nresent 1\n"), "{out}");
    // A mailbox can tell that it is the same message.
    let seen = peer.seen.lock().unwrap();
    let id = |content: &str| content.split("\r\n").find(|line| line.starts_with("Message-ID")).unwrap().to_owned();
    assert_eq!(id(&seen.taken[1].1), id(&seen.taken[4].1));
}

#[test]
fn refused_messages_are_tried_again_when_somebody_says_so() {
    let folder = world(2);
    let peer = Peer::start(&[(2, &[Act::Rcpt(550)])]);
    let (code, _, err) = finish(program(folder.path(), &peer, &[]));
    assert!(code == 1 && err.contains("--retry-failed: 0000002"), "{err}");
    let (code, _, _) = finish(program(folder.path(), &peer, &[]));
    assert_eq!((code, peer.taken()), (1, vec![1]));
    let (code, out, _) = finish(program(folder.path(), &peer, &["--retry-failed"]));
    assert_eq!((code, peer.taken()), (0, vec![1, 2]));
    assert!(out.contains("\nresent 0\n"), "{out}");
}

#[test]
fn wrong_use_sends_nothing() {
    let folder = world(1);
    let peer = Peer::start(&[]);
    for more in [&["--rate", "0"][..], &["--from", "nobody"], &["--smtp", "smtp://mx.example:25"], &["--what"]] {
        let (code, _, err) = finish(program(folder.path(), &peer, more));
        assert!(code == 2 && !err.is_empty(), "{more:?}");
    }
    fs::remove_file(folder.path().join("mail/0000001.eml")).unwrap();
    assert_eq!(finish(program(folder.path(), &peer, &[])).0, 2, "an outbox that is not whole");
    assert_eq!(peer.seen.lock().unwrap().connections, 0);
}

#[test]
fn the_state_is_shown_without_a_relay() {
    let folder = world(2);
    let mut command = Command::new(env!("CARGO_BIN_EXE_escrutinio-mailer"));
    command.arg("status").arg("--outbox").arg(folder.path());
    let (code, out, _) = finish(command);
    assert!(code == 1 && out.contains("pending 2\n"), "{out}");
    let outbox = Outbox::open(folder.path()).unwrap();
    let journal = Journal::open(&outbox.beside("journal.txt"), &outbox.id, outbox.messages).unwrap();
    assert_eq!(journal.entry(1).state, State::Pending);
}
