//! An election for scripts that test the page: writes what a server would hand out into a folder, and
//! plays the server on standard input and output, line by line:
//!
//! `record/` is sealed, `counted/` is the same election with a few ballots, closed and counted.
//!
//!     cast <hex>       verifies a ballot as the server does; answers `promise <receipt in base64url>`
//!     no <reason>      what it answers where the ballot does not hold
//!
//! Every key here follows from a published label.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a program for tests")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::io::{BufRead, Write};
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::ballot::CastBallot;
use escrutinio_core::board::Receipt;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_wasm_client::json::{Object, array, string};
use rand_chacha::ChaCha20Rng;

fn text(bytes: &[u8]) -> String {
    string(&Base64UrlUnpadded::encode_string(bytes))
}

fn texts(keys: &[[u8; 32]]) -> String {
    array(keys.iter().map(|key| text(key)))
}

fn main() {
    let folder = std::env::args_os().nth(1).unwrap();
    let folder = Path::new(&folder);
    let (rehearsal, mut rng) = common::sealed();
    write(&rehearsal, folder);
    put_all(&common::counted(&rehearsal, &mut rng), &folder.join("counted"));
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        println!("{}", answer(&rehearsal, &line.unwrap(), &mut rng).unwrap_or_else(|why| format!("no {why}")));
        std::io::stdout().flush().unwrap();
    }
}

fn put(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn put_all(rehearsal: &Rehearsal, folder: &Path) {
    rehearsal.files.0.iter().for_each(|(path, bytes)| put(&folder.join(path), bytes));
}

fn write(rehearsal: &Rehearsal, folder: &Path) {
    put_all(rehearsal, &folder.join("record"));
    let put = |path: &str, bytes: &[u8]| put(&folder.join(path), bytes);
    let (checkpoint, bundles) = rehearsal.acts(&[rehearsal.first_act()], 2);
    put("acts/checkpoint", &checkpoint);
    put("acts/bundle", &bundles[0]);
    let mut lists = Vec::new();
    for number in (0..).take(common::COUNTS.len()) {
        let (keys, base, firsts) = common::list(rehearsal, number);
        let buckets = (0..).take(firsts.len()).map(|bucket| {
            let (keys, path) = common::bucket(rehearsal, number, bucket);
            Object::new().with("keys", texts(&keys)).with("path", texts(&path)).finish()
        });
        let voters = (0..keys).map(|place| {
            let (first, second) = rehearsal.issued(number, place);
            let (first, second) = (text(&first.expose_bytes()), text(&second.expose_bytes()));
            Object::new().with("first", first).with("second", second).finish()
        });
        let list = Object::new()
            .with("keys", keys)
            .with("buckets", firsts.len())
            .with("base", text(&base))
            .text("root", "")
            .with("first", texts(&firsts));
        lists.push(
            Object::new()
                .with("list", list.finish())
                .with("buckets", array(buckets))
                .with("voters", array(voters))
                .finish(),
        );
    }
    let election = Object::new()
        .text("electionId", &rehearsal.election().election_id.to_string())
        .with("lists", array(lists))
        .finish();
    put("election.json", election.as_bytes());
}

fn answer(rehearsal: &Rehearsal, line: &str, rng: &mut ChaCha20Rng) -> Result<String, String> {
    let hex = line.strip_prefix("cast ").ok_or("not a request")?;
    let pairs: Vec<&str> = (0..hex.len() / 2).map(|n| &hex[2 * n..2 * n + 2]).collect();
    let bytes: Vec<u8> = pairs.into_iter().map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    let election = rehearsal.election();
    let cast = CastBallot::decode(&bytes, &election.shapes).map_err(|error| error.to_string())?;
    let list = election.manifest.list_index(cast.body.style, cast.body.unit).ok_or("V1.2")?;
    election.credential(list, &cast.key.bytes).ok_or("V1.3")?;
    if !cast.binding_holds() {
        return Err("V1.5".to_owned());
    }
    cast.verify_signature(election.base(list).unwrap()).map_err(|_| "V1.6")?;
    let contest = cast.body.contest;
    let parameters = &election.parameters[usize::try_from(contest).unwrap()];
    cast.body.verify_proof(parameters, rng).map_err(|_| "V1.7")?;
    let code = cast.body.tracking_code();
    let receipt = Receipt::promise(election.election_id, contest, code, &rehearsal.keys.server);
    Ok(format!("promise {}", Base64UrlUnpadded::encode_string(receipt.to_string().as_bytes())))
}
