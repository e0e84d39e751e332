//! The server as a process.

use core::time::Duration;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Instant;

use base64ct::{Base64, Encoding};

use super::desk::OBSERVER;
use super::process;
use super::site::Site;
use crate::shell::{Failure, Outcome};

/// How long a start may take: it may have intents to finish and an election to verify.
const START: Duration = Duration::from_secs(120);

/// A running server; ended when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts an instance and waits until it answers.
    pub(crate) fn start(site: &Site) -> Result<Self, Failure> {
        let mut server = Self::spawn(site)?;
        server.ready(site)?;
        Ok(server)
    }

    /// Starts an instance.
    pub(crate) fn spawn(site: &Site) -> Result<Self, Failure> {
        let log = site.log();
        let open = || OpenOptions::new().create(true).append(true).open(&log);
        let (out, err) = (open().map_err(|e| Failure::file(&log, &e))?, open().map_err(|e| Failure::file(&log, &e))?);
        let mut command = site.command(&["run", "--config"]);
        command.arg(site.config()).stdout(out).stderr(err).stdin(Stdio::null());
        let child = command.spawn().map_err(|error| Failure::new(format!("the server does not start: {error}")))?;
        Ok(Self { child, log })
    }

    /// Waits until it answers.
    pub(crate) fn ready(&mut self, site: &Site) -> Outcome {
        let admin = site.admin();
        let give_up = Instant::now().checked_add(START);
        loop {
            if get(&admin, "/healthz").is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(Failure::new(format!("the server ended with {status}: {}", self.last_words())));
            }
            if give_up.is_none_or(|give_up| Instant::now() > give_up) {
                return Err(Failure::new(format!("the server does not answer: {}", self.last_words())));
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(5)..).unwrap_or_default().join("\n")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it at once: it finishes nothing.
    pub(crate) fn kill(mut self) -> Outcome {
        let fault = |error: std::io::Error| Failure::new(format!("the server cannot be killed: {error}"));
        self.child.kill().map_err(fault)?;
        self.child.wait().map(drop).map_err(fault)
    }

    /// Asks it to end, and waits.
    pub(crate) fn stop(mut self) -> Outcome {
        process::signal(self.child.id(), "-TERM")?;
        let status = self.child.wait().map_err(|error| Failure::new(format!("the server does not end: {error}")))?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::new(format!("the server ended with {status}: {}", self.last_words())))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already, or to be ended now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a plain request on loopback answers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// A request without any library, for a program that is perhaps not there yet.
pub(crate) fn get(base: &str, path: &str) -> Result<Answer, Failure> {
    request(base, path, "")
}

/// As the observer of the lab.
pub(crate) fn observe(base: &str, path: &str) -> Result<Answer, Failure> {
    let (name, token) = OBSERVER;
    let observer = Base64::encode_string(format!("{name}:{token}").as_bytes());
    request(base, path, &format!("Authorization: Basic {observer}\r\n"))
}

fn request(base: &str, path: &str, header: &str) -> Result<Answer, Failure> {
    let address = base.strip_prefix("http://").unwrap_or(base);
    let fault = |error: std::io::Error| Failure::new(format!("{base}{path}: {error}"));
    let mut stream = TcpStream::connect(address).map_err(fault)?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).map_err(fault)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n{header}Connection: close\r\n\r\n").map_err(fault)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).map_err(fault)?;
    let _ = stream.shutdown(Shutdown::Both);
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| Failure::new(format!("{base}{path}: no HTTP")))?;
    Ok(Answer { status, body: body.to_owned() })
}
