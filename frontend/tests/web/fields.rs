//! One field: what is read from it, what is said about it, and the button that shows a password.

use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{
    network::Network,
    page::{Page, focused, pause, until},
};

#[wasm_bindgen_test]
async fn values_are_read_at_submit_because_a_password_manager_tells_nobody() {
    let network = Network::up();
    network.answers("/login", 200, &json!({"state": "complete", "ticket": "ticket-1"}));
    let page = Page::login().await;
    page.types("Username or e-mail", "typed");
    page.field("Username or e-mail").set_value("filled@example.org");
    page.field("Password").set_value(" filled in \u{e9}\u{1F600} ");
    page.field("Keep me signed in").set_checked(true);
    page.enter();
    until("the form is sent", || !network.asked("/login").is_empty()).await;
    let wanted = json!({
        "step": "password",
        "identifier": "filled@example.org",
        "password": " filled in \u{e9}\u{1F600} ",
        "keep": true,
        "challenge": "challenge-1",
    });
    assert_eq!(network.asked("/login"), [wanted]);
}

#[wasm_bindgen_test]
async fn what_is_missing_is_said_beside_each_field_and_the_first_has_the_focus() {
    let network = Network::up();
    let page = Page::login().await;
    page.button("Sign in").focus().unwrap();
    page.enter();
    until("the first field has the focus", || focused() == "gh-identifier").await;
    assert!(network.asked("/login").is_empty());
    for (label, sentence) in
        [("Username or e-mail", "Enter your username or e-mail."), ("Password", "Enter a password.")]
    {
        assert_eq!(page.note(label), sentence);
        assert_eq!(page.field(label).get_attribute("aria-invalid").as_deref(), Some("true"));
    }

    page.types("Username or e-mail", "b");
    until("the sentence goes", || page.note("Username or e-mail").is_empty()).await;
    assert!(!page.field("Username or e-mail").has_attribute("aria-invalid"));
    assert_eq!(page.note("Password"), "Enter a password.", "the other one stays");
    page.enter();
    until("the password has the focus", || focused() == "gh-password").await;
}

#[wasm_bindgen_test]
async fn a_refusal_stands_beside_its_field_is_announced_and_takes_the_focus() {
    let network = Network::up();
    network.refuses("/registration", 422, "username_taken", Some("username"));
    let page = Page::login().await;
    page.button("Create an account").click();
    page.shows("registration").await;
    page.types("Username", "carol");
    page.types("E-mail", "carol@example.org");
    page.types("Password", "seven little green boats");
    let live = page.the("#gh-username-note");
    assert_eq!(live.get_attribute("aria-live").as_deref(), Some("polite"));
    page.enter();
    until("the refusal is said", || page.note("Username") == "That name is taken. Try another.").await;
    assert!(
        page.the("#gh-username-note") == live,
        "what is announced appears in a place that was there before"
    );
    assert_eq!(page.field("Username").get_attribute("aria-invalid").as_deref(), Some("true"));
    until("the focus is there", || focused() == "gh-username").await;
    assert_eq!(page.notice(), "");
    for (label, value) in
        [("Username", "carol"), ("E-mail", "carol@example.org"), ("Password", "seven little green boats")]
    {
        assert_eq!(page.field(label).value(), value);
    }
}

#[wasm_bindgen_test]
async fn a_field_that_is_left_says_at_once_what_is_wrong() {
    let _network = Network::up();
    let page = Page::login().await;
    page.button("Create an account").click();
    page.shows("registration").await;
    page.types("E-mail", "carol@");
    pause(10).await;
    assert_eq!(page.note("E-mail"), "", "nobody is interrupted while typing");
    page.leaves("E-mail");
    until("it is said", || page.note("E-mail") == "That doesn't look like an e-mail address.").await;
}

#[wasm_bindgen_test]
async fn a_password_is_shown_on_demand_and_hidden_while_it_is_sent() {
    let network = Network::up();
    network.holds(
        "/login",
        401,
        &json!({"code": "credentials_rejected", "field": null, "retry_after": null}),
    );
    let page = Page::login().await;
    page.types("Username or e-mail", "bob");
    page.types("Password", "quiet harbor");
    let button = page.button("Show password");
    assert_eq!(button.get_attribute("aria-controls").as_deref(), Some("gh-password"));
    button.click();
    until("it is shown", || page.field("Password").type_() == "text").await;
    assert!(page.button("Hide password") == button, "the button keeps the focus");
    assert_eq!(page.field("Password").value(), "quiet harbor");
    assert!(network.asked("/login").is_empty(), "the button sends nothing");

    page.enter();
    until("it is hidden while it travels", || page.field("Password").type_() == "password").await;
    until("it was sent", || !network.asked("/login").is_empty()).await;
    network.releases();
    page.rests().await;
    until("it is shown again", || page.field("Password").type_() == "text").await;
    button.click();
    until("it is hidden", || page.field("Password").type_() == "password").await;
}

#[wasm_bindgen_test]
async fn a_refused_password_is_selected_to_be_replaced() {
    let network = Network::up();
    network.refuses("/login", 401, "credentials_rejected", None);
    let page = Page::login().await;
    page.signs_in();
    page.says("That name and password don't match. Try again, or reset the password.").await;
    until("the password has the focus", || focused() == "gh-password").await;
    let field = page.field("Password");
    assert_eq!((field.selection_start(), field.selection_end()), (Ok(Some(0)), Ok(Some(24))));
    assert_eq!(field.value(), "quiet harbor window lamp");
}
