//! What betrays a ballot in a file: any of its parts, in any of the spellings that programs use.

use std::collections::HashMap;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use escrutinio_core::ids::hex;

/// Bytes that every needle has at least: shorter ones would be found by chance.
const SHORTEST: usize = 8;
/// Bits of the filter that most positions of a file do not pass.
const FILTER: u32 = 20;

/// Byte strings, each belonging to a numbered thing.
#[derive(Debug)]
pub(crate) struct Needles {
    filter: Vec<bool>,
    strings: HashMap<[u8; SHORTEST], Vec<Needle>>,
}

/// Which thing, which part of it, in which bytes.
#[derive(Debug)]
struct Needle {
    thing: usize,
    part: u8,
    bytes: Vec<u8>,
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

fn slot(head: [u8; SHORTEST]) -> usize {
    let mixed = u64::from_le_bytes(head).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> (64 - FILTER)).unwrap_or(0)
}

impl Needles {
    pub(crate) fn new() -> Self {
        Self { filter: vec![false; 1 << FILTER], strings: HashMap::new() }
    }

    /// Looks for these bytes as they are.
    pub(crate) fn add(&mut self, thing: usize, part: u8, bytes: &[u8]) {
        let Some(head) = bytes.first_chunk::<SHORTEST>() else { return };
        if let Some(place) = self.filter.get_mut(slot(*head)) {
            *place = true;
        }
        self.strings.entry(*head).or_default().push(Needle { thing, part, bytes: bytes.to_vec() });
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
            self.add(thing, part, Base64::encode_string(rest).as_bytes());
            self.add(thing, part, Base64UrlUnpadded::encode_string(rest).as_bytes());
        }
    }

    /// Every place where a needle stands.
    pub(crate) fn find(&self, bytes: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (at, head) in bytes.windows(SHORTEST).enumerate() {
            let Some(head) = head.first_chunk::<SHORTEST>() else { continue };
            if !self.filter.get(slot(*head)).copied().unwrap_or(false) {
                continue;
            }
            for needle in self.strings.get(head).into_iter().flatten() {
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
        let mut needles = Needles::new();
        needles.add_spelled(7, 1, &bytes);
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
