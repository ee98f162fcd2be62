//! Accounts of somebody else, as their owner handles them on the account page: linked, unlinked, and signed in with once
//! more by who has no password.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatehouse_protocol::{
    AccountState, ErrorCode, Linkable, LinkedSummary, LoginState, MOUNT, Problem, rule::return_path,
};

use super::{Answer, CookieChange, Endpoint, FLOW_TTL, RequestContext, login::entry, problem};
use crate::{
    audit::Event,
    config::ProviderSettings,
    flow::provider::{self as flow, Decision, Proof},
    identity::{Identity, IdentityId},
    session::{LiveSession, Method, Methods, SessionId},
    storage::{AccountChange, FlowAim, LinkedAccount, ProviderAccount, ProviderFlow, Removal, WaysIn},
};

impl Endpoint {
    /// Leaves for a provider, whose account is linked when the browser comes back.
    pub(super) async fn link_provider(
        &self,
        ctx: &RequestContext,
        live: &LiveSession,
        name: &str,
        return_to: Option<&str>,
    ) -> Result<Answer<AccountState>, Problem> {
        kept_here(&live.identity)?;
        self.fresh(live, &self.factors(&live.identity.id).await?)?;
        self.leave_from_account(ctx, live, name, return_to, None).await
    }

    /// Leaves for a provider, of which an account is linked already, to prove once more who asks.
    pub(super) async fn prove_by_provider(
        &self,
        ctx: &RequestContext,
        live: &LiveSession,
        name: &str,
        return_to: Option<&str>,
    ) -> Result<Answer<AccountState>, Problem> {
        kept_here(&live.identity)?;
        let linked = self.linked_accounts(&live.identity.id).await?;
        if !linked.iter().any(|one| self.provider_of(&one.account) == Some(name)) {
            return Err(Problem::new(ErrorCode::NotFound));
        }
        self.leave_from_account(ctx, live, name, return_to, Some(live.session.id.clone())).await
    }

    async fn leave_from_account(
        &self,
        ctx: &RequestContext,
        live: &LiveSession,
        name: &str,
        return_to: Option<&str>,
        session_id: Option<SessionId>,
    ) -> Result<Answer<AccountState>, Problem> {
        let flow = ProviderFlow {
            provider: name.to_owned(),
            return_to: self.back_to_account(return_to),
            identity_id: Some(live.identity.id.clone()),
            session_id,
            begun_at: self.now(),
            keep: false,
            collect: None,
        };
        let leaving = self.leave_for(ctx, flow, ctx.browser.clone()).await?;
        let browser_cookie = CookieChange::Set { value: leaving.browser, max_age: Some(FLOW_TTL) };
        let state = AccountState::Leave { location: leaving.location };
        Ok(Answer { browser_cookie, ..Answer::new(state) })
    }

    /// The page that the browser left: one of the app, which shows the account, or the account's own.
    fn back_to_account(&self, wished: Option<&str>) -> String {
        let own = format!("{}{MOUNT}", self.base_path());
        let path = wished.and_then(return_path).filter(|path| !path.contains('#') && !path.starts_with(&own));
        path.map_or_else(|| format!("{own}/account"), str::to_owned)
    }

    /// An account at a provider opens the account no more.
    pub(super) async fn unlink_provider(
        &self,
        ctx: &RequestContext,
        live: &LiveSession,
        id: &str,
    ) -> Result<(), Problem> {
        let identity = &live.identity;
        kept_here(identity)?;
        self.fresh(live, &self.factors(&identity.id).await?)?;
        let mut linked = self.linked_accounts(&identity.id).await?.into_iter().map(|one| one.account);
        let unknown = Problem::new(ErrorCode::NotFound);
        let account = linked.find(|account| self.account_id(account) == id).ok_or(unknown.clone())?;
        let unlinked =
            self.storage.remove_linked_account(&identity.id, &account, &self.ways_in(), self.now()).await;
        match unlinked.map_err(problem::storage)? {
            Removal::Done => {}
            Removal::Unknown => return Err(unknown),
            Removal::Required | Removal::LastWayIn => return Err(Problem::new(ErrorCode::LastWayIn)),
        }
        self.changed(&identity.id);
        self.record(
            entry(Event::AccountUnlinked, ctx, Some(&identity.id)).with("provider", &account.provider),
        );
        self.tell_owner_of(ctx, identity, AccountChange::AccountUnlinked).await;
        Ok(())
    }

    /// What opens an identity beside its password.
    pub(super) fn ways_in(&self) -> WaysIn {
        let issuers = self.settings.providers.values().filter_map(ProviderSettings::issuer).collect();
        WaysIn { issuers, passkeys: self.relying_party().is_some() }
    }

