//! `record.json`: a whole record, and changes of it, each with the first check that fails.

use std::collections::BTreeMap;

use escrutinio_core::acta::Acta;
use escrutinio_core::ballot::{PlaintextBallot, PreparedBallot};
use escrutinio_core::board::{Checkpoint, LogKeys, MerkleTree, SignedCheckpoint, leaf_hash};
use escrutinio_core::credential::{CredentialLists, HalfRole, HalfSecrets, RollRecord};
use escrutinio_core::encoding::{Decode, Encode};
use escrutinio_core::group::{GENERATOR, Scalar};
use escrutinio_core::ids::CustodianIndex;
use escrutinio_core::keygen::{KeyTranscript, round1};
use escrutinio_core::manifest::Manifest;
use escrutinio_core::point::Point;
use escrutinio_core::record as names;
use escrutinio_core::signature::SigningKey;
use escrutinio_core::tally::{Aggregates, Marked, Participation, Results};
use escrutinio_core::testing::rehearsal::{MemoryRecord, Rehearsal};
use escrutinio_core::verify;
use escrutinio_core::writein::Texts;

use super::case::{Case, Flag, Vectors};
use super::election::{election, rng};
use super::json::{Json, object};

const FLAGS: &[Flag] = &[
    ("Unchecked", "leaves out the check", "what the check establishes (verification.md) is not established"),
    (
        "SameNonce",
        "does not compare the first components of ballots",
        "a ballot that is a copy of another, or made with a broken generator, is counted",
    ),
    ("OtherKeys", "verifies a ballot under keys that it brings itself", "a ballot that cannot be decrypted is counted"),
];

type Files = BTreeMap<String, Vec<u8>>;

pub(super) fn vectors() -> (String, String) {
    let rehearsal = election();
    let files = &rehearsal.files.0;
    let mut file = Vectors::new(
        "record",
        "A whole record (record.md), and changes of it. A change takes bytes away at a place and puts others \
         there; the code is that of the first check that fails.",
        FLAGS,
    );
    let named = files.iter().map(|(path, bytes)| (path.clone(), Json::hex(bytes))).collect();
    let setting = vec![("files", Json::Object(named))];
    assert_eq!(first_failure(files), None);
    let id = rehearsal.election().election_id;
    let honest = Case::valid("the record as it is")
        .input("changes", Vec::<Json>::new())
        .output("manifest", Json::hex(rehearsal.manifest.hash().as_bytes()))
        .output("election", Json::hex(id.as_bytes()));
    let mut cases = vec![honest];
    for change in changes(rehearsal) {
        assert_eq!(first_failure(&change.files), Some(change.code), "{}", change.comment);
        let flag = change.flag;
        cases.push(Case::invalid(change.comment, change.code, flag).input("changes", patches(files, &change.files)));
    }
    file.group_in("record", "One election, valid and changed.", setting, cases);
    file.file()
}

fn first_failure(files: &Files) -> Option<&'static str> {
    let (report, _) = verify::record(&MemoryRecord(files.clone()), &mut rng("weights"), &mut ()).unwrap();
    report.first_failure().map(verify::Check::code)
}

/// What turns one set of files into another.
fn patches(old: &Files, new: &Files) -> Vec<Json> {
    let mut patches = Vec::new();
    for path in old.keys().filter(|path| !new.contains_key(*path)) {
        patches.push(object! { "remove": path.as_str() });
    }
    for (path, new) in new {
        match old.get(path) {
            None => patches.push(object! { "add": path.as_str(), "bytes": Json::hex(new) }),
            Some(old) if old != new => patches.extend(runs_of(path, old, new)),
            Some(_) => {}
        }
    }
    patches
}

/// What turns one file into another.
pub(super) fn runs_of(path: &str, old: &[u8], new: &[u8]) -> Vec<Json> {
    runs(old, new)
        .into_iter()
        .map(|(at, away, bytes)| object! { "path": path, "at": at, "away": away, "bytes": Json::hex(bytes) })
        .collect()
}

