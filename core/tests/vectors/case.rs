//! What a case gives, and what is answered.

use escrutinio_core::point::Point;
use escrutinio_core::transcript::Position;
use escrutinio_core::{group, ids};
use serde_json::{Value, json};

/// The output, or the code of the check that refuses.
pub(crate) type Answer = Result<Value, &'static str>;

/// The input of a case and what its group shares.
#[derive(Debug)]
pub(crate) struct Given<'a> {
    pub(crate) setting: &'a Value,
    pub(crate) input: &'a Value,
}

impl Given<'_> {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.input.get(name).or_else(|| self.setting.get(name))
    }

    pub(crate) fn value(&self, name: &str) -> &Value {
        self.get(name).unwrap_or_else(|| panic!("no {name}"))
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.value(name).as_str().unwrap()
    }

    pub(crate) fn number(&self, name: &str) -> u32 {
        u32::try_from(self.value(name).as_u64().unwrap()).unwrap()
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        unhex(self.text(name))
    }

    pub(crate) fn array<const N: usize>(&self, name: &str) -> [u8; N] {
        self.bytes(name).try_into().unwrap()
    }

    /// Where a proof stands.
    pub(crate) fn position(&self) -> Position {
        let position = self.value("position");
        let field = |name: &str| position.get(name).map(|n| u32::try_from(n.as_u64().unwrap()).unwrap());
        Position {
            contest: field("contest"),
            style: field("style"),
            unit: field("unit"),
            role: field("role"),
            index: field("index"),
        }
    }

    pub(crate) fn points(&self, name: &str) -> Vec<Point> {
        let point = |text: &Value| {
            let bytes = unhex(text.as_str().unwrap()).try_into().unwrap();
            Point::new(group::decompress(&bytes).unwrap())
        };
        self.value(name).as_array().unwrap().iter().map(point).collect()
    }
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    ids::hex(bytes)
}

/// An output of one value.
pub(crate) fn one(name: &str, value: impl Into<Value>) -> Answer {
    Ok(json!({ name: value.into() }))
}

/// Accepted, and nothing to put out.
pub(crate) fn nothing() -> Answer {
    Ok(json!({}))
}
