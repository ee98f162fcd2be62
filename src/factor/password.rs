//! The password factor: what a good password is, what is stored of one, and the bounded pool that hashes.

mod hash;
mod hasher;
mod judge;

pub use hash::PasswordHash;
pub use hasher::{Busy, Hasher, Verified};
pub use judge::Judge;
