//! What mails say, one file per language. To add a language, add a file and a line to [`Words::of`].

mod de;
mod en;

use std::time::Duration;

use crate::storage::MailTemplate;

/// What a mail is about, to be put into words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'s> {
    /// Which mail.
    pub(super) template: MailTemplate,
    /// The app's name.
    pub(super) app: &'s str,
    /// The person's username, where there is one.
    pub(super) username: &'s str,
    /// The address that it is about, where it is about one.
    pub(super) address: &'s str,
    /// How long the link holds.
    pub(super) ttl: Duration,
    /// The code, where there is one.
    pub(super) code: &'s str,
    /// Whether there is a link beside it.
    pub(super) linked: bool,
}

/// The words of one mail, as plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// The language, as a BCP 47 tag.
    pub(super) language: &'static str,
    /// The subject line.
    pub(super) subject: String,
    /// What it is about.
    pub(super) body: String,
    /// What the button says.
    pub(super) button: &'static str,
    /// How long the link holds; empty where there is none that ends.
    pub(super) validity: String,
    /// What to do when one did not ask for it.
    pub(super) otherwise: String,
    /// What stands over the bare link.
    pub(super) copy: &'static str,
}

impl Words {
    /// In the language of the person, else in English.
    pub(super) fn of(locale: &str, subject: Subject<'_>) -> Self {
        match language(locale).as_str() {
            "de" => de::words(subject),
            _ => en::words(subject),
        }
    }
}

/// An SMS with a code, in the language of the person. Its last line is for browsers, which fill the code in on pages of that
/// host alone (origin-bound one-time codes).
pub fn sms_with_code(locale: &str, app: &str, code: &str, host: &str) -> String {
    let app = super::letter::one_line(app);
    let said = match language(locale).as_str() {
        "de" => de::sms(&app, code),
        _ => en::sms(&app, code),
    };
    format!("{said}\n\n@{host} #{code}")
}

fn language(locale: &str) -> String {
    locale.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

/// A span, to the minute, in its largest whole unit, with the unit's names for one and for many.
fn span(ttl: Duration, units: [(&str, &str); 3]) -> String {
    let minutes = (ttl.as_secs().saturating_add(30) / 60).max(1);
    let [day, hour, minute] = units;
    let (count, (one, many)) = if minutes.is_multiple_of(24 * 60) {
        (minutes / (24 * 60), day)
    } else if minutes.is_multiple_of(60) {
        (minutes / 60, hour)
    } else {
        (minutes, minute)
    };
    format!("{count} {}", if count == 1 { one } else { many })
}
