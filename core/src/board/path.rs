//! `<N>[.p/<W>]`: how tlog-tiles names the N-th tile or bundle, W wide if it is not full.

use alloc::format;
use alloc::string::String;
use core::fmt::{self, Write};

use super::lines::decimal;

/// Hashes of a full tile, entries of a full bundle.
pub(super) const FULL: u16 = 256;

/// Place and width of a tile within its level, or of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) index: u64,
    /// From 1 to 256.
    pub(super) width: u16,
}

impl Slot {
    /// Slot `index` of a row of `count` items; `None` if it is empty.
    pub(super) fn of_row(index: u64, count: u64) -> Option<Self> {
        let before = index.checked_mul(u64::from(FULL))?;
        let left = count.checked_sub(before)?.min(u64::from(FULL));
        let width = u16::try_from(left).ok()?;
        (width > 0).then_some(Self { index, width })
    }

    /// All slots of a row of `count` items.
    pub(super) fn row(count: u64) -> impl Iterator<Item = Self> {
        (0..count.div_ceil(u64::from(FULL))).filter_map(move |index| Self::of_row(index, count))
    }

    /// Reads the form that `Display` writes, and no other.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (index, width) = match text.split_once(".p/") {
            None => (text, FULL),
            Some((index, width)) => {
                (index, decimal(width).and_then(|w| u16::try_from(w).ok()).filter(|w| (1..FULL).contains(w))?)
            }
        };
        let mut digits = String::new();
        let mut groups = index.split('/').peekable();
        while let Some(group) = groups.next() {
            let group = if groups.peek().is_some() { group.strip_prefix('x')? } else { group };
            if group.len() != 3 {
                return None;
            }
            digits.push_str(group);
        }
        let significant = digits.trim_start_matches('0');
        let index = if significant.is_empty() { 0 } else { decimal(significant)? };
        let slot = Self { index, width };
        // One name for every slot: no superfluous groups.
        (format!("{slot}") == text).then_some(slot)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = format!("{}", self.index);
        while !digits.len().is_multiple_of(3) {
            digits.insert(0, '0');
        }
        for (i, digit) in digits.chars().enumerate() {
            if i.is_multiple_of(3) {
                if i > 0 {
                    f.write_char('/')?;
                }
                if i.saturating_add(3) < digits.len() {
                    f.write_char('x')?;
                }
            }
            f.write_char(digit)?;
        }
        if self.width < FULL { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn names() {
        for (index, width, name) in [
            (0, 256, "000"),
            (0, 1, "000.p/1"),
            (123, 255, "123.p/255"),
            (1234, 256, "x001/234"),
            (999_999, 256, "x999/999"),
            (1_234_067, 7, "x001/x234/067.p/7"),
        ] {
            let slot = Slot { index, width };
            assert_eq!(slot.to_string(), name);
            assert_eq!(Slot::parse(name), Some(slot));
        }
        let last = Slot { index: u64::MAX, width: 1 };
        assert_eq!(Slot::parse(&last.to_string()), Some(last));
    }

    #[test]
    fn refuses_other_names() {
        for name in [
            "",
            "0",
            "00",
            "0000",
            "x000/001",
            "001/234",
            "x001/x234",
            "x1/234",
            "x001/",
            "/000",
            "000/",
            "+12",
            "000.p/0",
            "000.p/256",
            "000.p/01",
            "000.p/",
            "000.p/+1",
            "000.p/1.p/1",
            "-01",
            "00a",
            "00\u{663}",
            "x018/x446/x744/x073/x709/x551/616",
            "x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(Slot::parse(name), None, "{name}");
        }
    }

    #[test]
    fn rows() {
        let widths = |count| Slot::row(count).map(|slot| slot.width).collect::<Vec<_>>();
        assert!(widths(0).is_empty());
        assert_eq!(widths(1), [1]);
        assert_eq!(widths(256), [256]);
        assert_eq!(widths(513), [256, 256, 1]);
        assert_eq!(Slot::of_row(2, 512), None);
        assert_eq!(Slot::of_row(u64::MAX, u64::MAX), None);
    }
}
