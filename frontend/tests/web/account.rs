//! The account page as its owner meets it, with the forms inside it.

use gatehouse_frontend::panel::{Mounted, mount};
use js_sys::{Function, JSON};
use serde_json::{Value, json};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlElement, HtmlInputElement};

use crate::{
    forms::holds_together,
    network::Network,
    page::{Page, all, focused, until},
};

struct Account {
    root: HtmlElement,
    mounted: Option<Mounted>,
}

fn overview(changed: &Value) -> Value {
    let mut account = json!({
        "username": "bob",
        "email": "bob@example.org",
        "email_verified": false,
        "roles": ["editor"],
        "managed": false,
        "factor_required": false,
        "factors": [{
            "id": "f1", "kind": "totp", "name": "", "created_at": 1_767_225_600_000_i64, "last_used_at": null
        }],
        "recovery_codes": 9,
        "sessions": [
            {
                "id": "s1", "current": true, "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
                "address": "192.0.2.7", "created_at": 0, "last_used_at": 0
            },
            {
                "id": "s2", "current": false, "user_agent": "", "address": "", "created_at": 0,
                "last_used_at": 0
            },
        ],
        "phone": false,
        "has_password": true,
        "linked": [],
        "linkable": [],
        "pending_address": null,
    });
    for (key, value) in changed.as_object().unwrap() {
        account[key] = value.clone();
    }
    json!({"state": "overview", "account": account})
}

impl Account {
    async fn open(locale: &str) -> Self {
        let root = Page::place();
        let options = json!({"view": "account", "endpoint": "/_gatehouse", "locale": locale, "roles": []});
        let told = Function::new_with_args("value", "network.told.push(['done', value])");
        let options = JSON::parse(&options.to_string()).unwrap();
        let account = Self { root: root.clone(), mounted: Some(mount(root, options, told).unwrap()) };
        until("something is drawn", || account.has("h1")).await;
        account
    }

    fn has(&self, selector: &str) -> bool {
        self.root.query_selector(selector).unwrap().is_some()
    }

    fn text(&self) -> String {
        self.root.text_content().unwrap()
    }

    fn button(&self, words: &str) -> HtmlElement {
        let buttons = all(&self.root, "button").into_iter();
        let mut found = buttons.filter(|button| button.text_content().unwrap_or_default().trim() == words);
        found
            .next()
            .unwrap_or_else(|| panic!("no button {words} in {}", self.root.inner_html()))
            .unchecked_into()
    }

    fn input(&self, selector: &str) -> HtmlInputElement {
        self.root.query_selector(selector).unwrap().unwrap().unchecked_into()
    }

    async fn says(&self, words: &str) {
        until(format!("it says {words}"), || self.text().contains(words)).await;
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        drop(self.mounted.take());
        self.root.remove();
    }
}

#[wasm_bindgen_test]
async fn the_account_is_shown_in_words() {
    let network = Network::signed_in();
    network.answers("/account", 200, &overview(&json!({})));
    let page = Account::open("en").await;
    for words in
        ["Your account", "bob@example.org", "Not confirmed", "Firefox on Linux", "This device", "9 left"]
    {
        assert!(page.text().contains(words), "{words} is missing: {}", page.text());
    }
    assert!(page.text().contains("Unknown device") && page.text().contains("not used yet"));
    drop(page);
    let page = Account::open("de").await;
    assert!(page.text().contains("Firefox auf Linux"), "{}", page.text());
}

#[wasm_bindgen_test]
async fn what_is_kept_elsewhere_has_no_buttons() {
    let network = Network::signed_in();
    network.answers("/account", 200, &overview(&json!({"managed": true})));
    let page = Account::open("en").await;
    let buttons = all(&page.root, "button").into_iter().map(|b| b.text_content().unwrap_or_default());
    let buttons: Vec<String> = buttons.collect();
    for words in ["Change password", "Remove", "Delete account"] {
        assert!(!buttons.iter().any(|button| button.trim() == words), "{buttons:?}");
    }
}

#[wasm_bindgen_test]
async fn a_removal_is_asked_in_place_proven_anew_and_then_done_by_itself() {
    let network = Network::signed_in();
    network.answers("/account", 200, &overview(&json!({})));
    let page = Account::open("en").await;
    page.button("Remove").click();
    page.says("Really remove it?").await;
    until("the safe answer has the focus", || focused() == "gh-asked").await;
    holds_together(&page.root, "account");
    page.button("No").click();
    until("the button is back", || focused() == "gh-remove-f1").await;
    page.button("Remove").click();
    page.says("Really remove it?").await;
    network.forgets("/account");
    network.refuses("/account", 403, "reauthentication_required", None);
    network.answers("/account", 200, &overview(&json!({"factors": []})));
    page.button("Yes").click();
    until("the password is asked for", || page.has("[data-screen=reauthenticate]")).await;
    holds_together(&page.root, "reauthenticate");
    assert_eq!(network.calls("/config").len(), 1, "the form inside asks for nothing");
    network.answers("/login", 200, &json!({"state": "complete", "ticket": null}));
    page.input("#gh-password").set_value("quiet harbor window lamp");
    page.root
        .query_selector(".gh-inside form")
        .unwrap()
        .unwrap()
        .unchecked_into::<web_sys::HtmlFormElement>()
        .request_submit()
        .unwrap();
    page.says("Removed.").await;
    assert!(!page.has(".gh-inside"));
    let removed = json!({"step": "remove_factor", "id": "f1"});
    assert_eq!(network.asked("/account"), [json!({"step": "overview"}), removed.clone(), removed]);
}

#[wasm_bindgen_test]
async fn an_account_is_deleted_by_typing_its_name() {
    let network = Network::signed_in();
    network.answers("/account", 200, &overview(&json!({})));
    let page = Account::open("en").await;
    page.button("Delete account").click();
    until("the name is asked for", || page.has("#gh-asked")).await;
    page.input("#gh-asked").set_value("alice");
    page.button("Delete for good").click();
    page.says("That isn't your username.").await;
    assert_eq!(page.input("#gh-asked").value(), "alice", "what was typed stays");
    network.forgets("/account");
    network.answers("/account", 200, &json!({"state": "deleted"}));
    page.input("#gh-asked").set_value("bob");
    page.button("Delete for good").click();
    page.says("Your account is deleted").await;
    assert_eq!(network.told(), json!([["done", "deleted"]]));
}
