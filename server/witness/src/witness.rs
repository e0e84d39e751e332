//! What a witness signs, and what it refuses (`spec/board.md`, "Live witnesses").

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use escrutinio_core::board::note::SignatureLine;
use escrutinio_core::board::submission::SubmissionError;
use escrutinio_core::board::{SignedCheckpoint, Submission};
use escrutinio_sealed::{Person, Role};

use crate::alarm::{Alarm, Alarms, Kind};
use crate::book::{Book, Claim, Page};
use crate::clock::{Clock, PATIENCE};
use crate::election::{Election, Log};
use crate::error::{Error, Result};
use crate::journal::{Journal, closing_value};

/// Seconds before the end of reception from which on a checkpoint that is signed for the first time may be the closing,
/// by a clock that is ahead of this one. The server asks for no other in its last minute.
const EARLY: u64 = 30;
/// Seconds after the end of reception in which even such a one is not signed again.
const AWAITED: u64 = 60;

/// A witness at work.
pub struct Witness {
    election: Election,
    person: Person,
    clock: Arc<dyn Clock>,
    journal: Journal,
    alarms: Alarms,
    desk: Mutex<Desk>,
    _claim: Claim,
}

/// What only one request at a time may touch.
struct Desk {
    board: Book,
    acts: Book,
    /// When a checkpoint of each log was last signed, or when the program began.
    heard: [u64; 2],
    /// The latest time in any line signed.
    latest: u64,
}

impl Desk {
    fn book(&self, log: Log) -> &Book {
        match log {
            Log::Board => &self.board,
            Log::Acts => &self.acts,
        }
    }

    fn book_mut(&mut self, log: Log) -> &mut Book {
        match log {
            Log::Board => &mut self.board,
            Log::Acts => &mut self.acts,
        }
    }

    fn heard(&mut self, log: Log) -> &mut u64 {
        let [board, acts] = &mut self.heard;
        match log {
            Log::Board => board,
            Log::Acts => acts,
        }
    }
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Answer {
    /// Cosigned; on the disk.
    Signed(SignatureLine),
    /// Not of the form of a request.
    Malformed(SubmissionError),
    /// The old size is above the checkpoint's.
    Shrunk,
    /// Of neither log.
    UnknownOrigin,
    /// Without a signature of the log that verifies.
    Unsigned,
    /// The witness signed another size last, or another root of this size.
    Conflict {
        /// Size that it signed last.
        size: u64,
    },
    /// The consistency proof does not hold.
    BadProof,
    /// The rules of the closing or of the opening do not admit it.
    Over(Over),
    /// The checkpoint could not be written down, so it is not signed.
    Failed(Error),
}

/// Why nothing more is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The witness vouched for another election of this manifest.
    OtherElection,
    /// Nobody can vouch for the empty board after the end of reception.
    Late,
    /// The witness has signed a closing, and this is another.
    Closed,
}

/// How a log stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub log: Log,
    /// Its origin.
    pub origin: String,
    /// Size signed last.
    pub size: u64,
    /// Root signed last.
    pub root: [u8; 32],
    /// Time of the line signed last.
    pub time: Option<u64>,
    /// Whether the witness has signed the closing.
    pub closed: bool,
    /// When a checkpoint was last signed, or when the program began.
    pub heard: u64,
    /// The checkpoint signed last, as a signed note: to a log that has lost entries it proves that it had them.
    pub checkpoint: Option<String>,
}

impl Witness {
    /// Begins, or goes on where it stopped. The journal lies beside the sealed key `secret`.
    ///
    /// # Errors
    /// If the manifest does not name the person as a witness, if the witness has vouched for another
    /// election of the manifest, or if what is kept in `state` is damaged or in use.
    pub fn open(
        election: Election,
        person: Person,
        secret: &Path,
        state: &Path,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let own = (person.name.clone(), person.key.verifying_key());
        if person.role != Role::Witness || !election.witnesses.contains(&own) {
            return Err(Error::Stranger { name: person.name });
        }
        let claim = Claim::of(state)?;
        let journal = Journal::of(secret);
        let now = election.id.to_string();
        if let Some(before) = journal.election(&election)?.filter(|before| *before != now) {
            return Err(Error::OtherElection { before, now });
        }
        let board = Book::open(state, &election, Log::Board)?;
        let acts = Book::open(state, &election, Log::Acts)?;
        let latest = board.pages().chain(acts.pages()).filter_map(Page::time).max().unwrap_or(0);
        let began = clock.now();
        let desk = Mutex::new(Desk { board, acts, heard: [began; 2], latest });
        Ok(Self { election, person, clock, journal, alarms: Alarms::of(state), desk, _claim: claim })
    }

