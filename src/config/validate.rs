//! What is refused, and what to write instead. Every check is one sentence about one setting.

mod codes;
mod database;
mod mail;
mod network;
mod people;
mod policy;
mod providers;
mod remote;
mod trusted_header;

use gatehouse_protocol::RegistrationMode;

use super::{Mfa, Settings};
use crate::identity::{EmailAddress, Role};

/// Names a setting with where it was set.
pub(super) type Place<'p> = &'p dyn Fn(&str) -> String;

const DAY: u64 = 86_400;

/// Checks everything; also brings `public_url`, the domains and the addresses into their canonical form.
pub(super) fn validate(settings: &mut Settings, place: Place<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    network::check(settings, place, &mut wrong);
    database::check(settings, place, &mut wrong);
    remote::check(settings, place, &mut wrong);
    policy::check(settings, place, &mut wrong);
    trusted_header::check(settings, place, &mut wrong);
    mail::check(settings, place, &mut wrong);
    texts(settings, place, &mut wrong);
    files(settings, place, &mut wrong);
    pages(settings, place, &mut wrong);
    registration(settings, place, &mut wrong);
    people::check(settings, place, &mut wrong);
    providers::check(settings, place, &mut wrong);
    session(settings, place, &mut wrong);
    password(settings, place, &mut wrong);
    limits(settings, place, &mut wrong);
    upstream(settings, place, &mut wrong);
    codes::check(settings, place, &mut wrong);
    wrong
}

fn texts(settings: &Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    let long = |text: &str, most: usize| text.chars().count() > most || text.chars().any(char::is_control);
    if settings.app_name.trim().is_empty() || long(&settings.app_name, 64) {
        wrong.push(format!(
            "{} must have 1 to 64 characters on one line. Write `app_name = \"Weather\"`.",
            place("app_name")
        ));
    }
    if long(&settings.tagline, 200) {
        wrong.push(format!("{} must be one line of at most 200 characters. Shorten it.", place("tagline")));
    }
}

fn files(settings: &Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    if let Some(logo) = &settings.logo {
        let image = logo
            .extension()
            .and_then(|end| end.to_str())
            .is_some_and(|end| ["svg", "png", "webp"].iter().any(|known| end.eq_ignore_ascii_case(known)));
        if !image {
            wrong.push(format!("{} must be an SVG, PNG or WebP file. Convert the image.", place("logo")));
        } else if !logo.is_file() {
            wrong.push(format!(
                "{} names {}, which is no file. Mend the path.",
                place("logo"),
                logo.display()
            ));
        }
    }
}

fn pages(settings: &Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    for (page, roles) in &settings.pages {
        if page.trim_matches('/').contains('/') || page.chars().any(char::is_control) {
            wrong.push(format!(
                "{} names {page:?}, but an address of a page has one part. Write its last part, for example \
                 `admin = [\"admin\"]`.",
                place("pages")
            ));
        }
        for role in roles {
            if let Err(error) = Role::parse(role) {
                wrong.push(format!("{} asks for {role:?} on {page:?}: {error}.", place("pages")));
            }
        }
    }
}

fn registration(settings: &mut Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    let example = "Write `registration_domains = [\"example.org\"]`.";
    for domain in &mut settings.registration_domains {
        if domain.contains('*') {
            wrong.push(format!(
                "{} has a wildcard: {domain:?}. Name each domain. {example}",
                place("registration_domains")
            ));
            continue;
        }
        match EmailAddress::parse(&format!("name@{domain}")) {
            Ok(address) => address.domain().clone_into(domain),
            Err(_) => wrong.push(format!(
                "{} has {domain:?}, which is no mail domain. {example}",
                place("registration_domains")
            )),
        }
    }
    for address in &mut settings.registration_addresses {
        match EmailAddress::parse(address) {
            Ok(parsed) => parsed.folded().clone_into(address),
            Err(_) => wrong.push(format!(
                "{} has {address:?}, which is no e-mail address. Write `registration_addresses = [\"ann@example.org\"]`.",
                place("registration_addresses")
            )),
        }
    }
    let nobody = settings.registration_domains.is_empty() && settings.registration_addresses.is_empty();
    if settings.registration == RegistrationMode::Domains && nobody {
        wrong.push(format!(
            "{} is \"domains\", but none is named, and no address either. {example}",
            place("registration")
        ));
    }
    for role in &settings.mfa_roles {
        if let Err(error) = Role::parse(role) {
            wrong.push(format!("{}: {error}.", place("mfa_roles")));
        }
    }
    if settings.mfa == Mfa::Off && !settings.mfa_roles.is_empty() {
        wrong.push(format!(
            "{} names roles that need a second factor, but {} is \"off\": write \"optional\", or name no roles.",
            place("mfa_roles"),
            place("mfa")
        ));
    }
    for role in &settings.registration_roles {
        if let Err(error) = Role::parse(role) {
            wrong.push(format!("{}: {error}.", place("registration_roles")));
        } else if role == Role::ADMIN
            && matches!(settings.registration, RegistrationMode::Open | RegistrationMode::Domains)
        {
            wrong.push(format!(
                "{} has \"admin\", so everybody who registers would be an administrator. Remove it, and give the role \
                 with `gatehouse users roles NAME admin`.",
                place("registration_roles")
            ));
        }
    }
}

