//! Links that make an identity, and what every link has in common.

use gatehouse::{
    identity::Role,
    storage::{LinkKind, NewIdentity, NewLink, StorageError},
};

use crate::kit::{
    Db, START, address, after, each_backend, new_link, new_person, new_person_with, role, token,
};

each_backend!(
    a_link_comes_back_as_it_was_added,
    a_link_is_looked_at_without_being_used,
    a_new_setup_link_replaces_the_earlier,
    an_invitation_makes_one_identity,
    setup_ends_when_there_is_an_administrator,
    a_refused_name_leaves_the_link_usable,
    a_link_does_only_what_its_kind_says,
);

async fn a_link_comes_back_as_it_was_added(db: Db) {
    let link = NewLink {
        email: Some(address("Ann@Example.org")),
        mailed: true,
        roles: vec![role("a"), role("b")],
        ..new_link("link", LinkKind::Invitation, None)
    };
    db.add_link(link.clone()).await.unwrap();
    let found = db.peek_link(token("link"), LinkKind::Invitation, START).await.unwrap().unwrap();
    assert_eq!(format!("{found:?}"), format!("{link:?}"));
}

async fn a_link_is_looked_at_without_being_used(db: Db) {
    db.link("link", LinkKind::Invitation, None).await;
    for _ in 0..2 {
        assert!(db.peek_link(token("link"), LinkKind::Invitation, after(1799)).await.unwrap().is_some());
    }
    assert!(db.peek_link(token("link"), LinkKind::Invitation, after(1800)).await.unwrap().is_none());
    assert!(db.peek_link(token("link"), LinkKind::Setup, START).await.unwrap().is_none());
    assert!(db.peek_link(token("kink"), LinkKind::Invitation, START).await.unwrap().is_none());
}

async fn a_new_setup_link_replaces_the_earlier(db: Db) {
    db.link("invitation", LinkKind::Invitation, None).await;
    let setup = async |name, at| {
        let link = new_link(name, LinkKind::Setup, None);
        db.add_link(NewLink { created_at: after(at), expires_at: after(at + 1800), ..link }).await.unwrap();
    };
    let holds = async |name| db.peek_link(token(name), LinkKind::Setup, after(60)).await.unwrap().is_some();
    setup("first", 0).await;
    setup("together", 59).await;
    assert!(holds("first").await && holds("together").await, "replicas that start together");
    setup("later", 60).await;
    assert!(!holds("first").await && holds("together").await && holds("later").await);
    assert!(db.peek_link(token("invitation"), LinkKind::Invitation, START).await.unwrap().is_some());
}

async fn an_invitation_makes_one_identity(db: Db) {
    db.link("link", LinkKind::Invitation, None).await;
    let consume =
        |name: &str, now| db.consume_for_identity(token("link"), LinkKind::Invitation, new_person(name), now);
    assert!(consume("late", after(1800)).await.unwrap().is_none());
    assert_eq!(consume("ann", after(1799)).await.unwrap().unwrap().username.as_str(), "ann");
    assert!(consume("bob", START).await.unwrap().is_none());
    assert!(db.find_by_username("bob").await.unwrap().is_none());
}

async fn setup_ends_when_there_is_an_administrator(db: Db) {
    db.link("link", LinkKind::Setup, None).await;
    let admin = NewIdentity { roles: vec![role(Role::ADMIN)], ..new_person("ann") };
    let ann = db.add_identity(admin).await.unwrap();
    let consume = |name: &str| {
        let new = NewIdentity { roles: vec![role(Role::ADMIN)], ..new_person(name) };
        db.consume_for_identity(token("link"), LinkKind::Setup, new, START)
    };
    assert!(consume("bob").await.unwrap().is_none());
    assert!(db.find_by_username("bob").await.unwrap().is_none());
    db.set_disabled(&ann.id, true, START).await.unwrap();
    assert!(consume("bob").await.unwrap().is_some());
    assert!(consume("carl").await.unwrap().is_none());
}

async fn a_refused_name_leaves_the_link_usable(db: Db) {
    db.add_identity(new_person_with("ann", "ann@example.org", true)).await.unwrap();
    db.link("link", LinkKind::Invitation, None).await;
    let consume = |new| db.consume_for_identity(token("link"), LinkKind::Invitation, new, START);
    assert!(matches!(consume(new_person("ANN")).await, Err(StorageError::UsernameTaken)));
    let same_address = new_person_with("bob", "ann@example.org", true);
    assert!(matches!(consume(same_address).await, Err(StorageError::EmailTaken)));
    assert!(consume(new_person("bob")).await.unwrap().is_some());
}

async fn a_link_does_only_what_its_kind_says(db: Db) {
    let ann = db.person("ann").await;
    db.link("reset", LinkKind::Recovery, Some(&ann.id)).await;
    db.link("invitation", LinkKind::Invitation, None).await;
    let identity = |text, kind| db.consume_for_identity(token(text), kind, new_person("bob"), START);
    assert!(identity("reset", LinkKind::Invitation).await.unwrap().is_none());
    assert!(identity("invitation", LinkKind::Setup).await.unwrap().is_none());
    assert!(matches!(identity("reset", LinkKind::Recovery).await, Err(StorageError::Corrupt(_))));
    let hash = crate::kit::password("second");
    let password = |text, kind| db.consume_for_password(token(text), kind, &hash, START);
    assert!(password("invitation", LinkKind::Recovery).await.unwrap().is_none());
    assert!(password("reset", LinkKind::MustChange).await.unwrap().is_none());
    assert!(matches!(password("invitation", LinkKind::Invitation).await, Err(StorageError::Corrupt(_))));
    assert!(db.find_by_username("bob").await.unwrap().is_none());
}
