//! `hash.json`: tagged hashes, hashed scalars, weights; `tracking-code.json`: the form for people.

use escrutinio_core::board::code::{format_code, parse_canonical_code, parse_code};
use escrutinio_core::group;
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::TrackingCode;

use super::case::{Case, Flag, Vectors};
use super::json::Json;

const FLAGS: &[Flag] = &[
    ("LabelEnd", "leaves out the zero byte after the label", "a label and its data can be cut at another place"),
    ("WeightOrder", "numbers weights from 1, or big-endian", "sums of proofs do not verify"),
];

pub(super) fn vectors() -> (String, String) {
    let mut file = Vectors::new("hash", "Hashes of notation.md.", FLAGS);
    let labels = [("manifest", &b""[..]), ("election-id", &[7; 40]), ("roll", b"data"), ("rol", b"ldata")];
    let tagged = labels
        .map(|(label, data)| {
            Case::valid(format!("label {label}, {} bytes", data.len()))
                .flag("LabelEnd")
                .input("label", label)
                .bytes("data", data)
                .output("hash", Json::hex(&tagged_hash(label, &[data])))
        })
        .into();
    file.group("tagged-hash", "TH(label, data).", tagged);
    let scalars = [("trial", &[1u8; 32][..]), ("trial", b""), ("other", &[1; 32])]
        .map(|(label, data)| {
            Case::valid(format!("label {label}, {} bytes", data.len()))
                .input("label", label)
                .bytes("data", data)
                .output("scalar", Json::hex(&group::hash_to_scalar(label, data).to_bytes()))
        })
        .into();
    file.group("hash-to-scalar", "hash_to_scalar(label, data).", scalars);
    let weights = [([0u8; 32], 1u32), ([9; 32], 5)]
        .map(|(seed, n)| {
            let weights: Vec<Json> =
                (0..n).map(|i| Json::hex(&group::weight(&seed, i.into()).to_bytes()[..16])).collect();
            Case::valid(format!("{n} weights"))
                .flag("WeightOrder")
                .bytes("seed", &seed)
                .input("n", n)
                .output("weights", weights)
        })
        .into();
    file.group("weights", "weights(seed, n), 16 bytes each, little-endian.", weights);
    file.file()
}

const CODE_FLAGS: &[Flag] = &[
    ("CodeForm", "writes or takes another form into a file", "two files of one record differ"),
    ("CodeCheck", "does not compare the check symbol", "a mistyped code is looked for and not found"),
    ("CodePadding", "does not look at the last four bits", "one code has several texts"),
    ("CodeSymbol", "takes symbols that are none", "a mistyped code is read as another"),
];

pub(super) fn tracking_codes() -> (String, String) {
    let mut file = Vectors::new("tracking-code", "Tracking codes as text: encoding.md.", CODE_FLAGS);
    let hashed = tagged_hash("tracking-code", &[b"a ballot"]);
    let codes = [[0; 32], [0xff; 32], core::array::from_fn(|i| u8::try_from(i).unwrap()), hashed];
    // One code for each of the five check symbols that are no digits.
    let rare = (0u64..).map(|n| tagged_hash("code", &[&n.to_le_bytes()]));
    let mut wanted = vec!['*', '~', '$', '=', 'U'];
    let rare = rare.filter(|code| {
        let last = format_code(&TrackingCode(*code)).chars().next_back();
        let found = wanted.iter().position(|symbol| Some(*symbol) == last);
        found.map(|place| wanted.remove(place)).is_some()
    });
    let written = codes
        .into_iter()
        .chain(rare.take(5))
        .map(|code| Case::valid("written").bytes("code", &code).output("text", format_code(&TrackingCode(code))))
        .collect();
    file.group("tracking-code", "The text of a code.", written);
    let text = format_code(&TrackingCode(hashed));
    let lower = text.to_lowercase();
    let bare = text.replace('-', "");
    let spaced = bare.chars().flat_map(|c| [c, ' ']).collect::<String>();
    let confused = text.replace('0', "O").replacen('1', "I", 1).replace('1', "l");
    let forms = [
        ("as files hold it", &text),
        ("lower case", &lower),
        ("without hyphens", &bare),
        ("spaces everywhere", &spaced),
        ("O for 0, I and l for 1", &confused),
    ];
    let people = forms
        .iter()
        .map(|(comment, text)| {
            assert_eq!(parse_code(text), Ok(TrackingCode(hashed)));
            Case::valid(*comment).input("text", text.as_str()).output("code", Json::hex(&hashed))
        })
        .chain(refused(&text).into_iter().map(|(comment, flag, text)| {
            assert!(parse_code(&text).is_err());
            Case::invalid(comment, "encoding", flag).input("text", text)
        }))
        .collect();
    file.group("tracking-code-typed", "What people type.", people);
    let files = forms
        .iter()
        .enumerate()
        .map(|(i, (comment, text))| {
            assert_eq!(parse_canonical_code(text).is_ok(), i == 0);
            if i == 0 {
                Case::valid(*comment).input("text", text.as_str()).output("code", Json::hex(&hashed))
            } else {
                Case::invalid(*comment, "encoding", "CodeForm").input("text", text.as_str())
            }
        })
        .collect();
    file.group("tracking-code-file", "What a file may hold.", files);
    file.file()
}

fn refused(text: &str) -> Vec<(&'static str, &'static str, String)> {
    let other = |c: char| if c == '7' { "8" } else { "7" };
    let mut wrong_check = text.to_owned();
    let last = wrong_check.pop().unwrap();
    wrong_check.push_str(other(last));
    let first = text.chars().next().unwrap();
    let mut padded = text.to_owned();
    // The last digit carries one bit of the code and four zeros: 0 or G.
    let digit = padded.len() - 3;
    let value = if &padded[digit..=digit] == "0" { "1" } else { "H" };
    padded.replace_range(digit..=digit, value);
    vec![
        ("another check symbol", "CodeCheck", wrong_check),
        ("another first symbol", "CodeCheck", format!("{}{}", other(first), &text[1..])),
        ("a last digit with more than the code's bit", "CodePadding", padded),
        ("a U before the end", "CodeSymbol", format!("U{}", &text[1..])),
        ("a letter that is no symbol", "CodeSymbol", text.replacen(first, "Ñ", 1)),
        ("without its check symbol", "CodeSymbol", text[..text.len() - 2].to_owned()),
        ("one symbol too many", "CodeSymbol", format!("0{text}")),
        ("nothing", "CodeSymbol", String::new()),
    ]
}
