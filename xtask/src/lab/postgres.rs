//! A private PostgreSQL cluster: Debian's programs, a folder and a loopback port of its own.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::shell::{Failure, Outcome, output};

/// What a cluster is started with, beyond Debian's defaults.
const SETTINGS: &str = "
synchronous_commit = on
fsync = on
wal_level = replica
log_statement = none
log_min_duration_statement = -1
log_connections = off
track_commit_timestamp = off
max_connections = 100
shared_buffers = 64MB
";

/// A running cluster; stopped when dropped.
#[derive(Debug)]
pub(crate) struct Cluster {
    folder: PathBuf,
    port: u16,
    database: String,
    user: String,
    /// Whether it waits for the disk.
    durable: bool,
}

/// Where the newest version's programs lie, if there are any.
pub(crate) fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut bins: Vec<PathBuf> = versions.flatten().map(|entry| entry.path().join("bin")).collect();
    bins.retain(|bin| bin.join("postgres").is_file());
    bins.sort();
    bins.pop()
}

/// Ports that are tried: below those that systems give to outgoing connections. Somebody who is killed
/// finds the own port free again, and nobody who knocks meanwhile is connected to himself.
const PORTS: core::ops::Range<u16> = 10_240..32_768;

/// A port that nobody listens on now.
pub(crate) fn free_port() -> Result<u16, Failure> {
    // Not one twice, nor those of another program that tries at the same time.
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let some = u32::from(PORTS.end.saturating_sub(PORTS.start));
    let start = std::process::id().wrapping_mul(613);
    for _ in 0..some {
        let place = start.wrapping_add(NEXT.fetch_add(1, Ordering::SeqCst)).checked_rem(some).unwrap_or(0);
        let port = PORTS.start.saturating_add(u16::try_from(place).unwrap_or(0));
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Failure::new("every port is taken"))
}

