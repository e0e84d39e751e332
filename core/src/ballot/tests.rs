//! What a voter, a copier, a forger and the wire can do to a ballot.

use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::{ProptestConfig, any, proptest};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::*;
use crate::group::Generators;
use crate::testing::rehearsal::Rehearsal;

const STYLE: u32 = 3;
const UNIT: u32 = 5;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn shape(options: usize, texts: usize) -> ContestShape {
    let last = u32::try_from(options - 1).unwrap();
    ContestShape { options, texts, write_in: (texts > 0).then_some(last - 1) }
}

/// Contest 0 of an election.
fn parameters(shape: ContestShape) -> ContestParameters {
    let keys = |label: &[u8], n: usize| -> Vec<Point> {
        (0..n).map(|j| Point::new(group::hash_to_element(&[label, &j.to_le_bytes()]))).collect()
    };
    ContestParameters {
        election_id: ElectionId([1; 32]),
        contest: 0,
        shape,
        option_keys: keys(b"option key", shape.options),
        text_keys: keys(b"text key", shape.texts),
        generators: Generators::new(),
    }
}

fn base() -> Point {
    Point::new(group::hash_to_element(&[b"base"]))
}

fn credential(seed: u64) -> BallotCredential {
    BallotCredential::new(SecretScalar::generate(&mut rng(seed)), base())
}

fn choice(shape: &ContestShape, option: u32, text: Option<&[TextBlock]>) -> PlaintextBallot {
    PlaintextBallot::new(shape, option, text.map(|blocks| Zeroizing::new(blocks.to_vec()))).unwrap()
}

fn prepare(
    parameters: &ContestParameters,
    option: u32,
    text: Option<&[TextBlock]>,
    credential: &BallotCredential,
    seed: u64,
) -> PreparedBallot {
    let choice = choice(&parameters.shape, option, text);
    PreparedBallot::encrypt(parameters, STYLE, UNIT, credential.key(), choice, &mut rng(seed + 500_000))
}

fn cast(parameters: &ContestParameters, option: u32, seed: u64) -> CastBallot {
    let credential = credential(seed);
    prepare(parameters, option, None, &credential, seed).cast(&credential, &mut rng(seed + 1_000_000))
}

/// Whether a cast passes V1.5, V1.6 and V1.7, one by one and in a batch.
fn passes(parameters: &ContestParameters, cast: &CastBallot, base: &Point) -> bool {
    let batch = verify_batch(parameters, &[(cast, base)], &mut rng(1));
    let proof = cast.body.verify_proof(parameters, &mut rng(2));
    let signature = cast.verify_signature(base);
    let expected = match (signature, proof) {
        (Ok(()), Ok(())) => None,
        (Err(BadProof), _) => Some(BallotFault::Signature),
        (_, Err(BadProof)) => Some(BallotFault::Proof),
    };
    assert_eq!(batch, [expected], "batch and single verification agree");
    cast.binding_holds() && expected.is_none()
}

fn decode(bytes: &[u8], shape: ContestShape) -> Result<CastBallot, DecodeError> {
    CastBallot::decode(bytes, &[shape])
}

/// Offsets in an encoded cast.
struct Layout {
    a: usize,
    b: usize,
    t: usize,
    proof: usize,
    key: usize,
}

impl Layout {
    fn new(shape: &ContestShape) -> Self {
        let b = 84 + 32;
        let t = b + 32 * shape.options;
        Self { a: 84, b, t, proof: t + 32 * shape.texts, key: EncryptedBallot::encoded_length(shape) }
    }

    /// Offsets of `zt` in the proof of a contest with texts: it is the third scalar from the end.
    fn zt(&self) -> usize {
        self.key - 3 * 32
    }
}

/// The prepared ballot with other bytes at an offset of its body, as a malicious device makes it.
fn with_bytes(ballot: PreparedBallot, shape: ContestShape, at: usize, bytes: &[u8; 32]) -> PreparedBallot {
    let mut encoded = ballot.body.to_bytes();
    encoded[at..at + 32].copy_from_slice(bytes);
    let body = EncryptedBallot::decode(&mut Reader::new(&encoded), &[shape]).unwrap();
    PreparedBallot { body, ..ballot }
}

