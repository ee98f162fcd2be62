//! Second factors, recovery codes, and the flows that wait for them.

use std::time::Duration;

use gatehouse::{
    factor::{FactorId, FactorKind, FactorName, NewFactor},
    identity::Identity,
    session::{AssuranceLevel, Method, Methods, SessionId},
    storage::{
        ChangeKind, FlowAim, LimitKey, LimitState, NewSession, PendingFlow, RaisedSession, Removal,
        StorageError, WaysIn,
    },
};

use crate::kit::{Db, START, after, each_backend, new_session, token};

each_backend!(
    a_factor_is_added_with_its_codes_and_uses_its_flow_up,
    the_first_factor_is_the_first_or_nothing,
    there_are_so_many_of_a_kind_and_not_more_by_many_at_once,
    a_step_is_accepted_once_and_none_before_it,
    a_step_is_accepted_once_by_many_at_once,
    a_recovery_code_is_used_once_and_by_its_owner,
    a_recovery_code_is_used_once_by_many_at_once,
    a_factor_is_renamed_and_removed_by_its_owner,
    the_last_factor_stays_where_one_is_kept,
    removing_every_factor_ends_sessions_and_flows,
    a_flow_is_found_until_it_ends_and_goes_with_its_session,
    a_flow_begins_one_session,
    a_raised_session_has_another_token_and_says_so,
    a_new_password_forgets_flows,
    a_new_key_seals_everything_anew_or_changes_nothing,
);

fn factor(of: &Identity, id: &str) -> NewFactor {
    NewFactor {
        id: FactorId(id.into()),
        identity_id: of.id.clone(),
        kind: FactorKind::Totp,
        name: FactorName::parse("phone").unwrap(),
        sealed: vec![0, 1, 255],
        last_step: 7,
        credential_id: None,
        created_at: START,
    }
}

fn flow(of: &Identity, text: &str, aim: FlowAim) -> PendingFlow {
    PendingFlow {
        hash: token(text),
        identity_id: of.id.clone(),
        session_id: None,
        methods: Methods::only(Method::Password),
        aim,
        keep: false,
        created_at: START,
        expires_at: START.plus(Duration::from_mins(10)),
    }
}

/// Adds a factor as an enrollment does.
pub(super) async fn add(db: &Db, of: &Identity, id: &str, codes: &[&str]) {
    let codes: Vec<_> = codes.iter().map(|code| token(code)).collect();
    db.add_flow(flow(of, id, FlowAim::ConfirmTotp { sealed: vec![1] }), &[]).await.unwrap();
    assert!(db.add_factor(factor(of, id), &codes, token(id), false).await.unwrap());
}

async fn a_factor_is_added_with_its_codes_and_uses_its_flow_up(db: Db) {
    let ann = db.person("ann").await;
    let before = db.latest_change().await.unwrap();
    add(&db, &ann, "fac_1", &["one", "two"]).await;
    let [kept] = db.list_factors(&ann.id).await.unwrap().try_into().unwrap();
    assert_eq!((kept.factor.id.0.as_str(), kept.factor.name.as_str()), ("fac_1", "phone"));
    assert_eq!((kept.factor.sealed, kept.factor.last_step), (vec![0, 1, 255], 7));
    assert_eq!(kept.last_used_at, Some(START));
    assert_eq!(db.count_recovery_codes(&ann.id).await.unwrap(), 2);
    let changes = db.changes_since(before).await.unwrap();
    assert_eq!(
        changes.last().map(|change| change.kind.clone()),
        Some(ChangeKind::IdentityChanged(ann.id.clone()))
    );
    assert!(!db.add_factor(factor(&ann, "fac_2"), &[], token("fac_1"), false).await.unwrap(), "it is used");
    add(&db, &ann, "fac_3", &[]).await;
    assert_eq!(db.count_recovery_codes(&ann.id).await.unwrap(), 2, "codes stay where none are given");
    db.replace_recovery_codes(&ann.id, &[token("three")], after(1)).await.unwrap();
    assert_eq!(db.count_recovery_codes(&ann.id).await.unwrap(), 1);
}

async fn the_first_factor_is_the_first_or_nothing(db: Db) {
    let ann = db.person("ann").await;
    for text in ["a", "b"] {
        db.add_flow(flow(&ann, text, FlowAim::Enroll), &[]).await.unwrap();
    }
    assert!(db.add_factor(factor(&ann, "fac_1"), &[], token("a"), true).await.unwrap());
    assert!(!db.add_factor(factor(&ann, "fac_2"), &[], token("b"), true).await.unwrap());
    assert_eq!(db.list_factors(&ann.id).await.unwrap().len(), 1);
    assert!(db.find_flow(token("b"), START).await.unwrap().is_some(), "what is refused uses nothing up");
}

