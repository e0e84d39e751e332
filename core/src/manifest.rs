//! The election manifest (`spec/manifest.md`).
