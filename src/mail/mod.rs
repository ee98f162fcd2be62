//! Mail: what it says, how it leaves, and the queue in the database that survives a restart.
//!
//! The queue holds who and which template; the link's token is drawn when the mail is sent.

mod courier;
mod letter;
mod schedule;
mod transport;
mod words;
mod worker;

pub use courier::{Courier, INVITATION_TTL, InvitationContext, LINK_TTL};
pub use letter::{BadAddress, Letter, LetterParts};
pub use schedule::pause_after;
pub use transport::{SendError, Transport};
pub use worker::run;

use crate::config::Settings;

/// Whether mail can be sent at all; without it there is no recovery and no verification.
pub fn available(settings: &Settings) -> bool {
    settings.mail.smtp_host.is_some() || settings.is_local()
}
