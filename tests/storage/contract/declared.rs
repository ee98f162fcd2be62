//! People that settings declare.

use gatehouse::{
    identity::{Identity, Role, Source},
    storage::{ChangeKind, Conflict, Declaration, Declared, LinkKind, NewDeclared, NewIdentity, Storage},
};

use crate::kit::{
    Db, START, address, after, declaration, each_backend, new_declared, new_link, new_person_with,
    new_registration, password, role, token,
};

each_backend!(
    who_is_declared_is_an_identity_that_says_where_it_comes_from,
    the_same_declaration_again_changes_nothing,
    the_stored_hash_stays_while_the_settings_say_the_same,
    a_change_replaces_and_ends_every_session_and_link,
    who_is_missing_is_disabled_and_comes_back_as_the_same,
    two_apps_on_one_database_leave_each_other_alone,
    a_name_that_the_database_has_is_a_conflict,
    an_address_goes_from_one_to_the_other_in_one_step,
    an_address_that_somebody_confirmed_is_a_conflict,
    a_conflict_later_leaves_nobody_with_what_was_before,
    a_name_is_taken_from_who_only_waits_for_it,
    a_set_up_link_ends_where_people_are_declared,
);

async fn declare(db: &dyn Storage, app: &str, people: Vec<NewDeclared>) -> Declared {
    db.declare(&declaration(app, people), START).await.unwrap()
}

async fn named(db: &dyn Storage, name: &str) -> Identity {
    db.find_by_username(name).await.unwrap().unwrap().identity
}

fn admin(name: &str, written: &str) -> NewDeclared {
    NewDeclared { roles: vec![role(Role::ADMIN)], ..new_declared(name, written) }
}

async fn who_is_declared_is_an_identity_that_says_where_it_comes_from(db: Db) {
    let new = NewDeclared { email: Some(address("Ann@example.org")), ..admin("Ann", "one") };
    let done = declare(&*db, "a", vec![new.clone(), new_declared("bob", "two")]).await;
    assert_eq!((done.added.len(), done.changed.len(), done.removed.len()), (2, 0, 0));
    let record = db.find_by_email("ann@example.org").await.unwrap().unwrap();
    let ann = record.identity;
    assert_eq!((&ann.id, ann.username.as_str(), &ann.roles), (&new.id, "Ann", &new.roles));
    assert_eq!(record.password, Some(password("one")));
    assert!(!ann.disabled && !ann.must_change);
    assert_eq!(ann.email.as_ref().unwrap().verified_at, Some(START), "the operator knows it");
    assert_eq!(ann.source, Some(Source("settings:a".into())));
    assert_eq!(db.add_identity(crate::kit::new_person("carol")).await.unwrap().source, None);
    let listed = db.list_declared(&Source("settings:a".into())).await.unwrap();
    let names: Vec<_> = listed.iter().map(|record| record.identity.username.as_str()).collect();
    assert_eq!(names, ["Ann", "bob"]);
    assert_eq!((&listed[0].fingerprint, &listed[0].password), (&new.fingerprint, &password("one")));
}

async fn the_same_declaration_again_changes_nothing(db: Db) {
    declare(&*db, "a", vec![admin("ann", "one"), new_declared("bob", "two")]).await;
    let ann = named(&*db, "ann").await;
    let session = db.sign_in(&ann, "kept", START).await;
    let before = db.changes().await.len();
    let done = declare(&*db, "a", vec![admin("ann", "one"), new_declared("bob", "two")]).await;
    assert_eq!(done, Declared::default());
    assert!(db.lookup_session(&session).await.unwrap().is_some());
    assert_eq!((db.changes().await.len(), named(&*db, "ann").await), (before, ann));
}

/// A login may have raised the parameters of the hash: what another start made of the same words is no news.
async fn the_stored_hash_stays_while_the_settings_say_the_same(db: Db) {
    declare(&*db, "a", vec![new_declared("ann", "one")]).await;
    let ann = named(&*db, "ann").await;
    db.upgrade_hash(&ann.id, &password("one"), &password("upgraded")).await.unwrap();
    let stored = async || db.find_by_username("ann").await.unwrap().unwrap().password;
    declare(&*db, "a", vec![NewDeclared { password: password("other"), ..new_declared("ann", "one") }]).await;
    assert_eq!(stored().await, Some(password("upgraded")));
    declare(&*db, "a", vec![NewDeclared { password: password("other"), ..admin("ann", "one") }]).await;
    assert_eq!(stored().await, Some(password("upgraded")), "also where something else changed");
    declare(&*db, "a", vec![admin("ann", "two")]).await;
    assert_eq!(stored().await, Some(password("two")));
}

