//! One-time links: where they point, and the one that makes the first administrator.

use std::time::Duration;

use super::Endpoint;
use crate::{
    audit::{Entry, Event},
    identity::Role,
    session::Secret,
    storage::{AddressSide, LinkKind, NewLink, StorageError},
};

/// How long the set-up link holds.
const SETUP_TTL: Duration = Duration::from_hours(1);

impl Endpoint {
    /// Says where the app is on this machine, once the port is known. Links use it where no public URL is set.
    pub fn set_local_url(&self, url: &str) {
        if self.local_url.set(url.trim_end_matches('/').to_owned()).is_err() {
            tracing::debug!(url, "the local address was set before");
        }
    }

    /// Where the app is on this machine, if that was said.
    pub fn local_url(&self) -> Option<String> {
        self.local_url.get().cloned()
    }

    /// Says under which path the app stands (`server.baseUrlPath`); empty by default.
    pub fn set_base_path(&self, path: &str) {
        let trimmed = path.trim_matches('/');
        let path = if trimmed.is_empty() { String::new() } else { format!("/{trimmed}") };
        if self.base_path.set(path).is_err() {
            tracing::debug!(trimmed, "the base path was set before");
        }
    }

    /// The path under which the app stands, without a slash at its end.
    pub fn base_path(&self) -> &str {
        self.base_path.get().map_or("", String::as_str)
    }

    /// Where people reach the app, without a slash at its end; `None` while nobody said.
    pub fn home(&self) -> Option<String> {
        let public = self.settings.public_origin().map(|url| url.origin().to_owned());
        Some(format!("{}{}", public.or_else(|| self.local_url())?, self.base_path()))
    }

    /// The page that a link of this kind opens, with its token in the fragment, where no server and no `Referer` sees
    /// it. `None` while nobody said where the app is.
    pub fn link(&self, kind: LinkKind, token: &Secret) -> Option<String> {
        link_at(&self.home()?, kind, token)
    }

    /// The link that makes the first administrator; it replaces earlier ones. `None` where there is an administrator,
    /// or the settings declare people, or while nobody said where the app is.
    pub async fn setup_link(&self) -> Result<Option<String>, StorageError> {
        if self.declares_anybody() {
            return Ok(None);
        }
        let Ok(admin) = Role::parse(Role::ADMIN) else { return Ok(None) };
        if self.storage.any_with_role(&admin).await? {
            return Ok(None);
        }
        let token = Secret::draw(&*self.entropy);
        let Some(link) = self.link(LinkKind::Setup, &token) else { return Ok(None) };
        let now = self.now();
        self.storage
            .add_link(NewLink {
                hash: token.hash(),
                kind: LinkKind::Setup,
                identity_id: None,
                email: None,
                mailed: false,
                roles: vec![admin],
                created_at: now,
                expires_at: now.plus(SETUP_TTL),
            })
            .await?;
        self.record(Entry::new(Event::SetupIssued));
        Ok(Some(link))
    }
}

/// The page below `home` that the link of a mail with a code opens.
pub(super) fn sign_in_link(home: &str, token: &Secret) -> String {
    format!("{home}/_gatehouse/#sign-in={}", token.expose())
}

/// The page below `home` that a link of this kind opens.
pub(super) fn link_at(home: &str, kind: LinkKind, token: &Secret) -> Option<String> {
    let name = match kind {
        LinkKind::Setup => "setup",
        LinkKind::Invitation => "invite",
        LinkKind::Verification => "verify",
        LinkKind::Recovery => "reset",
        // Travels in the body of an answer, never in a URL.
        LinkKind::MustChange => return None,
    };
    Some(format!("{home}/_gatehouse/#{name}={}", token.expose()))
}

/// The account page below `home` where a change of the address is approved of, or the new one confirmed. Opening it does
/// nothing yet: mail is opened by many who look for what is bad.
pub(super) fn address_link_at(home: &str, side: AddressSide, token: &Secret) -> String {
    let name = match side {
        AddressSide::Present => "approve",
        AddressSide::New => "confirm-address",
    };
    format!("{home}/_gatehouse/account#{name}={}", token.expose())
}
