//! A polling house: databases, witnesses, one or more servers, opened.

use core::time::Duration;
use std::path::{Path, PathBuf};

use super::clock::ClockFile;
use super::desk;
use super::election::Election;
use super::postgres::Cluster;
use super::programs::{self, Programs};
use super::server::{Server, get};
use super::site::{Databases, Plan, Site};
use super::witness::Witness;
use crate::shell::{Failure, Outcome};

/// Everything that runs. Servers come first, so that they end first.
#[derive(Debug)]
pub(crate) struct House {
    folder: PathBuf,
    pub(crate) servers: Vec<Server>,
    pub(crate) sites: Vec<Site>,
    pub(crate) plan: Plan,
    pub(crate) clusters: Vec<Cluster>,
    witnesses: Vec<Witness>,
}

impl House {
    /// Starts as many instances as asked for, and opens the election: voting has begun.
    pub(crate) fn open(
        election: &Election,
        folder: &Path,
        postgres: bool,
        instances: u32,
        epochs: (u32, u32),
    ) -> Result<Self, Failure> {
        let house = Self::load(election, folder, postgres, instances, epochs)?;
        let (site, two) = (house.first()?, election.two());
        desk::together(site, &two, "baseline", &[])?;
        desk::in_the_end(site, &two, "open")?;
        house.plan.clock.set(election.rehearsal.manifest.calendar.voting_start)?;
        house.wait_for("voting")?;
        Ok(house)
    }

    /// Loads the election into the databases and starts the instances.
    pub(crate) fn load(
        election: &Election,
        folder: &Path,
        postgres: bool,
        instances: u32,
        epochs: (u32, u32),
    ) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
        let programs = programs::build()?.kept(folder)?;
        let mut clusters = Vec::new();
        let databases = if postgres {
            let roll = Cluster::create(&folder.join("postgres-roll"), "roll")?;
            let ballots = Cluster::create(&folder.join("postgres-box"), "box")?;
            let urls = (roll.url(), ballots.url());
            clusters = vec![roll, ballots];
            Databases::Postgres(urls.0, urls.1)
        } else {
            Databases::Sqlite
        };
        let clock = ClockFile::new(&folder.join("clock"));
        clock.set(election.rehearsal.manifest.calendar.voting_start.saturating_sub(3600))?;
        let (witnesses, addresses) = witnesses(election, folder, &programs, &clock)?;
        let plan = election.plan(folder, databases, epochs, addresses);
        let mut house =
            Self { folder: folder.to_owned(), servers: Vec::new(), sites: Vec::new(), plan, clusters, witnesses };
        for number in 1..=instances {
            let site = Site::write(&folder.join(format!("instance-{number}")), &programs.server, &house.plan)?;
            match house.sites.first() {
                None => drop(site.init(&house.plan)?),
                Some(first) => site.copy_keys(first)?,
            }
            house.servers.push(site.start()?);
            house.sites.push(site);
        }
        Ok(house)
    }

    pub(crate) fn first(&self) -> Result<&Site, Failure> {
        self.sites.first().ok_or_else(|| Failure::new("no server"))
    }

    /// The process of the first instance.
    pub(crate) fn pid(&self) -> Result<u32, Failure> {
        self.servers.first().map(Server::pid).ok_or_else(|| Failure::new("no server runs"))
    }

    /// Waits until every instance is in a phase.
    pub(crate) fn wait_for(&self, phase: &str) -> Outcome {
        self.sites.iter().try_for_each(|site| wait_for(site, phase))
    }

    /// No witness has seen two boards.
    pub(crate) fn no_alarm(&self) -> Outcome {
        for number in 1..=self.witnesses.len() {
            let state = self.folder.join(format!("witness-{number}/state"));
            for entry in std::fs::read_dir(&state).map_err(|error| Failure::file(&state, &error))? {
                let path = entry.map_err(|error| Failure::file(&state, &error))?.path();
                if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("alarm")) {
                    let text = std::fs::read_to_string(&path).unwrap_or_default();
                    return Err(Failure::new(format!("a witness raises an alarm: {text}")));
                }
            }
        }
        Ok(())
    }

    /// Where everything lies.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ends servers and databases in order; the house is still there.
    pub(crate) fn halt(&mut self) -> Outcome {
        self.servers.drain(..).try_for_each(Server::stop)?;
        self.clusters.iter().try_for_each(Cluster::stop)
    }

    /// Kills servers and databases; the house is still there.
    pub(crate) fn kill(&mut self) -> Outcome {
        self.servers.drain(..).try_for_each(Server::kill)?;
        self.clusters.iter().try_for_each(Cluster::kill)
    }

    /// Starts what was ended, with the plan as it is now.
    pub(crate) fn resume(&mut self) -> Outcome {
        self.clusters.iter().try_for_each(Cluster::start)?;
        for site in &self.sites {
            site.configure(&self.plan)?;
            self.servers.push(site.start()?);
        }
        Ok(())
    }

    /// Ends everything in order.
    pub(crate) fn stop(self) -> Outcome {
        self.servers.into_iter().try_for_each(Server::stop)
    }
}

/// Waits until an instance is in a phase.
pub(crate) fn wait_for(site: &Site, phase: &str) -> Outcome {
    let wanted = format!("\"phase\":\"{phase}\"");
    for _ in 0..600 {
        if get(&site.url(), "/api/v1/election")?.body.contains(&wanted) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err(Failure::new(format!("the phase does not become {phase}")))
}

/// Names of witnesses, and where they are.
type Addresses = Vec<(String, String)>;

/// The election's witnesses, and their addresses.
fn witnesses(
    election: &Election,
    folder: &Path,
    programs: &Programs,
    clock: &ClockFile,
) -> Result<(Vec<Witness>, Addresses), Failure> {
    let (mut running, mut addresses) = (Vec::new(), Vec::new());
    for (number, witness) in (1..).zip(&election.rehearsal.manifest.witnesses) {
        let key = election.secret(&format!("witness-{number}"));
        let at = folder.join(format!("witness-{number}"));
        let record = election.folder.join("record");
        let mut program = Witness::start(&programs.witness, &at, &record, (&key, election.password()), clock)?;
        program.ready()?;
        addresses.push((witness.name.clone(), program.url()));
        running.push(program);
    }
    Ok((running, addresses))
}