fn session(settings: &Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    let session = &settings.session;
    within(wrong, place, "session.idle_ttl", session.idle_ttl, 60, 400 * DAY);
    within(wrong, place, "session.absolute_ttl", session.absolute_ttl, 60, 400 * DAY);
    // Browsers keep no cookie longer than 400 days.
    within(wrong, place, "session.keep_ttl", session.keep_ttl, 60, 400 * DAY);
    within(wrong, place, "session.max_per_identity", session.max_per_identity.into(), 1, 1000);
    if session.idle_ttl > session.absolute_ttl {
        wrong.push(format!(
            "{} is longer than `session.absolute_ttl`, which ends the session first. Write at most {}.",
            place("session.idle_ttl"),
            session.absolute_ttl
        ));
    }
}

fn password(settings: &Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    let password = &settings.password;
    let (memory, time) = (u64::from(password.argon2_memory), u64::from(password.argon2_time));
    let before = wrong.len();
    within(wrong, place, "password.argon2_memory", memory, 7168, 4 << 20);
    within(wrong, place, "password.argon2_time", time, 1, 64);
    within(wrong, place, "password.argon2_lanes", password.argon2_lanes.into(), 1, 16);
    within(wrong, place, "password.hash_permits", password.hash_permits.into(), 0, 64);
    within(wrong, place, "password.hash_queue", password.hash_queue.into(), 1, 10_000);
    // The weakest pair that OWASP lists as equal to its recommendation is 7 MiB in 5 passes.
    if wrong.len() == before && memory * time < 7168 * 5 {
        wrong.push(format!(
            "{} with `argon2_time = {time}` makes a stolen database cheap to guess. Write `argon2_memory = 19456` and \
             `argon2_time = 2` (OWASP), or leave both out.",
            place("password.argon2_memory")
        ));
    }
}

fn limits(settings: &Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    let limits = &settings.limits;
    // NIST SP 800-63B-4 allows no more than 100 failures in a row.
    within(wrong, place, "limits.account_attempts", limits.account_attempts.into(), 1, 100);
    for (path, value) in [
        ("limits.address_attempts", limits.address_attempts),
        ("limits.global_attempts", limits.global_attempts),
        ("limits.registrations_per_address", limits.registrations_per_address),
        ("limits.registrations_global", limits.registrations_global),
        ("limits.mails_per_address", limits.mails_per_address),
        ("limits.questions_per_address", limits.questions_per_address),
    ] {
        within(wrong, place, path, value.into(), 1, 1_000_000);
    }
}

fn upstream(settings: &Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    let audience = settings.upstream.audience.as_deref();
    if audience.is_some_and(|name| name.is_empty() || name.len() > 200 || name.chars().any(char::is_control))
    {
        wrong.push(format!(
            "{} must have 1 to 200 characters on one line. Write `audience = \"weather\"`.",
            place("upstream.audience")
        ));
    }
}

fn within(wrong: &mut Vec<String>, place: Place<'_>, path: &str, value: u64, least: u64, most: u64) {
    if !(least..=most).contains(&value) {
        wrong.push(format!("{} is {value}. Write a number from {least} to {most}.", place(path)));
    }
}

#[cfg(test)]
mod tests;
