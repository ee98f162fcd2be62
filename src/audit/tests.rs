use super::*;
use crate::telemetry::metrics::EVENT_NAMES;

/// A username such as "x\r\n2026-… login.completed admin" would forge a line; an escape sequence would drive the
/// terminal of whoever reads the log.
#[test]
fn line_breaks_and_escape_sequences_are_spelled_out() {
    let text = encode("x\r\nforged\u{1b}[2J\u{7f}\u{9b}31m\u{202e}end");
    assert_eq!(text, "x\\u{d}\\u{a}forged\\u{1b}[2J\\u{7f}\\u{9b}31m\\u{202e}end");
    let record = Entry::new(Event::LoginRejected).with("identifier", "a\nb").record(Timestamp(0));
    assert!(!record.detail.contains('\n'));
    assert_eq!(encode("Jürgen 🦊"), "Jürgen 🦊");
}

#[test]
fn every_event_has_a_name_of_its_own() {
    let names: std::collections::HashSet<_> = Event::ALL.iter().map(|event| event.name()).collect();
    assert_eq!(names.len(), Event::ALL.len());
}

#[test]
fn every_event_is_counted() {
    let names: Vec<&str> = Event::ALL.iter().map(|event| event.name()).collect();
    assert_eq!(names, EVENT_NAMES, "write it into EVENT_NAMES in src/telemetry/metrics/label.rs");
}

#[test]
fn no_mail_address_is_left_in_a_line() {
    for (text, left) in [
        ("alice", "alice"),
        ("alice@example.org", "a…@example.org"),
        (r#"{"identifier":"jürgen.k+x@example.org"}"#, r#"{"identifier":"j…@example.org"}"#),
        ("550 <bob@a.example> and carol@b.example: unknown", "550 <b…@a.example> and c…@b.example: unknown"),
        ("@@", "@@"),
        ("a@b@c", "a…@b…@c"),
    ] {
        assert_eq!(without_addresses(text), left);
    }
}
