//! What is to be done with a file, decided without a look at the database.

use std::collections::{BTreeMap, HashMap};

use gatehouse_protocol::ErrorCode;

use super::{
    args::Choices,
    read::{Config, Left, Person},
};
use crate::{
    cli::words,
    endpoint::{Bcrypt, BcryptError, Brought, Newcomer},
    identity::{EmailAddress, Role, Username},
};

/// Somebody of the file, and what is to be done.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) line: usize,
    /// The username there, as written.
    pub(super) name: String,
    pub(super) act: Act,
}

impl Step {
    /// The username here, where it is another one.
    pub(super) fn new_name(&self) -> Option<&str> {
        match &self.act {
            Act::Take { newcomer, .. } => Some(newcomer.username.as_str()).filter(|name| *name != self.name),
            _ => None,
        }
    }
}

/// What is to be done with somebody.
#[derive(Debug)]
pub(super) enum Act {
    /// To be taken.
    Take {
        newcomer: Box<Newcomer>,
        /// What can't be taken of the person, and what to do about it.
        without: Vec<String>,
    },
    /// Needs no account here, for this reason.
    Leave(String),
    /// Can't be taken as it stands: why, and what to do.
    Skip(String),
}

/// Everybody in the order of the file.
pub(super) fn people(config: &Config, choices: &Choices) -> Vec<Step> {
    // The package reads every name in lower case, and of two the later one counts.
    let last: HashMap<&str, usize> =
        config.people.iter().map(|person| (person.username.as_str(), person.line)).collect();
    let (mut names, mut addresses) = (HashMap::new(), HashMap::new());
    let step = |person: &Person| {
        let act = match last.get(person.username.as_str()) {
            Some(line) if *line != person.line => Act::Leave(format!(
                "line {line} has the same name in other letters, and counts for the package as well"
            )),
            _ => act(person, choices, &mut names, &mut addresses),
        };
        Step { line: person.line, name: person.key.clone(), act }
    };
    config.people.iter().map(step).collect()
}

fn act(
    person: &Person,
    choices: &Choices,
    names: &mut HashMap<String, (String, usize)>,
    addresses: &mut HashMap<String, (String, usize)>,
) -> Act {
    if !person.faults.is_empty() {
        return Act::Skip(person.faults.join("; "));
    }
    if person.password.is_none() && person.username.contains('@') {
        return Act::Leave(
            "has no password, having come by Google or Microsoft: `st.login` brings the person back"
                .to_owned(),
        );
    }
    let username = match username(&person.username, choices) {
        Ok(username) => username,
        Err(sentence) => return Act::Skip(sentence),
    };
    if let Some((other, line)) = names.get(username.folded()) {
        return Act::Skip(format!(
            "{:?} is, or looks like, {other:?} in line {line}: choose another name with --rename {}=NEW",
            username.as_str(),
            person.username
        ));
    }
    names.insert(username.folded().to_owned(), (username.as_str().to_owned(), person.line));
    let mut without = Vec::new();
    let email = address(person, addresses, &mut without);
    let roles = roles(person, &mut without);
    let password = password(person, &username, &mut without);
    let newcomer = Newcomer { username, email, verified: choices.verified, roles, password };
    Act::Take { newcomer: Box::new(newcomer), without }
}

fn username(name: &str, choices: &Choices) -> Result<Username, String> {
    let renamed = choices.rename.iter().find(|(old, _)| old == name).map(|(_, new)| new.as_str());
    let before_at = name.split_once('@').map(|(local, _)| local).filter(|_| choices.before_at);
    let wished = renamed.or(before_at).unwrap_or(name);
    Username::parse(wished).map_err(|code| {
        let reason = if code == ErrorCode::Required { "the name is empty" } else { words::sentence(code) };
        let hint = if name.contains('@') && !choices.before_at {
            "; --before-at takes what stands before the @, and with --verified people go on signing in by the address"
        } else {
            ""
        };
        format!("{wished:?} can't be a username ({reason}): choose one with --rename '{name}=NEW'{hint}")
    })
}

fn address(
    person: &Person,
    addresses: &mut HashMap<String, (String, usize)>,
    without: &mut Vec<String>,
) -> Option<EmailAddress> {
    // Where the username is the address, the file may leave the address out.
    let text = person.email.as_deref().or(Some(&*person.username).filter(|name| name.contains('@')))?;
    let Ok(email) = EmailAddress::parse(text) else {
        without.push(format!("its e-mail, as {text:?} is no address"));
        return None;
    };
    if let Some((other, line)) = addresses.get(email.folded()) {
        without.push(format!("its e-mail, which {other} has in line {line}"));
        return None;
    }
    addresses.insert(email.folded().to_owned(), (person.username.clone(), person.line));
    Some(email)
}

fn roles(person: &Person, without: &mut Vec<String>) -> Vec<Role> {
    let mut roles = Vec::new();
    for text in &person.roles {
        match Role::parse(text) {
            Ok(role) => roles.push(role),
            Err(_) => without.push(format!(
                "the role {text:?}, as a role has letters, digits, '.', '_', '-' and ':' alone: give one with \
                 `gatehouse users roles`"
            )),
        }
    }
    roles.sort();
    roles.dedup();
    roles
}

fn password(person: &Person, username: &Username, without: &mut Vec<String>) -> Brought {
    let reset = format!(
        "set one with `gatehouse users set-password {}`, or let the person reset it",
        username.as_str()
    );
    let Some(password) = &person.password else {
        without.push(format!("a password, as it has none: {reset}"));
        return Brought::Nothing;
    };
    let text = password.expose();
    if !text.starts_with('$') {
        return Brought::Plain(password.clone());
    }
    match Bcrypt::parse(text) {
        Ok(hash) => Brought::Bcrypt(hash),
        Err(BcryptError::Cost(cost)) => {
            without.push(format!(
                "its password, as a hash of cost {cost} would hold the server up (4 to 14 are taken): {reset}"
            ));
            Brought::Nothing
        }
        Err(BcryptError::Shape) if looks_hashed(text) => {
            without.push(format!("its password, as the hash is damaged or no bcrypt hash: {reset}"));
            Brought::Nothing
        }
        Err(BcryptError::Shape) => Brought::Plain(password.clone()),
    }
}

/// Whether a text was meant as a hash: `$`, the name of a kind, `$`. A password may begin with `$`, too.
fn looks_hashed(text: &str) -> bool {
    let kind = text.strip_prefix('$').and_then(|rest| rest.split_once('$')).map(|(kind, _)| kind);
    kind.is_some_and(|kind| {
        matches!(
            kind,
            "1" | "2" | "2a" | "2b" | "2x" | "2y" | "5" | "6" | "7" | "y" | "gy" | "apr1" | "scrypt"
        ) || ["argon2", "pbkdf2", "bcrypt"].iter().any(|name| kind.starts_with(name))
    })
}

/// A wish to rename somebody who is not in the file.
pub(super) fn renamed_nobody<'c>(config: &Config, choices: &'c Choices) -> Option<&'c str> {
    let known = |name: &str| config.people.iter().any(|person| person.username == name);
    choices.rename.iter().map(|(old, _)| old.as_str()).find(|name| !known(name))
}

/// How many people have what is not taken, by what it is.
pub(super) fn left(config: &Config) -> BTreeMap<Left, usize> {
    let mut counts = BTreeMap::new();
    for person in &config.people {
        let mut left = person.left.clone();
        left.sort_unstable();
        left.dedup();
        for what in left {
            *counts.entry(what).or_default() += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests;
