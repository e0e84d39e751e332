//! A witness as a process.

use core::time::Duration;
use std::fs::OpenOptions;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::clock::ClockFile;
use super::postgres::free_port;
use super::site::put;
use crate::shell::{Failure, Outcome};

/// How long a start may take: the sealed record is verified.
const START: Duration = Duration::from_secs(120);

/// A running witness; ended when dropped.
#[derive(Debug)]
pub(crate) struct Witness {
    child: Child,
    port: u16,
    log: PathBuf,
}

impl Witness {
    /// Starts a witness with its sealed key; its state is kept below `folder`.
    pub(crate) fn start(
        program: &Path,
        folder: &Path,
        record: &Path,
        (key, password): (&Path, &str),
        clock: &ClockFile,
    ) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
        let (port, log, secret) = (free_port()?, folder.join("witness.log"), folder.join("password"));
        put(&secret, password)?;
        let open = || OpenOptions::new().create(true).append(true).open(&log).map_err(|e| Failure::file(&log, &e));
        let child = Command::new(program)
            .arg("run")
            .arg("--record")
            .arg(record)
            .arg("--key")
            .arg(key)
            .arg("--state")
            .arg(folder.join("state"))
            .arg("--password-file")
            .arg(&secret)
            .arg("--clock-file")
            .arg(clock.path())
            .arg("--listen")
            .arg(format!("127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .stdout(open()?)
            .stderr(open()?)
            .spawn()
            .map_err(|error| Failure::file(program, &error))?;
        Ok(Self { child, port, log })
    }

    /// Where the server finds it.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits until it listens.
    pub(crate) fn ready(&mut self) -> Outcome {
        let give_up = Instant::now().checked_add(START);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.child.try_wait().is_ok_and(|status| status.is_some());
            if ended || give_up.is_none_or(|give_up| Instant::now() > give_up) {
                let text = std::fs::read_to_string(&self.log).unwrap_or_default();
                return Err(Failure::new(format!("a witness does not come up: {}", text.trim())));
            }
            std::thread::sleep(Duration::from_millis(30));
        }
        Ok(())
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        // Ended already, or to be ended now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