/// Where two files differ: place, bytes to take away, bytes to put there. The last place comes
/// first, so that no place is moved by what was done before.
fn runs<'a>(old: &[u8], new: &'a [u8]) -> Vec<(usize, usize, &'a [u8])> {
    if old.len() != new.len() {
        let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        let most = old.len().min(new.len()) - start;
        let end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
        return vec![(start, old.len() - start - end, &new[start..new.len() - end])];
    }
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (place, _) in old.iter().zip(new).enumerate().filter(|(_, (a, b))| a != b) {
        match runs.last_mut() {
            Some((_, end)) if place < *end + 16 => *end = place + 1,
            _ => runs.push((place, place + 1)),
        }
    }
    runs.into_iter().rev().map(|(start, end)| (start, end - start, &new[start..end])).collect()
}

/// A record that fails one check.
struct Change {
    comment: String,
    code: &'static str,
    flag: &'static str,
    files: Files,
}

/// Collects changes of one record.
struct Changes<'a> {
    rehearsal: &'a Rehearsal,
    all: Vec<Change>,
}

impl Changes<'_> {
    fn add(&mut self, code: &'static str, comment: &str, change: impl FnOnce(&mut Files)) {
        let mut files = self.rehearsal.files.0.clone();
        change(&mut files);
        self.all.push(Change { comment: comment.into(), code, flag: "Unchecked", files });
    }

    fn file(&mut self, code: &'static str, comment: &str, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        self.add(code, comment, |files| change(files.get_mut(path).unwrap()));
    }

    fn trailing(&mut self, code: &'static str, path: &str) {
        self.file(code, &format!("{path}: a byte after the end"), path, |bytes| bytes.push(0));
    }

    fn flip(&mut self, code: &'static str, comment: &str, path: &str, from_end: usize) {
        self.file(code, comment, path, |bytes| {
            let place = bytes.len() - from_end;
            bytes[place] ^= 1;
        });
    }
}

/// Signs all bytes but the last 64 anew.
fn resign(bytes: &mut Vec<u8>, label: &str, key: &SigningKey) {
    bytes.truncate(bytes.len() - 64);
    let signature = key.sign(label, &[bytes]);
    bytes.extend(signature.0);
}

fn changes(rehearsal: &Rehearsal) -> Vec<Change> {
    let mut changes = Changes { rehearsal, all: Vec::new() };
    setup(&mut changes);
    keys(&mut changes);
    board(&mut changes);
    ballots(&mut changes);
    tally(&mut changes);
    mixes(&mut changes);
    write_ins(&mut changes);
    changes.all
}

