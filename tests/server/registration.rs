//! Attacks on registration and on the mail that it sends.

use serde_json::json;

use crate::kit::{OTHER_PASSWORD, PASSWORD, app, app_with, registration_step};
use gatehouse::storage::MailTemplate;

/// A line break in an address or name, to add a header or a recipient to the mail.
#[tokio::test]
async fn header_injection_by_registration() {
    let app = app().await;
    for (username, email, code) in [
        ("mallory", "mallory@example.org\r\nBcc: victim@example.net", "email_invalid"),
        ("mallory", "mallory@example.org\nSubject: hello", "email_invalid"),
        ("mallory", "mallory@example.org,victim@example.net", "email_invalid"),
        ("mallory", "<mallory@example.org>", "email_invalid"),
        ("mallory\r\nBcc: victim@example.net", "mallory@example.org", "username_invalid"),
    ] {
        let reply = app.post("/registration", &registration_step(username, email, PASSWORD)).send().await;
        reply.expect_problem(422, code);
    }
    assert!(app.mails().await.is_empty());
    let step = registration_step("mallory", "mallory@example.org", PASSWORD);
    app.post("/registration", &step).send().await.expect_state("verify_address");
    let mails = app.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["mallory@example.org"]);
    assert!(!mails[0].head().to_ascii_lowercase().contains("\nbcc:"));
}

/// Who has an account, asked by registering every address of a list: the answers, the work and the mails are the
/// same; the owner of the address learns of it by mail.
#[tokio::test]
async fn registering_an_address_that_has_an_account() {
    let app = app().await;
    app.add("alice").await;
    let mut seen = Vec::new();
    for (username, email) in [("new-one", "alice@example.org"), ("new-two", "nobody@example.org")] {
        let before = (app.hashes(), app.commits());
        let reply =
            app.post("/registration", &registration_step(username, email, OTHER_PASSWORD)).send().await;
        reply.expect_state("verify_address");
        let work = (app.hashes() - before.0, app.commits() - before.1);
        seen.push((reply.status, reply.body, reply.headers, work));
    }
    assert_eq!(seen[0], seen[1]);
    let mails = app.mails().await;
    let to = |to: &str| mails.iter().find(|mail| mail.to == [to]).unwrap();
    assert_eq!(to("alice@example.org").template(), MailTemplate::AlreadyRegistered);
    assert_eq!(to("nobody@example.org").template(), MailTemplate::Verification);
    assert!(to("alice@example.org").token("verify").is_none());
}

/// Somebody registered and did not confirm the address. The password alone opens nothing: whoever has it is told to
/// look into the mailbox, and whoever has not learns nothing.
#[tokio::test]
async fn a_login_before_the_address_is_confirmed() {
    let app = app().await;
    let step = registration_step("alice", "alice@example.org", PASSWORD);
    app.post("/registration", &step).send().await.expect_state("verify_address");
    assert_eq!(app.templates().await, [MailTemplate::Verification]);
    let (before, wrong) = (app.hashes(), app.login_with("alice@example.org", OTHER_PASSWORD).await);
    let unknown = app.login_with("nobody@example.org", OTHER_PASSWORD).await;
    wrong.expect_problem(401, "credentials_rejected");
    assert_eq!((&wrong.body, &wrong.headers), (&unknown.body, &unknown.headers));
    assert_eq!(app.hashes() - before, 2);
    app.login("alice").await.expect_problem(401, "credentials_rejected");
    assert!(app.mails().await.is_empty());

    let right = app.login("Alice@example.org").await;
    right.expect_state("verify_address");
    assert!(right.cookies().is_empty(), "no session, and no device that is known");
    let mails = app.mails().await;
    let token = mails.iter().find_map(|mail| mail.token("verify")).expect("the link comes again");
    app.post("/verification", &json!({"step": "confirm", "token": token}))
        .send()
        .await
        .expect_state("verified");
    app.login("alice@example.org").await.expect_complete();
}

/// The same by "forgot password" and by "send the link again".
#[tokio::test]
async fn asking_for_links_tells_nothing() {
    let app = app().await;
    app.add("alice").await;
    let disabled = app.add("bob").await;
    app.endpoint.storage().set_disabled(&disabled.id, true, app.endpoint.now()).await.unwrap();
    let step = registration_step("carol", "carol@example.org", PASSWORD);
    app.post("/registration", &step).send().await.expect_state("verify_address");
    let same = async |path: &str, name: &str, step: &str, values: &[&str]| {
        let mut seen = Vec::new();
        // Often enough that whoever gets mail has got all of it.
        for value in values.iter().flat_map(|value| [value; 5]) {
            let before = (app.hashes(), app.commits());
            let reply = app.post(path, &json!({"step": step, name: value})).send().await;
            reply.expect_state("sent");
            let work = (app.hashes() - before.0, app.commits() - before.1);
            assert_eq!(work, (0, 1), "{value}: the disk is waited for once, whoever is meant");
            seen.push((reply.body, reply.headers));
        }
        assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    };
    let identifiers = ["alice", "alice@example.org", "nobody", "nobody@example.org", "bob", "no such name!"];
    same("/recovery", "identifier", "request", &identifiers).await;
    let addresses = ["carol@example.org", "alice@example.org", "nobody@example.org"];
    same("/verification", "email", "resend", &addresses).await;
    let recoveries = app.templates().await.into_iter().filter(|mail| *mail == MailTemplate::Recovery).count();
    assert!(recoveries > 0, "control: whoever has an account gets the mail");
}

