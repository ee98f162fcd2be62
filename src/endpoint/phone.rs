//! A phone as a second factor: set up by who is signed in, and asked for a code.

use gatehouse_protocol::{
    Code, CodeChannel, EnrollmentState, ErrorCode, Field, FlowToken, LoginState, Problem, rule,
};

use super::{
    Answer, Endpoint, RequestContext,
    begin::Wish,
    challenge::code_typed,
    code::SECOND_CODE,
    problem,
    texting::{PHONE_SEAL, phone_of},
};
use crate::{
    factor::{FactorId, FactorKind, FactorName, NewFactor},
    flow::{login::Identifier, proven},
    identity::IdentityId,
    session::{Method, Secret, TokenHash},
    sms::ending,
    storage::{FlowAim, LoginCode, NewLoginCode},
};

impl Endpoint {
    /// Sends a code to the number that somebody wants to set up.
    pub(super) async fn begin_phone(
        &self,
        ctx: &RequestContext,
        number: &str,
    ) -> Result<Answer<EnrollmentState>, Problem> {
        self.question(ctx)?;
        let live = self.signed_in(ctx).await?;
        let (identity, factors) = (&live.identity, self.factors(&live.identity.id).await?);
        self.fresh(&live, &factors)?;
        let one = phone_of(&factors).is_none();
        if self.sms.is_none() || !one || !proven::may_enroll(&self.settings, identity) {
            return Err(Problem::new(ErrorCode::FactorUnavailable));
        }
        let number = rule::phone(number).map_err(Problem::new)?;
        self.take_sms(ctx, &number, &identity.id).await?;
        let sealed = self.key.seal(PHONE_SEAL, &identity.id.0, number.as_bytes(), &*self.entropy);
        let methods = live.session.methods.clone();
        let pending =
            self.waiting(identity, Some(&live.session.id), methods, FlowAim::ConfirmPhone { sealed });
        let flow = self.keep_flow(pending, &[]).await?;
        self.text_second_code(ctx, &flow, &identity.id, number).await?;
        Ok(Answer::new(EnrollmentState::CodeSent { flow }))
    }

    /// The code came back: the phone is kept.
    pub(super) async fn confirm_phone(
        &self,
        ctx: &RequestContext,
        token: &FlowToken,
        code: &Code,
    ) -> Result<Answer<EnrollmentState>, Problem> {
        code_typed(code)?;
        self.question(ctx)?;
        let expired = Problem::new(ErrorCode::FlowExpired);
        let flow = self.flow(ctx, token).await?;
        let owner = flow.identity_id.clone();
        let FlowAim::ConfirmPhone { sealed } = flow.aim.clone() else { return Err(expired) };
        // Another tab may have been faster.
        if phone_of(&self.factors(&owner).await?).is_some() {
            return Err(Problem::new(ErrorCode::FactorUnavailable));
        }
        let attempt = self.attempt_factor(&owner).await?;
        let sent = self.sent_in(flow.hash).await?;
        if !self.is_sent_code(SECOND_CODE, &sent, code) {
            self.failed(attempt).await?;
            return Err(Problem::of(Field::Code, ErrorCode::CodeRejected));
        }
        self.use_up(flow.hash).await?;
        let number = self.key.open(PHONE_SEAL, &owner.0, &sealed).map_err(|_| expired.clone())?;
        let name = std::str::from_utf8(&number).map(|number| format!("… {}", ending(number)));
        let new = NewFactor {
            id: FactorId(self.entropy.id("fac")),
            identity_id: owner,
            kind: FactorKind::Phone,
            name: name.ok().and_then(|name| FactorName::parse(&name).ok()).unwrap_or_default(),
            sealed,
            last_step: 0,
            credential_id: None,
            created_at: self.now(),
        };
        self.keep_factor(ctx, flow, new, Method::Sms, Wish::default()).await
    }

    /// Sends the code that a challenge may be answered with. Asked for by its person, never by itself.
    pub(super) async fn send_sms(
        &self,
        ctx: &RequestContext,
        token: &FlowToken,
    ) -> Result<Answer<LoginState>, Problem> {
        self.question(ctx)?;
        let flow = self.flow(ctx, token).await?;
        let (owner, unavailable) = (&flow.identity_id, Problem::new(ErrorCode::FactorUnavailable));
        let factors = self.factors(owner).await?;
        let offered = proven::offered(&factors, 0, &flow.methods, self.sms.is_some());
        if flow.aim != FlowAim::Challenge || !offered.contains(&gatehouse_protocol::SecondFactor::Sms) {
            return Err(unavailable);
        }
        let number = phone_of(&factors).and_then(|kept| self.number_of(kept)).ok_or(unavailable)?;
        self.take_sms(ctx, &number, owner).await?;
        self.text_second_code(ctx, token, owner, number).await?;
        Ok(Answer::new(LoginState::CodeSent { flow: token.clone(), channel: CodeChannel::Sms }))
    }

    /// Answers a challenge with a code that was sent.
    pub(super) async fn login_sms(
        &self,
        ctx: &RequestContext,
        token: &FlowToken,
        code: &Code,
        wish: Wish,
    ) -> Result<Answer<LoginState>, Problem> {
        let (challenged, attempt) = self.challenged(ctx, token, code, wish.challenge.as_ref()).await?;
        let (owner, hash) = (challenged.flow().identity_id.clone(), challenged.flow().hash);
        let sent = self.sent_in(hash).await?;
        let factors = self.factors(&owner).await?;
        let phone = phone_of(&factors).filter(|_| self.is_sent_code(SECOND_CODE, &sent, code));
        let Some(phone) = phone else { return self.wrong_code(ctx, &owner, attempt).await };
        self.use_up(hash).await?;
        let now = self.now();
        // Its last use is the moment, not a step that counts.
        self.storage.accept_step(&phone.factor.id, now.0, now).await.map_err(problem::storage)?;
        self.second_factor(ctx, challenged, Method::Sms, attempt, wish).await
    }

    /// Keeps a code of a flow that waits, and sends it.
    async fn text_second_code(
        &self,
        ctx: &RequestContext,
        token: &FlowToken,
        owner: &IdentityId,
        number: String,
    ) -> Result<(), Problem> {
        let (code, hash) = (self.draw_code(), Secret::received(token.expose()).hash());
        let nobody = Identifier::Impossible(String::new());
        let new = NewLoginCode {
            counted: self.limit_keys.factor(owner),
            mac: Some(self.code_mac(SECOND_CODE, hash, code.expose())),
            ..self.asked(&nobody, Some(owner), CodeChannel::Sms, hash)
        };
        self.storage.add_login_code(new).await.map_err(problem::storage)?;
        self.text(ctx, number, code.expose());
        Ok(())
    }

    /// What was sent in a flow, tried once more.
    async fn sent_in(&self, hash: TokenHash) -> Result<LoginCode, Problem> {
        let sent = self.storage.try_login_code(hash, self.now()).await.map_err(problem::storage)?;
        sent.ok_or(Problem::of(Field::Code, ErrorCode::CodeRejected))
    }

    async fn use_up(&self, hash: TokenHash) -> Result<(), Problem> {
        let used = self.storage.use_login_code(hash, self.now()).await.map_err(problem::storage)?;
        if used { Ok(()) } else { Err(Problem::of(Field::Code, ErrorCode::CodeRejected)) }
    }
}
