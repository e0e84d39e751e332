//! `shuffle.json`: generators, shuffles of keys and texts, true and false; and with the secrets of
//! mixers, `shuffle-INSECURE-secrets.json`.

mod forgeries;
mod given;
mod mixer;
mod secrets;

use escrutinio_core::group::{self, Element, GENERATOR, Scalar};
use escrutinio_core::transcript::Position;
use given::Given;
use mixer::{Relation, Shuffle};

use super::case::{Case, Flag, Vectors};
use super::json::Json;

const FLAGS: &[Flag] = &[
    ("Matrix", "does not prove that a permutation was committed to", "a row is dropped and another one doubled"),
    ("Responses", "does not tie the responses to the commitments", "one key is doubled and another one halved"),
    ("Rows", "does not tie the rows that come out to the responses", "rows are exchanged for any others"),
    ("Base", "does not tie the power of the keys to that of the base", "no voter's secret fits the lists any more"),
    ("SamePower", "takes a base that has not changed", "a mix hides nothing"),
    ("Factor", "does not prove one and the same factor for all points of a row", "texts are changed, or rows linked"),
    ("Order", "takes rows that are out of order, or come twice", "a mixer tells its permutation by the order"),
    ("Encoding", "takes strings that are not canonical", "one proof has many encodings"),
    ("Identity", "takes the identity for a key or for a first point", "a base gives everybody's key; a row is no row"),
    ("Count", "does not compare the number of rows", "rows are dropped or put in"),
    ("Length", "takes a proof of another length", "one proof has many encodings, or equations are vacuous"),
    ("Changed", "leaves a part of the proof out of an equation", "a proof can be changed"),
    ("Context", "does not bind the proof to its place", "a mix is taken to another list, contest or election"),
    ("Statement", "does not bind the proof to what went in", "other rows are put in after the proof"),
    ("Generators", "takes generators from the prover", "whoever knows their logarithms shuffles in what it likes"),
    ("LateChallenge", "draws a challenge that does not depend on all that stands before it", "anything can be proved"),
    ("NoProof", "takes zeros for a proof", "anything is a mix"),
    (
        "NotEncryptedAnew",
        "does not compare the rows that come out with those that went in",
        "a mix that only permutes, or adds one point to all components, is undone by anyone",
    ),
];

/// Where the proofs of these vectors stand, and in which election or roll.
pub(super) const CONTEXT: [u8; 32] = [0x5a; 32];
pub(super) const KEYS_AT: Position =
    Position { contest: None, style: Some(2), unit: Some(1), role: Some(1), index: Some(3) };
pub(super) const TEXTS_AT: Position =
    Position { contest: Some(4), style: None, unit: None, role: Some(2), index: Some(3) };

pub(super) fn vectors() -> Vec<(String, String)> {
    let mut file = Vectors::new("shuffle", "The verifiable shuffle: shuffle.md.", FLAGS);
    file.group("shuffle-generator", "Q_i: whoever verifies computes them.", generators());
    for n in [0, 1, 2, 5, 17] {
        let given = Given::honest_keys(n);
        let comment = format!("Credential keys, {n} of them.");
        file.group_in("shuffle-keys", &comment, given.setting(), vec![given.accepted("an honest mix")]);
    }
    for (n, m) in [(0, 1), (1, 1), (3, 1), (8, 1), (0, 3), (1, 3), (3, 3), (8, 3)] {
        let given = Given::honest_texts(n, m);
        let comment = format!("Texts of {m} points, {n} of them.");
        file.group_in("shuffle-texts", &comment, given.setting(), vec![given.accepted("an honest mix")]);
    }
    for (kind, given) in [("shuffle-keys", Given::honest_keys(3)), ("shuffle-texts", Given::honest_texts(3, 2))] {
        let with_baseline = |cases: Vec<Case>| {
            let baseline = given.accepted("the baseline: all others differ from it in one thing");
            core::iter::once(baseline).chain(cases).collect()
        };
        file.group_in(kind, "The statement changed.", given.setting(), with_baseline(statements(&given)));
        file.group_in(kind, "What was published changed.", given.setting(), with_baseline(published(&given)));
        file.group_in(kind, "The proof changed.", given.setting(), with_baseline(proofs(&given)));
    }
    for (kind, comment, baseline, cases) in forgeries::all() {
        let cases = core::iter::once(baseline.accepted("the baseline: an honest mix")).chain(cases).collect();
        file.group_in(kind, comment, baseline.setting(), cases);
    }
    vec![file.file(), secrets::vectors()]
}

