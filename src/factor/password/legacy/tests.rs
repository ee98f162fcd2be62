use super::*;

/// Of `Kites-over-7-hills`, by the bcrypt 5.0.0 of Python, which streamlit-authenticator hashes with, at cost 5.
const MADE_BY_IT: &str = "$2b$05$psg.gKWzdIfBsh1wvsnoiezrq.Z5R8qlGSbA3lnaNyroFPSw20eIu";

fn matches(hash: &str, typed: &str) -> bool {
    Tries::of(&Password::new(typed)).verify(&Bcrypt::parse(hash).unwrap())
}

fn made(password: &str, version: bcrypt::Version) -> String {
    bcrypt::hash_with_salt(password, 4, [7; 16]).unwrap().format_for_version(version)
}

#[test]
fn a_hash_of_the_real_package_is_verified_under_each_of_its_names() {
    assert!(matches(MADE_BY_IT, "Kites-over-7-hills"));
    assert!(!matches(MADE_BY_IT, "Kites-over-7-hillS"));
    for version in [bcrypt::Version::TwoA, bcrypt::Version::TwoB, bcrypt::Version::TwoY] {
        assert!(matches(&made("Kites", version), "Kites"));
    }
}

#[test]
fn white_space_around_it_is_taken_off_once_as_python_does() {
    let spaces = "\u{1c}\u{1f}\t\n\u{b}\u{85}\u{a0}\u{1680}\u{2003}\u{2029}\u{3000} ";
    assert!(matches(MADE_BY_IT, &format!("{spaces}Kites-over-7-hills{spaces}")));
    // What Python leaves stays: a zero-width space, a byte-order mark, a control character.
    for other in ['\u{200b}', '\u{feff}', '\u{1b}'] {
        assert!(!matches(MADE_BY_IT, &format!("{other}Kites-over-7-hills")), "{other:?}");
    }
    let padded = made(" Kites ", bcrypt::Version::TwoB);
    assert!(matches(&padded, " Kites "), "as typed comes first");
    assert!(!matches(&padded, "Kites"), "nothing is ever added");
}

#[test]
fn the_number_of_tries_is_a_matter_of_what_was_typed() {
    for (typed, tries) in [("Kites", 1), ("Ki tes", 1), ("Kites ", 2), (" ", 2), ("\u{1f}Kites", 2)] {
        assert_eq!(Tries::of(&Password::new(typed)).count(), tries, "{typed:?}");
    }
}

/// Somebody who types only blanks, at an account whose hash is that of the empty password.
#[test]
fn blanks_are_no_password() {
    let empty = made("", bcrypt::Version::TwoB);
    for typed in ["", " ", "\t\n"] {
        assert!(!matches(&empty, typed), "{typed:?}");
    }
}

/// bcrypt reads 72 bytes, so whoever knows the beginning of a longer password would be in.
#[test]
fn a_password_of_more_than_72_bytes_matches_no_legacy_hash() {
    let longest = "k".repeat(72);
    let hash = made(&longest, bcrypt::Version::TwoB);
    assert!(matches(&hash, &longest));
    assert!(matches(&hash, &format!("{longest} ")), "stripped it has 72");
    assert!(!matches(&hash, &format!("{longest}k")));
    assert!(!matches(&hash, &"k".repeat(71)));
}

/// A hash that takes hours to verify, so that one login holds the server.
#[test]
fn costs_out_of_bounds_and_other_shapes_are_refused() {
    let at = |cost: &str| MADE_BY_IT.replacen("$05$", &format!("${cost}$"), 1);
    assert!(Bcrypt::parse(&at("04")).is_ok() && Bcrypt::parse(&at("14")).is_ok());
    for (cost, number) in [("15", 15), ("31", 31), ("03", 3), ("00", 0), ("99", 99)] {
        assert_eq!(Bcrypt::parse(&at(cost)), Err(BcryptError::Cost(number)));
    }
    let cut = &MADE_BY_IT[..59];
    let odd =
        ["", "$2b$", cut, "$2x$05$", "abc", &MADE_BY_IT.replacen("$2b$", "$2x$", 1), &at("+5"), &at(" 5")];
    for text in odd {
        assert_eq!(Bcrypt::parse(text), Err(BcryptError::Shape), "{text:?}");
    }
}

#[test]
fn a_hash_is_not_printed() {
    let printed = format!("{:?}", Bcrypt::parse(MADE_BY_IT).unwrap());
    assert_eq!(printed, "Bcrypt { cost: 5, .. }");
}
