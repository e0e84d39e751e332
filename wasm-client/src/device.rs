//! The voter's device: what is held while somebody votes, and the steps, each in its order.
//!
//! What a step needs and the page has to bring is put into an inbox first ([`Device::put`]), as files by
//! name; the step takes all of it.

use core::fmt;
use std::collections::BTreeMap;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::access::{AccessLink, KdfCost, PasswordKeys};
use escrutinio_core::ballot::{CastBallot, PreparedBallot};
use escrutinio_core::board::code::format_code;
use escrutinio_core::board::{ActLog, LogKeys, Receipt};
use escrutinio_core::credential::{BucketShape, Credential, CredentialError, CredentialLists, Halves, IssuedHalf};
use escrutinio_core::encoding::{Decode, Encode, Reader};
use escrutinio_core::hash::{Hash, tagged_hash};
use escrutinio_core::ids::{ElectionId, TrackingCode, hex};
use escrutinio_core::manifest::ListKey;
use escrutinio_core::point::Point;
use escrutinio_core::secret::SecretBytes;
use escrutinio_core::text::Text;
use escrutinio_core::verify::{self, DeviceElection};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::files::Files;
use crate::info::ballot_info;
use crate::json::{Object, array, optional, string};
use crate::marks::{self, Question};

/// Everything that the worker holds. All of it but the election is wiped by [`Device::forget`].
pub struct Device<R> {
    rng: R,
    inbox: Files,
    election: Option<DeviceElection>,
    /// The election of what belongs to the voter.
    opened: Option<ElectionId>,
    /// A bucket was named, and no key found in it yet. It outlives the voter's data.
    asked: bool,
    voter: Voter,
}

/// What belongs to one voter.
#[derive(Default)]
struct Voter {
    first: Option<Zeroizing<Vec<u8>>>,
    keys: Option<(Zeroizing<String>, PasswordKeys)>,
    halves: Option<Found>,
    credential: Option<(Credential, ListKey)>,
    ballots: BTreeMap<u32, Ballot>,
}

/// Both halves, and where the key should stand.
struct Found {
    halves: Halves,
    base: Point,
    /// None if only the whole list may be asked for.
    bucket: Option<u64>,
}

/// How far the ballot of a contest is.
enum Ballot {
    Prepared(Box<PreparedBallot>),
    Signed { bytes: Vec<u8>, code: TrackingCode },
    Promised { code: TrackingCode },
}

impl<R> fmt::Debug for Device<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Device(..)")
    }
}

/// A tracking code in both spellings.
pub(crate) fn code_fields(object: Object, code: &TrackingCode) -> Object {
    object.text("code", &hex(code.as_bytes())).text("codeText", &format_code(code))
}

impl<R: CryptoRng> Device<R> {
    /// A device that knows nothing.
    #[must_use]
    pub fn new(rng: R) -> Self {
        Self { rng, inbox: Files::default(), election: None, opened: None, asked: false, voter: Voter::default() }
    }

    /// Puts a file where the next step finds it.
    pub fn put(&mut self, name: &str, bytes: Vec<u8>) {
        self.inbox.0.insert(name.to_owned(), bytes);
    }

    pub(crate) fn take(&mut self) -> Files {
        core::mem::take(&mut self.inbox)
    }

    /// What somebody else's ballot is judged with.
    pub(crate) fn judge(&mut self) -> Result<(&DeviceElection, &mut R)> {
        let election = self.election.as_ref().ok_or_else(|| Error::new("not-open", "no election is open"))?;
        Ok((election, &mut self.rng))
    }

    pub(crate) fn election(&self) -> Result<&DeviceElection> {
        self.election.as_ref().ok_or_else(|| Error::new("not-open", "no election is open"))
    }

