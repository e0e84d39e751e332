//! Written-in names: normalised, padded, and as group elements (`spec/ballots.md`).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::ballot::TextBlock;
use crate::group::{self, Element};

/// Bytes of one block, encoded as one element.
const BLOCK: usize = 16;

/// A written-in name in its normal form: NFC, trimmed, single spaces, not empty. It is part
/// of a vote: wiped when dropped, never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Text(String);

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(..)")
    }
}

/// Why an input is no name. It does not repeat the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextError {
    /// Nothing but spaces.
    Empty,
    /// A control character.
    Control,
    /// A character that no name has: of another script, invisible, a symbol.
    Character,
    /// More bytes than the contest has room for.
    TooLong {
        /// The most bytes that fit.
        limit: usize,
        /// Bytes of the normal form.
        actual: usize,
    },
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the name is empty"),
            Self::Control => f.write_str("the name contains a control character"),
            Self::Character => f.write_str("the name contains a character that is not of the Latin script"),
            Self::TooLong { limit, actual } => write!(f, "the name has {actual} bytes, {limit} fit"),
        }
    }
}

impl core::error::Error for TextError {}

/// Elements or blocks that are not the encoding of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Illegible;

impl fmt::Display for Illegible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the encoding of a name")
    }
}

impl core::error::Error for Illegible {}

impl Text {
    /// The normal form of an input, for a contest of `points` text points.
    ///
    /// # Errors
    /// [`TextError`] says why there is none.
    pub fn normalise(input: &str, points: usize) -> Result<Self, TextError> {
        Self::of_characters(input.nfc(), points)
    }

    /// The same for an input that is in the normal form NFC already, as a browser makes it: the tables of
    /// Unicode are larger than all else that a voting page carries. What is not in that form is no name
    /// for whoever reads it later.
    ///
    /// # Errors
    /// [`TextError`] says why there is none.
    pub fn of_nfc(input: &str, points: usize) -> Result<Self, TextError> {
        Self::of_characters(input.chars(), points)
    }

    fn of_characters(input: impl Iterator<Item = char>, points: usize) -> Result<Self, TextError> {
        let limit = points.saturating_mul(BLOCK);
        // All the room at once: a string that grows leaves copies behind.
        let mut text = Self(String::with_capacity(limit));
        let mut actual = 0usize;
        let mut space = false;
        for c in input {
            if c.is_control() {
                return Err(TextError::Control);
            }
            if c.is_whitespace() {
                space = true;
                continue;
            }
            if !is_of_names(c) {
                return Err(TextError::Character);
            }
            let separator = (space && actual > 0).then_some(' ');
            space = false;
            for c in separator.into_iter().chain([c]) {
                actual = actual.saturating_add(c.len_utf8());
                if actual <= limit {
                    text.0.push(c);
                }
            }
        }
        match actual {
            0 => Err(TextError::Empty),
            _ if actual > limit => Err(TextError::TooLong { limit, actual }),
            _ => Ok(text),
        }
    }

    /// The normal form, for the voter's own screen.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text in blocks, padded with zero bytes to `points` of them; blocks that it does
    /// not fit in are refused.
    ///
    /// # Errors
    /// [`TextError::TooLong`].
    pub fn to_blocks(&self, points: usize) -> Result<Zeroizing<Vec<TextBlock>>, TextError> {
        let mut blocks = Zeroizing::new(alloc::vec![[0; BLOCK]; points]);
        let room = blocks.as_flattened_mut();
        let (limit, actual) = (room.len(), self.0.len());
        room.get_mut(..actual).ok_or(TextError::TooLong { limit, actual })?.copy_from_slice(self.0.as_bytes());
        Ok(blocks)
    }

    /// The elements M_k of the text. They give it away as the text itself does.
    ///
    /// # Errors
    /// [`TextError::TooLong`].
    pub fn to_points(&self, points: usize) -> Result<Zeroizing<Vec<Element>>, TextError> {
        Ok(Zeroizing::new(self.to_blocks(points)?.iter().map(group::lizard_encode).collect()))
    }
}

/// Reads padded blocks that somebody disclosed.
///
/// # Errors
/// [`Illegible`] unless they hold exactly the normal form of a text, padded with zeros.
pub fn from_blocks(blocks: &[TextBlock]) -> Result<String, Illegible> {
    legible(blocks, Text::normalise)
}

/// The same without the tables of Unicode ([`Text::of_nfc`]): whether the text is in the normal form NFC
/// is for the caller to see.
///
/// # Errors
/// [`Illegible`] as of [`from_blocks`].
pub fn from_nfc_blocks(blocks: &[TextBlock]) -> Result<String, Illegible> {
    legible(blocks, Text::of_nfc)
}

fn legible(
    blocks: &[TextBlock],
    normal: impl FnOnce(&str, usize) -> Result<Text, TextError>,
) -> Result<String, Illegible> {
    let text = core::str::from_utf8(unpadded(blocks)).map_err(|_| Illegible)?;
    let normal = normal(text, blocks.len()).map_err(|_| Illegible)?;
    if normal.expose() == text { Ok(String::from(text)) } else { Err(Illegible) }
}

