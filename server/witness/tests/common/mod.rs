//! A sealed election, its two logs, and a witness of it.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "shared by tests, which fail by panicking"
)]

use core::time::Duration;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use escrutinio_core::board::bundle::BundleWriter;
use escrutinio_core::board::tile::TileWriter;
use escrutinio_core::board::{Checkpoint, ConsistencyProof, MerkleTree, SignedCheckpoint, Submission, leaf_hash};
use escrutinio_core::hash::Hash;
use escrutinio_core::signature::SigningKey;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::testing::{self, Keys, signing_key};
use escrutinio_sealed::{Person, Role};
use escrutinio_witness::clock::SetClock;
use escrutinio_witness::follow::fetch::{Fetch, FetchError};
use escrutinio_witness::http::{self, Limits};
use escrutinio_witness::{Election, Log, Witness};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// The name of witness 1.
pub const NAME: &str = "testigo1.example";

/// An election sealed in memory.
pub fn sealed() -> &'static Rehearsal {
    static SEALED: OnceLock<Rehearsal> = OnceLock::new();
    SEALED.get_or_init(|| {
        let keys = Keys::new(2, 3);
        Rehearsal::sealed(testing::small(&keys, 2), keys, &[3], &mut ChaCha20Rng::seed_from_u64(7))
    })
}

pub fn election() -> Election {
    Election::of(sealed().election()).unwrap()
}

/// The same manifest, sealed a second time with another id.
pub fn second_election() -> Election {
    let keys = Keys::new(2, 3);
    let again = Rehearsal::sealed(testing::small(&keys, 2), keys, &[3], &mut ChaCha20Rng::seed_from_u64(8));
    let election = Election::of(again.election()).unwrap();
    assert_eq!(election.manifest, self::election().manifest);
    assert_ne!(election.id, self::election().id);
    election
}

pub fn witness_key(number: u32) -> SigningKey {
    signing_key(&format!("witness {number}"))
}

pub fn person() -> Person {
    Person { role: Role::Witness, name: NAME.into(), designation: String::new(), key: witness_key(1) }
}

/// A witness whose folder is `folder`, with the journal in it.
pub fn open(folder: &Path, clock: &Arc<SetClock>) -> escrutinio_witness::Result<Witness> {
    open_for(election(), folder, clock)
}

pub fn open_for(election: Election, folder: &Path, clock: &Arc<SetClock>) -> escrutinio_witness::Result<Witness> {
    Witness::open(election, person(), &folder.join("key"), &folder.join("state"), Arc::<SetClock>::clone(clock))
}

/// A log that does what it is told.
#[derive(Clone)]
pub struct LogOf {
    pub log: Log,
    pub origin: String,
    pub entries: Vec<Vec<u8>>,
}

impl LogOf {
    /// With entries that follow from the name `branch`.
    pub fn new(log: Log, entries: u64, branch: &str) -> Self {
        Self::of(&election(), log, entries, branch)
    }

    pub fn of(election: &Election, log: Log, entries: u64, branch: &str) -> Self {
        let origin = election.keys(log).origin().to_owned();
        let entries = (0..entries).map(|i| format!("{branch} {i}").into_bytes()).collect();
        Self { log, origin, entries }
    }

    /// This log to `common` entries, then another.
    pub fn forked(&self, common: usize, branch: &str) -> Self {
        let mut other = self.clone();
        for (i, entry) in other.entries.iter_mut().enumerate().skip(common) {
            *entry = format!("{branch} {i}").into_bytes();
        }
        other
    }

    pub fn leaves(&self) -> Vec<Hash> {
        self.entries.iter().map(|entry| leaf_hash(entry)).collect()
    }

    pub fn root(&self, size: u64) -> Hash {
        self.leaves().into_iter().take(usize::try_from(size).unwrap()).collect::<MerkleTree>().root()
    }

    pub fn checkpoint(&self, size: u64) -> SignedCheckpoint {
        self.signed_by(size, &signing_key("log"))
    }

    pub fn signed_by(&self, size: u64, key: &SigningKey) -> SignedCheckpoint {
        Checkpoint { origin: self.origin.clone(), size, root: self.root(size) }.sign(key).unwrap()
    }

    /// With cosignatures of witnesses 1 and 2 at these times.
    pub fn cosigned(&self, size: u64, times: &[u64]) -> SignedCheckpoint {
        let mut signed = self.checkpoint(size);
        for (number, time) in (1..).zip(times) {
            let name = format!("testigo{number}.example");
            let line = signed.claimed().cosign(&name, &witness_key(number), *time).unwrap();
            signed.add_cosignature(line, election().keys(self.log)).unwrap();
        }
        signed
    }

