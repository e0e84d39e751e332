//! Checkpoints (`spec/board.md`): the size and root of the board, signed by the log and
//! cosigned by witnesses (C2SP tlog-checkpoint, tlog-cosignature v1).

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};

use super::lines::{Lines, base64_array, decimal};
use super::note::{KeyError, KeyKind, Note, NoteError, NoteKey, SignatureLine};
use crate::hash::Hash;
use crate::ids::ElectionId;
use crate::signature::{Signature, SigningKey, VerifyingKey};

/// First line of the checkpoints of an election.
#[must_use]
pub fn origin(log_name: &str, election: &ElectionId) -> String {
    format!("{log_name}/{election}")
}

/// First line of the checkpoints of an election's log of acts.
#[must_use]
pub fn acts_origin(log_name: &str, election: &ElectionId) -> String {
    format!("{log_name}/{election}/acts")
}

/// Size and root of the board of one election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: [`origin`].
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Merkle root.
    pub root: Hash,
}

impl Checkpoint {
    /// The three lines that are signed.
    #[must_use]
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, Base64::encode_string(&self.root))
    }

    fn parse_body(body: &str) -> Option<Self> {
        let mut lines = Lines::new(body);
        let origin = lines.next().filter(|origin| !origin.is_empty())?.to_owned();
        let size = decimal(lines.next()?)?;
        let root = base64_array(lines.next()?)?;
        lines.rest().is_empty().then_some(Self { origin, size, root })
    }

    /// Signs as the log.
    ///
    /// # Errors
    /// [`KeyError::Name`] if the origin cannot name a key.
    pub fn sign(&self, key: &SigningKey) -> Result<SignedCheckpoint, KeyError> {
        let log = NoteKey::new(&self.origin, KeyKind::Log, key.verifying_key())?;
        let body = self.body();
        let line = log.line(key.sign_raw(body.as_bytes()).0.to_vec());
        Ok(SignedCheckpoint { checkpoint: self.clone(), note: Note::new(body, vec![line]) })
    }

    /// Signs as the witness `name`, who saw it at a time (seconds since 1970) and knows no
    /// larger board that does not begin with it.
    ///
    /// # Errors
    /// [`KeyError::Name`] if the name cannot stand in a note.
    pub fn cosign(&self, name: &str, key: &SigningKey, time: u64) -> Result<SignatureLine, KeyError> {
        let witness = NoteKey::new(name, KeyKind::Witness, key.verifying_key())?;
        let signature = key.sign_raw(cosigned(&self.body(), time).as_bytes());
        Ok(witness.line([time.to_be_bytes().as_slice(), &signature.0].concat()))
    }
}

/// What a witness signs.
fn cosigned(body: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{body}")
}

/// Who may sign the checkpoints of an election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogKeys {
    log: NoteKey,
    witnesses: Vec<NoteKey>,
}

impl LogKeys {
    /// The log's key, whose name is the origin, and the witnesses in the manifest's order.
    ///
    /// # Errors
    /// [`KeyError::Kind`] if one is a key of the other kind.
    pub fn new(log: NoteKey, witnesses: Vec<NoteKey>) -> Result<Self, KeyError> {
        if log.kind() != KeyKind::Log {
            return Err(KeyError::Kind(log.kind().to_byte()));
        }
        if let Some(stranger) = witnesses.iter().find(|key| key.kind() != KeyKind::Witness) {
            return Err(KeyError::Kind(stranger.kind().to_byte()));
        }
        Ok(Self { log, witnesses })
    }

    /// The keys of an election, as its manifest names them.
    ///
    /// # Errors
    /// [`KeyError::Name`] if a name cannot stand in a note.
    pub fn of_election<'a>(
        election: &ElectionId,
        (log_name, log_key): (&str, VerifyingKey),
        witnesses: impl IntoIterator<Item = (&'a str, VerifyingKey)>,
    ) -> Result<Self, KeyError> {
        Self::of_origin(&origin(log_name, election), log_key, witnesses)
    }

    /// The same keys for the election's log of acts.
    ///
    /// # Errors
    /// [`KeyError::Name`] if a name cannot stand in a note.
    pub fn of_acts<'a>(
        election: &ElectionId,
        (log_name, log_key): (&str, VerifyingKey),
        witnesses: impl IntoIterator<Item = (&'a str, VerifyingKey)>,
    ) -> Result<Self, KeyError> {
        Self::of_origin(&acts_origin(log_name, election), log_key, witnesses)
    }

