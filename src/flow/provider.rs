//! Sign-in with an account of somebody else: whom it opens, and whether it brings somebody new.
//!
//! Who somebody is at the provider was proven before; that is `provider`'s part. Issuer and subject decide, never an
//! address: whoever could claim another's address there would be that person here.

use gatehouse_protocol::ErrorCode;

use super::proven::Proven;
use crate::{
    config::{ProviderSettings, Settings},
    identity::{EmailAddress, Identity, Role, Username},
    session::{Method, Methods},
    storage::ProviderAccount,
};

/// How many names are tried before one is drawn.
const NUMBERED: u32 = 9;
/// How much of a name is kept where something is put behind it, in characters.
const NAME_MAX: usize = 48;

/// What a provider proved of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The account there.
    pub account: ProviderAccount,
    /// The address, if the provider verified that it is this person's.
    pub email: Option<EmailAddress>,
    /// What the person is called there, the best name for an account first.
    pub names: Vec<String>,
    /// The groups; empty where it says nothing of them.
    pub groups: Vec<String>,
}

/// What follows from it.
#[derive(Debug)]
pub enum Decision {
    /// It is this identity: what comes next depends on its other factors.
    Proven(Proven, Box<Identity>),
    /// The account opens this identity from now on.
    Link(Box<Identity>),
    /// Somebody new.
    Register,
    /// Nothing.
    Refused(ErrorCode),
}

/// What follows for who signs in. `linked` is whom the account opens, `owner` who confirmed the proven address here.
pub fn decide(
    proof: &Proof,
    linked: Option<Identity>,
    owner: Option<Identity>,
    provider: &ProviderSettings,
) -> Decision {
    if let Some(identity) = linked {
        return match proven(&identity) {
            Some(proven) => Decision::Proven(proven, Box::new(identity)),
            None => Decision::Refused(ErrorCode::ProviderUnknown),
        };
    }
    match owner {
        Some(owner) if !owner.is_open() => Decision::Refused(ErrorCode::ProviderUnknown),
        Some(owner) if provider.link_verified_email => Decision::Link(Box::new(owner)),
        Some(_) => Decision::Refused(ErrorCode::ProviderUnlinked),
        None if !provider.register => Decision::Refused(ErrorCode::ProviderUnknown),
        None if !allowed(proof.email.as_ref(), provider) => Decision::Refused(ErrorCode::DomainNotAllowed),
        None => Decision::Register,
    }
}

/// What follows for `person`, who is signed in and links the account. `linked` is whom the account opens.
pub fn link(person: Identity, linked: Option<&Identity>) -> Decision {
    match linked {
        // One account is one person.
        Some(other) if other.id != person.id => Decision::Refused(ErrorCode::ProviderTaken),
        Some(_) => match proven(&person) {
            Some(proven) => Decision::Proven(proven, Box::new(person)),
            None => Decision::Refused(ErrorCode::ProviderRefused),
        },
        None if person.is_open() => Decision::Link(Box::new(person)),
        None => Decision::Refused(ErrorCode::ManagedElsewhere),
    }
}

/// Whether an account proves who `person` is, who is signed in: only one that opens this identity does. `linked` is whom
/// it opens.
pub fn proves(person: &Identity, linked: Option<&Identity>) -> Result<(), ErrorCode> {
    match linked {
        None => Err(ErrorCode::ProviderUnknown),
        Some(other) if other.id != person.id => Err(ErrorCode::ProviderTaken),
        Some(_) if person.is_open() => Ok(()),
        Some(_) => Err(ErrorCode::ManagedElsewhere),
    }
}

/// Storage answered that the account opens the identity.
pub fn proven(identity: &Identity) -> Option<Proven> {
    identity.is_open().then(|| Proven::new(identity.id.clone(), None, Methods::only(Method::Provider)))
}

fn allowed(email: Option<&EmailAddress>, provider: &ProviderSettings) -> bool {
    let named = |email: &EmailAddress| provider.domains.iter().any(|domain| domain == email.domain());
    provider.domains.is_empty() || email.is_some_and(named)
}

/// The names that somebody new may get, in the order in which they are to be tried; `drawn` tells the last from all there
/// are.
pub fn names(proof: &Proof, settings: &Settings, drawn: &str) -> Vec<Username> {
    let address = proof.email.as_ref().map(|email| email.as_str().to_owned());
    let mut names: Vec<Username> = Vec::new();
    for said in proof.names.iter().chain(&address) {
        names.extend(username(said).filter(|name| !name.is_reserved(&settings.app_name)));
    }
    names.dedup_by(|one, other| one.folded() == other.folded());
    let first = names.first().map_or("person", Username::as_str).chars().take(NAME_MAX).collect::<String>();
    let numbered = (2..=NUMBERED).map(|number| number.to_string()).chain([drawn.to_owned()]);
    let more: Vec<Username> = numbered.filter_map(|end| username(&format!("{first}-{end}"))).collect();
    names.extend(more);
    names
}

/// What was said as a username: of an address the part before the `@`, what no username has as a dot.
fn username(said: &str) -> Option<Username> {
    let local = said.trim().split('@').next().unwrap_or_default();
    if let Ok(name) = Username::parse(local) {
        return Some(name);
    }
    let mut clean = String::new();
    for c in local.chars().take(NAME_MAX) {
        match c {
            c if c.is_alphanumeric() => clean.push(c),
            _ if clean.ends_with('.') => {}
            _ => clean.push('.'),
        }
    }
    Username::parse(clean.trim_matches('.')).ok()
}

/// The roles of somebody whose groups give roles here: those that stand in no list are left alone. `None` where no list is
/// kept, or nothing changes.
pub fn roles(now: &[Role], groups: &[String], provider: &ProviderSettings) -> Option<Vec<Role>> {
    provider.groups_claim.as_ref()?;
    let lists = || provider.roles.iter();
    let given = lists().filter(|(group, _)| groups.contains(group)).flat_map(|(_, roles)| roles);
    let kept =
        now.iter().filter(|role| !lists().any(|(_, roles)| roles.iter().any(|one| one == role.as_str())));
    let mut roles: Vec<Role> = given.filter_map(|role| Role::parse(role).ok()).chain(kept.cloned()).collect();
    roles.sort();
    roles.dedup();
    (roles != now).then_some(roles)
}

#[cfg(test)]
mod tests;
