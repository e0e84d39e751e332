//! The key ceremony through the library: three of five, honest and not.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::{CANARY, World, assert_refused, custodian_name};
use escrutinio_ceremony::commands::{custodian, election, key, transcript};

#[test]
fn three_of_five_make_a_key() {
    let mut world = World::new(1);
    assert_refused(world.by("op", key::combine), "error.missing");
    let one = world.secret(&custodian_name(1));
    assert_refused(world.by("op", |s, w| custodian::commit(s, w, &one)), "error.missing");
    world.freeze("nayarit-2021", 5, 2);

    // Out of order: every later step names what is missing.
    let first = custodian_name(1);
    assert_refused(world.by(&first, |s, w| custodian::deal(s, w, &one)), "error.round.open");
    assert_refused(world.by(&first, |s, w| custodian::check_shares(s, w, &one)), "error.round.open");
    assert_refused(world.by(&first, |s, w| custodian::certify(s, w, &one)), "error.round.open");
    assert_refused(world.by("op", key::combine), "error.round.open");
    let error = assert_refused(world.by(&first, |s, w| key::trial_part(s, w, &one)), "error.missing");
    assert!(error.to_string().contains("key combine"), "{error}");

    // A wrong password, and somebody who is no custodian of this manifest.
    let error = assert_refused(world.by("otra", |s, w| custodian::commit(s, w, &one)), "error.secret.open");
    assert_eq!(error.exit_code(), 4);
    let registrar = world.secret("registro");
    assert_refused(world.by("registro", |s, w| custodian::commit(s, w, &registrar)), "error.custodian.unknown");

    world.keys(5);

    let files: Vec<_> = fs::read_dir(world.folder.path().join("secrets"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files.iter().filter(|name| name.ends_with(".share")).count(), 5);
    assert_eq!(files.iter().filter(|name| name.ends_with(".round")).count(), 0, "round secrets are wiped");
    assert!(world.workspace.has("record/key/transcript.bin") && world.workspace.has("record/key/trial.bin"));

    // After the share is safe, the ceremony cannot be begun again by the same person.
    fs::remove_file(world.workspace.path("key/ceremony-0/round1-01.bin")).unwrap();
    assert_refused(world.by(&first, |s, w| custodian::commit(s, w, &one)), "error.second_run");
    world.assert_nowhere(CANARY);
}

#[test]
fn an_absent_custodian_is_left_out_and_a_void_ceremony_is_never_continued() {
    let mut world = World::new(2);
    world.freeze("nayarit-2021", 5, 2);
    let secrets: Vec<_> = (1..=5).map(|n| (custodian_name(n), world.secret(&custodian_name(n)))).collect();
    for (name, secret) in &secrets[..3] {
        world.by(name, |s, w| custodian::commit(s, w, secret)).unwrap();
    }
    // Three of five have committed, four must remain: void.
    assert_refused(world.by(&secrets[0].0, |s, w| custodian::deal(s, w, &secrets[0].1)), "error.round.open");
    world.by("op", |s, w| key::close(s, w, 1)).unwrap();
    assert_refused(world.by(&secrets[3].0, |s, w| custodian::commit(s, w, &secrets[3].1)), "error.round.closed");
    for (name, secret) in &secrets[..3] {
        world.by(name, |s, w| custodian::deal(s, w, secret)).unwrap();
    }
    for (name, secret) in &secrets[..3] {
        world.by(name, |s, w| custodian::check_shares(s, w, secret)).unwrap();
    }
    let error =
        assert_refused(world.by(&secrets[0].0, |s, w| custodian::certify(s, w, &secrets[0].1)), "error.keygen.culprit");
    assert!(error.to_string().contains("4, 5"), "{error}");
    world.by("op", key::void).unwrap();
    assert!(world.workspace.has("key/void-0/void.txt"));

    // The rerun has another number, and one custodian may stay away from it.
    for (name, secret) in &secrets[..4] {
        world.by(name, |s, w| custodian::commit(s, w, secret)).unwrap();
    }
    world.by("op", |s, w| key::close(s, w, 1)).unwrap();
    for (name, secret) in &secrets[..4] {
        world.by(name, |s, w| custodian::deal(s, w, secret)).unwrap();
    }
    // A message that is changed on the way does not count, and is named when it is missed.
    let path = world.workspace.path("key/ceremony-1/round2-02.bin");
    let good = fs::read(&path).unwrap();
    let mut bad = good.clone();
    bad[100] ^= 1;
    fs::write(&path, &bad).unwrap();
    let error = assert_refused(
        world.by(&secrets[0].0, |s, w| custodian::check_shares(s, w, &secrets[0].1)),
        "error.round.open",
    );
    assert!(error.to_string().contains("Absent: 2."), "{error}");
    fs::write(&path, &good).unwrap();
    for (name, secret) in &secrets[..4] {
        world.by(name, |s, w| custodian::check_shares(s, w, secret)).unwrap();
    }
    for (name, secret) in &secrets[..4] {
        world.by(name, |s, w| custodian::certify(s, w, secret)).unwrap();
    }
    let report = world.by("op", key::combine).unwrap();
    assert!(report.get("excluded").unwrap().starts_with('5'));
    for (name, secret) in &secrets[..4] {
        world.by(name, |s, w| key::trial_part(s, w, secret)).unwrap();
    }
    world.by("op", key::trial).unwrap();
    let verified = transcript::verify(&world.workspace).unwrap();
    assert_ne!(verified.get("files_gone"), Some("0"), "the void ceremony lies elsewhere");
}

#[test]
fn the_frozen_offer_does_not_change() {
    let mut world = World::new(3);
    world.freeze("escuela", 3, 0);
    let again = election::Source::Template("consulta".into());
    assert_refused(world.by("op", |s, w| election::new(s, w, &again, &[])), "error.frozen");
    let draft = world.workspace.path("draft/election-01.toml");
    let text = fs::read_to_string(&draft).unwrap();
    fs::write(&draft, text.replace("Ana López", "Ana Lopez")).unwrap();
    let error = assert_refused(world.by("op", election::freeze), "error.frozen.other");
    let hashes = error.to_string().split(|c: char| !c.is_ascii_hexdigit()).filter(|s| s.len() == 64).count();
    assert_eq!(hashes, 2, "both hashes are named: {error}");
    assert_refused(transcript::verify(&world.workspace), "error.transcript.file");
    fs::write(world.workspace.path("record/manifest.bin"), b"EMAN").unwrap();
    assert_refused(world.by("op", election::freeze), "error.decode");
}

/// The machine stops when the key share is sealed but nothing is certified yet.
#[test]
fn a_certification_that_was_cut_off_is_completed() {
    let mut world = World::new(4);
    world.freeze("escuela", 3, 0);
    let name = custodian_name(1);
    let secret = world.secret(&name);
    for step in [custodian::commit, custodian::deal, custodian::check_shares] {
        for n in 1..=3 {
            let (name, secret) = (custodian_name(n), world.secret(&custodian_name(n)));
            world.by(&name, |s, w| step(s, w, &secret)).unwrap();
        }
    }
    let beside = |ending: &str| {
        let mut paths = fs::read_dir(secret.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
        paths.find(|path| {
            let file = path.file_name().unwrap().to_str().unwrap();
            file.starts_with(&name) && file.ends_with(ending)
        })
    };
    let round = beside(".round").unwrap();
    let secrets = fs::read(&round).unwrap();
    world.by(&name, |s, w| custodian::certify(s, w, &secret)).unwrap();
    let share = fs::read(beside(".share").unwrap()).unwrap();
    let public = world.workspace.path("key/ceremony-0/certificate-01.bin");
    let certificate = fs::read(&public).unwrap();
    assert!(beside(".round").is_none());

    // Back to the moment after the share was sealed.
    fs::write(&round, &secrets).unwrap();
    fs::remove_file(beside(".certificate").unwrap()).unwrap();
    fs::remove_file(&public).unwrap();
    let journal = beside(".journal").unwrap();
    let noted = fs::read_to_string(&journal).unwrap();
    let before: String = noted.lines().filter(|l| !l.starts_with("certificate:")).map(|l| format!("{l}\n")).collect();
    assert_ne!(before, noted);
    fs::write(&journal, before).unwrap();
    world.cut_last_line();
    world.by(&name, |s, w| custodian::certify(s, w, &secret)).unwrap();
    assert_eq!(fs::read(beside(".share").unwrap()).unwrap(), share);
    assert_eq!(fs::read(&public).unwrap(), certificate);
    assert!(beside(".round").is_none(), "what was kept for the rounds is wiped now");

    // A copy that was kept is lost, but the journal remembers: nothing is signed again.
    fs::remove_file(beside(".verdict").unwrap()).unwrap();
    assert_refused(world.by(&name, |s, w| custodian::check_shares(s, w, &secret)), "error.second_run");
}
