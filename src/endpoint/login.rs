//! Login.

use std::time::Duration;

use gatehouse_protocol::{
    Challenge, ErrorCode, Field, FlowToken, LoginState, LoginStep, Password, Problem, rule,
};

use super::{
    Answer, Endpoint, RequestContext,
    attempt::Account,
    begin::{Wish, shaped},
    problem,
};
use crate::{
    audit::{Entry, Event},
    factor::password::Verified,
    flow::login::{Decision, Identifier, Renewal, Subject},
    identity::{Identity, IdentityId},
    session::Secret,
    storage::{LinkKind, NewLink, StorageError},
    telemetry::metrics::{self, Label as _, Login as Outcome},
};

/// How long a login may take to replace its password.
const RENEWAL_TTL: Duration = Duration::from_mins(10);

impl Endpoint {
    /// One step of a login.
    pub async fn login(&self, ctx: &RequestContext, step: LoginStep) -> Result<Answer<LoginState>, Problem> {
        match step {
            LoginStep::Password { identifier, password, keep, challenge } => {
                let wish = Wish { keep, challenge, clear: Vec::new() };
                let answer = self.login_password(ctx, &identifier, &password, wish).await;
                // A session that begins is counted where it begins, whatever proved it.
                if let Some(outcome) = outcome_of(&answer) {
                    metrics::LOGINS.count(&[("outcome", outcome.value())]);
                }
                answer
            }
            LoginStep::NewPassword { flow, password, keep, challenge } => {
                self.login_renewal(ctx, &flow, &password, Wish { keep, challenge, clear: Vec::new() }).await
            }
            LoginStep::Resume { challenge } => self.login_resume(ctx, challenge).await,
            LoginStep::Totp { flow, code, keep, challenge } => {
                self.login_totp(ctx, &flow, &code, Wish { keep, challenge, clear: Vec::new() }).await
            }
            LoginStep::RecoveryCode { flow, code, keep, challenge } => {
                let wish = Wish { keep, challenge, clear: Vec::new() };
                self.login_recovery_code(ctx, &flow, &code, wish).await
            }
            LoginStep::StepUp {} => self.login_step_up(ctx).await,
            LoginStep::Reauthenticate { password } => self.login_again(ctx, &password).await,
            LoginStep::SendCode { identifier, channel } => self.send_code(ctx, &identifier, channel).await,
            LoginStep::SendSms { flow } => self.send_sms(ctx, &flow).await,
            LoginStep::Code { flow, code, keep, challenge } => {
                self.login_code(ctx, &flow, &code, Wish { keep, challenge, clear: Vec::new() }).await
            }
            LoginStep::CodeLink { token, keep, challenge } => {
                self.login_code_link(ctx, &token, Wish { keep, challenge, clear: Vec::new() }).await
            }
            LoginStep::BeginPasskey { flow } => self.begin_passkey(ctx, flow).await,
            LoginStep::Passkey { flow, credential, keep, challenge } => {
                let wish = Wish { keep, challenge, clear: Vec::new() };
                self.login_passkey(ctx, &flow, &credential, wish).await
            }
        }
    }

