//! Each form as password managers and screen readers take it: a real form, labels, names, ids and `autocomplete`.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, HtmlInputElement};

use crate::{
    network::Network,
    page::{Page, all, document, focused},
};

/// Every screen that an app can show, one after the other.
async fn screens(check: impl Fn(&Page)) {
    let network = Network::up();
    for view in ["login", "change_password", "not_allowed"] {
        check(&Page::open(json!({"view": view, "username": "bob", "roles": ["admin"]})).await);
    }
    network.answers("/recovery", 200, &json!({"state": "sent"}));
    for (words, screen) in [("Create an account", "registration"), ("Forgot password?", "recovery")] {
        let page = Page::login().await;
        page.button(words).click();
        page.shows(screen).await;
        check(&page);
        if screen == "recovery" {
            page.types("Username or e-mail", "bob");
            page.enter();
            page.shows("check-mail").await;
            check(&page);
        }
    }
    for (screen, status, answer) in [
        ("must-change", 200, json!({"state": "new_password", "flow": "flow-1"})),
        (
            "challenge",
            200,
            json!({"state": "challenge", "flow": "flow-1", "factors": ["totp", "recovery_code"]}),
        ),
        ("broken", 410, json!({"code": "link_expired", "field": null, "retry_after": null})),
    ] {
        network.forgets("/login");
        network.answers("/login", status, &answer);
        let page = Page::login().await;
        page.signs_in();
        page.shows(screen).await;
        check(&page);
    }
    network.forgets("/config");
    network.fails("/config");
    check(&Page::open(json!({})).await);
    let network = Network::signed_in();
    network.answers("/password", 200, &json!({"ended": 1}));
    let page = Page::open(json!({"view": "change_password"})).await;
    check(&page);
    page.types("Current password", "until now");
    page.types("New password", "another lamp in the window");
    page.enter();
    page.shows("password-changed").await;
    check(&page);
}

/// Name, type and `autocomplete` of everything that can be filled.
fn fillable(page: &Page) -> Vec<(String, String, String)> {
    let inputs = all(&page.root, "form input:not([type=checkbox])").into_iter();
    let inputs = inputs.map(JsCast::unchecked_into::<HtmlInputElement>);
    inputs.map(|input| (input.name(), input.type_(), input.get_attribute("autocomplete").unwrap())).collect()
}

fn row(name: &str, kind: &str, autocomplete: &str) -> (String, String, String) {
    (name.to_owned(), kind.to_owned(), autocomplete.to_owned())
}

#[wasm_bindgen_test]
async fn signing_in_is_one_real_form() {
    let _network = Network::up();
    let page = Page::login().await;
    assert_eq!(all(&page.root, "form").len(), 1);
    assert!(page.root.shadow_root().is_none(), "the form stands in the page's own DOM");
    assert!(page.form().no_validate(), "the form says itself what is wrong");
    assert_eq!(
        fillable(&page),
        [row("username", "text", "username"), row("password", "password", "current-password")]
    );
    let submit = page.button("Sign in");
    assert_eq!(submit.get_attribute("type").as_deref(), Some("submit"));
    assert!(page.form().contains(Some(&submit)));
    assert!(!page.field("Keep me signed in").checked());
}

#[wasm_bindgen_test]
async fn one_password_is_a_form_of_one_field_that_managers_can_store() {
    let network = Network::up();
    network.describes(&json!({"login": "password_only", "registration": "closed", "recovery": false}));
    network.answers("/login", 200, &json!({"state": "complete", "ticket": "ticket-1"}));
    let page = Page::login().await;
    assert_eq!(
        fillable(&page),
        [row("username", "text", "username"), row("password", "password", "current-password")]
    );
    let account: HtmlInputElement = page.the("input[name=username]").unchecked_into();
    assert_eq!((account.value().as_str(), account.read_only(), account.tab_index()), ("guest", true, -1));
    assert_eq!(account.get_attribute("aria-hidden").as_deref(), Some("true"));
    assert_eq!(all(&page.root, "label.gh-label").len(), 1);
    assert_eq!(focused(), "gh-password", "one types at once");
    page.types("Password", "quiet harbor");
    page.enter();
    crate::page::until("the form is sent", || !network.asked("/login").is_empty()).await;
    let sent = network.asked("/login").remove(0);
    assert_eq!((&sent["identifier"], &sent["password"]), (&json!(""), &json!("quiet harbor")));
}

#[wasm_bindgen_test]
async fn registering_asks_for_a_new_password() {
    let _network = Network::up();
    let page = Page::login().await;
    page.button("Create an account").click();
    page.shows("registration").await;
    assert_eq!(
        fillable(&page),
        [
            row("username", "text", "username"),
            row("email", "text", "email"),
            row("password", "password", "new-password")
        ]
    );
    assert_eq!(page.field("E-mail").get_attribute("inputmode").as_deref(), Some("email"));
}

#[wasm_bindgen_test]
async fn asking_for_a_link_asks_who_it_is_for() {
    let _network = Network::up();
    let page = Page::login().await;
    page.button("Forgot password?").click();
    page.shows("recovery").await;
    assert_eq!(fillable(&page), [row("username", "text", "username")]);
}

