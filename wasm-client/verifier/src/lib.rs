//! Verifies a whole election in the browser. The verifier is the core's; this hands it the page's files
//! and tells the page how far it is. It is a wasm of its own: the voting page does not carry it.

mod progress;
mod verdict;

#[cfg(target_arch = "wasm32")]
mod exports;

pub use progress::{Steps, phase_name};
pub use verdict::verdict;