/// The mail server is down: "sent" for some and an error for others would tell who has an account.
#[tokio::test]
async fn forgotten_password_while_the_mail_server_is_down() {
    let app = app_with(|settings| settings.mail.smtp_port = Some(1)).await;
    app.add("alice").await;
    let ask = async |identifier: &str| {
        app.post("/recovery", &json!({"step": "request", "identifier": identifier})).send().await
    };
    let (known, unknown) = (ask("alice").await, ask("nobody").await);
    known.expect_state("sent");
    assert_eq!(
        (known.status, &known.body, &known.headers),
        (unknown.status, &unknown.body, &unknown.headers)
    );
    assert!(app.mails().await.is_empty());
    assert!(app.endpoint.storage().mail_backlog().await.unwrap().0 > 0, "nothing is lost: it is tried again");
}

/// A second person under a name that looks like the first one's.
#[tokio::test]
async fn usernames_that_look_like_another() {
    let app = app().await;
    app.add("alice").await;
    for twin in ["Alice", "ALICE", "ａｌｉｃｅ", "аlice", "al\u{0456}ce", " alice "] {
        let step = registration_step(twin, "mallory@example.org", OTHER_PASSWORD);
        let reply = app.post("/registration", &step).send().await;
        reply.expect_problem(422, "username_taken");
        assert_eq!(reply.json()["field"], "username");
    }
    let step = registration_step("alicia", "alicia@example.org", OTHER_PASSWORD);
    app.post("/registration", &step).send().await.expect_state("verify_address");
}

/// Names that would pass for the operator.
#[tokio::test]
async fn reserved_usernames() {
    let app = app().await;
    for (name, code) in [
        ("admin", "username_reserved"),
        ("Root", "username_reserved"),
        ("аdmin", "username_reserved"),
        ("weather", "username_reserved"),
        ("bob@example.org", "username_invalid"),
    ] {
        let step = registration_step(name, "bob@example.org", PASSWORD);
        app.post("/registration", &step).send().await.expect_problem(422, code);
    }
}

/// A field more, to be made an administrator (mass assignment).
#[tokio::test]
async fn extra_fields_in_a_registration() {
    let app = app().await;
    let proper = registration_step("mallory", "mallory@example.org", PASSWORD);
    for (name, value) in [
        ("role", json!("admin")),
        ("roles", json!(["admin"])),
        ("email_verified", json!(true)),
        ("verified_at", json!(0)),
        ("id", json!("id_1")),
        ("disabled", json!(false)),
    ] {
        let mut step = proper.clone();
        step[name] = value;
        app.post("/registration", &step).send().await.expect_problem(400, "malformed");
    }
    app.post("/registration", &proper).send().await.expect_state("verify_address");
    let token = app.mails().await[0].token("verify").unwrap();
    app.post("/verification", &json!({"step": "confirm", "token": token}))
        .send()
        .await
        .expect_state("verified");
    let session = app.login("mallory").await.expect_complete();
    let state = app.get("/session").cookie(&session).send().await.expect_state("signed_in");
    assert_eq!(state["roles"], json!([]), "whoever registers gets the roles of the settings and no others");
}

/// A flood of registrations from one address, and from many.
#[tokio::test]
async fn a_flood_of_registrations() {
    let app = app().await;
    let mut admitted = (0, 0);
    for number in 0..120 {
        let step = registration_step(&format!("one{number}"), &format!("one{number}@example.org"), PASSWORD);
        let reply = app.post("/registration", &step).from("198.51.100.7").send().await;
        admitted.0 += usize::from(reply.status == 200);
    }
    assert!((1..=40).contains(&admitted.0), "{admitted:?}");
    app.wait(std::time::Duration::from_mins(10));
    for number in 0..200_u8 {
        let step =
            registration_step(&format!("many{number}"), &format!("many{number}@example.org"), PASSWORD);
        let reply = app.post("/registration", &step).from(&format!("203.0.113.{number}")).send().await;
        admitted.1 += usize::from(reply.status == 200);
    }
    assert!((1..=120).contains(&admitted.1), "{admitted:?}");
}

/// Registration is closed unless the settings open it, whatever is sent.
#[tokio::test]
async fn registering_where_registration_is_closed() {
    use gatehouse_protocol::RegistrationMode;
    for (mode, code) in [
        (RegistrationMode::Closed, "registration_closed"),
        (RegistrationMode::Invite, "invitation_required"),
        (RegistrationMode::Domains, "domain_not_allowed"),
    ] {
        let app = app_with(|settings| {
            settings.registration = mode;
            settings.registration_domains = vec!["example.com".into()];
        })
        .await;
        let step = registration_step("mallory", "mallory@example.org", PASSWORD);
        app.post("/registration", &step).send().await.expect_problem(403, code);
        let forged = json!({
            "step": "submit", "username": "mallory", "email": "", "password": PASSWORD,
            "token": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "challenge": null
        });
        app.post("/registration", &forged).send().await.expect_problem(410, "link_expired");
        assert!(app.mails().await.is_empty());
    }
}

/// The set-up link makes one administrator, once.
#[tokio::test]
async fn the_set_up_link_used_twice() {
    let app = app().await;
    let link = app.endpoint.setup_link().await.unwrap().unwrap();
    let token = link.split_once("#setup=").unwrap().1;
    let step = |name: &str| json!({"step": "submit", "username": name, "email": "", "password": PASSWORD, "token": token, "challenge": null});
    app.post("/registration", &json!({"step": "open", "token": token})).send().await.expect_state("offer");
    let session = app.post("/registration", &step("admin")).send().await.expect_complete();
    let state = app.get("/session").cookie(&session).send().await.expect_state("signed_in");
    assert_eq!(state["roles"], json!(["admin"]));
    app.post("/registration", &step("mallory")).send().await.expect_problem(410, "link_expired");
    assert!(
        app.endpoint.setup_link().await.unwrap().is_none(),
        "no second one while there is an administrator"
    );
}
