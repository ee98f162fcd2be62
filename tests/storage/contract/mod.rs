//! The promises of `src/storage/mod.rs`, a file per trait.

mod session;
