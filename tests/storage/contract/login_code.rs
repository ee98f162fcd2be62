//! Codes that were asked for.

use std::time::Duration;

use gatehouse::{
    factor::FactorId,
    identity::{Identity, IdentityId},
    session::TokenHash,
    storage::{CODE_TRIES, LimitKey, LoginCode, NewLoginCode, Removal, StorageError, WaysIn},
};
use gatehouse_protocol::CodeChannel;

use crate::kit::{Db, START, address, after, each_backend, password, token};

each_backend!(
    a_code_is_kept_sent_and_used_once,
    a_code_of_nobody_is_tried_like_any_other_and_never_sent,
    a_code_is_tried_so_often_and_not_more,
    a_code_is_tried_so_often_by_many_at_once,
    a_code_is_used_once_by_many_at_once,
    a_code_asked_for_again_in_the_same_flow_replaces_the_earlier_one,
    codes_end_with_their_time_their_owner_and_a_new_password,
    codes_end_with_the_address_that_they_went_to,
    codes_end_with_a_factor_that_is_removed,
    a_code_is_for_somebody_who_is_there,
);

const MAC: [u8; 32] = [7; 32];

fn asked(text: &str, whose: Option<&Identity>) -> NewLoginCode {
    NewLoginCode {
        hash: token(text),
        identity_id: whose.map(|identity| identity.id.clone()),
        channel: CodeChannel::Mail,
        counted: LimitKey("code:x".into()),
        browser: Some(token("browser")),
        mac: None,
        created_at: START,
        expires_at: START.plus(Duration::from_mins(10)),
    }
}

fn link() -> TokenHash {
    token("link")
}

async fn a_code_is_kept_sent_and_used_once(db: Db) {
    let ann = db.person("ann").await;
    db.add_login_code(asked("flow", Some(&ann))).await.unwrap();
    let wanted = LoginCode {
        hash: token("flow"),
        identity_id: Some(ann.id.clone()),
        channel: CodeChannel::Mail,
        counted: LimitKey("code:x".into()),
        browser: Some(token("browser")),
        mac: None,
    };
    assert_eq!(db.try_login_code(token("flow"), after(1)).await.unwrap(), Some(wanted.clone()));
    assert!(db.find_login_link(token("link"), after(1)).await.unwrap().is_none());
    let until = db.mint_login_code(token("flow"), MAC, Some(link()), after(2)).await.unwrap();
    assert_eq!(until, Some(asked("flow", None).expires_at));
    let sent = LoginCode { mac: Some(MAC), ..wanted };
    assert_eq!(db.find_login_link(token("link"), after(3)).await.unwrap(), Some(sent.clone()));
    assert_eq!(db.try_login_code(token("flow"), after(3)).await.unwrap(), Some(sent));
    assert!(db.use_login_code(token("flow"), after(4)).await.unwrap());
    assert!(!db.use_login_code(token("flow"), after(4)).await.unwrap());
    assert!(db.try_login_code(token("flow"), after(4)).await.unwrap().is_none());
    assert!(db.find_login_link(token("link"), after(4)).await.unwrap().is_none(), "the link goes with it");
    assert!(db.mint_login_code(token("flow"), MAC, Some(link()), after(4)).await.unwrap().is_none());
}

async fn a_code_of_nobody_is_tried_like_any_other_and_never_sent(db: Db) {
    db.add_login_code(asked("flow", None)).await.unwrap();
    assert!(db.mint_login_code(token("flow"), MAC, Some(link()), after(1)).await.unwrap().is_none());
    for _ in 0..CODE_TRIES {
        let tried = db.try_login_code(token("flow"), after(1)).await.unwrap().unwrap();
        assert_eq!((tried.identity_id, tried.mac), (None, None));
    }
    assert!(db.try_login_code(token("flow"), after(1)).await.unwrap().is_none());
}

async fn a_code_is_tried_so_often_and_not_more(db: Db) {
    let ann = db.person("ann").await;
    db.add_login_code(asked("flow", Some(&ann))).await.unwrap();
    db.add_login_code(asked("other", Some(&ann))).await.unwrap();
    for _ in 0..CODE_TRIES {
        assert!(db.try_login_code(token("flow"), after(1)).await.unwrap().is_some());
    }
    assert!(db.try_login_code(token("flow"), after(1)).await.unwrap().is_none());
    let until = db.mint_login_code(token("flow"), MAC, Some(link()), after(2)).await.unwrap();
    assert_eq!(until, Some(asked("flow", None).expires_at));
    assert!(
        db.try_login_code(token("flow"), after(2)).await.unwrap().is_none(),
        "sending gives no new tries"
    );
    assert!(db.try_login_code(token("other"), after(1)).await.unwrap().is_some());
}

