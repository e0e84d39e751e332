//! A whole election through the library: from registration to a record that verifies.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::voters::{casts, spool};
use common::{CANARY, World, assert_refused, custodian_name};
use escrutinio_ceremony::commands::accounts::{self, Asked};
use escrutinio_ceremony::commands::ballot_box::{self, From};
use escrutinio_ceremony::commands::{
    acta, acts, count, destroy, election, inspect, key, mix, record, roll, transcript,
};
use escrutinio_ceremony::session::Session;
use escrutinio_ceremony::{error::Result, workspace::Workspace};
use escrutinio_core::credential::HalfRole;

const VOTERS: u32 = 12;

/// The files of a record before the first ballot.
const SEALED: [&str; 12] = [
    "manifest.bin",
    "roll.bin",
    "seal.bin",
    "board/checkpoints/000000",
    "credentials/registrar.bin",
    "credentials/server.bin",
    "credentials/mix-01.bin",
    "credentials/mix-02.bin",
    "credentials/mix-03.bin",
    "credentials/lists.bin",
    "key/transcript.bin",
    "key/trial.bin",
];

fn by_custodian(
    world: &mut World,
    n: u32,
    step: fn(&mut Session<'_>, &Workspace, &std::path::Path) -> Result<escrutinio_ceremony::report::Report>,
) -> Result<escrutinio_ceremony::report::Report> {
    let name = custodian_name(n);
    let secret = world.secret(&name);
    world.by(&name, |s, w| step(s, w, &secret))
}

#[test]
fn from_registration_to_a_record_that_verifies() {
    let mut world = World::new(7);
    world.freeze("nayarit-2021", 5, 2);
    world.roll("Nayarit", VOTERS);
    assert_refused(world.by("op", election::seal), "error.missing");
    world.keys(5);
    let log = world.secret("tablero.example");
    let witnesses = [1, 2].map(|n| (format!("testigo-{n}"), world.secret(&format!("testigo-{n}"))));
    let server = world.secret("servidor");
    assert_refused(world.by("tablero.example", |s, w| ballot_box::open(s, w, &log)), "error.missing");
    let report = world.resumed("op", election::seal);
    assert_eq!(report.get("election_id").map(str::len), Some(64));
    assert_refused(world.by("op", key::void), "error.sealed");

    // Opening: all zeros, cosigned.
    let zero = world.resumed("tablero.example", |s, w| ballot_box::open(s, w, &log));
    assert_eq!(zero.listing.unwrap().lines().filter(|line| line.starts_with("option ")).count(), 13);
    for (name, secret) in &witnesses {
        world.resumed(name, |s, w| ballot_box::cosign(s, w, secret));
    }

    // Voting happens elsewhere. 0 PAN, 7 the whole coalition, 11 unregistered, 12 null.
    let choices = [0, 0, 0, 7, 7, 3, 5, 11, 12];
    let mut all = casts(&mut world, &choices);
    let file = spool(&world, "spool.bin", &all);
    let from = From::Spool { file: &file, log: &log };

    // Nothing before the end of reception.
    let early = assert_refused(world.by("tablero.example", |s, w| ballot_box::export(s, w, from)), "error.too_early");
    assert_eq!(early.exit_code(), 2);
    assert_refused(world.by("op", count::aggregate), "error.too_early");
    world.now = 1_638_754_200;

    // A ballot that does not hold stops the export and is named; nothing is written.
    let mut bad = all.clone();
    let last = bad[4].len() - 1;
    bad[4][last - 200] ^= 1;
    let bad_file = spool(&world, "bad.bin", &bad);
    let bad_from = From::Spool { file: &bad_file, log: &log };
    assert_refused(world.by("tablero.example", |s, w| ballot_box::export(s, w, bad_from)), "error.check");
    assert!(!world.workspace.has("record/board/checkpoints/000001"));
    let mut twice = all.clone();
    twice.push(all[0].clone());
    let twice_file = spool(&world, "twice.bin", &twice);
    let twice_from = From::Spool { file: &twice_file, log: &log };
    assert_refused(world.by("tablero.example", |s, w| ballot_box::export(s, w, twice_from)), "error.spool.twice");

    let mut cut = fs::read(&file).unwrap();
    cut.pop();
    let cut = world.write("cut.bin", &cut);
    let cut_from = From::Spool { file: &cut, log: &log };
    assert_refused(world.by("tablero.example", |s, w| ballot_box::export(s, w, cut_from)), "error.spool");
    let stranger = From::Spool { file: &file, log: &server };
    assert_refused(world.by("servidor", |s, w| ballot_box::export(s, w, stranger)), "error.role");

    let first = world.resumed("tablero.example", |s, w| ballot_box::export(s, w, from));
    assert_eq!(first.get("ballots"), Some("9"));
    all.reverse();
    let other = spool(&world, "reversed.bin", &all);
    let copy = Workspace::new(world.folder.path().join("copy"));
    for path in SEALED {
        copy_file(&world, &copy, path);
    }
    let from = From::Spool { file: &other, log: &log };
    let reversed = world.by("tablero.example", |s, _| ballot_box::export(s, &copy, from)).unwrap();
    assert_eq!(reversed.get("board_hash"), first.get("board_hash"), "arrival order leaves no trace");

    world.by("op", ballot_box::hash).unwrap();
    for (name, secret) in &witnesses {
        world.resumed(name, |s, w| ballot_box::cosign(s, w, secret));
    }
    assert_refused(world.by("op", count::aggregate), "error.missing");

    // A witness signs one closing only: not one with a ballot fewer.
    all.pop();
    let fewer = spool(&world, "fewer.bin", &all);
    let second = Workspace::new(world.folder.path().join("second"));
    for path in SEALED {
        copy_file(&world, &second, path);
    }
    let from = From::Spool { file: &fewer, log: &log };
    world.by("tablero.example", |s, _| ballot_box::export(s, &second, from)).unwrap();
    let (name, secret) = &witnesses[0];
    assert_refused(world.by(name, |s, _| ballot_box::cosign(s, &second, secret)), "error.done_otherwise");

    // A board that the server kept and signed gives the same record; one that began otherwise is refused.
    let third = Workspace::new(world.folder.path().join("third"));
    for path in SEALED {
        copy_file(&world, &third, path);
    }
    let kept = world.workspace.path("record/board");
    let other = world.folder.path().join("other-board");
    let other_zero = fs::read(kept.join("checkpoints/000001")).unwrap();
    world.write("other-board/checkpoints/000000", &other_zero);
    let from = From::Board(&other);
    assert_refused(world.by("op", |s, _| ballot_box::export(s, &third, from)), "error.checkpoint");
    // Witnesses vouched for the empty board there, not here; without them nothing is taken.
    let zero = third.path("record/board/checkpoints/000000");
    let signed = fs::read_to_string(&zero).unwrap();
    let alone: String = signed.split_inclusive('\n').take(5).collect();
    assert!(alone.len() < signed.len() && alone.contains("\u{2014} "));
    let bare = world.folder.path().join("bare-board");
    world.write("bare-board/checkpoints/000000", alone.as_bytes());
    fs::write(&zero, &alone).unwrap();
    let from = From::Board(&bare);
    assert_refused(world.by("op", |s, _| ballot_box::export(s, &third, from)), "error.zero_quorum");
    let from = From::Board(&kept);
    let imported = world.by("op", |s, _| ballot_box::export(s, &third, from)).unwrap();
    assert_eq!(imported.get("board_hash"), first.get("board_hash"));
    assert_eq!(fs::read_to_string(&zero).unwrap(), signed);

    // The list of those who voted comes before the key is used.
    let marked = world.write("marked.txt", b"0 0 9\n");
    let mut voters = String::from("name,clave\n");
    (0..9).for_each(|n| voters.push_str(&format!("Votante {n:03} Canario,CANARIOCLAVE{n:06}\n")));
    let unsorted = voters.replace("Votante 000", "Votante 999");
    let unsorted = world.write("voters-unsorted.csv", unsorted.as_bytes());
    let voters = world.write("voters.csv", voters.as_bytes());
    assert_refused(
        world.by("servidor", |s, w| ballot_box::participation(s, w, &server, &marked, &unsorted)),
        "error.voters_list",
    );
    for lines in ["0 0 9", "0 0 9 1\n", "0 x 9\n", "0 0 9\n0 1 0\n", "-1 0 9\n"] {
        let file = world.write("marked-bad.txt", lines.trim_end_matches("9").as_bytes());
        assert_refused(
            world.by("servidor", |s, w| ballot_box::participation(s, w, &server, &file, &voters)),
            "error.marked",
        );
    }
    world.resumed("servidor", |s, w| ballot_box::participation(s, w, &server, &marked, &voters));

    // The count.
    assert_refused(by_custodian(&mut world, 1, count::decrypt), "error.missing");
    world.resumed("op", count::aggregate);
    by_custodian(&mut world, 2, count::decrypt).unwrap();
    assert!(by_custodian(&mut world, 2, count::decrypt).unwrap().already, "the same one may be repeated");
    by_custodian(&mut world, 4, count::decrypt).unwrap();
    let error = assert_refused(world.by("op", count::combine), "error.partials");
    assert!(error.to_string().contains('2') && error.to_string().contains('3'));

    // An altered aggregate is not decrypted, and a partial that does not hold is put aside.
    let path = world.workspace.path("record/tally/aggregates.bin");
    let good = fs::read(&path).unwrap();
    let mut altered = good.clone();
    altered.truncate(good.len() - 32);
    altered.extend_from_slice(&[0; 32]);
    fs::write(&path, &altered).unwrap();
    assert_refused(by_custodian(&mut world, 5, count::decrypt), "error.aggregates");
    fs::write(&path, &good).unwrap();
    let partial = fs::read(world.workspace.path("record/tally/partial-02.bin")).unwrap();
    by_custodian(&mut world, 5, count::decrypt).unwrap();
    fs::write(world.workspace.path("record/tally/partial-01.bin"), &partial).unwrap();
    assert_refused(by_custodian(&mut world, 3, count::decrypt), "error.other_sums");
    let report = world.by("op", count::combine).unwrap();
    assert!(report.get("left_out").unwrap().starts_with('1'));
    assert!(world.workspace.has("refused/partial-01-1.bin") && !world.workspace.has("record/tally/partial-01.bin"));
    assert!(world.by("op", count::combine).unwrap().already);

    // The acta.
    assert_refused(world.by("op", acta::render), "error.missing");
    let answers = format!(
        "{}incident.by = Secretaría\nincident.text = Se fue la luz\nprotest.party = MC\n\
         protest.person = R. Ejemplo\nprotest.reason = Por la hora\nnote.role = Presidencia\n\
         note.text = Se instala la mesa\n",
        World::answers("op").replace("acta.place =", "acta.place = Tepic")
    );
    world.with(&answers, acts::note).unwrap();
    world.with(&answers, acts::incident).unwrap();
    world.with(&answers, acts::protest).unwrap();
    assert_refused(world.by("op", record::receipts), "error.missing");
    world.with(&answers, acta::build).unwrap();
    assert!(world.with(&answers, acta::build).unwrap().already);
    let later = answers.replace("Se fue la luz", "Volvió la luz");
    world.with(&later, acts::incident).unwrap();
    assert!(!world.with(&answers, acta::build).unwrap().already, "before the signatures the board may add to it");
    assert!(world.with(&answers, acta::build).unwrap().already);
    for n in [1, 2] {
        by_custodian(&mut world, n, acta::sign).unwrap();
    }
    assert_refused(world.by("op", acta::render), "error.signatures");
    by_custodian(&mut world, 3, acta::sign).unwrap();
    world.with(&later, acts::incident).unwrap();
    assert!(world.with(&answers, acta::build).unwrap().already, "what is signed does not change");
    let rendered = world.resumed("op", acta::render).listing.unwrap();
    let places: Vec<usize> = ["I.", "II.", "III.", "IV.", "V.", "VI.", "VII.", "VIII.", "IX."]
        .map(|block| rendered.lines().position(|line| line.split(' ').next() == Some(block)).unwrap())
        .to_vec();
    assert!(places.is_sorted() && rendered.contains("         0  PRI"), "{rendered}");
    let page = fs::read_to_string(world.workspace.path("acta/contest-000.html")).unwrap();
    let places: Vec<usize> = (1..=9).map(|n| page.find(&format!("id=\"bloque-{n}\"")).unwrap()).collect();
    assert!(places.is_sorted(), "the nine blocks stand in their order");
    assert!(page.contains("Tepic") && page.contains("19:30") && page.contains("18:30"), "both zones");
    assert!(page.contains("Se fue la luz") && page.contains("Por la hora"));
    assert_eq!(page.matches("Volvió la luz").count(), 1);
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(world.workspace.path("acta/contest-000.json")).unwrap()).unwrap();
    let votes: Vec<u64> = json["V"].as_array().unwrap().iter().map(|line| line["votes"].as_u64().unwrap()).collect();
    assert_eq!(votes, [3, 0, 0, 1, 0, 1, 0, 2, 0, 0, 0, 1], "zeros are printed");
    assert_eq!((json["VI"]["null"].as_u64(), json["VII"]["total"].as_u64()), (Some(1), Some(9)));
    assert_eq!(json["acta_sha256"].as_str().unwrap(), world.workspace.hash("record/acta/contest-000.bin").unwrap());
    let sums = json["sums_per_candidacy"].as_array().unwrap();
    let coalition = sums.iter().find(|sum| sum["name"] == "Rosa Elena Jiménez Arteaga").unwrap();
    assert_eq!(coalition["votes"], 3, "party and combination add up beside the acta");

    // The entity adds the postal votes.
    let postal = "form = \"escrutinio/postal-count/v1\"\ndocument = \"AEC postal\"\n\
                  [[contests]]\ncontest = 0\nvotes = [10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]\n";
    let path = world.write("postal.toml", postal.as_bytes());
    let short = world.write("short.toml", postal.replace("10, 0, ", "10, ").as_bytes());
    assert_refused(world.by("op", |s, w| acta::entity(s, w, &short)), "error.decode");
    let sums = world.resumed("op", |s, w| acta::entity(s, w, &path));
    assert_eq!(sums.get("total"), Some("0: 9 + 11 = 20"));

    // The end.
    assert_refused(world.by("op", record::assemble), "error.missing");
    let receipts = world.resumed("op", record::receipts);
    assert_eq!(receipts.get("codes"), Some("9"));
    world.resumed("op", record::assemble);
    transcript::verify(&world.workspace).unwrap();
    let rendered = transcript::render(&world.workspace).unwrap();
    let page = fs::read_to_string(rendered.get("file").unwrap()).unwrap();
    assert!(page.contains("Se instala la mesa") && page.contains("Se fue la luz") && page.contains("Fedataria"));
    let slips = fs::read_to_string(world.workspace.path("key/ceremony-0/slips.html")).unwrap();
    assert_eq!(slips.matches("Huella de la parte").count(), 5);
    for path in [
        "record/manifest.bin",
        "record/key/transcript.bin",
        "record/acta/contest-000.bin",
        "record/receipts.txt",
        "record/board/checkpoints/000001",
    ] {
        let report = inspect::inspect(&world.workspace.path(path)).unwrap();
        assert!(!report.get("what").unwrap().contains('?'), "{path}");
    }

    let second = world.folder.path().join("outbox-2");
    let answers = World::roll_answers("registro", VOTERS);
    let (registrar, users) = (world.secret("registro"), [common::voters::user(&world, 1)]);
    let asked = Asked::Users(&users);
    world.with(&answers, |s, w| accounts::resend(s, w, &registrar, asked, &second)).unwrap();
    destruction(&mut world);

    // Neither passwords nor personal data anywhere in public.
    for canary in [CANARY, "CANARIO", "canario", "Canario", "555-00", "13125550"] {
        world.assert_nowhere(canary);
    }
}

