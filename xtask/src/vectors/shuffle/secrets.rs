//! `shuffle-INSECURE-secrets.json`: what a mixer does, with its power, nonces and permutation.

use escrutinio_core::group::{self, Element, GENERATOR};

use super::{element, keys, rows, scalar, text_logs};
use crate::vectors::case::{Case, Vectors};
use crate::vectors::json::Json;

pub(super) fn vectors() -> (String, String) {
    let note = "What a mixer makes of rows, with the secrets that it wipes: shuffle.md.";
    let mut file = Vectors::new("shuffle-INSECURE-secrets", note, &[]);
    file.group("mix-keys", "Keys and their base raised to a power, in order.", [0, 1, 2, 5, 17].map(of_keys).into());
    let texts = [(0, 1), (1, 1), (3, 1), (8, 3)].map(|(n, m)| of_texts(n, m));
    file.group("mix-texts", "Texts encrypted anew, in order.", texts.into());
    file.file()
}

fn hex(point: &Element) -> Json {
    Json::hex(&group::compress(point))
}

/// Rows in order, and where each of them stood.
fn sorted(rows: Vec<Vec<Element>>) -> (Vec<Vec<Element>>, Vec<usize>) {
    let mut places: Vec<usize> = (0..rows.len()).collect();
    places.sort_by_key(|place| group::compress(&rows[*place][0]));
    (places.iter().map(|place| rows[*place].clone()).collect(), places)
}

fn of_keys(n: usize) -> Case {
    let (base, input, power) = (element("base", 0), keys(n), scalar("power", n));
    let (output, places) = sorted(input.iter().map(|key| vec![key * power]).collect());
    Case::valid(format!("{n} keys"))
        .input("base", hex(&base))
        .input("keys", input.iter().map(hex).collect::<Vec<_>>())
        .bytes("g", &power.to_bytes())
        .output("image", hex(&(base * power)))
        .output("mixed", output.concat().iter().map(hex).collect::<Vec<_>>())
        .output("pi", places)
}

fn of_texts(n: usize, m: usize) -> Case {
    let logs = text_logs(m);
    let keys: Vec<Element> = logs.iter().map(group::mul_generator).collect();
    let input = rows(n, &logs);
    let nonces: Vec<_> = (0..n).map(|j| scalar("mixer's nonce", j)).collect();
    let anew = input.iter().zip(&nonces).map(|(row, nonce)| {
        let masks = core::iter::once(&GENERATOR).chain(&keys);
        row.iter().zip(masks).map(|(point, y)| point + y * nonce).collect()
    });
    let (output, places) = sorted(anew.collect());
    let list = |rows: &[Vec<Element>]| -> Vec<Json> {
        rows.iter().map(|row| row.iter().map(hex).collect::<Vec<_>>().into()).collect()
    };
    Case::valid(format!("{n} rows of {} points", m + 1))
        .input("L", keys.iter().map(hex).collect::<Vec<_>>())
        .input("rows", list(&input))
        .input("e", nonces.iter().map(|nonce| Json::hex(&nonce.to_bytes())).collect::<Vec<_>>())
        .output("mixed", list(&output))
        .output("pi", places)
}
