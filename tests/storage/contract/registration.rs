//! Registrations that wait for their address.

use gatehouse::storage::{ChangeKind, LinkKind, NewLink, PendingRegistration, StorageError};

use crate::kit::{
    Db, START, after, each_backend, new_link, new_person, new_person_with, new_registration, password, role,
    token,
};

each_backend!(
    a_registration_waits_with_its_mail,
    a_waiting_registration_reserves_its_name_and_nothing_else,
    a_refused_registration_queues_no_mail,
    the_newest_registration_for_an_address_is_found,
    the_link_makes_the_identity_once,
    confirming_ends_every_other_registration_for_the_address,
    an_expired_link_or_registration_makes_nobody,
    a_link_of_another_kind_makes_nobody,
    an_address_that_was_confirmed_meanwhile_is_refused,
    a_link_for_a_registration_that_is_over_is_refused,
);

fn verification(text: &str, of: &PendingRegistration) -> NewLink {
    NewLink {
        email: Some(of.email.clone()),
        mailed: true,
        ..new_link(text, LinkKind::Verification, Some(&of.id))
    }
}

async fn a_registration_waits_with_its_mail(db: Db) {
    let (pending, mail) = new_registration("Ann", "Ann@Example.org");
    db.add_registration(pending.clone(), mail.clone()).await.unwrap();
    let found = db.find_registration("ann@example.org", START).await.unwrap().unwrap();
    assert_eq!(format!("{found:?}"), format!("{pending:?}"));
    assert_eq!(found.password, password("chosen"));
    let queued = db.claim_mail(START, std::time::Duration::from_mins(1)).await.unwrap().unwrap();
    assert_eq!((queued.mail.id, queued.mail.context), (mail.id, pending.id.0));
    assert!(db.find_by_username("ann").await.unwrap().is_none());
}

async fn a_waiting_registration_reserves_its_name_and_nothing_else(db: Db) {
    let (pending, mail) = new_registration("ann", "ann@example.org");
    db.add_registration(pending, mail).await.unwrap();
    let (same_name, mail) = new_registration("ANN", "other@example.org");
    let refused = db.add_registration(same_name, mail).await;
    assert!(matches!(refused, Err(StorageError::UsernameTaken)));
    let (same_address, mail) = new_registration("anna", "ann@example.org");
    db.add_registration(same_address, mail).await.unwrap();
    let (mut late, mail) = new_registration("ann", "other@example.org");
    (late.created_at, late.expires_at) = (after(3600), after(7200));
    db.add_registration(late, mail).await.unwrap();
}

async fn a_refused_registration_queues_no_mail(db: Db) {
    db.person("ann").await;
    let (pending, mail) = new_registration("Ann", "ann@example.org");
    assert!(matches!(db.add_registration(pending, mail).await, Err(StorageError::UsernameTaken)));
    assert_eq!(db.mail_backlog().await.unwrap(), (0, None));
    assert!(db.find_registration("ann@example.org", START).await.unwrap().is_none());
}

async fn the_newest_registration_for_an_address_is_found(db: Db) {
    for (name, at) in [("ann", 0), ("anna", 20), ("anne", 10)] {
        let (mut pending, mail) = new_registration(name, "ann@example.org");
        pending.created_at = after(at);
        db.add_registration(pending, mail).await.unwrap();
    }
    let found = db.find_registration("ann@example.org", after(30)).await.unwrap().unwrap();
    assert_eq!(found.username.as_str(), "anna");
    assert!(db.find_registration("ann@example.org", after(3600)).await.unwrap().is_none());
}

async fn the_link_makes_the_identity_once(db: Db) {
    let (pending, mail) = new_registration("Ann", "ann@example.org");
    db.add_registration(pending.clone(), mail).await.unwrap();
    db.add_link(verification("link", &pending)).await.unwrap();
    let ann = db.complete_registration(token("link"), after(60)).await.unwrap().unwrap();
    assert_eq!((&ann.id, ann.username.as_str()), (&pending.id, "Ann"));
    assert_eq!(ann.roles, [role("member")]);
    let email = ann.email.clone().unwrap();
    assert_eq!((email.address, email.verified_at), (pending.email, Some(after(60))));
    let record = db.find_by_email("ann@example.org").await.unwrap().unwrap();
    assert_eq!((record.identity, record.password), (ann, Some(password("chosen"))));
    assert!(db.complete_registration(token("link"), after(60)).await.unwrap().is_none());
    assert!(db.find_registration("ann@example.org", after(60)).await.unwrap().is_none());
}

