//! Written-in names through the library: disclosed by policy, published or reserved by an order.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;

use common::voters::{casts_with, spool};
use common::{World, assert_refused, custodian_name, with_suffix};
use escrutinio_ceremony::commands::ballot_box::{self, From};
use escrutinio_ceremony::commands::{acta, count, election, inspect, record, writein};
use escrutinio_ceremony::error::Result;
use escrutinio_ceremony::report::Report;
use escrutinio_ceremony::session::{FixedClock, Session};
use escrutinio_ceremony::source::RecordSource;
use escrutinio_ceremony::text::Lang;
use escrutinio_ceremony::ui::{Scripted, Ui};
use escrutinio_ceremony::workspace::Workspace;
use escrutinio_core::acta::Acta;
use escrutinio_core::encoding::Decode;
use escrutinio_core::hash::sha256;
use escrutinio_core::ids::hex;
use escrutinio_core::record as core_record;
use escrutinio_core::verify::{self, ContestTexts};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use zeroize::Zeroizing;

/// The option of non-registered candidacies in the template.
const WRITE_IN: u32 = 11;
const NAMES: [Option<&str>; 6] =
    [Some("José Peña"), Some("JOSE PEÑA"), Some("=1+1"), Some("<b>Ñu</b>"), None, Some("rosa elena jimenez arteaga")];

type Step = fn(&mut Session<'_>, &Workspace, &Path) -> Result<Report>;

fn by_custodian(world: &mut World, n: u32, step: Step) -> Result<Report> {
    let name = custodian_name(n);
    let secret = world.secret(&name);
    world.by(&name, |s, w| step(s, w, &secret))
}

fn order_answers(recipients: &str) -> String {
    format!(
        "{}order.contest = 0\norder.authority = Tribunal Electoral\norder.document = SUP-JIN-1/2021\n\
         order.recipients = {recipients}\n",
        World::answers("op")
    )
}

/// An election of nayarit's template, counted; `policy` stands for its write-in, names that two
/// wrote are shown.
fn counted(seed: u8, policy: &str) -> World {
    let mut world = World::new(seed);
    let template = include_str!("../templates/nayarit-2021.toml");
    assert!(template.contains("write_in = \"sealed\""));
    let draft = template.replace("write_in = \"sealed\"", &format!("write_in = \"{policy}\""));
    let group = draft.lines().find(|line| line.starts_with("min_group")).unwrap();
    let draft = draft.replace(group, "min_group = 2");
    let file = world.write("draft.toml", draft.as_bytes());
    world.freeze_from(election::Source::File(file), 5, 2);
    world.roll("Nayarit", 12);
    world.keys(5);
    let log = world.secret("tablero.example");
    let witnesses = [1, 2].map(|n| (format!("testigo-{n}"), world.secret(&format!("testigo-{n}"))));
    world.by("op", election::seal).unwrap();
    world.by("tablero.example", |s, w| ballot_box::open(s, w, &log)).unwrap();
    let cosign = |world: &mut World| {
        for (name, secret) in &witnesses {
            world.by(name, |s, w| ballot_box::cosign(s, w, secret)).unwrap();
        }
    };
    cosign(&mut world);
    let mut choices: Vec<(u32, Option<&str>)> = NAMES.iter().map(|name| (WRITE_IN, *name)).collect();
    choices.extend([(0, None), (12, None)]);
    let casts = casts_with(&mut world, &choices);
    let file = spool(&world, "spool.bin", &casts);
    world.now = 1_638_754_200;
    let from = From::Spool { file: &file, log: &log };
    world.by("tablero.example", |s, w| ballot_box::export(s, w, from)).unwrap();
    cosign(&mut world);
    let server = world.secret("servidor");
    let marked = world.write("marked.txt", b"0 0 8\n");
    let mut voters = String::from("name,clave\n");
    (0..8).for_each(|n| voters.push_str(&format!("Votante {n:03} Canario,CANARIOCLAVE{n:06}\n")));
    let voters = world.write("voters.csv", voters.as_bytes());
    world.by("servidor", |s, w| ballot_box::participation(s, w, &server, &marked, &voters)).unwrap();
    assert_refused(by_custodian(&mut world, 1, writein::mix), "error.missing");
    world.by("op", count::aggregate).unwrap();
    for n in [1, 2, 4] {
        by_custodian(&mut world, n, count::decrypt).unwrap();
    }
    world.by("op", count::combine).unwrap();
    world
}

fn signed_actas(world: &mut World) {
    world.by("op", acta::build).unwrap();
    for n in [1, 2, 3] {
        by_custodian(world, n, acta::sign).unwrap();
    }
    world.by("op", acta::render).unwrap();
    world.by("op", record::receipts).unwrap();
}

fn verified(world: &World, root: &str) -> Vec<&'static str> {
    let source = RecordSource::at(&world.workspace.path(root));
    let (report, _) = verify::record(&source, &mut ChaCha20Rng::from_seed([9; 32]), &mut ()).unwrap();
    assert!(report.is_valid(), "{root}: {:?}", report.first_failure());
    report.texts.iter().map(ContestTexts::word).collect()
}

