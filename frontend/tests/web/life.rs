//! Coming and going: Streamlit mounts, calls again and takes away as it likes.

use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{
    network::Network,
    page::{Page, all, document, pause, until},
};

fn footprint() -> (u32, u32, usize) {
    let (head, body) = (document().head().unwrap(), document().body().unwrap());
    let ours = all(&document().document_element().unwrap(), "[class*=gh-], [id^=gh-]").len();
    (head.child_element_count(), body.child_element_count(), ours)
}

#[wasm_bindgen_test]
async fn nothing_is_left_behind() {
    let network = Network::up();
    network.answers("/password/strength", 200, &json!({"strength": "good", "refused": null}));
    let before = footprint();
    let mut page = Page::login().await;
    page.types("Username or e-mail", "bob");
    page.button("Create an account").click();
    page.shows("registration").await;
    page.types("Password", "quiet harbor window lamp");
    page.unmount();
    assert_eq!(page.root.inner_html(), "");
    pause(400).await;
    assert!(network.asked("/password/strength").is_empty(), "a form that is gone asks nothing");
    drop(page);
    assert_eq!(footprint(), before);
}

#[wasm_bindgen_test]
async fn an_answer_that_comes_after_the_form_is_gone_does_nothing() {
    let network = Network::up();
    network.holds("/login", 200, &json!({"state": "complete", "ticket": "ticket-1"}));
    let mut page = Page::login().await;
    page.signs_in();
    until("it is sent", || !network.asked("/login").is_empty()).await;
    page.unmount();
    network.releases();
    pause(20).await;
    assert_eq!(network.told(), json!([]), "the app took the form away: it wants no ticket any more");
    assert_eq!(page.root.inner_html(), "");
}

#[wasm_bindgen_test]
async fn a_form_that_goes_before_it_was_drawn_goes_quietly() {
    let network = Network::up();
    network.forgets("/config");
    network.holds("/config", 200, &json!({}));
    let mut page = Page::mounted(Page::place(), &json!({}));
    until("the endpoint is asked", || !network.asked("/config").is_empty()).await;
    page.unmount();
    network.releases();
    pause(20).await;
    assert_eq!(page.root.inner_html(), "");
}

#[wasm_bindgen_test]
async fn mounting_twice_into_one_place_leaves_one_form() {
    let network = Network::up();
    network.answers("/login", 200, &json!({"state": "complete", "ticket": "ticket-1"}));
    let root = Page::place();
    let first = Page::mounted(root.clone(), &json!({}));
    first.shows("login").await;
    let second = Page::mounted(root.clone(), &json!({"challenge": "challenge-2"}));
    second.shows("login").await;
    assert_eq!(all(&root, "form").len(), 1);
    second.signs_in();
    until("the app is told once", || network.told() == json!([["ticket", "ticket-1"]])).await;
    assert_eq!(network.asked("/login").len(), 1);
    assert_eq!(network.asked("/login")[0]["challenge"], "challenge-2");
}

#[wasm_bindgen_test]
async fn newer_options_change_nothing_that_is_seen() {
    let network = Network::up();
    network.answers("/login", 200, &json!({"state": "complete", "ticket": "ticket-1"}));
    let page = Page::login().await;
    page.types("Username or e-mail", "bob");
    let field = page.field("Username or e-mail");
    for challenge in ["challenge-1", "challenge-2", "challenge-2"] {
        page.update(&json!({"endpoint": "/_gatehouse", "challenge": challenge}));
        pause(5).await;
    }
    assert!(page.field("Username or e-mail") == field, "the input is not drawn anew");
    assert_eq!(field.value(), "bob");
    page.types("Password", "quiet harbor");
    page.enter();
    until("it is sent", || !network.asked("/login").is_empty()).await;
    assert_eq!(network.asked("/login")[0]["challenge"], "challenge-2");
}

#[wasm_bindgen_test]
async fn another_screen_never_inherits_an_input() {
    let _network = Network::up();
    let page = Page::login().await;
    page.types("Password", "quiet harbor window lamp");
    let password = page.field("Password");
    page.button("Create an account").click();
    page.shows("registration").await;
    assert!(page.field("Password") != password);
    assert_eq!(page.field("Password").value(), "");
    page.button("Sign in").click();
    page.shows("login").await;
    assert_eq!(page.field("Password").value(), "", "a password is never put back into a page");
}
