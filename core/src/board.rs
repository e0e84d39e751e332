//! The append-only board (`spec/board.md`).
