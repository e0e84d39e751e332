//! Names read from the points of a row, whatever was encrypted: what is legible is a normal form, and
//! the points are its own.

#![no_main]

use escrutinio_core::group;
use escrutinio_core::ids::ElectionId;
use escrutinio_core::text::{Text, from_points};
use escrutinio_core::writein::report;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // Blocks of 16 bytes as Lizard has them, or strings of 32 that may be points.
    let Some((kind, data)) = data.split_first() else { return };
    let points: Vec<_> = if kind % 2 == 0 {
        data.as_chunks::<16>().0.iter().map(group::lizard_encode).collect()
    } else {
        data.as_chunks::<32>().0.iter().filter_map(group::decompress).collect()
    };
    if let Ok(name) = from_points(&points) {
        let normal = Text::normalise(&name, points.len()).expect("a name that is shown is normal");
        assert_eq!(normal.expose(), name);
        assert_eq!(*normal.to_points(points.len()).expect("it was in as many"), points);
    }
    let texts = report(ElectionId([1; 32]), 0, 100, 1, points.chunks(2));
    assert!(texts.names.iter().map(|named| named.votes).sum::<u64>() + texts.illegible == texts.texts);
});
