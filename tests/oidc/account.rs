//! The account page: accounts of somebody else are linked, unlinked, and asked once more for who has no password.

use std::time::Duration;

use gatehouse::{factor::totp::TotpKey, storage::MailTemplate};
use http::{Method, Request, header};
use serde_json::{Value, json};
use url::Url;

use crate::{
    kit::{App, Left, ORIGIN, Reply, app_with, provider},
    rogue::Rogue,
};

/// Two providers, and Jane, who came by the first one and has no password.
struct House {
    company: Rogue,
    other: Rogue,
    app: App,
    session: String,
}

impl House {
    async fn open() -> Self {
        let (company, other) = (Rogue::up().await, Rogue::up().await);
        let both = [("company", provider(&company.issuer)), ("other", provider(&other.issuer))];
        let app = app_with(both, |_| ()).await;
        let session = company.signs_in(&app, |_| ()).await.expect_signed_in("/");
        Self { company, other, app, session }
    }

    async fn account(&self, step: &Value) -> Reply {
        self.app.account(&self.session, step).await
    }

    async fn overview(&self) -> Value {
        self.account(&json!({"step": "overview"})).await.expect_state("overview")["account"].clone()
    }

    /// The ids of the linked accounts, the oldest first.
    async fn linked(&self) -> Vec<String> {
        let overview = self.overview().await;
        let mut all = overview["linked"].as_array().unwrap().clone();
        // In the tests' time all were linked at once, and their issuers are ports.
        all.sort_by_key(|one| one["name"].as_str().map(str::to_owned));
        all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    }

    async fn leaves(&self, step: &str, name: &str) -> Left {
        let step = json!({"step": step, "name": name, "return_to": null});
        App::left(&self.account(&step).await)
    }

    /// Comes back from a provider, which says this; what it says of when is now unless it is changed.
    async fn comes(&self, name: &str, left: &Left, change: impl FnOnce(&mut Value)) -> Reply {
        let rogue = if name == "company" { &self.company } else { &self.other };
        let mut claims = rogue.claims(&self.app, left);
        claims["auth_time"] = json!(self.app.endpoint.now().seconds());
        change(&mut claims);
        rogue.hands_out(&rogue.key.sign(&rogue.header(), &claims));
        let query = format!("code=code&state={}", left.state());
        self.app.back(name, &query, &[&self.session, &left.cookie]).await
    }

    async fn links_other(&self) {
        let left = self.leaves("link_provider", "other").await;
        let back = self.comes("other", &left, |_| ()).await;
        assert_eq!(back.location(), "/_gatehouse/account#linked");
    }

    async fn unlinks(&self, id: &str) -> Reply {
        self.account(&json!({"step": "unlink_provider", "id": id})).await
    }

    /// What people are told by mail, without what registrations send.
    async fn mails(&self) -> Vec<MailTemplate> {
        let (storage, now) = (self.app.endpoint.storage(), self.app.endpoint.now());
        let mut mails = Vec::new();
        while let Some(queued) = storage.claim_mail(now, Duration::from_hours(1)).await.unwrap() {
            mails.push(queued.mail.template);
        }
        mails
    }
}

impl App {
    pub(crate) async fn account(&self, session: &str, step: &Value) -> Reply {
        self.step_at("/account", session, step).await
    }

    async fn step_at(&self, route: &str, session: &str, step: &Value) -> Reply {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("/_gatehouse{route}"))
            .header(header::ORIGIN, ORIGIN)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, session);
        self.send(request, &step.to_string()).await
    }

    pub(crate) fn left(reply: &Reply) -> Left {
        let cookie = reply.cookie("gatehouse-provider-").expect("no cookie binds it");
        let state = reply.expect_state("leave");
        Left { location: Url::parse(state["location"].as_str().unwrap()).unwrap(), cookie }
    }
}

impl Reply {
    #[track_caller]
    fn expect_state(&self, state: &str) -> Value {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!((self.status.as_u16(), &body["state"]), (200, &json!(state)), "{body}");
        body
    }

    #[track_caller]
    fn expect_problem(&self, status: u16, code: &str) {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!((self.status.as_u16(), &body["code"]), (status, &json!(code)), "{body}");
    }
}

