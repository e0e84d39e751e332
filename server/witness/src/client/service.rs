//! The server behind the page: the sealed record, the figures, the credential lists and the log of acts that a voter's
//! device is shown there.

use core::fmt::Display;
use core::time::Duration;
use std::fs::File;
use std::io::{self, Read};
use std::thread;

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::board::act::ActsError;
use escrutinio_core::board::bundle::BundleId;
use escrutinio_core::board::{Act, ActLog, SignedCheckpoint, VerifiedCheckpoint};
use escrutinio_core::credential::Buckets;
use escrutinio_core::encoding::Encode;
use escrutinio_core::hash::Hash;
use escrutinio_core::ids::hex;
use escrutinio_core::record::{self, Source};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::get::Below;
use super::point::Point;
use super::report::Value;
use super::{Look, page};
use crate::election::{Folder, Log};
use crate::follow::CHECKPOINT;
use crate::follow::acts::{MOST, bundle};
use crate::follow::fetch::{Fetch, FetchError};

/// Bytes of a key or hash in JSON, with room for white space.
const KEY: usize = 64;

/// Where the checkpoint of the acts is.
const ACTS: &str = "acts/checkpoint";
/// How often it is asked for until witnesses have signed it, and how long is waited between.
const WITNESSED: u32 = 3;
const PAUSE: Duration = Duration::from_secs(2);

/// What a page computes with the server's salt (`spec/server.md`, "Access"): memory in KiB, passes, lanes.
const KDF: [(&str, u64); 3] = [("memory_kib", 19_456), ("passes", 2), ("lanes", 1)];

