//! Links that replace a password.

use gatehouse::{
    identity::Identity,
    storage::{ChangeKind, LinkKind, NewIdentity, NewLink},
};

use crate::kit::{
    Db, START, address, after, each_backend, new_link, new_person, new_person_with, password, token,
};

each_backend!(
    a_reset_replaces_the_password_and_ends_every_session,
    a_reset_ends_every_other_way_to_set_the_password,
    a_reset_by_mail_confirms_the_address,
    a_reset_handed_over_confirms_nothing,
    a_reset_mailed_to_an_address_that_moved_on_is_refused,
    a_reset_of_a_disabled_identity_is_refused,
    an_expired_reset_is_refused,
    a_must_change_link_lifts_the_duty,
);

fn mailed(text: &str, whose: &Identity, to: &str) -> NewLink {
    NewLink { email: Some(address(to)), mailed: true, ..new_link(text, LinkKind::Recovery, Some(&whose.id)) }
}

async fn reset(db: &Db, text: &str) -> Option<Identity> {
    db.consume_for_password(token(text), LinkKind::Recovery, &password("second"), after(9)).await.unwrap()
}

/// The attacker keeps a session, the owner resets the password: that session is dead.
async fn a_reset_replaces_the_password_and_ends_every_session(db: Db) {
    let ann = db.person("ann").await;
    db.sign_in(&ann, "stolen", START).await;
    db.link("reset", LinkKind::Recovery, Some(&ann.id)).await;
    assert_eq!(reset(&db, "reset").await, Some(ann.clone()));
    assert!(db.find_session(token("stolen")).await.unwrap().is_none());
    assert_eq!(db.find_by_username("ann").await.unwrap().unwrap().password, Some(password("second")));
    assert!(db.changes().await.contains(&ChangeKind::IdentityChanged(ann.id)));
    assert!(reset(&db, "reset").await.is_none());
}

async fn a_reset_ends_every_other_way_to_set_the_password(db: Db) {
    let ann = db.person("ann").await;
    let bob = db.person("bob").await;
    db.link("one", LinkKind::Recovery, Some(&ann.id)).await;
    db.link("two", LinkKind::Recovery, Some(&ann.id)).await;
    db.link("must", LinkKind::MustChange, Some(&ann.id)).await;
    db.link("his", LinkKind::Recovery, Some(&bob.id)).await;
    assert!(reset(&db, "one").await.is_some());
    assert!(reset(&db, "two").await.is_none());
    assert!(db.peek_link(token("must"), LinkKind::MustChange, START).await.unwrap().is_none());
    assert!(reset(&db, "his").await.is_some());
}

async fn a_reset_by_mail_confirms_the_address(db: Db) {
    let ann = db.add_identity(new_person_with("ann", "Ann@example.org", false)).await.unwrap();
    let eve = db.add_identity(new_person_with("eve", "ann@example.org", false)).await.unwrap();
    db.add_link(mailed("reset", &ann, "ann@example.org")).await.unwrap();
    let after_reset = reset(&db, "reset").await.unwrap();
    assert_eq!(after_reset.email.unwrap().verified_at, Some(after(9)));
    assert!(db.lookup_identity(&eve.id).await.unwrap().unwrap().email.is_none());
    assert!(db.changes().await.contains(&ChangeKind::IdentityChanged(eve.id)));
}

async fn a_reset_handed_over_confirms_nothing(db: Db) {
    let ann = db.add_identity(new_person_with("ann", "ann@example.org", false)).await.unwrap();
    let link = NewLink { mailed: false, ..mailed("reset", &ann, "ann@example.org") };
    db.add_link(link).await.unwrap();
    assert_eq!(reset(&db, "reset").await.unwrap().email.unwrap().verified_at, None);
}

async fn a_reset_mailed_to_an_address_that_moved_on_is_refused(db: Db) {
    let eve = db.add_identity(new_person_with("eve", "ann@example.org", false)).await.unwrap();
    db.add_link(mailed("reset", &eve, "ann@example.org")).await.unwrap();
    db.add_identity(new_person_with("ann", "ann@example.org", true)).await.unwrap();
    assert!(reset(&db, "reset").await.is_none());
    assert_eq!(db.find_by_username("eve").await.unwrap().unwrap().password, Some(password("first")));
}

async fn a_reset_of_a_disabled_identity_is_refused(db: Db) {
    let ann = db.person("ann").await;
    db.set_disabled(&ann.id, true, START).await.unwrap();
    db.link("reset", LinkKind::Recovery, Some(&ann.id)).await;
    assert!(reset(&db, "reset").await.is_none());
    assert_eq!(db.find_by_username("ann").await.unwrap().unwrap().password, Some(password("first")));
}

async fn an_expired_reset_is_refused(db: Db) {
    let ann = db.person("ann").await;
    let link = new_link("reset", LinkKind::Recovery, Some(&ann.id));
    db.add_link(NewLink { expires_at: after(9), ..link }).await.unwrap();
    assert!(reset(&db, "reset").await.is_none());
}

async fn a_must_change_link_lifts_the_duty(db: Db) {
    let new = NewIdentity { must_change: true, ..new_person("ann") };
    let ann = db.add_identity(new).await.unwrap();
    db.link("must", LinkKind::MustChange, Some(&ann.id)).await;
    let changed = db
        .consume_for_password(token("must"), LinkKind::MustChange, &password("own"), START)
        .await
        .unwrap()
        .unwrap();
    assert!(ann.must_change && !changed.must_change);
}
