//! What every storage backend promises (`contract/`), and what only SQLite can get wrong (`sqlite/`).
//!
//! A new backend is one line in [`kit::each_backend`] and one function beside [`kit::sqlite`].

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that can't go on stops"
)]

mod contract;
mod kit;
