//! Choosing a password: judged, changed, and told to its owner.

use std::time::Duration;

use gatehouse_protocol::{
    ChangePassword, ErrorCode, Field, Password, PasswordChanged, Problem, StrengthQuestion, StrengthReport,
};
use unicode_normalization::UnicodeNormalization as _;

use super::{
    Answer, Endpoint, RequestContext,
    linking::kept_here,
    login::{entry, typed},
    problem,
};
use crate::{
    audit::Event,
    identity::{Identity, IdentityId},
    session::LiveSession,
    storage::{AccountChange, MailId, MailTemplate, NewMail, SignInRecord, StorageError},
};

/// The span that the cap on mails to one address speaks of.
pub(super) const MAIL_WINDOW: Duration = Duration::from_hours(1);

impl Endpoint {
    /// Replaces the password of somebody who is signed in and knows the current one. Every session ends but this one, and
    /// the sign-in that an app has it from.
    pub async fn change_password(
        &self,
        ctx: &RequestContext,
        change: ChangePassword,
    ) -> Result<Answer<PasswordChanged>, Problem> {
        typed(Field::CurrentPassword, &change.current)?;
        typed(Field::Password, &change.new)?;
        let live = self.signed_in(ctx).await?;
        let identity = &live.identity;
        if identity.source.is_some() {
            return Err(Problem::new(ErrorCode::ManagedElsewhere));
        }
        let attempt = self.attempt_change(&identity.id).await?;
        let record = self.record_of(&identity.id).await?.ok_or(Problem::new(ErrorCode::SignedOut))?;
        let proof = match &record.password {
            Some(hash) => self.hasher.verify(hash, &change.current).await,
            None => self.hasher.verify_beside(None, None, &change.current).await,
        };
        if proof.map_err(problem::busy)?.is_none() {
            self.failed(attempt).await?;
            self.record(
                entry(Event::PasswordChangeRejected, ctx, Some(&identity.id)).session(&live.session.id),
            );
            return Err(Problem::of(Field::CurrentPassword, ErrorCode::CurrentPasswordWrong));
        }
        if change.new.expose().nfc().eq(change.current.expose().nfc()) {
            return Err(Problem::of(Field::Password, ErrorCode::PasswordUnchanged));
        }
        self.judged(Field::Password, &change.new, identity).await?;
        let hash = self.hasher.hash(&change.new).await.map_err(problem::busy)?;
        // Hashing took a while: whoever ended this session meanwhile meant it, and storage refuses.
        let except = Some(&live.session.id);
        let ended = match self.storage.set_password(&identity.id, &hash, false, except, self.now()).await {
            Err(StorageError::IdentityChanged) => return Err(Problem::new(ErrorCode::SignedOut)),
            other => other.map_err(problem::storage)?,
        };
        self.changed(&identity.id);
        self.record(entry(Event::PasswordChanged, ctx, Some(&identity.id)).session(&live.session.id));
        self.tell_owner(ctx, identity).await;
        Ok(Answer::new(PasswordChanged { ended }))
    }

    /// Chooses a password for an account that has none, by who has proven lately whose that is. Every other session ends.
    pub(super) async fn set_own_password(
        &self,
        ctx: &RequestContext,
        live: &LiveSession,
        password: &Password,
    ) -> Result<(), Problem> {
        typed(Field::Password, password)?;
        let identity = &live.identity;
        kept_here(identity)?;
        self.fresh(live, &self.factors(&identity.id).await?)?;
        let record = self.record_of(&identity.id).await?.ok_or(Problem::new(ErrorCode::SignedOut))?;
        if record.password.is_some() {
            // Replacing one asks for it.
            return Err(Problem::new(ErrorCode::NotFound));
        }
        self.judged(Field::Password, password, identity).await?;
        let hash = self.hasher.hash(password).await.map_err(problem::busy)?;
        let except = Some(&live.session.id);
        match self.storage.set_password(&identity.id, &hash, false, except, self.now()).await {
            Err(StorageError::IdentityChanged) => return Err(Problem::new(ErrorCode::SignedOut)),
            other => other.map_err(problem::storage)?,
        };
        self.changed(&identity.id);
        self.record(entry(Event::PasswordChanged, ctx, Some(&identity.id)).session(&live.session.id));
        self.tell_owner_of(ctx, identity, AccountChange::PasswordSet).await;
        Ok(())
    }

