//! An endpoint for one test, and a browser that leaves for a provider and comes back.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use gatehouse::{
    clock::{Clock as _, ManualClock, SystemClock},
    config::{ProviderSettings, Settings},
    endpoint::{Endpoint, Parts},
    entropy::OsEntropy,
    factor::password::PasswordHash,
    http::{Responder, Surface},
    identity::{EmailAddress, Identity, IdentityId, Username, VerifiableAddress},
    keys::Key,
    storage::{NewIdentity, sqlite::SqliteStorage},
};
use gatehouse_protocol::Password;
use http::{HeaderMap, Method, Request, StatusCode, header, request};
use serde_json::{Value, json};
use url::Url;

use crate::rogue::Rogue;

/// Where the app is.
pub(crate) const ORIGIN: &str = "http://localhost:8501";
const HOST: &str = "localhost:8501";
const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// An endpoint under test.
pub(crate) struct App {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) folder: tempfile::TempDir,
    responder: Responder,
}

/// A browser that was sent away, with what came along.
#[derive(Debug, Clone)]
pub(crate) struct Left {
    pub(crate) location: Url,
    pub(crate) cookie: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A provider as settings say it, that may bring new people.
pub(crate) fn provider(issuer: &str) -> ProviderSettings {
    ProviderSettings {
        issuer: Some(issuer.into()),
        client_id: Some("gatehouse".into()),
        client_secret: Some(Password::new("a secret of sixteen and more")),
        register: true,
        ..ProviderSettings::default()
    }
}

/// An endpoint with one provider, called `company`.
pub(crate) async fn app(one: ProviderSettings) -> App {
    app_with([("company", one)], |_| ()).await
}

/// The same with others and other settings.
pub(crate) async fn app_with<const N: usize>(
    providers: [(&str, ProviderSettings); N],
    change: impl FnOnce(&mut Settings),
) -> App {
    let folder = tempfile::tempdir().unwrap();
    let providers = providers.map(|(name, one)| (name.to_owned(), one));
    let mut settings = Settings { providers: BTreeMap::from(providers), ..Settings::default() };
    settings.password.argon2_memory = 8;
    settings.password.argon2_time = 1;
    change(&mut settings);
    // A real provider signs with the real time.
    let clock = Arc::new(ManualClock::at(SystemClock::default().now()));
    let storage =
        SqliteStorage::open(&folder.path().join("gatehouse.db"), clock.now(), &OsEntropy).await.unwrap();
    let key = Key::draw(&OsEntropy);
    let entropy = Arc::new(OsEntropy);
    let parts = Parts { settings, storage: Arc::new(storage), clock: clock.clone(), entropy, key };
    let endpoint = Endpoint::assemble(parts).await.unwrap();
    endpoint.set_local_url(ORIGIN);
    let responder = Responder::new(endpoint.clone(), Surface::Mount { base_path: String::new() });
    App { endpoint, clock, folder, responder }
}

impl App {
    pub(crate) async fn send(&self, request: request::Builder, body: &str) -> Reply {
        let mut request = request.body(Bytes::from(body.to_owned())).unwrap();
        request.headers_mut().entry(header::HOST).or_insert(HOST.parse().unwrap());
        let (parts, body) = self.responder.respond(request, Some(PEER)).await.into_parts();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// A top-level navigation.
    pub(crate) async fn visit(&self, path: &str, cookies: &[&str]) -> Reply {
        let mut request = Request::builder().method(Method::GET).uri(path);
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        self.send(request, "").await
    }

    /// Leaves for a provider.
    pub(crate) async fn leave(&self, name: &str, return_to: &str) -> Left {
        self.leave_with(name, return_to, &[]).await
    }

    /// The same with cookies.
    pub(crate) async fn leave_with(&self, name: &str, return_to: &str, cookies: &[&str]) -> Left {
        let query =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", return_to).finish();
        let reply = self.visit(&format!("/_gatehouse/provider/{name}?{query}"), cookies).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{:?}", reply.body);
        let cookie =
            reply.cookie("gatehouse-provider-").unwrap_or_else(|| panic!("refused: {:?}", reply.location()));
        Left { location: Url::parse(reply.location()).unwrap(), cookie }
    }

    /// Sends a step from a page of the app.
    pub(crate) async fn post(&self, path: &str, step: &Value) -> Reply {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::ORIGIN, ORIGIN)
            .header(header::CONTENT_TYPE, "application/json");
        self.send(request, &step.to_string()).await
    }

    /// Comes back with a query.
    pub(crate) async fn back(&self, name: &str, query: &str, cookies: &[&str]) -> Reply {
        self.visit(&format!("/_gatehouse/provider/callback/{name}?{query}"), cookies).await
    }

