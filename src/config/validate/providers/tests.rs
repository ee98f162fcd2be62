use gatehouse_protocol::Password;

use super::check;
use crate::config::{ProviderKind, ProviderSettings, Settings};

fn proper() -> ProviderSettings {
    ProviderSettings {
        issuer: Some("https://id.example.org".into()),
        client_id: Some("app".into()),
        client_secret: Some(Password::new("s")),
        ..ProviderSettings::default()
    }
}

fn refused(name: &str, one: ProviderSettings) -> Vec<String> {
    let mut settings = Settings::default();
    settings.providers.insert(name.into(), one);
    let mut wrong = Vec::new();
    check(&mut settings, &|path| format!("`{path}`"), &mut wrong);
    wrong
}

#[track_caller]
fn says(one: ProviderSettings, part: &str) {
    let wrong = refused("company", one);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains(part), "{}", wrong[0]);
}

fn of(kind: ProviderKind) -> ProviderSettings {
    ProviderSettings { kind, issuer: None, ..proper() }
}

#[test]
fn a_proper_one_is_taken() {
    assert_eq!(refused("company", proper()), Vec::<String>::new());
    let here = ProviderSettings { issuer: Some("http://127.0.0.1:9000/realm".into()), ..proper() };
    assert_eq!(refused("company", here), Vec::<String>::new());
    for kind in [ProviderKind::Google, ProviderKind::Gitlab, ProviderKind::Github, ProviderKind::Amazon] {
        assert_eq!(refused("company", of(kind)), Vec::<String>::new());
    }
    let own = ProviderSettings { tenant: Some("7f-ab".into()), ..of(ProviderKind::Microsoft) };
    assert_eq!(own.issuer().as_deref(), Some("https://login.microsoftonline.com/7f-ab/v2.0"));
    assert_eq!(refused("company", own), Vec::<String>::new());
}

/// Its name stands in an address, and in the name of a variable.
#[test]
fn a_name_that_no_address_has() {
    for name in ["", "Company", "a b", "a/b", "ä", &"a".repeat(33)] {
        assert_eq!(refused(name, proper()).len(), 1, "{name}");
    }
}

#[test]
fn an_issuer_that_anybody_could_speak_for() {
    for issuer in ["http://id.example.org", "http://10.0.0.1", "ftp://id.example.org"] {
        says(ProviderSettings { issuer: Some(issuer.into()), ..proper() }, "https");
    }
    for issuer in
        ["", "id.example.org", "https://id.example.org/?x=1", "https://a@id.example.org", "https://"]
    {
        says(ProviderSettings { issuer: Some(issuer.into()), ..proper() }, "is no address");
    }
    says(of(ProviderKind::Oidc), "issuer = ");
    says(of(ProviderKind::Keycloak), "issuer = ");
    says(of(ProviderKind::Okta), "tenant = ");
}

/// Anybody can make a directory of his own there, and give people in it any address.
#[test]
fn a_directory_of_everybody() {
    for tenant in ["common", "organizations", "consumers"] {
        says(
            ProviderSettings { tenant: Some(tenant.into()), ..of(ProviderKind::Microsoft) },
            "no directory in particular",
        );
    }
    says(
        ProviderSettings { tenant: Some("evil.example/x?".into()), ..of(ProviderKind::Okta) },
        "`providers.company.tenant`",
    );
    says(ProviderSettings { tenant: Some("x".into()), ..proper() }, "Mend or remove it");
}

#[test]
fn what_is_missing_or_there_twice() {
    says(ProviderSettings { client_id: None, ..proper() }, "client_id");
    says(ProviderSettings { client_secret: None, ..proper() }, "no secret");
    says(ProviderSettings { client_secret: Some(Password::new(" ")), ..proper() }, "is empty");
    let file = Some(std::path::PathBuf::from("/nowhere/at/all"));
    says(ProviderSettings { client_secret: None, client_secret_file: file, ..proper() }, "is no file");
    says(ProviderSettings { groups_claim: Some("groups".into()), ..proper() }, "go together");
    says(ProviderSettings { scopes: vec!["email".into()], ..proper() }, "\"openid\"");
    says(ProviderSettings { domains: vec!["*.example.org".into()], ..proper() }, "no mail domain");
    let apple = ProviderSettings {
        apple_team: Some("T".into()),
        apple_key_id: Some("K".into()),
        ..of(ProviderKind::Apple)
    };
    says(apple, "https addresses alone");
}
