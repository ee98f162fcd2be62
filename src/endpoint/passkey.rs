//! Passkeys: signing in by one alone, proving one after the first factor, and setting one up.
//!
//! What a passkey signs follows from the flow's token, by the key of the installation: nothing is kept for it. Of a sign-in
//! that begins with a passkey nothing is kept at all before somebody proves something; its token is remembered when it
//! is used.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatehouse_protocol::{EnrollmentState, ErrorCode, FlowToken, LoginState, Problem};

use super::{
    Answer, Endpoint, RequestContext,
    attempt::Attempt,
    begin::{Wish, shaped},
    challenge::FLOW_TTL,
    login::entry,
    problem,
};
use crate::{
    audit::Event,
    clock::Timestamp,
    factor::{
        FactorId, FactorKind, FactorName, NewFactor, StoredFactor,
        passkey::{ANSWER_MAX, Assertion, Challenge, Passkey, Proof, Rejected, RelyingParty},
    },
    flow::{
        passkey::proven,
        proven::{Challenged, may_enroll_passkey},
    },
    identity::IdentityId,
    session::Secret,
    storage::{FlowAim, PendingFlow},
};

/// What passkeys are sealed for.
pub(super) const PASSKEY_SEAL: &str = "passkey";
/// What tokens are sealed for that nobody keeps.
const TOKEN_SEAL: &str = "passkey token";

impl Endpoint {
    /// Where passkeys belong; `None` where they are off.
    pub(super) fn relying_party(&self) -> Option<RelyingParty> {
        let public = self.settings.public_origin().map(|url| url.origin().to_owned());
        let origin = public.or_else(|| self.local_url()).filter(|_| self.settings.passkeys)?;
        RelyingParty::at(&origin, &self.settings.app_name)
    }

    /// The host of passkeys, for the forms. Where one password opens the app, nobody is anybody.
    pub(super) fn passkey_host(&self) -> Option<String> {
        let party = self.relying_party().filter(|_| self.password_alone().is_none())?;
        Some(party.id().to_owned())
    }

    /// Where passkeys belong, for who asks: an app's own forms stand at another address.
    pub(super) fn party(&self, ctx: &RequestContext) -> Result<RelyingParty, Problem> {
        let party = self.relying_party().filter(|_| ctx.app.is_none());
        party.ok_or(Problem::new(ErrorCode::PasskeyUnavailable))
    }

    /// Says what a passkey is to sign.
    pub(super) async fn begin_passkey(
        &self,
        ctx: &RequestContext,
        flow: Option<FlowToken>,
    ) -> Result<Answer<LoginState>, Problem> {
        let party = self.party(ctx)?;
        self.question(ctx)?;
        let (flow, passkeys) = match flow {
            None => (self.token_nobody_keeps(), Vec::new()),
            Some(token) => {
                let challenged = self.challenge_behind(ctx, &token).await?;
                let passkeys = self.passkeys_of(&challenged.flow().identity_id).await?;
                if passkeys.is_empty() {
                    return Err(Problem::new(ErrorCode::PasskeyUnavailable));
                }
                (token, passkeys)
            }
        };
        let options = party.request(&self.to_be_signed(&flow), &passkeys);
        Ok(Answer::new(LoginState::Passkey { flow, options }))
    }

    /// Takes what a passkey signed.
    pub(super) async fn login_passkey(
        &self,
        ctx: &RequestContext,
        flow: &FlowToken,
        answer: &str,
        wish: Wish,
    ) -> Result<Answer<LoginState>, Problem> {
        shaped(wish.challenge.as_ref())?;
        let party = self.party(ctx)?;
        self.question(ctx)?;
        let answer = read(answer, Assertion::read)?;
        match self.until(flow) {
            Some(expires_at) => {
                self.login_by_passkey_alone(ctx, &party, flow, expires_at, &answer, wish).await
            }
            None => self.second_factor_by_passkey(ctx, &party, flow, &answer, wish).await,
        }
    }

