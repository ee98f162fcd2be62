use super::*;

fn refused(text: &str) -> (usize, String) {
    let Fault { line, sentence } = parse(text).err().unwrap();
    (line, sentence)
}

#[test]
fn lines_keys_and_values_are_where_they_stand() {
    let root = parse("# first\na:\n  b: 1\n  c: [x, 'y']\n\"d e\": ~\nf: 'null'\n").unwrap();
    let keys: Vec<_> = root.entries().iter().map(|entry| (entry.line, entry.key.as_str())).collect();
    assert_eq!(keys, [(2, "a"), (5, "d e"), (6, "f")]);
    let a = root.get("a").unwrap();
    assert_eq!((a.entries()[0].line, a.get("b").and_then(Node::text)), (3, Some("1")));
    assert!(matches!(&a.get("c").unwrap().value, Value::List(items) if items.len() == 2));
    assert!(root.get("d e").is_none(), "null is nothing");
    assert_eq!(root.get("f").and_then(Node::text), Some("null"), "quoted it is a text");
}

/// `PyYAML` writes a list that two people share once, and names it in the other place.
#[test]
fn a_list_that_two_share_is_read_in_both_places() {
    let root = parse("a: &id001\n- viewer\nb: *id001\n").unwrap();
    for key in ["a", "b"] {
        assert!(
            matches!(&root.get(key).unwrap().value, Value::List(items) if items[0].text() == Some("viewer"))
        );
    }
}

/// Ten lines that stand for 10^10 texts.
#[test]
fn an_alias_bomb_takes_no_room() {
    use std::fmt::Write as _;
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..40 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        writeln!(text, "a{level}: &a{level} [{before}]").unwrap();
    }
    assert_eq!(parse(&text).unwrap().entries().len(), 40);
}

#[test]
fn nesting_is_bounded() {
    for text in ["[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(100_000)] {
        assert!(parse(&text).is_err());
    }
}

#[test]
fn what_is_ambiguous_is_refused_with_its_line_and_quotes_no_value() {
    for (text, line, says) in [
        ("a: 1\nb: 2\na: 3\n", 3, "second time (first in line 1)"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", 3, "merge key"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: !!python/object:os.system secret\n", 1, "a tag"),
        ("a: !mine secret\n", 1, "a tag"),
        ("? [a, b]\n: secret\n", 1, "a key is a text"),
        ("a: \"secret\nb: [1\n", 1, "not YAML"),
        ("a: &a [*a]\n", 1, "write it out"),
        ("", 0, "empty"),
    ] {
        let (at, sentence) = refused(text);
        assert!(sentence.contains(says), "{text:?}: {sentence}");
        assert!(!sentence.contains("secret"), "{sentence}");
        assert!(at.abs_diff(line) <= 1, "{text:?}: line {at}");
    }
}

#[test]
fn tags_that_yaml_knows_are_read() {
    let root = parse("a: !!str null\nb: !!int 5\nc: !!seq []\n").unwrap();
    assert_eq!(root.get("a").and_then(Node::text), Some("null"));
    assert_eq!(root.get("b").and_then(Node::text), Some("5"));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[a-z:{}\\[\\]&*!|>'\"#~%@,\\- \n\t\u{e9}]{0,80}") {
        let _ = parse(&text);
    }
}
