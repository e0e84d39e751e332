//! `encoding.json`: the objects of a record, split by field, and bytes that are no object.

use escrutinio_core::credential::RollRecord;
use escrutinio_core::encoding::{Decode, Encode};
use escrutinio_core::keygen::KeyTranscript;
use escrutinio_core::manifest::Manifest;
use escrutinio_core::record::{self as names, Seal};
use escrutinio_core::testing::rehearsal::MemoryRecord;
use escrutinio_core::verify;
use escrutinio_core::writein::{TextOrder, Texts};

use super::case::{Case, Flag, Vectors};
use super::election::{election, rng};
use super::json::Json;
use super::record::runs_of;

const FLAGS: &[Flag] = &[
    (
        "Header",
        "does not read magic, version and suite",
        "an object is taken for another, or for one of a later version",
    ),
    ("Truncated", "reads beyond the end, or takes what is there", "an object is not what was signed"),
    ("Trailing", "leaves bytes unread", "one object has many encodings"),
    ("Limit", "allocates what a length asks for", "a file of a few bytes exhausts the memory"),
    ("Text", "takes texts that are not UTF-8, or with control characters", "a name is not what is shown"),
    ("Bool", "takes every byte but 0 for true", "one object has many encodings"),
    ("Tag", "takes a variant that there is not", "a meaning is guessed"),
    ("Point", "takes a string that is no point", "one object has many encodings, or a false proof holds"),
    ("Identity", "takes the identity for a key", "everybody has the secret of a key"),
    ("Scalar", "takes a scalar of the order or above", "one object has many encodings"),
    ("Key", "takes a key of small order", "one signature holds for any message"),
    ("Index", "takes a custodian's number that is none", "a share is interpolated at zero, where the secret is"),
    (
        "Order",
        "takes lists that are out of order or have an item twice",
        "one object has many encodings, or a key has two ballots",
    ),
];

