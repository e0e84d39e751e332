//! The casting server as the demonstration runs it: real processes on loopback.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use core::time::Duration;

use escrutinio_ceremony::commands::official;
use escrutinio_ceremony::person::Role;
use escrutinio_core::hash::sha256;
use escrutinio_core::ids::hex;
use escrutinio_core::manifest::CloseMode;
use escrutinio_core::record;
use escrutinio_driver::{Api, Outbox};
use serde_json::Value;

use super::attended::Attended;
use super::ceremony::{LOG, SERVER, WITNESSES};
use super::stage::{Stage, password};
use super::voting::live::Polls;
use crate::lab::clock::ClockFile;
use crate::lab::desk::{self, Staff};
use crate::lab::house::wait_for;
use crate::lab::postgres::Cluster;
use crate::lab::programs;
use crate::lab::server::{Server, get};
use crate::lab::site::{Databases, Plan, Site};
use crate::lab::witness::Witness;
use crate::shell::{Failure, Outcome};

/// Operator and authentication officer, who act together.
const STAFF: [(&str, Role); 4] = [
    ("Operadora", Role::Operator),
    ("Operador suplente", Role::Operator),
    ("Autenticación", Role::Authentication),
    ("Autenticación suplente", Role::Authentication),
];

/// A code reaches a phone within a minute.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything that runs.
#[derive(Debug)]
pub(crate) struct Polling {
    plan: Plan,
    sites: Vec<Site>,
    servers: Vec<Server>,
    staff: Vec<Staff>,
    /// They outlive the server, which asks them.
    _witnesses: Vec<Witness>,
    _clusters: Vec<Cluster>,
}

impl Polling {
    /// Builds and starts server and witnesses, and loads the election.
    pub(crate) fn start(stage: &mut Stage, postgres: bool) -> Result<Self, Failure> {
        stage.screen.step(
            "El servidor de votación y los testigos: programas de verdad, en esta máquina",
            "The casting server and the witnesses: real programs, on this machine",
        );
        let programs = programs::build()?;
        let manifest = stage.manifest()?;
        let folder = stage.private("server");
        std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
        let clock = ClockFile::new(&folder.join("clock"));
        clock.set(manifest.calendar.voting_start.saturating_sub(3600))?;

        let mut witnesses = Vec::new();
        for (number, name) in WITNESSES.iter().enumerate() {
            let at = stage.private(&format!("witness-{}", number.saturating_add(1)));
            let key = stage.secret(name);
            let who = (key.as_path(), password(name));
            witnesses.push(Witness::start(&programs.witness, &at, &stage.record(), (who.0, &who.1), &clock)?);
        }
        for (witness, name) in witnesses.iter_mut().zip(WITNESSES) {
            witness.ready()?;
            stage.screen.figure("testigo", "witness", format!("{name}  {}", witness.url()));
        }
        let mut clusters = Vec::new();
        let databases = if postgres {
            for name in ["roll", "box"] {
                clusters.push(Cluster::create(&folder.join(format!("postgres-{name}")), name)?);
            }
            let urls: Vec<String> = clusters.iter().map(Cluster::url).collect();
            for url in &urls {
                stage.screen.figure("PostgreSQL", "PostgreSQL", url);
            }
            Databases::Postgres(urls.first().cloned().unwrap_or_default(), urls.get(1).cloned().unwrap_or_default())
        } else {
            Databases::Sqlite
        };
        let (staff, staff_file) = staff(stage, &folder)?;
        let plan = Plan {
            record: stage.record(),
            server: (stage.secret(SERVER), password(SERVER)),
            log: (stage.secret(LOG), password(LOG)),
            accounts: (stage.private("server-accounts.sealed"), password(SERVER)),
            staff: staff_file,
            witnesses: WITNESSES.iter().zip(&witnesses).map(|(name, w)| ((*name).to_owned(), w.url())).collect(),
            databases,
            messages: stage.private("messages"),
            epochs: (1, 256),
            clock,
            front: stage.attended.as_ref().map(Attended::front),
        };
        if let Some(attended) = &stage.attended {
            attended.configure(stage)?;
        }
        let mut polling =
            Self { plan, sites: Vec::new(), servers: Vec::new(), staff, _witnesses: witnesses, _clusters: clusters };
        for number in 1..=if postgres { 2 } else { 1 } {
            let site = Site::write(&folder.join(format!("instance-{number}")), &programs.server, &polling.plan)?;
            // One instance shows the page.
            polling.plan.front = None;
            match polling.sites.first() {
                None => drop(site.init(&polling.plan)?),
                Some(first) => site.copy_keys(first)?,
            }
            polling.servers.push(site.start()?);
            stage.screen.figure("servidor", "server", format!("{}  {}", site.url(), site.admin()));
            polling.sites.push(site);
        }
        Ok(polling)
    }

