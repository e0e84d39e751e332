//! Asking as a browser asks, and keeping what came.

use core::time::Duration;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write, stderr};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use escrutinio_core::hash::Hash;
use escrutinio_core::ids::hex;
use serde_json::json;
use sha2::{Digest, Sha256};
use ureq::http::HeaderMap;
use ureq::{Agent, Body};

use crate::clock::{Clock, SystemClock, utc};
use crate::error::{Error, Result};
use crate::follow::fetch::{Fetch, FetchError};
use crate::text::Lang;

/// What a voter's phone calls itself. A server that tells this program from a browser nevertheless can show it
/// another page; see the manual.
const BROWSER: &str =
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36";

/// Slowest line that is waited for, in bytes a second.
const SLOWEST: u64 = 32 * 1024;
/// How often a server that asks to wait is asked again.
const TRIES: u32 = 6;
/// Longest wait that a server can ask for, in seconds.
const LONGEST_WAIT: u64 = 60;
/// Bytes that are read at a time.
const PIECE: usize = 64 * 1024;

/// How to ask.
#[derive(Clone, Debug)]
pub struct Manner {
    /// Seconds that are waited for a sign of life.
    pub patience: u64,
    /// A folder for everything that comes, which must not exist.
    pub save: Option<PathBuf>,
    /// In which language progress is told.
    pub lang: Lang,
}

/// An answer, but for its content.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// The whole address.
    pub(super) url: String,
    /// The status.
    pub(super) status: u16,
    /// The header.
    pub(super) headers: HeaderMap,
    /// SHA-256 of the content as far as it was read.
    pub(super) hash: Hash,
    /// Whether it is longer than was asked for.
    pub(super) longer: bool,
}

impl Answer {
    /// All values of a header's field, as text.
    #[must_use]
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        self.headers.get_all(name).iter().map(text).collect()
    }
}

/// Asks.
#[derive(Debug)]
pub(super) struct Getter {
    agent: Agent,
    patience: Duration,
    kept: Option<Mutex<Kept>>,
    progress: Mutex<Progress>,
}

/// Everything that came, on the disk.
#[derive(Debug)]
struct Kept {
    folder: PathBuf,
    answers: File,
    number: u32,
}

/// Says how far it is, where that takes a while.
#[derive(Debug)]
struct Progress {
    lang: Lang,
    said: Instant,
    asked: u32,
}

impl Getter {
    /// Prepares to ask.
    ///
    /// # Errors
    /// If the folder for what comes exists, or cannot be made.
    pub(super) fn new(manner: &Manner) -> Result<Self> {
        let patience = Duration::from_secs(manner.patience.max(1));
        let agent = Agent::config_builder()
            // Where a browser would go on to is what is to be found out.
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(None)
            .user_agent(BROWSER)
            .accept("*/*")
            .timeout_connect(Some(patience))
            .timeout_recv_response(Some(patience))
            .timeout_per_read(Some(patience))
            .build()
            .new_agent();
        let kept = manner.save.as_deref().map(Kept::begin).transpose()?.map(Mutex::new);
        let progress = Progress { lang: manner.lang, said: Instant::now(), asked: 0 };
        Ok(Self { agent, patience, kept, progress: Mutex::new(progress) })
    }

    /// An answer with its content, of which at most so many bytes are taken.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn bytes(&self, url: &str, most: u64) -> core::result::Result<(Answer, Vec<u8>), String> {
        let mut bytes = Vec::new();
        let answer = self.get(url, most, &mut |piece| bytes.extend_from_slice(piece))?;
        Ok((answer, bytes))
    }

    /// An answer; its content, at most so many bytes, goes piece by piece to `take`.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn get(
        &self,
        url: &str,
        most: u64,
        take: &mut dyn FnMut(&[u8]),
    ) -> core::result::Result<Answer, String> {
        let all = self.patience.saturating_add(Duration::from_secs(most.checked_div(SLOWEST).unwrap_or(0)));
        for tried in 1..=TRIES {
            held(&self.progress).step(url);
            let request = self.agent.get(url).header("accept-language", "es-MX,es;q=0.9");
            let request = request.config().timeout_global(Some(all)).build();
            let response = request.call().map_err(|why| why.to_string())?;
            let status = response.status().as_u16();
            if tried < TRIES && (status == 429 || status == 503) {
                thread::sleep(wait(response.headers()));
                continue;
            }
            let (parts, body) = response.into_parts();
            let mut answer =
                Answer { url: url.to_owned(), status, headers: parts.headers, hash: [0; 32], longer: false };
            let file = self.kept.as_ref().map(|kept| held(kept).file(url)).transpose();
            let file = file.map_err(|why| why.to_string())?;
            let (name, mut copy) = file.unzip();
            let read = read(body, most, &mut answer, &mut |piece| {
                take(piece);
                copy.as_mut().map_or(Ok(()), |copy| copy.write_all(piece))
            });
            if let (Some(kept), Some(name)) = (&self.kept, name) {
                let why = read.as_ref().err().map(ToString::to_string);
                held(kept).note(&answer, &name, why.as_deref()).map_err(|why| why.to_string())?;
            }
            read.map_err(|why| why.to_string())?;
            return Ok(answer);
        }
        Err("it asks to wait again and again".to_owned())
    }

    /// Ends: what came stays only if there is something to show with it.
    ///
    /// # Errors
    /// If what came, or the report on it, cannot be written or removed.
    pub(super) fn end(self, keep: bool, report: &str) -> Result<Option<PathBuf>> {
        held(&self.progress).end();
        let Some(kept) = self.kept else { return Ok(None) };
        let kept = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        if keep {
            let path = kept.folder.join("report.json");
            fs::write(&path, format!("{report}\n")).map_err(|why| Error::file(&path, why))?;
            return Ok(Some(kept.folder));
        }
        // It was made here.
        fs::remove_dir_all(&kept.folder).map_err(|why| Error::file(&kept.folder, why))?;
        Ok(None)
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long a server asks to wait.
fn wait(headers: &HeaderMap) -> Duration {
    let said = headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    Duration::from_secs(said.unwrap_or(2).clamp(1, LONGEST_WAIT))
}

fn read(
    mut body: Body,
    most: u64,
    answer: &mut Answer,
    take: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut hasher = Sha256::new();
    let mut left = most;
    let mut buffer = vec![0; PIECE];
    let mut reader = body.as_reader();
    loop {
        let length = reader.read(&mut buffer)?;
        let piece = buffer.get(..length).unwrap_or_default();
        let wanted = piece.get(..usize::try_from(left).unwrap_or(usize::MAX).min(length)).unwrap_or_default();
        hasher.update(wanted);
        take(wanted)?;
        left = left.saturating_sub(u64::try_from(wanted.len()).unwrap_or(u64::MAX));
        answer.longer = wanted.len() < length;
        if length == 0 || answer.longer {
            answer.hash = hasher.finalize().into();
            return Ok(());
        }
    }
}

/// A server below one address, as the log of acts is fetched from.
#[derive(Debug)]
pub(super) struct Below<'a> {
    /// Asks.
    pub(super) getter: &'a Getter,
    /// The address, without a slash at its end.
    pub(super) base: &'a str,
}