fn setup(changes: &mut Changes<'_>) {
    let rehearsal = changes.rehearsal;
    let keys = &rehearsal.keys;
    changes.add("R1.1", "a file is absent", |files| drop(files.remove(names::RESULTS)));
    changes.add("R1.1", "a file that does not belong there", |files| drop(files.insert("notes.txt".into(), vec![])));
    changes.trailing("M1.1", names::MANIFEST);
    let manifest = |change: &dyn Fn(&mut Manifest)| {
        let mut manifest = Manifest::from_bytes(&rehearsal.files.0[names::MANIFEST]).unwrap();
        change(&mut manifest);
        manifest.to_bytes()
    };
    let bytes = manifest(&|m| m.binding = true);
    changes.file("M1.2", "a binding test", names::MANIFEST, |file| *file = bytes);
    let bytes = manifest(&|m| m.contests[0].options.swap(0, 1));
    changes.file("M1.3", "two options swapped", names::MANIFEST, |file| *file = bytes);

    changes.trailing("L1.1", names::ROLL);
    changes.file("L1.2", "the roll of another manifest", names::ROLL, |file| file[8] ^= 1);
    changes.file("L1.3", "a version loaded at another time", names::ROLL, |file| {
        let mut roll = RollRecord::from_bytes(file).unwrap();
        roll.versions[0].at += 1;
        *file = roll.to_bytes();
        resign(file, "roll", &keys.registrar);
    });
    changes.flip("L1.4", "the signature of the roll", names::ROLL, 64);

    let halves = [
        (names::REGISTRAR, ["C1.1", "C1.2", "C1.3", "C1.4"], &keys.registrar),
        (names::SERVER, ["C2.1", "C2.2", "C2.3", "C2.4"], &keys.server),
    ];
    for (path, [decodes, roll, possession, signature], key) in halves {
        changes.trailing(decodes, path);
        changes.file(roll, "halves of another roll", path, |file| file[8] ^= 1);
        changes.file(possession, "the proof of possession changed", path, |file| {
            let place = file.len() - 96;
            file[place] ^= 1;
            resign(file, "half-list", key);
        });
        changes.flip(signature, "the signature of the halves", path, 64);
    }
    changes.add("C3.1", "two entries with one pooled key", clash(rehearsal));
    changes.trailing("C5.1", names::LISTS);
    changes.file("C5.2", "another key on a list", names::LISTS, |file| {
        let lists = CredentialLists::from_bytes(file).unwrap();
        let keys = lists.lists()[0].keys();
        let other = (1u32..)
            .map(|n| Point::new(GENERATOR * Scalar::from(n)).bytes)
            .find(|bytes| *bytes < keys[1] && *bytes != keys[0])
            .unwrap();
        let place = file.windows(32).position(|window| window == keys[0]).unwrap();
        file[place..place + 32].copy_from_slice(&other);
    });
}

/// Both halves, such that the first two entries have one and the same sum.
fn clash(rehearsal: &Rehearsal) -> impl FnOnce(&mut Files) {
    let roll_id = RollRecord::from_bytes(&rehearsal.files.0[names::ROLL]).unwrap().roll_id();
    let counts = rehearsal.counts.clone();
    let make = |role: HalfRole, number: u32, values: [u32; 2]| {
        let mut next = 100;
        let mut out = Vec::new();
        number.encode(&mut out);
        u64::try_from(counts.len()).unwrap().encode(&mut out);
        for (list, count) in counts.iter().enumerate() {
            u64::from(*count).encode(&mut out);
            for place in 0..*count {
                next += 1;
                let value = match (list, place) {
                    (0, 0) => values[0],
                    (0, 1) => values[1],
                    _ => next * (number + 1),
                };
                Scalar::from(value).encode(&mut out);
            }
        }
        let key = if role == HalfRole::Registrar { &rehearsal.keys.registrar } else { &rehearsal.keys.server };
        HalfSecrets::from_bytes(&out).unwrap().publish(roll_id, key, &mut rng("clash")).to_bytes()
    };
    let (first, second) = (make(HalfRole::Registrar, 0, [7, 11]), make(HalfRole::Server, 1, [13, 9]));
    move |files| {
        files.insert(names::REGISTRAR.into(), first);
        files.insert(names::SERVER.into(), second);
    }
}

