//! The gate in front of any app: real sockets on both sides, a real app behind, and what attackers send.
//!
//! Each test of an attack is named after it, tells its story, and shows by a control that the same request succeeds
//! when it is made properly: so it can fail.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]

mod admission;
mod backpressure;
mod documents;
mod down;
mod framing;
mod headers;
mod identity;
mod kit;
mod sessions;
mod streaming;
mod websockets;
