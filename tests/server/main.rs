//! The endpoint as a browser and its attackers meet it: HTTP in, HTTP out, in process.
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

mod browser;
mod code;
mod credentials;
mod fuzz;
mod guessing;
mod kit;
mod legacy;
mod listener;
mod mail_tokens;
mod observe;
mod operation;
mod registration;
mod sessions;
mod surfaces;
