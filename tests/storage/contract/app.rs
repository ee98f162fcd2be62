//! Apps, their keys, their sessions, and the codes that carry a sign-in to them.

use gatehouse::{
    session::{AppName, CODE_TTL, Exchange, NewCode, SessionId},
    storage::{App, ChangeKind, NewSession, StorageError},
};

use crate::kit::{Db, START, after, each_backend, new_session, token};

each_backend!(
    an_app_is_found_by_its_name_and_its_key,
    a_name_or_url_that_is_taken_adds_nothing,
    a_replaced_key_holds_until_it_retires,
    removing_an_app_ends_its_sessions_and_nobody_elses,
    nobody_signs_in_to_an_app_that_was_removed,
    a_session_ends_with_the_one_it_came_from,
    using_a_session_uses_the_one_it_came_from,
    an_app_has_one_session_of_a_sign_in,
    an_app_fills_up_the_sessions_of_a_person,
    a_code_is_exchanged_once_and_remembers_for_what,
    a_code_goes_with_its_session_and_its_app,
    a_code_needs_a_session_and_an_app,
    a_code_that_is_exchanged_beside_a_revoke_never_survives_it,
);

fn name(text: &str) -> AppName {
    AppName::parse(text).unwrap()
}

fn app(text: &str) -> App {
    App { name: name(text), url: format!("https://{text}.example.org"), created_at: START }
}

fn code(text: &str, app: &str, session: &SessionId) -> NewCode {
    NewCode {
        hash: token(text),
        app: name(app),
        session_id: session.clone(),
        challenge: "c".repeat(43),
        issued_at: START,
    }
}

async fn every_app(db: &Db) {
    for text in ["ledger", "maps", "notes"] {
        assert!(db.add_app(&app(text), token(text)).await.unwrap());
    }
}

/// A session of an app that came from another.
fn child(of: &gatehouse::identity::Identity, text: &str, app: &str, parent: &SessionId) -> NewSession {
    let mut new = new_session(of, text, START);
    new.session.app = Some(name(app));
    new.session.parent_id = Some(parent.clone());
    new
}

async fn an_app_is_found_by_its_name_and_its_key(db: Db) {
    assert!(db.add_app(&app("ledger"), token("key")).await.unwrap());
    assert!(db.add_app(&app("maps"), token("other")).await.unwrap());
    assert_eq!(db.find_app(&name("ledger")).await.unwrap(), Some(app("ledger")));
    assert_eq!(db.find_app_by_key(token("key"), after(1)).await.unwrap(), Some(app("ledger")));
    assert_eq!(db.find_app_by_key(token("KEY"), after(1)).await.unwrap(), None);
    assert_eq!(db.find_app(&name("nothing")).await.unwrap(), None);
    let all = db.list_apps().await.unwrap();
    assert_eq!(all.iter().map(|(app, _)| app.name.as_str()).collect::<Vec<_>>(), ["ledger", "maps"]);
    assert_eq!(all[0].1[0].hash, token("key"));
}

async fn a_name_or_url_that_is_taken_adds_nothing(db: Db) {
    assert!(db.add_app(&app("ledger"), token("key")).await.unwrap());
    assert!(!db.add_app(&app("ledger"), token("second")).await.unwrap());
    let same_url = App { name: name("other"), ..app("ledger") };
    assert!(!db.add_app(&same_url, token("third")).await.unwrap());
    for key in ["second", "third"] {
        assert_eq!(db.find_app_by_key(token(key), START).await.unwrap(), None);
    }
}

async fn a_replaced_key_holds_until_it_retires(db: Db) {
    db.add_app(&app("ledger"), token("first")).await.unwrap();
    let found = async |key: &str, at: u64| db.find_app_by_key(token(key), after(at)).await.unwrap().is_some();
    assert!(db.rotate_app_key(&name("ledger"), token("second"), after(100), after(10)).await.unwrap());
    assert!(found("first", 99).await && found("second", 99).await);
    assert!(!found("first", 100).await && found("second", 100).await);
    // Replaced again with a longer time: the first does not come back.
    assert!(db.rotate_app_key(&name("ledger"), token("third"), after(500), after(20)).await.unwrap());
    assert!(!found("first", 100).await && found("second", 499).await && !found("second", 500).await);
    assert!(db.rotate_app_key(&name("ledger"), token("fourth"), after(30), after(30)).await.unwrap());
    assert!(!found("second", 30).await && !found("third", 30).await && found("fourth", 30).await);
    assert_eq!(db.list_apps().await.unwrap()[0].1.len(), 1);
    assert!(!db.rotate_app_key(&name("maps"), token("fifth"), after(1), START).await.unwrap());
}

