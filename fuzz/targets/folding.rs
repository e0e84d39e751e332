//! The folding of names: done twice it changes nothing, and the normal form of a name folds as it.

#![no_main]

use escrutinio_core::text::Text;
use escrutinio_core::writein::fold;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(name) = std::str::from_utf8(data) else { return };
    let folded = fold(name);
    assert_eq!(fold(&folded), folded);
    if let Ok(normal) = Text::normalise(name, 8) {
        // White space aside, which names do not keep.
        let bare = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(bare(&fold(normal.expose())), bare(&folded));
    }
});
