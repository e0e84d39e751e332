//! All services, put together, and what starts them in their order.

mod delivery;

use core::time::Duration;
use std::sync::{Arc, RwLock};

use axum::body::Bytes;
use escrutinio_core::credential::Buckets;
use escrutinio_core::encoding::Encode;
use escrutinio_core::ids::hex;
use escrutinio_core::signature::SigningKey;

use tokio::sync::OnceCell;

use crate::access::{AccessParts, AccessService, AccessSettings, Rules, RulesError};
use crate::board::{Act, BoardParts, BoardService, Pace, WitnessAddress};
use crate::cast::{CastParts, CastService};
use crate::clock::Clock;
use crate::config::{Config, Policy};
use crate::desk::components::CheckReport;
use crate::desk::{Staff, StaffError, hosts};
use crate::election::LoadedElection;
use crate::events::EventLog;
use crate::identity::{self, Identity, IdentityError};
use crate::init::{self, InitError};
use crate::keys::ServerKeys;
use crate::lifecycle::{self, Conductor, ConductorParts, KeyFile};
use crate::passwords::Passwords;
use crate::phase::{Lifecycle, Schedule};
use crate::random;
use crate::store::{Store, StoreError, roll};

pub use delivery::DeliveryError;

/// A server that does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Record or keys.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A database cannot be opened.
    #[error(transparent)]
    Open(#[from] InitError),
    /// A database is not as it should be.
    #[error("{why}: {remedy}", why = .0, remedy = .0.remedy())]
    Store(#[from] StoreError),
    /// The manifest asks for what this program does not do.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// Codes cannot be sent.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The list of staff.
    #[error(transparent)]
    Staff(#[from] StaffError),
    /// The accounts are not loaded.
    #[error("the roll holds {actual} accounts, the election has {expected} voters: run `init` to its end")]
    NotLoaded {
        /// Voters.
        expected: usize,
        /// Accounts.
        actual: i64,
    },
    /// The configuration names somebody whom the manifest does not.
    #[error("the manifest has no witness {0}")]
    Witness(String),
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// The configuration.
    pub config: Config,
    /// The sealed election.
    pub election: Arc<LoadedElection>,
    /// Every credential list in buckets.
    pub buckets: Vec<Buckets>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Both databases.
    pub store: Store,
    /// What is sealed with.
    pub keys: Arc<ServerKeys>,
    /// Signs promises, and what the server says of its components.
    pub server_key: Arc<SigningKey>,
    /// What may be done when.
    pub lifecycle: Arc<Lifecycle>,
    /// Lets voters in.
    pub access: AccessService,
    /// Takes ballots.
    pub cast: Arc<CastService>,
    /// The two logs.
    pub board: Arc<BoardService>,
    /// The log of events.
    pub events: Arc<EventLog>,
    /// What the clock does, and what staff may ask for.
    pub conductor: Arc<Conductor>,
    /// Who is staff, and who observes.
    pub staff: Staff,
    /// What the opening fixes.
    pub(crate) policy: Policy,
    /// Its name among the instances, for as long as it runs; random.
    pub(crate) instance: i64,
    /// What the last comparison of the components found.
    pub(crate) compared: RwLock<Option<CheckReport>>,
    /// The list of receipts, once it was asked for.
    pub(crate) receipts: OnceCell<Bytes>,
}

impl Server {
    /// Starts everything but the sockets: finishes what a crash left, refuses an old copy, a wrong clock and
    /// another election.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: Config, passwords: &Passwords, clock: Arc<dyn Clock>) -> Result<Arc<Self>, StartError> {
        let identity = Identity::load(&config, passwords)?;
        let election = Arc::clone(&identity.election);
        let keys = identity::open_keys(&config.keys_file(), passwords)?;
        let manifest = &election.election.manifest;
        let witnesses = witnesses(&config, &election)?;
        let rules = Rules::of(manifest, access_settings(&config))?;
        let delivery = delivery::start(&config, manifest, passwords)?;
        let staff = Staff::read(&config.staff, manifest)?;
        let buckets = buckets(&election);

        let store = init::open(&config, passwords).await?;
        lifecycle::bind(&store, &election).await?;
        check_loaded(&store, &election).await?;
        if lifecycle::is_destroyed(&store).await? && keys.ballots().is_some() {
            // It was not there when the others did.
            identity::destroy_box_key(&config.keys_file(), passwords)?;
            keys.forget_ballots();
        }
        let keys = Arc::new(keys);
        let facts = lifecycle::facts(&store).await?;
        let policy = Policy::of(&config, &staff);
        lifecycle::check_policy(&store, facts, &policy).await?;
        let lifecycle = Arc::new(Lifecycle::new(Schedule::of(manifest), facts));
        // First the logs: they know an old copy when they see one.
        let board = BoardService::start(BoardParts {
            election: Arc::clone(&election),
            clock: Arc::clone(&clock),
            store: store.clone(),
            keys: Arc::clone(&keys),
            log_key: Arc::clone(&identity.log_key),
            folder: config.data.clone(),
            pace: Pace { minutes: config.epochs.minutes, ballots: config.epochs.ballots },
            witnesses,
        });
        let board = Arc::new(board.await?);
        let asks = manifest.witness_quorum > 0;
        if let Some(since) = lifecycle::check_clock(&store, clock.as_ref(), &lifecycle, asks).await? {
            lifecycle.doubt(since);
        }
        let cast = CastService::start(CastParts {
            election: Arc::clone(&election),
            lifecycle: Arc::clone(&lifecycle),
            clock: Arc::clone(&clock),
            store: store.clone(),
            keys: Arc::clone(&keys),
            server_key: Arc::clone(&identity.server_key),
        });
        let cast = Arc::new(cast.await?);
        let events = Arc::new(EventLog::new(store.roll.clone(), Arc::clone(&clock)));
        let parts = ConductorParts {
            election: Arc::clone(&election),
            lifecycle: Arc::clone(&lifecycle),
            clock: Arc::clone(&clock),
            store: store.clone(),
            keys: Arc::clone(&keys),
            key_file: KeyFile { path: config.keys_file(), passwords: passwords.clone() },
            cast: Arc::clone(&cast),
            board: Arc::clone(&board),
            events: Arc::clone(&events),
            policy: policy.clone(),
        };
        if let Some(hash) = &manifest.client_hash {
            board.act_once(&Act::new("client", clock.now()).with("hash", hex(hash))).await?;
        }
        let conductor = Arc::new(Conductor::new(parts, &values(&config, &buckets)).await?);
        let access = AccessService::new(AccessParts {
            events: Arc::clone(&events),
            clock: Arc::clone(&clock),
            keys: Arc::clone(&keys),
            roll: store.roll.clone(),
            lifecycle: Arc::clone(&lifecycle),
            rules,
            delivery,
        });
        conductor.run();
        let server = Arc::new(Self {
            config,
            election,
            buckets,
            clock,
            store,
            keys,
            server_key: identity.server_key,
            lifecycle,
            access,
            cast,
            board,
            events,
            conductor,
            staff,
            policy,
            instance: i64::from_le_bytes(random::bytes()) & i64::MAX,
            compared: RwLock::new(None),
            receipts: OnceCell::new(),
        });
        hosts::start(&server).await;
        Ok(server)
    }

    /// Ends in good order, once nobody asks any more: messages under way are waited for, but not longer than `longest`;
    /// what was counted and what was begun is on the disk.
    pub async fn finish(&self, longest: Duration) {
        self.access.delivery().drain(longest).await;
        if let Err(error) = self.events.finish().await {
            tracing::warn!(%error, "the counts of this hour were not written");
        }
        let left = async { self.conductor.leave().await.and(hosts::leave(self).await) };
        if let Err(error) = left.await {
            tracing::warn!(%error, "the other instances were not told that this one ends");
        }
        self.store.close().await;
    }
}

fn access_settings(config: &Config) -> AccessSettings {
    let access = &config.access;
    AccessSettings {
        issuer: access.issuer.clone(),
        confirm_enrolment_by_sms: access.confirm_by_sms,
        wrong_tries_per_minute: access.wrong_tries_per_minute,
        messages_per_hour: access.messages_per_hour,
        domestic: access.domestic.clone(),
    }
}

fn witnesses(config: &Config, election: &LoadedElection) -> Result<Vec<WitnessAddress>, StartError> {
    let known = &election.election.manifest.witnesses;
    let address = |witness: &crate::config::Witness| {
        let unknown = || StartError::Witness(witness.name.clone());
        known.iter().find(|official| official.name == witness.name).ok_or_else(unknown)?;
        let url = witness.url.parse().map_err(|_| unknown())?;
        Ok(WitnessAddress { name: witness.name.clone(), url })
    };
    config.witnesses.iter().map(address).collect()
}

fn buckets(election: &LoadedElection) -> Vec<Buckets> {
    let min_group = election.election.manifest.min_group;
    (0..).zip(election.lists.lists()).map(|(number, list)| Buckets::new(number, list.keys(), min_group)).collect()
}

/// The values of the act *election* that are no file.
fn values(config: &Config, buckets: &[Buckets]) -> Vec<(String, String)> {
    let root = |(list, buckets): (usize, &Buckets)| (format!("buckets-{list:03}"), hex(buckets.root()));
    let rehearsal = config.rehearsal.as_ref().map(|_| ("REHEARSAL".to_owned(), "the clock is moved".to_owned()));
    buckets.iter().enumerate().map(root).chain(rehearsal).collect()
}

async fn check_loaded(store: &Store, election: &LoadedElection) -> Result<(), StartError> {
    let expected = election.lists.lists().iter().fold(0usize, |sum, list| sum.saturating_add(list.keys().len()));
    let actual = roll::count(&mut *store.roll.read().await?).await?;
    if usize::try_from(actual) == Ok(expected) { Ok(()) } else { Err(StartError::NotLoaded { expected, actual }) }
}

/// A list as clients ask for it: its base, in bytes.
pub(crate) fn base_of(election: &LoadedElection, list: u32) -> Option<Vec<u8>> {
    election.lists.list(list).map(|list| list.base().to_bytes())
}
