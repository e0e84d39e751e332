//! The numbered checks (`spec/verification.md`).
