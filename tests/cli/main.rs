//! The real program on real folders: every command, its refusals, and what scripts read.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on stops"
)]

mod administration;
mod bad_days;
mod copying;
mod declared;
mod importing;
mod kit;
mod logging;
mod postgres;
mod providers;
mod refusals;
mod server;
mod server_database;
mod serving;
mod stopping;
mod upstream;
