//! A mail as text and HTML. What came from people is escaped here, and nowhere else.

use std::time::Duration;

use lettre::{
    Message,
    message::{Mailbox, MultiPart, header},
};

use super::words::{Subject, Words};
use crate::storage::MailTemplate;

/// What goes into a mail.
#[derive(Debug, Clone, Copy)]
pub struct LetterParts<'p> {
    /// Which mail.
    pub template: MailTemplate,
    /// The language of the person, as a BCP 47 tag.
    pub locale: &'p str,
    /// The app's name.
    pub app_name: &'p str,
    /// The person's username; empty where there is none.
    pub username: &'p str,
    /// The address that it is about; empty where it is about none.
    pub address: &'p str,
    /// Where the button leads.
    pub link: &'p str,
    /// How long the link holds.
    pub ttl: Duration,
    /// The code; empty where there is none.
    pub code: &'p str,
}

/// A mail as it is read.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// The subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
}

impl std::fmt::Debug for Letter {
    /// The bodies carry a link that opens something.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Why a mail can't be written: an address that is none.
#[derive(Debug, thiserror::Error)]
#[error("the {0} is not a mail address")]
pub struct BadAddress(&'static str);

impl Letter {
    /// Writes it.
    pub fn write(parts: LetterParts<'_>) -> Self {
        let (app, username) = (one_line(parts.app_name), one_line(parts.username));
        let words = Words::of(
            parts.locale,
            Subject {
                template: parts.template,
                app: &app,
                username: &username,
                ttl: parts.ttl,
                code: parts.code,
                address: &one_line(parts.address),
                linked: !parts.link.is_empty(),
            },
        );
        let validity = if words.validity.is_empty() { "" } else { &format!("\n{}", words.validity) };
        let action =
            if parts.link.is_empty() { "" } else { &format!("\n{}: {}\n", words.button, parts.link) };
        let text = format!("{}\n{action}{validity}\n{}\n\n-- \n{app}\n", words.body, words.otherwise);
        Self { subject: words.subject.clone(), text, html: html(&words, &app, parts.link) }
    }

    /// Addresses it. The headers are built from typed addresses, so that no line of a header comes from a person.
    pub fn address(&self, from: &str, to: &str, id: &str) -> Result<Message, BadAddress> {
        let from: Mailbox = from.parse().map_err(|_| BadAddress("sender"))?;
        let to = to.parse().map_err(|_| BadAddress("recipient"))?;
        let message_id = format!("<{id}@{}>", from.email.domain());
        Message::builder()
            .message_id(Some(message_id))
            .header(AutoSubmitted)
            .from(from)
            .to(Mailbox::new(None, to))
            .subject(self.subject.clone())
            .multipart(MultiPart::alternative_plain_html(self.text.clone(), self.html.clone()))
            .map_err(|_| BadAddress("sender or recipient"))
    }
}

/// Tells vacation responders to stay quiet (RFC 3834).
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn html(words: &Words, app: &str, link: &str) -> String {
    let action = if link.is_empty() { "" } else { include_str!("action.html") };
    let mut page = include_str!("letter.html").replace("{{action}}\n", action);
    for (slot, value) in [
        ("{{language}}", words.language),
        ("{{subject}}", &words.subject),
        ("{{body}}", &words.body),
        ("{{button}}", words.button),
        ("{{copy}}", words.copy),
        ("{{validity}}", &words.validity),
        ("{{otherwise}}", &words.otherwise),
        ("{{link}}", link),
        ("{{app}}", app),
    ] {
        // A value's own braces are escaped too, so that no value can name the next slot.
        page = page.replace(slot, &escape(value));
    }
    page
}

/// Text as HTML, inside and outside of attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '{' => escaped.push_str("&#123;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Without line breaks and other control characters.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests;