    fn of_origin<'a>(
        origin: &str,
        log_key: VerifyingKey,
        witnesses: impl IntoIterator<Item = (&'a str, VerifyingKey)>,
    ) -> Result<Self, KeyError> {
        let log = NoteKey::new(origin, KeyKind::Log, log_key)?;
        let witness = |(name, key)| NoteKey::new(name, KeyKind::Witness, key);
        Self::new(log, witnesses.into_iter().map(witness).collect::<Result<_, _>>()?)
    }

    /// The first line of every checkpoint.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.log.name()
    }

    /// Which witness a line claims to be by.
    fn witness(&self, line: &SignatureLine) -> Option<(usize, &NoteKey)> {
        self.witnesses.iter().enumerate().find(|(_, key)| key.signed(line))
    }
}

/// What is wrong with a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Not a signed note.
    Note(NoteError),
    /// Its text is not origin, size and root.
    Body,
    /// It is of another log or election.
    Origin,
    /// Its first signature is not by the log's key.
    LogLine,
    /// The log's signature does not verify.
    LogSignature,
    /// A signature is by nobody whom the manifest names as a witness.
    Stranger {
        /// Which signature line, from 0.
        line: usize,
    },
    /// A witness stands before one that the manifest names earlier, or twice.
    Order {
        /// Which signature line, from 0.
        line: usize,
    },
    /// A cosignature has another form, or a time beyond 2^63 - 1, or does not verify.
    Cosignature {
        /// Which witness of the manifest, from 0.
        witness: usize,
    },
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note(error) => error.fmt(f),
            Self::Body => f.write_str("the text is not origin, size and root"),
            Self::Origin => f.write_str("the checkpoint is of another log or election"),
            Self::LogLine => f.write_str("the first signature is not by the log's key"),
            Self::LogSignature => f.write_str("the log's signature does not verify"),
            Self::Stranger { line } => write!(f, "signature line {line} is by no witness of the manifest"),
            Self::Order { line } => write!(f, "signature line {line} is out of the manifest's order, or repeated"),
            Self::Cosignature { witness } => write!(f, "the cosignature of witness {witness} does not verify"),
        }
    }
}

impl core::error::Error for CheckpointError {}

impl From<NoteError> for CheckpointError {
    fn from(error: NoteError) -> Self {
        Self::Note(error)
    }
}

/// A checkpoint with signatures that nobody has verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