fn copy_file(world: &World, copy: &Workspace, path: &str) {
    let bytes = fs::read(world.workspace.path("record").join(path)).unwrap();
    copy.write_new(&format!("record/{path}"), &bytes).unwrap();
}

/// What is left of the halves when both have destroyed theirs: nothing but the public lists.
fn destruction(world: &mut World) {
    let at = |world: &World, name: &str| world.folder.path().join(name);
    let outboxes = [at(world, "outbox"), at(world, "outbox-2")];
    let accounts = [at(world, "server.sealed")];
    for (name, role, held) in
        [("registro", HalfRole::Registrar, &outboxes[..]), ("servidor", HalfRole::Server, &accounts)]
    {
        let secret = world.secret(name);
        let fewer = &held[1..];
        assert_refused(world.by(name, |s, w| destroy::destroy(s, w, &secret, role, fewer)), "error.destroy.held");
        // No record, no decision, another's key, or nothing where halves are said to be.
        let sums = world.workspace.path("record/SHA256SUMS");
        fs::rename(&sums, at(world, "sums")).unwrap();
        assert_refused(world.by(name, |s, w| destroy::destroy(s, w, &secret, role, held)), "error.missing");
        fs::rename(at(world, "sums"), &sums).unwrap();
        let silent = World::answers(name).replace("Acuerdo 9", "");
        assert_refused(
            world.with(&silent, |s, w| destroy::destroy(s, w, &secret, role, held)),
            "error.answers.missing",
        );
        let log = world.secret("tablero.example");
        assert_refused(world.by("tablero.example", |s, w| destroy::destroy(s, w, &log, role, held)), "error.official");
        let nothing = vec![at(world, "nothing"); held.len()];
        assert_refused(world.by(name, |s, w| destroy::destroy(s, w, &secret, role, &nothing)), "error.missing");
        assert!(held.iter().all(|path| path.exists()));

        let report = world.resumed(name, |s, w| destroy::destroy(s, w, &secret, role, held));
        let path =
            format!("record/credentials/{name}.bin").replace("registro", "registrar").replace("servidor", "server");
        assert_eq!(report.get("half_list"), Some(world.workspace.hash(&path).unwrap().as_str()));
        assert!(report.listing.unwrap().contains("decision Acuerdo 9"));
        assert!(!held.iter().any(|path| path.exists()) && !common::with_suffix(&secret, ".halves").exists());
        assert_refused(world.by(name, |s, w| roll::halves(s, w, &secret, role)), "error.halves.gone");
    }
    let registrar = world.secret("registro");
    assert!(
        ![".roll-drawn", ".roll-00", ".accounts", ".resend-01"]
            .iter()
            .any(|end| common::with_suffix(&registrar, end).exists())
    );
}

