//! What one instance of the server has on its disk: configuration, passwords, data.

use core::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::clock::ClockFile;
use super::postgres::free_port;
use super::server::Server;
use crate::shell::{Failure, Outcome};

/// Where the databases are.
#[derive(Clone, Debug)]
pub(crate) enum Databases {
    /// Two files in the data folder.
    Sqlite,
    /// Two clusters: roll, box.
    Postgres(String, String),
}

/// What an instance is made of.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The sealed record.
    pub(crate) record: PathBuf,
    /// Sealed keys of server and log, with their passwords.
    pub(crate) server: (PathBuf, String),
    pub(crate) log: (PathBuf, String),
    /// Sealed accounts, with their password.
    pub(crate) accounts: (PathBuf, String),
    /// Operators and authentication officers: `staff.toml`.
    pub(crate) staff: PathBuf,
    /// Name and address of every witness that runs.
    pub(crate) witnesses: Vec<(String, String)>,
    pub(crate) databases: Databases,
    /// Where messages to phones and mailboxes go, of all instances.
    pub(crate) messages: PathBuf,
    /// Minutes and ballots of an epoch.
    pub(crate) epochs: (u32, u32),
    pub(crate) clock: ClockFile,
    /// Where an instance shows pages to people.
    pub(crate) front: Option<Front>,
}

/// Where an instance shows pages to people.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    pub(crate) port: u16,
    /// Folders that it serves.
    pub(crate) pages: Vec<PathBuf>,
}

/// The password of `keys.sealed`.
pub(crate) const KEYS: &str = "contraseña de las llaves";

/// One instance's files.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) folder: PathBuf,
    program: PathBuf,
    voters: u16,
    admin: u16,
}

fn quoted(path: &Path) -> String {
    format!("{:?}", path.display().to_string())
}

impl Site {
    /// Writes configuration and passwords. `folder` must not exist.
    pub(crate) fn write(folder: &Path, program: &Path, plan: &Plan) -> Result<Self, Failure> {
        let voters = plan.front.as_ref().map_or_else(free_port, |front| Ok(front.port))?;
        let site = Self { folder: folder.to_owned(), program: program.to_owned(), voters, admin: free_port()? };
        for part in ["data", "credentials"] {
            private(&folder.join(part))?;
        }
        let credentials = [
            ("server-password", plan.server.1.as_str()),
            ("log-password", &plan.log.1),
            ("keys-password", KEYS),
            ("accounts-password", &plan.accounts.1),
        ];
        for (name, password) in credentials {
            put(&folder.join("credentials").join(name), password)?;
        }
        site.configure(plan)?;
        Ok(site)
    }

    /// Writes the configuration.
    pub(crate) fn configure(&self, plan: &Plan) -> Outcome {
        put(&self.config(), &self.text(plan))
    }

    fn text(&self, plan: &Plan) -> String {
        let data = self.data();
        let (roll, ballots) = match &plan.databases {
            Databases::Sqlite => {
                let file = |name: &str| format!("sqlite:{}", data.join(name).display());
                (file("roll.db"), file("box.db"))
            }
            Databases::Postgres(roll, ballots) => (roll.clone(), ballots.clone()),
        };
        let (minutes, ballots_of_epoch) = plan.epochs;
        let pages: Vec<String> = plan.front.iter().flat_map(|front| &front.pages).map(|page| quoted(page)).collect();
        let mut text = format!(
            "data = {}\nrecord = {}\nstaff = {}\n\n[keys]\nserver = {}\nlog = {}\n\n\
             [listen]\nvoters = \"127.0.0.1:{}\"\nadmin = \"127.0.0.1:{}\"\nplain = true\norigins = []\n\n\
             [databases]\nroll = {roll:?}\nbox = {ballots:?}\n\n\
             [epochs]\nminutes = {minutes}\nballots = {ballots_of_epoch}\n\n\
             [mail]\nkind = \"outbox\"\nfolder = {}\n\n[sms]\nkind = \"outbox\"\nfolder = {}\n\n\
             [access]\nwrong_tries_per_minute = 1000000\n\n\
             [limits]\nconnections_per_network = 8192\nconnection_seconds = 600\nrequests_per_minute = 100000000\n\n\
             [rehearsal]\nclock_file = {}\npages = [{}]\n",
            quoted(&data),
            quoted(&plan.record),
            quoted(&plan.staff),
            quoted(&plan.server.0),
            quoted(&plan.log.0),
            self.voters,
            self.admin,
            quoted(&plan.messages.join("mails")),
            quoted(&plan.messages.join("phones")),
            quoted(plan.clock.path()),
            pages.join(", "),
        );
        for (name, url) in &plan.witnesses {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n[[witness]]\nname = {name:?}\nurl = {url:?}\n");
        }
        text
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.join("server.toml")
    }

    /// The instance's own files: keys, board, with SQLite the databases.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// What it wrote to standard output and error.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// Where voters come in.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.voters)
    }

    /// Health, metrics, desk.
    pub(crate) fn admin(&self) -> String {
        format!("http://127.0.0.1:{}", self.admin)
    }

    /// The server's program with a sub-command.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments);
        command.env("CREDENTIALS_DIRECTORY", self.folder.join("credentials"));
        command.stdin(Stdio::null());
        command
    }

    /// Loads the election into the databases.
    pub(crate) fn init(&self, plan: &Plan) -> Result<String, Failure> {
        let mut command = self.command(&["init", "--config"]);
        command.arg(self.config()).arg("--accounts").arg(&plan.accounts.0);
        let answer = command.output().map_err(|error| Failure::file(&self.program, &error))?;
        if !answer.status.success() {
            let why = String::from_utf8_lossy(&answer.stderr).into_owned();
            return Err(Failure::new(format!("escrutinio-server init: {}", why.trim())));
        }
        Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
    }

    /// A further instance has the same keys.
    pub(crate) fn copy_keys(&self, first: &Self) -> Outcome {
        let (from, to) = (first.data().join("keys.sealed"), self.data().join("keys.sealed"));
        std::fs::copy(&from, &to).map(drop).map_err(|error| Failure::file(&from, &error))
    }

    /// Starts the server and waits until it is ready.
    pub(crate) fn start(&self) -> Result<Server, Failure> {
        Server::start(self)
    }
}

/// A folder that only its owner can read.
pub(crate) fn private(folder: &Path) -> Outcome {
    std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let only_owner = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder, only_owner).map_err(|error| Failure::file(folder, &error))?;
    }
    Ok(())
}

/// A file that only its owner can read.
pub(crate) fn put(path: &Path, text: &str) -> Outcome {
    std::fs::write(path, text).map_err(|error| Failure::file(path, &error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let only_owner = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(path, only_owner).map_err(|error| Failure::file(path, &error))?;
    }
    Ok(())
}
