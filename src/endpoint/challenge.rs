//! What comes after the first factor: the second, or setting one up; and proving things again in a session.

use std::{sync::Arc, time::Duration};

use gatehouse_protocol::{
    Challenge, Code, ErrorCode, Field, FlowToken, LoginState, Password, Problem, SecondFactor,
};

use super::{
    Answer, CookieChange, Endpoint, RequestContext,
    attempt::Attempt,
    begin::{Wish, shaped},
    login::{entry, typed},
    problem,
};
use crate::{
    audit::Event,
    factor::{FactorKind, StoredFactor, recovery_code, totp::TotpKey},
    flow::{
        Completed,
        proven::{self, Challenged, Next, Proven},
    },
    identity::{Identity, IdentityId},
    session::{AssuranceLevel, LiveSession, Method, Methods, Secret, Session, SessionId, TokenHash},
    storage::{FlowAim, LimitKey, PendingFlow, RaisedSession, StorageError},
};

/// How long a flow waits for its next step.
pub(super) const FLOW_TTL: Duration = Duration::from_mins(10);
/// The longest code that is looked at, in bytes.
const CODE_MAX: usize = 64;
/// What the keys of authenticator apps are sealed for.
pub(super) const TOTP_SEAL: &str = "totp";

impl Endpoint {
    /// Goes on from the first factor: begins a session, or asks for what is missing.
    pub(super) async fn go_on(
        &self,
        ctx: &RequestContext,
        proven: Proven,
        identity: &Identity,
        wish: Wish,
    ) -> Result<Answer<LoginState>, Problem> {
        let factors = self.factors(&identity.id).await?;
        match proven.next(&factors, proven::required(&self.settings, identity)) {
            Next::Complete(completed) => self.complete(ctx, completed, wish).await,
            Next::Challenge(proven) => {
                self.record(entry(Event::FactorAsked, ctx, Some(&identity.id)));
                let pending = self.waiting(identity, None, proven.methods().clone(), FlowAim::Challenge);
                let pending = PendingFlow { keep: wish.keep, ..pending };
                self.ask_for_factor(ctx, pending, &factors, &wish.clear).await
            }
            Next::Enroll(proven) => {
                let pending = self.waiting(identity, None, proven.methods().clone(), FlowAim::Enroll);
                let pending = PendingFlow { keep: wish.keep, ..pending };
                let flow = self.keep_flow(pending, &wish.clear).await?;
                Ok(Answer::new(LoginState::Enroll { flow }))
            }
        }
    }

    /// Answers a challenge with a code of the authenticator app.
    pub(super) async fn login_totp(
        &self,
        ctx: &RequestContext,
        flow: &FlowToken,
        code: &Code,
        wish: Wish,
    ) -> Result<Answer<LoginState>, Problem> {
        let (challenged, attempt) = self.challenged(ctx, flow, code, wish.challenge.as_ref()).await?;
        let owner = challenged.flow().identity_id.clone();
        for kept in self.factors(&owner).await? {
            if kept.factor.kind == FactorKind::Totp && self.is_code_of(&kept, code).await? {
                return self.second_factor(ctx, challenged, Method::Totp, attempt, wish).await;
            }
        }
        self.wrong_code(ctx, &owner, attempt).await
    }

    /// Answers a challenge with a recovery code.
    pub(super) async fn login_recovery_code(
        &self,
        ctx: &RequestContext,
        flow: &FlowToken,
        code: &Code,
        wish: Wish,
    ) -> Result<Answer<LoginState>, Problem> {
        let (challenged, attempt) = self.challenged(ctx, flow, code, wish.challenge.as_ref()).await?;
        let owner = challenged.flow().identity_id.clone();
        let hash = recovery_code::hash(&owner, code);
        if self.storage.use_recovery_code(&owner, hash, self.now()).await.map_err(problem::storage)? {
            self.record(entry(Event::RecoveryCodeUsed, ctx, Some(&owner)));
            return self.second_factor(ctx, challenged, Method::RecoveryCode, attempt, wish).await;
        }
        self.wrong_code(ctx, &owner, attempt).await
    }

