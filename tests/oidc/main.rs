//! Sign-in with an account of somebody else: against a certified provider that runs on this machine (`node`), and against
//! one that lies (`rogue`).
//!
//! Each test of an attack is named after it, and shows by a control that the same succeeds when it is made properly.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]

mod account;
mod browser;
mod certified;
mod discovery;
mod embedding;
#[path = "../tls/mod.rs"]
mod ending_tls;
mod flows;
mod keep;
mod kit;
mod node;
mod oauth;
mod people;
mod rogue;
mod tls;
mod tokens;
