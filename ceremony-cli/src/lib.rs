//! The offline ceremony tool.
//!
//! Every act of an election that is held in a room, before witnesses, on machines without
//! a network: from the draft of the manifest to the published record. Read in this order:
//!
//! 1. [`session`], [`ui`], [`answers`], [`text`], [`error`], [`report`]: how a step is asked for and answered;
//! 2. [`files`], [`sealed`], [`person`]: what is written, what is secret, who holds keys;
//! 3. [`workspace`], [`transcript_log`]: the folder of an election, and the record of its acts;
//! 4. [`draft`], [`preview`]: the manifest as people write it;
//! 5. [`ceremony`], [`custody`]: the table of a key ceremony, and what a custodian keeps;
//! 6. [`commands`]: the steps, one function each. The binary does no more than call them.
//!
//! Randomness, clock and answers are passed in ([`session::Session`]): a rehearsal with a
//! seed runs the code of the real ceremony.

#![forbid(unsafe_code)]

pub mod answers;
pub mod ceremony;
pub mod commands;
pub mod custody;
pub mod draft;
pub mod error;
pub mod files;
pub mod person;
pub mod preview;
pub mod report;
pub mod roll;
pub mod sealed;
pub mod session;
pub mod source;
pub mod text;
pub mod transcript_log;
pub mod ui;
pub mod workspace;
