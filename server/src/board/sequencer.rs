//! Who puts ballots on the board: one instance, which holds the lock. What waits is known to its
//! memory only; when it starts it finds out again, by decrypting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use escrutinio_core::board::epoch::Waiting;
use escrutinio_core::board::leaf_hash;
use escrutinio_core::hash::Hash;
use sqlx::{AnyConnection, Connection, Row};

use super::leaving::{self, Rows};
use super::log::{Log, LogName, write_files};
use super::rows::Head;
use super::tree::{self, Files, Growth};
use crate::cast::{SealedBallot, lock_ballots};
use crate::keys::BoxCipher;
use crate::store::{Backend, Store, StoreError, meta};

/// Number of the lock of PostgreSQL that the sequencer holds as long as its connection lives.
const LOCK: i64 = 0x7365_7175;
/// Ballots of which the files are made at once.
const CHUNK: usize = 32_768;
/// Rows read at once: whole pages, so that no statement says which of them was wanted.
const PAGE: i64 = 1000;

/// When epochs leave while voting is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Minutes after the one before; with 0 all ballots leave at the close.
    pub minutes: u32,
    /// Ballots that need not wait so long.
    pub ballots: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { minutes: 60, ballots: 4096 }
    }
}

/// The sequencer, while it is one.
pub(crate) struct Leader {
    store: Store,
    log: Log,
    /// Gone once the box key is destroyed, when nothing waits.
    cipher: Option<Arc<BoxCipher>>,
    connection: AnyConnection,
    min_group: u32,
    waiting: Waiting<i64>,
    /// Everything up to it was looked at.
    last_seq: i64,
    head: Head,
    growth: Growth,
    /// When the last epoch left, as far as this instance knows.
    epoch_at: i64,
    /// Whether it may be noted already what leaves with the next head.
    unfinished: bool,
}

impl core::fmt::Debug for Leader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Leader(..)")
    }
}

/// A connection that holds the lock, if nobody else does.
pub(super) async fn lock(store: &Store) -> Result<Option<AnyConnection>, StoreError> {
    let mut connection = store.ballots.connect().await?;
    if store.ballots.backend() == Backend::Postgres {
        let row = sqlx::query("SELECT pg_try_advisory_lock($1)").bind(LOCK).fetch_one(&mut connection).await?;
        if !row.try_get::<bool, _>(0)? {
            connection.close().await?;
            return Ok(None);
        }
    }
    Ok(Some(connection))
}

impl Leader {
    /// Takes over: what is on the board is read from its tiles, what waits from the ballots.
    pub(super) async fn start(
        store: Store,
        log: Log,
        min_group: u32,
        cipher: Option<Arc<BoxCipher>>,
        mut connection: AnyConnection,
        now: i64,
    ) -> Result<Self, StoreError> {
        log.sign_heads(&store).await?;
        let head = log.last(&mut connection).await?;
        let growth = Growth::resume(&mut connection, log.name, head.size).await?;
        if growth.root() != head.root {
            return Err(StoreError::corrupt("the tiles of the board are not those of its head"));
        }
        let closing = meta::value(&mut connection, meta::CLOSING).await?.is_some();
        let waiting = Waiting::new(min_group);
        let (last_seq, epoch_at, unfinished) = (0, now, !closing);
        let mut leader =
            Self { store, log, cipher, connection, min_group, waiting, last_seq, head, growth, epoch_at, unfinished };
        if !closing {
            let mut on_board = BTreeSet::new();
            let (log, size) = (leader.log.name, leader.head.size);
            let insert = |leaf| {
                on_board.insert(leaf);
            };
            tree::leaves(&mut leader.connection, log, size, insert).await?;
            leader.read_new(&on_board).await?;
        }
        Ok(leader)
    }

    /// Whether the connection, and with it the lock, is still there.
    pub(crate) async fn check(&mut self) -> Result<(), StoreError> {
        Ok(self.connection.ping().await?)
    }

    fn cipher(&self) -> Result<Arc<BoxCipher>, StoreError> {
        self.cipher.clone().ok_or_else(|| StoreError::corrupt("the box key is gone, and the board is not complete"))
    }

