//! The promises of ARCHITECTURE.md, read from the source: who may name whom, who knows what, and that its paths exist.

#![expect(clippy::unwrap_used, reason = "a test that can't go on stops")]

mod source;

use std::fs;

use source::{imports, named_modules, root, sources};

/// What each module of the endpoint may name. A new arrow is a decision: it stands here and in ARCHITECTURE.md.
const ARROWS: [(&str, &[&str]); 25] = [
    ("clock", &[]),
    ("entropy", &[]),
    ("tls", &[]),
    ("identity", &["clock"]),
    ("config", &["identity", "session"]),
    ("telemetry", &["config"]),
    ("keys", &["entropy"]),
    ("session", &["clock", "entropy", "identity"]),
    ("factor", &["clock", "config", "entropy", "identity", "session", "telemetry"]),
    ("storage", &["clock", "entropy", "factor", "identity", "session", "telemetry"]),
    ("flow", &["clock", "config", "factor", "identity", "session", "storage"]),
    ("limit", &["clock", "config", "identity", "keys", "storage", "telemetry"]),
    ("audit", &["clock", "identity", "session", "storage"]),
    ("mail", &["config", "storage"]),
    (
        "endpoint",
        &[
            "audit",
            "clock",
            "config",
            "entropy",
            "factor",
            "flow",
            "identity",
            "keys",
            "limit",
            "mail",
            "provider",
            "session",
            "sms",
            "storage",
            "telemetry",
        ],
    ),
    ("provider", &["clock", "config", "flow", "identity", "storage", "tls"]),
    ("sms", &["clock", "config", "provider"]),
    ("peer", &["clock", "identity", "session"]),
    ("http", &["config", "endpoint", "entropy", "keys", "peer", "session", "storage", "telemetry"]),
    ("gate", &["config", "endpoint", "http", "identity", "session", "storage", "telemetry"]),
    ("proxy", &["clock", "endpoint", "gate", "http", "identity", "session", "telemetry"]),
    ("remote", &["clock", "config", "endpoint", "entropy", "http", "peer", "session", "storage", "tls"]),
    (
        "cli",
        &[
            "clock",
            "config",
            "endpoint",
            "entropy",
            "factor",
            "http",
            "identity",
            "keys",
            "mail",
            "provider",
            "proxy",
            "session",
            "storage",
            "telemetry",
        ],
    ),
    ("main", &[]),
    ("lib", &[]),
];

#[test]
fn imports_run_one_way() {
    let found = imports();
    for (module, named) in &found {
        let (_, allowed) = ARROWS
            .iter()
            .find(|(name, _)| name == module)
            .unwrap_or_else(|| panic!("{module} is new: say in ARROWS what it may name"));
        for name in named {
            assert!(allowed.contains(&name.as_str()), "{module} must not name {name}");
        }
    }
    for (module, _) in ARROWS {
        assert!(found.contains_key(module), "{module} is gone: take it out of ARROWS");
    }
}

#[test]
fn an_arrow_that_is_not_allowed_is_seen() {
    let named = named_modules(
        "use crate::{http::{Host, answer::Answer}, storage::Storage};\nlet x = crate::gate::Gate;",
    );
    assert_eq!(named.into_iter().collect::<Vec<_>>(), ["gate", "http", "storage"]);
}

#[test]
fn only_http_knows_axum_and_only_storage_knows_sql() {
    for source in sources("src") {
        let knows = |word: &str| source.code.contains(word);
        assert!(source.path.starts_with("src/http/") || !knows("axum::"), "{} knows axum", source.path);
        assert!(source.path.starts_with("src/storage/") || !knows("sqlx::"), "{} knows SQL", source.path);
    }
}

#[test]
fn the_pure_modules_do_no_io_and_read_no_clock() {
    const IMPURE: [&str; 8] = [
        "std::fs",
        "std::net::Tcp",
        "tokio::fs",
        "tokio::net",
        "tokio::time",
        "SystemTime",
        "Instant::now",
        "getrandom",
    ];
    for folder in ["src/identity", "src/flow", "src/session", "protocol/src"] {
        for source in sources(folder) {
            for word in IMPURE {
                assert!(!source.code.contains(word), "{} uses {word}", source.path);
            }
        }
    }
}

#[test]
fn the_browser_knows_the_protocol_alone() {
    let own = |manifest: &str| {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        let names = text
            .lines()
            .filter(|line| line.starts_with("gatehouse"))
            .map(|line| line.split(['.', ' ', '=']).next().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(own("protocol/Cargo.toml"), Vec::<String>::new());
    assert_eq!(own("frontend/Cargo.toml"), ["gatehouse-protocol"]);
    assert_eq!(own("component/Cargo.toml"), ["gatehouse"]);
}

#[test]
fn the_architecture_page_is_short_and_its_paths_exist() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(page.lines().count() < 120, "ARCHITECTURE.md has grown beyond a page or two");
    let paths: Vec<&str> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|text| {
            text.contains('/') && !text.contains([' ', '(', '*', '{', '<', ':']) && !text.starts_with('/')
        })
        .collect();
    assert!(paths.len() > 20, "only {} paths were found in ARCHITECTURE.md", paths.len());
    for path in paths {
        assert!(root().join(path).exists(), "ARCHITECTURE.md names {path}, which is not there");
    }
}
