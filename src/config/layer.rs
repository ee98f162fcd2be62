//! One source of settings: a file, a section of a file, the environment, or arguments.

use std::{collections::BTreeMap, io, path::Path};

use figment::{
    Metadata, Profile, Provider, Source,
    providers::{Format as _, Toml},
    util::nest,
    value::{Dict, Map, Value},
};

use super::reference::{ANY, Kind, entries};

/// What the environment's variables begin with.
pub(super) const PREFIX: &str = "GATEHOUSE_";

/// The name of the environment as a source.
pub(super) const ENVIRONMENT: &str = "environment";

/// How the variables begin that a Kubernetes service called `gatehouse` puts into every pod, and those that say where the
/// tests find their databases.
const NOT_SETTINGS: [&str; 3] = ["PORT", "SERVICE_", "TEST_"];
/// Filters the log.
const LOG: &str = "LOG";

/// How the one password of an app, and its name, are written for short.
const SHORT: [(&str, &str); 2] = [("password", "shared_password"), ("username", "shared_username")];

/// Values of one source.
#[derive(Debug)]
pub(super) struct Layer {
    name: &'static str,
    source: Option<Source>,
    values: Dict,
}

impl Layer {
    /// A TOML file, or one section of it; `None` where the file or the section is absent.
    pub(super) fn file(path: &Path, section: Option<&str>) -> Result<Option<Self>, String> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(format!("{} can't be read ({error}). Mend its permissions.", path.display()));
            }
        };
        let values: Dict = Toml::from_str(&text).map_err(|error| {
            format!(
                "{} is not TOML: {}. Mend that line.",
                path.display(),
                without_excerpt(&error.to_string())
            )
        })?;
        let mut values = match section {
            None => values,
            Some(section) => match values.get(section) {
                Some(Value::Dict(_, values)) => values.clone(),
                None => return Ok(None),
                Some(_) => {
                    return Err(format!(
                        "`{section}` in {} is one value. Write a section `[{section}]`.",
                        path.display()
                    ));
                }
            },
        };
        spell_out(&mut values, path)?;
        Ok(Some(Self { name: "file", source: Some(Source::File(path.to_owned())), values }))
    }

    /// The variables that begin with `GATEHOUSE_`. Empty ones count as unset.
    pub(super) fn environment(variables: &[(String, String)]) -> Result<Self, Vec<String>> {
        let kinds: BTreeMap<String, Kind> =
            entries().into_iter().map(|entry| (entry.path, entry.kind)).collect();
        let mut values = Dict::new();
        let mut wrong = Vec::new();
        for (variable, text) in variables {
            let Some(name) = variable.strip_prefix(PREFIX) else { continue };
            if text.is_empty() || name == LOG || NOT_SETTINGS.iter().any(|prefix| name.starts_with(prefix)) {
                continue;
            }
            let path = name.to_lowercase().replace("__", ".");
            let short = SHORT.iter().find(|(short, _)| *short == path);
            let path = short.map_or(path, |(_, long)| (*long).to_owned());
            if path.starts_with("users.") {
                wrong.push(format!(
                    "The environment variable {variable} can't declare people: names lose their case there. Write \
                     `[gatehouse.users.NAME]` into .streamlit/secrets.toml."
                ));
                continue;
            }
            let Some(kind) = kinds.get(&of_any(&path)) else {
                wrong.push(format!(
                    "The environment variable {variable} is not a setting{}. Unset it, or see `gatehouse settings`.",
                    nearest(&path, kinds.keys()).map(|key| format!(" (is {} meant?)", variable_of(key))).unwrap_or_default()
                ));
                continue;
            };
            match kind.read(text) {
                Some(value) => merge(&mut values, nest(&path, value)),
                None => {
                    wrong.push(format!("The environment variable {variable} must be {}.", kind.meaning()));
                }
            }
        }
        if wrong.is_empty() { Ok(Self { name: ENVIRONMENT, source: None, values }) } else { Err(wrong) }
    }

    /// Values given by the caller, by dotted path.
    pub(super) fn arguments(given: &[(String, serde_json::Value)]) -> Result<Self, String> {
        let mut values = Dict::new();
        for (path, value) in given {
            let value =
                Value::serialize(value).map_err(|error| format!("`{path}` can't be read: {error}."))?;
            merge(&mut values, nest(path, value));
        }
        Ok(Self { name: "arguments", source: None, values })
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        let metadata = Metadata::named(self.name);
        match &self.source {
            Some(source) => metadata.source(source.clone()),
            None => metadata,
        }
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

/// The path as the reference has it: providers are called what the operator calls them.
fn of_any(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('.').collect();
    if let ["providers", name, _] = parts.as_mut_slice() {
        *name = ANY;
    }
    parts.join(".")
}

/// Gives a text under `password` or `username` the name of its setting. `[password]` is a section of its own.
fn spell_out(values: &mut Dict, file: &Path) -> Result<(), String> {
    for (short, long) in SHORT {
        match values.get(short) {
            None => continue,
            Some(Value::Dict(..)) if short == "password" => continue,
            Some(Value::String(..)) => {}
            Some(_) => {
                return Err(format!(
                    "`{short}` in {} must be a text in quotes. Write `{short} = \"…\"`.",
                    file.display()
                ));
            }
        }
        if values.contains_key(long) {
            return Err(format!(
                "{} has both `{short}` and `{long}`, which are one setting. Remove one of them.",
                file.display()
            ));
        }
        if let Some(value) = values.remove(short) {
            values.insert(long.to_owned(), value);
        }
    }
    Ok(())
}

/// The environment variable of a setting, as it is written for short.
pub(super) fn variable_of(path: &str) -> String {
    let short = SHORT.iter().find(|(_, long)| *long == path);
    let path = short.map_or(path, |(short, _)| *short);
    format!("{PREFIX}{}", path.to_uppercase().replace('.', "__"))
}

/// The key that `path` was probably meant to be.
pub(super) fn nearest<'k>(path: &str, keys: impl Iterator<Item = &'k String>) -> Option<&'k String> {
    keys.map(|key| (distance(path, key), key)).filter(|(steps, _)| *steps <= 3).min().map(|(_, key)| key)
}

/// Levenshtein's distance.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (done, left) in from.chars().enumerate() {
        let mut diagonal = done;
        let mut before = done + 1;
        let mut next = vec![before];
        for (above, right) in row.iter().skip(1).zip(to.chars()) {
            before = (diagonal + usize::from(left != right)).min(above + 1).min(before + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

fn merge(into: &mut Dict, value: Value) {
    let Value::Dict(_, values) = value else { return };
    for (key, value) in values {
        match (into.get_mut(&key), value) {
            (Some(Value::Dict(_, inner)), value @ Value::Dict(..)) => merge(inner, value),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// A TOML error quotes the line it stands in, which may be somebody's password: keep where and why.
fn without_excerpt(error: &str) -> String {
    let mut lines = error.lines().filter(|line| !line.trim().is_empty());
    let place = lines.next().unwrap_or_default();
    match lines.next_back() {
        Some(reason) => format!("{place}, {reason}"),
        None => place.to_owned(),
    }
}
