//! What comes with a question, and what goes with an answer beside its state.

use std::{net::IpAddr, sync::Arc, time::Duration};

use crate::{
    session::{AppName, Secret},
    storage::App,
};

/// The circumstances of a request.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// Where it came from, if that is known.
    pub address: Option<IpAddr>,
    /// False behind a proxy that the settings don't name: then one address may stand for everybody.
    pub address_believed: bool,
    /// The browser, as it names itself.
    pub user_agent: String,
    /// The token in the session cookie.
    pub session: Option<Secret>,
    /// The value of the device cookie.
    pub device: Option<String>,
    /// The value of the cookie that binds a sign-in which leaves the page to its browser.
    pub browser: Option<Secret>,
    /// The language of the person, as a BCP 47 tag.
    pub locale: String,
    /// The app whose process forwards the request; `None` where the browser speaks to the endpoint itself.
    pub app: Option<Arc<App>>,
}

impl RequestContext {
    /// Whom a session of this request is for.
    pub(super) fn audience(&self) -> Option<&AppName> {
        self.app.as_deref().map(|app| &app.name)
    }

    /// The name of the app at whose forms things are counted.
    pub(super) fn counted_at(&self) -> Option<&str> {
        self.audience().map(AppName::as_str)
    }

    /// The address, where it stands for one subscriber.
    pub(super) fn believed(&self) -> Option<IpAddr> {
        self.address.filter(|_| self.address_believed)
    }
}

/// An answer, and what becomes of the cookies.
#[derive(Debug)]
pub struct Answer<T> {
    /// The state of the flow.
    pub state: T,
    /// What becomes of the session cookie.
    pub session_cookie: CookieChange,
    /// What becomes of the device cookie.
    pub device_cookie: CookieChange,
    /// What becomes of the cookie that binds a sign-in which leaves the page.
    pub browser_cookie: CookieChange,
}

/// What becomes of a cookie.
#[derive(Debug)]
pub enum CookieChange {
    /// It stays as it is.
    Keep,
    /// It is deleted.
    Clear,
    /// It is set.
    Set {
        /// To this value.
        value: Secret,
        /// For so long; `None` until the browser closes.
        max_age: Option<Duration>,
    },
}

impl<T> Answer<T> {
    /// An answer that touches no cookie.
    pub const fn new(state: T) -> Self {
        Self {
            state,
            session_cookie: CookieChange::Keep,
            device_cookie: CookieChange::Keep,
            browser_cookie: CookieChange::Keep,
        }
    }

    /// The same cookies with another state.
    pub(super) fn map<U>(self, state: impl FnOnce(T) -> U) -> Answer<U> {
        Answer {
            state: state(self.state),
            session_cookie: self.session_cookie,
            device_cookie: self.device_cookie,
            browser_cookie: self.browser_cookie,
        }
    }
}
