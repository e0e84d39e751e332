//! One honest election that all attacks start from: two contests, two styles, three units (one
//! too small to be opened alone), five custodians of whom three decrypt, three witnesses.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::{env, fs, thread};

use escrutinio_core::encoding::Encode;
use escrutinio_core::group::Scalar;
use escrutinio_core::ids::CustodianIndex;
use escrutinio_core::manifest::{ContestKind, Manifest, Style, Unit, WriteIn};
use escrutinio_core::point::Point;
use escrutinio_core::secret::SecretScalar;
use escrutinio_core::testing::forgery::Forgery;
use escrutinio_core::testing::rehearsal::{MemoryRecord, Rehearsal};
use escrutinio_core::testing::{self, Keys};
use escrutinio_core::verify;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Style and unit of every credential list.
pub(crate) const LISTS: [(u32, u32); 4] = [(0, 0), (0, 1), (1, 0), (1, 2)];
/// Entries of every list.
pub(crate) const COUNTS: [u32; 4] = [4, 3, 3, 2];
/// List, place, contest and option of every ballot.
pub(crate) const VOTES: [(u32, u32, u32, u32); 14] = [
    (0, 0, 0, 0),
    (0, 1, 0, 1),
    (0, 2, 0, 3),
    (1, 0, 0, 2),
    (2, 0, 0, 0),
    (2, 0, 1, 0),
    (2, 1, 0, 4),
    (2, 1, 1, 1),
    (2, 2, 0, 0),
    (2, 2, 1, 0),
    (3, 0, 0, 3),
    (3, 0, 1, 2),
    (3, 1, 0, 1),
    (3, 1, 1, 1),
];
/// Who decrypts.
pub(crate) const QUORUM: [u32; 3] = [1, 3, 4];

/// Randomness of a test.
pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// The manifest.
pub(crate) fn manifest(keys: &Keys) -> Manifest {
    let mut manifest = testing::small(keys, 3);
    manifest.min_group = 2;
    manifest.text_points = 1;
    manifest.contests[0].write_in = WriteIn::Disclose;
    let mut consultation = testing::contest("Consulta", ContestKind::Consultation);
    consultation.write_in = WriteIn::None;
    consultation.answers = vec!["Sí".into(), "No".into()];
    manifest.contests.push(consultation);
    manifest.styles = vec![
        Style { name: "Un cargo".into(), contests: vec![0] },
        Style { name: "Dos cargos".into(), contests: vec![0, 1] },
    ];
    for name in ["Norte", "Sur"] {
        manifest.units.push(Unit { name: name.into(), entity: name.into(), merge_into: Some(0) });
    }
    manifest.lists = LISTS.iter().map(|(style, unit)| testing::list(*style, *unit)).collect();
    testing::finish(manifest)
}

/// Everybody's keys.
pub(crate) fn keys() -> Keys {
    let mut keys = Keys::new(3, 5);
    keys.witnesses.push(testing::signing_key("witness 3"));
    keys
}

/// The election, sealed and without a ballot.
pub(crate) fn sealed() -> Rehearsal {
    static SEALED: OnceLock<Rehearsal> = OnceLock::new();
    SEALED
        .get_or_init(|| {
            let keys = keys();
            Rehearsal::sealed(manifest(&keys), keys, &COUNTS, &mut rng(1))
        })
        .clone()
}

/// The closed board, before anyone decrypts.
pub(crate) fn closed() -> Rehearsal {
    static CLOSED: OnceLock<Rehearsal> = OnceLock::new();
    CLOSED
        .get_or_init(|| {
            let mut rehearsal = sealed();
            let ballots = honest_ballots(&mut rehearsal);
            rehearsal.close(ballots);
            rehearsal
        })
        .clone()
}

/// The whole record.
pub(crate) fn published() -> Rehearsal {
    static PUBLISHED: OnceLock<Rehearsal> = OnceLock::new();
    PUBLISHED
        .get_or_init(|| {
            let mut rehearsal = closed();
            rehearsal.publish(&QUORUM, &mut rng(3));
            assert_valid(&rehearsal.files);
            rehearsal
        })
        .clone()
}

/// A voter's ballot, noted and encoded.
pub(crate) fn vote(rehearsal: &mut Rehearsal, (list, place, contest, option): (u32, u32, u32, u32)) -> Vec<u8> {
    rehearsal.mark(list, contest, option);
    let text = (contest == 0 && option == 3).then(|| vec![*b"Nombre escrito 1"]);
    let seed = u64::from(list * 1000 + place * 100 + contest * 10 + option);
    rehearsal.cast((list, place), contest, option, text, &mut rng(seed)).to_bytes()
}

