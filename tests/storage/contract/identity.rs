//! Identities and their passwords.

use gatehouse::{
    factor::password::{BcryptCost, PasswordHash},
    identity::{IdentityId, Role},
    session::AppName,
    storage::{App, ChangeKind, IdentityFilter, LegacyHashes, LinkKind, NewIdentity, StorageError},
};

use crate::kit::{
    Db, START, after, each_backend, new_mail, new_person, new_person_with, new_registration, new_session,
    password, role, token,
};

each_backend!(
    an_identity_comes_back_as_it_was_added,
    a_name_is_taken_once_whatever_its_case_width_or_script,
    a_confirmed_address_is_taken_once,
    a_claimed_address_goes_to_who_confirms_it,
    payloads_are_only_text,
    identities_are_listed_in_order_in_pages_and_by_role,
    a_disabled_administrator_is_none,
    a_new_password_ends_every_session_but_one_and_every_link,
    a_password_changed_in_an_app_keeps_the_sign_in_that_the_app_has_it_from,
    a_password_change_by_a_session_that_is_over_is_refused,
    a_hash_is_upgraded_only_while_it_is_the_same,
    legacy_hashes_are_counted_by_cost_until_they_are_replaced,
    new_roles_end_every_session,
    disabling_ends_every_session_and_link_and_enabling_none,
    deleting_takes_everything_along,
    what_is_unknown_stays_unknown,
);

async fn an_identity_comes_back_as_it_was_added(db: Db) {
    let mut new = new_person_with("Jürgen", "Juergen@Example.org", true);
    new.roles = vec![role("member"), role("admin"), role("member")];
    new.must_change = true;
    let added = db.add_identity(new.clone()).await.unwrap();
    assert_eq!((added.id.clone(), added.created_at), (new.id.clone(), START));
    assert_eq!((added.username.as_str(), &added.email), ("Jürgen", &new.email));
    assert_eq!(added.roles, [role("admin"), role("member")]);
    assert!(added.must_change && !added.disabled);
    assert_eq!(db.lookup_identity(&new.id).await.unwrap().as_ref(), Some(&added));
    let by_name = db.find_by_username(new.username.folded()).await.unwrap().unwrap();
    assert_eq!((&by_name.identity, &by_name.password), (&added, &Some(password("first"))));
    let by_email = db.find_by_email("juergen@example.org").await.unwrap().unwrap();
    assert_eq!(by_email.identity, added);
}

async fn a_name_is_taken_once_whatever_its_case_width_or_script(db: Db) {
    db.person("paul").await;
    for same in ["paul", "PAUL", "ｐａｕｌ", "раul"] {
        let refused = db.add_identity(new_person(same)).await;
        assert!(matches!(refused, Err(StorageError::UsernameTaken)), "{same}");
    }
    let (pending, mail) = new_registration("quentin", "q@example.org");
    db.add_registration(pending, mail).await.unwrap();
    let refused = db.add_identity(new_person("Quentin")).await;
    assert!(matches!(refused, Err(StorageError::UsernameTaken)), "a waiting registration reserves its name");
    let later = NewIdentity { created_at: after(3600), ..new_person("Quentin") };
    db.add_identity(later).await.unwrap();
}

async fn a_confirmed_address_is_taken_once(db: Db) {
    db.add_identity(new_person_with("ann", "ann@example.org", true)).await.unwrap();
    for verified in [true, false] {
        let refused = db.add_identity(new_person_with("eve", "ANN@EXAMPLE.org", verified)).await;
        assert!(matches!(refused, Err(StorageError::EmailTaken)));
    }
    assert!(db.find_by_username("eve").await.unwrap().is_none());
}

/// The trojan identifier: an address that somebody only claimed must not stay on their account when its owner comes.
async fn a_claimed_address_goes_to_who_confirms_it(db: Db) {
    let eve = db.add_identity(new_person_with("eve", "ann@example.org", false)).await.unwrap();
    let mallory = new_person_with("mallory", "ann@example.org", false);
    db.add_identity(NewIdentity { created_at: after(1), ..mallory }).await.unwrap();
    assert_eq!(db.find_by_email("ann@example.org").await.unwrap().unwrap().identity, eve.clone());
    let ann = db.add_identity(new_person_with("ann", "ann@example.org", true)).await.unwrap();
    assert_eq!(db.find_by_email("ann@example.org").await.unwrap().unwrap().identity, ann);
    assert_eq!(db.lookup_identity(&eve.id).await.unwrap().unwrap().email, None);
    let changes = db.changes().await;
    assert_eq!(changes.len(), 2);
    assert!(changes.contains(&ChangeKind::IdentityChanged(eve.id)));
}

