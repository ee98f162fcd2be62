//! The rules of both sides, as the form applies them, on the vectors that the endpoint passes too: natively with the
//! crate's normalization, and in Chromium with the browser's own.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

use gatehouse_frontend::machine::Rules;
use gatehouse_protocol::{ErrorCode, rule};
use serde_json::Value;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[cfg(target_arch = "wasm32")]
fn rules() -> Rules {
    gatehouse_frontend::entry::rules()
}

#[cfg(not(target_arch = "wasm32"))]
fn rules() -> Rules {
    use unicode_normalization::UnicodeNormalization as _;
    Rules { nfc: |text| text.nfc().collect(), nfkc: |text| text.nfkc().collect(), class }
}

#[cfg(not(target_arch = "wasm32"))]
fn class(c: char) -> rule::Class {
    use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};
    match (c.general_category(), c.general_category_group()) {
        (_, GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number) => rule::Class::Letter,
        (GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark, _) => rule::Class::Mark,
        _ => rule::Class::Other,
    }
}

/// Puts every vector of a kind to a rule.
fn check(kind: &str, rule: impl Fn(&str, &Value) -> Result<(), ErrorCode>) {
    let vectors: Value = serde_json::from_str(include_str!("../../protocol/tests/vectors.json")).unwrap();
    let vectors = vectors[kind].as_array().unwrap();
    assert!(vectors.len() > 10, "{kind}: there are vectors");
    for vector in vectors {
        let times = vector["times"].as_u64().unwrap_or(1);
        let input = vector["input"].as_str().unwrap().repeat(usize::try_from(times).unwrap());
        let found = rule(&input, vector).map_err(|code| serde_json::to_value(code).unwrap());
        let wanted = vector.get("err").cloned().map_or(Ok(()), Err);
        assert_eq!(found, wanted, "{kind}: {}", vector["why"]);
    }
}

fn min(vector: &Value) -> u16 {
    vector["min"].as_u64().map_or(rule::PASSWORD_MIN, |min| u16::try_from(min).unwrap())
}

#[test]
fn usernames() {
    check("username", |text, vector| {
        if let (None, Ok(name)) = (vector.get("err"), rule::username(text, rules().nfkc, rules().class)) {
            assert_eq!(name, vector.get("ok").map_or(name.as_str(), |ok| ok.as_str().unwrap()));
        }
        rules().username(text)
    });
}

#[test]
fn emails() {
    check("email", |text, _| rule::email(text).map(drop));
}

#[test]
fn passwords() {
    check("password", |text, vector| rules().password(text, min(vector)));
}

/// What the form counts down while one types reaches nothing exactly when the rule accepts the length.
#[test]
fn what_is_missing_agrees_with_the_rule() {
    check("password", |text, vector| {
        let verdict = rules().password(text, min(vector));
        let short = matches!(verdict, Err(ErrorCode::PasswordTooShort | ErrorCode::Required));
        assert_eq!(rules().missing(text, min(vector)) > 0, short, "{}", vector["why"]);
        verdict
    });
}
