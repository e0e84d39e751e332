//! Asks witnesses for their signatures (C2SP tlog-witness, `add-checkpoint`). Nothing waits for
//! them but the opening and the record of the close.

use core::ops::Range;
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use escrutinio_core::board::note::SignatureLine;
use escrutinio_core::board::{SignedCheckpoint, Submission};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::task::JoinSet;

use super::log::Log;
use super::rows::{self, Head};
use super::tree;
use crate::clock::Clock;
use crate::store::{Store, StoreError};

/// How long a witness may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How soon one that failed is asked again.
const AGAIN: Duration = Duration::from_secs(10);
/// Longest answer that is read: a line for each kind of signature, or a size.
const LONGEST: usize = 4096;

/// Where a witness of the manifest is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessAddress {
    /// Its name in the manifest.
    pub name: String,
    /// Without `/add-checkpoint`. By TLS, or on this machine.
    pub url: Url,
}

/// What is known of a witness.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WitnessStatus {
    /// Its name.
    pub name: String,
    /// Number of the last head of the board, and of the acts, that it signed for this instance.
    pub signed: BTreeMap<&'static str, u64>,
    /// Its clock less ours, when it signed last.
    pub offset: Option<i64>,
    /// What went wrong last, if nothing went right since.
    pub failure: Option<String>,
    /// A size that it says the log has, and the box does not: the box may be an old copy.
    pub ahead: Option<u64>,
}

struct Known {
    status: WitnessStatus,
    /// Size that it signed last, by log.
    sizes: BTreeMap<&'static str, u64>,
    /// What it says that the log has, by log, where that is more than the box has.
    ahead: BTreeMap<&'static str, u64>,
    not_before: Option<Instant>,
}

/// All witnesses.
pub(super) struct Witnesses {
    client: Client,
    addresses: Vec<WitnessAddress>,
    known: Vec<Mutex<Known>>,
}

impl core::fmt::Debug for Witnesses {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(&self.addresses).finish()
    }
}

/// What witnesses are asked to sign.
pub(super) struct Errand {
    pub(super) store: Store,
    pub(super) log: Log,
    pub(super) head: Head,
    /// Also those who have signed it: for the time.
    pub(super) anew: bool,
    pub(super) clock: Arc<dyn Clock>,
    /// Times of a cosignature that count.
    pub(super) times: Range<i64>,
}

/// What a witness has to say about a submission.
enum Answer {
    Signed(Vec<SignatureLine>),
    /// The size that it signed last.
    Size(u64),
}

impl WitnessAddress {
    /// Whether what is said to it stays on this machine or is encrypted.
    fn is_safe(&self) -> bool {
        let local = self.url.host_str().is_some_and(|host| {
            let host = host.trim_matches(['[', ']']);
            host == "localhost" || host.parse::<core::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        });
        self.url.scheme() == "https" || self.url.scheme() == "http" && local
    }
}

impl Witnesses {
    pub(super) fn new(addresses: Vec<WitnessAddress>) -> Result<Self, StoreError> {
        let refuse = |what: String| StoreError::Refused { what };
        if let Some(bad) = addresses.iter().find(|address| !address.is_safe()) {
            return Err(refuse(format!("{}: a witness is reached by https, or on this machine", bad.url)));
        }
        // Whoever came first has chosen the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(|error| refuse(format!("asking witnesses: {error}")))?;
        let known = addresses.iter().map(|address| {
            let status = WitnessStatus { name: address.name.clone(), ..WitnessStatus::default() };
            Mutex::new(Known { status, sizes: BTreeMap::new(), ahead: BTreeMap::new(), not_before: None })
        });
        Ok(Self { client, known: known.collect(), addresses })
    }

    fn name(&self, witness: usize) -> &str {
        self.addresses.get(witness).map_or("", |address| address.name.as_str())
    }

