//! The page of its own: links with a token behind the `#`. It stays until the page goes, so there is one test for all links.

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

/// In the place of a page of the app the form is drawn from what the page says, and leaves the address to that page.
#[wasm_bindgen_test]
async fn in_the_place_of_a_page_nothing_is_asked_before_the_form_is_drawn() {
    let network = Network::up();
    let before = run("location.href");
    run("history.replaceState(null, '', '#reset=an-anchor-of-the-apps-own')");
    let root = Page::place();
    root.dataset().set("endpoint", "/_gatehouse").unwrap();
    let config = json!({
        "app_name": "Weather desk", "logo": null, "tagline": "", "login": "name_and_password",
        "registration": "closed", "recovery": false,
        "password_min": 8, "app_path": "/", "providers": [], "codes": [], "passkeys": null
    });
    let front = json!({"config": config, "session": {"state": "anonymous"}, "asked": null});
    root.dataset().set("front", &front.to_string()).unwrap();
    start(root.clone()).unwrap();
    until("the form is drawn", || root.query_selector("[data-screen='login']").unwrap().is_some()).await;
    assert_eq!(run("location.hash"), "#reset=an-anchor-of-the-apps-own");
    for path in ["/config", "/session", "/recovery"] {
        assert!(network.asked(path).is_empty(), "{path} was asked");
    }
    assert!(root.text_content().unwrap().contains("Weather desk"));
    run(&format!("history.replaceState(null, '', {})", json!(before)));
    root.remove();
}

/// Who may not see the page reads which roles it asks for.
#[wasm_bindgen_test]
async fn in_the_place_of_a_page_that_somebody_may_not_see_it_says_why() {
    let _network = Network::up();
    let root = Page::place();
    root.dataset().set("endpoint", "/_gatehouse").unwrap();
    let config = json!({
        "app_name": "Weather desk", "logo": null, "tagline": "", "login": "name_and_password",
        "registration": "closed", "recovery": false,
        "password_min": 8, "app_path": "/", "providers": [], "codes": [], "passkeys": null
    });
    let session =
        json!({"state": "signed_in", "username": "erin", "email": null, "roles": ["reader"], "aal": 1});
    let front = json!({"config": config, "session": session, "asked": ["accountant"]});
    root.dataset().set("front", &front.to_string()).unwrap();
    start(root.clone()).unwrap();
    until("it is drawn", || root.query_selector("[data-screen='not-allowed']").unwrap().is_some()).await;
    let text = root.text_content().unwrap();
    assert!(text.contains("erin") && text.contains("accountant"), "{text}");
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
