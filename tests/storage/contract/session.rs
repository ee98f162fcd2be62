//! Sessions.

use gatehouse::{
    identity::IdentityId,
    session::SessionId,
    storage::{ChangeKind, LimitKey, LimitState, NewSession, StorageError},
};

use crate::kit::{Db, START, after, each_backend, new_session, new_ticket, password, token};

each_backend!(
    a_session_comes_back_as_it_was_added,
    a_session_is_found_by_its_token_only,
    a_login_ends_the_session_it_replaces_and_clears_its_counters,
    the_oldest_sessions_over_the_cap_end,
    a_session_of_somebody_gone_disabled_or_with_another_password_is_refused,
    a_refused_session_leaves_nothing,
    last_use_never_goes_back,
    revoking_one_ends_one_and_says_so,
    revoking_all_spares_the_one_in_use,
);

async fn a_session_comes_back_as_it_was_added(db: Db) {
    let ann = db.person("ann").await;
    let new = new_session(&ann, "t", START);
    let session = new.session.clone();
    db.add_session(new).await.unwrap();
    let found = db.find_session(token("t")).await.unwrap().unwrap();
    assert_eq!((&found.session, &found.identity), (&session, &ann));
    assert_eq!(db.lookup_session(&session.id).await.unwrap().unwrap(), found);
    assert_eq!(db.list_sessions(&ann.id).await.unwrap(), [found]);
}

async fn a_session_is_found_by_its_token_only(db: Db) {
    let ann = db.person("ann").await;
    let id = db.sign_in(&ann, "t", START).await;
    assert!(db.find_session(token("T")).await.unwrap().is_none());
    assert!(db.find_session(token(&id.0)).await.unwrap().is_none());
    assert!(db.lookup_session(&SessionId("t".into())).await.unwrap().is_none());
    assert!(db.list_sessions(&IdentityId("idn_?".into())).await.unwrap().is_empty());
}

async fn a_login_ends_the_session_it_replaces_and_clears_its_counters(db: Db) {
    let ann = db.person("ann").await;
    let before = db.sign_in(&ann, "before", START).await;
    let (hers, other) = (LimitKey("account:ann".into()), LimitKey("account:bob".into()));
    let full = |states: &mut [LimitState]| states.iter_mut().for_each(|state| state.level = 3.0);
    db.update_limits(&[hers.clone(), other.clone()], &full, START).await.unwrap();
    let new = NewSession {
        replaces: Some(before.clone()),
        verified: Some(password("first")),
        clear: vec![hers.clone()],
        ..new_session(&ann, "after", after(1))
    };
    db.add_session(new).await.unwrap();
    assert!(db.find_session(token("before")).await.unwrap().is_none());
    assert!(db.find_session(token("after")).await.unwrap().is_some());
    assert_eq!(db.changes().await, [ChangeKind::SessionRevoked(before)]);
    let levels = db.read_limits(&[hers, other]).await.unwrap();
    assert!(levels[0].level < 0.5 && levels[1].level > 2.5);
}

async fn the_oldest_sessions_over_the_cap_end(db: Db) {
    let ann = db.person("ann").await;
    let bob = db.person("bob").await;
    db.sign_in(&bob, "bob", START).await;
    let first = db.sign_in(&ann, "1", after(1)).await;
    let second = db.sign_in(&ann, "2", after(2)).await;
    let third = db.sign_in(&ann, "3", after(3)).await;
    let new = NewSession { cap: 2, ..new_session(&ann, "4", after(4)) };
    let fourth = new.session.id.clone();
    db.add_session(new).await.unwrap();
    let left: Vec<_> = db.list_sessions(&ann.id).await.unwrap().into_iter().map(|s| s.session.id).collect();
    assert_eq!(left, [fourth, third]);
    let changes = db.changes().await;
    assert_eq!(changes.len(), 2);
    assert!(changes.contains(&ChangeKind::SessionRevoked(first)));
    assert!(changes.contains(&ChangeKind::SessionRevoked(second)));
    assert!(db.find_session(token("bob")).await.unwrap().is_some());
    // Whatever the cap says, the session that was just acknowledged is there.
    db.add_session(NewSession { cap: 0, ..new_session(&ann, "5", START) }).await.unwrap();
    assert_eq!(db.list_sessions(&ann.id).await.unwrap().len(), 1);
    assert!(db.find_session(token("5")).await.unwrap().is_some());
}