    /// Ballots that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Takes what came since into the waiting set.
    async fn read_new(&mut self, on_board: &BTreeSet<Hash>) -> Result<(), StoreError> {
        let cipher = self.cipher()?;
        let last = self.barrier().await?;
        while self.last_seq < last {
            let statement =
                "SELECT seq, code_tag, sealed FROM ballots WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3";
            let query = sqlx::query(statement).bind(self.last_seq).bind(last).bind(PAGE);
            let rows = query.fetch_all(&mut self.connection).await?;
            if rows.is_empty() {
                self.last_seq = last;
            }
            for row in &rows {
                let (code, sealed): (Vec<u8>, Vec<u8>) = (row.try_get(1)?, row.try_get(2)?);
                let (_, ballot) = SealedBallot::open(&cipher, &code, &sealed)?;
                self.last_seq = row.try_get(0)?;
                let leaf = leaf_hash(&ballot);
                if !on_board.contains(&leaf) {
                    self.wait(leaf, self.last_seq)?;
                }
            }
        }
        Ok(())
    }

    /// The last row such that every earlier one is committed or never will be: PostgreSQL gives numbers
    /// out before transactions are.
    async fn barrier(&mut self) -> Result<i64, StoreError> {
        let backend = self.store.ballots.backend();
        let mut transaction = self.connection.begin().await?;
        lock_ballots(&mut transaction, backend).await?;
        let last = last_seq(&mut transaction).await?;
        transaction.commit().await?;
        Ok(last)
    }

    /// Lets an epoch leave if one may. Says whether one did.
    pub(crate) async fn epoch_if_due(&mut self, now: i64, pace: Pace) -> Result<bool, StoreError> {
        if pace.minutes == 0 {
            return Ok(false);
        }
        if self.finish_epoch().await? {
            self.epoch_at = now;
            return Ok(true);
        }
        let late = now.saturating_sub(self.epoch_at) >= i64::from(pace.minutes).saturating_mul(60);
        let came = last_seq(&mut self.connection).await?.saturating_sub(self.last_seq);
        let enough = |waiting: usize| i64::try_from(waiting).unwrap_or(i64::MAX) >= i64::from(pace.ballots);
        let expected = self.waiting.len().saturating_add(usize::try_from(came).unwrap_or(0));
        if !late && !enough(expected) {
            return Ok(false);
        }
        self.read_new(&BTreeSet::new()).await?;
        if !late && !enough(self.waiting.len()) {
            return Ok(false);
        }
        let Some(leaving) = self.waiting.clone().release() else { return Ok(false) };
        let rows: Rows = leaving.iter().map(|(_, row)| *row).collect();
        let (cipher, next) = (self.cipher()?, self.next());
        let rows = leaving::decide(&self.store.ballots, &mut self.connection, &cipher, next, &rows).await?;
        self.epoch(&rows).await?;
        self.epoch_at = now;
        Ok(true)
    }

    /// The number of the next head.
    fn next(&self) -> u64 {
        self.head.number.saturating_add(1)
    }

    /// Publishes what was noted to leave with the next head, if an attempt came to nothing. Says whether it did.
    async fn finish_epoch(&mut self) -> Result<bool, StoreError> {
        if !self.unfinished {
            return Ok(false);
        }
        let (cipher, next) = (self.cipher()?, self.next());
        let noted = leaving::noted(&mut self.connection, &cipher, next).await?;
        if let Some(rows) = &noted {
            self.epoch(rows).await?;
        }
        self.unfinished = false;
        Ok(noted.is_some())
    }

    /// Publishes what was noted to leave, and nothing else.
    async fn epoch(&mut self, rows: &Rows) -> Result<(), StoreError> {
        if rows.last().is_some_and(|last| *last > self.last_seq) {
            // Another noted it, who had seen more.
            self.read_new(&BTreeSet::new()).await?;
        }
        let waiting = self.waiting.clone().close().unwrap_or_default();
        let [leaving, staying] = leaving::take(waiting, rows)?;
        self.publish(&leaving, false).await?;
        self.waiting = Waiting::new(self.min_group);
        for (leaf, row) in staying {
            self.wait(leaf, row)?;
        }
        Ok(())
    }

    fn wait(&mut self, leaf: Hash, row: i64) -> Result<(), StoreError> {
        self.waiting.insert(leaf, row).map_err(|_| StoreError::corrupt("a ballot stands in the box twice"))
    }

