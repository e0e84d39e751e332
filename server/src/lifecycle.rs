//! From loading to destroying (`spec/server.md`, Clock and phases): what a start checks, what the
//! clock does by itself, and what staff may ask for.
//!
//! - [`start`]: a database belongs to one election; time does not go back; what was closed stays so;
//! - [`time`]: whether the clock is believed;
//! - [`conductor`]: voting, grace, close, epochs, cosignatures, by the clock; [`instances`]: what they wait for of others;
//! - [`zero`]: the box is shown empty; [`export`], [`voters`]: what is obtained after the close;
//! - [`destroy`]: the end of the box key, [`keyfile`]: in its file; [`publish`]: everything becomes public; [`wipe`]: the end of a rehearsal.

mod conductor;
mod destroy;
mod error;
mod export;
mod instances;
mod keyfile;
mod publish;
mod start;
mod time;
mod voters;
mod wipe;
mod zero;

pub use conductor::{Conductor, ConductorParts};
pub use destroy::{KeyFile, is_destroyed};
pub use error::LifecycleError;
pub use export::Exported;
pub use keyfile::{KeyFileError, destroy_box_key, finish_file};
pub use start::{bind, check_clock, check_policy, facts};
pub use voters::VotersList;
