//! The page of its own: links with a token behind the `#`. It stays until the page goes, so there is one test for all.

use gatehouse_frontend::{entry::start, machine::local_path};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Url;

use crate::{
    network::{Network, run},
    page::{Page, document, pause, until},
};

#[wasm_bindgen_test]
async fn a_link_is_opened_and_its_token_leaves_the_address_at_once() {
    let network = Network::up();
    network.answers("/recovery", 200, &json!({"state": "choose_password", "username": "erin"}));
    network.answers("/registration", 200, &json!({"state": "offer", "email": null, "setup": true}));
    let before = run("location.href");
    run("location.hash = '#reset=token-of-a-link'");
    let root = Page::place();
    root.dataset().set("endpoint", "/_gatehouse").unwrap();
    start(root.clone()).unwrap();
    assert_eq!(run("location.hash"), "", "before anything is sent");
    let shown = |screen: &str| {
        let found = root.query_selector("[data-screen]").unwrap();
        found.and_then(|element| element.get_attribute("data-screen")).as_deref() == Some(screen)
    };
    until("the link is opened", || shown("reset")).await;
    assert_eq!(network.asked("/recovery"), [json!({"step": "open", "token": "token-of-a-link"})]);
    pause(10).await;
    assert_eq!(document().title(), "Choose a new password · Quickstart");
    assert_eq!(run("document.documentElement.lang"), "en");
    assert!(!root.inner_html().contains("token-of-a-link"), "the token is not in the page");

    // Another link is pasted into the open page.
    run("location.hash = '#setup=another-token'");
    until("the other link is opened", || shown("registration")).await;
    assert_eq!(network.asked("/registration"), [json!({"step": "open", "token": "another-token"})]);
    assert_eq!(run("location.hash"), "");
    run(&format!("history.replaceState(null, '', {})", json!(before)));
    root.remove();
}

/// What the machine takes for a path, the browser's own `URL` takes for this origin.
#[wasm_bindgen_test]
fn a_path_never_leads_to_another_host() {
    let here = "https://app.example:8501/_gatehouse/";
    for text in [
        "/",
        "/reports?page=2#end",
        "/@evil.example",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "/\n\\evil.example/",
        "\t//evil.example/",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "/..//evil.example/",
        "/.//evil.example",
    ] {
        if let Some(path) = local_path(text) {
            assert_eq!(
                Url::new_with_base(path, here).unwrap().origin(),
                "https://app.example:8501",
                "{text:?}"
            );
        }
    }
}
