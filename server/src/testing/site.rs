//! Everything that a casting host has on its disk before `init`: sealed record, sealed keys, accounts,
//! passwords, configuration.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use escrutinio_core::credential::{HalfRole, IssuedHalf};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::hex;
use escrutinio_core::signature::SigningKey;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_sealed::{Account, Kind, Person, Role, accounts, sealed};
use tempfile::TempDir;

use crate::clock::Clock;
use crate::config::Config;
use crate::desk::staff::observer_hash;
use crate::http::{self, Listener};
use crate::init::{self, InitError, InitReport};
use crate::passwords::Passwords;
use crate::random;
use crate::server::{Server, StartError};
use crate::testing::Databases;

/// The password of every sealed file.
pub const PASSWORD: &str = "una clave de prueba";
/// An observer's name and token.
pub const OBSERVER: (&str, &str) = ("Partido Uno", "un-token-de-prueba");

/// The disk of a casting host.
#[derive(Debug)]
pub struct Site {
    folder: TempDir,
    /// The server's file of accounts, opened: to be changed by who tests what is refused.
    pub accounts: Vec<Account>,
}

impl Site {
    /// The host of an election. Voter `n` has the user name `voter-n` and the link's token
    /// `TH("test-token", n)`.
    #[must_use]
    pub fn new(rehearsal: &Rehearsal) -> Self {
        let folder = TempDir::new().unwrap();
        let record = folder.path().join("record");
        for (path, bytes) in &rehearsal.files.0 {
            let path = record.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let manifest = &rehearsal.manifest;
        let site = Self { folder, accounts: Self::accounts(rehearsal) };
        site.seal_key("server.key", Role::Server, &manifest.server.name, &rehearsal.keys.server);
        site.seal_key("log.key", Role::Log, &manifest.log.name, &rehearsal.keys.log);
        for name in ["server", "log", "keys", "accounts", "package"] {
            site.write(&format!("passwords/{name}-password"), PASSWORD);
        }
        site.write("server.toml", CONFIG);
        site.write("component/page.html", "<p>la página</p>");
        let entry = |(person, backup): (Person, bool)| {
            let file = format!("{}.card", person.name);
            site.write(&file, &person.card().to_text());
            format!("[[person]]\ncard = \"{file}\"\nbackup = {backup}\n")
        };
        let people = [("Olga", false), ("Omar", true), ("Aura", false), ("Abel", true)];
        let entries: String = people.map(|(name, backup)| entry((Self::person(name), backup))).concat();
        let hash = hex(&observer_hash(OBSERVER.1));
        let observer = format!("[[observer]]\nname = \"{}\"\nrole = \"party\"\ntoken = \"{hash}\"\n", OBSERVER.0);
        site.write("staff.toml", &format!("{entries}{observer}"));
        site
    }

    /// A member of staff: who begins with O is an operator, with A an authentication officer.
    #[must_use]
    pub fn person(name: &str) -> Person {
        let role = if name.starts_with('O') { Role::Operator } else { Role::Authentication };
        let key = escrutinio_core::testing::signing_key(name);
        Person { role, name: name.to_owned(), designation: String::new(), key }
    }

    fn accounts(rehearsal: &Rehearsal) -> Vec<Account> {
        let entries = (0u32..).zip(&rehearsal.counts);
        let entries = entries.flat_map(|(list, count)| (0..*count).map(move |place| (list, place)));
        let account = |(n, (list, place)): (u32, (u32, u32))| Account {
            user: format!("voter-{n}"),
            token: hex(&tagged_hash("access-token", &[&Self::token(n)])),
            list,
            place,
            name: format!("Persona {n} Núñez"),
            clave: format!("CLAVE{n:013}"),
            entity: "Nayarit".into(),
            email: format!("voter-{n}@example.org"),
            phone: format!("1555{n:07}"),
            half: Some(hex(&Self::half(rehearsal, HalfRole::Server, list, place).expose_bytes())),
        };
        (0u32..).zip(entries).map(account).collect()
    }

    /// A half of an entry.
    #[must_use]
    pub fn half(rehearsal: &Rehearsal, role: HalfRole, list: u32, place: u32) -> IssuedHalf {
        let (registrar, server) = rehearsal.issued(list, place);
        if role == HalfRole::Server { server } else { registrar }
    }

    /// The token of the link of a voter.
    #[must_use]
    pub fn token(voter: u32) -> [u8; 32] {
        tagged_hash("test-token", &[&voter.to_le_bytes()])
    }

    fn seal_key(&self, name: &str, role: Role, holder: &str, key: &SigningKey) {
        let key = SigningKey::from_seed(&key.expose_seed());
        let person = Person { role, name: holder.to_owned(), designation: String::new(), key };
        let content = person.to_sealed();
        sealed::write(&mut random::system(), &self.path(name), Kind::SigningKey, PASSWORD, &content).unwrap();
    }

    /// Seals [`Self::accounts`] as they are.
    #[must_use]
    pub fn seal_accounts(&self) -> PathBuf {
        let path = self.path("server-accounts.sealed");
        let _ = fs::remove_file(&path);
        let content = accounts::to_lines(&self.accounts);
        sealed::write(&mut random::system(), &path, Kind::Accounts, PASSWORD, &content).unwrap();
        path
    }

    /// A file below its folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Keeps roll and box elsewhere than in two files of its own.
    pub fn keep_in(&self, databases: &Databases) {
        let (roll, ballots) = databases.urls();
        let text = fs::read_to_string(self.path("server.toml")).unwrap();
        let text = text.replace("sqlite:data/roll.db", roll).replace("sqlite:data/box.db", ballots);
        self.write("server.toml", &text);
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> Config {
        Config::read(&self.path("server.toml")).unwrap()
    }

    /// Its passwords.
    #[must_use]
    pub fn passwords(&self) -> Passwords {
        Passwords::new(Some(self.path("passwords")))
    }

    /// Loads the election.
    ///
    /// # Errors
    /// [`InitError`].
    pub async fn init(&self) -> Result<InitReport, InitError> {
        init::init(&self.config(), &self.passwords(), &self.seal_accounts()).await
    }
}

const CONFIG: &str = r#"
data = "data"
record = "record"
staff = "staff.toml"
[keys]
server = "server.key"
log = "log.key"
[listen]
voters = "127.0.0.1:0"
admin = "127.0.0.1:0"
plain = true
origins = ["https://voto.example"]
[databases]
roll = "sqlite:data/roll.db"
box = "sqlite:data/box.db"
[epochs]
minutes = 0
[components]
paths = ["component"]
[mail]
kind = "outbox"
folder = "mail"
[sms]
kind = "outbox"
folder = "sms"
"#;

/// A server with its sockets, in this process.
#[derive(Debug)]
pub struct Live {
    /// The server.
    pub server: Arc<Server>,
    /// Where voters come in, such as `http://127.0.0.1:40001`.
    pub voters: String,
    /// Where health, metrics and the desk are.
    pub admin: String,
    listeners: (Listener, Listener),
}

impl Live {
    /// Starts what `init` has loaded.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(site: &Site, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let server = Server::start(site.config(), &site.passwords(), clock).await?;
        let limits = server.config.limits;
        let start = |address, limits, routes| Listener::start(address, None, vec![], &limits, routes).unwrap();
        let voters = start(server.config.listen.voters, limits, http::voters(&server));
        let admin = start(server.config.listen.admin, limits.of_staff(), http::admin(&server));
        let url = |listener: &Listener| format!("http://{}", listener.address());
        Ok(Self { voters: url(&voters), admin: url(&admin), server, listeners: (voters, admin) })
    }

    /// Ends in good order.
    pub async fn finish(self) {
        let drain = self.server.config.limits.drain;
        tokio::join!(self.listeners.0.finish(drain), self.listeners.1.finish(drain));
        self.server.finish(drain).await;
    }
}
