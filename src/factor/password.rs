//! The password factor: what a good password is, what is stored of one, and the bounded pool that hashes.

mod hash;
mod hasher;
mod judge;
mod legacy;

pub use hash::PasswordHash;
pub use hasher::{Busy, Hasher, Load, Verified, Work};
pub use judge::Judge;
pub use legacy::{Bcrypt, BcryptCost, BcryptError};