fn keys(changes: &mut Changes<'_>) {
    let rehearsal = changes.rehearsal;
    let signers = &rehearsal.keys.custodians;
    let ceremony = verify::ceremony(&rehearsal.manifest, 0).unwrap();
    let setup = ceremony.setup_id().as_bytes().to_owned();
    let path = names::KEY_TRANSCRIPT;
    let change = |change: &dyn Fn(&mut KeyTranscript)| {
        let mut transcript = KeyTranscript::from_bytes(&rehearsal.files.0[path]).unwrap();
        change(&mut transcript);
        transcript.to_bytes()
    };
    changes.trailing("K1.1", path);
    changes.file("K1.2", "the ceremony of another manifest", path, |file| file[8] ^= 1);
    let bytes = change(&|t| t.round1[1].signature.0[0] ^= 1);
    changes.file("K1.3", "a signature of round 1", path, |file| *file = bytes);
    let other = KeyTranscript::from_bytes(&rehearsal.files.0[path]).unwrap().round1[0].possession;
    let bytes = change(&|t| {
        let message = &mut t.round1[1];
        // The proof of another custodian.
        message.possession = other;
        let mut signed = setup.to_vec();
        message.encode(&mut signed);
        signed.truncate(signed.len() - 64);
        message.signature = signers[1].sign("keygen-round1", &[&signed]);
    });
    changes.file("K1.4", "a proof of an ephemeral key", path, |file| *file = bytes);
    let bytes = change(&|t| t.round2[0].signature.0[0] ^= 1);
    changes.file("K2.1", "a signature of round 2", path, |file| *file = bytes);
    let bytes = change(&|t| t.verdicts[2].signature.0[0] ^= 1);
    changes.file("K2.1", "a signature of a verdict", path, |file| *file = bytes);
    let bytes = change(&|t| t.verdicts.truncate(2));
    changes.file("K2.2", "a custodian without a verdict is not excluded", path, |file| *file = bytes);
    let bytes = change(&|t| {
        let keep = CustodianIndex::new(1).unwrap();
        let secret = round1::commit(&ceremony, keep, &signers[0], &mut rng("alone")).unwrap();
        t.round1 = vec![secret.message().clone()];
        t.round2.clear();
        t.verdicts.clear();
        let table = escrutinio_core::keygen::Table {
            ceremony: &ceremony,
            round1: &t.round1,
            round2: &t.round2,
            verdicts: &t.verdicts,
        };
        t.excluded = table.judge();
    });
    changes.file("K2.3", "nobody is left", path, |file| *file = bytes);
    let bytes = change(&|t| t.certificates[0].signature.0[0] ^= 1);
    changes.file("K3.1", "a certificate", path, |file| *file = bytes);
    let bytes = change(&|t| t.certificates.truncate(1));
    changes.file("K3.1", "a certificate is absent", path, |file| *file = bytes);
    changes.trailing("K4.1", names::TRIAL);
    changes.flip("K4.2", "the proof of a partial of the trial", names::TRIAL, 32);
    changes.trailing("E1.1", names::SEAL);
    changes.flip("E1.2", "the hash of the lists in the seal", names::SEAL, 1);
}

fn mixes(changes: &mut Changes<'_>) {
    let custodians = &changes.rehearsal.keys.custodians;
    let (first, second) = (names::mix(1), names::mix(2));
    changes.trailing("C4.1", &first);
    changes.add("C4.1", "a mix is absent", |files| drop(files.remove(&second)));
    changes.add("C4.1", "two mixes exchanged", |files| {
        let [one, two] = [&first, &second].map(|path| files[path].clone());
        files.insert(first.clone(), two);
        files.insert(second.clone(), one);
    });
    changes.flip("C4.2", "the signature of a mix", &first, 64);
    changes.file("C4.3", "the last response of a mix", &first, |file| {
        let place = file.len() - 96;
        file[place] ^= 1;
        resign(file, "credential-mix", &custodians[0]);
    });
    changes.file("C4.3", "another base comes out", &second, |file| {
        let other = Point::new(GENERATOR * Scalar::from(7u32)).bytes;
        file[56..88].copy_from_slice(&other);
        resign(file, "credential-mix", &custodians[1]);
    });
}

