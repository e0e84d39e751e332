//! Vectors of `manifest.md`: identifiers, rules, marks.

use escrutinio_core::encoding::Decode;
use escrutinio_core::manifest::{Manifest, Mark, Marks};
use escrutinio_core::record;
use serde_json::{Value, json};

use crate::case::{Answer, Given, hex, one};
use crate::records::changed;

pub(crate) fn kind(name: &str) -> Option<fn(&Given) -> Answer> {
    Some(match name {
        "manifest" => whole,
        "resolve" => resolve,
        _ => return None,
    })
}

fn whole(t: &Given) -> Answer {
    let manifest = Manifest::from_bytes(&changed(t)[record::MANIFEST]).map_err(|_| "M1.1")?;
    let manifest = manifest.validate().map_err(|error| if error.rule().is_some() { "M1.2" } else { "M1.3" })?;
    let (shapes, slots) = (manifest.shapes(), manifest.slots());
    Ok(json!({
        "manifestHash": hex(manifest.hash().as_bytes()),
        "setupId": hex(manifest.setup_id(0).as_bytes()),
        "secondSetupId": hex(manifest.setup_id(1).as_bytes()),
        "optionSlots": slots.options,
        "textSlots": slots.texts,
        "N": shapes.iter().map(|shape| shape.options).collect::<Vec<_>>(),
        "m": shapes.iter().map(|shape| shape.texts).collect::<Vec<_>>(),
        "nu": shapes.iter().map(|shape| shape.bits()).collect::<Vec<_>>(),
    }))
}

fn mark(value: &Value) -> Mark {
    let number = || u32::try_from(value[1].as_u64().unwrap()).unwrap();
    match value[0].as_str().unwrap() {
        "Party" => Mark::Party(number()),
        "Common" => Mark::Common(number()),
        "Independent" => Mark::Independent(number()),
        "Answer" => Mark::Answer(number()),
        "WriteIn" => Mark::WriteIn,
        "Null" => Mark::Null,
        other => panic!("no mark is called {other}"),
    }
}

fn resolve(t: &Given) -> Answer {
    let manifest = Manifest::from_bytes(&changed(t)[record::MANIFEST]).unwrap().validate().unwrap();
    let marks = Marks::new(t.value("marks").as_array().unwrap().iter().map(mark));
    let marks = if t.value("confirmed") == true { marks.confirm() } else { marks };
    one("option", manifest.resolve(t.number("contest"), &marks).map_err(|_| "resolve")?)
}
