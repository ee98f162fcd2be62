//! Three replicas empty one queue.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;

use crate::{house::House, mailbox::Mailbox};

#[tokio::test(flavor = "multi_thread")]
async fn every_mail_is_sent_once() {
    const MAILS: usize = 15;
    let mailbox = Mailbox::open().await;
    let settings = format!(
        "registration = \"open\"\n[mail]\nsmtp_host = \"127.0.0.1\"\nsmtp_port = {}\nsmtp_security = \"none\"\n\
         from = \"app@example.org\"\n",
        mailbox.port()
    );
    let house = House::open(&settings).await;
    std::thread::scope(|scope| {
        for (n, replica) in (0..MAILS).zip(house.replicas.iter().cycle()) {
            scope.spawn(move || {
                let body = json!({
                    "step": "submit", "username": format!("person{n}"), "email": format!("person{n}@example.org"),
                    "password": "nine slow rivers", "token": null, "challenge": null
                });
                let answer = replica.post("/_gatehouse/registration", "", &body);
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            });
        }
    });
    let mut sent: BTreeMap<String, usize> = BTreeMap::new();
    let mut quiet = 0;
    // A while longer than the last one: a second copy would come soon after.
    while quiet < 30 && sent.values().sum::<usize>() < 3 * MAILS {
        let letters = mailbox.take();
        quiet = if letters.is_empty() && sent.len() == MAILS { quiet + 1 } else { 0 };
        for letter in letters {
            *sent.entry(letter.to.concat()).or_default() += 1;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(sent.len(), MAILS, "{sent:?}");
    assert!(sent.values().all(|&times| times == 1), "{sent:?}");
}
