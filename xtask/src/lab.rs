//! Real programs on loopback: the server, witnesses, PostgreSQL.

pub(crate) mod clock;
pub(crate) mod counts;
pub(crate) mod desk;
pub(crate) mod election;
pub(crate) mod house;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod programs;
pub(crate) mod server;
pub(crate) mod site;
pub(crate) mod voters;
pub(crate) mod wire;
pub(crate) mod witness;