#[tokio::test]
async fn an_account_is_linked_and_unlinked_and_its_owner_is_told() {
    let house = House::open().await;
    let before = house.overview().await;
    assert_eq!(before["has_password"], json!(false));
    assert_eq!(before["linkable"], json!([{"name": "other", "label": "other"}]));
    assert_eq!(house.linked().await.len(), 1);
    house.links_other().await;
    let linked = house.linked().await;
    assert_eq!((linked.len(), house.overview().await["linkable"].clone()), (2, json!([])));
    let hers = house.other.signs_in_at(&house.app, "other").await;
    assert_eq!(house.app.who(&hers).await.as_deref(), Some("jane"));
    house.unlinks(&linked[0]).await.expect_state("overview");
    house.unlinks(&linked[0]).await.expect_problem(404, "not_found");
    house.company.signs_in(&house.app, |_| ()).await.expect_refused("provider_unlinked");
    assert_eq!(house.mails().await.len(), 2, "one that says linked, one that says unlinked");
}

impl Rogue {
    async fn signs_in_at(&self, app: &App, name: &str) -> String {
        let left = app.leave(name, "/").await;
        self.hands_out(&self.key.sign(&self.header(), &self.claims(app, &left)));
        app.back_with(name, &left, "code").await.expect_signed_in("/")
    }
}

/// Inside an app the browser comes back to the page that it left, and to no other place.
#[tokio::test]
async fn it_comes_back_to_the_page_of_the_app_and_nowhere_else() {
    let house = House::open().await;
    let own = "/_gatehouse/account";
    for (wished, back) in [
        ("/reports?page=2", "/reports?page=2"),
        ("//evil.example", own),
        ("https://evil.example/", own),
        ("/\\evil.example", own),
        ("/_gatehouse/logout", own),
        ("/reports#refused=x", own),
    ] {
        let step = json!({"step": "link_provider", "name": "company", "return_to": wished});
        let left = App::left(&house.account(&step).await);
        let reply = house.comes("company", &left, |_| ()).await;
        assert_eq!(reply.location(), format!("{back}#linked"), "{wished}");
    }
}

/// Story: somebody takes away the last thing that lets the owner in, or the owner does so by mistake.
#[tokio::test]
async fn unlinking_the_last_way_in() {
    let house = House::open().await;
    let linked = house.linked().await;
    house.unlinks(&linked[0]).await.expect_problem(403, "last_way_in");
    assert_eq!(house.linked().await, linked);
    let weak = json!({"step": "set_password", "password": "password"});
    house.account(&weak).await.expect_problem(422, "password_common");
    let step = json!({"step": "set_password", "password": "seven quiet herons"});
    house.account(&step).await.expect_state("overview");
    assert_eq!(house.overview().await["has_password"], json!(true));
    // From then on it is replaced by who knows it.
    house.account(&step).await.expect_problem(404, "not_found");
    house.unlinks(&linked[0]).await.expect_state("overview");
    assert_eq!(house.mails().await.len(), 2);
}

/// Story: two browsers unlink one account each at the same moment, and each counts on the other's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unlinking_the_last_two_ways_in_at_once() {
    let house = House::open().await;
    house.links_other().await;
    let linked = house.linked().await;
    let second = house.company.signs_in(&house.app, |_| ()).await.expect_signed_in("/");
    let other = json!({"step": "unlink_provider", "id": linked[1]});
    let (one, two) = tokio::join!(house.unlinks(&linked[0]), house.app.account(&second, &other));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 403]);
    assert_eq!(house.linked().await.len(), 1);
}

/// Story: the attacker's page has the victim's browser ask, so that the attacker's account opens the victim's.
#[tokio::test]
async fn linking_by_a_request_of_another_site() {
    let house = House::open().await;
    let step = json!({"step": "link_provider", "name": "other", "return_to": null}).to_string();
    for (origin, kind, site) in [
        ("https://evil.example", "application/json", "cross-site"),
        ("https://evil.example", "text/plain", "cross-site"),
        (ORIGIN, "application/json", "cross-site"),
    ] {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/_gatehouse/account")
            .header(header::ORIGIN, origin)
            .header("sec-fetch-site", site)
            .header(header::CONTENT_TYPE, kind)
            .header(header::COOKIE, &house.session);
        let reply = house.app.send(request, &step).await;
        assert_eq!((reply.status.as_u16(), reply.cookie("gatehouse-provider-")), (403, None));
    }
    let query = "?step=link_provider&name=other&return_to=/";
    let got = house.app.visit(&format!("/_gatehouse/account{query}"), &[&house.session]).await;
    assert_eq!(got.cookie("gatehouse-provider-"), None);
    // What a link may begin signs in, and links nothing.
    let jane = house.app.identity("jane").await.unwrap();
    let left = house.app.leave_with("other", "/", &[&house.session]).await;
    let mallory = |claims: &mut Value| {
        claims["sub"] = json!("mallory");
        claims["email_verified"] = json!(false);
    };
    house.comes("other", &left, mallory).await;
    let linked = house.app.endpoint.storage().list_linked_accounts(&jane.id).await.unwrap();
    assert_eq!(linked.len(), 1);
}

