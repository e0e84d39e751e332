//! The roll committed to, half credentials and lists (`spec/credentials.md`).
