//! A form in the page, as somebody meets it: by its labels, buttons and sentences.

use std::fmt::Display;

use gatehouse_frontend::entry::{Handle, mount};
use js_sys::{Function, JSON, Promise};
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Element, Event, EventInit, HtmlElement, HtmlFormElement, HtmlInputElement};

pub(crate) fn document() -> Document {
    web_sys::window().unwrap().document().unwrap()
}

/// Lets timers and pending work run for a moment.
pub(crate) async fn pause(milliseconds: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        let window = web_sys::window().unwrap();
        window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds).unwrap();
    });
    JsFuture::from(promise).await.unwrap();
}

/// Waits until something holds.
pub(crate) async fn until(what: impl Display, holds: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        pause(5).await;
    }
    panic!("It never came to this: {what}. The page: {}", document().body().unwrap().inner_html());
}

/// All of a list of elements.
pub(crate) fn all(root: &Element, selector: &str) -> Vec<Element> {
    let list = root.query_selector_all(selector).unwrap();
    (0..list.length()).map(|index| list.get(index).unwrap().unchecked_into()).collect()
}

/// A mounted form; it goes when this goes.
pub(crate) struct Page {
    pub(crate) root: HtmlElement,
    handle: Option<Handle>,
}

impl Page {
    /// An empty place in the page.
    pub(crate) fn place() -> HtmlElement {
        let root: HtmlElement = document().create_element("div").unwrap().unchecked_into();
        root.set_class_name("place");
        document().body().unwrap().append_child(&root).unwrap();
        root
    }

    /// Mounts a form, without waiting for anything.
    pub(crate) fn mounted(root: HtmlElement, changed: &Value) -> Self {
        let mut options = json!({
            "view": "login",
            "challenge": "challenge-1",
            "endpoint": "/_gatehouse",
            "locale": "en-US",
            "username": null,
            "roles": [],
        });
        for (key, value) in changed.as_object().unwrap() {
            options[key] = value.clone();
        }
        let told = |kind| Function::new_with_args("value", &format!("network.told.push(['{kind}', value])"));
        let handle = mount(root.clone(), &object(&options), told("ticket"), told("done")).unwrap();
        Self { root, handle: Some(handle) }
    }

    /// Mounts a form and waits until a screen is drawn.
    pub(crate) async fn open(changed: Value) -> Self {
        let page = Self::mounted(Self::place(), &changed);
        until("a screen is drawn", || page.screen().is_some()).await;
        // The focus goes to its place right after the drawing.
        pause(10).await;
        page
    }

    /// The sign-in form inside an app.
    pub(crate) async fn login() -> Self {
        let page = Self::open(json!({})).await;
        assert_eq!(page.screen().as_deref(), Some("login"));
        page
    }

    pub(crate) fn update(&self, options: &Value) {
        self.handle.as_ref().unwrap().update(&object(options)).unwrap();
    }

    pub(crate) fn unmount(&mut self) {
        if let Some(handle) = self.handle.take() {
            handle.unmount();
        }
    }

    /// The name of the screen, once one is drawn.
    pub(crate) fn screen(&self) -> Option<String> {
        self.find("[data-screen]")?.get_attribute("data-screen")
    }

    pub(crate) async fn shows(&self, screen: &str) {
        until(format!("the screen is {screen}"), || self.screen().as_deref() == Some(screen)).await;
        pause(10).await;
    }

    pub(crate) fn find(&self, selector: &str) -> Option<Element> {
        self.root.query_selector(selector).unwrap()
    }

    pub(crate) fn the(&self, selector: &str) -> HtmlElement {
        let found = self.find(selector);
        found.unwrap_or_else(|| panic!("no {selector} in {}", self.root.inner_html())).unchecked_into()
    }

    /// The sentence of an element.
    pub(crate) fn text(&self, selector: &str) -> String {
        self.the(selector).text_content().unwrap_or_default().trim().to_owned()
    }

    pub(crate) fn form(&self) -> HtmlFormElement {
        self.the("form").unchecked_into()
    }

    /// The input under a label.
    pub(crate) fn field(&self, label: &str) -> HtmlInputElement {
        let labels = all(&self.root, "label");
        let found = labels.iter().find(|element| element.text_content().unwrap_or_default().trim() == label);
        let found = found.unwrap_or_else(|| panic!("no field {label} in {}", self.root.inner_html()));
        let label: &web_sys::HtmlLabelElement = found.unchecked_ref();
        label.control().expect("the label belongs to nothing").unchecked_into()
    }

    /// The button with these words, or this name.
    pub(crate) fn button(&self, words: &str) -> HtmlElement {
        let named = |element: &Element| {
            element.get_attribute("aria-label").or_else(|| element.text_content()).unwrap_or_default()
        };
        let buttons = all(&self.root, "button");
        let found = buttons.into_iter().find(|button| named(button).trim() == words);
        found.unwrap_or_else(|| panic!("no button {words} in {}", self.root.inner_html())).unchecked_into()
    }

    /// Types a text, as a keyboard does.
    pub(crate) fn types(&self, label: &str, text: &str) {
        let input = self.field(label);
        input.set_value(text);
        tell(&input, "input");
    }

    /// Leaves a field after a change.
    pub(crate) fn leaves(&self, label: &str) {
        tell(&self.field(label), "change");
    }

    /// What Enter in a field does where the form has a button to send it.
    pub(crate) fn enter(&self) {
        self.form().request_submit().unwrap();
    }

    /// Fills the sign-in form and sends it.
    pub(crate) fn signs_in(&self) {
        self.types("Username or e-mail", "bob");
        self.types("Password", "quiet harbor window lamp");
        self.enter();
    }

    /// What is said about the whole form.
    pub(crate) fn notice(&self) -> String {
        self.text("[role=alert]")
    }

    pub(crate) async fn says(&self, sentence: &str) {
        until(format!("the form says: {sentence}"), || self.notice() == sentence).await;
    }

    /// The line below a field: the elements that describe it.
    pub(crate) fn note(&self, label: &str) -> String {
        let ids = self.field(label).get_attribute("aria-describedby").unwrap_or_default();
        let lines = ids.split_whitespace().map(|id| self.text(&format!("#{id}")));
        lines.collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn busy(&self) -> bool {
        self.form().get_attribute("aria-busy").as_deref() == Some("true")
    }

    pub(crate) async fn rests(&self) {
        until("the form rests", || !self.busy()).await;
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.unmount();
        self.root.remove();
    }
}

/// The id of the element that has the focus.
pub(crate) fn focused() -> String {
    document().active_element().map(|element| element.id()).unwrap_or_default()
}

fn tell(element: &Element, event: &str) {
    let init = EventInit::new();
    init.set_bubbles(true);
    element.dispatch_event(&Event::new_with_event_init_dict(event, &init).unwrap()).unwrap();
}

fn object(value: &Value) -> JsValue {
    JSON::parse(&value.to_string()).unwrap()
}
