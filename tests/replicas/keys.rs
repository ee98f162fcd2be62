//! A replica with another key does not start, until that key is the one.

use crate::{
    house::{House, place},
    kit::{errors, said},
    server::Server,
};

#[tokio::test(flavor = "multi_thread")]
async fn replica_with_another_key() {
    let house = House::open("").await;
    let new = said(&house.operator().run(&["key"]));
    let other = place(house.database.url(), new.trim(), "");
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["doctor"]] {
        let refused = other.run(arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        let sentence = errors(&refused) + &said(&refused);
        assert!(sentence.contains("each must have the same key"), "{sentence}");
    }
    assert_eq!(other.run(&["key", "--accept"]).status.code(), Some(0));
    drop(Server::start(&other));
    let old = house.operator().run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(old.status.code(), Some(1), "the old one is over");
    assert_eq!(house.operator().run(&["users", "list"]).status.code(), Some(0));
}
