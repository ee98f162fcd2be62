use super::*;

fn folded(text: &str) -> String {
    Username::parse(text).unwrap().folded().to_owned()
}

#[test]
fn names_that_differ_by_case_width_or_script_are_the_same_username() {
    for twin in ["Paypal", "PAYPAL", "ｐａｙｐａｌ", "раураl", "paypaI"] {
        assert_eq!(folded("paypal"), folded(twin), "{twin}");
    }
    assert_ne!(folded("alice"), folded("alicia"));
}

#[test]
fn folding_twice_changes_nothing() {
    for name in ["Alice", "Straße", "ΑΒΓ", "I1l", "ﬁne", "Jürgen"] {
        assert_eq!(fold(&fold(name)), fold(name), "{name}");
    }
}

#[test]
fn names_of_the_operator_and_of_the_app_are_reserved() {
    for name in ["admin", "Root", "аdmin", "Weather"] {
        assert!(Username::parse(name).unwrap().is_reserved("weather"), "{name}");
    }
    assert!(!Username::parse("alice").unwrap().is_reserved("weather"));
}
