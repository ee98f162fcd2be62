//! Passkeys as they are found and used, and the challenges that were answered.

use async_trait::async_trait;

use super::Result;
use crate::{
    clock::Timestamp,
    factor::{FactorId, StoredFactor},
    session::TokenHash,
};

/// What passkeys need beside what every factor does. They are added and removed as factors are.
#[async_trait]
pub trait PasskeyRepository {
    /// The passkey with this id, whoever has it.
    async fn find_passkey(&self, credential_id: &[u8]) -> Result<Option<StoredFactor>>;
    /// Remembers a use of a passkey and its counter, which rises or stays zero. False if it went back or stood still, or if
    /// the passkey is gone.
    async fn use_passkey(&self, id: &FactorId, counter: u32, now: Timestamp) -> Result<bool>;
    /// Uses a challenge up that nobody kept; it is remembered until it expires. False if it was used before.
    async fn use_challenge(&self, hash: TokenHash, expires_at: Timestamp, now: Timestamp) -> Result<bool>;
}
