//! What proves an identity. Each factor is a file.

pub mod passkey;
pub mod password;
pub mod recovery_code;
mod stored;
pub mod totp;

pub use stored::{FactorId, FactorKind, FactorName, NewFactor, StoredFactor};
