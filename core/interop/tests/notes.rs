//! Checkpoints and cosignatures.

use escrutinio_core::board::checkpoint::{acts_origin, origin};
use escrutinio_core::board::note::{KeyKind, NoteKey};
use escrutinio_core::board::{Checkpoint, LogKeys, SignedCheckpoint};
use escrutinio_core::ids::ElectionId;
use escrutinio_interop::{Witness, our_key, their_key};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use signed_note::{Note, Signer, StandardSigner, StandardVerifier, Verifier, VerifierList};

const ELECTION: ElectionId = ElectionId([0xab; 32]);
const LOG: u8 = 1;
const WITNESSES: [(&str, u8); 3] = [("testigo1.example", 11), ("testigo2.example", 12), ("testigo.ñ.example", 13)];

/// Of the board, of the acts.
fn origins() -> [String; 2] {
    [origin("urna.example", &ELECTION), acts_origin("urna.example", &ELECTION)]
}

fn our_keys(origin: &str) -> LogKeys {
    let log = NoteKey::new(origin, KeyKind::Log, our_key(LOG).verifying_key()).unwrap();
    let witness = |(name, seed)| NoteKey::new(name, KeyKind::Witness, our_key(seed).verifying_key()).unwrap();
    LogKeys::new(log, WITNESSES.map(witness).to_vec()).unwrap()
}

fn witness((name, seed): (&str, u8), time: u64) -> Witness {
    Witness { name: name.into(), key: their_key(seed), time }
}

/// Their list of keys: our text form of the log's, read by them, and the witnesses.
fn their_keys(origin: &str) -> VerifierList {
    let log = NoteKey::new(origin, KeyKind::Log, our_key(LOG).verifying_key()).unwrap();
    let mut list: Vec<Box<dyn Verifier>> = vec![Box::new(StandardVerifier::new(&log.to_string()).unwrap())];
    list.extend(WITNESSES.map(|of| Box::new(witness(of, 0)) as Box<dyn Verifier>));
    VerifierList::new(list)
}

/// Their judgement, as strict as ours: every line verifies. Gives the checkpoint and the number of lines.
fn they_accept(bytes: &[u8], origin: &str) -> Option<(tlog_tiles::Checkpoint, usize)> {
    let note = Note::from_bytes(bytes).ok()?;
    let (verified, unverified) = note.verify(&their_keys(origin)).ok()?;
    let checkpoint = tlog_tiles::Checkpoint::from_bytes(note.text()).ok()?;
    let strict = unverified.is_empty() && checkpoint.origin() == origin && checkpoint.extension().is_empty();
    strict.then_some((checkpoint, verified.len()))
}

fn we_accept(bytes: &[u8], origin: &str) -> Option<usize> {
    let verified = SignedCheckpoint::parse(bytes).ok()?.verify(&our_keys(origin)).ok()?;
    Some(1 + verified.cosignatures().len())
}

const SIZES: [u64; 6] = [0, 1, 255, 70_000, (1 << 40) + 3, (1 << 63) - 1];

#[test]
fn they_read_our_notes() {
    for origin in origins() {
        for size in SIZES {
            let checkpoint = Checkpoint { origin: origin.clone(), size, root: [0x5c; 32] };
            let mut signed = checkpoint.sign(&our_key(LOG)).unwrap();
            for (count, of) in (1..).zip([None].into_iter().chain(WITNESSES.map(Some))) {
                if let Some((name, seed)) = of {
                    let line = checkpoint.cosign(name, &our_key(seed), 1_780_000_000 + size % 7).unwrap();
                    signed.add_cosignature(line, &our_keys(&origin)).unwrap();
                }
                let (theirs, lines) = they_accept(signed.to_string().as_bytes(), &origin).unwrap();
                assert_eq!((theirs.size(), theirs.hash().0, lines), (size, [0x5c; 32], count), "{signed}");
            }
            // What they write of it is the same to the byte.
            let note = Note::from_bytes(signed.to_string().as_bytes()).unwrap();
            assert_eq!(note.to_bytes(), signed.to_string().into_bytes());
        }
    }
}

