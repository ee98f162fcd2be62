//! Signing in by a passkey alone: it says who it is, and proves two things at once.

use super::proven::Proven;
use crate::{
    factor::{StoredFactor, passkey::Proof},
    identity::Identity,
    session::{Method, Methods},
};

/// The passkey proved its owner. Nothing where it verified nobody, or where its owner is somebody else or disabled.
pub fn proven(identity: &Identity, kept: &StoredFactor, proof: Proof) -> Option<Proven> {
    let owner = kept.factor.identity_id == identity.id && !identity.disabled;
    let alone = proof.method() == Method::Passkey;
    (owner && alone).then(|| Proven::new(identity.id.clone(), None, Methods::only(Method::Passkey)))
}
