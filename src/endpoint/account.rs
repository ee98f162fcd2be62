//! The account page: what somebody sees of the own account, and changes there.

use gatehouse_protocol::{
    AccountOverview, AccountState, AccountStep, ErrorCode, FactorSummary, Field, Problem, SecondFactor,
    SessionSummary,
};

use super::{Answer, CookieChange, Endpoint, RequestContext, login::entry, problem};
use crate::{
    audit::Event,
    factor::{FactorId, FactorKind, FactorName, StoredFactor},
    flow::proven,
    session::{AssuranceLevel, LiveSession, SessionId},
    storage::{AccountChange, AddressSide, Removal},
};

impl Endpoint {
    /// One thing done on the account page.
    pub async fn account(
        &self,
        ctx: &RequestContext,
        step: AccountStep,
    ) -> Result<Answer<AccountState>, Problem> {
        self.question(ctx)?;
        // Whoever follows a link of a mail need not be signed in here.
        let link = match &step {
            AccountStep::ApproveAddress { token } => Some((token, AddressSide::Present)),
            AccountStep::ConfirmAddress { token } => Some((token, AddressSide::New)),
            _ => None,
        };
        if let Some((token, side)) = link {
            return self.follow_address_link(ctx, token, side).await;
        }
        let live = self.signed_in(ctx).await?;
        match step {
            AccountStep::Overview {}
            | AccountStep::ApproveAddress { .. }
            | AccountStep::ConfirmAddress { .. } => {}
            AccountStep::RemoveFactor { id } => self.remove_factor(ctx, &live, FactorId(id)).await?,
            AccountStep::RenameFactor { id, name } => {
                let name = FactorName::parse(&name).map_err(|code| Problem::of(Field::Username, code))?;
                let owner = &live.identity.id;
                let renamed = self.storage.rename_factor(owner, &FactorId(id), &name, self.now()).await;
                known(renamed.map_err(problem::storage)?)?;
            }
            AccountStep::EndSession { id } => self.end_own_session(ctx, &live, SessionId(id)).await?,
            AccountStep::EndOtherSessions {} => {
                let (owner, own) = (&live.identity.id, &live.session.id);
                let ended = self.storage.revoke_sessions(owner, Some(own), self.now()).await;
                ended.map_err(problem::storage)?;
                self.changed(owner);
                self.record(entry(Event::SessionEnded, ctx, Some(owner)).with("by", "owner"));
            }
            AccountStep::Export {} => return self.export(ctx, &live).await,
            AccountStep::Delete {} => return self.delete_own_account(ctx, &live).await,
            AccountStep::LinkProvider { name, return_to } => {
                return self.link_provider(ctx, &live, &name, return_to.as_deref()).await;
            }
            AccountStep::UnlinkProvider { id } => self.unlink_provider(ctx, &live, &id).await?,
            AccountStep::ProveAgain { name, return_to } => {
                return self.prove_by_provider(ctx, &live, &name, return_to.as_deref()).await;
            }
            AccountStep::ChangeAddress { email } => self.change_address(ctx, &live, &email).await?,
            AccountStep::CancelAddress {} => self.cancel_address(ctx, &live).await?,
            AccountStep::SetPassword { password } => self.set_own_password(ctx, &live, &password).await?,
        }
        let account = Box::new(self.overview(ctx, &live).await?);
        Ok(Answer::new(AccountState::Overview { account }))
    }

    pub(super) async fn overview(
        &self,
        ctx: &RequestContext,
        live: &LiveSession,
    ) -> Result<AccountOverview, Problem> {
        let identity = &live.identity;
        let record = self.record_of(&identity.id).await?;
        let (linked, linkable) = self.linked_and_linkable(ctx, &self.linked_accounts(&identity.id).await?);
        let factors = self.factors(&identity.id).await?;
        let recovery_codes =
            self.storage.count_recovery_codes(&identity.id).await.map_err(problem::storage)?;
        Ok(AccountOverview {
            username: identity.username.as_str().to_owned(),
            email: identity.email.as_ref().map(|email| email.address.as_str().to_owned()),
            email_verified: identity.confirmed_address().is_some(),
            roles: identity.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            managed: identity.source.is_some(),
            factor_required: proven::required(&self.settings, identity) >= AssuranceLevel::Aal2,
            factors: factors.iter().map(summary).collect(),
            recovery_codes,
            sessions: self.own_sessions(live).await?,
            phone: self.sms.is_some() && proven::may_enroll(&self.settings, identity),
            has_password: record.is_some_and(|record| record.password.is_some()),
            linked,
            pending_address: self.pending_address(&identity.id).await?,
            linkable: if identity.source.is_some() { Vec::new() } else { linkable },
        })
    }

