//! The two logs: ballots and acts (`spec/board.md`).

mod codes;

pub(crate) use codes::codes;