    /// Somebody signed in wants to prove a second factor.
    pub(super) async fn login_step_up(&self, ctx: &RequestContext) -> Result<Answer<LoginState>, Problem> {
        self.question(ctx)?;
        let live = self.signed_in(ctx).await?;
        if live.session.aal() >= AssuranceLevel::Aal2 {
            return Ok(Answer::new(LoginState::Complete { ticket: None }));
        }
        let factors = self.factors(&live.identity.id).await?;
        if factors.is_empty() {
            self.fresh(&live, &factors)?;
            if !proven::may_enroll(&self.settings, &live.identity) {
                return Err(Problem::new(ErrorCode::FactorUnavailable));
            }
            let pending = self.pending_in(&live, FlowAim::Enroll);
            let flow = self.keep_flow(pending, &[]).await?;
            return Ok(Answer::new(LoginState::Enroll { flow }));
        }
        self.ask_for_factor(ctx, self.pending_in(&live, FlowAim::Challenge), &factors, &[]).await
    }

    /// Somebody signed in proves the password again, and the second factor where there is one.
    pub(super) async fn login_again(
        &self,
        ctx: &RequestContext,
        password: &Password,
    ) -> Result<Answer<LoginState>, Problem> {
        typed(Field::Password, password)?;
        let live = self.signed_in(ctx).await?;
        let owner = &live.identity.id;
        let attempt = self.attempt_change(owner).await?;
        let record = self.record_of(owner).await?.ok_or(Problem::new(ErrorCode::SignedOut))?;
        let proof = match &record.password {
            Some(hash) => self.hasher.verify(hash, password).await,
            None => self.hasher.verify_beside(None, None, password).await,
        };
        if proof.map_err(problem::busy)?.is_none() {
            self.failed(attempt).await?;
            self.record(entry(Event::ReauthenticationRejected, ctx, Some(owner)).session(&live.session.id));
            return Err(Problem::of(Field::Password, ErrorCode::CurrentPasswordWrong));
        }
        let factors = self.factors(owner).await?;
        if !factors.is_empty() {
            let mut pending = self.pending_in(&live, FlowAim::Challenge);
            pending.methods = Methods::only(Method::Password);
            return self.ask_for_factor(ctx, pending, &factors, &attempt.own()).await;
        }
        let methods = live.session.methods.clone().and(Method::Password);
        let answer = self.raise(&live.session, methods, None).await?;
        Ok(answer.map(|()| LoginState::Complete { ticket: None }))
    }

    /// Refuses a change of something sensitive by who has not proven lately who that is.
    pub(super) fn fresh(&self, live: &LiveSession, factors: &[StoredFactor]) -> Result<(), Problem> {
        if proven::is_fresh(&live.session, factors, self.now()) {
            Ok(())
        } else {
            Err(Problem::new(ErrorCode::ReauthenticationRequired))
        }
    }

    pub(super) async fn factors(&self, id: &IdentityId) -> Result<Vec<StoredFactor>, Problem> {
        self.storage.list_factors(id).await.map_err(problem::storage)
    }

    /// A flow of somebody, not kept yet; its hash is drawn when it is.
    pub(super) fn waiting(
        &self,
        identity: &Identity,
        session: Option<&SessionId>,
        methods: Methods,
        aim: FlowAim,
    ) -> PendingFlow {
        let now = self.now();
        PendingFlow {
            hash: TokenHash([0; 32]),
            identity_id: identity.id.clone(),
            session_id: session.cloned(),
            methods,
            aim,
            keep: false,
            created_at: now,
            expires_at: now.plus(FLOW_TTL),
        }
    }

