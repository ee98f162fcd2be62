//! The guidance while a new password is typed.

use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{
    network::Network,
    page::{Page, pause, until},
};

async fn registering() -> Page {
    let page = Page::login().await;
    page.button("Create an account").click();
    page.shows("registration").await;
    page
}

fn level(page: &Page) -> String {
    page.the("[data-level]").get_attribute("data-level").unwrap()
}

#[wasm_bindgen_test]
async fn what_is_missing_is_counted_down_without_a_request() {
    let network = Network::up();
    let page = registering().await;
    assert_eq!(page.note("Password"), "At least 8 characters. A few words work well.");
    for (text, sentence) in [
        ("a", "7 more characters."),
        ("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", "3 more characters."),
        ("abcdefg", "One more character."),
        ("", "At least 8 characters. A few words work well."),
    ] {
        page.types("Password", text);
        until(sentence, || page.note("Password") == sentence).await;
        assert!(!page.field("Password").has_attribute("aria-invalid"), "nobody is blamed while typing");
    }
    pause(400).await;
    assert!(network.asked("/password/strength").is_empty());
}

#[wasm_bindgen_test]
async fn fast_typing_asks_once_and_about_the_last_word() {
    let network = Network::up();
    network.answers("/password/strength", 200, &json!({"strength": "good", "refused": null}));
    let page = registering().await;
    page.types("Username", "carol");
    for text in ["quiet ha", "quiet har", "quiet harbor"] {
        page.types("Password", text);
        pause(10).await;
    }
    until("it is judged", || page.note("Password") == "Good.").await;
    assert_eq!(level(&page), "4");
    assert_eq!(
        network.asked("/password/strength"),
        [json!({"password": "quiet harbor", "names": ["carol"]})]
    );
}

#[wasm_bindgen_test]
async fn a_common_password_is_said_before_it_is_sent() {
    let network = Network::up();
    let report = json!({"strength": "very_weak", "refused": "password_common"});
    network.answers("/password/strength", 200, &report);
    let page = registering().await;
    page.types("Password", "password1");
    until("it is said", || page.note("Password") == "Attackers try this one first. Choose another.").await;
    assert_eq!(level(&page), "1");
}

#[wasm_bindgen_test]
async fn a_late_judgement_of_an_older_password_is_dropped() {
    let network = Network::up();
    network.holds("/password/strength", 200, &json!({"strength": "very_weak", "refused": "password_common"}));
    network.answers("/password/strength", 200, &json!({"strength": "strong", "refused": null}));
    let page = registering().await;
    page.types("Password", "password1");
    until("the first is asked about", || network.asked("/password/strength").len() == 1).await;
    page.types("Password", "quiet harbor window lamp");
    until("the second is judged", || page.note("Password") == "Strong.").await;
    network.releases();
    pause(20).await;
    assert_eq!((page.note("Password").as_str(), level(&page).as_str()), ("Strong.", "5"));
}

#[wasm_bindgen_test]
async fn without_a_judgement_the_form_goes_on() {
    let network = Network::up();
    network.fails("/password/strength");
    network.answers("/registration", 200, &json!({"state": "verify_address"}));
    let page = registering().await;
    page.types("Username", "carol");
    page.types("E-mail", "carol@example.org");
    page.types("Password", "quiet harbor window lamp");
    until("it was asked about", || !network.asked("/password/strength").is_empty()).await;
    pause(10).await;
    assert_eq!((page.notice(), level(&page)), (String::new(), "0".to_owned()));
    page.enter();
    page.shows("check-mail").await;
}