    /// Checks the sealed record in the inbox, which must be of the election of this id.
    ///
    /// # Errors
    /// The code of the first check that fails, or `other-election`.
    pub fn open(&mut self, election_id: &str) -> Result<String> {
        let files = self.take();
        self.election = None;
        let Ok((report, election)) = verify::device(&files, &mut self.rng);
        let Some(election) = election else {
            return Err(report.reason().map_or_else(
                || Error::new("files", "incomplete"),
                |(check, culprit)| Error::new(check.code(), culprit),
            ));
        };
        if election.election_id.to_string() != election_id {
            return Err(Error::new("other-election", format_args!("the record is of {}", election.election_id)));
        }
        let info = ballot_info(&election);
        // What belongs to the voter of one election is good for no other.
        if self.opened.replace(election.election_id).is_some_and(|before| before != election.election_id) {
            self.voter = Voter::default();
        }
        self.election = Some(election);
        Ok(info)
    }

    /// Takes the first half out of the access link's fragment; gives the token.
    ///
    /// # Errors
    /// Codes `link` and `half`.
    pub fn link_half(&mut self, fragment: &str) -> Result<String> {
        let link = Zeroizing::new(format!("#{}", fragment.trim_start_matches('#')));
        let link = AccessLink::parse(&link).map_err(|error| Error::new("link", error))?;
        self.voter.first = Some(Zeroizing::new(link.expose_half().to_vec()));
        Ok(link.expose_token().to_owned())
    }

    /// Argon2id over the password; gives what the server gets.
    ///
    /// # Errors
    /// Code `kdf`.
    pub fn derive(&mut self, user: &str, password: &[u8], salt: &str, cost: KdfCost) -> Result<String> {
        let bad = |why: &dyn fmt::Display| Error::new("kdf", why);
        let salt = Base64UrlUnpadded::decode_vec(salt).map_err(|_| bad(&"the salt is not base64url"))?;
        cost.verify(&salt).map_err(|why| bad(&why))?;
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(|why| bad(&why))?;
        let mut key = Zeroizing::new([0u8; 32]);
        // The key follows from the last blocks: what is given back to the heap must not hold them.
        let mut memory = Zeroizing::new(vec![Block::default(); params.block_count()]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password, &salt, key.as_mut(), memory.as_mut_slice())
            .map_err(|why| bad(&why))?;
        let keys = PasswordKeys::new(&SecretBytes::new(*key));
        let auth = keys.expose_auth();
        self.voter.keys = Some((Zeroizing::new(user.to_owned()), keys));
        Ok(auth)
    }

    /// The first half, sealed.
    ///
    /// # Errors
    /// Codes `no-half` and `no-wrap`.
    pub fn wrap_half(&mut self) -> Result<Vec<u8>> {
        let half = self.voter.first.as_ref().ok_or_else(no_half)?;
        let (user, keys) = self.voter.keys.as_ref().ok_or_else(no_wrap)?;
        keys.seal(user, half, &mut self.rng).map_err(|error| Error::new("sealed", error))
    }

    /// The first half out of what was stored; gives its list.
    ///
    /// # Errors
    /// Codes `no-wrap`, `sealed` and `half`.
    pub fn unwrap_half(&mut self, sealed: &[u8]) -> Result<u32> {
        let (user, keys) = self.voter.keys.as_ref().ok_or_else(no_wrap)?;
        let half = keys.open(user, sealed).map_err(|error| Error::new("sealed", error))?;
        let list = read_half(&half)?.list();
        self.voter.first = Some(half);
        Ok(list)
    }

