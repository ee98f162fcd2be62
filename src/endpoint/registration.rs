//! Registration.

use std::time::Duration;

use gatehouse_protocol::{
    Challenge, ErrorCode, Field, LoginState, MailToken, Password, Problem, RegistrationState,
    RegistrationStep,
};

use super::{
    Answer, Endpoint, RequestContext,
    begin::{Wish, shaped},
    login::{entry, typed},
    problem,
};
use crate::{
    audit::Event,
    flow::registration::{self as flow, Offer},
    identity::{EmailAddress, IdentityId, Role, Username},
    mail,
    session::{Secret, TokenHash},
    storage::{LinkKind, MailTemplate, NewMail, PendingRegistration},
};

/// How long a registration waits for its address.
const PENDING_TTL: Duration = Duration::from_hours(24);

impl Endpoint {
    /// One step of a registration.
    pub async fn registration(
        &self,
        ctx: &RequestContext,
        step: RegistrationStep,
    ) -> Result<Answer<RegistrationState>, Problem> {
        self.question(ctx)?;
        match step {
            RegistrationStep::Open { token } => {
                let (offer, _) = self.offer(&token).await?;
                Ok(Answer::new(RegistrationState::Offer {
                    email: offer.email().map(|email| email.as_str().to_owned()),
                    setup: offer.is_setup(),
                }))
            }
            RegistrationStep::Submit { username, email, password, token, challenge } => {
                shaped(challenge.as_ref())?;
                typed(Field::Password, &password)?;
                match token {
                    Some(token) => {
                        self.register_by_link(ctx, &username, &email, &password, &token, challenge).await
                    }
                    None => self.register_openly(ctx, &username, &email, &password).await,
                }
            }
        }
    }

    /// The invitation or set-up link behind a token.
    async fn offer(&self, token: &MailToken) -> Result<(Offer, TokenHash), Problem> {
        let hash = Secret::received(token.expose()).hash();
        for kind in [LinkKind::Setup, LinkKind::Invitation] {
            let link = self.storage.peek_link(hash, kind, self.now()).await.map_err(problem::storage)?;
            if let Some(offer) = link.and_then(Offer::found) {
                return Ok((offer, hash));
            }
        }
        Err(Problem::new(ErrorCode::LinkExpired))
    }

    async fn register_by_link(
        &self,
        ctx: &RequestContext,
        username: &str,
        email: &str,
        password: &Password,
        token: &MailToken,
        challenge: Option<Challenge>,
    ) -> Result<Answer<RegistrationState>, Problem> {
        let (offer, hash) = self.offer(token).await?;
        let username = flow::username(username, &self.settings.app_name, offer.is_setup())?;
        let typed =
            if offer.email().is_some() || email.trim().is_empty() { None } else { Some(address(email)?) };
        let own = offer.email().or(typed.as_ref()).map(EmailAddress::as_str);
        self.judged_for(Field::Password, password, username.as_str(), own).await?;
        let hashed = self.hasher.hash(password).await.map_err(problem::busy)?;
        let now = self.now();
        let new = offer.identity(IdentityId(self.entropy.id("id")), username, typed, hashed, now);
        let added = self.storage.consume_for_identity(hash, offer.kind(), new, now).await;
        let identity = added.map_err(problem::storage)?.ok_or(Problem::new(ErrorCode::LinkExpired))?;
        self.record(entry(Event::IdentityCreated, ctx, Some(&identity.id)));
        let wish = Wish { challenge, ..Wish::default() };
        let answer = self.go_on(ctx, offer.proven(&identity), &identity, wish).await?;
        Ok(answer.map(|state| match state {
            LoginState::Complete { ticket } => RegistrationState::Complete { ticket },
            LoginState::Enroll { flow } => RegistrationState::Enroll { flow },
            // Who was made a moment ago has no factor, and a password that holds.
            LoginState::Challenge { .. }
            | LoginState::NewPassword { .. }
            | LoginState::VerifyAddress
            | LoginState::CodeSent { .. }
            | LoginState::Passkey { .. } => RegistrationState::VerifyAddress,
        }))
    }

    /// The same answer at the same cost, whether or not the address has an account: the name is reserved either way,
    /// one hash is computed and one mail is queued. Only the mail differs.
    async fn register_openly(
        &self,
        ctx: &RequestContext,
        username: &str,
        email: &str,
        password: &Password,
    ) -> Result<Answer<RegistrationState>, Problem> {
        let mail = mail::available(&self.settings);
        flow::permitted(&self.settings, mail, None)?;
        let username = flow::username(username, &self.settings.app_name, false)?;
        let email = address(email)?;
        if let Err(refused) = flow::permitted(&self.settings, mail, Some(&email)) {
            // Which addresses may register is asked no more often than one may register.
            self.take_registration(ctx).await?;
            return Err(refused);
        }
        self.judged_for(Field::Password, password, username.as_str(), Some(email.as_str())).await?;
        self.take_registration(ctx).await?;
        if self.storage.find_by_username(username.folded()).await.map_err(problem::storage)?.is_some() {
            return Err(Problem::of(Field::Username, ErrorCode::UsernameTaken));
        }
        let hashed = self.hasher.hash(password).await.map_err(problem::busy)?;
        let account = self.storage.find_by_email(email.folded()).await.map_err(problem::storage)?;
        let account = account.filter(|record| record.identity.confirmed_address().is_some());
        // One address gets so many of these mails; whoever asks for more is told the same.
        let key = self.limit_keys.mail(email.folded());
        match self.take(vec![(key, self.rules.mail)]).await {
            Err(problem) if problem.code == ErrorCode::TooManyAttempts => {
                return Ok(Answer::new(RegistrationState::VerifyAddress));
            }
            taken => taken?,
        }
        let pending = self.pending(username, email, hashed);
        let (event, letter) = match account {
            Some(record) => (
                Event::RegistrationExisting,
                NewMail {
                    identity_id: Some(record.identity.id),
                    ..self.letter(
                        ctx,
                        MailTemplate::AlreadyRegistered,
                        pending.email.as_str(),
                        pending.email.folded(),
                    )
                },
            ),
            None => (Event::RegistrationPending, self.verification_letter(ctx, &pending)),
        };
        self.storage.add_registration(pending, letter).await.map_err(problem::storage)?;
        self.mail_notify.notify_one();
        self.record(entry(event, ctx, None));
        Ok(Answer::new(RegistrationState::VerifyAddress))
    }

    pub(super) async fn take_registration(&self, ctx: &RequestContext) -> Result<(), Problem> {
        let (keys, app) = (&self.limit_keys, ctx.counted_at());
        let mut counted = vec![(keys.all(app, "registration"), self.rules.registration_global)];
        if let Some(address) = ctx.believed() {
            counted.push((keys.registration(app, address), self.rules.registration_address));
        }
        self.take(counted).await
    }

    fn pending(
        &self,
        username: Username,
        email: EmailAddress,
        password: crate::factor::password::PasswordHash,
    ) -> PendingRegistration {
        let now = self.now();
        let mut roles: Vec<Role> =
            self.settings.registration_roles.iter().filter_map(|role| Role::parse(role).ok()).collect();
        roles.sort();
        roles.dedup();
        PendingRegistration {
            id: IdentityId(self.entropy.id("id")),
            username,
            email,
            password,
            roles,
            created_at: now,
            expires_at: now.plus(PENDING_TTL),
        }
    }
}

fn address(text: &str) -> Result<EmailAddress, Problem> {
    EmailAddress::parse(text).map_err(|code| Problem::of(Field::Email, code))
}