async fn a_code_is_tried_so_often_by_many_at_once(db: Db) {
    let ann = db.person("ann").await;
    db.add_login_code(asked("flow", Some(&ann))).await.unwrap();
    let try_it = || db.try_login_code(token("flow"), after(1));
    let first: [_; 4] = tokio::join!(try_it(), try_it(), try_it(), try_it()).into();
    let second: [_; 4] = tokio::join!(try_it(), try_it(), try_it(), try_it()).into();
    let tried = first.into_iter().chain(second).filter(|tried| tried.as_ref().unwrap().is_some()).count();
    assert_eq!(u32::try_from(tried).unwrap(), CODE_TRIES);
}

async fn a_code_is_used_once_by_many_at_once(db: Db) {
    let ann = db.person("ann").await;
    db.add_login_code(asked("flow", Some(&ann))).await.unwrap();
    let use_it = || db.use_login_code(token("flow"), after(1));
    let (a, b, c, d) = tokio::join!(use_it(), use_it(), use_it(), use_it());
    assert_eq!([a, b, c, d].into_iter().filter(|used| *used.as_ref().unwrap()).count(), 1);
}

async fn a_code_asked_for_again_in_the_same_flow_replaces_the_earlier_one(db: Db) {
    let ann = db.person("ann").await;
    db.add_login_code(NewLoginCode { mac: Some([1; 32]), browser: None, ..asked("flow", Some(&ann)) })
        .await
        .unwrap();
    for _ in 0..CODE_TRIES {
        db.try_login_code(token("flow"), after(1)).await.unwrap().unwrap();
    }
    db.add_login_code(NewLoginCode { mac: Some(MAC), browser: None, ..asked("flow", Some(&ann)) })
        .await
        .unwrap();
    let tried = db.try_login_code(token("flow"), after(1)).await.unwrap().unwrap();
    assert_eq!((tried.mac, tried.browser), (Some(MAC), None));
}

async fn codes_end_with_their_time_their_owner_and_a_new_password(db: Db) {
    let (ann, bob) = (db.person("ann").await, db.person("bob").await);
    db.add_login_code(asked("time", Some(&ann))).await.unwrap();
    assert!(db.try_login_code(token("time"), after(599)).await.unwrap().is_some());
    assert!(db.try_login_code(token("time"), after(600)).await.unwrap().is_none());
    assert!(!db.use_login_code(token("time"), after(600)).await.unwrap());
    assert_eq!(db.sweep(after(600)).await.unwrap(), 1);

    db.add_login_code(asked("password", Some(&ann))).await.unwrap();
    db.add_login_code(asked("gone", Some(&bob))).await.unwrap();
    db.set_password(&ann.id, &password("second"), false, None, after(1)).await.unwrap();
    assert!(db.try_login_code(token("password"), after(1)).await.unwrap().is_none());
    assert!(db.try_login_code(token("gone"), after(1)).await.unwrap().is_some());
    db.delete_identity(&bob.id, after(2)).await.unwrap();
    assert!(db.try_login_code(token("gone"), after(2)).await.unwrap().is_none());
}

/// Whoever reads the mails of the address before this one has no code any more.
async fn codes_end_with_the_address_that_they_went_to(db: Db) {
    let (ann, bob) = (db.person("ann").await, db.person("bob").await);
    db.add_login_code(asked("hers", Some(&ann))).await.unwrap();
    db.add_login_code(asked("his", Some(&bob))).await.unwrap();
    assert!(db.set_address(&ann.id, &address("new@example.org"), true, after(1)).await.unwrap());
    assert!(db.try_login_code(token("hers"), after(1)).await.unwrap().is_none());
    assert!(db.try_login_code(token("his"), after(1)).await.unwrap().is_some());
}

/// Whoever finds the phone that its owner took out of the account has no code any more.
async fn codes_end_with_a_factor_that_is_removed(db: Db) {
    let ann = db.person("ann").await;
    super::factor::add(&db, &ann, "fac_1", &["one"]).await;
    db.add_login_code(asked("flow", Some(&ann))).await.unwrap();
    assert!(db.try_login_code(token("flow"), after(1)).await.unwrap().is_some());
    let (id, ways) = (FactorId("fac_1".into()), WaysIn::default());
    assert_eq!(db.remove_factor(&ann.id, &id, false, &ways, after(1)).await.unwrap(), Removal::Done);
    assert!(db.try_login_code(token("flow"), after(1)).await.unwrap().is_none());
}

async fn a_code_is_for_somebody_who_is_there(db: Db) {
    let refused = db
        .add_login_code(NewLoginCode {
            identity_id: Some(IdentityId("id_gone".into())),
            ..asked("flow", None)
        })
        .await;
    assert!(matches!(refused, Err(StorageError::IdentityChanged)), "{refused:?}");
}
