//! Links that are sent again: a new token, the same half, the latest address (R-ACC-04).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};
use common::voters::user;
use common::{CANARY, World, assert_refused};
use escrutinio_ceremony::commands::accounts::{self, Asked, UPDATE};
use escrutinio_ceremony::commands::roll::read_record;
use escrutinio_ceremony::draft::read_frozen;
use escrutinio_ceremony::error::Result;
use escrutinio_ceremony::report::Report;
use escrutinio_core::hash::{sha256, tagged_hash};
use escrutinio_core::ids::hex;
use escrutinio_sealed::updates::{Change, Request, Update, requests_to_lines};
use escrutinio_sealed::{Kind, sealed};

fn resend(world: &mut World, asked: Asked<'_>, outbox: &str) -> Result<Report> {
    let (secret, outbox) = (world.secret("registro"), world.folder.path().join(outbox));
    world.with(&World::roll_answers("registro", 0), |s, w| accounts::resend(s, w, &secret, asked, &outbox))
}

fn mail(world: &World, outbox: &str, number: u32) -> String {
    fs::read_to_string(world.folder.path().join(format!("{outbox}/mail/{number:07}.eml"))).unwrap()
}

fn messages(world: &World, outbox: &str) -> usize {
    fs::read_dir(world.folder.path().join(outbox).join("mail")).unwrap().count()
}

/// Half and token of a message's link.
fn link(mail: &str) -> (String, Vec<u8>) {
    let fragment = mail.split_once("https://voto.example/#").unwrap().1.split_once("\r\n").unwrap().0;
    let (half, token) = fragment.split_once('.').unwrap();
    (half.to_owned(), Base64UrlUnpadded::decode_vec(token).unwrap())
}

fn update(world: &World, outbox: &str) -> Vec<Change> {
    let path = world.folder.path().join(outbox).join(UPDATE);
    let content = sealed::read(&path, Kind::AccountUpdate, &format!("{CANARY}-paquete")).unwrap();
    let manifest = read_frozen(&world.workspace).unwrap();
    let roll = read_record(&world.workspace, &manifest).unwrap().roll_id();
    let update = Update::read(&content, &roll, &manifest.registrar.key).unwrap();
    let number = ["again", "new", "latest", "swapped"].iter().position(|name| *name == outbox).unwrap() + 1;
    assert_eq!(usize::try_from(update.number), Ok(number));
    update.changes
}

/// A file of requests, as the server exports it.
fn requests(world: &mut World, name: &str, requests: &[(&str, Option<&str>)]) -> PathBuf {
    let path = world.folder.path().join(name);
    let all: Vec<Request> = requests.iter().map(|(user, email)| Request::new(user, *email).unwrap()).collect();
    let password = format!("{CANARY}-solicitudes");
    let lines = requests_to_lines(&all);
    sealed::write(&mut world.rng, &path, Kind::AccountUpdate, &password, &lines).unwrap();
    path
}

fn to(mail: &str) -> &str {
    mail.lines().next().unwrap()
}