    /// The passkey says who it is, and proves it. What is unknown, disabled or wrong is answered alike.
    async fn login_by_passkey_alone(
        &self,
        ctx: &RequestContext,
        party: &RelyingParty,
        flow: &FlowToken,
        expires_at: Timestamp,
        answer: &Assertion,
        wish: Wish,
    ) -> Result<Answer<LoginState>, Problem> {
        let now = self.now();
        if expires_at <= now || expires_at.since(now) > FLOW_TTL {
            return Err(Problem::new(ErrorCode::FlowExpired));
        }
        let attempt = self.attempt_passkey(ctx, answer.passkey_id()).await?;
        let found = self.storage.find_passkey(answer.passkey_id()).await.map_err(problem::storage)?;
        let Some(kept) = found else { return self.wrong_passkey(ctx, None, attempt).await };
        let owner = &kept.factor.identity_id;
        let Some(proof) = self.proof_of(ctx, party, flow, answer, &kept, true) else {
            return self.wrong_passkey(ctx, Some(owner), attempt).await;
        };
        let identity = self.storage.lookup_identity(owner).await.map_err(problem::storage)?;
        let proven = identity.and_then(|identity| Some((proven(&identity, &kept, proof)?, identity)));
        let Some((proven, identity)) = proven else {
            return self.wrong_passkey(ctx, Some(owner), attempt).await;
        };
        let hash = Secret::received(flow.expose()).hash();
        if !self.storage.use_challenge(hash, expires_at, now).await.map_err(problem::storage)? {
            return Err(Problem::new(ErrorCode::FlowExpired));
        }
        if !self.uses(ctx, &kept, proof).await? {
            return self.wrong_passkey(ctx, Some(owner), attempt).await;
        }
        let gone = |problem: Problem| match problem.code {
            // Storage was asked last, and somebody was disabled or deleted meanwhile.
            ErrorCode::CredentialsRejected => rejected(),
            _ => problem,
        };
        self.go_on(ctx, proven, &identity, Wish { clear: attempt.own(), ..wish }).await.map_err(gone)
    }

    /// Answers a challenge with a passkey of whom it asks.
    async fn second_factor_by_passkey(
        &self,
        ctx: &RequestContext,
        party: &RelyingParty,
        token: &FlowToken,
        answer: &Assertion,
        wish: Wish,
    ) -> Result<Answer<LoginState>, Problem> {
        let challenged = self.challenge_behind(ctx, token).await?;
        let owner = challenged.flow().identity_id.clone();
        let attempt = self.attempt_factor(&owner).await?;
        let mut factors = self.factors(&owner).await?.into_iter();
        let kept = factors.find(|kept| kept.factor.credential_id.as_deref() == Some(answer.passkey_id()));
        let proof = kept.as_ref().and_then(|kept| self.proof_of(ctx, party, token, answer, kept, false));
        if let (Some(kept), Some(proof)) = (kept, proof)
            && self.uses(ctx, &kept, proof).await?
        {
            return self.second_factor(ctx, challenged, proof.method(), attempt, wish).await;
        }
        self.wrong_passkey(ctx, Some(&owner), attempt).await
    }

    /// Asks a browser for a new passkey.
    pub(super) async fn enroll_passkey(
        &self,
        ctx: &RequestContext,
        flow: Option<&FlowToken>,
    ) -> Result<Answer<EnrollmentState>, Problem> {
        let party = self.party(ctx)?;
        self.question(ctx)?;
        let (identity, session, methods, keep) = self.who_enrolls(ctx, flow).await?;
        if !may_enroll_passkey(&self.settings, &identity) {
            return Err(Problem::new(ErrorCode::PasskeyUnavailable));
        }
        let there = self.passkeys_of(&identity.id).await?;
        room_for_one(there.len())?;
        let pending = self.waiting(&identity, session.as_ref(), methods, FlowAim::ConfirmPasskey);
        let flow = self.keep_flow(PendingFlow { keep, ..pending }, &[]).await?;
        let user = self.user_handle(&identity.id);
        let challenge = self.to_be_signed(&flow);
        let options = party.creation(&challenge, &user, identity.username.as_str(), &there);
        Ok(Answer::new(EnrollmentState::Passkey { flow, options }))
    }

    /// Keeps the passkey that the browser made. It is proven by that.
    pub(super) async fn confirm_passkey(
        &self,
        ctx: &RequestContext,
        token: &FlowToken,
        answer: &str,
        name: &str,
        wish: Wish,
    ) -> Result<Answer<EnrollmentState>, Problem> {
        let name = FactorName::parse(name).map_err(Problem::new)?;
        let party = self.party(ctx)?;
        self.question(ctx)?;
        let flow = self.flow(ctx, token).await?;
        if flow.aim != FlowAim::ConfirmPasskey {
            return Err(Problem::new(ErrorCode::FlowExpired));
        }
        let owner = flow.identity_id.clone();
        // Storage has the last word, and less to say.
        room_for_one(self.passkeys_of(&owner).await?.len())?;
        let made = read(answer, |answer| party.registered(&self.to_be_signed(token), answer))?;
        let bytes = made.to_bytes().ok_or(Problem::new(ErrorCode::Internal))?;
        let new = NewFactor {
            id: FactorId(self.entropy.id("fac")),
            identity_id: owner.clone(),
            kind: FactorKind::Passkey,
            name,
            sealed: self.key.seal(PASSKEY_SEAL, &owner.0, &bytes, &*self.entropy),
            last_step: i64::from(made.made().counter),
            credential_id: Some(made.id().to_vec()),
            created_at: self.now(),
        };
        self.keep_factor(ctx, flow, new, made.made().method(), wish).await
    }

