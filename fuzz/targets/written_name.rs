//! A written name: the normal form is its own, and is read back from its blocks.

#![no_main]

use escrutinio_core::text::{Text, from_blocks};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(name) = std::str::from_utf8(data) else { return };
    if let Ok(normal) = Text::normalise(name, 3) {
        let again = Text::normalise(normal.expose(), 3).expect("a normal form");
        assert_eq!(again.expose(), normal.expose());
        let blocks = normal.to_blocks(3).expect("it fits");
        assert_eq!(from_blocks(&blocks).expect("legible"), normal.expose());
    }
    let (blocks, _) = data.as_chunks::<16>();
    let _ = from_blocks(blocks);
});