/// The bytes before the zeros at the end.
fn unpadded(blocks: &[TextBlock]) -> &[u8] {
    let bytes = blocks.as_flattened();
    let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
    bytes.get(..length).unwrap_or_default()
}

/// What padded blocks hold, whatever it is, in characters that everybody sees: ASCII as it is, every other
/// character by its number, and so every byte that is part of none.
#[must_use]
pub fn escaped(blocks: &[TextBlock]) -> String {
    let mut out = String::new();
    for chunk in unpadded(blocks).utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                ' '..='~' => out.push(c),
                _ => out.extend(c.escape_unicode()),
            }
        }
        out.extend(chunk.invalid().iter().flat_map(|byte| core::ascii::escape_default(*byte)).map(char::from));
    }
    out
}

/// Reads elements that somebody decrypted and disclosed.
///
/// # Errors
/// [`Illegible`] unless they encode exactly the normal form of a text.
pub fn from_points(points: &[Element]) -> Result<String, Illegible> {
    let blocks = points.iter().map(group::lizard_decode).collect::<Option<Vec<_>>>().ok_or(Illegible)?;
    from_blocks(&blocks)
}

/// A text as it may stand on a screen: what would control it, turn the direction of writing or not
/// be seen stands there as its number.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_format(c) || matches!(c, '\u{2028}' | '\u{2029}') {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// The characters of a name (`spec/ballots.md`): Latin script with its marks, and punctuation. All are
/// old, so every version of Unicode gives one normal form; none is invisible or changes a direction.
fn is_of_names(c: char) -> bool {
    matches!(
        c,
        ' '..='~'
            | '\u{a1}'..='\u{ac}'
            | '\u{ae}'..='\u{34e}'
            | '\u{350}'..='\u{36f}'
            | '\u{1e00}'..='\u{1eff}'
            | '\u{2010}'..='\u{2027}'
            | '\u{2030}'..='\u{205e}'
            | '\u{a78b}'..='\u{a78c}'
    )
}