    /// Links an account to who is signed in, and was when it began.
    pub(super) async fn link_by(
        &self,
        ctx: &RequestContext,
        id: &IdentityId,
        proof: &Proof,
    ) -> Result<Answer<LoginState>, Problem> {
        let live = self.signed_in(ctx).await?;
        if live.identity.id != *id {
            return Err(Problem::new(ErrorCode::SignedOut));
        }
        let opens = self.opened_by(&proof.account).await?;
        match flow::link(live.identity.clone(), opens.as_ref()) {
            Decision::Link(identity) => self.linked(ctx, &identity, proof).await.map(drop)?,
            Decision::Refused(code) => return Err(Problem::new(code)),
            Decision::Proven(..) | Decision::Register => {}
        }
        Ok(Answer::new(LoginState::Complete { ticket: None }))
    }

    /// Who is signed in has signed in at the provider once more: the same session is fresh again, after the second factor
    /// where there is one.
    pub(super) async fn prove_by(
        &self,
        ctx: &RequestContext,
        session: &SessionId,
        proof: &Proof,
    ) -> Result<Answer<LoginState>, Problem> {
        let live = self.signed_in(ctx).await?;
        if live.session.id != *session {
            return Err(Problem::new(ErrorCode::SignedOut));
        }
        let (owner, account) = (&live.identity.id, &proof.account);
        let opens = self.opened_by(account).await?;
        if let Err(code) = flow::proves(&live.identity, opens.as_ref()) {
            self.record(entry(Event::ReauthenticationRejected, ctx, Some(owner)).session(&live.session.id));
            return Err(Problem::new(code));
        }
        let touched = self.storage.touch_linked_account(&account.issuer, &account.subject, self.now()).await;
        touched.map_err(problem::storage)?;
        self.record(entry(Event::ProviderProven, ctx, Some(owner)).with("provider", &account.provider));
        let factors = self.factors(owner).await?;
        if !factors.is_empty() {
            let mut pending = self.pending_in(&live, FlowAim::Challenge);
            pending.methods = Methods::only(Method::Provider);
            return self.ask_for_factor(ctx, pending, &factors, &[]).await;
        }
        let methods = live.session.methods.clone().and(Method::Provider);
        let answer = self.raise(&live.session, methods, None).await?;
        Ok(answer.map(|()| LoginState::Complete { ticket: None }))
    }

    async fn opened_by(&self, account: &ProviderAccount) -> Result<Option<Identity>, Problem> {
        self.storage.find_by_account(&account.issuer, &account.subject).await.map_err(problem::storage)
    }

    pub(super) async fn linked_accounts(&self, id: &IdentityId) -> Result<Vec<LinkedAccount>, Problem> {
        self.storage.list_linked_accounts(id).await.map_err(problem::storage)
    }

    /// The accounts as their owner sees them, and the providers that could be linked, too.
    pub(super) fn linked_and_linkable(
        &self,
        ctx: &RequestContext,
        linked: &[LinkedAccount],
    ) -> (Vec<LinkedSummary>, Vec<Linkable>) {
        // An app's process forwards forms, and no browser that comes back from elsewhere.
        let here = ctx.app.is_none();
        let summary = |one: &LinkedAccount| {
            let name = self.provider_of(&one.account);
            let settings = name.and_then(|name| self.settings.providers.get(name));
            let called = &one.account.provider;
            LinkedSummary {
                id: self.account_id(&one.account),
                name: name.filter(|_| here).map(str::to_owned),
                label: settings.map_or_else(|| called.clone(), |settings| settings.label(called)),
                created_at: one.created_at.0,
                last_used_at: one.last_used_at.0,
            }
        };
        let free = |name: &str| linked.iter().all(|one| self.provider_of(&one.account) != Some(name));
        let providers = self.settings.providers.iter().filter(|(name, _)| here && free(name));
        let linkable =
            providers.map(|(name, settings)| Linkable { name: name.clone(), label: settings.label(name) });
        (linked.iter().map(summary).collect(), linkable.collect())
    }

    /// The provider of the settings that vouches for an account: issuers decide, however they are called by now.
    fn provider_of(&self, account: &ProviderAccount) -> Option<&str> {
        let all = &self.settings.providers;
        let vouches =
            |name: &str| all.get(name).and_then(ProviderSettings::issuer).as_ref() == Some(&account.issuer);
        let called = all.get_key_value(&account.provider).map(|(name, _)| name);
        called.into_iter().chain(all.keys()).map(String::as_str).find(|name| vouches(name))
    }

    /// What the page calls an account by. It says nothing of it.
    fn account_id(&self, account: &ProviderAccount) -> String {
        let named = format!("{}\0{}", account.issuer, account.subject);
        URL_SAFE_NO_PAD.encode(self.key.mac("linked account", named.as_bytes()))
    }
}

/// People of settings and of proxies are who those say, and change nothing here.
pub(super) fn kept_here(identity: &Identity) -> Result<(), Problem> {
    if identity.source.is_none() { Ok(()) } else { Err(Problem::new(ErrorCode::ManagedElsewhere)) }
}
