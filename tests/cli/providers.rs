//! What `gatehouse doctor` says of those who can say who somebody is.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
};

use serde_json::json;

use crate::kit::{Place, said};

/// A provider that describes itself and has no keys; as what it answers for an address.
fn provider(calls_itself: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let issuer = if calls_itself.is_empty() { address.clone() } else { calls_itself.to_owned() };
    let at = |path: &str| format!("{address}{path}");
    let document = json!({
        "issuer": issuer, "authorization_endpoint": at("/auth"), "token_endpoint": at("/token"), "jwks_uri": at("/keys"),
    });
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            let read = stream.read(&mut head).unwrap();
            let keys = head[..read].starts_with(b"GET /keys");
            let body = if keys { json!({"keys": []}) } else { document.clone() }.to_string();
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    address
}

fn section(name: &str, issuer: &str) -> String {
    format!(
        "[providers.{name}]\nissuer = \"{issuer}\"\nclient_id = \"news\"\nclient_secret = \"swordfish\"\n"
    )
}

#[tokio::test]
async fn the_doctor_asks_every_provider_and_says_what_to_register() {
    let place = Place::started().await;
    let company = provider("");
    let github = "[providers.hub]\nkind = \"github\"\nclient_id = \"news\"\nclient_secret = \"swordfish\"\n";
    place.set(&format!("{}{github}", section("company", &company)));
    let good = place.run(&["doctor"]);
    assert_eq!(good.status.code(), Some(0), "{}", said(&good));
    let register = "register http://localhost:8501/_gatehouse/provider/callback";
    assert!(said(&good).contains(&format!("company: {company} answers; {register}/company there")));
    assert!(
        said(&good)
            .contains(&format!("hub: https://github.com is asked when somebody comes; {register}/hub"))
    );
    assert!(said(&good).contains("the port that `gatehouse run` prints"));
    // Where people reach the app, and a secret that nobody sees.
    place.set(&format!("public_url = \"http://localhost:9000\"\n{}", section("company", &company)));
    let known = said(&place.run(&["doctor"]));
    assert!(
        known.contains("register http://localhost:9000/_gatehouse/provider/callback/company there"),
        "{known}"
    );
    assert!(!known.contains("the port that") && !known.contains("swordfish"), "{known}");
}

#[tokio::test]
async fn the_doctor_says_why_a_provider_can_not_be_asked() {
    let place = Place::started().await;
    let other = provider("https://id.example.org");
    for (issuer, why) in [("http://127.0.0.1:9", "it can't be reached"), (&other, "it is not believed")] {
        place.set(&section("company", issuer));
        let bad = place.run(&["doctor"]);
        assert_eq!(bad.status.code(), Some(1), "{}", said(&bad));
        assert!(said(&bad).contains(&format!("company: {issuer}: {why}")), "{}", said(&bad));
        assert!(said(&bad).contains("One thing to mend."), "{}", said(&bad));
    }
}

#[tokio::test]
async fn authorities_of_a_provider_are_a_file_with_certificates() {
    let place = Place::started().await;
    let with = |file: &str| format!("{}ca = \"{file}\"\n", section("company", "https://id.example.org"));
    place.set(&with("nowhere.pem"));
    assert!(place.refused(&["users", "list"], "").contains("which is no file"));
    std::fs::write(place.path().join("empty.pem"), "").unwrap();
    place.set(&with("empty.pem"));
    let bad = place.run(&["doctor"]);
    assert!(said(&bad).contains("empty.pem: there is none"), "{}", said(&bad));
    assert!(place.refused(&["serve", "--listen", "127.0.0.1:0"], "").contains("there is none"));
}
