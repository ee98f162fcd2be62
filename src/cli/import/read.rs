//! The file of streamlit-authenticator, in every shape that its releases wrote or asked for.
//!
//! Nothing is decided here: a person with something wrong is still a person, and what is wrong is kept beside it.

use std::{fs::File, io::Read as _, path::Path};

use gatehouse_protocol::Password;

use super::yaml::{self, Fault, Node, Value};

/// The largest file that is read.
const LARGEST: u64 = 16 << 20;

/// What the file holds.
pub(super) struct Config {
    pub(super) people: Vec<Person>,
    /// The addresses that may register, with their lines.
    pub(super) preauthorized: Vec<Listed>,
    pub(super) providers: Vec<Provider>,
    /// Lines of what has no counterpart, by what it is.
    pub(super) cookie: Option<Cookie>,
    pub(super) api_key: Option<usize>,
    /// Keys that the package itself doesn't know.
    pub(super) unknown: Vec<Listed>,
}

/// A text with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) line: usize,
    pub(super) text: String,
}

/// Somebody, as written.
#[derive(Debug, Default)]
pub(super) struct Person {
    pub(super) line: usize,
    /// The key as written.
    pub(super) key: String,
    /// The key in lower case: so the package reads and shows it.
    pub(super) username: String,
    pub(super) email: Option<String>,
    pub(super) password: Option<Password>,
    pub(super) roles: Vec<String>,
    /// What else is there, of what has no counterpart.
    pub(super) left: Vec<Left>,
    /// What can't be read, as sentences.
    pub(super) faults: Vec<String>,
}

/// What people have there and not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Left {
    /// `name`, `first_name`, `last_name`.
    Name,
    /// `logged_in`.
    LoggedIn,
    /// `failed_login_attempts`.
    Failures,
    /// `password_hint`.
    Hint,
    /// `picture`.
    Picture,
    /// Anything that the package does not know either.
    Other,
}

/// `oauth2.google` or `oauth2.microsoft`.
pub(super) struct Provider {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<Password>,
    pub(super) redirect_uri: Option<String>,
    pub(super) tenant_id: Option<String>,
}

/// `cookie`.
pub(super) struct Cookie {
    pub(super) line: usize,
    pub(super) days: Option<f64>,
}

/// Reads a file.
pub(super) fn file(path: &Path) -> Result<Config, Fault> {
    let fault = |sentence: String| Fault { line: 0, sentence };
    let file = File::open(path).map_err(|error| fault(format!("the file can't be opened: {error}")))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| fault(format!("the file can't be read: {error}")))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(fault("the file has more than 16 MiB: split it".to_owned()));
    }
    let text =
        String::from_utf8(bytes).map_err(|_| fault("the file is not UTF-8: save it as UTF-8".to_owned()))?;
    text_of(&text)
}

/// Reads the text of a file.
pub(super) fn text_of(text: &str) -> Result<Config, Fault> {
    let root = yaml::parse(text)?;
    let fault = |line, sentence: &str| Fault { line, sentence: sentence.to_owned() };
    let Some(credentials) = root.get("credentials") else {
        return Err(fault(
            root.line,
            "there is no `credentials` at the left margin: is this the file of streamlit-authenticator?",
        ));
    };
    let Some(usernames) = credentials.get("usernames") else {
        return Err(fault(credentials.line, "there is nobody under `credentials`, `usernames`"));
    };
    if !matches!(usernames.value, Value::Map(_)) {
        return Err(fault(
            usernames.line,
            "`usernames` is a list, as before release 0.2: write each name as a key with its `password` under it",
        ));
    }
    let mut config = Config {
        people: usernames.entries().iter().map(|entry| person(entry.line, &entry.key, &entry.node)).collect(),
        preauthorized: Vec::new(),
        providers: Vec::new(),
        cookie: None,
        api_key: None,
        unknown: Vec::new(),
    };
    for entry in root.entries() {
        let (line, node) = (entry.line, &*entry.node);
        match entry.key.as_str() {
            "credentials" => {}
            "pre-authorized" | "preauthorized" | "pre_authorized" => {
                // Its own first registration turns the map into a bare list.
                config.preauthorized.extend(texts(node.get("emails").unwrap_or(node)));
            }
            "oauth2" => config
                .providers
                .extend(node.entries().iter().map(|one| provider(one.line, &one.key, &one.node))),
            "cookie" => {
                let days = node.get("expiry_days").and_then(Node::text).and_then(|text| text.parse().ok());
                config.cookie = Some(Cookie { line, days });
            }
            "api_key" => config.api_key = node.some().map(|_| line),
            other => config.unknown.push(Listed { line, text: other.to_owned() }),
        }
    }
    Ok(config)
}

fn person(line: usize, key: &str, node: &Node) -> Person {
    let mut person = Person { line, key: key.to_owned(), username: key.to_lowercase(), ..Person::default() };
    if !matches!(node.value, Value::Map(_)) {
        person.faults.push("there is nothing under the name: write at least `password: …`".to_owned());
    }
    for entry in node.entries() {
        let Some(node) = entry.node.some() else { continue };
        let left = match entry.key.as_str() {
            "email" => {
                match node.text() {
                    Some(text) => person.email = Some(text.to_owned()).filter(|text| !text.trim().is_empty()),
                    None => person.faults.push(format!("`email` in line {} is no text", entry.line)),
                }
                continue;
            }
            "password" => {
                match node.text() {
                    Some(text) => person.password = Some(Password::new(text)),
                    None => person.faults.push(format!("`password` in line {} is no text", entry.line)),
                }
                continue;
            }
            "roles" | "role" => {
                let roles = texts(node);
                if roles.is_empty() && node.entries().is_empty() {
                    continue;
                }
                if roles.is_empty() {
                    person.faults.push(format!("`{}` in line {} is no list", entry.key, entry.line));
                }
                person.roles.extend(roles.into_iter().map(|role| role.text));
                continue;
            }
            "name" | "first_name" | "last_name" => Left::Name,
            "logged_in" => Left::LoggedIn,
            "failed_login_attempts" => Left::Failures,
            "password_hint" => Left::Hint,
            "picture" => Left::Picture,
            _ => Left::Other,
        };
        person.left.push(left);
    }
    person
}

fn provider(line: usize, name: &str, node: &Node) -> Provider {
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    Provider {
        line,
        name: name.to_owned(),
        client_id: text("client_id"),
        client_secret: text("client_secret").map(Password::new),
        redirect_uri: text("redirect_uri"),
        tenant_id: text("tenant_id"),
    }
}

/// The texts of a list, or the one text that stands there instead.
fn texts(node: &Node) -> Vec<Listed> {
    let one = |node: &Node| node.text().map(|text| Listed { line: node.line, text: text.to_owned() });
    match &node.value {
        Value::List(items) => items.iter().filter_map(|item| one(item)).collect(),
        _ => one(node).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests;
