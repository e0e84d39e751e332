//! The interface over HTTP (`spec/server.md`, Interface): what every request passes before a
//! handler sees it, and every answer before it leaves.
//!
//! 1. [`connections`], [`proxy`]: who may connect, and whose a connection is;
//! 2. [`listener`]: sockets, TLS 1.3, times, the end in good order;
//! 3. [`protect`], [`rate`], [`harden`]: what surrounds every route;
//! 4. [`problem`], [`body`]: errors and bodies.
//!
//! There is no log of requests. A fault is logged without anything that came from outside.

mod body;
mod connections;
mod harden;
pub mod listener;
pub mod problem;
mod protect;
mod proxy;
mod rate;

pub use listener::{Listener, ListenerError};
pub use problem::{Problem, ProblemBody};
pub use protect::{Protection, protect};

#[cfg(test)]
mod tests;