impl SignedCheckpoint {
    /// Reads the file of a checkpoint; `to_string` writes it.
    ///
    /// # Errors
    /// [`CheckpointError::Note`] or [`CheckpointError::Body`] if it has another form.
    pub fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let note = Note::parse(bytes)?;
        let checkpoint = Checkpoint::parse_body(note.text()).ok_or(CheckpointError::Body)?;
        Ok(Self { checkpoint, note })
    }

    /// What is claimed, which holds only once [`SignedCheckpoint::verify`] says so.
    #[must_use]
    pub fn claimed(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The signature lines in their order, none of them verified.
    #[must_use]
    pub fn lines(&self) -> &[SignatureLine] {
        self.note.signatures()
    }

    /// Verifies every signature: the log's first, then witnesses of the manifest in its
    /// order. A line that nobody can check is refused.
    ///
    /// # Errors
    /// [`CheckpointError`], naming the line or the witness.
    pub fn verify(&self, keys: &LogKeys) -> Result<VerifiedCheckpoint, CheckpointError> {
        if self.checkpoint.origin != keys.origin() {
            return Err(CheckpointError::Origin);
        }
        let (log_line, lines) = self.note.signatures().split_first().ok_or(CheckpointError::LogLine)?;
        if !keys.log.signed(log_line) {
            return Err(CheckpointError::LogLine);
        }
        self.verify_log_line(&keys.log, log_line).ok_or(CheckpointError::LogSignature)?;
        let mut cosignatures: Vec<Cosignature> = Vec::with_capacity(lines.len());
        for (line, signature) in (1..).zip(lines) {
            let (witness, key) = keys.witness(signature).ok_or(CheckpointError::Stranger { line })?;
            if cosignatures.last().is_some_and(|before| before.witness >= witness) {
                return Err(CheckpointError::Order { line });
            }
            let time = self.verify_cosignature(key, signature).ok_or(CheckpointError::Cosignature { witness })?;
            cosignatures.push(Cosignature { witness, time });
        }
        Ok(VerifiedCheckpoint { checkpoint: self.checkpoint.clone(), cosignatures })
    }

    /// Verifies the log's signature, wherever it stands, and passes over every other line: what a
    /// witness does before it adds its own (C2SP tlog-witness). Gives the checkpoint with the
    /// log's line alone.
    ///
    /// # Errors
    /// [`CheckpointError::Origin`], [`CheckpointError::LogLine`] or [`CheckpointError::LogSignature`].
    pub fn verify_log(&self, keys: &LogKeys) -> Result<Self, CheckpointError> {
        if self.checkpoint.origin != keys.origin() {
            return Err(CheckpointError::Origin);
        }
        let mut lines = self.note.signatures().iter().filter(|line| keys.log.signed(line)).peekable();
        lines.peek().ok_or(CheckpointError::LogLine)?;
        let line = lines.find(|line| self.verify_log_line(&keys.log, line).is_some());
        let line = line.ok_or(CheckpointError::LogSignature)?.clone();
        let note = Note::new(self.note.text().to_owned(), vec![line]);
        Ok(Self { checkpoint: self.checkpoint.clone(), note })
    }

    fn verify_log_line(&self, key: &NoteKey, line: &SignatureLine) -> Option<()> {
        let signature = Signature(line.signature.as_slice().try_into().ok()?);
        key.key().verify_raw(self.note.text().as_bytes(), &signature).ok()
    }

    /// The time of a cosignature that verifies.
    fn verify_cosignature(&self, key: &NoteKey, line: &SignatureLine) -> Option<u64> {
        let (time, signature) = line.signature.split_first_chunk()?;
        let time = u64::from_be_bytes(*time);
        // The bound of tlog-cosignature.
        i64::try_from(time).ok()?;
        let signature = Signature(signature.try_into().ok()?);
        key.key().verify_raw(cosigned(self.note.text(), time).as_bytes(), &signature).ok()?;
        Some(time)
    }

    /// Adds a witness's line at its place.
    ///
    /// # Errors
    /// As [`SignedCheckpoint::verify`] of the result; then nothing is added.
    pub fn add_cosignature(&mut self, line: SignatureLine, keys: &LogKeys) -> Result<(), CheckpointError> {
        let present = self.verify(keys)?.cosignatures;
        let (witness, _) =
            keys.witness(&line).ok_or(CheckpointError::Stranger { line: self.note.signatures().len() })?;
        let before = present.iter().filter(|cosignature| cosignature.witness < witness).count();
        let mut longer = self.clone();
        longer.note.insert(before.saturating_add(1), line);
        longer.verify(keys)?;
        *self = longer;
        Ok(())
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

/// A witness saw a checkpoint at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// Which witness of the manifest, from 0.
    pub witness: usize,
    /// Seconds since 1970; at most 2^63 - 1.
    pub time: u64,
}

/// A checkpoint all of whose signatures verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedCheckpoint {
    checkpoint: Checkpoint,
    cosignatures: Vec<Cosignature>,
}

impl VerifiedCheckpoint {
    /// Size and root.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Who cosigned, in the manifest's order.
    #[must_use]
    pub fn cosignatures(&self) -> &[Cosignature] {
        &self.cosignatures
    }

    /// Demands that at least `quorum` witnesses signed, as they must the first and the last
    /// checkpoint (check B2.3).
    ///
    /// # Errors
    /// [`WitnessError::Quorum`] if fewer did.
    pub fn verify_quorum(&self, quorum: u32) -> Result<(), WitnessError> {
        let actual = u32::try_from(self.cosignatures.len()).unwrap_or(u32::MAX);
        if actual < quorum { Err(WitnessError::Quorum { quorum, actual }) } else { Ok(()) }
    }

    /// Demands that no witness signed before a time, as on the closing checkpoint none may
    /// before reception ended (check B2.3).
    ///
    /// # Errors
    /// [`WitnessError::Early`] with the first who did.
    pub fn verify_not_before(&self, time: i64) -> Result<(), WitnessError> {
        let early = |cosignature: &&Cosignature| i128::from(cosignature.time) < i128::from(time);
        match self.cosignatures.iter().find(early) {
            Some(early) => Err(WitnessError::Early { witness: early.witness }),
            None => Ok(()),
        }
    }

