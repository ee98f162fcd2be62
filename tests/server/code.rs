//! Codes and links by mail over HTTP: what is seen of them, and what a scanner of mail does to them.

use serde_json::{Value, json};

use crate::kit::{App, Letter, Reply, app_with};

async fn app() -> App {
    app_with(|settings| settings.codes.mail = true).await
}

fn ask(identifier: &str) -> Value {
    json!({"step": "send_code", "identifier": identifier, "channel": "mail"})
}

fn code_step(flow: &str, code: &str) -> Value {
    json!({"step": "code", "flow": flow, "code": code, "keep": false, "challenge": null})
}

fn link_step(token: &str) -> Value {
    json!({"step": "code_link", "token": token, "keep": false, "challenge": null})
}

/// Asks for a code; the flow's token and the cookie that goes with it.
async fn asked(app: &App, identifier: &str) -> (String, String) {
    let reply = app.post("/login", &ask(identifier)).send().await;
    let flow = reply.expect_state("code_sent")["flow"].as_str().unwrap().to_owned();
    (flow, browser(&reply))
}

fn browser(reply: &Reply) -> String {
    let [cookie] = reply.cookies().try_into().unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

fn code_in(letter: &Letter) -> String {
    let text = letter.text();
    let said = text.split("as alice is ").nth(1).unwrap();
    said.split('.').next().unwrap().replace('\n', "")
}

#[tokio::test]
async fn a_mail_brings_a_code_and_a_link_and_each_signs_in() {
    let app = app().await;
    app.add("alice").await;
    let (flow, cookie) = asked(&app, "alice").await;
    let [letter] = app.mails().await.try_into().unwrap();
    assert_eq!(letter.to, ["alice@example.org"]);
    let code = code_in(&letter);
    assert_eq!(code.len(), 9, "{code}");
    app.post("/login", &code_step(&flow, &code)).cookie(&cookie).send().await.expect_complete();

    let (_, cookie) = asked(&app, "alice").await;
    let [letter] = app.mails().await.try_into().unwrap();
    let token = letter.token("sign-in").unwrap();
    app.post("/login", &link_step(&token)).cookie(&cookie).send().await.expect_complete();
    app.post("/login", &link_step(&token)).cookie(&cookie).send().await.expect_problem(410, "link_expired");
}

/// Somebody who wants to know who has an account asks for codes: the answers and the work are the same, whoever is meant,
/// and however often.
#[tokio::test]
async fn asking_for_a_code_tells_nothing() {
    let app = app().await;
    app.add("alice").await;
    let disabled = app.add("bob").await;
    app.endpoint.storage().set_disabled(&disabled.id, true, app.endpoint.now()).await.unwrap();
    app.add_with("carol", |new| new.email.as_mut().unwrap().verified_at = None).await;
    app.add("dave").await;
    app.forget_password("dave").await;
    let identifiers = [
        "alice",
        "alice@example.org",
        "bob",
        "carol",
        "carol@example.org",
        "dave",
        "nobody",
        "no such name!",
    ];
    let mut seen = Vec::new();
    // Often enough that whoever gets mail has got all of it.
    for identifier in identifiers.iter().flat_map(|one| [one; 6]) {
        let before = (app.hashes(), app.commits());
        let reply = app.post("/login", &ask(identifier)).send().await;
        let flow = reply.expect_state("code_sent")["flow"].as_str().unwrap().to_owned();
        let work = (app.hashes() - before.0, app.commits() - before.1);
        let shape = reply.text().replace(&flow, "");
        let mut headers = reply.headers.clone();
        let cookie = browser(&reply);
        headers.remove("set-cookie");
        seen.push((work, shape, flow.len(), headers, cookie.len()));
    }
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    let mut to: Vec<String> = app.mails().await.into_iter().flat_map(|mail| mail.to).collect();
    to.dedup();
    assert_eq!(
        to,
        ["alice@example.org", "dave@example.org"],
        "control: who has a confirmed address gets mail"
    );
}

/// The same for guesses: whether there is a code or none, a wrong one costs the same and says the same.
#[tokio::test]
async fn a_wrong_code_tells_nothing() {
    let app = app().await;
    app.add("alice").await;
    let mut seen = Vec::new();
    for identifier in ["alice", "nobody"] {
        let (flow, _) = asked(&app, identifier).await;
        app.mails().await;
        let before = (app.hashes(), app.commits());
        let reply = app.post("/login", &code_step(&flow, "x")).send().await;
        reply.expect_problem(401, "code_rejected");
        let work = (app.hashes() - before.0, app.commits() - before.1);
        seen.push((reply.body, reply.headers, work));
    }
    assert_eq!(seen[0], seen[1]);
}

/// Mail scanners open every link before its reader does, and some run what they find. A link that is opened uses nothing up.
#[tokio::test]
async fn a_scanner_that_opens_the_link_uses_nothing_up() {
    let app = app().await;
    app.add("alice").await;
    let (_, cookie) = asked(&app, "alice").await;
    let [letter] = app.mails().await.try_into().unwrap();
    let token = letter.token("sign-in").unwrap();
    for _ in 0..3 {
        // What stands behind the `#` no server sees; here it is told all the same.
        app.get("/").send().await;
        app.get(&format!("/?sign-in={token}")).send().await;
        app.get("/login").send().await.expect_problem(405, "method_not_allowed");
        app.post("/login", &link_step(&token)).send().await.expect_problem(403, "other_browser");
    }
    app.post("/login", &link_step(&token)).cookie(&cookie).send().await.expect_complete();
}

/// Two tabs of one browser ask: the mail of each works.
#[tokio::test]
async fn two_tabs_of_one_browser_share_their_cookie() {
    let app = app().await;
    app.add("alice").await;
    let (_, cookie) = asked(&app, "alice").await;
    let again = app.post("/login", &ask("alice")).cookie(&cookie).send().await;
    assert_eq!(browser(&again), cookie);
    let letters: [Letter; 2] = app.mails().await.try_into().unwrap();
    let tokens = letters.map(|letter| letter.token("sign-in").unwrap());
    assert_ne!(tokens[0], tokens[1]);
    for token in tokens {
        app.post("/login", &link_step(&token)).cookie(&cookie).send().await.expect_complete();
    }
}

#[tokio::test]
async fn a_code_with_a_field_more_is_refused() {
    let app = app().await;
    app.add("alice").await;
    for extra in ["role", "identity_id", "email_verified"] {
        let mut step = ask("alice");
        step[extra] = json!("admin");
        app.post("/login", &step).send().await.expect_problem(400, "malformed");
    }
    app.post("/login", &ask("alice\r\nBcc: mallory@example.org")).send().await.expect_state("code_sent");
    assert!(app.mails().await.is_empty());
    app.post("/login", &ask("alice")).send().await.expect_state("code_sent");
    let [letter] = app.mails().await.try_into().unwrap();
    assert_eq!(letter.to, ["alice@example.org"]);
}
