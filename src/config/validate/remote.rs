//! The remote endpoint, and what belongs to it and not to the app.

use super::Place;
use crate::{
    config::{GateMode, PublicUrl, Settings},
    session::AppSecret,
};

/// What the endpoint decides where there is a remote one.
const ITS_OWN: [&str; 16] = [
    "database",
    "key_file",
    "key",
    "registration",
    "registration_domains",
    "registration_addresses",
    "registration_roles",
    "shared_password",
    "shared_username",
    "users",
    "providers",
    "mail.smtp_host",
    "mail.from",
    "trusted_header.name",
    "logo",
    "metrics_address",
];

pub(super) fn check(settings: &mut Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    let Some(text) = settings.endpoint.clone() else {
        for (path, set) in [
            ("app_key", settings.app_key.is_some()),
            ("endpoint_ca", settings.endpoint_ca.is_some()),
            ("single_sign_on", settings.single_sign_on),
        ] {
            if set {
                wrong.push(format!(
                    "{} goes with a remote endpoint. Write `endpoint = \"https://auth.example.org\"`, or remove it.",
                    place(path)
                ));
            }
        }
        return;
    };
    address(&text, settings, place, wrong);
    match &settings.app_key {
        None => wrong.push(format!(
            "{} asks a remote endpoint, but there is no key for it. Set GATEHOUSE_APP_KEY to what `gatehouse apps add` \
             printed there.",
            place("endpoint")
        )),
        Some(key) if AppSecret::parse(key.expose()).is_none() => wrong.push(format!(
            "{} is no key of an app. Write all of what `gatehouse apps add` or `gatehouse apps rotate` printed.",
            place("app_key")
        )),
        Some(_) => {}
    }
    if settings.public_url.is_none() {
        wrong.push(format!(
            "{} answers for apps whose address it knows. Write `public_url`, the same that `gatehouse apps add` was told.",
            place("endpoint")
        ));
    }
    if settings.single_sign_on && settings.gate == GateMode::Script {
        wrong.push(format!(
            "{} sends people to the endpoint before anything of the app is served. Take `gate = \"script\"` out of the \
             settings, or `single_sign_on`.",
            place("single_sign_on")
        ));
    }
    for path in ITS_OWN {
        let here = place(path);
        if !here.ends_with("(not set)") {
            wrong.push(format!(
                "{here} belongs to the remote endpoint. Write it into the settings of `gatehouse serve` there, and \
                 remove it here."
            ));
        }
    }
}

fn address(text: &str, settings: &mut Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    match PublicUrl::parse(text) {
        Err(reason) => wrong.push(format!(
            "{} {reason}. Write `endpoint = \"https://auth.example.org\"`.",
            place("endpoint")
        )),
        Ok(url) if !url.is_https() && !url.is_loopback() => wrong.push(format!(
            "{} is {url}, so passwords and the app's key would travel in clear text. Write `endpoint = \"https://{}\"`.",
            place("endpoint"),
            url.authority()
        )),
        Ok(url) => settings.endpoint = Some(url.origin().to_owned()),
    }
}
