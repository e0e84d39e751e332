//! `protocol.json`: what is computed on the way through the record of `record.json`: identifiers,
//! tables, challenges, keys, sums, coefficients.

use std::collections::BTreeMap;

use escrutinio_core::ballot::CastBallot;
use escrutinio_core::board::bundle::BundleId;
use escrutinio_core::board::{SignedCheckpoint, leaf_hash};
use escrutinio_core::credential::{HalfList, HalfRole, RollRecord, pool};
use escrutinio_core::decrypt::PartialDecryption;
use escrutinio_core::encoding::{Decode, Encode};
use escrutinio_core::group::{self, Element, Scalar, compress, vartime_multiscalar_mul, weights};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::keygen::{KeyTranscript, key_record_hash};
use escrutinio_core::point::encodings;
use escrutinio_core::record as names;
use escrutinio_core::tally::{Aggregates, Results, group_units};
use escrutinio_core::transcript::{Position, Proof, ProofContext, Transcript};
use escrutinio_core::verify;

use super::case::{Case, Vectors};
use super::election::{QUORUM, election};
use super::json::{Json, object};

pub(super) fn vectors() -> (String, String) {
    let mut file = Vectors::new("protocol", "What is computed on the way through the record of record.json.", &[]);
    let setting = || vec![("record", Json::from("record.json"))];
    file.group_in("roll", "The roll: credentials.md.", setting(), vec![roll()]);
    file.group_in("half-possession", "Proofs of half credentials.", setting(), halves());
    file.group_in("pooled-lists", "The pools, which go into the first mix.", setting(), vec![pooled()]);
    file.group_in("key-messages", "Each custodian's messages: keygen.md.", setting(), messages());
    file.group_in("key-ceremony", "Tables, keys and verification shares.", setting(), vec![ceremony()]);
    file.group_in("trial", "The ciphertext of the trial.", setting(), vec![trial()]);
    file.group_in("cast", "Entries of the board: ballots.md.", setting(), casts());
    file.group("partition", "Groups of reporting units: tally.md.", partitions());
    file.group_in("aggregate", "The groups of the election.", setting(), aggregates());
    file.group_in("partial", "Partial decryptions.", setting(), partials());
    file.group_in("combination", "Coefficients and counts.", setting(), combinations());
    file.group_in("checkpoint", "Checkpoints: board.md.", setting(), checkpoints());
    file.group("bundle-path", "Names of entry bundles.", paths());
    file.file()
}

fn bytes(path: &str) -> &'static [u8] {
    &election().files.0[path]
}

fn hex(element: &Element) -> Json {
    Json::hex(&compress(element))
}

fn all(elements: &[Element]) -> Json {
    elements.iter().map(hex).collect::<Vec<_>>().into()
}

fn scalar(scalar: &Scalar) -> Json {
    Json::hex(&scalar.to_bytes())
}

fn compressed(elements: &[Element]) -> Vec<[u8; 32]> {
    elements.iter().map(compress).collect()
}

