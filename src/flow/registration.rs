//! Registration: who may, and what a link offers.

use gatehouse_protocol::{ErrorCode, Field, Problem, RegistrationMode};

use super::proven::Proven;
use crate::{
    clock::Timestamp,
    config::Settings,
    factor::password::PasswordHash,
    identity::{EmailAddress, Identity, IdentityId, Role, Username, VerifiableAddress},
    session::{Method, Methods},
    storage::{LinkKind, NewIdentity, StoredLink},
};

/// An invitation or set-up link that was found.
#[derive(Debug)]
pub struct Offer(StoredLink);

impl Offer {
    /// From the link.
    pub fn found(link: StoredLink) -> Option<Self> {
        matches!(link.kind, LinkKind::Setup | LinkKind::Invitation).then_some(Self(link))
    }

    /// Which of the two.
    pub const fn kind(&self) -> LinkKind {
        self.0.kind
    }

    /// True for the link that makes the first administrator.
    pub fn is_setup(&self) -> bool {
        self.0.kind == LinkKind::Setup
    }

    /// The address it was made for.
    pub const fn email(&self) -> Option<&EmailAddress> {
        self.0.email.as_ref()
    }

    /// The identity that it makes. Its own address wins over a typed one; it is confirmed if the link came there.
    pub fn identity(
        &self,
        id: IdentityId,
        username: Username,
        typed: Option<EmailAddress>,
        password: PasswordHash,
        now: Timestamp,
    ) -> NewIdentity {
        let email = match &self.0.email {
            Some(address) => Some(VerifiableAddress {
                address: address.clone(),
                verified_at: self.0.mailed.then_some(now),
            }),
            None => typed.map(|address| VerifiableAddress { address, verified_at: None }),
        };
        let mut roles = self.0.roles.clone();
        if self.is_setup() {
            roles.extend(Role::parse(Role::ADMIN));
        }
        roles.sort();
        roles.dedup();
        NewIdentity { id, username, email, roles, password, must_change: false, created_at: now }
    }

    /// The link is used up, and storage answered with the identity that it made.
    pub fn proven(self, identity: &Identity) -> Proven {
        Proven::new(identity.id.clone(), None, Methods::only(Method::Password))
    }
}

/// Whether somebody without a link may register with this address.
pub fn permitted(settings: &Settings, mail: bool, email: Option<&EmailAddress>) -> Result<(), Problem> {
    match settings.registration {
        RegistrationMode::Invite => Err(Problem::new(ErrorCode::InvitationRequired)),
        RegistrationMode::Domains | RegistrationMode::Open if !mail => {
            Err(Problem::new(ErrorCode::RegistrationClosed))
        }
        RegistrationMode::Closed => Err(Problem::new(ErrorCode::RegistrationClosed)),
        RegistrationMode::Open => Ok(()),
        RegistrationMode::Domains => match email {
            Some(address) if !allowed(settings, address) => {
                Err(Problem::of(Field::Email, ErrorCode::DomainNotAllowed))
            }
            _ => Ok(()),
        },
    }
}

/// Whether an account may have this address: where registration asks for certain ones, every account has such a one.
pub fn allowed(settings: &Settings, address: &EmailAddress) -> bool {
    let named = |domain: &str| {
        settings
            .registration_domains
            .iter()
            .any(|allowed| allowed.trim_start_matches('@').eq_ignore_ascii_case(domain))
    };
    settings.registration != RegistrationMode::Domains
        || settings.registration_addresses.iter().any(|one| one == address.folded())
        || named(address.domain())
}

/// Whether the name may be chosen. Only the first administrator may be called `admin`.
pub fn username(text: &str, app_name: &str, setup: bool) -> Result<Username, Problem> {
    let name = Username::parse(text).map_err(|code| Problem::of(Field::Username, code))?;
    if !setup && name.is_reserved(app_name) {
        return Err(Problem::of(Field::Username, ErrorCode::UsernameReserved));
    }
    Ok(name)
}

#[cfg(test)]
mod tests;
