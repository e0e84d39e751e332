//! Access: from a link or a user name to a session (`spec/server.md`, Access).

pub mod api;
mod attempt;
pub mod secret;
pub mod totp;
