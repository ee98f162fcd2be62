//! How much guessing is tolerated: pure rules over counters, and what this process alone has to remember.
//!
//! The counters of failures live in storage, so that they hold across processes and restarts. They are named by keyed
//! hashes: the table says nothing about who was tried, and an identifier that nobody has gets a counter as any other.

mod in_flight;
mod key;
mod local;
mod rule;

pub use in_flight::{InFlight, Ticketed};
pub use key::{Keys, kind_of};
pub use local::Local;
pub use rule::{Refused, Rule, Rules};