/// Absorbs the commitments with which a proof begins, and draws its challenge.
fn challenge(transcript: &mut Transcript, labels: &[&'static str], proof: &[u8]) -> Scalar {
    for (label, commitment) in labels.iter().zip(proof.chunks_exact(32)) {
        transcript.append(label, commitment);
    }
    transcript.challenge("c")
}

fn roll() -> Case {
    let roll = RollRecord::from_bytes(bytes(names::ROLL)).unwrap();
    Case::valid("the roll")
        .step("commitment", Json::hex(&roll.commitment()))
        .step("chains", roll.versions.iter().map(|version| Json::hex(&version.chain)).collect::<Vec<_>>())
        .output("rollId", Json::hex(roll.roll_id().as_bytes()))
}

fn halves() -> Vec<Case> {
    [(HalfRole::Registrar, names::REGISTRAR), (HalfRole::Server, names::SERVER)]
        .into_iter()
        .map(|(role, path)| {
            let half = HalfList::from_bytes(bytes(path)).unwrap();
            let file = bytes(path);
            let lists = tagged_hash("half-lists", &[&file[44..file.len() - 128]]);
            let mut transcript = ProofContext::new(Proof::HalfPossession)
                .bind(half.roll_id().as_bytes())
                .at(Position { role: Some(role.number()), ..Position::default() });
            transcript.append("lists", &lists);
            let seed = transcript.challenge_seed("s");
            let keys: Vec<Element> =
                half.lists().iter().flatten().map(|bytes| group::decompress(bytes).unwrap()).collect();
            let sum = vartime_multiscalar_mul(&weights(&seed, keys.len()), &keys);
            transcript.append("R", &file[file.len() - 128..file.len() - 96]);
            Case::valid(role.name())
                .input("role", role.number())
                .step("lists", Json::hex(&lists))
                .step("s", Json::hex(&seed))
                .step("P", hex(&sum))
                .step("c", scalar(&transcript.challenge("c")))
        })
        .collect()
}

fn pooled() -> Case {
    let half = |path| HalfList::from_bytes(bytes(path)).unwrap();
    let lists = pool(&half(names::REGISTRAR), &half(names::SERVER)).unwrap();
    let keys = |keys: &[[u8; 32]]| keys.iter().map(|key| Json::hex(key)).collect::<Vec<_>>();
    let lists: Vec<Vec<Json>> = lists.lists().iter().map(|list| keys(list.keys())).collect();
    Case::valid("sums of the halves, sorted").output("lists", lists)
}

fn transcript() -> KeyTranscript {
    KeyTranscript::from_bytes(bytes(names::KEY_TRANSCRIPT)).unwrap()
}

fn messages() -> Vec<Case> {
    let ceremony = verify::ceremony(&election().manifest, 0).unwrap();
    let setup = ceremony.setup_id().as_bytes();
    let key = transcript();
    key.round1
        .iter()
        .zip(&key.round2)
        .map(|(first, second)| {
            let at = Position { index: Some(first.index.get()), ..Position::default() };
            let mut ephemeral = ProofContext::new(Proof::EphemeralPossession).bind(setup).at(at);
            ephemeral.append_element("E", &first.ephemeral);
            let c1 = challenge(&mut ephemeral, &["R"], &first.possession.to_bytes());
            let mut possession = ProofContext::new(Proof::KeyPossession).bind(setup).at(at);
            possession.append_all("F", &encodings(&second.commitments));
            let seed = possession.challenge_seed("s");
            let constants: Vec<Element> =
                second.commitments.iter().step_by(ceremony.threshold()).map(|point| point.element).collect();
            let sum = vartime_multiscalar_mul(&weights(&seed, constants.len()), &constants);
            let c2 = challenge(&mut possession, &["R"], &second.possession.to_bytes());
            Case::valid(format!("custodian {}", first.index))
                .input("index", first.index.get())
                .step("ephemeral c", scalar(&c1))
                .step("s", Json::hex(&seed))
                .step("P", hex(&sum))
                .step("c", scalar(&c2))
                .output("opening", Json::hex(&first.opening))
        })
        .collect()
}

fn ceremony() -> Case {
    let ceremony = verify::ceremony(&election().manifest, 0).unwrap();
    let key = transcript();
    let keys = key.election_keys(&ceremony).unwrap();
    let table = key.table(&ceremony);
    Case::valid("an honest ceremony")
        .output("setupId", Json::hex(ceremony.setup_id().as_bytes()))
        .output("table1", Json::hex(&table.commit_hash()))
        .output("table2", Json::hex(&table.deal_hash()))
        .output("transcriptHash", Json::hex(&key.transcript_hash()))
        .output("keyRecord", Json::hex(&key_record_hash(&key)))
        .output("qualified", keys.qualified.iter().map(|index| Json::from(index.get())).collect::<Vec<_>>())
        .output("slotKeys", all(&keys.slot_keys))
        .output("verificationShares", keys.public_shares.iter().map(|shares| all(shares)).collect::<Vec<_>>())
}

fn trial() -> Case {
    let ceremony = verify::ceremony(&election().manifest, 0).unwrap();
    let keys = transcript().election_keys(&ceremony).unwrap();
    let r = group::hash_to_scalar("trial", ceremony.setup_id().as_bytes());
    let b: Vec<Element> = (1u32..)
        .zip(&keys.slot_keys)
        .map(|(count, key)| group::mul_generator(&Scalar::from(count)) + key * r)
        .collect();
    Case::valid("the trial")
        .step("r", scalar(&r))
        .step("A", hex(&group::mul_generator(&r)))
        .step("B", all(&b))
        .output("group", Json::hex(&tagged_hash("trial-group", &[ceremony.setup_id().as_bytes()])))
}

fn entries() -> Vec<&'static [u8]> {
    let path = election().files.0.keys().find(|path| path.starts_with(names::ENTRIES)).unwrap();
    let (mut rest, mut entries) = (bytes(path), Vec::new());
    while let Some((length, tail)) = rest.split_first_chunk() {
        let (entry, tail) = tail.split_at(u16::from_be_bytes(*length).into());
        entries.push(entry);
        rest = tail;
    }
    entries
}

