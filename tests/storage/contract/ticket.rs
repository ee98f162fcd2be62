//! Tickets.

use gatehouse::{
    session::{REPEAT_TTL, Redemption, SessionId},
    storage::{NewSession, StorageError},
};

use crate::kit::{Db, START, after, each_backend, new_session, new_ticket, token};

each_backend!(
    a_ticket_comes_with_its_session,
    a_ticket_is_redeemed_once_and_remembers_by_whom,
    a_ticket_goes_with_its_session,
    a_ticket_needs_a_session,
);

async fn a_ticket_comes_with_its_session(db: Db) {
    let ann = db.person("ann").await;
    let mut new = new_session(&ann, "t", START);
    let ticket = new_ticket("ticket", &new.session.id, START);
    new = NewSession { ticket: Some(ticket.clone()), ..new };
    db.add_session(new).await.unwrap();
    let found = db.find_ticket(token("ticket")).await.unwrap().unwrap();
    assert_eq!((found.ticket, found.redeemed), (ticket, None));
    assert!(db.find_ticket(token("t")).await.unwrap().is_none());
}

async fn a_ticket_is_redeemed_once_and_remembers_by_whom(db: Db) {
    let ann = db.person("ann").await;
    let session = db.sign_in(&ann, "t", START).await;
    let ticket = new_ticket("ticket", &session, START);
    db.add_ticket(ticket.clone()).await.unwrap();
    assert!(db.redeem_ticket(token("ticket"), token("socket"), after(1)).await.unwrap());
    assert!(!db.redeem_ticket(token("ticket"), token("socket"), after(2)).await.unwrap());
    assert!(!db.redeem_ticket(token("ticket"), token("other"), after(2)).await.unwrap());
    let found = db.find_ticket(token("ticket")).await.unwrap().unwrap();
    assert_eq!(found.redeemed, Some((token("socket"), after(1))));
    let judged = |handle, now| found.judge(&ticket.challenge, token(handle), now);
    assert_eq!(judged("socket", after(5)), Redemption::Repeated);
    assert_eq!(judged("socket", after(1).plus(REPEAT_TTL)), Redemption::Theft);
    assert_eq!(judged("other", after(5)), Redemption::Theft);
}

async fn a_ticket_goes_with_its_session(db: Db) {
    let ann = db.person("ann").await;
    let session = db.sign_in(&ann, "t", START).await;
    db.add_ticket(new_ticket("ticket", &session, START)).await.unwrap();
    db.revoke_session(&session, START).await.unwrap();
    assert!(db.find_ticket(token("ticket")).await.unwrap().is_none());
    assert!(!db.redeem_ticket(token("ticket"), token("socket"), START).await.unwrap());
}

async fn a_ticket_needs_a_session(db: Db) {
    let refused = db.add_ticket(new_ticket("ticket", &SessionId("ses_?".into()), START)).await;
    assert!(matches!(refused, Err(StorageError::IdentityChanged)));
}