impl Fetch for Below<'_> {
    fn get(&self, path: &str, most: u64) -> core::result::Result<Vec<u8>, FetchError> {
        let url = format!("{}/{path}", self.base);
        let (answer, bytes) =
            self.getter.bytes(&url, most).map_err(|why| FetchError::Other(format!("{url}: {why}")))?;
        match answer.status {
            200 if answer.longer => Err(FetchError::Other(format!("{url}: more than {most} bytes"))),
            200 => Ok(bytes),
            404 => Err(FetchError::Absent(url)),
            status => Err(FetchError::Other(format!("{url}: {status}"))),
        }
    }
}

impl Kept {
    fn begin(folder: &Path) -> Result<Self> {
        fs::create_dir(folder).map_err(|why| Error::file(folder, why))?;
        let path = folder.join("answers.jsonl");
        let answers = File::create(&path).map_err(|why| Error::file(&path, why))?;
        Ok(Self { folder: folder.to_path_buf(), answers, number: 0 })
    }

    /// A file for the next content, with a name in which nothing of the address means anything.
    fn file(&mut self, url: &str) -> io::Result<(String, File)> {
        self.number = self.number.saturating_add(1);
        let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
        let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '-' };
        let name: String = path.chars().map(plain).take(80).collect();
        let name = format!("{:05}-{name}", self.number);
        Ok((name.clone(), File::create(self.folder.join(name))?))
    }

    fn note(&mut self, answer: &Answer, name: &str, failed: Option<&str>) -> io::Result<()> {
        let headers: Vec<[String; 2]> = (answer.headers.iter())
            .map(|(name, value)| [name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()])
            .collect();
        let line = json!({
            "at": utc(SystemClock.now()),
            "url": answer.url,
            "status": answer.status,
            "headers": headers,
            "sha256": hex(&answer.hash),
            "longer": answer.longer,
            "file": name,
            "failed": failed,
        });
        writeln!(self.answers, "{line}")
    }
}

impl Progress {
    /// A line every two seconds: on a terminal always the same.
    fn step(&mut self, url: &str) {
        self.asked = self.asked.saturating_add(1);
        if self.said.elapsed() < Duration::from_secs(2) {
            return;
        }
        self.said = Instant::now();
        let (start, end) = if stderr().is_terminal() { ("\r\u{1b}[K", "") } else { ("", "\n") };
        let what = self.lang.pick("pedidos:", "asked for:");
        // That nobody can see it changes nothing.
        let _ = write!(stderr(), "{start}{what} {} {url}{end}", self.asked);
    }

    fn end(&self) {
        if stderr().is_terminal() {
            let _ = write!(stderr(), "\r\u{1b}[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_as_asked_but_not_for_ever() {
        let of = |said: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.extend(said.map(|said| (ureq::http::header::RETRY_AFTER, said.parse().unwrap())));
            wait(&headers).as_secs()
        };
        assert_eq!([of(None), of(Some("0")), of(Some("7")), of(Some("86400")), of(Some("later"))], [2, 1, 7, 60, 2]);
    }

    #[test]
    fn nothing_of_an_address_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Kept::begin(&folder.path().join("kept")).unwrap();
        for (url, expected) in [
            ("http://127.0.0.1:1/../../a", "00001-..-..-a"),
            ("http://127.0.0.1:1/src/ñ.js", "00002-src--.js"),
            ("http://127.0.0.1:1", "00003-"),
        ] {
            let (name, _) = kept.file(url).unwrap();
            assert_eq!(name, expected);
            assert!(folder.path().join("kept").join(name).is_file());
        }
        assert!(Kept::begin(&folder.path().join("kept")).is_err(), "what is there is not written over");
    }
}
