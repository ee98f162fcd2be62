//! The flows: what follows from what was proven. Pure decisions: evidence goes in, the next state comes out.
//!
//! A session can only begin from a [`Completed`] flow, and only the flows here make one. To add a flow, add a file.

pub mod asserted;
pub mod code;
mod completed;
pub mod login;
pub mod passkey;
pub mod proven;
pub mod provider;
pub mod recovery;
pub mod registration;
pub mod verification;

pub use completed::Completed;
