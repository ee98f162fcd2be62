//! One request in, one response out, without a socket: what the embedded mount, `serve` and the tests all call.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Request, Response, StatusCode, Uri, uri::PathAndQuery},
    response::IntoResponse,
};
use gatehouse_protocol::{ErrorCode, MOUNT, Problem};
use http_body_util::BodyExt as _;
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::{
    address::TrustedProxies,
    admission,
    answer::Refusal,
    apps,
    changes::Streams,
    context::Peer,
    cookie::CookieNames,
    headers,
    host::HostPolicy,
    logo::Logo,
    metrics,
    observe::{self, Observed},
    router,
    shell::{Behind, Shell},
};
use crate::{
    config::PublicUrl,
    endpoint::Endpoint,
    entropy::{Entropy as _, OsEntropy},
    session::{AppName, cookie_instance},
    storage::App as AppRecord,
    telemetry::{metrics::Handle, request::RequestIds},
};

/// How long a request may take in all, waiting for a hash included.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where the endpoint stands.
#[derive(Debug, Clone)]
pub enum Surface {
    /// On the app's own origin, under Streamlit's base path.
    Mount {
        /// What stands before `/_gatehouse`: empty, or a path that begins with a slash and ends without one.
        base_path: String,
    },
    /// On a loopback port of its own, for development with a plain `streamlit run`.
    Loopback {
        /// The exact origins of the app's page.
        app_origins: Vec<String>,
        /// The path under which the app is: empty, or one that begins with a slash and ends without one.
        app_path: String,
    },
    /// As a server of its own, with metrics and the description of its routes.
    Standalone,
    /// In front of an app that it speaks for: as a mount, with the key that the app checks identities with.
    Front,
    /// For an app whose process forwards what browsers ask.
    App(Arc<AppRecord>),
}

/// Answers requests.
#[derive(Debug, Clone)]
pub struct Responder {
    shell: Arc<Shell>,
    requests: Arc<RequestIds>,
    /// Where an endpoint answers in this process.
    here: Option<Here>,
}

/// The routes over an endpoint.
#[derive(Debug, Clone)]
struct Here {
    app: Arc<App>,
    router: Router,
}

/// What handlers share.
#[derive(Debug)]
pub(super) struct App {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) shell: Arc<Shell>,
    pub(super) cookies: CookieNames,
    pub(super) proxies: TrustedProxies,
    pub(super) logo: Option<Logo>,
    pub(super) metrics: Option<Handle>,
    /// What answers for apps whose processes ask, as their rows were when last seen.
    forwarded: Mutex<HashMap<AppName, (Arc<AppRecord>, Responder)>>,
    pub(super) streams: Streams,
    stop: watch::Sender<bool>,
}

impl Surface {
    pub(super) fn base_path(&self) -> &str {
        match self {
            Self::Mount { base_path } => base_path,
            Self::Loopback { .. } | Self::Standalone | Self::Front | Self::App(_) => "",
        }
    }

    /// The app that is answered for, where its process forwards.
    pub(super) const fn app(&self) -> Option<&Arc<AppRecord>> {
        match self {
            Self::App(app) => Some(app),
            _ => None,
        }
    }
}

impl Responder {
    /// Answers for the endpoint on this surface. Without a public URL the hosts follow the endpoint's local URL, and
    /// until that is known nothing is served.
    pub fn new(endpoint: Arc<Endpoint>, surface: Surface) -> Self {
        Self::build(endpoint, surface, OnceLock::new())
    }

    /// The same on a listener whose port is known.
    pub fn at_port(endpoint: Arc<Endpoint>, surface: Surface, port: u16) -> Self {
        let policy = match surface {
            Surface::Loopback { .. } => HostPolicy::local(port),
            _ => HostPolicy::new(endpoint.settings(), port),
        };
        Self::build(endpoint, surface, OnceLock::from(policy))
    }

    fn build(endpoint: Arc<Endpoint>, surface: Surface, policy: OnceLock<HostPolicy>) -> Self {
        let settings = endpoint.settings();
        let cookies = CookieNames::of(endpoint.instance(), settings);
        // What an app's process says of the address is what it found behind its own proxies.
        let named = if surface.app().is_some() { &[][..] } else { &settings.trusted_proxies };
        let proxies = TrustedProxies::new(named);
        let logo = settings.logo.as_deref().and_then(Logo::load);
        let metrics = matches!(surface, Surface::Standalone).then(|| metrics::beside(&endpoint)).flatten();
        let cookies = match surface.app() {
            None => cookies,
            Some(app) => {
                let secure = PublicUrl::parse(&app.url).is_ok_and(|url| url.is_https());
                CookieNames::new(&cookie_instance(endpoint.instance(), &app.name), secure)
            }
        };
        let shell = Arc::new(Shell::new(Behind::Endpoint(Arc::clone(&endpoint)), surface, policy));
        let (forwarded, streams) = (Mutex::default(), Streams::default());
        let (stop, shared) = (watch::Sender::new(false), Arc::clone(&shell));
        let app = App { cookies, proxies, logo, metrics, endpoint, shell: shared, forwarded, streams, stop };
        let app = Arc::new(app);
        let router = router::router(&app);
        Self { shell, requests: requests(), here: Some(Here { app, router }) }
    }

    /// What answers in front of something that is not an endpoint of this process.
    pub(super) fn in_front(shell: Shell) -> Self {
        Self { shell: Arc::new(shell), requests: requests(), here: None }
    }

