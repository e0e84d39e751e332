//! The list of a build's files (`spec/server.md`, "The page's build"): what the voting page consists of.
//!
//! Its hash is the build's. The manifest names it as `client_hash`, the log of acts as the act *client*.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::board::lines::{Lines, hex_hash};
use crate::hash::{Hash, sha256};
use crate::ids::hex;

/// Where the list lies, beside the files.
pub const LIST: &str = "client.manifest";
/// What the host adds: for which election the page is, and where its server is.
pub const CONFIG: &str = "config.json";
/// The document that stands at the root.
pub const INDEX: &str = "index.html";

/// Most files of a build.
pub const MOST: usize = 1000;
/// Most bytes of a list.
pub const LONGEST: usize = 512 * 1024;

const FIRST_LINE: &str = "escrutinio/client/v1";
/// Most bytes of a path.
const PATH: usize = 200;

/// A list that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientListError {
    /// Longer than any list.
    Length,
    /// Not text, or not the first line of a list.
    Head,
    /// A line is not a hash, two spaces and a path, or is not closed.
    Line {
        /// Its number, from 1.
        line: usize,
    },
    /// A path leads elsewhere, or has letters that mean something in an address.
    Path {
        /// Number of its line.
        line: usize,
    },
    /// A path does not come after the one before.
    Order {
        /// Number of its line.
        line: usize,
    },
    /// More files than a build has.
    Files,
}

impl fmt::Display for ClientListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => f.write_str("it is too long"),
            Self::Head => write!(f, "it does not begin with the line {FIRST_LINE}"),
            Self::Line { line } => write!(f, "line {line} is not a hash, two spaces and a path"),
            Self::Path { line } => write!(f, "line {line} has a path that no file of a page has"),
            Self::Order { line } => write!(f, "line {line} is not in the order of paths"),
            Self::Files => write!(f, "it has more than {MOST} files"),
        }
    }
}

impl core::error::Error for ClientListError {}

/// The files of a build with their SHA-256, in the order of paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientList(BTreeMap<String, Hash>);

impl ClientList {
    /// The list of these files, by path and content.
    ///
    /// # Errors
    /// [`ClientListError`] with the number of the line that would be wrong.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self, ClientListError> {
        let mut list = Self::default();
        for (path, bytes) in files {
            list.0.insert(path.to_owned(), sha256(&[bytes]));
        }
        // What is written must be read again.
        Self::parse(list.to_string().as_bytes())
    }

    /// Reads a list; `to_string` writes it.
    ///
    /// # Errors
    /// [`ClientListError`] says what is wrong, and in which line.
    pub fn parse(bytes: &[u8]) -> Result<Self, ClientListError> {
        if bytes.len() > LONGEST {
            return Err(ClientListError::Length);
        }
        let text = core::str::from_utf8(bytes).map_err(|_| ClientListError::Head)?;
        let mut lines = Lines::new(text);
        lines.next().filter(|line| *line == FIRST_LINE).ok_or(ClientListError::Head)?;
        let mut files = BTreeMap::new();
        for (line, content) in (2usize..).zip(lines.by_ref()) {
            let (hash, path) = content.split_once("  ").ok_or(ClientListError::Line { line })?;
            let hash = hex_hash(hash).ok_or(ClientListError::Line { line })?;
            if !is_path(path) {
                return Err(ClientListError::Path { line });
            }
            if files.last_key_value().is_some_and(|(last, _): (&String, _)| last.as_str() >= path) {
                return Err(ClientListError::Order { line });
            }
            if files.len() >= MOST {
                return Err(ClientListError::Files);
            }
            files.insert(path.to_owned(), hash);
        }
        if lines.rest().is_empty() {
            Ok(Self(files))
        } else {
            Err(ClientListError::Line { line: files.len().saturating_add(2) })
        }
    }

    /// The build's hash: SHA-256 of the list.
    #[must_use]
    pub fn hash(&self) -> Hash {
        sha256(&[self.to_string().as_bytes()])
    }

    /// Path and hash of every file.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Hash)> {
        self.0.iter().map(|(path, hash)| (path.as_str(), hash))
    }

    /// The hash of a file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Hash> {
        self.0.get(path)
    }
}

impl fmt::Display for ClientList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        self.0.iter().try_for_each(|(path, hash)| writeln!(f, "{}  {path}", hex(hash)))
    }
}

/// Whether a file of a build may have this path: nothing in it means anything to a file system or in an address, no
/// part is hidden, and it is neither the list itself nor the host's.
#[must_use]
pub fn is_path(path: &str) -> bool {
    let part = |part: &str| {
        let letters = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        letters && !part.is_empty() && !part.starts_with('.')
    };
    path.len() <= PATH && path.split('/').all(part) && path != LIST && path != CONFIG
}