    pub(super) fn pending_in(&self, live: &LiveSession, aim: FlowAim) -> PendingFlow {
        self.waiting(&live.identity, Some(&live.session.id), live.session.methods.clone(), aim)
    }

    /// Keeps a flow under a new token.
    pub(super) async fn keep_flow(
        &self,
        pending: PendingFlow,
        clear: &[LimitKey],
    ) -> Result<FlowToken, Problem> {
        let token = Secret::draw(&*self.entropy);
        let pending = PendingFlow { hash: token.hash(), ..pending };
        self.storage.add_flow(pending, clear).await.map_err(problem::storage)?;
        Ok(FlowToken::new(token.expose()))
    }

    pub(super) async fn ask_for_factor(
        &self,
        ctx: &RequestContext,
        pending: PendingFlow,
        factors: &[StoredFactor],
        clear: &[LimitKey],
    ) -> Result<Answer<LoginState>, Problem> {
        let left = self.storage.count_recovery_codes(&pending.identity_id).await.map_err(problem::storage)?;
        let mut offered = proven::offered(factors, left, &pending.methods, self.sms.is_some());
        // What can't be used here is named only where there is nothing else.
        if offered.len() > 1 && self.party(ctx).is_err() {
            offered.retain(|factor| *factor != SecondFactor::Passkey);
        }
        let flow = self.keep_flow(pending, clear).await?;
        Ok(Answer::new(LoginState::Challenge { flow, factors: offered }))
    }

    /// The flow behind a token, as long as it waits. One that raises a session is for that session's browser.
    pub(super) async fn flow(&self, ctx: &RequestContext, token: &FlowToken) -> Result<PendingFlow, Problem> {
        let expired = Problem::new(ErrorCode::FlowExpired);
        let hash = Secret::received(token.expose()).hash();
        let found = self.storage.find_flow(hash, self.now()).await.map_err(problem::storage)?;
        let flow = found.ok_or(expired.clone())?;
        match &flow.session_id {
            Some(id) if self.signed_in(ctx).await?.session.id != *id => Err(expired),
            _ => Ok(flow),
        }
    }

    /// The challenge behind a token, and a place among the guesses at this person's codes.
    pub(super) async fn challenged(
        &self,
        ctx: &RequestContext,
        token: &FlowToken,
        code: &Code,
        challenge: Option<&Challenge>,
    ) -> Result<(Challenged, Attempt), Problem> {
        shaped(challenge)?;
        code_typed(code)?;
        self.question(ctx)?;
        let flow = self.flow(ctx, token).await?;
        let challenged = Challenged::found(flow).ok_or(Problem::new(ErrorCode::FlowExpired))?;
        let attempt = self.attempt_factor(&challenged.flow().identity_id).await?;
        Ok((challenged, attempt))
    }

    /// Whether the code is this factor's, of a step that nobody used.
    async fn is_code_of(&self, kept: &StoredFactor, code: &Code) -> Result<bool, Problem> {
        let (factor, now) = (&kept.factor, self.now());
        if factor.kind != FactorKind::Totp {
            return Ok(false);
        }
        let opened = self.key.open(TOTP_SEAL, &factor.identity_id.0, &factor.sealed);
        let key = match opened {
            Ok(bytes) => TotpKey::from_bytes(&bytes),
            Err(error) => {
                tracing::error!(%error, factor = factor.id.0, "nobody is let in by it");
                None
            }
        };
        let Some(step) = key.and_then(|key| key.step_of(code, factor.last_step, now)) else {
            return Ok(false);
        };
        self.storage.accept_step(&factor.id, step, now).await.map_err(problem::storage)
    }

    pub(super) async fn wrong_code(
        &self,
        ctx: &RequestContext,
        owner: &IdentityId,
        attempt: Attempt,
    ) -> Result<Answer<LoginState>, Problem> {
        self.failed(attempt).await?;
        self.record(entry(Event::FactorRejected, ctx, Some(owner)));
        Err(Problem::of(Field::Code, ErrorCode::CodeRejected))
    }