async fn confirming_ends_every_other_registration_for_the_address(db: Db) {
    let (evil, mail) = new_registration("evil", "ann@example.org");
    db.add_registration(evil.clone(), mail).await.unwrap();
    db.add_link(verification("evil", &evil)).await.unwrap();
    let (pending, mail) = new_registration("ann", "ann@example.org");
    db.add_registration(pending.clone(), mail).await.unwrap();
    db.add_link(verification("link", &pending)).await.unwrap();
    let claimed = db.add_identity(new_person_with("carl", "ann@example.org", false)).await.unwrap();
    db.complete_registration(token("link"), START).await.unwrap().unwrap();
    assert!(db.complete_registration(token("evil"), START).await.unwrap().is_none());
    assert!(db.find_registration("ann@example.org", START).await.unwrap().is_none());
    assert_eq!(db.mail_backlog().await.unwrap().0, 0, "no mail brings a link to what is over");
    assert!(db.lookup_identity(&claimed.id).await.unwrap().unwrap().email.is_none());
    assert_eq!(db.changes().await, [ChangeKind::IdentityChanged(claimed.id)]);
    db.add_identity(new_person("evil")).await.unwrap();
}

async fn an_expired_link_or_registration_makes_nobody(db: Db) {
    let (mut pending, mail) = new_registration("ann", "ann@example.org");
    pending.expires_at = after(600);
    db.add_registration(pending.clone(), mail).await.unwrap();
    db.add_link(verification("long", &pending)).await.unwrap();
    db.add_link(NewLink { expires_at: after(60), ..verification("short", &pending) }).await.unwrap();
    assert!(db.complete_registration(token("short"), after(60)).await.unwrap().is_none());
    assert!(db.complete_registration(token("long"), after(600)).await.unwrap().is_none());
    assert!(db.find_by_username("ann").await.unwrap().is_none());
    assert!(db.complete_registration(token("long"), after(599)).await.unwrap().is_some());
}

async fn a_link_of_another_kind_makes_nobody(db: Db) {
    let ann = db.person("ann").await;
    db.link("reset", LinkKind::Recovery, Some(&ann.id)).await;
    db.link("invitation", LinkKind::Invitation, None).await;
    for text in ["reset", "invitation", "unknown"] {
        assert!(db.complete_registration(token(text), START).await.unwrap().is_none());
    }
    assert!(db.peek_link(token("reset"), LinkKind::Recovery, START).await.unwrap().is_some());
}

async fn an_address_that_was_confirmed_meanwhile_is_refused(db: Db) {
    let (pending, mail) = new_registration("ann", "ann@example.org");
    db.add_registration(pending.clone(), mail).await.unwrap();
    db.add_link(verification("link", &pending)).await.unwrap();
    let owner = db.add_identity(new_person_with("anna", "ann@example.org", true)).await.unwrap();
    let refused = db.complete_registration(token("link"), START).await;
    assert!(matches!(refused, Err(StorageError::EmailTaken)));
    assert_eq!(db.find_by_email("ann@example.org").await.unwrap().unwrap().identity, owner);
    assert!(db.find_by_username("ann").await.unwrap().is_none());
}

async fn a_link_for_a_registration_that_is_over_is_refused(db: Db) {
    let (pending, _) = new_registration("ann", "ann@example.org");
    let refused = db.add_link(verification("link", &pending)).await;
    assert!(matches!(refused, Err(StorageError::IdentityChanged)));
    let ann = db.person("ann").await;
    db.delete_identity(&ann.id, START).await.unwrap();
    let refused = db.add_link(new_link("reset", LinkKind::Recovery, Some(&ann.id))).await;
    assert!(matches!(refused, Err(StorageError::IdentityChanged)));
}