/// Each custodian verifies what is there before mixing, and nobody mixes out of turn.
#[test]
fn mixes_are_made_one_after_the_other_by_different_custodians() {
    let mut world = World::new(11);
    world.freeze("nayarit-2021", 5, 2);
    let mix_by = |world: &mut World, n: u32| by_custodian(world, n, mix::mix);
    assert_refused(mix_by(&mut world, 1), "error.missing");
    world.roll("Nayarit", VOTERS);
    let path = |world: &World, number: u32| world.workspace.path(format!("record/credentials/mix-0{number}.bin"));
    let kept = |world: &World, number| fs::read(path(world, number)).unwrap();
    let files = [1, 2, 3].map(|number| kept(&world, number));
    assert_refused(mix_by(&mut world, 4), "error.mixes.made");
    fs::write(path(&world, 4), &files[2]).unwrap();
    assert_refused(world.by("op", mix::list), "error.mixes.place");
    fs::remove_file(path(&world, 4)).unwrap();

    // A mix is missing, at the end and in between.
    fs::remove_file(path(&world, 3)).unwrap();
    let error = assert_refused(world.by("op", mix::list), "error.mixes.missing");
    assert!(error.to_string().contains("roll mix"), "{error}");
    fs::write(path(&world, 3), &files[2]).unwrap();
    fs::remove_file(path(&world, 2)).unwrap();
    assert_refused(world.by("op", mix::list), "error.mixes.place");

    // An earlier mix that does not hold is not mixed on; nor is one at another place, or by somebody twice.
    fs::remove_file(path(&world, 3)).unwrap();
    let mut changed = files[1].clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    for bad in [&changed, &files[2]] {
        fs::write(path(&world, 2), bad).unwrap();
        assert_refused(mix_by(&mut world, 4), "error.mix");
    }
    fs::write(path(&world, 2), &files[0]).unwrap();
    assert_refused(mix_by(&mut world, 4), "error.mix.who");

    // A server is no custodian.
    fs::write(path(&world, 2), &files[1]).unwrap();
    let server = world.secret("servidor");
    assert_refused(world.by("servidor", |s, w| mix::mix(s, w, &server)), "error.custodian.unknown");

    // Another custodian takes the place of an absent one; the lists are then others.
    assert!(mix_by(&mut world, 2).unwrap().already);
    mix_by(&mut world, 5).unwrap();
    assert_refused(world.by("op", mix::list), "error.file.other");
    fs::remove_file(world.workspace.path("record/credentials/lists.bin")).unwrap();
    let report = world.by("op", mix::list).unwrap();
    assert_eq!(report.get("mixes"), Some("3"));
    let seen = inspect::inspect(&path(&world, 3)).unwrap();
    assert!(seen.listing.unwrap().contains("mix 3 by custodian 5"));

    // What was mixed on is sealed; another list is not.
    world.keys(5);
    let lists = world.workspace.path("record/credentials/lists.bin");
    let good = fs::read(&lists).unwrap();
    let mut other = good.clone();
    other[40] = 2;
    fs::write(&lists, other).unwrap();
    assert_refused(world.by("op", election::seal), "error.lists");
    fs::write(&lists, good).unwrap();
    world.by("op", election::seal).unwrap();
}

