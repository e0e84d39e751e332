//! Texts of the board are lines with one spelling each.

use alloc::vec::Vec;

use base64ct::{Base64, Encoding};

/// Takes lines off the front of a text; each ends with a line feed.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'a>(&'a str);

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// What follows the lines taken.
    pub(crate) fn rest(&self) -> &'a str {
        self.0
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    /// The next line; `None` at the end, and where the last line is not closed.
    fn next(&mut self) -> Option<&'a str> {
        let (line, rest) = self.0.split_once('\n')?;
        self.0 = rest;
        Some(line)
    }
}

/// A decimal number without sign or leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = text == "0" || !text.starts_with('0');
    if digits && canonical { text.parse().ok() } else { None }
}

/// Standard base64 with padding, and no other spelling of the same bytes.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).ok()
}

/// The same, of exactly `N` bytes.
pub(super) fn base64_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    base64(text)?.try_into().ok()
}

/// 64 lower-case hexadecimal digits.
pub(crate) fn hex_hash(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        for digit in pair {
            *byte = *byte << 4 | hex_digit(*digit)?;
        }
    }
    Some(hash)
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'a'..=b'f' => digit.checked_sub(b'a' - 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
        for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "18446744073709551616", "1_0", "\u{661}"] {
            assert_eq!(decimal(text), None, "{text:?}");
        }
    }

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(base64("").unwrap(), b"");
        assert_eq!(base64("/+8=").unwrap(), [0xff, 0xef]);
        // Without padding, too much of it, trailing bits, the other alphabet, white space.
        for text in ["/+8", "/+8==", "/+9=", "_-8=", "/+8=\n", "/+ 8=", "=", "AA=A", "AB==", "A===", "AAAAA"] {
            assert_eq!(base64(text), None, "{text:?}");
        }
        assert_eq!(base64_array::<2>("/+8="), Some([0xff, 0xef]));
        assert_eq!(base64_array::<3>("/+8="), None);
    }

    #[test]
    fn hashes_are_lower_case() {
        let text = "00ff10a9".repeat(8);
        assert_eq!(crate::ids::hex(&hex_hash(&text).unwrap()), text);
        for text in [&text[1..], &text.to_uppercase(), &text.replace('a', "g"), ""] {
            assert_eq!(hex_hash(text), None);
        }
    }

    #[test]
    fn lines_are_closed() {
        let mut lines = Lines::new("a\n\nb");
        assert_eq!(lines.next(), Some("a"));
        assert_eq!(lines.next(), Some(""));
        assert_eq!(lines.next(), None);
        assert_eq!(lines.rest(), "b");
    }
}
