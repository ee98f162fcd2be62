use super::*;

fn postgres(text: &str) -> PostgresUrl {
    match Database::parse(text) {
        Ok(Database::Postgres(url)) => url,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn files_and_servers_are_told_apart() {
    for text in ["sqlite:/var/a.db", "sqlite:///var/a.db"] {
        assert_eq!(Database::parse(text).unwrap(), Database::Sqlite("/var/a.db".into()));
    }
    for text in ["postgres://app@db/gatehouse", "postgresql://app@db:5433/gatehouse"] {
        postgres(text);
    }
}

#[test]
fn what_is_wrong_is_answered_by_what_to_write() {
    for (text, says) in [
        ("/tmp/a.db", "no database that this release knows"),
        ("mysql://app@db/gatehouse", "no database that this release knows"),
        ("sqlite:", "names no file"),
        ("sqlite::memory:", "names no file"),
        ("postgres://app@db", "names no database"),
        ("postgres://app@db/", "names no database"),
        ("postgres://db/gatehouse", "names no user"),
        ("postgres:///gatehouse", "names no user"),
        ("postgres://app:hunter#2@db/gatehouse", "percent code"),
        ("postgres://app:hunter/2@db/gatehouse", "percent code"),
        ("postgres://app:hunter2@db/gatehouse?tls=hunter2", "option \"tls\" that is not known"),
        ("postgres://app@db/gatehouse?sslmode=on", "sslmode=verify-full"),
    ] {
        let sentence = Database::parse(text).unwrap_err();
        assert!(sentence.contains(says), "{text}: {sentence}");
        assert!(!sentence.contains("hunter"), "{sentence}");
        assert!(sentence.contains('`'), "{sentence}");
    }
}

#[test]
fn the_password_is_shown_nowhere() {
    for text in [
        "postgres://app:hunter2@db.example.org:5433/gatehouse?sslmode=verify-full",
        "postgres://app@db.example.org:5433/gatehouse?password=hunter2",
    ] {
        let url = postgres(text);
        assert!(url.expose().contains("hunter2"));
        assert_eq!(url.to_string(), "postgres://app@db.example.org:5433/gatehouse");
        let written = DatabaseText::from(text);
        for shown in [format!("{url:?}"), format!("{written:?}"), format!("{:?}", Database::Postgres(url))] {
            assert!(!shown.contains("hunter2") && shown.contains("db.example.org"), "{shown}");
        }
    }
    assert_eq!(format!("{:?}", DatabaseText::from("postgres://app:hunter2")), "DatabaseText(…)");
}

#[test]
fn the_way_to_another_machine_is_verified() {
    for (text, insecure, ends) in [
        ("postgres://app@db/gatehouse", false, "?sslmode=verify-full"),
        ("postgres://app@db/gatehouse?", false, "&sslmode=verify-full"),
        ("postgres://app@db/gatehouse?sslrootcert=/etc/ca.pem", false, "&sslmode=verify-full"),
        ("postgres://app@db/gatehouse?sslmode=verify-full", false, "sslmode=verify-full"),
        ("postgres://app@db/gatehouse?sslmode=verify-ca", true, "verify-ca"),
        ("postgres://app@db/gatehouse?sslmode=require", true, "require"),
        ("postgres://app@db/gatehouse?sslmode=disable", true, "disable"),
        ("postgres://app@127.0.0.1/gatehouse", false, "/gatehouse"),
        ("postgres://app@[::1]/gatehouse?sslmode=disable", false, "disable"),
        ("postgres://app@localhost/gatehouse", false, "/gatehouse"),
        ("postgres://app@x/gatehouse?host=/var/run/postgresql", false, "postgresql"),
    ] {
        let url = postgres(text);
        assert_eq!(url.is_insecure(), insecure, "{text}");
        assert!(url.expose().ends_with(ends), "{}", url.expose());
    }
}
