//! Partial decryptions and their combination (`spec/tally.md`).
