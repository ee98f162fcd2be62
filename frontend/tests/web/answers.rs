//! What is sent, and what its answer leads to.

use gatehouse_protocol::{LoginStep, RecoveryStep, RegistrationStep};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{
    network::Network,
    page::{Page, document, pause, until},
};

#[wasm_bindgen_test]
async fn signing_in_hands_the_ticket_to_the_app_and_nothing_else() {
    let network = Network::up();
    network.answers("/login", 200, &json!({"state": "complete", "ticket": "ticket-1"}));
    let page = Page::login().await;
    page.signs_in();
    until("the app is told", || network.told() == json!([["ticket", "ticket-1"]])).await;
    let calls = network.calls("/login");
    assert_eq!(calls.len(), 1);
    let call = &calls[0];
    assert_eq!(call["method"], "POST");
    assert_eq!(call["credentials"], "include", "the cookie is set");
    assert_eq!(call["type"], "application/json", "what a plain form of another site can't send");
    assert!(serde_json::from_value::<LoginStep>(call["body"].clone()).is_ok(), "{call}");
    assert!(page.busy(), "the button works until the app takes the form away");
    assert!(!page.root.inner_html().contains("ticket-1"), "the ticket is not in the page");
}

#[wasm_bindgen_test]
async fn two_clicks_send_once() {
    let network = Network::up();
    network.holds("/login", 200, &json!({"state": "complete", "ticket": "ticket-1"}));
    let page = Page::login().await;
    page.signs_in();
    page.button("Sign in").click();
    page.enter();
    until("the form works", || page.busy()).await;
    page.button("Sign in").click();
    until("it is sent", || !network.asked("/login").is_empty()).await;
    network.releases();
    until("the app is told", || network.told() == json!([["ticket", "ticket-1"]])).await;
    pause(20).await;
    assert_eq!(network.asked("/login").len(), 1);
}

#[wasm_bindgen_test]
async fn a_form_that_works_says_so_and_its_button_can_be_read() {
    let network = Network::up();
    network.holds("/login", 200, &json!({"state": "complete", "ticket": "ticket-1"}));
    let page = Page::login().await;
    let submit = page.button("Sign in");
    let status = page.the("[aria-live=polite].gh-hidden");
    assert_eq!(status.text_content().unwrap(), "");
    let width = submit.get_bounding_client_rect().width();
    page.signs_in();
    until("it is said", || status.text_content().unwrap() == "One moment …").await;
    assert_eq!(submit.get_attribute("aria-disabled").as_deref(), Some("true"));
    assert!(!submit.has_attribute("disabled"), "a disabled button loses the focus");
    assert!((submit.get_bounding_client_rect().width() - width).abs() < 0.5, "the button keeps its width");
}

#[wasm_bindgen_test]
async fn a_forgotten_password_takes_the_name_along() {
    let network = Network::up();
    network.answers("/recovery", 200, &json!({"state": "sent"}));
    let page = Page::login().await;
    page.types("Username or e-mail", "erin@example.org");
    page.button("Forgot password?").click();
    page.shows("recovery").await;
    assert_eq!(page.field("Username or e-mail").value(), "erin@example.org");
    page.enter();
    page.shows("check-mail").await;
    let lead = page.text(".gh-lead");
    assert!(lead.contains("erin@example.org"), "{lead}");
    let asked = network.asked("/recovery");
    assert!(matches!(serde_json::from_value(asked[0].clone()), Ok(RecoveryStep::Request { .. })));

    page.button("Send it again").click();
    page.says("Sent again.").await;
    assert!(page.the("[role=alert]").class_list().contains("gh-good"));
    assert_eq!(network.asked("/recovery").len(), 2);
    page.button("Back to sign in").click();
    page.shows("login").await;
    assert_eq!(page.field("Username or e-mail").value(), "erin@example.org");
}