#[test]
fn a_link_is_sent_again_to_the_latest_address() {
    let mut world = World::new(23);
    world.freeze("nayarit-2021", 5, 2);
    let nobody = ["23456-23456-23456".to_owned()];
    assert_refused(resend(&mut world, Asked::Users(&nobody), "again"), "error.missing");
    world.roll("Nayarit", 12);
    let users: Vec<String> = (1..=6).map(|number| user(&world, number)).collect();
    let first: Vec<String> = (1..=6).map(|number| mail(&world, "outbox", number)).collect();
    assert!(!first[0].contains("Sustituye") && first[0].contains("+52 55 0000 0000"));

    // Nothing is written for who is unknown, named twice, or nobody.
    let twice = [users[0].clone(), users[0].clone()];
    for (asked, key) in [
        (Asked::Users(&nobody), "error.resend.user"),
        (Asked::Users(&twice), "error.resend.twice"),
        (Asked::Users(&[]), "error.resend.none"),
    ] {
        assert_refused(resend(&mut world, asked, "again"), key);
    }
    assert!(!world.folder.path().join("again").exists() && !world.workspace.has("roll/resend-01.txt"));

    // To the address of the roll.
    let two = [users[4].clone(), users[1].clone()];
    let report = resend(&mut world, Asked::Users(&two), "again").unwrap();
    assert!(!report.already && report.listing.unwrap().contains("\nresend 1\ngenerated 2\n"));
    assert_eq!(messages(&world, "again"), 2);
    let again = mail(&world, "again", 1);
    assert!(
        again.contains(&users[1]) && to(&again) == to(&first[1]) && again.contains("Sustituye al mensaje anterior")
    );
    let ((half, token), (half_before, token_before)) = (link(&again), link(&first[1]));
    assert!(half == half_before && token != token_before, "the same half, another token");
    let token_hash = |token: &[u8]| hex(&tagged_hash("access-token", &[token]));
    let changes = update(&world, "again");
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0], Change { user: users[1].clone(), token: token_hash(&token) });
    let entities = fs::read_to_string(world.folder.path().join("again/entities.txt")).unwrap();
    assert_eq!(entities, "0000001 Nayarit\n0000002 Nayarit\n");

    // Cut off before its line, or before its report: completed, and nobody gets a third link.
    let before = world.files();
    world.cut_last_line();
    assert!(!resend(&mut world, Asked::Users(&two), "again").unwrap().already);
    world.cut_last_line();
    fs::remove_file(world.workspace.path("roll/resend-01.txt")).unwrap();
    assert!(!resend(&mut world, Asked::Users(&two), "again").unwrap().already);
    assert!(resend(&mut world, Asked::Users(&two), "again").unwrap().already);
    assert!(world.files() == before && mail(&world, "again", 1) == again);

    // To a new address, which is the latest from then on.
    let file = requests(&mut world, "one", &[(&users[1], Some("nueva@correo.example")), (&users[2], None)]);
    resend(&mut world, Asked::File(&file), "new").unwrap();
    assert_eq!(to(&mail(&world, "new", 1)), "To: <nueva@correo.example>");
    assert_eq!(to(&mail(&world, "new", 2)), to(&first[2]));
    resend(&mut world, Asked::Users(&users[1..2]), "latest").unwrap();
    assert_eq!((messages(&world, "latest"), to(&mail(&world, "latest", 1))), (1, "To: <nueva@correo.example>"));
    assert_ne!(update(&world, "latest")[0].token, update(&world, "new")[0].token);

    // Addresses that are none, or somebody's; a wrong password; a file of another kind.
    for (email, name) in [("nueva@correo.example", "taken"), ("CANARIO0@Correo.example", "known"), ("a@b,c@d", "none")]
    {
        let file = requests(&mut world, name, &[(&users[3], Some(email))]);
        assert_refused(resend(&mut world, Asked::File(&file), "refused"), "error.resend.email");
    }
    // Two may change places.
    let canary = |number: u32| format!("canario{number}@correo.example");
    let (zero, five) = (to_address(&first[0]), to_address(&first[5]));
    assert!([&zero, &five].iter().all(|email| (0..12).any(|number| **email == canary(number))));
    let file = requests(&mut world, "swap", &[(&users[0], Some(&five)), (&users[5], Some(&zero))]);
    resend(&mut world, Asked::File(&file), "swapped").unwrap();
    assert_eq!(to_address(&mail(&world, "swapped", 1)), five);
    let package = world.folder.path().join("outbox").join(accounts::PACKAGE);
    let wrong = assert_refused(resend(&mut world, Asked::File(&package), "refused"), "error.secret.open");
    assert_eq!(wrong.exit_code(), 4);
    assert!(!world.folder.path().join("refused").exists());

    // A folder of accounts is no folder of a resend.
    assert_refused(resend(&mut world, Asked::Users(&two), "outbox"), "error.accounts");

    public_and_private(&world, &users);
}

fn to_address(mail: &str) -> String {
    to(mail).trim_start_matches("To: <").trim_end_matches('>').to_owned()
}

/// The public knows how many, and the hash of what the server gets; whose they are is sealed.
fn public_and_private(world: &World, users: &[String]) {
    for number in 1..=4 {
        let text = fs::read_to_string(world.workspace.path(format!("roll/resend-{number:02}.txt"))).unwrap();
        let outbox = ["again", "new", "latest", "swapped"][number - 1];
        let package = sha256(&[&fs::read(world.folder.path().join(outbox).join(UPDATE)).unwrap()]);
        assert!(text.contains(&format!("\nresend {number}\n")) && text.contains(&hex(&package)), "{text}");
        assert!(!text.contains("Nayarit"), "so few that an entity would tell: {text}");
    }
    let log = world.workspace.transcript().unwrap();
    let line = log.lines().last().unwrap();
    assert_eq!(
        (line.act.as_str(), line.outputs.keys().next().unwrap().as_str()),
        ("roll resend", "roll/resend-04.txt")
    );
    for canary in
        [CANARY, "CANARIO", "canario", "Canario", "nueva@"].into_iter().chain(users.iter().map(String::as_str))
    {
        assert!(
            !world.files().iter().any(|(_, bytes)| bytes.windows(canary.len()).any(|w| w == canary.as_bytes())),
            "{canary} is public"
        );
    }
    let secret = world.secret("registro");
    for end in [".accounts", ".resend-01", ".resend-04"] {
        owners_only(&common::with_suffix(&secret, end));
    }
    owners_only(&world.folder.path().join("again").join(UPDATE));
}

#[cfg(unix)]
fn owners_only(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
}

#[cfg(not(unix))]
fn owners_only(path: &Path) {
    assert!(path.exists());
}