/// Story: the attacker begins, and has the victim's browser come back; or takes what the victim began along.
#[tokio::test]
async fn a_link_that_another_browser_began() {
    let house = House::open().await;
    let (left, theirs) = (house.leaves("link_provider", "other").await, house.app.leave("other", "/").await);
    let query = format!("code=code&state={}", left.state());
    house
        .other
        .hands_out(&house.other.key.sign(&house.other.header(), &house.other.claims(&house.app, &left)));
    house.app.back("other", &query, &[&house.session]).await.expect_refused("flow_expired");
    let foreign = [house.session.as_str(), theirs.cookie.as_str()];
    house.app.back("other", &query, &foreign).await.expect_refused("flow_expired");
    // The right cookie in a browser where nobody is signed in.
    house.app.back("other", &query, &[&left.cookie]).await.expect_refused("signed_out");
    // And in one where somebody else is.
    let john = |claims: &mut Value| {
        claims["sub"] = json!("john");
        claims["email"] = json!("john@example.org");
        claims["preferred_username"] = json!("john");
    };
    let session = house.company.signs_in(&house.app, john).await.expect_signed_in("/");
    let left = house.leaves("link_provider", "other").await;
    let johns = House { session, ..house };
    johns.comes("other", &left, |_| ()).await.expect_refused("signed_out");
    assert_eq!(johns.linked().await.len(), 1);
    for name in ["jane", "john"] {
        let who = johns.app.identity(name).await.unwrap();
        let linked = johns.app.endpoint.storage().list_linked_accounts(&who.id).await.unwrap();
        assert_eq!(linked.len(), 1, "{name}");
    }
}

/// Story: an account that was left open on somebody's desk.
#[tokio::test]
async fn linking_with_an_old_session() {
    let house = House::open().await;
    house.app.wait(Duration::from_mins(11));
    let again = "reauthentication_required";
    for step in [
        json!({"step": "link_provider", "name": "other", "return_to": null}),
        json!({"step": "unlink_provider", "id": "any"}),
        json!({"step": "set_password", "password": "seven quiet herons"}),
    ] {
        house.account(&step).await.expect_problem(403, again);
    }
}

/// Who has no password signs in at the provider once more: the same session is fresh, under another token.
#[tokio::test]
async fn who_has_no_password_proves_it_at_a_provider() {
    let mut house = House::open().await;
    house.app.wait(Duration::from_mins(11));
    let left = house.leaves("prove_again", "company").await;
    assert_eq!((left.asked("prompt").as_str(), left.asked("max_age").as_str()), ("login", "0"));
    let back = house.comes("company", &left, |_| ()).await;
    assert_eq!(back.location(), "/_gatehouse/account#proven");
    let (old, new) = (house.session.clone(), back.session().expect("another token"));
    assert_ne!(old, new);
    assert_eq!(house.app.who(&old).await, None);
    house.session = new;
    house.links_other().await;
    assert_eq!(house.overview().await["sessions"].as_array().unwrap().len(), 1, "it is the same session");
}

/// Story: the provider knows the browser from the morning, and would let anybody through who sits before it.
#[tokio::test]
async fn a_proof_at_a_provider_that_asked_nobody() {
    let house = House::open().await;
    house.app.wait(Duration::from_mins(11));
    let begun = house.app.endpoint.now().seconds();
    for at in [json!(begun - 600), json!(begun - 61), json!(null), json!("now"), json!(0)] {
        let left = house.leaves("prove_again", "company").await;
        let back = house.comes("company", &left, |claims| claims["auth_time"] = at.clone()).await;
        back.expect_refused("provider_refused");
    }
    let left = house.leaves("prove_again", "company").await;
    let without = |claims: &mut Value| drop(claims.as_object_mut().unwrap().remove("auth_time"));
    house.comes("company", &left, without).await.expect_refused("provider_refused");
    house.unlinks("any").await.expect_problem(403, "reauthentication_required");
}

