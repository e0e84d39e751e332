//! Tracking codes for people (`spec/encoding.md`): Crockford's base 32 with his check
//! symbol, in groups of four.

use alloc::string::String;
use core::fmt;

use crate::ids::TrackingCode;

/// The values 0 to 31, then the check values 32 to 36.
const SYMBOLS: &[u8; 37] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";
/// Symbols of 256 bits and four zero bits.
const DIGITS: usize = 52;
/// Symbols of a group.
const GROUP: usize = 4;
/// Crockford's check is a remainder of this prime.
const CHECK: u16 = 37;

/// What is wrong with a code that was typed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodeError {
    /// A character that is no symbol, or a check symbol before the end.
    Symbol(char),
    /// Another number of symbols than 53.
    Length {
        /// Symbols found.
        actual: usize,
    },
    /// The last digit holds more than the code: some symbol is wrong.
    Padding,
    /// The check symbol is another one: some symbol is wrong.
    Check,
    /// The code is right, but not in the form that files hold.
    Form,
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Symbol(symbol) => write!(f, "{symbol:?} does not belong in a tracking code"),
            Self::Length { actual } => write!(f, "a tracking code has 53 symbols, not {actual}"),
            Self::Padding | Self::Check => f.write_str("a symbol of the tracking code is wrong"),
            Self::Form => f.write_str("the tracking code is not grouped as files hold it"),
        }
    }
}

impl core::error::Error for CodeError {}

/// The code as people and files have it.
#[must_use]
pub fn format_code(code: &TrackingCode) -> String {
    let mut text = String::with_capacity(DIGITS + DIGITS / GROUP + 1);
    let (mut held, mut bits) = (0u16, 0u32);
    let mut digits = 0usize;
    let mut put = |value: u16| {
        if digits.is_multiple_of(GROUP) && digits > 0 {
            text.push('-');
        }
        digits = digits.saturating_add(1);
        text.push(SYMBOLS.get(usize::from(value)).copied().map_or('0', char::from));
    };
    for byte in code.as_bytes() {
        held = (held << 8) | u16::from(*byte);
        bits = bits.saturating_add(8);
        while bits >= 5 {
            bits = bits.saturating_sub(5);
            put(held >> bits);
            held &= (1 << bits) - 1;
        }
    }
    // One bit is left; four zero bits fill its digit.
    put(held << 4);
    put(check(code));
    text
}

/// Reads a code as people write it: either case, `O` for 0, `I` and `L` for 1, hyphens and
/// spaces wherever they stand.
///
/// # Errors
/// [`CodeError`] if it is no code.
pub fn parse_code(text: &str) -> Result<TrackingCode, CodeError> {
    let symbols = || text.chars().filter(|c| *c != '-' && *c != ' ');
    let actual = symbols().count();
    let mut code = [0u8; 32];
    let mut bytes = code.iter_mut();
    let (mut held, mut bits) = (0u16, 0u32);
    let mut check_value = None;
    for (i, symbol) in symbols().enumerate() {
        let value = value(symbol).ok_or(CodeError::Symbol(symbol))?;
        if i >= DIGITS {
            check_value = Some(value);
            continue;
        }
        if value >= 32 {
            return Err(CodeError::Symbol(symbol));
        }
        held = (held << 5) | value;
        bits = bits.saturating_add(5);
        if bits >= 8 {
            bits = bits.saturating_sub(8);
            if let Some(byte) = bytes.next() {
                *byte = u8::try_from(held >> bits).unwrap_or_default();
            }
            held &= (1 << bits) - 1;
        }
    }
    if actual != DIGITS + 1 {
        return Err(CodeError::Length { actual });
    }
    if held != 0 {
        return Err(CodeError::Padding);
    }
    let code = TrackingCode(code);
    if check_value == Some(check(&code)) { Ok(code) } else { Err(CodeError::Check) }
}

/// Reads a code in the form of [`format_code`], as files hold it.
///
/// # Errors
/// [`CodeError`] if it is no code, or in another form.
pub fn parse_canonical_code(text: &str) -> Result<TrackingCode, CodeError> {
    let code = parse_code(text)?;
    if format_code(&code) == text { Ok(code) } else { Err(CodeError::Form) }
}

fn check(code: &TrackingCode) -> u16 {
    code.as_bytes().iter().fold(0, |rest, byte| ((rest << 8) | u16::from(*byte)) % CHECK)
}

