//! What a party runs during the voting.
//!
//! A *witness* of the manifest cosigns the checkpoints of both logs of an election, the board
//! and the log of acts, by C2SP tlog-witness with the rules of `spec/board.md` ("Live
//! witnesses"). Whoever has no key *follows* both logs. Either keeps the evidence when a log
//! forks or goes back, and raises an alarm.
//!
//! Read in this order:
//!
//! 1. [`election`]: the sealed record, verified; the keys of both logs;
//! 2. [`book`]: every checkpoint that was signed or seen, on the disk;
//! 3. [`journal`]: what must never be done twice, shared with the offline tool;
//! 4. [`alarm`], the evidence;
//! 5. [`witness`]: what is signed and what is refused;
//! 6. [`http`]: the witness as a server;
//! 7. [`follow`]: the same without a key;
//! 8. [`client`]: the voting page, looked at from outside;
//! 9. [`status`], [`text`]: what people and machines are told.
//!
//! The clock is an argument ([`clock`]).

#![forbid(unsafe_code)]

pub mod alarm;
pub mod book;
pub mod client;
pub mod clock;
pub mod election;
pub mod error;
pub mod follow;
pub mod http;
pub mod journal;
pub mod status;
pub mod text;
pub mod witness;

pub use election::{Election, Log};
pub use error::{Error, Result};
pub use witness::{Answer, Witness};
