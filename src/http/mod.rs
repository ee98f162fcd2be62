//! HTTP: the only module that knows axum.
//!
//! Every route of the endpoint is a handler named `get` or `post` in a module named after its page. What a request
//! must be before a handler sees it (host, origin, size) is decided in `admission`. What may be decided about
//! people is decided behind [`crate::endpoint::Endpoint`], never here.

mod cookie;
mod host;

pub use cookie::CookieNames;
pub use host::HostPolicy;
