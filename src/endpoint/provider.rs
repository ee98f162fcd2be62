//! Sign-in with an account of somebody else: there, and back.
//!
//! What goes with it is kept apart: the database has the hashes of a state and of a cookie, the provider sees the state,
//! the browser has both. Nonce and verifier follow from all of it and the installation's key, and stand nowhere.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatehouse_protocol::{ErrorCode, LoginState, MOUNT, Problem, ProviderButton};

use super::{Answer, Endpoint, RequestContext, begin::Wish, login::entry, problem};
use crate::{
    audit::Event,
    flow::{
        proven::Proven,
        provider::{self as flow, Decision, Proof},
    },
    identity::Identity,
    provider::{Failure, Provider, Round, redirect_uri},
    session::{Secret, TokenHash},
    storage::{Handover, NewProviderFlow, ProviderFlow},
};

/// How long somebody has for signing in elsewhere.
pub const FLOW_TTL: Duration = Duration::from_mins(10);

/// A browser on its way to a provider.
#[derive(Debug)]
pub struct Leaving {
    /// Where it goes.
    pub location: String,
    /// What its cookie must hold when it comes back.
    pub browser: Secret,
}

/// What a browser is sent to a provider for.
#[derive(Debug, Default)]
pub struct Errand {
    /// The path to lead back to.
    pub return_to: String,
    /// Keep me signed in.
    pub keep: bool,
    /// The challenge of the frame that waits for what comes of it.
    pub collect: Option<TokenHash>,
}

/// What a browser brings back from a provider.
#[derive(Debug, Default)]
pub struct Returning {
    /// What it was sent away with.
    pub state: Option<String>,
    /// What the provider hands out for who signed in.
    pub code: Option<String>,
    /// Who answers, where the provider says it (RFC 9207).
    pub issuer: Option<String>,
    /// Why nobody signed in.
    pub error: Option<String>,
}

/// How a sign-in elsewhere ended.
#[derive(Debug)]
pub struct Arrival {
    /// Where the browser wanted to go; `None` where nothing of it began here.
    pub return_to: Option<String>,
    /// What it began for.
    pub aim: Aim,
    /// True where a frame waits for the outcome: this window is not signed in by it.
    pub collected: bool,
    /// Whether somebody is signed in, or what is asked for before that.
    pub outcome: Result<Answer<LoginState>, Problem>,
}

/// What a sign-in elsewhere began for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// To sign in.
    SignIn,
    /// To link an account: the account page asked for it.
    Link,
    /// To prove once more who is signed in: the account page asked for it.
    Prove,
}

impl Endpoint {
    /// The buttons of the sign-in form.
    pub(super) fn provider_buttons(&self) -> Vec<ProviderButton> {
        let all = self.settings.providers.iter();
        all.map(|(name, provider)| ProviderButton {
            name: name.clone(),
            label: provider.label(name),
            href: format!("{}{MOUNT}/provider/{name}", self.base_path()),
        })
        .collect()
    }

    /// Whether browsers bring this provider's answer as a form.
    pub fn provider_posts(&self, name: &str) -> bool {
        self.providers.get(name).is_some_and(Provider::posts)
    }

    /// Sends a browser to a provider, to sign in. `browser` is what its cookie holds already.
    pub async fn send_to_provider(
        &self,
        ctx: &RequestContext,
        name: &str,
        errand: Errand,
        browser: Option<Secret>,
    ) -> Result<Leaving, Problem> {
        let Errand { return_to, keep, collect } = errand;
        let flow = ProviderFlow {
            provider: name.to_owned(),
            return_to,
            identity_id: None,
            session_id: None,
            begun_at: self.now(),
            keep,
            collect,
        };
        self.leave_for(ctx, flow, browser).await
    }