async fn payloads_are_only_text(db: Db) {
    let ann = db.person("ann").await;
    for payload in ["' OR 1=1 --", "%", "_", "\"; DROP TABLE identity; --", "[\"admin\"]", "\0", "NULL"] {
        assert!(db.find_by_username(payload).await.unwrap().is_none());
        assert!(db.find_by_email(payload).await.unwrap().is_none());
        assert!(db.lookup_identity(&IdentityId(payload.into())).await.unwrap().is_none());
        let filter = IdentityFilter { after: Some(payload.into()), ..IdentityFilter::default() };
        db.list_identities(&filter).await.unwrap();
        let mut mail = new_mail("ann@example.org", gatehouse::storage::MailTemplate::Recovery, payload);
        mail.locale = payload.into();
        assert!(db.enqueue_mail(mail, 100, std::time::Duration::from_secs(1)).await.unwrap());
    }
    assert_eq!(db.lookup_identity(&ann.id).await.unwrap(), Some(ann));
}

async fn identities_are_listed_in_order_in_pages_and_by_role(db: Db) {
    for name in ["carol", "Ann", "bob", "dora"] {
        let roles = if name == "bob" { vec![role("superadmin-readonly")] } else { vec![role("admin")] };
        db.add_identity(NewIdentity { roles, ..new_person(name) }).await.unwrap();
    }
    let names = |filter: IdentityFilter| {
        let db = &db;
        async move {
            let listed = db.list_identities(&filter).await.unwrap();
            listed.iter().map(|identity| identity.username.as_str().to_owned()).collect::<Vec<_>>().join(" ")
        }
    };
    let all = IdentityFilter::default();
    assert_eq!(names(all.clone()).await, "Ann bob carol dora");
    assert_eq!(names(IdentityFilter { limit: 2, ..all.clone() }).await, "Ann bob");
    let rest = IdentityFilter { after: Some("bob".into()), limit: 9, role: None };
    assert_eq!(names(rest).await, "carol dora");
    assert_eq!(names(IdentityFilter { role: Some(role("admin")), ..all }).await, "Ann carol dora");
}

async fn a_disabled_administrator_is_none(db: Db) {
    let admin = role(Role::ADMIN);
    assert!(!db.any_with_role(&admin).await.unwrap());
    let new = NewIdentity { roles: vec![admin.clone()], ..new_person("ann") };
    let ann = db.add_identity(new).await.unwrap();
    assert!(db.any_with_role(&admin).await.unwrap());
    db.set_disabled(&ann.id, true, START).await.unwrap();
    assert!(!db.any_with_role(&admin).await.unwrap());
}

async fn a_new_password_ends_every_session_but_one_and_every_link(db: Db) {
    let ann = db.person("ann").await;
    let kept = db.sign_in(&ann, "kept", START).await;
    db.sign_in(&ann, "stolen", START).await;
    db.link("reset", LinkKind::Recovery, Some(&ann.id)).await;
    db.link("must", LinkKind::MustChange, Some(&ann.id)).await;
    let ended = db.set_password(&ann.id, &password("second"), true, Some(&kept), START).await.unwrap();
    assert_eq!(ended, 1);
    assert!(db.find_session(token("stolen")).await.unwrap().is_none());
    assert!(db.find_session(token("kept")).await.unwrap().unwrap().identity.must_change);
    assert!(db.peek_link(token("reset"), LinkKind::Recovery, START).await.unwrap().is_none());
    assert!(db.peek_link(token("must"), LinkKind::MustChange, START).await.unwrap().is_none());
    assert_eq!(db.find_by_username("ann").await.unwrap().unwrap().password, Some(password("second")));
    assert_eq!(db.changes().await, [ChangeKind::IdentityChanged(ann.id.clone())]);
    assert_eq!(db.set_password(&ann.id, &password("third"), false, None, START).await.unwrap(), 1);
}

