//! The published record (`spec/record.md`).
