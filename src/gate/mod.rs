//! The decisions in front of an app: what a request may bring in, which session a websocket belongs to, when a
//! websocket has to be closed, and what a browser may do with an answer. The bytes themselves are moved by the ASGI
//! layer in `component/`.

mod asserted;
mod guard;
mod headers;
mod pages;
mod policy;
mod request;
mod sockets;

pub use guard::{Admission, Gate, Refusal};
pub use headers::{HANDLE_HEADER, Header, cookie_header, single, strip};
pub use pages::PageRules;
pub use policy::{Policy, missing};
pub use request::{Entry, Head};
pub use sockets::{Binding, Kind, Sockets, Standing, Verdict};

#[cfg(test)]
mod tests;
