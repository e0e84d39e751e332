//! Vectors of `writeins.md`.

use escrutinio_core::encoding::Encode;
use escrutinio_core::group::{self, Element};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::ElectionId;
use escrutinio_core::text::{Text, from_points};
use escrutinio_core::writein::{Rows, TextPartial, fold, report};
use serde_json::{Value, json};

use crate::case::{Answer, Given, hex, nothing, one, unhex};

pub(crate) fn kind(name: &str) -> Option<fn(&Given) -> Answer> {
    Some(match name {
        "fold" => folding,
        "characters" => characters,
        "text" => text,
        "report" => counted,
        "text-decryption" => decryption,
        _ => return None,
    })
}

fn strings(list: &Value) -> Vec<[u8; 32]> {
    list.as_array().unwrap().iter().map(|text| unhex(text.as_str().unwrap()).try_into().unwrap()).collect()
}

fn elements(list: &Value) -> Vec<Element> {
    strings(list).iter().map(|bytes| group::decompress(bytes).unwrap()).collect()
}

fn folding(t: &Given) -> Answer {
    one("folded", fold(t.text("name")))
}

fn characters(_: &Given) -> Answer {
    let of_names = |c: &char| {
        let text = format!("a{c}a");
        Text::normalise(&text, 8).is_ok_and(|normal| normal.expose() == text)
    };
    let all: Vec<char> = ('\0'..=char::MAX).filter(of_names).collect();
    let folds: String = all.iter().map(|c| format!("{}\n", fold(&format!("a{c}a")))).collect();
    let folds = tagged_hash("vector-folds", &[folds.as_bytes()]);
    Ok(json!({ "characters": all.len(), "folds": hex(&folds) }))
}

fn text(t: &Given) -> Answer {
    one("name", from_points(&elements(t.value("points"))).map_err(|_| "text")?)
}

fn counted(t: &Given) -> Answer {
    let rows: Vec<Vec<Element>> = t.value("rows").as_array().unwrap().iter().map(elements).collect();
    let (id, contest) = (ElectionId(t.array("electionId")), t.number("contest"));
    let (marked, min_group) = (t.number("marked").into(), t.number("minGroup").into());
    let texts = report(id, contest, marked, min_group, rows.iter().map(Vec::as_slice));
    one("texts", hex(&texts.to_bytes()))
}

fn decryption(t: &Given) -> Answer {
    let public = elements(t.value("X"));
    let points = t.value("rows").as_array().unwrap().iter().flat_map(strings).collect();
    let rows = Rows::from_points(public.len(), points).unwrap();
    let partial = TextPartial::decode(&t.bytes("partial"), rows.len(), public.len()).map_err(|_| "W3.1")?;
    let place = (partial.election_id.0, partial.contest, partial.index.get());
    if place != (t.array("electionId"), t.number("contest"), t.number("index")) {
        return Err("W3.1");
    }
    partial.verify_proof(&rows, &public).map_err(|_| "W3.3")?;
    nothing()
}