fn read(world: &World, path: &str) -> String {
    fs::read_to_string(world.workspace.path(path)).unwrap()
}

#[test]
fn names_that_the_policy_discloses() {
    let mut world = counted(21, "disclose");
    signed_actas(&mut world);
    // R-BAL-29: six voters wrote, five names among them; all add to one counter.
    let acta = fs::read(world.workspace.path("record").join(core_record::acta(0))).unwrap();
    let votes = Acta::from_bytes(&acta).unwrap().content.votes;
    let counted = |option: u32| votes[usize::try_from(option).unwrap()];
    assert_eq!((counted(WRITE_IN), counted(0), counted(12)), (6, 1, 1));
    assert_eq!(votes.iter().sum::<u64>(), 8, "no line of their own");
    // The policy says that there are texts: without them no record is closed.
    assert_refused(world.by("op", record::assemble), "error.missing");
    assert_refused(world.with(&order_answers(""), writein::order), "error.writein.not_sealed");

    by_custodian(&mut world, 2, writein::mix).unwrap();
    assert!(by_custodian(&mut world, 2, writein::mix).unwrap().already, "nobody mixes twice");
    by_custodian(&mut world, 5, writein::mix).unwrap();
    assert_refused(by_custodian(&mut world, 1, writein::decrypt), "error.writein.mixes");

    // A mix that does not hold stops everybody behind it.
    let path = world.workspace.path("record/writein/mix-000-02.bin");
    let good = fs::read(&path).unwrap();
    let mut bad = good.clone();
    let last = bad.len() - 65;
    bad[last] ^= 1;
    fs::write(&path, &bad).unwrap();
    assert_refused(by_custodian(&mut world, 1, writein::mix), "error.writein.mix");
    fs::write(&path, &good).unwrap();
    by_custodian(&mut world, 1, writein::mix).unwrap();

    // Who decrypted the totals of another closing decrypts no texts of this one.
    let journal = with_suffix(&world.secret(&custodian_name(1)), ".journal");
    let noted = fs::read_to_string(&journal).unwrap();
    let line = noted.lines().find(|line| line.starts_with("decrypt:")).unwrap();
    let (kept, last) = line.split_at(line.len() - 1);
    let other = format!("{kept}{}", if last == "0" { "1" } else { "0" });
    fs::write(&journal, noted.replace(line, &other)).unwrap();
    assert_refused(by_custodian(&mut world, 1, writein::decrypt), "error.done_otherwise");
    assert!(!world.workspace.has("record/writein/partial-000-01.bin"));
    fs::write(&journal, &noted).unwrap();
    let sums = world.workspace.path("record/tally/aggregates.bin");
    let good = fs::read(&sums).unwrap();
    fs::write(&sums, &good[..good.len() - 1]).unwrap();
    assert_refused(by_custodian(&mut world, 1, writein::decrypt), "error.aggregates");
    fs::write(&sums, &good).unwrap();

    // One share, one list of rows: a mix more or another one in its place is not decrypted.
    let first = by_custodian(&mut world, 1, writein::decrypt).unwrap();
    assert!(by_custodian(&mut world, 1, writein::decrypt).unwrap().already);
    let third = world.workspace.path("record/writein/mix-000-03.bin");
    let kept = (fs::read(&third).unwrap(), fs::read(first.get("file").unwrap()).unwrap());
    fs::remove_file(&third).unwrap();
    fs::remove_file(first.get("file").unwrap()).unwrap();
    by_custodian(&mut world, 4, writein::mix).unwrap();
    assert_refused(by_custodian(&mut world, 1, writein::decrypt), "error.done_otherwise");
    fs::write(&third, &kept.0).unwrap();
    // The same rows again are no second thing; the partial is another proof of the same.
    by_custodian(&mut world, 1, writein::decrypt).unwrap();
    assert!(by_custodian(&mut world, 3, writein::mix).unwrap().already, "no mix behind a decryption");
    by_custodian(&mut world, 3, writein::decrypt).unwrap();
    // Custodian 3 did not decrypt the totals: from now on only those of this closing.
    let journal = fs::read_to_string(with_suffix(&world.secret(&custodian_name(3)), ".journal")).unwrap();
    assert!(journal.lines().any(|noted| noted == line), "{journal}");
    assert_refused(world.by("op", writein::report), "error.writein.partials");

    // A decryption that does not hold keeps the others from decrypting, and is put aside.
    let own = fs::read(world.workspace.path("record/writein/partial-000-03.bin")).unwrap();
    fs::write(world.workspace.path("record/writein/partial-000-02.bin"), &own).unwrap();
    assert_refused(by_custodian(&mut world, 4, writein::decrypt), "error.writein.other_rows");
    assert_refused(world.by("op", writein::report), "error.writein.partials");
    assert!(world.workspace.has("refused/text-partial-000-02-1.bin"));
    by_custodian(&mut world, 4, writein::decrypt).unwrap();

    let report = world.resumed("op", writein::report);
    let listing = report.listing.unwrap();
    assert!(listing.contains("         2  JOSE PEÑA\n"), "{listing}");
    assert!(!listing.contains("=1+1"), "a name of one voter is pooled");
    assert!(listing.contains("         3  (") && listing.contains("         1  ("), "{listing}");
    for ending in ["html", "csv", "json"] {
        let view = read(&world, &format!("writein/contest-000.{ending}"));
        assert!(view.contains("JOSE PEÑA") && !view.contains("1+1") && !view.contains("Ñu"), "{view}");
    }
    let report = inspect::inspect(&world.workspace.path("record/writein/texts-000.bin")).unwrap();
    assert!(report.listing.unwrap().contains("JOSE PEÑA"));
    world.resumed("op", record::assemble);
    assert_eq!(verified(&world, "record"), ["disclosed"]);
    // R-PUB-07: the document for the fedataria has the list of receipts that is published.
    let receipts = fs::read(world.workspace.path("record").join(core_record::RECEIPTS)).unwrap();
    let line = format!("{}  record/{}\n", hex(&sha256(&[&receipts])), core_record::RECEIPTS);
    assert!(read(&world, "hashes.txt").contains(&line), "{line}");
    // Neither the transcript nor the lines of the acts hold a name.
    assert!(!read(&world, "transcript.log").contains("PEÑA"));
}

