//! What the ready providers bring with them: one line each.

use super::{ProviderKind, ProviderSettings};

/// What is known of a kind of provider.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// Who.
    pub kind: ProviderKind,
    /// How people know it; empty where it is called what the operator calls it.
    pub label: &'static str,
    /// Its address, with `{tenant}` where there is one for each customer; empty where it is the operator's to say.
    pub issuer: &'static str,
    /// What it is asked for.
    pub scopes: &'static [&'static str],
    /// How it says who somebody is.
    pub speaks: Speaks,
}

/// How a provider says who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// By a signed ID token; where to ask it says itself (OpenID Connect Discovery).
    Oidc,
    /// The same, but the browser brings the answer as a form, and the secret is a signature that expires.
    Apple,
    /// OAuth 2 only: who somebody is has to be asked for with the access token.
    GitHub,
    /// The same.
    Facebook,
    /// The same.
    Amazon,
}

/// How somebody is asked to sign in once more at a provider of OpenID Connect.
#[derive(Debug, Clone, Copy)]
pub struct Again {
    /// The `prompt` that asks for it.
    pub prompt: &'static str,
    /// Whether its ID tokens always say when somebody signed in there (`auth_time`).
    pub says_when: bool,
}

const OPENID: &[&str] = &["openid", "profile", "email"];

const fn oidc(kind: ProviderKind, label: &'static str, issuer: &'static str) -> Preset {
    Preset { kind, label, issuer, scopes: OPENID, speaks: Speaks::Oidc }
}

/// Every kind.
pub const PRESETS: [Preset; 11] = [
    oidc(ProviderKind::Oidc, "", ""),
    oidc(ProviderKind::Google, "Google", "https://accounts.google.com"),
    oidc(ProviderKind::Microsoft, "Microsoft", "https://login.microsoftonline.com/{tenant}/v2.0"),
    oidc(ProviderKind::Gitlab, "GitLab", "https://gitlab.com"),
    oidc(ProviderKind::Auth0, "", "https://{tenant}/"),
    oidc(ProviderKind::Okta, "Okta", "https://{tenant}"),
    oidc(ProviderKind::Keycloak, "", ""),
    Preset {
        kind: ProviderKind::Apple,
        label: "Apple",
        issuer: "https://appleid.apple.com",
        scopes: &["openid", "email"],
        speaks: Speaks::Apple,
    },
    Preset {
        kind: ProviderKind::Github,
        label: "GitHub",
        issuer: "https://github.com",
        scopes: &["read:user", "user:email"],
        speaks: Speaks::GitHub,
    },
    Preset {
        kind: ProviderKind::Facebook,
        label: "Facebook",
        issuer: "https://www.facebook.com",
        scopes: &["public_profile", "email"],
        speaks: Speaks::Facebook,
    },
    Preset {
        kind: ProviderKind::Amazon,
        label: "Amazon",
        issuer: "https://www.amazon.com",
        scopes: &["profile"],
        speaks: Speaks::Amazon,
    },
];

impl ProviderKind {
    /// What is known of it.
    pub fn preset(self) -> Preset {
        PRESETS.into_iter().find(|preset| preset.kind == self).unwrap_or(oidc(self, "", ""))
    }

    /// How somebody is asked to sign in once more.
    pub const fn again(self) -> Again {
        match self {
            // It refuses any other prompt that shows somebody, and keeps to itself when that was.
            Self::Google => Again { prompt: "select_account", says_when: false },
            // Only where the app's registration there asks for the claim.
            Self::Microsoft => Again { prompt: "login", says_when: false },
            _ => Again { prompt: "login", says_when: true },
        }
    }
}

impl ProviderSettings {
    /// Its address, if it is said or known.
    pub fn issuer(&self) -> Option<String> {
        if let Some(issuer) = &self.issuer {
            return Some(issuer.clone());
        }
        let known = self.kind.preset().issuer;
        match &self.tenant {
            Some(tenant) => Some(known.replace("{tenant}", tenant)),
            None if known.is_empty() || known.contains('{') => None,
            None => Some(known.to_owned()),
        }
    }

    /// How people know it.
    pub fn label(&self, name: &str) -> String {
        let known = self.kind.preset().label;
        self.label
            .clone()
            .unwrap_or_else(|| if known.is_empty() { name.to_owned() } else { known.to_owned() })
    }

    /// What it is asked for.
    pub fn scopes(&self) -> Vec<String> {
        if self.scopes.is_empty() {
            return self.kind.preset().scopes.iter().map(|scope| (*scope).to_owned()).collect();
        }
        self.scopes.clone()
    }
}
