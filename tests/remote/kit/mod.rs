//! An endpoint that listens, and processes of apps. Nothing is shared between tests.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use gatehouse::{
    clock::{Clock as _, SystemClock},
    config::{PasswordSettings, Settings},
    endpoint::{Endpoint, NewUser, Parts},
    entropy::OsEntropy,
    gate::{Entry, Gate, Head, Header},
    http::{HostPolicy, Responder, Surface, serve},
    keys::Key,
    remote::RemoteEndpoint,
    session::{AppSecret, Secret},
    storage::sqlite::SqliteStorage,
};
use gatehouse_protocol::Password;
use http::{HeaderMap, Request, StatusCode, header::SET_COOKIE};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub(crate) const PASSWORD: &str = "seven quiet herons";
/// From where browsers ask, unless a test says otherwise.
pub(crate) const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

/// An endpoint that listens.
pub(crate) struct House {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) address: SocketAddr,
    folder: tempfile::TempDir,
    serving: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| ()).await
    }

    pub(crate) async fn open_with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let endpoint = endpoint(folder.path(), address, change).await;
        endpoint.start();
        add(&endpoint, "alice").await;
        let mut house = Self { endpoint, address, folder, serving: None };
        house.listen(listener);
        house
    }

    fn listen(&mut self, listener: TcpListener) {
        let (stop, stopped) = oneshot::channel::<()>();
        let endpoint = Arc::clone(&self.endpoint);
        let task = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            serve(endpoint, listener, Surface::Standalone, stopped).await.unwrap();
        });
        self.serving = Some((stop, task));
    }

    /// Stops listening; whatever is open is cut.
    pub(crate) async fn stop(&mut self) {
        let (stop, task) = self.serving.take().unwrap();
        stop.send(()).unwrap();
        task.await.unwrap();
    }

    /// Listens again where it did.
    pub(crate) async fn restart(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.listen(listener);
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// Another process on the same database, as the command line is.
    pub(crate) async fn command_line(&self) -> Arc<Endpoint> {
        endpoint(self.folder.path(), self.address, |_| ()).await
    }

    /// Adds an app; its process.
    pub(crate) async fn app(&self, name: &str) -> Process {
        self.app_with(name, |_| ()).await
    }

    pub(crate) async fn app_with(&self, name: &str, change: impl FnOnce(&mut Settings)) -> Process {
        let url = format!("http://localhost:{}", port_of(name));
        let (_, key) = self.endpoint.add_app(name, &url).await.unwrap();
        self.process(name, &key, change)
    }

    /// A process that asks with this key.
    pub(crate) fn process(&self, name: &str, key: &AppSecret, change: impl FnOnce(&mut Settings)) -> Process {
        let port = port_of(name);
        let mut settings = Settings {
            endpoint: Some(self.origin()),
            app_key: Some(Password::new(key.expose())),
            public_url: Some(format!("http://localhost:{port}")),
            assets: Some(assets(self.folder.path())),
            ..Settings::default()
        };
        change(&mut settings);
        let policy = HostPolicy::new(&settings, port);
        let remote = RemoteEndpoint::new(settings).unwrap();
        remote.start();
        let gate = Gate::new(Arc::<RemoteEndpoint>::clone(&remote));
        let surface = Surface::Mount { base_path: String::new() };
        let responder = Responder::remote(remote, surface, port);
        Process { gate, responder, policy, host: format!("localhost:{port}"), key: key.clone() }
    }

    /// Asks the endpoint itself, over a connection of its own.
    pub(crate) async fn ask(&self, request: http::request::Builder, body: &Value) -> Reply {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let stream = tokio::net::TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let request = request.body(http_body_util::Full::new(body)).unwrap();
        let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
        let body = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// A request to the endpoint's own host.
    pub(crate) fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("host", format!("localhost:{}", self.address.port()));
        if method == "POST" {
            request.header("content-type", "application/json").header("origin", self.origin())
        } else {
            request
        }
    }

    /// Signs in at the endpoint itself; the cookie.
    pub(crate) async fn sign_in(&self, name: &str) -> String {
        let reply = self.ask(self.request("POST", "/_gatehouse/login"), &login(name)).await;
        reply.session()
    }
}

/// Each app has a port of its own; nobody listens there.
fn port_of(name: &str) -> u16 {
    8500 + u16::from(name.as_bytes()[0] % 100)
}

fn assets(folder: &Path) -> std::path::PathBuf {
    let assets = folder.join("assets");
    std::fs::create_dir_all(&assets).unwrap();
    std::fs::write(assets.join("account.html"), "<div data-endpoint=\".\">the account</div>").unwrap();
    std::fs::write(assets.join("index.html"), "<div id=\"gatehouse\" data-endpoint=\".\">the form</div>")
        .unwrap();
    assets
}