    /// Opens: two people ask for the same.
    pub(crate) fn open(&self, stage: &mut Stage) -> Outcome {
        stage.screen.step(
            "Apertura: operación y autenticación la piden; los testigos firman el tablero vacío",
            "Opening: operator and authentication officer ask for it; witnesses sign the empty board",
        );
        self.both("baseline", &[])?;
        let report = self.in_the_end("open")?;
        for line in desk::text(&report, "text")?.lines() {
            println!("    {line}");
        }
        stage.now = stage.manifest()?.calendar.voting_start;
        if stage.attended.is_some() {
            // The codes of a real telephone follow the real time.
            self.plan.clock.follow_machine()?;
        } else {
            self.plan.clock.set(stage.now)?;
        }
        self.wait_for("voting")
    }

    /// Where the server's messages of a kind lie.
    pub(crate) fn messages(&self, kind: &str) -> PathBuf {
        self.plan.messages.join(kind)
    }

    /// The file that moves the clock.
    pub(crate) fn clock(&self) -> &Path {
        self.plan.clock.path()
    }

    /// Where staff and programs ask the first instance.
    pub(crate) fn admin(&self) -> Result<String, Failure> {
        self.first().map(Site::admin)
    }

    /// Where voters go. People read what comes to their telephones themselves.
    pub(crate) fn polls(&self, people: &[String]) -> Result<Polls, Failure> {
        let apis = self.sites.iter().map(|site| Api::new(&site.url())).collect::<Result<_, _>>()?;
        let phones = Outbox::new(&self.messages("phones"), PATIENCE).leaving(people.iter().map(String::as_str));
        Ok(Polls { apis, phones: Arc::new(phones), clock: self.plan.clock.clone() })
    }

    /// Voting and reception end by the clock; the box is exported and the list of those who voted obtained.
    pub(crate) fn close(&mut self, stage: &mut Stage) -> Result<Closing, Failure> {
        stage.screen.step(
            "Cierre por reloj: se firma el último punto de control y se obtiene la urna",
            "Closed by the clock: the last checkpoint is signed and the box obtained",
        );
        let manifest = stage.manifest()?;
        self.plan.clock.set(manifest.calendar.voting_close)?;
        if manifest.policies.close_mode == CloseMode::Grace {
            self.wait_for("grace")?;
            stage.screen.figure("gracia, minutos", "grace, minutes", manifest.policies.grace_minutes);
        }
        stage.now = manifest.reception_end();
        self.plan.clock.end_reception(stage.now)?;
        self.wait_for("closed")?;
        let export = self.in_the_end("export")?;
        let voters = stage.private("voters.csv");
        let list = self.both("voters", &["--out", &voters.display().to_string()])?;
        stage.now = stage.now.saturating_add(60);
        let number = |answer: &Value, name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or(0);
        let (ballots, marks) = (number(&export, "ballots"), number(&export, "marks"));
        stage.screen.figure("boletas, marcas", "ballots, marks", format!("{ballots}, {marks}"));
        stage.screen.figure("personas en la lista", "persons on the list", number(&list, "persons"));
        let folder = PathBuf::from(desk::text(&export, "folder")?);
        Ok(Closing { board: folder.join("board"), marked: folder.join("participation.txt"), voters })
    }