fn write_ins(changes: &mut Changes<'_>) {
    let rehearsal = changes.rehearsal;
    let custodians = &rehearsal.keys.custodians;
    let (mix, partial, texts) = (names::text_mix(1, 1), names::text_partial(1, 3), names::texts(1));
    changes.add("W1.1", "no texts where they are to be disclosed", |files| drop(files.remove(&texts)));
    changes.add("W1.1", "an order for a contest that discloses its texts", |files| {
        let order = files[&names::text_order(0)].clone();
        files.insert(names::text_order(1), order);
    });
    changes.flip("W1.2", "a signature of an order", &names::text_order(0), 1);
    changes.trailing("W2.1", &mix);
    changes.add("W2.1", "fewer mixes than custodians open the box", |files| {
        drop(files.remove(&names::text_mix(1, 2)));
    });
    changes.flip("W2.2", "the signature of a mix of texts", &mix, 64);
    let rows = rehearsal.text_rows(1);
    let kept = rows.points()[1];
    changes.file("W2.3", "a text point that went in comes out", &mix, |file| {
        file[60 + 32..60 + 64].copy_from_slice(&kept);
        resign(file, "text-mix", &custodians[0]);
    });
    changes.file("W2.4", "the last response of a mix of texts", &mix, |file| {
        let place = file.len() - 96;
        file[place] ^= 1;
        resign(file, "text-mix", &custodians[0]);
    });
    changes.trailing("W3.1", &partial);
    changes.add("W3.1", "one decryption of texts where two are needed", |files| drop(files.remove(&partial)));
    changes.flip("W3.2", "the signature of a decryption of texts", &partial, 64);
    changes.file("W3.3", "the values of two rows exchanged", &partial, |file| {
        let (one, other) = file[56..].split_at_mut(32 * rows.texts());
        one.swap_with_slice(&mut other[..32 * rows.texts()]);
        resign(file, "text-partial", &custodians[2]);
    });
    changes.trailing("W4.1", &texts);
    changes.file("W4.3", "a vote more for a name", &texts, |file| {
        let mut report = Texts::from_bytes(file).unwrap();
        report.names[0].votes += 1;
        *file = report.to_bytes();
    });
}

fn bundle(files: &Files) -> (String, Vec<Vec<u8>>) {
    let path = files.keys().find(|path| path.starts_with(names::ENTRIES)).unwrap().clone();
    let (mut rest, mut entries) = (files[&path].as_slice(), Vec::new());
    while let Some((length, tail)) = rest.split_first_chunk() {
        let (entry, tail) = tail.split_at(u16::from_be_bytes(*length).into());
        entries.push(entry.to_vec());
        rest = tail;
    }
    (path, entries)
}

fn framed(entries: &[Vec<u8>]) -> Vec<u8> {
    entries.iter().flat_map(|entry| [&u16::try_from(entry.len()).unwrap().to_be_bytes()[..], entry].concat()).collect()
}

/// The checkpoints of these entries, signed by log and witnesses.
fn checkpoints(rehearsal: &Rehearsal, entries: &[Vec<u8>], files: &mut Files) {
    let manifest = &rehearsal.manifest;
    let id = rehearsal.election().election_id;
    let keys = LogKeys::of_election(
        &id,
        (&manifest.log.name, manifest.log.key),
        manifest.witnesses.iter().map(|witness| (witness.name.as_str(), witness.key)),
    )
    .unwrap();
    let paths: Vec<String> = files.keys().filter(|path| path.starts_with(names::CHECKPOINTS)).cloned().collect();
    for (number, path) in paths.iter().enumerate() {
        let size = SignedCheckpoint::parse(&files[path]).unwrap().claimed().size;
        let mut tree = MerkleTree::new();
        for entry in entries.iter().take(usize::try_from(size).unwrap()) {
            tree.push(entry);
        }
        let checkpoint = Checkpoint { origin: keys.origin().into(), size, root: tree.root() };
        let mut signed = checkpoint.sign(&rehearsal.keys.log).unwrap();
        let time = if number == 0 { manifest.calendar.voting_start } else { manifest.reception_end() };
        if number == 0 || number + 1 == paths.len() {
            for (witness, key) in manifest.witnesses.iter().zip(&rehearsal.keys.witnesses) {
                let line = checkpoint.cosign(&witness.name, key, u64::try_from(time).unwrap()).unwrap();
                signed.add_cosignature(line, &keys).unwrap();
            }
        }
        files.insert(path.clone(), signed.to_string().into_bytes());
    }
}

