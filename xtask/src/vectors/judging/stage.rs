//! A small ceremony whose custodians do to the messages what they like.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use escrutinio_core::encoding::Encode;
use escrutinio_core::group::{Element, compress};
use escrutinio_core::hash::{Hash, tagged_hash};
use escrutinio_core::ids::ManifestHash;
use escrutinio_core::keygen::round1::{Round1, SecretRound1, commit};
use escrutinio_core::keygen::round2::{Round2, deal};
use escrutinio_core::keygen::round3::{Complaint, Verdict, verdict};
use escrutinio_core::keygen::{Ceremony, KeyTranscript, KeygenError, Round, Table};
use escrutinio_core::proof::equality::Equality;
use escrutinio_core::secret::SecretScalar;
use escrutinio_core::signature::{Signature, SigningKey};
use escrutinio_core::testing::{self, rehearsal::sign_message};
use escrutinio_core::transcript::{Position, Proof, ProofContext, Transcript};

pub(super) const THRESHOLD: u32 = 2;
pub(super) const SLOTS: usize = 2;
pub(super) const CEREMONY: u32 = 0;

/// Custodians with all their secrets. They are numbered from 1, their messages from 0.
pub(super) struct Stage {
    pub(super) ceremony: Ceremony,
    pub(super) keys: Vec<SigningKey>,
    pub(super) secrets: Vec<SecretRound1>,
    pub(super) round1: Vec<Round1>,
    pub(super) round2: Vec<Round2>,
    pub(super) verdicts: Vec<Verdict>,
}

pub(super) fn manifest_hash() -> ManifestHash {
    ManifestHash(tagged_hash("manifest", &[b"no manifest"]))
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap() - 1
}

impl Stage {
    /// Everyone has committed; always to the same.
    pub(super) fn committed(custodians: u32) -> Self {
        let keys: Vec<_> = (1..=custodians).map(|i| testing::signing_key(&format!("custodian {i}"))).collect();
        let public = keys.iter().map(SigningKey::verifying_key).collect();
        let ceremony = Ceremony::new(manifest_hash(), CEREMONY, THRESHOLD, THRESHOLD, public, SLOTS).unwrap();
        let mut rng = super::super::rng("judging, round 1");
        let commit = |(index, key)| commit(&ceremony, index, key, &mut rng).unwrap();
        let secrets: Vec<_> = ceremony.everyone().zip(&keys).map(commit).collect();
        let round1 = secrets.iter().map(|secret| secret.message().clone()).collect();
        Self { ceremony, keys, secrets, round1, round2: Vec::new(), verdicts: Vec::new() }
    }

    pub(super) fn dealt(custodians: u32) -> Self {
        let mut stage = Self::committed(custodians);
        stage.deal();
        stage
    }

