//! An endpoint elsewhere.

use super::*;

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
