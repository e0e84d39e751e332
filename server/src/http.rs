//! The interface over HTTP (`spec/server.md`, Interface).
