//! People of the settings, one password for everybody, and people whom a proxy names.

use super::*;

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