/// Fields in their order, with their bytes.
type Fields = Vec<(&'static str, Vec<u8>)>;

macro_rules! fields {
    ($value:expr; $($name:ident)*) => {
        vec![("header", Vec::new()), $((stringify!($name), $value.$name.to_bytes())),*]
    };
}

/// Fields of these lengths; the one of length 0 takes the rest.
fn split(bytes: &[u8], lengths: &[(&'static str, usize)]) -> Fields {
    let rest = bytes.len() - 8 - lengths.iter().map(|(_, length)| length).sum::<usize>();
    let mut at = 8;
    let fields = lengths.iter().map(|(name, length)| {
        let length = if *length == 0 { rest } else { *length };
        at += length;
        (*name, bytes[at - length..at].to_vec())
    });
    core::iter::once(("header", Vec::new())).chain(fields).collect()
}

fn bytes(path: &str) -> &'static [u8] {
    &election().files.0[path]
}

/// The objects: path, the check that decodes it, its fields.
fn objects() -> Vec<(String, &'static str, Fields)> {
    let manifest = Manifest::from_bytes(bytes(names::MANIFEST)).unwrap();
    let manifest = fields!(manifest; process title authority template binding pilot test max_voters official_zone
        governing_zone calendar sites policies min_group text_points parties contests styles units lists threshold
        minimum_custodians credential_mixes few_mixes custodians registrar server log witnesses witness_quorum client_hash);
    let roll = RollRecord::from_bytes(bytes(names::ROLL)).unwrap();
    let key = KeyTranscript::from_bytes(bytes(names::KEY_TRANSCRIPT)).unwrap();
    let seal = Seal::from_bytes(bytes(names::SEAL)).unwrap();
    let text_order = TextOrder::from_bytes(bytes(&names::text_order(0))).unwrap();
    let mut order = fields!(text_order.content; election_id contest authority document recipients at);
    order.push(("signatures", text_order.signatures.to_bytes()));
    let texts = Texts::from_bytes(bytes(&names::texts(1))).unwrap();
    let (rows, m) = (election().text_rows(1).len(), election().text_rows(1).texts());
    let half = [("roll_id", 32), ("role", 4), ("lists", 0), ("possession", 64), ("signature", 64)];
    let sliced = |path: &str, lengths: &[(&'static str, usize)]| split(bytes(path), lengths);
    let partial = names::partial(1);
    let mut objects = vec![
        (names::MANIFEST.to_owned(), "M1.1", manifest),
        (names::ROLL.to_owned(), "L1.1", fields!(roll; manifest_hash versions counts root signature)),
        (names::REGISTRAR.to_owned(), "C1.1", sliced(names::REGISTRAR, &half)),
        (names::SERVER.to_owned(), "C2.1", sliced(names::SERVER, &half)),
        (names::LISTS.to_owned(), "C5.1", sliced(names::LISTS, &[("roll_id", 32), ("mixes", 4), ("lists", 0)])),
        (
            names::KEY_TRANSCRIPT.to_owned(),
            "K1.1",
            fields!(key; manifest_hash ceremony round1 round2 verdicts excluded certificates),
        ),
        (names::TRIAL.to_owned(), "K4.1", sliced(names::TRIAL, &[("setup_id", 32), ("partials", 0)])),
        (
            names::SEAL.to_owned(),
            "E1.1",
            fields!(seal; manifest_hash roll_id setup_id key_record trial registrar_halves server_halves mixes lists),
        ),
        (
            names::PARTICIPATION.to_owned(),
            "N1.1",
            sliced(
                names::PARTICIPATION,
                &[("election_id", 32), ("closed_at", 8), ("marked", 0), ("voters_list", 32), ("signature", 64)],
            ),
        ),
        (names::AGGREGATES.to_owned(), "T1.1", sliced(names::AGGREGATES, &[("election_id", 32), ("groups", 0)])),
        (
            partial.clone(),
            "T2.1",
            sliced(&partial, &[("election_id", 32), ("index", 4), ("groups", 0), ("signature", 64)]),
        ),
        (
            names::mix(1),
            "C4.1",
            sliced(&names::mix(1), &[("roll_id", 32), ("number", 4), ("index", 4), ("lists", 0), ("signature", 64)]),
        ),
        (names::text_order(0), "W1.2", order),
        (
            names::text_mix(1, 1),
            "W2.1",
            sliced(
                &names::text_mix(1, 1),
                &[
                    ("election_id", 32),
                    ("contest", 4),
                    ("number", 4),
                    ("index", 4),
                    ("rows", 8 + 32 * rows * (m + 1)),
                    ("proof", 0),
                    ("signature", 64),
                ],
            ),
        ),
        (
            names::text_partial(1, 1),
            "W3.1",
            sliced(
                &names::text_partial(1, 1),
                &[
                    ("election_id", 32),
                    ("contest", 4),
                    ("index", 4),
                    ("decrypted", 0),
                    ("R1", 32 * m),
                    ("R2", 32),
                    ("z", 32 * m),
                    ("signature", 64),
                ],
            ),
        ),
        (names::texts(1), "W4.1", fields!(texts; election_id contest marked texts illegible names few_names few_votes)),
        (names::RESULTS.to_owned(), "T3.1", sliced(names::RESULTS, &[("election_id", 32), ("groups", 0)])),
    ];
    for (path, _, fields) in &mut objects {
        fields.retain(|(name, _)| *name != "header");
        assert_eq!(fields.iter().flat_map(|(_, bytes)| bytes.clone()).collect::<Vec<_>>(), &bytes(path)[8..], "{path}");
    }
    objects
}

pub(super) fn vectors() -> (String, String) {
    let mut file = Vectors::new(
        "encoding",
        "Objects of the record of record.json, split by field (encoding.md), and bytes that are none. \
         Places are counted from the start of the file.",
        FLAGS,
    );
    let setting = || vec![("record", Json::from("record.json"))];
    let objects = objects();
    let good = objects
        .iter()
        .map(|(path, _, fields)| {
            let fields = fields.iter().map(|(name, bytes)| ((*name).to_owned(), Json::hex(bytes))).collect();
            Case::valid(path.as_str())
                .input("path", path.as_str())
                .input("changes", Vec::<Json>::new())
                .step("header", Json::hex(&bytes(path)[..8]))
                .step("fields", Json::Object(fields))
        })
        .collect();
    file.group_in("object", "Header, then the fields in their order.", setting(), good);
    file.group_in("object", "Bytes that are no object.", setting(), bad(&objects));
    file.file()
}

fn bad(objects: &[(String, &'static str, Fields)]) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut push = |path: &str, flag: &'static str, comment: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let (_, code, _) = objects.iter().find(|(known, ..)| known == path).unwrap();
        let mut files = election().files.0.clone();
        let file = files.get_mut(path).unwrap();
        change(file);
        let runs = runs_of(path, bytes(path), file);
        let (report, _) = verify::record(&MemoryRecord(files), &mut rng("weights"), &mut ()).unwrap();
        assert_eq!(report.first_failure().map(verify::Check::code), Some(*code), "{path}: {comment}");
        cases.push(Case::invalid(format!("{path}: {comment}"), code, flag).input("path", path).input("changes", runs));
    };
    for (path, ..) in objects {
        push(path, "Header", "another magic", &|file| file[0] = b'X');
        push(path, "Header", "version 2", &|file| file[4] = 2);
        push(path, "Header", "suite 2", &|file| file[6] = 2);
        push(path, "Truncated", "the last byte is missing", &|file| file.truncate(file.len() - 1));
        push(path, "Truncated", "the header alone", &|file| file.truncate(8));
        push(path, "Trailing", "a byte more", &|file| file.push(0));
    }
    let at = |path: &str, field: &str| {
        let (_, _, fields) = objects.iter().find(|(known, ..)| known == path).unwrap();
        8 + fields.iter().take_while(|(name, _)| *name != field).map(|(_, bytes)| bytes.len()).sum::<usize>()
    };
    let put = |at: usize, bytes: &[u8]| {
        let bytes = bytes.to_vec();
        move |file: &mut Vec<u8>| file[at..at + bytes.len()].copy_from_slice(&bytes)
    };
    let manifest = names::MANIFEST;
    push(manifest, "Limit", "a text of 2^63 bytes", &put(15, &[0x80]));
    push(manifest, "Limit", "a text of 1,025 bytes", &put(8, &1025u64.to_le_bytes()));
    push(manifest, "Limit", "2^32 parties", &put(at(manifest, "parties") + 4, &[1]));
    push(manifest, "Text", "a byte that is not UTF-8", &put(16, &[0xff]));
    push(manifest, "Text", "a line feed", &put(16, b"\n"));
    push(manifest, "Text", "U+0085", &put(16, "\u{85}".as_bytes()));
    push(manifest, "Bool", "2", &put(at(manifest, "binding"), &[2]));
    push(manifest, "Bool", "2 before an optional value", &put(at(manifest, "client_hash"), &[2]));
    let key = at(manifest, "server") - 32;
    let mut one = [0; 32];
    one[0] = 1;
    push(manifest, "Key", "the point of order 1", &put(key, &one));
    push(manifest, "Key", "no point", &put(key, &[0xff; 32]));
    let half = names::REGISTRAR;
    let first = at(half, "lists") + 16;
    push(half, "Identity", "the identity", &put(first, &[0; 32]));
    push(half, "Point", "no canonical field element", &put(first, &[0xff; 32]));
    push(half, "Point", "a negative field element", &put(first, &one));
    push(half, "Scalar", "2^256 - 1", &put(at(half, "signature") - 32, &[0xff; 32]));
    push(half, "Limit", "2^40 lists", &put(at(half, "lists") + 5, &[1]));
    let lists = names::LISTS;
    let keys = at(lists, "lists") + 8 + 32 + 8;
    push(lists, "Order", "two keys swapped", &|file| {
        let first = file[keys..keys + 32].to_vec();
        file.copy_within(keys + 32..keys + 64, keys);
        file[keys + 32..keys + 64].copy_from_slice(&first);
    });
    push(lists, "Order", "a key twice", &|file| file.copy_within(keys..keys + 32, keys + 32));
    push(lists, "Identity", "the identity as base", &put(at(lists, "lists") + 8, &[0; 32]));
    let mix = names::mix(1);
    let base = at(&mix, "lists") + 8;
    push(&mix, "Identity", "the identity as base", &put(base, &[0; 32]));
    push(&mix, "Identity", "the identity as key", &put(base + 40, &[0; 32]));
    push(&mix, "Order", "a key twice", &|file| file.copy_within(base + 40..base + 72, base + 72));
    push(&mix, "Limit", "2^56 keys", &put(base + 39, &[1]));
    push(&mix, "Point", "a commitment of the proof", &put(base + 40 + 3 * 32, &one));
    push(&mix, "Scalar", "a response of the proof", &put(at(&mix, "signature") - 32, &[0xff; 32]));
    push(&mix, "Index", "17", &put(at(&mix, "index"), &[17]));
    let mix = names::text_mix(1, 1);
    let rows = at(&mix, "rows") + 8;
    push(&mix, "Identity", "the identity as A", &put(rows, &[0; 32]));
    push(&mix, "Order", "a row twice", &|file| file.copy_within(rows..rows + 128, rows + 128));
    push(&mix, "Point", "a text point", &put(rows + 32, &one));
    push(&mix, "Point", "a commitment of the proof", &put(at(&mix, "proof"), &one));
    push(&mix, "Scalar", "a response of the proof", &put(at(&mix, "signature") - 32, &[0xff; 32]));
    push(&mix, "Index", "0", &put(at(&mix, "index"), &[0]));
    push(&mix, "Limit", "a row more than there are", &put(rows - 8, &[6]));
    let partial = names::text_partial(1, 1);
    push(&partial, "Point", "a value", &put(at(&partial, "decrypted") + 8, &one));
    push(&partial, "Point", "R2", &put(at(&partial, "R2"), &one));
    push(&partial, "Scalar", "a response", &put(at(&partial, "z"), &[0xff; 32]));
    push(&partial, "Index", "17", &put(at(&partial, "index"), &[17]));
    let order = names::text_order(0);
    push(&order, "Text", "a line feed", &put(at(&order, "authority") + 8, b"\n"));
    push(&order, "Index", "17", &put(at(&order, "signatures") + 8, &[17]));
    push(&order, "Order", "one custodian twice", &put(at(&order, "signatures") + 8, &[3]));
    push(&order, "Limit", "2^32 signatures", &put(at(&order, "signatures") + 4, &[1]));
    let texts = names::texts(1);
    push(&texts, "Text", "a byte that is not UTF-8", &put(at(&texts, "names") + 16, &[0xff]));
    push(&texts, "Text", "an escape", &put(at(&texts, "names") + 16, &[0x1b]));
    push(&texts, "Limit", "2^40 names", &put(at(&texts, "names") + 5, &[1]));
    let transcript = names::KEY_TRANSCRIPT;
    let round1 = at(transcript, "round1") + 8;
    push(transcript, "Index", "0", &put(round1, &[0]));
    push(transcript, "Index", "17", &put(at(transcript, "certificates") + 8, &[17]));
    push(transcript, "Order", "one custodian twice", &put(round1 + 200, &[1]));
    push(transcript, "Identity", "an ephemeral key", &put(round1 + 4, &[0; 32]));
    let trial = names::TRIAL;
    push(trial, "Point", "no canonical field element", &put(at(trial, "partials") + 12, &[0xff; 32]));
    let marked = at(names::PARTICIPATION, "marked") + 8;
    push(names::PARTICIPATION, "Order", "a line twice", &|file| file.copy_within(marked..marked + 16, marked + 16));
    // The contests end with the option "null" of the last of them.
    push(manifest, "Tag", "an option of a variant that there is not", &put(at(manifest, "styles") - 4, &[8]));
    cases
}
