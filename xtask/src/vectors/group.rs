//! `group.json`: encodings of points and scalars, derived elements, generators, Lizard.

use escrutinio_core::group::{
    self, Element, GENERATOR, Generators, Scalar, compress, decode_scalar, decompress, lizard_decode, lizard_encode,
};
use sha2::{Digest, Sha512};

use super::case::{Case, Flag, Vectors};
use super::json::Json;
use super::published::{DERIVED, MULTIPLES, REFUSED, SAME, SAME_ELEMENT};

const FLAGS: &[Flag] = &[
    (
        "NonCanonicalField",
        "takes a value of the prime or above",
        "one point has several encodings, so hashes of messages are not unique",
    ),
    ("OddField", "takes an odd (\"negative\") field element", "one point has several encodings"),
    (
        "NonSquare",
        "decodes without asking whether the square root exists",
        "a point off the curve enters the arithmetic",
    ),
    ("OddProduct", "does not look at the sign of xy", "a string decodes that no point encodes to"),
    ("ZeroY", "does not refuse y = 0", "a string decodes that no point encodes to"),
    (
        "WideField",
        "refuses or mixes up field elements of 256 bits in the derivation",
        "generators differ between implementations",
    ),
    ("Identity", "treats the identity as no point", "an empty group of ballots blocks the tally"),
    (
        "ScalarRange",
        "takes a scalar of the order or above",
        "one proof has several encodings, so a ballot can be changed without its owner",
    ),
    ("NotLizard", "decodes a text point that is no encoding of 16 bytes", "a text appears that nobody wrote"),
];

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    core::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
}

fn hex(element: &Element) -> Json {
    Json::hex(&compress(element))
}

pub(super) fn vectors() -> (String, String) {
    let mut file = Vectors::new("group", "The group ristretto255: notation.md, with the vectors of RFC 9496.", FLAGS);
    file.group("multiple", "RFC 9496, A.1: [k]G.", multiples());
    file.group("point", "RFC 9496, A.1 and A.2: strings that are points, and strings that are none.", points());
    file.group("scalar", "32 bytes, little-endian, below the order.", scalars());
    file.group("element-derivation", "RFC 9496, A.3: 64 bytes to a point.", derived());
    file.group("generator", "H and the G_k.", generators());
    file.group("lizard-encode", "16 bytes to a point.", lizards());
    file.group("lizard-decode", "A point to the 16 bytes, if it is an encoding of exactly one.", lizards_back());
    file.file()
}

fn multiples() -> Vec<Case> {
    (0u32..)
        .zip(MULTIPLES)
        .map(|(k, expected)| {
            let point = compress(&group::mul_generator(&Scalar::from(k)));
            assert_eq!(point, bytes(expected));
            Case::valid(format!("[{k}]G")).input("k", k).output("point", Json::hex(&point))
        })
        .collect()
}

fn points() -> Vec<Case> {
    let good = MULTIPLES.iter().enumerate().map(|(k, text)| {
        assert!(decompress(&bytes(text)).is_some());
        let case = Case::valid(format!("[{k}]G")).input("bytes", *text);
        if k == 0 { case.flag("Identity") } else { case }
    });
    let bad = REFUSED.iter().flat_map(|(flag, texts)| {
        texts.iter().map(move |text| {
            assert!(decompress(&bytes(text)).is_none());
            Case::invalid("no encoding of a point", "group", flag).input("bytes", *text)
        })
    });
    good.chain(bad).collect()
}

fn scalars() -> Vec<Case> {
    let order_minus_one = (-Scalar::ONE).to_bytes();
    let plus = |n: u8| {
        let mut bytes = order_minus_one;
        // The lowest byte of the order is 0xed.
        bytes[0] += n;
        bytes
    };
    let mut top = [0; 32];
    top[31] = 0x80;
    let good = [("zero", [0; 32]), ("the order less one", order_minus_one)];
    let bad = [("the order", plus(1)), ("the order and one", plus(2)), ("2^255", top), ("2^256 - 1", [0xff; 32])];
    let mut cases = Vec::new();
    for (comment, bytes) in good {
        assert!(decode_scalar(&bytes).is_some());
        cases.push(Case::valid(comment).bytes("bytes", &bytes));
    }
    for (comment, bytes) in bad {
        assert!(decode_scalar(&bytes).is_none());
        cases.push(Case::invalid(comment, "group", "ScalarRange").bytes("bytes", &bytes));
    }
    cases
}

fn derived() -> Vec<Case> {
    let sentences = DERIVED.iter().map(|(sentence, expected)| {
        let wide: [u8; 64] = Sha512::digest(sentence.as_bytes()).into();
        let point = compress(&Element::from_uniform_bytes(&wide));
        assert_eq!(point, bytes(expected));
        Case::valid(format!("SHA-512 of \"{sentence}\"")).bytes("bytes", &wide).output("point", Json::hex(&point))
    });
    let same = SAME.iter().map(|text| {
        let point = compress(&Element::from_uniform_bytes(&bytes(text)));
        assert_eq!(point, bytes(SAME_ELEMENT));
        Case::valid("one of four strings with the same element")
            .flag("WideField")
            .input("bytes", *text)
            .output("point", Json::hex(&point))
    });
    sentences.chain(same).collect()
}

fn generators() -> Vec<Case> {
    let generators = Generators::new();
    let h = Case::valid("H").input("name", Json::hex(b"H")).output("point", hex(&generators.h));
    let rest = (0u32..).zip(&generators.g).map(|(k, point)| {
        let mut name = b"G".to_vec();
        name.extend(k.to_le_bytes());
        Case::valid(format!("G_{k}")).bytes("name", &name).output("point", hex(point))
    });
    core::iter::once(h).chain(rest).collect()
}

fn blocks() -> [(&'static str, [u8; 16]); 5] {
    [
        ("nothing", [0; 16]),
        ("ones", [1; 16]),
        ("all bits", [0xff; 16]),
        ("a name", *b"Nombre escrito 1"),
        ("UTF-8 across a block", *"Sofía Muñoz Ñand".as_bytes().first_chunk().unwrap()),
    ]
}

fn lizards() -> Vec<Case> {
    blocks()
        .into_iter()
        .map(|(comment, block)| {
            Case::valid(comment).bytes("bytes", &block).output("point", hex(&lizard_encode(&block)))
        })
        .collect()
}

fn lizards_back() -> Vec<Case> {
    let mut cases: Vec<Case> = blocks()
        .into_iter()
        .map(|(comment, block)| {
            let point = lizard_encode(&block);
            assert_eq!(lizard_decode(&point), Some(block));
            Case::valid(comment).input("point", hex(&point)).output("bytes", Json::hex(&block))
        })
        .collect();
    let others = [
        ("the identity", group::identity()),
        ("G", GENERATOR),
        ("H", Generators::new().h),
        ("twice an encoding", lizard_encode(&[1; 16]) + lizard_encode(&[1; 16])),
    ];
    for (comment, point) in others {
        assert_eq!(lizard_decode(&point), None);
        cases.push(Case::invalid(comment, "group", "NotLizard").input("point", hex(&point)));
    }
    cases
}
