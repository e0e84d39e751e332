//! JSON as the vectors want it: fields in the order in which they were put, one short value a line.

use core::fmt::Write;

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Json {
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// Fields in their order.
    Object(Vec<(String, Self)>),
}

/// What is no longer than this stands on one line.
const SHORT: usize = 100;

impl Json {
    /// Hexadecimal bytes.
    pub(crate) fn hex(bytes: &[u8]) -> Self {
        Self::Text(escrutinio_core::ids::hex(bytes))
    }

    /// The text of a file.
    pub(crate) fn file(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out.push('\n');
        out
    }

    fn line(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Text(text) => quoted(text),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::line).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Object(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(name, value)| format!("{}: {}", quoted(name), value.line())).collect();
                format!("{{{}}}", fields.join(", "))
            }
        }
    }

    fn write(&self, out: &mut String, depth: usize) {
        let line = self.line();
        if line.len() <= SHORT {
            out.push_str(&line);
            return;
        }
        let mut items = |open: char, close: char, items: Vec<(Option<&String>, &Self)>| {
            out.push(open);
            for (i, (name, value)) in items.into_iter().enumerate() {
                out.push_str(if i == 0 { "\n" } else { ",\n" });
                out.push_str(&" ".repeat(depth.saturating_add(1)));
                if let Some(name) = name {
                    out.push_str(&quoted(name));
                    out.push_str(": ");
                }
                value.write(out, depth.saturating_add(1));
            }
            out.push('\n');
            out.push_str(&" ".repeat(depth));
            out.push(close);
        };
        match self {
            Self::List(list) => items('[', ']', list.iter().map(|value| (None, value)).collect()),
            Self::Object(fields) => {
                items('{', '}', fields.iter().map(|(name, value)| (Some(name), value)).collect());
            }
            Self::Bool(_) | Self::Number(_) | Self::Text(_) => out.push_str(&line),
        }
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c < ' ' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

macro_rules! numbers {
    ($($t:ty),*) => {$(
        impl From<$t> for Json {
            fn from(value: $t) -> Self {
                Self::Number(i64::try_from(value).unwrap_or(i64::MAX))
            }
        }
    )*};
}

numbers!(u8, u32, u64, usize, i32, i64);

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Json {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

/// An object: `object! { "name": value, .. }`.
macro_rules! object {
    ($($name:literal: $value:expr),* $(,)?) => {
        $crate::vectors::json::Json::Object(vec![
            $((String::from($name), $crate::vectors::json::Json::from($value))),*
        ])
    };
}
pub(crate) use object;
