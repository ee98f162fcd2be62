//! A provider whose certificate an authority of its own signed.

use std::path::PathBuf;

use gatehouse::config::ProviderSettings;

use crate::{
    ending_tls::{self, file},
    kit::{App, app, provider},
    rogue::Rogue,
};

/// The lying provider behind TLS, at `localhost`.
async fn behind_tls() -> Rogue {
    let mut rogue = Rogue::up().await;
    let plain = rogue.issuer.strip_prefix("http://").unwrap().parse().unwrap();
    let (listener, port) = ending_tls::place().await;
    ending_tls::end(listener, plain);
    rogue.issuer = format!("https://localhost:{port}");
    rogue.describes(|_| ());
    rogue
}

async fn believing(rogue: &Rogue, ca: Option<PathBuf>) -> App {
    app(ProviderSettings { ca, ..provider(&rogue.issuer) }).await
}

#[tokio::test]
async fn an_authority_that_the_settings_name_vouches_for_it() {
    let rogue = behind_tls().await;
    let app = believing(&rogue, Some(file("ca.pem"))).await;
    rogue.signs_in(&app, |_| ()).await.expect_signed_in("/");
}

/// Whoever is on the way answers in the provider's place, with a certificate of his own.
#[tokio::test]
async fn another_authority_is_refused() {
    let rogue = behind_tls().await;
    for ca in [None, Some(file("other-ca.pem"))] {
        let app = believing(&rogue, ca).await;
        app.visit("/_gatehouse/provider/company", &[]).await.expect_refused("provider_unavailable");
    }
    assert!(rogue.asked("/.well-known/openid-configuration").is_empty());
}

/// The right authority, and a name that the certificate does not say.
#[tokio::test]
async fn another_name_is_refused() {
    let mut rogue = behind_tls().await;
    rogue.issuer = rogue.issuer.replace("localhost", "127.0.0.1");
    rogue.describes(|_| ());
    let app = believing(&rogue, Some(file("ca.pem"))).await;
    app.visit("/_gatehouse/provider/company", &[]).await.expect_refused("provider_unavailable");
}
