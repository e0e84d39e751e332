//! Vectors of `shuffle.md`.

use escrutinio_core::encoding::Reader;
use escrutinio_core::group::{self, ElementBytes};
use escrutinio_core::point::Point;
use escrutinio_core::proof::shuffle::{
    MemorySource, Relation, ShuffleError, ShuffleGenerators, ShuffleProof, ShuffleStatement, shuffle_keys,
};
use escrutinio_core::secret::SecretScalar;
use escrutinio_core::writein::{Prints, Rows};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};

use crate::case::{Answer, Given, hex, nothing, one, unhex};

pub(crate) fn kind(name: &str) -> Option<fn(&Given) -> Answer> {
    Some(match name {
        "shuffle-generator" => generator,
        "shuffle-keys" => keys,
        "shuffle-texts" => texts,
        "mix-keys" => mix_keys,
        "mix-texts" => mix_texts,
        _ => return None,
    })
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

fn string(text: &Value) -> ElementBytes {
    unhex(text.as_str().unwrap()).try_into().unwrap()
}

fn strings(list: &Value) -> Vec<ElementBytes> {
    list.as_array().unwrap().iter().map(string).collect()
}

/// Rows, one after another.
fn rows(list: &Value) -> Vec<ElementBytes> {
    list.as_array().unwrap().iter().flat_map(strings).collect()
}

fn point(bytes: &ElementBytes) -> Point {
    Point::new(group::decompress(bytes).unwrap())
}

/// The library keeps generators as one list; that its i-th is this one is seen by every proof.
fn generator(t: &Given) -> Answer {
    let half = group::hash_to_element(&[b"Q", &t.number("i").to_le_bytes()]);
    one("point", hex(&group::compress(&(half + half))))
}

/// The verdict on rows whose number is right.
fn verify(
    t: &Given,
    relation: Relation<'_>,
    input: &[ElementBytes],
    output: &[ElementBytes],
    [decode, refused]: [&'static str; 2],
) -> Result<Result<(), &'static str>, &'static str> {
    let context = t.array("context");
    let statement = ShuffleStatement { context: &context, position: t.position(), relation };
    let bytes = t.bytes("proof");
    let mut reader = Reader::new(&bytes);
    let shape = statement.shape(input.len() / relation.width());
    let proof = ShuffleProof::decode(&mut reader, shape).map_err(|_| decode)?;
    reader.finish().map_err(|_| decode)?;
    match statement.verify(&ShuffleGenerators::new(32), &MemorySource { input, output, proof: &proof }, &mut rng()) {
        Err(ShuffleError::Encoding { .. } | ShuffleError::Order { .. }) => Err(decode),
        verdict => Ok(verdict.map_err(|_| refused)),
    }
}

fn keys(t: &Given) -> Answer {
    let (input, output) = (strings(t.value("keys")), strings(t.value("mixed")));
    let base = point(&t.array("base"));
    let image = Point::decode_nonidentity(&mut Reader::new(&t.bytes("image"))).map_err(|_| "C4.1")?;
    if output.len() != input.len() || output.contains(&[0; 32]) {
        return Err("C4.1");
    }
    let relation = Relation::Keys { base: &base, image: &image };
    let verdict = verify(t, relation, &input, &output, ["C4.1", "C4.3"])?;
    if base == image {
        return Err("C4.3");
    }
    verdict?;
    nothing()
}

fn texts(t: &Given) -> Answer {
    let (input, output) = (rows(t.value("rows")), rows(t.value("mixed")));
    let keys = t.points("L");
    let width = keys.len() + 1;
    if output.len() != input.len() || output.iter().step_by(width).any(|first| *first == [0; 32]) {
        return Err("W2.1");
    }
    let verdict = verify(t, Relation::Texts { keys: &keys }, &input, &output, ["W2.1", "W2.4"])?;
    let prints = |rows| Prints::of(&Rows::from_points(keys.len(), rows).unwrap());
    if !prints(input).are_gone_in(&prints(output)) {
        return Err("W2.3");
    }
    verdict?;
    nothing()
}

fn secret(bytes: &[u8]) -> SecretScalar {
    SecretScalar::from_bytes(bytes.try_into().unwrap()).unwrap()
}

fn mix_keys(t: &Given) -> Answer {
    let (input, g) = (strings(t.value("keys")), secret(&t.bytes("g")));
    let (context, generators, base) = ([0; 32], ShuffleGenerators::new(32), point(&t.array("base")));
    let mixed = shuffle_keys(&context, Default::default(), &generators, &base, &input, &g, &mut rng()).unwrap();
    let raised: Vec<_> = input.iter().map(|key| group::compress(&(point(key).element * g.expose()))).collect();
    let place = |key: &ElementBytes| raised.iter().position(|other| other == key);
    Ok(json!({
        "image": hex(&mixed.base.bytes),
        "mixed": mixed.keys.iter().map(|key| hex(key)).collect::<Vec<_>>(),
        "pi": mixed.keys.iter().map(place).collect::<Vec<_>>(),
    }))
}

/// The library draws its nonces, so this is the relation alone.
fn mix_texts(t: &Given) -> Answer {
    let (input, keys) = (rows(t.value("rows")), t.points("L"));
    let nonces = strings(t.value("e"));
    let mut anew: Vec<(Vec<String>, usize)> = input
        .chunks(keys.len() + 1)
        .zip(&nonces)
        .zip(0..)
        .map(|((row, nonce), place)| {
            let nonce = secret(nonce);
            let masks = core::iter::once(group::GENERATOR).chain(keys.iter().map(|key| key.element));
            let points = row.iter().zip(masks).map(|(bytes, y)| point(bytes).element + y * nonce.expose());
            (points.map(|point| hex(&group::compress(&point))).collect(), place)
        })
        .collect();
    anew.sort_unstable();
    let (mixed, pi): (Vec<_>, Vec<_>) = anew.into_iter().unzip();
    Ok(json!({ "mixed": mixed, "pi": pi }))
}
