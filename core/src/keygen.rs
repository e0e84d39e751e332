//! Distributed key generation (`spec/keygen.md`).