    /// How good a password is. Nothing of it is stored or logged.
    pub async fn strength(
        &self,
        ctx: &RequestContext,
        question: StrengthQuestion,
    ) -> Result<StrengthReport, Problem> {
        self.question(ctx)?;
        self.report(question.password, question.names).await
    }

    /// Whether somebody may choose this password.
    pub(super) async fn judged(
        &self,
        field: Field,
        password: &Password,
        identity: &Identity,
    ) -> Result<(), Problem> {
        let email = identity.email.as_ref().map(|email| email.address.as_str());
        self.judged_for(field, password, identity.username.as_str(), email).await
    }

    pub(super) async fn judged_for(
        &self,
        field: Field,
        password: &Password,
        username: &str,
        email: Option<&str>,
    ) -> Result<(), Problem> {
        let names = std::iter::once(username).chain(email).map(str::to_owned).collect();
        let report = self.report(password.clone(), names).await?;
        report.refused.map_or(Ok(()), |code| Err(Problem::of(field, code)))
    }

    /// Estimating takes milliseconds: on a thread that may block, and few at once.
    pub(super) async fn report(
        &self,
        password: Password,
        names: Vec<String>,
    ) -> Result<StrengthReport, Problem> {
        let internal = || Problem::new(ErrorCode::Internal);
        let _permit = self.judging.acquire().await.map_err(|_| internal())?;
        let judge = self.judge.clone();
        let judging = tokio::task::spawn_blocking(move || {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            judge.report(&password, &names)
        });
        judging.await.map_err(|error| {
            tracing::error!(%error, "judging a password stopped");
            internal()
        })
    }

    /// The identity with its password.
    pub(super) async fn record_of(&self, id: &IdentityId) -> Result<Option<SignInRecord>, Problem> {
        let Some(identity) = self.storage.lookup_identity(id).await.map_err(problem::storage)? else {
            return Ok(None);
        };
        let found =
            self.storage.find_by_username(identity.username.folded()).await.map_err(problem::storage)?;
        Ok(found.filter(|record| record.identity.id == *id))
    }

    /// Tells the owner that the password was changed.
    pub(super) async fn tell_owner(&self, ctx: &RequestContext, identity: &Identity) {
        self.tell(ctx, identity, MailTemplate::PasswordChanged, |mail| NewMail {
            identity_id: Some(identity.id.clone()),
            ..mail
        })
        .await;
    }

    /// Tells the owner what else was changed.
    pub(super) async fn tell_owner_of(
        &self,
        ctx: &RequestContext,
        identity: &Identity,
        change: AccountChange,
    ) {
        self.tell(ctx, identity, MailTemplate::AccountChanged(change), |mail| NewMail {
            // A mail goes with its identity, and this one is about that.
            identity_id: (change != AccountChange::Deleted).then(|| identity.id.clone()),
            context: identity.username.as_str().to_owned(),
            ..mail
        })
        .await;
    }

    /// Queues a mail to the owner. What it tells of stands, whether or not that can be done.
    async fn tell(
        &self,
        ctx: &RequestContext,
        identity: &Identity,
        template: MailTemplate,
        about: impl FnOnce(NewMail) -> NewMail,
    ) {
        let Some(email) = &identity.email else { return };
        if !crate::mail::available(&self.settings) {
            return;
        }
        let mail = about(self.letter(ctx, template, email.address.as_str(), email.address.folded()));
        match self.storage.enqueue_mail(mail, self.settings.limits.mails_per_address, MAIL_WINDOW).await {
            Ok(_) => self.mail_notify.notify_one(),
            Err(error) => tracing::error!(%error, ?template, "the owner is not told of a change"),
        }
    }

    /// A mail, so far about nothing.
    pub(super) fn letter(
        &self,
        ctx: &RequestContext,
        template: MailTemplate,
        to: &str,
        folded: &str,
    ) -> NewMail {
        NewMail {
            id: MailId(self.entropy.id("mail")),
            template,
            to: to.to_owned(),
            to_folded: folded.to_owned(),
            identity_id: None,
            context: String::new(),
            locale: ctx.locale.chars().take(35).collect(),
            queued_at: self.now(),
            app: ctx.app.as_ref().map(|app| app.name.clone()),
        }
    }
}
