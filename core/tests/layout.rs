//! The encoding is the fixed-width layout of bincode (`spec/encoding.md`): twins of our objects,
//! written by a codec of other hands, give the same bytes, and our bytes are read back as the twins.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests: they fail where they panic")]

use core::fmt::Debug;

use escrutinio_core::credential::CredentialMix;
use escrutinio_core::encoding::{Decode, Encode};
use escrutinio_core::ids::{ElectionId, ManifestHash, RollId, SetupId};
use escrutinio_core::manifest::{
    Candidacy, Coalition, ContestOption, Custodian, Formula, Holder, ListKey, Party, Scope, Style, Unit, WriteIn, Zone,
};
use escrutinio_core::record::{self, Seal};
use escrutinio_core::tally::{Marked, Results};
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::testing::{self, Keys, signing_key};
use escrutinio_core::writein::{NamedVotes, OrderContent, TextMix, TextOrder, TextPartial, Texts};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use wincode::{SchemaRead, SchemaWrite};

type Hash = [u8; 32];

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct Header {
    magic: [u8; 4],
    version: u16,
    suite: u16,
}

impl Header {
    fn of(magic: &[u8; 4]) -> Self {
        Self { magic: *magic, version: 1, suite: 1 }
    }
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct SealTwin {
    header: Header,
    hashes: [Hash; 7],
    mixes: Vec<Hash>,
    lists: Hash,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct ResultsTwin {
    header: Header,
    election_id: Hash,
    groups: Vec<Vec<u64>>,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct ZoneTwin {
    name: String,
    offset_minutes: i64,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
enum ScopeTwin {
    Federal,
    Local,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct PartyTwin {
    short: String,
    name: String,
    colour: [u8; 3],
    emblem: Option<Hash>,
    scope: ScopeTwin,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct StyleTwin {
    name: String,
    contests: Vec<u32>,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct UnitTwin {
    name: String,
    entity: String,
    merge_into: Option<u32>,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct ListKeyTwin {
    style: u32,
    unit: u32,
    small_exception: bool,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct CustodianTwin {
    name: String,
    designation: String,
    key: Hash,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct CoalitionTwin {
    name: String,
    parties: Vec<u32>,
    combinations: Vec<Vec<u32>>,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
enum HolderTwin {
    Party(u32),
    Coalition(u32),
    Common(u32),
    Independent(u32),
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct FormulaTwin {
    owner: String,
    substitute: String,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct CandidacyTwin {
    holder: HolderTwin,
    formulas: Vec<FormulaTwin>,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
enum OptionTwin {
    Party { party: u32 },
    Combination { coalition: u32, parties: Vec<u32> },
    Common(u32),
    Independent(u32),
    WriteIn,
    Blank,
    Null,
    Answer(u32),
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct MarkedTwin {
    contest: u32,
    list: u32,
    voters: u64,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct OrderTwin {
    header: Header,
    election_id: Hash,
    contest: u32,
    authority: String,
    document: String,
    recipients: String,
    at: i64,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct NamedTwin {
    name: String,
    votes: u64,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct TextsTwin {
    header: Header,
    election_id: Hash,
    contest: u32,
    marked: u64,
    texts: u64,
    illegible: u64,
    names: Vec<NamedTwin>,
    few_names: u64,
    few_votes: u64,
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct SignedTwin {
    index: u32,
    signature: [u8; 64],
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct SignedOrderTwin {
    order: OrderTwin,
    signatures: Vec<SignedTwin>,
}

/// Of two keys: the proof has 13 strings.
#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct MixedListTwin {
    base: Hash,
    keys: Vec<Hash>,
    proof: [Hash; 13],
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct CredentialMixTwin {
    header: Header,
    roll_id: Hash,
    number: u32,
    index: u32,
    lists: Vec<MixedListTwin>,
    signature: [u8; 64],
}

/// Of two rows with one text point: the proof has 13 strings.
#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct TextMixTwin {
    header: Header,
    election_id: Hash,
    contest: u32,
    number: u32,
    index: u32,
    rows: Vec<[Hash; 2]>,
    proof: [Hash; 13],
    signature: [u8; 64],
}

#[derive(Debug, PartialEq, SchemaRead, SchemaWrite)]
struct TextPartialTwin {
    header: Header,
    election_id: Hash,
    contest: u32,
    index: u32,
    decrypted: Vec<[Hash; 1]>,
    r1: [Hash; 1],
    r2: Hash,
    z: [Hash; 1],
    signature: [u8; 64],
}

/// Our bytes are the twin's, and both sides read them back.
macro_rules! same {
    ($twin:ty: $theirs:expr, $ours:expr) => {{
        let (theirs, ours) = ($theirs, $ours);
        let bytes = ours.to_bytes();
        prop_assert_eq!(&wincode::serialize(&theirs).unwrap(), &bytes);
        prop_assert_eq!(wincode::deserialize_exact::<$twin>(&bytes).unwrap(), theirs);
        prop_assert_eq!(read_back(&ours, &bytes), Ok(ours));
    }};
}

fn read_back<T: Decode + Debug>(_: &T, bytes: &[u8]) -> Result<T, escrutinio_core::encoding::DecodeError> {
    T::from_bytes(bytes)
}

fn text() -> impl Strategy<Value = String> {
    // Any text without control characters: ours refuses them.
    "\\PC{0,40}".prop_filter("control", |text| !text.chars().any(char::is_control))
}

fn numbers() -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::vec(any::<u32>(), 0..9)
}

proptest! {
    #[test]
    fn hashes_and_lists_of_lists(hashes: [Hash; 7], lists: Hash, mixes in proptest::collection::vec(any::<Hash>(), 0..17), groups in proptest::collection::vec(proptest::collection::vec(any::<u64>(), 0..9), 0..9)) {
        let [manifest_hash, roll_id, setup_id, key_record, trial, registrar_halves, server_halves] = hashes;
        same!(SealTwin: SealTwin { header: Header::of(b"ESEA"), hashes, mixes: mixes.clone(), lists }, Seal {
            manifest_hash: ManifestHash(manifest_hash),
            roll_id: RollId(roll_id),
            setup_id: SetupId(setup_id),
            key_record, trial, registrar_halves, server_halves, mixes, lists,
        });
        let twin = ResultsTwin { header: Header::of(b"ERES"), election_id: trial, groups: groups.clone() };
        same!(ResultsTwin: twin, Results { election_id: ElectionId(trial), groups });
    }

    #[test]
    fn orders_and_reports(id: Hash, contest: u32, texts in [text(), text(), text()], at: i64, numbers: [u64; 5], votes in proptest::collection::vec((text(), any::<u64>()), 0..9)) {
        let [authority, document, recipients] = texts;
        let order = OrderTwin { header: Header::of(b"EORD"), election_id: id, contest, authority: authority.clone(),
            document: document.clone(), recipients: recipients.clone(), at };
        same!(OrderTwin: order, OrderContent { election_id: ElectionId(id), contest, authority, document, recipients, at });
        let [marked, texts, illegible, few_names, few_votes] = numbers;
        let names = votes.iter().map(|(name, votes)| NamedTwin { name: name.clone(), votes: *votes }).collect();
        let twin = TextsTwin { header: Header::of(b"ETXT"), election_id: id, contest, marked, texts, illegible, names, few_names, few_votes };
        let names = votes.into_iter().map(|(name, votes)| NamedVotes { name, votes }).collect();
        same!(TextsTwin: twin, Texts { election_id: ElectionId(id), contest, marked, texts, illegible, names, few_names, few_votes });
    }

    #[test]
    fn texts_options_and_booleans(name in text(), other in text(), number: u32, wide: i64, flag: bool, emblem: Option<Hash>, colour: [u8; 3]) {
        same!(ZoneTwin: ZoneTwin { name: name.clone(), offset_minutes: wide }, Zone { name: name.clone(), offset_minutes: wide });
        let (scope, twin) = if flag { (Scope::Local, ScopeTwin::Local) } else { (Scope::Federal, ScopeTwin::Federal) };
        same!(PartyTwin: PartyTwin { short: other.clone(), name: name.clone(), colour, emblem, scope: twin },
            Party { short: other.clone(), name: name.clone(), colour, emblem, scope });
        let merge_into = flag.then_some(number);
        same!(UnitTwin: UnitTwin { name: name.clone(), entity: other.clone(), merge_into },
            Unit { name: name.clone(), entity: other.clone(), merge_into });
        same!(ListKeyTwin: ListKeyTwin { style: number, unit: 3, small_exception: flag },
            ListKey { style: number, unit: 3, small_exception: flag });
        let key = signing_key(&name).verifying_key();
        same!(CustodianTwin: CustodianTwin { name: name.clone(), designation: other.clone(), key: key.to_bytes() },
            Custodian { name: name.clone(), designation: other.clone(), key });
        let voters = u64::from(number) << 20;
        same!(MarkedTwin: MarkedTwin { contest: number, list: 2, voters }, Marked { contest: number, list: 2, voters });
    }

    #[test]
    fn lists_and_variants(name in text(), list in numbers(), lists in proptest::collection::vec(numbers(), 0..5), number: u32) {
        same!(StyleTwin: StyleTwin { name: name.clone(), contests: list.clone() }, Style { name: name.clone(), contests: list.clone() });
        same!(CoalitionTwin: CoalitionTwin { name: name.clone(), parties: list.clone(), combinations: lists.clone() },
            Coalition { name: name.clone(), parties: list.clone(), combinations: lists });
        for (twin, holder) in [
            (HolderTwin::Party(number), Holder::Party(number)),
            (HolderTwin::Coalition(number), Holder::Coalition(number)),
            (HolderTwin::Common(number), Holder::Common(number)),
            (HolderTwin::Independent(number), Holder::Independent(number)),
        ] {
            let formulas = vec![FormulaTwin { owner: name.clone(), substitute: String::new() }];
            let ours = vec![Formula { owner: name.clone(), substitute: String::new() }];
            same!(CandidacyTwin: CandidacyTwin { holder: twin, formulas }, Candidacy { holder, formulas: ours });
        }
        for (twin, option) in [
            (OptionTwin::Party { party: number }, ContestOption::Party(number)),
            (OptionTwin::Combination { coalition: number, parties: list.clone() },
                ContestOption::Combination { coalition: number, parties: list.clone() }),
            (OptionTwin::Common(number), ContestOption::Common(number)),
            (OptionTwin::Independent(number), ContestOption::Independent(number)),
            (OptionTwin::WriteIn, ContestOption::WriteIn),
            (OptionTwin::Blank, ContestOption::Blank),
            (OptionTwin::Null, ContestOption::Null),
            (OptionTwin::Answer(number), ContestOption::Answer(number)),
        ] {
            same!(OptionTwin: twin, option);
        }
    }
}

/// Two voters, two custodians; both votes are written in, and an order opens the texts.
fn two_voters() -> Rehearsal {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let keys = Keys::new(2, 2);
    let mut manifest = testing::small(&keys, 1);
    manifest.text_points = 1;
    manifest.contests[0].write_in = WriteIn::Sealed;
    let mut rehearsal = Rehearsal::sealed(testing::finish(manifest), keys, &[2], &mut rng);
    let option = rehearsal.election().shapes[0].write_in.unwrap();
    let ballots: Vec<Vec<u8>> = (0..2)
        .map(|place| {
            rehearsal.mark(0, 0, option);
            rehearsal.cast((0, place), 0, option, Some(vec![*b"Nombre escrito 1"]), &mut rng).to_bytes()
        })
        .collect();
    rehearsal.close(ballots);
    rehearsal.orders.insert(0, String::new());
    rehearsal.publish(&[1, 2], &mut rng);
    rehearsal
}

/// What others read from our bytes they write as the same bytes.
macro_rules! twin_of {
    ($twin:ty, $files:expr, $path:expr, $ours:expr) => {{
        let bytes = &$files[&$path];
        let twin: $twin = wincode::deserialize_exact(bytes).unwrap();
        assert_eq!(wincode::serialize(&twin).unwrap(), *bytes, "{}", $path);
        assert_eq!($ours(bytes.as_slice()).unwrap().to_bytes(), *bytes, "{}", $path);
        twin
    }};
}

#[test]
fn mixes_orders_and_partials() {
    let rehearsal = two_voters();
    let files = &rehearsal.files.0;
    let id = rehearsal.election().election_id;
    let mix = twin_of!(CredentialMixTwin, files, record::mix(2), CredentialMix::from_bytes);
    assert_eq!((mix.header, mix.number, mix.index), (Header::of(b"EMIX"), 2, 2));
    assert_eq!((mix.roll_id, mix.lists[0].keys.len()), (*rehearsal.roll_id().as_bytes(), 2));
    let order = twin_of!(SignedOrderTwin, files, record::text_order(0), TextOrder::from_bytes);
    assert_eq!((order.order.header, order.order.election_id), (Header::of(b"EORD"), *id.as_bytes()));
    assert_eq!(order.signatures.iter().map(|signed| signed.index).collect::<Vec<_>>(), [1, 2]);
    let mix = twin_of!(TextMixTwin, files, record::text_mix(0, 1), |bytes| TextMix::decode(bytes, 2, 1));
    assert_eq!((mix.header, mix.election_id, mix.rows.len()), (Header::of(b"ETMX"), *id.as_bytes(), 2));
    let partial =
        twin_of!(TextPartialTwin, files, record::text_partial(0, 2), |bytes| TextPartial::decode(bytes, 2, 1));
    assert_eq!((partial.header, partial.index, partial.decrypted.len()), (Header::of(b"ETDC"), 2, 2));
    let texts = twin_of!(TextsTwin, files, record::texts(0), Texts::from_bytes);
    assert_eq!((texts.header, texts.texts, texts.names[0].votes), (Header::of(b"ETXT"), 2, 2));
}
