//! Setting second factors up: in an unfinished login where one is required, or by who is signed in.

use gatehouse_protocol::{Code, EnrollmentState, EnrollmentStep, ErrorCode, Field, FlowToken, Problem};

use super::{
    Answer, Endpoint, RequestContext,
    begin::Wish,
    challenge::{TOTP_SEAL, code_typed},
    login::entry,
    problem,
};
use crate::{
    audit::Event,
    factor::{FactorId, FactorKind, FactorName, NewFactor, recovery_code, totp::TotpKey},
    flow::proven::{self, Enrolled},
    identity::{Identity, IdentityId},
    session::{Method, Methods, SessionId, TokenHash},
    storage::{AccountChange, FlowAim, PendingFlow},
};

impl Endpoint {
    /// One step of setting a factor up.
    pub async fn enroll(
        &self,
        ctx: &RequestContext,
        step: EnrollmentStep,
    ) -> Result<Answer<EnrollmentState>, Problem> {
        match step {
            EnrollmentStep::BeginTotp { flow } => self.begin_totp(ctx, flow.as_ref()).await,
            EnrollmentStep::ConfirmTotp { flow, code, keep } => {
                self.confirm_totp(ctx, &flow, &code, keep).await
            }
            EnrollmentStep::RecoveryCodes {} => self.renew_recovery_codes(ctx).await,
            EnrollmentStep::BeginPhone { number } => self.begin_phone(ctx, &number).await,
            EnrollmentStep::ConfirmPhone { flow, code } => self.confirm_phone(ctx, &flow, &code).await,
            EnrollmentStep::BeginPasskey { flow } => self.enroll_passkey(ctx, flow.as_ref()).await,
            EnrollmentStep::ConfirmPasskey { flow, credential, name, keep } => {
                self.confirm_passkey(ctx, &flow, &credential, &name, Wish { keep, ..Wish::default() }).await
            }
        }
    }

    /// Draws a key and shows it. It is kept, sealed, until the app has proven that it has it.
    async fn begin_totp(
        &self,
        ctx: &RequestContext,
        flow: Option<&FlowToken>,
    ) -> Result<Answer<EnrollmentState>, Problem> {
        self.question(ctx)?;
        let (identity, session, methods, keep) = self.who_enrolls(ctx, flow).await?;
        let factors = self.factors(&identity.id).await?;
        let there = factors.iter().filter(|kept| kept.factor.kind == FactorKind::Totp).count();
        let room = there < FactorKind::Totp.most();
        if !room || !proven::may_enroll(&self.settings, &identity) {
            return Err(Problem::new(ErrorCode::FactorUnavailable));
        }
        let key = TotpKey::draw(&*self.entropy);
        let sealed = self.key.seal(TOTP_SEAL, &identity.id.0, key.bytes(), &*self.entropy);
        let username = identity.username.as_str();
        let picture = key.picture(&self.settings.app_name, username).unwrap_or_default();
        let pending = self.waiting(&identity, session.as_ref(), methods, FlowAim::ConfirmTotp { sealed });
        let flow = self.keep_flow(PendingFlow { keep, ..pending }, &[]).await?;
        Ok(Answer::new(EnrollmentState::Totp { flow, key: key.to_text(), picture }))
    }

    /// Who sets a factor up: in an unfinished login that asks for one, or in a session that was proven lately. And what was
    /// proven so far.
    pub(super) async fn who_enrolls(
        &self,
        ctx: &RequestContext,
        flow: Option<&FlowToken>,
    ) -> Result<(Identity, Option<SessionId>, Methods, bool), Problem> {
        if let Some(token) = flow {
            let flow = self.flow(ctx, token).await?;
            if flow.aim != FlowAim::Enroll {
                return Err(Problem::new(ErrorCode::FlowExpired));
            }
            return Ok((self.enabled(&flow.identity_id).await?, flow.session_id, flow.methods, flow.keep));
        }
        let live = self.signed_in(ctx).await?;
        self.fresh(&live, &self.factors(&live.identity.id).await?)?;
        Ok((live.identity.clone(), Some(live.session.id.clone()), live.session.methods.clone(), false))
    }