    /// Sends a browser to the provider of a flow.
    pub(super) async fn leave_for(
        &self,
        ctx: &RequestContext,
        flow: ProviderFlow,
        browser: Option<Secret>,
    ) -> Result<Leaving, Problem> {
        let name = flow.provider.as_str();
        let provider = self.provider(ctx, name)?;
        self.question(ctx)?;
        let now = flow.begun_at;
        let state = Secret::draw(&*self.entropy);
        // Two tabs of one browser may be on their way at once.
        let browser = browser.unwrap_or_else(|| Secret::draw(&*self.entropy));
        let redirect_uri = self.redirect_uri(name)?;
        let (nonce, verifier) = self.derived(&state, &browser);
        let round = Round {
            redirect_uri: &redirect_uri,
            state: state.expose(),
            nonce: &nonce,
            verifier: &verifier,
            since: flow.session_id.is_some().then_some(now),
        };
        let location = provider.begin(&round, now).await.map_err(|failure| failed(name, &failure))?;
        let stored = NewProviderFlow {
            state: state.hash(),
            browser: browser.hash(),
            flow,
            expires_at: now.plus(FLOW_TTL),
        };
        self.storage.add_provider_flow(stored).await.map_err(problem::storage)?;
        Ok(Leaving { location, browser })
    }

    /// A browser comes back from the provider with this name.
    pub async fn complete_provider(
        &self,
        ctx: &RequestContext,
        name: &str,
        back: &Returning,
        browser: Option<&Secret>,
    ) -> Arrival {
        let begun = self.begun(ctx, name, back, browser).await;
        let (flow, state, browser) = match begun {
            Ok(begun) => begun,
            Err(problem) => {
                return Arrival {
                    return_to: None,
                    aim: Aim::SignIn,
                    collected: false,
                    outcome: Err(problem),
                };
            }
        };
        let aim = match (&flow.identity_id, &flow.session_id) {
            (_, Some(_)) => Aim::Prove,
            (Some(_), None) => Aim::Link,
            (None, None) => Aim::SignIn,
        };
        let outcome = self.returned(ctx, name, back, &flow, (&state, &browser)).await;
        if let Err(problem) = &outcome {
            let code = format!("{:?}", problem.code);
            self.record(entry(Event::ProviderRejected, ctx, None).with("provider", name).with("code", &code));
            if let Some(challenge) = flow.collect {
                self.leave_refusal(challenge, problem).await;
            }
        }
        Arrival { return_to: Some(flow.return_to), aim, collected: flow.collect.is_some(), outcome }
    }

    fn provider(&self, ctx: &RequestContext, name: &str) -> Result<&Provider, Problem> {
        // An app's process forwards forms, and no browser that comes back from elsewhere.
        let own = ctx.app.is_none();
        self.providers.get(name).filter(|_| own).ok_or(Problem::new(ErrorCode::NotFound))
    }

    /// The sign-in that this browser began, used up.
    async fn begun(
        &self,
        ctx: &RequestContext,
        name: &str,
        back: &Returning,
        browser: Option<&Secret>,
    ) -> Result<(ProviderFlow, Secret, Secret), Problem> {
        self.provider(ctx, name)?;
        self.question(ctx)?;
        let expired = Problem::new(ErrorCode::FlowExpired);
        let (Some(state), Some(browser)) = (&back.state, browser) else { return Err(expired) };
        let state = Secret::received(state.clone());
        let taken = self.storage.consume_provider_flow(state.hash(), browser.hash(), self.now()).await;
        let flow = taken.map_err(problem::storage)?.ok_or(expired)?;
        Ok((flow, state, browser.clone()))
    }

