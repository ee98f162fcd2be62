//! Mails that an app's form asks for.

use std::time::Duration;

use gatehouse::config::{Settings, SmtpSecurity};
use gatehouse_protocol::RegistrationMode;
use serde_json::{Value, json};

use crate::{
    kit::{House, login},
    mailbox::{Letter, Mailbox},
};

fn with_mail(mailbox: &Mailbox) -> impl FnOnce(&mut Settings) {
    let port = mailbox.port();
    move |settings| {
        settings.mail.smtp_host = Some("127.0.0.1".to_owned());
        settings.mail.smtp_port = Some(port);
        settings.mail.smtp_security = SmtpSecurity::None;
        settings.mail.from = Some("noreply@example.org".to_owned());
        settings.registration = RegistrationMode::Open;
    }
}

/// The next mail.
async fn arrived(mailbox: &Mailbox) -> Letter {
    for _ in 0..400 {
        if let Some(letter) = mailbox.take().pop() {
            return letter;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no mail came");
}

/// The server of an app was taken over, or never was a friend. It asks for a reset in the name of somebody who uses
/// other apps, too, and waits for the click: the page that the mail leads to sees the token, and with it the account.
#[tokio::test]
async fn a_reset_that_a_hostile_app_asks_for() {
    let mailbox = Mailbox::open().await;
    let house = House::open_with(with_mail(&mailbox)).await;
    let app = house.app("ledger").await;
    let asked = json!({ "step": "request", "identifier": "alice" });
    let reply = app.ask(app.request("POST", "/_gatehouse/recovery"), &asked).await;
    assert_eq!(reply.json()["state"], "sent");
    let letter = arrived(&mailbox).await;
    assert!(letter.text().contains("at ledger"), "the mail says which app it is about");
    assert!(!letter.text().contains(&app.host), "and nothing in it leads there");
    let link = letter.link("reset").unwrap();
    let path = link.strip_prefix(&house.origin()).expect("it leads to the endpoint");

    // The endpoint's own page resets the password there, and the app's form takes the new one.
    let (page, _) = path.split_once('#').unwrap();
    let form = house.ask(house.request("GET", page), &Value::Null).await;
    assert!(String::from_utf8_lossy(&form.body).contains("the form"), "{form:?}");
    let token = letter.token("reset").unwrap();
    let open = json!({ "step": "open", "token": token });
    let reply = house.ask(house.request("POST", "/_gatehouse/recovery"), &open).await;
    assert_eq!(reply.json()["username"], "alice");
    let reset = json!({ "step": "reset", "token": token, "password": "eight loud geese" });
    let reply = house.ask(house.request("POST", "/_gatehouse/recovery"), &reset).await;
    assert_eq!(reply.json()["state"], "complete");
    let mut step = login("alice");
    step["password"] = "eight loud geese".into();
    app.ask(app.request("POST", "/_gatehouse/login"), &step).await.session();
}

/// The browser that asks in an app's form has nothing to show at the endpoint's own page: a link there would open nothing.
#[tokio::test]
async fn a_code_that_an_apps_form_asks_for_comes_without_a_link() {
    let mailbox = Mailbox::open().await;
    let with_mail = with_mail(&mailbox);
    let house = House::open_with(|settings| {
        with_mail(settings);
        settings.codes.mail = true;
    })
    .await;
    let app = house.app("ledger").await;
    let asked = json!({ "step": "send_code", "identifier": "alice", "channel": "mail" });
    let own = house.ask(house.request("POST", "/_gatehouse/login"), &asked).await;
    assert_eq!(own.json()["state"], "code_sent");
    assert!(arrived(&mailbox).await.link("sign-in").is_some(), "control");
    let reply = app.ask(app.request("POST", "/_gatehouse/login"), &asked).await;
    let letter = arrived(&mailbox).await;
    let text = letter.text();
    assert!(!text.contains("http") && !text.to_lowercase().contains("link"), "{text}");
    let (_, after) = text.split_once("as alice is ").unwrap();
    let code = &after[.."1234 5678".len()];
    let code = json!({ "step": "code", "flow": reply.json()["flow"], "code": code, "keep": false, "challenge": null });
    app.ask(app.request("POST", "/_gatehouse/login"), &code).await.session();
}

/// Whoever registers with the form of an app comes back to it.
#[tokio::test]
async fn a_confirmation_leads_back_to_the_app() {
    let mailbox = Mailbox::open().await;
    let house = House::open_with(with_mail(&mailbox)).await;
    let app = house.app("ledger").await;
    let step = json!({
        "step": "submit", "username": "carol", "email": "carol@example.org", "password": "nine slow rivers",
        "token": null, "challenge": null
    });
    let reply = app.ask(app.request("POST", "/_gatehouse/registration"), &step).await;
    assert_eq!(reply.json()["state"], "verify_address");
    let link = arrived(&mailbox).await.link("verify").unwrap();
    assert!(link.starts_with(&format!("http://{}/_gatehouse/#verify=", app.host)), "{link}");
}
