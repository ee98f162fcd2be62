//! What every storage backend promises (`contract/`), and what only PostgreSQL can get wrong (`postgres/`).
//!
//! A new backend is a test in [`kit::each_backend`] and one function beside [`kit::sqlite`]. PostgreSQL is found through
//! `eval "$(tools/postgres start)"`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that can't go on stops"
)]

mod contract;
mod kit;
mod postgres;