async fn there_are_so_many_of_a_kind_and_not_more_by_many_at_once(db: Db) {
    let ann = db.person("ann").await;
    for (kind, most) in [(FactorKind::Phone, 1), (FactorKind::Totp, 10)] {
        for n in 1..most {
            let text = format!("{}_{n}", kind.name());
            db.add_flow(flow(&ann, &text, FlowAim::Enroll), &[]).await.unwrap();
            let new = NewFactor { kind, ..factor(&ann, &text) };
            assert!(db.add_factor(new, &[], token(&text), false).await.unwrap(), "{text}");
        }
        let last = |name: &str| {
            let (db, ann, text) = (&db, &ann, format!("{}_{name}", kind.name()));
            async move {
                db.add_flow(flow(ann, &text, FlowAim::Enroll), &[]).await.unwrap();
                let new = NewFactor { kind, ..factor(ann, &text) };
                db.add_factor(new, &[], token(&text), false).await.unwrap()
            }
        };
        let (a, b, c, d) = tokio::join!(last("a"), last("b"), last("c"), last("d"));
        assert_eq!([a, b, c, d].into_iter().filter(|added| *added).count(), 1, "{kind:?}");
    }
    assert_eq!(db.list_factors(&ann.id).await.unwrap().len(), 11, "one kind leaves room for another");
}

async fn a_step_is_accepted_once_and_none_before_it(db: Db) {
    let ann = db.person("ann").await;
    add(&db, &ann, "fac_1", &[]).await;
    let id = FactorId("fac_1".into());
    assert!(!db.accept_step(&id, 7, after(1)).await.unwrap());
    assert!(db.accept_step(&id, 9, after(2)).await.unwrap());
    assert!(!db.accept_step(&id, 9, after(3)).await.unwrap());
    assert!(!db.accept_step(&id, 8, after(3)).await.unwrap());
    let [kept] = db.list_factors(&ann.id).await.unwrap().try_into().unwrap();
    assert_eq!((kept.factor.last_step, kept.last_used_at), (9, Some(after(2))));
    assert!(!db.accept_step(&FactorId("nothing".into()), 9, after(3)).await.unwrap());
}

async fn a_step_is_accepted_once_by_many_at_once(db: Db) {
    let ann = db.person("ann").await;
    add(&db, &ann, "fac_1", &[]).await;
    let id = FactorId("fac_1".into());
    let (a, b, c, d) = tokio::join!(
        db.accept_step(&id, 9, after(1)),
        db.accept_step(&id, 9, after(1)),
        db.accept_step(&id, 9, after(1)),
        db.accept_step(&id, 9, after(1)),
    );
    assert_eq!([a, b, c, d].into_iter().filter(|accepted| *accepted.as_ref().unwrap()).count(), 1);
}

async fn a_recovery_code_is_used_once_and_by_its_owner(db: Db) {
    let (ann, bob) = (db.person("ann").await, db.person("bob").await);
    add(&db, &ann, "fac_1", &["one", "two"]).await;
    assert!(!db.use_recovery_code(&bob.id, token("one"), after(1)).await.unwrap());
    assert!(db.use_recovery_code(&ann.id, token("one"), after(1)).await.unwrap());
    assert!(!db.use_recovery_code(&ann.id, token("one"), after(1)).await.unwrap());
    assert_eq!(db.count_recovery_codes(&ann.id).await.unwrap(), 1);
}

async fn a_recovery_code_is_used_once_by_many_at_once(db: Db) {
    let ann = db.person("ann").await;
    add(&db, &ann, "fac_1", &["one"]).await;
    let once = || db.use_recovery_code(&ann.id, token("one"), after(1));
    let (a, b, c, d) = tokio::join!(once(), once(), once(), once());
    assert_eq!([a, b, c, d].into_iter().filter(|used| *used.as_ref().unwrap()).count(), 1);
}

