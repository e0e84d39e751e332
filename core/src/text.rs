//! Written-in names as group elements (`spec/ballots.md`).
