//! One module per act; each function is one step of the ceremony.

pub mod accounts;
pub mod acta;
pub mod acts;
pub mod ballot_box;
pub mod count;
pub mod custodian;
pub mod destroy;
pub mod election;
pub mod inspect;
pub mod key;
pub mod lottery;
pub mod mix;
pub mod official;
pub mod record;
pub mod roll;
pub mod status;
pub mod transcript;
pub mod writein;