    async fn returned(
        &self,
        ctx: &RequestContext,
        name: &str,
        back: &Returning,
        flow: &ProviderFlow,
        (state, browser): (&Secret, &Secret),
    ) -> Result<Answer<LoginState>, Problem> {
        let refused = || Problem::new(ErrorCode::ProviderRefused);
        let provider = self.provider(ctx, name)?;
        if flow.provider != name {
            tracing::warn!(began = flow.provider, came = name, "an answer of one provider came as another's");
            return Err(refused());
        }
        if let Some(error) = &back.error {
            tracing::info!(provider = name, error = %error.escape_debug(), "nobody signed in at the provider");
            let cancelled = ["access_denied", "user_cancelled_authorize", "user_denied"];
            let cancelled = cancelled.contains(&error.as_str());
            return Err(if cancelled { Problem::new(ErrorCode::ProviderCancelled) } else { refused() });
        }
        let code = back.code.as_deref().ok_or_else(refused)?;
        let redirect_uri = self.redirect_uri(name)?;
        let (nonce, verifier) = self.derived(state, browser);
        let round = Round {
            redirect_uri: &redirect_uri,
            state: state.expose(),
            nonce: &nonce,
            verifier: &verifier,
            since: flow.session_id.is_some().then_some(flow.begun_at),
        };
        let proof = provider.finish(code, back.issuer.as_deref(), &round, self.now()).await;
        let proof = proof.map_err(|failure| failed(name, &failure))?;
        match (&flow.identity_id, &flow.session_id) {
            (_, Some(session)) => return self.prove_by(ctx, session, &proof).await,
            (Some(id), None) => return self.link_by(ctx, id, &proof).await,
            (None, None) => {}
        }
        let (proven, identity) = self.identified_by(ctx, provider, &proof).await?;
        if let Some(challenge) = flow.collect {
            self.leave(challenge, Handover::Proven(identity.id)).await?;
            return Ok(Answer::new(LoginState::Complete { ticket: None }));
        }
        self.go_on(ctx, proven, &identity, Wish { keep: flow.keep, ..Wish::default() }).await
    }

    /// Who it is that the provider proved: linked or registered, where that follows, and with the roles of the groups.
    async fn identified_by(
        &self,
        ctx: &RequestContext,
        provider: &Provider,
        proof: &Proof,
    ) -> Result<(Proven, Identity), Problem> {
        let account = &proof.account;
        let linked = self.storage.find_by_account(&account.issuer, &account.subject).await;
        let linked = linked.map_err(problem::storage)?;
        let owner = if linked.is_some() { None } else { self.confirmed_owner(proof).await? };
        let (proven, mut identity) = match flow::decide(proof, linked, owner, provider.settings()) {
            Decision::Proven(proven, identity) => (proven, *identity),
            Decision::Link(identity) => (self.linked(ctx, &identity, proof).await?, *identity),
            Decision::Register => {
                let identity = self.register_by(ctx, proof).await?;
                let proven = flow::proven(&identity).ok_or(Problem::new(ErrorCode::ProviderUnknown))?;
                (proven, identity)
            }
            Decision::Refused(code) => return Err(Problem::new(code)),
        };
        if let Some(roles) = flow::roles(&identity.roles, &proof.groups, provider.settings()) {
            self.storage.set_roles(&identity.id, &roles, self.now()).await.map_err(problem::storage)?;
            self.changed(&identity.id);
            identity.roles = roles;
        }
        let touched = self.storage.touch_linked_account(&account.issuer, &account.subject, self.now()).await;
        touched.map_err(problem::storage)?;
        self.record(
            entry(Event::ProviderProven, ctx, Some(&identity.id)).with("provider", &account.provider),
        );
        Ok((proven, identity))
    }

    /// Where the provider sends browsers back to: the address that is registered there.
    fn redirect_uri(&self, name: &str) -> Result<String, Problem> {
        let home = self.home().ok_or(Problem::new(ErrorCode::UnknownHost))?;
        Ok(redirect_uri(&home, name))
    }

    /// The nonce and the verifier.
    fn derived(&self, state: &Secret, browser: &Secret) -> (String, String) {
        let both = format!("{}\0{}", state.expose(), browser.expose());
        let mac = |purpose: &str| URL_SAFE_NO_PAD.encode(self.key.mac(purpose, both.as_bytes()));
        (mac("provider nonce"), mac("provider verifier"))
    }
}

/// Why nobody is signed in: in the log, once; the page has a code.
fn failed(provider: &str, failure: &Failure) -> Problem {
    tracing::warn!(provider, failure = %failure.to_string().escape_debug(), "nobody is signed in by the provider");
    Problem::new(match failure {
        Failure::Away(_) => ErrorCode::ProviderUnavailable,
        Failure::Refused(_) => ErrorCode::ProviderRefused,
    })
}