    /// Everyone deals whose own commitment lies on the table.
    pub(super) fn deal(&mut self) {
        for message in &self.round1 {
            let place = place(message.index.get());
            match deal(&self.ceremony, &self.secrets[place], &self.round1, &self.keys[place]) {
                Ok(message) => self.round2.push(message),
                Err(KeygenError::Replaced { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Everyone who dealt gives a verdict; who cheated has nothing to say.
    pub(super) fn judge(&mut self) {
        let mut rng = super::super::rng("judging, verdicts");
        let dealers: Vec<u32> = self.round2.iter().map(|message| message.index.get()).collect();
        for number in dealers {
            let (secret, key) = (&self.secrets[place(number)], &self.keys[place(number)]);
            match verdict(&self.ceremony, secret, &self.round1, &self.round2, key, &mut rng) {
                Ok((message, _)) => self.verdicts.push(message),
                Err(KeygenError::Replaced { .. }) => self.says(number, Vec::new()),
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub(super) fn judged(mut self) -> Self {
        self.judge();
        self
    }

    pub(super) fn sign(&self, round: Round, number: u32, message: &impl Encode) -> Signature {
        sign_message(&self.ceremony, round, &self.keys[place(number)], message)
    }

    /// A custodian commits to something else.
    pub(super) fn commits(&mut self, number: u32, cheat: impl FnOnce(&mut Round1)) {
        let mut message = self.round1[place(number)].clone();
        cheat(&mut message);
        message.signature = self.sign(Round::Commit, number, &message);
        self.round1[place(number)] = message;
    }

    /// A custodian deals something else.
    pub(super) fn deals(&mut self, number: u32, cheat: impl FnOnce(&mut Round2)) {
        let place = self.round2.iter().position(|message| message.index.get() == number).unwrap();
        let mut message = self.round2[place].clone();
        cheat(&mut message);
        message.signature = self.sign(Round::Deal, number, &message);
        self.round2[place] = message;
    }

    /// A custodian commits to and opens something else, rightly hashed and signed.
    pub(super) fn opens(custodians: u32, number: u32, cheat: impl FnOnce(&mut Round2)) -> Self {
        let honest = Self::dealt(custodians);
        let mut message = honest.round2[place(number)].clone();
        cheat(&mut message);
        let mut stage = Self::committed(custodians);
        let opening = tagged_hash(
            "keygen-opening",
            &[
                stage.ceremony.setup_id().as_bytes(),
                &number.to_le_bytes(),
                &message.commitments.to_bytes(),
                &message.possession.to_bytes(),
            ],
        );
        stage.commits(number, |message| message.opening = opening);
        stage.deal();
        message.table = stage.table().commit_hash();
        stage.round2.insert(place(number), message);
        stage.deals(number, |_| {});
        stage.judged()
    }

    /// A custodian's verdict is this, whatever it received.
    pub(super) fn says(&mut self, number: u32, complaints: Vec<Complaint>) {
        let index = self.round1.iter().find(|message| message.index.get() == number).unwrap().index;
        let table = self.table().deal_hash();
        let mut message = Verdict { index, table, complaints, signature: Signature([0; 64]) };
        message.signature = self.sign(Round::Verdict, number, &message);
        self.verdicts.retain(|verdict| verdict.index != index);
        let place = self.verdicts.partition_point(|verdict| verdict.index < index);
        self.verdicts.insert(place, message);
    }

    /// Everyone who dealt gives a verdict without complaints, whatever lies on the table.
    pub(super) fn silent(mut self) -> Self {
        let dealers: Vec<u32> = self.round2.iter().map(|message| message.index.get()).collect();
        for number in dealers {
            self.says(number, Vec::new());
        }
        self
    }

    pub(super) fn ephemeral(&self, number: u32) -> &Element {
        &self.secrets[place(number)].message().ephemeral
    }

    fn expose_ephemeral(&self, number: u32) -> SecretScalar {
        // After the setup id, the message and the proof of the keys.
        let secret = &self.secrets[place(number)];
        let at = 32 + secret.message().to_bytes().len() + 64;
        SecretScalar::from_bytes(secret.expose_bytes()[at..].first_chunk().unwrap()).unwrap()
    }

    /// The key of what `dealer` sends `recipient`.
    pub(super) fn pair_key(&self, dealer: u32, recipient: u32, shared: &Element) -> Hash {
        let points = [self.ephemeral(dealer), self.ephemeral(recipient), shared].map(compress);
        let numbers = [dealer.to_le_bytes(), recipient.to_le_bytes()];
        let setup = self.ceremony.setup_id().as_bytes();
        tagged_hash("keygen-pair-key", &[setup, &numbers.concat(), &points.concat()])
    }

    pub(super) fn shared(&self, one: u32, other: u32) -> Element {
        self.ephemeral(other) * self.expose_ephemeral(one).expose()
    }

    /// The plaintext of what `dealer` sent `recipient`, under the key that `shared` gives.
    pub(super) fn open(&self, dealer: u32, recipient: u32, shared: &Element) -> Option<Vec<u8>> {
        let mut buffer = self.ciphertext(dealer, recipient).to_vec();
        let key = self.pair_key(dealer, recipient, shared);
        let cipher = ChaCha20Poly1305::new(&key.into());
        cipher.decrypt_in_place(&Nonce::default(), b"", &mut buffer).ok().map(|()| buffer)
    }

    pub(super) fn ciphertext(&self, dealer: u32, recipient: u32) -> &[u8] {
        let message = self.round2.iter().find(|message| message.index.get() == dealer).unwrap();
        &message.shares.iter().find(|share| share.recipient == recipient).unwrap().ciphertext
    }

    /// A dealer sends other bytes under the right key.
    pub(super) fn reseals(&mut self, dealer: u32, recipient: u32, change: impl FnOnce(&mut [u8])) {
        let shared = self.shared(dealer, recipient);
        let mut buffer = self.open(dealer, recipient, &shared).unwrap();
        change(&mut buffer);
        let cipher = ChaCha20Poly1305::new(&self.pair_key(dealer, recipient, &shared).into());
        cipher.encrypt_in_place(&Nonce::default(), b"", &mut buffer).unwrap();
        self.deals(dealer, |message| {
            message.shares.iter_mut().find(|share| share.recipient == recipient).unwrap().ciphertext = buffer;
        });
    }

    pub(super) fn complaint_transcript(&self, accuser: u32, dealer: u32, shared: &Element) -> Transcript {
        let position = Position { role: Some(accuser), index: Some(dealer), ..Position::default() };
        let mut transcript = ProofContext::new(Proof::Complaint).bind(self.ceremony.setup_id().as_bytes()).at(position);
        transcript.append_element("E_accuser", self.ephemeral(accuser));
        transcript.append_element("E_dealer", self.ephemeral(dealer));
        transcript.append_element("Z", shared);
        transcript
    }

    /// A complaint that opens the right key, whether or not there is anything to complain of.
    pub(super) fn complaint(&self, accuser: u32, dealer: u32) -> Complaint {
        let shared = self.shared(accuser, dealer);
        let mut transcript = self.complaint_transcript(accuser, dealer, &shared);
        let mut rng = super::super::rng(&format!("complaint {accuser} {dealer}"));
        let secret = self.expose_ephemeral(accuser);
        let proof = Equality::prove(&mut transcript, self.ephemeral(dealer), &secret, &mut rng);
        Complaint { dealer, shared, proof }
    }

    pub(super) fn table(&self) -> Table<'_> {
        Table { ceremony: &self.ceremony, round1: &self.round1, round2: &self.round2, verdicts: &self.verdicts }
    }

    /// The transcript, without certificates.
    pub(super) fn transcript(&self) -> KeyTranscript {
        KeyTranscript {
            manifest_hash: *self.ceremony.manifest_hash(),
            ceremony: self.ceremony.number(),
            round1: self.round1.clone(),
            round2: self.round2.clone(),
            verdicts: self.verdicts.clone(),
            excluded: self.table().judge(),
            certificates: Vec::new(),
        }
    }
}
