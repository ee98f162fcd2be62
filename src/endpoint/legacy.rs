//! Legacy hashes cost more to verify than ours, and who has one is somebody. While there are any, an identifier of
//! nobody costs what accounts cost: as many of them pay for bcrypt as accounts do, at the same costs. Which ones
//! follows from the identifier and the key, so that asking again tells nothing more; and as hashes are upgraded,
//! identifiers change from bcrypt to none only, as accounts do.

use std::sync::{PoisonError, RwLock};

use super::Endpoint;
use crate::{
    factor::password::{BcryptCost, PasswordHash},
    storage::{LegacyHashes, StorageError},
};

/// What was last seen of legacy hashes.
#[derive(Debug)]
pub(super) struct Legacy(RwLock<LegacyHashes>);

impl Legacy {
    pub(super) const fn seen(hashes: LegacyHashes) -> Self {
        Self(RwLock::new(hashes))
    }
}

impl Endpoint {
    /// Counts the legacy hashes again.
    pub(super) async fn count_legacy(&self) -> Result<(), StorageError> {
        let counted = self.storage.legacy_hashes().await?;
        *self.legacy.0.write().unwrap_or_else(PoisonError::into_inner) = counted;
        Ok(())
    }

    /// The bcrypt cost that an identifier of nobody pays, if it pays any. `met` is the hash of this very login, if
    /// there is one: the first legacy hash since another process imported people is not waited a minute for.
    pub(super) async fn legacy_cost(
        &self,
        folded: &str,
        met: Option<&PasswordHash>,
    ) -> Result<Option<BcryptCost>, StorageError> {
        let none = self.legacy.0.read().unwrap_or_else(PoisonError::into_inner).counts.is_empty();
        if none && met.is_some_and(PasswordHash::is_legacy) {
            self.count_legacy().await?;
        }
        let hashes = self.legacy.0.read().unwrap_or_else(PoisonError::into_inner);
        Ok(drawn(&hashes, &self.key.mac("legacy", folded.as_bytes())))
    }
}

/// What falls to an identifier with this MAC: one draw decides whether, another at which cost.
fn drawn(hashes: &LegacyHashes, mac: &[u8; 32]) -> Option<BcryptCost> {
    let [first, second, ..] = mac.as_chunks::<8>().0 else { return None };
    let legacy = hashes.counts.iter().map(|(_, count)| count).sum();
    if below(*first, hashes.passwords) >= legacy {
        return None;
    }
    let mut left = below(*second, legacy);
    hashes.counts.iter().find_map(|(cost, count)| {
        if left < *count {
            return Some(*cost);
        }
        left -= count;
        None
    })
}

/// A number below `bound`, evenly: these bytes are the fraction.
fn below(bytes: [u8; 8], bound: u64) -> u64 {
    let product = u128::from(u64::from_be_bytes(bytes)) * u128::from(bound);
    u64::try_from(product >> 64).unwrap_or_default()
}

#[cfg(test)]
mod tests;