fn board(changes: &mut Changes<'_>) {
    let rehearsal = changes.rehearsal;
    let (path, entries) = bundle(&rehearsal.files.0);
    let last = rehearsal.files.0.keys().rfind(|path| path.starts_with(names::CHECKPOINTS)).unwrap().clone();
    changes.file("B1.1", "a checkpoint of another size", "board/checkpoints/000001", |file| {
        let place = file.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        file[place] = b'9';
    });
    changes.file("B1.1", "the signature line of nobody", &last, |file| {
        file.extend("— nobody.example AAAAAAAA\n".as_bytes());
    });
    changes.file("B1.2", "a bundle cut short", &path, |file| file.truncate(file.len() - 1));
    let mut swapped = entries.clone();
    swapped.swap(0, 1);
    let bytes = framed(&swapped);
    changes.file("B2.1", "two entries swapped", &path, |file| *file = bytes.clone());
    changes.add("B2.2", "an epoch that is not sorted", |files| {
        files.insert(path.clone(), bytes.clone());
        checkpoints(rehearsal, &swapped, files);
    });
    changes.file("B2.3", "no witness on the first checkpoint", "board/checkpoints/000000", |file| {
        let text = String::from_utf8(file.clone()).unwrap();
        *file = text.split_inclusive('\n').take(5).collect::<String>().into_bytes();
    });
}

fn ballots(changes: &mut Changes<'_>) {
    let rehearsal = changes.rehearsal;
    let (path, entries) = bundle(&rehearsal.files.0);
    let election = rehearsal.election();
    let of = |contest: u32| entries.iter().position(|entry| entry[40..44] == contest.to_le_bytes()).unwrap();
    // A ballot of the consultation is the shortest.
    let place = of(3);
    let change = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut entries = entries.clone();
        change(&mut entries[place]);
        framed(&entries)
    };
    let mut put = |code, comment: &str, bytes: Vec<u8>| changes.file(code, comment, &path, |file| *file = bytes);
    let end = entries[place].len();
    put("V1.1", "a scalar that is not canonical", change(&|entry| entry[end - 32..].fill(0xff)));
    put("V1.1", "a ballot of a contest that there is not", change(&|entry| entry[40] = 9));
    put("V1.2", "a ballot of another election", change(&|entry| entry[8] ^= 1));
    put("V1.2", "a ballot of a style that there is not", change(&|entry| entry[44] = 9));
    let g = Point::new(GENERATOR).bytes;
    put("V1.3", "a key that is not listed", change(&|entry| entry[end - 128..end - 96].copy_from_slice(&g)));
    put("V1.5", "the salt changed", change(&|entry| entry[end - 96] ^= 1));
    put("V1.6", "the signature changed", change(&|entry| entry[end - 32] ^= 1));
    let with = |parameters: &_, voter: (u32, u32), option: u32, seed: &str| {
        let key = rehearsal.manifest.lists[usize::try_from(voter.0).unwrap()];
        let credential = rehearsal.credential(voter.0, voter.1).for_ballot();
        let parameters: &escrutinio_core::proof::ballot::ContestParameters = parameters;
        let choice = PlaintextBallot::new(&parameters.shape, option, None).unwrap();
        let mut rng = rng(seed);
        PreparedBallot::encrypt(parameters, key.style, key.unit, credential.key(), choice, &mut rng)
            .cast(&credential, &mut rng)
            .to_bytes()
    };
    let parameters = &election.parameters[3];
    // The voters of the consultation are (0, 0) and (2, 1); which stands first is the hash's choice.
    let others: Vec<usize> = (0..entries.len()).filter(|place| entries[*place][40..44] == 3u32.to_le_bytes()).collect();
    let replaced = |place: usize, entry: Vec<u8>| {
        let mut entries = entries.clone();
        entries[place] = entry;
        framed(&entries)
    };
    let styles = |place: usize| entries[place][44];
    let (of_first, of_second) = (others.iter().find(|p| styles(**p) == 0), others.iter().find(|p| styles(**p) == 1));
    let (of_first, of_second) = (*of_first.unwrap(), *of_second.unwrap());
    put("V1.4", "two ballots of one voter", replaced(of_second, with(parameters, (0, 0), 1, "second ballot")));
    let mut other = parameters.clone();
    other.option_keys.swap(0, 1);
    put("V1.7", "a ballot under other keys", replaced(of_first, with(&other, (0, 0), 1, "other keys")));
    let mut both = entries.clone();
    both[of_first] = with(parameters, (0, 0), 0, "one generator");
    both[of_second] = with(parameters, (2, 1), 1, "one generator");
    put("V1.8", "two ballots with one nonce", framed(&both));
    for change in &mut changes.all {
        match change.code {
            "V1.7" => change.flag = "OtherKeys",
            "V1.8" => change.flag = "SameNonce",
            _ => {}
        }
    }
    assert_ne!(leaf_hash(&both[0]), leaf_hash(&both[1]));
}

