//! Takes mails from the queue, one at a time, and sees each through.
//!
//! A mail that is taken is hidden for a while. Whoever took it says how it went; when that process dies, the mail is
//! due again by itself. So a mail may arrive twice, but none is lost. The queue holds who and which template; a link's
//! token is drawn here, when the mail is sent.

mod worker;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(super) use self::worker::run;
use super::{
    Endpoint,
    link::{address_link_at, link_at},
};
use crate::{
    audit,
    identity::{EmailAddress, Identity, IdentityId, Role},
    mail::{Letter, LetterParts, SendError, Transport, pause_after},
    session::Secret,
    storage::{AddressSide, LinkKind, MailTemplate, NewLink, NewMail, StorageError},
    telemetry::metrics::{self, Label as _, Mail},
};

/// How long a taken mail is hidden from others.
const LEASE: Duration = Duration::from_mins(2);
/// How long sending may take: less than the lease, so that nobody sends it meanwhile.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a mailed link holds.
const LINK_TTL: Duration = Duration::from_mins(30);
/// How long an invitation holds, unless it says otherwise.
pub(super) const INVITATION_TTL: Duration = Duration::from_hours(7 * 24);

/// What an invitation in the queue is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InvitationContext {
    /// The roles it gives.
    pub roles: Vec<String>,
    /// The address it is for.
    pub email: String,
    /// How long it holds, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
}

/// Sends what is due.
#[derive(Debug, Clone, Copy)]
pub struct Courier<'c> {
    /// Whose mail it is.
    pub endpoint: &'c Endpoint,
    /// The way out.
    pub transport: &'c Transport,
}

/// Where a mail leads, and in whose name it speaks.
struct Place {
    home: Option<String>,
    app_name: String,
}

/// Where a mail's button leads, and what it speaks of.
#[derive(Debug, Default)]
struct Opened {
    /// Empty where there is nothing to open.
    link: String,
    /// Whose mail it is; empty where it says nobody's name.
    username: String,
    /// The address that it is about; empty where it is about none.
    address: String,
    /// How long the link holds; zero where it opens nothing.
    ttl: Duration,
    /// The code, where there is one.
    code: String,
}

/// What became of a mail.
enum Outcome {
    Sent,
    /// Nobody needs it any more.
    Moot,
    Failed(SendError),
}

