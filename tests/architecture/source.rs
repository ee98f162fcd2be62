//! Reads the project's source text: which module names which, without compiling anything.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The project's root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A source file that is no test.
pub(crate) struct Source {
    /// Its path under the root.
    pub(crate) path: String,
    /// Its text without line comments.
    pub(crate) code: String,
}

/// The Rust files under a folder of the root, tests left out.
pub(crate) fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    assert!(!found.is_empty(), "there is nothing in {folder}/");
    found
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let code = code.collect::<Vec<_>>().join("\n");
            Source { path: path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned(), code }
        })
        .filter(|source| !source.path.ends_with("/tests.rs") && !source.path.contains("/tests/"))
        .collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// For each top module under `src/`, the top modules that it names.
pub(crate) fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources("src") {
        let inside = source.path.strip_prefix("src/").unwrap();
        let module = inside.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        let named = arrows.entry(module.clone()).or_default();
        named.extend(named_modules(&source.code).into_iter().filter(|name| *name != module));
    }
    arrows
}

/// The names right behind each `crate::`, also those of a group in braces.
pub(crate) fn named_modules(code: &str) -> BTreeSet<String> {
    code.split("crate::")
        .skip(1)
        .flat_map(|rest| rest.strip_prefix('{').map_or_else(|| vec![word(rest)], group))
        .collect()
}

/// The first names of a group, as far as its closing brace.
fn group(rest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut depth, mut start) = (0, true);
    for (at, letter) in rest.char_indices() {
        match letter {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            _ if start && depth == 0 && !letter.is_whitespace() => {
                names.push(word(rest.get(at..).unwrap()));
                start = false;
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}
