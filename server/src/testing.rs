//! What tests of the server need: databases that last as long as a test, elections in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::print_stdout,
    reason = "it serves tests, which fail where it panics"
)]

mod databases;
mod fixture;
mod postgres;
mod site;
mod witness;

pub use databases::Databases;
pub use fixture::{Conducted, Fixture, Running};
pub use postgres::Cluster;
pub use site::{Live, OBSERVER, PASSWORD, Site};
pub use witness::Witness;