    /// Takes the server's half, with the base and the first key of every bucket of its list; says list and
    /// bucket. The keys are 32 bytes each.
    ///
    /// Nothing proves these first keys: with others, the bucket that is asked for says more of the voter's key
    /// than it should. So a device names one bucket; unless the key was found there, it gives null from then
    /// on, and the whole list is asked for.
    ///
    /// # Errors
    /// Codes `no-half`, `half`, `half-role`, `half-signature`, `half-entries` and `list`.
    pub fn second_half(&mut self, half: &[u8], keys: u32, base: &[u8], firsts: &[u8]) -> Result<String> {
        let first = read_half(self.voter.first.as_ref().ok_or_else(no_half)?)?;
        let second = read_half(half)?;
        let election = self.election()?;
        let issuers = (&election.manifest.registrar.key, &election.manifest.server.key);
        let halves = Halves::combine(&first, &second, issuers, &election.roll.roll_id()).map_err(credential)?;
        let list = halves.list();
        let bad = |why: &str| Error::new("list", why);
        let count = nth(&election.roll.counts, list).copied().ok_or_else(|| bad("there is no such list"))?;
        if count != keys {
            return Err(bad("another number of keys than the roll record has"));
        }
        let mut reader = Reader::new(base);
        let point = Point::decode_nonidentity(&mut reader).and_then(|point| reader.finish().map(|()| point));
        let base = point.map_err(|_| bad("the base is none"))?;
        let shape = BucketShape::new(list, count.into(), election.manifest.min_group);
        let (firsts, rest) = firsts.as_chunks::<32>();
        if u64::try_from(firsts.len()) != Ok(shape.buckets()) || !rest.is_empty() {
            return Err(bad("another number of buckets"));
        }
        let key = halves.key(&base);
        let after = firsts.partition_point(|first| *first <= key.bytes);
        let bucket = u64::try_from(after.saturating_sub(1)).unwrap_or(0);
        let bucket = (!core::mem::replace(&mut self.asked, true)).then_some(bucket);
        self.voter.halves = Some(Found { halves, base, bucket });
        let named = optional(bucket.map(|bucket| bucket.to_string()));
        Ok(Object::new().with("list", list).with("bucket", named).finish())
    }

    /// Finds the key in its bucket (`keys` and `path`, 32 bytes each) or on the whole list (`lists`). In either case
    /// the log of acts is in the inbox (`checkpoint`, `bundle/0`, ..): under an election that witnesses have not signed
    /// nothing is encrypted.
    ///
    /// # Errors
    /// Codes `no-half`, `list`, `bucket`, `acts`, `witnesses`, `acts-election` and `not-listed`.
    pub fn enter(&mut self) -> Result<String> {
        let files = self.take();
        let election = self.election.as_ref().ok_or_else(|| Error::new("not-open", "no election is open"))?;
        let found = self.voter.halves.as_ref().ok_or_else(no_half)?;
        let list = found.halves.list();
        let log = acts(election, &files, "")?;
        let (base, keys) = match files.find("lists") {
            Some(lists) => whole_list(election, list, lists)?,
            None => (found.base, bucket(election, found, &log, &files)?),
        };
        let key = nth(&election.manifest.lists, list).copied();
        let key = key.ok_or_else(|| Error::new("list", "there is no such list"))?;
        let contests = nth(&election.manifest.styles, key.style).map(|style| array(&style.contests));
        if keys.binary_search(&found.halves.key(&base).bytes).is_err() {
            return Err(credential(CredentialError::NotListed));
        }
        let found = self.voter.halves.take().ok_or_else(no_half)?;
        self.voter.credential = Some((found.halves.listed(base, &keys).map_err(credential)?, key));
        // The key was in the bucket that was named: naming it again says no more.
        self.asked &= files.find("lists").is_some();
        Ok(Object::new()
            .with("list", list)
            .with("style", key.style)
            .with("unit", key.unit)
            .with("contests", contests.unwrap_or_else(|| "[]".to_owned()))
            .finish())
    }

    /// What marks stand for.
    ///
    /// # Errors
    /// Codes `contest` and `marks`.
    pub fn option_of_marks(&self, question: &Question) -> Result<String> {
        marks::resolve(&self.election()?.manifest, question)
    }

