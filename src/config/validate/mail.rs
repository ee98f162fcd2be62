//! How mail is sent.

use lettre::message::Mailbox;

use super::Place;
use crate::config::{Settings, SmtpSecurity};

pub(super) fn check(settings: &Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    let mail = &settings.mail;
    if let Some(from) = &mail.from
        && from.parse::<Mailbox>().is_err()
    {
        wrong.push(format!(
            "{} is no sender. Write `from = \"Weather <noreply@example.org>\"`.",
            place("mail.from")
        ));
    }
    let Some(host) = &mail.smtp_host else {
        for (path, set) in [
            ("mail.smtp_username", mail.smtp_username.is_some()),
            ("mail.smtp_password", mail.smtp_password.is_some()),
            ("mail.smtp_port", mail.smtp_port.is_some()),
        ] {
            if set {
                wrong.push(format!(
                    "{} has no server. Write `smtp_host = \"mail.example.org\"` beside it.",
                    place(path)
                ));
            }
        }
        return;
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if host.is_empty() || !host.chars().all(allowed) {
        wrong.push(format!(
            "{} must be a host name or an address, without a scheme. Write `smtp_host = \"mail.example.org\"`.",
            place("mail.smtp_host")
        ));
    }
    if mail.from.is_none() {
        wrong.push(format!(
            "{} needs a sender. Write `from = \"Weather <noreply@example.org>\"` beside it.",
            place("mail.smtp_host")
        ));
    }
    if mail.smtp_port == Some(0) {
        wrong.push(format!("{} is 0. Leave it out, or write 465 or 587.", place("mail.smtp_port")));
    }
    if mail.smtp_username.is_some() != mail.smtp_password.is_some() {
        let (there, missing) = if mail.smtp_username.is_some() {
            ("mail.smtp_username", "smtp_password")
        } else {
            ("mail.smtp_password", "smtp_username")
        };
        wrong.push(format!("{} needs `{missing}`. Set both or none of them.", place(there)));
    }
    let here =
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if mail.smtp_security == SmtpSecurity::None && !here {
        wrong.push(format!(
            "{} is \"none\" for {host}, so links that reset passwords would travel in clear text. Write \
             `smtp_security = \"tls\"` or `\"starttls\"`.",
            place("mail.smtp_security")
        ));
    }
}
