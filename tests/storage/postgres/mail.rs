//! The queue, drained by many.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use gatehouse::storage::{MailRepository as _, MailTemplate};

use super::{open, server};
use crate::kit::{START, new_mail};

const LEASE: Duration = Duration::from_mins(5);

/// Four processes, two couriers each, and 200 mails: each mail goes to one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_send_each_mail_once() {
    let database = server::filled().await;
    let mut handles = Vec::new();
    for _ in 0..4 {
        handles.push(Arc::new(open(&database, 3).await));
    }
    let mut queued = BTreeSet::new();
    for number in 0..200 {
        let mail = new_mail(&format!("a{number}@example.org"), MailTemplate::Recovery, "");
        queued.insert(mail.id.0.clone());
        handles[0].enqueue_mail(mail, 9, LEASE).await.unwrap();
    }
    let couriers: Vec<_> = (0..8)
        .map(|courier| {
            let storage = Arc::clone(&handles[courier % 4]);
            tokio::spawn(async move {
                let mut sent = Vec::new();
                while let Some(mail) = storage.claim_mail(START, LEASE).await.unwrap() {
                    storage.mail_sent(&mail.mail.id, START).await.unwrap();
                    sent.push(mail.mail.id.0);
                }
                sent
            })
        })
        .collect();
    let mut sent = Vec::new();
    for courier in couriers {
        sent.extend(courier.await.unwrap());
    }
    assert_eq!(sent.len(), 200);
    assert_eq!(sent.into_iter().collect::<BTreeSet<_>>(), queued);
}

/// 20 requests for one address at once, through two processes: the cap is not one per process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cap_holds_between_processes() {
    let database = server::filled().await;
    let handles = [Arc::new(open(&database, 8).await), Arc::new(open(&database, 8).await)];
    let asking: Vec<_> = (0..20)
        .map(|number| {
            let storage = Arc::clone(&handles[number % 2]);
            let mail = new_mail("ann@example.org", MailTemplate::Recovery, "");
            tokio::spawn(async move { storage.enqueue_mail(mail, 3, LEASE).await.unwrap() })
        })
        .collect();
    let mut accepted = 0;
    for asked in asking {
        accepted += u32::from(asked.await.unwrap());
    }
    assert_eq!(accepted, 3);
}