fn scalar_at(bytes: &[u8], at: usize) -> Scalar {
    group::decode_scalar(bytes[at..].first_chunk().unwrap()).unwrap()
}

#[test]
fn has_the_size_of_the_specification() {
    let nayarit = shape(17, 3);
    let cast = cast(&parameters(nayarit), 4, 1).to_bytes();
    assert_eq!(cast.len(), 1588);
    assert_eq!(CastBallot::encoded_length(&nayarit), 1588);
    for (options, texts, nu) in [(2, 0, 1), (13, 0, 4), (41, 3, 6), (255, 8, 8)] {
        let expected = 84 + 32 * (1 + options + texts) + 32 * (6 + 2 * nu + 3) + 128 + if texts > 0 { 96 } else { 0 };
        assert_eq!(CastBallot::encoded_length(&shape(options, texts)), expected);
    }
}

#[test]
fn every_choice_has_the_same_length_and_passes() {
    // R-BAL-30, over 1,000 random ballots.
    let shape = shape(17, 3);
    let parameters = parameters(shape);
    let credential = credential(1);
    let mut rng = rng(9);
    let mut written = 0;
    let ballots: Vec<CastBallot> = (0..1000)
        .map(|i| {
            let option = rng.next_u32() % 17;
            let mut blocks = [[0u8; 16]; 3];
            rng.fill_bytes(blocks.as_flattened_mut());
            let text = (option == 15 && rng.next_u32().is_multiple_of(2)).then_some(&blocks[..]);
            written += usize::from(text.is_some());
            prepare(&parameters, option, text, &credential, i).cast(&credential, &mut rng)
        })
        .collect();
    assert!(written > 10, "some ballots must hold a text");
    assert!(ballots.iter().all(|ballot| ballot.to_bytes().len() == 1588));
    let base = base();
    let batch: Vec<_> = ballots.iter().map(|ballot| (ballot, &base)).collect();
    assert!(verify_batch(&parameters, &batch, &mut rng).iter().all(Option::is_none));
}

#[test]
fn completeness() {
    for (options, texts) in [(2, 0), (2, 1), (3, 3), (13, 0), (17, 3), (41, 0), (128, 3), (255, 8)] {
        let shape = shape(options, texts);
        let parameters = parameters(shape);
        let last = u32::try_from(options - 1).unwrap();
        for option in [0, 1, last - 1, last] {
            let cast = cast(&parameters, option, 7);
            assert!(passes(&parameters, &cast, &base()), "option {option} of {options}");
            assert_eq!(decode(&cast.to_bytes(), shape), Ok(cast));
        }
    }
}

#[test]
fn refuses_choices_that_the_contest_does_not_offer() {
    let shape = shape(17, 3);
    let text = |n: usize| Some(Zeroizing::new(vec![[7; 16]; n]));
    let refused = |option, text| PlaintextBallot::new(&shape, option, text).unwrap_err();
    assert_eq!(refused(17, None), PlaintextError::NoSuchOption { option: 17, options: 17 });
    assert_eq!(refused(u32::MAX, None), PlaintextError::NoSuchOption { option: u32::MAX, options: 17 });
    assert_eq!(refused(16, text(3)), PlaintextError::TextWithoutMark);
    assert_eq!(refused(15, text(2)), PlaintextError::TextLength { expected: 3, actual: 2 });
    assert_eq!(refused(15, text(4)), PlaintextError::TextLength { expected: 3, actual: 4 });
    assert_eq!(refused(15, text(0)), PlaintextError::TextLength { expected: 3, actual: 0 });
    let no_names = ContestShape { texts: 0, ..shape };
    assert_eq!(PlaintextBallot::new(&no_names, 15, text(0)).unwrap_err(), PlaintextError::TextWithoutMark);
}

