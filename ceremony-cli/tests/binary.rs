//! The binary: a whole election with files of answers, its exit codes, and passwords at a
//! terminal.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "a test fails by panicking")]

mod common;

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use common::voters::{casts, spool};
use common::{CANARY, World, custodian_name};
use escrutinio_ceremony::draft::Draft;
use escrutinio_ceremony::session::{Clock, SystemClock, utc};

const PROGRAM: &str = env!("CARGO_BIN_EXE_escrutinio");

struct Outcome {
    code: i32,
    out: String,
    err: String,
}

/// One run; everything it says is kept for the search for canaries.
fn run(world: &mut World, answers: &str, arguments: &[&str]) -> Outcome {
    let file = world.write("answers.txt", answers.as_bytes());
    let output =
        Command::new(PROGRAM).arg("--answers").arg(&file).args(["--lang", "en"]).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let outcome = Outcome { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) };
    world.said.push_str(&outcome.out);
    world.said.push_str(&outcome.err);
    outcome
}

/// A run that is done, and done before when it is repeated.
fn done(world: &mut World, who: &str, arguments: &[&str]) -> Outcome {
    let answers = World::roll_answers(who, 10);
    let outcome = run(world, &answers, arguments);
    assert_eq!(outcome.code, 0, "{arguments:?}: {}{}", outcome.out, outcome.err);
    let again = run(world, &answers, arguments);
    assert!(matches!(again.code, 5 | 0), "{arguments:?} again: {}{}", again.out, again.err);
    outcome
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_school_election_with_the_binary() {
    let mut world = World::new(9);
    let dir = text(&world.workspace.path(""));
    let dir = dir.trim_end_matches('/');
    let mut cards = Vec::new();
    let mut register = |world: &mut World, kind: &[&str], name: &str| {
        let secret = text(&world.secret(name));
        done(world, name, &[kind, &["--secret", &secret]].concat());
        cards.push(format!("{secret}.card.toml"));
        secret
    };
    let custodians: Vec<String> =
        (1..=3).map(|n| register(&mut world, &["custodian", "register"], &custodian_name(n))).collect();
    let registrar = register(&mut world, &["official", "register", "--role", "registrar"], "registro");
    let server = register(&mut world, &["official", "register", "--role", "server"], "servidor");
    let log = register(&mut world, &["official", "register", "--role", "log"], "tablero.example");

    // A calendar around now: the binary has the machine's clock and no other.
    let now = SystemClock.now();
    let mut draft = Draft::template("escuela").unwrap();
    draft.policies.custodian_selection = "lottery".into();
    let end = now + 60;
    let calendar = &mut draft.calendar;
    for moment in [
        &mut calendar.simulacro_start,
        &mut calendar.simulacro_end,
        &mut calendar.formats_approved,
        &mut calendar.custodians_designated,
        &mut calendar.roll_delivered,
        &mut calendar.offer_ratified,
        &mut calendar.roll_loaded,
        &mut calendar.addenda,
    ] {
        *moment = utc(now);
    }
    for moment in [&mut calendar.accounts_sent, &mut calendar.preparation, &mut calendar.voting_start] {
        *moment = utc(end - 1);
    }
    for moment in [
        &mut calendar.contact_updates_until,
        &mut calendar.board_installed,
        &mut calendar.voting_close,
        &mut calendar.reception_end,
    ] {
        *moment = utc(end);
    }
    let source = text(&world.write("escuela.toml", draft.to_text().as_bytes()));
    let mut new = vec!["election", "new", dir, "--from", &source];
    cards.iter().for_each(|card| new.extend(["--card", card]));
    done(&mut world, "op", &new);
    done(&mut world, "op", &["election", "check", dir]);
    done(&mut world, "op", &["election", "freeze", dir]);
    let csv = text(&world.write("entrega.csv", common::roll_csv("Escuela", 10).as_bytes()));
    done(&mut world, "registro", &["roll", "load", dir, "--secret", &registrar, "--file", &csv]);
    done(&mut world, "registro", &["roll", "commit", dir, "--secret", &registrar]);
    done(&mut world, "registro", &["roll", "halves", dir, "--role", "registrar", "--secret", &registrar]);
    done(&mut world, "servidor", &["roll", "halves", dir, "--role", "server", "--secret", &server]);
    let custodian = text(&world.secret(&custodian_name(1)));
    let mixed = done(&mut world, &custodian_name(1), &["roll", "mix", dir, "--secret", &custodian]);
    assert!(mixed.out.contains("Mix: 1 / 1"), "{}", mixed.out);
    let listed = done(&mut world, "op", &["roll", "list", dir]);
    assert!(listed.err.contains("Only 1 of 2 mixes"), "{}", listed.err);
    let outbox = text(&world.folder.path().join("outbox"));
    let accounts = ["roll", "accounts", dir, "--role", "registrar", "--secret", &registrar, "--outbox", &outbox];
    done(&mut world, "registro", &accounts);
    let package = format!("{outbox}/server.accounts");
    let out = text(&world.folder.path().join("server.sealed"));
    let import =
        ["roll", "accounts", dir, "--role", "server", "--secret", &server, "--package", &package, "--out", &out];
    done(&mut world, "servidor", &import);

    // What comes next is always said.
    let status = run(&mut world, "", &["status", dir]);
    assert!(status.out.contains("Next step: custodian commit"), "{}", status.out);
    for step in ["commit", "deal", "check-shares", "certify"] {
        for (n, secret) in (1..).zip(&custodians) {
            done(&mut world, &custodian_name(n), &["custodian", step, dir, "--secret", secret]);
        }
    }
    done(&mut world, "op", &["key", "combine", dir]);
    for (n, secret) in (1..).zip(&custodians) {
        done(&mut world, &custodian_name(n), &["key", "trial", dir, "--secret", secret]);
    }
    done(&mut world, "op", &["key", "trial", dir]);
    done(&mut world, "op", &["election", "seal", dir]);
    done(&mut world, "tablero.example", &["box", "open", dir, "--secret", &log]);

    // The exit codes.
    let wrong = run(&mut world, &World::answers("otra"), &["custodian", "commit", dir, "--secret", &custodians[0]]);
    assert_eq!(wrong.code, 4, "{}", wrong.err);
    assert_eq!(run(&mut world, "", &["custodian", "commit", dir, "--secret", &custodians[0]]).code, 2);
    assert_eq!(run(&mut world, "", &["custodian", "comit", dir]).code, 2);
    assert_eq!(run(&mut world, "", &["inspect", "/no/such/file"]).code, 3);
    let other = World::answers("registro");
    assert_eq!(run(&mut world, &other, &["custodian", "commit", dir, "--secret", &registrar]).code, 1);
    let codes = run(&mut world, "", &["exit-codes"]).out;
    assert_eq!(codes.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).count(), 6);

    // Votes: 0 azul, 1 verde, 2 null.
    let all = casts(&mut world, &[0, 1, 1, 2, 1]);
    let file = text(&spool(&world, "spool.bin", &all));
    let export = ["box", "export", dir, "--spool", &file, "--secret", &log];
    if SystemClock.now() < end - 5 {
        let early = run(&mut world, &World::answers("tablero.example"), &export);
        assert_eq!(early.code, 2, "{}", early.err);
    }
    let wait = u64::try_from(end - SystemClock.now()).unwrap_or(0);
    thread::sleep(Duration::from_secs(wait + 1));
    done(&mut world, "tablero.example", &export);
    done(&mut world, "op", &["box", "hash", dir]);
    let marked = text(&world.write("marked.txt", b"0 0 5\n"));
    let mut list = String::from("name,clave\n");
    (0..5).for_each(|n| list.push_str(&format!("Votante {n:03} Canario,CANARIOCLAVE{n:06}\n")));
    let voters = text(&world.write("voters.csv", list.as_bytes()));
    let participation = ["box", "participation", dir, "--secret", &server, "--marked", &marked, "--voters", &voters];
    done(&mut world, "servidor", &participation);
    done(&mut world, "op", &["count", "aggregate", dir]);
    // Two of three, by lot: the third one is refused.
    let undrawn =
        run(&mut world, &World::answers(&custodian_name(1)), &["count", "decrypt", dir, "--secret", &custodians[0]]);
    assert!(undrawn.code == 2 && undrawn.err.contains("count lottery"), "{}", undrawn.err);
    let lot = done(&mut world, "op", &["count", "lottery", dir]).out;
    let drawn = lot.lines().find_map(|line| line.strip_prefix("drawn ")).unwrap();
    assert_eq!(drawn.split(' ').count(), 2);
    for n in 1..=3 {
        let secret = &custodians[usize::try_from(n - 1).unwrap()];
        let arguments = ["count", "decrypt", dir, "--secret", secret];
        if drawn.contains(&n.to_string()) {
            done(&mut world, &custodian_name(n), &arguments);
        } else {
            assert_eq!(run(&mut world, &World::answers(&custodian_name(n)), &arguments).code, 1);
        }
    }
    let count = done(&mut world, "op", &["count", "combine", dir]);
    assert!(count.out.contains("3  Planilla Verde"), "{}", count.out);
    done(&mut world, "op", &["acta", "build", dir]);
    for n in [1, 3] {
        let secret = &custodians[usize::try_from(n - 1).unwrap()];
        done(&mut world, &custodian_name(n), &["acta", "sign", dir, "--secret", secret]);
    }
    done(&mut world, "op", &["acta", "render", dir]);
    done(&mut world, "op", &["record", "receipts", dir]);
    let last = run(&mut world, &World::answers("op"), &["--json", "record", "assemble", dir]);
    assert_eq!(last.code, 0, "{}", last.err);
    let json: serde_json::Value = serde_json::from_str(&last.out).unwrap();
    assert_eq!(json["figures"]["ballots"], "5");
    assert_eq!(run(&mut world, "", &["transcript", "verify", dir]).code, 0);
    let record = world.workspace.path("record");
    let sums = Command::new("sha256sum").args(["--check", "--quiet", "SHA256SUMS"]).current_dir(&record).status();
    assert!(sums.unwrap().success(), "the sums are read by the common tool");
    for canary in [CANARY, "CANARIO", "canario", "Canario", "13125550"] {
        world.assert_nowhere(canary);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn passwords_are_not_echoed() {
    let folder = tempfile::tempdir().unwrap();
    let secret: PathBuf = folder.path().join("ana.key");
    let command = format!("{PROGRAM} --lang en custodian register --secret {}", secret.display());
    let mut terminal = rexpect::spawn(&command, Some(20_000)).unwrap();
    let mut seen = terminal.exp_string("Full name").unwrap();
    terminal.send_line("Ana").unwrap();
    seen += &terminal.exp_string("designation").unwrap();
    terminal.send_line("INE/CG/1").unwrap();
    seen += &terminal.exp_string("New password").unwrap();
    thread::sleep(Duration::from_millis(300));
    terminal.send_line(CANARY).unwrap();
    seen += &terminal.exp_string("again").unwrap();
    thread::sleep(Duration::from_millis(300));
    terminal.send_line(CANARY).unwrap();
    seen += &terminal.exp_string("Public key").unwrap();
    seen += &terminal.exp_eof().unwrap();
    assert!(seen.contains("Ana"), "what is no password is echoed");
    assert!(!seen.contains(CANARY), "{seen}");
    assert!(secret.exists());

    // Two passwords that differ make no file.
    let other = folder.path().join("eva.key");
    let command = format!("{PROGRAM} --lang en custodian register --secret {}", other.display());
    let mut terminal = rexpect::spawn(&command, Some(20_000)).unwrap();
    terminal.exp_string("Full name").unwrap();
    terminal.send_line("Eva").unwrap();
    terminal.exp_string("designation").unwrap();
    terminal.send_line("INE/CG/1").unwrap();
    for password in [CANARY, "otra contraseña"] {
        terminal.exp_string("password").unwrap();
        thread::sleep(Duration::from_millis(300));
        terminal.send_line(password).unwrap();
    }
    terminal.exp_string("differ").unwrap();
    terminal.exp_eof().unwrap();
    assert!(!other.exists());
}
