//! `cargo xtask seized`: who has every disk matches no voter with a ballot.

mod carve;
mod controls;
mod naive;
mod needles;
mod statistics;
mod tables;
mod wanted;
