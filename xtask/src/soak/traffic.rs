//! Voters who do not give up: each ballot is sent again until it is promised. One whose answer was lost is
//! asked for once more after that, and so is one of every few.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use escrutinio_core::board::{Receipt, leaf_hash};
use escrutinio_core::hash::Hash;
use escrutinio_core::signature::VerifyingKey;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::lab::voters::Entered;
use crate::lab::wire::{Reply, Wire};
use crate::shell::{Failure, Outcome};

/// Connections that cast side by side.
const WORKERS: usize = 12;
/// Between an answer and the next request of a connection.
const PAUSE: Duration = Duration::from_millis(10);
/// One request of so many repeats a ballot that was promised before.
const AGAIN: u32 = 16;
/// No request takes so long, whatever is killed.
const LONGEST: Duration = Duration::from_secs(60);
/// What a voter may be told while something is broken: to come again.
const LATER: [&str; 2] = ["storage", "busy"];

/// A ballot with the session that casts it.
#[derive(Clone, Debug)]
struct Item {
    token: String,
    ballot: Arc<Vec<u8>>,
    leaf: Hash,
}

/// What all workers write into.
#[derive(Debug, Default)]
struct Ledger {
    waiting: VecDeque<Item>,
    /// The receipt of every promised ballot, as it came.
    promised: BTreeMap<Hash, (Item, String)>,
    /// Ballots of which nobody knows whether they arrived.
    unanswered: BTreeSet<Hash>,
    /// Of those, the ones that were promised since: to be asked for once more.
    doubtful: VecDeque<Item>,
    fault: Option<String>,
    sums: Sums,
}

/// What there was to count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Ballots that were promised.
    pub(crate) promised: u64,
    /// Requests that got no answer.
    pub(crate) lost: u64,
    /// Requests that were not even sent, as nobody listened.
    pub(crate) absent: u64,
    /// Requests whose answer was to come again later.
    pub(crate) refused: u64,
    /// Ballots that were cut off or told to come again, and promised when they came.
    pub(crate) retried: u64,
    /// Promises that were given again, each time the same bytes.
    pub(crate) repeated: u64,
}

impl Sums {
    pub(crate) fn add(&mut self, other: &Self) {
        let both = [
            (&mut self.promised, other.promised),
            (&mut self.lost, other.lost),
            (&mut self.absent, other.absent),
            (&mut self.refused, other.refused),
            (&mut self.retried, other.retried),
            (&mut self.repeated, other.repeated),
        ];
        for (sum, more) in both {
            *sum = sum.saturating_add(more);
        }
    }
}

fn count(sum: &mut u64) {
    *sum = sum.saturating_add(1);
}

/// Everything that workers share.
#[derive(Debug)]
pub(crate) struct Traffic {
    urls: Vec<String>,
    ledger: Mutex<Ledger>,
    /// How many ballots may be sent for the first time; then it is promised ones again.
    allowed: AtomicU64,
    /// Requests that are being answered.
    busy: AtomicU64,
    paused: AtomicBool,
    over: AtomicBool,
    key: VerifyingKey,
}

impl Traffic {
    /// The ballots of voters who have entered.
    pub(crate) fn new(urls: Vec<String>, entered: &[Entered], ballots: &[Vec<Vec<u8>>], key: VerifyingKey) -> Self {
        let contests = ballots.iter().map(Vec::len).max().unwrap_or(0);
        let mut waiting = VecDeque::new();
        for contest in 0..contests {
            for (voter, of_one) in entered.iter().zip(ballots) {
                if let Some(ballot) = of_one.get(contest) {
                    let token = voter.session.expose_token().to_owned();
                    waiting.push_back(Item { token, leaf: leaf_hash(ballot), ballot: Arc::new(ballot.clone()) });
                }
            }
        }
        Self {
            urls,
            ledger: Mutex::new(Ledger { waiting, ..Ledger::default() }),
            allowed: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            paused: AtomicBool::new(false),
            over: AtomicBool::new(false),
            key,
        }
    }

    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to cast.
    pub(crate) fn start(self: &Arc<Self>, seed: u64) -> JoinSet<()> {
        let mut workers = JoinSet::new();
        for number in 0..WORKERS {
            let (traffic, url) = (Arc::clone(self), self.urls.get(number.checked_rem(self.urls.len()).unwrap_or(0)));
            let mut wire = Wire::new(url.map(String::as_str).unwrap_or_default());
            let mut rng = ChaCha20Rng::seed_from_u64(seed.wrapping_add(u64::try_from(number).unwrap_or(0)));
            workers.spawn(async move {
                while !traffic.is_over() {
                    traffic.busy.fetch_add(1, Ordering::SeqCst);
                    // Whoever pauses sees this request, or this request sees the pause.
                    if !traffic.paused.load(Ordering::SeqCst) {
                        traffic.one(&mut wire, &mut rng).await;
                    }
                    traffic.busy.fetch_sub(1, Ordering::SeqCst);
                    tokio::time::sleep(PAUSE).await;
                }
            });
        }
        workers
    }