/// The owner's reset ended the session of an attacker who was about to change the password.
/// The browser in which a password is changed stays signed in. Where it was changed in an app, that includes the sign-in
/// at the endpoint; every other session ends, also an app's that came from the same one: that cookie may have been
/// stolen, and the browser whose it is gets in again without being asked.
async fn a_password_changed_in_an_app_keeps_the_sign_in_that_the_app_has_it_from(db: Db) {
    let ann = db.person("ann").await;
    let parent = db.sign_in(&ann, "parent", START).await;
    db.sign_in(&ann, "elsewhere", START).await;
    for (text, app) in [("child", "ledger"), ("sibling", "maps")] {
        let name = AppName::parse(app).unwrap();
        let url = format!("https://{app}.example.org");
        assert!(db.add_app(&App { name, url, created_at: START }, token(app)).await.unwrap());
        let mut new = new_session(&ann, text, START);
        new.session.app = Some(AppName::parse(app).unwrap());
        new.session.parent_id = Some(parent.clone());
        db.add_session(new).await.unwrap();
    }
    let child = db.find_session(token("child")).await.unwrap().unwrap().session.id;
    let ended = db.set_password(&ann.id, &password("second"), false, Some(&child), START).await.unwrap();
    let mut left: Vec<_> =
        db.list_sessions(&ann.id).await.unwrap().into_iter().map(|live| live.session.id).collect();
    left.sort();
    let mut kept = vec![parent, child];
    kept.sort();
    assert_eq!((ended, left), (2, kept));
}

async fn a_password_change_by_a_session_that_is_over_is_refused(db: Db) {
    let (ann, bob) = (db.person("ann").await, db.person("bob").await);
    let his = db.sign_in(&bob, "his", START).await;
    let stolen = db.sign_in(&ann, "stolen", START).await;
    db.link("reset", LinkKind::Recovery, Some(&ann.id)).await;
    db.consume_for_password(token("reset"), LinkKind::Recovery, &password("owner"), START).await.unwrap();
    db.link("later", LinkKind::Recovery, Some(&ann.id)).await;
    let changes = db.changes().await;
    for session in [&stolen, &his] {
        let refused = db.set_password(&ann.id, &password("thief"), false, Some(session), START).await;
        assert!(matches!(refused, Err(StorageError::IdentityChanged)));
    }
    assert_eq!(db.find_by_username("ann").await.unwrap().unwrap().password, Some(password("owner")));
    assert!(db.peek_link(token("later"), LinkKind::Recovery, START).await.unwrap().is_some());
    assert!(db.find_session(token("his")).await.unwrap().is_some());
    assert_eq!(db.changes().await, changes, "nothing happened");
}

async fn a_hash_is_upgraded_only_while_it_is_the_same(db: Db) {
    let ann = db.person("ann").await;
    db.sign_in(&ann, "t", START).await;
    let now = async || db.find_by_username("ann").await.unwrap().unwrap().password.unwrap();
    db.upgrade_hash(&ann.id, &password("other"), &password("newer")).await.unwrap();
    assert_eq!(now().await, password("first"));
    db.upgrade_hash(&ann.id, &password("first"), &password("newer")).await.unwrap();
    assert_eq!(now().await, password("newer"));
    assert!(db.find_session(token("t")).await.unwrap().is_some());
    assert!(db.changes().await.is_empty());
}

async fn legacy_hashes_are_counted_by_cost_until_they_are_replaced(db: Db) {
    let of = |cost: u32| PasswordHash(format!("$2b${cost:02}${}", "a".repeat(53)));
    assert_eq!(db.legacy_hashes().await.unwrap(), LegacyHashes::default());
    db.person("ours").await;
    assert_eq!(db.legacy_hashes().await.unwrap(), LegacyHashes::default(), "nothing is counted for nothing");
    let mut people = Vec::new();
    for (name, cost) in [("ann", 12), ("bob", 4), ("cleo", 12), ("dora", 14)] {
        people.push(db.add_identity(NewIdentity { password: of(cost), ..new_person(name) }).await.unwrap());
    }
    // What can't be verified counts as a password like any other.
    db.add_identity(NewIdentity { password: of(31), ..new_person("eve") }).await.unwrap();
    db.set_disabled(&people[1].id, true, START).await.unwrap();
    let counted = async |expected: &[(u32, u64)], passwords| {
        let counts = expected.iter().map(|(cost, count)| (BcryptCost::new(*cost).unwrap(), *count)).collect();
        assert_eq!(db.legacy_hashes().await.unwrap(), LegacyHashes { counts, passwords });
    };
    counted(&[(4, 1), (12, 2), (14, 1)], 6).await;
    db.upgrade_hash(&people[0].id, &of(12), &password("new")).await.unwrap();
    counted(&[(4, 1), (12, 1), (14, 1)], 6).await;
    db.delete_identity(&people[3].id, START).await.unwrap();
    counted(&[(4, 1), (12, 1)], 5).await;
    db.set_password(&people[1].id, &password("new"), false, None, START).await.unwrap();
    counted(&[(12, 1)], 5).await;
    assert_eq!(db.another_process().await.legacy_hashes().await.unwrap(), db.legacy_hashes().await.unwrap());
}

