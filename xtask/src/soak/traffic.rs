//! Voters who do not give up: each ballot is sent again until it is promised, and now and then once
//! more after that.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use escrutinio_core::board::{Receipt, leaf_hash};
use escrutinio_core::hash::Hash;
use escrutinio_core::signature::VerifyingKey;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use tokio::task::JoinSet;

use crate::lab::voters::Entered;
use crate::lab::wire::{Reply, Wire};
use crate::shell::{Failure, Outcome};

/// Connections that cast side by side.
const WORKERS: usize = 12;
/// One request of so many repeats a ballot that was promised before.
const AGAIN: u32 = 16;

/// A ballot with the session that casts it.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) token: String,
    pub(crate) ballot: Arc<Vec<u8>>,
}

/// What was promised: leaf hash of the ballot, and the receipt as it came.
type Promised = BTreeMap<Hash, (Item, String)>;

/// Everything that workers share.
#[derive(Debug)]
pub(crate) struct Traffic {
    urls: Vec<String>,
    waiting: Mutex<VecDeque<Item>>,
    promised: Mutex<Promised>,
    fault: Mutex<Option<String>>,
    /// Requests that are being answered.
    busy: AtomicU64,
    paused: AtomicBool,
    over: AtomicBool,
    /// Answers that were no promise, and no answers.
    pub(crate) refused: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) repeated: AtomicU64,
    pause: Duration,
    key: VerifyingKey,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Traffic {
    /// The ballots of voters who have entered.
    pub(crate) fn new(
        urls: Vec<String>,
        entered: &[Entered],
        ballots: &[Vec<Vec<u8>>],
        pause: Duration,
        key: VerifyingKey,
    ) -> Self {
        let contests = ballots.iter().map(Vec::len).max().unwrap_or(0);
        let mut waiting = VecDeque::new();
        for contest in 0..contests {
            for (voter, of_one) in entered.iter().zip(ballots) {
                if let Some(ballot) = of_one.get(contest) {
                    let token = voter.session.expose_token().to_owned();
                    waiting.push_back(Item { token, ballot: Arc::new(ballot.clone()) });
                }
            }
        }
        Self {
            urls,
            waiting: Mutex::new(waiting),
            promised: Mutex::default(),
            fault: Mutex::default(),
            busy: AtomicU64::new(0),
            paused: AtomicBool::new(false),
            over: AtomicBool::new(false),
            refused: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            repeated: AtomicU64::new(0),
            pause,
            key,
        }
    }

    /// Begins to cast.
    pub(crate) fn start(self: &Arc<Self>, seed: u64) -> JoinSet<()> {
        let mut workers = JoinSet::new();
        for number in 0..WORKERS {
            let (traffic, url) = (Arc::clone(self), self.urls.get(number.checked_rem(self.urls.len()).unwrap_or(0)));
            let mut wire = Wire::new(url.map(String::as_str).unwrap_or_default());
            let mut rng = ChaCha20Rng::seed_from_u64(seed.wrapping_add(u64::try_from(number).unwrap_or(0)));
            workers.spawn(async move {
                while !traffic.over.load(Ordering::SeqCst) {
                    if traffic.paused.load(Ordering::SeqCst) {
                        tokio::time::sleep(Duration::from_millis(2)).await;
                        continue;
                    }
                    traffic.busy.fetch_add(1, Ordering::SeqCst);
                    // The pause may have begun in between.
                    if !traffic.paused.load(Ordering::SeqCst) {
                        traffic.one(&mut wire, &mut rng).await;
                    }
                    traffic.busy.fetch_sub(1, Ordering::SeqCst);
                    tokio::time::sleep(traffic.pause).await;
                }
            });
        }
        workers
    }

    async fn one(&self, wire: &mut Wire, rng: &mut ChaCha20Rng) {
        let again = rng.next_u32().checked_rem(AGAIN) == Some(0);
        let item = if again { self.any_promised(rng) } else { None };
        let Some(item) = item.or_else(|| lock(&self.waiting).pop_front()) else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            return;
        };
        let path = "/api/v1/session/ballots";
        let request = wire.post(path, Some(&item.token), "application/octet-stream", &item.ballot);
        match wire.ask(&request).await {
            Ok(reply) if reply.status == 200 => self.promise(item, &reply),
            Ok(reply) if matches!(reply.status, 429 | 500..) => {
                if reply.status == 500 {
                    self.fail(format!("internal error: {}", String::from_utf8_lossy(&reply.body)));
                }
                self.refused.fetch_add(1, Ordering::SeqCst);
                self.later(item).await;
            }
            Ok(reply) => self.fail(format!("{}: {}", reply.status, String::from_utf8_lossy(&reply.body))),
            Err(_) => {
                self.lost.fetch_add(1, Ordering::SeqCst);
                self.later(item).await;
            }
        }
    }

    /// Nobody knows whether it arrived: the same bytes again.
    async fn later(&self, item: Item) {
        if !lock(&self.promised).contains_key(&leaf_hash(&item.ballot)) {
            lock(&self.waiting).push_front(item);
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
    }

    fn promise(&self, item: Item, reply: &Reply) {
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        match Receipt::parse(&reply.body) {
            Ok(receipt) if receipt.verify(&self.key).is_ok() => {}
            _ => return self.fail(format!("not a receipt: {text}")),
        }
        let mut promised = lock(&self.promised);
        match promised.get(&leaf_hash(&item.ballot)) {
            Some((_, before)) if *before == text => {
                self.repeated.fetch_add(1, Ordering::SeqCst);
            }
            Some((_, before)) => {
                let why = format!("another promise for the same ballot: {before} {text}");
                drop(promised);
                self.fail(why);
            }
            None => {
                promised.insert(leaf_hash(&item.ballot), (item, text));
            }
        }
    }

    fn any_promised(&self, rng: &mut ChaCha20Rng) -> Option<Item> {
        let promised = lock(&self.promised);
        let mut start = [0u8; 32];
        rng.fill_bytes(&mut start);
        promised.range(start..).next().map(|(_, (item, _))| item.clone())
    }

    fn fail(&self, why: String) {
        lock(&self.fault).get_or_insert(why);
    }

    /// What should not have happened.
    pub(crate) fn verdict(&self) -> Outcome {
        lock(&self.fault).as_ref().map_or(Ok(()), |why| Err(Failure::new(why.clone())))
    }

    /// Waits until nothing is on its way, and keeps it so.
    pub(crate) async fn pause(&self) {
        self.paused.store(true, Ordering::SeqCst);
        while self.busy.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub(crate) fn resume(&self) {
        self.paused.store(false, Ordering::SeqCst);
    }

    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    /// Ballots that were not promised yet.
    pub(crate) fn waiting(&self) -> usize {
        lock(&self.waiting).len()
    }

    /// Leaf hashes of what was promised, increasing.
    pub(crate) fn promised(&self) -> Vec<Hash> {
        lock(&self.promised).keys().copied().collect()
    }

    /// Tracking codes of some that were promised, as a voter would ask for them.
    pub(crate) fn some_codes(&self, most: usize, rng: &mut ChaCha20Rng) -> Vec<String> {
        let promised = lock(&self.promised);
        let skip = promised.len().checked_div(most.max(1)).unwrap_or(0).max(1);
        let offset = usize::try_from(rng.next_u32()).unwrap_or(0).checked_rem(skip).unwrap_or(0);
        let code = |text: &String| {
            text.lines().find_map(|line| line.strip_prefix("code ")).map(str::to_owned).unwrap_or_default()
        };
        promised.values().skip(offset).step_by(skip).map(|(_, text)| code(text)).collect()
    }
}