impl Courier<'_> {
    /// Sends the next mail that is due; false when there is none.
    pub async fn step(&self) -> Result<bool, StorageError> {
        let (endpoint, storage) = (self.endpoint, self.endpoint.storage());
        let Some(queued) = storage.claim_mail(endpoint.now(), LEASE).await? else { return Ok(false) };
        let id = &queued.mail.id;
        match self.deliver(&queued.mail).await? {
            Outcome::Sent => {
                count(Mail::Sent);
                tracing::info!(mail = id.0, template = ?queued.mail.template, "mail sent");
                storage.mail_sent(id, self.endpoint.now()).await?;
            }
            Outcome::Moot => {
                count(Mail::Moot);
                tracing::info!(mail = id.0, template = ?queued.mail.template, "mail dropped: it is about nobody any more");
                storage.mail_failed(id, "it is about nobody any more", None).await?;
            }
            Outcome::Failed(error) => {
                let pause = match &error {
                    SendError::Later(_) => pause_after(queued.attempts.saturating_add(1)),
                    SendError::Never(_) => None,
                };
                count(if pause.is_some() { Mail::Retried } else { Mail::Failed });
                let error = audit::without_addresses(&error.to_string());
                if let Some(pause) = pause {
                    tracing::warn!(mail = id.0, error, ?pause, "mail not sent; it is tried again");
                } else {
                    tracing::error!(mail = id.0, error, "mail not sent, and not tried again");
                }
                let at = pause.map(|pause| self.endpoint.now().plus(pause));
                storage.mail_failed(id, &error, at).await?;
            }
        }
        Ok(true)
    }

    async fn deliver(&self, mail: &NewMail) -> Result<Outcome, StorageError> {
        let Some(place) = self.place(mail).await? else { return Ok(Outcome::Moot) };
        let Opened { link, username, address, ttl, code } = match self.link(mail, place.home.as_deref()).await
        {
            Ok(Some(found)) => found,
            Ok(None) | Err(StorageError::IdentityChanged) => return Ok(Outcome::Moot),
            Err(error) => return Err(error),
        };
        let letter = Letter::write(LetterParts {
            template: mail.template,
            locale: &mail.locale,
            app_name: &place.app_name,
            username: &username,
            address: &address,
            link: &link,
            ttl,
            code: &code,
        });
        let sent = tokio::time::timeout(PATIENCE, self.transport.send(&letter, &mail.to, &mail.id.0)).await;
        Ok(match sent {
            Ok(Ok(())) => Outcome::Sent,
            Ok(Err(error)) => Outcome::Failed(error),
            Err(_) => Outcome::Failed(SendError::Later("the server took too long".to_owned())),
        })
    }

    /// Where the button leads. `None`: there is nobody to send it to.
    async fn link(&self, mail: &NewMail, home: Option<&str>) -> Result<Option<Opened>, StorageError> {
        let Ok(email) = EmailAddress::parse(&mail.to) else { return Ok(None) };
        let (link, opened) = match mail.template {
            MailTemplate::Verification => {
                let id = IdentityId(mail.context.clone());
                let link =
                    self.mint(home, LinkKind::Verification, Some(id), email, Vec::new(), LINK_TTL).await?;
                (link, Opened { ttl: LINK_TTL, ..Opened::default() })
            }
            MailTemplate::Recovery => {
                let id = IdentityId(mail.context.clone());
                let Some(owner) = self.owner(&id).await? else { return Ok(None) };
                let link = self.mint(home, LinkKind::Recovery, Some(id), email, Vec::new(), LINK_TTL).await?;
                (link, Opened { ttl: LINK_TTL, ..named(&owner) })
            }
            MailTemplate::Invitation => {
                let Ok(invitation) = serde_json::from_str::<InvitationContext>(&mail.context) else {
                    return Ok(None);
                };
                let ttl = invitation.ttl.map_or(INVITATION_TTL, Duration::from_secs);
                let roles = invitation.roles.iter().filter_map(|role| Role::parse(role).ok()).collect();
                let link = self.mint(home, LinkKind::Invitation, None, email, roles, ttl).await?;
                (link, Opened { ttl, ..Opened::default() })
            }
            MailTemplate::AlreadyRegistered | MailTemplate::PasswordChanged | MailTemplate::AddressTaken => {
                let Some(id) = &mail.identity_id else { return Ok(None) };
                let Some(owner) = self.owner(id).await? else { return Ok(None) };
                (home.map(str::to_owned), named(&owner))
            }
            // The account may be gone by now: its name is in the context.
            MailTemplate::AccountChanged(_) => {
                (home.map(str::to_owned), Opened { username: mail.context.clone(), ..Opened::default() })
            }
            MailTemplate::SignInCode => {
                let Some(minted) = self.endpoint.mint_code(mail, home).await? else { return Ok(None) };
                let (username, code) = (minted.username, minted.code);
                let opened = Opened { username, code, ttl: minted.rest, ..Opened::default() };
                (Some(minted.link.unwrap_or_default()), opened)
            }
            MailTemplate::ApproveAddress => {
                return self.address_link(mail, home, AddressSide::Present).await;
            }
            MailTemplate::ConfirmAddress => return self.address_link(mail, home, AddressSide::New).await,
        };
        Ok(link.map(|link| Opened { link, ..opened }))
    }

    /// The link to one side of a change of an address, as long as that waits for it.
    async fn address_link(
        &self,
        mail: &NewMail,
        home: Option<&str>,
        side: AddressSide,
    ) -> Result<Option<Opened>, StorageError> {
        let (storage, now) = (self.endpoint.storage(), self.endpoint.now());
        let (Some(home), Some(id)) = (home, &mail.identity_id) else { return Ok(None) };
        let Some(owner) = self.owner(id).await? else { return Ok(None) };
        let change = storage.find_address_change(id, now).await?;
        let Some(change) = change.filter(|change| change.id == mail.context) else { return Ok(None) };
        let token = Secret::draw(&**self.endpoint.entropy());
        let ttl = LINK_TTL.min(change.expires_at.since(now));
        if !storage.add_address_link(&change.id, side, token.hash(), now.plus(ttl), now).await? {
            return Ok(None);
        }
        let (link, address) = (address_link_at(home, side, &token), change.email.as_str().to_owned());
        Ok(Some(Opened { link, address, ttl, ..named(&owner) }))
    }

    /// Where the mail leads and in whose name it speaks. `None`: the app that asked for it is gone.
    ///
    /// What opens an account leads to the endpoint's own page, whichever app's form asked for it: the server of an app
    /// sees what is done on its pages, and a reset can be asked for in anybody's name.
    async fn place(&self, mail: &NewMail) -> Result<Option<Place>, StorageError> {
        let own = self.endpoint.home();
        let Some(name) = &mail.app else {
            let app_name = self.endpoint.settings().app_name.clone();
            return Ok(Some(Place { home: own, app_name }));
        };
        let Some(app) = self.endpoint.storage().find_app(name).await? else { return Ok(None) };
        let app_name = self.endpoint.app_title(&app);
        let home = match mail.template {
            // The browser that asked has nothing to show at the endpoint's page: its cookie is the app's.
            MailTemplate::SignInCode => None,
            MailTemplate::Recovery
            | MailTemplate::Invitation
            | MailTemplate::ApproveAddress
            | MailTemplate::ConfirmAddress => own,
            // Confirms an address and opens nothing; or carries no token at all.
            MailTemplate::Verification
            | MailTemplate::AlreadyRegistered
            | MailTemplate::PasswordChanged
            | MailTemplate::AddressTaken
            | MailTemplate::AccountChanged(_) => Some(app.url),
        };
        Ok(Some(Place { home, app_name }))
    }

    async fn owner(&self, id: &IdentityId) -> Result<Option<Identity>, StorageError> {
        Ok(self.endpoint.storage().lookup_identity(id).await?.filter(|identity| !identity.disabled))
    }

    /// Draws a token, stores its hash, and returns the link.
    async fn mint(
        &self,
        home: Option<&str>,
        kind: LinkKind,
        identity_id: Option<IdentityId>,
        email: EmailAddress,
        roles: Vec<Role>,
        ttl: Duration,
    ) -> Result<Option<String>, StorageError> {
        let token = Secret::draw(&**self.endpoint.entropy());
        let Some(link) = home.and_then(|home| link_at(home, kind, &token)) else { return Ok(None) };
        let now = self.endpoint.now();
        let stored = NewLink {
            hash: token.hash(),
            kind,
            identity_id,
            email: Some(email),
            mailed: true,
            roles,
            created_at: now,
            expires_at: now.plus(ttl),
        };
        self.endpoint.storage().add_link(stored).await?;
        Ok(Some(link))
    }
}

fn named(owner: &Identity) -> Opened {
    Opened { username: owner.username.as_str().to_owned(), ..Opened::default() }
}

fn count(outcome: Mail) {
    metrics::MAILS.count(&[("outcome", outcome.value())]);
}

#[cfg(test)]
mod tests;