fn casts() -> Vec<Case> {
    let sealed = election().election();
    entries()
        .into_iter()
        .enumerate()
        .map(|(number, entry)| {
            let cast = CastBallot::decode(entry, &sealed.shapes).unwrap();
            let body = &cast.body;
            let list = election().manifest.list_index(body.style, body.unit).unwrap();
            let mut transcript =
                ProofContext::new(Proof::CastSignature).bind(body.election_id.as_bytes()).at(Position {
                    contest: Some(body.contest),
                    style: Some(body.style),
                    unit: Some(body.unit),
                    ..Position::default()
                });
            transcript.append("base", &sealed.base(list).unwrap().bytes);
            transcript.append("C", &cast.key.bytes);
            transcript.append("code", body.tracking_code().as_bytes());
            transcript.append("R", &entry[entry.len() - 64..entry.len() - 32]);
            Case::valid(format!("entry {number}, contest {}", body.contest))
                .input("entry", number)
                .step("c", scalar(&transcript.challenge("c")))
                .output("list", list)
                .output("u", Json::hex(body.u.as_bytes()))
                .output("code", Json::hex(body.tracking_code().as_bytes()))
                .output("leaf", Json::hex(&leaf_hash(entry)))
        })
        .collect()
}

fn partitions() -> Vec<Case> {
    let cases: [(&str, &[u32], &[u64]); 8] = [
        ("every unit is large enough", &[0, 0, 0], &[5, 5, 5, 5]),
        ("a small unit joins another", &[0, 0, 0], &[5, 1, 5, 5]),
        ("unit 0 is small and joins the lowest", &[0, 0, 0], &[1, 5, 5, 5]),
        ("a chain of small units", &[0, 1, 2], &[0, 0, 0, 2]),
        ("a chain that is large enough half way", &[0, 1, 2], &[5, 1, 2, 1]),
        ("all units together are small", &[0, 0, 0], &[0, 1, 0, 0]),
        ("no ballot", &[0, 0, 0], &[0, 0, 0, 0]),
        ("joined on the way, small even so", &[0, 1, 1], &[9, 0, 1, 1]),
    ];
    cases
        .into_iter()
        .map(|(comment, into, ballots)| {
            let merge_into: Vec<Option<u32>> = core::iter::once(None).chain(into.iter().copied().map(Some)).collect();
            let counting: BTreeMap<u32, u64> = (0..).zip(ballots.iter().copied()).collect();
            let groups = group_units(&counting, &merge_into, 3);
            let groups: Vec<Json> =
                groups.into_iter().map(|(unit, units)| object! { "unit": unit, "units": units }).collect();
            Case::valid(comment)
                .input("minGroup", 3u32)
                .input("mergeInto", into.to_vec())
                .input("ballots", ballots.to_vec())
                .output("groups", groups)
        })
        .collect()
}

