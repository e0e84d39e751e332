//! The protocol of Escrutinio: everything that must be computed, and everything
//! that anyone must be able to check afterwards.
//!
//! Read in this order:
//!
//! 1. [`group`], [`hash`], [`encoding`], [`transcript`]: the ground everything stands on;
//! 2. [`manifest`]: what is voted on, by which rules, with which keys;
//! 3. [`keygen`]: custodians make the election keys, nobody ever holds a secret one;
//! 4. [`credential`]: the roll committed to, half credentials, lists;
//!    [`access`] is how its holder gets in;
//! 5. [`proof`], [`ballot`]: one ballot, encrypted, proved valid, cast or audited;
//! 6. [`board`]: the append-only log and its checkpoints;
//! 7. [`tally`], [`decrypt`]: sums, partial decryptions, counts;
//! 8. [`permutation`], [`proof::shuffle`]: lists mixed so that nobody can follow a row;
//! 9. [`writein`]: written-in names, mixed, decrypted, reported;
//! 10. [`record`], [`verify`]: the published record and its checks;
//! 11. [`client_list`]: the files of the voting page.
//!
//! The crate is `no_std`, has no unsafe code, names no source of randomness (callers
//! pass a CSPRNG) and takes no encryption or proof nonce from anyone.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(any(feature = "parallel", feature = "test-util", test))]
extern crate std;

pub mod access;
pub mod acta;
pub mod ballot;
pub mod board;
pub mod client_list;
pub mod credential;
pub mod decrypt;
pub mod dlog;
pub mod encoding;
pub mod group;
pub mod hash;
pub mod ids;
pub mod keygen;
pub mod manifest;
mod parallel;
pub mod permutation;
pub mod point;
pub mod proof;
pub mod record;
pub mod secret;
pub mod signature;
pub mod tally;
#[cfg(any(test, feature = "test-util"))]
pub mod testing;
pub mod text;
pub mod transcript;
pub mod verify;
pub mod writein;
