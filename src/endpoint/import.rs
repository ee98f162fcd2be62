//! People who come from another login, with the hashes that they have there. From the command line alone.
//!
//! Each is one transaction, and who is there already is left alone: an import that was killed is run again.

use gatehouse_protocol::{ErrorCode, Password};

use super::{AdminError, Endpoint};
use crate::{
    audit::{Entry, Event},
    config::Settings,
    factor::password::{Bcrypt, Judge, PasswordHash},
    identity::{EmailAddress, Identity, IdentityId, Role, Username, VerifiableAddress},
    session::Secret,
    storage::{NewIdentity, SignInRecord},
};

/// Somebody who comes from elsewhere.
#[derive(Debug, Clone)]
pub struct Newcomer {
    /// The username. Reserved names are allowed to the operator.
    pub username: Username,
    /// The address.
    pub email: Option<EmailAddress>,
    /// Whether the operator knows that the address is the person's.
    pub verified: bool,
    /// The roles, sorted and without repetition.
    pub roles: Vec<Role>,
    /// What is known of the password.
    pub password: Brought,
}

/// What is known of a newcomer's password.
#[derive(Debug, Clone)]
pub enum Brought {
    /// Its bcrypt hash: the person signs in with it, and it is upgraded then.
    Bcrypt(Bcrypt),
    /// The password itself.
    Plain(Password),
    /// Nothing that can be used: a new one is needed.
    Nothing,
}

/// What becomes of a newcomer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// There is nobody of that name: the newcomer is added.
    New {
        /// Why the plain password can't stay, if it can't: then nobody knows the one that is set instead.
        refused: Option<ErrorCode>,
        /// Somebody else confirmed the address: the newcomer is added without it.
        address_taken: bool,
    },
    /// The person is there already, and nothing is changed.
    There {
        /// Whether the roles are other ones here.
        other_roles: bool,
    },
    /// Somebody else is called that, or something was changed since: nothing is changed.
    Another(Difference),
}

/// By what somebody of the same name is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// The address is another one.
    Email,
    /// The legacy hash is another one.
    Hash,
    /// The password is another one.
    Password,
    /// The settings declare who is called that.
    Declared,
}

/// Says what would become of a newcomer, and changes nothing. Without an endpoint there is no database yet.
pub async fn consider(
    settings: &Settings,
    endpoint: Option<&Endpoint>,
    newcomer: &Newcomer,
) -> Result<Verdict, AdminError> {
    // The next start would bring the people of the settings in, and find the name taken.
    let declared =
        |name: &str| Username::parse(name).is_ok_and(|name| name.folded() == newcomer.username.folded());
    if settings.people().any(|person| declared(person.username)) {
        return Ok(Verdict::Another(Difference::Declared));
    }
    let Some(endpoint) = endpoint else {
        return Ok(Verdict::New { refused: refused(settings, newcomer), address_taken: false });
    };
    let storage = endpoint.storage();
    if let Some(record) = storage.find_by_username(newcomer.username.folded()).await? {
        if record.identity.source.is_some() {
            return Ok(Verdict::Another(Difference::Declared));
        }
        return Ok(match endpoint.difference(&record, newcomer).await? {
            Some(difference) => Verdict::Another(difference),
            None => Verdict::There { other_roles: record.identity.roles != newcomer.roles },
        });
    }
    let owner = match &newcomer.email {
        Some(email) => storage.find_by_email(email.folded()).await?,
        None => None,
    };
    let confirmed = |record: SignInRecord| record.identity.confirmed_address().is_some();
    Ok(Verdict::New { refused: refused(settings, newcomer), address_taken: owner.is_some_and(confirmed) })
}

/// Why the rules refuse a plain password.
fn refused(settings: &Settings, newcomer: &Newcomer) -> Option<ErrorCode> {
    let Brought::Plain(password) = &newcomer.password else { return None };
    let address = newcomer.email.as_ref().map_or("", EmailAddress::as_str);
    let judge = Judge::new(&settings.password, &settings.app_name);
    judge.check(password, &[newcomer.username.as_str(), address]).err()
}

impl Endpoint {
    /// Adds a newcomer, unless there is somebody of that name, and says which.
    pub async fn import(&self, newcomer: &Newcomer) -> Result<Verdict, AdminError> {
        let verdict = consider(self.settings(), Some(self), newcomer).await?;
        let Verdict::New { refused, address_taken } = &verdict else { return Ok(verdict) };
        let now = self.now();
        let email = newcomer.email.clone().filter(|_| !address_taken);
        let new = NewIdentity {
            id: IdentityId(self.entropy().id("identity")),
            username: newcomer.username.clone(),
            email: email
                .map(|address| VerifiableAddress { address, verified_at: newcomer.verified.then_some(now) }),
            roles: newcomer.roles.clone(),
            password: match &newcomer.password {
                Brought::Bcrypt(hash) => PasswordHash(hash.text().to_owned()),
                Brought::Plain(password) if refused.is_none() => self.new_hash(password).await?,
                Brought::Plain(_) | Brought::Nothing => {
                    let nobodys = Secret::draw(&**self.entropy());
                    self.new_hash(&Password::new(nobodys.expose())).await?
                }
            },
            must_change: false,
            created_at: now,
        };
        let identity = self.storage().add_identity(new).await.map_err(super::admin::taken)?;
        self.note(Entry::new(Event::IdentityCreated).identity(&identity.id).with("by", "import")).await;
        Ok(verdict)
    }

    async fn new_hash(&self, password: &Password) -> Result<PasswordHash, AdminError> {
        self.hasher().hash(password).await.map_err(|_| AdminError::Hash)
    }

    /// What tells the newcomer from who is there. An address that is gone since and a hash that was upgraded don't.
    async fn difference(
        &self,
        there: &SignInRecord,
        newcomer: &Newcomer,
    ) -> Result<Option<Difference>, AdminError> {
        let own =
            |identity: &Identity| identity.email.as_ref().map(|email| email.address.folded().to_owned());
        let address = newcomer.email.as_ref().map(|email| email.folded().to_owned());
        if let (Some(here), Some(brought)) = (own(&there.identity), address)
            && here != brought
        {
            return Ok(Some(Difference::Email));
        }
        let Some(hash) = &there.password else { return Ok(None) };
        Ok(match &newcomer.password {
            Brought::Bcrypt(brought) if hash.is_legacy() && hash.0 != brought.text() => {
                Some(Difference::Hash)
            }
            Brought::Plain(password) if refused(self.settings(), newcomer).is_none() => {
                let same = self.hasher().verify(hash, password).await.map_err(|_| AdminError::Hash)?;
                same.is_none().then_some(Difference::Password)
            }
            _ => None,
        })
    }
}
