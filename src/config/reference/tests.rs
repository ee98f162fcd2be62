use gatehouse_protocol::Password;

use super::*;
use crate::config::{ProviderSettings, UserSettings};

fn leaves(prefix: &str, value: &serde_json::Value, found: &mut Vec<String>) {
    for (key, value) in value.as_object().unwrap() {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        let inner = value.as_object().is_some_and(|inner| !inner.is_empty());
        if inner { leaves(&path, value, found) } else { found.push(path) }
    }
}

#[test]
fn every_setting_that_serde_takes_is_listed_and_described() {
    let mut taken = Vec::new();
    let mut settings = Settings::default();
    let somebody = UserSettings { password: Password::new("x"), roles: Vec::new(), email: None };
    settings.users.insert(ANY.to_owned(), somebody);
    settings.providers.insert(ANY.to_owned(), ProviderSettings::default());
    leaves("", &serde_json::to_value(settings).unwrap(), &mut taken);
    let mut listed: Vec<String> = entries().into_iter().map(|entry| entry.path).collect();
    taken.sort();
    listed.sort();
    assert_eq!(listed, taken);
    for entry in entries() {
        assert!(entry.about.ends_with('.') && entry.about.len() > 8, "{} needs a sentence", entry.path);
    }
}

#[test]
fn the_page_in_docs_is_this_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/settings.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, markdown()).unwrap();
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        there == markdown(),
        "docs/settings.md is stale: run `UPDATE=1 cargo test -p gatehouse the_page_in_docs`"
    );
}
