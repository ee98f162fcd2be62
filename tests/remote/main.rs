//! Apps whose endpoint is elsewhere, over real connections: an endpoint that listens, and the processes of two apps that
//! ask it.
//!
//! Each test of an attack is named after it, and shows by a control that the same succeeds when it is made properly.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]

mod audience;
mod away;
#[path = "../tls/mod.rs"]
mod ending_tls;
mod forwarding;
mod guessing;
mod keys;
mod kit;
#[path = "../server/kit/mailbox.rs"]
#[expect(dead_code, reason = "the server's tests use the rest")]
mod mailbox;
mod mails;
mod sign_on;
mod streams;
mod tls;