#[test]
fn a_roll_is_loaded_whole_or_not_at_all() {
    let mut world = World::new(8);
    world.freeze("nayarit-2021", 5, 2);
    let registrar = world.secret("registro");
    let good = common::roll_csv("Nayarit", VOTERS);
    let row = |n: usize, from: &str, to: &str| {
        let mut lines: Vec<String> = good.lines().map(str::to_owned).collect();
        assert!(lines[n].contains(from));
        lines[n] = lines[n].replace(from, to);
        lines.join("\n") + "\n"
    };
    let cases = [
        (row(3, "CANARIOCLAVE000002", ""), "error.roll.empty", "clave"),
        (row(3, "CANARIOOCR002", ""), "error.roll.empty", "ocr"),
        (row(3, "CANARIOCIC002", ""), "error.roll.empty", "cic"),
        (row(3, "Votante 002 Canario", ""), "error.roll.empty", "name"),
        (row(3, "Nayarit", ""), "error.roll.empty", "entity"),
        (row(3, "Nayarit", "Jalisco"), "error.roll.list", "entity"),
        (row(3, "canario2@correo.example", "canario2"), "error.roll.form", "email"),
        (row(3, "+1 (312) 555-0002", "555"), "error.roll.form", "phone"),
        (row(3, "canario2@", "CANARIO1@"), "error.roll.twice", "email"),
        (row(3, "+1 (312) 555-0002", "13125550001"), "error.roll.twice", "phone"),
        (row(3, "CANARIOCLAVE000002", "canarioclave000001"), "error.roll.twice", "clave"),
    ];
    let answers = World::roll_answers("registro", VOTERS);
    for (number, (csv, key, field)) in cases.into_iter().enumerate() {
        let file = world.write(&format!("bad-{number}.csv"), csv.as_bytes());
        let delivery = roll::Delivery { file: &file, postal: None };
        let error = assert_refused(world.with(&answers, |s, w| roll::load(s, w, &registrar, delivery)), key);
        assert!(error.to_string().contains("row 4") && error.to_string().contains(field), "{error}");
    }
    let file = world.write("good.csv", good.as_bytes());
    let delivery = roll::Delivery { file: &file, postal: None };
    let fewer = World::roll_answers("registro", VOTERS - 1);
    assert_refused(world.with(&fewer, |s, w| roll::load(s, w, &registrar, delivery)), "error.roll.delivered");

    // Whoever votes by post.
    let salt = [9u8; 32];
    let hash = escrutinio_core::ids::hex(&escrutinio_ceremony::roll::postal_hash(&salt, "CANARIOCLAVE000005"));
    let postal = format!("escrutinio/postal/v1 {}\n{hash}\n", "09".repeat(32));
    let postal = world.write("postal.txt", postal.as_bytes());
    let delivery_postal = roll::Delivery { file: &file, postal: Some(&postal) };
    assert_refused(world.with(&answers, |s, w| roll::load(s, w, &registrar, delivery_postal)), "error.roll.postal");
    assert!(!world.workspace.has("roll/version-00.txt"), "nothing is loaded in part");

    assert_refused(world.with(&answers, |s, w| roll::addendum(s, w, &registrar, delivery)), "error.missing");
    world.with(&answers, |s, w| roll::load(s, w, &registrar, delivery)).unwrap();
    assert!(world.with(&answers, |s, w| roll::load(s, w, &registrar, delivery)).unwrap().already);
    let addendum =
        "name,clave,ocr,cic,entity,email,phone\nOtra,OTRA1,O1,C1,Nayarit,otra@correo.example,5215512345678\n";
    let addendum = world.write("addendum.csv", addendum.as_bytes());
    let delivery_two = roll::Delivery { file: &addendum, postal: None };
    let one = World::roll_answers("registro", 1);
    assert_refused(world.with(&one, |s, w| roll::load(s, w, &registrar, delivery_two)), "error.roll.loaded");
    // After the preparation begins nobody is added.
    let before = world.now;
    world.now = 1_638_030_000;
    assert_refused(world.with(&one, |s, w| roll::addendum(s, w, &registrar, delivery_two)), "error.roll.closed");
    world.now = before;
    world.with(&one, |s, w| roll::addendum(s, w, &registrar, delivery_two)).unwrap();
    let report = world.by("registro", |s, w| roll::commit(s, w, &registrar)).unwrap();
    assert_eq!(report.get("entries"), Some("13"));
    for canary in ["CANARIO", "canario", "Canario"] {
        world.assert_nowhere(canary);
    }
}