/// The ballots of [`VOTES`].
pub(crate) fn honest_ballots(rehearsal: &mut Rehearsal) -> Vec<Vec<u8>> {
    VOTES.into_iter().map(|voter| vote(rehearsal, voter)).collect()
}

/// Ballots, tally and actas of an election that was sealed again.
pub(crate) fn finish(mut rehearsal: Rehearsal) -> Rehearsal {
    let ballots = honest_ballots(&mut rehearsal);
    rehearsal.close(ballots);
    count(&mut rehearsal);
    rehearsal
}

/// Seals what lies there, and finishes.
pub(crate) fn reseal_and_finish(mut rehearsal: Rehearsal) -> Rehearsal {
    rehearsal.reseal();
    finish(rehearsal)
}

/// Decrypts and publishes whatever the board holds.
pub(crate) fn count(rehearsal: &mut Rehearsal) {
    let aggregates = rehearsal.aggregates();
    rehearsal.count(&aggregates, &QUORUM, &mut rng(4));
}

/// Secret of a voter's credential.
pub(crate) fn secret(rehearsal: &Rehearsal, list: u32, place: u32) -> SecretScalar {
    let [first, second] = rehearsal.expose_halves(list, place);
    SecretScalar::new(first.expose() + second.expose())
}

/// Key of a voter's credential on its list.
pub(crate) fn credential_key(rehearsal: &Rehearsal, list: u32, place: u32) -> Point {
    Point::new(rehearsal.election().base(list).unwrap().element * secret(rehearsal, list, place).expose())
}

/// A right ballot that its author can make wrong.
pub(crate) fn forgery(rehearsal: &Rehearsal, (list, place, contest, option): (u32, u32, u32, u32)) -> Forgery<'_> {
    let parameters = &rehearsal.election().parameters[contest as usize];
    let seed = u64::from(list * 100 + place * 10 + contest);
    let mut forgery = Forgery::new(parameters, LISTS[list as usize], secret(rehearsal, list, place), option, seed);
    forgery.base = *rehearsal.election().base(list).unwrap();
    forgery
}

/// 0, 1, ... as scalars.
pub(crate) fn marks(values: &[i8]) -> Vec<Scalar> {
    let scalar = |value: &i8| {
        let absolute = Scalar::from(value.unsigned_abs());
        if *value < 0 { -absolute } else { absolute }
    };
    values.iter().map(scalar).collect()
}

pub(crate) fn custodian(index: u32) -> CustodianIndex {
    CustodianIndex::new(index).unwrap()
}

/// The record is valid.
pub(crate) fn assert_valid(files: &MemoryRecord) {
    keep("valid", files);
    let (report, _) = verify::record(files, &mut rng(8), &mut ()).unwrap();
    assert!(report.is_valid(), "{:#?}", report.checks());
}

/// Keeps a record for other verifiers, in a folder below that of the environment variable
/// `ESCRUTINIO_BROKEN_RECORDS`: `<code>-<test>-<number>`, and of valid ones `valid-<test>-<number>`.
fn keep(code: &str, files: &MemoryRecord) {
    let Some(folder) = env::var_os("ESCRUTINIO_BROKEN_RECORDS").map(PathBuf::from) else { return };
    let test = thread::current().name().unwrap_or_default().replace("::", "-");
    let fresh = |number: &u32| !folder.join(format!("{code}-{test}-{number}")).exists();
    let number = (0..).find(fresh).unwrap_or_default();
    for (path, bytes) in &files.0 {
        let path = folder.join(format!("{code}-{test}-{number}")).join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// The check of this code is the first that does not hold, and it was run. Returns the place and
/// the culprit that the verifier names.
#[track_caller]
pub(crate) fn assert_only(code: &str, files: &MemoryRecord) -> String {
    keep(code, files);
    let (report, _) = verify::record(files, &mut rng(9), &mut ()).unwrap();
    let first = report.first_failure().map(|check| check.code());
    let culprit = report.checks().into_iter().find(|result| !result.ok).and_then(|result| {
        assert_ne!(result.figure, "not run");
        result.culprit
    });
    assert_eq!(first, Some(code), "{culprit:?}");
    culprit.unwrap_or_default()
}

/// Votes per contest and option of a published record.
pub(crate) fn totals(rehearsal: &Rehearsal) -> Vec<Vec<u64>> {
    let acta = |contest| rehearsal.object::<escrutinio_core::acta::Acta>(&escrutinio_core::record::acta(contest));
    (0..2).map(|contest| acta(contest).content.votes).collect()
}