/// An element that follows from a name and a number.
pub(super) fn element(name: &str, number: usize) -> Element {
    group::hash_to_element(&[b"vector ", name.as_bytes(), &u32::try_from(number).unwrap().to_le_bytes()])
}

/// A scalar that follows from a name and a number.
pub(super) fn scalar(name: &str, number: usize) -> Scalar {
    group::hash_to_scalar("vector-shuffle", &[name.as_bytes(), &u32::try_from(number).unwrap().to_le_bytes()].concat())
}

/// Credential keys that go in.
pub(super) fn keys(n: usize) -> Vec<Element> {
    let mut keys: Vec<Element> = (0..n).map(|i| element("credential", i)).collect();
    keys.sort_by_key(group::compress);
    keys
}

/// Texts that go in: ciphertexts under the keys, whose logarithms are given.
pub(super) fn rows(n: usize, logs: &[Scalar]) -> Vec<Vec<Element>> {
    (0..n)
        .map(|i| {
            let a = GENERATOR * scalar("text nonce", i);
            let texts = logs.iter().enumerate().map(|(k, log)| a * log + element("text", 8 * (i % 3) + k));
            core::iter::once(a).chain(texts).collect()
        })
        .collect()
}

/// Logarithms of text keys.
pub(super) fn text_logs(m: usize) -> Vec<Scalar> {
    (0..m).map(|k| scalar("text key", k)).collect()
}

fn generators() -> Vec<Case> {
    [0, 1, 2, 255, 256, 65_535, 65_536, 1_048_575]
        .into_iter()
        .map(|i| {
            Case::valid(format!("Q_{i}"))
                .input("i", i)
                .output("point", Json::hex(&group::compress(&mixer::generator(i))))
        })
        .collect()
}

/// The same proof for another statement.
fn statements(given: &Given) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut push = |comment: String, flag: &'static str, change: &dyn Fn(&mut Shuffle)| {
        let mut other = given.clone();
        change(&mut other.shuffle);
        cases.push(other.refused(comment, given.proof_code(), flag, given));
    };
    push("another roll or election".into(), "Context", &|s| s.context[0] ^= 1);
    push("another number of the mix".into(), "Context", &|s| s.position.role = s.position.role.map(|n| n + 1));
    push("another custodian".into(), "Context", &|s| s.position.index = s.position.index.map(|n| n + 1));
    match &given.shuffle.relation {
        Relation::Keys { .. } => {
            push("a list of another style".into(), "Context", &|s| s.position.style = Some(0));
            push("a list of another unit".into(), "Context", &|s| s.position.unit = Some(0));
            push("style and unit exchanged".into(), "Context", &|s| {
                (s.position.style, s.position.unit) = (s.position.unit, s.position.style);
            });
            push("another base went in".into(), "Statement", &|s| {
                if let Relation::Keys { base, .. } = &mut s.relation {
                    *base += GENERATOR;
                }
            });
        }
        Relation::Texts { keys } => {
            push("another contest".into(), "Context", &|s| s.position.contest = Some(3));
            for k in 0..keys.len() {
                push(format!("another key L_{k}"), "Statement", &move |s| {
                    if let Relation::Texts { keys } = &mut s.relation {
                        keys[k] += GENERATOR;
                    }
                });
            }
            push("two keys exchanged".into(), "Statement", &|s| {
                if let Relation::Texts { keys } = &mut s.relation {
                    keys.swap(0, 1);
                }
            });
        }
    }
    for j in 0..given.shuffle.rows() {
        for k in 0..given.shuffle.width() {
            push(format!("another point went in: row {j}, component {k}"), "Statement", &move |s| {
                s.input[j][k] += GENERATOR;
            });
        }
    }
    push("the rows that went in stand in another order".into(), "Statement", &|s| s.input.swap(0, 1));
    cases
}

