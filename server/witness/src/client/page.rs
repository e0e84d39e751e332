//! The page: the list of its files, every file, the document at the root, and what the host adds.

use std::collections::BTreeSet;

use escrutinio_core::client_list::{CONFIG, ClientList, INDEX, LIST, LONGEST};
use escrutinio_core::hash::Hash;
use escrutinio_core::ids::hex;
use serde_json::Value as Json;

use super::get::Answer;
use super::point::Point;
use super::policy::{self, Kind, Origins, origin};
use super::report::Value;
use super::{Look, document};
use crate::follow::fetch::address;

/// Most bytes of a file of the page.
const FILE: u64 = 16 << 20;
/// Most bytes of the whole page.
const PAGE: u64 = 64 << 20;
/// Most bytes of what the host adds.
pub(super) const HOST: u64 = 64 * 1024;
/// Most bytes of an emblem.
const EMBLEM: u64 = 1 << 20;

/// What is known of the page afterwards.
#[derive(Debug, Default)]
pub(super) struct Site {
    /// Its files.
    pub(super) list: Option<ClientList>,
    /// Where the page sends votes.
    pub(super) server: Option<String>,
}

/// An answer with its content.
type Got = (Answer, Vec<u8>);

impl Look<'_> {
    /// Everything that comes from the page's own address.
    pub(super) fn page(&mut self, base: &str) -> Site {
        // As a browser comes: first the document, then what belongs to it.
        let root = self.fetch(Point::Root, base, "", FILE);
        let listed = self.fetch(Point::List, base, LIST, u64::try_from(LONGEST).unwrap_or(u64::MAX));
        let list = listed.as_ref().and_then(|(answer, bytes)| self.list(answer, bytes));
        let config = self.fetch(Point::Config, base, CONFIG, HOST);
        let mut origins = Origins { own: origin(base), others: Vec::new() };
        let server = config.as_ref().and_then(|(_, bytes)| self.config(base, bytes, &mut origins));
        for ((answer, bytes), path) in [(&root, ""), (&listed, LIST), (&config, CONFIG)]
            .into_iter()
            .filter_map(|(got, path)| Some((got.as_ref()?, path)))
        {
            self.headers(path, answer, bytes, &origins);
        }
        if let Some(list) = &list {
            self.files(base, list, &origins);
        }
        self.root(root, list.as_ref());
        self.emblems(base, &origins);
        Site { list, server }
    }

    /// An answer that has content; that it is a good one is the point.
    fn fetch(&mut self, point: Point, base: &str, path: &str, most: u64) -> Option<Got> {
        let url = format!("{base}/{path}");
        let place = if path.is_empty() { "/" } else { path };
        let got = match self.getter.bytes(&url, most) {
            Ok(got) => got,
            Err(why) => {
                self.report.unchecked(point, place, &why);
                return None;
            }
        };
        self.is_there(point, place, &got.0, most).then_some(got)
    }

    /// Whether the answer is of status 200, from where it was asked for, and not too long.
    pub(super) fn is_there(&mut self, point: Point, place: &str, answer: &Answer, most: u64) -> bool {
        self.report.looked(point);
        self.report.looked(Point::Moved);
        match answer.status {
            200 if answer.longer => {
                let due = Value::Words("un archivo más corto", "a shorter file");
                self.report.differs(point, place, due, Value::Longer(most));
            }
            200 => return true,
            300..=399 => {
                let to = answer.all("location").join(" ");
                let due = Value::Words("el archivo mismo", "the file itself");
                self.report.differs(Point::Moved, place, due, Value::foreign(&format!("{} → {to}", answer.status)));
            }
            404 | 410 => {
                self.report.differs(point, place, Value::Words("el archivo", "the file"), Value::Absent);
            }
            status => self.report.unchecked(point, place, &status.to_string()),
        }
        false
    }

    /// The list, whose hash is the one that the manifest names.
    fn list(&mut self, answer: &Answer, bytes: &[u8]) -> Option<ClientList> {
        self.report.facts.build = Some(hex(&answer.hash));
        if let Some(named) = self.election.manifest.client_hash {
            self.hash(Point::Build, LIST, named, answer.hash);
        }
        match ClientList::parse(bytes) {
            Ok(list) => {
                self.report.facts.files = list.files().count();
                Some(list)
            }
            Err(why) => {
                let due = Value::Words("una lista de archivos", "a list of files");
                self.report.differs(Point::List, LIST, due, Value::foreign(&why.to_string()));
                None
            }
        }
    }

    pub(super) fn hash(&mut self, point: Point, place: &str, expected: Hash, came: Hash) {
        self.report.looked(point);
        if expected != came {
            self.report.differs(point, place, Value::Hash(expected), Value::Hash(came));
        }
    }

    fn files(&mut self, base: &str, list: &ClientList, origins: &Origins) {
        let mut left = PAGE;
        for (path, hash) in list.files() {
            let most = FILE.min(left);
            let Some((answer, bytes)) = self.fetch(Point::Files, base, path, most) else { continue };
            left = left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            self.hash(Point::Files, path, *hash, answer.hash);
            self.headers(path, &answer, &bytes, origins);
            self.content(path, &bytes, list);
        }
    }

    /// The document at the address itself.
    fn root(&mut self, root: Option<Got>, list: Option<&ClientList>) {
        let Some((answer, bytes)) = root else { return };
        let Some(list) = list else { return };
        match list.get(INDEX) {
            Some(hash) => self.hash(Point::Root, "/", *hash, answer.hash),
            None => self.report.differs(Point::Root, INDEX, Value::Words("en la lista", "on the list"), Value::Absent),
        }
        self.content(INDEX, &bytes, list);
    }

    /// What a file makes a browser load, as far as that can be read off it.
    fn content(&mut self, path: &str, bytes: &[u8], list: &ClientList) {
        if path.ends_with(".html") {
            self.report.looked(Point::Documents);
            for fault in document::faults(path, bytes, list) {
                let due = Value::Words("solo archivos de la lista", "only files of the list");
                self.report.differs(Point::Documents, path, due, Value::foreign(&fault));
            }
        }
        if path.ends_with(".html") || path.ends_with(".js") {
            self.report.looked(Point::Worker);
            let word = b"serviceWorker";
            if bytes.windows(word.len()).any(|part| part == word) {
                self.report.differs(Point::Worker, path, Value::Absent, Value::Text("serviceWorker".to_owned()));
            }
        }
    }

    /// What stands in the header of an answer.
    fn headers(&mut self, path: &str, answer: &Answer, bytes: &[u8], origins: &Origins) {
        let place = if path.is_empty() { "/" } else { path };
        let report = &mut self.report;
        for point in [Point::Policy, Point::Headers, Point::Types, Point::Extra] {
            report.looked(point);
        }
        let beside = path == CONFIG || path.starts_with("emblems/");
        let kind = if beside { Kind::Beside } else { Kind::Page };
        let weaker = policy::weaker(&answer.all("content-security-policy"), kind, origins);
        if !weaker.is_empty() {
            report.differs(
                Point::Policy,
                place,
                Value::Text(policy::DUE.to_owned()),
                Value::foreign(&weaker.join("; ")),
            );
        }
        for (name, due) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")] {
            let came = answer.all(name);
            if !came.iter().all(|came| came.trim().eq_ignore_ascii_case(due)) || came.is_empty() {
                let came = if came.is_empty() { Value::Absent } else { Value::foreign(&came.join(", ")) };
                report.differs(Point::Headers, place, Value::Text(format!("{name}: {due}")), came);
            }
        }
        for name in ["set-cookie", "refresh", "link", "service-worker-allowed"] {
            for value in answer.all(name) {
                report.differs(Point::Extra, place, Value::Absent, Value::foreign(&format!("{name}: {value}")));
            }
        }
        for value in answer.all("content-encoding").iter().filter(|value| !value.eq_ignore_ascii_case("identity")) {
            let due = Value::Words("el archivo sin codificar", "the file, not encoded");
            report.differs(Point::Types, place, due, Value::foreign(&format!("content-encoding: {value}")));
        }
        let name = if path.is_empty() { INDEX } else { path };
        let came = answer.all("content-type").join(", ");
        if !is_type(name, &came, bytes) {
            let due = types(name).first().copied().unwrap_or("application/octet-stream");
            report.differs(Point::Types, place, Value::Text(due.to_owned()), Value::foreign(&came));
        }
    }

    /// What the host says of the page; gives where votes go.
    fn config(&mut self, base: &str, bytes: &[u8], origins: &mut Origins) -> Option<String> {
        let Some(config) = serde_json::from_slice(bytes).ok().filter(Json::is_object) else {
            let due = Value::Words("un objeto JSON", "a JSON object");
            let text = String::from_utf8_lossy(bytes);
            self.report.differs(Point::Config, CONFIG, due, Value::foreign(&text));
            return None;
        };
        let text = |name: &str| config.get(name).and_then(Json::as_str).map(str::to_owned);
        let id = self.election.election_id.to_string();
        self.report.same(Point::Config, CONFIG, &id, text("election").as_deref());
        let (server, record, acta) = (text("server"), text("record"), text("acta"));
        for (name, url) in [("server", &server), ("record", &record), ("acta", &acta)] {
            self.report.looked(Point::Addresses);
            match url.as_deref().map(|url| (url, absolute(url, base))) {
                // Actas are linked to, nothing of them is fetched.
                Some((_, Some(_))) if name == "acta" => (),
                Some((_, Some(url))) => origins.others.push(origin(&url)),
                None if name != "server" => (),
                other => {
                    let due = Value::Words("una dirección https", "an https address");
                    let came = other.map_or(Value::Absent, |(url, _)| Value::foreign(url));
                    self.report.differs(Point::Addresses, &format!("{CONFIG}: {name}"), due, came);
                }
            }
        }
        let facts = &mut self.report.facts;
        let whole = |url: Option<&str>| url.map(|url| absolute(url, base).unwrap_or_else(|| url.to_owned()));
        (facts.server, facts.record) = (whole(server.as_deref()), whole(record.as_deref()));
        let help = config.get("help");
        let parts = ["name", "phone", "mail"].map(|name| help?.get(name)?.as_str());
        facts.help = Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" ")).filter(|help| !help.is_empty());
        absolute(&server?, base)
    }

    /// The emblems of the parties. One that is missing is shown as a colour; one that is another's a browser refuses.
    fn emblems(&mut self, base: &str, origins: &Origins) {
        let parties = &self.election.manifest.parties;
        let emblems: BTreeSet<Hash> = parties.iter().filter_map(|party| party.emblem).collect();
        for hash in emblems {
            let path = format!("emblems/{}", hex(&hash));
            let Ok((answer, bytes)) = self.getter.bytes(&format!("{base}/{path}"), EMBLEM) else { continue };
            if answer.status == 404 || !self.is_there(Point::Emblems, &path, &answer, EMBLEM) {
                continue;
            }
            self.hash(Point::Emblems, &path, hash, answer.hash);
            self.headers(&path, &answer, &bytes, origins);
        }
    }
}