    /// The same work for everybody: look up, count, one hash; while there are legacy hashes, the same mix of work.
    async fn login_password(
        &self,
        ctx: &RequestContext,
        identifier: &str,
        password: &Password,
        wish: Wish,
    ) -> Result<Answer<LoginState>, Problem> {
        shaped(wish.challenge.as_ref())?;
        let alone = self.password_alone();
        let said = identifier.trim();
        let identifier = match &alone {
            Some(name) if said.is_empty() => Identifier::Username(name.clone()),
            None if said.is_empty() => return Err(Problem::of(Field::Identifier, ErrorCode::Required)),
            _ => Identifier::parse(said),
        };
        typed(Field::Password, password)?;
        let subject = self.subject(&identifier).await.map_err(problem::storage)?;
        let subject = if alone.is_some() { self.through_one_door(subject, said) } else { subject };
        let guesses_at = if alone.is_some() && said.is_empty() { Account::Shared } else { Account::Own };
        let who = match &subject {
            Subject::Identity(record) => Some(record.identity.id.clone()),
            Subject::Pending(pending) => Some(pending.id.clone()),
            Subject::Nobody => None,
        };
        let attempt = match self.attempt_login(ctx, who.as_ref(), identifier.folded(), guesses_at).await {
            Err(refused) => {
                self.record(entry(Event::LoginLimited, ctx, who.as_ref()).with("identifier", said));
                return Err(refused);
            }
            admitted => admitted?,
        };
        let legacy =
            self.legacy_cost(identifier.folded(), subject.account()).await.map_err(problem::storage)?;
        let proof = match subject.account() {
            Some(hash) => self.hasher.verify(hash, password).await,
            None => self.hasher.verify_beside(legacy, subject.hash(), password).await,
        }
        .map_err(problem::busy)?;
        match subject.decide(proof.clone()) {
            Decision::Proven(proven, identity) => {
                let clear = attempt.own();
                let answer = self.go_on(ctx, proven, &identity, Wish { clear, ..wish }).await?;
                if let Some(proof) = proof {
                    self.upgrade(who.as_ref(), &proof, password).await;
                }
                Ok(answer)
            }
            Decision::NewPassword(identity) => self.ask_for_new_password(ctx, &identity).await,
            Decision::VerifyAddress(pending) => {
                self.send_verification(ctx, &pending).await?;
                Ok(Answer::new(LoginState::VerifyAddress))
            }
            Decision::Rejected => {
                self.failed(attempt).await?;
                self.record(entry(Event::LoginRejected, ctx, who.as_ref()).with("identifier", said));
                Err(Problem::new(ErrorCode::CredentialsRejected))
            }
        }
    }

    /// Where the form asks for a password alone, only who the settings declare for it is to be reached, and only by
    /// that form.
    fn through_one_door(&self, subject: Subject, said: &str) -> Subject {
        match subject {
            Subject::Identity(record) if said.is_empty() && self.declares(&record.identity) => {
                Subject::Identity(record)
            }
            _ => Subject::Nobody,
        }
    }

    /// Whom the identifier means. For an address both tables are asked, whatever the first one answers.
    async fn subject(&self, identifier: &Identifier) -> Result<Subject, StorageError> {
        let (record, pending) = match identifier {
            Identifier::Username(name) => (self.storage.find_by_username(name.folded()).await?, None),
            Identifier::Email(address) => (
                self.storage.find_by_email(address.folded()).await?,
                self.storage.find_registration(address.folded(), self.now()).await?,
            ),
            Identifier::Impossible(text) => {
                (self.storage.find_by_username(text).await?.filter(|_| false), None)
            }
        };
        Ok(Subject::found(identifier, record, pending))
    }

    async fn ask_for_new_password(
        &self,
        ctx: &RequestContext,
        identity: &Identity,
    ) -> Result<Answer<LoginState>, Problem> {
        let now = self.now();
        let token = Secret::draw(&*self.entropy);
        let link = NewLink {
            hash: token.hash(),
            kind: LinkKind::MustChange,
            identity_id: Some(identity.id.clone()),
            email: None,
            mailed: false,
            roles: Vec::new(),
            created_at: now,
            expires_at: now.plus(RENEWAL_TTL),
        };
        self.storage.add_link(link).await.map_err(problem::storage)?;
        self.record(entry(Event::LoginMustChange, ctx, Some(&identity.id)));
        Ok(Answer::new(LoginState::NewPassword { flow: FlowToken::new(token.expose()) }))
    }

