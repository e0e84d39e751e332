//! Which spellings are one name (`spec/writeins.md`, folding).

use alloc::string::String;

use unicode_normalization::UnicodeNormalization;

/// The form under which spellings of one name are equal: without accents and without the
/// difference of capital and small letters. N with tilde is another letter than N.
#[must_use]
pub fn fold(name: &str) -> String {
    name.nfd()
        .filter(|c| !matches!(c, '\u{300}' | '\u{301}' | '\u{302}' | '\u{308}'))
        .map(|c| c.to_ascii_uppercase())
        .nfc()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_many_spellings() {
        for (a, b) in [
            ("PÉREZ", "Pérez"),
            ("Pérez", "perez"),
            ("pe\u{301}rez", "pérez"),
            ("Güemes", "guemes"),
            ("Zoë", "ZOE"),
            ("crêpe", "crepe"),
            ("là", "la"),
            ("Núñez", "NUÑEZ"),
            ("Nun\u{303}ez", "nuñez"),
            ("N\u{303}", "ñ"),
            // The tilde stays wherever it stands among other marks.
            ("n\u{303}\u{301}", "ñ"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
        assert_eq!(fold("Núñez Ñandú"), "NUÑEZ ÑANDU");
    }

    #[test]
    fn other_names() {
        for (a, b) in [
            ("Ñ", "N"),
            ("ñ", "n"),
            ("peña", "pena"),
            // Greek and Cyrillic letters that look Latin.
            ("ANA", "\u{391}NA"),
            ("Ana", "\u{410}na"),
            ("Ana", "Аna"),
            ("I", "l"),
            // Accents other than the four, and other cedillas and rings.
            ("ã", "a"),
            ("ç", "c"),
            ("å", "a"),
            // Only a-z change their case.
            ("ß", "SS"),
            ("ı", "I"),
            ("ж", "Ж"),
            ("Ana Eva", "AnaEva"),
            ("ﬁ", "fi"),
        ] {
            assert_ne!(fold(a), fold(b), "{a} {b}");
        }
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for name in ["Núñez", "a\u{303}\u{301}", "Ελένη", "ﬁ", "한국", "n\u{301}\u{303}"] {
            assert_eq!(fold(&fold(name)), fold(name));
        }
    }
}
