//! What a document makes a browser load.
//!
//! A document whose hash is on the list is the one that was built. This is for the case that the list itself is not
//! the one that was read before the election, or that there is none to compare it with: the document is read so that
//! nothing that a browser would take for a tag is missed, rather than so that nothing else is taken for one. From every
//! `<` on a tag is read as a browser would read it if a tag began there.

use escrutinio_core::client_list::{ClientList, resolve};

/// Longest document that is read.
const LONGEST: usize = 256 * 1024;
/// Longest tag that is read.
const TAG: usize = 4096;

/// Elements that load by nature, or change what the others load.
const FORBIDDEN: [&str; 10] =
    ["applet", "base", "embed", "fencedframe", "frame", "frameset", "iframe", "object", "portal", "style"];
/// Attributes that name what is loaded, or where something is sent.
const LOADING: [&str; 17] = [
    "action",
    "archive",
    "attributionsrc",
    "background",
    "classid",
    "code",
    "codebase",
    "data",
    "dynsrc",
    "formaction",
    "imagesrcset",
    "lowsrc",
    "manifest",
    "ping",
    "poster",
    "srcdoc",
    "srcset",
];

/// A tag with its attributes, in lower case but for the values.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
    /// Where it ends.
    length: usize,
}

/// What a document loads that is not on the list, or could load: each as it stands there.
#[must_use]
pub fn faults(path: &str, bytes: &[u8], list: &ClientList) -> Vec<String> {
    if bytes.len() > LONGEST {
        return vec![format!("more than {LONGEST} bytes")];
    }
    // A browser believes these two bytes more than any header.
    if bytes.starts_with(&[0xfe, 0xff]) || bytes.starts_with(&[0xff, 0xfe]) {
        return vec!["UTF-16".to_owned()];
    }
    // A browser replaces what is no text likewise; no replacement makes a tag.
    let text = String::from_utf8_lossy(bytes);
    let mut faults = Vec::new();
    for (start, _) in text.match_indices('<') {
        let rest = text.get(start..).unwrap_or_default();
        if !rest.get(1..).is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic())) {
            continue;
        }
        let fault = match Tag::read(rest) {
            Some(tag) => fault(path, &tag, rest.get(tag.length..).unwrap_or_default(), list),
            None => Some("?".to_owned()),
        };
        if let Some(what) = fault {
            let shown: String = rest.chars().take(80).collect();
            faults.push(format!("{what}: {}", shown.split_inclusive('>').next().unwrap_or_default()));
        }
    }
    faults
}

/// What is wrong with a tag, after which `rest` comes.
fn fault(document: &str, tag: &Tag, rest: &str, list: &ClientList) -> Option<String> {
    let name = tag.name.as_str();
    if FORBIDDEN.contains(&name) {
        return Some(name.to_owned());
    }
    let listed = |value: &str| resolve(document, value).is_some_and(|path| list.get(&path).is_some());
    for (attribute, value) in &tag.attributes {
        let foreign = match attribute.as_str() {
            "src" if name == "img" && value.starts_with("data:image/") => false,
            "src" => !listed(value),
            "href" | "xlink:href" if matches!(name, "a" | "area") => runs(value),
            "href" | "xlink:href" => !listed(value) && !value.starts_with('#'),
            "charset" if name == "meta" => !value.eq_ignore_ascii_case("utf-8"),
            "http-equiv" => true,
            other => other.starts_with("on") || LOADING.contains(&other),
        };
        if foreign {
            return Some(attribute.clone());
        }
    }
    // What stands in a document itself: an import map would do, too.
    let inline = name == "script" && (tag.get("src").is_none() || !rest.trim_start().starts_with("</script"));
    inline.then(|| name.to_owned())
}

/// Whether following a link could run something: an address other than a plain one.
fn runs(value: &str) -> bool {
    let plain: String = value.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let lower = plain.to_ascii_lowercase();
    let scheme = lower.split(['/', '?', '#']).next().unwrap_or_default().split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| !matches!(scheme, "https" | "mailto" | "tel")) || lower.contains('&')
}

