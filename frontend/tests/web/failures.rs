//! Bad days: nothing comes back, or what the endpoint would never say, or that it can't.

use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{
    network::Network,
    page::{Page, until},
};

const LOST: &str =
    "We couldn't reach the sign-in service. Nothing is lost: check your connection and try again.";

/// A sign-in that fails first and works afterwards.
async fn fails_first(network: &Network, sentence: &str) {
    network.answers("/login", 200, &json!({"state": "complete", "ticket": "ticket-1"}));
    let page = Page::login().await;
    let (identifier, alert) = (page.field("Username or e-mail"), page.the("[role=alert]"));
    page.field("Keep me signed in").set_checked(true);
    page.signs_in();
    page.says(sentence).await;
    page.rests().await;
    assert!(page.the("[role=alert]") == alert, "what is announced appears in a place that was there before");
    assert!(!alert.class_list().contains("gh-good"));
    assert!(page.field("Username or e-mail") == identifier, "the inputs are not drawn anew");
    assert_eq!(identifier.value(), "bob");
    assert_eq!(page.field("Password").value(), "quiet harbor window lamp");
    assert!(page.field("Keep me signed in").checked());

    page.enter();
    until("the second try works", || network.told() == json!([["ticket", "ticket-1"]])).await;
    let asked = network.asked("/login");
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0], asked[1]);
}

#[wasm_bindgen_test]
async fn nothing_typed_is_lost_when_the_network_is_down() {
    let network = Network::up();
    network.fails("/login");
    fails_first(&network, LOST).await;
}

#[wasm_bindgen_test]
async fn a_page_of_a_proxy_is_no_answer() {
    let network = Network::up();
    network.answers_text("/login", 502, "<html><h1>Bad Gateway</h1></html>");
    fails_first(&network, LOST).await;
}

#[wasm_bindgen_test]
async fn a_page_of_the_app_with_status_200_is_no_answer() {
    let network = Network::up();
    network.answers_text("/login", 200, "<!doctype html><title>Streamlit</title>");
    fails_first(&network, LOST).await;
}

#[wasm_bindgen_test]
async fn an_answer_of_another_release_is_no_answer() {
    let network = Network::up();
    network.answers("/login", 200, &json!({"state": "totp"}));
    fails_first(&network, LOST).await;
}

#[wasm_bindgen_test]
async fn a_broken_database_is_said_in_words() {
    let network = Network::up();
    network.refuses("/login", 503, "unavailable", None);
    let said =
        "The sign-in service can't reach its data right now. Nothing was changed: try again in a moment.";
    fails_first(&network, said).await;
}

#[wasm_bindgen_test]
async fn a_fault_inside_is_said_in_words() {
    let network = Network::up();
    network.refuses("/login", 500, "internal", None);
    fails_first(&network, "Something went wrong on our side. Try again in a moment.").await;
}

#[wasm_bindgen_test]
async fn waiting_is_said_in_the_span_that_people_use() {
    for (seconds, sentence) in [
        (30, "Too many attempts. Try again in 30 seconds."),
        (1, "Too many attempts. Try again in 1 second."),
        (119, "Too many attempts. Try again in 2 minutes."),
        (7_000, "Too many attempts. Try again in 2 hours."),
    ] {
        let network = Network::up();
        let problem = json!({"code": "too_many_attempts", "field": null, "retry_after": seconds});
        network.answers("/login", 429, &problem);
        let page = Page::login().await;
        page.signs_in();
        page.says(sentence).await;
    }
}

#[wasm_bindgen_test]
async fn an_endpoint_that_does_not_answer_is_named_and_asked_again() {
    let network = Network::up();
    network.forgets("/config");
    network.fails("/config");
    let page = Page::open(json!({})).await;
    assert_eq!(page.screen().as_deref(), Some("unreachable"));
    let text = page.root.text_content().unwrap();
    assert!(text.contains("/_gatehouse"), "{text}");
    network.describes(&json!({}));
    page.button("Try again").click();
    page.shows("login").await;
}

#[wasm_bindgen_test]
async fn an_address_that_the_endpoint_does_not_know_is_said_with_what_to_write() {
    let network = Network::up();
    network.forgets("/config");
    network.refuses("/config", 421, "unknown_host", None);
    let page = Page::open(json!({})).await;
    assert_eq!(page.screen().as_deref(), Some("unreachable"));
    assert!(page.notice().contains("public_url"), "{}", page.notice());
}