    /// What the answer proves, as one of this passkey.
    fn proof_of(
        &self,
        ctx: &RequestContext,
        party: &RelyingParty,
        flow: &FlowToken,
        answer: &Assertion,
        kept: &StoredFactor,
        must_verify: bool,
    ) -> Option<Proof> {
        let passkey = self.opened(kept)?;
        let counter = u32::try_from(kept.factor.last_step).ok()?;
        match party.proof(&self.to_be_signed(flow), answer, passkey, counter, must_verify) {
            Ok(proof) => Some(proof),
            Err(Rejected::Wrong) => None,
            Err(Rejected::Copied) => {
                self.copied(ctx, kept);
                None
            }
        }
    }

    /// Remembers the use. Of two at once with the same counter one comes too late.
    async fn uses(&self, ctx: &RequestContext, kept: &StoredFactor, proof: Proof) -> Result<bool, Problem> {
        let used = self.storage.use_passkey(&kept.factor.id, proof.counter, self.now()).await;
        let used = used.map_err(problem::storage)?;
        if !used {
            self.copied(ctx, kept);
        }
        Ok(used)
    }

    fn copied(&self, ctx: &RequestContext, kept: &StoredFactor) {
        let event = entry(Event::PasskeyCounter, ctx, Some(&kept.factor.identity_id));
        self.record(event.with("factor", &kept.factor.id.0));
    }

    async fn wrong_passkey<T>(
        &self,
        ctx: &RequestContext,
        owner: Option<&IdentityId>,
        attempt: Attempt,
    ) -> Result<Answer<T>, Problem> {
        self.failed(attempt).await?;
        self.record(entry(Event::FactorRejected, ctx, owner).with("factor", FactorKind::Passkey.name()));
        Err(rejected())
    }

    async fn challenge_behind(&self, ctx: &RequestContext, token: &FlowToken) -> Result<Challenged, Problem> {
        let flow = self.flow(ctx, token).await?;
        Challenged::found(flow).ok_or(Problem::new(ErrorCode::FlowExpired))
    }

    async fn passkeys_of(&self, owner: &IdentityId) -> Result<Vec<Passkey>, Problem> {
        Ok(self.factors(owner).await?.iter().filter_map(|kept| self.opened(kept)).collect())
    }

    fn opened(&self, kept: &StoredFactor) -> Option<Passkey> {
        let factor = &kept.factor;
        if factor.kind != FactorKind::Passkey {
            return None;
        }
        let opened = self.key.open(PASSKEY_SEAL, &factor.identity_id.0, &factor.sealed);
        let opened = opened.inspect_err(|error| {
            tracing::error!(%error, factor = factor.id.0, "nobody is let in by it");
        });
        Passkey::from_bytes(&opened.ok()?)
    }

    /// What is signed in this flow, and in no other.
    pub(super) fn to_be_signed(&self, flow: &FlowToken) -> Challenge {
        self.key.mac("passkey challenge", flow.expose().as_bytes())
    }

    /// Who a passkey is for, as the device keeps it: tells nobody who that is. (It is not looked at again: the passkey says
    /// whose it is, and after a change of the key this would be another.)
    fn user_handle(&self, id: &IdentityId) -> Vec<u8> {
        self.key.mac("passkey user", id.0.as_bytes()).into_iter().take(16).collect()
    }

    /// A token that says by itself until when it holds.
    fn token_nobody_keeps(&self) -> FlowToken {
        let until = self.now().plus(FLOW_TTL).0.to_be_bytes();
        FlowToken::new(URL_SAFE_NO_PAD.encode(self.key.seal(TOKEN_SEAL, "", &until, &*self.entropy)))
    }

    /// Until when such a token holds. Nothing for every other.
    fn until(&self, token: &FlowToken) -> Option<Timestamp> {
        let sealed = URL_SAFE_NO_PAD.decode(token.expose()).ok()?;
        let until = self.key.open(TOKEN_SEAL, "", &sealed).ok()?;
        until.as_slice().try_into().ok().map(|until| Timestamp(i64::from_be_bytes(until)))
    }
}

fn read<T>(answer: &str, how: impl FnOnce(&str) -> Option<T>) -> Result<T, Problem> {
    if answer.len() > ANSWER_MAX {
        return Err(Problem::new(ErrorCode::TooLarge));
    }
    how(answer).ok_or_else(rejected)
}

fn rejected() -> Problem {
    Problem::new(ErrorCode::PasskeyRejected)
}

fn room_for_one(there: usize) -> Result<(), Problem> {
    if there < FactorKind::Passkey.most() { Ok(()) } else { Err(Problem::new(ErrorCode::TooManyPasskeys)) }
}
