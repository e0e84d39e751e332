//! Aggregates, results and participation (`spec/tally.md`).
