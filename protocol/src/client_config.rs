//! What the forms must know before they are drawn.

use serde::{Deserialize, Serialize};

use crate::{CodeChannel, SessionState};

/// The settings of the endpoint that shape the forms. All of it is public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClientConfig {
    /// The app's name, as its users know it.
    pub app_name: String,
    /// Where the logo is, if there is one: a path on this origin.
    pub logo: Option<String>,
    /// One sentence under the name; empty for none.
    pub tagline: String,
    /// What the sign-in form asks for.
    pub login: LoginForm,
    /// Who may register.
    pub registration: RegistrationMode,
    /// True where a forgotten password can be reset by mail.
    pub recovery: bool,
    /// The shortest password accepted, in code points after NFC.
    pub password_min: u16,
    /// Where the app is: a path on this origin, to go to after signing in on the standalone page.
    pub app_path: String,
    /// Who else can say who somebody is, in the order of the buttons.
    pub providers: Vec<ProviderButton>,
    /// The ways by which a code can be had instead of a password.
    pub codes: Vec<CodeChannel>,
    /// The host that passkeys are bound to; absent where nobody signs in by one.
    pub passkeys: Option<String>,
}

/// A way in through an account of somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderButton {
    /// Its name in the settings.
    pub name: String,
    /// How people know it.
    pub label: String,
    /// Where signing in there begins: a path on the endpoint's origin, which takes `return_to`.
    pub href: String,
}

/// What the full-page form is told when it stands in the place of a page of the app, so that it asks for nothing before
/// it is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Front {
    /// The settings.
    pub config: ClientConfig,
    /// Who is signed in.
    pub session: SessionState,
    /// The roles of which the page asks for any, where who is signed in has none of them.
    pub asked: Option<Vec<String>>,
}

/// What the sign-in form asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LoginForm {
    /// A username or an address, and the password that goes with it.
    NameAndPassword,
    /// One password for everybody. The step then carries an empty identifier.
    PasswordOnly,
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RegistrationMode {
    /// Nobody: an administrator adds people.
    Closed,
    /// Who has an invitation.
    Invite,
    /// Who has an address at one of the named domains.
    Domains,
    /// Everybody with an address.
    Open,
}
