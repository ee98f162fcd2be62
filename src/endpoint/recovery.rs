//! Recovery.

use gatehouse_protocol::{ErrorCode, Field, MailToken, Password, Problem, RecoveryState, RecoveryStep};

use super::{
    Answer, Endpoint, RequestContext,
    login::{entry, typed},
    password::MAIL_WINDOW,
    problem,
};
use crate::{
    audit::Event,
    flow::{
        login::Identifier,
        recovery::{Reset, recipient},
    },
    identity::Identity,
    mail,
    session::{Secret, TokenHash},
    storage::{LimitState, LinkKind, MailTemplate, NewMail},
};

impl Endpoint {
    /// One step of a recovery.
    pub async fn recovery(
        &self,
        ctx: &RequestContext,
        step: RecoveryStep,
    ) -> Result<Answer<RecoveryState>, Problem> {
        self.question(ctx)?;
        match step {
            RecoveryStep::Request { identifier } => self.request_reset(ctx, &identifier).await,
            RecoveryStep::Open { token } => {
                let (identity, _) = self.reset_link(&token).await?;
                let username = identity.username.as_str().to_owned();
                Ok(Answer::new(RecoveryState::ChoosePassword { username }))
            }
            RecoveryStep::Reset { token, password } => self.reset(ctx, &token, &password).await,
        }
    }

    /// The same answer after the same questions, whoever is meant. The mail leaves later, so whether it can is not
    /// seen here either.
    async fn request_reset(
        &self,
        ctx: &RequestContext,
        identifier: &str,
    ) -> Result<Answer<RecoveryState>, Problem> {
        if !mail::available(&self.settings) {
            return Err(Problem::new(ErrorCode::RecoveryOff));
        }
        if identifier.trim().is_empty() {
            return Err(Problem::of(Field::Identifier, ErrorCode::Required));
        }
        let identifier = Identifier::parse(identifier);
        let found = match &identifier {
            Identifier::Email(address) => self.storage.find_by_email(address.folded()).await,
            Identifier::Username(name) => self.storage.find_by_username(name.folded()).await,
            Identifier::Impossible(text) => self.storage.find_by_username(text).await.map(|_| None),
        };
        let identity = found.map_err(problem::storage)?.map(|record| record.identity);
        match identity.as_ref().and_then(|identity| Some((identity, recipient(identity)?))) {
            Some((identity, address)) => {
                let letter = NewMail {
                    identity_id: Some(identity.id.clone()),
                    context: identity.id.0.clone(),
                    ..self.letter(ctx, MailTemplate::Recovery, address.as_str(), address.folded())
                };
                let cap = self.settings.limits.mails_per_address;
                if self.storage.enqueue_mail(letter, cap, MAIL_WINDOW).await.map_err(problem::storage)? {
                    self.mail_notify.notify_one();
                }
            }
            None => self.send_nothing(ctx, MailTemplate::Recovery, identifier.folded()).await?,
        }
        let who = identity.as_ref().map(|identity| &identity.id);
        self.record(entry(Event::RecoveryRequested, ctx, who).with("identifier", identifier.folded()));
        Ok(Answer::new(RecoveryState::Sent))
    }

    /// The identity whose password this link resets.
    async fn reset_link(&self, token: &MailToken) -> Result<(Identity, TokenHash), Problem> {
        let gone = Problem::new(ErrorCode::LinkExpired);
        let hash = Secret::received(token.expose()).hash();
        let link =
            self.storage.peek_link(hash, LinkKind::Recovery, self.now()).await.map_err(problem::storage)?;
        let reset = link.and_then(Reset::found).ok_or(gone.clone())?;
        let identity = self.storage.lookup_identity(reset.identity_id()).await.map_err(problem::storage)?;
        Ok((identity.filter(Identity::is_open).ok_or(gone)?, hash))
    }

    /// Replaces the password. Every session ends, an attacker's with the rest, and nobody is signed in by it.
    async fn reset(
        &self,
        ctx: &RequestContext,
        token: &MailToken,
        password: &Password,
    ) -> Result<Answer<RecoveryState>, Problem> {
        typed(Field::Password, password)?;
        let (identity, hash) = self.reset_link(token).await?;
        self.judged(Field::Password, password, &identity).await?;
        let new = self.hasher.hash(password).await.map_err(problem::busy)?;
        let consumed = self.storage.consume_for_password(hash, LinkKind::Recovery, &new, self.now()).await;
        let identity = consumed.map_err(problem::storage)?.ok_or(Problem::new(ErrorCode::LinkExpired))?;
        self.changed(&identity.id);
        self.record(entry(Event::RecoveryCompleted, ctx, Some(&identity.id)));
        self.unlock(&identity).await;
        self.tell_owner(ctx, &identity).await;
        // Whoever holds the mailbox is the owner: this browser gets in while others guess on.
        let device_cookie = self.device_cookie(ctx, &identity.id);
        Ok(Answer { device_cookie, ..Answer::new(RecoveryState::Complete) })
    }

    /// Forgets the failures of guessing at a password that is no more.
    async fn unlock(&self, identity: &Identity) {
        let key = self.limit_keys.account(&identity.id);
        let forget = |states: &mut [LimitState]| states.fill(LimitState::default());
        if let Err(error) = self.storage.update_limits(&[key], &forget, self.now()).await {
            tracing::warn!(%error, "the lock of an account outlives its reset");
        }
    }
}
