//! The mail queue.

use std::time::Duration;

use gatehouse::{
    identity::IdentityId,
    storage::{MailId, MailTemplate, NewMail},
};

use crate::kit::{Db, START, after, each_backend, new_mail};

each_backend!(
    a_mail_comes_back_as_it_was_queued,
    a_claimed_mail_is_hidden_for_its_lease,
    a_sent_mail_is_never_claimed_again,
    a_failed_mail_is_tried_again_when_told,
    mails_to_one_address_are_capped,
    the_backlog_counts_what_waits,
);

const LEASE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

async fn queue(db: &Db, mail: NewMail) -> MailId {
    let id = mail.id.clone();
    assert!(db.enqueue_mail(mail, 100, HOUR).await.unwrap());
    id
}

async fn a_mail_comes_back_as_it_was_queued(db: Db) {
    use MailTemplate::{AlreadyRegistered, Invitation, PasswordChanged, Recovery, Verification};
    for template in [Verification, Recovery, Invitation, AlreadyRegistered, PasswordChanged] {
        let mut mail = new_mail("Ann@Example.org", template, "{\"roles\":[]}");
        mail.identity_id = Some(IdentityId("idn_1".into()));
        queue(&db, mail.clone()).await;
        let claimed = db.claim_mail(START, LEASE).await.unwrap().unwrap();
        assert_eq!(format!("{:?}", claimed.mail), format!("{mail:?}"));
        assert_eq!(claimed.attempts, 0);
    }
}

async fn a_claimed_mail_is_hidden_for_its_lease(db: Db) {
    let first = queue(&db, new_mail("a@example.org", MailTemplate::Recovery, "")).await;
    let mut second = new_mail("b@example.org", MailTemplate::Recovery, "");
    second.queued_at = after(1);
    let second = queue(&db, second).await;
    let claim = async |now| db.claim_mail(now, LEASE).await.unwrap().map(|queued| queued.mail.id);
    assert_eq!(claim(START).await, Some(first.clone()));
    assert_eq!(claim(START).await, None);
    assert_eq!(claim(after(1)).await, Some(second));
    assert_eq!(claim(after(59)).await, None);
    // Whoever had it died: it is sent all the same.
    assert_eq!(claim(after(60)).await, Some(first));
}

async fn a_sent_mail_is_never_claimed_again(db: Db) {
    let id = queue(&db, new_mail("a@example.org", MailTemplate::Recovery, "")).await;
    db.claim_mail(START, LEASE).await.unwrap().unwrap();
    db.mail_sent(&id, after(1)).await.unwrap();
    assert!(db.claim_mail(after(9999), LEASE).await.unwrap().is_none());
}

async fn a_failed_mail_is_tried_again_when_told(db: Db) {
    let id = queue(&db, new_mail("a@example.org", MailTemplate::Recovery, "")).await;
    db.claim_mail(START, LEASE).await.unwrap().unwrap();
    db.mail_failed(&id, "421 try later", Some(after(300))).await.unwrap();
    assert!(db.claim_mail(after(299), LEASE).await.unwrap().is_none());
    assert_eq!(db.claim_mail(after(300), LEASE).await.unwrap().unwrap().attempts, 1);
    db.mail_failed(&id, "550 no such mailbox", None).await.unwrap();
    assert!(db.claim_mail(after(9999), LEASE).await.unwrap().is_none());
    assert_eq!(db.mail_backlog().await.unwrap(), (0, None));
}

/// 200 requests for one address: its owner gets a few mails, whatever became of the earlier ones.
async fn mails_to_one_address_are_capped(db: Db) {
    let ask = async |to: &str, at| {
        let mut mail = new_mail(to, MailTemplate::Recovery, "");
        mail.queued_at = after(at);
        db.enqueue_mail(mail, 3, HOUR).await.unwrap()
    };
    let mut accepted = 0;
    for at in 0..200 {
        accepted += u32::from(ask("ann@example.org", at).await);
        if let Some(queued) = db.claim_mail(after(at), LEASE).await.unwrap() {
            db.mail_sent(&queued.mail.id, after(at)).await.unwrap();
        }
    }
    assert_eq!(accepted, 3);
    assert!(!ask("ANN@example.org", 300).await, "the folded address counts");
    assert!(ask("bob@example.org", 300).await);
    assert!(ask("ann@example.org", 3600).await, "the first is an hour ago");
    assert!(!ask("ann@example.org", 3600).await);
}

async fn the_backlog_counts_what_waits(db: Db) {
    assert_eq!(db.mail_backlog().await.unwrap(), (0, None));
    let mut late = new_mail("b@example.org", MailTemplate::Recovery, "");
    late.queued_at = after(5);
    queue(&db, late).await;
    let id = queue(&db, new_mail("a@example.org", MailTemplate::Recovery, "")).await;
    db.claim_mail(START, LEASE).await.unwrap().unwrap();
    assert_eq!(db.mail_backlog().await.unwrap(), (2, Some(START)));
    db.mail_sent(&id, START).await.unwrap();
    assert_eq!(db.mail_backlog().await.unwrap(), (1, Some(after(5))));
}