    /// Encrypts and proves a choice; a text is in the normal form NFC.
    ///
    /// # Errors
    /// Codes `not-entered`, `contest`, `choice` and `already-signed`.
    pub fn prepare(&mut self, contest: u32, option: u32, text: Option<Zeroizing<String>>) -> Result<String> {
        let election = self.election.as_ref().ok_or_else(|| Error::new("not-open", "no election is open"))?;
        let (credential, list) = self.voter.credential.as_ref().ok_or_else(not_entered)?;
        let parameters =
            nth(&election.parameters, contest).filter(|_| election.manifest.style_has(list.style, contest));
        let parameters = parameters.ok_or_else(|| Error::new("contest", "the voter has no such contest"))?;
        if !matches!(self.voter.ballots.get(&contest), None | Some(Ballot::Prepared(_))) {
            return Err(Error::new("already-signed", "a ballot of this contest was signed"));
        }
        // The errors of a choice say of it what the voter wrote; the code alone goes on.
        let bad = || Error::new("choice", "the contest does not offer it");
        let text = text.filter(|text| !text.is_empty());
        if text.is_none() && parameters.shape.texts > 0 && parameters.shape.write_in == Some(option) {
            return Err(bad());
        }
        let text = text.map(|text| Text::of_nfc(&text, parameters.shape.texts)).transpose().map_err(|_| bad())?;
        let choice = (option, text.as_ref());
        let ballot = PreparedBallot::of_choice(parameters, list, credential.key(), choice, &mut self.rng);
        let ballot = ballot.map_err(|_| bad())?;
        let code = ballot.body().tracking_code();
        self.voter.ballots.insert(contest, Ballot::Prepared(Box::new(ballot)));
        Ok(code_fields(Object::new().with("contest", contest), &code).finish())
    }

    /// Signs the prepared ballot, once; gives its bytes, as often as asked.
    ///
    /// # Errors
    /// Codes `not-prepared` and `not-entered`.
    pub fn cast(&mut self, contest: u32) -> Result<Vec<u8>> {
        let ballot = match self.voter.ballots.remove(&contest) {
            Some(Ballot::Prepared(ballot)) => ballot,
            Some(other) => {
                let bytes = if let Ballot::Signed { bytes, .. } = &other { Some(bytes.clone()) } else { None };
                self.voter.ballots.insert(contest, other);
                return bytes.ok_or_else(not_prepared);
            }
            None => return Err(not_prepared()),
        };
        let (credential, _) = self.voter.credential.as_ref().ok_or_else(not_entered)?;
        let cast = ballot.cast(&credential.for_ballot(), &mut self.rng);
        let (bytes, code) = (cast.to_bytes(), cast.body.tracking_code());
        self.voter.ballots.insert(contest, Ballot::Signed { bytes: bytes.clone(), code });
        Ok(bytes)
    }

    /// The tracking code of a contest's ballot.
    ///
    /// # Errors
    /// Code `not-prepared`.
    pub fn code(&self, contest: u32) -> Result<String> {
        let code = match self.voter.ballots.get(&contest) {
            Some(Ballot::Prepared(ballot)) => ballot.body().tracking_code(),
            Some(Ballot::Signed { code, .. } | Ballot::Promised { code }) => *code,
            None => return Err(not_prepared()),
        };
        Ok(code_fields(Object::new().with("contest", contest), &code).finish())
    }

    /// Takes the bytes of a ballot that was signed before the page was loaded again. One whose promise was
    /// verified meanwhile may be sent once more: the server answers with the same promise. Whoever has entered
    /// sends no other's: a store that several persons use, or a server that gave another's user name, could have one.
    ///
    /// # Errors
    /// Codes `cast`, `not-yours` and `already-signed`.
    pub fn resume(&mut self, bytes: Vec<u8>) -> Result<String> {
        let election = self.election()?;
        let bad = |why: &dyn fmt::Display| Error::new("cast", why);
        let cast = CastBallot::decode(&bytes, &election.shapes).map_err(|why| bad(&why))?;
        if cast.body.election_id != election.election_id {
            return Err(bad(&"it is of another election"));
        }
        if !cast.binding_holds() {
            return Err(bad(&"it is bound to another key"));
        }
        if self.voter.credential.as_ref().is_some_and(|(credential, _)| *credential.key() != cast.key) {
            return Err(Error::new("not-yours", "it is signed by another voter"));
        }
        let (contest, code) = (cast.body.contest, cast.body.tracking_code());
        match self.voter.ballots.get(&contest) {
            Some(Ballot::Signed { bytes: held, .. }) if *held == bytes => {}
            None | Some(Ballot::Prepared(_)) => self.hold(contest, bytes, code),
            Some(Ballot::Promised { code: held }) if *held == code => self.hold(contest, bytes, code),
            Some(_) => return Err(Error::new("already-signed", "another ballot of this contest was signed")),
        }
        self.code(contest)
    }