impl Look<'_> {
    /// Everything that a device asks the server for before it encrypts.
    pub(super) fn service(&mut self, server: &str, build: Option<Hash>) {
        let sealed = match self.sealed(server) {
            Ok(sealed) => sealed,
            // The record was read a moment ago.
            Err(why) => {
                self.report.unchecked(Point::Sealed, &self.record.display().to_string(), &why.to_string());
                Vec::new()
            }
        };
        self.figures(server);
        let roots = self.lists(server);
        self.acts(server, &sealed, &roots, build);
    }

    /// The files of the sealed record, each against the one in the folder; gives path and SHA-256 of those.
    fn sealed(&mut self, server: &str) -> io::Result<Vec<(String, Hash)>> {
        let mut sealed = Vec::new();
        let files = Folder(self.record.to_path_buf()).files()?;
        for (path, length) in files.into_iter().filter(|(path, _)| record::is_sealed_path(path)) {
            let hash = hash_of(&mut File::open(self.record.join(&path))?)?;
            let (place, url) = (format!("record/{path}"), format!("{server}/api/v1/record/{path}"));
            match self.getter.get(&url, length, &mut |_| ()) {
                Ok(answer) => {
                    if self.is_there(Point::Sealed, &place, &answer, length) {
                        self.hash(Point::Sealed, &place, hash, answer.hash);
                    }
                }
                Err(why) => self.report.unchecked(Point::Sealed, &place, &why),
            }
            sealed.push((path, hash));
        }
        Ok(sealed)
    }

    /// An answer in JSON.
    fn json(&mut self, point: Point, server: &str, path: &str, most: u64) -> Option<Json> {
        let (answer, bytes) = match self.getter.bytes(&format!("{server}/api/v1/{path}"), most) {
            Ok(got) => got,
            Err(why) => {
                self.report.unchecked(point, path, &why);
                return None;
            }
        };
        if !self.is_there(point, path, &answer, most) {
            return None;
        }
        let json = serde_json::from_slice(&bytes).ok();
        if json.is_none() {
            let came = Value::foreign(&String::from_utf8_lossy(bytes.get(..1000).unwrap_or(&bytes)));
            self.report.differs(point, path, Value::Words("JSON", "JSON"), came);
        }
        json
    }

    /// What the server says of the election, and how it has passwords made into keys.
    fn figures(&mut self, server: &str) {
        let path = "election";
        let Some(answer) = self.json(Point::Figures, server, path, page::HOST) else { return };
        let (manifest, calendar) = (&self.election.manifest, &self.election.manifest.calendar);
        let due: [(&str, Json); 9] = [
            ("/election_id", self.election.election_id.to_string().into()),
            ("/manifest_hash", manifest.hash().to_string().into()),
            ("/title", manifest.title.as_str().into()),
            ("/binding", manifest.binding.into()),
            ("/test", manifest.test.into()),
            ("/calendar/voting_start", calendar.voting_start.into()),
            ("/calendar/voting_close", calendar.voting_close.into()),
            ("/calendar/contact_updates_until", calendar.contact_updates_until.into()),
            ("/session_minutes", manifest.policies.session_minutes.into()),
        ];
        let kdf = KDF.map(|(name, value)| (format!("/kdf/{name}"), Json::from(value)));
        let due = due.map(|(name, value)| (name.to_owned(), value)).into_iter().chain(kdf);
        for (name, value) in due {
            let came = answer.pointer(&name).map(Json::to_string);
            self.report.same(Point::Figures, &format!("{path}{name}"), &value.to_string(), came.as_deref());
        }
        self.report.facts.rehearsal = answer.get("rehearsal") == Some(&Json::Bool(true));
    }

    /// Every list and every bucket, each against what follows from the sealed lists; gives the buckets' roots.
    fn lists(&mut self, server: &str) -> Vec<Hash> {
        let election = self.election;
        let mut roots = Vec::new();
        for (number, (base, keys)) in (0u32..).zip(election.credentials.lists()) {
            let buckets = Buckets::new(number, keys, election.manifest.min_group);
            roots.push(*buckets.root());
            let all = 0..buckets.shape().buckets();
            let path = format!("lists/{number}");
            if let Some(answer) = self.json(Point::Lists, server, &path, page::HOST) {
                let first = |bucket| buckets.keys(bucket, keys)?.first().map(text);
                let due: [(&str, Json); 5] = [
                    ("keys", keys.len().into()),
                    ("buckets", buckets.shape().buckets().into()),
                    ("base", text(base.to_bytes()).into()),
                    ("root", text(buckets.root()).into()),
                    ("first", all.clone().filter_map(first).collect::<Vec<_>>().into()),
                ];
                self.members(Point::Lists, &path, &answer, due);
            }
            for bucket in all {
                let path = format!("lists/{number}/{bucket}");
                let length = buckets.keys(bucket, keys).map_or(0, <[_]>::len).saturating_mul(KEY);
                let most = page::HOST.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
                let Some(answer) = self.json(Point::Buckets, server, &path, most) else { continue };
                let of = |hashes: Option<&[Hash]>| hashes.unwrap_or_default().iter().map(text).collect::<Vec<_>>();
                let due: [(&str, Json); 2] = [
                    ("keys", of(buckets.keys(bucket, keys)).into()),
                    ("path", of(buckets.path(bucket).as_deref()).into()),
                ];
                self.members(Point::Buckets, &path, &answer, due);
            }
        }
        roots
    }

    /// Members of an object; of an array the first place is named where it differs.
    fn members<const N: usize>(&mut self, point: Point, path: &str, answer: &Json, due: [(&str, Json); N]) {
        self.report.looked(point);
        for (name, due) in due {
            let came = answer.get(name);
            if came == Some(&due) {
                continue;
            }
            let place = format!("{path} {name}");
            let (Json::Array(due), Some(Json::Array(came))) = (&due, came) else {
                let came = came.map_or(Value::Absent, |came| Value::foreign(&came.to_string()));
                self.report.differs(point, &place, Value::foreign(&due.to_string()), came);
                continue;
            };
            let at = due.iter().zip(came).position(|(due, came)| due != came).unwrap_or(due.len().min(came.len()));
            let shown = |all: &[Json]| all.get(at).map_or(Value::Absent, |one| Value::foreign(&one.to_string()));
            self.report.differs(point, &format!("{place}[{at}]"), shown(due), shown(came));
        }
    }

    /// The log of acts, and what it says of page and record.
    fn acts(&mut self, server: &str, sealed: &[(String, Hash)], roots: &[Hash], build: Option<Hash>) {
        let below = Below { getter: self.getter, base: server };
        let Some((note, verified)) = self.checkpoint(&below) else { return };
        let (place, keys) = (ACTS, &self.keys.keys(Log::Acts).clone());
        let size = verified.checkpoint().size;
        if size > MOST {
            return self.report.unchecked(Point::Entries, place, &format!("{size} acts"));
        }
        let mut bundles = Vec::new();
        for id in BundleId::all(size) {
            match bundle(&below, id) {
                Ok(bytes) => bundles.push(bytes),
                Err(why) => return self.report.unchecked(Point::Entries, &format!("acts/{id}"), &why.to_string()),
            }
        }
        let bundles: Vec<&[u8]> = bundles.iter().map(Vec::as_slice).collect();
        self.report.looked(Point::Entries);
        match ActLog::read(&note, &bundles, keys) {
            Ok(log) => self.says(&log, sealed, roots, build),
            Err(why @ ActsError::Checkpoint(_)) => wrong(self, Point::Acts, place, &why),
            Err(why) => wrong(self, Point::Entries, "acts", &why),
        }
    }

    /// The checkpoint with a quorum of witnesses; they sign some seconds after an act.
    fn checkpoint(&mut self, below: &Below<'_>) -> Option<(Vec<u8>, VerifiedCheckpoint)> {
        self.report.looked(Point::Acts);
        for tried in 1.. {
            let note = match below.get(ACTS, CHECKPOINT) {
                Ok(note) => note,
                Err(FetchError::Absent(_)) => {
                    let due = Value::Words("un punto de control", "a checkpoint");
                    self.report.differs(Point::Acts, ACTS, due, Value::Absent);
                    break;
                }
                Err(why) => {
                    self.report.unchecked(Point::Acts, ACTS, &why.to_string());
                    break;
                }
            };
            let keys = self.keys.keys(Log::Acts);
            let verified = match SignedCheckpoint::parse(&note).and_then(|signed| signed.verify(keys)) {
                Ok(verified) => verified,
                Err(why) => {
                    wrong(self, Point::Acts, ACTS, &why);
                    break;
                }
            };
            match verified.verify_quorum(self.keys.quorum) {
                Err(_) if tried < WITNESSED => thread::sleep(PAUSE),
                quorum => {
                    if let Err(why) = quorum {
                        wrong(self, Point::Acts, ACTS, &why);
                    }
                    return Some((note, verified));
                }
            }
        }
        None
    }

    fn says(&mut self, log: &ActLog, sealed: &[(String, Hash)], roots: &[Hash], build: Option<Hash>) {
        let Some(first) = log.find("election") else {
            let due = Value::Words("el acto «election»", "the act \"election\"");
            return self.report.differs(Point::Beginning, "acts", due, Value::Absent);
        };
        let mut due = vec![("election-id".to_owned(), self.election.election_id.to_string())];
        due.extend(sealed.iter().map(|(path, hash)| (path.clone(), hex(hash))));
        due.extend((0usize..).zip(roots).map(|(number, root)| (format!("buckets-{number:03}"), hex(root))));
        for (name, value) in due {
            let came = first.values.get(&name).map(String::as_str);
            self.report.same(Point::Beginning, &format!("election: {name}"), &value, came);
        }
        // The page that came, and the one that the manifest names: an act may stand against either.
        let named = self.election.manifest.client_hash;
        let acts: Vec<&Act> = log.acts.iter().filter(|act| act.name == "client").collect();
        for act in acts {
            for hash in [named, build].into_iter().flatten() {
                let came = act.values.get("hash").map(String::as_str);
                self.report.same(Point::BuildAct, "acts: client", &hex(&hash), came);
            }
        }
    }
}

fn wrong(look: &mut Look<'_>, point: Point, place: &str, why: &dyn Display) {
    let due = Value::Words("lo que firmaron la bitácora y los testigos", "what log and witnesses have signed");
    look.report.differs(point, place, due, Value::foreign(&why.to_string()));
}

fn text(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

fn hash_of(file: &mut File) -> io::Result<Hash> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize().into()),
            length => hasher.update(buffer.get(..length).unwrap_or_default()),
        }
    }
}
