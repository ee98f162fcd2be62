//! Where the form stands, and what it was opened for.

#[cfg(feature = "later")]
use gatehouse_protocol::FlowToken;

use super::Link;
#[cfg(feature = "later")]
use super::Screen;

/// Where the form stands and what it was opened for.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// True inside an app's page, false on the page of its own.
    pub embedded: bool,
    /// True inside the account page, which asks for a fresh proof where one is needed and opens the form again.
    pub inside: bool,
    /// What to show first.
    pub opening: Opening,
    /// The challenge of the app that waits for a ticket.
    pub challenge: Option<String>,
    /// A path on this origin to go to after signing in.
    pub next: Option<String>,
    /// True where the form stands in the place of a page of the app: after signing in that page is loaded anew.
    pub in_place: bool,
    /// Who is signed in, where the app knows.
    pub username: String,
    /// The roles that the page asks for.
    pub roles: Vec<String>,
    /// The endpoint's address, to be named when it can't be reached.
    pub endpoint: String,
    /// The page's host, where the browser has passkeys.
    pub host: Option<String>,
}

/// What to show first.
#[derive(Debug, Clone)]
pub enum Opening {
    /// What the address asks for; the sign-in form if nothing.
    Link(Link),
    /// The form that replaces the password.
    ChangePassword,
    /// The page that says that this account may not see the page.
    NotAllowed,
    /// A second factor of who is signed in.
    StepUp,
    /// The password of who is signed in, once more.
    #[cfg(feature = "later")]
    Reauthenticate,
    /// A step of setting a factor up, for who is signed in.
    #[cfg(feature = "later")]
    At(Screen),
    /// Setting up the factor that a sign-in asks for.
    #[cfg(feature = "later")]
    Enroll {
        /// Carries what was proven so far.
        flow: FlowToken,
        /// Keep me signed in.
        keep: bool,
    },
}

impl Default for Opening {
    fn default() -> Self {
        Self::Link(Link::None)
    }
}