impl Cluster {
    /// Makes a cluster with one user who owns one database, and starts it. `folder` must not exist.
    pub(crate) fn create(folder: &Path, database: &str) -> Result<Self, Failure> {
        let user = format!("{database}_server");
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
        own(folder)?;
        let data = folder.join("data");
        quiet(program("initdb")?.arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "-E", "UTF8"]).args([
            "--locale=C.UTF-8",
            "--data-checksums",
            "--no-sync",
        ]))?;
        let main = data.join("postgresql.conf");
        let mut text = std::fs::read_to_string(&main).map_err(|error| Failure::file(&main, &error))?;
        text.push_str(SETTINGS);
        std::fs::write(&main, text).map_err(|error| Failure::file(&main, &error))?;
        let mut cluster = Self {
            folder: folder.to_owned(),
            port: free_port()?,
            database: "postgres".to_owned(),
            user: "postgres".to_owned(),
            durable: true,
        };
        cluster.start()?;
        cluster.query(&format!("CREATE ROLE {user} LOGIN"))?;
        cluster.query(&format!("CREATE DATABASE {database} OWNER {user}"))?;
        (cluster.database, cluster.user) = (database.to_owned(), user);
        Ok(cluster)
    }

    /// Starts a copy of another cluster, made while that one stood still. Nothing of it needs to last.
    pub(crate) fn adopt(folder: &Path, like: &Self) -> Result<Self, Failure> {
        own(folder)?;
        let leftover = folder.join("data/postmaster.pid");
        if leftover.exists() {
            std::fs::remove_file(&leftover).map_err(|error| Failure::file(&leftover, &error))?;
        }
        let (database, user) = (like.database.clone(), like.user.clone());
        let cluster = Self { folder: folder.to_owned(), port: free_port()?, database, user, durable: false };
        cluster.start()?;
        Ok(cluster)
    }

    /// The folder with everything that the cluster has on the disk.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// How the server reaches its database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://{}@127.0.0.1:{}/{}", self.user, self.port, self.database)
    }

    /// Starts it, after a crash too, and waits until it answers.
    pub(crate) fn start(&self) -> Outcome {
        let mut command = program("postgres")?;
        let log = self.folder.join("postgres.log");
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(&log).map_err(|e| Failure::file(&log, &e))?;
        let errors = log.try_clone().map_err(|error| Failure::file(&self.folder, &error))?;
        command.arg("-D").arg(self.folder.join("data")).arg("-k").arg(&self.folder).args(["-h", "127.0.0.1"]);
        command.arg("-p").arg(self.port.to_string());
        if !self.durable {
            command.args(["-c", "fsync=off"]);
        }
        let give_up = Instant::now() + Duration::from_secs(60);
        loop {
            let mut child = command
                .stdin(Stdio::null())
                .stdout(log.try_clone().map_err(|error| Failure::file(&self.folder, &error))?)
                .stderr(errors.try_clone().map_err(|error| Failure::file(&self.folder, &error))?)
                .spawn()
                .map_err(|error| Failure::new(format!("postgres does not start: {error}")))?;
            // After a crash its children may hold the shared memory for a moment more: once again.
            while Instant::now() < give_up {
                if self.ready() {
                    // Whoever ends it does so by its number; this takes note of the end.
                    std::thread::spawn(move || child.wait());
                    return Ok(());
                }
                if child.try_wait().is_ok_and(|status| status.is_some()) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            if Instant::now() >= give_up {
                return Err(Failure::new(format!("PostgreSQL in {} does not come up", self.folder.display())));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn ready(&self) -> bool {
        self.query("SELECT 1").is_ok()
    }

    /// Kills the postmaster, as somebody who runs out of memory would.
    pub(crate) fn kill(&self) -> Outcome {
        self.signal("-KILL")?;
        // Its children notice; until they are gone nothing can be started.
        std::thread::sleep(Duration::from_millis(100));
        Ok(())
    }

    /// Kills the postmaster and everything that works for it, as a crash of the machine would.
    pub(crate) fn kill_all(&self) -> Outcome {
        // First the one that would start others.
        for pid in self.processes().iter().rev() {
            // A child may have ended by itself.
            if super::process::signal(*pid, "-KILL").is_err() && Path::new("/proc").join(pid.to_string()).exists() {
                return Err(Failure::new(format!("process {pid} of PostgreSQL cannot be killed")));
            }
        }
        Ok(())
    }

    /// Every process of the cluster.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let Some(postmaster) = self.postmaster() else { return Vec::new() };
        let mut all = super::process::children(postmaster);
        all.push(postmaster);
        all
    }

    /// Stops it in order; nothing is left in memory.
    pub(crate) fn stop(&self) -> Outcome {
        if self.postmaster().is_none() {
            return Ok(());
        }
        self.signal("-INT")?;
        let give_up = Instant::now() + Duration::from_secs(30);
        while self.postmaster().is_some() && Instant::now() < give_up {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn postmaster(&self) -> Option<u32> {
        let text = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).ok()?;
        let pid: u32 = text.lines().next()?.trim().parse().ok()?;
        Path::new("/proc").join(pid.to_string()).exists().then_some(pid)
    }

    fn signal(&self, signal: &str) -> Outcome {
        let Some(pid) = self.postmaster() else { return Ok(()) };
        super::process::signal(pid, signal)
    }

    /// The rows of a query, columns apart by tabs.
    pub(crate) fn query(&self, sql: &str) -> Result<String, Failure> {
        let mut psql = Command::new(bin()?.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-w"]);
        psql.arg("-p").arg(self.port.to_string()).args(["-U", "postgres", "-d", &self.database, "-c", sql]);
        psql.stderr(Stdio::null());
        let answer = psql.output().map_err(|error| Failure::new(format!("psql does not start: {error}")))?;
        if !answer.status.success() {
            return Err(Failure::new(format!("PostgreSQL refuses: {sql}")));
        }
        String::from_utf8(answer.stdout).map_err(|_| Failure::new("psql printed no UTF-8"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // What cannot be stopped in order is killed.
        if self.stop().is_err() {
            let _ = self.signal("-KILL");
        }
    }
}

fn bin() -> Result<PathBuf, Failure> {
    programs().ok_or_else(|| Failure::new("PostgreSQL is not installed (Debian: apt install postgresql)"))
}

fn is_root() -> Result<bool, Failure> {
    Ok(output(Command::new("id").arg("-u"))?.trim() == "0")
}

/// PostgreSQL refuses to run as root; then its own user runs it.
fn program(name: &str) -> Result<Command, Failure> {
    let path = bin()?.join(name);
    if is_root()? {
        // Nobody stays between it and us who would be left over when it is killed.
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]).arg(path);
        // It must not look into the folder that we are in.
        command.current_dir("/");
        Ok(command)
    } else {
        Ok(Command::new(path))
    }
}

/// Gives a folder to the user who runs PostgreSQL.
fn own(folder: &Path) -> Outcome {
    if is_root()? { quiet(Command::new("chown").arg("-R").arg("postgres").arg(folder)) } else { Ok(()) }
}

fn quiet(command: &mut Command) -> Outcome {
    let answer = command.stdin(Stdio::null()).output().map_err(|error| Failure::new(error.to_string()))?;
    if answer.status.success() {
        return Ok(());
    }
    let name = command.get_program().to_string_lossy().into_owned();
    Err(Failure::new(format!("{name}: {}", String::from_utf8_lossy(&answer.stderr).trim())))
}
