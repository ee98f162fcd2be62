//! `gatehouse serve` on good days.

use std::time::Duration;

use gatehouse::storage::{MetaRepository as _, sqlite::SqliteStorage};
use serde_json::json;

use crate::{
    kit::{Place, said},
    server::Server,
};

#[test]
fn the_endpoint_alone_makes_its_database_and_prints_the_set_up_link() {
    let place = Place::empty();
    let first = Server::start(&place);
    assert!(first.link.starts_with("http://localhost:") && first.link.contains("/_gatehouse/#setup="));
    assert!(place.path().join(".gatehouse/gatehouse.db").exists());
    for (path, has) in [
        ("/_gatehouse/health", "200 OK"),
        ("/_gatehouse/config", "\"registration\":\"closed\""),
        ("/openapi.json", "\"/_gatehouse/login\""),
        ("/metrics", "200 OK"),
        ("/elsewhere", "404"),
    ] {
        let answer = first.get(path);
        assert!(answer.contains(has), "{path}: {answer}");
    }
    let link = first.link.clone();
    drop(first);
    assert_ne!(Server::start(&place).link, link, "the link is replaced at each start");
}

/// Behind a proxy that nobody named everybody seems to come from one address. The doctor learns it from the server,
/// until the settings name the proxy.
#[test]
fn the_doctor_sees_a_proxy_that_nobody_named() {
    let place = Place::empty();
    let server = Server::start(&place);
    assert!(server.get("/_gatehouse/session").contains("anonymous"));
    assert!(!said(&place.run(&["doctor"])).contains("proxy at"), "control");
    let forwarded = server.get_with("/_gatehouse/session", "X-Forwarded-For: 203.0.113.9\r\n");
    assert!(forwarded.contains("anonymous"), "{forwarded}");
    let mut doctor = place.run(&["doctor"]);
    for _ in 0..100 {
        if said(&doctor).contains("proxy at") {
            break;
        }
        // Events are written in the background.
        std::thread::sleep(Duration::from_millis(200));
        doctor = place.run(&["doctor"]);
    }
    assert!(said(&doctor).contains("write trusted_proxies = [\"127.0.0.1\"]"), "{}", said(&doctor));
    assert_eq!(doctor.status.code(), Some(1));
    place.set("trusted_proxies = [\"127.0.0.0/8\"]\n");
    let mended = place.run(&["doctor"]);
    assert_eq!(mended.status.code(), Some(0), "{}", said(&mended));
}

/// Events are written in the background; stopping writes the last ones.
#[tokio::test]
async fn what_happened_just_before_a_stop_is_written() {
    let place = Place::empty();
    let server = Server::start(&place);
    let step = json!({
        "step": "password", "identifier": "nobody", "password": "wrong", "keep": false, "challenge": null
    });
    let answer = server.post("/_gatehouse/login", "", &step);
    assert!(answer.contains("credentials_rejected"), "{answer}");
    server.stop();
    let storage = SqliteStorage::open_existing(&place.path().join(".gatehouse/gatehouse.db")).await.unwrap();
    assert!(storage.latest_audit("login.rejected").await.unwrap().is_some());
}