fn tally(changes: &mut Changes<'_>) {
    let rehearsal = changes.rehearsal;
    let keys = &rehearsal.keys;
    let election = rehearsal.election();
    let files = &rehearsal.files.0;
    changes.trailing("N1.1", names::PARTICIPATION);
    changes.flip("N1.2", "the signature of the participation", names::PARTICIPATION, 64);
    let participation = Participation::from_bytes(&files[names::PARTICIPATION]).unwrap();
    let marked: Vec<Marked> = participation
        .marked
        .iter()
        .enumerate()
        .map(|(i, line)| Marked { voters: line.voters + u64::from(i == 0), ..*line })
        .collect();
    let more = Participation::sign(election.election_id, participation.closed_at, marked, [7; 32], &keys.server);
    changes.file("N1.3", "one voter more than ballots", names::PARTICIPATION, |file| *file = more.to_bytes());

    changes.trailing("T1.1", names::AGGREGATES);
    let mut aggregates = Aggregates::decode(&files[names::AGGREGATES], &election.shapes).unwrap();
    aggregates.groups[0].sum.b.swap(0, 1);
    changes.file("T1.2", "two sums swapped", names::AGGREGATES, |file| *file = aggregates.to_bytes());
    let partial = names::partial(3);
    changes.trailing("T2.1", &partial);
    changes.flip("T2.2", "the signature of a partial", &partial, 64);
    changes.file("T2.3", "the proof of a partial", &partial, |file| {
        let place = file.len() - 96;
        file[place] ^= 1;
        resign(file, "partial", &keys.custodians[2]);
    });
    changes.add("T2.4", "one partial where two are needed", |files| drop(files.remove(&partial)));
    changes.trailing("T3.1", names::RESULTS);
    changes.file("T3.2", "a vote moved to another option", names::RESULTS, |file| {
        let mut results = Results::from_bytes(file).unwrap();
        let group = &mut results.groups[0];
        let from = group.iter().position(|count| *count > 0).unwrap();
        group[from] -= 1;
        group[from + 1] += 1;
        *file = results.to_bytes();
    });
    let acta = names::acta(1);
    changes.add("A1.1", "an acta is absent", |files| drop(files.remove(&acta)));
    changes.file("A1.2", "an acta with a vote moved", &acta, |file| {
        let mut value = Acta::from_bytes(file).unwrap();
        let from = value.content.votes.iter().position(|count| *count > 0).unwrap();
        value.content.votes[from] -= 1;
        value.content.votes[from + 1] += 1;
        for signature in &mut value.signatures {
            let place = usize::try_from(signature.index.get()).unwrap() - 1;
            *signature = value.content.sign(signature.index, &keys.custodians[place]);
        }
        *file = value.to_bytes();
    });
    changes.flip("A1.3", "a signature of an acta", &acta, 1);
    changes.file("X1.1", "two receipts swapped", names::RECEIPTS, |file| {
        let text = String::from_utf8(file.clone()).unwrap();
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        lines.swap(2, 3);
        *file = lines.concat().into_bytes();
    });
    changes.file("S1.1", "another sum", names::SUMS, |file| file[0] = if file[0] == b'0' { b'1' } else { b'0' });
}
