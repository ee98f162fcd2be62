//! People that settings declare or a trusted proxy names, on their way into storage.

use std::fmt;

use crate::{
    factor::password::PasswordHash,
    identity::{EmailAddress, Identity, IdentityId, Role, Source, Username},
};

/// What settings say of a password, under the key of the installation: equal as long as they say the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

/// Somebody to be declared.
#[derive(Debug, Clone)]
pub struct NewDeclared {
    /// The id, if nobody has one yet who was declared by this name.
    pub id: IdentityId,
    /// The name.
    pub username: Username,
    /// The address; it counts as confirmed.
    pub email: Option<EmailAddress>,
    /// The roles, sorted and without repetition.
    pub roles: Vec<Role>,
    /// The password, hashed; what is stored stays where the fingerprint is the stored one.
    pub password: PasswordHash,
    /// What the settings say of the password.
    pub fingerprint: Fingerprint,
}

/// Everybody whom one source declares.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// Who declares.
    pub source: Source,
    /// The people, each name once.
    pub people: Vec<NewDeclared>,
    /// Whether anybody who can't be declared stops everything. Otherwise they are left out.
    pub all_or_nothing: bool,
}

/// Somebody who was declared.
#[derive(Debug, Clone)]
pub struct DeclaredRecord {
    /// Who; disabled when no longer declared.
    pub identity: Identity,
    /// The password.
    pub password: PasswordHash,
    /// What the settings said of it.
    pub fingerprint: Fingerprint,
}

impl DeclaredRecord {
    /// Whether the settings say otherwise by now.
    pub(super) fn differs(&self, new: &NewDeclared) -> bool {
        let there = &self.identity;
        there.disabled
            || self.fingerprint != new.fingerprint
            || there.username != new.username
            || there.roles != new.roles
            || there.email.as_ref().map(|email| &email.address) != new.email.as_ref()
    }
}

/// What became of a declaration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    /// Who is new.
    pub added: Vec<IdentityId>,
    /// Who was changed, or came back; their sessions ended.
    pub changed: Vec<IdentityId>,
    /// Who is not declared any more; their sessions ended.
    pub removed: Vec<IdentityId>,
    /// Who could not be declared.
    pub conflicts: Vec<Conflict>,
}

/// Why somebody could not be declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// The name is somebody else's.
    Username {
        /// The name, as it was to be declared.
        username: String,
        /// Where the other one is declared; `None` for an account of the database.
        source: Option<Source>,
    },
    /// The address was confirmed by somebody else.
    Email {
        /// Whose it was to be.
        username: String,
    },
}

/// Somebody whom a trusted proxy names.
#[derive(Debug, Clone)]
pub struct NewUpheld {
    /// The id, if nobody was named so before.
    pub id: IdentityId,
    /// The name.
    pub username: Username,
    /// The address, or that there is none; `None` where the proxy has no say in it. It counts as confirmed.
    pub email: Option<Option<EmailAddress>>,
    /// The roles, sorted and without repetition; `None` where the proxy has no say in them.
    pub roles: Option<Vec<Role>>,
}

/// Whether somebody is whom a proxy names.
pub(super) enum Verdict {
    Taken,
    Same,
    Differs,
}

impl NewUpheld {
    /// The same name, written the same, and named by a proxy before: anything else may be another person.
    pub(super) fn judge(&self, known: &Identity) -> Verdict {
        let theirs = known.source.as_ref().is_some_and(Source::is_proxy) && known.username == self.username;
        if !theirs {
            return Verdict::Taken;
        }
        let address = known.email.as_ref().map(|email| &email.address);
        let email = self.email.as_ref().is_none_or(|email| email.as_ref() == address);
        let roles = self.roles.as_ref().is_none_or(|roles| *roles == known.roles);
        if email && roles { Verdict::Same } else { Verdict::Differs }
    }
}

/// What became of somebody whom a proxy named.
#[derive(Debug, Clone)]
pub enum Upheld {
    /// There already, and the same. May be disabled.
    Kept(Box<Identity>),
    /// There already, with another address or other roles; the sessions ended.
    Changed(Box<Identity>),
    /// New.
    Added(Box<Identity>),
    /// The name is an account's that no proxy named, or is written otherwise: perhaps another person.
    Taken,
}
