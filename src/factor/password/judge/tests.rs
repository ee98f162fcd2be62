use super::*;

fn judged(password: &str, names: &[&str]) -> Option<ErrorCode> {
    let judge = Judge::new(&PasswordSettings::default(), "Weather Station");
    judge.report(&Password::new(password), names).refused
}

#[test]
fn a_common_password_is_refused_with_the_reason() {
    for password in ["password", "Password1", "12345678", "qwertyuiop", "iloveyou", "aaaaaaaa", "P@ssw0rd"] {
        assert_eq!(judged(password, &[]), Some(ErrorCode::PasswordCommon), "{password}");
    }
}

#[test]
fn the_own_name_and_the_name_of_the_app_are_refused_with_the_reason() {
    for password in [
        "alicesmith",
        "AliceSmith",
        "alicesmith1!",
        "htimsecila",
        "alicesmithalicesmith",
        "weatherstation",
        "Weather Station",
    ] {
        assert_eq!(
            judged(password, &["alicesmith", "asmith@example.org"]),
            Some(ErrorCode::PasswordIsName),
            "{password}"
        );
    }
    assert_eq!(judged("asmith@example.org", &["asmith@example.org"]), Some(ErrorCode::PasswordIsName));
}

#[test]
fn length_counts_code_points_at_the_lower_and_bytes_at_the_upper_end() {
    assert_eq!(judged("", &[]), Some(ErrorCode::Required));
    assert_eq!(judged("kRv9!x2", &[]), Some(ErrorCode::PasswordTooShort));
    assert_eq!(judged("жщэюяёлп", &[]), None);
    assert_eq!(judged(&"🦊🐻🐼🐨".repeat(64), &[]), None);
    assert_eq!(judged(&"🦊🐻🐼🐨".repeat(65), &[]), Some(ErrorCode::PasswordTooLong));
}

#[test]
fn no_composition_rules_stand_in_the_way_of_a_long_sentence() {
    assert_eq!(judged("seven quiet herons cross the harbour", &["alice"]), None);
    assert_eq!(judged("  leading and trailing spaces count  ", &["alice"]), None);
}

#[test]
fn the_hardened_profile_asks_for_fifteen() {
    let settings = PasswordSettings { profile: PasswordProfile::Hardened, ..PasswordSettings::default() };
    let judge = Judge::new(&settings, "App");
    assert_eq!(judge.check(&Password::new("kRv9!x2pQm7&wz"), &[]), Err(ErrorCode::PasswordTooShort));
    assert_eq!(judge.check(&Password::new("kRv9!x2pQm7&wzL"), &[]), Ok(()));
}
