//! The table of error codes: complete, and the page that is made of it.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use gatehouse_protocol::ErrorCode;

const SOURCE: &str = include_str!("../src/error.rs");

fn name(code: ErrorCode) -> String {
    serde_json::to_value(code).unwrap().as_str().unwrap().to_owned()
}

/// The variants with their sentences, as the source has them.
fn variants() -> Vec<(String, String)> {
    let body = SOURCE.split_once("pub enum ErrorCode {").unwrap().1.split_once("\n}").unwrap().0;
    let mut sentence = String::new();
    let mut variants = Vec::new();
    for line in body.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.strip_prefix("///") {
            Some(text) => sentence.extend([if sentence.is_empty() { "" } else { " " }, text.trim()]),
            None => variants.push((line.trim_end_matches(',').to_owned(), std::mem::take(&mut sentence))),
        }
    }
    variants
}

#[test]
fn all_lists_every_variant_once_and_in_order() {
    let listed: Vec<String> = ErrorCode::ALL.iter().map(|code| format!("{code:?}")).collect();
    let declared: Vec<String> = variants().into_iter().map(|(variant, _)| variant).collect();
    assert_eq!(listed, declared);
    assert_eq!(ErrorCode::ALL.into_iter().map(name).collect::<BTreeSet<_>>().len(), ErrorCode::ALL.len());
}

#[test]
fn only_what_is_our_fault_is_5xx() {
    for code in ErrorCode::ALL {
        let ours = matches!(
            code,
            ErrorCode::Internal
                | ErrorCode::Unavailable
                | ErrorCode::Busy
                // Not ours, and not the browser's either.
                | ErrorCode::ProviderUnavailable
        );
        assert_eq!(code.status() >= 500, ours, "{code:?}");
        assert!((400..600).contains(&code.status()), "{code:?}");
    }
}

/// `docs/error-codes.md` is made from the source. With `UPDATE=1` in the environment it is written anew.
#[test]
fn the_page_of_error_codes_is_current() {
    let mut page = String::from(
        "# Error codes\n\n\
         Made from `protocol/src/error.rs` by `UPDATE=1 cargo test -p gatehouse-protocol --test codes`; don't edit.\n\n\
         Every answer of the endpoint that is not a state is a JSON object with a `code` of this table, the `field` it\n\
         belongs to or `null`, and `retry_after` in seconds or `null`. Match on the code; the sentence that people read\n\
         is in `frontend/messages/`.\n\n\
         | code | status | meaning |\n|---|---|---|\n",
    );
    for (code, (_, sentence)) in ErrorCode::ALL.into_iter().zip(variants()) {
        writeln!(page, "| `{}` | {} | {sentence} |", name(code), code.status()).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/error-codes.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "docs/error-codes.md is stale: run UPDATE=1 cargo test -p gatehouse-protocol --test codes"
    );
}
