//! The password factor: hashes, and the bounded pool that computes them.

mod hash;

pub use hash::PasswordHash;
