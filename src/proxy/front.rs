//! The front: what is the endpoint's own, what is a websocket, what the app may see.

use std::{future::Future, io, sync::Arc, time::Duration};

use gatehouse_protocol::{ErrorCode, MOUNT, Problem};
use http_body_util::Full;
use hyper::{
    Method, Request, Response,
    body::{Body as _, Incoming},
    header::{CONNECTION, HeaderValue},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::{net::TcpListener, sync::Semaphore};

use super::{
    body::{self, Body},
    down::{self, Health},
    forward, headers,
    identity::Identities,
    open::Open,
    upstream::Upstream,
    websocket,
};
use crate::{
    endpoint::Endpoint,
    gate::{Entry, Gate, Head, Header, Policy},
    http::{Answer, Caller, HostPolicy, Observed, REQUEST_ID, Responder, Surface, TrustedProxies, listen},
    telemetry::request::RequestIds,
};

/// How long the app may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection to the app is kept for the next request: less than any server keeps it.
const KEPT: Duration = Duration::from_millis(1500);
/// How long somebody who is signed in may take nothing of an answer.
const STALL: Duration = Duration::from_hours(1);
/// How many websockets of nobody are told why at once; the rest are refused without a word.
const REFUSALS_MAX: usize = 256;

/// How much is open at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections that ask something; the rest wait in the kernel.
    pub connections: usize,
    /// Websockets; the rest are told to come back.
    pub websockets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 1024, websockets: 10_000 }
    }
}

/// Stands in front of an app.
#[derive(Debug, Clone)]
pub struct Front(Arc<Inner>);

/// What every request needs.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) gate: Arc<Gate>,
    pub(super) policy: HostPolicy,
    pub(super) proxies: TrustedProxies,
    pub(super) scheme: &'static str,
    pub(super) upstream: Upstream,
    pub(super) client: Client<HttpConnector, Body>,
    pub(super) health: Health,
    pub(super) identities: Identities,
    pub(super) open: Arc<Open>,
    pub(super) websockets: Arc<Semaphore>,
    pub(super) refusals: Arc<Semaphore>,
    /// What a browser may do with the app's answers, unless they say so themselves.
    pub(super) answers: Vec<Header>,
    /// Who may show the app in a frame.
    pub(super) framing: String,
    /// The tag that goes into pages.
    pub(super) watcher: Option<String>,
    responder: Responder,
    requests: RequestIds,
}

impl Front {
    /// Serves the app behind, to those who may have it, until `shutdown` completes.
    pub async fn serve(
        endpoint: Arc<Endpoint>,
        listener: TcpListener,
        upstream: Upstream,
        limits: Limits,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let own = listener.local_addr()?;
        if upstream.is_listener(own) {
            return Err(io::Error::other(format!(
                "{upstream} is this server itself: name the address where the app listens"
            )));
        }
        let front = Self::new(endpoint, upstream, limits, own.port());
        let (open, stopped) = (Arc::clone(&front.0.open), Arc::clone(&front.0.open));
        let watching = tokio::spawn(async move { open.watch().await });
        let ended = listen(listener, limits.connections, front, async move {
            shutdown.await;
            stopped.stop();
        });
        let ended = ended.await;
        watching.abort();
        ended
    }

    fn new(endpoint: Arc<Endpoint>, upstream: Upstream, limits: Limits, port: u16) -> Self {
        let settings = endpoint.settings();
        let app = Policy::new(settings);
        let gate = Arc::new(Gate::new(Arc::<Endpoint>::clone(&endpoint)));
        let audience = settings.upstream.audience.clone().unwrap_or_else(|| upstream.to_string());
        let responder = Responder::at_port(Arc::clone(&endpoint), Surface::Front, port);
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_keepalive(Some(Duration::from_mins(1)));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEPT)
            .set_host(false)
            .build(connector);
        Self(Arc::new(Inner {
            policy: HostPolicy::new(settings, port),
            proxies: TrustedProxies::new(&settings.trusted_proxies),
            answers: app.answer(),
            framing: app.framing().to_owned(),
            scheme: if settings.is_secure() { "https" } else { "http" },
            watcher: settings.upstream.watch.then(|| responder.watcher()).flatten(),
            health: Health::default(),
            identities: Identities::new(Arc::clone(&endpoint), audience),
            open: Arc::new(Open::new(Arc::clone(&gate))),
            websockets: Arc::new(Semaphore::new(limits.websockets)),
            refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
            requests: RequestIds::new(endpoint.entropy().number()),
            endpoint,
            gate,
            upstream,
            client,
            responder,
        }))
    }
}

impl Answer for Front {
    type Body = Body;

    async fn answer(&self, request: Request<Incoming>, caller: Caller) -> Response<Body> {
        let path = request.uri().path();
        if path.strip_prefix(MOUNT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            return self.0.responder.read_and_respond(request, caller.address).await.map(body::whole);
        }
        let trusted = self.0.proxies.contains(caller.address.ip().to_canonical());
        let observed = Observed::begin(&self.0.requests, &request, "app", trusted);
        let mut request = request;
        if let Ok(id) = HeaderValue::from_str(observed.id()) {
            request.headers_mut().insert(REQUEST_ID, id);
        }
        observed.answer(self.answered(request, caller)).await
    }
}

impl Front {
    async fn answered(&self, request: Request<Incoming>, caller: Caller) -> Response<Body> {
        let path = request.uri().path();
        if !path.starts_with('/') || request.method() == Method::CONNECT {
            return down::closing(Problem::new(ErrorCode::Malformed));
        }
        // Where the target names a host, too, `Host` counts for nothing (RFC 9112 §3.2.2).
        if request.uri().authority().is_some_and(|host| !self.0.policy.allows_host(host.as_str())) {
            return down::closing(Problem::new(ErrorCode::UnknownHost));
        }
        if websocket::is_handshake(&request) {
            caller.may_stall(STALL);
            return websocket::open(&self.0, request, caller.address).await;
        }
        self.pass(request, &caller).await
    }

    async fn pass(&self, request: Request<Incoming>, caller: &Caller) -> Response<Body> {
        let inner = &*self.0;
        let headers = headers::listed(request.headers());
        // Behind a proxy no path is open and none has a rule: only who asks counts.
        let peer = Some(caller.address.ip());
        let head = Head { method: request.method().as_str(), path: "/", headers: &headers, peer };
        let standing_in = match inner.gate.enter(&inner.policy, head).await {
            Ok(Entry::Pass(live)) => {
                caller.may_stall(STALL);
                return forward::send(inner, request, caller.address, &live).await;
            }
            Ok(entry) => {
                let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
                entry.answer(&inner.responder, target).await
            }
            Err(error) => {
                tracing::error!(%error, "a request is refused, because its session can't be read");
                Some(inner.responder.unavailable().await)
            }
        };
        let Some(standing_in) = standing_in else {
            return down::closing(Problem::new(ErrorCode::SignedOut));
        };
        let mut response = standing_in.map(|body| body::whole(Full::new(body)));
        // A body that nobody reads is not waited for.
        if !request.body().is_end_stream() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
