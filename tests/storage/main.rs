//! What every storage backend promises (`contract/`), and what only SQLite can get wrong (`sqlite/`).
//!
//! A new backend is one line in [`kit::each_backend`] and one function beside [`kit::sqlite`].

mod contract;
mod kit;
