//! Events for the operator, and facts about the database.

use gatehouse::{
    identity::IdentityId,
    session::SessionId,
    storage::{AuditRecord, StorageError},
};

use crate::kit::{Db, START, after, each_backend, token};

each_backend!(
    events_come_back_newest_first,
    the_instance_has_one_name,
    the_mark_only_rises,
    the_first_key_goes_with_it_until_it_is_replaced,
    a_healthy_database_says_so_and_stays_as_it_is,
);

fn event(name: &str, at: u64) -> AuditRecord {
    AuditRecord {
        at: after(at),
        event: name.into(),
        identity_id: Some(IdentityId("idn_1".into())),
        session_id: Some(SessionId("ses_1".into())),
        address: "2001:db8::7".into(),
        detail: "{\"why\":\"\u{1b}[31m\\r\\n\"}".into(),
    }
}

async fn the_first_key_goes_with_it_until_it_is_replaced(db: Db) {
    assert_eq!(db.claim_key([1; 32], START).await.unwrap(), [1; 32]);
    assert_eq!(db.claim_key([2; 32], START).await.unwrap(), [1; 32]);
    assert_eq!(db.another_process().await.claim_key([2; 32], START).await.unwrap(), [1; 32]);
    db.replace_key([3; 32], &|_, sealed| Some(sealed.to_vec()), START).await.unwrap();
    assert_eq!(db.claim_key([1; 32], START).await.unwrap(), [3; 32]);
}

async fn events_come_back_newest_first(db: Db) {
    let none = AuditRecord { identity_id: None, session_id: None, ..event("second", 2) };
    for record in [event("first", 1), none.clone(), event("third", 3)] {
        db.add_audit(record).await.unwrap();
    }
    assert_eq!(db.list_audit(2).await.unwrap(), [event("third", 3), none]);
    assert_eq!(db.list_audit(9).await.unwrap().len(), 3);
    db.add_audit(event("first", 4)).await.unwrap();
    assert_eq!(db.latest_audit("first").await.unwrap(), Some(event("first", 4)));
    assert_eq!(db.latest_audit("none").await.unwrap(), None);
    let of = async |id: &str, limit| db.list_audit_of(&IdentityId(id.into()), limit).await.unwrap();
    assert_eq!(of("idn_1", 2).await, [event("first", 4), event("third", 3)], "of nobody else");
    assert_eq!(of("idn_1", 9).await.len(), 3);
    assert_eq!(of("nobody", 9).await, []);
}

async fn the_instance_has_one_name(db: Db) {
    let name = db.instance().await.unwrap();
    assert!(name.len() >= 8 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name}");
    assert_eq!(db.another_process().await.instance().await.unwrap(), name);
}

/// The clock jumps back by a day, with a restart between: the mark does not.
async fn the_mark_only_rises(db: Db) {
    assert_eq!(db.high_water_mark().await.unwrap(), START);
    db.raise_high_water_mark(after(86_400)).await.unwrap();
    db.raise_high_water_mark(START).await.unwrap();
    let restarted = db.another_process().await;
    assert_eq!(restarted.high_water_mark().await.unwrap(), after(86_400));
}

async fn a_healthy_database_says_so_and_stays_as_it_is(db: Db) {
    let name = db.instance().await.unwrap();
    db.check().await.unwrap();
    db.check().await.unwrap();
    assert_eq!(db.instance().await.unwrap(), name);
    assert!(db.changes().await.is_empty());
}

#[tokio::test]
async fn a_backup_of_sqlite_holds_everything_and_replaces_nothing() {
    let db = crate::kit::sqlite().await;
    let ann = db.person("ann").await;
    db.sign_in(&ann, "t", START).await;
    let to = db.folder.path().join("copy's \"name\".db");
    db.backup(&to).await.unwrap();
    db.sign_in(&ann, "later", START).await;
    let copied = std::fs::read(&to).unwrap();
    assert!(matches!(db.backup(&to).await, Err(StorageError::Unavailable(_))));
    assert_eq!(std::fs::read(&to).unwrap(), copied);
    let nowhere = db.folder.path().join("missing/copy.db");
    assert!(matches!(db.backup(&nowhere).await, Err(StorageError::Unavailable(_))));
    assert!(db.find_session(token("later")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_backup_of_postgresql_is_left_to_postgresql() {
    let db = crate::kit::postgres("").await;
    let to = db.folder.path().join("copy");
    let refused = db.backup(&to).await.unwrap_err();
    assert!(matches!(refused, StorageError::Unsupported(_)));
    assert!(
        refused.to_string().contains("pg_dump") && refused.to_string().contains("snapshots"),
        "{refused}"
    );
    assert!(!to.exists());
}
