//! People who are declared, and the one password of an app.

use std::collections::BTreeMap;

use gatehouse_protocol::{ErrorCode, RegistrationMode};

use super::Place;
use crate::{
    config::{Settings, Written},
    identity::{EmailAddress, Role, Username},
};

pub(super) fn check(settings: &Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    users(settings, place, wrong);
    shared(settings, place, wrong);
}

fn users(settings: &Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    let mut addresses: BTreeMap<String, &str> = BTreeMap::new();
    for (name, user) in &settings.users {
        let at = |field: &str| place(&format!("users.{name}.{field}"));
        match Username::parse(name) {
            Err(code) => wrong.push(format!("{} {}", place(&format!("users.{name}")), no_username(code))),
            Ok(username) => {
                if let Some(before) = names.insert(username.folded().to_owned(), name) {
                    wrong.push(format!(
                        "{} looks like {before:?}, so nobody could tell them apart. Choose another name.",
                        place(&format!("users.{name}"))
                    ));
                }
            }
        }
        if let Err(reason) = Written::read(&user.password) {
            wrong.push(format!("{} {reason}. {INSTEAD}", at("password")));
        }
        for role in &user.roles {
            if let Err(error) = Role::parse(role) {
                wrong.push(format!("{}: {error}. Write `roles = [\"editor\"]`.", at("roles")));
            }
        }
        if let Some(email) = &user.email {
            match EmailAddress::parse(email) {
                Err(_) => wrong.push(format!(
                    "{} is no e-mail address. Write `email = \"name@example.org\"`, or leave it out.",
                    at("email")
                )),
                Ok(address) => {
                    if let Some(before) = addresses.insert(address.folded().to_owned(), name) {
                        wrong.push(format!(
                            "{} is the address of {before:?}, too. Give each person an own one, or leave it out.",
                            at("email")
                        ));
                    }
                }
            }
        }
    }
}

fn shared(settings: &Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    let Some(password) = &settings.shared_password else {
        if settings.shared_username.is_some() {
            wrong.push(format!(
                "{} has no password. Write `password = \"…\"` beside it, or declare people as `[users.NAME]`.",
                place("shared_username")
            ));
        }
        return;
    };
    if let Err(reason) = Written::read(password) {
        wrong.push(format!("{} {reason}. {INSTEAD}", place("shared_password")));
    }
    if let Some(name) = &settings.shared_username {
        match Username::parse(name) {
            Err(code) => wrong.push(format!("{} {}", place("shared_username"), no_username(code))),
            Ok(username) => {
                let same = |other: &&String| {
                    Username::parse(other).is_ok_and(|other| other.folded() == username.folded())
                };
                if let Some(other) = settings.users.keys().find(same) {
                    wrong.push(format!(
                        "{} is the name of `[users.{other}]`, too. Choose another.",
                        place("shared_username")
                    ));
                }
            }
        }
    } else if !settings.users.is_empty() {
        wrong.push(format!(
            "{} makes a form that asks for nothing but a password, so nobody in `users` could sign in. Remove it, or \
             write `username = \"team\"` beside it.",
            place("shared_password")
        ));
    }
    match settings.registration {
        RegistrationMode::Closed => {}
        RegistrationMode::Open => wrong.push(format!(
            "{} is \"open\", so everybody would come past the one password by registering. Write `registration = \
             \"closed\"`, or remove the password.",
            place("registration")
        )),
        RegistrationMode::Invite | RegistrationMode::Domains => {
            if settings.password_only() {
                wrong.push(format!(
                    "{} lets people register who could not sign in: the form asks for the one password alone. Write \
                     `registration = \"closed\"`, or `username = \"team\"` beside the password.",
                    place("registration")
                ));
            }
        }
    }
}

/// What to write where a password can't be used. It is never quoted.
const INSTEAD: &str = "Write the password itself, or what `gatehouse hash` prints.";

const fn no_username(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::UsernameTooLong => "has more than 64 characters. Choose a shorter name.",
        _ => {
            "can't be a username: letters and digits of any script, with '.', '_' and '-' between them. Choose another."
        }
    }
}