    fn hold(&mut self, contest: u32, bytes: Vec<u8>, code: TrackingCode) {
        self.voter.ballots.insert(contest, Ballot::Signed { bytes, code });
    }

    /// Opens the prepared ballot, which can never be cast then.
    ///
    /// # Errors
    /// Code `not-prepared`.
    pub fn audit(&mut self, contest: u32) -> Result<Vec<u8>> {
        match self.voter.ballots.remove(&contest) {
            Some(Ballot::Prepared(ballot)) => Ok(ballot.audit().to_bytes()),
            Some(other) => {
                self.voter.ballots.insert(contest, other);
                Err(not_prepared())
            }
            None => Err(not_prepared()),
        }
    }

    /// Verifies the promise for the signed ballot.
    ///
    /// # Errors
    /// Codes `not-cast`, `receipt` and `promise`.
    pub fn verify_promise(&mut self, contest: u32, receipt: &[u8]) -> Result<String> {
        let code = match self.voter.ballots.get(&contest) {
            Some(Ballot::Signed { code, .. } | Ballot::Promised { code }) => *code,
            _ => return Err(Error::new("not-cast", "no ballot of this contest was signed")),
        };
        let receipt = Receipt::parse(receipt).map_err(|error| Error::new("receipt", error))?;
        let election = self.election()?;
        receipt
            .verify_for(&election.election_id, (contest, &code), &election.manifest.server.key)
            .map_err(|error| Error::new("promise", error))?;
        self.voter.ballots.insert(contest, Ballot::Promised { code });
        let object = Object::new().with("ok", true).text("receiptText", &receipt.to_string());
        Ok(code_fields(object, &code).finish())
    }

    /// Drops a ballot that was prepared; one that was signed stays.
    pub fn discard(&mut self, contest: u32) {
        if let Some(Ballot::Prepared(_)) = self.voter.ballots.get(&contest) {
            self.voter.ballots.remove(&contest);
        }
    }

    /// What is held, by name.
    #[must_use]
    pub fn state(&self) -> String {
        let ballots = self.voter.ballots.iter().map(|(contest, ballot)| {
            let state = match ballot {
                Ballot::Prepared(_) => "prepared",
                Ballot::Signed { .. } => "signed",
                Ballot::Promised { .. } => "promised",
            };
            Object::new().with("contest", contest).text("state", state).finish()
        });
        Object::new()
            .with("open", self.election.is_some())
            .with("half", self.voter.first.is_some())
            .with("entered", self.voter.credential.is_some())
            .with("contests", array(ballots))
            .finish()
    }

    /// List and key of the voter.
    ///
    /// # Errors
    /// Code `not-entered`.
    pub fn voter_key(&self) -> Result<String> {
        let (credential, _) = self.voter.credential.as_ref().ok_or_else(not_entered)?;
        let key = string(&hex(&credential.key().bytes));
        Ok(Object::new().with("list", credential.list()).with("key", key).finish())
    }

    /// Wipes everything of the voter.
    pub fn forget(&mut self) {
        self.inbox = Files::default();
        self.voter = Voter::default();
    }
}

/// The two logs of an election.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Log {
    Board,
    Acts,
}

