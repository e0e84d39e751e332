//! The casting server (`spec/server.md`): lets each listed voter in, takes one encrypted ballot
//! of each, and publishes the log.
//!
//! Read in this order:
//!
//! 1. [`clock`], [`random`], [`keys`], [`store`]: time, keys, two databases;
//! 2. [`election`], [`phase`], [`refusal`]: what is voted on, when, and what a client is told;
//! 3. [`access`], [`delivery`]: who comes in, and the codes that reach them;
//! 4. [`cast`], [`board`]: one ballot, from the request to the log;
//! 5. [`events`], [`lifecycle`]: the log of events; opening, closing, export, what a start repairs;
//! 6. [`desk`], [`monitor`], [`metrics`], [`baseline`]: staff, observers, the components that run;
//! 7. [`config`], [`passwords`], [`identity`], [`init`], [`http`], [`server`]: all of it put together.
//!
//! Nothing here decrypts a vote, and no module has the code for it.

#![forbid(unsafe_code)]
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the head of a module says in which order its parts are read, private ones too"
)]

pub mod access;
pub mod baseline;
pub mod board;
pub mod cast;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod desk;
pub mod election;
pub mod events;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod http;
pub mod identity;
pub mod init;
pub mod keys;
pub mod lifecycle;
pub mod metrics;
pub mod monitor;
pub mod passwords;
pub mod phase;
pub mod random;
pub mod refusal;
pub mod server;
pub mod store;
#[cfg(feature = "test-util")]
pub mod testing;