#[wasm_bindgen_test]
async fn registering_sends_a_step_that_the_endpoint_takes() {
    let network = Network::up();
    network.answers("/registration", 200, &json!({"state": "complete", "ticket": "ticket-2"}));
    let page = Page::login().await;
    page.types("Username or e-mail", "carol");
    page.button("Create an account").click();
    page.shows("registration").await;
    assert_eq!(page.field("Username").value(), "carol");
    page.types("E-mail", "carol@example.org");
    page.types("Password", "seven little green boats");
    page.enter();
    until("the app is told", || network.told() == json!([["ticket", "ticket-2"]])).await;
    let asked = network.asked("/registration");
    assert!(matches!(serde_json::from_value(asked[0].clone()), Ok(RegistrationStep::Submit { .. })));
}

#[wasm_bindgen_test]
async fn a_temporary_password_is_replaced_in_the_same_login() {
    let network = Network::up();
    network.answers("/login", 200, &json!({"state": "new_password", "flow": "flow-1"}));
    network.answers("/login", 200, &json!({"state": "complete", "ticket": "ticket-1"}));
    let page = Page::login().await;
    page.signs_in();
    page.shows("must-change").await;
    page.types("New password", "my very own lamp");
    page.enter();
    until("the app is told", || network.told() == json!([["ticket", "ticket-1"]])).await;
    let wanted = json!({
        "step": "new_password",
        "flow": "flow-1",
        "password": "my very own lamp",
        "keep": false,
        "challenge": "challenge-1",
    });
    assert_eq!(network.asked("/login")[1], wanted);
}

#[wasm_bindgen_test]
async fn a_browser_that_is_signed_in_gets_a_ticket_without_a_form() {
    let network = Network::signed_in();
    network.answers("/login", 200, &json!({"state": "complete", "ticket": "ticket-1"}));
    let page = Page::mounted(Page::place(), &json!({}));
    until("the app is told", || network.told() == json!([["ticket", "ticket-1"]])).await;
    assert_eq!(page.screen(), None, "no form flashes");
    assert_eq!(network.asked("/login"), [json!({"step": "resume", "challenge": "challenge-1"})]);

    page.update(&json!({"endpoint": "/_gatehouse", "challenge": "challenge-2"}));
    page.shows("login").await;
    page.says("The page changed while you signed in. Please sign in once more.").await;
}

#[wasm_bindgen_test]
async fn changing_the_password_tells_the_app_when_it_is_done() {
    let network = Network::signed_in();
    network.refuses("/password", 422, "current_password_wrong", Some("current_password"));
    network.answers("/password", 200, &json!({"ended": 2}));
    let page = Page::open(json!({"view": "change_password", "challenge": null, "username": "bob"})).await;
    page.types("Current password", "not this one");
    page.types("New password", "another lamp in the window");
    page.enter();
    let wrong = "That isn't your current password. Try again.";
    until(wrong, || page.note("Current password") == wrong).await;
    page.types("Current password", "this one");
    page.enter();
    page.shows("password-changed").await;
    assert_eq!(network.told(), json!([["done", "password_changed"]]));
    let wanted = json!({"current": "this one", "new": "another lamp in the window"});
    assert_eq!(network.asked("/password")[1], wanted);
}

#[wasm_bindgen_test]
async fn another_account_is_reached_by_signing_out() {
    let network = Network::signed_in();
    network.answers("/logout", 200, &json!({"state": "signed_out"}));
    let page = Page::open(json!({"view": "not_allowed", "username": "bob", "roles": ["admin"]})).await;
    page.button("Use another account").click();
    until("the app is told", || network.told() == json!([["done", "signed_out"]])).await;
    assert_eq!(network.asked("/logout"), [json!({})]);
}

#[wasm_bindgen_test]
async fn a_name_with_markup_is_text() {
    let network = Network::up();
    network
        .describes(&json!({"app_name": "<img src=x onerror=alert(1)> & \"Co\"", "tagline": "<b>fast</b>"}));
    let page = Page::login().await;
    assert_eq!(page.text(".gh-tagline"), "<b>fast</b>");
    assert_eq!(page.text(".gh-brand"), "<img src=x onerror=alert(1)> & \"Co\"");
    assert!(page.find("img").is_none());
    assert!(document().query_selector("img[src=x]").unwrap().is_none());
}
