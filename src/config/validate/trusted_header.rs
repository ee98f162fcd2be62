//! Which proxy may say who somebody is, and in which headers.

use super::{Place, network::proxy_is_named};
use crate::config::Settings;

/// The shortest secret that nobody guesses, in characters.
const SECRET_MIN: usize = 16;
/// Headers that mean something already.
const TAKEN: [&str; 7] =
    ["authorization", "connection", "cookie", "host", "origin", "upgrade", "x-forwarded-for"];

pub(super) fn check(settings: &Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    let header = &settings.trusted_header;
    if header.name.is_none() {
        for (path, set) in [
            ("trusted_header.email", header.email.is_some()),
            ("trusted_header.groups", header.groups.is_some()),
            ("trusted_header.from", !header.from.is_empty()),
            ("trusted_header.secret", header.secret.is_some()),
        ] {
            if set {
                wrong
                    .push(format!("{} names nobody. Write `name = \"X-Auth-Name\"` beside it.", place(path)));
            }
        }
        return;
    }
    if header.from.is_empty() && header.secret.is_none() {
        wrong.push(format!(
            "{} would be believed from everybody. Write `from = [\"10.0.0.7\"]`, the proxy's address, or a `secret` that \
             it sends along.",
            place("trusted_header.name")
        ));
    }
    for proxy in &header.from {
        if let Err(reason) = proxy_is_named(proxy) {
            wrong.push(format!(
                "{} has {proxy:?}, which {reason}. Write `from = [\"10.0.0.7\"]`.",
                place("trusted_header.from")
            ));
        }
    }
    if header.secret.as_ref().is_some_and(|secret| secret.expose().chars().count() < SECRET_MIN) {
        wrong.push(format!(
            "{} can be guessed. Write at least {SECRET_MIN} characters that nobody knows.",
            place("trusted_header.secret")
        ));
    }
    names(settings, place, wrong);
}

fn names(settings: &Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    let header = &settings.trusted_header;
    let secret = header.secret.as_ref().map(|_| &header.secret_header);
    let named = [
        ("trusted_header.name", header.name.as_ref()),
        ("trusted_header.email", header.email.as_ref()),
        ("trusted_header.groups", header.groups.as_ref()),
        ("trusted_header.secret_header", secret),
    ];
    let mut seen: Vec<String> = Vec::new();
    for (path, name) in named.into_iter().filter_map(|(path, name)| Some((path, name?))) {
        let folded = name.to_ascii_lowercase().replace('_', "-");
        let shaped = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !shaped || TAKEN.contains(&folded.as_str()) || folded.starts_with("x-gatehouse-") {
            wrong.push(format!(
                "{} is {name:?}, which can't be that header. Write for example `X-Auth-Name`.",
                place(path)
            ));
        } else if seen.contains(&folded) {
            wrong.push(format!("{} is {name:?}, which names something else already.", place(path)));
        }
        seen.push(folded);
    }
}