async fn endpoint(folder: &Path, address: SocketAddr, change: impl FnOnce(&mut Settings)) -> Arc<Endpoint> {
    let mut settings = Settings {
        assets: Some(assets(folder)),
        password: PasswordSettings { argon2_memory: 16, argon2_time: 1, ..PasswordSettings::default() },
        ..Settings::default()
    };
    change(&mut settings);
    let clock = Arc::new(SystemClock::default());
    let storage = SqliteStorage::open(&folder.join("gatehouse.db"), clock.now(), &OsEntropy).await.unwrap();
    let key = Key::load_or_create(&folder.join("gatehouse.key")).unwrap();
    let parts = Parts { settings, storage: Arc::new(storage), clock, entropy: Arc::new(OsEntropy), key };
    let endpoint = Endpoint::assemble(parts).await.unwrap();
    endpoint.set_local_url(&format!("http://localhost:{}", address.port()));
    endpoint
}

async fn add(endpoint: &Endpoint, name: &str) {
    let user = NewUser {
        username: name.into(),
        email: Some(format!("{name}@example.org")),
        verified: true,
        roles: vec!["reader".into()],
        password: Password::new(PASSWORD),
        must_change: false,
    };
    endpoint.add_user(user).await.unwrap();
}

/// The process of an app.
pub(crate) struct Process {
    pub(crate) gate: Gate,
    pub(crate) responder: Responder,
    pub(crate) policy: HostPolicy,
    pub(crate) host: String,
    pub(crate) key: AppSecret,
}

impl Process {
    pub(crate) fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let request = Request::builder().method(method).uri(path).header("host", &self.host);
        if method == "POST" {
            request
                .header("content-type", "application/json")
                .header("origin", format!("http://{}", self.host))
        } else {
            request
        }
    }

    /// Asks as a browser on the app's page does.
    pub(crate) async fn ask(&self, request: http::request::Builder, body: &Value) -> Reply {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let answer = self.responder.respond(request.body(body).unwrap(), Some(PEER)).await;
        let (parts, body) = answer.into_parts();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// Signs in with the app's form; the cookie.
    pub(crate) async fn sign_in(&self, name: &str) -> String {
        self.ask(self.request("POST", "/_gatehouse/login"), &login(name)).await.session()
    }

    /// What becomes of a page that is asked for with this cookie; `None` while nobody can say.
    pub(crate) async fn enter(&self, cookie: &str) -> Option<Entry> {
        let header = |name: &str, value: &str| -> Header { (name.into(), value.into()) };
        let headers = [header("host", &self.host), header("cookie", cookie), header("accept", "text/html")];
        let head = Head { method: "GET", path: "/", headers: &headers, peer: Some(PEER) };
        self.gate.enter(&self.policy, head).await.ok()
    }

    /// Whether the page is served.
    pub(crate) async fn lets_in(&self, cookie: &str) -> bool {
        matches!(self.enter(cookie).await, Some(Entry::Pass(_)))
    }

    /// A websocket with this cookie; its handle.
    pub(crate) async fn socket(&self, cookie: &str) -> String {
        let header = |name: &str, value: &str| -> Header { (name.into(), value.into()) };
        let origin = format!("http://{}", self.host);
        let headers = [header("host", &self.host), header("origin", &origin), header("cookie", cookie)];
        self.gate.admit(&self.policy, Some(PEER), &headers).await.unwrap().handle
    }

    /// Asks the endpoint with this process's key.
    pub(crate) async fn asks(&self, house: &House, what: &str, body: &Value) -> Reply {
        ask_with(house, self.key.expose(), what, body).await
    }
}

pub(crate) async fn ask_with(house: &House, key: &str, what: &str, body: &Value) -> Reply {
    let request = house.request("POST", &format!("/_gatehouse/app/{what}"));
    house.ask(request.header("authorization", format!("Bearer {key}")), body).await
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {} {:?}", self.status, self.body))
    }

    /// The error code, or nothing.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn cookies(&self) -> Vec<String> {
        self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    /// The session cookie that was set, as `name=value`.
    pub(crate) fn session(&self) -> String {
        self.cookie(|name| !name.contains("-device-") && !name.contains("-flow-"))
            .unwrap_or_else(|| panic!("nobody is signed in: {self:?}"))
    }

    pub(crate) fn cookie(&self, named: impl Fn(&str) -> bool) -> Option<String> {
        let all = self.cookies();
        let set = all.iter().filter_map(|line| line.split(';').next()?.split_once('='));
        let mut set = set.filter(|(name, value)| named(name) && !value.is_empty());
        set.next().map(|(name, value)| format!("{name}={value}"))
    }

    pub(crate) fn location(&self) -> &str {
        self.headers["location"].to_str().unwrap()
    }
}

pub(crate) fn login(name: &str) -> Value {
    json!({"step": "password", "identifier": name, "password": PASSWORD, "keep": false, "challenge": null})
}

/// What the token in a cookie hashes to, as it travels.
pub(crate) fn hash_of(cookie: &str) -> String {
    gatehouse::peer::hash_text(Secret::received(cookie.split_once('=').unwrap().1).hash())
}

/// Waits until something is so; how long it took.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) -> Duration {
    let start = tokio::time::Instant::now();
    while !holds().await {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}