    /// Comes back as a proper browser does, with a code.
    pub(crate) async fn back_with(&self, name: &str, left: &Left, code: &str) -> Reply {
        self.back(name, &format!("code={code}&state={}", left.state()), &[&left.cookie]).await
    }

    /// Links an account, as the account page of who has this session begins it; comes back with these cookies.
    pub(crate) async fn links(
        &self,
        rogue: &Rogue,
        session: &str,
        cookies: &[&str],
        change: impl FnOnce(&mut Value),
    ) -> Reply {
        let step = json!({"step": "link_provider", "name": "company", "return_to": null});
        let left = Self::left(&self.account(session, &step).await);
        let mut claims = rogue.claims(self, &left);
        change(&mut claims);
        rogue.hands_out(&rogue.key.sign(&rogue.header(), &claims));
        let cookies: Vec<&str> = cookies.iter().copied().chain([left.cookie.as_str()]).collect();
        self.back("company", &format!("code=code&state={}", left.state()), &cookies).await
    }

    /// Who is signed in with this cookie.
    pub(crate) async fn who(&self, session: &str) -> Option<String> {
        let reply = self.visit("/_gatehouse/session", &[session]).await;
        let state: Value = serde_json::from_slice(&reply.body).unwrap();
        Some(state["username"].as_str()?.to_owned())
    }

    /// Adds somebody who confirmed an address at `example.org`.
    pub(crate) async fn add(&self, username: &str) -> Identity {
        let now = self.endpoint.now();
        let address = EmailAddress::parse(&format!("{username}@example.org")).unwrap();
        let new = NewIdentity {
            id: IdentityId(format!("id_{username}")),
            username: Username::parse(username).unwrap(),
            email: Some(VerifiableAddress { address, verified_at: Some(now) }),
            roles: Vec::new(),
            password: PasswordHash("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$x".into()),
            must_change: false,
            created_at: now,
        };
        self.endpoint.storage().add_identity(new).await.unwrap()
    }

    /// The identity with this name.
    pub(crate) async fn identity(&self, username: &str) -> Option<Identity> {
        let folded = Username::parse(username).unwrap();
        let found = self.endpoint.storage().find_by_username(folded.folded()).await.unwrap();
        found.map(|record| record.identity)
    }

    pub(crate) fn wait(&self, span: Duration) {
        self.clock.advance(span);
    }
}

impl Left {
    /// A parameter of the question to the provider.
    pub(crate) fn asked(&self, name: &str) -> String {
        let found = self.location.query_pairs().find(|(key, _)| key == name);
        found.unwrap_or_else(|| panic!("no {name} in {}", self.location)).1.into_owned()
    }

    pub(crate) fn state(&self) -> String {
        self.asked("state")
    }

    pub(crate) fn nonce(&self) -> String {
        self.asked("nonce")
    }
}

impl Reply {
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// The `name=value` of a cookie that was set and not cleared.
    pub(crate) fn cookie(&self, prefix: &str) -> Option<String> {
        let all = self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap());
        let pair = all.filter_map(|cookie| cookie.split(';').next()).find(|pair| pair.starts_with(prefix))?;
        (!pair.ends_with('=')).then(|| pair.to_owned())
    }

    /// Everything that is said of the cookie of the session that began.
    #[track_caller]
    pub(crate) fn session_cookie(&self) -> String {
        let pair = self.session().expect("no session");
        let all = self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap());
        all.filter(|cookie| cookie.starts_with(&pair)).collect()
    }

    /// The answer.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The session that began.
    pub(crate) fn session(&self) -> Option<String> {
        let all = self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap());
        let others = ["gatehouse-device-", "gatehouse-embedded-device-", "gatehouse-provider-"];
        let ours = |cookie: &&str| !others.iter().any(|other| cookie.starts_with(other));
        Some(all.filter(ours).find(|cookie| cookie.starts_with("gatehouse-"))?.split(';').next()?.to_owned())
    }

    /// A sign-in that worked: the session, after a redirect to `target`.
    #[track_caller]
    pub(crate) fn expect_signed_in(&self, target: &str) -> String {
        assert_eq!((self.status, self.location()), (StatusCode::SEE_OTHER, target));
        self.session().expect("no session")
    }

    /// A sign-in that was refused: a redirect to the form with a code, and no session.
    #[track_caller]
    pub(crate) fn expect_refused(&self, code: &str) {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{:?}", self.body);
        let (page, said) = self.location().split_once("#refused=").unwrap_or((self.location(), ""));
        assert_eq!(said, code, "{}", self.location());
        assert!(page.starts_with("/_gatehouse/"), "{page}");
        assert_eq!(self.session(), None);
        assert!(self.body.is_empty());
    }
}
