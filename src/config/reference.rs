//! The list of all settings, read from the documented struct itself: its text is compiled in, so that no second
//! list can disagree with it. A test proves the list complete against what serde takes.

use std::fmt::Write as _;

use figment::value::Value;

use super::{Settings, layer::variable_of};

const SOURCE: &str = concat!(
    include_str!("settings.rs"),
    include_str!("section.rs"),
    include_str!("providers.rs"),
    include_str!("codes.rs")
);

/// Stands in a path for a name that the operator chooses: `users.NAME.roles`.
pub(super) const ANY: &str = "NAME";

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its dotted path, for example `session.idle_ttl`.
    pub path: String,
    /// What can be written.
    pub kind: Kind,
    /// Its description.
    pub about: String,
    /// Its default as TOML, or nothing where it is unset.
    pub default: Option<String>,
}

impl Entry {
    /// Its environment variable.
    pub fn variable(&self) -> String {
        variable_of(&self.path)
    }
}

/// What can be written for a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Switch,
    /// A whole number.
    Number,
    /// A text, or one of a few words.
    Text,
    /// Several texts.
    List,
    /// A section whose names the operator chooses, each with a list of texts.
    Lists,
}

impl Kind {
    /// Reads a value from the environment.
    pub(super) fn read(self, text: &str) -> Option<Value> {
        Some(match self {
            Self::Switch => Value::from(match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => true,
                "false" | "0" | "no" | "off" => false,
                _ => return None,
            }),
            Self::Number => Value::from(text.trim().parse::<u64>().ok()?),
            Self::Text => Value::from(text),
            // The environment has no way to write one down.
            Self::Lists => return None,
            Self::List => {
                Value::from(text.split(',').map(str::trim).filter(|one| !one.is_empty()).collect::<Vec<_>>())
            }
        })
    }

    /// For a sentence: "must be …".
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Switch => "`true` or `false`",
            Self::Number => "a whole number",
            Self::Text => "a text",
            Self::List => "texts, separated by commas",
            Self::Lists => "a section of a file, with a list behind each name",
        }
    }
}

/// Every setting, in the order of the struct.
pub fn entries() -> Vec<Entry> {
    let defaults = serde_json::to_value(Settings::default()).unwrap_or_default();
    let mut found = Vec::new();
    collect("Settings", "", &defaults, &mut found);
    found
}

/// The page `docs/settings.md`.
pub fn markdown() -> String {
    let mut page = include_str!("reference.md").to_owned();
    let mut section = None;
    for entry in entries() {
        let (head, name) = entry.path.rsplit_once('.').unwrap_or(("", &entry.path));
        if section.as_deref() != Some(head) {
            let title = if head.is_empty() { "General".to_owned() } else { format!("`[{head}]`") };
            let _ = write!(page, "\n## {title}\n\n| setting | default | meaning |\n|---|---|---|\n");
            section = Some(head.to_owned());
        }
        let default = entry.default.map(|text| format!("`{text}`")).unwrap_or_default();
        let _ = writeln!(page, "| `{name}` | {default} | {} |", entry.about.replace('|', "\\|"));
    }
    page
}

fn collect(structure: &str, prefix: &str, defaults: &serde_json::Value, found: &mut Vec<Entry>) {
    let opening = format!("pub struct {structure} {{");
    let body = SOURCE.lines().skip_while(|line| *line != opening).skip(1).take_while(|line| *line != "}");
    let mut about = Vec::new();
    for line in body.map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            about.push(text);
            continue;
        }
        let Some((name, kind)) =
            line.strip_prefix("pub ").and_then(|field| field.trim_end_matches(',').split_once(": "))
        else {
            continue;
        };
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        let default = defaults.get(name).unwrap_or(&serde_json::Value::Null);
        if let Some(each) = kind.strip_prefix("BTreeMap<String, ").and_then(|kind| kind.strip_suffix('>'))
            && each.ends_with("Settings")
        {
            collect(each, &format!("{path}.{ANY}"), &serde_json::Value::Null, found);
        } else if kind.ends_with("Settings") {
            collect(kind, &path, default, found);
        } else {
            found.push(Entry { path, kind: kind_of(kind), about: about.join(" "), default: shown(default) });
        }
        about.clear();
    }
}

fn kind_of(kind: &str) -> Kind {
    let inner = kind.strip_prefix("Option<").and_then(|kind| kind.strip_suffix('>')).unwrap_or(kind);
    match inner {
        "bool" => Kind::Switch,
        "u16" | "u32" | "u64" => Kind::Number,
        lists if lists.starts_with("BTreeMap<") => Kind::Lists,
        list if list.starts_with("Vec<") => Kind::List,
        _ => Kind::Text,
    }
}

fn shown(default: &serde_json::Value) -> Option<String> {
    (!default.is_null()).then(|| default.to_string())
}

#[cfg(test)]
mod tests;