#[test]
fn encrypting_twice_shares_nothing() {
    let parameters = parameters(shape(5, 2));
    let credential = credential(1);
    let mut rng = rng(1);
    let mut encrypt = || {
        let choice = choice(&parameters.shape, 1, None);
        PreparedBallot::encrypt(&parameters, STYLE, UNIT, credential.key(), choice, &mut rng)
    };
    let (one, two) = (encrypt(), encrypt());
    assert_ne!(one.body.a, two.body.a);
    assert_ne!(one.body.u, two.body.u);
    assert_ne!(one.salt.expose(), two.salt.expose());
    assert_ne!(one.body.tracking_code(), two.body.tracking_code());
    assert!(
        one.body.b.iter().chain(&one.body.t).all(|point| !two.body.b.contains(point) && !two.body.t.contains(point))
    );
}

#[test]
fn tracking_code_is_the_hash_of_the_body() {
    let shape = shape(5, 2);
    let cast = cast(&parameters(shape), 1, 1);
    let body = cast.body.to_bytes();
    assert_eq!(cast.body.tracking_code().0, tagged_hash("tracking-code", &[&body]));
    assert_eq!(decode(&cast.to_bytes(), shape).unwrap().body.tracking_code(), cast.body.tracking_code());
}

#[test]
fn rejects_a_body_copied_under_another_credential() {
    let parameters = parameters(shape(5, 2));
    let (voter, copier) = (credential(1), credential(2));
    let original = prepare(&parameters, 1, None, &voter, 3).cast(&voter, &mut rng(4));
    let sign = |body: EncryptedBallot, salt: [u8; 32]| {
        let nothing = choice(&parameters.shape, 0, None);
        let nonce = SecretScalar::generate(&mut rng(5));
        let ballot = PreparedBallot { body, choice: nothing, nonce, salt: SecretBytes::new(salt) };
        ballot.cast(&copier, &mut rng(6))
    };
    // The copier's signature holds and so does the proof, but u is not the copier's.
    let copied = sign(original.body.clone(), original.salt);
    assert_eq!(copied.verify_signature(&base()), Ok(()));
    assert_eq!(copied.body.verify_proof(&parameters, &mut rng(7)), Ok(()));
    assert!(!copied.binding_holds());
    assert!(!passes(&parameters, &copied, &base()));
    // With u the copier's, the proof does not hold.
    let u = credential_binding(copier.key(), &original.salt);
    let mut encoded = original.body.to_bytes();
    encoded[52..84].copy_from_slice(u.as_bytes());
    let rebound = EncryptedBallot::decode(&mut Reader::new(&encoded), &[parameters.shape]).unwrap();
    let copied = sign(rebound, original.salt);
    assert!(copied.binding_holds());
    assert_eq!(copied.verify_signature(&base()), Ok(()));
    assert_eq!(copied.body.verify_proof(&parameters, &mut rng(7)), Err(BadProof));
    assert!(!passes(&parameters, &copied, &base()));
}

#[test]
fn rejects_signatures_for_something_else() {
    let parameters = parameters(shape(5, 2));
    let voter = credential(1);
    let cast = |seed| prepare(&parameters, 1, None, &voter, seed).cast(&voter, &mut rng(seed));
    let (one, two) = (cast(1), cast(2));
    assert!(passes(&parameters, &one, &base()));
    // One ballot under the signature of another, and with all that goes with it.
    let swapped = CastBallot { signature: two.signature, ..one.clone() };
    assert_eq!(swapped.verify_signature(&base()), Err(BadProof));
    assert!(!passes(&parameters, &swapped, &base()));
    let swapped = CastBallot { body: one.body.clone(), ..two.clone() };
    assert!(!swapped.binding_holds());
    assert!(!passes(&parameters, &swapped, &base()));
    // Under the base of another list, where the same secret has another key.
    let other = Point::new(group::hash_to_element(&[b"other base"]));
    assert!(!passes(&parameters, &one, &other));
    // Made under that base and shown with the key of this one.
    let elsewhere =
        BallotCredential { secret: SecretScalar::new(*voter.secret.expose()), base: other, key: *voter.key() };
    let made = prepare(&parameters, 1, None, &voter, 8).cast(&elsewhere, &mut rng(8));
    assert!(!passes(&parameters, &made, &base()));
    assert!(!passes(&parameters, &made, &other));
}

