//! Whose an account elsewhere becomes: somebody who is here already, or somebody new.

use gatehouse_protocol::{ErrorCode, Problem};

use super::{Endpoint, RequestContext, login::entry, problem};
use crate::{
    audit::Event,
    factor::password::PasswordHash,
    flow::{
        proven::Proven,
        provider::{self as flow, Proof},
    },
    identity::{Identity, IdentityId, Role, VerifiableAddress},
    storage::{AccountChange, NewIdentity, StorageError},
};

impl Endpoint {
    /// Who confirmed here the address that the provider verified.
    pub(super) async fn confirmed_owner(&self, proof: &Proof) -> Result<Option<Identity>, Problem> {
        let Some(email) = &proof.email else { return Ok(None) };
        let found = self.storage.find_by_email(email.folded()).await.map_err(problem::storage)?;
        Ok(found.map(|record| record.identity).filter(|identity| identity.confirmed_address().is_some()))
    }

    /// Lets the account open the identity.
    pub(super) async fn linked(
        &self,
        ctx: &RequestContext,
        identity: &Identity,
        proof: &Proof,
    ) -> Result<Proven, Problem> {
        let refused = Problem::new(ErrorCode::ProviderRefused);
        let added = self.storage.add_linked_account(&identity.id, &proof.account, self.now()).await;
        if !added.map_err(problem::storage)? {
            // Somebody was faster.
            return Err(refused);
        }
        self.changed(&identity.id);
        self.record(
            entry(Event::AccountLinked, ctx, Some(&identity.id)).with("provider", &proof.account.provider),
        );
        self.tell_owner_of(ctx, identity, AccountChange::AccountLinked).await;
        flow::proven(identity).ok_or(refused)
    }

    /// Somebody new, with the first of the names that nobody has.
    pub(super) async fn register_by(&self, ctx: &RequestContext, proof: &Proof) -> Result<Identity, Problem> {
        self.take_registration(ctx).await?;
        let now = self.now();
        let drawn = format!("{:06x}", self.entropy.number() & 0x00ff_ffff);
        let email = proof.email.clone().map(|address| VerifiableAddress { address, verified_at: Some(now) });
        let mut roles: Vec<Role> =
            self.settings.registration_roles.iter().filter_map(|role| Role::parse(role).ok()).collect();
        roles.sort();
        roles.dedup();
        for username in flow::names(proof, &self.settings, &drawn) {
            let new = NewIdentity {
                id: IdentityId(self.entropy.id("id")),
                username,
                email: email.clone(),
                roles: roles.clone(),
                password: PasswordHash(String::new()),
                must_change: false,
                created_at: now,
            };
            match self.storage.add_linked_identity(new, &proof.account).await {
                Ok(Some(identity)) => {
                    self.record(
                        entry(Event::IdentityCreated, ctx, Some(&identity.id))
                            .with("by", &proof.account.provider),
                    );
                    return Ok(identity);
                }
                // Another tab was faster: whoever tries again is known.
                Ok(None) => return Err(Problem::new(ErrorCode::ProviderRefused)),
                Err(StorageError::UsernameTaken) => {}
                Err(StorageError::EmailTaken) => return Err(Problem::new(ErrorCode::ProviderUnlinked)),
                Err(error) => return Err(problem::storage(error)),
            }
        }
        Err(Problem::new(ErrorCode::ProviderUnknown))
    }
}
