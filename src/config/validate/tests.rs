mod people;
mod remote;

use gatehouse_protocol::Password;

use super::*;
use crate::config::{PasswordProfile, SmtpSecurity, UserSettings};

fn refused(change: impl FnOnce(&mut Settings)) -> Vec<String> {
    let mut settings = Settings::default();
    change(&mut settings);
    validate(&mut settings, &|path| format!("`{path}` in gatehouse.toml"))
}

#[track_caller]
fn says(change: impl FnOnce(&mut Settings), path: &str, instead: &str) {
    let wrong = refused(change);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].starts_with(&format!("`{path}` in gatehouse.toml")), "{}", wrong[0]);
    assert!(wrong[0].contains(instead), "{}", wrong[0]);
}

#[test]
fn the_defaults_are_safe() {
    assert_eq!(refused(|_| ()), Vec::<String>::new());
}

#[test]
fn plain_http_off_this_machine_is_refused_unless_allowed() {
    let url = |text: &str| Some(text.to_owned());
    says(
        |s| s.public_url = url("http://app.example.org"),
        "public_url",
        "`public_url = \"https://app.example.org\"`",
    );
    assert!(refused(|s| s.public_url = url("http://localhost:8501")).is_empty());
    assert!(
        refused(|s| {
            s.public_url = url("http://app.example.org");
            s.allow_insecure_http = true;
        })
        .is_empty()
    );
}

#[test]
fn wildcards_are_refused_wherever_they_stand() {
    says(|s| s.public_url = Some("https://*.example.org".into()), "public_url", "wildcard");
    says(|s| s.trusted_proxies = vec!["*".into()], "trusted_proxies", "wildcard");
    says(|s| s.trusted_proxies = vec!["0.0.0.0/0".into()], "trusted_proxies", "every address");
    says(|s| s.registration_domains = vec!["*.example.org".into()], "registration_domains", "wildcard");
}

#[test]
fn other_origins_are_named_exactly() {
    for text in
        ["*", "https://*.example.org", "'unsafe-inline'", "https:", "tiles.example.org", "https://a.b/c"]
    {
        says(|s| s.csp_sources = vec![text.into()], "csp_sources", "`csp_sources = [\"https://");
        says(|s| s.frame_ancestors = vec![text.into()], "frame_ancestors", "`frame_ancestors = [\"https://");
    }
    says(|s| s.csp_sources = vec!["http://localhost:9000".into()], "csp_sources", "begin with `https://`");
    says(|s| s.csp_sources = vec!["https://a;b".into()], "csp_sources", "no host name has");
    says(|s| s.frame_ancestors = vec!["http://portal.example.org".into()], "frame_ancestors", "https://");
    let mut settings = Settings {
        csp_sources: vec!["https://Tiles.Example.org/".into()],
        frame_ancestors: vec!["http://localhost:3000".into()],
        ..Settings::default()
    };
    assert_eq!(validate(&mut settings, &|path| path.to_owned()), Vec::<String>::new());
    assert_eq!(settings.csp_sources, ["https://tiles.example.org"]);
}

/// Whoever is named here may draw around the sign-in page, and the cookie for it needs https.
#[test]
fn who_may_embed_is_named_exactly_and_comes_over_https() {
    let public = |s: &mut Settings, text: &str| {
        s.public_url = Some("https://app.example.org".into());
        s.embed_origins = vec![text.into()];
    };
    for text in ["*", "https://*.example.org", "'self'", "https:", "portal.example.org", "https://a.b/c"] {
        says(|s| public(s, text), "embed_origins", "`embed_origins = [\"https://");
    }
    for text in ["http://portal.example.org", "http://localhost:3000", "http://127.0.0.1"] {
        says(|s| public(s, text), "embed_origins", "begin with `https://`");
    }
    let insecure = |s: &mut Settings| {
        s.public_url = Some("http://app.example.org".into());
        s.allow_insecure_http = true;
        s.embed_origins = vec!["https://portal.example.org".into()];
    };
    says(insecure, "embed_origins", "over https alone");
    for (url, portal) in [
        (None, "http://127.0.0.1:3000"),
        (None, "https://portal.example.org"),
        (Some("http://localhost:8501"), "http://localhost:3000"),
        (Some("https://app.example.org"), "https://Portal.Example.org/"),
    ] {
        let mut settings = Settings {
            public_url: url.map(Into::into),
            embed_origins: vec![portal.into()],
            ..Settings::default()
        };
        assert_eq!(
            validate(&mut settings, &|path| path.to_owned()),
            Vec::<String>::new(),
            "{url:?} {portal}"
        );
        assert_eq!(settings.embed_origins, [portal.to_lowercase().trim_end_matches('/')]);
    }
}

