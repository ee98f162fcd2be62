//! Login: whom an identifier means, and what follows from the password.

use unicode_normalization::UnicodeNormalization as _;

use super::proven::Proven;
use crate::{
    factor::password::{PasswordHash, Verified},
    identity::{EmailAddress, Identity, Username},
    session::{Method, Methods},
    storage::{LinkKind, PendingRegistration, SignInRecord, StoredLink},
};

/// The longest identifier that is looked up; nobody has a longer one.
const LONGEST: usize = 320;

/// What was typed: with an `@` it is an address, otherwise a username.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identifier {
    /// A username, to be looked up by its folded form.
    Username(Username),
    /// An address, to be looked up by its folded form.
    Email(EmailAddress),
    /// Neither: nobody has it. It is counted by this text like any other.
    Impossible(String),
}

impl Identifier {
    /// Reads what was typed.
    pub fn parse(text: &str) -> Self {
        let impossible =
            || Self::Impossible(text.chars().take(LONGEST).nfkc().collect::<String>().to_lowercase());
        if text.len() > LONGEST {
            impossible()
        } else if text.contains('@') {
            EmailAddress::parse(text).map_or_else(|_| impossible(), Self::Email)
        } else {
            Username::parse(text).map_or_else(|_| impossible(), Self::Username)
        }
    }

    /// The form that is counted when nobody has it.
    pub fn folded(&self) -> &str {
        match self {
            Self::Username(name) => name.folded(),
            Self::Email(address) => address.folded(),
            Self::Impossible(text) => text,
        }
    }
}

/// Whom an identifier means.
#[derive(Debug, Clone)]
pub enum Subject {
    /// An identity.
    Identity(Box<SignInRecord>),
    /// Somebody who registered and has not confirmed the address.
    Pending(Box<PendingRegistration>),
    /// Nobody.
    Nobody,
}

impl Subject {
    /// From what was found. An address that nobody confirmed signs nobody in.
    pub fn found(
        identifier: &Identifier,
        record: Option<SignInRecord>,
        pending: Option<PendingRegistration>,
    ) -> Self {
        let by_address = matches!(identifier, Identifier::Email(_));
        let counts = |record: &SignInRecord| !by_address || record.identity.confirmed_address().is_some();
        match (record.filter(counts), pending) {
            (Some(record), _) => Self::Identity(Box::new(record)),
            (None, Some(pending)) => Self::Pending(Box::new(pending)),
            (None, None) => Self::Nobody,
        }
    }

    /// The hash to compare with; `None` calls for a dummy of the same cost.
    pub fn hash(&self) -> Option<&PasswordHash> {
        match self {
            Self::Identity(record) => record.password.as_ref(),
            Self::Pending(pending) => Some(&pending.password),
            Self::Nobody => None,
        }
    }

    /// The hash of an account. Whoever is none, or has no password, costs what accounts cost.
    pub fn account(&self) -> Option<&PasswordHash> {
        match self {
            Self::Identity(record) => record.password.as_ref(),
            Self::Pending(_) | Self::Nobody => None,
        }
    }

    /// What follows, with or without the proof of the password.
    pub fn decide(self, proof: Option<Verified>) -> Decision {
        let Some(proof) = proof.filter(|proof| self.hash() == Some(proof.hash())) else {
            return Decision::Rejected;
        };
        match self {
            Self::Identity(record) if record.identity.disabled => Decision::Rejected,
            Self::Identity(record) if record.identity.must_change => Decision::NewPassword(record.identity),
            Self::Identity(record) => {
                let methods = Methods::only(Method::Password);
                let proven = Proven::new(record.identity.id.clone(), Some(proof.hash().clone()), methods);
                Decision::Proven(proven, record.identity)
            }
            Self::Pending(pending) => Decision::VerifyAddress(pending),
            Self::Nobody => Decision::Rejected,
        }
    }
}

/// What follows from a password.
#[derive(Debug)]
pub enum Decision {
    /// It is right: what comes next depends on the identity's other factors.
    Proven(Proven, Identity),
    /// The password has to be replaced first.
    NewPassword(Identity),
    /// The address has to be confirmed first.
    VerifyAddress(Box<PendingRegistration>),
    /// The same for everybody.
    Rejected,
}

/// A login that has to replace its password: the link that carries it was found.
#[derive(Debug)]
pub struct Renewal(StoredLink);

impl Renewal {
    /// From the link behind the flow's token.
    pub fn found(link: StoredLink) -> Option<Self> {
        (link.kind == LinkKind::MustChange && link.identity_id.is_some()).then_some(Self(link))
    }

    /// The link.
    pub const fn link(&self) -> &StoredLink {
        &self.0
    }

    /// The password was replaced by `new`, and storage answered with the identity.
    pub fn proven(self, identity: &Identity, new: PasswordHash) -> Option<Proven> {
        (self.0.identity_id.as_ref() == Some(&identity.id) && !identity.disabled)
            .then(|| Proven::new(identity.id.clone(), Some(new), Methods::only(Method::Password)))
    }
}

#[cfg(test)]
mod tests;
