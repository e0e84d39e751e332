//! The components that run, compared with their baseline.
