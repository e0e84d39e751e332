//! The voters' devices, as far as the tests need them.

use std::fs;
use std::path::PathBuf;

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_ceremony::commands::accounts;
use escrutinio_ceremony::session::{FixedClock, Session};
use escrutinio_ceremony::source::{self, RecordSource};
use escrutinio_ceremony::text::Lang;
use escrutinio_ceremony::ui::Scripted;
use escrutinio_core::ballot::{PlaintextBallot, PreparedBallot};
use escrutinio_core::credential::{Credential, CredentialLists, IssuedHalf, RollRecord};
use escrutinio_core::encoding::{Decode, Encode};
use escrutinio_core::text::Text;
use escrutinio_core::verify::Election;

use super::{CANARY, World};

fn sealed(world: &mut World) -> Election {
    let mut ui = Scripted::quiet("").unwrap();
    let clock = FixedClock(world.now);
    let mut session = Session { rng: &mut world.rng, clock: &clock, ui: &mut ui, lang: Lang::Es };
    source::sealed(&mut session, &RecordSource::new(&world.workspace)).unwrap()
}

/// The user name in a message of the first outbox.
pub fn user(world: &World, number: u32) -> String {
    let mail = fs::read_to_string(world.folder.path().join(format!("outbox/mail/{number:07}.eml"))).unwrap();
    mail.lines().find_map(|line| line.strip_prefix("    ")).unwrap().to_owned()
}

/// What voters' devices do: the first half from the mailed link, the second from the server.
pub fn casts(world: &mut World, choices: &[u32]) -> Vec<Vec<u8>> {
    let choices: Vec<(u32, Option<&str>)> = choices.iter().map(|choice| (*choice, None)).collect();
    casts_with(world, &choices)
}

/// The same, with what voters wrote.
pub fn casts_with(world: &mut World, choices: &[(u32, Option<&str>)]) -> Vec<Vec<u8>> {
    let election = sealed(world);
    let read = |path: &str| fs::read(world.workspace.path(path)).unwrap();
    let lists = CredentialLists::from_bytes(&read("record/credentials/lists.bin")).unwrap();
    let roll = RollRecord::from_bytes(&read("record/roll.bin")).unwrap();
    let opened =
        accounts::open_accounts(&world.folder.path().join("server.sealed"), &format!("{CANARY}-servidor")).unwrap();
    let mut casts = Vec::new();
    for ((choice, text), number) in choices.iter().zip(1u32..) {
        let mail = fs::read_to_string(world.folder.path().join(format!("outbox/mail/{number:07}.eml"))).unwrap();
        let (_, link) = mail.split_once("https://voto.example/#").unwrap();
        let (half, _token) = link.split_once("\r\n").unwrap().0.split_once('.').unwrap();
        let first = IssuedHalf::from_bytes(&Base64UrlUnpadded::decode_vec(half).unwrap()).unwrap();
        let account = opened.iter().find(|a| (a.list, a.place) == (first.list(), first.place())).unwrap();
        assert!(mail.contains(&account.user) && mail.contains(&account.email));
        let half = account.half.as_ref().unwrap();
        let bytes: Vec<u8> =
            (0..half.len()).step_by(2).map(|i| u8::from_str_radix(&half[i..i + 2], 16).unwrap()).collect();
        let second = IssuedHalf::from_bytes(&bytes).unwrap();
        let issuers = (&election.manifest.registrar.key, &election.manifest.server.key);
        let credential = Credential::combine(&first, &second, issuers, &roll.roll_id(), &lists).unwrap();
        let parameters = &election.parameters[0];
        let ballot = credential.for_ballot();
        let points = parameters.shape.texts;
        let text = text.map(|text| Text::normalise(text, points).unwrap().to_blocks(points).unwrap());
        let plain = PlaintextBallot::new(&parameters.shape, *choice, text).unwrap();
        let prepared = PreparedBallot::encrypt(parameters, 0, 0, ballot.key(), plain, &mut world.rng);
        casts.push(prepared.cast(&ballot, &mut world.rng).to_bytes());
    }
    casts
}

pub fn spool(world: &World, name: &str, casts: &[Vec<u8>]) -> PathBuf {
    let mut bytes = Vec::new();
    for cast in casts {
        bytes.extend_from_slice(&u32::try_from(cast.len()).unwrap().to_le_bytes());
        bytes.extend_from_slice(cast);
    }
    world.write(name, &bytes)
}