    /// The counting machine has verified every ballot: what ties the server's rows to them goes.
    pub(crate) fn destroy_box_key(&self, stage: &mut Stage) -> Outcome {
        stage.screen.step(
            "El servidor destruye la llave de la urna: ni quien tenga sus discos sabe ya qué boleta llegó cuándo",
            "The server destroys the box key: not even its disks tell any more which ballot came when",
        );
        self.both("destroy-box-key", &["--held"]).map(drop)
    }

    /// The server verifies the whole record, and from then on anybody reads ballots and receipts there.
    pub(crate) fn publish(&self, stage: &mut Stage) -> Outcome {
        stage.screen.step(
            "El servidor comprueba el expediente y publica boletas cifradas y recibos",
            "The server checks the record and publishes encrypted ballots and receipts",
        );
        let read = |path: PathBuf| std::fs::read(&path).map_err(|error| Failure::file(&path, &error));
        let hash = hex(&sha256(&[&read(stage.record().join(record::SUMS))?]));
        self.both("publish", &[&hash])?;
        let receipts = read(stage.record().join(record::RECEIPTS))?;
        for site in &self.sites {
            wait_for(site, "published")?;
            let served = get(&site.url(), "/receipts.txt")?;
            if served.status != 200 || served.body.as_bytes() != receipts {
                return Err(Failure::new("the server publishes other receipts than the record"));
            }
            stage.screen.figure("recibos", "receipts", format!("{}/receipts.txt", site.url()));
        }
        Ok(())
    }

    /// Ends everything in order.
    pub(crate) fn stop(self) -> Outcome {
        self.servers.into_iter().try_for_each(Server::stop)
    }

    fn both(&self, act: &str, arguments: &[&str]) -> Result<Value, Failure> {
        desk::together(self.first()?, &self.two(), act, arguments)
    }

    /// Witnesses sign within seconds; the empty board and the closing one wait for them.
    fn in_the_end(&self, act: &str) -> Result<Value, Failure> {
        desk::in_the_end(self.first()?, &self.two(), act)
    }

    fn first(&self) -> Result<&Site, Failure> {
        self.sites.first().ok_or_else(|| Failure::new("no server"))
    }

    /// Operator and authentication officer.
    fn two(&self) -> Vec<&Staff> {
        self.staff.iter().filter(|person| !person.backup).collect()
    }

    fn wait_for(&self, phase: &str) -> Outcome {
        self.sites.iter().try_for_each(|site| wait_for(site, phase))
    }
}

/// What the server hands over after the close.
#[derive(Debug)]
pub(crate) struct Closing {
    /// `checkpoints/` and `tile/entries/`.
    pub(crate) board: PathBuf,
    /// Voters marked.
    pub(crate) marked: PathBuf,
    /// Name and clave of those who voted.
    pub(crate) voters: PathBuf,
}

/// Registers the staff and names them in `staff.toml`.
fn staff(stage: &mut Stage, folder: &Path) -> Result<(Vec<Staff>, PathBuf), Failure> {
    let mut staff = Vec::new();
    for (number, (name, role)) in STAFF.into_iter().enumerate() {
        let (key, card) = (stage.secret(name), folder.join(format!("staff-{number}.card.toml")));
        stage.act(name, "", |session, _| official::register(session, role, &key, Some(&card)))?;
        let backup = name.ends_with("suplente");
        staff.push(Staff { name: name.to_owned(), key, password: password(name), card, backup });
    }
    let file = folder.join("staff.toml");
    desk::write_staff(&file, &staff)?;
    Ok((staff, file))
}