#[test]
fn a_database_that_nobody_knows_is_refused() {
    for text in ["/tmp/a.db", "sqlite:", "sqlite::memory:"] {
        says(|s| s.database = Some(text.into()), "database", "sqlite:/var/lib");
    }
    says(
        |s| s.database = Some("postgres://app@db".into()),
        "database",
        "postgres://gatehouse@db.example.org",
    );
    says(|s| s.database_connections = 1, "database_connections", "from 2 to");
}

/// Each of them with a key of its own would take the devices and counters of the others for nobody's.
#[test]
fn replicas_without_a_key_that_they_share_are_refused() {
    let postgres = |s: &mut Settings| s.database = Some("postgres://app@db/gatehouse".into());
    says(postgres, "database", "gatehouse key");
    let keyed = |s: &mut Settings| s.key = Some(Password::new("A".repeat(43)));
    let mut settings = Settings::default();
    postgres(&mut settings);
    keyed(&mut settings);
    assert_eq!(validate(&mut settings, &str::to_owned), Vec::<String>::new());
    says(|s| s.key = Some(Password::new("hunter2")), "key", "gatehouse key");
    says(
        |s| {
            keyed(s);
            s.key_file = Some("/etc/gatehouse.key".into());
        },
        "key",
        "one of the two",
    );
}

#[test]
fn a_database_on_another_machine_that_nobody_verifies_is_refused() {
    let on = |text: &'static str| {
        move |s: &mut Settings| {
            s.database = Some(text.into());
            s.key = Some(Password::new("A".repeat(43)));
        }
    };
    let insecure = on("postgres://app:hunter2@db/gatehouse?sslmode=require");
    says(insecure, "database", "sslmode=verify-full");
    for text in ["postgres://app@db/gatehouse", "postgres://app@127.0.0.1/gatehouse?sslmode=disable"] {
        let mut settings = Settings::default();
        on(text)(&mut settings);
        assert_eq!(validate(&mut settings, &str::to_owned), Vec::<String>::new());
    }
    let mut settings = Settings { allow_insecure_database: true, ..Settings::default() };
    insecure(&mut settings);
    assert_eq!(validate(&mut settings, &str::to_owned), Vec::<String>::new());
}

#[test]
fn domains_without_a_domain_and_admins_by_registration_are_refused() {
    says(|s| s.registration = RegistrationMode::Domains, "registration", "registration_domains");
    says(
        |s| {
            s.registration = RegistrationMode::Open;
            s.registration_roles = vec!["admin".into()];
        },
        "registration_roles",
        "administrator",
    );
    says(|s| s.registration_roles = vec!["two words".into()], "registration_roles", "letters");
}

#[test]
fn single_addresses_are_enough_and_brought_into_one_form() {
    let mut settings = Settings {
        registration: RegistrationMode::Domains,
        registration_addresses: vec![" Ann.Lee@Example.ORG ".into()],
        ..Settings::default()
    };
    assert_eq!(validate(&mut settings, &str::to_owned), Vec::<String>::new());
    assert_eq!(settings.registration_addresses, ["ann.lee@example.org"]);
    for wrong in ["*@example.org extra", "example.org", "@example.org", ""] {
        let set = |s: &mut Settings| s.registration_addresses = vec![wrong.into()];
        says(set, "registration_addresses", "[\"ann@example.org\"]");
    }
}

#[test]
fn weak_or_endless_numbers_are_refused() {
    says(|s| s.password.argon2_memory = 8, "password.argon2_memory", "7168");
    says(|s| s.password.argon2_time = 1, "password.argon2_memory", "19456");
    says(|s| s.limits.account_attempts = 1000, "limits.account_attempts", "100");
    says(|s| s.session.keep_ttl = 401 * DAY, "session.keep_ttl", "34560000");
    says(|s| s.session.idle_ttl = 2 * DAY, "session.idle_ttl", "at most 86400");
}

#[test]
fn mail_in_clear_text_and_without_a_sender_is_refused() {
    let host = |s: &mut Settings, host: &str| {
        s.mail.smtp_host = Some(host.to_owned());
        s.mail.from = Some("App <noreply@example.org>".to_owned());
        s.mail.smtp_security = SmtpSecurity::None;
    };
    says(|s| host(s, "mail.example.org"), "mail.smtp_security", "starttls");
    assert!(refused(|s| host(s, "127.0.0.1")).is_empty());
    says(
        |s| {
            host(s, "localhost");
            s.mail.from = None;
        },
        "mail.smtp_host",
        "`from = ",
    );
    says(
        |s| {
            host(s, "localhost");
            s.mail.smtp_username = Some("me".to_owned());
        },
        "mail.smtp_username",
        "smtp_password",
    );
    says(|s| s.mail.from = Some("a@b.example\r\nBcc: c@d.example".to_owned()), "mail.from", "sender");
}

#[test]
fn the_hardened_profile_asks_fifteen() {
    let mut settings = Settings::default();
    assert_eq!(settings.min_password(), 8);
    settings.password.profile = PasswordProfile::Hardened;
    assert_eq!(settings.min_password(), 15);
}