/// The path of a file that another one names relative to itself; `None` if the name leads out of the page or is not
/// written plainly.
#[must_use]
pub fn resolve(from: &str, name: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            other => parts.push(other),
        }
    }
    Some(parts.join("/")).filter(|path| is_path(path))
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn list() -> ClientList {
        ClientList::of([("src/main.js", &b"1"[..]), ("index.html", b"<!DOCTYPE html>"), ("src-a/b.js", b"")]).unwrap()
    }

    #[test]
    fn reads_what_it_writes() {
        let text = list().to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "escrutinio/client/v1");
        // Of bytes, not of folders.
        let paths: Vec<&str> = lines[1..].iter().map(|line| &line[66..]).collect();
        assert_eq!(paths, ["index.html", "src-a/b.js", "src/main.js"]);
        assert_eq!(&lines[2][..64], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(ClientList::parse(text.as_bytes()).unwrap(), list());
        assert_eq!(list().hash(), sha256(&[text.as_bytes()]));
        assert_eq!(list().get("src/main.js"), Some(&sha256(&[b"1"])));
        assert_eq!((list().get("main.js"), list().files().count()), (None, 3));
        assert_eq!(ClientList::parse(b"escrutinio/client/v1\n").unwrap(), ClientList::default());
    }

    #[test]
    fn anything_else_is_refused() {
        let hash = "ab".repeat(32);
        let parse = |lines: &str| ClientList::parse(format!("escrutinio/client/v1\n{lines}").as_bytes()).unwrap_err();
        for head in ["", "escrutinio/client/v2\n", "escrutinio/client/v1", "\n"] {
            assert_eq!(ClientList::parse(head.as_bytes()), Err(ClientListError::Head), "{head:?}");
        }
        assert_eq!(ClientList::parse(b"\xff\n"), Err(ClientListError::Head));
        let upper = hash.to_uppercase();
        for line in
            [format!("{hash} a\n"), format!("{hash}  a"), format!("{upper}  a\n"), "\n".to_owned(), format!("{hash}\n")]
        {
            assert_eq!(parse(&line), ClientListError::Line { line: 2 }, "{line:?}");
        }
        assert_eq!(parse(&format!("{hash}  a\n{hash}  b")), ClientListError::Line { line: 3 });
        for path in [
            "",
            "/a",
            "a/",
            "a//b",
            "../a",
            "a/../b",
            "./a",
            ".a",
            "a/.b",
            " a",
            "a b",
            "a\\b",
            "a?b",
            "a#b",
            "a%2fb",
            "a:b",
            "https://a.example/b",
            "a\r",
            "ñ",
            "client.manifest",
            "config.json",
            &"a".repeat(201),
        ] {
            assert_eq!(parse(&format!("{hash}  {path}\n")), ClientListError::Path { line: 2 }, "{path:?}");
            assert!(ClientList::of([(path, &b""[..])]).is_err(), "{path:?}");
        }
        for second in ["a", "b"] {
            let order = ClientListError::Order { line: 3 };
            assert_eq!(parse(&format!("{hash}  b\n{hash}  {second}\n")), order);
        }
    }

    #[test]
    fn names_are_relative() {
        for (from, name, path) in [
            ("a/b.html", "../c.js", "c.js"),
            ("a/b.js", "./c/d.js", "a/c/d.js"),
            ("b.html", "c.js", "c.js"),
            ("a/b.html", "d/../c.js", "a/c.js"),
        ] {
            assert_eq!(resolve(from, name).as_deref(), Some(path));
        }
        for name in ["../c.js", "", "/c.js", "//a.example/c.js", "https://a.example/c.js", "c.js?x", "c.js#x", " c.js"]
        {
            assert_eq!(resolve("b.html", name), None, "{name:?}");
        }
    }

    #[test]
    fn it_is_bounded() {
        let hash = "ab".repeat(32);
        let of = |files: usize| {
            let lines: String = (0..files).map(|i| format!("{hash}  {i:05}\n")).collect();
            ClientList::parse(format!("escrutinio/client/v1\n{lines}").as_bytes())
        };
        assert_eq!(of(MOST).unwrap().files().count(), MOST);
        assert_eq!(of(MOST + 1), Err(ClientListError::Files));
        assert_eq!(ClientList::parse(&[b'a'; LONGEST + 1]), Err(ClientListError::Length));
        // The longest list that has not too many files fits.
        const { assert!(21 + MOST * (64 + 2 + PATH + 1) < LONGEST) };
    }
}