#[test]
fn rejects_ballots_of_another_election_or_contest() {
    let here = parameters(shape(5, 2));
    let ballot = cast(&here, 1, 1);
    assert!(passes(&here, &ballot, &base()));
    let contest = ContestParameters { contest: 1, ..here.clone() };
    let election = ContestParameters { election_id: ElectionId([2; 32]), ..here.clone() };
    for other in [contest, election] {
        assert_eq!(ballot.body.verify_proof(&other, &mut rng(1)), Err(BadProof));
        assert_eq!(verify_batch(&other, &[(&ballot, &base())], &mut rng(1)), [Some(BallotFault::Proof)]);
    }
}

#[test]
fn rejects_a_change_of_any_field() {
    let shape = shape(5, 2);
    let parameters = parameters(shape);
    let bytes = cast(&parameters, 1, 1).to_bytes();
    let generator = group::compress(&group::GENERATOR);
    let one = Scalar::ONE.to_bytes();
    // Contest and header cannot change without failing to decode; every other field can.
    let fields = [8, 52].into_iter().chain((84..bytes.len()).step_by(32));
    let mut decoded = 0;
    for at in fields {
        // Both a canonical point (G) and a canonical scalar (1); a hash takes either.
        for replacement in [generator, one] {
            let mut changed = bytes.clone();
            changed[at..at + 32].copy_from_slice(&replacement);
            if let Ok(changed) = decode(&changed, shape) {
                decoded += 1;
                assert!(!passes(&parameters, &changed, &base()), "field at {at}");
            }
        }
    }
    assert!(decoded >= 2 + (bytes.len() - 84) / 32, "every field was changed into something that decodes");
    for at in [44, 48] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(!passes(&parameters, &decode(&changed, shape).unwrap(), &base()), "style or unit at {at}");
    }
}

#[test]
fn rejects_truncated_and_trailing_bytes() {
    for shape in [shape(5, 0), shape(17, 3)] {
        let bytes = cast(&parameters(shape), 1, 1).to_bytes();
        for n in 0..bytes.len() {
            assert!(decode(&bytes[..n], shape).is_err(), "{n} bytes");
        }
        let mut long = bytes.clone();
        long.push(0);
        assert_eq!(decode(&long, shape).unwrap_err().kind, DecodeErrorKind::Trailing);
        assert!(decode(&bytes, shape).is_ok());
    }
}

#[test]
fn rejects_other_headers_and_contests() {
    let shape = shape(5, 2);
    let bytes = cast(&parameters(shape), 1, 1).to_bytes();
    for at in 0..8 {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert_eq!(decode(&changed, shape).unwrap_err().kind, DecodeErrorKind::Header(BODY));
    }
    let mut changed = bytes.clone();
    changed[40] = 1;
    assert_eq!(decode(&changed, shape).unwrap_err().kind, DecodeErrorKind::Value(1));
    // A ballot of a contest of another shape has another length.
    assert!(decode(&bytes, ContestShape { options: 6, ..shape }).is_err());
    assert!(decode(&bytes, ContestShape { options: 4, ..shape }).is_err());
    assert!(decode(&bytes, ContestShape { texts: 0, ..shape }).is_err());
}

