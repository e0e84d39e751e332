//! The count record (`spec/tally.md`).
