//! URLs that are refused, and secrets that are not told.

use gatehouse::storage::postgres::DatabaseUrl;

const SECRET: &str = "hunter2secret";

fn refusal(url: &str) -> String {
    DatabaseUrl::parse(url).map(|url| format!("{url} was taken")).unwrap_err().to_string()
}

/// Whoever sits between reads and changes everything: off this machine there is no weaker mode.
#[test]
fn off_this_machine_a_weaker_mode_is_refused() {
    for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
        let url = format!("postgres://ann:{SECRET}@db.example.org/gatehouse?sslmode={mode}");
        let said = refusal(&url);
        assert!(said.contains(&format!("sslmode={mode}")) && said.contains("verify-full"), "{said}");
        assert!(!said.contains(SECRET));
        DatabaseUrl::parse(&url.replace("db.example.org", "127.0.0.1")).unwrap();
        // The host may be named in a parameter, too.
        refusal(&format!("postgres://ann@127.0.0.1/gatehouse?sslmode={mode}&host=db.example.org"));
    }
    for host in ["db.example.org", "10.0.0.1", "[2001:db8::1]", "localhost.example.org"] {
        assert!(
            !DatabaseUrl::parse(&format!("postgres://ann@{host}/gatehouse")).unwrap().is_local(),
            "{host}"
        );
    }
    for host in ["localhost", "127.0.0.1", "127.8.0.1", "[::1]", "%2Fvar%2Frun%2Fpostgresql"] {
        assert!(
            DatabaseUrl::parse(&format!("postgres://ann@{host}/gatehouse")).unwrap().is_local(),
            "{host}"
        );
    }
}

#[test]
fn a_url_that_is_none_says_what_to_write() {
    assert!(refusal("mysql://ann@localhost/x").contains("postgres://"));
    assert!(refusal(&format!("postgres://ann:{SECRET}/@[")).contains("postgres://USER:PASSWORD@HOST"));
    assert!(refusal("postgres://localhost/x?sslmode=full").contains("verify-full"));
    assert!(refusal("postgres://localhost/x?hostaddr=x").contains("address"));
}

/// A parameter that is written wrongly may be the password: its value is neither logged nor said.
#[test]
fn no_secret_is_told() {
    for url in [
        format!("postgres://ann:{SECRET}@localhost/gatehouse?passwrod={SECRET}"),
        format!("postgres://ann:{SECRET}@localhost/gatehouse?sslmode={SECRET}"),
        format!("postgres://ann:{SECRET}@localhost/gatehouse?port={SECRET}"),
        format!("postgres://ann:{SECRET}@localhost:99999/gatehouse"),
        format!("mysql://ann:{SECRET}@localhost/gatehouse"),
    ] {
        assert!(!refusal(&url).contains(SECRET), "{}", refusal(&url));
    }
    for url in [
        format!("postgres://ann:{SECRET}@localhost:5433/gatehouse"),
        format!("postgres://ann@localhost:5433/gatehouse?password={SECRET}"),
    ] {
        let url = DatabaseUrl::parse(&url).unwrap();
        assert_eq!(url.to_string(), "postgres://localhost:5433/gatehouse");
        assert!(!format!("{url:?}").contains(SECRET));
    }
}
