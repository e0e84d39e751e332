//! The voting page's cryptography. The protocol is the core's; this is what a page in a browser asks of
//! it, call by call, with JSON for what it shows and bytes for what it sends.
//!
//! - [`device`]: what the worker holds while somebody votes, and every step;
//! - [`marks`]: from the marks on the screen to an option;
//! - [`info`]: the ballot as the page draws it;
//! - [`public`]: what anyone can check without a session;
//! - `exports`: the same for JavaScript, in the browser only. `web/src/worker.js` is its only caller.
//!
//! Secrets stay in [`device::Device`] and are wiped there; a choice goes in and never comes back out.

pub mod device;
pub mod error;
pub mod files;
pub mod info;
pub mod json;
pub mod marks;
pub mod public;

#[cfg(target_arch = "wasm32")]
mod exports;

pub use device::Device;
pub use error::{Error, Result};
