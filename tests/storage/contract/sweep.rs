//! What has expired goes, and nothing else.

use gatehouse::storage::{AuditRecord, LimitKey, LimitState, LinkKind, MailTemplate};

use crate::kit::{Db, START, after, each_backend, new_mail, new_registration, new_ticket, token};

each_backend!(
    sweeping_at_once_deletes_nothing,
    sweeping_later_deletes_what_is_over,
    a_lock_outlives_the_sweep
);

const DAY: u64 = 86_400;

async fn one_of_each(db: &Db) {
    let ann = db.person("ann").await;
    let session = db.sign_in(&ann, "t", START).await;
    db.add_ticket(new_ticket("ticket", &session, START)).await.unwrap();
    db.link("reset", LinkKind::Recovery, Some(&ann.id)).await;
    let (pending, mail) = new_registration("bob", "bob@example.org");
    db.add_registration(pending, mail).await.unwrap();
    let full = |states: &mut [LimitState]| {
        for state in states {
            *state = LimitState { level: 1.0, updated_at: START, ..*state };
        }
    };
    db.update_limits(&[LimitKey("a".into())], &full, START).await.unwrap();
    let mail = new_mail("ann@example.org", MailTemplate::Recovery, "");
    let id = mail.id.clone();
    db.enqueue_mail(mail, 9, std::time::Duration::from_mins(1)).await.unwrap();
    db.mail_sent(&id, START).await.unwrap();
    let (at, event) = (START, "login".to_owned());
    let (address, detail) = (String::new(), String::new());
    db.add_audit(AuditRecord { at, event, identity_id: None, session_id: None, address, detail })
        .await
        .unwrap();
    let carl = db.person("carl").await;
    db.set_disabled(&carl.id, true, START).await.unwrap();
}

async fn sweeping_at_once_deletes_nothing(db: Db) {
    one_of_each(&db).await;
    assert_eq!(db.sweep(after(1)).await.unwrap(), 0);
    assert!(db.find_session(token("t")).await.unwrap().is_some());
    assert_eq!(db.changes().await.len(), 1);
}

async fn sweeping_later_deletes_what_is_over(db: Db) {
    one_of_each(&db).await;
    assert_eq!(db.sweep(after(60)).await.unwrap(), 1, "the ticket that nobody redeemed");
    assert_eq!(db.sweep(after(1800)).await.unwrap(), 1, "the link");
    // The idle session has gone by now; its last use may have been written a minute late.
    assert_eq!(db.sweep(after(3600 + 300)).await.unwrap(), 2, "the session and the registration");
    assert_eq!(db.sweep(after(DAY)).await.unwrap(), 3, "the counter, the change, the sent mail");
    assert_eq!(db.mail_backlog().await.unwrap().0, 1, "what waits is not swept");
    assert_eq!(db.list_audit(9).await.unwrap().len(), 1);
    assert_eq!(db.sweep(after(90 * DAY)).await.unwrap(), 1, "the event");
    assert_eq!(db.list_identities(&gatehouse::storage::IdentityFilter::default()).await.unwrap().len(), 2);
}

async fn a_lock_outlives_the_sweep(db: Db) {
    let key = [LimitKey("a".into())];
    let locked = LimitState { level: 9.0, updated_at: START, locked_until: after(3 * DAY) };
    db.update_limits(&key, &move |states| states.fill(locked), START).await.unwrap();
    assert_eq!(db.sweep(after(2 * DAY)).await.unwrap(), 0);
    assert_eq!(db.read_limits(&key).await.unwrap(), [locked]);
}
