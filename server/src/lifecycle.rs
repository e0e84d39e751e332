//! From loading to destroying (`spec/server.md`, Clock and phases): what a start checks, what the
//! clock does by itself, and what staff may ask for.
//!
//! - [`start`]: a database belongs to one election; time does not go back; what was closed stays so;
//! - [`time`]: whether the clock is believed;
//! - [`conductor`]: voting, grace, close, epochs, cosignatures, by the clock;
//! - [`zero`]: the box is shown empty; [`export`], [`voters`]: what is obtained after the close;
//! - [`keyfile`]: the end of the box key; [`publish`]: everything becomes public; [`wipe`]: the end of a rehearsal.

mod conductor;
mod error;
mod export;
mod keyfile;
mod publish;
mod start;
mod time;
mod voters;
mod wipe;
mod zero;

pub use conductor::{Conductor, ConductorParts};
pub use error::LifecycleError;
pub use export::Exported;
pub use keyfile::KeyFileError;
pub use start::{bind, check_clock, facts};
pub use voters::VotersList;
