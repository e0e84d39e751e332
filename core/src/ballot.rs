//! One ballot (`spec/ballots.md`).