impl Tag {
    /// Reads the tag at the beginning of a text, by the rules of HTML's tokenizer; `None` if it does not end soon.
    fn read(text: &str) -> Option<Self> {
        let mut end = text.len().min(TAG);
        while !text.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        let text = text.get(..end)?;
        let mut rest = text.get(1..)?;
        let name = take(&mut rest, |c| !is_space(c) && c != '/' && c != '>').to_ascii_lowercase();
        let mut attributes = Vec::new();
        loop {
            take(&mut rest, |c| is_space(c) || c == '/');
            if let Some(after) = rest.strip_prefix('>') {
                return Some(Self { name, attributes, length: text.len().saturating_sub(after.len()) });
            }
            let first = rest.chars().next()?;
            // An equals sign at the beginning belongs to the name.
            let (start, after) = rest.split_at(first.len_utf8());
            rest = after;
            let more = take(&mut rest, |c| !is_space(c) && c != '/' && c != '>' && c != '=');
            let attribute = format!("{start}{more}").to_ascii_lowercase();
            let mut ahead = rest;
            take(&mut ahead, is_space);
            let mut value = String::new();
            if let Some(mut after) = ahead.strip_prefix('=') {
                take(&mut after, is_space);
                value = match after.chars().next()? {
                    quote @ ('"' | '\'') => {
                        let (inside, behind) = after.get(1..)?.split_once(quote)?;
                        after = behind;
                        inside.to_owned()
                    }
                    _ => take(&mut after, |c| !is_space(c) && c != '>').to_owned(),
                };
                rest = after;
            }
            attributes.push((attribute, value));
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(attribute, _)| attribute == name).map(|(_, value)| value.as_str())
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

/// Takes as much off the front as has a property.
fn take<'a>(rest: &mut &'a str, mut has: impl FnMut(char) -> bool) -> &'a str {
    let end = rest.find(|c| !has(c)).unwrap_or(rest.len());
    let (taken, after) = rest.split_at(end);
    *rest = after;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, text: &str) -> Vec<String> {
        let files = ["index.html", "style.css", "icon.svg", "src/main.js"];
        faults(path, text.as_bytes(), &ClientList::of(files.map(|path| (path, &b""[..]))).unwrap())
    }

    const HONEST: &str = "<!DOCTYPE html><html lang=\"es\"><head><meta charset='utf-8'><title>a</title>\
        <link rel=\"icon\" href=icon.svg><link rel=\"stylesheet\" integrity=\"sha384-x\" href=\"style.css\">\
        <script type=\"module\" src=\"src/main.js\"></script></head><body><a href=\"#main\">1 < 2 & 3</a>\
        <a href=\"https://ine.example/a?b=c\">x</a><img src=\"data:image/png;base64,AA==\"/><br></body></html>";

    #[test]
    fn the_pages_own_documents_load_nothing_else() {
        assert_eq!(of("index.html", HONEST), [""; 0]);
        assert_eq!(of("a/b.html", "<script src=\"../src/main.js\"></script>"), [""; 0]);
        let web = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wasm-client/web");
        let mut found = 0;
        let names: Vec<String> = walk(std::path::Path::new(web), "");
        let list = ClientList::of(names.iter().map(|name| (name.as_str(), &b""[..]))).unwrap();
        for name in names.iter().filter(|name| name.ends_with(".html")) {
            let text = std::fs::read(format!("{web}/{name}")).unwrap();
            assert_eq!(faults(name, &text, &list), [""; 0], "{name}");
            found += 1;
        }
        assert!(found >= 6);
    }

    fn walk(folder: &std::path::Path, below: &str) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
        let names = entries.flat_map(|entry| {
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() { walk(&entry.path(), &format!("{name}/")) } else { vec![name] }
        });
        names.collect()
    }

    #[test]
    fn anything_else_is_named() {
        for (tag, what) in [
            ("<script src=\"other.js\"></script>", "src"),
            ("<script src=https://otro.example/x.js></script>", "src"),
            ("<ScRiPt\nSRC = 'other.js' ></script>", "src"),
            ("<script/src=other.js></script>", "src"),
            ("<script src=\"src/main.js?x\"></script>", "src"),
            ("<script src=\"/src/main.js\"></script>", "src"),
            ("<script>fetch('x')</script>", "script"),
            ("<script src=\"src/main.js\">1</script>", "script"),
            ("<script type=\"importmap\">{}</script>", "script"),
            ("<svg/onload=alert(1)>", "onload"),
            ("<img src=x onerror=1>", "src"),
            ("<link rel=modulepreload href=other.js>", "href"),
            ("<link rel=stylesheet href=\"&#104;ttps://otro.example\">", "href"),
            ("<base href=\"https://otro.example/\">", "base"),
            ("<meta http-equiv=refresh content='0;https://otro.example'>", "http-equiv"),
            ("<meta charset=iso-2022-jp>", "charset"),
            ("<iframe srcdoc=\"\">", "iframe"),
            ("<form action=\"https://otro.example\">", "action"),
            ("<button formaction=x>", "formaction"),
            ("<a href=\"java\tscript:alert(1)\">", "href"),
            ("<a href=\"&#106;avascript:alert(1)\">", "href"),
            ("<style>@import 'x'</style>", "style"),
            ("<use xlink:href=\"https://otro.example#a\">", "xlink:href"),
        ] {
            // Wherever it stands: also where this reader would not look for a tag if it read as a browser does.
            for text in [
                HONEST.replace("</body>", &format!("{tag}</body>")),
                format!("<!-- <a title=\" -->{tag}<!-- \" -->"),
                format!("<a title=\"{}\">", tag.replace('"', "'")),
            ] {
                let found = of("index.html", &text);
                assert!(found.iter().any(|fault| fault.starts_with(&format!("{what}: <"))), "{text}: {found:?}");
            }
        }
        assert!(of("index.html", "<script src=\"x")[0].starts_with("?: <script"), "a tag that does not end");
        assert_eq!(of("index.html", &" ".repeat(LONGEST + 1)).len(), 1);
        assert_eq!(faults("index.html", b"\xff\xfe<\0s\0", &ClientList::default()), ["UTF-16"]);
        assert_eq!(of("index.html", &format!("<a title=\"{}\">", "x".repeat(TAG))).len(), 1);
    }
}
