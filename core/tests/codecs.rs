//! Every object of a record: it has one encoding, and nothing else decodes.
//!
//! The objects come from a whole election. A random change of their bytes is refused or is
//! another object with that very encoding; no truncation and no trailing byte is accepted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests: they fail where they panic"
)]

use std::sync::LazyLock;

use escrutinio_core::acta::Acta;
use escrutinio_core::ballot::{CastBallot, Opening, PlaintextBallot, PreparedBallot};
use escrutinio_core::board::bundle::{BundleId, read_bundle};
use escrutinio_core::board::checkpoint::SignedCheckpoint;
use escrutinio_core::board::receipt::ReceiptList;
use escrutinio_core::credential::{CredentialLists, CredentialMix, HalfList, RollRecord};
use escrutinio_core::decrypt::PartialDecryption;
use escrutinio_core::encoding::{Decode, Encode, Reader};
use escrutinio_core::keygen::KeyTranscript;
use escrutinio_core::keygen::trial::Trial;
use escrutinio_core::manifest::Manifest;
use escrutinio_core::proof::shuffle::{ShuffleProof, ShuffleShape};
use escrutinio_core::record::{self, Seal};
use escrutinio_core::tally::{Aggregates, Participation, Results};
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::testing::{self, Keys};
use escrutinio_core::writein::{TextMix, TextOrder, TextPartial, Texts};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Decodes bytes and encodes what came out; nothing if they do not decode.
type Again = Box<dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync>;

struct Object {
    name: &'static str,
    bytes: Vec<u8>,
    again: Again,
}

fn plain<T: Decode + Encode>() -> Again {
    Box::new(|bytes| T::from_bytes(bytes).ok().map(|object| object.to_bytes()))
}