#[test]
fn we_read_their_notes() {
    for origin in origins() {
        for size in SIZES {
            let bytes = their_note(&origin, size);
            assert_eq!(we_accept(&bytes, &origin), Some(4));
            let read = SignedCheckpoint::parse(&bytes).unwrap();
            assert_eq!(read.to_string().into_bytes(), bytes);
            assert_eq!(*read.claimed(), Checkpoint { origin: origin.clone(), size, root: [0x5c; 32] });
            let times =
                read.verify(&our_keys(&origin)).unwrap().cosignatures().iter().map(|c| c.time).collect::<Vec<_>>();
            assert_eq!(times, [5, 6, (1 << 63) - 1]);
        }
    }
}

/// A checkpoint made and signed by them, with all witnesses.
fn their_note(origin: &str, size: u64) -> Vec<u8> {
    let log = NoteKey::new(origin, KeyKind::Log, our_key(LOG).verifying_key()).unwrap();
    let log_id = u32::from_be_bytes(log.id());
    let secret = [[1].as_slice(), &[LOG; 32]].concat();
    let encoded = format!("PRIVATE+KEY+{origin}+{log_id:08x}+{}", base64(&secret));
    let log = StandardSigner::new(&encoded).unwrap();
    let [one, two, three] = WITNESSES;
    let (one, two, three) = (witness(one, 5), witness(two, 6), witness(three, (1 << 63) - 1));
    let checkpoint = tlog_tiles::Checkpoint::new(origin, size, tlog_tiles::Hash([0x5c; 32]), "").unwrap();
    let mut note = Note::new(&checkpoint.to_bytes(), &[]).unwrap();
    note.add_sigs(&[&log, &one, &two, &three]).unwrap();
    note.to_bytes()
}

/// Base64, for their form of a secret key.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let digit = |i: usize| char::from(DIGITS[usize::try_from(group >> (18 - 6 * i) & 63).unwrap()]);
        out.extend((0..=chunk.len()).map(digit));
        out.extend((chunk.len()..3).map(|_| '='));
    }
    out
}

#[test]
fn a_key_made_by_them() {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    for origin in origins() {
        let (secret, public) = signed_note::generate_key(&mut rng, &origin);
        let key: NoteKey = public.parse().unwrap();
        assert_eq!((key.name(), key.to_string()), (origin.as_str(), public));
        let signer = StandardSigner::new(&secret).unwrap();
        assert_eq!(Signer::key_id(&signer).to_be_bytes(), key.id());
        let checkpoint = tlog_tiles::Checkpoint::new(&origin, 9, tlog_tiles::Hash([3; 32]), "").unwrap();
        let mut note = Note::new(&checkpoint.to_bytes(), &[]).unwrap();
        note.add_sigs(&[&signer]).unwrap();
        let keys = LogKeys::new(key, Vec::new()).unwrap();
        let read = SignedCheckpoint::parse(&note.to_bytes()).unwrap();
        assert_eq!(read.verify(&keys).unwrap().checkpoint().size, 9);
    }
}

#[test]
fn what_was_changed_is_refused_by_both() {
    let mut refused = 0u32;
    for origin in origins() {
        let honest = their_note(&origin, 70_000);
        assert!(they_accept(&honest, &origin).is_some() && we_accept(&honest, &origin).is_some());
        for at in 0..honest.len() {
            for bit in 0..8 {
                let mut changed = honest.clone();
                changed[at] ^= 1 << bit;
                assert_eq!(we_accept(&changed, &origin), None, "we: byte {at} bit {bit}");
                assert!(they_accept(&changed, &origin).is_none(), "they: byte {at} bit {bit}");
                refused += 1;
            }
            let mut removed = honest.clone();
            removed.remove(at);
            assert_eq!(we_accept(&removed, &origin), None, "we: without byte {at}");
            assert!(they_accept(&removed, &origin).is_none(), "they: without byte {at}");
            refused += 1;
        }
    }
    // What one log signed is nothing in the other.
    let [board, acts] = origins();
    assert!(we_accept(&their_note(&board, 5), &acts).is_none() && they_accept(&their_note(&board, 5), &acts).is_none());
    println!("notes: {refused} changed ones refused by both");
}
