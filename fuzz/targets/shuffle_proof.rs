//! Rows and a shuffle proof: a first byte for the kind, one for the number of rows, then the rows
//! that come out and the proof.

#![no_main]

use escrutinio_core::encoding::{Encode, Reader};
use escrutinio_core::group::{self, ElementBytes};
use escrutinio_core::point::Point;
use escrutinio_core::proof::shuffle::{MemorySource, Relation, ShuffleGenerators, ShuffleProof, ShuffleStatement};
use escrutinio_core::transcript::Position;
use escrutinio_fuzz::{election, rng};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&[kind, rows], data)) = data.split_first_chunk() else { return };
    let (rows, keys) = (usize::from(rows % 9), &election().election().parameters[0].text_keys);
    let base = Point::new(group::GENERATOR);
    let image = Point::new(group::h());
    let relation = match kind % 2 {
        0 => Relation::Keys { base: &base, image: &image },
        _ => Relation::Texts { keys },
    };
    let statement = ShuffleStatement { context: &[7; 32], position: Position::default(), relation };
    let points = rows * relation.width();
    let mut reader = Reader::new(data);
    let Ok(output) = reader.take(points * 32) else { return };
    let output = output.as_chunks::<32>().0;
    let Ok(proof) = ShuffleProof::decode(&mut reader, statement.shape(rows)) else { return };
    assert_eq!(proof.to_bytes(), data[points * 32..data.len() - reader.remaining()]);
    let row = |i: u8| group::compress(&group::hash_to_element(&[b"row", &[i]]));
    let input: Vec<ElementBytes> = (0..).take(points).map(row).collect();
    let source = MemorySource { input: &input, output, proof: &proof };
    let verdict = statement.verify(&ShuffleGenerators::new(9), &source, &mut rng());
    // Of no texts everything is true.
    assert!(verdict.is_err() || (rows == 0 && kind % 2 == 1), "a proof that nobody made");
});
