//! A PostgreSQL server of one's own: in a temporary folder, on a unix socket, gone with the test.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use sqlx::{Connection, Executor};
use tempfile::TempDir;

/// A running server.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    server: Mutex<Option<Child>>,
    /// Of the loopback interface, if it is asked for.
    port: Option<u16>,
    databases: AtomicU32,
}

/// The folder of the newest server's programs, if one is installed.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    folders.filter(|folder| folder.join("initdb").exists()).max()
}

/// User and group under which the server runs: it refuses to run as root.
fn unprivileged() -> Option<(u32, u32)> {
    let own = std::fs::metadata("/proc/self").ok()?;
    if std::os::unix::fs::MetadataExt::uid(&own) != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = users.lines().find(|line| line.starts_with("postgres:"))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

impl Cluster {
    /// Starts a server; `None`, with a line that says so, where none is installed.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_at(None)
    }

    /// Starts a server that is reached by TCP as well.
    #[must_use]
    pub fn start_on_loopback() -> Option<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self::start_at(Some(port))
    }

    fn start_at(port: Option<u16>) -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(std::env::var("ESCRUTINIO_POSTGRES").is_err(), "PostgreSQL is asked for and not installed");
            println!("skipped: PostgreSQL is not installed");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("escrutinio-pg").tempdir().unwrap();
        let user = unprivileged();
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid)).unwrap();
        }
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let server = Mutex::new(None);
        let cluster = Self { folder, programs, user, server, port, databases: AtomicU32::new(0) };
        let made = cluster
            .command("initdb")
            .args(["--no-sync", "--auth=trust", "--username=escrutinio", "--encoding=UTF8", "--locale=C", "-D"])
            .arg(cluster.data())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        cluster.restart();
        Some(cluster)
    }

    /// Two servers that all tests of a program share while one of them runs.
    #[must_use]
    pub fn shared() -> Option<Arc<(Self, Self)>> {
        static SHARED: Mutex<std::sync::Weak<(Cluster, Cluster)>> = Mutex::new(std::sync::Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pair) = shared.upgrade() {
            return Some(pair);
        }
        let pair = Arc::new((Self::start()?, Self::start()?));
        *shared = Arc::downgrade(&pair);
        Some(pair)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.folder.path()).stdin(Stdio::null()).env_remove("PGDATA");
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Starts the server again, and waits until it answers.
    pub fn restart(&self) {
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        let (addresses, port) = match self.port {
            Some(port) => ("listen_addresses=127.0.0.1", format!("port={port}")),
            None => ("listen_addresses=", "port=5432".to_owned()),
        };
        let child = self
            .command("postgres")
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path())
            .args(["-c", addresses, "-c", &port, "-c", "shared_buffers=32MB", "-c", "max_connections=60"])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        *self.server.lock().unwrap() = Some(child);
        let since = Instant::now();
        while !self.ready() {
            assert!(since.elapsed() < Duration::from_secs(60), "PostgreSQL does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn ready(&self) -> bool {
        let port = self.port.unwrap_or(5432).to_string();
        let status = self.command("pg_isready").args(["-q", "-p", &port, "-h"]).arg(self.folder.path()).status();
        status.is_ok_and(|status| status.success())
    }

    /// Ends the server at once, as a power cut would.
    pub fn kill(&self) {
        let Some(mut server) = self.server.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        // The other processes of the server see that this one is gone, and leave.
        let _ = server.kill();
        let _ = server.wait();
        let pid = self.data().join("postmaster.pid");
        let since = Instant::now();
        while self.others() && since.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = std::fs::remove_file(pid);
    }

    /// Whether a process of this server is left.
    fn others(&self) -> bool {
        let data = self.data();
        let at = |path: &Path| std::fs::read_link(path.join("cwd")).is_ok_and(|cwd| cwd == data);
        std::fs::read_dir("/proc").is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(|e| at(&e.path()))))
    }

    /// The URL of a database of the server.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        match self.port {
            Some(port) => format!("postgres://escrutinio@127.0.0.1:{port}/{database}?sslmode=disable"),
            None => format!("postgres://escrutinio@localhost/{database}?host={}", self.folder.path().display()),
        }
    }

    /// Makes an empty database and gives its URL.
    pub async fn create(&self) -> String {
        static NAMES: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("test{}_{}", NAMES.fetch_add(1, Ordering::SeqCst), self.databases.fetch_add(1, Ordering::SeqCst));
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(&self.url("postgres")).await.unwrap();
        connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        connection.close().await.unwrap();
        self.url(&name)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
    }
}
