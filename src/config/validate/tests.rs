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

fn user(settings: &mut Settings, name: &str, password: &str) {
    let user = UserSettings { password: Password::new(password), roles: Vec::new(), email: None };
    settings.users.insert(name.to_owned(), user);
}

#[test]
fn people_who_could_not_sign_in_are_refused() {
    says(|s| user(s, "a@b", "quiet harbor"), "users.a@b", "username");
    says(
        |s| {
            user(s, "alice", "quiet harbor");
            user(s, "Alice", "loud harbor");
        },
        "users.alice",
        "looks like \"Alice\"",
    );
    for (password, reason) in [
        ("", "is empty"),
        ("$2b$12$K3JNi5xUQEcyHMdZ9fNMmuZmY2Ll0aTzzPZYzVpYbZBSK3wyMJiXa", "kind"),
        ("$6$rounds=5000$salt$hash", "kind"),
        ("$argon2i$v=19$m=16,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "kind"),
        ("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ", "cut"),
        ("$argon2id$v=19$m=900000000,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA", "cost"),
    ] {
        says(|s| user(s, "alice", password), "users.alice.password", reason);
        says(|s| s.shared_password = Some(Password::new(password)), "shared_password", "gatehouse hash");
    }
    says(|s| user(s, "alice", &"x".repeat(1025)), "users.alice.password", "1024");
    for good in [
        "$ecret",
        "$a b$c",
        "$",
        "x",
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
    ] {
        assert_eq!(refused(|s| user(s, "alice", good)), Vec::<String>::new(), "{good}");
    }
    let with = |s: &mut Settings, change: fn(&mut UserSettings)| {
        user(s, "alice", "quiet harbor");
        change(s.users.get_mut("alice").unwrap());
    };
    says(|s| with(s, |u| u.roles = vec!["two words".into()]), "users.alice.roles", "role");
    says(|s| with(s, |u| u.email = Some("alice".into())), "users.alice.email", "e-mail");
    says(
        |s| {
            with(s, |u| u.email = Some("a@example.org".into()));
            user(s, "bob", "loud harbor");
            s.users.get_mut("bob").unwrap().email = Some("A@Example.org".into());
        },
        "users.bob.email",
        "\"alice\"",
    );
}

#[test]
fn one_password_beside_what_would_go_past_it_is_refused() {
    let shared = |s: &mut Settings| s.shared_password = Some(Password::new("quiet harbor"));
    assert!(refused(shared).is_empty());
    says(|s| s.shared_username = Some("team".into()), "shared_username", "no password");
    let both = |s: &mut Settings| {
        shared(s);
        user(s, "alice", "loud harbor");
    };
    says(both, "shared_password", "username = \"team\"");
    assert!(
        refused(|s| {
            both(s);
            s.shared_username = Some("team".into());
        })
        .is_empty()
    );
    says(
        |s| {
            both(s);
            s.shared_username = Some("ALICE".into());
        },
        "shared_username",
        "[users.alice]",
    );
    says(
        |s| {
            shared(s);
            s.registration = RegistrationMode::Open;
        },
        "registration",
        "closed",
    );
    says(
        |s| {
            shared(s);
            s.registration = RegistrationMode::Invite;
        },
        "registration",
        "closed",
    );
    assert!(
        refused(|s| {
            shared(s);
            s.shared_username = Some("team".into());
            s.registration = RegistrationMode::Invite;
        })
        .is_empty()
    );
}

#[test]
fn a_header_that_everybody_could_send_is_refused() {
    let named = |settings: &mut Settings| settings.trusted_header.name = Some("X-Auth-Name".into());
    says(named, "trusted_header.name", "from = [");
    says(|s| s.trusted_header.from = vec!["10.0.0.7".into()], "trusted_header.from", "name = ");
    let from = |change: fn(&mut Settings)| {
        move |s: &mut Settings| {
            named(s);
            s.trusted_header.from = vec!["10.0.0.7".into()];
            change(s);
        }
    };
    assert!(refused(from(|_| ())).is_empty());
    says(from(|s| s.trusted_header.from = vec!["0.0.0.0/0".into()]), "trusted_header.from", "every address");
    says(
        from(|s| s.trusted_header.secret = Some(Password::new("short"))),
        "trusted_header.secret",
        "16 characters",
    );
    says(from(|s| s.trusted_header.email = Some("x_auth_name".into())), "trusted_header.email", "already");
    for taken in ["Cookie", "host", "X-Gatehouse-User", "two words", ""] {
        says(
            |s| {
                from(|_| ())(s);
                s.trusted_header.groups = Some(taken.into());
            },
            "trusted_header.groups",
            "can't be that header",
        );
    }
}

/// Settings of an app whose endpoint is elsewhere; `written` are the settings that stand in a file.
fn refused_beside_remote(written: &[&str], change: impl FnOnce(&mut Settings)) -> Vec<String> {
    let mut settings = Settings {
        endpoint: Some("https://auth.example.org/".into()),
        app_key: Some(Password::new(format!("ledger.00ff.{}", "a".repeat(43)))),
        public_url: Some("https://ledger.example.org".into()),
        ..Settings::default()
    };
    change(&mut settings);
    let wrong = validate(&mut settings, &|path| {
        if written.contains(&path) {
            format!("`{path}` in gatehouse.toml")
        } else {
            format!("`{path}` (not set)")
        }
    });
    assert!(wrong.iter().all(|sentence| !sentence.contains("aaaa")), "a key is quoted: {wrong:?}");
    wrong
}

#[test]
fn what_belongs_to_a_remote_endpoint_is_refused_beside_it() {
    assert_eq!(refused_beside_remote(&["gate", "public_url"], |_| ()), Vec::<String>::new());
    for path in
        ["database", "mail.smtp_host", "users", "registration", "shared_password", "trusted_header.name"]
    {
        let wrong = refused_beside_remote(&[path], |_| ());
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].contains(path) && wrong[0].contains("remove it here"), "{}", wrong[0]);
    }
}

#[test]
fn a_remote_endpoint_needs_a_key_an_address_and_tls() {
    let one = |change: fn(&mut Settings), hint: &str| {
        let wrong = refused_beside_remote(&[], change);
        assert!(wrong.len() == 1 && wrong[0].contains(hint), "{hint}: {wrong:?}");
    };
    one(|s| s.endpoint = Some("http://auth.example.org".into()), "clear text");
    one(|s| s.endpoint = Some("https://auth.example.org/login".into()), "more than scheme, host and port");
    one(|s| s.app_key = None, "GATEHOUSE_APP_KEY");
    one(|s| s.app_key = Some(Password::new("ledger.00ff.aaaa")), "no key of an app");
    one(|s| s.public_url = None, "`public_url`");
    let script = |s: &mut Settings| (s.gate, s.single_sign_on) = (crate::config::GateMode::Script, true);
    one(script, "single_sign_on");
    assert!(refused_beside_remote(&[], |s| s.endpoint = Some("http://127.0.0.1:8766".into())).is_empty());
    says(|s| s.app_key = Some(Password::new("x")), "app_key", "`endpoint = \"https://auth.example.org\"`");
}