fn sums() -> Aggregates {
    Aggregates::decode(bytes(names::AGGREGATES), &election().election().shapes).unwrap()
}

fn aggregates() -> Vec<Case> {
    sums()
        .groups
        .iter()
        .enumerate()
        .map(|(number, group)| {
            Case::valid(format!("contest {}, group {}", group.contest, group.unit))
                .input("group", number)
                .output("contest", group.contest)
                .output("unit", group.unit)
                .output("units", group.units.clone())
                .output("ballots", group.sum.ballots)
                .output("A", hex(&group.sum.a))
                .output("B", all(&group.sum.b))
                .output("hash", Json::hex(&group.hash()))
        })
        .collect()
}

fn partial(index: u32) -> PartialDecryption {
    PartialDecryption::decode(bytes(&names::partial(index)), &sums()).unwrap()
}

fn partials() -> Vec<Case> {
    let sealed = election().election();
    let mut cases = Vec::new();
    for index in QUORUM {
        let partial = partial(index);
        let shares = sealed.keys.public_share(partial.index).unwrap();
        for (number, (group, part)) in sums().groups.iter().zip(&partial.groups).enumerate() {
            let n = part.decrypted.len();
            let mut transcript =
                ProofContext::new(Proof::Decryption).bind(sealed.election_id.as_bytes()).at(Position {
                    contest: Some(group.contest),
                    unit: Some(group.unit),
                    role: Some(0),
                    index: Some(index),
                    ..Position::default()
                });
            transcript.append("group", &group.hash());
            transcript.append_element("A", &group.sum.a);
            transcript.append_all("D", &compressed(&part.decrypted));
            transcript.append_all("X", &compressed(&shares[..n]));
            let seed = transcript.challenge_seed("s");
            let w = weights(&seed, n);
            let c = challenge(&mut transcript, &["R1", "R2"], &part.to_bytes()[32 * n..]);
            let case = Case::valid(format!("custodian {index}, contest {}, group {}", group.contest, group.unit))
                .input("index", index)
                .input("group", number)
                .step("s", Json::hex(&seed))
                .step("D*", hex(&vartime_multiscalar_mul(&w, &part.decrypted)))
                .step("X*", hex(&vartime_multiscalar_mul(&w, &shares[..n])))
                .step("c", scalar(&c));
            cases.push(case);
        }
    }
    cases
}

fn combinations() -> Vec<Case> {
    let results = Results::from_bytes(bytes(names::RESULTS)).unwrap();
    let coefficients: Vec<Json> = group::lagrange_at_zero(&QUORUM).iter().map(scalar).collect();
    results
        .groups
        .iter()
        .enumerate()
        .map(|(number, counts)| {
            Case::valid(format!("group {number}"))
                .input("group", number)
                .step("lambda", coefficients.clone())
                .output("counts", counts.clone())
        })
        .collect()
}

fn checkpoints() -> Vec<Case> {
    let paths = election().files.0.keys().filter(|path| path.starts_with(names::CHECKPOINTS));
    paths
        .enumerate()
        .map(|(number, path)| {
            let signed = SignedCheckpoint::parse(bytes(path)).unwrap();
            let claimed = signed.claimed();
            Case::valid(format!("checkpoint {number}"))
                .input("number", number)
                .output("origin", claimed.origin.clone())
                .output("size", claimed.size)
                .output("root", Json::hex(&claimed.root))
        })
        .collect()
}

fn paths() -> Vec<Case> {
    [0u64, 1, 255, 256, 257, 256 * 999 + 5, 256 * 1000, 256 * 1_234_067 + 8]
        .into_iter()
        .map(|size| {
            let paths: Vec<Json> = BundleId::all(size)
                .skip(usize::try_from(size / 256).unwrap().saturating_sub(1))
                .map(|id| Json::from(format!("board/{id}")))
                .collect();
            Case::valid(format!("the last bundles of {size} entries")).input("size", size).output("paths", paths)
        })
        .collect()
}
