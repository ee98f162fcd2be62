//! SMS: who sends them, and how they are handed over. What they say is `mail`'s to put into words; how many there may be,
//! and that nobody waits for one, is `endpoint`'s.
//!
//! `webhook` posts each to an address of the operator's, `twilio` to a service. Where they may be is `provider`'s to say.

mod twilio;
mod webhook;

use std::fmt;

use http::{HeaderName, HeaderValue};

use self::{twilio::Twilio, webhook::Webhook};
use crate::{
    clock::Timestamp,
    config::Settings,
    provider::{Failure, Web},
};

/// An SMS.
#[derive(Clone)]
pub struct Message {
    /// Its id: the same when it is handed over a second time.
    pub id: String,
    /// To which number (E.164).
    pub to: String,
    /// What it says.
    pub text: String,
}

impl fmt::Debug for Message {
    /// The text has a code that opens something.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("id", &self.id).field("to", &ending(&self.to)).finish_non_exhaustive()
    }
}

/// Who sends SMS.
#[derive(Debug)]
pub struct Sender {
    web: Web,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Webhook(Webhook),
    Twilio(Twilio),
}

/// Why an SMS was not taken. `Display` is for the log: it names no address and no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may be taken later.
    #[error("{0}")]
    Later(String),
    /// It never will.
    #[error("{0}")]
    Never(String),
}

/// What is posted.
struct Post {
    address: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: String,
}

impl Sender {
    /// The one of the settings, if there is one. On refusal a sentence about the setting.
    pub fn open(settings: &Settings) -> Result<Option<Self>, String> {
        let sms = &settings.sms;
        let (address, way) = if let Some(webhook) = Webhook::of(sms) {
            (webhook.address(), Way::Webhook(webhook))
        } else if let Some(twilio) = Twilio::of(sms) {
            (twilio.address(), Way::Twilio(twilio))
        } else {
            return Ok(None);
        };
        // The address is the operator's own, and may be inside of the network. Nobody is followed to another one.
        let web = Web::new(&address, true, None).map_err(|why| format!("`sms`: {why}"))?;
        Ok(Some(Self { web, way }))
    }

    /// Hands an SMS over, once.
    pub async fn send(&self, message: &Message, now: Timestamp) -> Result<(), SendError> {
        let post = match &self.way {
            Way::Webhook(webhook) => webhook.post(message, now),
            Way::Twilio(twilio) => twilio.post(message),
        };
        let Post { address, headers, body } = post.map_err(|failure| reason(&failure, ""))?;
        self.web.deliver(&address, headers, body).await.map_err(|failure| reason(&failure, &address))
    }
}

/// What is logged of a failure. An address may have a secret in it.
fn reason(failure: &Failure, address: &str) -> SendError {
    let said = failure.to_string().replace(&format!("{address:?}"), "the sender of SMS");
    match failure {
        Failure::Away(_) => SendError::Later(said),
        Failure::Refused(_) => SendError::Never(said),
    }
}

/// What of a number may be shown: its last two digits.
pub fn ending(number: &str) -> String {
    let skipped = number.chars().count().saturating_sub(2);
    number.chars().skip(skipped).collect()
}

#[cfg(test)]
mod tests;