async fn a_change_replaces_and_ends_every_session_and_link(db: Db) {
    let with_email = |email: &str| NewDeclared { email: Some(address(email)), ..admin("ann", "two") };
    declare(&*db, "a", vec![new_declared("ann", "one"), new_declared("bob", "same")]).await;
    let bob = named(&*db, "bob").await;
    let kept = db.sign_in(&bob, "bob's", START).await;
    for new in [
        new_declared("ann", "two"),
        admin("ann", "two"),
        with_email("ann@example.org"),
        with_email("a@b.example"),
    ] {
        let ann = named(&*db, "ann").await;
        db.sign_in(&ann, "stale", START).await;
        db.link("reset", LinkKind::Recovery, Some(&ann.id)).await;
        let done = declare(&*db, "a", vec![new.clone(), new_declared("bob", "same")]).await;
        assert_eq!(done, Declared { changed: vec![ann.id.clone()], ..Declared::default() });
        assert!(db.find_session(token("stale")).await.unwrap().is_none());
        assert!(db.peek_link(token("reset"), LinkKind::Recovery, START).await.unwrap().is_none());
        let now = named(&*db, "ann").await;
        assert_eq!((now.id, now.roles), (ann.id.clone(), new.roles));
        assert_eq!(now.email.map(|email| email.address), new.email);
        assert_eq!(db.changes().await.last(), Some(&ChangeKind::IdentityChanged(ann.id)));
    }
    assert!(db.lookup_session(&kept).await.unwrap().is_some(), "whoever did not change stays");
}

async fn who_is_missing_is_disabled_and_comes_back_as_the_same(db: Db) {
    declare(&*db, "a", vec![admin("ann", "one"), new_declared("bob", "two")]).await;
    let ann = named(&*db, "ann").await;
    db.sign_in(&ann, "open", START).await;
    let done = declare(&*db, "a", vec![new_declared("bob", "two")]).await;
    assert_eq!(done, Declared { removed: vec![ann.id.clone()], ..Declared::default() });
    assert!(named(&*db, "ann").await.disabled);
    assert!(db.find_session(token("open")).await.unwrap().is_none());
    assert_eq!(db.changes().await.last(), Some(&ChangeKind::IdentityChanged(ann.id.clone())));
    assert!(!db.any_with_role(&role(Role::ADMIN)).await.unwrap());
    assert_eq!(declare(&*db, "a", vec![new_declared("bob", "two")]).await, Declared::default(), "once");

    let done = declare(&*db, "a", vec![admin("ANN", "one"), new_declared("bob", "two")]).await;
    assert_eq!(done, Declared { changed: vec![ann.id.clone()], ..Declared::default() });
    let back = named(&*db, "ann").await;
    assert_eq!((back.id, back.disabled, back.username.as_str()), (ann.id, false, "ANN"));
    declare(&*db, "a", Vec::new()).await;
    assert!(named(&*db, "ann").await.disabled && named(&*db, "bob").await.disabled);
}

async fn two_apps_on_one_database_leave_each_other_alone(db: Db) {
    declare(&*db, "a", vec![new_declared("ann", "one")]).await;
    declare(&*db, "b", vec![new_declared("bob", "two")]).await;
    let bob = named(&*db, "bob").await;
    let session = db.sign_in(&bob, "bob's", START).await;
    declare(&*db, "a", Vec::new()).await;
    assert!(named(&*db, "ann").await.disabled);
    assert!(!named(&*db, "bob").await.disabled);
    assert!(db.lookup_session(&session).await.unwrap().is_some());
    let done = declare(&*db, "a", vec![new_declared("Bob", "mine")]).await;
    let source = Some(Source("settings:b".into()));
    assert_eq!(done.conflicts, [Conflict::Username { username: "Bob".into(), source }]);
    assert_eq!(named(&*db, "bob").await, bob);
}

async fn a_name_that_the_database_has_is_a_conflict(db: Db) {
    let ann = db.person("ann").await;
    db.sign_in(&ann, "ann's", START).await;
    let people = || vec![admin("Ann", "one"), new_declared("bob", "two")];
    let conflict = Conflict::Username { username: "Ann".into(), source: None };
    let done = declare(&*db, "a", people()).await;
    assert_eq!(done.conflicts, std::slice::from_ref(&conflict));
    assert!(db.find_by_username("bob").await.unwrap().is_none(), "all or nothing");
    let some = Declaration { all_or_nothing: false, ..declaration("a", people()) };
    let done = db.declare(&some, START).await.unwrap();
    assert_eq!((done.conflicts, done.added.len()), (vec![conflict], 1));
    assert_eq!(named(&*db, "ann").await, ann, "nobody's account is taken over");
    assert!(db.find_session(token("ann's")).await.unwrap().is_some());
}