    /// The second factor is proven: a session begins, or the one that asked is surer of its person.
    pub(super) async fn second_factor(
        &self,
        ctx: &RequestContext,
        challenged: Challenged,
        method: Method,
        attempt: Attempt,
        wish: Wish,
    ) -> Result<Answer<LoginState>, Problem> {
        let raised = challenged.flow().session_id.is_some();
        let keep = wish.keep || challenged.flow().keep;
        let completed = challenged.completed(method);
        // Only this factor's count is reset; the password's was when that was right.
        let wish = Wish { clear: attempt.own(), keep, ..wish };
        if !raised {
            return self.complete(ctx, completed, wish).await;
        }
        let live = self.signed_in(ctx).await?;
        let answer = self.raise(&live.session, completed.methods().clone(), completed.flow()).await?;
        self.record(entry(Event::SessionRaised, ctx, Some(&live.identity.id)).session(&live.session.id));
        self.ticket_for(&live, answer, wish.challenge).await
    }

    /// Gives the session a new token and what was proven in it.
    pub(super) async fn raise(
        &self,
        session: &Session,
        methods: Methods,
        flow: Option<TokenHash>,
    ) -> Result<Answer<()>, Problem> {
        let (token, now) = (Secret::draw(&*self.entropy), self.now());
        let raised =
            RaisedSession { id: session.id.clone(), token_hash: token.hash(), methods, flow, at: now };
        if !self.storage.raise_session(raised).await.map_err(problem::storage)? {
            return Err(Problem::new(ErrorCode::FlowExpired));
        }
        self.changed(&session.identity_id);
        let left = session.lifetime.absolute_ttl.saturating_sub(now.since(session.created_at));
        let max_age = session.lifetime.persistent.then_some(left);
        Ok(Answer { session_cookie: CookieChange::Set { value: token, max_age }, ..Answer::new(()) })
    }

    /// The answer with a ticket for the app that waits, if one does.
    async fn ticket_for(
        &self,
        live: &Arc<LiveSession>,
        answer: Answer<()>,
        challenge: Option<Challenge>,
    ) -> Result<Answer<LoginState>, Problem> {
        let Some(challenge) = challenge else {
            return Ok(answer.map(|()| LoginState::Complete { ticket: None }));
        };
        let (ticket, stored) = self.draw_ticket(&live.session.id, challenge);
        match self.storage.add_ticket(stored).await {
            Err(StorageError::IdentityChanged) => Err(Problem::new(ErrorCode::SignedOut)),
            Err(error) => Err(problem::storage(error)),
            Ok(()) => Ok(answer.map(|()| LoginState::Complete { ticket: Some(ticket) })),
        }
    }

    pub(super) async fn complete(
        &self,
        ctx: &RequestContext,
        completed: Completed,
        wish: Wish,
    ) -> Result<Answer<LoginState>, Problem> {
        let (who, by_flow) = (completed.identity_id().clone(), completed.flow().is_some());
        let begun = self.begin(ctx, completed, wish).await;
        let (answer, session) = match begun {
            // Somebody was faster with the same flow, or what it stood on was replaced.
            Err(problem) if by_flow && problem.code == ErrorCode::CredentialsRejected => {
                return Err(Problem::new(ErrorCode::FlowExpired));
            }
            begun => begun?,
        };
        self.record(entry(Event::LoginCompleted, ctx, Some(&who)).session(&session));
        Ok(answer.map(|ticket| LoginState::Complete { ticket }))
    }
}

/// Refuses what no code can be, before anything is looked up.
pub(super) fn code_typed(code: &Code) -> Result<(), Problem> {
    match code.expose().len() {
        0 => Err(Problem::of(Field::Code, ErrorCode::Required)),
        1..=CODE_MAX => Ok(()),
        _ => Err(Problem::of(Field::Code, ErrorCode::CodeRejected)),
    }
}
