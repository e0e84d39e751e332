//! Everything the tool says, one catalogue per language, Spanish first.

use core::fmt;
use core::str::FromStr;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A language with a catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Spanish.
    #[default]
    Es,
    /// English.
    En,
}

impl FromStr for Lang {
    type Err = &'static str;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "es" => Ok(Self::Es),
            "en" => Ok(Self::En),
            _ => Err("es | en"),
        }
    }
}

const SOURCES: [&str; 2] = [include_str!("../text/es.toml"), include_str!("../text/en.toml")];

type Catalogue = BTreeMap<String, String>;

fn catalogue(lang: Lang) -> &'static Catalogue {
    static PARSED: [OnceLock<Catalogue>; 2] = [OnceLock::new(), OnceLock::new()];
    let [es, en] = &PARSED;
    let [es_source, en_source] = SOURCES;
    // An unreadable catalogue shows keys instead of prose; a test reads both.
    match lang {
        Lang::Es => es.get_or_init(|| toml::from_str(es_source).unwrap_or_default()),
        Lang::En => en.get_or_init(|| toml::from_str(en_source).unwrap_or_default()),
    }
}

/// The text of a key; the key itself if there is none.
#[must_use]
pub fn lookup(lang: Lang, key: &str) -> &str {
    catalogue(lang).get(key).map_or(key, String::as_str)
}

/// The text of a key with its placeholders filled.
#[must_use]
pub fn say(lang: Lang, key: &str, args: &[(&'static str, &dyn fmt::Display)]) -> String {
    let args: Vec<_> = args.iter().map(|(name, value)| (*name, value.to_string())).collect();
    fill(lookup(lang, key), &args)
}

/// Puts arguments for `{placeholders}`, in one pass: an argument is never searched.
#[must_use]
pub fn fill(template: &str, args: &[(&'static str, String)]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        match args.iter().find(|(n, _)| *n == name) {
            Some((_, value)) => out.push_str(value),
            None => {
                out.push('{');
                out.push_str(name);
                out.push('}');
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn catalogues_have_equal_keys_and_placeholders() {
        let parse = |source| toml::from_str::<Catalogue>(source).unwrap();
        let [es, en] = SOURCES.map(parse);
        assert!(es.len() > 50);
        assert_eq!(es.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
        for (key, spanish) in &es {
            assert!(!spanish.trim().is_empty() && !en[key].trim().is_empty(), "{key} is empty");
            assert_eq!(placeholders(spanish), placeholders(&en[key]), "{key}");
        }
    }

    /// Every key that the code names stands in the catalogue, and every entry is named.
    #[test]
    fn catalogues_hold_what_the_code_names() {
        let mut sources = Vec::new();
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    sources.push(std::fs::read_to_string(path).unwrap());
                }
            }
        }
        let code = sources.concat();
        let prefixes = ["error.", "ask.", "say.", "report."];
        let literals: BTreeSet<&str> = code.split('"').filter(|s| prefixes.iter().any(|p| s.starts_with(p))).collect();
        let known = catalogue(Lang::Es);
        for key in literals.iter().filter(|key| !key.contains('{') && !prefixes.contains(key)) {
            assert!(known.contains_key(*key), "{key} has no text");
        }
        for (call, prefix) in [(".ask(\"", "ask."), ("text(session, \"", "ask."), (".with(\"", "report.")] {
            for name in code.split(call).skip(1).filter_map(|rest| rest.split_once('"')).map(|(name, _)| name) {
                assert!(known.contains_key(&format!("{prefix}{name}")), "{prefix}{name} has no text");
            }
        }
        for key in known.keys().filter(|k| k.starts_with("error.") || k.starts_with("say.")) {
            assert!(literals.contains(key.as_str()), "{key} is not used");
        }
    }

    #[test]
    fn fills_once() {
        let args = [("a", "{b}".to_owned()), ("b", "x".to_owned())];
        assert_eq!(fill("{a} {b} {c} {", &args), "{b} x {c} {");
    }
}
