//! Second factors as a person meets them: the code, the key with its picture, and the recovery codes.

use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{
    network::{Network, run},
    page::{Page, all, focused, until},
};

const PICTURE: &str =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><path d=\"M0 0h1v1z\"/></svg>";

async fn challenged(network: &Network) -> Page {
    let factors = json!({"state": "challenge", "flow": "flow-1", "factors": ["totp", "recovery_code"]});
    network.answers("/login", 200, &factors);
    let page = Page::login().await;
    page.signs_in();
    page.shows("challenge").await;
    page
}

#[wasm_bindgen_test]
async fn a_code_is_asked_for_as_phones_and_browsers_fill_it_in() {
    let network = Network::up();
    let page = challenged(&network).await;
    let input = page.field("Six-digit code");
    assert_eq!((input.id().as_str(), input.name().as_str()), ("gh-code", "one-time-code"));
    assert_eq!(input.get_attribute("autocomplete").as_deref(), Some("one-time-code"));
    assert_eq!(input.get_attribute("inputmode").as_deref(), Some("numeric"));
    assert_eq!(focused(), "gh-code");
    network.refuses("/login", 401, "code_rejected", Some("code"));
    network.forgets("/login");
    network.refuses("/login", 401, "code_rejected", Some("code"));
    page.types("Six-digit code", "000 000");
    page.enter();
    until("the code is refused", || page.note("Six-digit code").starts_with("That code isn't right")).await;
    assert_eq!(page.field("Six-digit code").value(), "000 000", "what was typed stays");
    until("it is selected", || page.field("Six-digit code").selection_end().unwrap() == Some(7)).await;
    let asked = network.asked("/login").pop().unwrap();
    let told = json!({
        "step": "totp", "flow": "flow-1", "code": "000 000", "keep": false, "challenge": "challenge-1"
    });
    assert_eq!(asked, told);

    page.button("Use a recovery code instead").click();
    until("it is another form", || page.text("h1") == "Enter a recovery code").await;
    let input = page.field("Recovery code");
    assert_eq!((input.value().as_str(), input.get_attribute("inputmode")), ("", None));
    page.button("Back to sign in").click();
    page.shows("login").await;
}

#[wasm_bindgen_test]
async fn an_authenticator_app_is_set_up_and_its_codes_are_kept() {
    let network = Network::up();
    network.answers("/login", 200, &json!({"state": "enroll", "flow": "flow-1"}));
    let key = json!({"state": "totp", "flow": "flow-2", "key": "JBSW Y3DP", "picture": PICTURE});
    network.answers("/enrollment", 200, &key);
    let page = Page::login().await;
    page.signs_in();
    page.shows("enroll").await;
    let picture = page.the("img.gh-picture");
    assert_eq!(picture.get_attribute("alt").as_deref(), Some("QR code of the key below"));
    let src = picture.get_attribute("src").unwrap();
    assert!(src.starts_with("data:image/svg+xml,%3Csvg"), "{src}");
    until("the browser draws it", || run("document.querySelector('.gh-picture').naturalWidth + ''") != "0")
        .await;
    assert_eq!(page.text("code"), "JBSW Y3DP");

    let codes: Vec<String> = (0..10).map(|n| format!("aaaa-bbb{n}")).collect();
    network.forgets("/enrollment");
    network.answers("/enrollment", 200, &json!({"state": "complete", "codes": codes}));
    page.types("Six-digit code", "123456");
    page.enter();
    page.shows("codes").await;
    assert_eq!(all(&page.root, ".gh-codes li").len(), 10);
    let file = page.the("a[download]").get_attribute("href").unwrap();
    assert!(file.starts_with("data:text/plain") && file.contains("aaaa-bbb9"), "{file}");
    network.forgets("/login");
    network.answers("/login", 200, &json!({"state": "complete", "ticket": "ticket-1"}));
    page.button("I've stored them, continue").click();
    until("the app has its ticket", || network.told() == json!([["ticket", "ticket-1"]])).await;
    let resumed = json!({"step": "resume", "challenge": "challenge-1"});
    assert_eq!(network.asked("/login").last(), Some(&resumed));
}