#[test]
fn names_that_an_order_opens_for_recipients() {
    let mut world = counted(22, "sealed");
    assert_refused(by_custodian(&mut world, 1, writein::mix), "error.writein.none");
    signed_actas(&mut world);
    world.by("op", record::assemble).unwrap();
    assert_eq!(verified(&world, "record"), ["sealed"]);

    // The order comes when all else is published.
    assert_refused(by_custodian(&mut world, 1, writein::sign_order), "error.missing");
    let answers = order_answers("Sala Superior");
    let end = world.now;
    world.now = end - 1;
    assert_refused(world.with(&answers, writein::order), "error.too_early");
    world.now = end + 86_400;
    world.with(&answers, writein::order).unwrap();
    assert!(world.with(&answers, writein::order).unwrap().already);
    let other = order_answers("Otra autoridad");
    assert_refused(world.with(&other, writein::order), "error.file.other");
    for n in [1, 2] {
        by_custodian(&mut world, n, writein::sign_order).unwrap();
    }
    assert_refused(by_custodian(&mut world, 1, writein::mix), "error.writein.none");
    let name = custodian_name(5);
    let secret = world.secret(&name);
    world.resumed(&name, |s, w| writein::sign_order(s, w, &secret));
    assert!(world.workspace.has("record/writein/order-000.bin"));

    for n in [1, 2, 3] {
        by_custodian(&mut world, n, writein::mix).unwrap();
    }
    for n in [1, 3, 4] {
        by_custodian(&mut world, n, writein::decrypt).unwrap();
    }
    // What does not hold is put aside, and stays reserved.
    let partial = world.workspace.path("reserved/contest-000/writein/partial-000-04.bin");
    let good = fs::read(&partial).unwrap();
    fs::write(&partial, &good[1..]).unwrap();
    assert_refused(world.by("op", writein::report), "error.writein.partials");
    assert!(world.workspace.has("reserved/refused/text-partial-000-04-1.bin") && !world.workspace.has("refused"));
    fs::write(&partial, &good).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let folder = fs::metadata(world.workspace.path("reserved")).unwrap();
        assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    }
    world.by("op", record::assemble).unwrap();
    let report = world.by("op", writein::report).unwrap();
    assert!(report.listing.is_none(), "the room does not hear the names");
    assert!(world.by("op", writein::report).unwrap().already);
    assert_eq!(verified(&world, "record"), ["reserved"]);
    assert_eq!(verified(&world, "reserved/contest-000"), ["disclosed"]);
    assert!(read(&world, "reserved/names-000.html").contains("JOSE PEÑA"));
    // Whoever gets the record only gets no name.
    let folder = world.workspace.path("record/writein");
    let public: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(public, ["order-000.bin"]);
    assert!(!world.said.contains("PEÑA"));
    // Nor a hash of a report: whoever guesses the report would know it.
    fs::remove_file(world.workspace.path("hashes.txt")).unwrap();
    world.by("op", record::assemble).unwrap();
    let public = read(&world, "hashes.txt") + &read(&world, "transcript.log") + &world.said;
    assert!(!read(&world, "hashes.txt").contains("reserved/"));
    for path in ["contest-000/writein/texts-000.bin", "names-000.json", "names-000.csv", "names-000.html"] {
        let hash = world.workspace.hash(&format!("reserved/{path}")).unwrap();
        assert!(!public.contains(&hash), "{path}");
    }
}

