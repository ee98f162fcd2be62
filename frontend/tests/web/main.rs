//! The real views in a real page, in headless Chromium: what a person, a password manager and a screen reader find.
//!
//! `tools/test views` runs this. The endpoint is played by a `fetch` of the tests' own; the same forms are driven
//! against the real one in `tests/e2e`.

#![cfg(target_arch = "wasm32")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]

mod account;
mod answers;
mod failures;
mod fields;
mod forms;
mod guidance;
mod language;
mod life;
mod network;
mod page;
mod second_factor;
mod standalone;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
