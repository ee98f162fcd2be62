//! Codes that are sent, and who sends SMS.

use url::{Host, Url};

use super::{Place, within};
use crate::config::{Settings, SmsSettings};

/// The shortest secret, in characters.
const SECRET_MIN: usize = 16;

pub(super) fn check(settings: &Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    let sms = &settings.sms;
    if settings.codes.mail && settings.mail.smtp_host.is_none() && !settings.is_local() {
        wrong.push(format!(
            "{} needs a mail server. Write `smtp_host = \"mail.example.org\"` in `[mail]`.",
            place("codes.mail")
        ));
    }
    if settings.codes.sms && !sms.is_set() {
        wrong.push(format!(
            "{} needs somebody who sends. Write `webhook` or `twilio_account_sid` in `[sms]`.",
            place("codes.sms")
        ));
    }
    if sms.webhook.is_some() && sms.twilio_account_sid.is_some() {
        wrong.push(format!(
            "{} stands beside `twilio_account_sid`, and one of them sends. Remove the other.",
            place("sms.webhook")
        ));
    }
    let pairs = [
        ("webhook", sms.webhook.is_some(), "webhook_secret", sms.webhook_secret.is_some()),
        (
            "twilio_account_sid",
            sms.twilio_account_sid.is_some(),
            "twilio_auth_token",
            sms.twilio_auth_token.is_some(),
        ),
        ("twilio_account_sid", sms.twilio_account_sid.is_some(), "twilio_from", sms.twilio_from.is_some()),
    ];
    for (one, has_one, other, has_other) in pairs {
        if has_one != has_other {
            let (there, missing) = if has_one { (one, other) } else { (other, one) };
            wrong.push(format!(
                "{} needs `{missing}`. Set both or none of them.",
                place(&format!("sms.{there}"))
            ));
        }
    }
    texts(sms, place, wrong);
    within(wrong, place, "sms.per_number_per_hour", sms.per_number_per_hour.into(), 1, 100);
    within(wrong, place, "sms.per_address_per_hour", sms.per_address_per_hour.into(), 1, 10_000);
    within(wrong, place, "sms.per_day", sms.per_day.into(), 1, 1_000_000);
}

fn texts(sms: &SmsSettings, place: Place<'_>, wrong: &mut Vec<String>) {
    if let Some(url) = &sms.webhook
        && !is_safe(url)
    {
        wrong.push(format!(
            "{} must be an https address, or one of this machine. Write `webhook = \"https://sms.example.org/send\"`.",
            place("sms.webhook")
        ));
    }
    if !is_safe(&sms.twilio_base_url) {
        wrong.push(format!(
            "{} must be an https address, or one of this machine. Leave it out to send by Twilio.",
            place("sms.twilio_base_url")
        ));
    }
    if let Some(secret) = &sms.webhook_secret
        && secret.expose().chars().count() < SECRET_MIN
    {
        wrong.push(format!(
            "{} is short enough to be guessed. Write at least {SECRET_MIN} characters, for example what `gatehouse key` \
             prints.",
            place("sms.webhook_secret")
        ));
    }
    if let Some(sid) = &sms.twilio_account_sid
        && (sid.is_empty()
            || !sid.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')))
    {
        wrong.push(format!(
            "{} has letters and digits alone. Write it as the service shows it.",
            place("sms.twilio_account_sid")
        ));
    }
}

/// An address with TLS, or on this machine, and without anything that would be sent along unseen.
fn is_safe(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    plain && (url.scheme() == "https" || (url.scheme() == "http" && here))
}

#[cfg(test)]
mod tests;
