//! One module per act; each function is one step of the ceremony.

pub mod accounts;
pub mod custodian;
pub mod election;
pub mod key;
pub mod official;
pub mod roll;
pub mod transcript;
