//! What the operator may do, from the command line: nothing here is reachable over HTTP.

use std::time::Duration;

use gatehouse_protocol::{ErrorCode, Field, Password};

use super::{
    Endpoint,
    courier::{INVITATION_TTL, InvitationContext},
};
use crate::{
    audit::{Entry, Event},
    identity::{EmailAddress, Identity, IdentityId, Role, RoleError, Source, Username, VerifiableAddress},
    session::{LiveSession, Secret, SessionId},
    storage::{
        AccountChange, IdentityFilter, LinkKind, MailId, MailTemplate, NewIdentity, NewLink, NewMail,
        StorageError,
    },
};

/// The longest an invitation may hold.
const INVITATION_MAX: Duration = Duration::from_hours(90 * 24);

/// Why the operator's wish was not followed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// A field is not right.
    #[error("{1:?} in {0:?}")]
    Field(Field, ErrorCode),
    /// A role has no right name.
    #[error(transparent)]
    Role(#[from] RoleError),
    /// Nobody is called that.
    #[error("there is nobody called {0:?}")]
    Unknown(String),
    /// The settings declare the person, so only they change it.
    #[error("{0} is declared in the settings: change it there, and the app follows within seconds")]
    Declared(String),
    /// The settings of another app declare the person.
    #[error(
        "{0} is declared in the settings of another app on this database ({1}): change it there; if that app is gone, \
         `gatehouse users delete {0}`"
    )]
    DeclaredElsewhere(String, String),
    /// A proxy signs the person in.
    #[error("{0:?} is signed in by your proxy and has no password here: change it where the proxy keeps it")]
    Asserted(String),
    /// The span is out of bounds.
    #[error("an invitation holds from a minute to 90 days")]
    Span,
    /// The address was invited too often within the hour.
    #[error("too many mails went to that address within the hour")]
    TooManyMails,
    /// Nobody said where the app is.
    #[error("nobody said where the app is: set `public_url`")]
    NoPlace,
    /// Hashing is not possible now.
    #[error("the password could not be hashed: memory is short")]
    Hash,
    /// The database did not do it.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// An identity to be made by the operator.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The username, as typed. Reserved names are allowed to the operator.
    pub username: String,
    /// The address, as typed.
    pub email: Option<String>,
    /// Whether the operator knows that the address is the person's.
    pub verified: bool,
    /// The roles.
    pub roles: Vec<String>,
    /// The password.
    pub password: Password,
    /// Whether it must be replaced at the first login.
    pub must_change: bool,
}

/// An invitation to be made.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// For whom; without it, for whoever has the link.
    pub email: Option<String>,
    /// The roles it gives.
    pub roles: Vec<String>,
    /// How long it holds.
    pub ttl: Option<Duration>,
    /// Whether to mail it; the link is drawn when the mail is sent, and not shown here.
    pub by_mail: bool,
}

/// An invitation that was made.
#[derive(Debug, Clone)]
pub enum Invited {
    /// To be handed over.
    Link(String),
    /// Queued: it goes out by mail.
    Queued,
}

impl Endpoint {
    /// Adds somebody.
    pub async fn add_user(&self, user: NewUser) -> Result<Identity, AdminError> {
        let username =
            Username::parse(&user.username).map_err(|code| AdminError::Field(Field::Username, code))?;
        let address = user.email.as_deref().map(email).transpose()?;
        let roles = roles(&user.roles)?;
        let names = [username.as_str(), address.as_ref().map_or("", EmailAddress::as_str)];
        self.judge()
            .check(&user.password, &names)
            .map_err(|code| AdminError::Field(Field::Password, code))?;
        let now = self.now();
        let new = NewIdentity {
            id: IdentityId(self.entropy().id("identity")),
            email: address
                .map(|address| VerifiableAddress { address, verified_at: user.verified.then_some(now) }),
            username,
            roles,
            password: self.hasher().hash(&user.password).await.map_err(|_| AdminError::Hash)?,
            must_change: user.must_change,
            created_at: now,
        };
        let identity = self.storage().add_identity(new).await.map_err(taken)?;
        self.note(Entry::new(Event::IdentityCreated).identity(&identity.id)).await;
        Ok(identity)
    }

    /// Everybody, or everybody with a role, in order of the username.
    pub async fn users(&self, role: Option<&str>) -> Result<Vec<Identity>, AdminError> {
        let role = role.map(Role::parse).transpose()?;
        Ok(self.storage().list_identities(&IdentityFilter { role, ..IdentityFilter::default() }).await?)
    }

    /// Somebody by username, address or id.
    pub async fn user(&self, name: &str) -> Result<Identity, AdminError> {
        let storage = self.storage();
        if let Some(identity) = storage.lookup_identity(&IdentityId(name.to_owned())).await? {
            return Ok(identity);
        }
        let found = match (Username::parse(name), EmailAddress::parse(name)) {
            (Ok(username), _) => storage.find_by_username(username.folded()).await?,
            (_, Ok(address)) => storage.find_by_email(address.folded()).await?,
            _ => None,
        };
        let found = match (found, Username::asserted(name)) {
            (None, Some(asserted)) => storage.find_by_username(asserted.folded()).await?,
            (found, _) => found,
        };
        found.map(|record| record.identity).ok_or_else(|| AdminError::Unknown(name.to_owned()))
    }