async fn removing_an_app_ends_its_sessions_and_nobody_elses(db: Db) {
    let ann = db.person("ann").await;
    db.add_app(&app("ledger"), token("key")).await.unwrap();
    let own = db.sign_in(&ann, "own", START).await;
    let mut new = new_session(&ann, "theirs", START);
    new.session.app = Some(name("ledger"));
    let theirs = new.session.id.clone();
    db.add_session(new).await.unwrap();
    let found = db.lookup_session(&theirs).await.unwrap().unwrap();
    assert!(found.is_for(Some(&name("ledger"))) && !found.is_for(None));
    assert!(db.remove_app(&name("ledger"), after(1)).await.unwrap());
    assert!(db.lookup_session(&theirs).await.unwrap().is_none());
    assert!(db.lookup_session(&own).await.unwrap().is_some());
    assert_eq!(db.changes().await, [ChangeKind::SessionRevoked(theirs)]);
    assert_eq!(db.find_app_by_key(token("key"), after(1)).await.unwrap(), None);
    assert!(!db.remove_app(&name("ledger"), after(1)).await.unwrap());
}

async fn nobody_signs_in_to_an_app_that_was_removed(db: Db) {
    let ann = db.person("ann").await;
    db.add_app(&app("ledger"), token("key")).await.unwrap();
    let mut late = new_session(&ann, "late", START);
    late.session.app = Some(name("ledger"));
    assert!(db.remove_app(&name("ledger"), after(1)).await.unwrap());
    assert!(matches!(db.add_session(late).await, Err(StorageError::IdentityChanged)));
    assert_eq!(db.list_sessions(&ann.id).await.unwrap().len(), 0);
}

async fn a_session_ends_with_the_one_it_came_from(db: Db) {
    every_app(&db).await;
    let ann = db.person("ann").await;
    let parent = db.sign_in(&ann, "parent", START).await;
    let (one, two) = (child(&ann, "one", "ledger", &parent), child(&ann, "two", "maps", &parent));
    let (first, second) = (one.session.id.clone(), two.session.id.clone());
    db.add_session(one).await.unwrap();
    db.add_session(two).await.unwrap();
    assert_eq!(db.lookup_session(&first).await.unwrap().unwrap().session.parent_id, Some(parent.clone()));
    assert!(db.revoke_session(&first, after(1)).await.unwrap());
    assert!(db.lookup_session(&parent).await.unwrap().is_some(), "and not the other way round");
    assert!(db.revoke_session(&parent, after(2)).await.unwrap());
    assert!(db.lookup_session(&second).await.unwrap().is_none());
    let changes = db.changes().await;
    assert_eq!(changes.len(), 3);
    for id in [first, parent, second] {
        assert!(changes.contains(&ChangeKind::SessionRevoked(id)));
    }
}

async fn an_app_has_one_session_of_a_sign_in(db: Db) {
    every_app(&db).await;
    let ann = db.person("ann").await;
    let (here, there) = (db.sign_in(&ann, "here", START).await, db.sign_in(&ann, "there", START).await);
    for (text, app, parent) in [
        ("first", "ledger", &here),
        ("maps", "maps", &here),
        ("there", "ledger", &there),
        ("second", "ledger", &here),
    ] {
        db.add_session(child(&ann, &format!("{text}'s"), app, parent)).await.unwrap();
    }
    let alive = async |text: &str| db.find_session(token(text)).await.unwrap().is_some();
    assert!(!alive("first's").await, "the later one takes its place");
    for text in ["second's", "maps's", "there's", "here", "there"] {
        assert!(alive(text).await, "{text}");
    }
    assert_eq!(db.changes().await.len(), 1);
}

/// The page of an app sends a browser for another code again and again. Neither the sign-in that they come from nor those
/// in other browsers are pushed out.
async fn an_app_fills_up_the_sessions_of_a_person(db: Db) {
    every_app(&db).await;
    let ann = db.person("ann").await;
    let phone = db.sign_in(&ann, "phone", START).await;
    let parent = db.sign_in(&ann, "parent", after(1)).await;
    for n in 2..9 {
        for app in ["ledger", "maps", "notes"] {
            let mut new = child(&ann, &format!("{app} {n}"), app, &parent);
            (new.session.created_at, new.cap) = (after(n), 2);
            db.add_session(new).await.unwrap();
        }
    }
    for id in [&phone, &parent] {
        assert!(db.lookup_session(id).await.unwrap().is_some());
    }
    assert_eq!(db.list_sessions(&ann.id).await.unwrap().len(), 5);
    let next = NewSession { cap: 2, ..new_session(&ann, "next", after(9)) };
    db.add_session(next).await.unwrap();
    assert!(db.lookup_session(&phone).await.unwrap().is_none(), "sign-ins are counted as before");
    assert!(db.lookup_session(&parent).await.unwrap().is_some());
}

