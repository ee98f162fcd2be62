//! Passkeys as they are found and used, and the challenges that were answered.

use std::time::Duration;

use gatehouse::{
    factor::{FactorId, FactorKind, FactorName, NewFactor},
    identity::Identity,
    session::{Method, Methods},
    storage::{FlowAim, PendingFlow, ProviderAccount, Removal, StorageError, WaysIn},
};

use crate::kit::{Db, START, after, each_backend, new_person, token};

each_backend!(
    a_passkey_is_found_by_its_id_and_belongs_to_one,
    the_last_passkey_stays_where_nothing_else_opens_the_identity,
    a_counter_rises_or_stays_zero,
    a_counter_is_accepted_once_by_many_at_once,
    a_challenge_is_used_once_and_swept,
    a_challenge_is_used_once_by_many_at_once,
);

fn passkey(of: &Identity, id: &str, credential: &[u8], counter: i64) -> NewFactor {
    NewFactor {
        id: FactorId(id.into()),
        identity_id: of.id.clone(),
        kind: FactorKind::Passkey,
        name: FactorName::parse("laptop").unwrap(),
        sealed: vec![0, 1, 255],
        last_step: counter,
        credential_id: Some(credential.to_vec()),
        created_at: START,
    }
}

/// Adds a passkey as an enrollment does.
async fn add(
    db: &Db,
    of: &Identity,
    id: &str,
    credential: &[u8],
    counter: i64,
) -> Result<bool, StorageError> {
    let flow = PendingFlow {
        hash: token(id),
        identity_id: of.id.clone(),
        session_id: None,
        methods: Methods::only(Method::Password),
        aim: FlowAim::ConfirmPasskey,
        keep: false,
        created_at: START,
        expires_at: START.plus(Duration::from_mins(10)),
    };
    db.add_flow(flow, &[]).await.unwrap();
    assert_eq!(db.find_flow(token(id), START).await.unwrap().unwrap().aim, FlowAim::ConfirmPasskey);
    db.add_factor(passkey(of, id, credential, counter), &[], token(id), false).await
}

async fn a_passkey_is_found_by_its_id_and_belongs_to_one(db: Db) {
    let (ann, bob) = (db.person("ann").await, db.person("bob").await);
    assert!(add(&db, &ann, "fac_1", &[0, 255, 1], 3).await.unwrap());
    let kept = db.find_passkey(&[0, 255, 1]).await.unwrap().unwrap();
    assert_eq!((&kept.factor.identity_id, kept.factor.kind), (&ann.id, FactorKind::Passkey));
    assert_eq!((kept.factor.last_step, kept.factor.credential_id), (3, Some(vec![0, 255, 1])));
    assert!(db.find_passkey(&[0, 255]).await.unwrap().is_none());
    assert!(matches!(add(&db, &bob, "fac_2", &[0, 255, 1], 0).await, Err(StorageError::CredentialTaken)));
    assert!(db.find_flow(token("fac_2"), START).await.unwrap().is_some(), "what is refused uses nothing up");
    assert!(add(&db, &bob, "fac_3", &[2], 0).await.unwrap());
    assert_eq!(
        db.remove_factor(&ann.id, &FactorId("fac_1".into()), false, &WaysIn::default(), after(1))
            .await
            .unwrap(),
        Removal::Done
    );
    assert!(db.find_passkey(&[0, 255, 1]).await.unwrap().is_none());
}

/// Somebody without a password would be locked out.
async fn the_last_passkey_stays_where_nothing_else_opens_the_identity(db: Db) {
    let account = ProviderAccount {
        provider: "company".into(),
        issuer: "https://id.example.org".into(),
        subject: "1".into(),
    };
    let ann = db.add_linked_identity(new_person("ann"), &account).await.unwrap().unwrap();
    for (id, credential) in [("one", [1]), ("two", [2])] {
        assert!(add(&db, &ann, id, &credential, 0).await.unwrap());
    }
    let remove = async |id: &str, issuers: &[&str], passkeys: bool| {
        let ways = WaysIn { issuers: issuers.iter().map(|issuer| (*issuer).to_owned()).collect(), passkeys };
        db.remove_factor(&ann.id, &FactorId(id.into()), false, &ways, after(1)).await.unwrap()
    };
    assert_eq!(
        remove("one", &[], false).await,
        Removal::LastWayIn,
        "the other opens nothing while they are off"
    );
    assert_eq!(remove("one", &[], true).await, Removal::Done);
    let before = db.changes().await.len();
    assert_eq!(
        remove("two", &[], true).await,
        Removal::LastWayIn,
        "nobody signs in at the provider any more"
    );
    assert_eq!((db.list_factors(&ann.id).await.unwrap().len(), db.changes().await.len()), (1, before));
    assert_eq!(remove("two", &["https://id.example.org"], false).await, Removal::Done);
}

async fn a_counter_rises_or_stays_zero(db: Db) {
    let ann = db.person("ann").await;
    add(&db, &ann, "counts", &[1], 7).await.unwrap();
    add(&db, &ann, "counts_nothing", &[2], 0).await.unwrap();
    let (counts, nothing) = (FactorId("counts".into()), FactorId("counts_nothing".into()));
    for (counter, accepted) in [(7, false), (6, false), (0, false), (8, true), (8, false), (u32::MAX, true)] {
        assert_eq!(db.use_passkey(&counts, counter, after(1)).await.unwrap(), accepted, "{counter}");
    }
    assert!(db.use_passkey(&nothing, 0, after(2)).await.unwrap());
    assert!(db.use_passkey(&nothing, 0, after(3)).await.unwrap());
    let kept = db.find_passkey(&[2]).await.unwrap().unwrap();
    assert_eq!((kept.last_used_at, kept.factor.last_step), (Some(after(3)), 0));
    assert!(db.use_passkey(&nothing, 1, after(4)).await.unwrap());
    assert!(!db.use_passkey(&nothing, 0, after(5)).await.unwrap(), "who counted once counts always");
    assert!(!db.use_passkey(&FactorId("gone".into()), 9, after(5)).await.unwrap());
}

async fn a_counter_is_accepted_once_by_many_at_once(db: Db) {
    let ann = db.person("ann").await;
    add(&db, &ann, "fac_1", &[1], 7).await.unwrap();
    let id = FactorId("fac_1".into());
    let once = || db.use_passkey(&id, 8, after(1));
    let (a, b, c, d) = tokio::join!(once(), once(), once(), once());
    assert_eq!([a, b, c, d].into_iter().filter(|used| *used.as_ref().unwrap()).count(), 1);
}

async fn a_challenge_is_used_once_and_swept(db: Db) {
    let until = after(600);
    assert!(db.use_challenge(token("a"), until, START).await.unwrap());
    assert!(!db.use_challenge(token("a"), until, after(1)).await.unwrap());
    assert!(db.use_challenge(token("b"), until, after(1)).await.unwrap());
    assert_eq!(db.sweep(after(599)).await.unwrap(), 0);
    assert!(!db.use_challenge(token("a"), until, after(599)).await.unwrap());
    assert_eq!(db.sweep(after(600)).await.unwrap(), 2);
}

async fn a_challenge_is_used_once_by_many_at_once(db: Db) {
    let once = || db.use_challenge(token("a"), after(600), START);
    let (a, b, c, d) = tokio::join!(once(), once(), once(), once());
    assert_eq!([a, b, c, d].into_iter().filter(|used| *used.as_ref().unwrap()).count(), 1);
}