/// Writes down what is said, and when the password is asked.
struct Listener(Scripted, Vec<String>);

impl Ui for Listener {
    fn ask(&mut self, id: &str, question: &str) -> Result<String> {
        self.0.ask(id, question)
    }

    fn password(&mut self, id: &str, question: &str, again: Option<&str>) -> Result<Zeroizing<String>> {
        self.1.push(id.into());
        self.0.password(id, question, again)
    }

    fn say(&mut self, prose: &str) {
        self.1.push(prose.into());
    }

    fn progress(&mut self, _: u64, _: u64) {}
}

#[test]
fn a_custodian_reads_an_order_before_signing_it() {
    let mut world = counted(24, "sealed");
    world.with(&order_answers("Sala Superior"), writein::order).unwrap();
    let name = custodian_name(1);
    let secret = world.secret(&name);
    let mut ui = Listener(Scripted::quiet(&World::answers(&name)).unwrap(), Vec::new());
    let clock = FixedClock(world.now);
    let mut session = Session { rng: &mut world.rng, clock: &clock, ui: &mut ui, lang: Lang::Es };
    writein::sign_order(&mut session, &world.workspace, &secret).unwrap();
    let asked = ui.1.iter().position(|said| said == "password").unwrap();
    let read = ui.1[..asked].concat();
    for part in ["Tribunal Electoral", "SUP-JIN-1/2021", "Sala Superior"] {
        assert!(read.contains(part), "{read}");
    }
}

#[test]
fn names_that_an_order_publishes() {
    let mut world = counted(23, "sealed");
    world.with(&order_answers(""), writein::order).unwrap();
    for n in [3, 4, 5] {
        by_custodian(&mut world, n, writein::sign_order).unwrap();
    }
    assert!(by_custodian(&mut world, 1, writein::sign_order).is_ok(), "a signature more than needed is not taken");
    assert!(!world.workspace.has("writein/order-000.signature-01"));
    signed_actas(&mut world);
    assert_refused(world.by("op", record::assemble), "error.missing");
    for n in [1, 2, 3] {
        by_custodian(&mut world, n, writein::mix).unwrap();
    }
    for n in [1, 2, 3] {
        by_custodian(&mut world, n, writein::decrypt).unwrap();
    }
    world.by("op", writein::report).unwrap();
    world.by("op", record::assemble).unwrap();
    assert_eq!(verified(&world, "record"), ["disclosed"]);
}