async fn using_a_session_uses_the_one_it_came_from(db: Db) {
    every_app(&db).await;
    let ann = db.person("ann").await;
    let parent = db.sign_in(&ann, "parent", START).await;
    let other = db.sign_in(&ann, "other", START).await;
    let new = child(&ann, "child", "ledger", &parent);
    let id = new.session.id.clone();
    db.add_session(new).await.unwrap();
    db.touch_session(&id, after(60)).await.unwrap();
    let used = async |id: &SessionId| db.lookup_session(id).await.unwrap().unwrap().session.last_used_at;
    assert_eq!((used(&id).await, used(&parent).await, used(&other).await), (after(60), after(60), START));
}

async fn a_code_is_exchanged_once_and_remembers_for_what(db: Db) {
    let ann = db.person("ann").await;
    db.add_app(&app("ledger"), token("key")).await.unwrap();
    let parent = db.sign_in(&ann, "parent", START).await;
    let issued = code("code", "ledger", &parent);
    db.add_code(issued.clone()).await.unwrap();
    let found = db.find_code(token("code")).await.unwrap().unwrap();
    assert_eq!((&found.code, &found.made), (&issued, &None));
    let judged = |challenge: &str, app: &str, at| found.judge(&name(app), challenge, at);
    assert_eq!(judged(&issued.challenge, "ledger", after(1)), Exchange::First);
    assert_eq!(judged(&issued.challenge, "maps", after(1)), Exchange::Refused);
    assert_eq!(judged("c", "ledger", after(1)), Exchange::Refused);
    assert_eq!(judged(&issued.challenge, "ledger", START.plus(CODE_TTL)), Exchange::Refused);
    let new = child(&ann, "child", "ledger", &parent);
    let made = new.session.id.clone();
    assert!(db.exchange_code(token("code"), new).await.unwrap());
    assert!(!db.exchange_code(token("code"), child(&ann, "again", "ledger", &parent)).await.unwrap());
    assert!(db.find_session(token("again")).await.unwrap().is_none());
    let found = db.find_code(token("code")).await.unwrap().unwrap();
    assert_eq!(found.made, Some(made));
    assert_eq!(found.judge(&name("ledger"), &issued.challenge, after(1)), Exchange::Theft);
    assert!(!db.exchange_code(token("unknown"), child(&ann, "x", "ledger", &parent)).await.unwrap());
}

async fn a_code_goes_with_its_session_and_its_app(db: Db) {
    let ann = db.person("ann").await;
    db.add_app(&app("ledger"), token("key")).await.unwrap();
    let parent = db.sign_in(&ann, "parent", START).await;
    db.add_code(code("one", "ledger", &parent)).await.unwrap();
    db.revoke_session(&parent, START).await.unwrap();
    assert!(db.find_code(token("one")).await.unwrap().is_none());
    let parent = db.sign_in(&ann, "again", START).await;
    db.add_code(code("two", "ledger", &parent)).await.unwrap();
    db.remove_app(&name("ledger"), START).await.unwrap();
    assert!(db.find_code(token("two")).await.unwrap().is_none());
}

async fn a_code_needs_a_session_and_an_app(db: Db) {
    let ann = db.person("ann").await;
    let parent = db.sign_in(&ann, "parent", START).await;
    let refused = db.add_code(code("one", "ledger", &parent)).await;
    assert!(matches!(refused, Err(StorageError::IdentityChanged)));
    db.add_app(&app("ledger"), token("key")).await.unwrap();
    let refused = db.add_code(code("one", "ledger", &SessionId("ses_?".into()))).await;
    assert!(matches!(refused, Err(StorageError::IdentityChanged)));
}

/// A code is exchanged at one process in the moment in which another ends the sign-in that it came from.
async fn a_code_that_is_exchanged_beside_a_revoke_never_survives_it(db: Db) {
    let other = db.another_process().await;
    let ann = db.person("ann").await;
    db.add_app(&app("ledger"), token("key")).await.unwrap();
    for round in 0..12 {
        let text = format!("code {round}");
        let parent = db.sign_in(&ann, &format!("parent {round}"), START).await;
        db.add_code(code(&text, "ledger", &parent)).await.unwrap();
        let new = child(&ann, &format!("child {round}"), "ledger", &parent);
        let made = new.session.id.clone();
        let revoke = async {
            if round % 2 == 0 {
                other.revoke_session(&parent, START).await.map(|_| ())
            } else {
                other.revoke_sessions(&ann.id, None, START).await.map(|_| ())
            }
        };
        let (exchanged, revoked) = tokio::join!(db.exchange_code(token(&text), new), revoke);
        revoked.unwrap();
        assert!(db.lookup_session(&made).await.unwrap().is_none(), "it outlives its sign-in");
        let told = db.changes().await.contains(&ChangeKind::SessionRevoked(made));
        assert_eq!(told, exchanged.unwrap(), "who has it is told");
    }
}