/// The address that a browser makes of what the configuration of the page at `base` says: a path, or a whole address;
/// `None` if it would speak without encryption, or to somewhere that does not stand there plainly.
fn absolute(url: &str, base: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._~-".contains(c);
    if url.starts_with("//") || !url.chars().all(plain) {
        return address(url).ok();
    }
    let of_origin = url.is_empty() || url.starts_with('/');
    let whole = if of_origin { format!("{}{url}", origin(base)) } else { format!("{base}/{url}") };
    Some(whole.trim_end_matches('/').to_owned())
}

/// Media types of a file, by its name.
fn types(path: &str) -> &'static [&'static str] {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => &["text/html"],
        "js" => &["text/javascript", "application/javascript"],
        "css" => &["text/css"],
        "json" => &["application/json"],
        "svg" => &["image/svg+xml"],
        "wasm" => &["application/wasm"],
        _ => &[],
    }
}

/// Whether a file comes as what its name says; other files as anything but what a browser would run or show as a page.
/// A document in another set of characters would be another document.
fn is_type(path: &str, came: &str, bytes: &[u8]) -> bool {
    let lower = came.to_ascii_lowercase();
    let mut parts = lower.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let utf8 = parts.all(|part| {
        let charset = part.strip_prefix("charset=").map(|charset| charset.trim_matches('"'));
        charset.is_none_or(|charset| charset == "utf-8" || charset == "utf8")
    });
    let due = types(path);
    let known = due.contains(&essence);
    let harmless = due.is_empty()
        && !["html", "xml", "script", "svg"].iter().any(|part| essence.contains(part))
        && !essence.contains(',');
    // An emblem may be a drawing.
    let drawing = path.starts_with("emblems/") && (essence == "image/svg+xml" || bytes.is_empty());
    utf8 && (known || harmless || drawing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_a_configuration() {
        let of = |url: &str| absolute(url, "https://voto.example/mx");
        for (url, whole) in [
            ("", "https://voto.example"),
            ("/record", "https://voto.example/record"),
            ("/record/", "https://voto.example/record"),
            ("/", "https://voto.example"),
            ("acta", "https://voto.example/mx/acta"),
            ("../acta/a", "https://voto.example/mx/../acta/a"),
            ("https://casilla.example/", "https://casilla.example"),
            ("http://localhost:80", "http://localhost:80"),
        ] {
            assert_eq!(of(url).as_deref(), Some(whole));
        }
        for url in [
            "//otro.example",
            "/\\otro.example",
            "/\t/otro.example",
            "javascript:1",
            "a b",
            "http://otro.example",
            "https://a@b.example",
        ] {
            assert_eq!(of(url), None, "{url:?}");
        }
    }

    #[test]
    fn files_come_as_what_they_are() {
        for (path, came) in [
            ("index.html", "text/html"),
            ("index.html", "text/html; charset=UTF-8"),
            ("a/b.js", "text/javascript;charset=utf-8"),
            ("a/b.js", "application/javascript"),
            ("text/es.json", "application/json"),
            ("x_bg.wasm", "application/wasm"),
            ("client.manifest", "application/octet-stream"),
            ("client.manifest", "text/plain"),
            ("client.manifest", ""),
            ("emblems/ab", "image/svg+xml"),
            ("emblems/ab", "image/png"),
        ] {
            assert!(is_type(path, came, b"x"), "{path}: {came}");
        }
        for (path, came) in [
            ("index.html", "text/html; charset=iso-2022-jp"),
            ("index.html", "text/html; charset=utf-16"),
            ("index.html", "application/xhtml+xml"),
            ("index.html", ""),
            ("a/b.js", "text/html"),
            ("text/es.json", "text/html"),
            ("x_bg.wasm", "application/octet-stream"),
            ("client.manifest", "text/html"),
            ("client.manifest", "text/javascript"),
            ("emblems/ab", "text/html"),
            ("client.manifest", "text/plain, text/x"),
        ] {
            assert!(!is_type(path, came, b"x"), "{path}: {came}");
        }
    }
}
