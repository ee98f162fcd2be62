//! The people that the settings declare, and what may be written for their passwords.

use argon2::{Algorithm, Params, password_hash::phc::PasswordHash as Phc};
use gatehouse_protocol::{GUEST, Password, rule};

use super::Settings;

/// The most that a hash in the settings may cost: what the settings themselves may ask for.
pub(super) const COSTLIEST: (u32, u32, u32) = (4 << 20, 64, 16);

/// Somebody who is declared.
#[derive(Debug, Clone, Copy)]
pub struct Person<'s> {
    /// The name, as written.
    pub username: &'s str,
    /// What is written for the password.
    pub password: &'s Password,
    /// The roles, as written.
    pub roles: &'s [String],
    /// The address, as written.
    pub email: Option<&'s str>,
}

/// What is written for a password, understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The password itself.
    Plain,
    /// A hash that can be verified as it is.
    Hashed,
}

impl Written {
    /// Understands what is written; a reason where it can be neither.
    ///
    /// Another kind of hash that the hasher verifies is another arm here.
    pub fn read(password: &Password) -> Result<Self, &'static str> {
        let text = password.expose();
        if text.is_empty() {
            return Err("is empty");
        }
        if text.starts_with("$argon2id$") {
            return if verifiable(text) {
                Ok(Self::Hashed)
            } else {
                Err("is a hash that was cut or changed, or that costs more than any login may")
            };
        }
        if foreign_hash(text) {
            return Err("is a hash of a kind that is not read here");
        }
        if text.len() > rule::PASSWORD_MAX_BYTES {
            return Err("is longer than 1024 bytes, which nobody can type into the form");
        }
        Ok(Self::Plain)
    }
}

impl Settings {
    /// Who the shared password stands for.
    pub fn shared_person(&self) -> Option<Person<'_>> {
        let username = self.shared_username.as_deref().unwrap_or(GUEST);
        let password = self.shared_password.as_ref()?;
        Some(Person { username, password, roles: &[], email: None })
    }

    /// Everybody who is declared: `users`, and who the shared password stands for.
    pub fn people(&self) -> impl Iterator<Item = Person<'_>> {
        let users = self.users.iter().map(|(name, user)| Person {
            username: name,
            password: &user.password,
            roles: &user.roles,
            email: user.email.as_deref(),
        });
        users.chain(self.shared_person())
    }

    /// Whether the form asks for the password alone.
    pub const fn password_only(&self) -> bool {
        self.shared_password.is_some() && self.shared_username.is_none()
    }
}

/// Whether Argon2id can verify it at a price that is known beforehand.
fn verifiable(text: &str) -> bool {
    let (memory, time, lanes) = COSTLIEST;
    Phc::new(text).is_ok_and(|phc| {
        phc.algorithm.as_str() == Algorithm::Argon2id.as_str()
            && phc.hash.is_some()
            && Params::try_from(&phc).is_ok_and(|params| {
                params.m_cost() <= memory && params.t_cost() <= time && params.p_cost() <= lanes
            })
    })
}

/// What password files call their hashes: `$2b$…`, `$scrypt$…`, `$6$…`. A password may begin like that, too, but then it
/// is more often a mistake than a password.
fn foreign_hash(text: &str) -> bool {
    let name = text.strip_prefix('$').and_then(|rest| rest.split_once('$')).map(|(name, _)| name);
    name.is_some_and(|name| {
        !name.is_empty()
            && name.len() <= 16
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    })
}