    /// Answers one request. `peer` is the address at the other end of the connection.
    pub async fn respond(&self, request: Request<Bytes>, peer: Option<IpAddr>) -> Response<Bytes> {
        let route = observe::route(self.shell.base_path(), &request);
        let trusted = match (&self.here, peer) {
            (Some(here), Some(peer)) => here.app.proxies.contains(peer.to_canonical()),
            _ => false,
        };
        let observed = Observed::begin(&self.requests, &request, route, trusted);
        observed.answer(self.answered(request, peer)).await
    }

    async fn answered(&self, request: Request<Bytes>, peer: Option<IpAddr>) -> Response<Bytes> {
        if let Some(here) = &self.here
            && let Some(key) = apps::key(&self.shell.surface, request.headers())
        {
            return match apps::admit(&here.app, &key, &request, peer).await {
                Ok(app) => self.respond_for(here, app, request).await,
                Err(refusal) => self.finish(refusal).await,
            };
        }
        self.respond_to_browser(request, peer).await
    }

    async fn respond_to_browser(&self, request: Request<Bytes>, peer: Option<IpAddr>) -> Response<Bytes> {
        let origin = admission::app_origin(&self.shell, request.headers()).cloned();
        let preflight = origin.is_some() && admission::is_preflight(&request);
        let mut response = match admission::admit(&self.shell, &request) {
            Err(problem) => Refusal(problem).into_response(),
            Ok(()) if preflight => StatusCode::NO_CONTENT.into_response(),
            Ok(()) => self.route(request, peer).await,
        };
        if let Some(origin) = origin {
            admission::share(response.headers_mut(), &origin, preflight);
        }
        self.finish(response).await
    }

    /// Answers what the process of an app asks: for itself, or in the name of a browser.
    async fn respond_for(
        &self,
        here: &Here,
        app: Arc<AppRecord>,
        request: Request<Bytes>,
    ) -> Response<Bytes> {
        if apps::is_own(&request) {
            return self.finish(apps::respond(&here.app, &app, request).await).await;
        }
        let (request, client) = apps::as_the_browser_sent_it(request);
        let responder = here.app.for_app(app);
        // Boxed, because a responder for an app is one, too.
        Box::pin(responder.respond_to_browser(request, client)).await
    }

    /// What stands in front.
    pub(super) fn shell(&self) -> &Shell {
        &self.shell
    }

    /// What handlers share, where an endpoint answers in this process.
    pub(super) fn app(&self) -> Option<&Arc<App>> {
        self.here.as_ref().map(|here| &here.app)
    }

    /// Completes a response.
    pub(super) async fn finish(&self, mut response: axum::response::Response) -> Response<Bytes> {
        headers::secure(response.headers_mut(), self.shell.strict_transport());
        let (parts, body) = response.into_parts();
        // Every body here is already in memory.
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Response::from_parts(parts, body)
    }

    /// Whether there is a form to be drawn.
    pub fn has_page(&self) -> bool {
        self.shell.page.is_some()
    }

    /// The tag that puts the watcher into a page of the app.
    pub fn watcher(&self) -> Option<String> {
        let file = self.shell.assets.part("watch")?;
        Some(format!("<script src=\"{}{MOUNT}/assets/{file}\"></script>", self.shell.base_path()))
    }

    async fn route(&self, request: Request<Bytes>, peer: Option<IpAddr>) -> axum::response::Response {
        let answer = async {
            match (&self.here, &self.shell.behind) {
                (Some(here), _) => here.route(request, peer).await,
                (None, Behind::Remote(remote)) => self.shell.send_on(&**remote, request, peer).await,
                (None, Behind::Endpoint(_)) => Refusal(Problem::new(ErrorCode::NotFound)).into_response(),
            }
        };
        match tokio::time::timeout(TIMEOUT, answer).await {
            Ok(response) => response,
            Err(_) => Refusal(Problem::new(ErrorCode::Busy).retry_after(5)).into_response(),
        }
    }
}

impl Here {
    async fn route(&self, request: Request<Bytes>, peer: Option<IpAddr>) -> axum::response::Response {
        let Some(mut request) = below(self.app.shell.base_path(), request) else {
            return Refusal(Problem::new(ErrorCode::NotFound)).into_response();
        };
        request.extensions_mut().insert(Peer(peer));
        match self.router.clone().oneshot(request.map(Body::from)).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

impl App {
    /// Changes when the server stops.
    pub(super) fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// The server stops: what streams for ever ends.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// What answers for an app: made once, and again when its row changed.
    fn for_app(&self, app: Arc<AppRecord>) -> Responder {
        let mut all = self.forwarded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, responder)) = all.get(&app.name)
            && *known == app
        {
            return responder.clone();
        }
        let policy =
            PublicUrl::parse(&app.url).map_or_else(|_| HostPolicy::nobody(), |url| HostPolicy::public(&url));
        let surface = Surface::App(Arc::clone(&app));
        let responder = Responder::build(Arc::clone(&self.endpoint), surface, OnceLock::from(policy));
        all.insert(app.name.clone(), (app, responder.clone()));
        responder
    }
}

/// Names for the requests of one responder.
fn requests() -> Arc<RequestIds> {
    Arc::new(RequestIds::new(OsEntropy.number()))
}

/// The same request without the base path, or nothing where it is not below it.
pub(super) fn below(base_path: &str, mut request: Request<Bytes>) -> Option<Request<Bytes>> {
    if base_path.is_empty() {
        return Some(request);
    }
    let whole = request.uri().path_and_query().map(PathAndQuery::as_str)?;
    let uri: Uri = whole.strip_prefix(base_path).filter(|rest| rest.starts_with('/'))?.parse().ok()?;
    *request.uri_mut() = uri;
    Some(request)
}
