//! JSON, written: what the worker hands to the page. Nothing is read, so nothing more is needed.

use core::fmt::{Display, Write};

/// A string as a JSON string.
#[must_use]
pub fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A value, or null.
#[must_use]
pub fn optional(value: Option<String>) -> String {
    value.unwrap_or_else(|| "null".to_owned())
}

/// Values that are JSON already, as an array.
#[must_use]
pub fn array(values: impl IntoIterator<Item = impl Display>) -> String {
    let mut out = String::from("[");
    for (n, value) in values.into_iter().enumerate() {
        let comma = if n > 0 { "," } else { "" };
        let _ = write!(out, "{comma}{value}");
    }
    out.push(']');
    out
}

/// An object, field by field.
#[derive(Debug, Default)]
pub struct Object(String);

impl Object {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a field whose value is JSON already: a number, a bool, an array, an object.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Display) -> Self {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        let _ = write!(self.0, "{}:{value}", string(name));
        self
    }

    /// With a field that is a text.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.with(name, string(value))
    }

    /// The text of the object.
    #[must_use]
    pub fn finish(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('{');
        }
        self.0.push('}');
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_others_read() {
        let text = "a\"b\\c\n\u{1}ñ\u{2028}/";
        let inner = Object::new().with("n", 1).finish();
        let json = Object::new()
            .text(text, text)
            .with("list", array([&inner, "null", "true"]))
            .with("none", optional(None))
            .with("empty", array(Vec::<String>::new()))
            .with("nothing", Object::new().finish());
        let value: serde_json::Value = serde_json::from_str(&json.finish()).unwrap();
        let expected = serde_json::json!({
            text: text, "list": [{ "n": 1 }, null, true], "none": null, "empty": [], "nothing": {}
        });
        assert_eq!(value, expected);
    }
}
