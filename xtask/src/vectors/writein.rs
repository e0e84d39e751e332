//! `writeins.json`: names that count as one, texts read from points, reports, proofs of decryption.

mod decryption;

use escrutinio_core::encoding::Encode;
use escrutinio_core::group::{self, Element};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::ElectionId;
use escrutinio_core::text::{Text, from_points};
use escrutinio_core::writein::{fold, report};

use super::case::{Case, Flag, Vectors};
use super::json::Json;

const FLAGS: &[Flag] = &[
    ("NotNormal", "takes a text that is not in its normal form", "one name has many texts, and counts as several"),
    ("Character", "takes characters that are not those of names", "a report shows what it does not hold"),
    ("NotUtf8", "takes bytes that are not UTF-8", "verifiers read different names"),
    ("Padding", "looks for the end of a text at its first zero byte", "a text hides behind a name"),
    ("NoText", "takes points that Lizard does not give for text", "verifiers read different names"),
    ("Changed", "leaves a part of the proof out of an equation", "a proof can be changed"),
    ("Context", "does not bind the proof to election, contest and custodian", "a decryption is taken to another place"),
    ("Statement", "does not bind the proof to the rows or to the shares", "other rows are decrypted than were mixed"),
    ("Values", "does not prove every decryption", "texts are changed, or moved to other rows"),
    ("Keys", "does not check each response against its key", "a decryption with other shares is taken"),
    ("LateChallenge", "draws a challenge that does not depend on all that stands before it", "anything can be proved"),
    ("NoProof", "takes zeros for a proof", "any text is opened"),
    ("Encoding", "takes strings that are not canonical", "one partial has many encodings"),
    ("Count", "does not compare the number of rows", "rows are left out, or equations are vacuous"),
];

pub(super) fn vectors() -> (String, String) {
    let mut file = Vectors::new("writeins", "Written-in names and their decryption: writeins.md, ballots.md.", FLAGS);
    file.group("fold", "Names that fold to the same count as one.", foldings());
    file.group(
        "characters",
        "Every character c of which a c a is a normal text: how many, and TH(\"vector-folds\", their foldings).",
        sweep(),
    );
    file.group("text", "What the points of a row say.", texts());
    file.group("report", "The report of a contest, as bytes of Texts.", reports());
    decryption::groups(&mut file);
    file.file()
}

fn foldings() -> Vec<Case> {
    [
        "José Núñez",
        "JOSE NUÑEZ",
        "jose nuñez",
        "Jose Nunez",
        "Güemes",
        "Zoë",
        "crêpe",
        "là",
        "pe\u{301}rez",
        "N\u{303}",
        "n\u{303}\u{301}",
        "n\u{301}\u{303}",
        "ǘ",
        "ẽ",
        "ã",
        "ç",
        "å",
        "ø",
        "ß",
        "ı",
        "ṩ",
        "ﬁ",
        "q\u{301}",
        "Ana Eva",
        "AnaEva",
        "O’Higgins",
        "O'Higgins",
        "Ꞌñuu",
        "Nguyễn",
        "Łukasz Żółć",
        "2.º",
        "\u{300}",
        "a\u{323}\u{301}",
        "",
    ]
    .into_iter()
    .map(|name| Case::valid(name).input("name", name).output("folded", fold(name)))
    .collect()
}

/// Every character that may stand in a name as it is, and what it folds to.
fn sweep() -> Vec<Case> {
    let of_names = |c: &char| {
        let text = format!("a{c}a");
        Text::normalise(&text, 8).is_ok_and(|normal| normal.expose() == text)
    };
    let all: Vec<char> = ('\0'..=char::MAX).filter(of_names).collect();
    let folds: String = all.iter().map(|c| format!("{}\n", fold(&format!("a{c}a")))).collect();
    let hash = tagged_hash("vector-folds", &[folds.as_bytes()]);
    let case = Case::valid("in increasing order, each with an a before and behind it, a line feed behind that")
        .output("characters", all.len())
        .output("folds", Json::hex(&hash));
    vec![case]
}

fn blocks(bytes: &[u8], points: usize) -> Vec<Element> {
    let mut padded = bytes.to_vec();
    padded.resize(16 * points, 0);
    padded.as_chunks::<16>().0.iter().map(group::lizard_encode).collect()
}

fn hex(points: &[Element]) -> Json {
    points.iter().map(|point| Json::hex(&group::compress(point))).collect::<Vec<_>>().into()
}