    /// Replaces the roles; every session of the person ends.
    pub async fn set_user_roles(&self, name: &str, wished: &[String]) -> Result<Identity, AdminError> {
        let (identity, roles) = (self.user(name).await?, roles(wished)?);
        if identity.roles == roles {
            return Ok(identity);
        }
        self.may_change(&identity)?;
        if !self.storage().set_roles(&identity.id, &roles, self.now()).await? {
            return Err(AdminError::Unknown(name.to_owned()));
        }
        self.note(changed(&identity, "roles")).await;
        Ok(Identity { roles, ..identity })
    }

    /// Disables somebody, ending every session, or enables again.
    pub async fn set_user_disabled(&self, name: &str, disabled: bool) -> Result<Identity, AdminError> {
        let identity = self.user(name).await?;
        self.may_change(&identity)?;
        if !self.storage().set_disabled(&identity.id, disabled, self.now()).await? {
            return Err(AdminError::Unknown(name.to_owned()));
        }
        self.note(changed(&identity, if disabled { "disabled" } else { "enabled" })).await;
        Ok(Identity { disabled, ..identity })
    }

    /// Deletes somebody, and all that hangs on the identity.
    pub async fn delete_user(&self, name: &str) -> Result<Identity, AdminError> {
        let identity = self.user(name).await?;
        // What another app left behind can be tidied up; if that app is there, it declares the person anew.
        if self.declares(&identity) && !identity.disabled {
            self.may_change(&identity)?;
        }
        if !self.storage().delete_identity(&identity.id, self.now()).await? {
            return Err(AdminError::Unknown(name.to_owned()));
        }
        self.note(Entry::new(Event::IdentityDeleted).identity(&identity.id)).await;
        Ok(identity)
    }

    /// Replaces somebody's password; every session of the person ends. Returns how many did.
    pub async fn set_user_password(
        &self,
        name: &str,
        password: &Password,
        must_change: bool,
    ) -> Result<(Identity, u32), AdminError> {
        let identity = self.user(name).await?;
        self.may_change(&identity)?;
        if identity.source.as_ref().is_some_and(Source::is_proxy) {
            return Err(AdminError::Asserted(identity.username.as_str().to_owned()));
        }
        let address = identity.email.as_ref().map_or("", |email| email.address.as_str());
        self.judge()
            .check(password, &[identity.username.as_str(), address])
            .map_err(|code| AdminError::Field(Field::Password, code))?;
        let hash = self.hasher().hash(password).await.map_err(|_| AdminError::Hash)?;
        let ended = self.storage().set_password(&identity.id, &hash, must_change, None, self.now()).await?;
        self.note(changed(&identity, "password")).await;
        Ok((identity, ended))
    }

    /// Takes every second factor of somebody away, for who has lost them all; every session ends. Who it was signs in
    /// with the password again, and is told by mail. Returns how many factors there were.
    pub async fn reset_user_factors(&self, name: &str) -> Result<(Identity, u32), AdminError> {
        let identity = self.user(name).await?;
        let removed = self.storage().remove_factors(&identity.id, self.now()).await?;
        self.note(Entry::new(Event::FactorRemoved).identity(&identity.id).with("by", "operator")).await;
        self.mail_owner(&identity, AccountChange::FactorsReset).await?;
        Ok((identity, removed))
    }

    /// Gives somebody another address; the one until now is told.
    pub async fn set_user_address(
        &self,
        name: &str,
        email: &str,
        verified: bool,
    ) -> Result<Identity, AdminError> {
        let email = EmailAddress::parse(email).map_err(|code| AdminError::Field(Field::Email, code))?;
        let identity = self.user(name).await?;
        self.may_change(&identity)?;
        if !self.storage().set_address(&identity.id, &email, verified, self.now()).await? {
            return Err(AdminError::Unknown(name.to_owned()));
        }
        self.note(changed(&identity, "address")).await;
        self.mail_owner(&identity, AccountChange::AddressChanged).await?;
        let verified_at = verified.then(|| self.now());
        Ok(Identity { email: Some(VerifiableAddress { address: email, verified_at }), ..identity })
    }

    /// Queues a mail that tells the owner what the operator has changed.
    async fn mail_owner(&self, identity: &Identity, change: AccountChange) -> Result<(), AdminError> {
        let Some(email) = &identity.email else { return Ok(()) };
        let mail = NewMail {
            id: MailId(self.entropy().id("mail")),
            template: MailTemplate::AccountChanged(change),
            to: email.address.as_str().to_owned(),
            to_folded: email.address.folded().to_owned(),
            identity_id: Some(identity.id.clone()),
            context: identity.username.as_str().to_owned(),
            locale: "en".to_owned(),
            queued_at: self.now(),
            app: None,
        };
        let cap = self.settings().limits.mails_per_address;
        self.storage().enqueue_mail(mail, cap, Duration::from_hours(1)).await?;
        Ok(())
    }

