//! Following both logs without a key.
//!
//! Of the board only checkpoints are public during the voting: their signatures, their growth,
//! and who of the witnesses vouches that each continues the one before. Of the log of acts
//! everything is public, and everything is checked ([`acts`]).

pub mod acts;
pub mod fetch;

use core::fmt;
use std::path::Path;
use std::sync::Arc;

use escrutinio_core::board::{Checkpoint, SignedCheckpoint};

use crate::alarm::{Alarm, Alarms, Kind};
use crate::book::{Book, Claim, Page};
use crate::clock::{Clock, PATIENCE};
use crate::election::{Election, Log};
use crate::error::Result;
use crate::witness::Standing;

use acts::Acts;
use fetch::{Fetch, FetchError};

/// Most bytes of a checkpoint.
pub(crate) const CHECKPOINT: u64 = 64 * 1024;

/// Whoever follows.
pub struct Follower {
    election: Election,
    fetch: Box<dyn Fetch>,
    clock: Arc<dyn Clock>,
    alarms: Alarms,
    board: Followed,
    acts: Followed,
    entries: Acts,
    _claim: Claim,
}

/// One log, as far as it was followed.
struct Followed {
    log: Log,
    book: Book,
    /// When something new was seen last, or when the program began.
    heard: u64,
    /// Since when the server shows less than before.
    behind: Option<u64>,
}

/// What a look at one log showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The checkpoint is as it should be.
    Good {
        /// Its size.
        size: u64,
        /// Whether it was not seen before.
        new: bool,
        /// How many witnesses vouch for it.
        vouched: usize,
    },
    /// The server shows less than before: for a while that may happen.
    Behind {
        /// Size shown.
        size: u64,
        /// Largest size seen before.
        last: u64,
    },
    /// Nothing could be checked.
    Unchecked(String),
    /// Something is wrong.
    Alarm(Kind),
}

/// Why a look ended early.
enum End {
    Unchecked(String),
    Behind { size: u64, last: u64 },
    Alarm(Kind),
}

impl From<FetchError> for End {
    fn from(error: FetchError) -> Self {
        Self::Unchecked(error.to_string())
    }
}

impl From<crate::error::Error> for End {
    fn from(error: crate::error::Error) -> Self {
        Self::Unchecked(error.to_string())
    }
}

impl Follower {
    /// Begins, or goes on where it stopped.
    ///
    /// # Errors
    /// If what is kept in `state` is damaged or in use.
    pub fn open(election: Election, fetch: Box<dyn Fetch>, state: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        let claim = Claim::of(state)?;
        let heard = clock.now();
        let followed = |log| -> Result<Followed> {
            let book = Book::open(state, &election, log)?;
            let behind = book.read_mark("behind")?;
            Ok(Followed { log, book, heard, behind })
        };
        let (board, acts) = (followed(Log::Board)?, followed(Log::Acts)?);
        let entries = Acts::of(acts.book.folder(), &election);
        Ok(Self { election, fetch, clock, alarms: Alarms::of(state), board, acts, entries, _claim: claim })
    }

    /// The alarms.
    #[must_use]
    pub fn alarms(&self) -> &Alarms {
        &self.alarms
    }

    /// The election.
    #[must_use]
    pub fn election(&self) -> &Election {
        &self.election
    }

    /// How both logs stand.
    #[must_use]
    pub fn standing(&self) -> Vec<Standing> {
        let standing = |followed: &Followed| {
            let (size, root) = followed.book.head();
            let time = followed.book.last().and_then(Page::time);
            let log = followed.log;
            let closed = log == Log::Board && time.is_some_and(|time| time >= self.election.end);
            let origin = self.election.keys(log).origin().to_owned();
            Standing { log, origin, size, root, time, closed, heard: followed.heard, checkpoint: None }
        };
        vec![standing(&self.board), standing(&self.acts)]
    }

    /// Looks at both logs once.
    pub fn look(&mut self) -> Vec<(Log, Seen)> {
        Log::ALL.into_iter().map(|log| (log, self.look_at(log))).collect()
    }