fn texts() -> Vec<Case> {
    let other = group::hash_to_element(&[b"no text"]);
    let long = "María de los Ángeles Ñandú Güemes 48".as_bytes();
    let mut cases: Vec<Case> =
        ["A", "Ana", "Sor Juana Inés", "16 bytes exactly", "Nombre escrito en dos bloques", "=1+1", "<b>"]
            .into_iter()
            .map(|name| (name, blocks(name.as_bytes(), 3)))
            .map(|(name, points)| {
                assert_eq!(from_points(&points).unwrap(), name);
                Case::valid(name).input("points", hex(&points)).output("name", name)
            })
            .collect();
    let mut push = |comment: &str, flag: &'static str, points: Vec<Element>| {
        assert!(from_points(&points).is_err(), "{comment}");
        cases.push(Case::invalid(comment, "text", flag).input("points", hex(&points)));
    };
    for (comment, text) in [
        ("a space before", " Ana"),
        ("a space behind", "Ana "),
        ("two spaces", "Ana  Eva"),
        ("decomposed", "n\u{303}"),
        ("marks in another order", "a\u{301}\u{323}"),
        ("nothing", ""),
        ("a space alone", " "),
    ] {
        push(comment, "NotNormal", blocks(text.as_bytes(), 3));
    }
    for c in [
        '\u{1}',
        '\t',
        '\n',
        '\r',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{a0}',
        '\u{ad}',
        '\u{34f}',
        '\u{370}',
        '\u{410}',
        '\u{2003}',
        '\u{200b}',
        '\u{200d}',
        '\u{200e}',
        '\u{2028}',
        '\u{202e}',
        '\u{2060}',
        '\u{2066}',
        '\u{3000}',
        '\u{4e00}',
        '\u{feff}',
        '\u{fffd}',
        '\u{1f600}',
        '\u{e0041}',
    ] {
        push(&format!("U+{:04X}", u32::from(c)), "Character", blocks(format!("a{c}a").as_bytes(), 3));
    }
    for (comment, bytes) in [
        ("a lone byte", &b"a\xffa"[..]),
        ("a sequence cut short", b"a\xc3"),
        ("an overlong zero", b"a\xc0\x80a"),
        ("a surrogate", b"a\xed\xa0\x80a"),
        ("beyond U+10FFFF", b"a\xf4\x90\x80\x80a"),
    ] {
        push(comment, "NotUtf8", blocks(bytes, 3));
    }
    push("a zero byte within", "Padding", blocks(b"a\0a", 3));
    push("a zero byte before", "Padding", blocks(b"\0a", 3));
    push("a block of zeros before", "Padding", blocks(&[&[0; 16][..], b"Ana"].concat(), 3));
    push("a point that is none of Lizard's", "NoText", vec![other; 3]);
    let mut points = blocks(long, 3);
    points[1] = other;
    push("one such point between others", "NoText", points);
    let mut points = blocks(b"Ana", 3);
    points[2] = group::identity();
    push("the identity where zeros belong", "NoText", points);
    let mut points = blocks("aaaaaaaaaaaaaaañ".as_bytes(), 3);
    points.swap(0, 1);
    push("blocks exchanged, in the middle of a character", "NotUtf8", points);
    cases
}

fn reports() -> Vec<Case> {
    let none: Option<&str> = None;
    let lists: [(&str, u64, u64, Vec<Option<&str>>); 9] = [
        ("no row", 2, 0, vec![]),
        ("no text", 2, 3, vec![none, none]),
        ("names below and at the limit", 2, 5, vec![Some("Ana"), Some("Eva"), Some("Ana"), Some("Luz"), none]),
        ("every name below it", 3, 3, vec![Some("Ana"), Some("Eva"), Some("Ana")]),
        (
            "the most frequent spelling",
            2,
            6,
            vec![Some("perez"), Some("Pérez"), Some("PEREZ"), Some("Pérez"), Some("Perez"), Some("Peréz")],
        ),
        ("equally frequent: the first by its bytes", 2, 3, vec![Some("ana"), Some("Ana"), Some("Ána")]),
        (
            "order: votes, then the bytes of the folded name",
            1,
            9,
            ["z", "ñ", "n", "o", "z", "ø", "Z", "ñ", "N"].map(Some).to_vec(),
        ),
        ("N with tilde is another letter", 1, 4, ["Núñez", "Nunez", "NUÑEZ", "núnez"].map(Some).to_vec()),
        ("folded names in order, shown ones not", 1, 4, ["b", "Á", "ab", "B"].map(Some).to_vec()),
    ];
    let election_id = ElectionId([0x33; 32]);
    let mut cases = Vec::new();
    let mut push = |comment: &str, min_group: u64, marked: u64, rows: Vec<Vec<Element>>| {
        let texts = report(election_id, 1, marked, min_group, rows.iter().map(Vec::as_slice));
        cases.push(
            Case::valid(comment)
                .bytes("electionId", election_id.as_bytes())
                .input("contest", 1u32)
                .input("marked", marked)
                .input("minGroup", min_group)
                .input("rows", rows.iter().map(|row| hex(row)).collect::<Vec<_>>())
                .output("texts", Json::hex(&texts.to_bytes())),
        );
    };
    for (comment, min_group, marked, names) in lists {
        let row = |name: &Option<&str>| match name {
            Some(name) => blocks(name.as_bytes(), 1),
            None => vec![group::identity()],
        };
        push(comment, min_group, marked, names.iter().map(row).collect());
    }
    let other = group::hash_to_element(&[b"no text"]);
    let rows = vec![
        vec![other, other],
        vec![group::identity(), other],
        vec![blocks(b"Ana", 1)[0], group::identity()],
        blocks(&[0; 32], 2),
        vec![group::identity(), group::identity()],
        blocks(b"Ana", 2),
    ];
    push("illegible texts, of which a text of zeros is one, and a row without a text", 1, 6, rows);
    cases
}
