//! Who is killed, how, and how often.

use core::fmt;
use core::time::Duration;
use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_core::Rng;

use crate::lab::house::{House, wait_for};
use crate::lab::postgres::Cluster;
use crate::lab::process;
use crate::lab::server::Server;
use crate::shell::{Failure, Outcome};

/// What dies without a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Victim {
    /// One server.
    Server,
    /// A server that is starting, and finishes what the one before left.
    Starting,
    /// A database with all its processes, the postmaster first.
    Cluster,
    /// The postmaster alone: its children see to themselves.
    Postmaster,
    /// One process of a database: the postmaster makes all others end, and recovers.
    Backend,
    /// Every server and every database at once.
    Everything,
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Starting => "server while starting",
            Self::Cluster => "PostgreSQL, all its processes",
            Self::Postmaster => "postmaster",
            Self::Backend => "process of PostgreSQL",
            Self::Everything => "all at once",
        })
    }
}

/// How often each was killed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kills(BTreeMap<Victim, u32>);

impl Kills {
    fn count(&mut self, victim: Victim) {
        let count = self.0.entry(victim).or_default();
        *count = count.saturating_add(1);
    }

    /// All of them.
    pub(crate) fn all(&self) -> u32 {
        self.0.values().sum()
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (victim, times) in &other.0 {
            let count = self.0.entry(*victim).or_default();
            *count = count.saturating_add(*times);
        }
    }
}

impl fmt::Display for Kills {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.all())?;
        for (number, (victim, times)) in self.0.iter().enumerate() {
            write!(f, "{} {victim} {times}", if number == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}

fn random(rng: &mut ChaCha20Rng, below: u32) -> u32 {
    rng.next_u32().checked_rem(below).unwrap_or(0)
}

fn pick(rng: &mut ChaCha20Rng, among: usize) -> usize {
    usize::try_from(random(rng, u32::try_from(among).unwrap_or(1))).unwrap_or(0)
}

/// A while that is over before so many milliseconds.
pub(crate) fn a_while(rng: &mut ChaCha20Rng, below: u32) -> Duration {
    Duration::from_millis(random(rng, below).into())
}

/// Draws who is next.
pub(crate) fn choose(house: &House, rng: &mut ChaCha20Rng) -> Victim {
    match (house.clusters.is_empty(), random(rng, 12)) {
        (true, 0..3) => Victim::Starting,
        (true, _) => Victim::Server,
        (false, 0..4) => Victim::Server,
        (false, 4) => Victim::Starting,
        (false, 5..8) => Victim::Cluster,
        (false, 8) => Victim::Postmaster,
        (false, 9) => Victim::Backend,
        (false, _) => Victim::Everything,
    }
}

/// Kills, starts again, and waits until there is voting.
pub(crate) fn kill(house: &mut House, victim: Victim, kills: &mut Kills, rng: &mut ChaCha20Rng) -> Outcome {
    kill_only(house, victim, kills, rng)?;
    house.sites.iter().try_for_each(|site| wait_for(site, "voting"))
}

/// Kills, and starts again.
pub(crate) fn kill_only(house: &mut House, victim: Victim, kills: &mut Kills, rng: &mut ChaCha20Rng) -> Outcome {
    match victim {
        Victim::Server | Victim::Starting => {
            let number = pick(rng, house.servers.len());
            house.servers.remove(number).kill()?;
            kills.count(Victim::Server);
            let site = house.sites.get(number).ok_or_else(|| Failure::new("no site"))?;
            if victim == Victim::Starting {
                let unlucky = Server::spawn(site)?;
                std::thread::sleep(a_while(rng, 900));
                unlucky.kill()?;
                kills.count(victim);
            }
            let server = site.start()?;
            house.servers.insert(number, server);
        }
        Victim::Cluster | Victim::Postmaster => {
            let number = pick(rng, house.clusters.len());
            let cluster = house.clusters.get(number).ok_or_else(|| Failure::new("no cluster"))?;
            if victim == Victim::Cluster { cluster.kill_all() } else { cluster.kill() }?;
            kills.count(victim);
            // Voters are refused meanwhile.
            std::thread::sleep(a_while(rng, 200));
            cluster.start()?;
        }
        Victim::Backend => {
            let number = pick(rng, house.clusters.len());
            let processes = house.clusters.get(number).map(Cluster::processes).unwrap_or_default();
            // The last is the postmaster itself.
            let children = processes.split_last().map(|(_, children)| children).unwrap_or_default();
            if let Some(pid) = children.get(pick(rng, children.len())) {
                // It may have ended by itself.
                if process::signal(*pid, "-KILL").is_ok() {
                    kills.count(victim);
                }
            }
        }
        Victim::Everything => {
            for server in house.servers.drain(..) {
                server.kill()?;
            }
            house.clusters.iter().try_for_each(Cluster::kill_all)?;
            kills.count(victim);
            std::thread::scope(|scope| {
                let starts: Vec<_> = house.clusters.iter().map(|cluster| scope.spawn(|| cluster.start())).collect();
                let dead = |_| Err(Failure::new("a thread that starts PostgreSQL ended"));
                starts.into_iter().try_for_each(|start| start.join().unwrap_or_else(dead))
            })?;
            let mut servers = house.sites.iter().map(Server::spawn).collect::<Result<Vec<_>, _>>()?;
            for (server, site) in servers.iter_mut().zip(&house.sites) {
                server.ready(site)?;
            }
            house.servers = servers;
        }
    }
    Ok(())
}