#[test]
fn rejects_noncanonical_encodings_and_identities() {
    let shape = shape(5, 2);
    let layout = Layout::new(&shape);
    let bytes = cast(&parameters(shape), 1, 1).to_bytes();
    let kind = |at: usize, replacement: &[u8; 32]| {
        let mut changed = bytes.clone();
        changed[at..at + 32].copy_from_slice(replacement);
        decode(&changed, shape).map_err(|error| {
            assert_eq!(error.at, at);
            error.kind
        })
    };
    // p + 0 and p + 1 encode field elements twice; 1 is a negative element; the group order q is a
    // scalar once too many.
    let mut field_order = [0xff; 32];
    (field_order[0], field_order[31]) = (0xed, 0x7f);
    let mut negative = [0; 32];
    negative[0] = 1;
    let mut order = (-Scalar::ONE).to_bytes();
    order[0] += 1;
    let nu = shape.bits();
    let points = [layout.a, layout.key].into_iter().chain((layout.b..layout.proof).step_by(32));
    let proof_points = (0..3).chain(3 + nu + 1..3 + nu + 6).map(|i| layout.proof + 32 * i);
    for at in points.chain(proof_points).chain([layout.key + 64]) {
        for bad in [field_order, negative, [0xff; 32]] {
            assert_eq!(kind(at, &bad), Err(DecodeErrorKind::Element), "point at {at}");
        }
    }
    let responses = layout.key - 32 * (nu + 3);
    let scalars = (3..3 + nu + 1).map(|i| layout.proof + 32 * i).chain((responses..layout.key).step_by(32));
    for at in scalars.chain([layout.key + 96]) {
        for bad in [order, [0xff; 32]] {
            assert_eq!(kind(at, &bad), Err(DecodeErrorKind::Scalar), "scalar at {at}");
        }
    }
    for at in [layout.a, layout.key] {
        assert_eq!(kind(at, &[0; 32]), Err(DecodeErrorKind::Identity));
    }
    // Elsewhere the identity is a point like others.
    assert!(kind(layout.b, &[0; 32]).is_ok() && kind(layout.t, &[0; 32]).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn decodes_to_what_it_encodes(flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4)) {
        let shape = shape(5, 2);
        let mut bytes = sample().to_vec();
        for (at, mask) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= mask;
        }
        if let Ok(cast) = decode(&bytes, shape) {
            assert_eq!(cast.to_bytes(), bytes);
        }
    }

    #[test]
    fn decodes_openings_to_what_they_encode(at in any::<proptest::sample::Index>(), mask in any::<u8>()) {
        let shape = shape(5, 2);
        let mut bytes = sample_opening().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= mask;
        if let Ok(opening) = Opening::decode(&bytes, &[shape]) {
            assert_eq!(opening.to_bytes(), bytes);
        }
    }

    #[test]
    fn decoding_noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        assert!(decode(&bytes, shape(5, 2)).is_err());
        assert!(Opening::decode(&bytes, &[shape(5, 2)]).is_err());
    }
}

fn sample() -> &'static [u8] {
    static SAMPLE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    SAMPLE.get_or_init(|| cast(&parameters(shape(5, 2)), 1, 1).to_bytes())
}

fn sample_opening() -> &'static [u8] {
    static SAMPLE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    SAMPLE.get_or_init(|| {
        let text = [[7; 16], [8; 16]];
        prepare(&parameters(shape(5, 2)), 3, Some(&text), &credential(1), 1).audit().to_bytes()
    })
}

/// How a ballot of a batch is spoiled.
fn spoil(parameters: &ContestParameters, ballot: &mut CastBallot, fault: BallotFault) {
    let seed = 4242;
    let voter = credential(seed);
    match fault {
        BallotFault::Signature => {
            let other = cast(parameters, 0, seed);
            ballot.signature = other.signature;
        }
        BallotFault::Proof => {
            let prepared = prepare(parameters, 1, None, &voter, seed);
            let zt = Layout::new(&parameters.shape).zt();
            let spoiled = scalar_at(&prepared.body.to_bytes(), zt) + Scalar::ONE;
            let prepared = with_bytes(prepared, parameters.shape, zt, &spoiled.to_bytes());
            *ballot = prepared.cast(&voter, &mut rng(seed));
        }
    }
}

#[test]
fn batch_names_exactly_the_bad_ballots() {
    let parameters = parameters(shape(3, 1));
    let base = base();
    let good: Vec<CastBallot> = (0..256).map(|i| cast(&parameters, u32::try_from(i % 3).unwrap(), i)).collect();
    let cases: [&[(usize, BallotFault)]; 6] = [
        &[],
        &[(0, BallotFault::Proof)],
        &[(255, BallotFault::Signature)],
        &[(3, BallotFault::Signature), (4, BallotFault::Proof), (200, BallotFault::Proof)],
        &[(127, BallotFault::Proof), (128, BallotFault::Signature), (129, BallotFault::Signature)],
        &[(0, BallotFault::Proof), (1, BallotFault::Proof), (255, BallotFault::Proof)],
    ];
    for bad in cases {
        let mut ballots = good.clone();
        let mut expected = vec![None; 256];
        for (i, fault) in bad {
            spoil(&parameters, &mut ballots[*i], *fault);
            expected[*i] = Some(*fault);
        }
        let batch: Vec<_> = ballots.iter().map(|ballot| (ballot, &base)).collect();
        assert_eq!(verify_batch(&parameters, &batch, &mut rng(1)), expected);
    }
}

