use super::*;

const fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1000)
}

fn key() -> TotpKey {
    TotpKey::from_bytes(b"12345678901234567890").unwrap()
}

/// RFC 6238, appendix B: the last six of its eight digits.
#[test]
fn codes_are_those_of_the_rfc() {
    let vectors = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];
    for (seconds, code) in vectors {
        assert_eq!(key().code_at(at(seconds)).unwrap().expose(), code);
        assert_eq!(key().step_of(&Code::new(code), -1, at(seconds)), Some(seconds / 30));
    }
}

#[test]
fn one_step_of_drift_is_accepted_either_way_and_no_more() {
    let code = key().code_at(at(3000)).unwrap();
    let step = |seconds| key().step_of(&code, -1, at(seconds));
    assert_eq!(step(2970), Some(100));
    assert_eq!(step(3059), Some(100));
    assert_eq!(step(2969), None);
    assert_eq!(step(3060), None);
}

#[test]
fn no_step_up_to_the_last_one_is_accepted() {
    let code = key().code_at(at(3000)).unwrap();
    assert_eq!(key().step_of(&code, 99, at(3000)), Some(100));
    assert_eq!(key().step_of(&code, 100, at(3000)), None);
    assert_eq!(key().step_of(&code, 101, at(3000)), None);
}

#[test]
fn spaces_are_let_pass_and_everything_else_is_not() {
    let seconds = 1_234_567_890;
    assert!(key().step_of(&Code::new(" 005 924 "), -1, at(seconds)).is_some());
    for wrong in ["", "5924", "0005924", "+05924", "٠٠٥٩٢٤", "005924\0", "00592a"] {
        assert_eq!(key().step_of(&Code::new(wrong), -1, at(seconds)), None, "{wrong:?}");
    }
}

#[test]
fn the_picture_holds_names_with_every_character() {
    for (app, user) in [("Sales: a & b", "Jürgen"), ("אפליקציה", "名前"), (&"x".repeat(64), &"ü".repeat(64))]
    {
        let picture = key().picture(app, user).unwrap();
        assert!(picture.contains("<svg") && !picture.contains(user), "{app}");
    }
}

#[test]
fn the_key_is_shown_in_groups_of_four_and_never_by_debug() {
    assert_eq!(key().to_text().expose(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
    assert_eq!(format!("{:?}", key()), "TotpKey(…)");
}