    /// The first code of the app is right: the factor is kept.
    async fn confirm_totp(
        &self,
        ctx: &RequestContext,
        token: &FlowToken,
        code: &Code,
        keep: bool,
    ) -> Result<Answer<EnrollmentState>, Problem> {
        code_typed(code)?;
        self.question(ctx)?;
        let expired = Problem::new(ErrorCode::FlowExpired);
        let flow = self.flow(ctx, token).await?;
        let owner = flow.identity_id.clone();
        let attempt = self.attempt_factor(&owner).await?;
        let FlowAim::ConfirmTotp { sealed } = &flow.aim else { return Err(expired) };
        let opened = self.key.open(TOTP_SEAL, &owner.0, sealed).map_err(|_| expired.clone())?;
        let key = TotpKey::from_bytes(&opened).ok_or(expired.clone())?;
        let now = self.now();
        let Some(step) = key.step_of(code, 0, now) else {
            self.failed(attempt).await?;
            return Err(Problem::of(Field::Code, ErrorCode::CodeRejected));
        };
        let new = NewFactor {
            id: FactorId(self.entropy.id("fac")),
            identity_id: owner,
            kind: FactorKind::Totp,
            name: FactorName::default(),
            sealed: sealed.clone(),
            last_step: step,
            credential_id: None,
            created_at: now,
        };
        self.keep_factor(ctx, flow, new, Method::Totp, Wish { keep, ..Wish::default() }).await
    }

    /// Keeps a factor, with recovery codes beside the first. A login that waited for it is complete, a session that asked
    /// for it is surer of its person.
    pub(super) async fn keep_factor(
        &self,
        ctx: &RequestContext,
        flow: PendingFlow,
        new: NewFactor,
        method: Method,
        wish: Wish,
    ) -> Result<Answer<EnrollmentState>, Problem> {
        let (owner, kind) = (new.identity_id.clone(), new.kind);
        let left = self.storage.count_recovery_codes(&owner).await.map_err(problem::storage)?;
        let codes = if left == 0 { recovery_code::draw(&*self.entropy) } else { Vec::new() };
        // Who has proven a password alone may set up the first factor, never a second one beside the owner's.
        let first = flow.session_id.is_none();
        let added = self.storage.add_factor(new, &hashes(&owner, &codes), flow.hash, first).await;
        if !added.map_err(problem::storage)? {
            return Err(Problem::new(ErrorCode::FlowExpired));
        }
        self.record(entry(Event::FactorAdded, ctx, Some(&owner)).with("factor", kind.name()));
        let identity = self.enabled(&owner).await?;
        self.changed(&owner);
        self.tell_owner_of(ctx, &identity, AccountChange::FactorAdded).await;
        let keep = wish.keep || flow.keep;
        self.enrolled(ctx, flow, method, Wish { keep, ..wish })
            .await
            .map(|answer| answer.map(|()| EnrollmentState::Complete { codes }))
    }

    /// What was just set up is proven, too.
    async fn enrolled(
        &self,
        ctx: &RequestContext,
        flow: PendingFlow,
        method: Method,
        wish: Wish,
    ) -> Result<Answer<()>, Problem> {
        if flow.session_id.is_some() {
            let live = self.signed_in(ctx).await?;
            let methods = live.session.methods.clone().and(method);
            return self.raise(&live.session, methods, None).await;
        }
        let enrolled = Enrolled::found(flow).ok_or(Problem::new(ErrorCode::FlowExpired))?;
        let answer = self.complete(ctx, enrolled.completed(method), wish).await?;
        Ok(answer.map(|_| ()))
    }

    /// Ten new recovery codes in place of those that are left.
    async fn renew_recovery_codes(&self, ctx: &RequestContext) -> Result<Answer<EnrollmentState>, Problem> {
        self.question(ctx)?;
        let live = self.signed_in(ctx).await?;
        let (owner, factors) = (&live.identity.id, self.factors(&live.identity.id).await?);
        self.fresh(&live, &factors)?;
        if factors.is_empty() {
            return Err(Problem::new(ErrorCode::NotFound));
        }
        let codes = recovery_code::draw(&*self.entropy);
        let replaced = self.storage.replace_recovery_codes(owner, &hashes(owner, &codes), self.now()).await;
        replaced.map_err(problem::storage)?;
        self.record(entry(Event::RecoveryCodesRenewed, ctx, Some(owner)).session(&live.session.id));
        self.tell_owner_of(ctx, &live.identity, AccountChange::RecoveryCodesRenewed).await;
        Ok(Answer::new(EnrollmentState::Complete { codes }))
    }

    async fn enabled(&self, id: &IdentityId) -> Result<Identity, Problem> {
        let found = self.storage.lookup_identity(id).await.map_err(problem::storage)?;
        found.filter(|identity| !identity.disabled).ok_or(Problem::new(ErrorCode::FlowExpired))
    }
}

fn hashes(owner: &IdentityId, codes: &[Code]) -> Vec<TokenHash> {
    codes.iter().map(|code| recovery_code::hash(owner, code)).collect()
}
