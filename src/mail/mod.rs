//! Mail: what it says, how it leaves, and when it is tried again. The queue is the database's, so that it survives a
//! restart; `endpoint/courier` takes mails from it.

mod letter;
mod schedule;
mod transport;
mod words;

pub use letter::{BadAddress, Letter, LetterParts};
pub use schedule::pause_after;
pub use transport::{SendError, Transport};
pub use words::sms_with_code;

use crate::config::Settings;

/// Whether mail can be sent at all; without it there is no recovery and no verification.
pub fn available(settings: &Settings) -> bool {
    settings.mail.smtp_host.is_some() || settings.is_local()
}
