//! A request as the app's own page makes it; an attack is what is changed of it.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use serde_json::Value;

use super::{App, HOST, ORIGIN, PEER, Reply};

/// A request that is not sent yet.
pub(crate) struct Call<'a> {
    app: &'a App,
    method: Method,
    uri: String,
    headers: HeaderMap,
    body: Bytes,
    peer: Option<IpAddr>,
}

impl<'a> Call<'a> {
    /// To a path under the mount.
    pub(crate) fn new(app: &'a App, method: Method, path: &str) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(HOST));
        let (uri, body) = (format!("/_gatehouse{path}"), Bytes::new());
        Self { app, method, uri, headers, body, peer: Some(PEER) }
    }

    pub(crate) fn get(app: &'a App, path: &str) -> Self {
        Self::new(app, Method::GET, path)
    }

    pub(crate) fn post(app: &'a App, path: &str) -> Self {
        Self::new(app, Method::POST, path).header("origin", ORIGIN)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// To anywhere.
    pub(crate) fn uri(mut self, uri: &str) -> Self {
        uri.clone_into(&mut self.uri);
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        self.headers.insert(name.parse::<HeaderName>().unwrap(), value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// With a cookie, as `name=value`; several are joined.
    pub(crate) fn cookie(self, pair: &str) -> Self {
        let all = match self.headers.get(header::COOKIE) {
            Some(before) => format!("{}; {pair}", before.to_str().unwrap()),
            None => pair.to_owned(),
        };
        self.header("cookie", &all)
    }

    pub(crate) fn from(mut self, peer: &str) -> Self {
        self.peer = Some(peer.parse().unwrap());
        self
    }

    pub(crate) async fn send(self) -> Reply {
        let mut request = Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri.parse().unwrap_or_else(|_| panic!("no URI: {}", self.uri));
        *request.headers_mut() = self.headers;
        Reply::from(self.app.responder.respond(request, self.peer).await)
    }
}
