//! Access, from the link to the session, on every database there is.
//!
//! Tests are named by the rows of the requirements that they show.

#![allow(
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::as_conversions,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    reason = "it fails where it panics"
)]

mod close;
mod contact;
mod first;
mod hygiene;
mod limits;
mod login;
mod order;
mod throughput;
mod world;
