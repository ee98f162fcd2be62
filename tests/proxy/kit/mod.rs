//! A site for one test: an endpoint with somebody who may, an app behind, the front between. Nothing is shared.

mod app;
mod browser;
mod socket;

use std::{net::SocketAddr, path::Path, sync::Arc};

use gatehouse::{
    clock::{SharedClock, SystemClock},
    config::{PasswordSettings, Settings},
    endpoint::{Answer, CookieChange, Endpoint, NewUser, Parts, RequestContext},
    entropy::OsEntropy,
    http::CookieNames,
    keys::Key,
    proxy::{Front, Limits, Upstream},
    storage::sqlite::SqliteStorage,
};
use gatehouse_protocol::{LoginStep, Password};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub(crate) use app::App;
pub(crate) use browser::{Call, Reply, say};
pub(crate) use socket::{Socket, frame, read_frame};

pub(crate) const PASSWORD: &str = "seven quiet herons";
/// What the form's page says, and no other.
pub(crate) const FORM: &str = "This page needs JavaScript to sign you in.";

/// An app with the gate in front.
pub(crate) struct Site {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) app: App,
    /// Where the front listens.
    pub(crate) address: SocketAddr,
    /// Alice's, as `name=value`.
    pub(crate) cookie: String,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) task: JoinHandle<std::io::Result<()>>,
    folder: tempfile::TempDir,
}

pub(crate) async fn site() -> Site {
    site_with(App::start(), Limits::default(), |_| ()).await
}

pub(crate) async fn site_with(app: App, limits: Limits, change: impl FnOnce(&mut Settings)) -> Site {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    change(&mut settings);
    let endpoint = endpoint(folder.path(), settings).await;
    endpoint.start();
    add(&endpoint, "alice", "alice@example.org", &["admin", "editor"]).await;
    let cookie = sign_in(&endpoint, "alice").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    endpoint.set_local_url(&format!("http://localhost:{}", address.port()));
    let (stop, stopped) = oneshot::channel::<()>();
    let upstream = Upstream::parse(&format!("http://{}", app.address)).unwrap();
    let task = tokio::spawn(Front::serve(endpoint.clone(), listener, upstream, limits, async {
        let _ = stopped.await;
    }));
    Site { endpoint, app, address, cookie, stop, task, folder }
}

impl Site {
    /// A call by Alice's browser.
    pub(crate) fn get(&self, path: &str) -> Call {
        self.anonymous(path).header("cookie", &self.cookie)
    }

    /// A call by somebody's browser.
    pub(crate) fn anonymous(&self, path: &str) -> Call {
        Call::new(self.address, path)
    }

    /// A websocket of Alice's.
    pub(crate) async fn open(&self, path: &str) -> Socket {
        Socket::open(self.address, path, &self.handshake(&self.cookie))
            .await
            .unwrap_or_else(|answer| panic!("{answer}"))
    }

    /// The lines of a handshake of this site's own page.
    pub(crate) fn handshake(&self, cookie: &str) -> String {
        let port = self.address.port();
        format!("Host: localhost:{port}\r\nOrigin: http://localhost:{port}\r\nCookie: {cookie}\r\n")
    }

    /// Another process on the same database, as the command line is.
    pub(crate) async fn command_line(&self) -> Arc<Endpoint> {
        endpoint(self.folder.path(), self.endpoint.settings().clone()).await
    }
}

fn settings(folder: &Path) -> Settings {
    let assets = folder.join("assets");
    std::fs::create_dir(&assets).unwrap();
    let write = |name: &str, text: &str| std::fs::write(assets.join(name), text).unwrap();
    write(
        "index.html",
        &format!(
            "<div id=\"gatehouse\" data-endpoint=\".\">{FORM}</div><script src=\"assets/form.js\"></script>"
        ),
    );
    write("account.html", "<div data-endpoint=\".\"></div>");
    write("form.js", "// the form");
    write("watch-0123456789abcdef.js", "// the watcher");
    write("manifest.json", r#"{"watch": "watch-0123456789abcdef.js"}"#);
    Settings {
        assets: Some(assets),
        password: PasswordSettings { argon2_memory: 16, argon2_time: 1, ..PasswordSettings::default() },
        ..Settings::default()
    }
}

async fn endpoint(folder: &Path, settings: Settings) -> Arc<Endpoint> {
    let clock: SharedClock = Arc::new(SystemClock::default());
    let storage = SqliteStorage::open(&folder.join("gatehouse.db"), clock.now(), &OsEntropy).await.unwrap();
    let key = Key::load_or_create(&folder.join("gatehouse.key")).unwrap();
    let parts = Parts { settings, storage: Arc::new(storage), clock, entropy: Arc::new(OsEntropy), key };
    Endpoint::assemble(parts).await.unwrap()
}

pub(crate) async fn add(endpoint: &Endpoint, name: &str, email: &str, roles: &[&str]) {
    let user = NewUser {
        username: name.into(),
        email: Some(email.into()).filter(|email: &String| !email.is_empty()),
        verified: true,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        password: Password::new(PASSWORD),
        must_change: false,
    };
    endpoint.add_user(user).await.unwrap();
}

/// Signs somebody in as a browser does; the cookie, as `name=value`.
pub(crate) async fn sign_in(endpoint: &Endpoint, name: &str) -> String {
    let context = RequestContext {
        address: None,
        address_believed: false,
        user_agent: String::new(),
        session: None,
        device: None,
        browser: None,
        locale: "en".into(),
        app: None,
    };
    let step = LoginStep::Password {
        identifier: name.into(),
        password: Password::new(PASSWORD),
        keep: false,
        challenge: None,
    };
    let Answer { session_cookie, .. } = endpoint.login(&context, step).await.unwrap();
    let CookieChange::Set { value, .. } = session_cookie else { panic!("no cookie") };
    let name = CookieNames::of(endpoint.instance(), endpoint.settings()).session;
    format!("{name}={}", value.expose())
}

/// Lets this process open many connections.
pub(crate) fn may_open_many() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
}
