//! What Python is told of a session.

use gatehouse::session::LiveSession;
use pyo3::prelude::*;

/// Someone who is signed in, as the endpoint knows them.
#[pyclass(frozen, get_all, module = "streamlit_gatehouse._native")]
#[derive(Debug)]
pub struct Identity {
    /// The id of the session; it opens nothing.
    session: String,
    /// The subject.
    id: String,
    /// The name as shown.
    username: String,
    /// The confirmed address.
    email: Option<String>,
    /// Sorted.
    roles: Vec<String>,
    /// 1 or 2.
    aal: u8,
    /// Milliseconds since 1970.
    authenticated_at: i64,
}

impl From<&LiveSession> for Identity {
    fn from(live: &LiveSession) -> Self {
        let LiveSession { session, identity } = live;
        let confirmed = identity.email.as_ref().filter(|email| email.verified_at.is_some());
        Self {
            session: session.id.0.clone(),
            id: identity.id.0.clone(),
            username: identity.username.as_str().to_owned(),
            email: confirmed.map(|email| email.address.as_str().to_owned()),
            roles: identity.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            aal: session.aal().number(),
            authenticated_at: session.authenticated_at.0,
        }
    }
}
