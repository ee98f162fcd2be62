//! HTTP: the only module that knows axum.
//!
//! Every route of the endpoint is a handler named `get` or `post` in a module named after its page, and stands in
//! `router`. What a request must be before a handler sees it (host, origin, size) is decided in `admission`. What may
//! be decided about people is decided behind [`crate::endpoint::Endpoint`], never here.
//!
//! To add a route: a module with its handler, a line in `router`, a line in `openapi`.

mod account;
mod address;
mod admission;
mod answer;
mod apps;
mod assets;
mod authorize;
mod body;
mod changes;
mod collected;
mod config;
mod context;
mod cookie;
mod enrollment;
mod forward;
mod front;
mod headers;
mod health;
mod host;
mod impatient;
mod inline;
mod jwks;
mod listener;
mod live;
mod login;
mod logo;
mod logout;
mod metrics;
mod monitor;
mod observe;
mod openapi;
mod page;
mod password;
mod provider;
mod ready;
mod recovery;
mod registration;
mod responder;
mod router;
mod serve;
mod session;
mod shell;
mod verification;

pub use address::TrustedProxies;
pub use body::BODY_MAX;
pub use changes::Lines;
pub use cookie::CookieNames;
pub use forward::Forward;
pub use host::HostPolicy;
pub use inline::hashes as inline_hashes;
pub use listener::{Answer, Caller, listen};
pub use monitor::{bind_monitor, serve_monitor};
pub use observe::{Observed, REQUEST_ID};
pub use openapi::document as openapi_document;
pub use responder::{Responder, Surface};
pub use serve::{serve, serve_at_most};
