//! What betrays a ballot in a file: any of its parts, in any of the spellings that programs use.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use escrutinio_core::ids::hex;

/// Bytes that every needle has at least: shorter ones would be found by chance.
const SHORTEST: usize = 8;
/// Bits of the filter that most positions of a file do not pass.
const FILTER: u32 = 24;

/// Byte strings that will be looked for.
#[derive(Debug, Default)]
pub(crate) struct Words(Vec<Needle>);

/// Which thing, which part of it, in which bytes.
#[derive(Debug)]
struct Needle {
    head: u64,
    thing: usize,
    part: u8,
    bytes: Box<[u8]>,
}

/// Byte strings, each belonging to a numbered thing, in the order of their first bytes.
#[derive(Debug)]
pub(crate) struct Needles {
    filter: Vec<u64>,
    sorted: Vec<Needle>,
}

/// Where something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Which thing.
    pub(crate) thing: usize,
    /// Which part of it.
    pub(crate) part: u8,
    /// Where in the bytes.
    pub(crate) at: usize,
}

impl Words {
    /// Looks for these bytes as they are.
    pub(crate) fn add(&mut self, thing: usize, part: u8, bytes: &[u8]) {
        if let Some(head) = bytes.first_chunk::<SHORTEST>() {
            self.0.push(Needle { head: u64::from_le_bytes(*head), thing, part, bytes: bytes.into() });
        }
    }

    /// Looks for random bytes in binary, hexadecimal and base64, wherever in a base64 text they begin.
    pub(crate) fn add_spelled(&mut self, thing: usize, part: u8, bytes: &[u8]) {
        self.add(thing, part, bytes);
        let small = hex(bytes);
        self.add(thing, part, small.as_bytes());
        self.add(thing, part, small.to_uppercase().as_bytes());
        for skipped in 0..3 {
            let rest = bytes.get(skipped..).unwrap_or_default();
            let whole = rest.len().saturating_sub(rest.len().checked_rem(3).unwrap_or(0));
            let rest = rest.get(..whole).unwrap_or_default();
            let (usual, of_urls) = (Base64::encode_string(rest), Base64UrlUnpadded::encode_string(rest));
            if usual != of_urls {
                self.add(thing, part, of_urls.as_bytes());
            }
            self.add(thing, part, usual.as_bytes());
        }
    }

    /// All of them together.
    pub(crate) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Ready to be looked for.
    pub(crate) fn needles(mut self) -> Needles {
        self.0.sort_unstable_by(|a, b| (a.head, a.thing, a.part, &a.bytes).cmp(&(b.head, b.thing, b.part, &b.bytes)));
        self.0.dedup_by(|a, b| (a.thing, a.part, &a.bytes) == (b.thing, b.part, &b.bytes));
        let mut filter = vec![0u64; 1 << (FILTER - 6)];
        for needle in &self.0 {
            let (word, bit) = slot(needle.head);
            if let Some(word) = filter.get_mut(word) {
                *word |= bit;
            }
        }
        Needles { filter, sorted: self.0 }
    }
}

/// Word and bit of the filter.
fn slot(head: u64) -> (usize, u64) {
    let mixed = head.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - FILTER);
    (usize::try_from(mixed >> 6).unwrap_or(0), 1 << (mixed & 63))
}

impl Needles {
    /// Every place where a needle stands.
    pub(crate) fn find(&self, bytes: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (at, head) in bytes.windows(SHORTEST).enumerate() {
            let Some(head) = head.first_chunk::<SHORTEST>().map(|head| u64::from_le_bytes(*head)) else { continue };
            let (word, bit) = slot(head);
            if self.filter.get(word).is_none_or(|word| word & bit == 0) {
                continue;
            }
            let first = self.sorted.partition_point(|needle| needle.head < head);
            let same = self.sorted.get(first..).unwrap_or_default().iter().take_while(|needle| needle.head == head);
            for needle in same {
                if bytes.get(at..).is_some_and(|rest| rest.starts_with(&needle.bytes)) {
                    hits.push(Hit { thing: needle.thing, part: needle.part, at });
                }
            }
        }
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_spelling_where_it_stands() {
        let bytes: Vec<u8> = (0..32u8).map(|n| n.wrapping_mul(37) ^ 0x5a).collect();
        let mut words = Words::default();
        words.add_spelled(7, 1, &bytes);
        let needles = words.needles();
        for before in 0..4usize {
            let whole = [vec![b'x'; before], bytes.clone(), vec![1, 2, 3]].concat();
            let texts = [
                whole.clone(),
                hex(&whole).into_bytes(),
                hex(&whole).to_uppercase().into_bytes(),
                Base64::encode_string(&whole).into_bytes(),
                Base64UrlUnpadded::encode_string(&whole).into_bytes(),
            ];
            for text in texts {
                let hits = needles.find(&text);
                assert_eq!(hits.first().unwrap().thing, 7, "{before}: {}", String::from_utf8_lossy(&text));
            }
        }
        let mut other = bytes.clone();
        other[31] ^= 1;
        assert!(needles.find(&other).is_empty());
        assert_eq!(needles.find(&[vec![0; 5], bytes].concat()), [Hit { thing: 7, part: 1, at: 5 }]);
    }
}