#[test]
fn batch_of_lists_with_different_bases() {
    let parameters = parameters(shape(3, 1));
    let bases = [base(), Point::new(group::hash_to_element(&[b"second base"]))];
    let ballots: Vec<CastBallot> = (0..6u64)
        .map(|i| {
            let secret = SecretScalar::generate(&mut rng(i));
            let voter = BallotCredential::new(secret, bases[usize::from(i > 2)]);
            prepare(&parameters, 1, None, &voter, i).cast(&voter, &mut rng(i))
        })
        .collect();
    let mut batch: Vec<_> = ballots.iter().zip([0, 0, 0, 1, 1, 1].map(|i| &bases[i])).collect();
    assert_eq!(verify_batch(&parameters, &batch, &mut rng(1)), [None; 6]);
    batch[2].1 = &bases[1];
    let mut expected = [None; 6];
    expected[2] = Some(BallotFault::Signature);
    assert_eq!(verify_batch(&parameters, &batch, &mut rng(1)), expected);
}

#[test]
fn batch_of_nothing_has_no_faults() {
    assert_eq!(verify_batch(&parameters(shape(3, 1)), &[], &mut rng(1)), []);
}

#[test]
fn batch_catches_errors_that_cancel_without_weights() {
    // Two accomplices: equation (2) of one is off by H, that of the other by -H.
    let parameters = parameters(shape(3, 1));
    let base = base();
    let zt = Layout::new(&parameters.shape).zt();
    let off_by = |seed, error: Scalar| {
        let voter = credential(seed);
        let prepared = prepare(&parameters, 1, None, &voter, seed);
        let moved = scalar_at(&prepared.body.to_bytes(), zt) + error;
        with_bytes(prepared, parameters.shape, zt, &moved.to_bytes()).cast(&voter, &mut rng(seed))
    };
    let (one, two) = (off_by(1, Scalar::ONE), off_by(2, -Scalar::ONE));
    let honest = cast(&parameters, 1, 3);
    let batch = [(&one, &base), (&honest, &base), (&two, &base)];
    let faults = verify_batch(&parameters, &batch, &mut rng(1));
    assert_eq!(faults, [Some(BallotFault::Proof), None, Some(BallotFault::Proof)]);

    // The same with the signatures: z off by one and by minus one under the same base.
    let (mut one, mut two) = (cast(&parameters, 1, 4), cast(&parameters, 1, 5));
    one.signature.z += Scalar::ONE;
    two.signature.z -= Scalar::ONE;
    let batch = [(&one, &base), (&honest, &base), (&two, &base)];
    let faults = verify_batch(&parameters, &batch, &mut rng(1));
    assert_eq!(faults, [Some(BallotFault::Signature), None, Some(BallotFault::Signature)]);
}

fn opening(parameters: &ContestParameters, option: u32, text: Option<&[TextBlock]>) -> Opening {
    prepare(parameters, option, text, &credential(1), 1).audit()
}

/// A name in two blocks, and another.
const NAME: [TextBlock; 2] = [*b"Nombre escrito 1", *b"en dos bloques\0\0"];
const OTHER_NAME: [TextBlock; 2] = [*b"Nombre escrito 2", *b"en dos bloques\0\0"];

