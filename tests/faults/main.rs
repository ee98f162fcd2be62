//! What a database and its network can do to replicas: the real program, a real PostgreSQL that a test owns.
//!
//! In every test the same must hold: what was acknowledged is there afterwards, whoever was signed out stays out (also
//! while the database is away), no answer shows a word of the inside, and everything recovers without a restart.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on stops"
)]

mod answer;
mod away;
mod clock;
#[path = "../cluster/mod.rs"]
mod cluster;
mod connections;
mod disk;
mod load;
mod replica;
mod restart;
mod wire;