    /// The sessions of somebody that are alive, newest first.
    pub async fn user_sessions(&self, name: &str) -> Result<Vec<LiveSession>, AdminError> {
        let (identity, now) = (self.user(name).await?, self.now());
        let mut sessions = self.storage().list_sessions(&identity.id).await?;
        sessions.retain(|live| live.session.end(now).is_none());
        Ok(sessions)
    }

    /// Ends every session of somebody. Returns how many ended.
    pub async fn revoke_user(&self, name: &str) -> Result<u32, AdminError> {
        let identity = self.user(name).await?;
        let ended = self.storage().revoke_sessions(&identity.id, None, self.now()).await?;
        self.note(Entry::new(Event::SessionEnded).identity(&identity.id).with("by", "operator")).await;
        Ok(ended)
    }

    /// Ends one session; false if there was none with this id.
    pub async fn revoke_one(&self, id: &SessionId) -> Result<bool, AdminError> {
        let ended = self.storage().revoke_session(id, self.now()).await?;
        if ended {
            self.note(Entry::new(Event::SessionEnded).session(id).with("by", "operator")).await;
        }
        Ok(ended)
    }

    /// Makes an invitation: a link to hand over, or a mail.
    pub async fn invite(&self, invitation: NewInvitation) -> Result<Invited, AdminError> {
        let address = invitation.email.as_deref().map(email).transpose()?;
        let roles = roles(&invitation.roles)?;
        let ttl = invitation.ttl.unwrap_or(INVITATION_TTL);
        if !(Duration::from_mins(1)..=INVITATION_MAX).contains(&ttl) {
            return Err(AdminError::Span);
        }
        let now = self.now();
        let entry = Entry::new(Event::InvitationIssued);
        let Some(address) = address.clone().filter(|_| invitation.by_mail) else {
            let token = Secret::draw(&**self.entropy());
            let link = self.link(LinkKind::Invitation, &token).ok_or(AdminError::NoPlace)?;
            let stored = NewLink {
                hash: token.hash(),
                kind: LinkKind::Invitation,
                identity_id: None,
                email: address,
                mailed: false,
                roles,
                created_at: now,
                expires_at: now.plus(ttl),
            };
            self.storage().add_link(stored).await?;
            self.note(entry).await;
            return Ok(Invited::Link(link));
        };
        let context = InvitationContext {
            roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
            email: address.as_str().to_owned(),
            ttl: Some(ttl.as_secs()),
        };
        let mail = NewMail {
            id: MailId(self.entropy().id("mail")),
            template: MailTemplate::Invitation,
            to: address.as_str().to_owned(),
            to_folded: address.folded().to_owned(),
            identity_id: None,
            context: serde_json::to_string(&context).unwrap_or_default(),
            locale: "en".to_owned(),
            queued_at: now,
            app: None,
        };
        let cap = self.settings().limits.mails_per_address;
        if !self.storage().enqueue_mail(mail, cap, Duration::from_hours(1)).await? {
            return Err(AdminError::TooManyMails);
        }
        self.mail_notify().notify_one();
        self.note(entry).await;
        Ok(Invited::Queued)
    }

    /// Refuses where the settings have the last word.
    fn may_change(&self, identity: &Identity) -> Result<(), AdminError> {
        let name = identity.username.as_str().to_owned();
        match &identity.source {
            None => Ok(()),
            // The operator has the last word on whom a proxy names, but for a password, which there is none of.
            Some(source) if source.is_proxy() => Ok(()),
            Some(_) if self.declares(identity) => Err(AdminError::Declared(name)),
            Some(source) => Err(AdminError::DeclaredElsewhere(name, source.0.clone())),
        }
    }

    /// Notes an event and writes it at once: the process may be about to end. What is done stays done without it.
    pub(super) async fn note(&self, entry: Entry) {
        self.record(entry);
        if let Err(error) = self.flush_records().await {
            tracing::error!(%error, "an event could not be written");
        }
    }
}

fn changed(identity: &Identity, what: &str) -> Entry {
    Entry::new(Event::IdentityChanged).identity(&identity.id).with("changed", what)
}

pub(super) fn email(text: &str) -> Result<EmailAddress, AdminError> {
    EmailAddress::parse(text).map_err(|code| AdminError::Field(Field::Email, code))
}

/// Sorted and without repetition.
pub(super) fn roles(names: &[String]) -> Result<Vec<Role>, AdminError> {
    let mut roles = names.iter().map(|name| Role::parse(name)).collect::<Result<Vec<_>, _>>()?;
    roles.sort();
    roles.dedup();
    Ok(roles)
}

/// Who has the name or the address already.
pub(super) fn taken(error: StorageError) -> AdminError {
    match error {
        StorageError::UsernameTaken => AdminError::Field(Field::Username, ErrorCode::UsernameTaken),
        other => AdminError::Storage(other),
    }
}
