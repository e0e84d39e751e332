//! A house where everybody has entered and nobody has voted, set up once and raised again for every vote.
//!
//! First accesses take longer than the vote. What they leave on the disk is the same in every vote: accounts,
//! sessions, keys. Ballots, the order of voting and all that comes of them are new each time.

use core::time::Duration;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use escrutinio_driver::{Api, Factor, Outbox};
use rand_chacha::ChaCha20Rng;

use super::scene::duplicate;
use super::statistics::shuffled;
use crate::lab::election::Election;
use crate::lab::house::House;
use crate::lab::voters::{self, Way};
use crate::load::figures::bar;
use crate::shell::{Failure, Outcome};

/// Devices at work side by side.
const DEVICES: usize = 32;

/// The house, and its disk as it was before the vote.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) election: Arc<Election>,
    pub(crate) house: House,
    /// Session tokens by voter.
    pub(crate) tokens: BTreeMap<usize, String>,
    before: PathBuf,
    /// The election's time then.
    now: i64,
    raised: SystemTime,
}

impl Stage {
    /// Opens an election, lets everybody enter, and keeps the disk.
    pub(crate) async fn set(
        election: &Arc<Election>,
        folder: &Path,
        postgres: bool,
        epochs: (u32, u32),
        rng: &mut ChaCha20Rng,
    ) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
        let house = House::open(election, &folder.join("house"), postgres, 1, epochs)?;
        let way = Way {
            apis: vec![Api::new(&house.first()?.url())?],
            phones: Arc::new(Outbox::new(&house.plan.messages.join("phones"), Duration::from_secs(60))),
            clock: house.plan.clock.clone(),
            factor: Factor::Totp,
            devices: DEVICES,
        };
        let progress = bar(u64::try_from(election.voters.len()).unwrap_or(0), "first accesses");
        // People enter in one order and vote in another.
        let entered = voters::enter(election, &way, shuffled(election.voters.len(), rng), &progress).await?;
        progress.finish_and_clear();
        let tokens = entered.iter().map(|one| (one.voter, one.session.expose_token().to_owned())).collect();
        let now = house.plan.clock.now();
        let mut stage = Self {
            election: Arc::clone(election),
            house,
            tokens,
            before: folder.join("before"),
            now,
            raised: SystemTime::now(),
        };
        stage.house.halt()?;
        duplicate(stage.house.folder(), &stage.before)?;
        Ok(stage)
    }

    /// Brings the disk back as it was, and starts everything.
    pub(crate) fn raise(&mut self) -> Outcome {
        self.strike()?;
        let folder = self.house.folder().to_owned();
        std::fs::remove_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
        duplicate(&self.before, &folder)?;
        self.raised = SystemTime::now();
        // Sessions are of that time.
        self.house.plan.clock.set(self.now.saturating_add(5))?;
        self.house.resume()?;
        self.house.wait_for("voting")
    }

    /// When the disk was as before last: what was not changed since knows nothing of the vote.
    pub(crate) fn raised(&self) -> SystemTime {
        self.raised
    }

    /// Ends everything at once: the disk has been copied.
    pub(crate) fn strike(&mut self) -> Outcome {
        self.house.kill()
    }
}