#[wasm_bindgen_test]
async fn a_page_that_needs_a_second_factor_is_told_when_it_is_proven() {
    let network = Network::signed_in();
    network.answers("/login", 200, &json!({"state": "challenge", "flow": "flow-1", "factors": ["totp"]}));
    let page = Page::open(json!({"view": "step_up", "challenge": null})).await;
    assert_eq!(network.asked("/login"), [json!({"step": "step_up"})]);
    network.forgets("/login");
    network.answers("/login", 200, &json!({"state": "complete", "ticket": null}));
    page.types("Six-digit code", "123456");
    page.enter();
    until("the app is told", || network.told() == json!([["done", "stepped_up"]])).await;
}

/// The way that the form offers below the password, and back.
#[wasm_bindgen_test]
async fn a_code_by_mail_takes_the_place_of_the_password() {
    let network = Network::up();
    network.describes(&json!({"codes": ["mail", "sms"]}));
    let page = Page::login().await;
    page.button("Email me a code instead").click();
    until("a name is asked for", || page.note("Username or e-mail") == "Enter your username or e-mail.")
        .await;
    assert!(network.asked("/login").is_empty(), "nothing is sent for nobody");
    page.types("Username or e-mail", "bob");
    network.answers("/login", 200, &json!({"state": "code_sent", "flow": "flow-1", "channel": "mail"}));
    page.button("Email me a code instead").click();
    page.shows("code").await;
    let sent = json!({"step": "send_code", "identifier": "bob", "channel": "mail"});
    assert_eq!(network.asked("/login"), [sent]);
    assert_eq!(focused(), "gh-code");
    assert!(page.root.text_content().unwrap().contains("If bob belongs to an account"));
    network.forgets("/login");
    network.answers("/login", 200, &json!({"state": "complete", "ticket": "ticket-1"}));
    page.types("Code", "1234 5678");
    page.enter();
    until("the app has its ticket", || network.told() == json!([["ticket", "ticket-1"]])).await;
    let told = json!({
        "step": "code", "flow": "flow-1", "code": "1234 5678", "keep": false, "challenge": "challenge-1"
    });
    assert_eq!(network.asked("/login").pop(), Some(told));
}

/// Nothing is sent to a phone before its owner asks for it.
#[wasm_bindgen_test]
async fn a_phone_is_asked_where_it_is_chosen() {
    let network = Network::up();
    let factors = json!({"state": "challenge", "flow": "flow-1", "factors": ["totp", "sms"]});
    network.answers("/login", 200, &factors);
    let page = Page::login().await;
    page.signs_in();
    page.shows("challenge").await;
    network.forgets("/login");
    network.answers("/login", 200, &json!({"state": "code_sent", "flow": "flow-1", "channel": "sms"}));
    let before = network.asked("/login").len();
    page.button("Get a code by SMS instead").click();
    until("it is on its way", || network.asked("/login").len() == before + 1).await;
    assert_eq!(network.asked("/login").pop(), Some(json!({"step": "send_sms", "flow": "flow-1"})));
    until("it is said", || page.root.text_content().unwrap().contains("A code is on its way.")).await;
    assert_eq!(page.text("h1"), "Enter the code we sent you");
}

/// A browser whose page has another name than the one that passkeys belong to offers none.
#[wasm_bindgen_test]
async fn passkeys_are_offered_where_they_belong() {
    let network = Network::up();
    network.describes(&json!({"passkeys": "elsewhere.example.org"}));
    let page = Page::login().await;
    assert!(!page.root.text_content().unwrap().contains("passkey"));
    drop(page);
    let host = run("location.hostname");
    network.describes(&json!({"passkeys": host}));
    let page = Page::login().await;
    network.answers("/login", 200, &json!({"state": "passkey", "flow": "flow-1", "options": "{}"}));
    page.button("Sign in with a passkey").click();
    // These options ask for nothing that a passkey could sign.
    until("nobody used one", || page.root.text_content().unwrap().contains("No passkey was used.")).await;
    page.shows("login").await;
    let offers = || page.the("[name=username]").get_attribute("autocomplete").unwrap();
    assert_eq!(offers(), "username webauthn", "the browser lists them beside the names");
    page.button("Forgot password?").click();
    page.shows("recovery").await;
    assert_eq!(offers(), "username", "a link is mailed to an address");
    assert!(network.asked("/login").contains(&json!({"step": "begin_passkey", "flow": null})));
}