    /// Demands what makes it a checkpoint that nothing follows (check B2.3): a quorum of witnesses, none of
    /// whom signed before reception ended.
    ///
    /// # Errors
    /// As [`VerifiedCheckpoint::verify_quorum`], then as [`VerifiedCheckpoint::verify_not_before`].
    pub fn verify_closing(&self, quorum: u32, reception_end: i64) -> Result<(), WitnessError> {
        self.verify_quorum(quorum).and_then(|()| self.verify_not_before(reception_end))
    }
}

/// Witnesses are absent, or signed too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WitnessError {
    /// Too few witnesses signed.
    Quorum {
        /// How many must.
        quorum: u32,
        /// How many did.
        actual: u32,
    },
    /// A witness signed while ballots could still come.
    Early {
        /// Which witness of the manifest, from 0.
        witness: usize,
    },
}

impl fmt::Display for WitnessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quorum { quorum, actual } => write!(f, "{actual} witnesses signed, {quorum} must"),
            Self::Early { witness } => write!(f, "witness {witness} signed before reception ended"),
        }
    }
}

impl core::error::Error for WitnessError {}

#[cfg(test)]
pub(super) mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::board::merkle::MerkleTree;
    use crate::hash::sha256;
    use crate::secret::SecretBytes;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&SecretBytes::new([seed; 32]))
    }

    fn public(seed: u8) -> [u8; 32] {
        key(seed).verifying_key().to_bytes()
    }

    const ELECTION: ElectionId = ElectionId([0xab; 32]);
    const NAMES: [&str; 3] = ["w0.example", "w1.example", "w2.example"];

    /// Log with key 1, witnesses with keys 10, 11, 12.
    fn keys() -> LogKeys {
        let witnesses = (10..).zip(NAMES).map(|(seed, name)| (name, key(seed).verifying_key()));
        LogKeys::of_election(&ELECTION, ("board.example", key(1).verifying_key()), witnesses).unwrap()
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: origin("board.example", &ELECTION), size: 5, root: [7; 32] }
    }

    fn cosign(witness: u8, time: u64) -> SignatureLine {
        checkpoint().cosign(NAMES[usize::from(witness)], &key(10 + witness), time).unwrap()
    }

    /// A signed checkpoint of some other board, for tests of neighbours.
    pub(in crate::board) fn signed(tree: &MerkleTree) -> (SignedCheckpoint, LogKeys) {
        let checkpoint = Checkpoint { size: tree.size(), root: tree.root(), ..checkpoint() };
        (checkpoint.sign(&key(1)).unwrap(), keys())
    }

    /// The log's line, then these, as bytes.
    fn file(lines: &[SignatureLine]) -> String {
        lines.iter().fold(checkpoint().sign(&key(1)).unwrap().to_string(), |file, line| format!("{file}{line}\n"))
    }

    fn verify(file: &str) -> Result<VerifiedCheckpoint, CheckpointError> {
        let parsed = SignedCheckpoint::parse(file.as_bytes())?;
        assert_eq!(parsed.to_string(), file);
        parsed.verify(&keys())
    }

    #[test]
    fn completeness() {
        let verified = verify(&file(&[cosign(0, 100), cosign(2, 200)])).unwrap();
        assert_eq!(verified.checkpoint(), &checkpoint());
        let expected = [Cosignature { witness: 0, time: 100 }, Cosignature { witness: 2, time: 200 }];
        assert_eq!(verified.cosignatures(), expected);
        assert!(verify(&file(&[])).is_ok());
    }

    #[test]
    fn body_is_as_specified() {
        let hex = "ab".repeat(32);
        let root = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
        assert_eq!(checkpoint().body(), format!("board.example/{hex}\n5\n{root}\n"));
    }

    #[test]
    fn signed_bytes_are_as_specified() {
        let body = checkpoint().body();
        let log = &checkpoint().sign(&key(1)).unwrap().note.signatures()[0].clone();
        assert_eq!(log.key_id, sha256(&[checkpoint().origin.as_bytes(), b"\n\x01", &public(1)])[..4]);
        let signature = Signature(log.signature[..].try_into().unwrap());
        assert_eq!(key(1).verifying_key().verify_raw(body.as_bytes(), &signature), Ok(()));

        let line = cosign(0, 0x0102_0304);
        assert_eq!(line.key_id, sha256(&[b"w0.example\n\x04", &public(10)])[..4]);
        assert_eq!(line.signature[..8], [0, 0, 0, 0, 1, 2, 3, 4]);
        let message = format!("cosignature/v1\ntime 16909060\n{body}");
        let signature = Signature(line.signature[8..].try_into().unwrap());
        assert_eq!(key(10).verifying_key().verify_raw(message.as_bytes(), &signature), Ok(()));
    }

    #[test]
    fn lines_find_their_place() {
        let mut signed = checkpoint().sign(&key(1)).unwrap();
        for witness in [1, 2, 0] {
            signed.add_cosignature(cosign(witness, 9), &keys()).unwrap();
        }
        assert_eq!(signed.to_string(), file(&[cosign(0, 9), cosign(1, 9), cosign(2, 9)]));
        let twice = signed.add_cosignature(cosign(1, 10), &keys());
        assert_eq!(twice, Err(CheckpointError::Order { line: 3 }));
        assert_eq!(signed.verify(&keys()).unwrap().cosignatures().len(), 3);
        let stranger = checkpoint().cosign("w9.example", &key(10), 9).unwrap();
        assert_eq!(signed.add_cosignature(stranger, &keys()), Err(CheckpointError::Stranger { line: 4 }));
    }

    #[test]
    fn rejects_order_and_repetition() {
        assert_eq!(verify(&file(&[cosign(1, 1), cosign(0, 1)])), Err(CheckpointError::Order { line: 2 }));
        assert_eq!(verify(&file(&[cosign(1, 1), cosign(1, 2)])), Err(CheckpointError::Order { line: 2 }));
    }

    #[test]
    fn rejects_lines_that_nobody_can_check() {
        let stranger = checkpoint().cosign("w9.example", &key(10), 1).unwrap();
        assert_eq!(verify(&file(&[stranger])), Err(CheckpointError::Stranger { line: 1 }));
        // A witness's name with another key.
        let impostor = checkpoint().cosign(NAMES[1], &key(99), 1).unwrap();
        assert_eq!(verify(&file(&[cosign(0, 1), impostor])), Err(CheckpointError::Stranger { line: 2 }));
        // The log a second time.
        let again = checkpoint().sign(&key(1)).unwrap().note.signatures()[0].clone();
        assert_eq!(verify(&file(&[again])), Err(CheckpointError::Stranger { line: 1 }));
    }

    #[test]
    fn rejects_without_the_log_first() {
        let log = checkpoint().sign(&key(1)).unwrap().note.signatures()[0].clone();
        let with = |lines| SignedCheckpoint { checkpoint: checkpoint(), note: Note::new(checkpoint().body(), lines) };
        assert_eq!(with(vec![cosign(0, 1)]).verify(&keys()), Err(CheckpointError::LogLine));
        assert_eq!(with(vec![cosign(0, 1), log]).verify(&keys()), Err(CheckpointError::LogLine));
        let other = checkpoint().sign(&key(2)).unwrap();
        assert_eq!(other.verify(&keys()), Err(CheckpointError::LogLine));
    }

    #[test]
    fn a_witness_looks_for_the_log_only() {
        let log = checkpoint().sign(&key(1)).unwrap().note.signatures()[0].clone();
        let with = |lines| SignedCheckpoint { checkpoint: checkpoint(), note: Note::new(checkpoint().body(), lines) };
        let stranger = checkpoint().cosign("w9.example", &key(9), 1).unwrap();
        let mut forged = log.clone();
        forged.signature[5] ^= 1;
        let alone = with(vec![log.clone()]);
        assert_eq!(alone.verify_log(&keys()), Ok(alone.clone()));
        assert_eq!(with(vec![stranger.clone(), log.clone()]).verify_log(&keys()), Ok(alone.clone()));
        assert_eq!(with(vec![forged.clone(), log]).verify_log(&keys()), Ok(alone));
        assert_eq!(with(vec![forged]).verify_log(&keys()), Err(CheckpointError::LogSignature));
        assert_eq!(with(vec![stranger]).verify_log(&keys()), Err(CheckpointError::LogLine));
        let acts = Checkpoint { origin: acts_origin("board.example", &ELECTION), ..checkpoint() };
        assert_eq!(acts.sign(&key(1)).unwrap().verify_log(&keys()), Err(CheckpointError::Origin));
    }

    #[test]
    fn the_log_of_acts_signs_under_a_name_of_its_own() {
        let witnesses = (10..).zip(NAMES).map(|(seed, name)| (name, key(seed).verifying_key()));
        let acts = LogKeys::of_acts(&ELECTION, ("board.example", key(1).verifying_key()), witnesses).unwrap();
        assert_eq!(acts.origin(), format!("board.example/{}/acts", "ab".repeat(32)));
        let signed = Checkpoint { origin: acts.origin().to_owned(), ..checkpoint() }.sign(&key(1)).unwrap();
        assert!(signed.verify(&acts).is_ok());
        assert_eq!(signed.verify(&keys()), Err(CheckpointError::Origin));
        // Same key, other name: a line of one log says nothing in the other.
        let line = signed.note.signatures()[0].clone();
        assert_ne!(line.key_id, checkpoint().sign(&key(1)).unwrap().note.signatures()[0].key_id);
    }

    #[test]
    fn rejects_every_changed_byte() {
        let honest = file(&[cosign(0, 100), cosign(1, 100)]).into_bytes();
        for at in 0..honest.len() {
            let mut changed = honest.clone();
            changed[at] ^= 1;
            let accepted = SignedCheckpoint::parse(&changed).and_then(|checkpoint| checkpoint.verify(&keys()));
            assert!(accepted.is_err(), "byte {at}");
            assert!(
                SignedCheckpoint::parse(&honest[..at]).and_then(|c| c.verify(&keys())).is_err() || {
                    // A prefix that ends with a line is a checkpoint with fewer witnesses.
                    honest[at - 1] == b'\n'
                }
            );
        }
    }

    #[test]
    fn rejects_wrong_signatures_by_right_keys() {
        let mut log = checkpoint().sign(&key(1)).unwrap().note.signatures()[0].clone();
        log.signature[5] ^= 1;
        let forged = SignedCheckpoint { checkpoint: checkpoint(), note: Note::new(checkpoint().body(), vec![log]) };
        assert_eq!(forged.verify(&keys()), Err(CheckpointError::LogSignature));
        let mut moved = cosign(2, 100);
        moved.signature[7] ^= 1;
        assert_eq!(verify(&file(&[moved])), Err(CheckpointError::Cosignature { witness: 2 }));
        let mut short = cosign(1, 100);
        short.signature.pop();
        assert_eq!(verify(&file(&[short])), Err(CheckpointError::Cosignature { witness: 1 }));
        let late = cosign(0, 1 << 63);
        assert_eq!(verify(&file(&[late])), Err(CheckpointError::Cosignature { witness: 0 }));
        assert!(verify(&file(&[cosign(0, (1 << 63) - 1)])).is_ok());
    }

    #[test]
    fn rejects_another_election() {
        let other = Checkpoint { origin: origin("board.example", &ElectionId([0; 32])), ..checkpoint() };
        assert_eq!(other.sign(&key(1)).unwrap().verify(&keys()), Err(CheckpointError::Origin));
    }

    #[test]
    fn rejects_other_bodies() {
        let root = Base64::encode_string(&[7; 32]);
        for body in [
            format!("o\n05\n{root}\n"),
            format!("o\n-5\n{root}\n"),
            format!("\n5\n{root}\n"),
            format!("o\n5\n{root}\nextension\n"),
            format!("o\n5\n{root} \n"),
            format!("o\n18446744073709551616\n{root}\n"),
            "o\n5\nAAAA\n".to_string(),
            "o\n5\n".to_string(),
        ] {
            let file = format!("{body}\n— o AAAAAAA=\n");
            assert_eq!(SignedCheckpoint::parse(file.as_bytes()), Err(CheckpointError::Body), "{body}");
        }
    }

    #[test]
    fn quorum_and_time() {
        let verified = verify(&file(&[cosign(0, 100), cosign(1, 99)])).unwrap();
        assert_eq!(verified.verify_quorum(2), Ok(()));
        assert_eq!(verified.verify_quorum(3), Err(WitnessError::Quorum { quorum: 3, actual: 2 }));
        assert_eq!(verified.verify_not_before(99), Ok(()));
        assert_eq!(verified.verify_not_before(-1), Ok(()));
        assert_eq!(verified.verify_not_before(100), Err(WitnessError::Early { witness: 1 }));
    }

    #[test]
    fn keys_are_of_their_kind() {
        let log = NoteKey::new("a", KeyKind::Log, key(1).verifying_key()).unwrap();
        let witness = NoteKey::new("a", KeyKind::Witness, key(1).verifying_key()).unwrap();
        assert_eq!(LogKeys::new(witness.clone(), vec![]), Err(KeyError::Kind(4)));
        assert_eq!(LogKeys::new(log.clone(), vec![log.clone()]), Err(KeyError::Kind(1)));
        assert!(LogKeys::new(log, vec![witness]).is_ok());
    }
}