/// Who signs the checkpoints of a log.
pub(crate) fn keys(election: &DeviceElection, log: Log) -> Result<LogKeys> {
    let manifest = &election.manifest;
    let witnesses = manifest.witnesses.iter().map(|witness| (witness.name.as_str(), witness.key));
    let of = match log {
        Log::Board => LogKeys::of_election,
        Log::Acts => LogKeys::of_acts,
    };
    of(&election.election_id, (&manifest.log.name, manifest.log.key), witnesses).map_err(|why| Error::new("files", why))
}

/// The log of acts in the inbox below a prefix, its checkpoint with a quorum of witnesses.
pub(crate) fn acts(election: &DeviceElection, files: &Files, prefix: &str) -> Result<ActLog> {
    let (checkpoint, bundles) =
        (files.get(&format!("{prefix}checkpoint"))?, files.numbered(&format!("{prefix}bundle/")));
    let log = ActLog::read(checkpoint, &bundles, &keys(election, Log::Acts)?);
    let log = log.map_err(|why| Error::new("acts", why))?;
    log.checkpoint.verify_quorum(election.manifest.witness_quorum).map_err(|why| Error::new("witnesses", why))?;
    let id = election.election_id.to_string();
    let act = log.find("election").filter(|act| act.values.get("election-id") == Some(&id));
    if act.is_none() {
        return Err(Error::new("acts-election", "the log has no act of this election's beginning"));
    }
    Ok(log)
}

/// The keys of the voter's bucket, which lead to the root that the log of acts has.
fn bucket(election: &DeviceElection, found: &Found, log: &ActLog, files: &Files) -> Result<Vec<Hash>> {
    let number = found.bucket.ok_or_else(|| Error::new("bucket", "only the whole list is taken now"))?;
    let list = found.halves.list();
    let root = log.find("election").and_then(|act| act.hash(&format!("buckets-{list:03}")));
    let root = root.ok_or_else(|| Error::new("acts-election", "the act has no root of the list"))?;
    let count = nth(&election.roll.counts, list).copied().unwrap_or(0);
    let shape = BucketShape::new(list, count.into(), election.manifest.min_group);
    let (keys, rest) = files.get("keys")?.as_chunks::<32>();
    let (path, more) = files.get("path")?.as_chunks::<32>();
    if !rest.is_empty() || !more.is_empty() {
        return Err(Error::new("list", "keys or path are not of 32 bytes each"));
    }
    shape.verify(number, keys, path, &root).map_err(|why| Error::new("bucket", why))?;
    Ok(keys.to_vec())
}

/// Base and keys of a list out of the file whose hash is in the seal.
fn whole_list(election: &DeviceElection, list: u32, bytes: &[u8]) -> Result<(Point, Vec<Hash>)> {
    let bad = |why: &dyn fmt::Display| Error::new("list", why);
    if tagged_hash("lists", &[bytes]) != election.seal.lists {
        return Err(bad(&"not the lists that were sealed"));
    }
    let lists = CredentialLists::from_bytes(bytes).map_err(|why| bad(&why))?;
    let list = lists.list(list).ok_or_else(|| bad(&"there is no such list"))?;
    Ok((*list.base(), list.keys().to_vec()))
}

fn read_half(bytes: &[u8]) -> Result<IssuedHalf> {
    IssuedHalf::from_bytes(bytes).map_err(|error| Error::new("half", error))
}

fn credential(error: CredentialError) -> Error {
    let code = match error {
        CredentialError::Role(_) => "half-role",
        CredentialError::Signature(_) => "half-signature",
        CredentialError::Entries => "half-entries",
        _ => "not-listed",
    };
    Error::new(code, error)
}

pub(crate) fn nth<T>(values: &[T], n: u32) -> Option<&T> {
    values.get(usize::try_from(n).ok()?)
}

fn no_half() -> Error {
    Error::new("no-half", "a half is missing")
}

fn no_wrap() -> Error {
    Error::new("no-wrap", "no password was given")
}

fn not_entered() -> Error {
    Error::new("not-entered", "the credential was not found yet")
}

fn not_prepared() -> Error {
    Error::new("not-prepared", "nothing is prepared")
}
