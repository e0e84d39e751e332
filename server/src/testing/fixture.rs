//! A sealed election with voters, and a server that takes their ballots.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use escrutinio_core::encoding::Encode;
use escrutinio_core::manifest::Manifest;
use escrutinio_core::signature::SigningKey;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::testing::{self, Keys};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{Databases, Witness};
use crate::access::session::VoterSession;
use crate::board::{BoardParts, BoardService, Pace};
use crate::cast::{CastParts, CastService};
use crate::clock::ManualClock;
use crate::election::LoadedElection;
use crate::events::EventLog;
use crate::keys::{LENGTH, ServerKeys};
use crate::lifecycle::{self as start, Conductor, ConductorParts, KeyFile};
use crate::passwords::Passwords;
use crate::phase::{Facts, Lifecycle, Schedule};
use crate::store::roll::{self, NewAccount};
use crate::store::{Person, Store, StoreError};

/// A sealed election, its voters with their accounts, databases, and a clock that stands still at
/// the beginning of voting.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// The election in memory, with every key.
    pub rehearsal: Arc<Rehearsal>,
    /// The same as the server loads it.
    pub election: Arc<LoadedElection>,
    /// Where roll and box are.
    pub databases: Databases,
    /// The time.
    pub clock: Arc<ManualClock>,
    /// The content of `keys.sealed`.
    pub keys: [u8; LENGTH],
    /// Where that file would be.
    pub key_file: KeyFile,
    /// A session for each voter, begun when voting began.
    pub voters: Vec<VoterSession>,
}

/// What a server consists of, as far as ballots go.
#[derive(Clone, Debug)]
pub struct Running {
    /// Both databases.
    pub store: Store,
    /// The keys.
    pub keys: Arc<ServerKeys>,
    /// What may be done when.
    pub lifecycle: Arc<Lifecycle>,
    /// Takes ballots.
    pub cast: Arc<CastService>,
}

/// A whole server but for voters' access: nothing happens by itself, [`Conducted::tick`] does what is due.
#[derive(Clone, Debug)]
pub struct Conducted {
    /// Databases, keys, ballots.
    pub running: Running,
    /// Both logs.
    pub board: Arc<BoardService>,
    /// The log of events.
    pub events: Arc<EventLog>,
    /// Leads through the phases.
    pub conductor: Arc<Conductor>,
}

impl Conducted {
    /// Does what is due, and asks the witnesses.
    pub async fn tick(&self) {
        self.conductor.tick().await.unwrap();
        self.conductor.ask_time().await.unwrap();
        self.board.cosign().await.unwrap();
    }

    /// Closes the databases, as a program that ends in order.
    pub async fn stop(self) {
        self.conductor.leave().await.unwrap();
        self.running.store.close().await;
    }
}

type Sealed = (Arc<Rehearsal>, Arc<LoadedElection>);

/// Sealing takes long: every election is sealed once.
fn sealed(name: &'static str, manifest: fn(&Keys) -> Manifest, counts: &[u32]) -> Sealed {
    static SEALED: Mutex<BTreeMap<(&str, Vec<u32>), Sealed>> = Mutex::new(BTreeMap::new());
    let mut known = SEALED.lock().unwrap_or_else(PoisonError::into_inner);
    let make = || {
        let keys = Keys::new(2, 3);
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let rehearsal = Rehearsal::sealed(manifest(&keys), keys, counts, &mut rng);
        let files = rehearsal.files.0.iter().map(|(path, bytes)| (path.clone(), bytes.as_slice().into())).collect();
        (Arc::new(rehearsal), Arc::new(LoadedElection::of_files(files).unwrap()))
    };
    known.entry((name, counts.to_vec())).or_insert_with(make).clone()
}

impl Fixture {
    /// The vote of a school: one contest of three candidates, one list.
    pub async fn small(databases: Databases, voters: u32) -> Self {
        Self::new("small", |keys| testing::small(keys, 3), &[voters], databases).await
    }

    /// Four contests, two styles, three units, four lists.
    pub async fn several(databases: Databases, voters_of_a_list: u32) -> Self {
        Self::new("several", testing::several, &[voters_of_a_list; 4], databases).await
    }

    /// Any example; `name` is that of the manifest.
    pub async fn new(
        name: &'static str,
        manifest: fn(&Keys) -> Manifest,
        counts: &[u32],
        databases: Databases,
    ) -> Self {
        let (rehearsal, election) = sealed(name, manifest, counts);
        let schedule = Schedule::of(&election.election.manifest);
        let entries = (0u32..).zip(counts).flat_map(|(list, count)| (0..*count).map(move |place| (list, place)));
        let voters = entries
            .map(|(list, place)| VoterSession {
                account: roll::new_account_number(),
                list,
                place,
                start: schedule.voting_start,
                end: schedule.voting_start + schedule.session_seconds,
            })
            .collect();
        let clock = Arc::new(ManualClock::at(schedule.voting_start));
        let path = databases.folder().join("keys.sealed");
        let key_file = KeyFile { path, passwords: Passwords::new(Some(databases.folder().to_path_buf())) };
        let fixture = Self { rehearsal, election, databases, clock, keys: crate::random::bytes(), key_file, voters };
        fixture.insert_accounts().await;
        fixture
    }

