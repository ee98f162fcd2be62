//! The page's websocket is at one replica, and the form's request reaches another: the ticket that comes of it is
//! redeemed where the websocket is, once. Two endpoints on one database, because only Python redeems tickets.

use std::sync::Arc;

use gatehouse::{
    config::{GateMode, Settings},
    endpoint::{Endpoint, RequestContext},
    gate::Gate,
    http::HostPolicy,
    session::Secret,
};
use gatehouse_protocol::{Challenge, LoginState, LoginStep, Password};
use tokio::net::TcpListener;

use crate::{
    house::{KEY, PASSWORD},
    postgres::Database,
};

async fn replica(database: &Database) -> (Arc<Endpoint>, Gate) {
    let settings = Settings {
        database: Some(database.url().into()),
        key: Some(Password::new(KEY)),
        gate: GateMode::Script,
        ..Settings::default()
    };
    let endpoint = Endpoint::open(settings).await.unwrap();
    endpoint.start();
    (endpoint.clone(), Gate::new(endpoint))
}

#[tokio::test(flavor = "multi_thread")]
async fn ticket_of_a_form_that_reached_another_replica() {
    let database = Database::make().await;
    let (first, here) = replica(&database).await;
    let (second, there) = replica(&database).await;
    let user = gatehouse::endpoint::NewUser {
        username: "alice".into(),
        email: None,
        verified: false,
        roles: Vec::new(),
        password: Password::new(PASSWORD),
        must_change: false,
    };
    first.add_user(user).await.unwrap();
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let policy = HostPolicy::new(first.settings(), port);
    let headers = [("host", format!("localhost:{port}")), ("origin", format!("http://localhost:{port}"))];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
    let socket = here.admit(&policy, None, &headers).await.unwrap().handle;
    let elsewhere = there.admit(&policy, None, &headers).await.unwrap().handle;
    let context = RequestContext {
        address: None,
        address_believed: false,
        user_agent: String::new(),
        session: None,
        device: None,
        browser: None,
        locale: "en".into(),
        app: None,
    };
    let ticket = async |challenge| {
        let step = LoginStep::Password {
            identifier: "alice".into(),
            password: Password::new(PASSWORD),
            keep: false,
            challenge: Some(challenge),
        };
        match second.login(&context, step).await.unwrap().state {
            LoginState::Complete { ticket } => Secret::received(ticket.unwrap().expose()),
            other => panic!("{other:?}"),
        }
    };
    let stolen = ticket(Challenge(here.challenge("s:0"))).await;
    assert!(there.redeem(&stolen, "s:0", &elsewhere).await.unwrap().is_none(), "another replica's verifier");
    let good = ticket(Challenge(here.challenge("s:1"))).await;
    let session = here.redeem(&good, "s:1", &socket).await.unwrap();
    assert_eq!(session.unwrap().identity.username.as_str(), "alice");
    assert!(here.redeem(&good, "s:1", &elsewhere).await.unwrap().is_none(), "a second time");
}
