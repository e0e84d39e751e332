//! Sends the messages that the registrar's ceremony wrote, from the registrar's own host: the
//! casting server never sees an access link (`spec/ceremony.md`).
//!
//! SMTP cannot promise that a message arrives exactly once: a connection may break after all of a
//! message was handed over and before the relay says so. What can be promised is that nothing
//! is sent twice without somebody deciding it, and that nothing is forgotten: a journal is written
//! through to the disk before the content of a message goes out and after the answer.
//!
//! 1. [`outbox`]: the folder of messages;
//! 2. [`message`]: one of them, and what goes over the wire;
//! 3. [`journal`]: what became of each;
//! 4. [`relay`]: the conversation with the relay, one message;
//! 5. [`send`]: all of them, with patience;
//! 6. [`report`]: the sending statistics.

#![forbid(unsafe_code)]

pub mod error;
pub mod journal;
pub mod message;
pub mod outbox;
pub mod relay;
pub mod report;
pub mod send;

pub use error::{Error, Result};