    fn known(&self, witness: usize) -> Option<std::sync::MutexGuard<'_, Known>> {
        Some(self.known.get(witness)?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn addresses(&self) -> &[WitnessAddress] {
        &self.addresses
    }

    /// Forgets what their clocks said.
    pub(super) fn forget_times(&self) {
        for witness in 0..self.known.len() {
            if let Some(mut known) = self.known(witness) {
                known.status.offset = None;
                known.not_before = None;
            }
        }
    }

    pub(super) fn status(&self) -> Vec<WitnessStatus> {
        (0..self.known.len()).filter_map(|witness| Some(self.known(witness)?.status.clone())).collect()
    }

    /// Asks all who have not signed a head, or just all, and may be asked again, side by side.
    pub(super) async fn collect(self: &Arc<Self>, errand: Errand) -> Result<(), StoreError> {
        let signed = errand.log.parse(&errand.head)?.to_string();
        let errand = Arc::new(errand);
        let mut asked = JoinSet::new();
        for (witness, address) in self.addresses.iter().enumerate() {
            let due = self.known(witness).is_some_and(|k| k.not_before.is_none_or(|at| Instant::now() >= at));
            if due && (errand.anew || !signed.contains(&format!("\n— {} ", address.name))) {
                let (witnesses, errand) = (Arc::clone(self), Arc::clone(&errand));
                asked.spawn(async move { (witness, witnesses.ask(&errand, witness).await) });
            }
        }
        while let Some(answered) = asked.join_next().await {
            let Ok((witness, outcome)) = answered else { continue };
            let Some(mut known) = self.known(witness) else { continue };
            known.not_before = outcome.is_err().then(|| Instant::now() + AGAIN);
            let (name, head) = (errand.log.name.name(), &errand.head);
            match outcome {
                Ok(offset) => {
                    known.status.failure = None;
                    known.ahead.remove(name);
                    known.status.ahead = known.ahead.values().copied().max();
                    known.status.offset = Some(offset);
                    known.status.signed.insert(name, head.number);
                    known.sizes.insert(name, head.size);
                }
                Err(Failure::Store(error)) => return Err(error),
                Err(Failure::Witness(what)) => {
                    tracing::warn!(witness = known.status.name, what, "a witness did not sign");
                    known.status.failure = Some(what);
                }
            }
        }
        Ok(())
    }

    /// One witness, one head. The answer is how far its clock is from ours.
    async fn ask(&self, errand: &Errand, witness: usize) -> Result<i64, Failure> {
        let Errand { store, log, head, .. } = errand;
        let mut old = self.known(witness).and_then(|known| known.sizes.get(log.name.name()).copied()).unwrap_or(0);
        let signed = log.parse(head)?;
        // Once more, if it tells the size that it knows.
        for _ in 0..2 {
            let proof = tree::consistency(&mut *store.ballots.read().await?, log.name, old, head.size).await?;
            let submission = Submission { old, proof, checkpoint: signed.clone() };
            match self.submit(witness, &submission).await? {
                Answer::Signed(lines) => return add(errand, self.name(witness), lines).await,
                Answer::Size(size) if size > head.size => {
                    // Only what the log signed proves anything; a witness may say what it likes.
                    if let Some(mut known) = self.known(witness) {
                        known.ahead.insert(log.name.name(), size);
                        known.status.ahead = known.ahead.values().copied().max();
                    }
                    return Err(Failure::Witness(format!("it says that the log has {size} entries already")));
                }
                Answer::Size(size) => old = size,
            }
        }
        Err(Failure::Witness("it does not stay with the size that it says".to_owned()))
    }

    async fn submit(&self, witness: usize, submission: &Submission) -> Result<Answer, Failure> {
        let address = self.addresses.get(witness).ok_or_else(|| Failure::Witness("no address".to_owned()))?;
        let url = format!("{}/add-checkpoint", address.url.as_str().trim_end_matches('/'));
        let request = self.client.post(url).body(submission.to_string()).send().await;
        let response = request.map_err(|error| Failure::Witness(error.without_url().to_string()))?;
        let is_size = response
            .headers()
            .get(reqwest::header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/x.tlog.size"));
        let status = response.status();
        let text = read_text(response, LONGEST).await.map_err(Failure::Witness)?;
        match status {
            StatusCode::OK => {
                let lines: Result<Vec<SignatureLine>, _> = text.lines().map(str::parse).collect();
                lines.map(Answer::Signed).map_err(|error| Failure::Witness(error.to_string()))
            }
            StatusCode::CONFLICT if is_size => {
                let size = text.trim_end().parse().map_err(|_| Failure::Witness("it says no size".to_owned()))?;
                Ok(Answer::Size(size))
            }
            status => Err(Failure::Witness(format!("it refuses with {status}"))),
        }
    }
}

/// Adds what a witness sent to the note, however often others change it meanwhile. The answer is how far its
/// clock is from ours.
async fn add(errand: &Errand, witness: &str, lines: Vec<SignatureLine>) -> Result<i64, Failure> {
    let Errand { store, log, head, clock, times, .. } = errand;
    let now = clock.now();
    let name = log.name;
    // By itself, as one that it made before may stand there already.
    let bare = log.parse(head)?.verify_log(&log.keys).map_err(|error| StoreError::corrupt(error.to_string()))?;
    let verifies = |line: &SignatureLine| bare.clone().add_cosignature(line.clone(), &log.keys).is_ok();
    let line = lines.into_iter().find(|line| line.name == witness && verifies(line));
    let line = line.ok_or_else(|| Failure::Witness("its signature does not verify".to_owned()))?;
    // The time stands before the signature.
    let time = line.signature.first_chunk().map_or(0, |time| u64::from_be_bytes(*time));
    let time = i64::try_from(time).unwrap_or(i64::MAX);
    if !times.contains(&time) {
        return Err(Failure::Witness(format!("it signed at {}, which does not count", super::acts::utc(time))));
    }
    loop {
        let current = rows::head(&mut *store.ballots.read().await?, name, head.number).await?;
        let current = current.ok_or_else(|| StoreError::corrupt("a head has gone"))?;
        let mut signed: SignedCheckpoint = log.parse(&current)?;
        if signed.add_cosignature(line.clone(), &log.keys).is_err() {
            // It has signed this head before; what counts now is the time.
            return Ok(time.saturating_sub(now));
        }
        let note = signed.to_string();
        let job = store.ballots.run(move |c| Box::pin(async move { rows::set_note(c, name, &current, &note).await }));
        if job.await? {
            return Ok(time.saturating_sub(now));
        }
    }
}

/// The body of an answer, if it is a text and not too long.
pub(super) async fn read_text(mut response: Response, longest: usize) -> Result<String, String> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| error.without_url().to_string())? {
        body.extend_from_slice(&piece);
        if body.len() > longest {
            return Err("its answer is too long".to_owned());
        }
    }
    String::from_utf8(body).map_err(|_| "its answer is no text".to_owned())
}

/// Why there is no cosignature.
enum Failure {
    Store(StoreError),
    Witness(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The median of the differences of clocks.
pub(super) fn median(status: &[WitnessStatus]) -> Option<i64> {
    let mut offsets: Vec<i64> = status.iter().filter_map(|witness| witness.offset).collect();
    offsets.sort_unstable();
    offsets.get(offsets.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_encrypted_or_local() {
        let safe = |url: &str| WitnessAddress { name: "w".into(), url: url.parse().unwrap() }.is_safe();
        for url in ["https://w.example/x", "http://127.0.0.1:8090", "http://[::1]:1", "http://localhost"] {
            assert!(safe(url), "{url}");
        }
        for url in ["http://w.example", "http://10.0.0.1", "ftp://localhost", "http://localhost.example"] {
            assert!(!safe(url), "{url}");
        }
    }

    #[test]
    fn the_median_of_clocks() {
        let of = |offsets: &[Option<i64>]| {
            median(
                &offsets
                    .iter()
                    .map(|offset| WitnessStatus { offset: *offset, ..Default::default() })
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[None]), None);
        assert_eq!(of(&[Some(100), None, Some(-1), Some(2)]), Some(2));
    }
}