    pub fn proof(&self, old: u64, new: u64) -> ConsistencyProof {
        ConsistencyProof::prove(self.leaves().as_slice(), old, new).unwrap()
    }

    pub fn submission(&self, old: u64, new: u64) -> Submission {
        Submission { old, proof: self.proof(old, new), checkpoint: self.checkpoint(new) }
    }

    pub fn body(&self, old: u64, new: u64) -> Vec<u8> {
        self.submission(old, new).to_string().into_bytes()
    }

    /// What the server publishes of the log of acts: path and content.
    pub fn files(&self, size: u64) -> Vec<(String, Vec<u8>)> {
        let (mut tiles, mut bundles, mut files) = (TileWriter::new(), BundleWriter::new(), Vec::new());
        let mut put = |path: String, bytes| files.push((format!("{}/{path}", self.log.name()), bytes));
        for entry in self.entries.iter().take(usize::try_from(size).unwrap()) {
            for tile in tiles.push_leaf_hash(leaf_hash(entry)) {
                put(tile.path(), tile.to_bytes());
            }
            if let Some(bundle) = bundles.push(entry).unwrap() {
                put(bundle.path(), bundle.bytes);
            }
        }
        for tile in tiles.partial() {
            put(tile.path(), tile.to_bytes());
        }
        if let Some(bundle) = bundles.partial() {
            put(bundle.path(), bundle.bytes);
        }
        put("checkpoint".into(), self.checkpoint(size).to_string().into_bytes());
        files
    }
}

/// The line of witness 1 in an answer, verified on its checkpoint; gives its time.
pub fn time_of(log: &LogOf, size: u64, answer: &str) -> u64 {
    let mut signed = log.checkpoint(size);
    let keys = election();
    signed.add_cosignature(answer.trim_end_matches('\n').parse().unwrap(), keys.keys(log.log)).unwrap();
    let cosignatures = signed.verify(keys.keys(log.log)).unwrap().cosignatures().to_vec();
    assert_eq!((cosignatures.len(), cosignatures[0].witness), (1, 0));
    cosignatures[0].time
}

/// An answer over a socket.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub kind: String,
    pub body: String,
}

/// Serves a witness on a port of the system's choice.
pub fn serve(witness: Arc<Witness>, limits: Limits) -> String {
    let listener = http::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || http::serve(listener, witness, 90 * 60, limits, Box::new(|_| ())));
    address
}

pub fn post(address: &str, body: &[u8]) -> Reply {
    let head = format!(
        "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    exchange(address, &[head.as_bytes(), body].concat())
}

pub fn get(address: &str, path: &str) -> Reply {
    exchange(address, format!("GET {path} HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n").as_bytes())
}

/// Sends bytes, reads to the end.
pub fn exchange(address: &str, request: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request).unwrap();
    read_reply(&mut stream).expect("an answer")
}

/// What comes until the other side closes.
pub fn read_reply(stream: &mut TcpStream) -> Option<Reply> {
    let mut bytes = Vec::new();
    // A reset after the answer is an end too.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().unwrap();
    let kind = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap_or_default();
    Some(Reply { status, kind: kind.into(), body: body.into() })
}

/// What a server publishes, by path.
#[derive(Clone, Default)]
pub struct Site(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Fetch for Site {
    fn get(&self, path: &str, most: u64) -> Result<Vec<u8>, FetchError> {
        let found = self.read(path).ok_or_else(|| FetchError::Absent(path.to_owned()))?;
        assert!(u64::try_from(found.len()).unwrap() <= most, "{path}");
        Ok(found)
    }
}

impl Site {
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap().get(path).cloned()
    }

    pub fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.0.lock().unwrap().insert(path.to_owned(), bytes.into());
    }

    pub fn remove(&self, path: &str) {
        assert!(self.0.lock().unwrap().remove(path).is_some(), "{path}");
    }

    /// Publishes the log of acts to a size, over what is there.
    pub fn acts(&self, log: &LogOf, size: u64) {
        self.0.lock().unwrap().extend(log.files(size));
    }

    pub fn board(&self, checkpoint: &SignedCheckpoint) {
        self.put("board/checkpoint", checkpoint.to_string());
    }
}

/// Serves a site over HTTP, one request a connection.
pub fn publish(site: Site) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let request = lines.next().unwrap_or_default();
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches("/site/").to_owned();
            let (status, body) = match path.as_str() {
                "moved/board/checkpoint" => ("302 Found\r\nLocation: /site/board/checkpoint", Vec::new()),
                path => site.read(path).map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body)),
            };
            let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(&[head.into_bytes(), body].concat());
        }
    });
    format!("http://{address}/site/")
}