async fn new_roles_end_every_session(db: Db) {
    let ann = db.person("ann").await;
    db.sign_in(&ann, "t", START).await;
    assert!(db.set_roles(&ann.id, &[role("b"), role("a"), role("b")], START).await.unwrap());
    assert!(db.find_session(token("t")).await.unwrap().is_none());
    assert_eq!(db.lookup_identity(&ann.id).await.unwrap().unwrap().roles, [role("a"), role("b")]);
    assert!(db.set_roles(&ann.id, &[], START).await.unwrap());
    assert!(db.lookup_identity(&ann.id).await.unwrap().unwrap().roles.is_empty());
    let changed = ChangeKind::IdentityChanged(ann.id);
    assert_eq!(db.changes().await, [changed.clone(), changed]);
}

async fn disabling_ends_every_session_and_link_and_enabling_none(db: Db) {
    let ann = db.person("ann").await;
    db.sign_in(&ann, "t", START).await;
    db.link("reset", LinkKind::Recovery, Some(&ann.id)).await;
    assert!(db.set_disabled(&ann.id, true, START).await.unwrap());
    assert!(db.find_session(token("t")).await.unwrap().is_none());
    assert!(db.peek_link(token("reset"), LinkKind::Recovery, START).await.unwrap().is_none());
    assert!(db.lookup_identity(&ann.id).await.unwrap().unwrap().disabled);
    assert!(db.set_disabled(&ann.id, false, START).await.unwrap());
    assert!(!db.lookup_identity(&ann.id).await.unwrap().unwrap().disabled);
    let changed = ChangeKind::IdentityChanged(ann.id);
    assert_eq!(db.changes().await, [changed.clone(), changed]);
}

async fn deleting_takes_everything_along(db: Db) {
    let new = new_person_with("ann", "ann@example.org", true);
    let ann = db.add_identity(new).await.unwrap();
    let session = db.sign_in(&ann, "t", START).await;
    db.add_ticket(crate::kit::new_ticket("ticket", &session, START)).await.unwrap();
    db.link("reset", LinkKind::Recovery, Some(&ann.id)).await;
    let mut mail = new_mail("ann@example.org", gatehouse::storage::MailTemplate::Recovery, "");
    mail.identity_id = Some(ann.id.clone());
    assert!(db.enqueue_mail(mail, 9, std::time::Duration::from_mins(1)).await.unwrap());
    assert!(db.delete_identity(&ann.id, START).await.unwrap());
    assert!(db.lookup_identity(&ann.id).await.unwrap().is_none());
    assert!(db.find_session(token("t")).await.unwrap().is_none());
    assert!(db.find_ticket(token("ticket")).await.unwrap().is_none());
    assert!(db.peek_link(token("reset"), LinkKind::Recovery, START).await.unwrap().is_none());
    assert_eq!(db.mail_backlog().await.unwrap().0, 0);
    assert_eq!(db.changes().await, [ChangeKind::IdentityChanged(ann.id)]);
    db.add_identity(new_person_with("ann", "ann@example.org", true)).await.unwrap();
}

async fn what_is_unknown_stays_unknown(db: Db) {
    let nobody = IdentityId("idn_?".into());
    assert!(!db.set_roles(&nobody, &[role("admin")], START).await.unwrap());
    assert!(!db.set_disabled(&nobody, true, START).await.unwrap());
    assert!(!db.delete_identity(&nobody, START).await.unwrap());
    let refused = db.set_password(&nobody, &password("p"), false, None, START).await;
    assert!(matches!(refused, Err(StorageError::IdentityChanged)));
    db.upgrade_hash(&nobody, &password("p"), &password("q")).await.unwrap();
    assert!(db.changes().await.is_empty());
}