/// Other rows with the same proof.
fn published(given: &Given) -> Vec<Case> {
    let mut cases = Vec::new();
    let (decode, proof) = (given.decode_code(), given.proof_code());
    let width = given.shuffle.width();
    let mut push = |comment: String, code, flag, change: &dyn Fn(&mut Given)| {
        let mut other = given.clone();
        change(&mut other);
        cases.push(other.refused(comment, code, flag, given));
    };
    if let Relation::Keys { base, .. } = &given.shuffle.relation {
        let base = *base;
        push("another base comes out".into(), proof, "Base", &|g| g.image = bump(&g.image));
        push("the base that went in comes out".into(), proof, "SamePower", &|g| g.image = group::compress(&base));
        push("the base that comes out is the identity".into(), decode, "Identity", &|g| g.image = [0; 32]);
        push("the base that comes out is not canonical".into(), decode, "Encoding", &|g| g.image = negative());
    }
    let sorted = |g: &mut Given| g.sort_output();
    for i in 0..given.shuffle.rows() {
        for k in 0..width {
            let at = i * width + k;
            push(format!("row {i}, component {k} replaced, in order"), proof, "Rows", &move |g| {
                g.output[at] = bump(&g.output[at]);
                sorted(g);
            });
            push(format!("row {i}, component {k}: odd, so not canonical"), decode, "Encoding", &move |g| {
                g.output[at] = negative();
            });
            push(format!("row {i}, component {k}: the field's order and more"), decode, "Encoding", &move |g| {
                g.output[at] = [0xff; 32];
            });
        }
        push(format!("row {i} dropped"), decode, "Count", &move |g| {
            g.output.drain(i * width..(i + 1) * width);
        });
        push(format!("row {i} comes twice, another one not at all"), decode, "Order", &move |g| {
            let row = g.output[i * width..(i + 1) * width].to_vec();
            let other = (i + 1) % 3 * width;
            g.output[other..other + width].copy_from_slice(&row);
            sorted(g);
        });
    }
    push("rows 0 and 1 exchanged".into(), decode, "Order", &|g| {
        for k in 0..width {
            g.output.swap(k, width + k);
        }
    });
    push("a row too many".into(), decode, "Count", &|g| {
        let more = mixer::bytes(&(0..width).map(|k| element("more", k)).collect::<Vec<_>>());
        g.output.extend(more);
        sorted(g);
    });
    push("no row at all".into(), decode, "Count", &|g| g.output.clear());
    push("the first point of a row is the identity".into(), decode, "Identity", &|g| {
        g.output[0] = [0; 32];
        sorted(g);
    });
    if width > 1 {
        push("a text point is the identity".into(), proof, "Rows", &|g| g.output[1] = [0; 32]);
        push("the texts of two rows exchanged".into(), proof, "Rows", &|g| {
            for k in 1..width {
                g.output.swap(k, width + k);
            }
        });
        push("two text points of a row exchanged".into(), proof, "Rows", &|g| g.output.swap(1, 2));
    }
    cases
}

/// The same rows with another proof.
fn proofs(given: &Given) -> Vec<Case> {
    let mut cases = Vec::new();
    let (decode, proof) = (given.decode_code(), given.proof_code());
    let mut push = |comment: String, code, flag, change: &dyn Fn(&mut Vec<[u8; 32]>)| {
        let mut other = given.clone();
        change(&mut other.proof);
        cases.push(other.refused(comment, code, flag, given));
    };
    let names = given.names();
    let points = names.len() - given.shuffle.rows() - 3;
    for (at, name) in names.iter().enumerate() {
        if at < points {
            push(format!("{name} changed"), proof, "Changed", &move |p| p[at] = bump(&p[at]));
            push(format!("{name} is not canonical"), decode, "Encoding", &move |p| p[at] = negative());
        } else {
            push(format!("{name} changed"), proof, "Changed", &move |p| {
                p[at] = (group::decode_scalar(&p[at]).unwrap() + Scalar::ONE).to_bytes();
            });
            push(format!("{name} and the order"), decode, "Encoding", &move |p| p[at] = and_order(&p[at]));
        }
    }
    push("C_0 and C_1 exchanged".into(), proof, "Changed", &|p| p.swap(0, 1));
    push("D_0 and D_1 exchanged".into(), proof, "Changed", &|p| p.swap(3, 4));
    push("z_0 and z_1 exchanged".into(), proof, "Changed", &move |p| p.swap(points, points + 1));
    push("zeros".into(), proof, "NoProof", &|p| p.fill([0; 32]));
    push("a string too few".into(), decode, "Length", &|p| p.truncate(p.len() - 1));
    push("a string too many".into(), decode, "Length", &|p| p.push([0; 32]));
    push("a proof for one row less".into(), decode, "Length", &|p| drop(p.drain(..3)));
    cases
}

/// Another point.
fn bump(point: &[u8; 32]) -> [u8; 32] {
    group::compress(&(group::decompress(point).unwrap() + GENERATOR))
}

/// The string of an odd field element.
fn negative() -> [u8; 32] {
    let mut string = [0; 32];
    string[0] = 1;
    string
}

/// The same scalar, not reduced.
fn and_order(scalar: &[u8; 32]) -> [u8; 32] {
    // The order less one, and one.
    let order = (-Scalar::ONE).to_bytes();
    let mut carry = 1u16;
    core::array::from_fn(|i| {
        let sum = u16::from(scalar[i]) + u16::from(order[i]) + carry;
        carry = sum >> 8;
        u8::try_from(sum & 0xff).unwrap()
    })
}