static OBJECTS: LazyLock<Vec<Object>> = LazyLock::new(|| {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let keys = Keys::new(2, 3);
    let mut rehearsal = Rehearsal::sealed(testing::nayarit(&keys), keys, &[10], &mut rng);
    let ballots: Vec<Vec<u8>> =
        (0..10).map(|voter| rehearsal.cast((0, voter), 0, voter, None, &mut rng).to_bytes()).collect();
    (0..10).for_each(|voter| rehearsal.mark(0, 0, voter));
    rehearsal.close(ballots);
    rehearsal.orders.insert(0, String::new());
    rehearsal.publish(&[1, 2], &mut rng);

    let election = rehearsal.election().clone();
    let file = |path: &str| rehearsal.files.0[path].clone();
    let aggregates = Aggregates::decode(&file(record::AGGREGATES), &election.shapes).unwrap();
    let bundle: BundleId = "tile/entries/000.p/10".parse().unwrap();
    let entries = file(&format!("board/{bundle}"));
    let cast = read_bundle(bundle, &entries).unwrap()[0].to_vec();
    let slots = rehearsal.manifest.slots().total();
    let parameters = &election.parameters[0];
    let credential = rehearsal.credential(0, 0).for_ballot();
    let choice = PlaintextBallot::new(&parameters.shape, 0, None).unwrap();
    let opening = PreparedBallot::encrypt(parameters, 0, 0, credential.key(), choice, &mut rng).audit().to_bytes();

    let (shapes, shapes2, shapes3) = (election.shapes.clone(), election.shapes.clone(), election.shapes);
    let texts = parameters.text_keys.len();
    let shuffle = ShuffleShape::texts(10, texts);
    let mix = file(&record::text_mix(0, 1));
    let proof = mix[mix.len() - 64 - 32 * shuffle.proof()..mix.len() - 64].to_vec();
    let object = |name, bytes, again| Object { name, bytes, again };
    vec![
        object("manifest", file(record::MANIFEST), plain::<Manifest>()),
        object("roll record", file(record::ROLL), plain::<RollRecord>()),
        object("half list", file(record::REGISTRAR), plain::<HalfList>()),
        object("credential mix", file(&record::mix(1)), plain::<CredentialMix>()),
        object("credential lists", file(record::LISTS), plain::<CredentialLists>()),
        object("key transcript", file(record::KEY_TRANSCRIPT), plain::<KeyTranscript>()),
        object(
            "trial",
            file(record::TRIAL),
            Box::new(move |bytes| Trial::from_bytes(bytes, slots).ok().map(|trial| trial.to_bytes())),
        ),
        object("seal", file(record::SEAL), plain::<Seal>()),
        object(
            "cast",
            cast,
            Box::new(move |bytes| CastBallot::decode(bytes, &shapes).ok().map(|cast| cast.to_bytes())),
        ),
        object(
            "opening",
            opening,
            Box::new(move |bytes| Opening::decode(bytes, &shapes2).ok().map(|opening| opening.to_bytes())),
        ),
        object(
            "aggregates",
            file(record::AGGREGATES),
            Box::new(move |bytes| Aggregates::decode(bytes, &shapes3).ok().map(|sums| sums.to_bytes())),
        ),
        object(
            "partial decryption",
            file(&record::partial(1)),
            Box::new(move |bytes| PartialDecryption::decode(bytes, &aggregates).ok().map(|partial| partial.to_bytes())),
        ),
        object("results", file(record::RESULTS), plain::<Results>()),
        object("participation", file(record::PARTICIPATION), plain::<Participation>()),
        object("text order", file(&record::text_order(0)), plain::<TextOrder>()),
        object(
            "text mix",
            mix,
            Box::new(move |bytes| TextMix::decode(bytes, 10, texts).ok().map(|mix| mix.to_bytes())),
        ),
        object(
            "shuffle proof",
            proof,
            Box::new(move |bytes| {
                let mut reader = Reader::new(bytes);
                let proof = ShuffleProof::decode(&mut reader, shuffle).ok()?;
                reader.finish().ok().map(|()| proof.to_bytes())
            }),
        ),
        object(
            "text partial",
            file(&record::text_partial(0, 1)),
            Box::new(move |bytes| TextPartial::decode(bytes, 10, texts).ok().map(|partial| partial.to_bytes())),
        ),
        object("texts", file(&record::texts(0)), plain::<Texts>()),
        object("acta", file(&record::acta(0)), plain::<Acta>()),
        object(
            "checkpoint",
            file(&record::checkpoint(0)),
            Box::new(|bytes| SignedCheckpoint::parse(bytes).ok().map(|note| note.to_string().into_bytes())),
        ),
        object(
            "receipts",
            file(record::RECEIPTS),
            Box::new(|bytes| ReceiptList::parse(bytes).ok().map(|list| list.to_string().into_bytes())),
        ),
    ]
});

#[test]
fn every_object_is_tried() {
    assert_eq!(OBJECTS.len(), 22);
}

#[test]
fn each_encodes_to_what_it_was_decoded_from() {
    for object in OBJECTS.iter() {
        assert_eq!((object.again)(&object.bytes).as_ref(), Some(&object.bytes), "{}", object.name);
    }
}

#[test]
fn no_truncation_and_no_trailing_byte() {
    for object in OBJECTS.iter() {
        let length = object.bytes.len();
        // Every length of the short ones; of the long ones every end of a field and the bytes around it.
        for end in (0..length).filter(|end| length < 1500 || end % 32 < 3) {
            // A checkpoint without its last cosignatures is a checkpoint, a shorter list of receipts a list.
            if ["checkpoint", "receipts"].contains(&object.name) && object.bytes[..end].ends_with(b"\n") {
                continue;
            }
            assert!((object.again)(&object.bytes[..end]).is_none(), "{} cut at {end}", object.name);
        }
        for byte in [0u8, 1, b'\n', 0xff] {
            let mut longer = object.bytes.clone();
            longer.push(byte);
            assert!((object.again)(&longer).is_none(), "{} with {byte} after its end", object.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_change_is_refused_or_is_its_own_encoding(which in 0usize..22, place: prop::sample::Index, byte: u8) {
        let object = &OBJECTS[which];
        let mut bytes = object.bytes.clone();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Some(again) = (object.again)(&bytes) {
            prop_assert_eq!(again, bytes, "{}", object.name);
        }
    }

    #[test]
    fn noise_is_refused(which in 0usize..22, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!((OBJECTS[which].again)(&bytes).is_none());
    }
}
