//! The way to the endpoint: pooled connections, verified certificates, bounds on time and size, no redirects.

use std::{fmt, path::Path, time::Duration};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client as Pool, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use serde::{Serialize, de::DeserializeOwned};

use super::RemoteError;
use crate::{config::PublicUrl, peer::OWN, session::AppSecret, tls};

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an answer to this process may take.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer to a browser may take: a hash may be waited for.
const FORWARD_TIMEOUT: Duration = Duration::from_secs(25);
/// How long nothing may be told on a stream that tells something five times a second.
pub(super) const TOLD_TIMEOUT: Duration = Duration::from_secs(2);
/// The largest answer, in bytes: a logo, at most.
const ANSWER_MAX: usize = 2 * 1024 * 1024;
/// How many connections are kept open, and for how long.
const IDLE_MAX: usize = 32;
const IDLE: Duration = Duration::from_secs(10);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Nobody answers.
    #[error("the endpoint {0} can't be reached: {1}")]
    Away(String, String),
    /// It answers, but not to this key.
    #[error(
        "the endpoint {0} does not know this app's key: see `gatehouse apps list` there, and set `app_key`"
    )]
    Key(String),
    /// It answers what it must not.
    #[error("the endpoint {0} answered {1}")]
    Answer(String, String),
}

/// Asks one endpoint with one key.
pub(super) struct Client {
    origin: String,
    authority: HeaderValue,
    authorization: HeaderValue,
    pool: Pool<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Client {
    pub(super) fn new(url: &PublicUrl, key: &AppSecret, ca: Option<&Path>) -> Result<Self, RemoteError> {
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", key.expose())).map_err(|_| RemoteError::Settings)?;
        authorization.set_sensitive(true);
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let trusted = tls::config(ca).map_err(RemoteError::Certificates)?;
        let tls = HttpsConnectorBuilder::new().with_tls_config(trusted);
        // The settings allow plain http to this machine alone.
        let connector = if url.is_https() { tls.https_only() } else { tls.https_or_http() };
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_MAX)
            .build(connector.enable_http1().wrap_connector(http));
        let authority = HeaderValue::from_str(url.authority()).map_err(|_| RemoteError::Settings)?;
        Ok(Self { origin: url.origin().to_owned(), authority, authorization, pool })
    }

    /// Where the endpoint is.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Asks for this process itself.
    pub(super) async fn ask<Q: Serialize, A: DeserializeOwned>(
        &self,
        what: &str,
        asked: &Q,
    ) -> Result<A, Failure> {
        let body = serde_json::to_vec(asked).map_err(|error| self.wrong(&error))?;
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri(&format!("{OWN}{what}"))?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // Asking twice what the endpoint may have answered is safe: tickets and codes know who redeemed them first.
        let response = self.send(request, ASK_TIMEOUT).await?;
        if response.status() != StatusCode::OK {
            return Err(self.wrong(&response.status()));
        }
        serde_json::from_slice(response.body()).map_err(|error| self.wrong(&error))
    }

    /// Opens the stream of changes.
    pub(super) async fn open(&self, what: &str) -> Result<Incoming, Failure> {
        let mut request = Request::new(Full::default());
        *request.uri_mut() = self.uri(&format!("{OWN}{what}"))?;
        let response = self.start(request, ASK_TIMEOUT).await?;
        self.known(response.status())?;
        if response.status() != StatusCode::OK {
            return Err(self.wrong(&response.status()));
        }
        Ok(response.into_body())
    }

    /// Sends a browser's request on.
    pub(super) async fn forward(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let mut request = request.map(Full::new);
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = self.uri(path)?;
        let response = self.send(request, FORWARD_TIMEOUT).await?;
        // A redirect would lead a browser to where only this process goes.
        if response.status().is_redirection() && response.status() != StatusCode::NOT_MODIFIED {
            return Err(self.wrong(&response.status()));
        }
        Ok(response)
    }

    async fn send(&self, request: Request<Full<Bytes>>, most: Duration) -> Result<Response<Bytes>, Failure> {
        let response = self.start(request, most).await?;
        // A browser's own 401 is a problem in JSON without a scheme.
        if response.headers().get(http::header::WWW_AUTHENTICATE).is_some_and(|scheme| scheme == "Bearer") {
            self.known(response.status())?;
        }
        let (parts, body) = response.into_parts();
        let read = tokio::time::timeout(most, Limited::new(body, ANSWER_MAX).collect()).await;
        let body = read.map_err(|_| self.away(&"it is too slow"))?.map_err(|error| self.away(&error))?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }

    async fn start(
        &self,
        mut request: Request<Full<Bytes>>,
        most: Duration,
    ) -> Result<Response<Incoming>, Failure> {
        request.headers_mut().insert(HOST, self.authority.clone());
        request.headers_mut().insert(AUTHORIZATION, self.authorization.clone());
        let answer = tokio::time::timeout(most, self.pool.request(request)).await;
        answer.map_err(|_| self.away(&"it is too slow"))?.map_err(|error| {
            let inner = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            self.away(&format!("{error}: {inner}"))
        })
    }

    fn known(&self, status: StatusCode) -> Result<(), Failure> {
        if status == StatusCode::UNAUTHORIZED { Err(Failure::Key(self.origin.clone())) } else { Ok(()) }
    }

    fn uri(&self, path: &str) -> Result<Uri, Failure> {
        format!("{}{path}", self.origin).parse().map_err(|error| self.wrong(&error))
    }

    fn away(&self, why: &dyn fmt::Display) -> Failure {
        Failure::Away(self.origin.clone(), why.to_string())
    }

    pub(super) fn wrong(&self, what: &dyn fmt::Display) -> Failure {
        Failure::Answer(self.origin.clone(), what.to_string())
    }
}