    fn look_at(&mut self, log: Log) -> Seen {
        let now = self.clock.now();
        let look = Look { election: &self.election, fetch: &*self.fetch, alarms: &self.alarms, now };
        let (followed, entries) = match log {
            Log::Board => (&mut self.board, None),
            Log::Acts => (&mut self.acts, Some(&mut self.entries)),
        };
        match look.at(followed, entries) {
            Ok(seen) => seen,
            Err(End::Unchecked(why)) => Seen::Unchecked(why),
            Err(End::Behind { size, last }) => Seen::Behind { size, last },
            Err(End::Alarm(kind)) => Seen::Alarm(kind),
        }
    }
}

/// One look at one log.
struct Look<'a> {
    election: &'a Election,
    fetch: &'a dyn Fetch,
    alarms: &'a Alarms,
    now: u64,
}

impl Look<'_> {
    fn at(&self, followed: &mut Followed, entries: Option<&mut Acts>) -> core::result::Result<Seen, End> {
        let log = followed.log;
        let text = self.fetch.get(&format!("{}/checkpoint", log.name()), CHECKPOINT)?;
        let note = SignedCheckpoint::parse(&text).map_err(|why| End::Unchecked(format!("{}: {why}", log.name())))?;
        let Ok(verified) = note.verify(self.election.keys(log)) else {
            return Err(self.alarm(Kind::Signature, followed, &note, None));
        };
        let page = Page { note, verified };
        self.growth(followed, &page)?;
        if log == Log::Board {
            self.closings(followed, &page)?;
        }
        if let Some(entries) = entries {
            let roots = followed.book.pages().chain([&page]).map(|page| page.note.claimed());
            if let Some(kind) = entries.fit(self.fetch, page.note.claimed(), roots)? {
                return Err(self.alarm(kind, followed, &page.note, None));
            }
        }
        let size = page.note.claimed().size;
        let vouched = page.verified.cosignatures().len();
        let before = followed.book.page(size);
        let new = before.is_none();
        if before.is_none_or(|before| before.note != page.note) {
            followed.book.write(page)?;
            followed.heard = self.now;
        }
        Ok(Seen::Good { size, new, vouched })
    }

    /// It is no smaller than before, and of no size that had another root.
    fn growth(&self, followed: &mut Followed, page: &Page) -> core::result::Result<(), End> {
        let new = page.note.claimed();
        if followed.book.root(new.size).is_some_and(|root| root != new.root) {
            let same = followed.book.page(new.size).map(|same| same.note.clone());
            return Err(self.alarm(Kind::Fork, followed, &page.note, same.as_ref()));
        }
        let (last, _) = followed.book.head();
        if new.size >= last {
            if followed.behind.take().is_some() {
                followed.book.clear_mark("behind")?;
            }
            return Ok(());
        }
        let since = match followed.behind {
            Some(since) => since,
            None => {
                followed.book.write_mark("behind", self.now)?;
                *followed.behind.insert(self.now)
            }
        };
        if self.now.saturating_sub(since) >= PATIENCE {
            return Err(self.alarm(Kind::Rollback, followed, &page.note, None));
        }
        Err(End::Behind { size: new.size, last })
    }

    /// No witness signed two checkpoints at or after the end of reception.
    fn closings(&self, followed: &Followed, page: &Page) -> core::result::Result<(), End> {
        let end = self.election.end;
        let closers = |page: &Page| -> Vec<usize> {
            let late = page.verified.cosignatures().iter().filter(|cosignature| cosignature.time >= end);
            late.map(|cosignature| cosignature.witness).collect()
        };
        let own = closers(page);
        let another = followed.book.pages().find(|other| {
            other.note.claimed() != page.note.claimed() && closers(other).iter().any(|witness| own.contains(witness))
        });
        match another {
            Some(another) => Err(self.alarm(Kind::TwoClosings, followed, &page.note, Some(&another.note))),
            None => Ok(()),
        }
    }

    fn alarm(
        &self,
        kind: Kind,
        followed: &Followed,
        refused: &SignedCheckpoint,
        other: Option<&SignedCheckpoint>,
    ) -> End {
        let mut evidence = Vec::new();
        if let Some(other) = other {
            evidence.push(("seen before", other.to_string()));
        }
        if let Some(last) = followed.book.last() {
            evidence.push(("seen last", last.note.to_string()));
        }
        evidence.push(("shown now", refused.to_string()));
        let new: &Checkpoint = refused.claimed();
        self.alarms.raise(&Alarm { kind, log: followed.log, refused: new, evidence }, self.now);
        End::Alarm(kind)
    }
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower").field("election", &self.election.id).finish_non_exhaustive()
    }
}