async fn a_session_of_somebody_gone_disabled_or_with_another_password_is_refused(db: Db) {
    let ann = db.person("ann").await;
    let refused = |new| async { matches!(db.add_session(new).await, Err(StorageError::IdentityChanged)) };
    let with =
        |verified: &str| NewSession { verified: Some(password(verified)), ..new_session(&ann, "t", START) };
    assert!(refused(with("second")).await);
    db.set_password(&ann.id, &password("second"), false, None, START).await.unwrap();
    assert!(refused(with("first")).await);
    db.set_disabled(&ann.id, true, START).await.unwrap();
    assert!(refused(with("second")).await);
    assert!(refused(new_session(&ann, "t", START)).await);
    db.set_disabled(&ann.id, false, START).await.unwrap();
    db.add_session(with("second")).await.unwrap();
    db.delete_identity(&ann.id, START).await.unwrap();
    assert!(refused(new_session(&ann, "u", START)).await);
}

async fn a_refused_session_leaves_nothing(db: Db) {
    let ann = db.person("ann").await;
    let before = db.sign_in(&ann, "before", START).await;
    let mut new = NewSession { replaces: Some(before), cap: 1, ..new_session(&ann, "after", after(1)) };
    // The ticket names a session that is not there: the last step of the transaction fails.
    new.ticket = Some(new_ticket("ticket", &SessionId("ses_?".into()), after(1)));
    assert!(db.add_session(new).await.is_err());
    assert!(db.find_session(token("before")).await.unwrap().is_some());
    assert!(db.find_session(token("after")).await.unwrap().is_none());
    assert!(db.changes().await.is_empty());
}

async fn last_use_never_goes_back(db: Db) {
    let ann = db.person("ann").await;
    let id = db.sign_in(&ann, "t", START).await;
    db.touch_session(&id, after(60)).await.unwrap();
    db.touch_session(&id, after(30)).await.unwrap();
    assert_eq!(db.lookup_session(&id).await.unwrap().unwrap().session.last_used_at, after(60));
    db.touch_session(&SessionId("ses_?".into()), after(90)).await.unwrap();
    assert!(db.changes().await.is_empty());
}

async fn revoking_one_ends_one_and_says_so(db: Db) {
    let ann = db.person("ann").await;
    let id = db.sign_in(&ann, "t", START).await;
    db.sign_in(&ann, "u", START).await;
    assert!(db.revoke_session(&id, START).await.unwrap());
    assert!(!db.revoke_session(&id, START).await.unwrap());
    assert!(db.find_session(token("t")).await.unwrap().is_none());
    assert!(db.find_session(token("u")).await.unwrap().is_some());
    assert_eq!(db.changes().await, [ChangeKind::SessionRevoked(id)]);
}

async fn revoking_all_spares_the_one_in_use(db: Db) {
    let ann = db.person("ann").await;
    let kept = db.sign_in(&ann, "kept", START).await;
    db.sign_in(&ann, "t", START).await;
    db.sign_in(&ann, "u", START).await;
    let bob = db.person("bob").await;
    db.sign_in(&bob, "bob", START).await;
    assert_eq!(db.revoke_sessions(&ann.id, Some(&kept), START).await.unwrap(), 2);
    assert_eq!(db.changes().await.len(), 2);
    assert_eq!(db.list_sessions(&ann.id).await.unwrap().len(), 1);
    assert_eq!(db.revoke_sessions(&ann.id, None, START).await.unwrap(), 1);
    assert!(db.list_sessions(&ann.id).await.unwrap().is_empty());
    assert!(db.find_session(token("bob")).await.unwrap().is_some());
}
