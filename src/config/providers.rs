//! Who else may say who somebody is. Part of [`super::Settings`]; what each kind brings with it stands in `preset`.

use std::{collections::BTreeMap, path::PathBuf};

use gatehouse_protocol::Password;
use serde::{Deserialize, Serialize};

/// A provider: somebody else, with whom people have an account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderSettings {
    /// Who it is: `oidc` for any provider of OpenID Connect, or a ready one: `google`, `microsoft`, `gitlab`, `auth0`,
    /// `okta`, `keycloak`, `apple`, `github`, `facebook`, `amazon`. See [providers.md](providers.md).
    pub kind: ProviderKind,
    /// Its address, letter for letter as it names itself (`iss`), for example `https://id.example.org`.
    pub issuer: Option<String>,
    /// What stands for `{tenant}` in the address of a ready provider: the directory's id at `microsoft`, the host at `auth0`
    /// and `okta`.
    pub tenant: Option<String>,
    /// How the provider knows this app. Must be set.
    pub client_id: Option<String>,
    /// What proves that it is this app. Better from the environment (`GATEHOUSE_PROVIDERS__NAME__CLIENT_SECRET`) or from a
    /// file of its own than from this one.
    pub client_secret: Option<Password>,
    /// A file that holds the secret, or the private key (`.p8`) at `apple`.
    pub client_secret_file: Option<PathBuf>,
    /// The team that the key belongs to, at `apple`.
    pub apple_team: Option<String>,
    /// The id of the key, at `apple`.
    pub apple_key_id: Option<String>,
    /// How people know it: the button says "Continue with" and this.
    pub label: Option<String>,
    /// What the provider is asked for. By default what names and addresses need.
    pub scopes: Vec<String>,
    /// The claim that lists the person's groups, for example `groups`. Goes with `roles`.
    pub groups_claim: Option<String>,
    /// The roles that a group gives, as a section: `[providers.NAME.roles]` with `staff = ["reader"]`. At every sign-in they
    /// are given and taken away; roles that stand in no list here are left alone.
    pub roles: BTreeMap<String, Vec<String>>,
    /// Whoever signs in there and is unknown here gets an account, with `registration_roles`.
    pub register: bool,
    /// The e-mail domains of those who do: the provider must have verified an address there. Empty for everybody.
    pub domains: Vec<String>,
    /// An account here with the same confirmed address opens, too, if the provider says that it verified the address. Only
    /// for a provider that owns the addresses, such as your company's own.
    pub link_verified_email: bool,
    /// Allows a provider at private addresses, in your own network. One on this machine needs no permission.
    pub allow_private_addresses: bool,
    /// A file (PEM) with the certificates of the authorities that vouch for the provider, instead of the public ones.
    pub ca: Option<PathBuf>,
}

/// Who a provider is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// Any provider of OpenID Connect.
    #[default]
    Oidc,
    /// Google.
    Google,
    /// Microsoft Entra ID.
    Microsoft,
    /// GitLab, theirs or your own.
    Gitlab,
    /// Auth0.
    Auth0,
    /// Okta.
    Okta,
    /// Keycloak.
    Keycloak,
    /// Sign in with Apple.
    Apple,
    /// GitHub, theirs or your own.
    Github,
    /// Facebook.
    Facebook,
    /// Login with Amazon.
    Amazon,
}
