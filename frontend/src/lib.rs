//! The Gatehouse login component: the forms for signing in, registering and choosing passwords.
//!
//! [`machine`] decides everything and knows nothing of the web. Around it, for the browser only: `view` draws what the
//! machine describes, `http` makes every request, `stage` carries events in and effects out, `words` speaks the
//! person's language, and `entry` is what JavaScript calls.
//!
//! The account page is a program of its own, loaded apart: [`account`] decides, `panel` draws and carries, and the forms
//! inside it are the same as everywhere. `passkey` speaks with the browser for both.

#[cfg(feature = "later")]
pub mod account;
pub mod machine;

#[cfg(target_arch = "wasm32")]
mod decode;
#[cfg(target_arch = "wasm32")]
mod dom;
#[cfg(target_arch = "wasm32")]
pub mod entry;
#[cfg(target_arch = "wasm32")]
mod http;
#[cfg(all(target_arch = "wasm32", feature = "later"))]
pub mod panel;
#[cfg(target_arch = "wasm32")]
mod passkey;
#[cfg(target_arch = "wasm32")]
mod stage;
#[cfg(target_arch = "wasm32")]
mod view;
#[cfg(target_arch = "wasm32")]
mod words;
