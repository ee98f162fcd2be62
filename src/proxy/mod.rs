//! A reverse proxy that gates whatever is behind it: nothing of an app is served to somebody who may not have it.
//!
//! `front` sorts requests: the endpoint's own, websockets, the rest. Who may is decided in `gate`; here bytes move.
//! `forward` sends a request on and brings the answer back, `websocket` opens a `tunnel`, `open` remembers what is open
//! for whom and ends it with its session, `headers` says what may pass in either direction, `identity` tells the app
//! who asks, `document` puts the watcher into pages, and `down` is what people see while there is no app.

mod body;
mod document;
mod down;
mod forward;
mod frame;
mod front;
mod headers;
mod identity;
mod open;
mod tunnel;
mod upstream;
mod websocket;

pub use front::{Front, Limits};
pub use upstream::Upstream;