async fn a_factor_is_renamed_and_removed_by_its_owner(db: Db) {
    let (ann, bob) = (db.person("ann").await, db.person("bob").await);
    add(&db, &ann, "fac_1", &["one"]).await;
    let (id, name) = (FactorId("fac_1".into()), FactorName::parse("new").unwrap());
    assert!(!db.rename_factor(&bob.id, &id, &name, after(1)).await.unwrap());
    assert_eq!(
        db.remove_factor(&bob.id, &id, false, &WaysIn::default(), after(1)).await.unwrap(),
        Removal::Unknown
    );
    assert!(db.rename_factor(&ann.id, &id, &name, after(1)).await.unwrap());
    assert_eq!(db.list_factors(&ann.id).await.unwrap()[0].factor.name.as_str(), "new");
    assert_eq!(
        db.remove_factor(&ann.id, &id, false, &WaysIn::default(), after(1)).await.unwrap(),
        Removal::Done
    );
    assert_eq!(
        db.remove_factor(&ann.id, &id, false, &WaysIn::default(), after(1)).await.unwrap(),
        Removal::Unknown
    );
    assert_eq!(db.count_recovery_codes(&ann.id).await.unwrap(), 0, "codes go with the last factor");
}

async fn the_last_factor_stays_where_one_is_kept(db: Db) {
    let ann = db.person("ann").await;
    add(&db, &ann, "fac_1", &["one"]).await;
    add(&db, &ann, "fac_2", &[]).await;
    let (one, two) = (FactorId("fac_1".into()), FactorId("fac_2".into()));
    let ways = WaysIn::default();
    let (a, b) = tokio::join!(
        db.remove_factor(&ann.id, &one, true, &ways, after(1)),
        db.remove_factor(&ann.id, &two, true, &ways, after(1))
    );
    let mut both = [a.unwrap(), b.unwrap()];
    both.sort_by_key(|removal| *removal == Removal::Required);
    assert_eq!(both, [Removal::Done, Removal::Required], "one of them is the last");
    assert_eq!(db.list_factors(&ann.id).await.unwrap().len(), 1);
    assert_eq!(db.count_recovery_codes(&ann.id).await.unwrap(), 1);
}

async fn removing_every_factor_ends_sessions_and_flows(db: Db) {
    let (ann, bob) = (db.person("ann").await, db.person("bob").await);
    add(&db, &ann, "fac_1", &["one"]).await;
    add(&db, &bob, "fac_2", &["two"]).await;
    db.add_session(new_session(&ann, "ann", START)).await.unwrap();
    db.add_session(new_session(&bob, "bob", START)).await.unwrap();
    db.add_flow(flow(&ann, "waits", FlowAim::Challenge), &[]).await.unwrap();
    assert_eq!(db.remove_factors(&ann.id, after(1)).await.unwrap(), 1);
    assert!(db.list_factors(&ann.id).await.unwrap().is_empty());
    assert_eq!(db.count_recovery_codes(&ann.id).await.unwrap(), 0);
    assert!(db.list_sessions(&ann.id).await.unwrap().is_empty());
    assert!(db.find_flow(token("waits"), after(1)).await.unwrap().is_none());
    assert_eq!(db.list_factors(&bob.id).await.unwrap().len(), 1);
    assert_eq!(db.list_sessions(&bob.id).await.unwrap().len(), 1);
}

async fn a_flow_is_found_until_it_ends_and_goes_with_its_session(db: Db) {
    let ann = db.person("ann").await;
    let new = new_session(&ann, "s", START);
    let id = new.session.id.clone();
    db.add_session(new).await.unwrap();
    let sealed = FlowAim::ConfirmTotp { sealed: vec![9] };
    let new = PendingFlow { session_id: Some(id.clone()), keep: true, ..flow(&ann, "a", sealed.clone()) };
    db.add_flow(new, &[]).await.unwrap();
    let found = db.find_flow(token("a"), after(599)).await.unwrap().unwrap();
    assert_eq!(
        (found.aim, found.session_id, found.methods, found.keep),
        (sealed, Some(id.clone()), Methods::only(Method::Password), true)
    );
    assert!(db.find_flow(token("a"), after(600)).await.unwrap().is_none());
    db.revoke_session(&id, after(1)).await.unwrap();
    assert!(db.find_flow(token("a"), after(2)).await.unwrap().is_none());
    let of_nobody =
        PendingFlow { session_id: Some(SessionId("nothing".into())), ..flow(&ann, "b", FlowAim::Enroll) };
    assert!(matches!(db.add_flow(of_nobody, &[]).await, Err(StorageError::IdentityChanged)));
}