    async fn own_sessions(&self, live: &LiveSession) -> Result<Vec<SessionSummary>, Problem> {
        let now = self.now();
        let found = self.storage.list_sessions(&live.identity.id).await.map_err(problem::storage)?;
        let alive = found.into_iter().filter(|one| one.session.end(now).is_none());
        Ok(alive
            .map(|LiveSession { session, .. }| SessionSummary {
                current: session.id == live.session.id,
                id: session.id.0,
                user_agent: session.user_agent,
                address: session.address,
                created_at: session.created_at.0,
                last_used_at: session.last_used_at.0,
            })
            .collect())
    }

    async fn remove_factor(
        &self,
        ctx: &RequestContext,
        live: &LiveSession,
        id: FactorId,
    ) -> Result<(), Problem> {
        let identity = &live.identity;
        let factors = self.factors(&identity.id).await?;
        self.fresh(live, &factors)?;
        known(factors.iter().any(|kept| kept.factor.id == id))?;
        let keep_one = proven::required(&self.settings, identity) >= AssuranceLevel::Aal2;
        let ways = self.ways_in();
        let removed = self.storage.remove_factor(&identity.id, &id, keep_one, &ways, self.now()).await;
        match removed.map_err(problem::storage)? {
            Removal::Done => {}
            Removal::Unknown => return Err(Problem::new(ErrorCode::NotFound)),
            Removal::Required => return Err(Problem::new(ErrorCode::FactorRequired)),
            Removal::LastWayIn => return Err(Problem::new(ErrorCode::LastWayIn)),
        }
        self.changed(&identity.id);
        self.record(entry(Event::FactorRemoved, ctx, Some(&identity.id)).session(&live.session.id));
        self.tell_owner_of(ctx, identity, AccountChange::FactorRemoved).await;
        Ok(())
    }

    /// Ends one session of who asks. The own one ends by signing out.
    async fn end_own_session(
        &self,
        ctx: &RequestContext,
        live: &LiveSession,
        id: SessionId,
    ) -> Result<(), Problem> {
        let own = self.own_sessions(live).await?;
        known(own.iter().any(|session| session.id == id.0 && !session.current))?;
        self.end_session(&id).await.map_err(problem::storage)?;
        self.record(
            entry(Event::SessionEnded, ctx, Some(&live.identity.id)).session(&id).with("by", "owner"),
        );
        Ok(())
    }

    async fn delete_own_account(
        &self,
        ctx: &RequestContext,
        live: &LiveSession,
    ) -> Result<Answer<AccountState>, Problem> {
        let identity = &live.identity;
        if identity.source.is_some() {
            return Err(Problem::new(ErrorCode::ManagedElsewhere));
        }
        self.fresh(live, &self.factors(&identity.id).await?)?;
        let deleted = self.storage.delete_identity(&identity.id, self.now()).await;
        known(deleted.map_err(problem::storage)?)?;
        self.changed(&identity.id);
        self.record(entry(Event::IdentityDeleted, ctx, Some(&identity.id)).with("by", "owner"));
        self.tell_owner_of(ctx, identity, AccountChange::Deleted).await;
        Ok(Answer { session_cookie: CookieChange::Clear, ..Answer::new(AccountState::Deleted) })
    }
}

fn known(found: bool) -> Result<(), Problem> {
    if found { Ok(()) } else { Err(Problem::new(ErrorCode::NotFound)) }
}

fn summary(kept: &StoredFactor) -> FactorSummary {
    let StoredFactor { factor, last_used_at } = kept;
    FactorSummary {
        id: factor.id.0.clone(),
        kind: match factor.kind {
            FactorKind::Totp => SecondFactor::Totp,
            FactorKind::Phone => SecondFactor::Sms,
            FactorKind::Passkey => SecondFactor::Passkey,
        },
        name: factor.name.as_str().to_owned(),
        created_at: factor.created_at.0,
        last_used_at: last_used_at.map(|at| at.0),
    }
}
