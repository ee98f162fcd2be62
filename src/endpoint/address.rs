//! Changing the address: whoever reads the present one approves, whoever reads the new one confirms, in any order.

use std::time::Duration;

use gatehouse_protocol::{AccountState, ErrorCode, Field, MailToken, PendingAddress, Problem};

use super::{Answer, Endpoint, RequestContext, linking::kept_here, login::entry, problem};
use crate::{
    audit::Event,
    flow::registration::allowed,
    identity::{EmailAddress, Identity, IdentityId, VerifiableAddress},
    mail,
    session::{LiveSession, Secret},
    storage::{
        AccountChange, AddressChange, AddressSide, Followed, MailTemplate, NewMail, SignInRecord,
        StorageError,
    },
};

/// How long a change waits for its links.
const CHANGE_TTL: Duration = Duration::from_hours(24);

impl Endpoint {
    /// Begins a change of the address. The same answer at the same cost, whether or not the new one has an account: only
    /// the mail that goes there differs.
    pub(super) async fn change_address(
        &self,
        ctx: &RequestContext,
        live: &LiveSession,
        email: &str,
    ) -> Result<(), Problem> {
        if !mail::available(&self.settings) {
            return Err(Problem::new(ErrorCode::RecoveryOff));
        }
        let identity = &live.identity;
        kept_here(identity)?;
        self.fresh(live, &self.factors(&identity.id).await?)?;
        let email = EmailAddress::parse(email).map_err(|code| Problem::of(Field::Email, code))?;
        let present = identity.confirmed_address();
        if present.is_some_and(|present| present.folded() == email.folded()) {
            return Ok(());
        }
        self.take(vec![(self.limit_keys.address_change(&identity.id), self.rules.mail)]).await?;
        if !allowed(&self.settings, &email) {
            return Err(Problem::of(Field::Email, ErrorCode::DomainNotAllowed));
        }
        let owner = self.storage.find_by_email(email.folded()).await.map_err(problem::storage)?;
        let owner = owner.filter(|record| record.identity.confirmed_address().is_some());
        let now = self.now();
        let change = AddressChange {
            id: self.entropy.id("adr"),
            identity_id: identity.id.clone(),
            email,
            former: present.cloned(),
            approved_at: None,
            confirmed_at: None,
            created_at: now,
            expires_at: now.plus(CHANGE_TTL),
        };
        let mut mails = Vec::new();
        if let Some(present) = present {
            mails.push(self.address_letter(ctx, MailTemplate::ApproveAddress, present, &change));
        }
        mails.extend(self.letter_to_new(ctx, owner, &change).await?);
        let added = self.storage.add_address_change(change, &live.session.id, mails).await;
        match added {
            Err(StorageError::IdentityChanged) => return Err(Problem::new(ErrorCode::SignedOut)),
            other => other.map_err(problem::storage)?,
        }
        self.mail_notify.notify_one();
        self.record(entry(Event::AddressRequested, ctx, Some(&identity.id)).session(&live.session.id));
        Ok(())
    }

    /// What the new address is sent: its link, or to whoever has confirmed it here, that somebody wanted it. One address
    /// gets so many of these; whoever asks for more is told the same.
    async fn letter_to_new(
        &self,
        ctx: &RequestContext,
        owner: Option<SignInRecord>,
        change: &AddressChange,
    ) -> Result<Option<NewMail>, Problem> {
        let key = self.limit_keys.mail(change.email.folded());
        match self.take(vec![(key, self.rules.mail)]).await {
            Err(problem) if problem.code == ErrorCode::TooManyAttempts => return Ok(None),
            taken => taken?,
        }
        Ok(Some(match owner {
            Some(record) => NewMail {
                identity_id: Some(record.identity.id),
                ..self.address_letter(ctx, MailTemplate::AddressTaken, &change.email, change)
            },
            None => self.address_letter(ctx, MailTemplate::ConfirmAddress, &change.email, change),
        }))
    }

    fn address_letter(
        &self,
        ctx: &RequestContext,
        template: MailTemplate,
        to: &EmailAddress,
        change: &AddressChange,
    ) -> NewMail {
        NewMail {
            identity_id: Some(change.identity_id.clone()),
            context: change.id.clone(),
            ..self.letter(ctx, template, to.as_str(), to.folded())
        }
    }

    /// Ends the change that waits.
    pub(super) async fn cancel_address(
        &self,
        ctx: &RequestContext,
        live: &LiveSession,
    ) -> Result<(), Problem> {
        let id = &live.identity.id;
        if self.storage.cancel_address_change(id, self.now()).await.map_err(problem::storage)? {
            self.record(entry(Event::AddressCancelled, ctx, Some(id)).session(&live.session.id));
        }
        Ok(())
    }

    /// A link of a change was followed, by whoever reads that address. With the second one the address is changed.
    pub(super) async fn follow_address_link(
        &self,
        ctx: &RequestContext,
        token: &MailToken,
        side: AddressSide,
    ) -> Result<Answer<AccountState>, Problem> {
        let hash = Secret::received(token.expose()).hash();
        let followed = self.storage.follow_address_link(hash, side, self.now()).await;
        match followed.map_err(problem::storage)? {
            None | Some(Followed::Taken) => Err(Problem::new(ErrorCode::LinkExpired)),
            Some(Followed::Waits(change)) => {
                let approval = change.waits_for(AddressSide::Present);
                Ok(Answer::new(AccountState::AddressWaits { approval }))
            }
            Some(Followed::Done { identity, former }) => {
                self.changed(&identity.id);
                self.record(entry(Event::AddressChanged, ctx, Some(&identity.id)));
                let email = former.map(|address| VerifiableAddress { address, verified_at: None });
                let before = Identity { email, ..*identity };
                self.tell_owner_of(ctx, &before, AccountChange::AddressChanged).await;
                Ok(Answer::new(AccountState::AddressChanged))
            }
        }
    }

    /// The change that waits, as the page shows it.
    pub(super) async fn pending_address(&self, id: &IdentityId) -> Result<Option<PendingAddress>, Problem> {
        let found = self.storage.find_address_change(id, self.now()).await.map_err(problem::storage)?;
        Ok(found.map(|change| PendingAddress {
            approval: change.waits_for(AddressSide::Present),
            confirmation: change.waits_for(AddressSide::New),
            email: change.email.as_str().to_owned(),
        }))
    }
}
