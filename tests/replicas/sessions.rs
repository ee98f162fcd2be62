//! A session begins at one replica and holds at all; where one ends it, it is over at all within a second.

use serde_json::json;

use crate::house::{House, PASSWORD, SOON, closed};

#[tokio::test(flavor = "multi_thread")]
async fn every_step_at_another_replica() {
    let house = House::open("").await;
    house.add("alice", &["--role", "admin"]);
    let session = house.sign_in("alice");
    assert_eq!(house.is_signed_in(&session), [true; 3]);
    let change = json!({"current": PASSWORD, "new": "eight loud geese"});
    let changed = house.next().post("/_gatehouse/password", &session, &change);
    assert!(changed.starts_with("HTTP/1.1 200"), "{changed}");
    assert_eq!(house.is_signed_in(&session), [true; 3], "the session that asked goes on");
    assert!(house.login("alice", PASSWORD).contains("credentials_rejected"));
    let out = house.next().post("/_gatehouse/logout", &session, &json!(null));
    assert!(out.contains("signed_out"), "{out}");
    tokio::time::sleep(SOON).await;
    assert_eq!(house.is_signed_in(&session), [false; 3]);
}

/// Websockets through all replicas; what ends the session happens elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn what_ends_a_session_at_one_replica_closes_its_websockets_at_all() {
    let house = House::in_front().await;
    house.add("bob", &[]);
    let bob = house.sign_in("bob");
    let mut others = house.sockets(&bob).await;
    for (name, ends) in [
        ("anna", "disable"),
        ("berta", "roles"),
        ("carla", "revoke"),
        ("dora", "delete"),
        ("emma", "logout"),
        ("frida", "password"),
    ] {
        house.add(name, &[]);
        let session = house.sign_in(name);
        let sockets = house.sockets(&session).await;
        match ends {
            "roles" => house.command(&["users", "roles", name, "editor"]),
            "delete" => house.command(&["users", "delete", name, "--yes"]),
            "logout" => {
                let out = house.next().post("/_gatehouse/logout", &session, &json!(null));
                assert!(out.contains("signed_out"), "{out}");
            }
            "password" => {
                let other = house.sign_in(name);
                let change = json!({"current": PASSWORD, "new": "eight loud geese"});
                let changed = house.next().post("/_gatehouse/password", &other, &change);
                assert!(changed.starts_with("HTTP/1.1 200"), "{changed}");
            }
            command => house.command(&["users", command, name]),
        }
        closed(sockets).await;
        assert_eq!(house.is_signed_in(&session), [false; 3], "{ends}");
    }
    for socket in &mut others {
        socket.echo(b"control").await;
    }
}
