//! The endpoint as the tests play it: a `fetch` that answers what it was told to, and remembers what it was asked.

use gatehouse_protocol::MOUNT;
use serde_json::{Value, json};

/// The last answer to a path is given again and again; the ones before it, once each.
const FETCH: &str = r#"
globalThis.network = {
  calls: [],
  told: [],
  answers: {},
  held: [],
  add(path, answer) {
    (this.answers[path] ??= []).push(answer);
  },
};
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const path = new URL(request.url).pathname;
  const text = await request.text();
  const { method, credentials } = request;
  const type = request.headers.get("content-type");
  network.calls.push({ path, method, credentials, type, body: text ? JSON.parse(text) : null });
  const answers = network.answers[path] ?? [];
  const answer = answers.length > 1 ? answers.shift() : answers[0];
  if (answer?.held) await new Promise((resolve) => network.held.push(resolve));
  if (!answer?.status) throw new TypeError(`nobody answers ${path}`);
  return new Response(answer.body, { status: answer.status });
};
"#;

/// What the tests know of the network.
pub(crate) struct Network;

#[expect(clippy::unused_self, reason = "its state is in the page; who asks it holds it up")]
impl Network {
    /// An endpoint that answers nothing yet, and a page without what a test that failed left behind.
    fn new() -> Self {
        run(FETCH);
        run("document.querySelectorAll('.place').forEach((place) => place.remove())");
        Self
    }

    /// An endpoint that describes itself; nobody is signed in.
    pub(crate) fn up() -> Self {
        let network = Self::new();
        network.describes(&json!({}));
        network.answers("/session", 200, &json!({"state": "anonymous"}));
        network.holds_file("/messages/de.json", include_str!("../../messages/de.json"));
        network.holds_file("/messages/account/de.json", include_str!("../../messages/account/de.json"));
        network
    }

    /// The same, with somebody signed in.
    pub(crate) fn signed_in() -> Self {
        let network = Self::up();
        let bob =
            json!({"state": "signed_in", "username": "bob", "email": null, "roles": ["editor"], "aal": 1});
        network.forgets("/session");
        network.answers("/session", 200, &bob);
        network
    }

    /// What the endpoint says of itself, with some of it changed.
    pub(crate) fn describes(&self, changed: &Value) {
        let mut config = json!({
            "app_name": "Quickstart",
            "logo": null,
            "tagline": "",
            "login": "name_and_password",
            "registration": "open",
            "recovery": true,
            "password_min": 8,
            "app_path": "/",
            "providers": [],
            "codes": [],
            "passkeys": null,
        });
        for (key, value) in changed.as_object().unwrap() {
            config[key] = value.clone();
        }
        self.forgets("/config");
        self.answers("/config", 200, &config);
    }

    /// From now on a route answers with this, after what was told before has been used up.
    pub(crate) fn answers(&self, route: &str, status: u16, body: &Value) {
        self.add(route, &json!({"status": status, "body": body.to_string()}));
    }

    /// A refusal.
    pub(crate) fn refuses(&self, route: &str, status: u16, code: &str, field: Option<&str>) {
        self.answers(route, status, &json!({"code": code, "field": field, "retry_after": null}));
    }

    /// Something that the endpoint would never say.
    pub(crate) fn answers_text(&self, route: &str, status: u16, text: &str) {
        self.add(route, &json!({"status": status, "body": text}));
    }

    /// The network is down for a route.
    pub(crate) fn fails(&self, route: &str) {
        self.add(route, &json!({"status": 0}));
    }

    /// An answer that comes when [`Network::releases`] says so.
    pub(crate) fn holds(&self, route: &str, status: u16, body: &Value) {
        self.add(route, &json!({"status": status, "body": body.to_string(), "held": true}));
    }

    /// The held answers come.
    pub(crate) fn releases(&self) {
        run("network.held.splice(0).forEach((resolve) => resolve())");
    }

    /// Forgets what a route was to answer.
    pub(crate) fn forgets(&self, route: &str) {
        run(&format!("delete network.answers[{}]", json!(format!("{MOUNT}{route}"))));
    }

    /// A file beside the bundle.
    pub(crate) fn holds_file(&self, path: &str, text: &str) {
        run(&format!("delete network.answers[{}]", json!(path)));
        run(&format!("network.add({}, {})", json!(path), json!({"status": 200, "body": text})));
    }

    /// What a route was asked: the bodies, oldest first.
    pub(crate) fn asked(&self, route: &str) -> Vec<Value> {
        self.calls(route).into_iter().map(|call| call["body"].clone()).collect()
    }

    /// The requests to a route with all that is known of them.
    pub(crate) fn calls(&self, route: &str) -> Vec<Value> {
        let path = format!("{MOUNT}{route}");
        let calls: Vec<Value> = serde_json::from_str(&run("JSON.stringify(network.calls)")).unwrap();
        calls.into_iter().filter(|call| call["path"] == *path).collect()
    }

    /// What the app was told: pairs of a kind (`ticket`, `done`) and a text.
    pub(crate) fn told(&self) -> Value {
        serde_json::from_str(&run("JSON.stringify(network.told)")).unwrap()
    }

    fn add(&self, route: &str, answer: &Value) {
        run(&format!("network.add({}, {answer})", json!(format!("{MOUNT}{route}"))));
    }
}

/// Runs a script in the page and gives its value, if that is a text.
pub(crate) fn run(script: &str) -> String {
    js_sys::eval(script).unwrap().as_string().unwrap_or_default()
}