async fn a_flow_begins_one_session(db: Db) {
    let ann = db.person("ann").await;
    let key = LimitKey("account:a".into());
    let full = |states: &mut [LimitState]| states.fill(LimitState { level: 3.0, ..LimitState::default() });
    db.update_limits(std::slice::from_ref(&key), &full, START).await.unwrap();
    db.add_flow(flow(&ann, "a", FlowAim::Challenge), std::slice::from_ref(&key)).await.unwrap();
    assert_eq!(db.read_limits(&[key]).await.unwrap(), [LimitState::default()]);
    let new = |text| NewSession { flow: Some(token("a")), ..new_session(&ann, text, after(1)) };
    let (a, b) = tokio::join!(db.add_session(new("one")), db.add_session(new("two")));
    assert!(a.is_ok() != b.is_ok());
    assert_eq!(db.list_sessions(&ann.id).await.unwrap().len(), 1);
    assert!(matches!(db.add_session(new("three")).await, Err(StorageError::IdentityChanged)));
}

async fn a_raised_session_has_another_token_and_says_so(db: Db) {
    let ann = db.person("ann").await;
    let new = new_session(&ann, "before", START);
    let id = new.session.id.clone();
    db.add_session(new).await.unwrap();
    db.add_flow(PendingFlow { session_id: Some(id.clone()), ..flow(&ann, "a", FlowAim::Challenge) }, &[])
        .await
        .unwrap();
    let before = db.latest_change().await.unwrap();
    let raised = RaisedSession {
        id: id.clone(),
        token_hash: token("after"),
        methods: Methods::only(Method::Password).and(Method::Totp),
        flow: Some(token("a")),
        at: after(5),
    };
    assert!(db.raise_session(raised.clone()).await.unwrap());
    assert!(!db.raise_session(raised.clone()).await.unwrap(), "its flow is used up");
    assert!(db.find_session(token("before")).await.unwrap().is_none());
    let live = db.find_session(token("after")).await.unwrap().unwrap();
    assert_eq!((live.session.aal(), live.session.authenticated_at), (AssuranceLevel::Aal2, after(5)));
    let changes = db.changes_since(before).await.unwrap();
    assert_eq!(
        changes.last().map(|change| change.kind.clone()),
        Some(ChangeKind::IdentityChanged(ann.id.clone()))
    );
    db.revoke_session(&id, after(6)).await.unwrap();
    assert!(!db.raise_session(RaisedSession { flow: None, ..raised }).await.unwrap(), "it is over");
}

async fn a_new_password_forgets_flows(db: Db) {
    let ann = db.person("ann").await;
    db.add_flow(flow(&ann, "a", FlowAim::Challenge), &[]).await.unwrap();
    db.set_password(&ann.id, &crate::kit::password("new"), false, None, after(1)).await.unwrap();
    assert!(db.find_flow(token("a"), after(1)).await.unwrap().is_none());
    db.add_flow(flow(&ann, "b", FlowAim::Challenge), &[]).await.unwrap();
    db.set_disabled(&ann.id, true, after(2)).await.unwrap();
    assert!(db.find_flow(token("b"), after(2)).await.unwrap().is_none());
}

async fn a_new_key_seals_everything_anew_or_changes_nothing(db: Db) {
    let (ann, bob) = (db.person("ann").await, db.person("bob").await);
    add(&db, &ann, "fac_1", &[]).await;
    add(&db, &bob, "fac_2", &[]).await;
    db.add_flow(flow(&ann, "waits", FlowAim::ConfirmTotp { sealed: vec![1] }), &[]).await.unwrap();
    let mark = db.claim_key([1; 32], START).await.unwrap();
    let for_ann_only = |owner: &str, _: &[u8]| (owner == ann.id.0).then(|| vec![7]);
    assert!(db.replace_key([2; 32], &for_ann_only, after(1)).await.is_err());
    assert_eq!(db.claim_key([3; 32], after(1)).await.unwrap(), mark);
    assert_eq!(db.list_factors(&ann.id).await.unwrap()[0].factor.sealed, [0, 1, 255]);
    let anew = |owner: &str, sealed: &[u8]| Some([owner.as_bytes(), sealed].concat());
    assert_eq!(db.replace_key([2; 32], &anew, after(2)).await.unwrap(), 2);
    assert_eq!(db.claim_key([3; 32], after(2)).await.unwrap(), [2; 32]);
    let sealed = &db.list_factors(&bob.id).await.unwrap()[0].factor.sealed;
    assert_eq!(*sealed, [bob.id.0.as_bytes(), &[0, 1, 255]].concat());
    assert!(db.find_flow(token("waits"), after(2)).await.unwrap().is_none());
}