    async fn insert_accounts(&self) {
        let store = self.databases.open().await;
        let keys = ServerKeys::from_bytes(&self.keys);
        let accounts: Vec<NewAccount> = (0..).zip(&self.voters).map(|(n, voter)| account(&keys, n, voter)).collect();
        let job = store.roll.run(move |c| {
            Box::pin(async move {
                for account in &accounts {
                    assert!(roll::insert(c, account).await?);
                }
                Ok(())
            })
        });
        job.await.unwrap();
        store.close().await;
    }

    /// The instants of the election.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        Schedule::of(&self.election.election.manifest)
    }

    /// What a voter sends.
    #[must_use]
    pub fn ballot(&self, voter: usize, contest: u32, option: u32) -> Vec<u8> {
        let VoterSession { list, place, .. } = self.voters[voter];
        self.rehearsal.cast((list, place), contest, option, None, &mut crate::random::system()).to_bytes()
    }

    /// Starts a server on the databases, which is open.
    pub async fn start(&self) -> Running {
        self.start_with(Facts { opened: true, ..Facts::default() }).await
    }

    /// Starts a server on the databases.
    pub async fn start_with(&self, facts: Facts) -> Running {
        let keys = Arc::new(ServerKeys::from_bytes(&self.keys));
        self.run(self.databases.open().await, keys, facts).await.unwrap()
    }

    /// Starts everything but voters' access, with the board's files in a folder beside the databases.
    ///
    /// # Errors
    /// What a start refuses.
    pub async fn conduct(&self, pace: Pace, witnesses: &[&Witness]) -> Result<Conducted, StoreError> {
        let (roll, ballots) = self.databases.urls();
        let store = Store::open(roll, ballots).await?;
        start::bind(&store, &self.election).await?;
        let facts = start::facts(&store).await?;
        let keys = Arc::new(ServerKeys::from_bytes(&self.keys));
        let seed = self.rehearsal.keys.log.expose_seed();
        let board = BoardService::start(BoardParts {
            election: Arc::clone(&self.election),
            clock: self.clock.clone(),
            store: store.clone(),
            keys: Arc::clone(&keys),
            log_key: Arc::new(SigningKey::from_seed(&seed)),
            folder: self.databases.folder().join("public"),
            pace,
            witnesses: witnesses.iter().map(|witness| witness.address()).collect(),
        });
        let board = match board.await {
            Ok(board) => Arc::new(board),
            Err(error) => {
                store.close().await;
                return Err(error);
            }
        };
        let asks = self.election.election.manifest.witness_quorum > 0;
        let lifecycle = Lifecycle::new(self.schedule(), facts);
        let doubted = start::check_clock(&store, self.clock.as_ref(), &lifecycle, asks).await;
        let doubted = match doubted {
            Ok(doubted) => doubted,
            Err(error) => {
                store.close().await;
                return Err(error);
            }
        };
        let running = match self.run(store.clone(), keys, facts).await {
            Ok(running) => running,
            Err(error) => {
                store.close().await;
                return Err(error);
            }
        };
        if let Some(since) = doubted {
            running.lifecycle.doubt(since);
        }
        let events = Arc::new(EventLog::new(store.roll.clone(), self.clock.clone()));
        let parts = ConductorParts {
            election: Arc::clone(&self.election),
            lifecycle: Arc::clone(&running.lifecycle),
            clock: self.clock.clone(),
            store,
            keys: Arc::clone(&running.keys),
            key_file: self.key_file.clone(),
            cast: Arc::clone(&running.cast),
            board: Arc::clone(&board),
            events: Arc::clone(&events),
            policy: crate::config::Policy::default(),
        };
        let conductor = Arc::new(Conductor::new(parts, &[]).await?);
        Ok(Conducted { running, board, events, conductor })
    }

    async fn run(&self, store: Store, keys: Arc<ServerKeys>, facts: Facts) -> Result<Running, StoreError> {
        let lifecycle = Arc::new(Lifecycle::new(self.schedule(), facts));
        let seed = self.rehearsal.keys.server.expose_seed();
        let parts = CastParts {
            election: Arc::clone(&self.election),
            lifecycle: Arc::clone(&lifecycle),
            clock: self.clock.clone(),
            store: store.clone(),
            keys: Arc::clone(&keys),
            server_key: Arc::new(SigningKey::from_seed(&seed)),
        };
        let cast = Arc::new(CastService::start(parts).await?);
        Ok(Running { store, keys, lifecycle, cast })
    }
}

fn account(keys: &ServerKeys, number: u32, voter: &VoterSession) -> NewAccount {
    let person = Person {
        name: format!("Persona {number:06}"),
        clave: format!("CLAVE{number:013}"),
        entity: "Nayarit".into(),
        email: format!("persona{number}@example.org"),
        phone: format!("52311{number:07}"),
    };
    NewAccount {
        account: voter.account,
        user_name: format!("u{number:06}"),
        token: None,
        list: voter.list,
        place: voter.place,
        contacts: person.contact_tags(keys.roll()),
        person: person.seal(keys.roll(), voter.account),
        half: b"none".to_vec(),
    }
}