    /// Closes the box for good, and lets all leave. The answer is the closing head.
    pub(crate) async fn close(&mut self, now: i64) -> Result<Head, StoreError> {
        let backend = self.store.ballots.backend();
        let mut transaction = self.connection.begin_with(self.store.ballots.begin()).await?;
        lock_ballots(&mut transaction, backend).await?;
        meta::insert(&mut transaction, meta::CLOSED, now.to_string().as_bytes()).await?;
        transaction.commit().await?;
        self.read_new(&BTreeSet::new()).await?;
        // An epoch that was begun before leaves as it was begun.
        self.unfinished = true;
        self.finish_epoch().await?;
        match self.waiting.clone().close() {
            Some(leaving) => self.publish(&leaving, true).await?,
            None => {
                let number = self.head.number.to_string();
                meta::insert(&mut self.connection, meta::CLOSING, number.as_bytes()).await?;
            }
        }
        self.waiting = Waiting::new(0);
        Ok(self.head.clone())
    }

    /// Puts ballots on the board: their files and the head in one transaction, then the signature.
    async fn publish(&mut self, leaving: &[(Hash, i64)], closing: bool) -> Result<(), StoreError> {
        let cipher = self.cipher()?;
        let mut growth = self.growth.clone();
        let (first, rest) = leaving.split_at(leaving.len().min(CHUNK));
        // What takes long is done before the transaction, which casts wait for.
        let files = grow(&mut self.connection, &cipher, &mut growth, first).await?;
        let mut transaction = self.connection.begin_with(self.store.ballots.begin()).await?;
        write_files(&mut transaction, LogName::Board, files).await?;
        for chunk in rest.chunks(CHUNK) {
            let files = grow(&mut transaction, &cipher, &mut growth, chunk).await?;
            write_files(&mut transaction, LogName::Board, files).await?;
        }
        let head = self.log.write_head(&mut transaction, &self.head, &growth).await?;
        if closing {
            meta::insert(&mut transaction, meta::CLOSING, head.number.to_string().as_bytes()).await?;
        }
        transaction.commit().await?;
        self.growth = growth;
        self.head = head;
        self.log.sign_heads(&self.store).await
    }
}

/// The number of the last ballot.
pub(super) async fn last_seq(connection: &mut AnyConnection) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT coalesce(max(seq), 0) FROM ballots").fetch_one(connection).await?;
    Ok(row.try_get(0)?)
}

/// Appends ballots, and returns the files that they fill.
async fn grow(
    connection: &mut AnyConnection,
    cipher: &BoxCipher,
    growth: &mut Growth,
    leaving: &[(Hash, i64)],
) -> Result<Files, StoreError> {
    let mut ballots = read(connection, cipher, leaving.iter().map(|(_, row)| *row).collect()).await?;
    let mut files = Files::new();
    for (leaf, row) in leaving {
        let ballot = ballots.remove(row).filter(|ballot| leaf_hash(ballot) == *leaf);
        let ballot = ballot.ok_or_else(|| StoreError::corrupt("a row of the box has changed"))?;
        files.extend(growth.push(&ballot)?);
    }
    Ok(files)
}

/// Ballots by their rows. All pages between the first and the last are read, in their order: in whatever
/// log a statement ends, it names neither a row that leaves, nor in the order of hashes.
async fn read(
    connection: &mut AnyConnection,
    cipher: &BoxCipher,
    rows: Rows,
) -> Result<BTreeMap<i64, Vec<u8>>, StoreError> {
    let mut ballots = BTreeMap::new();
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(ballots) };
    let mut page = first.saturating_sub(1).div_euclid(PAGE).saturating_mul(PAGE);
    while page < *last {
        let end = page.saturating_add(PAGE);
        let statement = "SELECT seq, code_tag, sealed FROM ballots WHERE seq > $1 AND seq <= $2 ORDER BY seq";
        for found in sqlx::query(statement).bind(page).bind(end).fetch_all(&mut *connection).await? {
            let row: i64 = found.try_get(0)?;
            if rows.contains(&row) {
                let (code, sealed): (Vec<u8>, Vec<u8>) = (found.try_get(1)?, found.try_get(2)?);
                let (_, ballot) = SealedBallot::open(cipher, &code, &sealed)?;
                ballots.insert(row, ballot);
            }
        }
        page = end;
    }
    Ok(ballots)
}
