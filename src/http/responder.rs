//! One request in, one response out, without a socket: what the embedded mount, `serve` and the tests all call.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
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
use tower::ServiceExt as _;

use super::{
    address::TrustedProxies,
    admission,
    answer::Refusal,
    assets::Assets,
    context::Peer,
    cookie::CookieNames,
    headers,
    host::HostPolicy,
    logo::Logo,
    metrics,
    observe::{self, Observed},
    page::Page,
    router,
};
use crate::{
    endpoint::Endpoint,
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
}

/// Answers requests.
#[derive(Debug, Clone)]
pub struct Responder {
    app: Arc<App>,
    router: Router,
}

/// What handlers share.
#[derive(Debug)]
pub(super) struct App {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) surface: Surface,
    pub(super) cookies: CookieNames,
    pub(super) proxies: TrustedProxies,
    pub(super) assets: Assets,
    pub(super) page: Option<Page>,
    pub(super) logo: Option<Logo>,
    pub(super) metrics: Option<Handle>,
    requests: RequestIds,
    policy: OnceLock<HostPolicy>,
}

impl Surface {
    fn base_path(&self) -> &str {
        match self {
            Self::Mount { base_path } => base_path,
            Self::Loopback { .. } | Self::Standalone | Self::Front => "",
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
            Surface::Mount { .. } | Surface::Standalone | Surface::Front => {
                HostPolicy::new(endpoint.settings(), port)
            }
        };
        Self::build(endpoint, surface, OnceLock::from(policy))
    }

    fn build(endpoint: Arc<Endpoint>, surface: Surface, policy: OnceLock<HostPolicy>) -> Self {
        let settings = endpoint.settings();
        let base_path = surface.base_path();
        let (mut assets, mut page) = (Assets::default(), None);
        if let Some(directory) = &settings.assets {
            match Assets::load(directory).and_then(|assets| Ok((assets, Page::load(directory, base_path)?))) {
                Ok(loaded) => (assets, page) = (loaded.0, Some(loaded.1)),
                Err(error) => {
                    tracing::error!(%error, "the browser bundle can't be read: no form will be drawn");
                }
            }
        }
        let app = Arc::new(App {
            cookies: CookieNames::new(endpoint.instance(), settings.is_secure()),
            proxies: TrustedProxies::new(&settings.trusted_proxies),
            logo: settings.logo.as_deref().and_then(Logo::load),
            metrics: matches!(surface, Surface::Standalone).then(|| metrics::beside(&endpoint)).flatten(),
            requests: RequestIds::new(endpoint.entropy().number()),
            assets,
            page,
            endpoint,
            surface,
            policy,
        });
        let router = router::router(&app);
        Self { app, router }
    }

    /// Answers one request. `peer` is the address at the other end of the connection.
    pub async fn respond(&self, request: Request<Bytes>, peer: Option<IpAddr>) -> Response<Bytes> {
        let route = observe::route(self.app.base_path(), &request);
        let trusted = peer.is_some_and(|peer| self.app.proxies.contains(peer.to_canonical()));
        let observed = Observed::begin(&self.app.requests, &request, route, trusted);
        observed.answer(self.answered(request, peer)).await
    }

    async fn answered(&self, request: Request<Bytes>, peer: Option<IpAddr>) -> Response<Bytes> {
        let origin = admission::app_origin(&self.app, request.headers()).cloned();
        let preflight = origin.is_some() && admission::is_preflight(&request);
        let mut response = match admission::admit(&self.app, &request) {
            Err(problem) => Refusal(problem).into_response(),
            Ok(()) if preflight => StatusCode::NO_CONTENT.into_response(),
            Ok(()) => self.route(request, peer).await,
        };
        if let Some(origin) = origin {
            admission::share(response.headers_mut(), &origin, preflight);
        }
        self.finish(response).await
    }

    /// What handlers share.
    pub(super) fn app(&self) -> &App {
        &self.app
    }

    /// Completes a response.
    pub(super) async fn finish(&self, mut response: axum::response::Response) -> Response<Bytes> {
        headers::secure(response.headers_mut(), self.app.endpoint.settings().strict_transport());
        let (parts, body) = response.into_parts();
        // Every body here is already in memory.
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Response::from_parts(parts, body)
    }

    /// Whether there is a form to be drawn.
    pub fn has_page(&self) -> bool {
        self.app.page.is_some()
    }

    /// The tag that puts the watcher into a page of the app.
    pub fn watcher(&self) -> Option<String> {
        let file = self.app.assets.part("watch")?;
        Some(format!("<script src=\"{}{MOUNT}/assets/{file}\"></script>", self.app.base_path()))
    }

    async fn route(&self, request: Request<Bytes>, peer: Option<IpAddr>) -> axum::response::Response {
        let Some(mut request) = below(self.app.base_path(), request) else {
            return Refusal(Problem::new(ErrorCode::NotFound)).into_response();
        };
        request.extensions_mut().insert(Peer(peer));
        match tokio::time::timeout(TIMEOUT, self.router.clone().oneshot(request.map(Body::from))).await {
            Ok(Ok(response)) => response,
            Err(_) => Refusal(Problem::new(ErrorCode::Busy).retry_after(5)).into_response(),
        }
    }
}

impl App {
    /// What stands before `/_gatehouse`.
    pub(super) fn base_path(&self) -> &str {
        self.surface.base_path()
    }

    /// The hosts and origins that are served, once they are known.
    pub(super) fn policy(&self) -> Option<&HostPolicy> {
        if let Some(policy) = self.policy.get() {
            return Some(policy);
        }
        // With a public URL the port plays no part.
        let port = self.endpoint.local_url().and_then(|url| port_of(&url));
        let port = if self.endpoint.settings().public_url.is_some() { 0 } else { port? };
        let policy = HostPolicy::new(self.endpoint.settings(), port);
        Some(self.policy.get_or_init(|| policy))
    }
}

/// The same request without the base path, or nothing where it is not below it.
fn below(base_path: &str, mut request: Request<Bytes>) -> Option<Request<Bytes>> {
    if base_path.is_empty() {
        return Some(request);
    }
    let whole = request.uri().path_and_query().map(PathAndQuery::as_str)?;
    let uri: Uri = whole.strip_prefix(base_path).filter(|rest| rest.starts_with('/'))?.parse().ok()?;
    *request.uri_mut() = uri;
    Some(request)
}

fn port_of(url: &str) -> Option<u16> {
    let authority = url.split_once("://")?.1.split('/').next()?;
    match authority.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => port.parse().ok(),
        _ => Some(80),
    }
}