/// General category Cf of Unicode 17: what changes how other characters look, and is not
/// seen itself. The standard library does not tell this category.
fn is_format(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    fn normal(input: &str) -> Result<String, TextError> {
        Text::normalise(input, 3).map(|text| text.expose().to_string())
    }

    // R-BAL-31.
    #[test]
    fn spanish_names_are_accepted_composed_or_not() {
        assert_eq!(normal("Núñez Ñandú").unwrap(), "Núñez Ñandú");
        assert_eq!(normal("Nu\u{301}n\u{303}ez N\u{303}andu\u{301}").unwrap(), "Núñez Ñandú");
        let text = Text::normalise("Núñez Ñandú", 3).unwrap();
        assert_eq!(from_points(&text.to_points(3).unwrap()).unwrap(), "Núñez Ñandú");
    }

    #[test]
    fn spaces_are_trimmed_and_single() {
        assert_eq!(normal("  María \u{a0}\u{2003} Pérez\u{3000}").unwrap(), "María Pérez");
        assert_eq!(normal(""), Err(TextError::Empty));
        assert_eq!(normal(" \u{a0}\u{2028} "), Err(TextError::Empty));
    }

    #[test]
    fn invisible_characters_are_refused() {
        for c in ['\0', '\t', '\n', '\u{7f}', '\u{85}'] {
            assert_eq!(normal(&format!("Ana{c}")), Err(TextError::Control));
        }
        for c in ['\u{ad}', '\u{34f}', '\u{200b}', '\u{200d}', '\u{202e}', '\u{2066}', '\u{feff}', '\u{e0041}'] {
            assert_eq!(normal(&format!("A{c}na")), Err(TextError::Character));
        }
    }

    /// Characters whose normal form, or whose being a letter, depends on the version of Unicode would be
    /// names to one verifier and not to another.
    #[test]
    fn other_scripts_are_refused() {
        for c in ['Α', 'А', '漢', 'ʰ', '\u{370}', '\u{897}', '\u{13439}', '\u{1e4ec}', '\u{105d2}', '€', '🙂'] {
            let latin = ('\u{2b0}'..='\u{2ff}').contains(&c);
            assert_eq!(normal(&format!("A{c}")).is_ok(), latin, "{c:?}");
        }
        for name in ["Xóchitl", "K'inich", "Ꞌñuu", "Nguyễn", "Łukasz Żółć", "O’Higgins", "José-María 2.º"]
        {
            assert_eq!(normal(name).unwrap(), name);
        }
    }

    #[test]
    fn length_counts_bytes_of_the_normal_form() {
        let fits = "ñ".repeat(24);
        assert_eq!(normal(&format!("  {fits} ")).unwrap(), fits);
        assert_eq!(normal(&"n\u{303}".repeat(24)).unwrap(), fits);
        assert_eq!(normal(&format!("{fits} a")), Err(TextError::TooLong { limit: 48, actual: 50 }));
        assert_eq!(Text::normalise("a", 0).unwrap_err(), TextError::TooLong { limit: 0, actual: 1 });
        let text = Text::normalise(&fits, 3).unwrap();
        assert_eq!(text.to_blocks(2).unwrap_err(), TextError::TooLong { limit: 32, actual: 48 });
    }

    #[test]
    fn every_point_is_filled() {
        let text = Text::normalise("Ana", 3).unwrap();
        let blocks = text.to_blocks(3).unwrap();
        assert_eq!(blocks.len(), 3);
        assert_eq!(&blocks[0], b"Ana\0\0\0\0\0\0\0\0\0\0\0\0\0");
        assert_eq!((blocks[1], blocks[2]), ([0; 16], [0; 16]));
    }

    #[test]
    fn only_normal_texts_are_legible() {
        let block = |text: &str| {
            let mut block = [0; 16];
            block[..text.len()].copy_from_slice(text.as_bytes());
            block
        };
        assert_eq!(from_blocks(&[block("Ana")]).unwrap(), "Ana");
        for text in ["", " Ana", "Ana ", "A  na", "n\u{303}", "A\0na", "A\u{202e}na"] {
            assert_eq!(from_blocks(&[block(text)]), Err(Illegible), "{text:?}");
        }
        for text in ["Αna", "Аna", "李", "A\u{34f}na", "\u{897}\u{316}"] {
            assert_eq!(from_blocks(&[block(text)]), Err(Illegible), "{text:?}");
        }
        assert_eq!(from_blocks(&[[0xff; 16]]), Err(Illegible));
        assert_eq!(from_blocks(&[[0; 16], block("Ana")]), Err(Illegible));
        assert_eq!(from_points(&[group::identity()]), Err(Illegible));
        assert_eq!(from_points(&[group::hash_to_element(&[b"x"])]), Err(Illegible));
        assert_eq!(from_points(&[]), Err(Illegible));
    }

    /// What a device can have encrypted that is to look like a name.
    #[test]
    fn nothing_written_is_hidden() {
        let blocks = |text: &[u8]| {
            let mut blocks = [[0; 16]; 2];
            blocks.as_flattened_mut()[..text.len()].copy_from_slice(text);
            blocks
        };
        let shown = |text: &str| escaped(&blocks(text.as_bytes()));
        assert_eq!(shown("Ana Ruiz "), "Ana Ruiz ");
        assert_eq!(shown("ANA\u{200b}RUIZ"), "ANA\\u{200b}RUIZ");
        assert_eq!(shown("A\u{202e}zi\u{34f}\u{a0}"), "A\\u{202e}zi\\u{34f}\\u{a0}");
        assert_eq!(shown("N\u{fa}n\u{303}ez"), "N\\u{fa}n\\u{303}ez");
        assert_eq!(shown("a\0b\n\\u{200b}"), "a\\u{0}b\\u{a}\\\\u{200b}");
        assert_eq!(escaped(&blocks(b"\xc3(\xff")), "\\xc3(\\xff");
        assert_eq!(shown(""), "");
        // In another normal form a text is legible only for who does not look for it.
        for text in ["Nu\u{301}n\u{303}ez", "Núñez"] {
            assert_eq!(from_nfc_blocks(&blocks(text.as_bytes())).unwrap(), text);
            assert_eq!(from_blocks(&blocks(text.as_bytes())).is_ok(), text == "Núñez");
        }
        for text in ["ANA\u{200b}RUIZ", "Ana  Ruiz", " Ana", "Ana\u{a0}Ruiz", ""] {
            assert_eq!(from_nfc_blocks(&blocks(text.as_bytes())), Err(Illegible), "{text:?}");
        }
    }

    #[test]
    fn what_controls_a_screen_is_made_visible() {
        assert_eq!(visible("Núñez <b> = 'x' é\u{301} 李"), "Núñez <b> = 'x' é\u{301} 李");
        assert_eq!(visible("a\u{1b}[31m\u{202e}b\u{200b}\n"), "a\\u{1b}[31m\\u{202e}b\\u{200b}\\u{a}");
        assert_eq!(visible("\u{2028}\u{9b}"), "\\u{2028}\\u{9b}");
    }

    #[test]
    fn never_prints_the_name() {
        assert_eq!(format!("{:?}", Text::normalise("Ana", 1).unwrap()), "Text(..)");
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_normal_and_comes_back(input in "[ -~\u{a1}-\u{36f}\u{1e00}-\u{1eff}\u{2009}-\u{2030}\u{a78a}-\u{a78d}]{0,24}") {
            if let Ok(text) = Text::normalise(&input, 8) {
                let again = Text::normalise(text.expose(), 8).unwrap();
                prop_assert_eq!(again.expose(), text.expose());
                prop_assert_eq!(from_points(&text.to_points(8).unwrap()).unwrap(), text.expose());
            }
        }
    }
}