    /// The election.
    #[must_use]
    pub fn election(&self) -> &Election {
        &self.election
    }

    /// The witness's name in the manifest.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.person.name
    }

    /// The alarms.
    #[must_use]
    pub fn alarms(&self) -> &Alarms {
        &self.alarms
    }

    /// The clock.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.clock.now()
    }

    /// The latest time in any line signed: above the clock, if the clock went back.
    #[must_use]
    pub fn latest(&self) -> u64 {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner).latest
    }

    /// How both logs stand.
    #[must_use]
    pub fn standing(&self) -> Vec<Standing> {
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        Log::ALL
            .into_iter()
            .map(|log| {
                let heard = *desk.heard(log);
                let book = desk.book(log);
                let (size, root) = book.head();
                let time = book.last().and_then(Page::time);
                let closed = log == Log::Board && time.is_some_and(|time| time >= self.election.end);
                let origin = self.election.keys(log).origin().to_owned();
                let checkpoint = book.last().map(|page| page.note.to_string());
                Standing { log, origin, size, root, time, closed, heard, checkpoint }
            })
            .collect()
    }

    /// Judges the body of `add-checkpoint`. Requests are judged one after the other, and what is
    /// signed is on the disk before this returns.
    pub fn add_checkpoint(&self, body: &[u8]) -> Answer {
        let submission = match Submission::parse(body) {
            Ok(submission) => submission,
            Err(error) => return Answer::Malformed(error),
        };
        let Some(log) = self.election.log(&submission.checkpoint.claimed().origin) else {
            return Answer::UnknownOrigin;
        };
        let Ok(signed) = submission.checkpoint.verify_log(self.election.keys(log)) else {
            return Answer::Unsigned;
        };
        // A thread that panicked has written nothing or all: the book in memory follows the disk.
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        let judged = self.judge(&desk, log, &submission, &signed);
        let before = desk.book(log).last().map(|page| page.note.claimed().size);
        let grew = before.is_none_or(|size| signed.claimed().size > size);
        match judged.and_then(|time| self.sign(&mut desk, log, signed, time)) {
            Ok(line) => {
                // Old checkpoints can be sent by anyone: only what goes on is a sign of life.
                if grew {
                    *desk.heard(log) = self.clock.now();
                }
                Answer::Signed(line)
            }
            Err(answer) => answer,
        }
    }

    /// Whether it continues what was signed; gives the time to sign it with, or the line of before.
    fn judge(
        &self,
        desk: &Desk,
        log: Log,
        submission: &Submission,
        signed: &SignedCheckpoint,
    ) -> core::result::Result<Signing, Answer> {
        let book = desk.book(log);
        let (size, root) = book.head();
        let new = signed.claimed();
        let raise = |kind| self.raise(kind, log, book, signed, submission);
        if book.root(new.size).is_some_and(|root| root != new.root) {
            raise(Kind::Fork);
            return Err(Answer::Conflict { size });
        }
        if new.size < size && book.page(new.size).is_none() {
            // Two requests under way at once may arrive in the wrong order. What the request says of our size is no
            // part of what the log signed: it decides nothing here.
            let time = book.last().and_then(Page::time).unwrap_or(0);
            if self.clock.now().saturating_sub(time) >= PATIENCE {
                raise(Kind::Rollback);
            }
        }
        if submission.old > new.size {
            return Err(Answer::Shrunk);
        }
        if submission.old != size {
            return Err(Answer::Conflict { size });
        }
        if submission.proof.verify(size, &root, new.size, &new.root).is_err() {
            // The log has not signed the proof: anyone who has seen the checkpoint can send a wrong one.
            return Err(Answer::BadProof);
        }
        let time = self.clock.now().max(desk.latest);
        let judged = match log {
            Log::Acts => Ok(Signing::At(time)),
            Log::Board => self.judge_board(book, signed, time).inspect_err(|answer| match answer {
                Answer::Over(Over::OtherElection) => raise(Kind::SecondElection),
                Answer::Over(Over::Closed) => raise(Kind::AfterClose),
                _ => (),
            }),
        };
        // Within a second it would be the same line: nothing is written for it.
        match (judged, book.last()) {
            (Ok(_), Some(last)) if last.note.claimed() == new && last.time() == Some(time) => {
                Ok(Signing::AsBefore(last.note.clone()))
            }
            (judged, _) => judged,
        }
    }

    /// One election of a manifest, and one closing.
    fn judge_board(&self, book: &Book, signed: &SignedCheckpoint, time: u64) -> core::result::Result<Signing, Answer> {
        let end = self.election.end;
        let new = signed.claimed();
        let noted = self.journal.election(&self.election).map_err(Answer::Failed)?;
        if noted.is_some_and(|noted| noted != self.election.id.to_string()) {
            return Err(Answer::Over(Over::OtherElection));
        }
        let closing = self.journal.closing(&self.election).map_err(Answer::Failed)?;
        if closing.is_some_and(|closing| closing != closing_value(new)) {
            return Err(Answer::Over(Over::Closed));
        }
        let Some(last) = book.last() else {
            let late = new.size == 0 && time >= end;
            return if late { Err(Answer::Over(Over::Late)) } else { Ok(Signing::At(time)) };
        };
        let repeated = last.note.claimed() == new;
        if last.time().is_some_and(|time| time >= end) {
            return if repeated { Ok(Signing::At(time)) } else { Err(Answer::Over(Over::Closed)) };
        }
        // Whoever repeats an old checkpoint does not take the place of the closing, however long that takes. Only what
        // was first signed just before the end may be the closing; for that the old line keeps its time.
        let early = end.saturating_sub(EARLY);
        let too_early = last.time().is_some_and(|time| time >= early);
        let over = if too_early { end.saturating_add(AWAITED) } else { u64::MAX };
        if repeated && (early..over).contains(&time) {
            Ok(Signing::AsBefore(last.note.clone()))
        } else {
            Ok(Signing::At(time))
        }
    }

    fn sign(
        &self,
        desk: &mut Desk,
        log: Log,
        mut signed: SignedCheckpoint,
        signing: Signing,
    ) -> core::result::Result<SignatureLine, Answer> {
        let failed = |why: &dyn core::fmt::Display| {
            let path = desk.book(log).folder().to_path_buf();
            Answer::Failed(Error::Kept { path, why: why.to_string() })
        };
        let own = |note: &SignedCheckpoint| note.lines().last().cloned().ok_or_else(|| failed(&"no line"));
        let time = match signing {
            Signing::AsBefore(note) => return own(&note),
            Signing::At(time) => time,
        };
        let keys = self.election.keys(log);
        let line = signed.claimed().cosign(&self.person.name, &self.person.key, time).map_err(|why| failed(&why))?;
        signed.add_cosignature(line, keys).map_err(|why| failed(&why))?;
        let verified = signed.verify(keys).map_err(|why| failed(&why))?;
        let line = own(&signed)?;
        if log == Log::Board {
            self.journal.note_election(&self.election).map_err(Answer::Failed)?;
            if time >= self.election.end {
                self.journal.note_closing(&self.election, signed.claimed()).map_err(Answer::Failed)?;
            }
        }
        desk.book_mut(log).write(Page { note: signed, verified }).map_err(Answer::Failed)?;
        desk.latest = desk.latest.max(time);
        Ok(line)
    }

    fn raise(&self, kind: Kind, log: Log, book: &Book, refused: &SignedCheckpoint, submission: &Submission) {
        let new = refused.claimed();
        let mut evidence = Vec::new();
        if let Some(same) = book.page(new.size).filter(|same| same.note.claimed() != new) {
            evidence.push(("signed before, of this size", same.note.to_string()));
        }
        if let Some(last) = book.last() {
            evidence.push(("signed last", last.note.to_string()));
        }
        evidence.push(("refused", refused.to_string()));
        evidence.push(("request", submission.to_string()));
        self.alarms.raise(&Alarm { kind, log, refused: new, evidence }, self.clock.now());
    }
}

/// How to sign.
enum Signing {
    /// With a time.
    At(u64),
    /// Not again: with the last line of this note.
    AsBefore(SignedCheckpoint),
}

impl core::fmt::Debug for Witness {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Witness").field("name", &self.person.name).field("election", &self.election.id).finish()
    }
}
