//! The casting server (`spec/server.md`).