#[test]
fn an_opening_verifies_and_travels() {
    let parameters = parameters(shape(5, 2));
    for (option, text) in [(0, None), (3, None), (3, Some(&NAME[..])), (4, None)] {
        let opening = opening(&parameters, option, text);
        assert_eq!(opening.text(), text);
        assert_eq!(opening.verify(&parameters, &mut rng(1)), Ok(()));
        let bytes = opening.to_bytes();
        let again = Opening::decode(&bytes, &[parameters.shape]).unwrap();
        assert_eq!(again.to_bytes(), bytes);
        assert_eq!((again.option, again.text()), (option, text));
        assert_eq!(again.verify(&parameters, &mut rng(1)), Ok(()));
    }
}

#[test]
fn an_opening_that_lies_is_refused() {
    let parameters = parameters(shape(5, 2));
    let refused = |change: &dyn Fn(&mut Opening)| {
        let mut changed = opening(&parameters, 3, Some(&NAME));
        change(&mut changed);
        changed.verify(&parameters, &mut rng(1))
    };
    assert_eq!(refused(&|_| ()), Ok(()));
    let ciphertext = Err(OpeningError::Ciphertext);
    assert_eq!(refused(&|o| (o.option, o.text) = (2, None)), ciphertext);
    assert_eq!(refused(&|o| o.text = None), ciphertext);
    assert_eq!(refused(&|o| o.text = Some(OTHER_NAME.to_vec())), ciphertext);
    assert_eq!(refused(&|o| o.nonce = SecretScalar::new(o.nonce.expose() + Scalar::ONE)), ciphertext);
    assert_eq!(refused(&|o| o.body.b.swap(0, 3)), ciphertext);
    assert_eq!(refused(&|o| o.body.t.swap(0, 1)), ciphertext);
    assert_eq!(refused(&|o| o.body.unit = 6), Err(OpeningError::Proof));
    assert_eq!(refused(&|o| o.body.style = 6), Err(OpeningError::Proof));
    assert_eq!(refused(&|o| o.body.contest = 1), Err(OpeningError::OtherElection));
    assert_eq!(refused(&|o| o.body.election_id = ElectionId([2; 32])), Err(OpeningError::OtherElection));
    let choice = |error| Err(OpeningError::Choice(error));
    assert_eq!(refused(&|o| o.option = 2), choice(PlaintextError::TextWithoutMark));
    assert_eq!(refused(&|o| o.option = 5), choice(PlaintextError::NoSuchOption { option: 5, options: 5 }));
    let short = PlaintextError::TextLength { expected: 2, actual: 1 };
    assert_eq!(refused(&|o| o.text = Some(vec![[7; 16]])), choice(short));
}

/// A device that encrypts what looks like the name, and is none to whoever decrypts it.
#[test]
fn an_opening_of_a_text_that_is_no_name_is_refused() {
    let parameters = parameters(shape(5, 2));
    for text in ["ANA\u{200b}RUIZ", "\u{202e}ziuR anA", "Nu\u{301}n\u{303}ez", "Ana  Ruiz", " Ana", "Αna", ""] {
        let mut blocks = [[0; 16]; 2];
        blocks.as_flattened_mut()[..text.len()].copy_from_slice(text.as_bytes());
        let opening = opening(&parameters, 3, Some(&blocks));
        assert_eq!(opening.verify(&parameters, &mut rng(1)), Err(OpeningError::Text), "{text:?}");
    }
}

