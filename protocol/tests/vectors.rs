//! The rules that browser and endpoint both check, on the vectors that both must pass.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use gatehouse_protocol::rule::{self, Class};
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// What a rule is given, and what it must say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    /// What is tested.
    why: String,
    /// The text.
    input: String,
    /// How often the text is repeated; once where absent.
    times: Option<usize>,
    /// For passwords: the shortest accepted.
    min: Option<u16>,
    /// The result, where the rule accepts: the text itself where absent.
    ok: Option<String>,
    /// The code, where it refuses.
    err: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    #[serde(rename = "_")]
    _comment: String,
    username: Vec<Vector>,
    email: Vec<Vector>,
    password: Vec<Vector>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

fn check(kind: &str, vector: &Vector, rule: impl Fn(&str) -> Result<String, gatehouse_protocol::ErrorCode>) {
    let input = vector.input.repeat(vector.times.unwrap_or(1));
    let found = rule(&input).map_err(|code| serde_json::to_value(code).unwrap().as_str().unwrap().to_owned());
    let wanted = match &vector.err {
        Some(code) => Err(code.clone()),
        None => Ok(vector.ok.clone().unwrap_or(input)),
    };
    assert_eq!(found, wanted, "{kind}: {}", vector.why);
}

fn class(c: char) -> Class {
    match c.general_category() {
        GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark => Class::Mark,
        _ => match c.general_category_group() {
            GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number => Class::Letter,
            _ => Class::Other,
        },
    }
}

#[test]
fn usernames() {
    for vector in &vectors().username {
        check("username", vector, |text| rule::username(text, |text| text.nfkc().collect(), class));
    }
}

#[test]
fn emails() {
    for vector in &vectors().email {
        check("email", vector, |text| rule::email(text).map(str::to_owned));
    }
}

#[test]
fn passwords() {
    for vector in &vectors().password {
        let min = vector.min.unwrap_or(rule::PASSWORD_MIN);
        let nfc = |text: &str| text.nfc().collect();
        check("password", vector, |text| rule::password(text, min, nfc).map(|()| text.to_owned()));
    }
}