/// Story: the attacker sits at the victim's desk and signs in at the provider with his own account there.
#[tokio::test]
async fn a_proof_by_the_account_of_somebody_else() {
    let house = House::open().await;
    let john = |claims: &mut Value| {
        claims["sub"] = json!("john");
        claims["email"] = json!("john@example.org");
        claims["preferred_username"] = json!("john");
    };
    house.company.signs_in(&house.app, john).await.expect_signed_in("/");
    house.app.wait(Duration::from_mins(11));
    let left = house.leaves("prove_again", "company").await;
    house.comes("company", &left, john).await.expect_refused("provider_taken");
    let left = house.leaves("prove_again", "company").await;
    let nobody = |claims: &mut Value| claims["sub"] = json!("nobody");
    house.comes("company", &left, nobody).await.expect_refused("provider_unknown");
    assert_eq!(house.linked().await.len(), 1, "a proof links nothing");
    // Of a provider with no linked account nothing can be proven.
    let step = json!({"step": "prove_again", "name": "other", "return_to": null});
    house.account(&step).await.expect_problem(404, "not_found");
    house.unlinks("any").await.expect_problem(403, "reauthentication_required");
}

/// Story: the session that asked ends while its person is at the provider; another one must not become fresh by it.
#[tokio::test]
async fn a_proof_for_another_session() {
    let house = House::open().await;
    let second = house.company.signs_in(&house.app, |_| ()).await.expect_signed_in("/");
    house.app.wait(Duration::from_mins(11));
    let left = house.leaves("prove_again", "company").await;
    let other = House { session: second, ..house };
    other.comes("company", &left, |_| ()).await.expect_refused("signed_out");
    other.unlinks("any").await.expect_problem(403, "reauthentication_required");
    // Nor does one that ended live on.
    let left = other.leaves("prove_again", "company").await;
    other.app.endpoint.set_user_disabled("jane", true).await.unwrap();
    other.app.endpoint.set_user_disabled("jane", false).await.unwrap();
    other.comes("company", &left, |_| ()).await.expect_refused("signed_out");
    other.unlinks("any").await.expect_problem(401, "signed_out");
}

/// A provider stands for the password, and never for the second factor.
#[tokio::test]
async fn a_proof_at_a_provider_still_asks_for_the_second_factor() {
    let mut house = House::open().await;
    let begin = json!({"step": "begin_totp", "flow": null});
    let setting_up = house.app.step_at("/enrollment", &house.session, &begin).await.expect_state("totp");
    let text: String = setting_up["key"].as_str().unwrap().split(' ').collect();
    let key = totp_rs::Secret::try_from_base32(&text).unwrap();
    let key = TotpKey::from_bytes(key.as_ref()).unwrap();
    let code = |app: &App| key.code_at(app.endpoint.now()).unwrap().expose().to_owned();
    let confirm =
        json!({"step": "confirm_totp", "flow": setting_up["flow"], "code": code(&house.app), "keep": false});
    let set_up = house.app.step_at("/enrollment", &house.session, &confirm).await;
    set_up.expect_state("complete");
    house.session = set_up.session().unwrap();
    house.app.wait(Duration::from_mins(11));
    let left = house.leaves("prove_again", "company").await;
    let back = house.comes("company", &left, |_| ()).await;
    assert_eq!(back.session(), None);
    let (page, flow) = back.location().split_once("#challenge=").expect("a code is asked for");
    let (flow, factors) = flow.split_once('.').unwrap();
    assert_eq!(factors, "totp.recovery_code");
    assert_eq!(page, "/_gatehouse/?next=%2F_gatehouse%2Faccount");
    house.unlinks("any").await.expect_problem(403, "reauthentication_required");
    let step =
        json!({"step": "totp", "flow": flow, "code": code(&house.app), "keep": false, "challenge": null});
    let proven = house.app.step_at("/login", &house.session, &step).await;
    proven.expect_state("complete");
    house.session = proven.session().unwrap();
    house.links_other().await;
}