    /// The second step of a login whose password had to be replaced.
    async fn login_renewal(
        &self,
        ctx: &RequestContext,
        flow: &FlowToken,
        password: &Password,
        wish: Wish,
    ) -> Result<Answer<LoginState>, Problem> {
        shaped(wish.challenge.as_ref())?;
        typed(Field::Password, password)?;
        self.question(ctx)?;
        let expired = Problem::new(ErrorCode::FlowExpired);
        let hash = Secret::received(flow.expose()).hash();
        let found = self.storage.peek_link(hash, LinkKind::MustChange, self.now()).await;
        let renewal = found.map_err(problem::storage)?.and_then(Renewal::found).ok_or(expired.clone())?;
        let id = renewal.link().identity_id.clone().ok_or(expired.clone())?;
        let record = self.record_of(&id).await?.ok_or(expired.clone())?;
        self.judged(Field::Password, password, &record.identity).await?;
        if let Some(old) = &record.password {
            let same = self.hasher.verify(old, password).await.map_err(problem::busy)?;
            if same.is_some() {
                return Err(Problem::of(Field::Password, ErrorCode::PasswordUnchanged));
            }
        }
        let new = self.hasher.hash(password).await.map_err(problem::busy)?;
        let consumed = self.storage.consume_for_password(hash, LinkKind::MustChange, &new, self.now()).await;
        let identity = consumed.map_err(problem::storage)?.ok_or(expired.clone())?;
        self.changed(&identity.id);
        self.record(entry(Event::PasswordChanged, ctx, Some(&identity.id)));
        let proven = renewal.proven(&identity, new).ok_or(expired)?;
        self.go_on(ctx, proven, &identity, wish).await
    }

    /// A signed-in browser asks for a ticket for an app that it opened.
    async fn login_resume(
        &self,
        ctx: &RequestContext,
        challenge: Challenge,
    ) -> Result<Answer<LoginState>, Problem> {
        shaped(Some(&challenge))?;
        self.question(ctx)?;
        let live = self.signed_in(ctx).await?;
        let (ticket, stored) = self.draw_ticket(&live.session.id, challenge);
        match self.storage.add_ticket(stored).await {
            Err(StorageError::IdentityChanged) => Err(Problem::new(ErrorCode::SignedOut)),
            Err(error) => Err(problem::storage(error)),
            Ok(()) => Ok(Answer::new(LoginState::Complete { ticket: Some(ticket) })),
        }
    }

    /// Makes a new hash, of the password as it was typed, where the parameters rose or the hash is a legacy one. It may fail: the next login tries again.
    async fn upgrade(&self, id: Option<&IdentityId>, proof: &Verified, password: &Password) {
        let Some(id) = id.filter(|_| self.hasher.needs_rehash(proof.hash())) else { return };
        let Ok(new) = self.hasher.hash(password).await else { return };
        if let Err(error) = self.storage.upgrade_hash(id, proof.hash(), &new).await {
            tracing::warn!(%error, "a password keeps its old parameters");
        }
    }
}

/// How a step of a login ended that began no session.
const fn outcome_of(answer: &Result<Answer<LoginState>, Problem>) -> Option<Outcome> {
    Some(match answer {
        Ok(Answer { state: LoginState::Complete { .. }, .. }) => return None,
        Ok(_) => Outcome::Pending,
        Err(problem) => match problem.code {
            ErrorCode::CredentialsRejected => Outcome::Rejected,
            ErrorCode::TooManyAttempts => Outcome::Limited,
            ErrorCode::Busy => Outcome::Busy,
            ErrorCode::Unavailable | ErrorCode::Internal => Outcome::Unavailable,
            _ => Outcome::Malformed,
        },
    })
}

/// Refuses what no password can be, before anything is hashed.
pub(super) fn typed(field: Field, password: &Password) -> Result<(), Problem> {
    match password.expose().len() {
        0 => Err(Problem::of(field, ErrorCode::Required)),
        1..=rule::PASSWORD_MAX_BYTES => Ok(()),
        _ => Err(Problem::of(field, ErrorCode::PasswordTooLong)),
    }
}

pub(super) fn entry(event: Event, ctx: &RequestContext, id: Option<&IdentityId>) -> Entry {
    let entry = Entry::new(event).address(ctx.address);
    match id {
        Some(id) => entry.identity(id),
        None => entry,
    }
}
