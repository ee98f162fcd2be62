//! The person's language: which one is taken, and that everything in it fits.

use gatehouse_protocol::ErrorCode;
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{
    network::Network,
    page::{Page, until},
};

async fn in_language(locale: &str) -> Page {
    Page::open(json!({"locale": locale})).await
}

fn tongue(page: &Page) -> (String, String) {
    let root = page.the(".gh-root");
    (root.get_attribute("lang").unwrap(), root.get_attribute("dir").unwrap())
}

#[wasm_bindgen_test]
async fn german_is_drawn_at_once_and_whole() {
    let network = Network::up();
    let page = in_language("de-AT").await;
    assert_eq!(tongue(&page), ("de".to_owned(), "ltr".to_owned()));
    assert_eq!(page.text("h1"), "Anmelden");
    page.enter();
    until("German is spoken", || page.note("Passwort") == "Geben Sie ein Passwort ein.").await;

    let problem = json!({"code": "too_many_attempts", "field": null, "retry_after": 120});
    network.answers("/login", 429, &problem);
    page.types("Benutzername oder E-Mail", "bob");
    page.types("Passwort", "quiet harbor");
    page.button("Anmelden").click();
    page.says("Zu viele Versuche. Versuchen Sie es in 2 Minuten noch einmal.").await;
    page.button("Passwort anzeigen").click();
    until("the button is German", || page.find("[aria-label='Passwort verbergen']").is_some()).await;
}

#[wasm_bindgen_test]
async fn a_language_that_is_not_there_is_english() {
    let _network = Network::up();
    for locale in ["fr-FR", "en-GB", "", "zz", "de-but-not-really\u{0}"] {
        let page = in_language(locale).await;
        let (lang, dir) = tongue(&page);
        assert!(matches!(lang.as_str(), "en" | "de") && dir == "ltr", "{locale}: {lang} {dir}");
    }
    assert_eq!(tongue(&in_language("fr-FR").await).0, "en");
}

#[wasm_bindgen_test]
async fn a_language_that_cannot_be_fetched_is_english() {
    let network = Network::up();
    network.holds_file("/messages/de.json", "<!doctype html>");
    let page = in_language("de").await;
    assert_eq!((page.text("h1").as_str(), tongue(&page).0.as_str()), ("Sign in", "en"));
}

/// No language that runs the other way is there yet: German plays one.
#[wasm_bindgen_test]
async fn a_language_from_right_to_left_turns_the_form_and_keeps_names_apart() {
    let network = Network::up();
    let german = include_str!("../../messages/de.json");
    network.holds_file("/messages/de.json", &german.replace(r#""dir": "ltr""#, r#""dir": "rtl""#));
    network.answers("/recovery", 200, &json!({"state": "sent"}));
    let page = in_language("de").await;
    assert_eq!(tongue(&page).1, "rtl");
    let (field, button) = (page.field("Passwort"), page.button("Passwort anzeigen"));
    let (field, button) = (field.get_bounding_client_rect(), button.get_bounding_client_rect());
    assert!(button.left() <= field.left() + field.width(), "the button stays in its field");

    page.button("Passwort vergessen?").click();
    page.shows("recovery").await;
    page.types("Benutzername oder E-Mail", "erin");
    page.enter();
    page.shows("check-mail").await;
    assert!(page.text(".gh-lead").contains("\u{2068}erin\u{2069}"), "{}", page.text(".gh-lead"));
}

/// Every code that the endpoint may answer, in every language: a sentence without gaps, and never the code.
#[wasm_bindgen_test]
async fn every_refusal_is_a_sentence_in_every_language() {
    for (locale, labels) in
        [("en", ["Username or e-mail", "Password"]), ("de", ["Benutzername oder E-Mail", "Passwort"])]
    {
        for code in ErrorCode::ALL {
            let network = Network::up();
            let name = serde_json::to_value(code).unwrap();
            let problem = json!({"code": name, "field": null, "retry_after": 5});
            network.answers("/login", code.status(), &problem);
            let page = in_language(locale).await;
            for label in labels {
                page.types(label, "some text");
            }
            page.enter();
            until(&name, || {
                !page.busy() && (page.screen().as_deref() == Some("broken") || !page.notice().is_empty())
            })
            .await;
            let said = if page.notice().is_empty() { page.text(".gh-lead") } else { page.notice() };
            assert!(said.ends_with('.') && said.contains(' '), "{locale} {name}: {said}");
            assert!(!said.contains(['{', '}']), "{locale} {name}: a gap is not filled: {said}");
            let raw = name.as_str().unwrap();
            assert!(!raw.contains('_') || !said.contains(raw), "{locale}: {said}");
        }
    }
}
