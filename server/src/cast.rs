//! The act of casting (`spec/server.md`).
