use std::collections::BTreeSet;

use super::*;

const OPENING: &str = "<!-- made by `UPDATE=1 cargo test the_table_of_metrics`; don't edit -->\n\n";
const CLOSING: &str = "\n<!-- end -->";

#[test]
fn the_table_of_metrics_in_docs_is_this_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/observability.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(OPENING).unwrap();
    let (table, after) = rest.split_once(CLOSING).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, [before, OPENING, &markdown(), CLOSING, after].concat()).unwrap();
    } else {
        assert!(
            table == markdown(),
            "docs/observability.md is stale: run UPDATE=1 cargo test the_table_of_metrics"
        );
    }
}

#[test]
fn names_are_ours_and_say_what_they_count() {
    let names: BTreeSet<&str> = ALL.iter().map(|metric| metric.name).collect();
    assert_eq!(names.len(), ALL.len());
    for metric in ALL {
        assert!(metric.name.starts_with("gatehouse_"), "{}", metric.name);
        assert_eq!(metric.name.ends_with("_total"), metric.kind == Kind::Counter, "{}", metric.name);
        if metric.kind == Kind::Histogram {
            assert!(metric.name.ends_with("_seconds"), "{}", metric.name);
        }
    }
}

#[test]
fn statuses_become_labels() {
    assert_eq!((status_of(200), status_of(503), status_of(299)), ("200", "503", "other"));
    assert_eq!((class_of(204), class_of(308), class_of(429), class_of(503)), ("2xx", "3xx", "4xx", "5xx"));
}