/// A ballot of a style, unit or contest that the manifest does not put together is nobody's.
#[test]
fn an_opening_is_of_a_place_in_the_manifest() {
    let mut rng = rng(3);
    let keys = crate::testing::Keys::new(2, 3);
    let rehearsal = Rehearsal::sealed(crate::testing::several(&keys), keys, &[7, 2, 9, 9], &mut rng);
    let election = rehearsal.election();
    let (manifest, parameters) = (&election.manifest, &election.parameters);
    let name: Vec<TextBlock> = vec![*b"Ana Ruiz\0\0\0\0\0\0\0\0", [0; 16], [0; 16]];
    let option = election.shapes[0].write_in.unwrap();
    let opening = rehearsal.prepare((2, 0), 0, option, Some(name), &mut rng).audit();
    let read = text::from_blocks;
    assert_eq!(opening.verify_for(manifest, parameters, read, &mut rng).unwrap().as_deref(), Some("Ana Ruiz"));
    let unwritten = rehearsal.prepare((2, 0), 0, 1, None, &mut rng).audit();
    assert_eq!(unwritten.verify_for(manifest, parameters, read, &mut rng), Ok(None));
    for (style, unit) in [(99, 0), (0, 99)] {
        let ListKey { style: s, unit: u, .. } = manifest.lists[2];
        let (style, unit) = (if style == 99 { style } else { s }, if unit == 99 { unit } else { u });
        let choice = PlaintextBallot::new(&parameters[0].shape, 1, None).unwrap();
        let voter = credential(1);
        let nobodys = PreparedBallot::encrypt(&parameters[0], style, unit, voter.key(), choice, &mut rng).audit();
        assert_eq!(nobodys.verify(&parameters[0], &mut rng), Ok(()), "in itself it holds");
        assert_eq!(nobodys.verify_for(manifest, parameters, read, &mut rng), Err(OpeningError::Place));
    }
    let (list, contest) = (0u32..)
        .zip(&manifest.lists)
        .find_map(|(list, key)| (0..4).find(|contest| !manifest.style_has(key.style, *contest)).map(|c| (list, c)))
        .unwrap();
    let foreign = rehearsal.prepare((list, 0), contest, 0, None, &mut rng).audit();
    assert_eq!(foreign.verify_for(manifest, parameters, read, &mut rng), Err(OpeningError::Place));
    let absent = parameters.get(..usize::try_from(contest).unwrap()).unwrap();
    assert_eq!(foreign.verify_for(manifest, absent, read, &mut rng), Err(OpeningError::Place));
}

#[test]
fn an_opening_with_wrong_bytes_is_refused() {
    let shape = shape(5, 2);
    let bytes = sample_opening();
    for n in 0..bytes.len() {
        assert!(Opening::decode(&bytes[..n], &[shape]).is_err(), "{n} bytes");
    }
    let mut long = bytes.to_vec();
    long.push(0);
    assert_eq!(Opening::decode(&long, &[shape]).unwrap_err().kind, DecodeErrorKind::Trailing);
    // A text that is no whole number of blocks, and one longer than any contest allows.
    let text_length = 8 + 8 + EncryptedBallot::encoded_length(&shape) + 4;
    let mut odd = bytes.to_vec();
    odd[text_length] = 31;
    odd.remove(text_length + 8);
    assert!(Opening::decode(&odd, &[shape]).is_err());
    let mut long = bytes.to_vec();
    long[text_length] = 129;
    let too_long = DecodeErrorKind::TooLong { limit: 128, actual: 129 };
    assert_eq!(Opening::decode(&long, &[shape]).unwrap_err().kind, too_long);
    // A body with bytes left over.
    let mut padded = bytes.to_vec();
    padded[8..16].copy_from_slice(&u64::try_from(text_length - 16 - 4 + 1).unwrap().to_le_bytes());
    padded.insert(text_length - 4, 0);
    assert_eq!(Opening::decode(&padded, &[shape]).unwrap_err().kind, DecodeErrorKind::Trailing);
}

#[test]
fn an_audited_ballot_does_not_show_what_a_signature_needs() {
    let parameters = parameters(shape(5, 2));
    let voter = credential(1);
    let ballot = prepare(&parameters, 1, None, &voter, 1);
    let salt = *ballot.salt.expose();
    let bytes = ballot.audit().to_bytes();
    for hidden in [salt, voter.key().bytes, voter.secret.expose().to_bytes()] {
        assert!(!bytes.windows(32).any(|window| window == hidden));
    }
}

#[test]
fn prints_no_secret() {
    use alloc::format;

    let parameters = parameters(shape(5, 2));
    let voter = credential(1);
    let ballot = prepare(&parameters, 3, Some(&[[7; 16], [8; 16]]), &voter, 1);
    let printed = format!("{ballot:?}");
    assert!(printed.contains("PlaintextBallot(..)") && printed.contains("SecretScalar(..)"));
    assert!(printed.contains("SecretBytes(..)"));
    assert!(format!("{voter:?}").contains("SecretScalar(..)"));
}
