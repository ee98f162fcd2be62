//! The account page: what somebody sees of the own account, and changes there.

use gatehouse_protocol::{
    AccountOverview, AccountState, AccountStep, ErrorCode, FactorSummary, Field, Problem, SecondFactor,
    SessionSummary,
};
use serde_json::json;

use super::{Answer, CookieChange, Endpoint, RequestContext, login::entry, problem};
use crate::{
    audit::Event,
    factor::{FactorId, FactorKind, FactorName, StoredFactor},
    flow::proven,
    session::{AssuranceLevel, LiveSession, SessionId},
    storage::AccountChange,
};

impl Endpoint {
    /// One thing done on the account page.
    pub async fn account(
        &self,
        ctx: &RequestContext,
        step: AccountStep,
    ) -> Result<Answer<AccountState>, Problem> {
        self.question(ctx)?;
        let live = self.signed_in(ctx).await?;
        match step {
            AccountStep::Overview {} => {}
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
            AccountStep::Export {} => return self.export(&live).await,
            AccountStep::Delete {} => return self.delete_own_account(ctx, &live).await,
        }
        let account = Box::new(self.overview(&live).await?);
        Ok(Answer::new(AccountState::Overview { account }))
    }

    async fn overview(&self, live: &LiveSession) -> Result<AccountOverview, Problem> {
        let identity = &live.identity;
        let factors = self.factors(&identity.id).await?;
        let recovery_codes =
            self.storage.count_recovery_codes(&identity.id).await.map_err(problem::storage)?;
        Ok(AccountOverview {
            username: identity.username.as_str().to_owned(),
            email: identity.email.as_ref().map(|email| email.address.as_str().to_owned()),
            email_verified: identity.email.as_ref().is_some_and(|email| email.verified_at.is_some()),
            roles: identity.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            managed: identity.source.is_some(),
            factor_required: proven::required(&self.settings, identity) >= AssuranceLevel::Aal2,
            factors: factors.iter().map(summary).collect(),
            recovery_codes,
            sessions: self.own_sessions(live).await?,
            phone: self.sms.is_some() && proven::may_enroll(&self.settings, identity),
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
        let removed = self.storage.remove_factor(&identity.id, &id, keep_one, self.now()).await;
        if !removed.map_err(problem::storage)? {
            return Err(Problem::new(if keep_one { ErrorCode::FactorRequired } else { ErrorCode::NotFound }));
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

    /// Everything that is stored about who asks, but for what opens something.
    async fn export(&self, live: &LiveSession) -> Result<Answer<AccountState>, Problem> {
        self.fresh(live, &self.factors(&live.identity.id).await?)?;
        let overview = self.overview(live).await?;
        let document = json!({
            "exported_at": self.now().0,
            "id": live.identity.id.0,
            "created_at": live.identity.created_at.0,
            "account": overview,
        });
        let document =
            serde_json::to_string_pretty(&document).map_err(|_| Problem::new(ErrorCode::Internal))?;
        Ok(Answer::new(AccountState::Export { document }))
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
