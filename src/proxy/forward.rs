//! A request on its way to the app, and the answer on its way back. Bodies stream both ways.

use std::{net::SocketAddr, sync::Arc};

use gatehouse_protocol::{ErrorCode, Problem};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    http::{request::Parts, uri::PathAndQuery},
};

use super::{
    body::{self, Body, Error},
    document, down,
    front::Inner,
    headers::{self, Source},
};
use crate::session::LiveSession;

/// Sends a request on for somebody who may.
pub(super) async fn send(
    front: &Inner,
    request: Request<Incoming>,
    peer: SocketAddr,
    live: &Arc<LiveSession>,
) -> Response<Body> {
    let (parts, incoming) = request.into_parts();
    let navigation = document::is_navigation(&parts.method, &parts.headers);
    let mut head = match head(front, &parts, peer, live) {
        Ok(head) => head,
        Err(error) => return broken(&*error),
    };
    let watched = front.watcher.as_deref().filter(|_| navigation);
    if watched.is_some() {
        document::ask_plainly(head.headers_mut());
    }
    if navigation || !parts.method.is_safe() {
        front.endpoint.note_activity(&live.session.id);
    }
    let mut body = body::streamed(incoming);
    if body::is_long(&body) {
        body = body::held(body, front.open.hold_for(&live.session.id), false);
    }
    let mut response = match ask(front, head, body).await {
        Ok(response) => response,
        Err(error) => {
            front.health.is_silent(&front.upstream, &error);
            return down::down(front, navigation);
        }
    };
    front.health.answers();
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        tracing::warn!("the app switched to a protocol that nobody asked for");
        return down::down(front, navigation);
    }
    headers::outbound(response.headers_mut());
    headers::complete(response.headers_mut(), &front.answers);
    match finish(front, response, watched, live).await {
        Ok(response) => response,
        Err(error) => {
            front.health.is_silent(&front.upstream, &*error);
            down::down(front, navigation)
        }
    }
}

/// What is said to the app of a request, before its body.
pub(super) fn head(
    front: &Inner,
    parts: &Parts,
    peer: SocketAddr,
    live: &Arc<LiveSession>,
) -> Result<Request<()>, Error> {
    let peer = peer.ip();
    let source = Source { peer, trusted: front.proxies.contains(peer.to_canonical()), scheme: front.scheme };
    let mut headers = headers::inbound(&parts.headers, &source);
    headers::remove(&mut headers, |name| front.gate.is_asserted(name));
    front.identities.tell(live, &mut headers)?;
    let path = parts.uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
    let mut head = Request::new(());
    *head.method_mut() = parts.method.clone();
    *head.uri_mut() = front.upstream.uri(path).ok_or("the path can't be asked for")?;
    *head.headers_mut() = headers;
    Ok(head)
}

/// Asks the app. What changes nothing and has no body is asked a second time when a connection that was kept open turns
/// out to be closed: the app may close it at the same moment.
pub(super) async fn ask(
    front: &Inner,
    head: Request<()>,
    body: Body,
) -> Result<Response<Incoming>, hyper_util::client::legacy::Error> {
    let again = (matches!(*head.method(), Method::GET | Method::HEAD | Method::OPTIONS)
        && hyper::body::Body::is_end_stream(&body))
    .then(|| head.clone());
    match (front.client.request(head.map(|()| body)).await, again) {
        (Err(error), Some(again)) if !error.is_connect() => {
            front.client.request(again.map(|()| body::empty())).await
        }
        (answer, _) => answer,
    }
}

/// Whoever signs in is told in the log; the browser learns no more than that it failed.
pub(super) fn broken(error: &(dyn std::error::Error + Send + Sync)) -> Response<Body> {
    tracing::error!(%error, "a request can't be sent on");
    down::problem(Problem::new(ErrorCode::Internal))
}

/// An answer as the browser gets it: with the watcher in a page, and cut when its session ends where it is long.
pub(super) async fn finish(
    front: &Inner,
    response: Response<Incoming>,
    watched: Option<&str>,
    live: &Arc<LiveSession>,
) -> Result<Response<Body>, Error> {
    let mut response = response.map(body::streamed);
    if body::is_long(response.body()) {
        let stops = is_event_stream(response.headers());
        response = response.map(|body| body::held(body, front.open.hold_for(&live.session.id), stops));
    }
    match watched {
        Some(tag) => document::watch(response, tag).await,
        None => Ok(response),
    }
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind: &HeaderValue| kind.as_bytes().starts_with(b"text/event-stream"))
}
