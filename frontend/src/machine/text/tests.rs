//! The message files: every language says everything, in the same gaps.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use gatehouse_protocol::ErrorCode;

use super::Text;
use crate::account::Own;

const FORMS: &str = "messages";
const ACCOUNT: &str = "messages/account";

type Table = BTreeMap<String, String>;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The languages with their tables. A key that stands in a file twice is an error.
fn languages(of: &str) -> Vec<(String, Table)> {
    let files = fs::read_dir(folder(of)).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.is_file());
    let tables = files.map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        let table: Table = serde_json::from_str(&text).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("  \"")).count();
        assert_eq!(lines, table.len(), "{}: a key stands there twice", path.display());
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), table)
    });
    tables.collect()
}

/// The gaps of a sentence, `{name}`.
fn gaps(sentence: &str) -> BTreeSet<&str> {
    sentence.split('{').skip(1).map(|rest| rest.split_once('}').expect("a gap is closed").0).collect()
}

fn code_name(code: ErrorCode) -> String {
    serde_json::to_value(code).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn english_and_german_are_complete() {
    let all: BTreeSet<&str> = Text::ALL.iter().map(|text| text.key()).collect();
    assert_eq!(all.len(), Text::ALL.len(), "two texts have one key");
    let mut wanted: BTreeSet<&str> = all.into_iter().filter(|key| !is_later(key)).collect();
    wanted.extend(["lang", "dir"]);
    let languages = complete(&wanted, FORMS);
    for (tag, table) in &languages {
        assert_eq!(table["lang"], *tag);
        assert!(matches!(table["dir"].as_str(), "ltr" | "rtl"));
    }
}

#[test]
fn the_account_page_is_complete_in_every_language() {
    let mut wanted: BTreeSet<&str> = Own::ALL.iter().map(|text| text.key()).collect();
    assert_eq!(wanted.len(), Own::ALL.len(), "two texts have one key");
    assert!(
        wanted.iter().all(|key| key.starts_with("account.")),
        "the tables are put together in the browser"
    );
    wanted.extend(Text::ALL.iter().map(|text| text.key()).filter(|key| is_later(key)));
    complete(&wanted, ACCOUNT);
}

/// What is said of setting a factor up, and what the account page alone is refused with.
const LATER: [&str; 9] = [
    "reauthenticate.",
    "setup.",
    "error.factor_required",
    "error.last_way_in",
    "error.name_too_long",
    "error.passkey_exists",
    "error.phone_invalid",
    "error.provider_taken",
    "error.too_many_passkeys",
];

fn is_later(key: &str) -> bool {
    LATER.iter().any(|start| key.starts_with(start))
}

/// Every language has exactly these.
fn complete(wanted: &BTreeSet<&str>, of: &str) -> Vec<(String, Table)> {
    let languages = languages(of);
    let tags: BTreeSet<&str> = languages.iter().map(|(tag, _)| tag.as_str()).collect();
    assert!(tags.is_superset(&BTreeSet::from(["en", "de"])), "{tags:?}");
    for (tag, table) in &languages {
        let found: BTreeSet<&str> = table.keys().map(String::as_str).collect();
        let missing: Vec<_> = wanted.difference(&found).collect();
        let unknown: Vec<_> = found.difference(wanted).collect();
        assert!(missing.is_empty(), "{tag}.json lacks {missing:?}");
        assert!(unknown.is_empty(), "{tag}.json says what nothing asks for: {unknown:?}");
        for (key, sentence) in table {
            assert!(!sentence.trim().is_empty() && sentence.trim() == sentence, "{tag}.json: {key}");
        }
    }
    languages
}

#[test]
fn every_language_has_the_same_gaps() {
    for of in [FORMS, ACCOUNT] {
        let languages = languages(of);
        let (_, english) = languages.iter().find(|(tag, _)| tag == "en").unwrap();
        for (tag, table) in &languages {
            for (key, sentence) in table {
                assert_eq!(gaps(sentence), gaps(&english[key]), "{tag}.json: {key}");
            }
        }
    }
}

#[test]
fn every_error_code_has_a_sentence_that_does_not_name_it() {
    let mut languages = languages(FORMS);
    for ((tag, table), (of, more)) in languages.iter_mut().zip(self::languages(ACCOUNT)) {
        assert_eq!(*tag, of);
        table.extend(more);
    }
    for code in ErrorCode::ALL {
        let key = Text::from(code).key();
        assert_eq!(key, format!("error.{}", code_name(code)));
        for (tag, table) in &languages {
            let sentence = &table[key];
            assert!(
                sentence.contains(' ') && sentence.ends_with('.'),
                "{tag}: {key} is no sentence: {sentence}"
            );
        }
    }
    let names: Vec<String> =
        ErrorCode::ALL.map(code_name).into_iter().filter(|name| name.contains('_')).collect();
    for (tag, table) in &languages {
        for (key, sentence) in table {
            let raw = names.iter().find(|name| sentence.contains(name.as_str()));
            assert_eq!(raw, None, "{tag}.json: {key} shows a code to people");
        }
    }
}

#[test]
fn nothing_is_translated_that_nobody_says() {
    let mut code = String::new();
    let mut folders = vec![folder("src")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
                code += &fs::read_to_string(path).unwrap();
            }
        }
    }
    // Once where it is declared is not enough.
    let forms = Text::ALL.iter().map(|text| (format!("{text:?}"), text.key()));
    for (name, key) in forms.chain(Own::ALL.iter().map(|text| (format!("{text:?}"), text.key()))) {
        let said = code.split(|c: char| !c.is_alphanumeric()).filter(|word| *word == name).count();
        assert!(said > 1, "nothing says {name} ({key})");
    }
}
