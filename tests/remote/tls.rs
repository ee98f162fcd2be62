//! TLS between an app's process and its endpoint. What ends it has a certificate for `localhost` alone, by an authority of
//! its own; the key of an app goes to nobody else.

use gatehouse::config::Settings;
use gatehouse_protocol::Password;

use crate::{
    ending_tls::{self, file},
    kit::{House, Process},
};

/// An endpoint behind TLS, and where that ends.
async fn secured() -> (House, u16) {
    let (listener, port) = ending_tls::place().await;
    let public = format!("https://localhost:{port}");
    let house = House::open_with(|settings| settings.public_url = Some(public)).await;
    ending_tls::end(listener, house.address);
    (house, port)
}

/// An app that asks at this host, and believes this authority.
async fn app(house: &House, name: &str, endpoint: String, authority: Option<&str>) -> Process {
    let asks = |settings: &mut Settings| {
        settings.endpoint = Some(endpoint);
        settings.endpoint_ca = authority.map(file);
    };
    house.app_with(name, asks).await
}

#[tokio::test]
async fn the_right_authority_and_name_are_let_through() {
    let (house, port) = secured().await;
    let app = app(&house, "ledger", format!("https://localhost:{port}"), Some("ca.pem")).await;
    let cookie = app.sign_in("alice").await;
    assert!(app.lets_in(&cookie).await);
}

/// Somebody on the way presents a certificate that another authority signed: the key of the app is not sent, and nobody is
/// let in.
#[tokio::test]
async fn another_authority_is_refused() {
    let (house, port) = secured().await;
    let control = app(&house, "ledger", format!("https://localhost:{port}"), Some("ca.pem")).await;
    let cookie = control.sign_in("alice").await;
    for authority in [Some("other-ca.pem"), None] {
        let same = house.process("ledger", &control.key, |settings| {
            settings.endpoint = Some(format!("https://localhost:{port}"));
            settings.endpoint_ca = authority.map(file);
        });
        assert!(same.enter(&cookie).await.is_none(), "{authority:?}");
    }
    assert!(control.lets_in(&cookie).await);
}

/// The right authority, and a name that the certificate does not say.
#[tokio::test]
async fn another_name_is_refused() {
    let (house, port) = secured().await;
    let other = app(&house, "ledger", format!("https://127.0.0.1:{port}"), Some("ca.pem")).await;
    let reply = other.ask(other.request("POST", "/_gatehouse/login"), &crate::kit::login("alice")).await;
    assert_eq!((reply.status.as_u16(), &*reply.code()), (503, "unavailable"));
}

/// A file without certificates is a mistake that is told at the start, and not a reason to believe the public ones.
#[test]
fn a_file_without_certificates_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "nothing of the kind").unwrap();
    for path in [empty, folder.path().join("missing.pem")] {
        let settings = Settings {
            endpoint: Some("https://auth.example.org".into()),
            endpoint_ca: Some(path.clone()),
            app_key: Some(Password::new("ledger.0123abcd.".to_owned() + &"A".repeat(43))),
            public_url: Some("https://app.example.org".into()),
            ..Settings::default()
        };
        let error = gatehouse::remote::RemoteEndpoint::new(settings).unwrap_err();
        assert!(error.to_string().contains("endpoint_ca"), "{}: {error}", path.display());
    }
}
