//! Verification of an address.

use gatehouse_protocol::{ErrorCode, Field, Problem, VerificationState, VerificationStep};

use super::{Answer, Endpoint, RequestContext, login::entry, password::MAIL_WINDOW, problem};
use crate::{
    audit::Event,
    flow::verification as flow,
    identity::EmailAddress,
    mail,
    session::Secret,
    storage::{MailTemplate, NewMail, PendingRegistration, StorageError},
};

impl Endpoint {
    /// One step of a verification.
    pub async fn verification(
        &self,
        ctx: &RequestContext,
        step: VerificationStep,
    ) -> Result<Answer<VerificationState>, Problem> {
        self.question(ctx)?;
        match step {
            VerificationStep::Confirm { token } => {
                let hash = Secret::received(token.expose()).hash();
                let gone = Problem::new(ErrorCode::LinkExpired);
                let identity = match self.storage.complete_registration(hash, self.now()).await {
                    // Somebody else has the name or the address by now.
                    Err(StorageError::UsernameTaken | StorageError::EmailTaken) => return Err(gone),
                    other => other.map_err(problem::storage)?.ok_or(gone)?,
                };
                self.record(entry(Event::IdentityCreated, ctx, Some(&identity.id)));
                Ok(Answer::new(VerificationState::Verified {
                    username: identity.username.as_str().to_owned(),
                }))
            }
            VerificationStep::Resend { email } => self.resend(ctx, &email).await,
        }
    }

    /// The same answer after the same questions, whether or not the address waits for a link.
    async fn resend(&self, ctx: &RequestContext, email: &str) -> Result<Answer<VerificationState>, Problem> {
        if !mail::available(&self.settings) {
            return Err(Problem::new(ErrorCode::RecoveryOff));
        }
        let email = EmailAddress::parse(email).map_err(|code| Problem::of(Field::Email, code))?;
        let account = self.storage.find_by_email(email.folded()).await.map_err(problem::storage)?;
        let pending =
            self.storage.find_registration(email.folded(), self.now()).await.map_err(problem::storage)?;
        match flow::awaiting(account.as_ref(), pending) {
            Some(pending) => self.send_verification(ctx, &pending).await?,
            None => self.send_nothing(ctx, MailTemplate::Verification, email.folded()).await?,
        }
        Ok(Answer::new(VerificationState::Sent))
    }

    /// Queues the link to a registration's address, if that got not too many.
    pub(super) async fn send_verification(
        &self,
        ctx: &RequestContext,
        pending: &PendingRegistration,
    ) -> Result<(), Problem> {
        let cap = self.settings.limits.mails_per_address;
        let letter = self.verification_letter(ctx, pending);
        if self.storage.enqueue_mail(letter, cap, MAIL_WINDOW).await.map_err(problem::storage)? {
            self.mail_notify.notify_one();
        }
        Ok(())
    }

    /// Has storage do what a mail would cost, and sends none: nobody learns from the time who has an account.
    pub(super) async fn send_nothing(
        &self,
        ctx: &RequestContext,
        template: MailTemplate,
        folded: &str,
    ) -> Result<(), Problem> {
        let letter = self.letter(ctx, template, folded, folded);
        self.storage.enqueue_mail(letter, 0, MAIL_WINDOW).await.map(|_| ()).map_err(problem::storage)
    }

    pub(super) fn verification_letter(&self, ctx: &RequestContext, pending: &PendingRegistration) -> NewMail {
        NewMail {
            context: pending.id.0.clone(),
            ..self.letter(ctx, MailTemplate::Verification, pending.email.as_str(), pending.email.folded())
        }
    }
}