fn value(symbol: char) -> Option<u16> {
    let symbol = match symbol.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let position = SYMBOLS.iter().position(|known| char::from(*known) == symbol)?;
    u16::try_from(position).ok()
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    const ZERO: &str = "0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-0";
    // The last digit is one bit and four zeros. 2^36 = 1 modulo 37, so 2^256 - 1 = 2^4 - 1 = 15.
    const ONES: &str = "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZG-F";

    #[test]
    fn extremes() {
        assert_eq!(format_code(&TrackingCode([0; 32])), ZERO);
        assert_eq!(format_code(&TrackingCode([0xff; 32])), ONES);
        assert_eq!(parse_canonical_code(ZERO), Ok(TrackingCode([0; 32])));
        assert_eq!(parse_canonical_code(ONES), Ok(TrackingCode([0xff; 32])));
    }

    #[test]
    fn known_answers() {
        // Computed with integers of unlimited size.
        for (first, step, text) in [
            (0, 1, "000G-40R4-0M30-E209-185G-R38E-1W81-24GK-2GAH-C5RR-34D1-P70X-3RFG-2"),
            (157, 83, "KQR4-75Q9-7J7Y-4DC8-VCQ8-3N17-FB6J-0WY6-35PB-Y4K5-Q05N-XC84-AYN0-C"),
        ] {
            let mut byte: u8 = first;
            let code = TrackingCode(core::array::from_fn(|_| {
                let this = byte;
                byte = byte.wrapping_add(step);
                this
            }));
            assert_eq!(format_code(&code), text);
            assert_eq!(parse_canonical_code(text), Ok(code));
        }
    }

    #[test]
    fn check_symbols_of_the_whole_alphabet() {
        // Small numbers are their own remainders, and the last byte holds them.
        let mut code = [0; 32];
        for (value, symbol) in (0u8..37).zip(*SYMBOLS) {
            code[31] = value;
            let text = format_code(&TrackingCode(code));
            assert_eq!(text.chars().last(), Some(char::from(symbol)));
            assert_eq!(parse_code(&text.to_lowercase()), Ok(TrackingCode(code)));
        }
    }

    #[test]
    fn people_write_as_they_like() {
        let code = TrackingCode([0x08; 32]);
        let text = format_code(&code);
        assert!(text.contains('0') && text.contains('1'));
        for written in [
            text.to_lowercase(),
            text.replace('0', "O").replace('1', "I"),
            text.replace('0', "o").replace('1', "l"),
            text.replace('-', ""),
            text.replace('-', " "),
            format!(" {} ", text.replace('-', " - ")),
        ] {
            assert_eq!(parse_code(&written), Ok(code), "{written}");
            assert_eq!(parse_canonical_code(&written), Err(CodeError::Form));
        }
    }

    #[test]
    fn refuses_what_is_no_code() {
        assert_eq!(parse_code(""), Err(CodeError::Length { actual: 0 }));
        assert_eq!(parse_code(&ZERO[1..]), Err(CodeError::Length { actual: 52 }));
        assert_eq!(parse_code(&format!("{ZERO}0")), Err(CodeError::Length { actual: 54 }));
        assert_eq!(parse_code(&ZERO.replacen('0', "!", 1)), Err(CodeError::Symbol('!')));
        assert_eq!(parse_code(&ZERO.replacen('0', "U", 1)), Err(CodeError::Symbol('U')));
        assert_eq!(parse_code(&ZERO.replacen('0', "é", 1)), Err(CodeError::Symbol('é')));
        assert_eq!(parse_code(&ONES.replace('G', "H")), Err(CodeError::Padding));
        assert_eq!(parse_code(&ONES.replace('F', "G")), Err(CodeError::Check));
        assert_eq!(parse_code(&"0".repeat(100_000)), Err(CodeError::Length { actual: 100_000 }));
    }

    proptest! {
        #[test]
        fn round_trip(bytes in any::<[u8; 32]>()) {
            let code = TrackingCode(bytes);
            prop_assert_eq!(parse_canonical_code(&format_code(&code)), Ok(code));
        }

        #[test]
        fn one_wrong_symbol_or_two_swapped_are_noticed(
            bytes in any::<[u8; 32]>(), at in 0usize..52, by in 1u16..32,
        ) {
            let text = format_code(&TrackingCode(bytes)).replace('-', "");
            let mut symbols: Vec<char> = text.chars().collect();
            let changed = (value(symbols[at]).unwrap() + by) % 32;
            symbols[at] = char::from(SYMBOLS[usize::from(changed)]);
            prop_assert!(parse_code(&symbols.iter().collect::<String>()).is_err());
            let mut symbols: Vec<char> = text.chars().collect();
            if symbols[at] != symbols[at + 1] {
                symbols.swap(at, at + 1);
                prop_assert!(parse_code(&symbols.iter().collect::<String>()).is_err());
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
            if let Ok(code) = parse_canonical_code(&text) {
                prop_assert_eq!(format_code(&code), text);
            }
        }
    }
}