async fn an_address_goes_from_one_to_the_other_in_one_step(db: Db) {
    let with =
        |name: &str, email: &str| NewDeclared { email: Some(address(email)), ..new_declared(name, name) };
    declare(&*db, "a", vec![with("ann", "1@example.org"), with("bob", "2@example.org")]).await;
    let done = declare(&*db, "a", vec![with("ann", "2@example.org"), with("bob", "1@example.org")]).await;
    assert_eq!((done.changed.len(), done.conflicts.len()), (2, 0));
    let done = declare(&*db, "a", vec![with("carol", "2@example.org"), with("bob", "1@example.org")]).await;
    assert_eq!((done.added.len(), done.removed.len(), done.conflicts.len()), (1, 1, 0));
    let record = db.find_by_email("2@example.org").await.unwrap().unwrap();
    assert_eq!(record.identity.username.as_str(), "carol");
}

async fn an_address_that_somebody_confirmed_is_a_conflict(db: Db) {
    db.add_identity(new_person_with("ann", "ann@example.org", true)).await.unwrap();
    db.add_identity(new_person_with("eve", "bob@example.org", false)).await.unwrap();
    let with =
        |name: &str, email: &str| NewDeclared { email: Some(address(email)), ..new_declared(name, name) };
    let done = declare(&*db, "a", vec![with("carol", "ann@example.org")]).await;
    assert_eq!(done.conflicts, [Conflict::Email { username: "carol".into() }]);
    let done = declare(&*db, "a", vec![with("bob", "bob@example.org")]).await;
    assert_eq!(done.conflicts, [], "who only claimed it gives it back");
    assert_eq!(named(&*db, "eve").await.email, None);
}

/// The settings take a role away and make a mistake beside it: the role must not stay.
async fn a_conflict_later_leaves_nobody_with_what_was_before(db: Db) {
    db.add_identity(new_person_with("carol", "carol@example.org", true)).await.unwrap();
    declare(&*db, "a", vec![admin("ann", "one")]).await;
    let ann = named(&*db, "ann").await;
    db.sign_in(&ann, "admin's", START).await;
    let worse = NewDeclared { email: Some(address("carol@example.org")), ..new_declared("ann", "one") };
    let later = Declaration { all_or_nothing: false, ..declaration("a", vec![worse]) };
    let done = db.declare(&later, START).await.unwrap();
    assert_eq!((done.conflicts.len(), done.removed), (1, vec![ann.id]));
    assert!(named(&*db, "ann").await.disabled);
    assert!(db.find_session(token("admin's")).await.unwrap().is_none());
}

/// Otherwise whoever registers first, or only begins to, could keep the operator's people out.
async fn a_name_is_taken_from_who_only_waits_for_it(db: Db) {
    let (pending, mail) = new_registration("ann", "mallory@example.org");
    let id = pending.id.clone();
    db.add_registration(pending, mail).await.unwrap();
    db.add_link(new_link("verify", LinkKind::Verification, Some(&id))).await.unwrap();
    let done = declare(&*db, "a", vec![new_declared("Ann", "one")]).await;
    assert_eq!((done.added.len(), done.conflicts.len()), (1, 0));
    assert!(db.complete_registration(token("verify"), START).await.unwrap().is_none());
    assert!(db.find_registration("mallory@example.org", START).await.unwrap().is_none());
}

async fn a_set_up_link_ends_where_people_are_declared(db: Db) {
    db.link("setup", LinkKind::Setup, None).await;
    declare(&*db, "a", Vec::new()).await;
    assert!(db.peek_link(token("setup"), LinkKind::Setup, after(1)).await.unwrap().is_some(), "control");
    declare(&*db, "a", vec![new_declared("ann", "one")]).await;
    assert!(db.peek_link(token("setup"), LinkKind::Setup, after(1)).await.unwrap().is_none());
    let new = NewIdentity { roles: vec![role(Role::ADMIN)], ..crate::kit::new_person("eve") };
    let made = db.consume_for_identity(token("setup"), LinkKind::Setup, new, START).await.unwrap();
    assert!(made.is_none());
}