#[wasm_bindgen_test]
async fn changing_the_password_tells_the_manager_whose_it_is() {
    let _network = Network::signed_in();
    let page = Page::open(json!({"view": "change_password", "username": "bob"})).await;
    assert_eq!(
        fillable(&page),
        [
            row("username", "text", "username"),
            row("current-password", "password", "current-password"),
            row("password", "password", "new-password")
        ]
    );
    let account: HtmlInputElement = page.the("input[name=username]").unchecked_into();
    assert_eq!((account.value().as_str(), account.read_only(), account.tab_index()), ("bob", true, -1));
    assert_eq!(account.get_attribute("aria-hidden").as_deref(), Some("true"));
}

#[wasm_bindgen_test]
async fn a_temporary_password_is_replaced_in_a_form_that_names_the_account() {
    let network = Network::up();
    network.answers("/login", 200, &json!({"state": "new_password", "flow": "flow-1"}));
    let page = Page::login().await;
    page.signs_in();
    page.shows("must-change").await;
    assert_eq!(
        fillable(&page),
        [row("username", "text", "username"), row("password", "password", "new-password")]
    );
    assert_eq!(page.field("New password").value(), "", "the temporary one is not put back into the page");
}

/// Labels, descriptions and controls lead somewhere, ids are unique, and nothing takes the keyboard's order over.
pub(crate) fn holds_together(root: &Element, screen: &str) {
    let ids: Vec<String> =
        all(&document().document_element().unwrap(), "[id^=gh-]").iter().map(Element::id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{screen}: {ids:?}");
    for attribute in ["for", "aria-labelledby", "aria-describedby", "aria-controls"] {
        for element in all(root, &format!("[{attribute}]")) {
            for id in element.get_attribute(attribute).unwrap().split_whitespace() {
                let there = root.query_selector(&format!("#{id}")).unwrap().is_some();
                assert!(there, "{screen}: {attribute} leads to no {id}");
            }
        }
    }
    for input in all(root, "input:not([aria-hidden=true])") {
        let input: HtmlInputElement = input.unchecked_into();
        let labels = input.labels().map_or(0, |labels| labels.length());
        assert_eq!(labels, 1, "{screen}: {} has one label", input.name());
    }
    for button in all(root, "button") {
        let name = button.get_attribute("aria-label").or_else(|| button.text_content()).unwrap();
        assert!(!name.trim().is_empty(), "{screen}: a button without a name");
        assert!(button.get_attribute("type").is_some(), "{screen}: {name} would submit by accident");
    }
    for element in all(root, "[tabindex]") {
        let order = element.get_attribute("tabindex");
        assert_eq!(order.as_deref(), Some("-1"), "{screen}: the order is the page's");
    }
    let text = root.text_content().unwrap();
    assert!(!text.contains(['{', '}']), "{screen}: a gap is not filled: {text}");
}

#[wasm_bindgen_test]
async fn every_screen_holds_together() {
    screens(|page| {
        let screen = page.screen().unwrap();
        holds_together(&page.root, &screen);
        assert_eq!(all(&page.root, "h1").len(), 1, "{screen}: one heading");
        assert_eq!(
            all(&page.root, "[role=alert]").len(),
            1,
            "{screen}: one place for what concerns the whole form"
        );
    })
    .await;
}

/// By keyboard alone: everything that can be reached comes in the order in which it is read, and Enter sends.
#[wasm_bindgen_test]
async fn everything_is_done_by_keyboard() {
    let network = Network::up();
    network.answers("/login", 200, &json!({"state": "complete", "ticket": "ticket-1"}));
    let page = Page::login().await;
    assert_eq!(focused(), "gh-identifier", "one types at once");
    let reachable = "input:not([tabindex='-1']), button, a[href]";
    let order: Vec<String> = all(&page.root, reachable)
        .iter()
        .map(|element| {
            let name = element.get_attribute("aria-label").or_else(|| element.text_content());
            Some(element.id()).filter(|id| !id.is_empty()).unwrap_or_else(|| name.unwrap_or_default())
        })
        .collect();
    let wanted = [
        "gh-identifier",
        "gh-password",
        "Show password",
        "Forgot password?",
        "gh-keep",
        "Sign in",
        "Create an account",
    ];
    assert_eq!(order, wanted);
    for element in all(&page.root, reachable) {
        let element: web_sys::HtmlElement = element.unchecked_into();
        element.focus().unwrap();
        assert!(
            document().active_element().as_ref() == Some(&*element),
            "{} takes the focus",
            element.outer_html()
        );
    }
    page.types("Username or e-mail", "bob");
    page.types("Password", "quiet harbor window lamp");
    page.enter();
    crate::page::until("the ticket is handed over", || network.told() == json!([["ticket", "ticket-1"]]))
        .await;
}

#[wasm_bindgen_test]
async fn where_nothing_is_to_be_filled_the_heading_has_the_focus() {
    let _network = Network::signed_in();
    let page = Page::open(json!({"view": "not_allowed", "username": "bob", "roles": ["admin"]})).await;
    assert_eq!(focused(), "gh-title");
    assert_eq!(page.text("h1"), "This page isn't open to you");
    let said: Value = page.root.text_content().unwrap().into();
    assert!(said.as_str().unwrap().contains("It asks for: admin."), "{said}");
}
