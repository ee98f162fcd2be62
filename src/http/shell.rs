//! What is the same whether an endpoint answers here or a remote one behind: where it stands, which hosts it answers
//! for, the browser bundle, and what the forms are told.

use std::sync::{Arc, OnceLock};

use axum::http::HeaderValue;
use gatehouse_protocol::ClientConfig;

use super::{
    assets::Assets,
    forward::Forward,
    host::HostPolicy,
    page::{ACCOUNT, Page, SIGN_IN},
    responder::Surface,
};
use crate::{config::Settings, endpoint::Endpoint};

/// Who answers.
#[derive(Debug, Clone)]
pub(super) enum Behind {
    /// An endpoint in this process.
    Endpoint(Arc<Endpoint>),
    /// A remote one.
    Remote(Arc<dyn Forward>),
}

/// What stands in front of either.
#[derive(Debug)]
pub(super) struct Shell {
    pub(super) behind: Behind,
    pub(super) surface: Surface,
    pub(super) assets: Assets,
    pub(super) page: Option<Page>,
    pub(super) account_page: Option<Page>,
    policy: OnceLock<HostPolicy>,
}

impl Behind {
    pub(super) fn settings(&self) -> &Settings {
        match self {
            Self::Endpoint(endpoint) => endpoint.settings(),
            Self::Remote(remote) => remote.settings(),
        }
    }
}

impl Shell {
    pub(super) fn new(behind: Behind, surface: Surface, policy: OnceLock<HostPolicy>) -> Self {
        let base_path = surface.base_path();
        let (mut assets, mut page, mut account_page) = (Assets::default(), None, None);
        if let Some(directory) = &behind.settings().assets {
            let framing = behind.settings().sign_in_framing();
            let load = |name| Page::load(directory, name, base_path, &framing);
            match Assets::load(directory).and_then(|assets| Ok((assets, load(SIGN_IN)?, load(ACCOUNT)?))) {
                Ok(loaded) => (assets, page, account_page) = (loaded.0, Some(loaded.1), Some(loaded.2)),
                Err(error) => {
                    tracing::error!(%error, "the browser bundle can't be read: no form will be drawn");
                }
            }
        }
        Self { behind, surface, assets, page, account_page, policy }
    }

    /// What stands before `/_gatehouse`.
    pub(super) fn base_path(&self) -> &str {
        self.surface.base_path()
    }

    /// What the forms must know; `None` while the remote endpoint has not said it.
    pub(super) fn config(&self) -> Option<ClientConfig> {
        match &self.behind {
            Behind::Endpoint(endpoint) => {
                Some(endpoint.client_config_for(self.surface.app().map(|app| &**app)))
            }
            Behind::Remote(remote) => remote.config(),
        }
    }

    /// The value of `Strict-Transport-Security`.
    pub(super) fn strict_transport(&self) -> Option<HeaderValue> {
        // Of an app's host only the app's own process speaks.
        let settings = self.behind.settings();
        let value = if self.surface.app().is_some() { None } else { settings.strict_transport() };
        value.map(HeaderValue::from_static)
    }

    /// The hosts and origins that are served, once they are known.
    pub(super) fn policy(&self) -> Option<&HostPolicy> {
        if let Some(policy) = self.policy.get() {
            return Some(policy);
        }
        let Behind::Endpoint(endpoint) = &self.behind else { return None };
        // With a public URL the port plays no part.
        let port = endpoint.local_url().and_then(|url| port_of(&url));
        let port = if endpoint.settings().public_url.is_some() { 0 } else { port? };
        let policy = HostPolicy::new(endpoint.settings(), port);
        Some(self.policy.get_or_init(|| policy))
    }
}

fn port_of(url: &str) -> Option<u16> {
    let authority = url.split_once("://")?.1.split('/').next()?;
    match authority.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => port.parse().ok(),
        _ => Some(80),
    }
}
