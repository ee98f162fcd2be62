//! The state machine knows nothing of the web, and the views decide nothing.

#![cfg(not(target_arch = "wasm32"))]
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::{fs, path::Path};

/// The source files of a folder, tests excepted.
fn sources(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap()))
        .collect();
    assert!(files.len() > 2, "there is something to read");
    files
}

/// The words of a source's code, comments excepted.
fn words(source: &str) -> impl Iterator<Item = &str> {
    let code = source.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
}

#[test]
fn the_machines_know_nothing_of_the_web() {
    let web = [
        "web_sys",
        "js_sys",
        "wasm_bindgen",
        "leptos",
        "gloo_net",
        "serde_wasm_bindgen",
        "stage",
        "dom",
        "http",
    ];
    for (path, source) in sources("src/machine").into_iter().chain(sources("src/account")) {
        let found: Vec<_> = words(&source).filter(|word| web.contains(word)).collect();
        assert!(found.is_empty(), "{path} leans on {found:?}");
    }
}

/// A view that looks at the screen, at a code or at a state of the protocol would decide what belongs in the machine.
#[test]
fn the_views_decide_nothing() {
    let decides = [
        "Screen",
        "Effect",
        "Reply",
        "Failure",
        "ErrorCode",
        "LoginStep",
        "LoginState",
        "ClientConfig",
        "Api",
    ];
    // Beside what draws the account page stands what carries its events.
    let carries = |path: &str| path.ends_with("stage.rs") || path.ends_with("mod.rs");
    let panel = sources("src/panel").into_iter().filter(|(path, _)| !carries(path));
    for (path, source) in sources("src/view").into_iter().chain(panel) {
        let found: Vec<_> = words(&source).filter(|word| decides.contains(word)).collect();
        assert!(found.is_empty(), "{path} looks at {found:?}");
    }
}
