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

/// Vowel signs and tones are letters to who reads them: they tell names apart, and are not folded away.
#[test]
fn marks_tell_names_apart_whatever_their_order() {
    assert_ne!(folded("\u{915}\u{93f}"), folded("\u{915}\u{940}"));
    assert_ne!(folded("\u{e01}\u{e48}"), folded("\u{e01}\u{e49}"));
    assert_ne!(folded("\u{915}\u{94d}"), folded("\u{915}"));
    assert_eq!(folded("\u{645}\u{651}\u{64e}"), folded("\u{645}\u{64e}\u{651}"), "shadda and fatha");
    assert_eq!(folded("ju\u{308}rgen"), folded("Jürgen"));
}

/// A stored name is read back by the same rule, and a folded one is compared with one folded again.
#[test]
fn every_letter_with_every_mark_is_read_back_as_it_was_written() {
    let characters = || (0..=0x0001_ffff).filter_map(char::from_u32);
    let marks: Vec<char> = characters().filter(|c| class(*c) == Class::Mark).collect();
    assert!(marks.len() > 1500);
    for (index, letter) in characters().filter(|c| class(*c) == Class::Letter).enumerate() {
        let text: String = [letter, marks[index % marks.len()]].iter().collect();
        let Ok(name) = Username::parse(&text) else { continue };
        assert_eq!(Username::parse(name.as_str()).as_ref(), Ok(&name), "{text:?}");
        assert_eq!(fold(name.folded()), name.folded(), "{text:?}");
        assert!(!name.folded().is_empty(), "{text:?}");
    }
}

/// `alice` and `ali<something that nobody sees>ce` would be two people with one name.
#[test]
fn nothing_in_a_name_is_invisible() {
    for c in (0..=0x0010_ffff).filter_map(char::from_u32) {
        if unicode_security::skeleton(c.encode_utf8(&mut [0; 4])).next().is_none() {
            assert!(Username::parse(&format!("ali{c}ce")).is_err(), "{c:?}");
        }
    }
}

#[test]
fn names_of_the_operator_and_of_the_app_are_reserved() {
    for name in ["admin", "Root", "аdmin", "Weather"] {
        assert!(Username::parse(name).unwrap().is_reserved("weather"), "{name}");
    }
    assert!(!Username::parse("alice").unwrap().is_reserved("weather"));
}
