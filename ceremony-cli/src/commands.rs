//! One module per act; each function is one step of the ceremony.

pub mod election;
pub mod official;
pub mod transcript;