    /// The next to be sent: one in doubt, a new one, one that was promised.
    fn next(&self, rng: &mut ChaCha20Rng) -> Option<Item> {
        let mut ledger = self.ledger();
        let again = rng.next_u32().checked_rem(AGAIN) == Some(0);
        if let Some(item) = ledger.doubtful.pop_front() {
            return Some(item);
        }
        let may = |allowed: u64| allowed.checked_sub(1);
        if !again
            && !ledger.waiting.is_empty()
            && self.allowed.fetch_update(Ordering::SeqCst, Ordering::SeqCst, may).is_ok()
        {
            return ledger.waiting.pop_front();
        }
        let mut start = [0u8; 32];
        rng.fill_bytes(&mut start);
        ledger.promised.range(start..).next().map(|(_, (item, _))| item.clone())
    }

    async fn one(&self, wire: &mut Wire, rng: &mut ChaCha20Rng) {
        let Some(item) = self.next(rng) else { return };
        let path = "/api/v1/session/ballots";
        let request = wire.post(path, Some(&item.token), "application/octet-stream", &item.ballot);
        match tokio::time::timeout(LONGEST, wire.ask(&request)).await {
            Ok(Ok(reply)) if reply.status == 200 => self.promise(item, &reply),
            Ok(Ok(reply)) if LATER.contains(&problem(&reply).as_str()) => {
                count(&mut self.ledger().sums.refused);
                self.later(item, true);
            }
            Ok(Ok(reply)) => self.fail(format!("{}: {}", reply.status, String::from_utf8_lossy(&reply.body))),
            Ok(Err(_)) => {
                let reached = wire.reached();
                let mut ledger = self.ledger();
                count(if reached { &mut ledger.sums.lost } else { &mut ledger.sums.absent });
                drop(ledger);
                self.later(item, reached);
            }
            Err(_) => self.fail(format!("no answer within {} s", LONGEST.as_secs())),
        }
    }

    /// The same bytes again, later; nobody knows, perhaps, whether they arrived.
    fn later(&self, item: Item, unsure: bool) {
        let mut ledger = self.ledger();
        if !ledger.promised.contains_key(&item.leaf) {
            if unsure {
                ledger.unanswered.insert(item.leaf);
            }
            ledger.waiting.push_front(item);
            self.allowed.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn promise(&self, item: Item, reply: &Reply) {
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        match Receipt::parse(&reply.body) {
            Ok(receipt) if receipt.verify(&self.key).is_ok() => {}
            _ => return self.fail(format!("not a receipt: {text}")),
        }
        let mut ledger = self.ledger();
        match ledger.promised.get(&item.leaf) {
            Some((_, before)) if *before == text => count(&mut ledger.sums.repeated),
            Some((_, before)) => {
                let why = format!("another promise for the same ballot: {before} {text}");
                ledger.fault.get_or_insert(why);
            }
            None => {
                count(&mut ledger.sums.promised);
                if ledger.unanswered.remove(&item.leaf) {
                    count(&mut ledger.sums.retried);
                    ledger.doubtful.push_back(item.clone());
                }
                ledger.promised.insert(item.leaf, (item, text));
            }
        }
    }

    /// Notes what should not have happened.
    pub(crate) fn fail(&self, why: String) {
        self.ledger().fault.get_or_insert(why);
    }

    /// What should not have happened.
    pub(crate) fn verdict(&self) -> Outcome {
        self.ledger().fault.as_ref().map_or(Ok(()), |why| Err(Failure::new(why.clone())))
    }

    /// Waits until nothing is on its way, and keeps it so.
    pub(crate) async fn pause(&self) {
        self.paused.store(true, Ordering::SeqCst);
        while self.busy.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Goes on; so many ballots more may be sent for the first time.
    pub(crate) fn resume(&self, more: u64) {
        self.allowed.fetch_add(more, Ordering::SeqCst);
        self.paused.store(false, Ordering::SeqCst);
    }

    /// All requests have been answered; nobody sends any more.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Ballots that were not promised yet.
    pub(crate) fn waiting(&self) -> usize {
        self.ledger().waiting.len()
    }

    /// Leaf hashes of what was promised, increasing.
    pub(crate) fn promised(&self) -> Vec<Hash> {
        self.ledger().promised.keys().copied().collect()
    }

    pub(crate) fn sums(&self) -> Sums {
        self.ledger().sums
    }

    /// Tracking codes of some that were promised, as a voter would ask for them.
    pub(crate) fn some_codes(&self, most: usize, rng: &mut ChaCha20Rng) -> Vec<String> {
        let ledger = self.ledger();
        let skip = ledger.promised.len().checked_div(most.max(1)).unwrap_or(0).max(1);
        let offset = usize::try_from(rng.next_u32()).unwrap_or(0).checked_rem(skip).unwrap_or(0);
        let code = |text: &String| {
            text.lines().find_map(|line| line.strip_prefix("code ")).map(str::to_owned).unwrap_or_default()
        };
        ledger.promised.values().skip(offset).step_by(skip).map(|(_, text)| code(text)).collect()
    }
}

/// The name of the problem that an answer tells.
pub(crate) fn problem(reply: &Reply) -> String {
    let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let kind = answer.get("type").and_then(Value::as_str).unwrap_or_default();
    kind.strip_prefix("urn:escrutinio:problem:").unwrap_or_default().to_owned()
}
