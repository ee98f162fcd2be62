//! What may be used once is used once, however many replicas are asked at the same moment.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{house::House, kit::said, mailbox::Mailbox, server::Server};

/// The same request to every replica at once, twice.
fn at_once(house: &House, path: &str, body: impl Fn(usize) -> Value + Sync) -> Vec<String> {
    std::thread::scope(|scope| {
        let body = &body;
        let replicas = house.replicas.iter().chain(&house.replicas).enumerate();
        let asked: Vec<_> =
            replicas.map(|(n, replica)| scope.spawn(move || replica.post(path, "", &body(n)))).collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

fn accepted(answers: &[String]) -> usize {
    answers
        .iter()
        .filter(|answer| answer.starts_with("HTTP/1.1 200") && answer.contains("set-cookie"))
        .count()
}

fn submit(name: &str, email: &str, token: &str) -> Value {
    json!({
        "step": "submit", "username": name, "email": email, "password": "nine slow rivers", "token": token,
        "challenge": null
    })
}

/// Replicas that start together print a link each: any of them works, and then none.
#[tokio::test(flavor = "multi_thread")]
async fn set_up_links_of_replicas_that_start_together() {
    let house = House::open("").await;
    let tokens: Vec<String> = house.replicas.iter().map(|one| token(&one.link)).collect();
    let open = |token: &str| {
        house.next().post("/_gatehouse/registration", "", &json!({"step": "open", "token": token}))
    };
    for token in &tokens {
        assert!(open(token).contains("offer"), "{}", open(token));
    }
    let answers = at_once(&house, "/_gatehouse/registration", |n| {
        submit(&format!("admin{n}"), "", &tokens[n % tokens.len()])
    });
    assert_eq!(accepted(&answers), 1, "{answers:?}");
    for token in &tokens {
        assert!(!open(token).contains("offer"));
    }
    assert_eq!(Server::start(house.operator()).link, "", "nobody needs another");
}

#[tokio::test(flavor = "multi_thread")]
async fn invitation_at_all_replicas_at_once() {
    let house = House::open("").await;
    let link = said(&house.operator().run(&["invite", "--print"]));
    let token = token(link.trim());
    let answers = at_once(&house, "/_gatehouse/registration", |n| submit(&format!("guest{n}"), "", &token));
    assert_eq!(accepted(&answers), 1, "{answers:?}");
}

/// By a mail that another replica may have sent.
#[tokio::test(flavor = "multi_thread")]
async fn recovery_at_all_replicas_at_once() {
    let mailbox = Mailbox::open().await;
    let mail = format!(
        "[mail]\nsmtp_host = \"127.0.0.1\"\nsmtp_port = {}\nsmtp_security = \"none\"\nfrom = \"app@example.org\"\n",
        mailbox.port()
    );
    let house = House::open(&mail).await;
    house.add("alice", &["--email", "alice@example.org", "--verified"]);
    let ask = json!({"step": "request", "identifier": "alice"});
    let asked = house.next().post("/_gatehouse/recovery", "", &ask);
    assert!(asked.starts_with("HTTP/1.1 200"), "{asked}");
    let mut letters = Vec::new();
    for _ in 0..200 {
        letters.extend(mailbox.take());
        if !letters.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let token = letters[0].token("reset").unwrap();
    let answers = at_once(
        &house,
        "/_gatehouse/recovery",
        |n| json!({"step": "reset", "token": token, "password": format!("nine slow rivers {n}")}),
    );
    let done = answers.iter().filter(|answer| answer.starts_with("HTTP/1.1 200")).count();
    assert_eq!(done, 1, "{answers:?}");
}

fn token(link: &str) -> String {
    link.split_once('=').unwrap_or_else(|| panic!("{link}")).1.to_owned()
}
