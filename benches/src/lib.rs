//! What the protocol costs, seen through its public interface alone.
//!
//! `cargo run --release -p escrutinio-benches -- table` prints one table for reading or, with
//! `--json`, for machines; `cargo bench -p escrutinio-benches` follows each step over time.

#![forbid(unsafe_code)]

pub mod ballots;
pub mod machine;
pub mod peer;
pub mod shuffles;
pub mod table;
pub mod tally;
pub mod timing;
